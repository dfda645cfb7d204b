"""The least that a NATS service can do: give back what it was sent."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapters.bench.loop import READY, run, told
from adapters.bench.side import BARE, ECHO, place
from adapters.nats.connection import connect


async def echo(pipe: Connection, state: Path) -> None:
    """Answer until the one who started us goes away."""
    there = place(state, BARE)
    connection = await connect(there.nats_url, str(there.seed("service", None)), name="echo", inbox="_INBOX.service")

    async def back(message: Any) -> None:
        await connection.publish(message.reply, message.data)

    await connection.subscribe(ECHO, cb=back)
    await connection.flush()
    pipe.send(READY)
    await told(pipe)
    await connection.close()


def main(pipe: Connection, state: Path) -> None:
    """A process that does nothing else."""
    run(echo(pipe, state))
