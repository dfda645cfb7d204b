"""Answers to commands whose ids tell their age are forgotten after thirty days, and who looked after three years."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from adapters.clock import Clock, elapsed
from adapters.postgres.schema import connect_async
from adapters.postgres.sign_ins import sweep_sign_ins

KEPT = timedelta(days=31)
"""A day more than an id is accepted, so that no clock's error lets a command be done twice."""

CHUNK = 5_000
EVERY_SECONDS = 3_600.0

FORGET = """
DELETE FROM command_log WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM command_log
    WHERE recorded_at < clock_timestamp() - %(kept)s AND get_byte(uuid_send(command_id), 6) >> 4 = 7
    LIMIT %(chunk)s
))
"""

FORGET_LOOKS = "SELECT forget_looks(%s)"

logger = structlog.get_logger()


async def forget_old_answers(connection: AsyncConnection[Any], *, kept: timedelta = KEPT) -> int:
    """Delete the answers of old version 7 ids, a little at a time; gives how many there were.

    By real time, as ids are: whoever made them has no test clock.
    """
    forgotten = 0
    while True:
        cursor = await connection.execute(FORGET, {"kept": kept, "chunk": CHUNK})
        forgotten += cursor.rowcount
        if cursor.rowcount < CHUNK:
            return forgotten


async def forget_old_looks(connection: AsyncConnection[Any]) -> int:
    """Delete what was kept for as long as the store itself demands; gives how many there were."""
    forgotten = 0
    while True:
        (found,) = await (await connection.execute(FORGET_LOOKS, (CHUNK,))).fetchone() or (0,)
        forgotten += found
        if found < CHUNK:
            return forgotten


async def keep_forgetting(url: str, schema: str, clock: Clock) -> None:
    """The same every hour, for as long as the service runs."""
    while True:
        try:
            async with await connect_async(url, schema) as connection:
                await forget_old_answers(connection)
                await forget_old_looks(connection)
                await sweep_sign_ins(connection, clock())
        except psycopg.OperationalError as error:
            logger.warning("retention", error=type(error).__name__)
        await elapsed(clock, EVERY_SECONDS)
