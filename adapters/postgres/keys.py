"""The keys of subjects: made with their first sealed fact, never silently again, cached for a minute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import AsyncConnection, Connection

from adapters.key_encryption import KEY_BYTES, KeyEncryption, KeyFile
from adapters.keyed_word import KeyedWords
from adapters.postgres.schema import connect
from adapters.sealing import DataKey, KeyName, Opener, Place, open_with
from domain.personal import Forgotten

CACHED_SECONDS = 60.0
CAPACITY = 50_000

FIND = """
SELECT subject, purpose, epoch, kek_epoch, wrapped
FROM subject_keys JOIN unnest(%b::text[], %b::text[]) AS wanted(subject, purpose) USING (subject, purpose)
ORDER BY epoch
"""
MAKE = """
INSERT INTO subject_keys (subject, purpose, epoch, kek_epoch, wrapped)
SELECT made.subject, made.purpose, 1, %b, made.wrapped
FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS made(subject, purpose, wrapped)
WHERE NOT EXISTS (SELECT FROM subject_fences f WHERE f.subject = made.subject)
ON CONFLICT DO NOTHING
"""
FENCED = "SELECT subject FROM subject_fences WHERE subject = ANY (%b::text[])"

ANY_KEY = "SELECT subject, purpose, epoch, kek_epoch, wrapped FROM subject_keys ORDER BY kek_epoch DESC LIMIT 1"


def opened_keys(url: str, schema: str, folder: Path) -> KeyFile:
    """The key-encryption keys that belong to the schema. Raises KeyUnavailable rather than start with others."""
    with connect(url, schema) as connection:
        row = connection.execute(ANY_KEY).fetchone()
    keys = KeyFile.opened(folder, first_start=row is None)
    if row is not None:
        subject, purpose, epoch, kek_epoch, wrapped = row
        keys.unwrap(kek_epoch, wrapped, _bound(KeyName(subject, purpose), epoch))
    return keys


class KeyMissing(Exception):
    """A key is gone though its subject was never forgotten: an incident, not a mask."""


class Keyring:
    """Data keys by subject and purpose over one connection; sealing takes the newest epoch."""

    def __init__(self, encryption: KeyEncryption) -> None:
        self._encryption, self.keyed = encryption, KeyedWords(encryption)
        self._cached: dict[KeyName, tuple[float, dict[int, DataKey]]] = {}

    def forget_cached(self, subjects: Iterable[str] | None = None) -> None:
        """Drop keys from memory: of some subjects, or all."""
        gone = None if subjects is None else set(subjects)
        self._cached = {} if gone is None else {n: k for n, k in self._cached.items() if n.subject not in gone}

    async def for_sealing(self, connection: AsyncConnection[Any], names: set[KeyName]) -> dict[KeyName, DataKey]:
        """A key for each name, new ones made in one transaction; a fenced subject's name is left out."""
        await self._fetch(connection, names)
        absent = [name for name in names if name not in self._cached]
        if absent:
            await self._make(connection, absent)
            await self._fetch(connection, set(absent))
        held = {name: self._cached[name][1] for name in names if name in self._cached}
        return {name: epochs[max(epochs)] for name, epochs in held.items()}

    async def opener(
        self, connection: AsyncConnection[Any], names: set[KeyName]
    ) -> Callable[[dict[str, Any], Place, str], Any]:
        """An opener that knows these names: the value, or the mask of the forgotten; else KeyMissing."""
        await self._fetch(connection, names)
        missing = [name.subject for name in names if name not in self._cached]
        fenced = await self._fenced(connection, missing) if missing else frozenset()

        def opened(envelope: dict[str, Any], place: Place, path: str) -> Any:
            name = KeyName(envelope["subject"], envelope["purpose"])
            key = self._cached.get(name, (0.0, {}))[1].get(envelope["epoch"])
            return _masked(name, envelope, fenced) if key is None else open_with(key, envelope, place, path)

        return opened

    async def for_opening(self, connection: AsyncConnection[Any], name: KeyName, epoch: int) -> DataKey | None:
        """The key of one epoch; None where its subject was forgotten, else KeyMissing."""
        await self._fetch(connection, {name})
        key = self._cached.get(name, (0.0, {}))[1].get(epoch)
        if key is None and name.subject not in await self._fenced(connection, [name.subject]):
            raise KeyMissing(f"subject {name.subject}, {name.purpose}, epoch {epoch}")
        return key

    async def _fenced(self, connection: AsyncConnection[Any], subjects: list[str]) -> frozenset[str]:
        cursor = await connection.execute(FENCED, (subjects,))
        return frozenset(subject for (subject,) in await cursor.fetchall())

    async def _fetch(self, connection: AsyncConnection[Any], names: set[KeyName]) -> None:
        now = time.monotonic()
        wanted = []
        for name in names:
            held = self._cached.get(name)
            if held is None or held[0] < now:
                self._cached.pop(name, None)
                wanted.append(name)
        if not wanted:
            return
        if len(self._cached) + len(wanted) > CAPACITY:
            self._cached = {name: self._cached[name] for name in names if name in self._cached}
        cursor = await connection.execute(
            FIND, ([n.subject for n in wanted], [n.purpose for n in wanted]), prepare=True
        )
        for subject, purpose, epoch, kek_epoch, wrapped in await cursor.fetchall():
            name = KeyName(subject, purpose)
            plain = self._encryption.unwrap(kek_epoch, wrapped, _bound(name, epoch))
            _, epochs = self._cached.setdefault(name, (now + CACHED_SECONDS, {}))
            epochs[epoch] = DataKey(epoch, AESGCM(plain))

    async def _make(self, connection: AsyncConnection[Any], names: list[KeyName]) -> None:
        fresh = {name: os.urandom(KEY_BYTES) for name in names}
        await connection.execute(MAKE, wrapping(self._encryption, fresh), prepare=True)


def wrapping(encryption: KeyEncryption, plain: Mapping[KeyName, bytes]) -> tuple[Any, ...]:
    """The parameters with which new keys are stored."""
    wrapped = [encryption.wrap(key, _bound(name, 1)) for name, key in plain.items()]
    return encryption.epoch, [name.subject for name in plain], [name.purpose for name in plain], wrapped


def opener_of(connection: Connection[Any], encryption: KeyEncryption, names: Iterable[KeyName]) -> Opener:
    """The same over a connection that waits; it keeps no key longer than itself, and opens one when it is needed."""
    wanted = list(names)
    rows = connection.execute(FIND, ([n.subject for n in wanted], [n.purpose for n in wanted]), binary=True).fetchall()
    wrapped = {(KeyName(subject, purpose), epoch): (kek, key) for subject, purpose, epoch, kek, key in rows}
    without = {name.subject for name in wanted} - {name.subject for name, _ in wrapped}
    rows = connection.execute(FENCED, (list(without),)).fetchall() if without else []
    fenced, keys = frozenset(subject for (subject,) in rows), dict[tuple[KeyName, int], DataKey]()

    def opened(envelope: dict[str, Any], place: Place, path: str) -> Any:
        name, epoch = KeyName(envelope["subject"], envelope["purpose"]), envelope["epoch"]
        if (name, epoch) not in wrapped:
            return _masked(name, envelope, fenced)
        if (name, epoch) not in keys:
            kek_epoch, key = wrapped[name, epoch]
            keys[name, epoch] = DataKey(epoch, AESGCM(encryption.unwrap(kek_epoch, key, _bound(name, epoch))))
        return open_with(keys[name, epoch], envelope, place, path)

    return opened


def _masked(name: KeyName, envelope: dict[str, Any], fenced: frozenset[str]) -> Forgotten:
    """What stands where there is no key. Raises KeyMissing where no fence says why."""
    if name.subject not in fenced:
        raise KeyMissing(f"subject {name.subject}, {name.purpose}, epoch {envelope['epoch']}")
    return Forgotten(name.subject)


def _bound(name: KeyName, epoch: int) -> bytes:
    return f"{name.subject}\n{name.purpose}\n{epoch}".encode()
