"""System calls that Python has no function for. x86-64 only: the numbers are that machine's (arch/x86/entry/syscalls/syscall_64.tbl)."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
# Holds the interpreter's lock: a clone must not happen while another thread could run.
locked = ctypes.PyDLL(None, use_errno=True)
for entry in (libc.syscall, locked.syscall):
    entry.restype = ctypes.c_long

PIDFD_SEND_SIGNAL, CLONE, SECCOMP, CAPSET, OPENAT2, CLOSE_RANGE, UNSHARE = 424, 56, 317, 126, 437, 436, 272
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_PIDFD = 0x10000000, 0x20000000, 0x40000000, 0x1000
SIGCHLD = 17

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_SET_PDEATHSIG = 4, 24, 38, 47, 1

# openat2: stay beneath the directory, on its file system, and follow no link of any kind.
RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 1, 2, 4, 8


def check(result, what):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def call(what, number, *arguments):
    return check(libc.syscall(number, *arguments), what)


def long(value):
    return ctypes.c_long(value)


def mount(source, target, kind, flags, data=None):
    check(libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), data.encode() if data else None), f"mount {target}")


def prctl(what, option, *arguments):
    check(libc.prctl(option, *[ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]), what)


def kill(pidfd, signal):
    return libc.syscall(PIDFD_SEND_SIGNAL, pidfd, signal, None, 0)


def open_beneath(directory, name, flags):
    how = (ctypes.c_uint64 * 3)(flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
    return call("openat2", OPENAT2, directory, os.fsencode(name), ctypes.byref(how), long(ctypes.sizeof(how)))


def landlock_abi():
    return libc.syscall(LANDLOCK_CREATE_RULESET, None, long(0), 1)
