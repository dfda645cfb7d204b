"""Facts as they lie in a log, each sealed: plain to those who read JSON, enclosed to those who pass them on."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection

from adapters.sealing import DataKey, KeyName, enclose, keys_needed, restore, seal
from domain.fact import Fact

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


class Keys(dict[KeyName, DataKey]):
    """A key for everybody who is asked about."""

    def __missing__(self, name: KeyName) -> DataKey:
        return self.setdefault(name, DataKey(1, AESGCM(os.urandom(32))))


def entered(facts: Iterable[Fact[Any]], keys: Mapping[KeyName, DataKey] | None = None) -> list[Entry]:
    """Facts with their words in them as entries of a log."""
    return [_entered(fact, Keys() if keys is None else keys) for fact in facts]


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
        last = facts[-1]
        connection.execute("UPDATE head SET position = %s, recorded_at = %s", (last.position, last.recorded_at))


def lying(connection: Connection[Any]) -> list[dict[str, Any]]:
    """Every fact that the log holds, as JSON has it."""
    return [plain(*row) for row in connection.execute(LOG).fetchall()]
