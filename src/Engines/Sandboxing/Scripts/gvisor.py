"""The kind of sandbox that has a kernel of its own: gVisor. One `runsc` for each execution, in fresh namespaces, that waits with the modules loaded for its one job."""
import json
import os
import signal
import socket
import time

import child
import layers as _layers
import zygotes

# Of the host: the threads of gVisor's kernel and of its file server, and one for each thread inside.
PIDS = 256
# Each has an address layout and a hash seed of its own.
ROTATES = False
SPAWNING = 4
# What gVisor's kernel, its file server and the modules need beside the job.
OVERHEAD = 384 << 20
SCRIPTS = ("gvisor_zygote.py", "births.py", "bundle.py", "guest.py", "preload.py", "lockdown.py", "runner.py", "steward.py", "validator.py", "known.py", "vocabulary.py", "advice.py", "shell.py", "syscalls.py")
# It gets its modules in memory: no file on disk has to be trusted.
BOOTSTRAP = """
import json, os, sys, types
settings = json.loads(sys.argv[1])
sources = {}
for name, number in settings["memories"].items():
    with open(number, "rb") as file:
        sources[name] = file.read()
for name in ("syscalls", "lockdown", "births", "bundle", "gvisor_zygote"):
    sys.modules[name] = module = types.ModuleType(name)
    exec(compile(sources[name + ".py"], name + ".py", "exec"), module.__dict__)
sys.modules["gvisor_zygote"].main(settings, sources)
"""


class Zygote(zygotes.Zygote):
    """Starts a `runsc` for each child. It is ready when one has run a program."""

    program = "runsc"

    def scripts(self):
        return SCRIPTS

    def command(self, options, control, memories):
        settings = {"profile": self.profile, "control": control, "memories": memories, **{name: options[name] for name in ("runsc", "platform", "python", "preload")}}
        return [options["python"], "-I", "-S", "-B", "-c", BOOTSTRAP, json.dumps(settings)]


class Child(child.Child):
    """It says twice that it is there: before its kernel starts, with its work directory, and when the modules are loaded."""

    # gVisor's file server holds some that were removed, until it ends.
    NAMES = 32

    def join(self, group):
        self.group = group
        # All that it starts belongs to the group it is in now.
        self.post_raw(b"g")

    def limit(self, job):
        self.group.limit_memory(job["memory"] + OVERHEAD)
        # gVisor's kernel keeps them inside; from outside they would be those of the kernel itself.
        return {"memory": job["memory"], "seconds": max(1, int(job["cpu"] + 0.999))}

    def on_ready(self):
        if self.directory is None:
            try:
                message, descriptors, _, _ = socket.recv_fds(self.channel, 4, 1)
            except BlockingIOError:
                return
            except OSError:
                message, descriptors = b"", []
            if message == b"made" and descriptors:
                self.directory = descriptors[0]
                return
        else:
            try:
                message = self.channel.recv(5)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if message == b"ready":
                self.ready = True
                return
        self.open.discard("channel")

    def how_it_ended(self):
        """`runsc` ends as the first process inside did, with 128 and its signal for an exit code."""
        code, name = super().how_it_ended()
        if code is not None and 128 < code <= 128 + signal.SIGRTMAX:
            try:
                return None, signal.Signals(code - 128).name
            except ValueError:
                pass
        return code, name

    def has_used(self, seconds, measured):
        # What runs inside is not all in the measured time.
        return time.monotonic() - self.began >= seconds


def layers(groups, silo_uid):
    return [
        _layers.layer("own_kernel", True, "system calls go to gVisor's kernel, a program without rights behind its own filter"),
        _layers.layer("namespaces", True, "user, pid, mount, net, ipc, uts and cgroup namespaces of its own for each execution, around that kernel"),
        _layers.own_uid(silo_uid),
        _layers.layer("no_new_privs", True, "no program raises rights, inside and outside"), _layers.layer("capabilities", True, "all dropped inside"),
        _layers.layer("seccomp", True, "allow-list of system calls, kept by gVisor's kernel"),
        _layers.layer("read_only_root", True, "only programs and libraries, read-only; a work directory of 100 MB and 4096 names"),
        _layers.layer("rlimits", True, "memory and processor time of each process, descriptors, file size, kept by gVisor's kernel"),
        *_layers.control_groups(groups, f"{PIDS} threads of the host"),
    ]
