"""A bundle is written part by part, never held in memory, and ends with a manifest that has the digest of each part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, BinaryIO, Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

MANIFEST = "manifest.json"
OWNER_ALONE = 0o100600 << 16
LONGEST_NAME = 100
UNSAFE = re.compile(r"[^\w.()+ -]")
"""Letters and digits of every script stay; what means something to a shell, a path or a file system does not."""


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> Any: ...


@dataclass(slots=True)
class Part:
    """A part that is being written: its bytes go to the bundle as they come."""

    name: str
    sink: Sink
    size_bytes: int = 0
    digest: Any = field(default_factory=sha256)

    def write(self, data: bytes) -> None:
        self.sink.write(data)
        self.digest.update(data)
        self.size_bytes += len(data)

    def told(self) -> dict[str, Any]:
        return {"name": self.name, "size_bytes": self.size_bytes, "sha256": self.digest.hexdigest()}


class Bundle:
    """One part at a time."""

    def __init__(self, zip: ZipFile, at: datetime) -> None:
        self._zip, self._at = zip, at.astimezone(UTC)
        self.parts: list[Part] = []

    @contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """Write it while the block runs."""
        with self._zip.open(self._info(name), "w", force_zip64=True) as sink:
            part = Part(name, sink)
            yield part
        self.parts.append(part)

    def close(self, about: dict[str, Any]) -> None:
        """Write the manifest: what the bundle is about, and each of its parts."""
        told = {**about, "parts": [part.told() for part in self.parts]}
        with self._zip.open(self._info(MANIFEST), "w") as sink:
            sink.write(orjson.dumps(told, option=orjson.OPT_INDENT_2))

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type, info.external_attr = ZIP_DEFLATED, OWNER_ALONE
        return info


@contextmanager
def bundle(target: BinaryIO, at: datetime) -> Iterator[Bundle]:
    """A bundle that goes to the target."""
    with ZipFile(target, "w", ZIP_DEFLATED) as zip:
        yield Bundle(zip, at)


def safe_name(id: str, name: str | None) -> str:
    """A name of its own that is nothing but a name, wherever the bundle is unpacked."""
    if name is None:
        return id
    plain = UNSAFE.sub("_", unicodedata.normalize("NFC", name))[-LONGEST_NAME:]
    return f"{id}-{plain.rstrip('. ') or '_'}"
