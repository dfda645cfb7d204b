"""No answer leaves whose record could be lost: the service killed around its storing, and records that grow old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import orjson
import psycopg
import pytest
from door import Door
from inquirers import followed, put
from process import Started, started

from adapters.composition import Place, client, serving
from adapters.postgres.retention import CHUNK, forget_old_looks
from adapters.postgres.schema import connect, connect_async, migrate
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory
from domain.staff.worker import SYSTEM
from projections.catalogue import QUESTIONS

IN_TIME = 2.0


class Outcome(NamedTuple):
    """What came of one question: answers that arrived, and looks that are kept."""

    answers: int
    looks: int


@asynccontextmanager
async def at_door(place: Place) -> AsyncIterator[Door]:
    door = await Door.opened(place, "desk")
    try:
        yield door
    finally:
        await door.connection.close()


@pytest.fixture
def contact(place: Place) -> Iterator[str]:
    """Somebody to look at, in read models that are followed, and no service."""

    async def open_up() -> str:
        async with serving(place), client(place) as desk:
            directory = (await desk.send(OpenDirectory(name="Customers"), actor=SYSTEM)).id
            opened = await desk.send(OpenContact(directory=directory, name="The mill"), actor=SYSTEM)
            with followed(place):
                await desk.query(QUESTIONS["directories"](), actor=SYSTEM, min_position=opened.position)
            return opened.id

    found = asyncio.run(open_up())
    with followed(place):
        yield found


def asked_and_killed(place: Place, contact: str, role: str, *, at: str) -> Outcome:
    """A question to a service that is killed when it says that it has come so far."""

    async def run(service: Started) -> int:
        async with at_door(place) as door:
            asking = asyncio.create_task(ask(door, contact))
            while await asyncio.to_thread(service.heard) != at:
                service.tell()
            if role == "serve-hastily":
                await asyncio.wait([asking], timeout=IN_TIME)
            service.process.kill()
            service.process.wait()
            done, _ = await asyncio.wait([asking], timeout=IN_TIME)
            asking.cancel()
            return len(done)

    with started(place, role) as service:
        assert service.heard() == "ready"
        answers = asyncio.run(run(service))
    with connect(place.postgres_url, place.settings.schema_name) as database:
        (looks,) = database.execute("SELECT count(*) FROM looks WHERE how = 'opened'").fetchone() or (0,)
        return Outcome(answers, looks)


async def ask(door: Door, contact: str) -> None:
    reply = await put(door, "client-file", orjson.dumps({"actor": SYSTEM, "data": {"contact": contact}}))
    assert reply.body["row"]["name"] == "The mill"


@pytest.mark.parametrize(("at", "looks"), [("keeping", 0), ("kept", 1)])
def test_who_is_killed_around_the_record_has_shown_nothing(place: Place, contact: str, at: str, looks: int) -> None:
    outcome = asked_and_killed(place, contact, "serve-looked-at", at=at)
    assert outcome == Outcome(0, looks)

    async def again() -> None:
        async with serving(place), at_door(place) as door:
            await ask(door, contact)

    asyncio.run(again())


def test_an_answer_that_does_not_wait_for_its_record_is_noticed(place: Place, contact: str) -> None:
    outcome = asked_and_killed(place, contact, "serve-hastily", at="keeping")
    assert outcome == Outcome(answers=1, looks=0)


LOOKED = """
SELECT keep_looks(json_agg(json_build_object(
    'at', clock_timestamp() - %(age)s::interval, 'look', gen_random_uuid(), 'worker', 'anna', 'caller', 'desk',
    'question', 'contacts', 'how', 'found', 'contacts', ARRAY['mill', 'farm'])))
FROM generate_series(1, %(times)s)
"""
LEFT = "SELECT (SELECT count(*) FROM looks), (SELECT count(*) FROM look_contacts)"


def test_looks_go_when_their_time_is_over_and_not_before(place: Place, schema: str) -> None:
    migrate(place.postgres_url, schema)

    async def forget() -> int:
        async with await connect_async(place.postgres_url, schema) as connection:
            return await forget_old_looks(connection)

    with connect(place.postgres_url, schema) as database:
        database.execute("CREATE VIEW access_merged AS SELECT '' AS contact, '' AS survivor WHERE false")
        database.execute(LOOKED, {"age": "3 years 1 day", "times": CHUNK + 10})
        database.execute(LOOKED, {"age": "2 years 364 days", "times": 5})
        assert asyncio.run(forget()) == CHUNK + 10
        assert asyncio.run(forget()) == 0
        assert database.execute(LEFT).fetchone() == (5, 10)
        with pytest.raises(psycopg.errors.RaiseException, match="kept for 3 years"):
            database.execute("DELETE FROM looks")
