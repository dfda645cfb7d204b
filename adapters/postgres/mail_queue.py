"""Notices that are to go by e-mail: whoever holds the one lock reads them, until it is known what became of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.errors import UndefinedColumn, UndefinedTable

from adapters.mail.letter import Tidings
from adapters.postgres.keys import Keyring
from adapters.postgres.outbox import WATCHED
from adapters.postgres.schema import connect_async, standing_still
from adapters.sealed_column import SealedColumns
from adapters.sealing import Opener, leave_sealed
from adapters.telemetry import tracing
from adapters.traceparent import of_fact
from domain.work.notice import NOTICE, Occasion
from projections.work.outgoing import SEES, WAITING

PAGE = 50
TRACED = "SELECT correlation, causation FROM facts WHERE originator_id = %s AND originator_version = 1"
ELECT = standing_still("pg_try_advisory_lock(hashtextextended(current_schema() || '.mail', 0))")


class Waiting(NamedTuple):
    """A notice on its way out, and how its recipient stands to it now."""

    told: Tidings
    active: bool
    sees: bool
    email: str | None
    """None where the worker has none, or has been forgotten."""
    traceparent: str = ""


class MailQueue:
    """One connection, so that whoever loses the lock with it can read nothing more."""

    def __init__(self, connection: AsyncConnection[Any], keyring: Callable[[], Keyring]) -> None:
        self._connection, self._keyring = connection, keyring

    async def elected(self) -> bool:
        """Whether the lock is ours now; it is until the connection ends."""
        return await (await self._connection.execute(ELECT.encode())).fetchone() == (True,)

    async def waiting(self, besides: Collection[str], now: datetime) -> Sequence[Waiting]:
        """The oldest, besides those. Raises KeyMissing, and KeyUnavailable where no key can be opened."""
        try:
            cursor = await self._connection.execute(WAITING.encode(), {"besides": [*besides], "most": PAGE})
            sealed = SealedColumns([column.name for column in cursor.description or ()], await cursor.fetchall())
            opener: Opener = leave_sealed
            if keys := sealed.keys():
                opener = await self._keyring().opener(self._connection, keys)
            return [await self._judged(row, now) for row in sealed.opened(opener)]
        except (UndefinedTable, UndefinedColumn):
            return []  # a read model is being made for the first time

    async def _judged(self, row: dict[str, Any], now: datetime) -> Waiting:
        about = {"actor": row["recipient"], "ticket": row["ticket"], "received": now, "everything": False}
        sees = await (await self._connection.execute(SEES.encode(), about)).fetchone()
        told = Tidings(*(row[name] for name in Tidings._fields))
        told = told._replace(occasion=Occasion(told.occasion), roles=tuple(told.roles))
        email = row["email"] if isinstance(row["email"], str) else None
        return Waiting(told, row["active"], sees == (True,), email, await self._traceparent(told.notice))

    async def _traceparent(self, notice: str) -> str:
        """The trace in which the notice was written."""
        if not tracing.on():
            return ""
        cursor = await self._connection.execute(TRACED.encode(), (NOTICE.stream(notice),))
        return of_fact(*(await cursor.fetchone() or ("", "")))


@asynccontextmanager
async def mail_queue(url: str, schema: str, keyring: Callable[[], Keyring]) -> AsyncIterator[MailQueue]:
    """The queue of a schema; nobody is elected yet. Raises what `reading.Unreachable` names."""
    async with await connect_async(url, schema, WATCHED) as connection:
        connection.prepare_threshold = None  # read models change under a plan
        yield MailQueue(connection, keyring)
