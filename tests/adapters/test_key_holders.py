"""Whoever has keys, or what they open, on its way drops it at a fence and says so; and is taken at its word alone."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from logbook import LOCK, entered, store
from psycopg import Connection
from specification import LONG_AGO

from adapters.composition import Place, mailing, serving, viewing
from adapters.postgres.key_holders import TRY, acknowledged, holding
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.schema import connect, connect_async, migrate
from adapters.postgres.views import rebuild
from adapters.postgres.views.engine import Engine
from adapters.sealing import KeyName
from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.fact import Fact
from domain.values import DirectoryId, SubjectId
from projections.clients.client_file import CLIENT_FILE
from projections.clients.contact_search import CONTACT_SEARCH

PATIENCE_SECONDS = 15.0
AT = datetime(2024, 6, 3, 10, tzinfo=UTC)
NAME = KeyName("s1", "profile")


class Ring:
    """A schema in which somebody has a key, and a process that has it in memory."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.url, self.schema = place.postgres_url, place.settings.schema_name
        migrate(self.url, self.schema)
        self.line: Connection[Any] = connect(self.url, self.schema)
        self.keyring = Keyring(opened_keys(self.url, self.schema, place.keys))
        self.position = 0

    def take(self) -> None:
        """Have the key in memory, if it may be had."""

        async def take() -> None:
            async with await connect_async(self.url, self.schema) as connection:
                await self.keyring.for_sealing(connection, {NAME})

        asyncio.run(take())

    @property
    def held(self) -> bool:
        return NAME in self.keyring._cached

    def fence(self) -> int:
        """As the fact does; at which position."""
        self.position += 1
        with self.line.transaction():
            self.line.execute("UPDATE head SET position = %s", (self.position,))
            self.line.execute("INSERT INTO subject_fences (subject, position) VALUES ('s1', %s)", (self.position,))
        return self.position

    def join(self, *, seen: str = "0", writes: bool = False) -> str:
        """A holder that was seen so long ago and has heard of nothing since."""
        id = str(uuid4())
        self.line.execute(
            "INSERT INTO key_holders VALUES (%s, 'other', %s, 0, clock_timestamp() - %s::interval)", (id, writes, seen)
        )
        return id

    def fenced(self, ago: str) -> None:
        self.line.execute("UPDATE subject_fences SET fenced_at = clock_timestamp() - %s::interval", (ago,))

    @property
    def holders(self) -> list[tuple[str, str]]:
        return self.line.execute("SELECT name, holder::text FROM key_holders ORDER BY name").fetchall()

    def missing(self, position: int) -> list[str]:
        return [each.name for each in acknowledged(self.line, position).missing]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def ring(place: Place) -> Iterator[Ring]:
    found = Ring(place)
    yield found
    found.line.close()


def test_a_process_drops_what_is_fenced_and_then_acknowledges_it(ring: Ring) -> None:
    with holding(ring.url, ring.schema, "service", [ring.keyring]):
        ring.take()
        assert ring.held
        position = ring.fence()
        until(lambda: ring.missing(position) == [])
        assert not ring.held
        (holder,) = acknowledged(ring.line, position).acknowledged
        assert (holder.name, holder.heard, holder.lapsed) == ("service", position, False)
        ring.take()
        assert not ring.held


def test_what_nobody_fenced_is_kept(ring: Ring) -> None:
    with holding(ring.url, ring.schema, "service", [ring.keyring]):
        ring.take()
        ring.line.execute("UPDATE head SET position = 5")
        until(lambda: ring.missing(5) == [])
        assert ring.held


def test_whoever_has_not_heard_of_it_is_missing(ring: Ring) -> None:
    ring.join()
    position = ring.fence()
    assert ring.missing(position) == ["other"]
    assert ring.missing(position - 1) == []


@pytest.mark.parametrize(
    ("seen", "fenced", "missing"),
    [("80s", "80s", []), ("60s", "80s", ["other"]), ("80s", "60s", ["other"]), ("0", "80s", ["other"])],
)
def test_whoever_was_not_seen_since_for_longer_than_keys_are_kept_has_none(
    ring: Ring, seen: str, fenced: str, missing: list[str]
) -> None:
    holder = ring.join(seen=seen)
    with connect(ring.url, ring.schema) as theirs:
        theirs.execute(TRY, (holder,))
        position = ring.fence()
        ring.fenced(fenced)
        assert ring.missing(position) == missing
        assert [each.lapsed for each in acknowledged(ring.line, position).acknowledged] == [True] * (1 - len(missing))


@pytest.mark.parametrize(("seen", "missing"), [("11s", []), ("5s", ["other"])])
def test_whoever_was_killed_is_not_waited_for(ring: Ring, seen: str, missing: list[str]) -> None:
    ring.join(seen=seen)
    assert ring.missing(ring.fence()) == missing


def test_whoever_could_still_store_something_has_not_lapsed(ring: Ring) -> None:
    engine = Engine(ring.url, ring.schema, [CLIENT_FILE])
    engine.tick()
    position = ring.fence()
    ring.fenced("80s")
    ring.line.execute("UPDATE key_holders SET seen_at = clock_timestamp() - interval '1 hour'")
    assert ring.missing(position) == ["views"]
    lines = engine._lines
    assert lines is not None
    ring.line.execute("SELECT pg_terminate_backend(%s)", (lines.writing.info.backend_pid,))
    until(lambda: ring.missing(position) == [])
    engine.close()


def test_who_is_long_gone_is_removed_when_somebody_joins(ring: Ring) -> None:
    gone, away = ring.join(seen="25h"), ring.join(seen="23h")
    with holding(ring.url, ring.schema, "service", [ring.keyring]):
        assert gone not in dict(ring.holders).values()
        assert away in dict(ring.holders).values()


def test_a_process_that_leaves_keeps_nothing_and_is_no_longer_asked(ring: Ring) -> None:
    with holding(ring.url, ring.schema, "service", [ring.keyring]):
        ring.take()
        assert [name for name, _ in ring.holders] == ["service"]
    assert ring.holders == []
    assert not ring.held


def test_while_it_cannot_look_a_process_keeps_nothing_and_then_it_is_the_same_one(ring: Ring) -> None:
    with holding(ring.url, ring.schema, "service", [ring.keyring]):
        before = ring.holders
        ring.take()
        with ring.line.transaction():
            ring.line.execute("LOCK TABLE key_holders")
            pids = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query"
            ring.line.execute(f"{pids} LIKE '%%key_holders%%' AND pid <> pg_backend_pid()".encode())
            until(lambda: not ring.held)
            ring.take()
            assert not ring.held
        position = ring.fence()
        until(lambda: ring.missing(position) == [])
        assert ring.holders == before


def test_a_keyring_that_joins_later_drops_what_is_fenced_too(ring: Ring) -> None:
    keyrings: list[Keyring] = []
    with holding(ring.url, ring.schema, "mailing", keyrings):
        keyrings.append(ring.keyring)
        ring.take()
        position = ring.fence()
        until(lambda: ring.missing(position) == [])
        assert not ring.held


def test_views_acknowledge_only_when_what_they_read_before_is_stored(ring: Ring) -> None:
    known(ring)
    engine = Engine(ring.url, ring.schema, [CLIENT_FILE, CONTACT_SEARCH], LOCK, page=2)
    with closing(engine), connect(ring.url, ring.schema) as other:
        engine.tick()
        for convoy in engine._convoys:
            convoy.settle()
        with other.transaction():
            other.execute("LOCK TABLE contact_names_v1 IN SHARE MODE")
            engine._surveyed_until = math.inf
            engine.tick()
            until(lambda: _waits(ring.line))
            position = ring.fence()
            engine._surveyed_until = 0.0
            ticking = Thread(target=engine.tick)
            ticking.start()
            assert ring.missing(position) == ["views"]
        ticking.join()
        engine._surveyed_until = 0.0
        engine.tick()
        assert ring.missing(position) == []


def test_views_keep_no_key_that_they_have_acknowledged(ring: Ring) -> None:
    known(ring)
    with closing(Engine(ring.url, ring.schema, [CONTACT_SEARCH], LOCK)) as engine:
        for _ in range(6):
            engine.tick()
        lines = engine._lines
        assert lines is not None
        assert lines.opening is not None
        assert lines.opening._names
        position = ring.fence()
        engine._surveyed_until = 0.0
        engine.tick()
        assert ring.missing(position) == []
        assert lines.opening._names == set()


def known(ring: Ring) -> None:
    events = [
        ContactOpened(directory=DirectoryId("d"), subject=SubjectId(f"s{n}"), kind=ContactKind.PERSON, name="Ada")
        for n in range(1, 9)
    ]
    facts = [
        Fact(CONTACT.stream(f"c{n}"), 1, event, LONG_AGO, LONG_AGO, "system", n) for n, event in enumerate(events, 1)
    ]
    store(ring.line, entered(facts))
    ring.position = len(facts)


def _waits(line: Connection[Any]) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'contact_names_v1'::regclass"
    return line.execute(waiting.encode()).fetchone() != (0,)


def test_what_is_made_anew_is_asked_as_well(ring: Ring) -> None:
    known(ring)
    names = []
    rebuild.rebuild(
        ring.url, ring.schema, [CLIENT_FILE], told=lambda *_: names.extend(name for name, _ in ring.holders)
    )
    assert {*names} == {"rebuild"}
    assert ring.holders == []


def test_every_process_that_has_keys_is_asked_and_answers(ring: Ring) -> None:
    async def answered() -> list[str]:
        async with serving(ring.place), mailing(ring.place):
            with viewing(ring.place, [CLIENT_FILE]) as engine:
                engine.tick()
                asked = [name for name, _ in ring.holders]
                position = ring.fence()
                assert "views" in ring.missing(position)
                await asyncio.to_thread(until, lambda: engine.tick() == 0 and ring.missing(position) == [])
                return asked

    assert asyncio.run(answered()) == ["mailing", "service", "views"]
    assert ring.holders == []
