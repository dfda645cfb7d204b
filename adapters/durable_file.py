"""What is written here is there whole or not at all, is its owner's alone to read, and outlives a crash."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def create(path: Path, text: str) -> bool:
    """Make the file where it is not there yet; says whether: of several processes one makes it, all find it."""
    draft = _draft(path, text)
    try:
        os.link(draft, path)
        return True
    except FileExistsError:
        return False
    finally:
        draft.unlink()
        sync(path.parent)


def replace(path: Path, text: str) -> None:
    """Make the file, or put another in its place."""
    draft = _draft(path, text)
    try:
        draft.replace(path)
    except BaseException:
        draft.unlink()
        raise
    sync(path.parent)


def destroy(path: Path) -> None:
    """Overwrite the file and take it away; one that is gone already is no fault.

    What the device itself keeps of overwritten blocks is not ours to say.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.pwrite(descriptor, os.urandom(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)
    sync(path.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While the block runs, no other process of this machine is in one of its own for the same folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync(folder: Path) -> None:
    """What was made, renamed or taken away in the folder stays so."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
