"""One strict pass from bytes to a model, or a problem that names fields and never their contents."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from adapters.problem import Problem, problem

MAX_BYTES = 1024 * 1024
ERRORS_SHOWN = 20


def read_as(kind: type[BaseModel], payload: bytes) -> Any:
    """The model in a message, or the Problem with it."""
    if len(payload) > MAX_BYTES:
        return problem("TooLarge")
    try:
        return kind.__pydantic_validator__.validate_json(payload, strict=True)
    except ValidationError as error:
        return problem("Malformed", errors=_errors(error, _field_names(kind)))


def malformed(field: str, wrong: str) -> Problem:
    """What no schema says of a field."""
    return problem("Malformed", errors=({"field": field, "wrong": wrong},))


def _errors(error: ValidationError, known: frozenset[str]) -> tuple[dict[str, Any], ...]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return tuple({"field": _path(one["loc"], known), "wrong": one["msg"][:300]} for one in found[:ERRORS_SHOWN])


def _path(where: tuple[int | str, ...], known: frozenset[str]) -> str:
    """Where it is wrong. A name that no schema has is the sender's own word, and is not repeated."""
    return ".".join(str(part) if isinstance(part, int) or part in known else "(unknown)" for part in where)


@lru_cache(maxsize=None)
def _field_names(kind: type[BaseModel]) -> frozenset[str]:
    """Every field of the envelope and of what lies inside."""
    schema = kind.model_json_schema()
    return frozenset(
        name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", {})
    )
