"""What the validator has to know of the whole code before it judges one node of it."""
import ast
from collections import Counter

from vocabulary import OUTSIDE, TESTS


class Known:
    """What one node does not show: where its call is, which names the code binds, which to a place outside, which to a text that is theirs for good, which attributes it gives its own objects, and what is only compared or tested."""

    def __init__(self, tree):
        self.called, self.bound, self.made, self.told, self.outside, self.texts = {}, [], set(), set(), {}, {}
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
                    self.place(node.target, element)
            elif kind is ast.Attribute and isinstance(node.ctx, ast.Store):
                self.made.add(node.attr)
            elif kind is ast.Name and isinstance(node.ctx, ast.Store):
                self.bound.append(node.id)
            elif kind is ast.arg:
                self.bound.append(node.arg)
                self.told.add(id(node.annotation))
            elif kind is ast.AnnAssign:
                self.told.add(id(node.annotation))
                self.name(node.target, node.value)
            elif kind is ast.alias:
                self.bound.append(node.asname or node.name.split(".")[0])
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
                self.bound.append(node.name)
            elif kind is ast.MatchMapping:
                self.bound.append(node.rest)
        once = Counter(self.bound)
        self.texts = {name: value for name, value in self.texts.items() if once[name] == 1}
        self.bound = set(self.bound)
        self.made |= self.bound

    def name(self, target, value):
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            self.texts[target.id] = value.value
        self.place(target, value)

    def place(self, target, value):
        if isinstance(target, ast.Name) and (place := place_of(value)) is not None and OUTSIDE.match(place):
            self.outside.setdefault(target.id, place)


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
