"""Killed while it escalates, and started again an hour later: each level was told of once, or recorded as skipped."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from door import new_place
from escalating import PERCENTS, RESOLUTION, Company
from process import Started, started

from adapters.composition import Place, client
from adapters.embedded import Running
from adapters.postgres.clock import TestClock
from adapters.postgres.schema import connect
from commands.service.ticket import ChangeTicketContract, HoldTicket, ResolveTicket
from domain.values import TicketId

TICKETS = 32
HOUR = timedelta(hours=1)
PATIENCE_SECONDS = 30.0
TICK_SECONDS, EACH_SECONDS = "0.05", "0.02"

FIRED = """
SELECT notification_id, originator_id, topic, state FROM facts
WHERE topic IN ('ticket.escalated', 'ticket.escalation-skipped') ORDER BY notification_id
"""
AT_REST = """
SELECT (SELECT position FROM read_models WHERE name = 'timers' AND state = 'active') = (SELECT position FROM head)
    AND NOT EXISTS (SELECT FROM timers WHERE due <= log_time())
"""


class Promise(NamedTuple):
    """What levels count for, each once."""

    ticket: str
    target: str
    assignment: int


class Fired(NamedTuple):
    position: int
    promise: Promise
    percent: int
    told: bool


class Story(NamedTuple):
    """How many of the tickets were held, resolved and put under another contract in the first minutes."""

    tickets: Sequence[TicketId]
    held: frozenset[TicketId]
    resolved: frozenset[TicketId]
    moved: frozenset[TicketId]

    def passed(self) -> dict[Promise, set[int]]:
        """When all time is over: of what stands still nothing, of the other contract what it has of its own."""
        found: dict[Promise, set[int]] = {}
        for ticket in self.tickets:
            assignment = 3 if ticket in self.moved else 2
            if ticket not in self.resolved:
                found[Promise(ticket, "first-response", assignment)] = set(PERCENTS)
                if ticket not in self.held:
                    found[Promise(ticket, "resolution", assignment)] = set(PERCENTS)
        return found


def wrong(fired: Iterable[Fired], passed: Mapping[Promise, set[int]], killed_at: int) -> list[str]:
    """What is not as the law says: every level passed once, told of or skipped, the highest passed told of."""
    percents, told = defaultdict[Promise, list[int]](list), defaultdict[Promise, list[Fired]](list)
    for each in fired:
        percents[each.promise].append(each.percent)
        if each.told:
            told[each.promise].append(each)
    found = [f"{each} is not passed" for each in percents.keys() - passed.keys()]
    for promise, levels in passed.items():
        if Counter(percents[promise]) != Counter(levels):
            found.append(f"{promise}: {sorted(percents[promise])}")
        if max(levels) not in {each.percent for each in told[promise]}:
            found.append(f"{promise}: nobody was told of the highest")
        if sum(each.position > killed_at for each in told[promise]) > 1:
            found.append(f"{promise}: of what was passed meanwhile more than one was told of")
    return found


def fired(place: Place) -> list[Fired]:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        rows = database.execute(FIRED).fetchall()
    return [_fired(*row) for row in rows]


def _fired(position: int, stream: str, topic: str, state: bytes) -> Fired:
    body: dict[str, Any] = json.loads(state)
    promise = Promise(stream.removeprefix("ticket-"), body["target"], body["assignment"])
    return Fired(position, promise, body["percent"], told=topic == "ticket.escalated")


def until(what: str, place: Place, query: str, true: Callable[[list[Any]], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connect(place.postgres_url, place.settings.schema_name) as database:
        while not true(database.execute(query.encode()).fetchall()):
            assert time.monotonic() < deadline, what
            time.sleep(0.002)


async def founded(place: Place, seed: int) -> Story:
    """Tickets whose lives differ."""
    chance = Random(seed)  # noqa: S311 - lives, not secrets
    async with client(place) as operator:
        company = Company(operator)
        tickets = await company.opened(TICKETS)
        held, resolved, moved = (frozenset(chance.sample(tickets, TICKETS // 5)) for _ in range(3))
        for commands in (
            [ChangeTicketContract(ticket=each, contract=company.other, reason="Agreed") for each in moved],
            [HoldTicket(ticket=each) for each in held],
            [ResolveTicket(ticket=each) for each in resolved],
        ):
            await asyncio.gather(*map(company.did, commands))
    return Story(tickets, held, resolved, moved)


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


def survives(place: Place, seed: int) -> None:
    """The clock stands before the first level, then where some are passed; killed at one of them; then an hour on."""
    clock = TestClock(place.postgres_url, place.settings.schema_name)
    with ExitStack() as stack:
        first = stack.enter_context(keeping_time(place, EACH_SECONDS))
        story = asyncio.run(founded(place, seed))
        clock.advance(RESOLUTION / 2 + timedelta(seconds=1))
        moment = Random(seed).randint(1, TICKETS // 2)  # noqa: S311 - a moment, not a secret
        until("it escalates", place, FIRED, lambda rows: len(rows) >= moment)
        first.process.kill()
        first.process.wait()
        before = fired(place)
        assert 0 < len(before) < len(story.passed()), "it was not killed in the midst of it"
        clock.advance(HOUR)
        for _ in range(2):
            stack.enter_context(keeping_time(place))
        until("all is told", place, AT_REST, lambda rows: rows == [(True,)])
        assert wrong(fired(place), story.passed(), before[-1].position) == []


@contextmanager
def keeping_time(place: Place, *slowly: str) -> Iterator[Started]:
    with started(place, "keep-time", TICK_SECONDS, *slowly) as process:
        process.heard()
        yield process


def test_killed_while_it_escalates_each_level_is_told_of_once_or_skipped(place: Place, soak: int) -> None:
    for seed in range(2 * soak):
        settings = place.settings.model_copy(update={"schema_name": f"{place.settings.schema_name}_{seed}"})
        survives(Place(settings, place.postgres_url, place.nats_url, place.embedded), seed)


# The law finds what it is there for.


def told(percent: int, position: int = 0) -> Fired:
    return Fired(position, ONE, percent, told=True)


ONE = Promise("pump", "resolution", 2)
PASSED = {ONE: {50, 80}}
RIGHT = [told(50)._replace(told=False), told(80)]


@pytest.mark.parametrize(
    "found",
    [
        [*RIGHT, told(80)],
        [*RIGHT, told(50)._replace(told=False)],
        [told(80)],
        [told(50), told(80)._replace(told=False)],
        [*RIGHT, told(80)._replace(promise=ONE._replace(assignment=3))],
        [told(50, 8), told(80, 9)],
    ],
    ids=["told of twice", "skipped twice", "left out", "the lower one told of", "of no promise", "each told of late"],
)
def test_what_is_wrong_is_found(found: list[Fired]) -> None:
    assert wrong(RIGHT, PASSED, 7) == []
    assert wrong(found, PASSED, 7) != []
