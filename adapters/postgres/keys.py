"""The keys of subjects: made with their first sealed fact, never silently again, cached for a minute.

What is fenced opens no more from the commit of its fact on, whoever still has the key.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import AsyncConnection, Connection

from adapters.key_encryption import KEY_BYTES, KeyEncryption
from adapters.key_file import keys_in
from adapters.keyed_word import KeyedWords
from adapters.postgres.schema import connect
from adapters.sealing import DataKey, KeyName, Opener, Place, open_with
from domain.personal import Forgotten, Masked, Withheld

CACHED_SECONDS = 60.0
CAPACITY = 50_000

FIND = """
SELECT subject, purpose, epoch, kek_epoch, wrapped
FROM subject_keys k JOIN unnest(%b::text[], %b::text[]) AS wanted(subject, purpose) USING (subject, purpose)
WHERE NOT EXISTS (SELECT FROM subject_fences f WHERE f.subject = k.subject AND k.purpose = ANY (f.purposes))
ORDER BY epoch
"""
"""Of those that are still about behind a fence none, so that nobody takes one into memory any more."""

MAKE = """
INSERT INTO subject_keys (subject, purpose, epoch, kek_epoch, wrapped)
SELECT made.subject, made.purpose, 1, %b, made.wrapped
FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS made(subject, purpose, wrapped)
WHERE NOT EXISTS (SELECT FROM subject_fences f WHERE f.subject = made.subject)
ON CONFLICT DO NOTHING
"""
MASKED = "SELECT subject, purposes, withheld FROM masked_subjects(%b::text[])"

ANY_KEY = "SELECT subject, purpose, epoch, kek_epoch, wrapped FROM subject_keys ORDER BY kek_epoch DESC LIMIT 1"


def opened_keys(url: str, schema: str, folder: Path) -> KeyEncryption:
    """The key-encryption keys that belong to the schema. Raises KeyUnavailable rather than start with others."""
    with connect(url, schema) as connection:
        row = connection.execute(ANY_KEY).fetchone()
    keys = keys_in(folder, first_start=row is None)
    if row is not None:
        subject, purpose, epoch, kek_epoch, wrapped = row
        keys.unwrap(kek_epoch, wrapped, bound(KeyName(subject, purpose), epoch))
    return keys


class KeyMissing(Exception):
    """A key is gone though its subject was never forgotten: an incident, not a mask."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What is not opened: of the fenced their purposes, of the withheld everything."""

    fenced: Mapping[str, frozenset[str]]
    withheld: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, list[str], bool]], *, withheld_too: bool) -> Masks:
        """`withheld_too`: whoever asks may see what is withheld."""
        told = [*rows]
        return cls(
            {subject: frozenset(purposes) for subject, purposes, withheld in told if not withheld},
            frozenset() if withheld_too else frozenset(subject for subject, _, withheld in told if withheld),
        )

    def on(self, name: KeyName) -> Masked | None:
        """What stands in the place of a value under this key; None where it is opened."""
        if name.purpose in self.fenced.get(name.subject, ()):
            return Forgotten(name.subject)
        return Withheld(name.subject) if name.subject in self.withheld else None


NO_MASKS = Masks({}, frozenset())

Epochs = Mapping[int, DataKey]


class Keyring:
    """Data keys by subject and purpose over one connection; sealing takes the newest epoch.

    Other threads may have it drop keys at any time: what a call has found is its own until it is done.
    """

    def __init__(self, encryption: KeyEncryption) -> None:
        self._encryption, self.keyed = encryption, KeyedWords(encryption)
        self._cached: dict[KeyName, tuple[float, Epochs]] = {}
        """Each with when it lapses, the first first."""
        self._gone = set[KeyName]()
        self._keeps = True
        self._lock = threading.Lock()

    def drop(self, names: Iterable[KeyName]) -> None:
        """Drop these keys for good: a look that began earlier brings none of them back."""
        with self._lock:
            for name in names:
                self._gone.add(name)
                self._cached.pop(name, None)

    def lapse(self) -> None:
        """Drop what was kept long enough."""
        with self._lock:
            self._lapse()

    def keep(self, *, nothing: bool) -> None:
        """From now on keep what is found, or nothing, not even what was found before."""
        with self._lock:
            self._keeps = not nothing
            if nothing:
                self._cached = {}

    async def for_sealing(self, connection: AsyncConnection[Any], names: set[KeyName]) -> dict[KeyName, DataKey]:
        """A key for each name, new ones made in one transaction; a fenced subject's name is left out."""
        found = await self._found(connection, names)
        if absent := names - found.keys():
            await self._make(connection, [*absent])
            found |= await self._found(connection, absent)
        return {name: epochs[max(epochs)] for name, epochs in found.items()}

    async def opener(
        self, connection: AsyncConnection[Any], names: set[KeyName], *, withheld_too: bool = False
    ) -> Opener:
        """An opener that knows these names: the value, or a mask; else KeyMissing.

        `withheld_too`: whoever asks may see what is withheld.
        """
        found = await self._found(connection, names)
        masks = await self._masks(connection, names, withheld_too=withheld_too)

        def opened(envelope: dict[str, Any], place: Place, path: str) -> Any:
            name, epoch = KeyName(envelope["subject"], envelope["purpose"]), envelope["epoch"]
            if (mask := masks.on(name)) is not None:
                return mask
            return open_with(_key(found.get(name, {}), name, epoch), envelope, place, path)

        return opened

    async def for_opening(
        self, connection: AsyncConnection[Any], name: KeyName, epoch: int, *, withheld_too: bool = False
    ) -> DataKey | Masked:
        """The key of one epoch, or the mask that stands for what it opens; else KeyMissing."""
        found = await self._found(connection, {name})
        masks = await self._masks(connection, {name}, withheld_too=withheld_too)
        return masks.on(name) or _key(found.get(name, {}), name, epoch)

    async def _masks(self, connection: AsyncConnection[Any], names: set[KeyName], *, withheld_too: bool) -> Masks:
        """Looked at after the keys: whatever is fenced by now is not opened with what was found before."""
        if not names:
            return NO_MASKS
        cursor = await connection.execute(MASKED, (list({name.subject for name in names}),), prepare=True)
        masks = Masks.of(await cursor.fetchall(), withheld_too=withheld_too)
        if masks.fenced:
            self.drop(name for name in names if isinstance(masks.on(name), Forgotten))
        return masks

    async def _found(self, connection: AsyncConnection[Any], names: set[KeyName]) -> dict[KeyName, Epochs]:
        now = time.monotonic()
        with self._lock:
            held = {name: self._cached.get(name, (0.0, {})) for name in names}
        found = {name: epochs for name, (until, epochs) in held.items() if until >= now}
        if wanted := [name for name in names if name not in found]:
            looked = await self._look(connection, wanted)
            self._keep(looked, now + CACHED_SECONDS)
            found |= looked
        return found

    async def _look(self, connection: AsyncConnection[Any], wanted: list[KeyName]) -> dict[KeyName, Epochs]:
        cursor = await connection.execute(
            FIND, ([n.subject for n in wanted], [n.purpose for n in wanted]), prepare=True
        )
        found: dict[KeyName, dict[int, DataKey]] = {}
        for subject, purpose, epoch, kek_epoch, wrapped in await cursor.fetchall():
            name = KeyName(subject, purpose)
            plain = self._encryption.unwrap(kek_epoch, wrapped, bound(name, epoch))
            found.setdefault(name, {})[epoch] = DataKey(epoch, AESGCM(plain))
        return {**found}

    def _keep(self, found: Mapping[KeyName, Epochs], until: float) -> None:
        with self._lock:
            if not self._keeps:
                return
            self._lapse()
            for name, epochs in found.items():
                if name not in self._gone:
                    self._cached.pop(name, None)
                    self._cached[name] = until, epochs
            while len(self._cached) > CAPACITY:
                del self._cached[next(iter(self._cached))]

    def _lapse(self) -> None:
        now = time.monotonic()
        while self._cached and self._cached[first := next(iter(self._cached))][0] < now:
            del self._cached[first]

    async def _make(self, connection: AsyncConnection[Any], names: list[KeyName]) -> None:
        fresh = {name: os.urandom(KEY_BYTES) for name in names}
        await connection.execute(MAKE, wrapping(self._encryption, fresh), prepare=True)


def wrapping(encryption: KeyEncryption, plain: Mapping[KeyName, bytes]) -> tuple[Any, ...]:
    """The parameters with which new keys are stored."""
    epoch = encryption.epoch
    wrapped = [encryption.wrap(key, bound(name, 1), epoch) for name, key in plain.items()]
    return epoch, [name.subject for name in plain], [name.purpose for name in plain], wrapped


def opener_of(
    connection: Connection[Any], encryption: KeyEncryption, names: Iterable[KeyName], *, withheld_too: bool = False
) -> Opener:
    """The same over a connection that waits; it keeps no key longer than itself, and opens one when it is needed."""
    wanted = list(names)
    rows = connection.execute(FIND, ([n.subject for n in wanted], [n.purpose for n in wanted]), binary=True).fetchall()
    wrapped = {(KeyName(subject, purpose), epoch): (kek, key) for subject, purpose, epoch, kek, key in rows}
    told = connection.execute(MASKED, (list({n.subject for n in wanted}),)).fetchall() if wanted else []
    masks, keys = Masks.of(told, withheld_too=withheld_too), dict[tuple[KeyName, int], DataKey]()

    def opened(envelope: dict[str, Any], place: Place, path: str) -> Any:
        name, epoch = KeyName(envelope["subject"], envelope["purpose"]), envelope["epoch"]
        if (mask := masks.on(name)) is not None:
            return mask
        if (name, epoch) not in wrapped:
            raise KeyMissing(_missing(name, epoch))
        if (name, epoch) not in keys:
            kek_epoch, key = wrapped[name, epoch]
            keys[name, epoch] = DataKey(epoch, AESGCM(encryption.unwrap(kek_epoch, key, bound(name, epoch))))
        return open_with(keys[name, epoch], envelope, place, path)

    return opened


def _key(epochs: Epochs, name: KeyName, epoch: int) -> DataKey:
    """Raises KeyMissing: no fence says why it is not there."""
    if epoch not in epochs:
        raise KeyMissing(_missing(name, epoch))
    return epochs[epoch]


def _missing(name: KeyName, epoch: int) -> str:
    return f"subject {name.subject}, {name.purpose}, epoch {epoch}"


def bound(name: KeyName, epoch: int) -> bytes:
    return f"{name.subject}\n{name.purpose}\n{epoch}".encode()
