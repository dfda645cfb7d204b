"""The relay in a process of its own, as it runs beside a service, and bare publishing in the same one."""

from __future__ import annotations

import asyncio
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapters.bench import publishing
from adapters.bench.loop import READY, run, told
from adapters.bench.side import place
from adapters.cloud_event import cloud_event
from adapters.composition import Place, relaying
from adapters.nats.channel import beside
from adapters.nats.connection import connect
from adapters.postgres.outbox import outbox

IN_FLIGHT = 64
TICK_SECONDS = 0.001


async def work(pipe: Connection, state: Path, name: str) -> None:
    """Do what is asked until the one who started us goes away."""
    there = place(state, name)
    nats = await connect(there.nats_url, str(there.seed("streams", None)), name="bench", inbox="_INBOX.streams")
    bodies = await read(there)
    pipe.send(READY)
    while side := await told(pipe):
        pipe.send(
            await ours(there, nats, len(bodies)) if side == "ours" else await publishing.rate(nats, bodies, IN_FLIGHT)
        )
    await nats.close()


async def read(there: Place) -> list[bytes]:
    """The body of every fact in the log."""
    bodies: list[bytes] = []
    async with outbox(there.postgres_url, there.settings.schema_name) as log:
        while facts := await log.page(len(bodies)):
            bodies += [cloud_event(fact, log.source) for fact in facts]
    return bodies


async def ours(there: Place, nats: Any, facts: int) -> float:
    """Facts per second from the log into an empty stream, until the last is acknowledged."""
    channel = beside(there.settings.schema_name)
    began = time.perf_counter()
    async with relaying(there, channel=channel) as relay:
        while relay.position < facts:
            await asyncio.sleep(TICK_SECONDS)
        seconds = time.perf_counter() - began
    await nats.jetstream().delete_stream(channel.stream)
    return facts / seconds


def main(pipe: Connection, state: Path, name: str) -> None:
    """A process that publishes."""
    run(work(pipe, state, name))
