"""The facts of some topics as a projection wants them: in their order, personal fields sealed, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

from adapters.postgres.reading import Snapshot, Stored
from adapters.sealing import restore
from domain.fact import Fact


async def facts(log: Snapshot, topics: Collection[str]) -> AsyncIterator[Fact[Any]]:
    """Every fact of the topics that the log holds."""
    async for page in log.everything():
        for row in page:
            if row.topic in topics:
                yield fact(row)


def fact(row: Stored) -> Fact[Any]:
    """The fact in a row, personal fields sealed."""
    event = restore(row.topic, row.stream, row.version, row.state)
    return Fact(row.stream, row.version, event, row.happened_at, row.recorded_at, row.actor, row.position)
