"""What read models keep of the forgotten is emptied: found by whose it is, and then as it would be written anew.

Which columns hold something sealed is told by the tables of the models; nobody lists them a second time. To be done
when nobody has anything of theirs on its way any more: `key_holders.acknowledged` tells.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
from psycopg import Connection, sql
from psycopg.errors import UndefinedTable

from adapters.postgres.views.definition import owners, physical
from adapters.sealing import SCHEME, KeyName
from projections.catalogue import READ_MODELS
from projections.model import ReadModel, Table

Line = Connection[tuple[Any, ...]]

PATIENCE_SECONDS, BREATHER_SECONDS = 60.0, 0.01

VERSIONS = """
SELECT version, state IN ('active', 'paused', 'failed') FROM read_models
WHERE name = %s AND to_regclass(%s || '_v' || version) IS NOT NULL ORDER BY version
"""
"""All whose rows are there, those that are served no longer among them."""

COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
EMPTY = """
WITH due AS (
    SELECT t.ctid AS place, p.filled FROM unnest(%(subjects)s::text[], %(filled)s::text[]) AS p(subject, filled)
    JOIN {table} t ON t.{whose} = p.subject WHERE {any_filled} FOR UPDATE OF t SKIP LOCKED
)
UPDATE {table} t SET {emptied} FROM due WHERE t.ctid = due.place
"""
"""A row that somebody else is changing is left for the next time: nobody waits for a row while holding another."""

LEFT = """
SELECT EXISTS (
    SELECT FROM unnest(%(subjects)s::text[], %(filled)s::text[]) AS p(subject, filled)
    JOIN {table} t ON t.{whose} = p.subject WHERE {any_filled}
)
"""
COUNT = """
SELECT count(*) FROM unnest(%(subjects)s::text[], %(empty)s::text[]) AS p(subject, empty)
JOIN {table} t ON t.{whose} = p.subject WHERE {any_empty}
"""


class NotPurged(Exception):
    """Somebody has kept a row from being changed for too long; what was emptied stays so, and it can be asked again."""


class Part(NamedTuple):
    """The sealed columns of one version's table that belong to whom one and the same column says."""

    table: str
    whose: str
    columns: list[str]

    def statement(self, text: str) -> sql.Composed:
        def each(piece: str, between: str) -> sql.Composed:
            filled = [sql.SQL(piece).format(sql.Identifier(column)) for column in self.columns]
            return sql.SQL(between).join(filled)

        return sql.SQL(text).format(
            table=sql.Identifier(self.table),
            whose=sql.Identifier(self.whose),
            any_filled=each("t.{0} ~ p.filled", " OR "),
            any_empty=each("t.{0} ~ p.empty", " OR "),
            emptied=each(r"{0} = regexp_replace(t.{0}, due.filled, '\1', 'g')", ", "),
        )


def purge(connection: Line, names: Iterable[KeyName], models: Iterable[ReadModel] | None = None) -> dict[str, int]:
    """Empty every envelope under these keys; how many rows of each table hold such an empty one where it is served.

    Asked again it says the same. Each table is a transaction for itself, if the connection is in none.
    Raises NotPurged.
    """
    given = _patterns(names)
    found: dict[str, int] = {}
    for model in READ_MODELS.values() if models is None else models:
        for table in model.tables:
            for number, served in connection.execute(VERSIONS, (model.name, table.name)).fetchall():
                with suppress(UndefinedTable):  # swept away meanwhile
                    rows = sum(_purged(connection, part, given) for part in _parts(connection, table, number))
                    if served and rows:
                        found[table.name] = rows
    return found


def left(connection: Line, names: Iterable[KeyName], models: Iterable[ReadModel] | None = None) -> list[str]:
    """The tables of all versions in which an envelope under these names has something inside."""
    given, found = _patterns(names), list[str]()
    for model in READ_MODELS.values() if models is None else models:
        for table in model.tables:
            for number, _ in connection.execute(VERSIONS, (model.name, table.name)).fetchall():
                with suppress(UndefinedTable):  # swept away meanwhile
                    for part in _parts(connection, table, number):
                        if connection.execute(part.statement(LEFT), given).fetchone() == (True,):
                            found.append(part.table)
    return found


def _patterns(names: Iterable[KeyName]) -> dict[str, list[str]]:
    """For each subject what its envelopes look like in a text: full, with all but the box as a group, and empty."""
    purposes: dict[str, set[str]] = {}
    for subject, purpose in names:
        purposes.setdefault(subject, set()).add(purpose)
    labels = [_label(subject, each) for subject, each in purposes.items()]
    return {
        "subjects": [*purposes],
        "filled": [f'({label}")[^"]+' for label in labels],
        "empty": [f'{label}""' for label in labels],
    }


def _label(subject: str, purposes: Collection[str]) -> str:
    whose, which = re.escape(orjson.dumps(subject).decode()), "|".join(map(re.escape, sorted(purposes)))
    return f'"sealed":{SCHEME},"subject":{whose},"purpose":"(?:{which})","epoch":[0-9]+,"box":'


def _parts(connection: Line, table: Table, number: int) -> Iterator[Part]:
    """What the version has of the table's sealed columns; what another version of the service made may have fewer."""
    if not table.sealed:
        return
    name = physical(table, number)
    there = {column for (column,) in connection.execute(COLUMNS, (name,)).fetchall()}
    for whose in sorted(owners(table) & there):
        columns = [each.name for each in table.columns if each.whose == whose and each.name in table.sealed]
        yield Part(name, whose, [column for column in columns if column in there])


def _purged(connection: Line, part: Part, given: Mapping[str, list[str]]) -> int:
    until = time.monotonic() + PATIENCE_SECONDS
    connection.execute(part.statement(EMPTY), given)
    while connection.execute(part.statement(LEFT), given).fetchone() == (True,):
        if time.monotonic() > until:
            raise NotPurged(part.table)
        time.sleep(BREATHER_SECONDS)
        connection.execute(part.statement(EMPTY), given)
    (rows,) = connection.execute(part.statement(COUNT), given).fetchone() or (0,)
    return int(rows)
