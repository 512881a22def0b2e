"""The module that code inside a sandbox sees as `steward`: it shows tables and charts, and asks for data."""
import io as _io
import json as _json
import math as _math
import os as _os
import struct as _struct
import threading as _threading

__all__ = ["DataError", "chart", "connector", "file", "sql", "table"]

_CHANNEL = 3
_ROWS = 10_000
_TABLE_BYTES = 4 << 20
_CELL = 4_000
_lock = _threading.Lock()
_left = 0
_shown = 0
_SHOWN = 200


class DataError(Exception):
    """A question for data was refused or failed; `code` is a stable word."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def sql(query, params=None):
    """Runs one statement with the person's rights and gives a data frame. Parameters are a list or a dictionary."""
    return _ask({"kind": "sql", "query": str(query), "arguments": params if params is not None else []})


def connector(action, **arguments):
    """Calls one operation of a connector with the person's rights."""
    return _ask({"kind": "connector", "action": str(action), "arguments": arguments})


def file(name):
    """The bytes of a file that the person may read."""
    return _ask({"kind": "file", "name": str(name)})


def table(frame, title=""):
    """Shows a data frame, a series, or a list of dictionaries as a table."""
    import pandas

    if isinstance(frame, pandas.Series):
        frame = frame.to_frame()
    if not isinstance(frame, pandas.DataFrame):
        frame = pandas.DataFrame(frame)
    if not isinstance(frame.index, pandas.RangeIndex):
        frame = frame.reset_index()
    total = len(frame)
    frame = frame.head(_ROWS)
    columns, cells = [], []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        kind = _kind(values)
        columns.append({"name": str(name)[:200], "type": kind})
        cells.append([_cell(value, kind) for value in values])
    rows = []
    room = _TABLE_BYTES
    for row in zip(*cells):
        text = _json.dumps(row)
        room -= len(text) + 1
        if room < 0:
            break
        rows.append(text)
    head = _json.dumps({"title": str(title)[:200], "columns": columns, "totalRows": total, "truncated": len(rows) < total})
    _show("T", (head[:-1] + ', "rows": [' + ",".join(rows) + "]}").encode())


def chart(figure=None, title=""):
    """Shows a matplotlib figure (the current one by default) as a picture, and closes it."""
    from matplotlib import pyplot

    if figure is None:
        figure = pyplot.gcf()
    figure = getattr(figure, "figure", figure)
    picture = _io.BytesIO()
    figure.savefig(picture, format="png")
    pyplot.close(figure)
    name = str(title)[:200].encode()
    _show("C", _struct.pack("<H", len(name)) + name + picture.getvalue())


def _kind(values):
    from pandas.api import types

    if types.is_bool_dtype(values):
        return "boolean"
    if types.is_integer_dtype(values):
        return "integer"
    if types.is_float_dtype(values):
        return "number"
    return "datetime" if types.is_datetime64_any_dtype(values) else "string"


def _cell(value, kind):
    import pandas

    if value is None or value is pandas.NaT or value is pandas.NA or (isinstance(value, float) and not _math.isfinite(value)):
        return None
    if kind == "boolean":
        return bool(value)
    if kind == "integer":
        return int(value)
    if kind == "number":
        return float(value)
    return value.isoformat() if kind == "datetime" else str(value)[:_CELL]


def _frame_of(answer):
    import pandas

    frame = pandas.DataFrame(answer["rows"], columns=[column["name"] for column in answer["columns"]])
    for position, column in enumerate(answer["columns"]):
        if column["type"] == "datetime" and len(frame):
            frame.isetitem(position, pandas.to_datetime(frame.iloc[:, position], format="ISO8601" if pandas.__version__ >= "2" else None))
    return frame


def _ask(question):
    with _lock:
        _write(("Q", _json.dumps(question).encode()))
        kind, payload = _receive()
    if kind == "B":
        return payload
    answer = _json.loads(payload)
    if "error" in answer:
        raise DataError(answer["error"], answer.get("message", ""))
    return _frame_of(answer["table"]) if "table" in answer else answer.get("value")


def _show(kind, payload):
    global _left, _shown
    if len(payload) > _left or _shown >= _SHOWN:
        with _lock:
            _write(("L", b"results"))
        raise ValueError(f"the tables and charts of this execution are too large together, or more than {_SHOWN}")
    _left -= len(payload)
    _shown += 1
    with _lock:
        _write((kind, payload))


def _write(*frames):
    for kind, payload in frames:
        data = memoryview(_struct.pack("<IB", len(payload), ord(kind)) + payload)
        while data:
            data = data[_os.write(_CHANNEL, data):]


def _read(count):
    data = bytearray()
    while len(data) < count:
        part = _os.read(_CHANNEL, min(count - len(data), 1 << 20))
        if not part:
            raise EOFError("the channel is closed")
        data += part
    return bytes(data)


def _receive():
    size, kind = _struct.unpack("<IB", _read(5))
    return chr(kind), _read(size)


def _open(result_bytes):
    global _left
    _left = result_bytes
