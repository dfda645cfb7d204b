"""Processes of tests, forked from one that has imported everything: to begin takes milliseconds, and not a second."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import forkserver
from subprocess import TimeoutExpired
from typing import Any

import cluster

from adapters import companion
from adapters.cli import FILES
from adapters.composition import parts

FORKS = multiprocessing.get_context("forkserver")
COMMAND_LINE = [f"adapters.cli.{file}" for file in {*FILES.values(), "beside", "exits"}]
FORKS.set_forkserver_preload([*COMMAND_LINE, *parts(), "process"])


class Fork:
    """One process; it is asked and ended as one of `subprocess` is."""

    def __init__(self, does: Callable[..., None], *arguments: Any) -> None:
        self._process = FORKS.Process(target=begin, args=(address(), does, *arguments))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, if there is one."""
        return self._process.exitcode

    def wait(self, timeout_seconds: float | None = None) -> int:
        """The exit code. Raises TimeoutExpired."""
        self._process.join(timeout_seconds)
        code = self._process.exitcode
        if code is None:
            raise TimeoutExpired(str(self._process), timeout_seconds or 0.0)
        return code

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, how: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)


def address() -> str:
    """Where the one process listens that all are forked from."""
    forkserver.ensure_running()
    found: str = forkserver._forkserver._forkserver_address  # type: ignore[attr-defined]  # it has no name of its own
    return found


def begin(address: str, does: Callable[..., None], *arguments: Any) -> None:
    """What a process of ours starts in its turn is forked from the same one, and so are its clusters copies."""
    forkserver._forkserver._forkserver_address = address  # type: ignore[attr-defined]
    forkserver._forkserver.ensure_running = _it_runs  # type: ignore[attr-defined]
    companion.PROCESSES = FORKS  # type: ignore[assignment]
    cluster.copy_from_now_on()
    does(*arguments)


def _it_runs() -> None:
    """It does not end before those who were forked from it."""


def become_kartoteka(words: list[str], settings: dict[str, str], streams: list[str], folder: str = "") -> None:
    """Be `kartoteka <words>` with these files as standard input, output and, where there is a third, error."""
    if folder:
        os.chdir(folder)
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
