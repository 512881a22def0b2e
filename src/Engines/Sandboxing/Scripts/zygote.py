"""Runs inside the outer bubblewrap with a profile's modules imported, and clones one locked-down child for each execution. It never sees a job."""
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys

sys.path.insert(0, "/sbx")
import lockdown
import runner
import syscalls
import validator


FLAGS = (syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC
         | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWCGROUP | syscalls.CLONE_PIDFD | syscalls.SIGCHLD)
# Until the supervisor lowers them to those of the job.
HEADROOM = 4 << 30
# One more than the cgroup allows, so that its counter tells; without a cgroup this is the limit.
PROCESSES = 33


def warm_up(profile):
    """Imports once what every child needs, and draws a figure, so that caches are filled before the first clone."""
    if profile != "python":
        return {}
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as pyplot
    import numpy
    import pandas

    figure, axes = pyplot.subplots()
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    frame.groupby("y").sum()
    axes.plot([1, 2])
    axes.set_title("warm")
    figure.savefig(open(os.devnull, "wb"), format="png")
    pyplot.close("all")
    versions = {"pandas": pandas.__version__, "numpy": numpy.__version__, "matplotlib": matplotlib.__version__}
    try:
        import openpyxl

        versions["openpyxl"] = openpyxl.__version__
    except ImportError:
        pass
    return versions


def status_bytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(name + ":"))


def clone():
    """A fork into fresh namespaces of every kind. Gives (0, None) in the child."""
    pidfd = ctypes.c_int(-1)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = syscalls.locked.syscall(syscalls.CLONE, syscalls.long(FLAGS), syscalls.long(0), ctypes.byref(pidfd), syscalls.long(0), syscalls.long(0))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0, None
    error = ctypes.get_errno()
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return pid, pidfd.value


def child(profile, output, channel, program, limits):
    """Never returns."""
    code = 70
    try:
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        connection = lockdown.enter(output, channel, program, *limits)
        code = runner.serve(profile, connection)
    except BaseException as error:  # The supervisor shows it; nothing may unwind into the zygote's loop.
        try:
            os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
        except OSError:
            pass
    finally:
        os._exit(code)


def reap(control, names):
    while names:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        name = names.pop(pid, None)
        if name is not None:
            control.send(b"X" + json.dumps({"child": name, "status": status, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss << 10}).encode())


def main():
    profile = sys.argv[1]
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("800")
    except OSError:
        pass
    with open("/sbx/filter", "rb") as file:
        program = file.read()
    control = socket.socket(fileno=int(sys.argv[2]))
    control.set_inheritable(False)
    versions = warm_up(profile)
    data, size = status_bytes("VmData"), status_bytes("VmSize")
    limits = (data + HEADROOM, size + HEADROOM, PROCESSES)
    gc.collect()
    gc.freeze()
    names = {}
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    control.send(b"R" + json.dumps({"data": data, "size": size, "versions": versions, "landlock": max(0, syscalls.landlock_abi())}).encode())
    while True:
        ready, _, _ = select.select([control, reader], [], [])
        if reader in ready:
            os.read(reader, 4096)
            reap(control, names)
        if control in ready:
            message, descriptors, _, _ = socket.recv_fds(control, 64, 2)
            if not message:
                return
            name, (output, channel) = message.decode(), descriptors
            try:
                pid, pidfd = clone()
            except OSError as error:
                control.send(b"E" + json.dumps({"child": name, "error": str(error)}).encode())
            else:
                if pid == 0:
                    child(profile, output, channel, program, limits)
                names[pid] = name
                socket.send_fds(control, [b"P" + name.encode()], [pidfd])
                os.close(pidfd)
            os.close(output)
            os.close(channel)


main()
