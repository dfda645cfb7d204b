"""Everything that runs in production: the service, the read models, and the relay with both handlers."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path

from adapters.bench.loop import READY, run, told
from adapters.bench.side import WHOLE, place
from adapters.composition import Place, reacting, relaying, viewing
from adapters.pace import spare_the_collector
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import conditions


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
    run(_events(pipe, state))


async def _events(pipe: Connection, state: Path) -> None:
    there = place(state, WHOLE)
    async with relaying(there), reacting(there):
        spare_the_collector()
        pipe.send(READY)
        await told(pipe)
