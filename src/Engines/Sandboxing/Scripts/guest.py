"""Runs inside gVisor's kernel as its first process: loads the modules of a profile, covers what no job needs, gives up its rights, and waits for the one job."""
import os
import resource
import shutil
import socket
import sys
import time

sys.path.insert(0, "/sbx")
import lockdown
import preload
import runner
import syscalls
from syscalls import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, mount

COVERED = ("/proc", "/sys", "/sbx", "/dev/shm", "/dev/pts")


def address_space():
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[0]) * 4096


def cover():
    for place in COVERED:
        if os.path.isdir(place):
            mount("tmpfs", place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4096,mode=0555")
    # In this kernel's memory, without a limit: it belongs to nobody who can change that.
    os.chmod("/dev", 0o555)
    os.chown("/dev", lockdown.INSIDE_UID, lockdown.INSIDE_UID)


def clear(folder):
    """Removes what loading modules left."""
    for place in (f"{folder}/{name}" for name in os.listdir(folder)):
        shutil.rmtree(place) if os.path.isdir(place) else os.remove(place)


def main():
    profile = sys.argv[1]
    with open("/sbx/filter", "rb") as file:
        program = file.read()
    # The channel came as standard input: gVisor takes no other descriptors along. It makes those of the host non-blocking for itself, and shows that inside.
    os.dup2(0, 3, inheritable=False)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for number in (1, 2, 3):
        os.set_blocking(number, True)
    if sys.argv[2] == "preload":
        preload.warm_up(profile)
    os.closerange(4, 256)
    clear(lockdown.JOB)
    base = address_space() if profile == "python" else 0
    proc = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
    cover()
    syscalls.call("unshare", syscalls.UNSHARE, syscalls.long(syscalls.CLONE_NEWUSER))
    lockdown.own_ids(uid=0, gid=0, proc=proc)
    os.close(proc)
    os.chdir(lockdown.JOB)
    lockdown.no_privileges()

    def prepare(job):
        spent = int(time.process_time() + 0.999)
        for kind, value, most in (
            (resource.RLIMIT_DATA, base + job["memory"], base + job["memory"]), (resource.RLIMIT_AS, base + job["memory"], base + job["memory"]),
            # A second later nobody is asked any more. What loading took counts, too.
            (resource.RLIMIT_CPU, spent + job["seconds"], spent + job["seconds"] + 1),
        ):
            resource.setrlimit(kind, (value, most))
        lockdown.load_filter(program)

    os.write(3, b"ready")
    return runner.serve(profile, socket.socket(fileno=3), prepare)


os._exit(main())
