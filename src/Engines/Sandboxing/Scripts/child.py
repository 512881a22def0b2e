"""One child: from its birth in a zygote, through the one job that it gets, to what it left."""
import json
import os
import resource
import signal
import socket
import struct
import time

import collect
import syscalls

FRAME_BYTES = 17 << 20
QUESTION_BYTES = 1 << 20
FRAMES = 2000
# Tables and charts; steward.py stops at as many.
SHOWN = 200
# Errors, findings and what else is said of an execution, in bytes.
WORDS = 1 << 20
# So many questions more than allowed are answered with a refusal; after that nobody listens.
BEYOND = 100


class Child:
    """States: born, warm, running, dead. It gets no job before it is in a group of its own. The supervisor's loop calls the `on_…` methods; `tell` sends to the silo."""

    # A work directory with fewer names left than this was full.
    NAMES = 2

    def __init__(self, name, zygote, tell):
        self.name, self.zygote, self.tell = name, zygote, tell
        self.state, self.pidfd, self.pid, self.directory, self.group = "born", None, None, None, None
        self.channel, self._their_channel = socket.socketpair()
        self.channel.setblocking(False)
        self.output, self._their_output = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.output, False)
        self.ready = self.exited = False
        self.status, self.usage = None, {}
        self.open = {"output", "channel"}
        self.job, self.limits, self.killed_for = None, set(), None
        self._incoming, self.outgoing = bytearray(), bytearray()
        self.text, self._results, self._frames, self._shown, self._words, self.questions, self.asking = 0, 0, 0, 0, 0, 0, False
        self.setup_error = b""

    def handover(self):
        return [self._their_output, self._their_channel.fileno()]

    def forget_handover(self):
        if self._their_output is not None:
            os.close(self._their_output)
            self._their_output = None
            self._their_channel.close()

    @property
    def is_warm(self):
        return self.state == "born" and self.ready and self.group is not None and not self.exited

    def join(self, group):
        """It is in a group of its own from now on."""
        self.group = group

    def start(self, job, files):
        """Lowers the limits to those of the job and only then hands it over."""
        self.job, self.state, self.began = job, "running", time.monotonic()
        inside = self.limit(job)
        self.inputs = {name for name, _ in files}
        self.post("J", json.dumps({**job["inside"], **inside, "files": [name for name, _ in files]}).encode())
        for _, content in files:
            self.post("F", content)

    def limit(self, job):
        """Sets the limits from outside. Gives what the inside has to know of them."""
        memory, seconds = job["memory"], max(1, int(job["cpu"] + 0.999))
        self.group.limit_memory(memory)
        base = self.zygote.ready if self.zygote.profile == "python" else {"data": 0, "size": 0}
        # The data segment leaves room for the work directory; shared mappings count in the address space alone.
        data = base["data"] + max(memory - (64 << 20), memory // 2)
        for kind, value in ((resource.RLIMIT_DATA, (data, data)), (resource.RLIMIT_AS, (base["size"] + memory,) * 2), (resource.RLIMIT_CPU, (seconds, seconds))):
            resource.prlimit(self.pid, kind, value)
        return {}

    def post(self, kind, payload):
        self.post_raw(struct.pack("<IB", len(payload), ord(kind)) + payload)

    def post_raw(self, data):
        self.outgoing += data
        self.flush()

    def flush(self):
        try:
            while self.outgoing:
                del self.outgoing[:self.channel.send(memoryview(self.outgoing)[:1 << 20].tobytes())]
        except BlockingIOError:
            pass
        except OSError:
            self.outgoing.clear()

    def kill(self, reason=None):
        if self.killed_for is None and reason is not None:
            self.killed_for = reason
            self.limits.add(reason)
        if self.pidfd is not None and not self.exited:
            syscalls.kill(self.pidfd, signal.SIGKILL)

    def on_output(self):
        try:
            data = os.read(self.output, 65536)
        except BlockingIOError:
            return
        if not data:
            self.open.discard("output")
            return
        if self.job is None:
            self.setup_error = (self.setup_error + data)[:2000]
            return
        room = self.job["text"] - self.text
        self.text += len(data)
        if room > 0:
            self.tell({"t": "text", "id": self.job["id"]}, data[:room])
        if self.text > self.job["text"]:
            self.limits.add("text")
        if self.text > 4 * self.job["text"]:
            self.kill("text")

    def on_channel(self):
        if not self.ready:
            self.on_ready()
            return
        try:
            data = self.channel.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.open.discard("channel")
            return
        if self.job is None or self.killed_for is not None:
            return
        self._incoming += data
        while len(self._incoming) >= 5 and self.killed_for is None:
            size, kind = struct.unpack_from("<IB", self._incoming)
            if size > FRAME_BYTES:
                self.kill("results")
                return
            if len(self._incoming) < 5 + size:
                return
            payload = bytes(memoryview(self._incoming)[5:5 + size])
            del self._incoming[:5 + size]
            self._on_frame(chr(kind), payload)

    def on_ready(self):
        try:
            message, descriptors, _, _ = socket.recv_fds(self.channel, 5, 1)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if message == b"ready" and descriptors:
            self.directory, self.ready = descriptors[0], True
        else:
            self.open.discard("channel")

    def _on_frame(self, kind, payload):
        """Whatever comes is the code's word, not ours: it is counted, capped and passed on unread."""
        self._frames += 1
        if kind in "TC":
            self._results += len(payload)
            self._shown += 1
        elif kind in "EVL":
            self._words += len(payload)
        if self._frames > FRAMES or self._shown > SHOWN or self._results > self.job["results"] or self._words > WORDS:
            self.kill("results")
        elif kind in "TC" or kind in "EV" and len(payload) <= 1 << 18:
            self.tell({"t": "frame", "id": self.job["id"], "kind": kind}, payload)
        elif kind == "L":
            self.limits.add("results")
        elif kind == "Q" and len(payload) <= QUESTION_BYTES and not self.asking and not self.outgoing:
            # Whoever has not read an answer gets no other: they would pile up here, where all tenants' sandboxes are kept.
            self.questions += 1
            if self.questions > self.job["calls"] + BEYOND:
                self.kill("calls")
            elif self.questions > self.job["calls"]:
                self.limits.add("calls")
                self.post("A", b'{"error": "too_many_calls", "message": "This execution may not ask for data again."}')
            else:
                self.asking = True
                self.tell({"t": "ask", "id": self.job["id"], "call": self.questions}, payload)
        else:
            self.kill("results")

    def drain(self):
        """After its death nobody can write: what lies in the pipes is all there will be."""
        for name, step in (("output", self.on_output), ("channel", self.on_channel)):
            for _ in range(4096):
                if name not in self.open:
                    break
                step()

    def how_it_ended(self):
        """Its exit code, or the name of the signal that ended it."""
        if self.status is None:
            return None, None
        if os.WIFSIGNALED(self.status):
            return None, signal.Signals(os.WTERMSIG(self.status)).name
        return os.WEXITSTATUS(self.status), None

    def has_used(self, seconds, measured):
        """Whether it can have used so much processor time. The kernel ends it by ticks, which on a busy machine run ahead of the time it reports in the end. Nobody inside can kill the first process of its namespace."""
        return measured >= seconds

    def report(self):
        """What happened, and the files. Call once, when it is dead and drained."""
        began = time.monotonic()
        code, signal_name = self.how_it_ended()
        cpu = self.usage.get("cpu", 0.0)
        if signal_name == "SIGSYS":
            self.limits.add("syscall")
        if self.group.out_of_memory():
            self.limits.add("memory")
        if self.group.out_of_processes():
            self.limits.add("processes")
        if signal_name in ("SIGXCPU", "SIGKILL") and self.killed_for is None and "memory" not in self.limits and self.has_used(self.job["cpu"] / 2, cpu):
            self.limits.add("cpu")
        if collect.full(self.directory, self.NAMES) or signal_name == "SIGXFSZ":
            self.limits.add("disk")
        found, cut = collect.files(self.directory, self.inputs, self.job["fileCount"], self.job["fileBytes"])
        if cut:
            self.limits.add("files")
        now = time.monotonic()
        head = {
            "t": "end", "id": self.job["id"], "exit": code, "signal": signal_name, "lost": self.status is None, "killed": self.killed_for, "limits": sorted(self.limits),
            "files": [{"name": name, "size": len(content)} for name, content in found], "cpu": cpu, "peak": self.usage.get("peak", 0),
            "ran": began - self.began, "collected": now - began,
        }
        return head, b"".join(content for _, content in found)

    def close(self):
        self.state = "dead"
        self.forget_handover()
        self.channel.close()
        for descriptor in (self.output, self.pidfd, self.directory):
            if descriptor is not None:
                os.close(descriptor)
        if self.group is not None:
            self.group.remove()
        self.zygote.children.pop(self.name, None)
