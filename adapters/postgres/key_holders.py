"""Whoever has data keys in memory, or personal data on its way into a read model, says up to where it has dropped them.

So it can be known that nobody has anything of the forgotten any more, before that is stated.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg import Connection

from adapters.postgres.fences import Fences
from adapters.postgres.keys import CACHED_SECONDS, Keyring
from adapters.postgres.schema import KEYED, connect

Line = Connection[tuple[Any, ...]]

GLANCE_SECONDS, RETRY_SECONDS = 0.2, 0.25
SAY_SECONDS = 1.0
"""So often one says at least that it is there."""

LAPSED_SECONDS = CACHED_SECONDS + 10
"""Whoever was not seen for so long keeps nothing in memory any more, whatever became of it."""

GONE_SECONDS = 10.0
"""Whoever has no connection either was gone by then: while it cannot look, nothing is kept."""

LOCK = "hashtextextended(current_schema() || '.holder.' || {holder}, 0)"
CONNECTED = f"""EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((l.classid::bigint << 32) | l.objid::bigint) = {LOCK.format(holder="h.holder")})"""  # noqa: S608 - a constant of ours

HOLD = f"SELECT pg_advisory_lock({LOCK.format(holder='%s::uuid')})"
TRY = f"SELECT pg_try_advisory_lock({LOCK.format(holder='%s::uuid')})"
SWEEP = f"DELETE FROM key_holders h WHERE h.seen_at < clock_timestamp() - interval '1 day' AND NOT ({CONNECTED})"  # noqa: S608 - as above
SEEN = """
INSERT INTO key_holders (holder, name, writes, heard) VALUES (%s, %s, %s, %s)
ON CONFLICT (holder) DO UPDATE SET heard = excluded.heard, seen_at = excluded.seen_at
"""
LEAVE = "DELETE FROM key_holders WHERE holder = %s"
HOLDERS = f"""
WITH fence AS (
    SELECT fenced_at FROM subject_fences WHERE position <= %(position)s ORDER BY position DESC LIMIT 1
), long_ago AS (
    SELECT clock_timestamp() - make_interval(secs => {LAPSED_SECONDS}) AS at,
           clock_timestamp() - make_interval(secs => {GONE_SECONDS}) AS lately
)
SELECT h.holder, h.name, h.heard, h.seen_at, CASE
    WHEN NOT ({CONNECTED}) THEN h.seen_at < a.lately
    ELSE NOT h.writes AND h.seen_at < a.at AND coalesce((SELECT fenced_at FROM fence) < a.at, true) END
FROM key_holders h, long_ago a ORDER BY h.name, h.holder
"""  # noqa: S608 - as above

logger = structlog.get_logger()


class Holder(NamedTuple):
    """One that has keys, or had: how far it has come with dropping them, and when it was seen last."""

    holder: UUID
    name: str
    heard: int
    seen_at: datetime
    lapsed: bool
    """Gone, or not seen for so long, that what it had is gone without its word."""


class Hearing(NamedTuple):
    """Who has nothing of what was fenced any more, and who may still have some."""

    acknowledged: list[Holder]
    missing: list[Holder]


def acknowledged(connection: Line, position: int) -> Hearing:
    """Who has dropped all that was fenced up to a position, which is that of a fence, or comes after one."""
    holders = [Holder(*row) for row in connection.execute(HOLDERS, {"position": position}).fetchall()]
    heard = [each for each in holders if each.heard >= position or each.lapsed]
    return Hearing(heard, [each for each in holders if each not in heard])


@dataclass(frozen=True, slots=True)
class Holding:
    """One holder's row, kept over one connection.

    Who `writes` what it has read does it over this very connection: while that could still happen it has not lapsed.
    """

    line: Line
    name: str
    writes: bool = False
    holder: UUID = field(default_factory=uuid4)

    def join(self, position: int) -> None:
        """Be asked from now on; what was fenced up to there is not held."""
        # Where a lost connection of its own still has the lock, that one says as well that it is there.
        self.line.execute(HOLD if self.writes else TRY, (self.holder,))
        self.line.execute(SWEEP)
        self.hear(position)

    def hear(self, position: int) -> None:
        """Nothing is held any more of what is fenced up to there."""
        self.line.execute(SEEN, (self.holder, self.name, self.writes, position), prepare=True)

    def leave(self) -> None:
        """Nothing is held any more, nor ever will be."""
        self.line.execute(LEAVE, (self.holder,))


@contextmanager
def holding(url: str, schema: str, name: str, keyrings: Collection[Keyring]) -> Iterator[None]:
    """While the block runs the keyrings drop what is fenced, and the process acknowledges it; more may join them."""
    watch = Watch(url, schema, name, keyrings)
    watcher = threading.Thread(target=watch.run, args=(watch.begun(),), name="key holder", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        watch.end()
        watcher.join()


class Watch:
    """Looks for fences several times a second; while it cannot look, nothing is kept."""

    def __init__(self, url: str, schema: str, name: str, keyrings: Collection[Keyring]) -> None:
        self._url, self._schema, self._name, self._keyrings = url, schema, name, keyrings
        self._fences, self._holder = Fences(), uuid4()
        self._leaving, self._say_at = threading.Event(), 0.0

    def begun(self) -> Line:
        """A connection over which it has looked once."""
        line = connect(self._url, self._schema, KEYED)
        try:
            self._look(line, joining=True)
        except BaseException:
            line.close()
            raise
        return line

    def run(self, line: Line) -> None:
        """Until it is to end, over this connection and those after it."""
        while True:
            try:
                with closing(line):
                    self._follow(line)
                    return
            except psycopg.Error as error:
                logger.warning("key holder", error=type(error).__name__)
            self._keep_nothing()
            found = None
            while found is None:
                if self._leaving.wait(RETRY_SECONDS):
                    return
                found = self._again()
            line = found

    def end(self) -> None:
        self._leaving.set()

    def _again(self) -> Line | None:
        try:
            return self.begun()
        except psycopg.Error:
            return None

    def _follow(self, line: Line) -> None:
        while not self._leaving.wait(GLANCE_SECONDS):
            self._look(line)
        self._keep_nothing()
        self._row(line).leave()

    def _look(self, line: Line, *, joining: bool = False) -> None:
        """Drop first, then say so."""
        names = self._fences.look(line)
        for keyring in self._keyrings:
            keyring.drop(names)
            keyring.lapse()
            keyring.keep(nothing=False)
        row = self._row(line)
        if joining:
            row.join(self._fences.position)
        elif names or time.monotonic() >= self._say_at:
            row.hear(self._fences.position)
        else:
            return
        self._say_at = time.monotonic() + SAY_SECONDS

    def _row(self, line: Line) -> Holding:
        return Holding(line, self._name, holder=self._holder)

    def _keep_nothing(self) -> None:
        for keyring in self._keyrings:
            keyring.keep(nothing=True)
