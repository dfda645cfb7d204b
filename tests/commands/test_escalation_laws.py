"""However a ticket lives, and whenever the timer looks: it is told what another opinion finds, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR
from history import ALWAYS_OPEN, LATE, LEVELLED, NO_PROMISE, SHORT, STEPS, TEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import entered
from naive.promises import Book, Mark, Passed, Timer, Written, calendar, steps
from rows import MemoryViews
from specification import Given, of, request
from specification import given as having

from commands.command import Command
from commands.reactions.timing import Coming, asked
from commands.service.calendar import ReviseCalendar
from commands.service.contract import ReviseContract
from commands.service.exchange import LogCall, LogMessage
from commands.service.ticket import (
    AssessTicket,
    ChangeTicketContract,
    CloseTicket,
    HoldTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
)
from domain.fact import Fact
from domain.service import escalation
from domain.service.contract import CONTRACT, ContractRevised, Targets
from domain.service.escalation import TicketEscalated, TicketEscalationSkipped
from domain.service.exchange import Direction, Way
from domain.service.ticket import TICKET
from domain.staff.worker import TIMER
from examples import GOLD, GRAVE, OFFICE, OFFICE_HOURS, PUMP, SILVER, SLIGHT
from projections.service.timers import TIMING

LONGER = LEVELLED.model_copy(
    update={"general": Targets(next_response_seconds=7_200, resolution_seconds=30 * 3_600)},
)
texts = st.sampled_from([LEVELLED, LEVELLED, LONGER, SHORT, NO_PROMISE])
messages = st.builds(LogMessage, ticket=st.just(PUMP), direction=st.sampled_from(Direction), way=st.just(Way.EMAIL))
happenings: st.SearchStrategy[Command | None] = st.one_of(
    st.none(),
    st.none(),
    messages,
    st.builds(LogCall, ticket=st.just(PUMP), answered=st.booleans()),
    *(st.builds(kind, ticket=st.just(PUMP)) for kind in (HoldTicket, ResumeTicket, ResolveTicket, ReopenTicket)),
    st.builds(CloseTicket, ticket=st.just(PUMP), reason=st.none() | st.just("duplicate")),
    st.builds(AssessTicket, ticket=st.just(PUMP), severity=st.sampled_from([GRAVE, SLIGHT])),
    st.builds(
        ChangeTicketContract,
        ticket=st.just(PUMP),
        contract=st.sampled_from([GOLD, SILVER, None]),
        reason=st.just("Agreed"),
    ),
    st.builds(ReviseContract, contract=st.sampled_from([GOLD, SILVER]), terms=texts),
    st.builds(ReviseCalendar, calendar=st.just(OFFICE), hours=st.sampled_from([OFFICE_HOURS, ALWAYS_OPEN])),
)
"""Nothing: then the timer looks, after however long a time."""

Lived = Sequence[tuple[Command | None, timedelta, timedelta]]
lives: st.SearchStrategy[Lived] = st.lists(st.tuples(happenings, STEPS, LATE), max_size=14)


def agree(life: Lived) -> bool:
    """Each time the timer looks it is told what the other opinion finds, by all that is known then."""
    levelled = [of(CONTRACT, id, ContractRevised(terms=LEVELLED)) for id in (GOLD, SILVER)]
    world, other, at = having(COMPANY_SO_FAR, *levelled), Timer(Book()), TEN
    for n, (command, step, late) in enumerate(life):
        at += step
        if command is not None:
            world.ask(request(command, at=at, happened=at - late, id=f"command-{n}"))
        elif not _looked(world, other, at):
            return False
    return _looked(world, other, at + timedelta(days=30))


def _looked(world: Given, other: Timer, now: datetime) -> bool:
    other.book = _book(world.log.facts)
    expected = other.ask(steps(map(_plain, _of_pump(world))), now)
    before = len(world.log.facts)
    for _ in range(2):
        calls = [asked(each) for each in _coming(world) if each.due <= now]
        again = [request(each.command, actor=TIMER, at=now) for each in calls]  # another process, by another way
        answers = world.ask(*(request(each.command, actor=TIMER, at=now, id=each.id) for each in calls), *again)
        if any(answer.code for answer in answers):
            return False
    if any(each.due <= now for each in _coming(world)):
        return False
    found = [_passed(fact.event) for fact in _of_pump(world) if fact.position > before and _fired(fact.event)]
    return sorted(found, key=_order) == sorted(expected, key=_order)


def _coming(world: Given) -> list[Coming]:
    """What the read model says of the pump."""
    rows = MemoryViews([TIMING]).take([entry.fact for entry in entered(world.log.facts)]).rows["timers"]
    return [Coming(*key, **row) for key, row in rows.items() if key[0] == PUMP]


def _of_pump(world: Given) -> list[Fact[Any]]:
    return world.log.streams[TICKET.stream(PUMP)]


def _fired(event: Any) -> bool:
    return isinstance(event, TicketEscalated | TicketEscalationSkipped)


def _passed(event: Any) -> Passed:
    mark = Mark(event.target, event.since, event.assignment, event.percent)
    return Passed(isinstance(event, TicketEscalated), mark, event.due)


def _order(passed: Passed) -> tuple[str, int]:
    return passed.mark.target, passed.mark.percent


def _plain(fact: Fact[Any]) -> dict[str, Any]:
    return {
        "topic": fact.event.topic,
        "version": fact.version,
        "happened_at": fact.happened_at.isoformat(),
        "body": fact.event.model_dump(mode="json"),
    }


def _book(facts: Sequence[Fact[Any]]) -> Book:
    book = Book()
    for fact in facts:
        kind, _, id = fact.stream.partition("-")
        body = fact.event.model_dump(mode="json")
        if kind == "contract":
            book.contracts.setdefault(id, []).append(Written(fact.recorded_at, body["terms"]))
        elif kind == "calendar" and "hours" in body:
            book.calendars.setdefault(id, []).append(Written(fact.recorded_at, calendar(body["hours"])))
    return book


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(lives)
def test_what_the_timer_is_told_is_what_another_opinion_finds(life: Lived) -> None:
    assert agree(life)


HALF_PAST: Lived = [
    (None, timedelta(hours=1), timedelta()),
    (HoldTicket(ticket=PUMP), timedelta(hours=1), timedelta()),
    (None, timedelta(hours=2), timedelta()),
    (ResumeTicket(ticket=PUMP), timedelta(hours=1), timedelta()),
    (None, timedelta(hours=4), timedelta()),
]


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("_highest", lambda running, fired: 1_000),
        ("_key", lambda running, percent: escalation.Fired(running.target, None, 0, percent)),
    ],
    ids=["nobody is told", "under no assignment"],
)
def test_the_law_finds_bugs(name: str, planted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert agree(HALF_PAST)
    monkeypatch.setattr(escalation, name, planted)
    assert not agree(HALF_PAST)
