"""Reads Python before it runs. It tells a model what to write instead, and is a tripwire; isolation does not rely on it."""
import ast
import string

import shell
from vocabulary import (
    MODULES, INSTEAD, NAMES, DUNDERS, UNDERSCORED, ATTRIBUTES, DIRECT, PLAIN, HOOKS, INSIDE, TESTS, AGGREGATES, OUTSIDE, OPENS, PLACES,
    DUNDER_TEXT, FORMAT_TEXT, NODES, CHARACTERS, FINDINGS, HIDDEN, COOKIE,
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
    """What one node does not show: where its call is, which names the code binds, which to a place outside, which attributes it gives its own objects, and what is only compared or tested."""

    def __init__(self, tree):
        self.called, self.bound, self.made, self.told, self.outside = {}, set(), set(), set(), {}
        for node in ast.walk(tree):
            kind = type(node)
            if kind is ast.Call:
                self.called[id(node.func)] = node
                if name_of(node.func) in TESTS and len(node.args) <= 2:
                    self.told |= {id(argument) for argument in node.args}
            elif kind is ast.Compare:
                self.told |= {id(side) for side in (node.left, *node.comparators)}
            elif kind is ast.Subscript:
                self.told.add(id(node.value))
            elif kind in (ast.Assign, ast.NamedExpr):
                for target in node.targets if kind is ast.Assign else (node.target,):
                    self.name(target, node.value)
            elif kind in (ast.For, ast.comprehension) and isinstance(node.iter, (ast.List, ast.Tuple, ast.Set)):
                for element in node.iter.elts:
                    self.name(node.target, element)
            elif kind is ast.Attribute and isinstance(node.ctx, ast.Store):
                self.made.add(node.attr)
            elif kind is ast.Name and isinstance(node.ctx, ast.Store):
                self.bound.add(node.id)
            elif kind is ast.arg:
                self.bound.add(node.arg)
                self.told.add(id(node.annotation))
            elif kind is ast.AnnAssign:
                self.told.add(id(node.annotation))
                self.name(node.target, node.value)
            elif kind is ast.alias:
                self.bound.add(node.asname or node.name.split(".")[0])
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
                self.bound.add(node.name)
        self.made |= self.bound

    def name(self, target, value):
        if isinstance(target, ast.Name) and (place := place_of(value)) is not None and OUTSIDE.match(place):
            self.outside.setdefault(target.id, place)


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
        elif node.id == "type" and isinstance(node.ctx, ast.Load) and id(node) not in known.called and id(node) not in known.told:
            yield "metaclass", "type(x) says what x is; as a value it can make classes"
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
        yield from call(node, known)
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


def call(node, known):
    name = name_of(node.func)
    for keyword in node.keywords:
        if keyword.arg == "allow_pickle" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield "pickle", "allow_pickle runs code from a file"
        elif keyword.arg == "storage_options":
            yield "path", "there is no network; steward.connector() calls a system"
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
    """The node of what a string begins with."""
    while isinstance(node, (ast.BinOp, ast.JoinedStr, ast.FormattedValue)):
        node = node.left if isinstance(node, ast.BinOp) else node.value if isinstance(node, ast.FormattedValue) else node.values[0] if node.values else None
    return node


def place_of(node, known=None):
    """What a string begins with, as far as it is written out, here or, outside the work directory, where its name is bound."""
    first = beginning(node)
    if known is not None and isinstance(first, ast.Name):
        return known.outside.get(first.id)
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


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
