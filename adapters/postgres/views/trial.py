"""What of the personal values in some rows still opens: each is tried, with whatever keys are still about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.key_encryption import KeyEncryption, KeyUnavailable
from adapters.postgres.fences import Fences
from adapters.postgres.keys import bound
from adapters.postgres.views.registry import Line
from adapters.sealing import DataKey, KeyName, Place, Spoiled, open_with

LEFT = """
SELECT subject, purpose, epoch, kek_epoch, wrapped
FROM subject_keys JOIN unnest(%s::text[], %s::text[]) AS wanted(subject, purpose) USING (subject, purpose)
"""
"""Those behind a fence, too: whether any is there is what is asked."""


class Fate(StrEnum):
    """What becomes of a personal value when somebody tries to open it."""

    OPEN = "open"
    FORGOTTEN = "forgotten"
    RECALLED = "recalled"
    LOST = "lost"
    SPOILED = "spoiled"


class Trial:
    """`line` reads the log's schema. What was fenced before the trial must not open any more.

    What is fenced since may: its keys are about to be destroyed.
    """

    def __init__(self, line: Line, encryption: KeyEncryption) -> None:
        self._line, self._encryption = line, encryption
        self._fenced, self._since = Fences(), Fences()
        self._fenced.look(line)

    def of(self, texts: Iterable[str]) -> Counter[Fate]:
        """The fates of all values in sealed columns. No key is kept beyond the call."""
        tried = [each for text in texts for each in _enclosed(text)]
        if not tried:
            return Counter()
        names = {KeyName(envelope["subject"], envelope["purpose"]) for *_, envelope in tried}
        columns = [name.subject for name in names], [name.purpose for name in names]
        rows = self._line.execute(LEFT, columns, prepare=True, binary=True).fetchall()
        wrapped = {(KeyName(subject, purpose), epoch): (kek, key) for subject, purpose, epoch, kek, key in rows}
        self._since.look(self._line)  # after the keys: whoever has none by then was fenced before
        keys: dict[tuple[KeyName, int], DataKey | None] = {}
        for wanted, (kek, key) in wrapped.items():
            keys[wanted] = self._unwrapped(*wanted, kek, key)
        return Counter(self._fate(place, path, envelope, keys) for place, path, envelope in tried)

    def _unwrapped(self, name: KeyName, epoch: int, kek: int, key: bytes) -> DataKey | None:
        """None where it is of no use any more. Raises KeyUnavailable where it should be."""
        try:
            return DataKey(epoch, AESGCM(self._encryption.unwrap(kek, key, bound(name, epoch))))
        except KeyUnavailable:
            if self._since.cover(name):
                return None
            raise

    def _fate(
        self, place: Place, path: str, envelope: dict[str, Any], keys: dict[tuple[KeyName, int], DataKey | None]
    ) -> Fate:
        name = KeyName(envelope["subject"], envelope["purpose"])
        key = keys.get((name, envelope["epoch"]))
        if key is None:
            return Fate.FORGOTTEN if self._since.cover(name) else Fate.LOST
        try:
            open_with(key, envelope, place, path)
        except Spoiled:
            return Fate.SPOILED
        return Fate.RECALLED if self._fenced.cover(name) else Fate.OPEN


def _enclosed(text: str) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """One field, or several by their names."""
    parts = orjson.loads(text)
    for topic, stream, version, path, envelope in parts.values() if isinstance(parts, dict) else (parts,):
        yield (topic, stream, version), path, envelope
