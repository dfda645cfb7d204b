"""Everything that runs in production: what decides, what answers, the read models, and the relay with the handlers."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path

from adapters.bench.loop import READY, run, told
from adapters.bench.side import WHOLE, place
from adapters.composition import Place, asking, reacting, relaying, serving, viewing
from adapters.pace import give_way, spare_the_collector
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import conditions
from adapters.scope import Face


def service(pipe: Connection, state: Path) -> None:
    """The process of commands; questions are left to another."""
    run(_service(pipe, state))


async def _service(pipe: Connection, state: Path) -> None:
    async with serving(place(state, WHOLE)) as here:
        await here.face.leave(Face.QUESTIONS)
        spare_the_collector()
        pipe.send(READY)
        await told(pipe)


def questions(pipe: Connection, state: Path) -> None:
    """The process of questions."""
    run(_questions(pipe, state))


async def _questions(pipe: Connection, state: Path) -> None:
    async with asking(place(state, WHOLE)):
        spare_the_collector()
        pipe.send(READY)
        await told(pipe)


def views(pipe: Connection, state: Path) -> None:
    """The process of the read models."""
    stop, there = threading.Event(), place(state, WHOLE)
    with viewing(there) as engine:
        serve_first(engine, there)
        spare_the_collector()
        threading.Thread(target=_wait, args=(pipe, stop), daemon=True).start()
        pipe.send(READY)
        engine.run(stop)


def serve_first(engine: Engine, there: Place) -> None:
    """Until every read model is there to be asked."""
    while engine.tick() or any(
        each.state == "booting" for each in conditions(there.postgres_url, there.settings.schema_name)
    ):
        pass


def _wait(pipe: Connection, stop: threading.Event) -> None:
    pipe.poll(None)
    stop.set()


def events(pipe: Connection, state: Path) -> None:
    """The process of the relay and the handlers."""
    give_way()
    run(_events(pipe, state))


async def _events(pipe: Connection, state: Path) -> None:
    there = place(state, WHOLE)
    async with relaying(there), reacting(there):
        spare_the_collector()
        pipe.send(READY)
        await told(pipe)
