"""Read models in memory: the same pages, the same parking, the same rows as in Postgres, and rows one can compare."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from logbook import SECRETS, Secrets, entered
from psycopg import Connection
from specification import Happened, given

from adapters.postgres.views.definition import physical
from adapters.sealing import Enclosed, KeyName, Place
from commands.request import Request
from domain.fact import Fact
from domain.personal import Forgotten, Purpose
from domain.privacy.erasure import ErasureFenced, ErasureProofLapsed
from projections.catalogue import READ_MODELS
from projections.model import Key, Kind, ReadModel, Row, Table
from projections.page import Heard, Parked, Past, States, Taker, Work, project, replay

Rows = dict[str, dict[Key, dict[str, Any]]]
"""Of each table its rows under their keys, as anybody would write them down."""

MODELS = tuple(READ_MODELS.values())


@dataclass
class MemoryViews:
    """Takes facts page by page, and knows the streams that wait in each model."""

    models: Sequence[ReadModel] = MODELS
    secrets: Secrets = SECRETS
    log: list[Heard] = field(default_factory=list)
    tables: dict[Table, dict[Key, Row]] = field(default_factory=dict)
    parked: dict[str, dict[str, Parked]] = field(default_factory=dict)
    changed: Counter[tuple[Table, Key]] = field(default_factory=Counter)
    """How often each row was."""

    def __post_init__(self) -> None:
        self.forget_states(0)
        self.parked = {model.name: {} for model in self.models}
        self.tables = {table: {} for model in self.models for table in model.tables}

    def forget_states(self, position: int) -> None:
        """As a process that begins at the position."""
        self.states = States(self, {e.topic: d for model in self.models for d in model.reads for e in d.facts})
        self.states.position = position

    def load(self, stream: str, position: int) -> list[Fact[Any]]:
        """As a log does: what cannot be read cannot be loaded."""
        found: list[Fact[Any]] = []
        for heard in self.log:
            if heard.stream == stream and heard.position <= position:
                if not isinstance(heard, Fact):
                    raise heard.error
                found.append(heard)
        return found

    def take(self, facts: Sequence[Heard], size: int = 1000) -> MemoryViews:
        """All of it, in pages of that size."""
        self.log += facts
        for start in range(0, len(facts), size):
            self._page(facts[start : start + size])
        return self

    def take_twice(self, facts: Sequence[Heard], size: int) -> MemoryViews:
        """Each page once more, by somebody who knows nothing of the first time."""
        self.log += facts
        for start in range(0, len(facts), size):
            page, position = facts[start : start + size], self.states.position
            self._page(page)
            self.forget_states(position)
            self._page(page)
        return self

    def _page(self, page: Sequence[Heard]) -> None:
        takers = [
            Taker(model, self.states, self.find, frozenset(self.parked[model.name]), self.secrets)
            for model in self.models
        ]
        self.states.begin(self.states.position)
        project(page, self.states, takers)
        for taker in takers:
            self._apply(taker.model, taker.work)
        self.states.finish()

    def try_again(self, model: ReadModel, stream: str) -> None:
        """What waited follows, as far as it can."""
        parked = self.parked[model.name].pop(stream)
        deciders = {event.topic: decider for decider in model.reads for event in decider.facts}
        taker = Taker(model, Past(self, deciders), self.find, frozenset(self.parked[model.name]), self.secrets)
        waiting = [heard for heard in self.log if heard.stream == stream and heard.position >= parked.position]
        replay(parked, waiting, self.log[-1].position, taker)
        self._apply(model, taker.work)

    def try_all_again(self) -> None:
        for model in self.models:
            for stream in sorted(self.parked[model.name]):
                self.try_again(model, stream)

    def find(self, table: Table, column: str, value: str) -> list[Key]:
        place = table.names.index(column)
        return [
            key
            for key, row in self.tables[table].items()
            if (key[place] if place < len(table.key) else row[column]) == value
        ]

    def _apply(self, model: ReadModel, work: Work) -> None:
        self.changed.update(work.changes.keys())
        for (table, key), row in work.changes.items():
            if row is None:
                self.tables[table].pop(key, None)
            else:
                self.tables[table][key] = row
        self.parked[model.name] |= work.parked

    @property
    def rows(self) -> Rows:
        return {
            table.name: {tuple(map(str, key)): told(table, row) for key, row in rows.items()}
            for table, rows in self.tables.items()
        }


def told(table: Table, row: Row) -> dict[str, Any]:
    """A projected row as anybody would write it down; what may differ after a rebuild is left out."""
    return {column.name: _told(column.kind, row[column.name]) for column in table.columns if not column.volatile}


def _told(kind: Kind, value: Any) -> Any:
    if isinstance(value, Enclosed):
        return [*value.place, value.path, dict(value.envelope)]
    if isinstance(value, Mapping):
        return {name: _told(kind, each) for name, each in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc)
    return str(value) if kind is Kind.WORD and value is not None else value


def stored(connection: Connection[Any], models: Iterable[ReadModel] = MODELS, version: int | None = None) -> Rows:
    """The rows that questions are answered from, or those of one version."""
    return {
        table.name: _stored(connection, table, table.name if version is None else physical(table, version))
        for model in models
        for table in model.tables
    }


def _stored(connection: Connection[Any], table: Table, name: str) -> dict[Key, dict[str, Any]]:
    steady = [column for column in table.columns if not column.volatile]
    columns = ", ".join([*table.key, *(column.name for column in steady)])
    width = len(table.key)
    return {
        row[:width]: {c.name: _read(c.kind, value) for c, value in zip(steady, row[width:], strict=True)}
        for row in connection.execute(f"SELECT {columns} FROM {name}".encode()).fetchall()  # noqa: S608 - ours
    }


def _read(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind is Kind.SEALED:
        return json.loads(value)
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


def fenced(facts: Iterable[Heard]) -> set[KeyName]:
    """What these facts have fenced."""
    events = [fact.event for fact in facts if isinstance(fact, Fact)]
    at_once = [event for event in events if isinstance(event, ErasureFenced)]
    lapsed = [event for event in events if isinstance(event, ErasureProofLapsed)]
    return {
        *(KeyName(subject, purpose) for event in at_once for subject in event.subjects for purpose in event.purposes),
        *(KeyName(subject, Purpose.PROOF) for event in lapsed for subject in event.subjects),
    }


def behind_fences(rows: Rows, gone: set[KeyName]) -> Rows:
    """The same rows as they are written where this is fenced: its envelopes are empty."""

    def written(value: Any) -> Any:
        if isinstance(value, dict):
            empty = "box" in value and KeyName(value["subject"], value["purpose"]) in gone
            return {name: "" if empty and name == "box" else written(each) for name, each in value.items()}
        return [written(each) for each in value] if isinstance(value, list) else value

    return {table: {key: written(row) for key, row in found.items()} for table, found in rows.items()}


def masking(gone: set[KeyName]) -> Secrets:
    """Those of somebody for whom this is fenced."""

    def opened(envelope: dict[str, Any], place: Place, path: str) -> Any:
        name = KeyName(envelope["subject"], envelope["purpose"])
        return Forgotten(name.subject) if name in gone else SECRETS.opener(envelope, place, path)

    return Secrets(SECRETS.keyed, opened)


def differences(some: Rows, others: Rows) -> list[str]:
    """Where two tellings of the same rows do not agree; at most ten places."""
    found = []
    for table in sorted(some.keys() | others.keys()):
        ours, theirs = some.get(table, {}), others.get(table, {})
        found += [
            f"{table} {'/'.join(key)}: {ours.get(key)} != {theirs.get(key)}"
            for key in sorted(ours.keys() | theirs.keys())
            if ours.get(key) != theirs.get(key)
        ]
    return found[:10]


def shown(*happenings: Iterable[Happened], commands: Iterable[Request] = (), page: int = 1000) -> Rows:
    """What is shown after these things have happened, and these requests were done."""
    world = given(*happenings)
    for each in commands:
        (answer,) = world.ask(each)
        assert not answer.code, answer
    return MemoryViews().take([entry.fact for entry in entered(world.log.facts)], page).rows
