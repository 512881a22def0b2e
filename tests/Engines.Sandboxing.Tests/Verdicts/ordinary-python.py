import pandas as pd
df = pd.DataFrame({"team": ["a", "b", "a"], "hours": [1.5, 2.0, 4.0]})
summary = df.groupby("team", as_index=False).agg(total=("hours", "sum"), mean=("hours", "mean"), count=("hours", "size"))
print(summary.sort_values("total", ascending=False).to_string(index=False))
###
import pandas as pd
df = pd.DataFrame({"month": ["2026-01", "2026-01", "2026-02"], "kind": ["x", "y", "x"], "value": [1, 2, 3]})
table = df.pivot_table(index="month", columns="kind", values="value", aggfunc="sum", fill_value=0, margins=True)
print(table)
print(table.unstack().reset_index(name="value"))
###
import pandas as pd
left = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"]})
right = pd.DataFrame({"id": [2, 3, 4], "amount": [10, 20, 30]})
merged = left.merge(right, on="id", how="outer", indicator=True, validate="one_to_one")
print(merged["_merge"].value_counts())
print(pd.concat([left, right], ignore_index=True).isna().sum().to_dict())
###
import numpy as np
import pandas as pd
index = pd.date_range("2026-01-01", periods=100, freq="D")
series = pd.Series(np.arange(100.0), index=index, name="v")
print(series.resample("W").mean().head(3))
print(series.rolling(7, min_periods=1).mean().iloc[-1], series.ewm(span=5).mean().iloc[-1], series.pct_change().abs().max(), series.shift(1).diff().sum())
###
import pandas as pd
df = pd.DataFrame({"id": [1, 2], "jan": [3, 4], "feb": [5, 6]})
long = df.melt(id_vars="id", var_name="month", value_name="tickets")
print(long.set_index(["id", "month"]).unstack("month"))
print(pd.crosstab(long["month"], long["tickets"] > 4))
###
import re
text = "INC0001 opened 2026-03-01 by ada@example.com; INC0002 opened 2026-03-04 by bob@example.com"
pattern = re.compile(r"(?P<number>INC\d+) opened (?P<day>\d{4}-\d{2}-\d{2}) by (?P<who>[\w.]+@[\w.]+)")
for match in pattern.finditer(text):
    print(match.group("number"), match["day"], match.groupdict()["who"], match.span())
print(re.sub(r"\b(\w+)@", lambda found: found.group(1).upper() + "@", text))
###
from dataclasses import asdict, dataclass, field
from typing import Optional

@dataclass(order=True)
class Ticket:
    number: str
    priority: int = 3
    tags: list = field(default_factory=list)
    owner: Optional[str] = None

    @property
    def urgent(self) -> bool:
        return self.priority <= 2

tickets = [Ticket("INC2", 1, ["vpn"]), Ticket("INC1")]
print([asdict(ticket) for ticket in sorted(tickets)], tickets[0].urgent)
###
import matplotlib.pyplot as plt
import numpy as np
x = np.linspace(0, 10, 50)
figure, axes = plt.subplots(2, 2, figsize=(8, 6), sharex=True)
axes[0, 0].plot(x, np.sin(x), label="sin")
axes[0, 0].legend(loc="best")
axes[0, 1].bar([1, 2, 3], [3, 1, 2], color=["tab:blue", "tab:orange", "tab:green"])
axes[1, 0].hist(np.random.default_rng(1).normal(size=200), bins=20)
axes[1, 1].scatter(x, x ** 2, s=8, alpha=0.5)
for axis in axes.flat:
    axis.grid(True)
    axis.set_xlabel("x")
figure.suptitle("Four charts")
figure.tight_layout()
plt.show()
###
import matplotlib.pyplot as plt
import matplotlib.dates as mdates
import pandas as pd
df = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=10), "n": range(10)})
fig, ax = plt.subplots()
ax.plot(df["day"], df["n"], marker="o")
ax.xaxis.set_major_formatter(mdates.DateFormatter("%d.%m."))
ax.annotate("top", xy=(df["day"].iloc[-1], 9), xytext=(0, 10), textcoords="offset points")
fig.autofmt_xdate()
plt.savefig("days.png", dpi=100, bbox_inches="tight")
plt.close(fig)
###
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
book = Workbook()
sheet = book.active
sheet.title = "Tickets"
sheet.append(["team", "tickets"])
for row in [("a", 3), ("b", 5)]:
    sheet.append(row)
for cell in sheet[1]:
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="DDDDDD")
    cell.alignment = Alignment(horizontal="center")
sheet.column_dimensions[get_column_letter(1)].width = 20
chart = BarChart()
chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
sheet.add_chart(chart, "D2")
book.save("tickets.xlsx")
###
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
with pd.ExcelWriter("out.xlsx", engine="openpyxl") as writer:
    df.to_excel(writer, sheet_name="first", index=False)
    df.describe(include="all").to_excel(writer, sheet_name="second")
print(pd.read_excel("out.xlsx", sheet_name=None).keys())
###
import json
data = json.loads('{"items": [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}]}')
with open("out.json", "w", encoding="utf-8") as file:
    json.dump(data, file, indent=2, ensure_ascii=False, sort_keys=True)
with open("out.json") as file:
    print(len(json.load(file)["items"]), json.dumps(data, default=str))
###
import pandas as pd
records = [{"id": 1, "user": {"name": "ada", "team": "it"}}, {"id": 2, "user": {"name": "bob", "team": "hr"}}]
df = pd.json_normalize(records, sep="_")
print(df.columns.tolist(), df.loc[df["user_team"].eq("it"), "user_name"].tolist())
###
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo
now = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
local = now.astimezone(ZoneInfo("Europe/Berlin"))
print(local.isoformat(), (now + timedelta(days=30)).strftime("%A %d %B %Y"), datetime.strptime("01.02.2026", "%d.%m.%Y").date() - date(2026, 1, 1), now.isocalendar().week)
###
import statistics
values = [1, 2, 2, 3, 10]
print(statistics.mean(values), statistics.median(values), statistics.stdev(values), statistics.mode(values), statistics.quantiles(values, n=4))
###
import csv
import io
from collections import Counter, defaultdict
text = "team,hours\na,1\nb,2\na,3\n"
totals = defaultdict(float)
for row in csv.DictReader(io.StringIO(text)):
    totals[row["team"]] += float(row["hours"])
with open("totals.csv", "w", newline="") as file:
    writer = csv.writer(file, delimiter=";")
    writer.writerow(["team", "hours"])
    writer.writerows(sorted(totals.items(), key=lambda pair: -pair[1]))
print(Counter("abracadabra").most_common(2))
###
import itertools
import functools
import operator
print(list(itertools.accumulate([1, 2, 3], operator.mul)), functools.reduce(operator.add, [1, 2, 3], 0))
print([(key, [item[1] for item in group]) for key, group in itertools.groupby(sorted([("a", 1), ("b", 2), ("a", 3)]), key=operator.itemgetter(0))])
@functools.lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(60), fib.cache_info().hits)
###
import numpy as np
rng = np.random.default_rng(42)
x = rng.uniform(0, 10, 100)
y = 2.5 * x + 1 + rng.normal(0, 0.5, 100)
slope, intercept = np.polyfit(x, y, 1)
matrix = np.vstack([x, np.ones_like(x)]).T
solution, residuals, rank, singular = np.linalg.lstsq(matrix, y, rcond=None)
print(f"{slope:.2f} {intercept:.2f} {np.corrcoef(x, y)[0, 1]:.3f} {rank} {np.percentile(y, [5, 50, 95]).round(2)}")
###
import pandas as pd
df = pd.DataFrame({"opened": ["2026-01-05", "2026-02-10", None], "closed": ["2026-01-07", None, "2026-02-01"]})
for column in ("opened", "closed"):
    df[column] = pd.to_datetime(df[column], errors="coerce")
df["days"] = (df["closed"] - df["opened"]).dt.days
df["month"] = df["opened"].dt.to_period("M").astype(str)
df["weekday"] = df["opened"].dt.day_name()
print(df.dropna(subset=["days"]).assign(late=lambda frame: frame["days"] > 1), df.info())
###
import pandas as pd
df = pd.DataFrame({"age": [15, 25, 45, 70]})
df["group"] = pd.cut(df["age"], bins=[0, 18, 65, 120], labels=["young", "adult", "old"])
df["quartile"] = pd.qcut(df["age"], 4, labels=False)
print(df.groupby("group", observed=True)["age"].agg(["min", "max", "mean"]), df["age"].rank(method="dense").tolist())
###
import pandas as pd
df = pd.DataFrame({"name": [" Ada Lovelace ", "bob Smith"], "mail": ["ada@x.org", "bob@y.org"]})
df["name"] = df["name"].str.strip().str.title()
df[["first", "last"]] = df["name"].str.split(" ", n=1, expand=True)
df["domain"] = df["mail"].str.extract(r"@(.+)$")[0]
df["initials"] = df.apply(lambda row: row["first"][0] + row["last"][0], axis=1)
print(df[df["domain"].str.contains("org", case=False, na=False)].drop(columns="mail").rename(columns={"first": "given"}))
###
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
prices = ["19.99", "5.01", "0.335"]
total = sum((Decimal(price) for price in prices), Decimal(0)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
print(f"{total:,} {Fraction(1, 3) + Fraction(1, 6)} {float(total):.1e} {1234567.891:,.2f} {0.256:.1%} {'x':>5}|{'y':^5}|{42:05d}|{255:#x}")
###
import math
import heapq
import bisect
import random
random.seed(3)
numbers = [random.randint(1, 100) for _ in range(20)]
print(heapq.nlargest(3, numbers), bisect.bisect_left(sorted(numbers), 50), math.isclose(math.fsum([0.1] * 10), 1.0), random.sample(numbers, k=2), math.comb(5, 2))
###
import textwrap
import string
import unicodedata
words = "The quick brown fox jumps over the lazy dog".lower().translate(str.maketrans("", "", string.punctuation)).split()
print(textwrap.fill(" ".join(words), width=20), unicodedata.normalize("NFKD", "Größe").encode("ascii", "ignore").decode())
print({word: len(word) for word in words if len(word) > 3}, sorted(set(words), key=str.lower), list(zip(words, words[1:]))[:2])
###
def parse(line):
    try:
        number, amount = line.split(",")
        return int(number), float(amount)
    except ValueError as error:
        print(f"skipped {line!r}: {error}")
        return None
    finally:
        pass

rows = [row for line in ["1,2.5", "x,3", "2,4"] if (row := parse(line)) is not None]
if not rows:
    raise SystemExit("nothing to show")
print(rows, sum(amount for _, amount in rows))
###
from enum import Enum
from abc import ABC, abstractmethod
class Level(Enum):
    LOW = 1
    HIGH = 2
class Shape(ABC):
    @abstractmethod
    def area(self): ...
    def __str__(self):
        return f"{type(self).__name__} {self.area():.1f}"
class Square(Shape):
    def __init__(self, side):
        self.side = side
    def area(self):
        return self.side ** 2
    def __eq__(self, other):
        return isinstance(other, Square) and self.side == other.side
print(Square(2), Level.HIGH.name, Level["LOW"].value, [level for level in Level], Square(2) == Square(2), hasattr(Square, "area"))
###
import steward
import pandas as pd
frame = pd.DataFrame({"week": ["W10", "W11"], "tickets": [3, 5]})
steward.table(frame, "Tickets per week")
display(frame)
frame
###
import matplotlib.pyplot as plt
import pandas as pd
df = pd.DataFrame({"x": ["a", "b", "c"], "p": [10, 20, 30], "q": [3, 2, 1]}).set_index("x")
ax = df.plot(kind="bar", stacked=True, figsize=(6, 4), rot=0, title="Stacked")
ax.set_ylabel("count")
for container in ax.containers:
    ax.bar_label(container, fmt="%d")
plt.style.use("ggplot")
plt.rcParams["figure.dpi"] = 100
plt.rcParams.update({"font.size": 9})
plt.figure()
plt.pie(df["p"], labels=df.index, autopct="%1.1f%%")
plt.axis("equal")
###
import pandas as pd
df = pd.read_csv("input.csv", sep=",", dtype={"a": "Int64"}, na_values=["", "-"], encoding="utf-8", on_bad_lines="skip")
print(df.shape, df.head().to_markdown() if False else df.head().to_csv(index=False), df.memory_usage(deep=True).sum() > 0, df.duplicated().any(), df.drop_duplicates().nunique().to_dict())
df.to_json("out.json", orient="records", lines=True)
df.to_csv("copy.csv.gz", index=False, compression="gzip")
print(pd.read_csv("copy.csv.gz").equals(df.astype("int64")))
###
import numpy as np
import matplotlib.pyplot as plt
grid = np.outer(np.arange(5), np.arange(4))
image = plt.imshow(grid, cmap="viridis", aspect="auto", origin="lower")
plt.colorbar(image, label="value")
plt.xticks(range(4), ["a", "b", "c", "d"], rotation=45)
plt.fill_between(range(4), 0, 1, alpha=0.3)
plt.axhline(2, color="red", linestyle="--")
plt.title("Heat map")
###
import hashlib
import base64
import uuid
print(hashlib.sha256(b"x").hexdigest()[:8], base64.b64encode(b"hello").decode(), len(str(uuid.uuid4())), "a-b".partition("-"), b"\x00\xff".hex(), int("ff", 16))
###
import time
from contextlib import contextmanager, suppress
@contextmanager
def timed(label):
    began = time.perf_counter()
    yield
    print(label, time.perf_counter() - began < 5)
with timed("sum"):
    total = sum(range(1000))
with suppress(ZeroDivisionError):
    1 / 0
matrix = [[1, 2], [3, 4]]
print([list(row) for row in zip(*matrix)], [cell for row in matrix for cell in row], *range(3), sep=" ")
###
import pandas as pd
import numpy as np
df = pd.DataFrame({"city": ["x", "y", "x", "y"], "year": [2024, 2024, 2025, 2025], "pop": [1.0, 2.0, np.nan, 4.0]})
df["pop"] = df.groupby("city")["pop"].transform(lambda group: group.fillna(group.mean()))
df["share"] = df["pop"] / df.groupby("year")["pop"].transform("sum")
df["rank"] = df.groupby("year")["pop"].rank(ascending=False)
df["cumulative"] = df.groupby("city")["pop"].cumsum()
print(df.query("year == 2025 and pop > 1"), df.nlargest(2, "pop"), df.loc[df["city"].isin(["x"]) & df["year"].between(2024, 2025)], df.set_index(["city", "year"]).xs("x"))
###
import warnings
warnings.filterwarnings("ignore")
import pandas as pd
pd.set_option("display.max_columns", None)
pd.options.display.float_format = "{:.2f}".format
print(pd.DataFrame({"a": [1.23456]}))
###
from __future__ import annotations
import pandas as pd
def summarize(frame: pd.DataFrame, by: str | None = None) -> dict[str, float]:
    """Sums."""
    return frame.groupby(by)["v"].sum().to_dict() if by else {"all": float(frame["v"].sum())}
def main() -> None:
    print(summarize(pd.DataFrame({"k": ["a"], "v": [1]}), by="k"))
if __name__ == "__main__":
    main()
###
import pandas as pd
import calendar
df = pd.DataFrame({"date": pd.to_datetime(["2026-01-15", "2026-02-20"]), "v": [1, 2]})
df["name"] = df["date"].dt.month.map(lambda month: calendar.month_abbr[month])
for row in df.itertuples(index=False):
    print(row.name, row.v, row._asdict())
for index, row in df.iterrows():
    print(index, row["v"])
styled = df.to_html(index=False)
print(len(styled) > 10, df.T.shape, df.values.tolist()[0][1], df.columns.get_loc("v"), df.iat[0, 1], df.at[1, "v"])
