"""Facts as they lie in a log, each sealed: plain to those who read JSON, enclosed to those who pass them on."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection

from adapters.clock import now
from adapters.key_encryption import Epoch, KeyEncryption
from adapters.key_file import KeyFile
from adapters.keyed_word import KeyedWords
from adapters.postgres.keys import MAKE, opener_of, wrapping
from adapters.sealing import (
    DataKey,
    Enclosed,
    KeyName,
    Opener,
    Place,
    enclose,
    is_envelope,
    keys_needed,
    open_with,
    restore,
    seal,
)
from domain.fact import Fact, personal_fields

STORE = """
INSERT INTO facts
SELECT f.stream, f.version, f.topic, f.state, f.position, f.event_id, f.recorded_at, f.happened_at, f.actor,
       'desk', NULL, '', '', ''
FROM unnest(%s::text[], %s::int8[], %s::text[], %s::bytea[], %s::int8[], %s::uuid[], %s::timestamptz[],
            %s::timestamptz[], %s::text[])
     AS f(stream, version, topic, state, position, event_id, recorded_at, happened_at, actor)
"""
LOG = """
SELECT originator_id, originator_version, notification_id, topic, happened_at, recorded_at, actor, state
FROM facts ORDER BY notification_id
"""


class Entry(NamedTuple):
    """One fact of the log, personal fields enclosed, and the bytes that it lies there as."""

    fact: Fact[Any]
    state: bytes

    @property
    def plain(self) -> dict[str, Any]:
        fact = self.fact
        return plain(
            fact.stream,
            fact.version,
            fact.position,
            fact.event.topic,
            fact.happened_at,
            fact.recorded_at,
            fact.actor,
            self.state,
        )


def plain(
    stream: str, version: int, position: int, topic: str, happened_at: Any, recorded_at: Any, actor: str, state: bytes
) -> dict[str, Any]:
    """A fact as JSON has it."""
    return {
        "stream": stream,
        "version": version,
        "position": position,
        "topic": topic,
        "happened_at": happened_at.isoformat(),
        "recorded_at": recorded_at.isoformat(),
        "actor": actor,
        "body": json.loads(state),
    }


class Lock(KeyFile):
    """A key-encryption key that lies in no file."""

    def __init__(self) -> None:
        self._folder, self.epoch, self._root = Path(), 1, os.urandom(32)
        self._keys, self._epochs = {1: self._root}, {1: Epoch(1, now())}


LOCK = Lock()


class Keys(dict[KeyName, DataKey]):
    """A key for everybody who is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.plain: dict[KeyName, bytes] = {}

    def __missing__(self, name: KeyName) -> DataKey:
        self.plain[name] = os.urandom(32)
        return self.setdefault(name, DataKey(1, AESGCM(self.plain[name])))


KEYS = Keys()
"""Of everybody, in all logs of these tests."""


@dataclass(frozen=True)
class Secrets:
    """What models hear in the clear, and what anybody would who has the keys."""

    keyed: KeyedWords
    opener: Opener

    def opened(self, fact: Fact[Any]) -> Fact[Any]:
        values = {name: getattr(fact.event, name) for name in personal_fields(type(fact.event))}
        sealed = {name: each for name, each in values.items() if isinstance(each, Enclosed)}
        plain = {name: self.opener(dict(each.envelope), each.place, each.path) for name, each in sealed.items()}
        return fact._replace(event=fact.event.model_copy(update=plain))

    def read(self, fact: Mapping[str, Any], field: str) -> str | None:
        """A field of a fact that is as JSON has it; nothing where it is forgotten."""
        envelope = fact["body"].get(field)
        if not is_envelope(envelope):
            return None
        found = self.opener(envelope, (fact["topic"], fact["stream"], fact["version"]), field)
        return found if isinstance(found, str) else None


def _open_to_all(envelope: dict[str, Any], place: Place, path: str) -> Any:
    return open_with(KEYS[KeyName(envelope["subject"], envelope["purpose"])], envelope, place, path)


SECRETS = Secrets(KeyedWords(LOCK, LOCK.epoch), _open_to_all)


def secrets_of(connection: Connection[Any], keys: KeyEncryption) -> Secrets:
    """Those of a service that has made keys of its own."""
    rows = connection.execute("SELECT subject, purpose FROM subject_keys").fetchall()
    return Secrets(KeyedWords(keys, keys.epoch), opener_of(connection, keys, [KeyName(*row) for row in rows]))


def entered(facts: Iterable[Fact[Any]], keys: Mapping[KeyName, DataKey] = KEYS) -> list[Entry]:
    """Facts with their words in them as entries of a log."""
    return [_entered(fact, keys) for fact in facts]


def _entered(fact: Fact[Any], keys: Mapping[KeyName, DataKey]) -> Entry:
    held = {name: keys[name] for name in keys_needed(fact.event)}
    state = seal(fact.event, fact.stream, fact.version, held)
    event = restore(fact.event.topic, fact.stream, fact.version, state, enclose)
    return Entry(fact._replace(event=event), state)


def store(connection: Connection[Any], entries: Sequence[Entry]) -> None:
    """Put the entries behind what the log holds, at the positions they have."""
    if not entries:
        return
    facts = [entry.fact for entry in entries]
    columns = (
        [fact.stream for fact in facts],
        [fact.version for fact in facts],
        [fact.event.topic for fact in facts],
        [entry.state for entry in entries],
        [fact.position for fact in facts],
        [uuid.uuid4() for _ in facts],
        [fact.recorded_at for fact in facts],
        [fact.happened_at for fact in facts],
        [fact.actor for fact in facts],
    )
    with connection.transaction():
        connection.execute(STORE, columns)
        connection.execute(MAKE, wrapping(LOCK, KEYS.plain))
        last = facts[-1]
        connection.execute("UPDATE head SET position = %s, recorded_at = %s", (last.position, last.recorded_at))


def lying(connection: Connection[Any]) -> list[dict[str, Any]]:
    """Every fact that the log holds, as JSON has it."""
    return [plain(*row) for row in connection.execute(LOG).fetchall()]
