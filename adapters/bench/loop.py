"""A process of the benchmark runs its event loop as `serve` does: uvloop where there is one, a calm collector."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import Any

import structlog

READY = "ready"


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end, which is told over the process's pipe and never by Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    if find_spec("uvloop") is None:
        asyncio.run(main)
        return
    import uvloop

    uvloop.run(main)


async def told(pipe: Connection) -> Any:
    """What the one who started this process says next; None when there is nobody left to say anything."""
    try:
        return await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    except EOFError:
        return None
