"""In which form an answer is wanted, of those it can be had in (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from adapters.inquiry import Asked
from projections.question import Listing

JSON, PROBLEM_JSON, BYTES = "application/json", "application/problem+json", "application/octet-stream"
EVENTS, CSV, LINES, PARQUET = "text/event-stream", "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"
ENDED_ALIKE = (CSV, PARQUET)
"""Whose end is the connection's where it has no chunks, so that an answer that was cut would look whole."""

WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
MOST_RANGES = 50


def forms(kind: Asked, http_version: str = "1.1") -> Sequence[str]:
    """In what an answer to the question can be had here, the usual form first."""
    if not issubclass(kind, Listing):
        return (JSON, EVENTS)
    columns = (PARQUET,) if find_spec("pyarrow") is not None else ()
    found = (JSON, EVENTS, CSV, LINES, *columns)
    return found if http_version != "1.0" else tuple(each for each in found if each not in ENDED_ALIKE)


def wanted(accept: Iterable[str], offered: Sequence[str]) -> str | None:
    """The best of what is offered; None where nothing of it will do."""
    ranges = [_range(each) for one in accept for each in one.split(",") if each.strip()][:MOST_RANGES]
    if not ranges:
        return offered[0]
    weighed = [(_weight(each, ranges), each) for each in offered]
    best = max(weight for weight, _ in weighed)
    return next(each for weight, each in weighed if weight == best) if best > 0 else None


def _range(text: str) -> tuple[str, float]:
    kind, *parameters = (each.strip().lower() for each in text.split(";"))
    given = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    return kind, float(given) if WEIGHT.fullmatch(given) else 1.0


def _weight(offered: str, ranges: Sequence[tuple[str, float]]) -> float:
    """By the range that says most about it."""
    for pattern in (offered, offered.partition("/")[0] + "/*", "*/*"):
        if found := [weight for kind, weight in ranges if kind == pattern]:
            return max(found)
    return 0.0
