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
print(1) #import os
###
# coding: utf-7
print(1)
