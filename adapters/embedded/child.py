"""A child process gets the servers' account, a log of its own and nothing of our environment."""

import os
import signal
import subprocess
from pathlib import Path
from typing import BinaryIO

from adapters.embedded.account import Account

# Ours may hold secrets, and libpq and Go read theirs.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
LOG_BYTES = 16 * 1024 * 1024
TAIL_BYTES = 2000


class StartFailed(Exception):
    """A server did not start."""


def launch(account: Account, farewell: signal.Signals, command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server; the kernel sends it `farewell` when the calling thread ends."""
    with open_log(log) as output:
        return subprocess.Popen(  # noqa: S603 - a command line of our own
            account.launch(farewell, command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is ours to handle: we drain first
        )


def run(account: Account, command: list[str], log: Path, told: str = "") -> None:
    """Run a command to its end, with `told` as its input."""
    with open_log(log) as output:
        done = subprocess.run(  # noqa: S603 - a command line of our own
            account.launch(signal.SIGKILL, command),
            input=told.encode(),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
        )
    if done.returncode != 0:
        raise StartFailed(f"{Path(command[0]).name} {ending(done.returncode)}; {tail(log)}")


def open_log(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    return open(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def tail(log: Path) -> str:
    return f"{log} ends:\n{log.read_bytes()[-TAIL_BYTES:].decode(errors='replace').rstrip()}"


def ending(code: int) -> str:
    if code >= 0:
        return f"exited with {code}"
    return f"was ended by {signal.Signals(-code).name}"
