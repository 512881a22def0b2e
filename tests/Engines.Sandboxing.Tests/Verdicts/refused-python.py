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
