"""A log that was begun with a test clock goes by it, and so do all who wait; no other log can be moved."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from delivery import listening, until
from door import new_place
from inquirers import followed
from nats.js.errors import NotFoundError
from process import log_of, request
from terminal import Terminal, terminal

from adapters.cli.clock import later
from adapters.clock import GLANCE_SECONDS, elapsed, now
from adapters.composition import Place, client, reacting, serving
from adapters.embedded import Running
from adapters.nats.channel import Channel, beside
from adapters.nats.client import Declined, new_command_id
from adapters.postgres import clock as test_clock
from adapters.postgres.clock import ClockNeeded, NoTestClock, NotFollowed, TestClock, TimeGoesBack, TooFarAhead
from adapters.postgres.log import LogUnavailable, PostgresLog
from adapters.postgres.retention import forget_old_answers, forget_old_looks
from adapters.postgres.schema import connect, connect_async, migrate
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.handler import Handler
from commands.staff.area import OpenArea
from commands.staff.team import FormTeam
from commands.staff.worker import HireWorker
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM
from domain.values import WorkerId, worker_holder
from projections.company.lacking import RESTS_ON
from projections.names import CALLED

HOUR, FORTY_DAYS, SIX_YEARS = timedelta(hours=1), timedelta(days=40), timedelta(days=2192)
LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=timezone.utc)
NEAR = timedelta(minutes=1)
START_SECONDS = 30.0
LAST = "SELECT recorded_at, happened_at FROM facts ORDER BY notification_id DESC LIMIT 1"
LOOK = "INSERT INTO looks VALUES (log_time(), gen_random_uuid(), 'w', 'desk', 'contacts', 'found', '{}')"
CHECKS = "SELECT count(*) FROM command_log WHERE caller = 'checking'"


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


@pytest.fixture
def clock(place: Place) -> TestClock:
    return TestClock(place.postgres_url, place.settings.schema_name)


@pytest.fixture
def channel(place: Place) -> Iterator[Channel]:
    """A channel of the test's own, which leaves no stream behind."""
    channel = beside(place.settings.schema_name, "checking")
    yield channel
    asyncio.run(forget(place, channel))


async def forget(place: Place, channel: Channel) -> None:
    async with listening(place) as service:
        with suppress(NotFoundError):
            await service.jetstream().delete_stream(channel.stream)


def row(place: Place, query: str) -> tuple[Any, ...]:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        return database.execute(query.encode()).fetchone() or ()


def store(place: Place, query: str) -> None:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        database.execute(query.encode())


def about(instant: datetime, other: datetime) -> bool:
    return abs(instant - other) < NEAR


def test_commands_are_taken_and_recorded_in_the_moved_present(place: Place, clock: TestClock) -> None:
    first, began = new_command_id(), now()

    async def run() -> None:
        async with serving(place, clock=clock), client(place) as desk:
            answer = await desk.send(OpenArea(name="Helpdesk"), actor=SYSTEM, id=first)
            store(place, LOOK)
            moved = timedelta()
            for by in (HOUR, FORTY_DAYS, SIX_YEARS):
                clock.advance(by)
                moved += by
                await desk.send(FormTeam(name="First line"), actor=SYSTEM)
                assert all(about(at, began + moved) for at in row(place, LAST))
                await desk.send(FormTeam(name="Second line"), actor=SYSTEM, happened_at=clock())
                with pytest.raises(Declined, match="HappenedInFuture"):
                    await desk.send(FormTeam(name="Third line"), actor=SYSTEM, happened_at=clock() + 2 * NEAR)
            async with await connect_async(place.postgres_url, place.settings.schema_name) as connection:
                assert (await forget_old_answers(connection), await forget_old_looks(connection)) in ((0, 1), (0, 0))
            again = await desk.send(OpenArea(name="Helpdesk"), actor=SYSTEM, id=first)
            assert (again.repeated, again.position) == (True, answer.position)
            assert row(place, "SELECT count(*) FROM looks") == (0,)

    asyncio.run(run())


def test_an_id_is_as_old_as_its_maker_says_however_far_time_was_moved(place: Place, clock: TestClock) -> None:
    old = str(uuid.UUID(int=uuid.UUID(new_command_id()).int - (int(31 * 86_400e3) << 80)))
    clock.advance(FORTY_DAYS)

    async def run() -> None:
        async with serving(place, clock=clock), client(place) as desk:
            with pytest.raises(Declined, match="CommandIdExpired"):
                await desk.send(OpenArea(name="Helpdesk"), actor=SYSTEM, id=old)

    asyncio.run(run())


def test_what_follows_from_the_end_of_a_right_is_asked_when_time_comes_to_it(
    place: Place, clock: TestClock, channel: Channel
) -> None:
    async def asked() -> bool:
        return row(place, CHECKS) != (0,)

    async def run() -> None:
        async with serving(place, clock=clock), client(place) as desk:
            worker = WorkerId((await desk.send(HireWorker(name="Eve"), actor=SYSTEM)).id)
            book = (await desk.send(OpenDirectory(name="Book"), actor=SYSTEM)).id
            may = {"holder": worker_holder(worker), "level": Level.USE, "until": clock() + FORTY_DAYS}
            await desk.send(SetDirectoryRight(directory=book, **may), actor=SYSTEM)
            with followed(place, (*RESTS_ON, CALLED)):
                async with reacting(place, channel=channel, clock=clock):
                    await asyncio.sleep(2 * GLANCE_SECONDS)
                    assert row(place, CHECKS) == (0,)
                    clock.advance(FORTY_DAYS + NEAR)
                    await until("the check is asked for", asked)

    asyncio.run(run())


def test_whoever_waits_notices_that_the_clock_was_moved(clock: TestClock) -> None:
    async def run() -> None:
        async with asyncio.timeout(5):
            waiting = asyncio.create_task(elapsed(clock, 3_600.0))
            await asyncio.sleep(0.01)
            assert not waiting.done()
            clock.advance(HOUR)
            await waiting

    asyncio.run(run())


def test_whoever_asks_follows_after_those_who_answer_and_the_mover_waits_for_all(
    place: Place, clock: TestClock
) -> None:
    where = place.postgres_url, place.settings.schema_name
    answering, asking = TestClock(*where), TestClock(*where)
    with asking.following(answers=False), answering.following(answers=True):
        test_clock.advance(*where, HOUR)
        test_clock.until_followed(*where, 10.0)
        assert (answering.ahead, asking.ahead) == (HOUR, HOUR)
        assert test_clock.standing(*where).followers == 2
    store(place, "INSERT INTO test_clock_followers VALUES (gen_random_uuid(), true, '1 hour')")
    with asking.following(answers=False):
        clock.advance(HOUR)
        with pytest.raises(NotFollowed):
            test_clock.until_followed(*where, 0.3)
        assert asking.ahead == HOUR


def test_time_goes_neither_back_nor_out_of_the_calendar(place: Place, clock: TestClock) -> None:
    clock.advance(HOUR)
    with pytest.raises(TimeGoesBack):
        clock.advance(-HOUR)
    with pytest.raises(TimeGoesBack):
        clock.advance_to(now())
    with pytest.raises(TooFarAhead):
        clock.advance(timedelta(days=365 * 7_500))
    for forced in ("UPDATE test_clock SET ahead = '0'", "DELETE FROM test_clock", "TRUNCATE test_clock"):
        with pytest.raises(psycopg.Error, match="only goes forward"):
            store(place, forced)
    assert about(clock.advance_to(LEAP_DAY), LEAP_DAY)
    assert about(TestClock(place.postgres_url, place.settings.schema_name)(), LEAP_DAY)


def test_a_log_with_facts_can_never_have_one(place: Place) -> None:
    async def run() -> None:
        async with serving(place), client(place) as desk:
            await desk.send(OpenArea(name="Helpdesk"), actor=SYSTEM)

    asyncio.run(run())
    with pytest.raises(NoTestClock):
        TestClock(place.postgres_url, place.settings.schema_name)
    with pytest.raises(psycopg.Error, match="begun without"):
        store(place, "INSERT INTO test_clock DEFAULT VALUES")
    with pytest.raises(NoTestClock):
        test_clock.advance(place.postgres_url, place.settings.schema_name, HOUR)


def test_a_log_with_one_is_served_by_no_other_clock(place: Place, clock: TestClock) -> None:
    async def served() -> None:
        async with serving(place):
            pass

    async def reacted() -> None:
        async with reacting(place):
            pass

    with pytest.raises(ClockNeeded):
        asyncio.run(served())
    with pytest.raises(ClockNeeded):
        asyncio.run(reacted())


def test_whoever_stores_by_real_time_keeps_the_clock_away_and_the_other_way_round(place: Place) -> None:
    """Both may have been started before either has stored anything."""
    where = place.postgres_url, place.settings.schema_name
    migrate(*where)

    async def refused(log: PostgresLog) -> None:
        """A refusal is an answer that is stored, and no fact."""
        answers = await Handler(log).handle([request("worker.deactivate", {"worker": "w"}, "nobody")])
        assert answers[0].code

    async def run() -> None:
        log, late = log_of(place), log_of(place)
        late._patience_seconds = 0.0
        await refused(log)
        with pytest.raises(NoTestClock):
            TestClock(*where)
        await log.close()
        TestClock(*where)
        with pytest.raises(LogUnavailable, match="begun with a test clock"):
            await refused(late)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("duration", "instant"),
    [
        ("1h30m", "2028-02-29T13:30:00+00:00"),
        ("2d", "2028-03-02T12:00:00+00:00"),
        ("1w90s", "2028-03-07T12:01:30+00:00"),
        ("P1Y", "2029-02-28T12:00:00+00:00"),
        ("P11M", "2029-01-29T12:00:00+00:00"),
        ("P1Y2M3DT4H5M6S", "2029-05-02T16:05:06+00:00"),
        ("P1M", "2028-03-29T12:00:00+00:00"),
        ("PT1M", "2028-02-29T12:01:00+00:00"),
    ],
)
def test_a_duration_is_written_short_or_as_iso_has_it(duration: str, instant: str) -> None:
    assert later(LEAP_DAY, duration).isoformat() == instant


@pytest.mark.parametrize("duration", ["", "P", "PT", "P1DT", "1", "h", "-1h", "30m1h", "1.5h", "1y", "P9999Y", "1h "])
def test_anything_else_is_no_duration(duration: str) -> None:
    with pytest.raises(ValueError, match=r"duration|too long"):
        later(LEAP_DAY, duration)


def team(beside: Terminal) -> None:
    assert beside.run("send", "team.form", "--data", '{"name": "First line"}').code == 0


def recorded(beside: Terminal) -> datetime:
    (at,) = beside.run("psql", "-At", "-c", "SELECT max(recorded_at) FROM facts").out.splitlines()
    return datetime.fromisoformat(at)


def followed_by(beside: Terminal) -> list[float]:
    """What the followers have of the clock; one value where all have the same."""
    asked = "SELECT DISTINCT extract(epoch FROM ahead) FROM test_clock_followers"
    return [float(each) for each in beside.run("psql", "-At", "-c", asked).out.splitlines()]


def test_an_operator_moves_every_process_of_a_service_that_was_started_with_it() -> None:
    with terminal() as beside:
        service = beside.serve("--test-clock")
        attached = beside.serve("--attach", "--alone", "--test-clock")
        began, deadline = now(), time.monotonic() + START_SECONDS
        while (shown := beside.run("clock", "show", "--json").said)["followers"] < 4:
            assert time.monotonic() < deadline, "two that decide, and two that follow them"
        assert shown["ahead_seconds"] == 0.0
        moved = beside.run("clock", "advance", "P1Y", "--json")
        assert (moved.said["followers"], followed_by(beside)) == (4, [moved.said["ahead_seconds"]])
        team(beside)
        assert about(recorded(beside), later(began, "P1Y"))
        set_to, year = beside.run("clock", "set", f"{began.year + 3}-01-01T00:00:00Z"), f"{began.year + 3}-01-01T00:00"
        assert set_to.out.splitlines()[1].startswith(year)
        back, plain = beside.run("clock", "set", began.isoformat()), beside.run("serve", "--attach")
        assert (back.code, plain.code) == (os.EX_DATAERR, os.EX_CONFIG)
        assert "time only goes forward" in back.err
        assert "must be served with --test-clock" in plain.err
        assert (attached.ended().code, service.ended().code) == (0, 0)


def test_an_operator_of_any_other_service_cannot() -> None:
    with terminal() as beside:
        service = beside.serve("--alone")
        team(beside)
        shown, advanced, late = (
            beside.run("clock", "show"),
            beside.run("clock", "advance", "1h"),
            beside.run("serve", "--attach", "--test-clock"),
        )
        assert [each.code for each in (shown, advanced, late)] == [os.EX_CONFIG] * 3
        assert "has no test clock" in advanced.err
        assert "begin a new log" in late.err
        assert json.loads(beside.run("send", "team.form", "--data", '{"name": "B"}', "--json").out)["version"] == 1
        assert service.ended().code == 0
