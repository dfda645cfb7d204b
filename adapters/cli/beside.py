"""What works beside the service, each in a process of its own: questions; read models; what publishes and reacts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection

from adapters.answering.elsewhere import Counted
from adapters.cli import console
from adapters.companion import Work
from adapters.composition import (
    anchoring,
    asking,
    clock_of,
    erasing,
    found,
    hearing,
    reacting,
    relaying,
    timing,
    viewing,
)
from adapters.pace import give_way, loop, spare_the_collector
from adapters.settings import Settings
from adapters.telemetry import tracing

ASKED = "questions"
TELL_SECONDS = 1.0
"""So often a process tells what it has counted."""


def questions(settings: Settings, end: Connection) -> None:
    """Answer questions until there is nobody to do it for; it is told when they are heard, and then what it counts."""
    console.log_to_stderr(settings.log_level, as_json=settings.log_json)
    with _traced(settings, "questions"), asyncio.Runner(loop_factory=loop()) as runner:
        runner.run(_questions(settings, end))


async def _questions(settings: Settings, end: Connection) -> None:
    place = found(settings)
    with clock_of(place) as clock:
        async with asking(place, clock=clock) as queries:
            spare_the_collector()
            while True:
                end.send(Counted(queries.statistics, queries.under_way))
                if await asyncio.to_thread(end.poll, TELL_SECONDS):
                    return


def views(settings: Settings, end: Connection) -> None:
    """Keep the read models up to date until there is nobody to do it for."""
    console.log_to_stderr(settings.log_level, as_json=settings.log_json)
    stop = threading.Event()
    threading.Thread(target=_wait, args=(end, stop), daemon=True).start()
    with _traced(settings, "views"), viewing(found(settings)) as engine:
        spare_the_collector()
        engine.run(stop)


def _traced(settings: Settings, process: str) -> AbstractContextManager[None]:
    return tracing.sending(settings.traces_url, settings.traces_share, process)


def _wait(end: Connection, stop: threading.Event) -> None:
    end.poll(None)
    stop.set()


def events(settings: Settings, end: Connection) -> None:
    """Publish the facts, react to them and to time, erase, anchor the log, until there is nobody to do it for."""
    console.log_to_stderr(settings.log_level, as_json=settings.log_json)
    give_way()
    with _traced(settings, "events"), asyncio.Runner(loop_factory=loop()) as runner:
        runner.run(_events(settings, end))


async def _events(settings: Settings, end: Connection) -> None:
    place = found(settings)
    with clock_of(place) as clock:
        async with (
            anchoring(place, clock=clock),
            relaying(place),
            reacting(place, clock=clock),
            hearing(place),
            timing(place, clock=clock),
            erasing(place, clock=clock),
        ):
            spare_the_collector()
            await asyncio.to_thread(end.poll, None)


COMPANIONS: Sequence[tuple[str, Work]] = ((ASKED, questions), ("views", views), ("events", events))
