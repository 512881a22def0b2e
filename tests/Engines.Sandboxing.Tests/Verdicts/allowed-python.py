import pandas as pd
import matplotlib.pyplot as plt
df = pd.read_csv("tickets.csv", parse_dates=["opened"])
weekly = df.groupby(df.opened.dt.to_period("W").dt.start_time).size()
weekly.plot(kind="bar", title="Tickets per week")
plt.tight_layout()
plt.savefig("chart.png")
weekly.reset_index()
###
print("import os; eval('x'); __class__")  # os.system
###
import pandas as pd
df = pd.DataFrame({"os": [1], "eval": [2]})
print(df["os"] + df["eval"])
###
if __name__ == "__main__":
    print("main")
###
from collections import Counter, namedtuple
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    _hidden: int = 0
    def norm(self):
        return self.x + self._hidden
class Child(Point):
    def __init__(self, x):
        super().__init__(x)
print(Child(1).norm(), namedtuple("T", "a")(1)._asdict(), "{:.2f} {name}".format(1.5, name="n"), type(1).__name__)
###
import numpy as np
rng = np.random.default_rng(7)
np.save("a.npy", rng.normal(size=10))
print(np.load("a.npy").mean(), np.linalg.norm([3, 4]))
###
import steward
frame = steward.sql("SELECT name FROM users WHERE team = $1", ["it"])
print(frame.query("name != 'x'").agg({"name": "count"}))
###
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    y: int
def where(point):
    match point:
        case Point(x=0, y=0):
            return "origin"
        case [int(a), str(b)]:
            return a, b
        case {"kind": "box", **rest}:
            return rest
    return type(point).__name__, isinstance(point, type)
print(where(Point(0, 0)))
###
import functools
import json
def timed(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner
class Bag:
    def __init__(self):
        self._items = []
    def add(self, item):
        self._items.append(item)
        return self
    def __len__(self):
        return len(self._items)
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        return False
with open("x.json") as file:
    print(json.load(file), len(Bag().add(1)))
###
import pandas as pd
import matplotlib.pyplot as plt
from matplotlib.ticker import StrMethodFormatter
df = pd.DataFrame({"team": ["a"], "_id": [1]})
print(df.groupby("team").agg(total=("_id", "sum"), most=("_id", "max")), df.agg({"_id": ["min", "max"]}), df["team"].map({"a": "_b"}))
plt.gca().xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
plt.style.use("ggplot")
print(df.query("team == 'a'"), df.plot(kind="bar"), "__main__")
###
print("Größe: 5 µm – “ok” ✓ 日本語 😀")	# é
###
import pandas as pd
df = pd.read_csv("logs/a.csv", sep="/")
print(pd.api.types.is_numeric_dtype(df["a"]), df[df.path.str.startswith("/var/log")], "see https://example.com/x or ../y", df.to_string(), df.to_dict("records"))
df["when"] = pd.to_datetime("2026-03-01", format="%d/%m/%Y", errors="coerce")
with open("/job/out.txt", "w") as file:
    file.write("a/b")
open(f"out-{1}.txt", "w").close()
###
def name_of(kind: type, other: type[int] = int):
    return kind.__name__
print([type(x).__name__ for x in (1, "a")], list(map(type, [1])), type(1) is int, isinstance(int, type), name_of(int))
###
import pandas as pd
text = "a~b"
df = pd.read_csv("a.txt", sep="~")
mark, there = "~", "/run"
print(text.split("~"), text.split(mark), df["path"] == "/run", {"/dev": 1}, text.replace("../", ""), df["path"].isin(["/etc/passwd", there]), df.to_csv(sep="~"))
###
import pandas as pd
most, teams = 3, ["it"]
df = pd.DataFrame({"n": [1, 5], "team": ["it", "hr"], "the column": [1, 2]})
print(df.query("n > @most and team not in @teams"), df.query("team.isin(@teams) & `the column` == 1"), df.query("team.str.startswith('i')", engine="python"))
###
line = "{:<10} {:>5.1f}"
print(line.format("a", 1), list(map("{:.2f}".format, [1.0])))
###
import pandas as pd
df = pd.DataFrame({"_a": [1], "b": [2]})
print(df.pivot_table(values=("_a", "b"), index="b", aggfunc={"_a": "sum"}), pd.to_datetime(20260101, format="%Y%m%d"), df.to_numpy(), df.head(3).to_csv())
###
T: str = "{}"
for x in [1]:
    if x:
        print(T.format(x))
def f(y):
    return T.format(y)
print([T.format(z) for z in [1]])
###
def f(x):
    row = "{}"
    with open("a") as g:
        g.write(row.format(x))
###
for x in [1]:
    row = "{:>3}"
    print(row.format(x))
###
import pandas as pd
pd.DataFrame().query("`the column` == 'x' and `b` > 1")
###
class A:
    def f(self):
        t = "{}"
        return t.format(1)
###
try:
    t = "{}"
    print(t.format(1))
except ValueError:
    pass
