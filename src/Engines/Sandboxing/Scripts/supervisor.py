"""Owns every sandbox of one silo, from outside it. Talks frames over its own standard input and output; when the input ends, the silo is gone and so is everything here."""
import heapq
import os
import platform
import select
import sys
import threading
import time
import types

for _name in ("syscalls", "seccomp", "cgroups", "collect", "zygotes", "child", "layers", "namespaces", "gvisor", "wire", "nursery"):
    _module = types.ModuleType(_name)
    _module.SOURCES = SOURCES
    sys.modules[_name] = _module
    exec(compile(SOURCES[_name + ".py"], _name + ".py", "exec"), _module.__dict__)

import cgroups
import gvisor
import namespaces
import nursery
import syscalls
import wire


def drop_privileges(uid):
    """Root is needed to make control groups; everything after that runs as nobody in particular."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        # Changing ids hides /proc/self from ourselves.
        syscalls.prctl("dumpable", syscalls.PR_SET_DUMPABLE, 1)
    syscalls.prctl("no_new_privs", syscalls.PR_SET_NO_NEW_PRIVS, 1)


def watch_silo(pipe):
    """Ends everything when the other end of the pipe is closed, even while the loop is held up. (Poll for nothing still tells of a hang-up.)"""
    poll = select.poll()
    poll.register(pipe, 0)
    while not poll.poll():
        pass
    os._exit(0)


class Supervisor(nursery.Nursery):
    """Takes jobs from the silo, hands each to a child that is warm, keeps the wall time, and tells what came of it."""

    def __init__(self, options):
        super().__init__(options, gvisor if options.get("runsc") else namespaces)
        self.wire = wire.Wire(self.selector, lambda message, payload: getattr(self, "do_" + message["t"])(message, payload))
        self.tell, self.timers = self.wire.tell, []

    def do_run(self, message, payload):
        files, position = [], 0
        for file in message["files"]:
            files.append((file["name"], payload[position:position + file["size"]]))
            position += file["size"]
        profile = message["profile"]
        if self.failures.get(profile):
            self.tell({"t": "end", "id": message["id"], "lost": True, "error": self.failures[profile], "limits": [], "files": []})
            return
        self.waiting[profile].append((message, files))
        self.hand_out(profile)

    def do_cancel(self, message, _):
        for queue in self.waiting.values():
            for entry in list(queue):
                if entry[0]["id"] == message["id"]:
                    queue.remove(entry)
                    self.tell({"t": "end", "id": message["id"], "killed": "cancel", "limits": [], "files": []})
        one = self.running.get(message["id"])
        if one is not None and one.killed_for is None:
            one.killed_for = "cancel"
            one.kill()

    def do_answer(self, message, payload):
        one = self.running.get(message["id"])
        if one is not None and one.asking:
            one.asking = False
            one.post(message["kind"], payload)
            self.watch_channel(one)

    def do_warm(self, message, _):
        self.wanted[message["profile"]] = message["count"]
        self.refill(message["profile"])

    def hand_out(self, profile):
        while self.waiting[profile] and self.warm[profile]:
            one = self.warm[profile].popleft()
            if one.exited:
                continue
            message, files = self.waiting[profile].popleft()
            try:
                one.start(message, files)
            except OSError as error:
                one.job = None
                one.kill()
                self.tell({"t": "end", "id": message["id"], "lost": True, "error": str(error), "limits": [], "files": []})
                continue
            self.running[message["id"]] = one
            self.remind(one.began + message["wall"], message["id"])
            self.tell({"t": "started", "id": message["id"]})
            self.watch_channel(one)
        self.refill_soon(profile)
        self.tell_warm(profile)

    def remind(self, when, name):
        """Reminders of executions that have ended are dropped when they are most of all: a wall time is much longer than most executions."""
        heapq.heappush(self.timers, (when, name))
        if len(self.timers) > 64 + 2 * len(self.running):
            self.timers = [timer for timer in self.timers if timer[1] in self.running]
            heapq.heapify(self.timers)

    def prepare(self):
        """Control groups with the rights that this process began with, then none of them. Says what the machine lacks, or nothing."""
        if platform.machine() != "x86_64":
            return f"the filter of system calls knows x86-64 only, this is {platform.machine()}"
        self.groups, silo_uid = cgroups.Groups(self.kind.PIDS), os.getuid()
        uid, gid = (self.options["uid"],) * 2 if silo_uid == 0 else (silo_uid, os.getgid())
        if self.options["cgroups"]:
            self.groups.prepare(uid, gid)
        drop_privileges(self.options["uid"])
        self.tell({"t": "layers", "layers": self.kind.layers(self.groups, silo_uid)})
        return None

    def run(self):
        # An interrupt at the silo's terminal is meant for the silo, which ends this by closing the pipe: in its own time, and without a word of trouble.
        if os.getpgrp() != os.getpid():
            os.setsid()
        missing = self.prepare()
        if missing is not None:
            self.tell({"t": "unavailable", "error": missing})
            self.selector.select(60)
            return
        threading.Thread(target=watch_silo, args=(self.wire.input,), daemon=True).start()
        self.open(self.options["profiles"])
        self.wire.open()
        next_round = 0.0
        while True:
            now = time.monotonic()
            while self.timers and self.timers[0][0] <= now:
                one = self.running.get(heapq.heappop(self.timers)[1])
                if one is not None:
                    one.kill("wall")
            for profile in [profile for profile, due in self.refills.items() if due <= now]:
                self.refill(profile)
            if now >= next_round:
                next_round = now + 1
                self.rotate()
                self.groups.sweep()
                for profile in self.warm:
                    self.refill(profile)
            until = min([next_round, *self.refills.values(), *(self.timers[0][:1] if self.timers else ())])
            for key, events in self.selector.select(max(0.0, until - time.monotonic())):
                if self.wire.is_behind and not self.wire.owns(key):
                    time.sleep(0.001)
                    continue
                if self.selector.get_map().get(key.fd) is key:
                    key.data()


Supervisor(OPTIONS).run()
