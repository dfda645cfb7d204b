"""Whom the embedded NATS lets in follows the callers file, and its certificate the files it is in, within a second."""

import signal
import sys
import threading
import time

from adapters.embedded.keeper import Keeper
from adapters.embedded.nats_server import NatsServer

LOOK_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 5.0


class Admission:
    """`start` once the server is up, and `stop`; connections of those no longer let in are closed by the server."""

    def __init__(self, server: NatsServer, keeper: Keeper) -> None:
        self._server, self._keeper = server, keeper
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="admission", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._leaving.set()
        self._thread.join()

    def _watch(self) -> None:
        """What the server could not take when it was told to is said again: it may have had no file to read it by."""
        untaken, pause, again = False, LOOK_SECONDS, 0.0
        while not self._leaving.wait(LOOK_SECONDS):
            trouble = ""
            try:
                if self._server.configure():
                    untaken, pause, again = True, LOOK_SECONDS, 0.0
            except (ValueError, OSError) as error:  # as it was: what is spoiled lets nobody in, and sends nobody away
                trouble = f"stays as it is: {error}"
            untaken = untaken and not self._server.follows()
            if untaken and time.monotonic() >= again and self._keeper.tell(signal.SIGHUP):
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                again = time.monotonic() + pause
            if untaken and pause == LONGEST_PAUSE_SECONDS:
                trouble = trouble or f"is not taken by the server: see {self._server.log}"
            self._say(trouble)

    def _say(self, trouble: str) -> None:
        """Once for one trouble, however long it lasts."""
        if trouble and trouble != self._trouble:
            print(f"kartoteka: the admission to NATS {trouble}", file=sys.stderr, flush=True)
        self._trouble = trouble
