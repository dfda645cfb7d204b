"""A server starts only when nothing of its earlier life runs any more.

A killed Postgres leaves workers that finish their query, a killed supervisor leaves servers still shutting down;
both carry the server's mark on their command line, whatever their process id and parent are.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, Signals

PATIENCE_SECONDS = 30.0  # for a last checkpoint
KILLED_SECONDS = 5.0  # for the kernel to end what was killed
TICK_SECONDS = 0.02


class StillRunning(Exception):
    """A server of an earlier life cannot be ended."""


def end_leftovers(program: str, mark: str, farewell: Signals) -> None:
    asked: set[int] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while found := dict(marked(program, mark)):
        # Workers rewrite their command line ("postgres: mark: …"); without their leader they have nothing to save.
        leaders = {process for process, line in found.items() if not line.startswith(f"{program}: ")}
        if not leaders or time.monotonic() > deadline:
            tell(set(found), SIGKILL)
        if time.monotonic() > deadline + KILLED_SECONDS:
            raise StillRunning(f"{program} of an earlier life cannot be ended: {sorted(found)}")
        tell(leaders - asked, farewell)
        asked |= leaders
        time.sleep(TICK_SECONDS)


def tell(processes: set[int], what: Signals) -> None:
    for process in processes:
        try:
            os.kill(process, what)
        except ProcessLookupError:
            continue


def marked(program: str, mark: str) -> Iterator[tuple[int, str]]:
    """Process id and command line of every process of that program that carries the mark."""
    processes = from_proc(program) if sys.platform == "linux" else from_ps(program)
    return ((process, line) for process, line in processes if mark in line)


def from_proc(program: str) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "comm").read_text().rstrip("\n") == program:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                yield int(entry.name), line.decode(errors="replace")
        except OSError:  # it ended while we looked
            continue


def from_ps(program: str) -> Iterator[tuple[int, str]]:
    listed = subprocess.run(["/bin/ps", "-axo", "pid=,ucomm=,command="], capture_output=True, text=True, check=True)
    for row in listed.stdout.splitlines():
        process, name, line = [*row.split(None, 2), "", ""][:3]
        if name == program:
            yield int(process), line
