### corrupts what the zygote loaded | ends=finished
import sys, builtins, json, pandas, numpy
builtins.print = lambda *_: None
json.dumps = None
pandas.DataFrame = numpy.array = None
sys.modules.clear()
### finds what the last one left | ends=finished
import os, sys
left = [name for name in os.listdir("/job") if name != "input.csv"]
print("ESCAPED" if left or hasattr(sys, "planted") else "clean", left)
### plants for the next one | ends=finished
import sys, builtins, os
sys.planted = builtins.planted = True
open("planted", "w").write("x")
### finds what was planted | ends=finished
import builtins, os
print("ESCAPED" if hasattr(builtins, "planted") or os.path.exists("planted") else "clean")
### sees other sandboxes | ends=finished
import os
seen = []
for pid in range(1, 70000):
    try:
        os.kill(pid, 0)
        seen.append(pid)
    except OSError:
        pass
print("ESCAPED" if seen != [1] else "alone", seen)
### load of the machine | ends=finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("ESCAPED" if libc.sysinfo(ctypes.create_string_buffer(512)) == 0 else "refused")
### page cache of shared libraries | ends=finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("ESCAPED" if libc.syscall(27, ctypes.c_long(id(0) & ~4095), ctypes.c_long(4096), ctypes.create_string_buffer(16)) == 0 else "refused")
### same random numbers as before | ends=finished
import random, numpy
print("SEED", random.random(), numpy.random.rand())
### control groups | ends=finished
import os
for place in ("/sys/fs/cgroup", "/proc/self/cgroup", "/dev/cgroup"):
    if os.path.exists(place):
        print("ESCAPED", place)
### its tenant's name in memory | ends=finished
import gc
needle = "-".join(["t", "acme"])
held = [one for many in gc.get_objects() for one in gc.get_referents(many) if isinstance(one, str) and one == needle and one is not needle]
print("ESCAPED" if held else "not known", held)
### frames of whoever runs it | ends=finished
import os, sys
frame, seen = sys._getframe(), []
while frame is not None:
    seen.append(frame.f_code.co_name)
    for name, value in [*frame.f_globals.items(), *frame.f_locals.items()]:
        if hasattr(value, "fileno"):
            try:
                number = value.fileno()
                if number > 3 and os.fstat(number):
                    print("ESCAPED", name, value)
            except (OSError, ValueError, TypeError):
                pass
    frame.f_globals.pop("report", None)
    frame = frame.f_back
print(seen)
