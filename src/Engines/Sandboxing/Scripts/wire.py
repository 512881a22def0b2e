"""Frames to and from the silo: u32 length of all that follows it, u32 length of the JSON head, the head, the payload."""
import json
import os
import selectors
import struct
from collections import deque

BACKLOG_BYTES = 64 << 20


class Wire:
    """Takes over standard input and output. `on_frame` gets the head and the payload of each frame that comes; when the input ends, the silo is gone, and so is this process."""

    def __init__(self, selector, on_frame):
        self.selector, self.on_frame = selector, on_frame
        self.input, self.output = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.set_blocking(self.input, False)
        os.set_blocking(self.output, False)
        self.incoming, self.outgoing, self.backlog, self.writing = bytearray(), deque(), 0, False

    def open(self):
        self.selector.register(self.input, selectors.EVENT_READ, self.on_input)

    @property
    def is_behind(self):
        """Whether the silo does not read: children wait in their pipes until it does."""
        return self.backlog > BACKLOG_BYTES

    def owns(self, key):
        return key.data in (self.flush, self.on_input)

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
            self.on_frame(json.loads(body[:head]), body[head:])
