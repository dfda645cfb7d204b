"""A value that a JSON schema allows, built from the schema and nothing else but names known to the asker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WORDS = (
    *("word", "worker:word", "00000000-0000-4000-8000-000000000000", "UTC", "text/plain", "UA"),
    *("0a" * size for size in (8, 32, 64)),
)

BEYOND = {"up_to": "1000"}
"""An upper limit that is above the lower one, which a schema cannot ask for."""


def example(schema: Mapping[str, Any], known: Mapping[str, Any], *, whole: bool = False) -> Any:
    """The required properties, or with `whole` all of them; `known` holds values by the property's name."""
    return _value(schema, schema.get("$defs", {}), known, whole)


def _value(schema: Mapping[str, Any], named: Mapping[str, Any], known: Mapping[str, Any], whole: bool) -> Any:
    if "$ref" in schema:
        return _value(named[schema["$ref"].rpartition("/")[2]], named, known, whole)
    for one in ("const", "default"):
        if one in schema and schema[one] is not None:
            return schema[one]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], named, known, whole)
    match schema.get("type"):
        case "object":
            return _object(schema, named, known, whole)
        case "array":
            items = schema.get("prefixItems") or [schema["items"]] * schema.get("minItems", 0)
            return [_value(item, named, known, whole) for item in items]
        case "string":
            return _string(schema)
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
    return None


def _object(
    schema: Mapping[str, Any], named: Mapping[str, Any], known: Mapping[str, Any], whole: bool
) -> dict[str, Any]:
    properties = schema.get("properties", {})
    wanted = properties if whole else schema.get("required", ())
    known = {**BEYOND, **known}
    return {name: known[name] if name in known else _value(properties[name], named, known, whole) for name in wanted}


def _string(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date-time":
        return "2026-01-01T12:00:00+01:00"
    if schema.get("format") == "date":
        return "2026-01-01"
    try:
        pattern = re.compile(schema.get("pattern", ""))
    except re.error:  # classes of Unicode, which Python's own expressions do not have
        return WORDS[0]
    words: tuple[str, ...] = (*schema.get("examples", ()), *WORDS)
    found = next((word for word in words if pattern.search(word)), None)
    assert found is not None, f"no word for {schema}"
    return found
