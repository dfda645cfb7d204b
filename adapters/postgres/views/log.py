"""The log as read models read it: pages of facts with their personal fields enclosed, and streams up to a position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from adapters.postgres.recorder import FactMapper
from adapters.postgres.views.registry import Line
from adapters.sealing import UnknownTopic, enclose
from domain.fact import Fact
from projections.page import Heard, Unreadable

COLUMNS = """
SELECT originator_id, originator_version, topic, state, happened_at, recorded_at, actor, notification_id FROM facts
"""
PAGE = COLUMNS + "WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
STREAM = COLUMNS + "WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version"
STREAMS = (
    COLUMNS + "WHERE originator_id = ANY (%s) AND notification_id <= %s ORDER BY originator_id, originator_version"
)
WAITING = COLUMNS + "WHERE originator_id = %s AND notification_id BETWEEN %s AND %s ORDER BY originator_version"
HEAD = "SELECT position FROM head"

MAPPER = FactMapper()

Stored = tuple[str, int, str, bytes, Any, Any, str, int]


class LogPages:
    """What one connection reads of the log."""

    def __init__(self, connection: Line) -> None:
        self.connection = connection

    def head(self) -> int:
        """Where the log ends."""
        row = self.connection.execute(HEAD, prepare=True).fetchone()
        assert row is not None
        position: int = row[0]
        return position

    def after(self, position: int, limit: int) -> Sequence[Stored]:
        """The next rows."""
        return self._rows(PAGE, (position, limit))

    def load(self, stream: str, position: int) -> Sequence[Fact[Any]]:
        """The facts of a stream up to a position. Raises UnknownTopic, ValidationError."""
        return [fact(row) for row in self._rows(STREAM, (stream, position))]

    def load_many(self, streams: Iterable[str], position: int) -> Mapping[str, Sequence[Fact[Any]]]:
        """The same for many streams; one that cannot be read is left out, for whoever needs it to find out."""
        found: dict[str, list[Fact[Any]]] = {}
        spoiled = set()
        for row in self._rows(STREAMS, (list(streams), position)):
            try:
                found.setdefault(row[0], []).append(fact(row))
            except (UnknownTopic, ValidationError):
                spoiled.add(row[0])
        return {stream: facts for stream, facts in found.items() if stream not in spoiled}

    def waiting(self, stream: str, since: int, until: int) -> list[Heard]:
        """The facts of a stream between two positions, both included."""
        return [heard(row) for row in self._rows(WAITING, (stream, since, until))]

    def _rows(self, query: str, parameters: tuple[Any, ...]) -> list[Any]:
        return self.connection.execute(query.encode(), parameters, prepare=True, binary=True).fetchall()


def fact(row: Stored) -> Fact[Any]:
    """The fact in a row, personal fields enclosed. Raises UnknownTopic, ValidationError."""
    return MAPPER.fact(*row, opener=enclose)


def heard(row: Stored) -> Heard:
    """The fact in a row, or that it cannot be read."""
    try:
        return fact(row)
    except (UnknownTopic, ValidationError) as error:
        return Unreadable(row[0], row[7], row[2], error)
