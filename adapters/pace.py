"""How a process of ours runs its event loop and its collector."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable


def spare_the_collector() -> None:
    """States are many, long-lived and acyclic: to walk them again and again took a quarter of the processor."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)


def loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed (the extra `fast`)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
