"""The audit trail in the reader's words: one line for every fact, in the order in which things happened."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import Any

from domain.fact import LATE, Event, Fact, personal_fields
from domain.staff.worker import AUTOMATA
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table
from projections.words import WORDS

TIMELINE = Table(
    "timeline",
    ("stream", "version"),
    (
        Column("position", Kind.NUMBER),
        Column("happened_at", Kind.INSTANT),
        Column("recorded_at", Kind.INSTANT),
        Column("actor"),
        Column("topic"),
        Column("words"),
        Column("subject"),
        Column("details", Kind.SEALED, whose="subject"),
    ),
    indexes=(("position",), ("subject",)),
    once=True,
)
"""`words` tells the fact without personal data; `details` are its personal fields, each in its envelope."""


LATE_FACTS = Table(
    "late_facts",
    ("stream", "version"),
    (
        Column("position", Kind.NUMBER),
        Column("happened_at", Kind.INSTANT),
        Column("recorded_at", Kind.INSTANT),
        Column("actor"),
        Column("topic"),
    ),
    indexes=(("position",), ("actor", "position")),
    once=True,
)
"""What a worker recorded more than five minutes after it happened (D32)."""

Piece = tuple[str, str | None, bool]
"""Some text, the field that comes behind it if one does, and whether that is personal."""


@cache
def pieces(kind: type[Event]) -> tuple[Piece, ...]:
    """The sentence of a kind of fact, taken apart."""
    personal = personal_fields(kind)
    return tuple((text, name, name in personal) for text, name, _, _ in Formatter().parse(WORDS[kind]))


def told(event: Event) -> str:
    """The sentence of a fact; a personal field stands in braces, to be filled in for those who may read it."""
    said = ""
    for text, name, personal in pieces(event.__class__):
        said += text
        if name is not None:
            value = getattr(event, name)
            said += f"{{{name}}}" if personal and value is not None else _shown(value)
    return said


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    return str(value)


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    event: Event = fact.event
    personal = ((name, getattr(event, name)) for name in personal_fields(event.__class__))
    details = {name: value for name, value in personal if value is not None}
    row = {
        "position": fact.position,
        "happened_at": fact.happened_at,
        "recorded_at": fact.recorded_at,
        "actor": fact.actor,
        "topic": event.topic,
        "words": told(event),
        "subject": getattr(event, "subject", None) if details else None,
        "details": details or None,
    }
    key = (fact.stream, str(fact.version))
    yield Put(TIMELINE, key, row)
    if fact.recorded_at - fact.happened_at > LATE and fact.actor not in AUTOMATA:
        yield Put(LATE_FACTS, key, {column.name: row[column.name] for column in LATE_FACTS.columns})


TRAIL = ReadModel(
    name="timeline",
    about="Every fact in the reader's words, with when it happened, when it was recorded, and who did it.",
    tables=(TIMELINE, LATE_FACTS),
    facts=frozenset(WORDS),
    project=project,
)
