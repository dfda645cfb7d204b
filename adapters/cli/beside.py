"""What works beside the service, each in a process of its own: read models; and the relay, its handlers, the timer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection

from adapters.cli import console
from adapters.companion import Work
from adapters.composition import clock_of, found, reacting, relaying, timing, viewing
from adapters.pace import loop, spare_the_collector
from adapters.settings import Settings


def views(settings: Settings, end: Connection) -> None:
    """Keep the read models up to date until there is nobody to do it for."""
    console.log_to_stderr(settings.log_level, as_json=settings.log_json)
    stop = threading.Event()
    threading.Thread(target=_wait, args=(end, stop), daemon=True).start()
    with viewing(found(settings)) as engine:
        spare_the_collector()
        engine.run(stop)


def _wait(end: Connection, stop: threading.Event) -> None:
    end.poll(None)
    stop.set()


def events(settings: Settings, end: Connection) -> None:
    """Publish the facts, react to them and to time, until there is nobody to do it for."""
    console.log_to_stderr(settings.log_level, as_json=settings.log_json)
    with asyncio.Runner(loop_factory=loop()) as runner:
        runner.run(_events(settings, end))


async def _events(settings: Settings, end: Connection) -> None:
    place = found(settings)
    with clock_of(place) as clock:
        async with relaying(place), reacting(place, clock=clock), timing(place, clock=clock):
            spare_the_collector()
            await asyncio.to_thread(end.poll, None)


COMPANIONS: Sequence[tuple[str, Work]] = (("views", views), ("events", events))
