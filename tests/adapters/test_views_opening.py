"""A read model may hear personal fields in the clear: forgotten ones as such, and none where a key is only missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from logbook import LOCK, SECRETS, Lock, entered, store
from psycopg import Connection
from rows import stored
from specification import LONG_AGO

from adapters.composition import Place
from adapters.key_encryption import KeyEncryption
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import rebuild, registry
from adapters.postgres.views.convoy import Poisoned
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import State
from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.fact import Fact
from domain.values import DirectoryId, SubjectId
from projections.clients.client_file import CLIENT_FILE
from projections.clients.contact_search import CONTACT_SEARCH

NAMES = {"ada": "Ada", "bob": "Bob", "cyril": "Cyril"}
MODELS = [CONTACT_SEARCH, CLIENT_FILE]


class Log:
    """Three contacts, each its own subject, and read models of what they are called."""

    def __init__(self, place: Place) -> None:
        self.url, self.schema = place.postgres_url, place.settings.schema_name
        migrate(self.url, self.schema)
        self.line: Connection[Any] = connect(self.url, self.schema)
        store(self.line, entered(opened(n, id) for n, id in enumerate(NAMES, 1)))

    def follow(self, keys: KeyEncryption = LOCK) -> None:
        """As a new process does."""
        engine = Engine(self.url, self.schema, MODELS, keys)
        for _ in range(8):
            engine.tick()
        engine.close()

    def lose(self, subject: str) -> None:
        """The key alone: an incident."""
        self.line.execute("CREATE TABLE IF NOT EXISTS lost (LIKE subject_keys)")
        gone = "DELETE FROM subject_keys WHERE subject = %s RETURNING *"
        self.line.execute(f"WITH gone AS ({gone}) INSERT INTO lost SELECT * FROM gone", (subject,))  # noqa: S608 - ours

    def find_again(self) -> None:
        self.line.execute("INSERT INTO subject_keys SELECT * FROM lost")

    def forget(self, subject: str) -> None:
        self.lose(subject)
        self.line.execute("INSERT INTO subject_fences (subject) VALUES (%s)", (subject,))

    @property
    def found(self) -> set[str]:
        """Who is found by a whole name."""
        tokens = {SECRETS.keyed(name.lower()): id for id, name in NAMES.items()}
        rows = stored(self.line, [CONTACT_SEARCH])["contact_tokens"]
        return {tokens[token] for _, _, token in rows if token in tokens}

    @property
    def parked(self) -> dict[str, str]:
        waiting = registry.parked(self.url, self.schema)
        assert {each.name for each in waiting} <= {CONTACT_SEARCH.name}
        return {each.stream: each.error for each in waiting}


def opened(n: int, id: str) -> Fact[Any]:
    event = ContactOpened(
        directory=DirectoryId("d"), subject=SubjectId(f"of-{id}"), kind=ContactKind.PERSON, name=NAMES[id]
    )
    return Fact(CONTACT.stream(id), 1, event, LONG_AGO, LONG_AGO, "system", n)


@pytest.fixture
def log(place: Place) -> Iterator[Log]:
    found = Log(place)
    yield found
    found.line.close()


def test_who_is_known_is_found(log: Log) -> None:
    log.follow()
    assert log.found == set(NAMES)


def test_the_forgotten_are_found_by_nothing_and_nobody_waits_for_them(log: Log) -> None:
    log.forget("of-bob")
    log.follow()
    assert log.found == {"ada", "cyril"}
    assert log.parked == {}


def test_after_a_rebuild_nothing_finds_who_was_forgotten_since(log: Log) -> None:
    log.follow()
    log.forget("of-bob")
    rebuild.rebuild(log.url, log.schema, MODELS, LOCK)
    assert log.found == {"ada", "cyril"}


def test_a_key_that_is_only_missing_parks_its_stream_in_that_model_until_it_is_there_again(log: Log) -> None:
    log.lose("of-bob")
    log.follow()
    assert log.found == {"ada", "cyril"}
    assert log.parked == {"contact-bob": "KeyMissing"}
    assert len(stored(log.line, [CLIENT_FILE])["contacts"]) == 3
    log.find_again()
    log.follow()
    assert log.found == set(NAMES)
    assert log.parked == {}


def test_nothing_is_made_anew_without_a_key_that_is_only_missing(log: Log) -> None:
    log.follow()
    log.lose("of-bob")
    with pytest.raises(Poisoned, match="KeyMissing"):
        rebuild.rebuild(log.url, log.schema, [CONTACT_SEARCH], LOCK)
    assert log.found == set(NAMES)


def test_with_another_key_encryption_key_everything_waits_and_nothing_is_guessed(log: Log) -> None:
    log.follow(Lock())
    assert log.found == set()
    assert log.parked == {CONTACT.stream(id): "KeyUnavailable" for id in NAMES}
    assert {v.state for v in registry.versions(log.line)} == {State.ACTIVE}
    log.follow()
    assert log.found == set(NAMES)


def test_a_model_that_opens_is_not_followed_without_keys(log: Log) -> None:
    with closing(Engine(log.url, log.schema, MODELS)) as engine, pytest.raises(AssertionError, match="takes the keys"):
        engine.tick()


def test_keys_of_nobody_are_asked_for_where_no_model_opens(log: Log) -> None:
    log.line.execute("ALTER TABLE subject_keys RENAME TO hidden_keys")
    engine = Engine(log.url, log.schema, [CLIENT_FILE], LOCK)
    for _ in range(8):
        engine.tick()
    engine.close()
    assert len(stored(log.line, [CLIENT_FILE])["contacts"]) == 3
    log.line.execute("ALTER TABLE hidden_keys RENAME TO subject_keys")
