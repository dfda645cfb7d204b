"""The command line in processes of its own: real output, signals and exit codes, without a second of imports each."""

from __future__ import annotations

import json
import signal
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from subprocess import TimeoutExpired
from typing import Any

from fork import Fork, become_kartoteka

from adapters import embedded

PATIENCE_SECONDS = 60.0
TICK_SECONDS = 0.01


class Command:
    """A command that runs, or has run."""

    def __init__(self, words: Sequence[str], settings: dict[str, str], told: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="kartoteka-terminal-"))
        weakref.finalize(self, rmtree, folder, ignore_errors=True)
        streams = [folder / name for name in ("in", "out", "err")]
        for path, text in zip(streams, (told, "", ""), strict=True):
            path.write_text(text)
        self._out, self._err = streams[1:]
        self.process = Fork(become_kartoteka, list(words), settings, [str(path) for path in streams])

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    @property
    def said(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def code(self) -> int:
        """The exit code; waits for it."""
        try:
            return self.process.wait(PATIENCE_SECONDS)
        except TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running after {PATIENCE_SECONDS} s: {self.out}{self.err}") from None

    def until(self, words: str) -> Command:
        """Wait until they are on stdout."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.out:
            assert self.process.poll() is None, self.err
            assert time.monotonic() < deadline, self.err
            time.sleep(TICK_SECONDS)
        return self

    def ended(self, how: signal.Signals = signal.SIGTERM) -> Command:
        """Sent the signal, and gone."""
        self.process.send_signal(how)
        assert self.code is not None
        return self


@dataclass(frozen=True)
class Terminal:
    """Somebody at work on one state directory."""

    state: Path

    def start(self, *words: str, told: str = "", **settings: str) -> Command:
        return Command(words, {"KARTOTEKA_STATE": str(self.state), **settings}, told)

    def run(self, *words: str, told: str = "", **settings: str) -> Command:
        """The command, at its end."""
        command = self.start(*words, told=told, **settings)
        assert command.code is not None
        return command

    def serve(self, *words: str) -> Command:
        """A service that takes commands."""
        return self.start("serve", "--json", *words).until("\n}\n")


@contextmanager
def terminal() -> Iterator[Terminal]:
    """On a new state, within reach of the servers' account when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="kartoteka-state-"))
    folder.chmod(0o711)
    try:
        yield Terminal(folder / "state")
    finally:
        embedded.erase(folder / "state")
        rmtree(folder, ignore_errors=True)
