"""Reads Python before it runs. It tells a model what to write instead, and is a tripwire; isolation does not rely on it."""
import ast
import re
import string

import advice
import shell
from advice import NAMES
from known import Known, name_of, place_of
from vocabulary import (
    MODULES, DUNDERS, UNDERSCORED, ATTRIBUTES, DIRECT, PLAIN, HOOKS, INSIDE, AGGREGATES, NAMED_AGGREGATES, OUTSIDE, OPENS, WRITES, PLACES,
    DUNDER_TEXT, FORMAT_TEXT, QUERY_PARTS, UNCLEAR, NODES, CHARACTERS, FINDINGS, HIDDEN, COOKIE,
)


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
        return [finding(error.lineno or 0, "syntax", advice.syntax(error, code))]
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


def check_node(node, known):
    kind = type(node)
    if kind is ast.Import:
        for alias in node.names:
            yield from module(alias.name)
    elif kind is ast.ImportFrom:
        yield from from_module(node)
    elif kind is ast.Name:
        if node.id in NAMES:
            yield "name", advice.name(node.id)
        elif is_dunder(node.id) and node.id not in DUNDERS:
            yield "dunder", advice.dunder(node.id)
        elif node.id == "type" and isinstance(node.ctx, ast.Load) and id(node) not in known.called and id(node) not in known.told:
            yield "metaclass", "type(x) says what x is; as a value it can make classes"
    elif kind is ast.Attribute:
        yield from attribute(node.attr, is_own(node, known))
        if node.attr == "format":
            yield from formatting(node, known)
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
    elif kind in (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await) or any(one.is_async for one in getattr(node, "generators", ())):
        yield "async", f"async is not allowed: {advice.ONE}"
    elif kind is ast.Call:
        yield from call(node, known)
    elif kind is ast.Subscript and isinstance(node.slice, ast.Constant) and node.slice.value == "backend" and name_of(node.value) == "rcParams":
        yield "setting", "the backend is Agg"
    elif kind is ast.Constant and isinstance(node.value, str):
        yield from text(node.value)


def is_own(node, known):
    """Whether it is a private attribute that the code gives its own objects, and not one of whatever it calls self."""
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") and node.attr in known.made and node.attr not in INSIDE


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


def module(name):
    if name not in MODULES:
        yield "import", advice.module(name, MODULES)


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
                yield "name", advice.name(alias.name)


def attribute(name, own):
    if is_dunder(name):
        if name not in DUNDERS:
            yield "dunder", advice.dunder(name, "the attribute ")
    elif name in ATTRIBUTES:
        yield "attribute", advice.attribute(name, ATTRIBUTES[name])
    elif name.startswith("_") and name not in UNDERSCORED and not own:
        yield "private", f"the attribute {name} is private"


def formatting(node, known):
    """A format string can read attributes; only one that is written out, here or where its one name is surely bound before, and reads none, is allowed."""
    template = node.value.value if isinstance(node.value, ast.Constant) else known.text_of(node.value) if isinstance(node.value, ast.Name) else None
    if not isinstance(template, str):
        yield "format", "format() only on a string that is written out; an f-string does the same"
        return
    try:
        for _, field, spec, _ in string.Formatter().parse(template):
            if "." in (field or "") or "[" in (field or "") or "{" in (spec or "") and ("." in spec or "[" in spec):
                yield "format", "a format string that reads attributes or items; an f-string does the same"
    except ValueError:
        pass


def call(node, known):
    name = name_of(node.func)
    for keyword in node.keywords:
        if keyword.arg == "allow_pickle" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield "pickle", "allow_pickle runs code from a file"
        elif keyword.arg == "storage_options":
            yield "path", advice.NETWORK
        elif keyword.arg in ("backend", "usetex"):
            yield "setting", f"{keyword.arg} cannot be chosen"
        elif keyword.arg is not None and is_dunder(keyword.arg) and keyword.arg not in DUNDERS:
            yield "dunder", f"the argument {keyword.arg} is not allowed"
        elif keyword.arg in ("assigned", "updated"):
            yield "attribute", f"{keyword.arg} names attributes in strings"
        elif keyword.arg is None and name in ("load", "fromfile", "plot", "use", "rc", "rc_context", "query"):
            yield "pickle" if name == "load" else "setting", f"{name}() takes no ** here, so that its settings can be read"
    if name in OPENS or name.startswith("read_") or name.startswith("to_"):
        for given in [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg in PLACES)]:
            place = place_of(given, known)
            if place is not None and OUTSIDE.match(place):
                yield "path", advice.place(place)
            elif name != "dump" and isinstance(given, ast.Constant) and type(given.value) is int and (name in OPENS or name in WRITES or name.startswith("read_")):
                yield "path", "a file has a name"
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
            yield from query(condition)
    if name in AGGREGATES or name in NAMED_AGGREGATES:
        given = [*(node.args[:1] if name in AGGREGATES else ()), *(keyword.value for keyword in node.keywords if keyword.arg in ("func", "aggfunc"))]
        # total=("column", "sum")
        given += [element for keyword in node.keywords if name in AGGREGATES and isinstance(keyword.value, ast.Tuple) for element in keyword.value.elts[1:]]
        for argument in given:
            for word in words(argument) if name != "map" or isinstance(argument, ast.Constant) else ():
                if word in ATTRIBUTES or word.startswith("_"):
                    yield "attribute", f"{name}() with {word}"


def query(condition):
    """pandas reads it as Python of its own kind: names are columns, `@name` is a variable of the code, and may only be that."""
    if not (isinstance(condition, ast.Constant) and isinstance(condition.value, str)):
        yield "query", 'query() only with a condition that is written out, such as df.query("a > @most"); df[df["a"] > most] does the same'
        return
    # A quotation mark in a quoted name, or one of them in a comment, would part the text in another way than pandas does.
    plain = QUERY_PARTS.sub(lambda part: "column" if part.group().startswith("`") else part.group(), condition.value)
    marked = re.sub(r"@(?=[^\W\d])", "at_", plain).strip()
    unclear = "`" in plain or "`" in condition.value and UNCLEAR.search(condition.value)
    try:
        tree = None if unclear or "@" in marked or "__" in marked else ast.parse(marked, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is None:
        yield "query", 'query() with a condition that cannot be read; df[df["column"] == value] does the same'
        return
    known = Known(tree)
    for node in ast.walk(tree):
        used = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, (ast.Attribute, ast.Subscript)) else None
        if used is not None and any(isinstance(one, ast.Name) and one.id.startswith("at_") for one in ast.walk(used)):
            yield "query", "in query() a variable is @name and nothing after it: compute it before"
        elif not isinstance(node, ast.Name):
            yield from check_node(node, known)


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
