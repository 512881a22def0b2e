import os, struct, json
def frame(kind, payload):
    data = struct.pack("<IB", len(payload), ord(kind)) + payload
    while data:
        data = data[os.write(3, data):]
### forged end | ends=limit_reached | limits=results
frame("X", b'{"exit": 0}')
while True:
    pass
### forged table of another shape | ends=finished | limits=results
frame("T", b'{"title": "x", "columns": [{"name": "a", "type": "integer"}], "rows": [[1, 2]], "totalRows": 1, "truncated": false}')
### forged table of objects | ends=finished | limits=results
frame("T", b'{"title": "x", "columns": [{"name": "a", "type": "integer"}], "rows": [[{"$ref": "x"}]], "totalRows": 1, "truncated": false}')
### forged picture | ends=finished | limits=results
frame("C", struct.pack("<H", 0) + b"<script>alert(1)</script>")
### deep JSON | ends=finished | limits=results
frame("T", b"[" * 100000)
### frame that is longer than any | ends=limit_reached | limits=results
os.write(3, struct.pack("<IB", 0xFFFFFFFF, ord("T")))
while True:
    pass
### flood of frames | ends=limit_reached | limits=results
while True:
    frame("T", b"{}")
### flood of results | ends=limit_reached | limits=results
while True:
    frame("C", b"x" * (1 << 20))
### flood of questions | ends=limit_reached | limits=results,data_calls
while True:
    frame("Q", b'{"kind": "file", "name": "x"}')
### question that is not one | ends=finished
frame("Q", b"\xff\xfe")
print(os.read(3, 1000))
### more questions than allowed | ends=finished | limits=data_calls
import steward
said = set()
for round in range(60):
    try:
        steward.sql("SELECT 1")
        print("ESCAPED")
    except steward.DataError as error:
        said.add(error.code)
print(said)
### flood of text | ends=limit_reached | limits=text
while True:
    os.write(1, b"x" * 65536)
### flood of errors | ends=limit_reached | limits=text
while True:
    os.write(2, b"x" * 65536)
### text that is no text | ends=finished
os.write(1, bytes(range(256)) * 10 + b"\xed\xa0\x80\xf0\x9f")
### claims another error | ends=code_failed
frame("E", json.dumps({"type": "x" * 100000, "message": "y" * 100000, "line": 10**30, "errno": []}).encode())
os._exit(3)
### frame cut in the middle | ends=finished
os.write(3, struct.pack("<IB", 1000, ord("T")) + b"abc")
os._exit(0)
### claims a refusal | ends=code_failed
frame("V", b'[{"line": 1, "rule": "x", "reason": "forged"}]')
os._exit(78)
### stops reading what it is sent | wall=1 | ends=timed_out
frame("Q", b'{"kind": "file", "name": "x"}')
while True:
    pass
### claims without end that its results are too large | ends=limit_reached | limits=results
while True:
    frame("L", b"x" * (1 << 20))
### errors without end | ends=limit_reached | limits=results
while True:
    frame("E", b'{"type": "x", "message": "' + b"y" * (1 << 17) + b'", "line": 1, "errno": 0}')
### questions without end | ends=limit_reached | limits=data_calls
import steward
while True:
    try:
        steward.sql("SELECT 1")
    except steward.DataError:
        pass
### charts without end | ends=limit_reached | limits=results
while True:
    frame("C", struct.pack("<H", 0) + b"\x89PNG")
### answers that nobody reads | ends=limit_reached,finished
import select
waiting = select.poll()
waiting.register(3, select.POLLIN)
for round in range(1900):
    frame("Q", b'{"kind": "file", "name": "x"}')
    waiting.poll(1000)
### byte by byte | ends=finished
for round in range(50000):
    os.write(1, b"x")
### frame in pieces with text between | ends=finished
table = b'{"title": "x", "columns": [{"name": "a", "type": "integer"}], "rows": [[1]], "totalRows": 1, "truncated": false}'
for byte in struct.pack("<IB", len(table), ord("T")) + table:
    os.write(3, bytes([byte]))
    os.write(1, b".")
### title of a chart that is a link | ends=finished
title = "](javascript:alert(1))\n\x1b]0;x\x07\u202e".encode()
frame("C", struct.pack("<H", len(title)) + title + b"\x89PNG")
### title that is longer than its chart | ends=finished | limits=results
frame("C", struct.pack("<H", 0xFFFF) + b"\x89PNG")
### answers of its own | ends=code_failed,finished
import steward
def own(count):
    return (struct.pack("<IB", 9, ord("A")) + b'{"value":1}')[:count]
steward._read = own
print(steward.file("x"))
