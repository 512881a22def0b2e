### list grows | ends=limit_reached | limits=memory
kept = []
while True:
    kept.append(bytearray(1 << 20))
### private mapping | ends=limit_reached | limits=memory
import mmap
kept = []
while True:
    one = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(0, 64 << 20, 4096):
        one[page] = 1
    kept.append(one)
### shared mapping | ends=limit_reached,code_failed | limits=memory
import mmap
kept = []
for round in range(24):
    one = mmap.mmap(-1, 64 << 20)
    for page in range(0, 64 << 20, 4096):
        one[page] = 1
    kept.append(one)
print("ESCAPED", len(kept))
### memfd | ends=code_failed,limit_reached
import os
number = os.memfd_create("big")
for round in range(800):
    os.write(number, b"x" * (1 << 20))
print("ESCAPED")
### errors caught, then the disk | ends=finished,limit_reached | limits=memory,disk
kept = []
try:
    while True:
        kept.append(bytearray(1 << 20))
except MemoryError:
    pass
kept = kept[:300]
total = 0
try:
    with open("fill", "wb") as file:
        for round in range(400):
            total += file.write(b"x" * (1 << 20))
except OSError:
    pass
if len(kept) + (total >> 20) > 620:
    print("ESCAPED", len(kept), total >> 20)
raise MemoryError
### numpy array | ends=limit_reached | limits=memory
import numpy
numpy.ones(1 << 30)
### string doubles | ends=limit_reached | limits=memory
text = "x"
while True:
    text += text
### recursion of the parser | ends=code_failed,limit_reached
eval("(" * 100000 + ")" * 100000)
### recursion of calls | wall=2 | ends=code_failed,limit_reached,timed_out
import sys
sys.setrecursionlimit(10**9)
def down(): return down()
down()
### big number | wall=1 | ends=timed_out,limit_reached
print(len(str(10 ** 10 ** 9)))
### locked memory | ends=finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(1 << 20)
print("ESCAPED" if libc.mlock(buffer, 1 << 20) == 0 else "refused")
### shared memory segment | ends=finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("ESCAPED" if libc.shmget(0, 1 << 28, 0o1600) >= 0 else "refused")
