"""Owns every sandbox of one silo, from outside it. Talks frames over its own standard input and output; when the input ends, the silo is gone and so is everything here."""
import heapq
import json
import os
import platform
import queue
import select
import selectors
import struct
import sys
import threading
import time
import types
from collections import deque

for _name in ("syscalls", "seccomp", "cgroups", "collect", "zygotes", "child"):
    _module = types.ModuleType(_name)
    sys.modules[_name] = _module
    exec(compile(SOURCES[_name + ".py"], _name + ".py", "exec"), _module.__dict__)

import cgroups
import child as children
import seccomp
import syscalls
import zygotes

BACKLOG_BYTES = 64 << 20
SPAWNING = 16
# While enough are warm, making more waits for a moment without a hand-over: the clone would take the processor from the job that was just handed over.
REFILL_PAUSE = 0.015


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


class Supervisor:
    def __init__(self, options):
        self.options = options
        self.selector = selectors.EpollSelector()
        self.input, self.output = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.set_blocking(self.input, False)
        os.set_blocking(self.output, False)
        self.incoming, self.outgoing, self.backlog, self.writing = bytearray(), deque(), 0, False
        self.zygotes, self.warm, self.wanted, self.waiting, self.running = {}, {}, {}, {}, {}
        self.retired, self.timers, self.counter, self.told_warm = [], [], 0, {}
        self.failures, self.refills = {}, {}
        self.adoptions, self.adopted = queue.SimpleQueue(), deque()
        self.bell, self.bell_pull = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    # Frames to and from the silo: u32 length of all, u32 length of the JSON head, the head, the payload.
    def tell(self, head, payload=b""):
        text = json.dumps(head).encode()
        self.outgoing.append(memoryview(struct.pack("<II", 4 + len(text) + len(payload), len(text)) + text + payload))
        self.backlog += len(self.outgoing[-1])
        self.flush()

    def flush(self):
        try:
            while self.outgoing:
                part = self.outgoing[0]
                count = os.write(self.output, part[:1 << 20])
                self.backlog -= count
                if count == len(part):
                    self.outgoing.popleft()
                else:
                    self.outgoing[0] = part[count:]
        except BlockingIOError:
            pass
        except OSError:
            os._exit(0)
        if bool(self.outgoing) != self.writing:
            self.writing = bool(self.outgoing)
            if self.writing:
                self.selector.register(self.output, selectors.EVENT_WRITE, self.flush)
            else:
                self.selector.unregister(self.output)

    def on_input(self):
        try:
            data = os.read(self.input, 1 << 20)
        except BlockingIOError:
            return
        if not data:
            os._exit(0)
        self.incoming += data
        while len(self.incoming) >= 8:
            size, head = struct.unpack_from("<II", self.incoming)
            if len(self.incoming) < 4 + size:
                return
            body = bytes(memoryview(self.incoming)[8:4 + size])
            del self.incoming[:4 + size]
            message = json.loads(body[:head])
            getattr(self, "do_" + message["t"])(message, body[head:])

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

    # Zygotes
    def start_zygote(self, profile):
        zygote = zygotes.Zygote(profile, SOURCES, seccomp.compile_filter(profile == "shell"), self.options)
        self.zygotes[profile] = zygote
        self.selector.register(zygote.control, selectors.EVENT_READ, lambda: self.on_zygote(zygote))
        return zygote

    def on_zygote(self, zygote):
        while zygote.alive:
            message = zygote.receive()
            if message is None:
                return
            letter, content, descriptor = message
            if letter == "R":
                zygote.ready = content
                self.failures.pop(zygote.profile, None)
                self.tell({"t": "profile", "profile": zygote.profile, **content})
                self.refill(zygote.profile)
            elif letter == "P":
                one = zygote.children.get(content["child"])
                if one is None:
                    os.close(descriptor)
                    continue
                one.pidfd = descriptor
                self.selector.register(one.pidfd, selectors.EVENT_READ, lambda one=one: self.on_death(one))
                try:
                    one.pid = zygotes.host_pid(descriptor)
                    self.adoptions.put(one)
                except OSError:
                    one.kill()
            elif letter == "X":
                one = zygote.children.get(content["child"])
                if one is not None:
                    one.status, one.usage = content["status"], content
                    self.settle(one)
            elif letter == "E":
                one = zygote.children.get(content["child"])
                if one is not None:
                    one.setup_error = content["error"].encode()
                    self.abandon(one)
            else:
                self.lose(zygote)
                return

    def adopt(self):
        """Runs in a thread of its own: to move a process into a group, the kernel waits for all its processors, which takes up to 30 ms under load."""
        while True:
            one = self.adoptions.get()
            try:
                group = self.groups.add(one.name, one.pid)
            except Exception:
                group = None  # Such a child is ended; the thread has to go on for the others.
            self.adopted.append((one, group))
            try:
                os.write(self.bell_pull, b"!")
            except BlockingIOError:
                pass

    def on_adopted(self):
        os.read(self.bell, 65536)
        while self.adopted:
            one, group = self.adopted.popleft()
            if one.state == "dead":
                if group is not None:
                    group.remove()
            elif group is None:
                one.kill()
            else:
                one.group = group
                self.promote(one)

    def lose(self, zygote):
        """It ended by itself: before it was ready that is a reason not to try again, after that it is started anew."""
        words = zygote.last_words()
        self.selector.unregister(zygote.control)
        was_ready = zygote.ready is not None
        zygote.stop()
        for one in list(zygote.children.values()):
            if one.pidfd is None:
                self.abandon(one)
            else:
                self.settle(one)
        self.drop_warm(zygote)
        if zygote in self.retired:
            self.retired.remove(zygote)
        elif was_ready:
            self.start_zygote(zygote.profile)
        else:
            self.fail_profile(zygote.profile, words or "bubblewrap ended without a word")

    def fail_profile(self, profile, reason):
        self.failures[profile] = reason
        self.zygotes.pop(profile, None)
        self.tell({"t": "failed", "profile": profile, "error": reason})
        while self.waiting[profile]:
            message, _ = self.waiting[profile].popleft()
            self.tell({"t": "end", "id": message["id"], "lost": True, "error": reason, "limits": [], "files": []})

    def drop_warm(self, zygote):
        for one in [one for one in self.warm[zygote.profile] if one.zygote is zygote]:
            self.warm[zygote.profile].remove(one)
            one.kill()

    def rotate(self):
        """Forks share one address layout and one hash seed: a zygote serves so many and so long, and its successor is ready before it goes."""
        for profile, zygote in list(self.zygotes.items()):
            old = zygote.spawned >= self.options["rotateAfter"] or time.monotonic() - zygote.born >= self.options["rotateSeconds"]
            if zygote.ready and old:
                self.retired.append(zygote)
                zygote.retired = True
                self.start_zygote(profile)
        for zygote in list(self.retired):
            if self.zygotes.get(zygote.profile) is not None and self.zygotes[zygote.profile].ready:
                self.drop_warm(zygote)
                if not zygote.children:
                    self.retired.remove(zygote)
                    self.selector.unregister(zygote.control)
                    zygote.stop()

    # Children
    def refill(self, profile):
        self.refills.pop(profile, None)
        zygote = self.zygotes.get(profile)
        if zygote is None or not zygote.ready:
            return
        born = sum(1 for one in zygote.children.values() if one.state == "born" and not one.is_warm)
        missing = self.wanted[profile] + len(self.waiting[profile]) - len(self.warm[profile]) - born
        for _ in range(min(missing, SPAWNING - born)):
            self.counter += 1
            one = children.Child(f"x{self.counter}", zygote, self.tell)
            try:
                zygote.spawn(one)
            except OSError:
                self.abandon(one)
                return
            self.selector.register(one.output, selectors.EVENT_READ, lambda one=one: self.on_output(one))
            self.selector.register(one.channel, selectors.EVENT_READ, lambda one=one: self.on_channel(one))

    def promote(self, one):
        if not one.is_warm or one.zygote.retired and one.zygote.profile in self.zygotes and self.zygotes[one.zygote.profile].ready:
            return
        one.state = "warm"
        self.warm[one.zygote.profile].append(one)
        self.hand_out(one.zygote.profile)

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

    def refill_soon(self, profile):
        """At once when more than half of those wanted are gone, else after a pause that the next hand-over begins anew, for as long as half are left."""
        if self.waiting[profile] or 2 * len(self.warm[profile]) < self.wanted[profile]:
            self.refill(profile)
        else:
            self.refills[profile] = time.monotonic() + REFILL_PAUSE

    def remind(self, when, name):
        """Reminders of executions that have ended are dropped when they are most of all: a wall time is much longer than most executions."""
        heapq.heappush(self.timers, (when, name))
        if len(self.timers) > 64 + 2 * len(self.running):
            self.timers = [timer for timer in self.timers if timer[1] in self.running]
            heapq.heapify(self.timers)

    def tell_warm(self, profile):
        if self.told_warm.get(profile) != len(self.warm[profile]):
            self.told_warm[profile] = len(self.warm[profile])
            self.tell({"t": "warm", "profile": profile, "count": len(self.warm[profile])})

    def watch_channel(self, one):
        if "channel" in one.open and one.channel.fileno() >= 0:
            self.selector.modify(one.channel, selectors.EVENT_READ | (selectors.EVENT_WRITE if one.outgoing else 0), lambda: self.on_channel(one))

    def on_output(self, one):
        one.on_output()
        if "output" not in one.open:
            self.selector.unregister(one.output)
            self.settle(one)

    def on_channel(self, one):
        if one.outgoing:
            one.flush()
            if not one.outgoing:
                self.watch_channel(one)
        was = one.ready
        one.on_channel()
        if one.ready and not was:
            self.promote(one)
        if "channel" not in one.open:
            self.selector.unregister(one.channel)
            self.settle(one)

    def on_death(self, one):
        self.selector.unregister(one.pidfd)
        one.exited = True
        self.settle(one)

    def settle(self, one):
        """Ends it when all of it has ended: the process and its namespaces, and the zygote's word on how."""
        if one.state == "dead" or not one.exited or one.status is None and one.zygote.alive:
            return
        profile = one.zygote.profile
        before = set(one.open)
        one.drain()
        for name, held in (("output", one.output), ("channel", one.channel)):
            if name in before:
                self.selector.unregister(held)
        if one in self.warm[profile]:
            self.warm[profile].remove(one)
        if one.job is not None and one.job["id"] in self.running:
            try:
                head, payload = one.report()
            except Exception as error:
                head, payload = {"t": "end", "id": one.job["id"], "lost": True, "error": f"{type(error).__name__}: {error}", "limits": sorted(one.limits), "files": []}, b""
            del self.running[one.job["id"]]
            one.close()
            self.tell(head, payload)
        else:
            # A child that dies before its job: the second in a row says that this machine cannot make any.
            stillborn = one.state == "born" and not one.ready and not one.zygote.retired and one.zygote.alive
            one.close()
            if stillborn:
                self.fail_profile(profile, one.setup_error.decode(errors="replace").strip() or "a child ended before it was ready")
        if profile not in self.refills:
            self.refill_soon(profile)
        self.tell_warm(profile)

    def abandon(self, one):
        for name, held in (("output", one.output), ("channel", one.channel)):
            if name in one.open:
                try:
                    self.selector.unregister(held)
                except (KeyError, ValueError):
                    pass
        one.group = None
        one.close()
        if one.zygote.alive and one.setup_error and not one.zygote.retired:
            self.fail_profile(one.zygote.profile, one.setup_error.decode(errors="replace"))

    def layers(self):
        def layer(name, present, detail):
            return {"name": name, "present": present, "detail": detail}

        own = os.getuid() != self.silo_uid
        abi = max(0, syscalls.landlock_abi())
        result = [
            layer("namespaces", True, "user, pid, mount, net, ipc, uts and cgroup namespaces of its own for each execution, inside bubblewrap"),
            layer("own_uid", own, f"runs as uid {os.getuid()}" if own else f"runs as the silo's own uid {os.getuid()}: a uid of its own needs a silo started as root"),
            layer("no_new_privs", True, "no program raises rights"), layer("capabilities", True, "all dropped, the bounding set too"),
            layer("seccomp", True, "allow-list of system calls"),
            layer("landlock", abi > 0, f"ABI {abi}" if abi else "this kernel has no Landlock"),
            layer("read_only_root", True, "only programs and libraries, read-only; a work directory of 100 MB and 4096 names"),
            layer("rlimits", True, "memory, processor time, processes, descriptors, file size"),
        ]
        for kind, detail in (("memory", "as the job says"), ("cpu", "one processor"), ("pids", f"{cgroups.PIDS} processes and threads")):
            present = kind in self.groups.kinds
            result.append(layer(f"cgroup_{kind}", present, f"version {self.groups.version}: {detail}" if present else f"{self.groups.reason}: the limit is that of each process alone"))
        return result

    def run(self):
        if platform.machine() != "x86_64":
            self.tell({"t": "unavailable", "error": f"the filter of system calls knows x86-64 only, this is {platform.machine()}"})
            self.selector.select(60)
            return
        self.groups = cgroups.Groups()
        self.silo_uid = os.getuid()
        if self.options["cgroups"]:
            self.groups.prepare(self.options["uid"] if os.getuid() == 0 else os.getuid(), self.options["uid"] if os.getuid() == 0 else os.getgid())
        drop_privileges(self.options["uid"])
        threading.Thread(target=watch_silo, args=(self.input,), daemon=True).start()
        threading.Thread(target=self.adopt, daemon=True).start()
        self.tell({"t": "layers", "layers": self.layers()})
        for profile, count in self.options["profiles"].items():
            self.warm[profile], self.waiting[profile], self.wanted[profile] = deque(), deque(), count
            self.start_zygote(profile)
        self.selector.register(self.input, selectors.EVENT_READ, self.on_input)
        self.selector.register(self.bell, selectors.EVENT_READ, self.on_adopted)
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
                # Silo that does not read: children wait in their pipes until it does.
                if self.backlog > BACKLOG_BYTES and key.data is not self.flush and key.fileobj is not self.input:
                    time.sleep(0.001)
                    continue
                if self.selector.get_map().get(key.fd) is key:
                    key.data()


Supervisor(OPTIONS).run()
