"""The loop of a zygote: one clone into fresh namespaces of every kind for each name that the supervisor sends, and a word when it has ended."""
import ctypes
import json
import os
import select
import signal
import socket

import syscalls

FLAGS = (syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC
         | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWCGROUP | syscalls.CLONE_PIDFD | syscalls.SIGCHLD)


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


def serve(control, become):
    """`become` runs in the clone with its output and its channel, and never returns. Ends when the supervisor does."""
    names = {}
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
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
                    become(output, channel)
                names[pid] = name
                socket.send_fds(control, [b"P" + name.encode()], [pidfd])
                os.close(pidfd)
            os.close(output)
            os.close(channel)
