"""Keys of subjects are wrapped again under each new key-encryption key, and the old one is destroyed at its date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import AsyncConnection, sql
from psycopg.errors import UndefinedTable

from adapters.clock import Clock, elapsed
from adapters.key_encryption import KeyEncryption, KeyUnavailable, Lifetimes
from adapters.postgres.keys import bound
from adapters.postgres.schema import connect_async, standing_still
from adapters.sealing import KeyName

PAGE = 500
ROUNDS = 20
EVERY, SOON = timedelta(minutes=1), timedelta(seconds=2)
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 15.0

ELECT = standing_still("pg_try_advisory_lock(hashtextextended(current_schema() || '.key-rotation', 0))")
NO_MORE_MAKING = "SELECT make_nothing_below(%(epoch)s)"
MAKERS_DONE = "SELECT wait_for_makers()"
"""Whoever is making something finishes, and whoever comes after sees what is least by then."""

REWRAPPED = "UPDATE key_rotation SET rewrapped = %(epoch)s WHERE rewrapped < %(epoch)s"
DONE = "SELECT rewrapped >= %(epoch)s FROM key_rotation"
OLDER = """
SELECT subject, purpose, epoch, kek_epoch, wrapped FROM subject_keys
WHERE (subject, purpose, epoch) > (%b, %b, %b) AND kek_epoch < %b
ORDER BY subject, purpose, epoch LIMIT %b FOR UPDATE SKIP LOCKED
"""
"""What somebody else holds at this moment is perhaps being destroyed, and is looked at again in the next round."""

REWRAP = """
UPDATE subject_keys k SET kek_epoch = %b, wrapped = w.wrapped
FROM unnest(%b::text[], %b::text[], %b::int4[], %b::bytea[]) AS w(subject, purpose, epoch, wrapped)
WHERE (k.subject, k.purpose, k.epoch) = (w.subject, w.purpose, w.epoch)
"""
REMAINS = "SELECT EXISTS (SELECT FROM subject_keys WHERE kek_epoch < %(epoch)s)"
COUNTED = """
SELECT kek_epoch, count(*), '{}'::text[] FROM subject_keys GROUP BY kek_epoch
UNION ALL
SELECT kek_epoch, 0, array_agg(name || ' ' || version ORDER BY name, version) FROM read_models
WHERE state <> 'retired' AND kek_epoch IS NOT NULL GROUP BY kek_epoch
"""
SCHEMAS = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'subject_keys' AND c.relkind = 'r' AND n.nspname <> current_schema()
"""
ANY_OF_EPOCH = "SELECT subject, purpose, epoch, wrapped FROM {}.subject_keys WHERE kek_epoch = %s LIMIT 1"

logger = structlog.get_logger()

Line = AsyncConnection[Any]
Told = Callable[[int], None]
"""Hears after each page how many keys were wrapped again by now."""


class StillWrapped(Exception):
    """Something rests on the key yet, and would be lost with it."""


class RotatedElsewhere(Exception):
    """Another process rotates keys at this moment."""


class Resting(NamedTuple):
    """What rests on one epoch: so many keys of subjects, and the versions of read models whose tokens it made."""

    keys: int = 0
    versions: tuple[str, ...] = ()


def unheard(_: int) -> None:
    """Nobody wants to know."""


@asynccontextmanager
async def rotating(url: str, schema: str, patience_seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Line]:
    """A connection with which nobody else rotates while the block runs. Raises RotatedElsewhere."""
    async with await connect_async(url, schema) as connection:
        until = asyncio.get_running_loop().time() + patience_seconds
        while not await elected(connection):
            if asyncio.get_running_loop().time() > until:
                raise RotatedElsewhere("another process rotates keys at this moment; try again")
            await asyncio.sleep(0.1)
        yield connection


async def elected(connection: Line) -> bool:
    """Whether it is ours now to rotate; it is until the connection ends."""
    return await _value(connection, ELECT)


async def rewrap(connection: Line, keys: KeyEncryption, told: Told = unheard, *, page: int = PAGE) -> int:
    """Have nothing wrapped with an older key than the one in use; how many were wrapped again.

    Each page is a transaction, and what one did need not be done again. A key that goes meanwhile does not come back.
    Raises KeyUnavailable, StillWrapped.
    """
    done, epoch = 0, keys.epoch
    if await _value(connection, DONE, epoch=epoch):
        return done
    await connection.execute(NO_MORE_MAKING, {"epoch": epoch})
    for _ in range(ROUNDS):
        after: tuple[str, str, int] | None = ("", "", 0)
        while after is not None:
            count, after = await _page(connection, keys, epoch, after, page)
            done += count
            told(done)
        if not await _value(connection, REMAINS, epoch=epoch):
            await connection.execute("VACUUM subject_keys")  # dead rows hold what was wrapped before
            await connection.execute(REWRAPPED, {"epoch": epoch})
            return done
        await asyncio.sleep(0.1)
    raise StillWrapped("some keys are held by somebody else; they are wrapped again next time")


async def _page(
    connection: Line, keys: KeyEncryption, epoch: int, after: tuple[str, str, int], page: int
) -> tuple[int, tuple[str, str, int] | None]:
    """How many it had, and where the next one begins, if there is one."""
    async with connection.transaction():
        cursor = await connection.execute(OLDER, (*after, epoch, page))
        rows = await cursor.fetchall()
        again = []
        for subject, purpose, of, kek_epoch, wrapped in rows:
            name = bound(KeyName(subject, purpose), of)
            again.append((subject, purpose, of, keys.wrap(keys.unwrap(kek_epoch, wrapped, name), name, epoch)))
        if again:
            await connection.execute(REWRAP, (epoch, *map(list, zip(*again, strict=True))))
    return len(rows), tuple(rows[-1][:3]) if len(rows) == page else None


async def resting(connection: Line) -> dict[int, Resting]:
    """What rests on each epoch."""
    found: dict[int, Resting] = {}
    for epoch, count, versions in await (await connection.execute(COUNTED)).fetchall():
        before = found.get(epoch, Resting())
        found[epoch] = Resting(before.keys + count, (*before.versions, *versions))
    return found


async def destroy(connection: Line, keys: KeyEncryption, epoch: int, at: datetime) -> None:
    """Destroy a key that nothing rests on. Raises StillWrapped, EpochInUse."""
    if not await _value(connection, DONE, epoch=epoch + 1):
        raise StillWrapped(f"not everything that kek-{epoch} wrapped has been wrapped again")
    await connection.execute(MAKERS_DONE)
    rests = (await resting(connection)).get(epoch, Resting())
    if rests.keys:
        raise StillWrapped(f"{rests.keys} keys are wrapped with kek-{epoch}")
    if rests.versions:
        raise StillWrapped(f"{', '.join(rests.versions)} is searched with a secret of kek-{epoch}")
    for (schema,) in await (await connection.execute(SCHEMAS)).fetchall():
        if await _shared(connection, keys, epoch, schema):
            raise StillWrapped(f"the log in {schema} has keys wrapped with the same kek-{epoch}")
    keys.destroy(epoch, at)


async def _shared(connection: Line, keys: KeyEncryption, epoch: int, schema: str) -> bool:
    """Whether another log of this database goes by the same key: what that wrapped, it opens."""
    try:
        cursor = await connection.execute(sql.SQL(ANY_OF_EPOCH).format(sql.Identifier(schema)), (epoch,))
        row = await cursor.fetchone()
    except UndefinedTable:
        return False
    if row is None:
        return False
    subject, purpose, of, wrapped = row
    try:
        keys.unwrap(epoch, wrapped, bound(KeyName(subject, purpose), of))
    except KeyUnavailable:
        return False
    return True


async def turn(connection: Line, keys: KeyEncryption, lifetimes: Lifetimes, at: datetime) -> None:
    """Whatever is due by then: rotate, wrap again, destroy. Raises KeyUnavailable, StillWrapped."""
    keys.look()
    if lifetimes.rotates_at(keys.epochs, keys.epoch) <= at:
        logger.info("key rotated", epoch=keys.rotate(at))
    await rewrap(connection, keys)
    for epoch in old(keys):
        if lifetimes.ends_at(keys.epochs, epoch) <= at:
            await destroy(connection, keys, epoch, at)
            logger.info("key destroyed", epoch=epoch)


def old(keys: KeyEncryption) -> list[int]:
    """The epochs that are used no more and not destroyed yet."""
    return [each.number for each in keys.epochs.values() if each.number < keys.epoch and each.destroyed_at is None]


async def keep_rotating(url: str, schema: str, keys: KeyEncryption, lifetimes: Lifetimes, clock: Clock) -> None:
    """The same every minute, for as long as the service runs; what other processes rotate is noticed every second.

    What is due and still rests on a key is looked at again sooner, and then less and less often.
    """
    pause = SOON
    while True:
        at = clock() + EVERY
        try:
            async with await connect_async(url, schema) as connection:
                if await elected(connection):
                    await turn(connection, keys, lifetimes, clock())
            pause = SOON
        except (psycopg.Error, KeyUnavailable, OSError, StillWrapped) as error:
            why = str(error) if isinstance(error, StillWrapped) else ""
            logger.warning("key rotation", error=type(error).__name__, why=why)
            at, pause = clock() + pause, min(2 * pause, EVERY)
        while clock() < at:
            await elapsed(clock, LOOK_SECONDS)
            _look(keys)


def _look(keys: KeyEncryption) -> None:
    try:
        keys.look()
    except (KeyUnavailable, OSError) as error:
        logger.warning("keys not seen", error=type(error).__name__)


async def _value(connection: Line, query: str, **given: int) -> bool:
    cursor = await connection.execute(query.encode(), given)
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
