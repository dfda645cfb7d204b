"""Whatever has come by itself is asked for once its instant has come, and no more often than is good for anybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from delivery import until
from door import new_place
from escalating import DAY, RESOLUTION, RESPONSE, Company
from inquirers import followed
from terminal import terminal

from adapters.clock import Clock
from adapters.composition import Place, client, serving, timing
from adapters.composition import found as joined
from adapters.embedded import Running
from adapters.nats import timer as adapter
from adapters.nats.client import Client
from adapters.nats.timer import Timer
from adapters.postgres.clock import TestClock
from adapters.postgres.schema import connect
from adapters.postgres.timers import PAGE, Timers
from adapters.settings import Settings
from commands.reactions.timing import Coming, asked
from commands.service.escalation import CloseUnanswered
from commands.service.holding import AssignTicket
from commands.service.ticket import ResolveTicket
from domain.service.target import Target
from domain.service.timer import CLOSING
from domain.staff.worker import TIMER
from domain.values import TicketId
from projections.model import ReadModel
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.timers import TIMING

TICK_SECONDS, PATIENCE_SECONDS = 0.02, 30.0
WRITTEN = "SELECT topic FROM facts WHERE actor = 'notifying' AND convert_from(state, 'UTF8') LIKE '%escalated%'"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


@pytest.fixture
def clock(place: Place) -> TestClock:
    return TestClock(place.postgres_url, place.settings.schema_name)


@asynccontextmanager
async def at_work(place: Place, clock: Clock, *besides: ReadModel) -> AsyncIterator[Company]:
    """Everything but the timer."""
    async with serving(place, clock=clock), client(place) as operator:
        with followed(place, [TIMING, *besides]):
            yield Company(operator)


def counted(place: Place, query: str) -> int:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        return int((database.execute(query.encode()).fetchone() or (0,))[0])


def facts(place: Place, topic: str) -> int:
    return counted(place, f"SELECT count(*) FROM facts WHERE topic = '{topic}'")  # noqa: S608 - ours


async def come(place: Place, topic: str, count: int) -> None:
    async def there() -> bool:
        return facts(place, topic) >= count

    await until(f"{count} times {topic}", there)


def test_when_the_clock_comes_to_a_level_it_fires_and_not_before(place: Place, clock: TestClock) -> None:
    async def run() -> None:
        async with at_work(place, clock) as desk, timing(place, clock=clock, every_seconds=TICK_SECONDS):
            await desk.opened(3)
            clock.advance(RESOLUTION / 4 - MINUTE)
            await asyncio.sleep(20 * TICK_SECONDS)
            assert facts(place, "ticket.escalated") == 0
            clock.advance(MINUTE)  # half of the time to respond
            await come(place, "ticket.escalated", 3)
            clock.advance(RESOLUTION / 4)  # all of it, and half of the time to resolve
            await come(place, "ticket.escalated", 9)
            await asyncio.sleep(10 * TICK_SECONDS)
            assert (facts(place, "ticket.escalated"), facts(place, "ticket.escalation-skipped")) == (9, 3)

    asyncio.run(run())


def test_a_promise_that_is_missed_while_nothing_happens_is_stated_to_be(place: Place, clock: TestClock) -> None:
    async def run() -> None:
        working = at_work(place, clock, SERVICE_LEVELS)
        async with working as desk, timing(place, clock=clock, every_seconds=TICK_SECONDS):
            await desk.opened(2)
            clock.advance(RESPONSE - MINUTE)
            await asyncio.sleep(20 * TICK_SECONDS)
            assert facts(place, "outcome.stated") == 0
            clock.advance(2 * MINUTE)
            await come(place, "outcome.stated", 2)
            clock.advance(RESOLUTION)
            await come(place, "outcome.stated", 4)
            await asyncio.sleep(20 * TICK_SECONDS)
            assert facts(place, "outcome.stated") == 4

    asyncio.run(run())


def test_the_leader_of_a_team_of_the_assignee_s_is_found(place: Place, clock: TestClock) -> None:
    async def run() -> list[tuple[str, str]]:
        async with at_work(place, clock) as desk, timing(place, clock=clock, every_seconds=TICK_SECONDS):
            (ticket,) = await desk.opened(1)
            await desk.did(AssignTicket(ticket=ticket, assignee=desk.worker))
            clock.advance(RESOLUTION / 4)
            await come(place, "ticket.escalated", 1)
            return [(desk.worker, role) for role in ("assignee", "team-leader", "helpdesk")]

    expected = asyncio.run(run())
    with connect(place.postgres_url, place.settings.schema_name) as database:
        (state,) = database.execute("SELECT state FROM facts WHERE topic = 'ticket.escalated'").fetchone() or (b"",)
    assert [(each["worker"], each["recipient"]) for each in orjson.loads(state)["told"]] == expected


def test_a_resolved_ticket_closes_when_its_time_is_over(place: Place, clock: TestClock) -> None:
    async def run() -> None:
        async with at_work(place, clock) as desk, timing(place, clock=clock, every_seconds=TICK_SECONDS):
            (ticket,) = await desk.opened(1)
            await desk.did(ResolveTicket(ticket=ticket))
            clock.advance(DAY)
            await come(place, "ticket.closed", 1)
            assert facts(place, "ticket.escalated") == 0

    asyncio.run(run())


def test_while_the_service_is_away_nothing_is_lost(place: Place, clock: TestClock) -> None:
    async def run() -> None:
        with followed(place, [TIMING]):
            async with serving(place, clock=clock), client(place) as operator:
                await Company(operator).opened(2)
            async with timing(place, clock=clock, every_seconds=TICK_SECONDS):
                clock.advance(RESOLUTION / 4)
                await asyncio.sleep(10 * TICK_SECONDS)
                async with serving(place, clock=clock):
                    await come(place, "ticket.escalated", 2)

    asyncio.run(run())


def test_before_there_is_a_read_model_nothing_is_due(place: Place, clock: TestClock) -> None:
    async def run() -> Sequence[Coming]:
        timers = Timers(place.postgres_url, place.settings.schema_name)
        async with timing(place, clock=clock, every_seconds=TICK_SECONDS):
            await asyncio.sleep(3 * TICK_SECONDS)
        try:
            return await timers.due(clock())
        finally:
            await timers.close()

    assert asyncio.run(run()) == []


@pytest.mark.soak
def test_a_service_as_it_is_served_tells_of_levels_when_time_has_passed() -> None:
    with terminal() as beside:
        service = beside.serve("--test-clock")
        settings = Settings(state=beside.state)
        asyncio.run(_opened(joined(settings)))
        assert beside.run("clock", "advance", "10m").code == 0
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "notice.written" not in beside.run("psql", "-At", "-c", WRITTEN).out:
            assert time.monotonic() < deadline, beside.run("psql", "-At", "-c", "SELECT topic FROM facts").out
        assert service.ended().code == 0


async def _opened(place: Place) -> None:
    async with client(place) as operator:
        await Company(operator).opened(1)


# How often


class Counting(Client):
    """Counts what it is asked to ask."""

    asked = 0

    async def ask(self, topic: str, payload: bytes) -> dict[str, Any]:
        self.asked += 1
        return await super().ask(topic, payload)


async def looked(place: Place, clock: Clock, rows: Sequence[Coming], looks: int) -> int:
    """How often the service is asked in so many looks that always find these rows."""

    async def due(_: datetime, after: Coming | None) -> Sequence[Coming]:
        start = 0 if after is None else rows.index(after) + 1
        return rows[start : start + PAGE]

    async with Counting(place.nats_url, TIMER, str(place.seed(TIMER, None)), patience_seconds=0.0) as asking:
        timer = Timer(asking, due, clock)
        for _ in range(looks):
            await timer._look()
        return asking.asked


def coming(ticket: TicketId, due: datetime) -> Coming:
    return Coming(ticket, Target.RESOLUTION, due, None, 2, 50)


def test_what_is_not_due_by_the_service_s_clock_is_asked_for_again_later(
    place: Place, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(looks: int) -> int:
        async with at_work(place, clock) as desk:
            (ticket,) = await desk.opened(1)
            return await looked(place, clock, [coming(ticket, clock())], looks)

    assert asyncio.run(run(20)) == 1
    monkeypatch.setattr(adapter, "PAUSE_SECONDS", (0.0, 0.0))
    assert asyncio.run(run(20)) == 20


def test_what_can_never_be_done_is_in_nobody_s_way(place: Place, clock: TestClock) -> None:
    """More rows than a page has, all of tickets that there never were: those behind them are come to all the same."""

    async def run() -> int:
        async with at_work(place, clock):
            rows = [coming(TicketId(f"nowhere-{n}"), clock()) for n in range(PAGE + 10)]
            return await looked(place, clock, rows, 3)

    assert asyncio.run(run()) == PAGE + 10


def test_what_is_remembered_is_bounded(place: Place, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "REMEMBERED", 3)
    timer = Timer(Client("", TIMER, ""), Timers("", "").due, clock)

    async def run() -> None:
        for n in range(5):
            timer._remember(asked(coming(TicketId(f"t{n}"), clock())))

    asyncio.run(run())
    assert len(timer.tried) == 3


# The request


def test_an_id_says_what_is_asked_for_and_for_which_instant() -> None:
    due, since = (
        datetime.fromisoformat("2026-11-29T10:00:00+00:00"),
        datetime.fromisoformat("2026-11-29T09:00:00+00:00"),
    )
    one = Coming(TicketId("pump"), Target.NEXT_RESPONSE, due, since, 2, 50)
    elsewhere = one._replace(due=datetime.fromisoformat("2026-11-29T11:00:00+01:00"))
    assert asked(one) == asked(elsewhere)
    others = [
        one._replace(ticket=TicketId("oven")),
        one._replace(what=Target.RESOLUTION),
        one._replace(due=since),
        one._replace(since=None),
        one._replace(assignment=3),
        one._replace(percent=80),
        Coming(TicketId("pump"), CLOSING, due, None, None, None),
    ]
    assert len({asked(each).id for each in (one, *others)}) == 8
    assert asked(others[-1]).command == CloseUnanswered(ticket=TicketId("pump"), due=due)
