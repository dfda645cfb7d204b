"""What was put and not attached within a day goes, and what was taken away again; what lies with somebody stays.

The log alone says what lies with somebody. A file's rows and its parts go in one transaction, so that whoever puts a
part of it meanwhile waits, and begins anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from adapters.clock import Clock, elapsed
from adapters.part_store import PartStore, PartStoreAway
from adapters.postgres.filing import LIES
from adapters.postgres.finder import ATTACHED_WITHIN
from adapters.postgres.schema import connect_async
from domain.clients.paper import ContactFileAttached

KEPT = ATTACHED_WITHIN + timedelta(hours=1)
"""An hour more than contents may be attached, so that nothing is decided on what is being swept away."""

FIRST_SECONDS, EVERY_SECONDS = 60.0, 3_600.0
CHUNK = 1_000

SWEEP = f"""
DELETE FROM stored_files WHERE file = (
    SELECT s.file FROM stored_files s LEFT JOIN LATERAL ({LIES}) l ON true
    WHERE s.touched_at < %(before)s AND s.file > %(after)s AND l.topic IS DISTINCT FROM '{ContactFileAttached.topic}'
    ORDER BY s.file LIMIT 1 FOR UPDATE OF s SKIP LOCKED
) RETURNING file"""
STRAYS = """
SELECT given.file FROM unnest(%s::text[]) AS given(file)
WHERE NOT EXISTS (SELECT FROM stored_files s WHERE s.file = given.file)"""

logger = structlog.get_logger()


async def sweep(connection: AsyncConnection[Any], store: PartStore, now: datetime) -> int:
    """Take away all that nobody may attach any more; gives how many files there were. Raises PartStoreAway."""
    swept, after = 0, ""
    while True:
        async with connection.transaction():
            cursor = await connection.execute(SWEEP.encode(), {"before": now - KEPT, "after": after})
            row = await cursor.fetchone()
            if row is None:
                break
            (after,) = row
            await store.drop(after)
        swept += 1
    return swept + await sweep_strays(connection, store)


async def sweep_strays(connection: AsyncConnection[Any], store: PartStore) -> int:
    """Take away what the store holds and no row tells of; what is being put has its row before its first part."""
    listed = list(dict.fromkeys([file async for file in store.files()]))
    strays: list[str] = []
    for first in range(0, len(listed), CHUNK):
        cursor = await connection.execute(STRAYS, (listed[first : first + CHUNK],))
        strays += [file for (file,) in await cursor.fetchall()]
    for file in strays:
        await store.drop(file)
    return len(strays)


async def keep_sweeping(url: str, schema: str, store: PartStore, clock: Clock) -> None:
    """The same every hour, for as long as the service runs."""
    pause = FIRST_SECONDS
    while True:
        await elapsed(clock, pause)
        pause = EVERY_SECONDS
        try:
            async with await connect_async(url, schema) as connection:
                await sweep(connection, store, clock())
        except (psycopg.OperationalError, PartStoreAway) as error:
            logger.warning("files not swept", error=type(error).__name__)
