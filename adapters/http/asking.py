"""A question in an address: its envelope from the query string, for questions that cannot hold what people typed.

Addresses are kept in histories and logs everywhere, so whatever may hold a name goes in a body.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import StringConstraints, TypeAdapter, ValidationError

from adapters.credentials.caller import WEB, Caller
from adapters.inquiry import Asked, Paging
from adapters.problem import Problem
from adapters.shape import malformed

Schema = Mapping[str, Any]

TYPED = ("Олена Коваль", "olena@example.org", "+380 44 123 45 67")
"""A field that would take one of these may hold what people type."""

NUMBERS = ("deadline_ms", "limit")
ENVELOPE = tuple(Paging.model_fields)
"""What stands beside the filters, under names that no filter has."""


@lru_cache(maxsize=None)
def by_get(kind: Asked) -> bool:
    """Whether it may be asked in an address: no field of it, nor of what lies within, can hold free text."""
    schema = kind.model_json_schema()
    return not any(_free(leaf) for field in schema.get("properties", {}).values() for leaf in _leaves(field, schema))


def _leaves(part: Schema, schema: Schema) -> Iterator[Schema]:
    """The values that a field may have, and the values within."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if not any(inner in part for inner in ("anyOf", "oneOf", "allOf", "items", "prefixItems", "properties")):
        yield part
        return
    for inner in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for each in part.get(inner, ()):
            yield from _leaves(each, schema)
    if "items" in part:
        yield from _leaves(part["items"], schema)
    for each in part.get("properties", {}).values():
        yield from _leaves(each, schema)


def _free(leaf: Schema) -> bool:
    if leaf.get("type") in ("integer", "number", "boolean", "null") or {"enum", "const", "format"} & leaf.keys():
        return False
    pattern = leaf.get("pattern")
    return leaf.get("type") != "string" or pattern is None or any(_takes(pattern, text) for text in TYPED)


def _takes(pattern: str, text: str) -> bool:
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)]).validate_python(text)
    except ValidationError:
        return False
    return True


def envelope(kind: Asked, given: Iterable[tuple[str, str]], who: Caller) -> bytes | Problem:
    """The envelope of the question, as it would come in a body; or what is wrong with the query string."""
    texts: dict[str, list[str]] = {}
    for name, text in given:
        texts.setdefault(name, []).append(text)
    asked: dict[str, Any] = {"actor": who.actors[0]} if who.name == WEB else {}
    data: dict[str, Any] = {}
    fields = _fields(kind)
    for name, found in texts.items():
        many = "array" in fields.get(name, ())
        if len(found) > 1 and not many:
            return malformed(name if name in fields or name in ENVELOPE else "(unknown)", "it is given more than once")
        if name in ENVELOPE and name not in fields:
            asked[name] = _number(found[0]) if name in NUMBERS else found[0]
        elif name not in fields:
            data[name] = found[0]
        else:
            data[name] = [_read(fields[name], text) for text in found] if many else _read(fields[name], found[0])
    return orjson.dumps({**asked, "data": data})


@lru_cache(maxsize=None)
def _fields(kind: Asked) -> Mapping[str, frozenset[str]]:
    """Of what types each field's value may be, and the values in it where it has many."""
    schema = kind.model_json_schema()
    return {name: frozenset(_types(each, schema)) for name, each in schema.get("properties", {}).items()}


def _types(part: Schema, schema: Schema) -> Iterator[str]:
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    for each in part.get("anyOf", ()):
        yield from _types(each, schema)
    if "type" in part:
        yield part["type"]
    if "enum" in part or "const" in part:
        yield "string"
    if isinstance(part.get("items"), dict):
        yield from _types(part["items"], schema)


def _read(types: frozenset[str], text: str) -> Any:
    """The value that a text means, where it means one; else the text, which is then refused by the field's name."""
    if "object" in types:
        return _json(text)
    if "string" in types:
        return text
    if "boolean" in types:
        return {"true": True, "false": False}.get(text, text)
    return _number(text)


def _number(text: str) -> Any:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19 else text


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
