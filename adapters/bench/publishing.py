"""The baseline of the relay: nats-py's own `publish`, so many in flight, of bodies that are ready beforehand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from adapters.credentials.permission import INWARD

STREAM, SUBJECT = "BARE", f"{INWARD}.bare"


async def rate(connection: Any, bodies: Sequence[bytes], in_flight: int) -> float:
    """Acknowledged messages per second, into an empty stream of the library's defaults."""
    streams = connection.jetstream()
    await streams.add_stream(name=STREAM, subjects=[SUBJECT])
    waiting = iter(bodies)
    began = time.perf_counter()
    await asyncio.gather(*(_publish(streams, waiting) for _ in range(in_flight)))
    seconds = time.perf_counter() - began
    await streams.delete_stream(STREAM)
    return len(bodies) / seconds


async def _publish(streams: Any, waiting: Iterator[bytes]) -> None:
    for body in waiting:
        await streams.publish(SUBJECT, body)
