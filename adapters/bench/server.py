"""A service process of the benchmark: the real one as `kartoteka serve` runs it, under a subject root of its own."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from adapters import sealing
from adapters.bench import side
from adapters.bench.loop import READY, run, told
from adapters.composition import serving
from adapters.nats import prefix
from adapters.pace import spare_the_collector


def ignore_marks() -> None:
    """Take no field for personal: the facts are then the same, but stored as they are."""
    sealing.marked = lambda event: ()  # type: ignore[assignment]  # there is no such switch in the product


async def serve(pipe: Connection, state: Path, name: str) -> None:
    """Take commands until the one who started us goes away."""
    prefix.COMMANDS = side.prefix(name)
    async with serving(side.place(state, name)):
        spare_the_collector()
        pipe.send(READY)
        await told(pipe)


def main(pipe: Connection, state: Path, name: str) -> None:
    """A process that serves one side."""
    run(serve(pipe, state, name))


def plain(pipe: Connection, state: Path, name: str) -> None:
    """The same without sealing."""
    ignore_marks()
    main(pipe, state, name)
