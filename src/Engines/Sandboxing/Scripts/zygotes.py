"""Starts a zygote and talks to it. The one here runs inside bubblewrap."""
import json
import os
import socket
import subprocess
import sys
import time

import seccomp
import syscalls

SCRIPTS = ("zygote.py", "births.py", "preload.py", "lockdown.py", "runner.py", "steward.py", "validator.py", "known.py", "vocabulary.py", "advice.py", "shell.py", "syscalls.py")
WORK_BYTES = 100 << 20


def arguments(bwrap):
    """The outer sandbox. Its root and /dev are writable until they are remounted; user namespaces stay possible, as each child needs one."""
    result = [bwrap, "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
              "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    for name, value in (("PATH", "/usr/bin"), ("HOME", "/job"), ("LANG", "C.UTF-8"), ("MPLBACKEND", "Agg"), ("MPLCONFIGDIR", "/job/.mpl"),
                        ("OPENBLAS_NUM_THREADS", "1"), ("OMP_NUM_THREADS", "1"), ("TMPDIR", "/job")):
        result += ["--setenv", name, value]
    for path in ("/usr/bin", "/usr/lib", "/usr/share"):
        result += ["--ro-bind", path, path]
    for path in ("/usr/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/etc/fonts", "/etc/matplotlibrc"):
        result += ["--ro-bind-try", path, path]
    for name in ("bin", "lib", "lib64"):
        result += ["--symlink", f"usr/{name}", f"/{name}"]
    result += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    return result + ["--size", str(WORK_BYTES), "--tmpfs", "/job", "--symlink", "/job", "/tmp", "--chdir", "/job", "--size", "4194304", "--tmpfs", "/sbx"]


class Zygote:
    """One process with the modules of a profile loaded. `ready` is None until it has said what it is."""

    program = "bubblewrap"

    def __init__(self, profile, sources, options):
        self.profile, self.ready, self.alive, self.retired = profile, None, True, False
        self.spawned, self.born, self.children = 0, time.monotonic(), {}
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        contents = {**{name: sources[name].encode() for name in self.scripts()}, "filter": seccomp.compile_filter(profile == "shell")}
        memories = {name: in_memory(name, content) for name, content in contents.items()}
        self.errors = os.memfd_create("errors")
        self.process = subprocess.Popen(
            self.command(options, theirs.fileno(), memories), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors, pass_fds=[theirs.fileno(), *memories.values()], close_fds=True)
        theirs.close()
        for memory in memories.values():
            os.close(memory)

    def scripts(self):
        return SCRIPTS

    def command(self, options, control, memories):
        words = arguments(options["bwrap"])
        for name, memory in memories.items():
            words += ["--perms", "0444", "--ro-bind-data", str(memory), f"/sbx/{name}"]
        return words + ["--remount-ro", "/sbx", "--remount-ro", "/", "--", options["python"], "-I", "-B", "/sbx/zygote.py", self.profile, str(control)]

    def spawn(self, child):
        self.spawned += 1
        self.children[child.name] = child
        socket.send_fds(self.control, [child.name.encode()], child.handover())
        child.forget_handover()

    def receive(self):
        """One message: its letter, its content, and a descriptor or None. An empty letter means that it is gone."""
        try:
            # socket.recv_fds of Python 3.11 forgets its flags.
            message, attached, _, _ = self.control.recvmsg(4096, socket.CMSG_LEN(4), socket.MSG_DONTWAIT)
            descriptors = [int.from_bytes(data[:4], sys.byteorder) for level, kind, data in attached if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)]
        except BlockingIOError:
            return None
        except OSError:
            message, descriptors = b"", []
        letter, content = message[:1].decode(), message[1:]
        if letter in ("R", "X", "E"):
            content = json.loads(content)
        elif letter == "P":
            content = {"child": content.decode()}
        return letter, content, descriptors[0] if descriptors else None

    def last_words(self):
        return os.pread(self.errors, 2000, 0).decode(errors="replace").strip()

    def stop(self):
        """Kills it and, with it, the namespaces of all its children."""
        self.alive = False
        self.process.kill()
        self.process.wait()
        self.control.close()
        os.close(self.errors)


def in_memory(name, content):
    memory = os.memfd_create(name)
    os.write(memory, content)
    os.lseek(memory, 0, os.SEEK_SET)
    return memory


def host_pid(pidfd):
    with open(f"/proc/self/fdinfo/{pidfd}") as about:
        for line in about:
            if line.startswith("Pid:"):
                return int(line.split()[1])
    raise OSError("a pidfd without a process")
