import os
###
from subprocess import run
###
import numpy.ctypeslib
###
from pandas import *
###
import pandas as pd
pd.io.common.os.system("id")
###
().__class__.__base__.__subclasses__()
###
getattr(1, "x")
###
run = eval
###
@exec
def code(): pass
###
def f(a=__import__): pass
###
ｅval("1")
###
match 1:
    case object(__class__=c):
        pass
###
"{0.__class__}".format(1)
###
text = "{0.__class__}"
text.format(1)
###
import string
string.Formatter().vformat("{0.x}", (1,), {})
###
try:
    1 .x
except AttributeError as e:
    e.obj
###
def g():
    yield
g().gi_frame.f_back
###
import re
re.enum.sys
###
import random
random._os
###
import pandas as pd
pd.read_pickle("x")
###
import pandas as pd
pd.DataFrame().query("@pd.x")
###
import numpy as np
np.load("x", allow_pickle=True)
###
import numpy as np
np.load("x", **{"allow_pickle": True})
###
import matplotlib
matplotlib.use("module://x")
###
import matplotlib.pyplot as plt
plt.rcParams["text.usetex"] = True
###
import operator
operator.attrgetter("__class__")(1)
###
import pandas as pd
pd.DataFrame().apply("to_pickle")
###
import pandas as pd
pd.DataFrame().plot(backend="os")
###
print(__builtins__)
###
from . import x
###
async def f(): pass
###
x = (
###
print(1) #
import os
###
# coding: utf-7
print(1)
###
import functools
class Box:
    def __setattr__(self, name, value):
        print(name, value["__builtins__"])
functools.update_wrapper(Box(), functools.reduce, assigned=("__globals__",), updated=())
###
from dataclasses import make_dataclass
import abc
A = make_dataclass("A", ["__globals__"], bases=(abc.ABC,))
def f(): pass
A.register(type(f))
match f:
    case A(g):
        print(g)
###
from dataclasses import dataclass
dataclass(type("A", (), {"__annotations__": {"x": int}}))
###
import pandas as pd
pd.DataFrame({"a": [1]}).query(expr="@pd.io")
###
import pandas as pd
q = pd.DataFrame({"a": [1]}).query
q("@pd.io")
###
import pandas as pd
pd.compat.pickle_compat.load(open("x", "rb"))
###
import pandas as pd
pd.core.computation.scope.ensure_scope(1).scope["__builtins__"]
###
import pandas as pd
pd.DataFrame({"a": [1]}).agg(func="eval", expr="a+1")
###
import pandas as pd
pd.DataFrame({"a": [1]}).agg({"a": ["to_pickle"]})
###
import random
self = random
print(self._os.environ)
###
import random
class A:
    def f(self):
        return self._os
print(A.f(random))
###
import numpy as np
load = np.load
load("x", None, True)
###
from numpy import load as l
l("x", None, True)
###
from matplotlib import use as u
u("module://x")
###
import pandas as pd
pd.set_option("plotting.backend", "os")
###
import pandas as pd
pd.options.plotting.backend = "os"
###
from matplotlib.ticker import StrMethodFormatter
print(StrMethodFormatter("{x.__class__.__init__.__globals__}")(1))
###
import dataclasses
dataclasses.types.FunctionType
###
import numpy as np
np.lib.npyio.NpzFile(open("x.npz","rb"), False, True)
###
import numpy as np
np.lib.stride_tricks.as_strided(np.zeros(1), (1<<40,))
###
import contextlib
class C:
    def __exit__(self, t, v, tb):
        match tb:
            case object(tb_frame=f):
                print(f)
###
class M(type):
    def __getitem__(c, i): return i
###
import copy
class R:
    def __reduce_ex__(self, p):
        return (A, (), (None, {"__annotations__": 1}))
copy.copy(R())
###
import pandas as pd
pd.core.computation.scope.ensure_scope(1).scope
###
import numpy as np
list(map(np.load, ["x"]))
###
from dataclasses import make_dataclass
import abc
A = make_dataclass("A", ["_".join(["", "", "globals", "", ""])], bases=(abc.ABC,))
match print:
    case A(g):
        pass
###
int = list
match 1:
    case int(g):
        pass
###
import functools
w = functools.wraps
w(len, "x", updated=())
###
import pandas as pd
pd.DataFrame({"a": [1]}).groupby("a").agg(total=("a", "to_pickle"))
###
import pandas as pd
pd.DataFrame({"a": [1]}).query(**{"expr": "@pd"})
###
import matplotlib.pyplot as plt
plt.rcParams["backend"] = "x"
###
def f(own):
    own.__class__
###
class C:
    def __exit__(self, kind, error, trace):
        trace.tb_frame.f_back.f_globals["__builtins__"]
###
try:
    1 / 0
except ZeroDivisionError as e:
    e.__traceback__
###
(lambda: 0).__code__
###
type("A", (), {})
###
type X = int
###
print(1) # [2K
###
print(1) # 󠁩󠁧
###
print(1) #  print(1)
###
print(1) # 1A
###
print(1) # ­
###
print(open("/etc/passwd").read())
###
path = "/proc/self/environ"
open(path)
###
open("../../etc/passwd")
###
import pandas as pd
pd.read_csv("https://example.com/x.csv")
###
import pandas as pd
pd.read_json("file:///etc/passwd")
###
import pandas as pd
pd.DataFrame().to_csv(path_or_buf=f"/tmp/{1}")
###
name = "x"
open("/var/log/" + name)
###
import contextlib
contextlib.types
###
import copy
copy.copyreg
###
import pandas as pd
pd.read_csv("x", storage_options={"a": 1})
###
import matplotlib
matplotlib.rc_file("x")
###
t = type
t("A", (), {})
###
list(map(type, ["A"], [()], [{}]))
###
import functools
functools.partial(type, "A", ())
###
class A(*[type]):
    pass
###
dict(__annotations__={"x": int})
###
open("~")
###
open(file="/run")
###
import pandas as pd
pd.read_csv("../" + "x.csv")
###
import pandas as pd
pd.DataFrame().to_csv("/dev/shm/x")
###
base = "/etc/"
open(f"{base}passwd")
###
for place in ["a.txt", "/proc/1/environ"]:
    print(open(place).read())
###
print([open(one) for one in ("/etc/hosts",)])
###
if place := "/etc/hosts":
    open(place)
###
place: str = "../x"
open(place)
###
import enum
enum.bltns.exec("1")
###
from enum import bltns as b
b.open("x")
###
open(3, "wb", closefd=False).write(b"x")
###
import io
io.open(1, "w")
###
import matplotlib
matplotlib.style.use("/etc/x.mplstyle")
###
import pandas as pd
pd.DataFrame({"a":[1]}).pivot_table(index="a", aggfunc="to_pickle")
###
import pandas as pd
pd.crosstab([1],[1],values=[1],aggfunc="to_pickle")
###
import pandas as pd
pd.DataFrame({"a":[1]}).groupby("a").apply("to_pickle")
###
import pandas as pd
pd.DataFrame({"a":[1]}).rolling(2).agg(["to_pickle"])
###
import pandas as pd
pd.DataFrame({"a":[1]}).pipe(lambda d: d.agg("to_pickle", path="x"))
###
import pandas as pd
pd.io.common.import_optional_dependency("os")
###
import numpy as np
np.lib.format.open_memmap("x")
###
import uuid
uuid.os
###
class A:
    __match_args__ = ("__globals__",)
###
class A:
    __slots__ = ("a",)
###
def f(): yield
f().gi_frame
###
async def f(): yield
###
print([x async for x in y])
###
f"{().__class__}"
###
x = lambda: (yield)
x().gi_frame.f_globals
###
def f(x: eval("1")): pass
###
@(lambda f: eval)
def g(): pass
###
(e := eval)("1")
###
match eval:
    case f: f("1")
###
import functools
functools.reduce(getattr, ["a"], 1)
###
import operator
operator.methodcaller("x")
###
try:
    1/0
except ZeroDivisionError as e:
    e.__traceback__.tb_frame
###
import typing
typing.get_type_hints(1)
###
import typing
typing.ForwardRef("x")._evaluate({}, {}, set())
###
import sys as s
###
import steward
steward._os.environ
###
from steward import _os
###
display.__globals__
###
print.__self__
###
import pandas as pd
pd.eval("1")
###
import pandas as pd
pd.DataFrame({"a":[1]}).query("(@pd).io")
###
import pandas as pd
pd.DataFrame({"a":[1]}).query("@pd . io")
###
import pandas as pd
pd.DataFrame({"a":[1]}).query("a.to_pickle('x')")
###
import pandas as pd
pd.DataFrame({"a":[1]}).query("a.to_csv('/etc/x')")
###
import pandas as pd
pd.DataFrame({"a":[1]}).query("@f(1)")
###
import pandas as pd
pd.DataFrame({"a":[1]}).query("a > 1 ` @pd.x `")
###
t = "{0.__class__}"
t.format(1)
###
t = "{}"
t += "{0.__class__}"
t.format(1)
###
def f(t="{0.x}"):
    return t.format(1)
###
for t in ["{}", "{0.x}"]:
    t.format(1)
###
t = "{0.real}"
u = t
u.format(1)
###
import numpy as np
np.lookfor("x", module="os")
###
import json
json.loads("1", object_hook=eval)
###
import random
random.__spec__.loader
###
import pandas as pd
pd.read_csv(3)
###
import pandas as pd
pd.DataFrame().to_csv(3)
###
import matplotlib.pyplot as plt
plt.savefig("/dev/stdout")
###
import matplotlib.pyplot as plt
plt.imread("/etc/passwd")
###
import numpy as np
np.fromfile("/proc/self/mem")
###
import numpy as np
np.zeros(1).tofile("/proc/self/mem")
###
import numpy as np
np.zeros(1).ctypes.data
###
import numpy as np
np.ndarray.__reduce__
###
import copy
class C:
    def __deepcopy__(self, m): return eval
###
x = 1
x.__class__ = int
###
del __builtins__
###
import warnings
warnings.sys
###
import warnings
warnings.linecache
###
import contextlib
contextlib.sys
###
try:
    pass
except* ValueError as e:
    e.exceptions[0].__traceback__
###
import datetime
datetime.sys
###
import re
re.Scanner([("a", lambda s, t: eval)])
###
def f(): pass
f.__code__ = 1
###
def f(): pass
f.__defaults__
###
import calendar
calendar.sys
###
import pprint
pprint.PrettyPrinter(stream=open(1, "w"))
###
import openpyxl
openpyxl.load_workbook("/etc/x.xlsx")
###
import openpyxl
openpyxl.reader.excel.ZipFile("/etc/x")
###
import ｏｓ
###
𝐞𝐯𝐚𝐥("1")
###
ⅇval("1")
###
().__cl­ass__
###
print(1)\
; import os
###
if 1: import os
###
import os; print(1)
###
exec
###
x = [eval][0]
###
{**__builtins__}
###
"".join.__self__.__class__
###
help
###
copyright._Printer__setup
###
license.__class__
###
exit.__class__
###
import time
time.sleep.__self__
###
import hashlib
hashlib.file_digest(open("/etc/passwd"), "md5")
###
import hashlib
hashlib.__builtin_constructor_cache
###
assert eval("1")
###
lambda: (yield from eval)
###
type("x", (), {})()
###
class A(metaclass=type): pass
###
object.__reduce_ex__(1, 2)
###
super().__getattribute__
###
import statistics
statistics.random._os
###
from random import _os
###
import bisect, heapq, pandas.io.common
###
import pandas as pd
pd.io.common.urlopen("http://x")
###
import numpy as np
np.sys
###
import numpy as np
np.compat.os
###
import matplotlib.pyplot as plt
plt.logging.getLogger()
###
import matplotlib.pyplot as plt
plt.matplotlib.cbook
###
import matplotlib.pyplot as plt
plt.rcParams["text." "usetex"] = True
###
import matplotlib.pyplot as plt
plt.rcParams.update({"backend": "module://os"})
###
import matplotlib.pyplot as plt
plt.figure().canvas.print_figure("/etc/x")
###
if 0: str = "{}"
str.format("{0.x}", 1)
###
str = "{}"
str.format("{0.x}", 1)
###
if 0:
    t = "{}"
t.format(1)
###
for x in []:
    t = "{}"
t.format(1)
###
while 0:
    t = "{}"
else:
    t.format(1)
###
try:
    t = "{}"
except ValueError:
    pass
t.format(1)
###
try:
    t = "{}"
except ValueError:
    t.format(1)
###
try:
    t = "{}"
finally:
    t.format(1)
###
t = "{}"
del t
t.format(1)
###
t = "{}"
def f():
    global t
t.format(1)
###
def g():
    t = "{}"
    def f():
        nonlocal t
    t.format(1)
###
(t := "{}")
t.format(1)
###
t = "{}"
print(t := "{0.x}")
t.format(1)
###
t = "{}"
[t.format(1) for t in ["{0.x}"]]
###
class A:
    t = "{}"
    t.format(1)
###
class A:
    str = "{}"
str.format("{0.x}", 1)
###
t = "{}"
class A:
    t = "{0.x}"
    u = t.format(1)
###
t = "{}"
def f(t="{0.x}"):
    return t.format(1)
###
def f():
    t = "{}"
t.format(1)
###
def f():
    return t.format(1)
t = "{}"
###
t.format(1); t = "{}"
###
class A:
    def f(self):
        __t = "{}"
        _A__t = "{0.x}"
        return __t.format(1)
###
t = "{}"
import json as t
t.format(1)
###
t = "{}"
match 1:
    case t:
        t.format(1)
###
t = "{}"
lambda t: t.format(1)
###
t, u = "{}", "{0.x}"
u.format(1)
###
if 1:
    t = "{}"
else:
    t.format(1)
###
t = "{}"
with open("x") as t:
    t.format(1)
###
t: str
t.format(1)
###
import pandas as pd
pd.DataFrame().query("a == '`' + @pd.compat.os.popen('id').read() + '`'")
###
import pandas as pd
pd.DataFrame().query("a == '`'")
###
import pandas as pd
pd.DataFrame().query("a == 1 # ` + @pd.x + `")
###
import pandas as pd
pd.DataFrame().query("a == '''`''' + @pd.x + '''`'''")
###
import pandas as pd
pd.DataFrame().query(r"a == '\\' + `' + @pd.x + '`'")
###
import pandas as pd
pd.DataFrame().query("`a`\n+ @pd.x + `b`")
###
_A__t = "{}"
class A:
    def f(self):
        global __t
        __t = "{0.x}"
A().f()
_A__t.format(1)
###
class A:
    def f(self):
        _A__t = "{}"
        __t = "{0.x}"
        return _A__t.format(1)
