### password files | ends=finished
for name in ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/resolv.conf", "/root/.bashrc", "/run/docker.sock", "/var/log/dpkg.log", "/sys/kernel/version", "{SECRET}"):
    try:
        open(name).read()
        print("ESCAPED", name)
    except OSError:
        pass
### walks the tree | ends=finished
import os
for place in ("/home", "/root", "/var", "/run", "/sys", "/mnt", "/srv", "/opt", "/work", "/boot", "/tmp/.."):
    try:
        names = os.listdir(place)
        if not names or place == "/tmp/.." and not {"home", "root", "var"} & set(names):
            continue
        print("ESCAPED", place, names)
    except OSError:
        pass
### environment | ends=finished
import os
print("ESCAPED" if "STEWARD_TEST_SECRET" in os.environ or set(os.environ) - {"PATH", "HOME", "LANG", "MPLBACKEND", "MPLCONFIGDIR", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TMPDIR", "PWD", "LC_CTYPE"} else "clean", dict(os.environ))
### environment of others | ends=finished
import os
for name in ("1", "2", "self", "{PID}"):
    for what in ("environ", "cmdline", "maps", "mem", "root", "ns/user"):
        try:
            print("ESCAPED", open(f"/proc/{name}/{what}", "rb").read(10))
        except OSError:
            pass
try:
    if os.listdir("/proc"):
        print("ESCAPED")
except OSError:
    print("covered")
### kernel log | ends=limit_reached | limits=system_call
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(65536)
if libc.klogctl(3, buffer, 65536) > 0:
    print("ESCAPED")
### writes outside the work directory | ends=finished
import os
for place in ("/", "/usr", "/usr/bin", "/etc", "/dev", "/dev/shm", "/proc", "/sbx", "/lib", "/usr/lib/python3"):
    try:
        open(os.path.join(place, "planted"), "w").write("x")
        print("ESCAPED", place)
    except OSError:
        pass
### fills the disk with one file | ends=finished,limit_reached | limits=disk,memory
total = 0
try:
    with open("big", "wb", buffering=0) as file:
        while total < 300 << 20:
            total += file.write(b"x" * (1 << 20))
except OSError:
    pass
print("ESCAPED" if total > 101 << 20 else "stopped", total)
### fills the disk with many files | ends=finished,limit_reached | limits=disk,memory
total = 0
try:
    for number in range(300):
        with open(f"f{number}", "wb", buffering=0) as file:
            total += file.write(b"x" * (1 << 20))
except OSError:
    pass
print("ESCAPED" if total > 101 << 20 else "stopped", total)
### takes all names | ends=finished | limits=disk
made = 0
try:
    while made < 20000:
        open(f"n{made}", "w").close()
        made += 1
except OSError:
    pass
print("ESCAPED" if made > 4096 else "stopped", made)
### sparse file | ends=finished,code_failed,limit_reached
try:
    with open("sparse", "wb") as file:
        file.truncate(10 << 30)
    print("ESCAPED")
except OSError:
    print("refused")
### descriptors that were left open | ends=finished
import os
for number in range(4, 1024):
    try:
        about = os.fstat(number)
        print("ESCAPED", number, about)
    except OSError:
        pass
### all descriptors | ends=code_failed
kept = []
for round in range(100000):
    kept.append(open("/dev/null"))
print("ESCAPED")
### device | ends=finished
import os
for what in (os.makedev(1, 1), os.makedev(8, 0), os.makedev(253, 0)):
    try:
        os.mknod("device", 0o600 | 0o060000, what)
        print("ESCAPED")
    except OSError:
        pass
### pipe with a name | ends=finished
import os
try:
    os.mkfifo("pipe")
    print("ESCAPED")
except OSError:
    print("refused")
### runs a dropped program | ends=finished,code_failed
import ctypes, os, shutil
shutil.copy("/usr/bin/true", "dropped")
os.chmod("dropped", 0o755)
try:
    os.execv("/job/dropped", ["dropped"])
except OSError:
    pass
try:
    ctypes.CDLL("/job/dropped")
    print("ESCAPED")
except OSError:
    print("refused")
### maps a dropped file as code | ends=finished | gvisor=no
import mmap
with open("code", "wb") as file:
    file.write(b"\xc3" * 4096)
try:
    with open("code", "r+b") as file:
        mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)
    print("ESCAPED")
except OSError:
    print("refused")
### set-uid program | ends=finished
import os
with open("root", "wb") as file:
    file.write(b"#!/bin/sh\n")
try:
    os.chmod("root", 0o4755)
except OSError:
    pass
try:
    os.setuid(0)
    print("ESCAPED")
except OSError:
    print("refused")
### opens the host through a handle | ends=limit_reached | limits=system_call
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
handle = (ctypes.c_uint * 34)(8, 1, 2, 0)
if libc.syscall(304, -100, handle, 0) >= 0:
    print("ESCAPED")
### the zygote's scripts | ends=finished
import os
try:
    print("ESCAPED" if os.listdir("/sbx") else "covered")
except OSError:
    print("refused")
### memory of devices | ends=finished
for name in ("/dev/mem", "/dev/kmem", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/vda", "/dev/sda", "/dev/kmsg", "/dev/console", "/dev/ptmx"):
    try:
        open(name, "rb").read(1)
        print("ESCAPED", name)
    except OSError:
        pass
