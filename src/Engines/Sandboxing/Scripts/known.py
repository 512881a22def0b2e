"""What the validator has to know of the whole code before it judges one node of it."""
import ast
import builtins
import re
from collections import Counter

from vocabulary import OUTSIDE, TESTS

BEFORE = {*dir(builtins), "display"}
MANGLED = re.compile("_.*__|__")


class Known:
    """What one node does not show: where its call is, which names the code binds, which to a place outside, which to a text and where, which attributes it gives its own objects, and what is only compared or tested."""

    def __init__(self, tree):
        self.called, self.bound, self.made, self.told, self.outside, self.unsure = {}, [], set(), set(), {}, set()
        bindings = {}
        for node in ast.walk(tree):
            kind = type(node)
            if kind is not ast.ClassDef:
                for block in blocks(node):
                    for statement in block:
                        for name, value in texts(statement):
                            bindings[name] = (value, statement, block[-1])
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
                    self.place(target, node.value)
            elif kind in (ast.For, ast.comprehension) and isinstance(node.iter, (ast.List, ast.Tuple, ast.Set)):
                for element in node.iter.elts:
                    self.place(node.target, element)
            elif kind is ast.Attribute and isinstance(node.ctx, ast.Store):
                self.made.add(node.attr)
            elif kind is ast.Name and isinstance(node.ctx, ast.Store):
                self.bound.append(node.id)
            elif kind is ast.Name and isinstance(node.ctx, ast.Del):
                self.unsure.add(node.id)
            elif kind in (ast.Global, ast.Nonlocal):
                self.unsure.update(node.names)
            elif kind is ast.arg:
                self.bound.append(node.arg)
                self.told.add(id(node.annotation))
            elif kind is ast.AnnAssign:
                self.told.add(id(node.annotation))
                self.place(node.target, node.value)
            elif kind is ast.alias:
                self.bound.append(node.asname or node.name.split(".")[0])
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
                self.bound.append(node.name)
            elif kind is ast.MatchMapping:
                self.bound.append(node.rest)
            elif isinstance(getattr(node, "name", None), str):
                # Parameters of types, in later versions of the language.
                self.bound.append(node.name)
        # What a class makes of names with two underscores is bound by other names; those of the language are there before any binding.
        once = Counter(self.bound)
        sure = {name: bound for name, bound in bindings.items() if once[name] == 1 and name not in self.unsure and name not in BEFORE and not MANGLED.match(name)}
        spans = spans_of(tree) if sure else {}
        self._texts = {name: (value, spans[id(statement)][1], spans[id(last)][1]) for name, (value, statement, last) in sure.items()}
        self._spans = spans
        self.bound = set(self.bound)
        self.made |= self.bound

    def text_of(self, node):
        """The text that a name surely is where it is used: its only binding stands before the use in the same block, or in one around it."""
        value, begin, end = self._texts.get(node.id, ("", 0, 0))
        return value if begin < self._spans.get(id(node), (0, 0))[0] <= end else None

    def place(self, target, value):
        if isinstance(target, ast.Name) and (place := place_of(value)) is not None and OUTSIDE.match(place):
            self.outside.setdefault(target.id, place)


def blocks(node):
    return [block for name in ("body", "orelse", "finalbody") if isinstance(block := getattr(node, name, None), list) and block]


def texts(statement):
    """The names that a statement binds to a text that is written out."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] if isinstance(statement, ast.AnnAssign) else []
    value = getattr(statement, "value", None)
    return [(target.id, value.value) for target in targets if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)]


def spans_of(tree):
    """At which step a walk in the order of the code enters each node, counted from 1, and the last one that it enters in it. Without recursion, since expressions may be nested deeply."""
    spans, count, stack = {}, 0, [(tree, False)]
    while stack:
        node, left = stack.pop()
        if left:
            spans[id(node)] = (spans[id(node)][0], count)
            continue
        count += 1
        spans[id(node)] = (count, count)
        stack.append((node, True))
        stack += [(child, False) for child in reversed(list(ast.iter_child_nodes(node)))]
    return spans


def name_of(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


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
