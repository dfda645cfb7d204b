"""How a process of ours runs its event loop and its collector."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable

AGAIN_SECONDS = 0.1
GIVEN_WAY = 5
"""On the scale of nice: about a third of the share of whoever does not."""


def spare_the_collector() -> None:
    """States are many, long-lived and acyclic: to walk them again and again took a quarter of the processor."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)


def give_way() -> None:
    """Where there is more to do than the processors can, what nobody waits for waits."""
    os.nice(GIVEN_WAY)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancelled until it has ended: before Python 3.12 `wait_for`, which nats-py rests on, may miss that it was."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)


def loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed (the extra `fast`)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
