"""The log as an auditor reads it: whole rows, one unmoving snapshot, never more than one page in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, NamedTuple

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from adapters.postgres.schema import connect_async

PAGE = 2000
LAST_POSITION = 2**63 - 1
UNIX_EPOCH = datetime.fromtimestamp(0, timezone.utc)
POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000
"""Of 2000-01-01, from where Postgres counts, since 1970-01-01."""

COLUMNS = """
SELECT notification_id, originator_id, originator_version, topic, state, event_id, recorded_at, happened_at,
       actor, caller, coalesce(command_id::text, ''), correlation, causation, link
FROM facts
"""
EVERYTHING = COLUMNS + "WHERE notification_id > %s ORDER BY notification_id"
OF_STREAM = COLUMNS + "WHERE originator_id = %s AND notification_id <= %s AND recorded_at <= %s ORDER BY "
HEAD = "SELECT position, recorded_at, link FROM head"

Unreachable = psycopg.OperationalError
"""Postgres does not answer; named here so that only this folder knows the library."""


class LogAbsent(Exception):
    """The schema has no log: no service has ever been started on it."""


class Order(StrEnum):
    """In which order the facts of one stream are read."""

    VERSION = "originator_version"
    HAPPENED = "happened_at, originator_version"


class Stored(NamedTuple):
    """One row of the log. Instants are microseconds since 1970, so that none of them can fail to be read."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes
    event_id: bytes
    recorded_microseconds: int
    happened_microseconds: int
    actor: str
    caller: str
    command_id: str
    correlation: str
    causation: str
    link: bytes

    @property
    def recorded_at(self) -> datetime:
        return UNIX_EPOCH + timedelta(microseconds=self.recorded_microseconds)

    @property
    def happened_at(self) -> datetime:
        return UNIX_EPOCH + timedelta(microseconds=self.happened_microseconds)


class Head(NamedTuple):
    """Where the log says that it ends."""

    position: int
    recorded_microseconds: int
    link: bytes


class Microseconds(Loader):
    """A timestamptz as it lies on the wire."""

    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(data, "big", signed=True) + POSTGRES_EPOCH_MICROSECONDS


class Sixteen(Loader):
    """A uuid as it lies on the wire."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class Snapshot:
    """The log at one moment, whatever is appended meanwhile."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        connection.adapters.register_loader("timestamptz", Microseconds)
        connection.adapters.register_loader("uuid", Sixteen)

    async def head(self) -> Head | None:
        cursor = await self.connection.execute(HEAD, binary=True)
        row = await cursor.fetchone()
        return None if row is None else Head(*row)

    def everything(self, *, after: int = 0) -> AsyncGenerator[Sequence[Stored], None]:
        """All facts behind a position, page by page."""
        return self._pages(EVERYTHING, (after,))

    def stream(
        self,
        name: str,
        order: Order = Order.VERSION,
        *,
        position: int = LAST_POSITION,
        recorded_at: datetime | None = None,
    ) -> AsyncGenerator[Sequence[Stored], None]:
        """The facts of one stream, page by page: all, or those known at a position, or at an instant."""
        return self._pages(OF_STREAM + order, (name, position, recorded_at or "infinity"))

    async def _pages(self, query: str, parameters: tuple[Any, ...]) -> AsyncGenerator[Sequence[Stored], None]:
        async with self.connection.cursor("pages", binary=True) as cursor:
            await cursor.execute(query.encode(), parameters)
            while rows := await cursor.fetchmany(PAGE):
                yield [Stored._make(row) for row in rows]


@asynccontextmanager
async def snapshot(url: str, schema: str) -> AsyncIterator[Snapshot]:
    """A view of the log that writes nothing. Raises Unreachable, LogAbsent."""
    async with await connect_async(url, schema) as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        async with connection.transaction():
            cursor = await connection.execute("SELECT to_regclass('facts') IS NULL")
            if await cursor.fetchone() == (True,):
                raise LogAbsent(f"the schema {schema} has no log yet; `kartoteka serve` makes one")
            yield Snapshot(connection)
