"""Whom the log forgot is noted outside the database before anything is destroyed, so that a backup forgets too."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import orjson

from adapters import durable_file
from adapters.anchor import JournalEnd, Spoiled
from adapters.signature import Signature, Signer, Verifier

FIRST = sha256(b"").hexdigest()
"""What the first line names as the one before it."""

FENCED, RECEIPT = "erasure", "receipt"
"""What a line tells; the signature is over that as well, for one key signs other things too."""


class Fenced(NamedTuple):
    """One round of an erasure, from its fence on: all it takes to do it again in another log.

    `epoch` is that of the log, `position` and `link` are those of the fact that put up the fence.
    """

    epoch: str
    position: int
    link: str
    person: str
    reason: str
    contacts: tuple[str, ...]
    subjects: tuple[str, ...]
    purposes: tuple[str, ...]
    proof_until: datetime
    at: datetime


class Issued(NamedTuple):
    """A receipt in its canonical form, with its own signature."""

    person: str
    receipt: str
    signature: Signature
    at: datetime

    @property
    def digest(self) -> str:
        return sha256(self.receipt.encode()).hexdigest()


Entry = Fenced | Issued


class Told(NamedTuple):
    """What the journal tells, in its order, rounds by the digests of their lines; and what is spoiled.

    `lines` are the digests of all of them.
    """

    fenced: Mapping[str, Fenced]
    issued: Sequence[Issued]
    spoiled: Sequence[Spoiled]
    lines: Sequence[str] = ()

    @property
    def fences(self) -> frozenset[tuple[str, int, str]]:
        """Of which rounds it tells: by log, position and link."""
        return frozenset((each.epoch, each.position, each.link) for each in self.fenced.values())

    @property
    def digests(self) -> frozenset[str]:
        """Of which receipts it tells."""
        return frozenset(each.digest for each in self.issued)

    @property
    def end(self) -> JournalEnd:
        return JournalEnd(len(self.lines), self.lines[-1] if self.lines else FIRST)

    def lacks(self, known: JournalEnd | None) -> str | None:
        """In words, where it does not go on from what was known of it: each line rests on all that lie before it."""
        if known is None or known.lines == 0 or self.lines[known.lines - 1 : known.lines] == (known.digest,):
            return None
        there = f"it has {len(self.lines)}" if len(self.lines) < known.lines else "that line is another now"
        return f"the journal of erasures had {known.lines} lines when the log was anchored last, and {there}"


@dataclass(slots=True)
class Journal:
    """The journal of one log, `<folder>/<log>.ndjson`; it only ever grows, and each line names the digest of the last.

    Free of personal data: ids, codes, instants and digests alone. What was read once is not read again, as long as it
    is there; several threads may share it.
    """

    folder: Path
    log: str
    verifier: Verifier
    _size: int = 0
    _changed: int = 0
    _line: bytes = b""
    _lines: list[str] = field(default_factory=list)
    _fenced: dict[str, Fenced] = field(default_factory=dict)
    _issued: list[Issued] = field(default_factory=list)
    _spoiled: list[Spoiled] = field(default_factory=list)
    _known: set[Hashable] = field(default_factory=set)
    _alone: Lock = field(default_factory=Lock)

    @classmethod
    def opened(cls, folder: Path, log: str, keys: Path) -> Journal:
        """Raises KeyUnavailable where the public keys cannot be read."""
        return cls(folder, log, Verifier.opened(keys))

    @property
    def path(self) -> Path:
        return self.folder / f"{self.log}.ndjson"

    def read(self) -> Told:
        """All of it. A last line without its end is one that a crash has torn: nothing was destroyed for it."""
        with self._alone:
            self._go_on()
            return Told(dict(self._fenced), list(self._issued), list(self._spoiled), tuple(self._lines))

    def append(self, entry: Entry, signer: Signer) -> None:
        """Put it behind the last, unless it is there: on the disk, whole, when the call comes back."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with durable_file.alone(self.folder), self._alone:
            self._go_on()
            if _name(entry) in self._known:
                return
            with self.path.open("ab") as file:
                file.truncate(self._size)  # what a crash left behind the last whole line
                file.seek(0, os.SEEK_END)
                file.write(encoded(entry, self._last, signer))
                file.flush()
                os.fsync(file.fileno())
            durable_file.sync(self.folder)

    @property
    def _last(self) -> str:
        return self._lines[-1] if self._lines else FIRST

    def _go_on(self) -> None:
        """Read what has come since; all of it where somebody took something away, or put another in its place."""
        rest, changed = _behind(self.path, self._size, self._line)
        if rest is None or (not rest and changed != self._changed):
            self._size, self._line = 0, b""
            for each in (self._lines, self._fenced, self._issued, self._spoiled, self._known):
                each.clear()
            rest, changed = _behind(self.path, 0, b"")
        for line in (rest or b"").splitlines(keepends=True):
            self._take(line)
            self._size, self._line = self._size + len(line), line
        self._changed = changed

    def _take(self, line: bytes) -> None:
        found, digest = self._verified(line), sha256(line).hexdigest()
        if found is None:
            self._spoil("the line is not the one that was signed")
        elif found[0] != self._last:
            self._spoil("the line does not follow the one before it")
        else:
            self._known.add(_name(found[1]))
            if isinstance(found[1], Fenced):
                self._fenced[digest] = found[1]
            else:
                self._issued.append(found[1])
        self._lines.append(digest)

    def _spoil(self, sentence: str) -> None:
        self._spoiled.append(Spoiled(self.path.name, len(self._lines) + 1, sentence))

    def _verified(self, line: bytes) -> tuple[str, Entry] | None:
        """What a line says, where it is to the byte what one of our keys signed; and which line it follows."""
        try:
            said = orjson.loads(line)
            signature = Signature(said["signer"], said["signature"])
            signed = {name: value for name, value in said.items() if name != "signature"}
            if line != _line(said) or not self.verifier.verify(_canonical(signed), signature):
                return None
            return said["previous"], _entry(said)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def encoded(entry: Entry, previous: str, signer: Signer) -> bytes:
    """The line as it is kept: canonical JSON, and in it the signature of all the rest."""
    signed = {**_said(entry), "previous": previous, "signer": signer.id}
    return _line({**signed, "signature": signer.sign(_canonical(signed)).value})


def _said(entry: Entry) -> dict[str, Any]:
    at = {"at": entry.at.isoformat()}
    if isinstance(entry, Fenced):
        return {**entry._asdict(), "proof_until": entry.proof_until.isoformat(), **at, "kind": FENCED}
    return {
        "person": entry.person,
        "receipt": entry.receipt,
        "issued": entry.signature._asdict(),
        **at,
        "kind": RECEIPT,
    }


def _entry(said: Mapping[str, Any]) -> Entry:
    at = datetime.fromisoformat(said["at"])
    if said["kind"] == RECEIPT:
        return Issued(said["person"], said["receipt"], Signature(**said["issued"]), at)
    if said["kind"] != FENCED:
        raise ValueError(said["kind"])
    lists = {name: tuple(said[name]) for name in ("contacts", "subjects", "purposes")}
    instants = {"proof_until": datetime.fromisoformat(said["proof_until"]), "at": at}
    return Fenced(**{name: said[name] for name in Fenced._fields} | lists | instants)


def _canonical(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _line(said: Mapping[str, Any]) -> bytes:
    return _canonical(said) + b"\n"


def _name(entry: Entry) -> Hashable:
    """By what it is told from others."""
    return entry.digest if isinstance(entry, Issued) else (entry.epoch, entry.position, entry.link)


def _behind(path: Path, start: int, line: bytes) -> tuple[bytes | None, int]:
    """The file from there on, as far as it has whole lines, and when it was changed; None where it is another.

    It is the same where this line ends there, for each names the one before it.
    """
    try:
        with path.open("rb") as file:
            changed = os.fstat(file.fileno()).st_mtime_ns
            file.seek(start - len(line))
            data = file.read()
    except FileNotFoundError:
        return None if start else b"", 0
    if not data.startswith(line):
        return None, changed
    return data[len(line) : data.rfind(b"\n") + 1], changed
