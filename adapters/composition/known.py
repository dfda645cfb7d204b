"""What is known outside the log of how it stood, and whether a process may work on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.composition.place import Place

if TYPE_CHECKING:
    from adapters.anchor import Anchors
    from adapters.erasure_journal import Journal
    from adapters.quarantine import Quarantine


def examine(place: Place) -> Quarantine | None:
    """Whether the log there is the one that was last known: whoever begins to work on it asks, and says it loudly."""
    from adapters.postgres import quarantine

    return quarantine.examine(place.postgres_url, place.settings.schema_name, *outside(place))


def outside(place: Place) -> tuple[Anchors, Journal]:
    """What is known of the log outside the database. Raises KeyUnavailable where the public keys cannot be read."""
    from adapters.anchor import Anchors

    log = place.settings.schema_name
    return Anchors.opened(place.anchors, log, place.keys), _journal(place.erasures, log, place.keys)


@cache
def _journal(folder: Path, log: str, keys: Path) -> Journal:
    """One for all parts of a process: its signatures are verified once."""
    from adapters.erasure_journal import Journal

    return Journal.opened(folder, log, keys)


@asynccontextmanager
async def once(
    come: Callable[[asyncio.Event], Awaitable[None]], work: Callable[[], AbstractAsyncContextManager[None]]
) -> AsyncIterator[None]:
    """The work, from when its time has come until the block ends."""
    leaving = asyncio.Event()

    async def later() -> None:
        await come(leaving)
        if not leaving.is_set():
            async with work():
                await leaving.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(later())
        try:
            yield
        finally:
            leaving.set()
