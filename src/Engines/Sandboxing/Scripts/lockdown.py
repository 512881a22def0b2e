"""What a child does to itself between its birth and the first byte of a job. Every step is irrevocable; a step that fails ends the child."""
import ctypes
import errno
import fcntl
import os
import resource
import socket

import syscalls
from syscalls import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, mount, prctl

INSIDE_UID = 65534
JOB = "/job"
WORK_BYTES = 100 << 20
INODES = 4096

FS_EXECUTE, FS_WRITE, FS_READ, FS_READ_DIR, FS_REMOVE_DIR, FS_REMOVE_FILE = (1 << bit for bit in range(6))
FS_MAKE_DIR, FS_MAKE_REG, FS_MAKE_SYM, FS_REFER, FS_TRUNCATE = (1 << bit for bit in (7, 8, 12, 13, 14))
# By ABI: number of file-system rights, network rights and scopes that the kernel knows.
LANDLOCK_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}


def own_ids(inside=INSIDE_UID, uid=INSIDE_UID, gid=INSIDE_UID, proc=None):
    """One id inside for the one outside; the kernel needs setgroups denied first. `proc` is a descriptor of /proc where its name leads elsewhere."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
        try:
            descriptor = os.open(f"/proc/self/{name}" if proc is None else f"self/{name}", os.O_WRONLY, dir_fd=proc)
        except FileNotFoundError:
            if name != "setgroups":  # gVisor has none. Linux does, and takes no gid_map without it.
                raise
            continue
        os.write(descriptor, text.encode())
        os.close(descriptor)


def own_mounts():
    """A work directory of its own; nothing of /proc and of the scripts. Gives a descriptor of the work directory for the supervisor to hold."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", JOB, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, f"size={WORK_BYTES},nr_inodes={INODES},mode=0700")
    directory = os.open(JOB, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for covered in ("/proc", "/sbx"):
        mount("tmpfs", covered, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0,nr_inodes=2,mode=0555")
    os.chdir(JOB)
    return directory


def descriptors(output, channel, directory):
    """0 is empty, 1 and 2 are the output, 3 the channel, 4 the work directory until it is handed over; nothing else stays open."""
    # First out of the way of the numbers that are about to be taken.
    output, channel, directory = (fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 16) for one in (output, channel, directory))
    empty = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((empty, 0), (output, 1), (output, 2), (channel, 3), (directory, 4)):
        os.dup2(source, target, inheritable=target < 3)
    syscalls.call("close_range", syscalls.CLOSE_RANGE, 5, ctypes.c_uint(0xFFFFFFFF), 0)


def own_limits(data_bytes, address_bytes, processes):
    """Hard limits that hold from the start; the supervisor lowers memory and processor time to those of the job."""
    for kind, value in (
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 256), (resource.RLIMIT_FSIZE, WORK_BYTES), (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_STACK, 8 << 20), (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_MSGQUEUE, 0), (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_SIGPENDING, 256), (resource.RLIMIT_DATA, data_bytes), (resource.RLIMIT_AS, address_bytes),
    ):
        resource.setrlimit(kind, (value, value))


def no_privileges():
    for capability in range(64):
        if syscalls.libc.prctl(syscalls.PR_CAPBSET_DROP, ctypes.c_ulong(capability), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
            break
    prctl("no_new_privs", syscalls.PR_SET_NO_NEW_PRIVS, 1)
    try:
        prctl("ambient capabilities", syscalls.PR_CAP_AMBIENT, 4)
    except OSError as error:
        if error.errno != errno.EINVAL:  # A kernel that knows none, such as gVisor's.
            raise
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    syscalls.call("capset", syscalls.CAPSET, ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    prctl("dumpable", syscalls.PR_SET_DUMPABLE, 0)


def landlock():
    """Files: read and run the system's, write only the work directory; no TCP, no signal and no abstract socket outside. Gives the ABI, 0 when the kernel has none."""
    abi = syscalls.landlock_abi()
    if abi < 1:
        return 0
    rights = (1 << LANDLOCK_FS_BITS.get(abi, 16)) - 1
    attributes = (ctypes.c_uint64 * 3)(rights, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = syscalls.call("landlock", syscalls.LANDLOCK_CREATE_RULESET, ctypes.byref(attributes), syscalls.long(size), 0)
    work = FS_READ | FS_WRITE | FS_READ_DIR | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE
    beneath = [("/usr", FS_READ | FS_READ_DIR | FS_EXECUTE), ("/etc", FS_READ | FS_READ_DIR), (JOB, work)]
    beneath += [(f"/dev/{name}", FS_READ | FS_WRITE) for name in ("null", "zero", "full", "random", "urandom")]
    for path, allowed in beneath:
        if not os.path.exists(path):
            continue
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        attribute = (allowed & rights).to_bytes(8, "little") + place.to_bytes(4, "little")
        syscalls.call("landlock rule", syscalls.LANDLOCK_ADD_RULE, ruleset, 1, attribute, 0)
        os.close(place)
    syscalls.call("landlock", syscalls.LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return abi


def load_filter(program):
    holder = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    syscalls.call("seccomp", syscalls.SECCOMP, 1, 0, ctypes.byref(Program(len(program) // 8, ctypes.addressof(holder))))


def enter(output, channel, program, data_bytes, address_bytes, processes):
    """All of it, in the one order that works. Gives the channel to the supervisor."""
    own_ids()
    directory = own_mounts()
    descriptors(output, channel, directory)
    own_limits(data_bytes, address_bytes, processes)
    no_privileges()
    landlock()
    connection = socket.socket(fileno=3)
    connection.setblocking(True)
    socket.send_fds(connection, [b"ready"], [4])
    os.close(4)
    load_filter(program)
    return connection
