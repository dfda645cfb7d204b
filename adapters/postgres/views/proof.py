"""Whether a version's rows are what the facts say: a sample of streams, taken one by one, must give the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from psycopg import sql

from adapters.postgres.fences import Fences
from adapters.postgres.views.convoy import Member, secrets_of, stored_keys
from adapters.postgres.views.definition import as_json, physical, written
from adapters.postgres.views.log import LogPages
from adapters.postgres.views.opening import Opening
from adapters.postgres.views.registry import Line, Told
from adapters.sealed_column import Fenced, behind_fence
from projections.model import Key, Kind, Row, Table
from projections.page import Parked, Past, Taker, replay

SAMPLE = 20
"""How many streams are taken again, at most."""

SEARCHED = 1000
"""How far behind a position that was drawn a fact is looked for that the model hears."""

DRAWN = """
SELECT DISTINCT f.originator_id FROM unnest(%s::int8[]) AS drawn(position), LATERAL (
    SELECT originator_id FROM facts
    WHERE notification_id BETWEEN position AND least(position + %s, %s) AND topic = ANY (%s)
    ORDER BY notification_id LIMIT 1
) f
"""


class Unproven(Told):
    """The rows that were made are not those that the facts give."""


def prove(connection: Line, member: Member, opening: Opening | None = None) -> int:
    """How many rows were compared, as they would be written today. Raises Unproven with the first that differs."""
    compared, log, fences = 0, LogPages(connection), Fences()
    states = Past(log, member.model.deciders)
    for stream in _sample(connection, member):
        find, secrets = stored_keys(connection, member), secrets_of(member, opening)
        taker = Taker(member.model, states, find, member.waiting, secrets)
        for (table, key), row in _expected(log, taker, member.version.position, stream).items():
            found = stored_row(connection, member, table, key)
            fences.look(connection)
            if _today(table, found, fences.cover) != comparable(table, key, row, fences.cover):
                raise Unproven(f"{member.model.name}: {table.name} {'/'.join(key)}, made of {stream}")
            compared += 1
    return compared


def _sample(connection: Line, member: Member) -> Iterable[str]:
    """Streams that facts drawn at random belong to, half of them early ones, where the rare facts lie.

    And always the first that is heard near the log's beginning: a thing of that time alone would be missed by chance.
    A long stream is as likely as it is long. What waits proves nothing.
    """
    head, half = member.version.position, SAMPLE // 2
    if not head:
        return []
    anywhere = [random.randint(1, head) for _ in range(half)]  # noqa: S311 - a sample, no secret
    early = [round(head ** random.random()) for _ in range(half)]  # noqa: S311 - as above
    rows = connection.execute(DRAWN, ([1, *anywhere, *early], SEARCHED, head, list(member.model.topics)))
    return [stream for (stream,) in rows.fetchall() if stream not in member.waiting]


def _expected(log: LogPages, taker: Taker, position: int, stream: str) -> Mapping[tuple[Table, Key], Row | None]:
    taker.states.kept = {}
    replay(Parked(stream, 1, "", ""), log.waiting(stream, 1, position), position, taker)
    for parked in taker.work.parked.values():
        raise Unproven(f"{taker.model.name}: {parked.error} at position {parked.position}, {parked.stream}")
    return taker.work.changes


def stored_row(connection: Line, member: Member, table: Table, key: Key) -> Mapping[str, Any] | None:
    """A row as it lies in the tables, volatile columns left out."""
    steady = [column.name for column in table.columns if not column.volatile]
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        sql.SQL(", ").join(map(sql.Identifier, [*table.key, *steady])),
        sql.Identifier(physical(table, member.version.number)),
        sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in table.key),
    )
    row = connection.execute(query, key).fetchone()
    return None if row is None else dict(zip([*table.key, *steady], row, strict=True))


def _today(table: Table, row: Mapping[str, Any] | None, fenced: Fenced) -> Mapping[str, Any] | None:
    """A row as it would be written now: what was fenced since may still stand in it."""
    if row is None:
        return None
    texts = {name: row[name] for name in table.sealed if row.get(name) is not None}
    return {**row, **{name: behind_fence(text, fenced) for name, text in texts.items()}}


def comparable(table: Table, key: Key, row: Row | None, fenced: Fenced) -> Mapping[str, Any] | None:
    """A projected row as it would be read back."""
    if row is None:
        return None
    plain = written(table, key, row)
    steady = [column for column in table.columns if not column.volatile]
    return dict(zip(table.key, key, strict=True)) | {
        each.name: _read_back(each.kind, plain[each.name], fenced) for each in steady
    }


def _read_back(kind: Kind, value: Any, fenced: Fenced) -> Any:
    if value is None:
        return None
    if kind is Kind.SEALED:
        return as_json(value, fenced).decode()
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc)
    return str(value) if kind is Kind.WORD else value
