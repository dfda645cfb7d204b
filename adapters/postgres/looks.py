"""Who looked is stored before the answer leaves; where it cannot be, nothing is shown (R-AUD-1)."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import psycopg
import structlog

from adapters.postgres.log import Line
from adapters.postgres.schema import connect
from adapters.postgres.statement import Words, call
from projections.looking import Aim, How, Look

WAITING = 2048
MOST_CONTACTS = 5_000
"""How many contacts one transaction holds, if not those of one answer alone are more."""

KEEP = "SELECT keep_looks($1::json)"
WRITING = "-c statement_timeout=5000 -c jit=off"

logger = structlog.get_logger()


class LookUnkept(Exception):
    """That somebody looked could not be stored in time."""


class Looker(NamedTuple):
    """Who looks, through which caller, with which question, and when."""

    worker: str
    caller: str
    question: str
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """An answer that is held back until its looks are stored."""

    rows: Sequence[dict[str, Any]]
    stored: asyncio.Future[None]

    @property
    def weight(self) -> int:
        return sum(1 + len(row["contacts"]) for row in self.rows)


class Looks:
    """One connection; what comes while a batch is being stored is the next batch."""

    def __init__(self, url: str, schema: str, *, capacity: int = WAITING) -> None:
        self._line = Line(url, schema, WRITING, keep_looks=KEEP)
        self._capacity = capacity
        self._waiting: deque[Waiter] = deque()
        self._storing: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._storing is not None:
            await asyncio.wait([self._storing])
        await self._line.close()

    async def keep(self, looks: Iterable[Look], by: Looker, until: float) -> None:
        """Come back when they are stored, by an instant of the loop's clock at the latest. Raises LookUnkept.

        They may be stored all the same: a record without an answer harms nobody, an answer without a record might.
        """
        rows = [_row(look, by) for look in looks]
        if not rows:
            return
        if len(self._waiting) >= self._capacity:
            raise LookUnkept
        waiter = Waiter(rows, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store())
        try:
            async with asyncio.timeout_at(until):
                await waiter.stored
        except TimeoutError:
            raise LookUnkept from None

    async def _store(self) -> None:
        while self._waiting:
            batch = self._batch()
            stored = not batch or await self._stored([row for waiter in batch for row in waiter.rows])
            for waiter in batch:
                if not waiter.stored.done():
                    waiter.stored.set_result(None) if stored else waiter.stored.set_exception(LookUnkept())

    def _batch(self) -> list[Waiter]:
        """The next ones, without those that nobody waits for any more."""
        batch: list[Waiter] = []
        weight = 0
        while self._waiting and (not batch or weight + self._waiting[0].weight <= MOST_CONTACTS):
            waiter = self._waiting.popleft()
            if not waiter.stored.done():
                batch.append(waiter)
                weight += waiter.weight
        return batch

    async def _stored(self, rows: Sequence[dict[str, Any]]) -> bool:
        """Sent once more on a new connection where the old one broke: a record that is there already stays one."""
        given = Words(orjson.dumps(rows))
        for left in (1, 0):
            try:
                await call(await self._line.connected(), "keep_looks", [given])
            except psycopg.Error as error:
                await self._line.close()
                if not left or not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
                    logger.warning("looks", error=type(error).__name__)
                    return False
            else:
                return True
        raise AssertionError("unreachable")


class Ledger:
    """The same for a process that takes out much at a time, and waits: a file that is written, and nobody else."""

    def __init__(self, url: str, schema: str) -> None:
        self._connection = connect(url, schema)

    def close(self) -> None:
        self._connection.close()

    def now(self) -> datetime:
        """By the clock of the log."""
        row = self._connection.execute("SELECT log_time()").fetchone()
        assert row is not None
        at: datetime = row[0]
        return at

    def keep(self, by: Looker, purpose: Aim, contacts: Sequence[str]) -> None:
        """That these were exported, in as many looks as it takes; of none of them, that there was an export."""
        for begin in range(0, max(len(contacts), 1), MOST_CONTACTS):
            look = Look(How.EXPORTED, tuple(contacts[begin : begin + MOST_CONTACTS]), purpose=purpose)
            self._connection.execute("SELECT keep_looks(%b::json)", (orjson.dumps([_row(look, by)]).decode(),))


def _row(look: Look, by: Looker) -> dict[str, Any]:
    return {"look": uuid.uuid4(), **by._asdict(), **look._asdict()}
