"""Where the chain stood at an instant, signed and kept outside the database: whoever cuts or rewrites the log shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sys import intern
from typing import IO, Any, NamedTuple

import orjson

from adapters import durable_file
from adapters.signature import Signature, Signer, Verifier

KIND = "anchor"
"""What the signature is for: one key signs other things as well."""

BLOCK_BYTES = 4096
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class JournalEnd(NamedTuple):
    """How many lines the journal of erasures has, and the digest of the last of them."""

    lines: int
    digest: str


class Anchor(NamedTuple):
    """The last position of a log and its link, at an instant of the log's clock; `epoch` is that of the log.

    `erasures` is how far the journal of erasures reached before the log was looked at: the log has every fence of it,
    unless somebody accepted a loss. `lost` stands where a log was restored that reaches less far than it had: the
    position up to which it was known. Then it is the last point that both have in common, and says who `accepted` that
    what lay between is lost. `lost_erasures` stands where the journal was lost: how many lines had been known of it.
    """

    epoch: str
    position: int
    link: bytes
    at: datetime
    lost: int | None = None
    accepted: str | None = None
    erasures: JournalEnd | None = None
    lost_erasures: int | None = None

    def follows(self, before: Anchor | None) -> bool:
        """Whether it may stand right behind that one: a log only grows, unless it is said what was lost."""
        if self.lost is None:
            return before is None or self.position > before.position or self.renews(before)
        return self.position < self.lost and (before is None or before.position <= self.lost)

    def renews(self, before: Anchor) -> bool:
        """Whether it says of the same log something else about the journal."""
        same = (self.position, self.link) == (before.position, before.link)
        return same and self.erasures not in (None, before.erasures)


class Misplaced(Exception):
    """An anchor does not follow the last one of its file."""


class Spoiled(NamedTuple):
    """A line that is not as it was written."""

    file: str
    line: int
    sentence: str


class Anchored(NamedTuple):
    """What is known of a log from outside: its anchors by position, the last of them, and what of it is wrong.

    `restored` are those that say what somebody accepted as lost; what lay beyond them is known no more.
    """

    known: Mapping[int, Anchor]
    last: Anchor | None
    restored: Sequence[Anchor]
    spoiled: Sequence[Spoiled]


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one log, `<folder>/<log>-<year>-<month>.ndjson`, in their order; a file only ever grows."""

    folder: Path
    log: str
    verifier: Verifier

    @classmethod
    def opened(cls, folder: Path, log: str, keys: Path) -> Anchors:
        """Raises KeyUnavailable where the public keys cannot be read."""
        return cls(folder, log, Verifier.opened(keys))

    def last(self) -> Anchor | None:
        """The last that is as it was written, found from the end."""
        for path in reversed(self._files()):
            for line in _backwards(path):
                if (anchor := self._verified(line)) is not None:
                    return anchor
        return None

    def append(self, anchor: Anchor, signer: Signer) -> None:
        """Put it behind the last: on the disk, whole, when the call comes back. Raises Misplaced."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with durable_file.alone(self.folder):
            if not anchor.follows(before := self.last()):
                raise Misplaced(f"{anchor.position} does not follow {before and before.position}")
            files, path = self._files(), self.folder / f"{self.log}-{anchor.at:%Y-%m}.ndjson"
            if files:
                _cut_torn(files[-1])
                path = max(path, files[-1])  # where the clock goes back a little, the order stays
            with path.open("ab") as file:
                file.write(encoded(anchor, signer))
                file.flush()
                os.fsync(file.fileno())
            durable_file.sync(self.folder)

    def read(self) -> Anchored:
        """All of them. A last line without its end is one that a crash has torn: it was never said to be there."""
        known, last = dict[int, Anchor](), None
        restored, spoiled = list[Anchor](), list[Spoiled]()
        for name, number, line in self._lines():
            anchor = self._verified(line)
            if anchor is None:
                spoiled.append(Spoiled(name, number, "the line is not the one that was signed"))
            elif not anchor.follows(last):
                spoiled.append(Spoiled(name, number, "the line does not follow the one before it"))
            else:
                if (anchor.lost, anchor.lost_erasures) != (None, None):
                    restored.append(anchor)
                if anchor.lost is not None:
                    known = {position: each for position, each in known.items() if position < anchor.position}
                known[anchor.position] = last = anchor
        return Anchored(known, last, restored, spoiled)

    def _files(self) -> list[Path]:
        """Those of this log, the oldest first."""
        named = self.folder.glob(f"{self.log}-*.ndjson")
        return sorted(path for path in named if MONTH.fullmatch(path.stem.removeprefix(f"{self.log}-")))

    def _lines(self) -> Iterator[tuple[str, int, bytes]]:
        files = self._files()
        for path in files:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.endswith(b"\n") or path is not files[-1]:
                        yield path.name, number, line

    def _verified(self, line: bytes) -> Anchor | None:
        """The anchor in a line that is, to the byte, what one of our keys signed."""
        try:
            said = orjson.loads(line)
            signature = Signature(said["signer"], said["signature"])
            signed = {name: value for name, value in said.items() if name != "signature"}
            if said["kind"] != KIND or line != _line(said) or not self.verifier.verify(_canonical(signed), signature):
                return None
            at, link, end = datetime.fromisoformat(said["at"]), bytes.fromhex(said["link"]), said.get("erasures")
            return Anchor(
                epoch=intern(said["epoch"]),
                position=said["position"],
                link=link,
                at=at,
                lost=said.get("lost"),
                accepted=said.get("accepted"),
                erasures=end and JournalEnd(end["lines"], intern(end["digest"])),
                lost_erasures=said.get("lost_erasures"),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def encoded(anchor: Anchor, signer: Signer) -> bytes:
    """The line as it is kept: what the anchor says and who signs it, in canonical JSON, and the signature of that."""
    about = {**anchor._asdict(), "link": anchor.link.hex(), "at": anchor.at.isoformat()}
    about["erasures"] = anchor.erasures and anchor.erasures._asdict()
    signed = {name: value for name, value in about.items() if value is not None} | {"kind": KIND, "signer": signer.id}
    return _line(signed | {"signature": signer.sign(_canonical(signed)).value})


def _canonical(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _line(said: Mapping[str, Any]) -> bytes:
    return _canonical(said) + b"\n"


def _backwards(path: Path) -> Iterator[bytes]:
    """The whole lines of a file, the last one first, as far as anybody asks."""
    with path.open("rb") as file:
        start, rest = _whole_bytes(file) - 1, b""
        if start < 0:
            return
        while start:
            size = min(BLOCK_BYTES, start)
            start = file.seek(start - size)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            yield from (line + b"\n" for line in reversed(lines))
        yield rest + b"\n"


def _whole_bytes(file: IO[bytes]) -> int:
    """Up to where the file has whole lines."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = file.seek(max(0, end - BLOCK_BYTES))
        if (found := file.read(end - start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0


def _cut_torn(path: Path) -> None:
    """Take away what a crash left behind the last whole line."""
    with path.open("r+b") as file:
        file.truncate(_whole_bytes(file))
