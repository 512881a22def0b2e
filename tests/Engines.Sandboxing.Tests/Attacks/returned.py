import os
### symbolic link | ends=finished | files=
os.symlink("/etc/passwd", "link")
### symbolic link to a directory | ends=finished | files=
os.symlink("/usr", "directory")
### link through a directory | ends=finished | files=
os.mkdir("inner")
open("inner/file", "w").write("x")
os.symlink("inner/file", "through")
### hard link | ends=finished | files=
open("one", "w").write("x")
os.link("one", "two")
### names that are paths | ends=finished | files=good
for name in ("..x", ".hidden", "-rf", "a\nb", "a;b", "é", "x" * 200, "$(id)"):
    open(name, "w").write("x")
open("good", "w").write("x")
### too many | ends=finished | limits=files
for number in range(40):
    open(f"f{number:02}", "w").write("x")
### too large | ends=finished | limits=files | files=small
open("large", "wb").write(b"x" * (21 << 20))
open("small", "w").write("x")
### sparse and large | ends=finished | limits=files | files=
with open("sparse", "wb") as file:
    file.truncate(90 << 20)
### no rights | ends=finished | files=
open("secret", "w").write("x")
os.chmod("secret", 0)
### the work directory without rights | ends=finished
open("file", "w").write("x")
os.chmod("/job", 0)
### the work directory renamed away | ends=finished
try:
    os.rename("/job", "/gone")
    print("ESCAPED")
except OSError:
    print("refused")
### directory in place of an input | ends=finished | files=
os.remove("input.csv")
os.mkdir("input.csv")
### link in place of an input | ends=finished | files=
os.remove("input.csv")
os.symlink("/etc/passwd", "input.csv")
### device without rights | ends=finished | files=
import ctypes
open("file", "w").write("x")
# A rename that leaves a device 0:0 behind.
ctypes.CDLL(None).syscall(316, -100, b"file", -100, b"moved", 4)
for name in ("moved", "file"):
    if os.path.exists(name) and os.path.isfile(name):
        os.remove(name)
### swapped for a link until the end | wall=1 | ends=timed_out
import threading
os.symlink("/usr/bin/true", "link")
def swap():
    while True:
        open("file", "w").write("x")
        os.replace("file", "report.csv")
        os.symlink("/usr/bin/true", "other")
        os.replace("other", "report.csv")
for round in range(4):
    threading.Thread(target=swap, daemon=True).start()
threading.Event().wait()
### file without a name | ends=finished | files=
try:
    number = os.open("/job", os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(number, b"x" * 4096)
except OSError:
    pass
### deep tree | ends=finished | files=
for round in range(1000):
    os.mkdir("d")
    os.chdir("d")
### mapped while it is read | ends=finished | files=report.csv
import mmap
with open("report.csv", "wb") as file:
    file.truncate(4096)
kept = mmap.mmap(os.open("report.csv", os.O_RDWR), 4096)
kept[:1] = b"x"
