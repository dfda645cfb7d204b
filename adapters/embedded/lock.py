"""Whoever holds the lock of a directory is alive: the kernel gives it back when the holder ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 0.2  # `is_held` takes the lock for a moment
TICK_SECONDS = 0.01


class StateInUse(Exception):
    """Another process runs the servers of this state directory."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not taken(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise StateInUse(f"another process runs the servers of {path.parent}")
            time.sleep(TICK_SECONDS)
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not taken(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
