"""The command line in processes of its own: real output, signals and exit codes, without a second of imports each."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from adapters import embedded
from adapters.cli import FILES
from adapters.composition import parts

PATIENCE_SECONDS = 60.0
TICK_SECONDS = 0.01
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([*(f"adapters.cli.{file}" for file in {*FILES.values()}), "adapters.cli.exits", *parts()])


def become_kartoteka(words: Sequence[str], settings: dict[str, str], streams: Sequence[str]) -> None:
    """Be `kartoteka <words>` with these files as standard input, output and error."""
    for n, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_APPEND), n)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - they end with the process
    for name in [name for name in os.environ if name.startswith("KARTOTEKA_")]:
        del os.environ[name]
    os.environ.update(settings)
    sys.argv = ["kartoteka", *words]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from adapters.cli import main

    main()


class Command:
    """A command that runs, or has run."""

    def __init__(self, words: Sequence[str], settings: dict[str, str], told: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="kartoteka-terminal-"))
        weakref.finalize(self, rmtree, folder, ignore_errors=True)
        streams = [folder / name for name in ("in", "out", "err")]
        for path, text in zip(streams, (told, "", ""), strict=True):
            path.write_text(text)
        self._out, self._err = streams[1:]
        self.process = FORKS.Process(target=become_kartoteka, args=(words, settings, [str(path) for path in streams]))
        self.process.start()

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
        self.process.join(PATIENCE_SECONDS)
        if self.process.exitcode is None:
            self.process.kill()
            raise AssertionError(f"still running after {PATIENCE_SECONDS} s: {self.out}{self.err}")
        return self.process.exitcode

    def until(self, words: str) -> Command:
        """Wait until they are on stdout."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.out:
            assert self.process.is_alive(), self.err
            assert time.monotonic() < deadline, self.err
            time.sleep(TICK_SECONDS)
        return self

    def ended(self, how: signal.Signals = signal.SIGTERM) -> Command:
        """Sent the signal, and gone."""
        assert self.process.pid is not None
        os.kill(self.process.pid, how)
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
