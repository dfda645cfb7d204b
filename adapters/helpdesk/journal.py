"""What was acknowledged is on disk before anybody counts on it: one line each, `<command id> done` or `… again`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO


class Journal:
    """An append-only file; acknowledgements that come while one group is being synced go into the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._lines: list[str] = []
        self._written: asyncio.Future[None] | None = None

    def __enter__(self) -> Journal:
        self._file = self._path.open("a+b")
        _cut_torn_line(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    async def write(self, id: str, *, repeated: bool) -> None:
        """Return when the acknowledgement is on disk."""
        self._lines.append(f"{id} {'again' if repeated else 'done'}\n")
        if self._written is None:
            self._written = asyncio.ensure_future(self._sync())
        await asyncio.shield(self._written)

    async def _sync(self) -> None:
        await asyncio.sleep(0)
        lines, self._lines, self._written = self._lines, [], None
        await asyncio.to_thread(self._store, "".join(lines).encode())

    def _store(self, lines: bytes) -> None:
        assert self._file is not None
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())


def _cut_torn_line(file: BinaryIO) -> None:
    """What a killed process left half written was never acknowledged."""
    file.seek(0)
    content = file.read()
    file.truncate(content.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
