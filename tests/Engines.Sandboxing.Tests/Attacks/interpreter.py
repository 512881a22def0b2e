### at the end of the interpreter | ends=finished
import atexit, os
atexit.register(lambda: os.write(1, b"\nESCAPED\n"))
### a thread that outlives the code | ends=finished
import os, threading
def later():
    threading.Event().wait(0.3)
    os.write(1, b"\nESCAPED\n")
threading.Thread(target=later).start()
threading.Timer(0.2, later).start()
### finalizers that never end | ends=finished
class Last:
    def __del__(self):
        while True:
            pass
import builtins, weakref
builtins.kept, one = Last(), Last()
weakref.finalize(one, builtins.kept.__del__)
### output that cannot be flushed | ends=finished,code_failed
import sys
class Stuck:
    def write(self, text):
        return len(text)
    def flush(self):
        raise KeyError("no")
sys.stdout = sys.stderr = Stuck()
### ends with a number of its own | ends=code_failed
class Number(int):
    def __and__(self, other):
        return "not a number"
raise SystemExit(Number(5))
### an error that has no end of words | wall=2 | ends=timed_out | limits=wall_time
class Words(Exception):
    def __str__(self):
        while True:
            pass
raise Words()
### an error with a name that is no text | ends=code_failed,finished
raise type("\ud800" * 300, (Exception,), {"__str__": lambda self: "\udfff" * 10000})()
### an error that lies about its line | ends=code_failed
class Lies(SyntaxError):
    filename, lineno = "<code>", "1; ESCAPED"
raise Lies()
### deep chain of errors | ends=code_failed
error = None
for round in range(20000):
    next_one = ValueError(round)
    next_one.__cause__, error = error, next_one
raise error
### hands its own words to whoever reports | ends=code_failed,finished,limit_reached
import json, os, sys, traceback
json.dumps = traceback.format_exception = lambda *a, **k: "ESC"
sys.modules["steward"].__dict__.update(_write=lambda *frames: [os.write(3, b"\x00" * 64) for frame in frames], table=None)
raise ValueError("x")
### another module in place of the one that shows | ends=finished,code_failed
import sys, types
fake = types.ModuleType("steward")
fake.table = fake.chart = lambda *a: (_ for _ in ()).throw(SystemExit(0))
sys.modules["steward"] = fake
import steward, pandas
steward.table is fake.table or print("ESCAPED")
pandas.DataFrame({"a": [1]})
### traces whoever runs it | ends=finished,code_failed
import sys
seen = []
def trace(frame, event, argument):
    seen.append(frame.f_code.co_name)
    frame.f_locals.update(result=0, code="print('x')")
    return trace
sys.settrace(trace)
sys.setprofile(trace)
frame = sys._getframe()
while frame is not None:
    frame.f_trace = trace
    frame = frame.f_back
raise ValueError("traced")
### talks to the supervisor as the zygote | ends=finished
import gc, os, socket, struct, sys
frames, frame = [], sys._getframe()
while frame is not None:
    frames.append(frame)
    frame = frame.f_back
controls = [value for frame in frames for value in [*frame.f_locals.values(), *frame.f_globals.values()] if isinstance(value, socket.socket)]
controls += [one for one in gc.get_objects() if isinstance(one, socket.socket)]
for control in controls:
    try:
        if control.fileno() != 3:
            control.send(b'X{"child": "x1", "status": 0, "cpu": 0, "peak": 0}')
            print("ESCAPED", control)
    except OSError:
        pass
for number in range(4, 64):
    try:
        os.write(number, b'X{"child": "x1", "status": 0, "cpu": 0, "peak": 0}')
        print("ESCAPED", number)
    except OSError:
        pass
### code of others in the zygote's objects | ends=finished
import gc, linecache, sys
gc.unfreeze()
for one in gc.get_objects():
    if isinstance(one, dict) and {"code", "validate", "resultBytes"} <= set(map(str, one)) and one.get("files") != ["input.csv"]:
        print("ESCAPED", one)
for name in linecache.cache:
    if name.startswith("<code") and "gc.unfreeze" not in "".join(linecache.cache[name][2]):
        print("ESCAPED", name)
### tracebacks into the channel | ends=limit_reached,finished,code_failed
import faulthandler
for round in range(50):
    faulthandler.dump_traceback(file=3, all_threads=True)
### tracebacks that come later | wall=2 | ends=finished,timed_out,limit_reached,code_failed
import faulthandler
faulthandler.enable(file=3)
faulthandler.dump_traceback_later(0.001, repeat=True, file=3)
while True:
    pass
### signals into the channel | ends=limit_reached,finished,code_failed
import os, signal
os.set_blocking(3, False)
signal.set_wakeup_fd(3)
signal.signal(signal.SIGUSR1, lambda *_: None)
for round in range(100):
    os.kill(os.getpid(), signal.SIGUSR1)
### stops itself | wall=1 | ends=finished,timed_out
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
os.kill(0, signal.SIGSTOP)
### something else in place of the channel | ends=finished,code_failed,limit_reached
import os
os.dup2(os.open("own", os.O_CREAT | os.O_RDWR), 3)
display("x")
print(1)
raise ValueError("nobody hears it")
### a hook for everything that happens | ends=finished,code_failed
import sys
def hook(event, arguments):
    if event in ("os.listdir", "compile"):
        raise SystemExit(0)
sys.addaudithook(hook)
sys.excepthook = sys.unraisablehook = sys.displayhook = None
open("gone")
### an object that shows itself without end | wall=2 | ends=timed_out,limit_reached
class Shown:
    def __repr__(self):
        return "x" * (1 << 33)
    def __iter__(self):
        while True:
            yield self
list(Shown())
### pretends to be a data frame | ends=finished,code_failed
class DataFrame:
    columns = property(lambda self: print("asked"))
    def __getattr__(self, name):
        return lambda *a, **k: self
DataFrame.__module__ = "pandas.core.frame"
DataFrame()
### a figure that draws for ever | wall=2 | ends=timed_out
import matplotlib.pyplot as plt
plt.plot([1])
def forever(*a, **k):
    while True:
        pass
plt.gcf().savefig = forever
### source with a zero | ends=code_failed
print(1){NUL}
print("ESCAPED")
### source of another encoding | ends=finished
# -*- coding: utf-7 -*-
print("plain +AGEAIgApAA- text")
### waits for words that nobody says | ends=code_failed
print("ESCAPED", input("secret? "))
### events in a loop | ends=finished,code_failed,limit_reached
import asyncio
async def main():
    print("ran")
asyncio.run(main())
