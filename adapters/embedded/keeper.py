"""A server that ends without being asked is started again, on the same address and with the same data.

One thread per server starts it and waits for it: the kernel ends the server when the *thread* that started it
ends, so that thread must live as long as its server does.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from adapters.embedded.account import Account
from adapters.embedded.child import StartFailed, ending, launch, tail
from adapters.embedded.leftover import StillRunning, end_leftovers

START_SECONDS = 300.0  # a crash recovery may read gigabytes
STOP_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 5.0
STEADY_SECONDS = 10.0
TICK_SECONDS = 0.005


class Server(Protocol):
    account: Account
    program: Path
    log: Path
    mark: str  # on its command line, and on no other server's
    farewell: signal.Signals

    def create(self) -> None:
        """Once, before the first start."""

    def clear(self) -> None:
        """Before every start, when nothing of an earlier life runs any more."""

    def command(self) -> list[str]: ...

    def ready(self, process: int) -> bool: ...


class Keeper:
    def __init__(self, server: Server, restarted: Callable[[], None]) -> None:
        self.server, self.restarted = server, restarted
        self.process: subprocess.Popen[bytes] | None = None
        self.failure: Exception | None = None
        self.settled, self.stopping = threading.Event(), threading.Event()
        self.lock = threading.Lock()  # nothing is launched once we are stopping
        self.up = False
        self.thread = threading.Thread(target=self._keep, name=f"keep {server.program.name}", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def wait(self) -> None:
        """Until the server answers; raises what kept it from starting."""
        self.settled.wait()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Asks, insists, kills; nothing of the server runs afterwards."""
        with self.lock:
            self.stopping.set()
        for what in (self.server.farewell, signal.SIGQUIT, signal.SIGKILL):
            if self.process is not None:
                self.process.send_signal(what)
            self.thread.join(STOP_SECONDS)
            if not self.thread.is_alive():
                break
        self._end_leftovers()

    def tell(self, what: signal.Signals) -> bool:
        """Send the server a signal; says whether it is there to hear it: on its way up it would not survive one."""
        with self.lock:
            if not self.up or self.stopping.is_set() or self.process is None or self.process.poll() is not None:
                return False
            self.process.send_signal(what)
            return True

    def _keep(self) -> None:
        try:
            self.server.create()
            process = self._launched()
        except Exception as failure:  # noqa: BLE001 - raised again by wait()
            self.failure = failure
            return
        finally:
            self.settled.set()
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            code = process.wait()
            if self.stopping.is_set():
                return
            self._say(f"{ending(code)}, starting it again")
            pause = FIRST_PAUSE_SECONDS if time.monotonic() - began > STEADY_SECONDS else pause
            self.stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            try:
                process = self._launched()
                self.restarted()
            except (StartFailed, StillRunning, OSError) as failure:
                self._say(str(failure))

    def _launched(self) -> subprocess.Popen[bytes]:
        self._end_leftovers()
        self.server.clear()
        server, deadline = self.server, time.monotonic() + START_SECONDS
        with self.lock:
            if self.stopping.is_set():
                raise StartFailed("stopped before it was launched")
            self.up = False
            self.process = process = launch(server.account, server.farewell, server.command(), server.log)
        while not server.ready(process.pid):
            if process.poll() is not None:
                raise StartFailed(f"{server.program.name} {ending(process.returncode)}; {tail(server.log)}")
            if time.monotonic() > deadline:
                process.kill()
                raise StartFailed(f"{server.program.name} is not ready in {START_SECONDS} s; {tail(server.log)}")
            time.sleep(TICK_SECONDS)
        with self.lock:
            self.up = True
        return process

    def _end_leftovers(self) -> None:
        end_leftovers(self.server.program.name, self.server.mark, self.server.farewell)

    def _say(self, what: str) -> None:
        if not self.stopping.is_set():
            print(f"kartoteka: {self.server.program.name} {what}", file=sys.stderr, flush=True)
