"""Reads Python before it runs. It tells a model what to write instead, and is a tripwire; isolation does not rely on it."""
import ast
import re
import string

import shell

MODULES = set("""
abc base64 bisect calendar cmath collections collections.abc colorsys contextlib copy csv dataclasses datetime decimal difflib enum fractions functools hashlib heapq io
itertools json math numbers operator pprint random re statistics steward string textwrap time typing unicodedata uuid warnings zoneinfo
numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.typing
pandas pandas.api.types pandas.plotting pandas.tseries.frequencies pandas.tseries.offsets
matplotlib matplotlib.cm matplotlib.colors matplotlib.dates matplotlib.gridspec matplotlib.lines matplotlib.patches matplotlib.pyplot matplotlib.ticker
openpyxl openpyxl.chart openpyxl.styles openpyxl.utils __future__
""".split())
INSTEAD = {
    "os": "files lie in the work directory: open() takes their name", "subprocess": "no program can be started", "socket": "there is no network; steward.connector() calls a system",
    "requests": "there is no network; steward.connector() calls a system", "urllib": "there is no network; steward.connector() calls a system",
    "sqlite3": "steward.sql() runs a query", "sqlalchemy": "steward.sql() runs a query", "psycopg2": "steward.sql() runs a query", "pickle": "csv and json keep data",
    "pathlib": "files lie in the work directory: open() takes their name", "sys": "print() writes output", "seaborn": "matplotlib draws", "plotly": "matplotlib draws",
}
NAMES = set("eval exec compile getattr setattr delattr vars globals locals breakpoint input help memoryview dir".split())
DUNDERS = {"__name__", "__doc__", "__init__", "__version__", "__post_init__"}
UNDERSCORED = {"_asdict", "_replace", "_fields", "_make"}
ATTRIBUTES = {
    # Modules that others carry along.
    **dict.fromkeys("os sys builtins subprocess importlib socket ctypes shutil pathlib posix inspect gc pickle marshal codecs threading multiprocessing asyncio signal platform runpy "
                    "code pdb sqlite3 urllib http tempfile linecache tracemalloc ctypeslib f2py distutils testing animation backends backend_bases core compat computation npyio "
                    "pickle_compat texmanager dviread copyreg".split(), "a module that is not allowed"),
    # Ways back from a frame, a function or an error to what it closes over.
    **dict.fromkeys("f_globals f_locals f_builtins f_back f_code f_trace gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await ag_frame ag_code tb_frame tb_next "
                    "func_globals func_code co_code co_consts obj mro with_traceback FunctionType CodeType LambdaType MethodType ModuleType CellType new_class "
                    "as_strided".split(), "the interpreter's insides"),
    # Ways to name an attribute in a string.
    **dict.fromkeys("attrgetter methodcaller Formatter format_map get_type_hints singledispatch singledispatchmethod vformat get_field".split(), "names attributes in a string"),
    # Ways to make objects or run code from data.
    **dict.fromkeys("read_pickle to_pickle read_hdf to_hdf read_sql read_sql_query read_sql_table to_sql read_gbq to_gbq read_clipboard to_clipboard read_xml read_html eval "
                    "memmap DataSource NpzFile read_array runstring from_custom_template switch_backend open_code FileIO system popen load_library rc_file rc_params_from_file".split(), "runs code or reaches outside"),
}
# Their arguments are read here, so they must stand where they are called.
DIRECT = {"load", "query", "use"}
# Patterns without names read attributes that a class names in strings; these classes name none.
PLAIN = set("int float str bytes bytearray bool list tuple dict set frozenset".split())
# Methods that run when nobody calls them, and hand over what no attribute gives.
HOOKS = set("__reduce__ __reduce_ex__ __setstate__ __setattr__ __getattribute__ __instancecheck__ __subclasscheck__ __subclasshook__ __mro_entries__ __prepare__".split())
# What modules call the modules that they use for themselves.
INSIDE = {"_os", "_sys", "_io", "_builtins", "_subprocess", "_importlib", "_socket", "_ctypes", "_posix", "_gc", "_thread"}
AGGREGATES = {"apply", "agg", "aggregate", "transform", "map", "pipe"}
# A whole string that is a place of the system; and whatever is no name in the work directory, where a file is asked for.
SYSTEM_PATH = re.compile(r"(~|/(etc|proc|sys|dev|root|run|boot|sbx))(/[^\s,;|]*)?\Z|(\.\./)+")
OUTSIDE = re.compile(r"\s*(/(?!job/)|~|\w+://|file:)|(.*/)?\.\.(/|\Z)", re.S)
OPENS = set("open load save savez savez_compressed savetxt loadtxt genfromtxt fromfile tofile fromregex dump savefig imread imsave load_workbook from_file ExcelFile ExcelWriter".split())
PLACES = set("filepath_or_buffer path_or_buf path io file fname filename excel_writer buf".split())
DUNDER_TEXT = re.compile(r"__\w+__\Z")
FORMAT_TEXT = re.compile(r"\{\w*(?:\.\w+|\[\w+\])*[.\[]__")
NODES, CHARACTERS, FINDINGS = 50_000, 262_144, 50
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]|\r(?!\n)")
COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def finding(line, rule, reason):
    return {"line": line, "rule": rule, "reason": reason}


def check(language, code):
    if len(code) > CHARACTERS:
        return [finding(0, "size", f"the code is longer than {CHARACTERS} characters")]
    hidden = HIDDEN.search(code)
    if hidden:
        return [finding(code.count("\n", 0, hidden.start()) + 1, "hidden", "a control character hides what the code does")]
    if language == "shell":
        return shell.check(code)
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        return [finding(error.lineno or 0, "syntax", f"the code does not parse: {error.msg}")]
    except (RecursionError, MemoryError, ValueError) as error:
        return [finding(0, "size", f"the code cannot be parsed: {type(error).__name__}")]
    return check_tree(tree, code)


def check_tree(tree, code):
    """Findings on a tree that was parsed already; the code is needed for what a tree does not show."""
    findings = []
    for number, line in enumerate(code.split("\n", 2)[:2], 1):
        cookie = COOKIE.match(line)
        if cookie and cookie.group(1).lower() not in ("utf-8", "utf8"):
            findings.append(finding(number, "hidden", "the code is UTF-8"))
    known = Known(tree)
    for count, node in enumerate(ast.walk(tree)):
        if count > NODES:
            findings.append(finding(0, "size", "the code is too large"))
            break
        for rule, reason in check_node(node, known):
            findings.append(finding(getattr(node, "lineno", 0), rule, reason))
    findings.sort(key=lambda one: one["line"])
    return findings[:FINDINGS]


class Known:
    """What one node does not show: where its call is, which names the code binds, and which attributes it gives its own objects."""

    def __init__(self, tree):
        self.called, self.bound, self.made = {}, set(), set()
        for node in ast.walk(tree):
            kind = type(node)
            if kind is ast.Call:
                self.called[id(node.func)] = node
            elif kind is ast.Attribute and isinstance(node.ctx, ast.Store):
                self.made.add(node.attr)
            elif kind is ast.Name and isinstance(node.ctx, ast.Store):
                self.bound.add(node.id)
            elif kind is ast.arg:
                self.bound.add(node.arg)
            elif kind is ast.alias:
                self.bound.add(node.asname or node.name.split(".")[0])
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
                self.bound.add(node.name)
        self.made |= self.bound


def check_node(node, known):
    kind = type(node)
    if kind is ast.Import:
        for alias in node.names:
            yield from module(alias.name)
    elif kind is ast.ImportFrom:
        yield from from_module(node)
    elif kind is ast.Name:
        if node.id in NAMES:
            yield "name", f"{node.id} is not allowed"
        elif is_dunder(node.id) and node.id not in DUNDERS:
            yield "dunder", f"{node.id} is not allowed"
    elif kind is ast.Attribute:
        yield from attribute(node.attr, is_own(node, known))
        if node.attr == "format":
            yield from formatting(node, known.called.get(id(node)))
        elif node.attr in DIRECT and id(node) not in known.called:
            yield "direct", f"call {node.attr}() where it stands, so that its arguments can be read"
        elif node.attr == "types" and name_of(node.value) != "api":
            yield "attribute", "the attribute types is not allowed: a module that is not allowed"
        elif node.attr == "backend" and isinstance(node.ctx, ast.Store):
            yield "setting", "the backend cannot be chosen"
    elif kind is ast.MatchClass:
        for name in node.kwd_attrs:
            yield from attribute(name, False)
        if node.patterns and not (isinstance(node.cls, ast.Name) and node.cls.id in PLAIN - known.bound):
            yield "match", "name the attributes in the pattern, such as Point(x=x, y=y)"
    elif kind is ast.FunctionDef and node.name in HOOKS:
        yield "dunder", f"the method {node.name} is not allowed"
    elif kind is ast.ClassDef and any(isinstance(base, ast.Name) and base.id == "type" for base in node.bases):
        yield "metaclass", "a class of classes is not allowed"
    elif kind in (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await):
        yield "async", "there is no event loop here"
    elif kind is ast.Call:
        yield from call(node)
    elif kind is ast.Subscript and isinstance(node.slice, ast.Constant) and node.slice.value == "backend" and name_of(node.value) == "rcParams":
        yield "setting", "the backend is Agg"
    elif kind is ast.Constant and isinstance(node.value, str):
        yield from text(node.value)


def is_own(node, known):
    """Whether it is a private attribute that the code gives its own objects, and not one of whatever it calls self."""
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") and node.attr in known.made and node.attr not in INSIDE


def name_of(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def text(value):
    """A string that is a name for somebody who reads names in strings."""
    if value in ("text.usetex", "text.latex.preamble", "pgf.texsystem", "animation.ffmpeg_path"):
        yield "setting", f"the setting {value} starts a program"
    elif value == "plotting.backend" or value.startswith("module://"):
        yield "setting", "the backend cannot be chosen"
    elif DUNDER_TEXT.match(value) and value not in DUNDERS and value != "__main__":
        yield "dunder", f"the name {value} in a string"
    elif FORMAT_TEXT.search(value):
        yield "format", "a format string that reads private attributes"
    elif SYSTEM_PATH.match(value):
        yield "path", "files lie in the work directory: open() takes their name"


def module(name):
    if name not in MODULES:
        root = name.split(".")[0]
        yield "import", f"{name} is not allowed" + (f": {INSTEAD[root]}" if root in INSTEAD else "")


def from_module(node):
    if node.level:
        yield "import", "there is no package to import from"
        return
    yield from module(node.module or "")
    for alias in node.names:
        if alias.name == "*":
            yield "import", "import the names one by one"
        elif alias.name in DIRECT:
            yield "import", f"import the module and call its {alias.name}(), so that its arguments can be read"
        elif f"{node.module}.{alias.name}" not in MODULES:
            yield from attribute(alias.name, False)
            if alias.name in NAMES:
                yield "name", f"{alias.name} is not allowed"


def attribute(name, own):
    if is_dunder(name):
        if name not in DUNDERS:
            yield "dunder", f"the attribute {name} is not allowed"
    elif name in ATTRIBUTES:
        yield "attribute", f"the attribute {name} is not allowed: {ATTRIBUTES[name]}" + ('; a column is df["%s"]' % name if ATTRIBUTES[name].startswith("a module") else "")
    elif name.startswith("_") and name not in UNDERSCORED and not own:
        yield "private", f"the attribute {name} is private"


def formatting(node, call_node):
    """A format string can read attributes; only one that is written out, and reads none, is allowed."""
    if call_node is None or not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
        yield "format", "format() only on a string that is written out; an f-string does the same"
        return
    try:
        for _, field, spec, _ in string.Formatter().parse(node.value.value):
            if "." in (field or "") or "[" in (field or "") or "{" in (spec or "") and ("." in spec or "[" in spec):
                yield "format", "a format string that reads attributes or items; an f-string does the same"
    except ValueError:
        pass


def call(node):
    name = name_of(node.func)
    for keyword in node.keywords:
        if keyword.arg == "allow_pickle" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield "pickle", "allow_pickle runs code from a file"
        elif keyword.arg == "storage_options":
            yield "path", "there is no network; steward.connector() calls a system"
        elif keyword.arg in ("backend", "usetex"):
            yield "setting", f"{keyword.arg} cannot be chosen"
        elif keyword.arg in ("assigned", "updated"):
            yield "attribute", f"{keyword.arg} names attributes in strings"
        elif keyword.arg is None and name in ("load", "fromfile", "plot", "use", "rc", "rc_context", "query"):
            yield "pickle" if name == "load" else "setting", f"{name}() takes no ** here, so that its settings can be read"
    if name in OPENS or name.startswith("read_") or name.startswith("to_"):
        for given in [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg in PLACES)]:
            place = beginning(given)
            if place is not None and OUTSIDE.match(place) and not SYSTEM_PATH.match(place):
                yield "path", "there is no network; steward.connector() calls a system" if "://" in place else "files lie in the work directory: open() takes their name"
    if name == "load" and len(node.args) > 2:
        yield "pickle", "name the arguments of load()"
    if name in ("wraps", "update_wrapper") and len(node.args) > (1 if name == "wraps" else 2):
        yield "attribute", f"{name}() takes no names of attributes here"
    if name == "type" and isinstance(node.func, ast.Name) and (len(node.args) != 1 or isinstance(node.args[0], ast.Starred) or node.keywords):
        yield "metaclass", "type() only says what something is; a class statement makes a class"
    if name == "use" and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id in ("matplotlib", "mpl"):
        if not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant) and str(node.args[0].value).lower() == "agg"):
            yield "setting", "the backend is Agg"
    if name == "query":
        for condition in [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "expr")]:
            if not (isinstance(condition, ast.Constant) and "@" not in str(condition.value) and "__" not in str(condition.value)):
                yield "query", "query() only with a condition that is written out, without @; df[df.column == value] does the same"
    if name in AGGREGATES:
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "func")]
        # total=("column", "sum")
        given += [element for keyword in node.keywords if isinstance(keyword.value, ast.Tuple) for element in keyword.value.elts[1:]]
        for argument in given:
            for word in words(argument) if name != "map" or isinstance(argument, ast.Constant) else ():
                if word in ATTRIBUTES or word.startswith("_"):
                    yield "attribute", f"{name}() with {word}"


def beginning(node):
    """What a string begins with, as far as it is written out."""
    while isinstance(node, (ast.BinOp, ast.JoinedStr)):
        node = node.left if isinstance(node, ast.BinOp) else node.values[0] if node.values else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def words(node):
    """The names of functions in what agg() and its like are given: a string, a list, or those by column."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, (ast.List, ast.Set, ast.Tuple)):
        for element in node.elts:
            yield from words(element)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from words(value)


def is_dunder(name):
    return name.startswith("__") and name.endswith("__")
