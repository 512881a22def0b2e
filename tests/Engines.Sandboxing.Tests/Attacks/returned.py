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
