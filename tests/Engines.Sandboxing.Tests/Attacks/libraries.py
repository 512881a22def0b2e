import matplotlib, numpy, pandas
import matplotlib.pyplot as plt
def tried(what, *arguments, **named):
    try:
        what(*arguments, **named)
        print("ESCAPED", what, arguments)
    except Exception as error:
        print(type(error).__name__)
### tables into places of the system | ends=finished
frame = pandas.DataFrame({"a": [1]})
for place in ("/proc/self/oom_score_adj", "/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper", "/etc/ld.so.preload", "/usr/lib/python3/dist-packages/planted.pth", "/sbx/zygote.py", "/dev/shm/x", "/dev/mem", "/planted"):
    tried(frame.to_csv, place)
    tried(frame.to_json, place)
    tried(frame.to_pickle, place)
    tried(frame.to_excel, place + ".xlsx")
### arrays into places of the system | ends=finished
for place in ("/proc/self/mem", "/proc/1/mem", "/dev/kmsg", "/dev/mem", "/usr/bin/true", "/etc/x"):
    tried(numpy.arange(4).tofile, place)
    tried(numpy.save, place + ".npy", numpy.arange(4))
    tried(numpy.memmap, place, mode="r+", shape=(4096,))
    tried(numpy.memmap, place, mode="w+", shape=(4096,))
### arrays from places of the system | ends=finished
for place in ("/proc/self/environ", "/proc/1/environ", "/proc/kcore", "/dev/mem", "/dev/vda", "/etc/passwd", "/etc/shadow", "{SECRET}"):
    tried(numpy.fromfile, place, dtype="u1")
    tried(numpy.memmap, place, mode="r", shape=(16,))
    tried(pandas.read_csv, place)
    tried(plt.imread, place)
### map of a file that is larger than the disk | ends=finished,limit_reached,code_failed
array = numpy.memmap("large", mode="w+", shape=(1 << 34,))
array[:: 1 << 20] = 1
print("ESCAPED")
### map of a file that is cut under it | ends=code_failed
import os
array = numpy.memmap("cut", mode="w+", shape=(1 << 20,))
os.truncate("cut", 0)
print("ESCAPED", array[5])
### pictures into places of the system | ends=finished
plt.plot([1])
for place in ("/usr/share/x.png", "/etc/x.png", "/dev/shm/x.png", "/proc/x.png", "/sbx/x.png", "/x.png"):
    tried(plt.savefig, place)
plt.close("all")
### picture into the channel | wall=15 | ends=finished,limit_reached | limits=results
plt.plot([1])
for place in ("/dev/fd/3", "/proc/self/fd/3", "/dev/stdout"):
    tried(plt.savefig, place, format="png")
with open(3, "wb", closefd=False) as channel:
    for round in range(20):
        plt.savefig(channel, format="png")
### programs behind pictures | ends=finished
plt.plot([1])
plt.title("x")
tried(lambda: plt.savefig("x.pgf"))
with plt.rc_context({"text.usetex": True, "text.latex.preamble": r"\immediate\write18{id > planted}"}):
    try:
        plt.title("y")
        plt.savefig("x.png")
    except Exception as error:
        print(type(error).__name__)
import matplotlib.animation as animation
tried(lambda: animation.FuncAnimation(plt.gcf(), lambda n: [], frames=2).save("x.mp4", writer="ffmpeg"))
import os
print("ESCAPED" if os.path.exists("planted") else "nothing ran")
plt.close("all")
### cache of the fonts | ends=finished
import os
from matplotlib import font_manager
for place in ("/usr/share/fonts/planted.ttf", "/usr/share/matplotlib/planted", "/var/cache/fontconfig/planted", "/etc/fonts/planted"):
    tried(font_manager.json_dump, font_manager.fontManager, place)
os.makedirs("/job/.mpl", exist_ok=True)
print("ESCAPED" if "planted" in os.listdir("/job/.mpl") else "own")
open("/job/.mpl/planted", "w").close()
### backend that is a file | ends=finished
open("own.py", "w").write("print('ran inside')")
import sys
sys.path.insert(0, "/job")
try:
    matplotlib.use("module://own", force=True)
except Exception as error:
    print(type(error).__name__)
### pickle that starts a program | ends=finished
import os, pickle
class Starts:
    def __reduce__(self):
        return os.system, ("echo ESC""APED > planted",)
open("x.pkl", "wb").write(pickle.dumps(Starts()))
pandas.read_pickle("x.pkl")
numpy.save("x.npy", numpy.array([Starts()], dtype=object), allow_pickle=True)
numpy.load("x.npy", allow_pickle=True)
print("ESCAPED" if os.path.exists("planted") else "nothing ran")
### network of the libraries | ends=finished
for address in ("http://127.0.0.1:{PORT}/x.csv", "http://169.254.169.254/latest/meta-data", "ftp://127.0.0.1/x.csv", "s3://bucket/x.csv"):
    tried(pandas.read_csv, address)
tried(numpy.lib.npyio.DataSource("/job").open, "http://127.0.0.1:{PORT}/x")
tried(plt.style.use, "http://127.0.0.1:{PORT}/x.mplstyle")
