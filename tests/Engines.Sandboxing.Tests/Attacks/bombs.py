### packed file that swells | ends=limit_reached,code_failed | limits=memory
import zlib
squeezer = zlib.compressobj(9)
head = squeezer.compress(b"") + squeezer.flush(zlib.Z_FULL_FLUSH)
block = squeezer.compress(b"\0" * (1 << 20)) + squeezer.flush(zlib.Z_FULL_FLUSH)
print(len(zlib.decompressobj().decompress(head + block * 4000)))
print("ESCAPED")
### packed table that swells | ends=limit_reached,code_failed | limits=memory,disk
import gzip, pandas
line = b"1,2,3,4,5,6,7,8\n" * 65536
with open("table.csv.gz", "wb") as file:
    part = gzip.compress(line)
    for round in range(1500):
        file.write(part)
print("ESCAPED", len(pandas.read_csv("table.csv.gz", header=None, dtype=str)))
### workbook that swells | wall=20 | ends=limit_reached,code_failed,timed_out
import openpyxl, zipfile
openpyxl.Workbook().save("small.xlsx")
with zipfile.ZipFile("small.xlsx") as small, zipfile.ZipFile("large.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as large:
    for name in small.namelist():
        if name != "xl/worksheets/sheet1.xml":
            large.writestr(name, small.read(name))
    with large.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
        sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
        for row in range(1, 60):
            sheet.write(b'<row r="%d">' % row + b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % (b"x" * 30000) for cell in range(500)) + b"</row>")
        sheet.write(b"</sheetData></worksheet>")
print("ESCAPED", openpyxl.load_workbook("large.xlsx").active.max_row)
### a billion laughs | ends=code_failed,limit_reached,timed_out | wall=10
from xml.etree import ElementTree
entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
print("ESCAPED", len(ElementTree.fromstring(f"<!DOCTYPE x [{entities}]><x>&a11;</x>").text))
### a file of the host as an entity | ends=code_failed,finished
from xml.etree import ElementTree
text = ElementTree.fromstring('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/ld.so.cache">]><x>&f;</x>').text
print("ESCAPED" if text else "empty")
### nested lists | ends=code_failed,limit_reached
nested = []
for round in range(200000):
    nested = [nested]
nested
### nested lists as JSON | ends=code_failed,limit_reached
import json
json.loads("[" * 500000)
### deep expression | ends=code_failed,limit_reached
compile("-" * 200000 + "1", "x", "eval")
### width of a format | ends=limit_reached,code_failed | limits=memory
f"{'x':>{1 << 34}}"
### number of many digits | wall=2 | ends=timed_out,limit_reached
import sys
sys.set_int_max_str_digits(0)
str(7 ** (10 ** 8))
### shifted far | ends=limit_reached,code_failed | limits=memory
1 << (1 << 40)
### keys that collide | wall=2 | ends=timed_out
{((1 << 61) - 1) * n: n for n in range(1, 1 << 20)}
### groups of a pattern | wall=2 | ends=timed_out,code_failed,limit_reached
import re
re.compile("(?:" * 5 + "a{0,60000}" + "){0,60000}" * 5 + "b").match("a" * 65536)
### iterator without end | wall=2 | ends=timed_out,limit_reached
import itertools
sum(itertools.repeat(1))
### product of everything | ends=limit_reached,code_failed | limits=memory
import itertools
list(itertools.product(range(1 << 12), repeat=4))
### frame of a frame | ends=limit_reached,code_failed | limits=memory
import pandas
frame = pandas.DataFrame({"a": range(1 << 16), "b": 1})
frame.merge(frame, on="b")
### picture without bounds | ends=code_failed,limit_reached
import matplotlib.pyplot as plt
plt.figure(figsize=(10000, 10000)).gca().plot([1])
plt.savefig("large.png")
print("ESCAPED")
### many pictures | wall=15 | ends=code_failed,limit_reached,timed_out
import matplotlib.pyplot as plt
for round in range(260):
    plt.figure(figsize=(0.5, 0.5)).gca().set_axis_off()
### many columns | ends=finished | limits=results
import pandas
pandas.DataFrame([range(5000)])
### a cell that is a book | ends=finished,code_failed
import pandas
pandas.DataFrame({"a": ["x" * (32 << 20)] * 3, "\x1b]0;x\x07\u202e": 1})
### allocations that are traced | ends=limit_reached,code_failed,timed_out | wall=5
import tracemalloc
tracemalloc.start(60000)
def deep(n):
    return [bytearray(1)] + deep(n - 1) if n else []
kept = []
while True:
    kept.append(deep(900))
### cycles that nobody clears | ends=limit_reached,code_failed | limits=memory
import gc
gc.disable()
while True:
    one = [bytearray(1 << 16)]
    one.append(one)
### generators in generators | ends=code_failed,limit_reached,timed_out | wall=5
def wrap(inner):
    yield from inner
one = iter([1])
for round in range(1 << 17):
    one = wrap(one)
next(one)
### names without end | wall=3 | ends=timed_out,limit_reached
for round in range(1 << 40):
    globals()[f"name{round}"] = type(f"Class{round}", (), {})
