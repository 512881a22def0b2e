"""Keeps zygotes and their children: makes them ahead of demand, rotates zygotes, puts children into control groups, and clears up what has ended."""
import os
import queue
import selectors
import threading
import time
from collections import deque

import zygotes

# While enough are warm, making more waits for a moment without a hand-over: the clone would take the processor from the job that was just handed over.
REFILL_PAUSE = 0.015

# So many children in a row that died before they were ready say that none can be made; it is tried again after so many seconds.
STILLBIRTHS = 2
RETRY_PAUSE = 300


class Nursery:
    """`kind` says how zygotes and children are made here: the namespaces' or gVisor's. Whoever derives from this hands children out (`hand_out`) and talks to the silo (`tell`)."""

    def __init__(self, options, kind):
        self.options, self.kind = options, kind
        self.selector = selectors.EpollSelector()
        self.zygotes, self.warm, self.wanted, self.waiting, self.running = {}, {}, {}, {}, {}
        self.retired, self.counter, self.told_warm = [], 0, {}
        self.failures, self.refills, self.stillborn, self.retries = {}, {}, {}, {}
        self.adoptions, self.adopted = queue.SimpleQueue(), deque()
        self.bell, self.bell_pull = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def open(self, profiles):
        threading.Thread(target=self.adopt, daemon=True).start()
        self.selector.register(self.bell, selectors.EVENT_READ, self.on_adopted)
        for profile, count in profiles.items():
            self.warm[profile], self.waiting[profile], self.wanted[profile] = deque(), deque(), count
            self.start_zygote(profile)

    # Zygotes
    def start_zygote(self, profile):
        zygote = self.kind.Zygote(profile, SOURCES, self.options)
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
            one, group, problem = self.adoptions.get(), None, ""
            try:
                group = self.groups.add(one.name, one.pid)
            except Exception as error:
                problem = f"control group: {error}"  # Such a child is ended; the thread has to go on for the others.
            self.adopted.append((one, group, problem))
            try:
                os.write(self.bell_pull, b"!")
            except BlockingIOError:
                pass

    def on_adopted(self):
        os.read(self.bell, 65536)
        while self.adopted:
            one, group, problem = self.adopted.popleft()
            if one.state == "dead":
                if group is not None:
                    group.remove()
            elif group is None:
                one.setup_error = problem.encode()
                one.kill()
            else:
                one.join(group)
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
            self.fail_profile(zygote.profile, words or f"{zygote.program} ended without a word")

    def fail_profile(self, profile, reason):
        self.failures[profile] = reason
        self.zygotes.pop(profile, None)
        self.tell({"t": "failed", "profile": profile, "error": reason})
        while self.waiting[profile]:
            message, _ = self.waiting[profile].popleft()
            self.tell({"t": "end", "id": message["id"], "lost": True, "error": reason, "limits": [], "files": []})

    def count_stillborn(self, zygote, reason):
        """The first in a row may be chance. After the second the zygote goes, once what runs has ended, and the profile is tried again later."""
        profile = zygote.profile
        self.stillborn[profile] = self.stillborn.get(profile, 0) + 1
        if self.stillborn[profile] < STILLBIRTHS:
            return
        del self.stillborn[profile]
        zygote.retired = True
        self.retired.append(zygote)
        self.retries[profile] = time.monotonic() + RETRY_PAUSE
        self.fail_profile(profile, reason)

    def drop_warm(self, zygote):
        for one in [one for one in self.warm[zygote.profile] if one.zygote is zygote]:
            self.warm[zygote.profile].remove(one)
            one.kill()

    def rotate(self):
        """Forks share one address layout and one hash seed: a zygote serves so many and so long, and its successor is ready before it goes."""
        for profile in [profile for profile, due in self.retries.items() if due <= time.monotonic()]:
            del self.retries[profile]
            self.start_zygote(profile)
        for profile, zygote in list(self.zygotes.items()):
            old = zygote.spawned >= self.options["rotateAfter"] or time.monotonic() - zygote.born >= self.options["rotateSeconds"]
            if zygote.ready and old and self.kind.ROTATES:
                self.retired.append(zygote)
                zygote.retired = True
                self.start_zygote(profile)
        for zygote in list(self.retired):
            if zygote.profile in self.failures or self.zygotes.get(zygote.profile) is not None and self.zygotes[zygote.profile].ready:
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
        for _ in range(min(missing, self.kind.SPAWNING - born)):
            self.counter += 1
            one = self.kind.Child(f"x{self.counter}", zygote, self.tell)
            try:
                zygote.spawn(one)
            except OSError:
                self.abandon(one)
                return
            self.selector.register(one.output, selectors.EVENT_READ, lambda one=one: self.on_output(one))
            self.selector.register(one.channel, selectors.EVENT_READ, lambda one=one: self.on_channel(one))

    def promote(self, one):
        if not one.is_warm:
            return
        if one.zygote.retired and one.zygote.profile in self.zygotes and self.zygotes[one.zygote.profile].ready:
            one.kill()
            return
        one.state = "warm"
        self.stillborn.pop(one.zygote.profile, None)
        self.warm[one.zygote.profile].append(one)
        self.hand_out(one.zygote.profile)

    def refill_soon(self, profile):
        """At once when more than half of those wanted are gone, else after a pause that the next hand-over begins anew, for as long as half are left."""
        if self.waiting[profile] or 2 * len(self.warm[profile]) < self.wanted[profile]:
            self.refill(profile)
        else:
            self.refills[profile] = time.monotonic() + REFILL_PAUSE

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
            stillborn = one.state == "born" and (not one.ready or one.group is None) and not one.zygote.retired and one.zygote.alive
            one.close()
            if stillborn:
                self.count_stillborn(one.zygote, one.setup_error.decode(errors="replace").strip() or "a child ended before it was ready")
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
            self.count_stillborn(one.zygote, one.setup_error.decode(errors="replace"))
