"""How the log and all that works on it stand, as the database knows it: looked at now and then, and never for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import UndefinedColumn, UndefinedTable

from adapters.postgres.delivery import ALL_FLOORS, PROGRESS, WAITED, Progress
from adapters.postgres.quarantine import RESTS
from adapters.postgres.schema import connect_async
from adapters.postgres.views.registry import STATUS, Condition

PATIENCE_SECONDS = 1.0
KEPT_SECONDS = 5.0
AGAIN_SECONDS = 1.0
"""After a look that failed."""

LETTERS = "SELECT handler, count(*) FROM dead_letters WHERE state = 'waiting' GROUP BY handler ORDER BY handler"
ERASURES = """
SELECT step, count(*), extract(epoch FROM log_time() - min(requested_at))::float8 FROM erasures WHERE under_way
GROUP BY step ORDER BY step
"""
SESSIONS = "SELECT count(*) FROM sessions WHERE ends_at > log_time()"


class UnderWay(NamedTuple):
    """How many erasures are at a step, and since how long the oldest of them is wanted."""

    step: str
    people: int
    oldest_seconds: float


class Gauges(NamedTuple):
    """`unanchored_seconds` is for how long the first fact has been there that no anchor vouches for."""

    progress: Progress
    unpublished_seconds: float
    unanchored_seconds: float
    models: Sequence[Condition]
    floors: Mapping[str, int]
    letters: Mapping[str, int]
    quarantine: bool
    erasures: Sequence[UnderWay]
    sessions: int

    @property
    def published(self) -> int:
        """Up to where the facts of this log are published, as was last noted."""
        return self.progress.noted if self.progress.noted_epoch == self.progress.epoch else 0


class Gauging:
    """One connection; however many ask, one of them looks. `anchored` is the last position that is anchored."""

    def __init__(
        self, url: str, schema: str, anchored: Callable[[], int], *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._url, self._schema, self._anchored, self._patience_seconds = url, schema, anchored, patience_seconds
        self._connection: AsyncConnection[Any] | None = None
        self._looking = asyncio.Lock()
        self._found: Gauges | None = None
        self._until = 0.0

    async def look(self) -> Gauges | None:
        """None where the database does not tell in time."""
        async with self._looking:
            if time.monotonic() >= self._until:
                try:
                    async with asyncio.timeout(self._patience_seconds):
                        self._found = await self._look(await self._connected())
                except (psycopg.Error, OSError, TimeoutError):
                    await self.close()
                    self._found = None
                self._until = time.monotonic() + (AGAIN_SECONDS if self._found is None else KEPT_SECONDS)
            return self._found

    async def close(self) -> None:
        """Give the connection back; whoever looks again has a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connected(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            bounded = f"-c statement_timeout={int(self._patience_seconds * 1000)}"
            self._connection = await connect_async(self._url, self._schema, bounded)
        return self._connection

    async def _look(self, connection: AsyncConnection[Any]) -> Gauges:
        async def rows(query: str, *given: Any) -> list[Any]:
            return await (await connection.execute(query.encode(), given or None)).fetchall()

        async def waited_seconds(position: int) -> float:
            found: list[tuple[float]] = await rows(WAITED, position)
            return max([0.0, *(seconds for (seconds,) in found)])

        progress = Progress(*(await rows(PROGRESS))[0])
        published = progress.noted if progress.noted_epoch == progress.epoch else 0
        try:
            erasures = [UnderWay(*row) for row in await rows(ERASURES)]
        except (UndefinedTable, UndefinedColumn):
            erasures = []  # a read model is being made for the first time
        return Gauges(
            progress=progress,
            unpublished_seconds=await waited_seconds(published + 1),
            unanchored_seconds=await waited_seconds(await asyncio.to_thread(self._anchored) + 1),
            models=[Condition(*row) for row in await rows(STATUS)],
            floors={handler: position for handler, position, _ in await rows(ALL_FLOORS)},
            letters=dict(await rows(LETTERS)),
            quarantine=(await rows(RESTS))[0][0],
            erasures=erasures,
            sessions=(await rows(SESSIONS))[0][0],
        )
