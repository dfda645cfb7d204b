"""What a decision can come to: the facts it may make and the refusals it may give, read off its source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from pydantic import BaseModel

from commands.command import Command
from domain.fact import Event
from domain.refusal import Refused

ROOMS = ("domain", "commands", "projections")


class Consequence(NamedTuple):
    """Everything that can follow, over all paths."""

    facts: frozenset[type[Event]] = frozenset()
    refusals: frozenset[type[Refused]] = frozenset()

    def __or__(self, other: object) -> Consequence:
        assert isinstance(other, Consequence)
        return Consequence(self.facts | other.facts, self.refusals | other.refusals)

    def without(self, caught: frozenset[type[Refused]]) -> Consequence:
        return self._replace(refusals=self.refusals - caught)


def consequence(command: type[Command]) -> Consequence:
    """What may follow from the command by its own rules; what holds for every command is not repeated."""
    return _of(command.decide, command)


def refusals(owner: type, *methods: Callable[..., Any]) -> frozenset[type[Refused]]:
    """With what these methods of a question or a reckoning may refuse."""
    found = Consequence()
    for method in methods:
        found |= _of(getattr(method, "__func__", method), owner)
    return found.refusals


@cache
def _of(function: Callable[..., Any], owner: type | None, above: frozenset[Any] = frozenset()) -> Consequence:
    if function in above:
        return Consequence()
    reader = _Reader(function, owner, above | {function})
    return reader.all(_body(function))


@cache
def _body(function: Callable[..., Any]) -> list[ast.stmt]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree.body


class _Reader:
    """Reads one function's body, following the names it calls as far as our own rooms reach."""

    def __init__(self, function: Callable[..., Any], owner: type | None, above: frozenset[Any]) -> None:
        self._names: dict[str, Any] = getattr(function, "__globals__", {})
        self._owner, self._above = owner, above

    def all(self, nodes: list[Any]) -> Consequence:
        found = Consequence()
        for node in nodes:
            found |= self._one(node)
        return found

    def _one(self, node: ast.AST) -> Consequence:
        if isinstance(node, ast.Try):
            caught = frozenset(self._caught(node))
            return self.all(node.body).without(caught) | self.all([*node.handlers, *node.orelse, *node.finalbody])
        if isinstance(node, ast.ExceptHandler):
            return self.all(node.body)
        if isinstance(node, (ast.match_case, ast.AnnAssign)):
            return self.all([part for part in (getattr(node, "guard", None), getattr(node, "value", None)) if part]) | (
                self.all(node.body) if isinstance(node, ast.match_case) else Consequence()
            )
        found = self.all(list(ast.iter_child_nodes(node)))
        if isinstance(node, ast.Call):
            return found | self._call(node)
        if isinstance(node, ast.Subscript):
            return found | Consequence(refusals=frozenset(_listed(self._value(node.value))))
        value = self._value(node)
        return found | Consequence(refusals=frozenset({value})) if _is(value, Refused) else found

    def _caught(self, node: ast.Try) -> Iterator[type[Refused]]:
        for handler in node.handlers:
            names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            yield from (value for value in map(self._value, names) if _is(value, Refused))

    def _call(self, node: ast.Call) -> Consequence:
        called = self._value(node.func)
        if _is(called, Event):
            return Consequence(facts=frozenset({called}))
        if not isinstance(called, FunctionType) or called.__module__.partition(".")[0] not in ROOMS:
            return Consequence()
        given = {keyword.arg for keyword in node.keywords}
        parameters = list(inspect.signature(called).parameters.values())
        unused = (each.default for each in parameters[len(node.args) :] if each.name not in given)
        supposed = frozenset(default for default in unused if _is(default, Refused))
        # A function that is nobody's method comes to the same for all who call it.
        owner = self._whose(node.func) if parameters and parameters[0].name in ("self", "cls") else None
        return Consequence(refusals=supposed) | _of(called, owner, self._above)

    def _whose(self, method: ast.expr) -> type | None:
        """What stands for `self` in a method: the owner, or what one of its fields holds."""
        holder = self._value(method.value) if isinstance(method, ast.Attribute) else None
        return holder if _is(holder, BaseModel) else self._owner

    def _value(self, node: ast.AST | None) -> Any:
        """What a name stands for: a global, an attribute of a module, or a method of the command itself."""
        match node:
            case ast.Name(id=name):
                return self._names.get(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return getattr(self._owner, name, None) or self._field(name)
            case ast.Attribute(value=value, attr=name):
                holder = self._value(value)
                known = isinstance(holder, ModuleType) or _is(holder, BaseModel)
                return getattr(holder, name, None) if known else None
        return None

    def _field(self, name: str) -> Any:
        """The model that a field of the owner holds, whose methods may be called."""
        owner = self._owner
        fields = owner.model_fields if owner is not None and issubclass(owner, BaseModel) else {}
        return fields[name].annotation if name in fields else None


def _listed(table: Any) -> Iterator[type[Refused]]:
    """The refusals in a table of them, or of tuples that have one."""
    for value in table.values() if isinstance(table, Mapping) else ():
        yield from (each for each in (value if isinstance(value, tuple) else (value,)) if _is(each, Refused))


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, type) and issubclass(value, kind)
