"""The log as the outbox: whoever holds its one lock reads it page after page, and notes how far it was published."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from adapters.postgres.schema import KEYED, connect_async, standing_still

PAGE = 1000
LOCK = "hashtextextended(current_schema() || '.relay', 0)"
WATCHED = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
"""So that a machine that fell silent does not hold the lock for hours."""

ELECT = standing_still(f"pg_try_advisory_lock({LOCK})")
NEXT = """
SELECT notification_id, originator_id, originator_version, topic, state, event_id::text, happened_at, recorded_at,
       actor, coalesce(command_id::text, ''), correlation, causation, (SELECT epoch::text FROM head)
FROM facts WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""
KNOWN_TO_US = "SELECT secret FROM broker"
HEAD = "SELECT position, epoch::text FROM head"
HOLDS = "SELECT EXISTS (SELECT FROM facts WHERE notification_id = %s AND event_id::text = %s)"
FLOORS = "SELECT handler, position FROM handler_floors WHERE handler = ANY (%s)"
NOTE = """
WITH noted AS (
    UPDATE relay SET position = %(position)s, epoch = %(epoch)s, updated_at = clock_timestamp()
    WHERE position <> %(position)s OR epoch <> %(epoch)s
)
INSERT INTO handler_floors AS known (handler, position)
SELECT * FROM unnest(%(handlers)s::text[], %(floors)s::int8[])
ON CONFLICT (handler) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at
WHERE known.position <> excluded.position
"""


class LogBroken(Exception):
    """A fact is missing where one should be: nothing is published beyond it."""


class Outgoing(NamedTuple):
    """A fact as it is stored, on its way out; `epoch` is the log's."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes
    event_id: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    command_id: str
    correlation: str
    causation: str
    epoch: str


class Head(NamedTuple):
    """Where the log ends, and which log it is: the epoch is renewed when a backup is restored."""

    position: int
    epoch: str


class Outbox:
    """One connection, so that whoever loses the lock with it can read nothing more."""

    def __init__(self, connection: AsyncConnection[Any], schema: str, secret: str) -> None:
        self._connection, self.secret = connection, secret
        self.source = f"/kartoteka/{schema}"

    async def elected(self) -> bool:
        """Whether the lock is ours now; it is until the connection ends."""
        cursor = await self._connection.execute(ELECT.encode())
        return await cursor.fetchone() == (True,)

    async def head(self) -> Head:
        """Where the log ends now."""
        cursor = await self._connection.execute(HEAD)
        row = await cursor.fetchone()
        assert row is not None
        return Head(*row)

    async def holds(self, position: int, event_id: str) -> bool:
        """Whether this fact stands at this position; its id is a digest of all that it is."""
        cursor = await self._connection.execute(HOLDS, (position, event_id))
        return await cursor.fetchone() == (True,)

    async def page(self, after: int, size: int = PAGE) -> Sequence[Outgoing]:
        """The facts that follow a position. Raises LogBroken."""
        cursor = await self._connection.execute(NEXT, (after, size), prepare=True, binary=True)
        rows = await cursor.fetchall()
        if rows and rows[-1][0] != after + len(rows):
            raise LogBroken(f"not every fact is there between {after} and {rows[-1][0]}")
        return [Outgoing._make(row) for row in rows]

    async def floors(self, handlers: Collection[str]) -> dict[str, int]:
        """The floors of those handlers that have one."""
        cursor = await self._connection.execute(FLOORS, (list(handlers),))
        return dict(await cursor.fetchall())

    async def note(self, position: int, epoch: str, floors: Mapping[str, int]) -> None:
        """Keep how far the broker has acknowledged, and the handlers have come."""
        lists = {"handlers": list(floors), "floors": list(floors.values())}
        await self._connection.execute(NOTE, {"position": position, "epoch": epoch, **lists}, prepare=True)


@asynccontextmanager
async def outbox(url: str, schema: str) -> AsyncIterator[Outbox]:
    """The outbox of a schema; nobody is elected yet."""
    async with await connect_async(url, schema, KEYED, WATCHED) as connection:
        row = await (await connection.execute(KNOWN_TO_US)).fetchone()
        assert row is not None
        yield Outbox(connection, schema, str(row[0]))
