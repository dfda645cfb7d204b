"""Whoever holds the one lock anchors the chain's head, for as long as the log holds what was anchored last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from psycopg import AsyncConnection
from psycopg.errors import UndefinedTable

from adapters.anchor import Anchor, Anchors, JournalEnd, Misplaced
from adapters.clock import Clock, elapsed, now
from adapters.erasure_journal import Journal, Told
from adapters.key_encryption import KeyUnavailable
from adapters.postgres.erasures import FENCES
from adapters.postgres.outbox import WATCHED
from adapters.postgres.reading import Unreachable
from adapters.postgres.schema import connect_async, standing_still
from adapters.signature import Signer

EVERY_SECONDS = 10.0

ELECT = standing_still("pg_try_advisory_lock(hashtextextended(current_schema() || '.anchors', 0))")
STANDING = """
SELECT position, link, epoch::text, coalesce(
    (SELECT link FROM facts WHERE notification_id = %(anchored)s), CASE %(anchored)s WHEN 0 THEN sha256('') END
) FROM head
"""

logger = structlog.get_logger()


class Standing(NamedTuple):
    """Where the log ends, which one it is, and the link that it has where it was anchored last."""

    position: int
    link: bytes
    epoch: str
    anchored: bytes | None

    def contains(self, last: Anchor | None) -> bool:
        """Whether the log is the one that was anchored, and reaches as far."""
        return last is None or (self.position >= last.position and self.anchored == last.link)

    def anchor(self, at: datetime, erasures: JournalEnd | None) -> Anchor:
        """What is to be anchored of it."""
        return Anchor(self.epoch, self.position, self.link, at, erasures=erasures)


class AnchoredLog:
    """One connection, so that whoever loses the lock with it can see nothing more."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def elected(self) -> bool:
        """Whether the lock is ours now; it is until the connection ends."""
        return await (await self._connection.execute(ELECT.encode())).fetchone() == (True,)

    async def standing(self, last: Anchor | None) -> Standing | None:
        """At one moment; None where there is no log, or nothing that tells where it ends."""
        anchored = None if last is None else last.position
        try:
            cursor = await self._connection.execute(STANDING.encode(), {"anchored": anchored})
        except UndefinedTable:
            return None
        row = await cursor.fetchone()
        return None if row is None else Standing(*row)

    async def all_fences_in(self, told: Told) -> bool:
        """Whether the journal tells of everybody whom the log has forgotten."""
        known = {(position, link) for _, position, link in told.fences}
        columns = [position for position, _ in known], [link for _, link in known]
        return await (await self._connection.execute(FENCES.encode(), columns)).fetchone() is None


@asynccontextmanager
async def anchored_log(url: str, schema: str) -> AsyncIterator[AnchoredLog]:
    """The log of a schema; nobody is elected yet. Raises Unreachable."""
    async with await connect_async(url, schema, WATCHED) as connection:
        yield AnchoredLog(connection)


@dataclass(slots=True)
class Anchoring:
    """`outside` is what is known of the log outside the database, `keys` the folder of the key that signs."""

    log: Callable[[], AbstractAsyncContextManager[AnchoredLog]]
    outside: Callable[[], tuple[Anchors, Journal]]
    keys: Path
    leaving: asyncio.Event
    clock: Clock
    every_seconds: float = EVERY_SECONDS
    _troubled: bool = False

    async def run(self) -> None:
        """Until told to leave, and once more then; whatever happens to Postgres, to the keys and to the disk."""
        while True:
            try:
                async with self.log() as log:
                    await self._stand(log)
            except (Unreachable, KeyUnavailable, OSError, Misplaced) as trouble:
                self._say("anchors wait", trouble=type(trouble).__name__)
            if self.leaving.is_set():
                return
            await elapsed(now, self.every_seconds, self.leaving)

    async def _stand(self, log: AnchoredLog) -> None:
        while not await log.elected():
            await elapsed(now, self.every_seconds, self.leaving)
            if self.leaving.is_set():
                return
        (anchors, journal), signer = self.outside(), Signer.opened(self.keys)
        while True:
            last_time = self.leaving.is_set()
            await self._anchor(log, anchors, journal, signer)
            if last_time:
                return
            await elapsed(now, self.every_seconds, self.leaving)

    async def _anchor(self, log: AnchoredLog, anchors: Anchors, journal: Journal, signer: Signer) -> None:
        last = await asyncio.to_thread(anchors.last)
        told = await asyncio.to_thread(journal.read)  # before the log, which then has every fence of it
        standing = await log.standing(last)
        if standing is None or not standing.contains(last):
            end = None if standing is None else standing.position
            anchored = None if last is None else last.position
            self._say("the log does not contain its last anchor: nothing is anchored", anchored=anchored, end=end)
            return
        lacks = told.spoiled or (told.lacks(last and last.erasures) and not await log.all_fences_in(told))
        anchor = standing.anchor(self.clock(), last and last.erasures if lacks else told.end)
        if anchor.position > (last.position if last else 0) or (last is not None and anchor.renews(last)):
            await asyncio.to_thread(anchors.append, anchor, signer)
        if lacks:
            self._say("the journal of erasures is not the one that was anchored: what it was stays anchored")
        else:
            self._troubled = False

    def _say(self, what: str, **about: object) -> None:
        """Once for a trouble, however long it lasts."""
        if not self._troubled:
            logger.error(what, **about)
        self._troubled = True
