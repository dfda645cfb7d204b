"""A process that works beside the service: started with it, started again when it ends, never outliving it."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import structlog

from adapters.settings import Settings

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
STEADY_SECONDS = 10.0
FAREWELL_SECONDS = 10.0

Work = Callable[[Settings, Connection], None]
"""What a companion does, until its end of the pipe says that nobody is there any more. It may say things over it."""

Hear = Callable[[Any], None]
"""What becomes of what it says; and of None, when it has ended. Called in a thread of its keeper's."""

PROCESSES = multiprocessing.get_context("spawn")

logger = structlog.get_logger()


class Companion:
    """One process with its keeper: a thread that starts it, waits for it, and starts it again."""

    def __init__(self, name: str, work: Work, settings: Settings, hear: Hear | None = None) -> None:
        self._name, self._work, self._settings, self._hear = name, work, settings, hear
        self._leaving = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"keep {name}", daemon=True)

    def __enter__(self) -> Companion:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._keeper.join(2 * FAREWELL_SECONDS)

    def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._leaving.is_set():
            began = time.monotonic()
            code = self._once()
            if self._leaving.is_set():
                return
            pause = FIRST_PAUSE_SECONDS if time.monotonic() - began > STEADY_SECONDS else pause
            logger.warning("companion ended, starting it again", name=self._name, code=code)
            self._leaving.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _once(self) -> int | None:
        """One life of the process: it ends by itself, or because we leave."""
        theirs, ours = PROCESSES.Pipe()
        process = PROCESSES.Process(target=_live, args=(self._work, self._settings, theirs), daemon=True)
        process.start()
        theirs.close()
        while not self._leaving.is_set() and self._listens(ours) and process.is_alive():
            pass
        self._heard(None)
        ours.close()
        process.join(FAREWELL_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        return process.exitcode

    def _listens(self, pipe: Connection) -> bool:
        """Whether it is still there, after it had some time to say something."""
        try:
            if pipe.poll(0.1):
                self._heard(pipe.recv())
        except (EOFError, OSError):
            return False
        return True

    def _heard(self, said: Any) -> None:
        if self._hear is not None:
            self._hear(said)


def _live(work: Work, settings: Settings, end: Connection) -> None:
    """Ctrl-C is for the service, which then closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work(settings, end)
