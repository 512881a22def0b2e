"""Starts a `runsc` in fresh namespaces for each execution. It never sees a job."""
import json
import os
import resource
import signal
import socket

import births
import bundle
import lockdown
import syscalls
from syscalls import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC, mount

PLACE = "/tmp"
PATIENCE = 30


def own_mounts():
    """A place of its own in memory that covers the host's; in it the work directory, which the supervisor gets a descriptor of."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("tmpfs", PLACE, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,nr_inodes=1024,mode=0700")
    job = f"{PLACE}/job"
    os.mkdir(job)
    mount("tmpfs", job, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, f"size={lockdown.WORK_BYTES},nr_inodes={lockdown.INODES},mode=0700")
    return job


def enter(ids, settings, scripts, output, channel, words):
    """Never returns but by an error."""
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    syscalls.prctl("death of the parent", syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    # gVisor wants to be the first user of its namespace; outside it stays who it was.
    lockdown.own_ids(0, *ids)
    job = own_mounts()
    bundle.write(PLACE, job, scripts, words)
    directory = os.open(job, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    lockdown.descriptors(output, channel, directory)
    if words[0] == settings["python"]:
        connection = socket.socket(fileno=3)
        connection.setblocking(True)
        socket.send_fds(connection, [b"made"], [4])
        # Not before all that starts from here is counted together.
        if connection.recv(1) != b"g":
            os._exit(70)
        os.dup2(3, 0)
        connection.detach()
    for number in (3, 4):
        os.close(number)
    for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 8192), (resource.RLIMIT_MEMLOCK, 0)):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    words = bundle.command(settings["runsc"], settings["platform"], PLACE)
    os.execve(words[0], words, {"PATH": "/usr/bin:/bin"})


def attempt(ids, settings, scripts):
    """Runs a program that does nothing. Gives why it could not, or nothing."""
    output, theirs = os.pipe2(os.O_CLOEXEC)
    empty = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    pid, pidfd = births.clone()
    if pid == 0:
        become(ids, settings, scripts, theirs, empty, ["/usr/bin/true"])
    os.close(theirs)
    os.close(empty)
    signal.alarm(PATIENCE)
    with open(output, "rb") as words:
        said = words.read(2000).decode(errors="replace").strip()
    _, status = os.waitpid(pid, 0)
    signal.alarm(0)
    os.close(pidfd)
    return None if status == 0 else said or f"runsc ended with status {status}"


def become(ids, settings, scripts, output, channel, words):
    try:
        enter(ids, settings, scripts, output, channel, words)
    except BaseException as error:  # The supervisor shows it; nothing may unwind into the zygote's loop.
        for number in (1, output):
            try:
                os.write(number, f"sandbox: {type(error).__name__}: {error}\n".encode())
                break
            except OSError:
                pass
    finally:
        os._exit(70)


def main(settings, scripts):
    ids, profile = (os.getuid(), os.getgid()), settings["profile"]
    syscalls.prctl("death of the parent", syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    control = socket.socket(fileno=settings["control"])
    control.set_inheritable(False)
    problem = attempt(ids, settings, scripts)
    if problem is not None:
        raise SystemExit(problem)
    control.send(b"R" + json.dumps({"versions": {"runsc": settings["runsc"]}}).encode())
    words = [settings["python"], "-I", "-B", "/sbx/guest.py", profile, "preload" if settings["preload"] else "bare"]
    births.serve(control, lambda output, channel: become(ids, settings, scripts, output, channel, words))
