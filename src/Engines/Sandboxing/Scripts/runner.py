"""Runs one job inside a locked-down child and says how it went."""
import ast
import builtins
import io
import json
import linecache
import mmap
import os
import sys
import traceback
import types

import steward
import validator

NAME = "<code>"
# The kernel takes 128 KiB in one argument of a program.
ARGUMENT_BYTES = 120_000
RESERVE_BYTES = 8 << 20


def serve(profile, connection, prepare=lambda job: None):
    """Waits for the job on the channel; the descriptor stays 3 and the socket object is let go, as reading and writing are all that is allowed from here on. `prepare` comes before anything of the job is used."""
    connection.detach()
    kind, payload = steward._receive()
    if kind != "J":
        return 70
    job = json.loads(payload)
    prepare(job)
    for name in job["files"]:
        _, content = steward._receive()
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
    if profile == "validator":
        steward._write(("V", json.dumps(validator.check(job["language"], job["code"])).encode()))
        return 0
    return shell(job) if profile == "shell" else python(job)


def shell(job):
    """The script is an argument of bash, not a file: bash reads a file while it runs, and the script could write to it."""
    code = job["code"].encode("utf-8", "replace").replace(b"\0", b"")
    pieces = [code[begin:begin + ARGUMENT_BYTES] for begin in range(0, len(code), ARGUMENT_BYTES)]
    if len(pieces) > 1:
        numbers = "".join(f"${{{number}}}" for number in range(1, len(pieces) + 1))
        pieces.insert(0, f'code="{numbers}"; set --; eval "$code"'.encode())
        pieces.insert(1, b"bash")
    environment = {"PATH": "/usr/bin", "HOME": "/job", "LANG": "C.UTF-8", "TMPDIR": "/job"}
    os.execve("/usr/bin/bash", ["bash", "--noprofile", "--norc", "-c", *pieces], environment)


def python(job):
    reseed()
    steward._open(job["resultBytes"])
    # Those of the zygote were opened on something else.
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(number, "w", closefd=False), "utf-8", "replace", line_buffering=True) for number in (1, 2))
    sys.argv = ["code.py"]
    code, module = job["code"], types.ModuleType("__main__")
    sys.modules["__main__"] = module
    module.display = display
    builtins.display = display
    hook_figures()
    linecache.cache[NAME] = (len(code), None, code.splitlines(True), NAME)
    # To be able to say that the memory was used up. It counts for the limits, and costs nothing as long as nobody writes to it.
    reserve = mmap.mmap(-1, RESERVE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        tree = ast.parse(code, NAME)
        # Once more, on the very tree that is compiled: there is no second parser that could read it differently.
        findings = validator.check_tree(tree, code) if job["validate"] else []
        if findings:
            steward._write(("V", json.dumps(findings).encode()))
            return 78
        result = execute(tree, module.__dict__)
        if result == 0:
            show_figures()
    except BaseException as error:
        result = 1
        attempt(reserve.close)
        report(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # Whatever the code has put there.
            pass
    return result & 255


def execute(tree, names):
    """The exit code. As in a notebook, the value of the last expression is shown."""
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    try:
        exec(compile(tree, NAME, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), NAME, "eval"), names)
            if value is not None:
                display(value)
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        return int(stop.code) if type(stop.code) in (int, bool) else 0 if stop.code is None else 1
    return 0


def reseed():
    """Forks of one process share the state of its generators."""
    import random

    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def report(error):
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == NAME else None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == NAME:
            line = number
    # Both may call what the code has written.
    message, known, number = attempt(lambda: str.__getitem__(str(error), slice(1500))), attempt(lambda: known_names(error)[:500]), attempt(lambda: error.errno)
    about = {"type": type(error).__name__[:200], "message": message + known, "line": line if type(line) is int else None, "errno": number if type(number) is int else None}
    steward._write(("E", json.dumps(about).encode()))
    try:
        begin = error.__traceback__
        while begin is not None and begin.tb_frame.f_code.co_filename != NAME:
            begin = begin.tb_next
        sys.stderr.write("".join(traceback.format_exception(type(error), error, begin, limit=-20)) + (known[2:] + "\n" if known else ""))
    except BaseException:
        sys.stderr.write(type(error).__name__ + "\n")


def attempt(ask):
    try:
        return ask()
    except BaseException:
        return ""


def known_names(error):
    """The names that there are, where one was asked for that is not there: whoever wrote the code mends it with them."""
    if isinstance(error, FileNotFoundError):
        return "; the work directory has " + (", ".join(name for name in sorted(os.listdir("/job"))[:20] if not name.startswith(".")) or "no files")
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(error, (AttributeError, KeyError, NameError)):
        return ""
    owners = [error.obj] if isinstance(error, AttributeError) else [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__) if "/pandas/core/" in frame.f_code.co_filename]
    owner = next((one for one in owners if isinstance(one, pandas.DataFrame)), None)
    return "" if owner is None else "; the columns are " + ", ".join(label(name, pandas) for name in owner.columns[:30])


def label(name, pandas):
    """Of a column. What is no plain value is told by its class alone: its text is the code's to make, and may take forever."""
    if type(name) is tuple:
        return "(" + ", ".join(label(part, pandas) if type(part) is not tuple else "…" for part in name[:5]) + ")"
    return str(name)[:60] if type(name) in (str, int, float, bool, pandas.Timestamp) else type(name).__name__[:60]


def display(*values):
    """As in a notebook: frames become tables, figures become charts, everything else its text."""
    for value in values:
        kind = type(value).__module__.split(".")[0]
        if kind == "pandas" and hasattr(value, "columns") or kind == "pandas" and type(value).__name__ == "Series":
            steward.table(value)
        elif kind == "matplotlib" and (hasattr(value, "savefig") or hasattr(value, "get_figure")):
            show_figures()
        else:
            print(repr(value))


def hook_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.show = lambda *_, **__: show_figures()


def show_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        if figure.get_axes():
            title = figure._suptitle.get_text() if figure._suptitle is not None else figure.get_axes()[0].get_title()
            steward.chart(figure, title)
        else:
            pyplot.close(figure)
