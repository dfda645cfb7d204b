"""How far the read models have come, and waiting for them: however many wait, one of us looks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psycopg

from adapters.postgres.log import Line
from adapters.postgres.schema import connect_async

LOOK_SECONDS = 0.0015
POSITIONS = """
SELECT name, position FROM read_models WHERE state IN ('active', 'paused', 'failed') AND name <> 'access'
UNION ALL SELECT '', position FROM head
"""


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """Somebody who wants to be told when all of the models have come to a position."""

    models: Collection[str]
    position: int
    told: asyncio.Future[int]


def reached(found: Mapping[str, int], models: Collection[str]) -> int:
    """What all of the models show; the log's own end where there are none, for the access model is always there."""
    return min(found.get(name, 0) for name in models or ("",))


async def come(url: str, schema: str, models: Collection[str]) -> int:
    """The position that all of the models have come to, looked at once. Raises what `reading.Unreachable` names."""
    async with await connect_async(url, schema) as connection:
        cursor = await connection.execute(POSITIONS)
        return reached(dict(await cursor.fetchall()), models)


class Positions:
    """Looks only while somebody waits."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._waiting: list[Waiter] = []
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, models: Collection[str], position: int) -> int:
        """The position that the models have come to, at least the one asked for: as long as one is willing to wait."""
        waiter = Waiter(models, position, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            return await waiter.told
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    async def _look(self) -> None:
        while self._waiting:
            try:
                cursor = await (await self._line.connected()).execute(POSITIONS, prepare=True)
                self._tell(dict(await cursor.fetchall()))
            except psycopg.Error:
                await self._line.close()  # they wait on, as long as they are willing to
                await asyncio.sleep(0.1)
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self, found: Mapping[str, int]) -> None:
        for waiter in list(self._waiting):
            position = reached(found, waiter.models)
            if position >= waiter.position and not waiter.told.done():
                waiter.told.set_result(position)
                self._waiting.remove(waiter)
