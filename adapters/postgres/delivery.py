"""How far delivery has come, for whoever takes no part in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from adapters.postgres.outbox import LOCK
from adapters.postgres.reading import LogAbsent
from adapters.postgres.schema import connect_async

PROGRESS = f"""
SELECT head.position, head.epoch::text, relay.position, relay.epoch::text, relay.updated_at, EXISTS (
    SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND granted AND datname = current_database() AND objsubid = 1
      AND (classid::int8 << 32 | objid::int8) = {LOCK}
)
FROM head, relay
"""  # noqa: S608 - the lock's name is ours
ALL_FLOORS = "SELECT handler, position, updated_at FROM handler_floors ORDER BY handler"
WAITED = "SELECT extract(epoch FROM log_time() - recorded_at)::float8 FROM facts WHERE notification_id = %s"


class Floor(NamedTuple):
    """Up to where a handler has surely dealt with everything."""

    handler: str
    position: int
    updated_at: datetime


class Progress(NamedTuple):
    """Where the log ends, what was last noted of its publishing, and whether a relay holds the lock."""

    head: int
    epoch: str
    noted: int
    noted_epoch: str
    noted_at: datetime
    held: bool


class Onlooker:
    """A look at one schema, which changes nothing in it."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def progress(self) -> Progress:
        """As it is now."""
        cursor = await self._connection.execute(PROGRESS.encode())
        row = await cursor.fetchone()
        assert row is not None
        return Progress(*row)

    async def floors(self) -> list[Floor]:
        """Of every handler that was ever seen."""
        cursor = await self._connection.execute(ALL_FLOORS)
        return [Floor(*row) for row in await cursor.fetchall()]

    async def waited_seconds(self, position: int) -> float:
        """For how long the fact at this position has been in the log; 0 where there is none."""
        cursor = await self._connection.execute(WAITED, (position,))
        row = await cursor.fetchone()
        return 0.0 if row is None else max(0.0, row[0])


@asynccontextmanager
async def onlooker(url: str, schema: str) -> AsyncIterator[Onlooker]:
    """An onlooker of a schema. Raises Unreachable, LogAbsent."""
    async with await connect_async(url, schema) as connection:
        cursor = await connection.execute("SELECT to_regclass('relay') IS NULL")
        if await cursor.fetchone() == (True,):
            raise LogAbsent(f"nothing is published from the schema {schema} yet; `kartoteka serve` sees to it")
        yield Onlooker(connection)
