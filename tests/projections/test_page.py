"""A page becomes changes: what cannot be taken waits with its stream, and whoever looks at it waits, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OVEN
from history import SHORT
from logbook import entered
from rows import MODELS, MemoryViews, differences
from specification import given, on_monday, request

from commands.command import Command
from commands.service.calendar import ReviseCalendar
from commands.service.contract import ReviseContract
from commands.service.exchange import LogCall
from commands.service.ticket import HoldTicket
from domain.fact import Fact
from examples import GOLD, OFFICE, PUMP, SUMMER_HOURS
from projections.model import Change, Known, ReadModel, Touch
from projections.page import Heard, Unreadable
from projections.service.service_levels import SERVICE_LEVELS

TEN, NOON = on_monday(10), on_monday(12)
TICKET, CONTRACT = f"ticket-{PUMP}", f"contract-{GOLD}"


class Disliked(Exception):
    """For these sentences alone."""


def heard(*asked: tuple[Command, datetime]) -> list[Heard]:
    """The company so far, and what then was asked for."""
    world = given(COMPANY_SO_FAR)
    for command, at in asked:
        (answer,) = world.ask(request(command, at=at))
        assert not answer.code
    return [entry.fact for entry in entered(world.log.facts)]


def disliking(topics: set[str]) -> ReadModel:
    """The service levels, but of some facts they can make nothing."""

    def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
        if fact.event.topic in topics:
            raise Disliked
        return SERVICE_LEVELS.project(fact, known)

    return replace(SERVICE_LEVELS, project=project)


def levels(facts: Sequence[Heard]) -> MemoryViews:
    return MemoryViews([SERVICE_LEVELS]).take(facts)


def waiting(found: MemoryViews) -> dict[str, int]:
    return {stream: parked.position for stream, parked in found.parked[SERVICE_LEVELS.name].items()}


@pytest.mark.parametrize("size", [1, 1000], ids=["one by one", "at once"])
def test_what_waits_is_touched_by_nobody(size: int) -> None:
    before = heard((HoldTicket(ticket=PUMP), TEN))
    facts = heard((HoldTicket(ticket=PUMP), TEN), (ReviseContract(contract=GOLD, terms=SHORT), NOON))
    found = MemoryViews([disliking({"ticket.held"})]).take(facts, size)
    assert waiting(found) == {TICKET: before[-1].position}
    untouched, touched = levels(heard()).rows["deadlines"], levels(facts).rows["deadlines"]
    assert found.rows["deadlines"][PUMP, "resolution"] == untouched[PUMP, "resolution"]
    assert found.rows["deadlines"][OVEN, "resolution"] == touched[OVEN, "resolution"]


@pytest.mark.parametrize(
    ("command", "topic"),
    [
        (ReviseContract(contract=GOLD, terms=SHORT), "contract.revised"),
        (ReviseCalendar(calendar=OFFICE, hours=SUMMER_HOURS), "calendar.revised"),
        (ReviseContract(contract=GOLD, terms=SHORT), "contract.concluded"),
        (ReviseCalendar(calendar=OFFICE, hours=SUMMER_HOURS), "contract.concluded"),
    ],
    ids=lambda each: getattr(each, "topic", each),
)
def test_a_text_that_waited_touches_what_rests_on_it_as_that_stands_by_then(command: Command, topic: str) -> None:
    facts = heard((command, TEN), (LogCall(ticket=PUMP, answered=True), NOON), (HoldTicket(ticket=OVEN), NOON))
    disliked = {topic}
    found = MemoryViews([disliking(disliked)]).take(facts)
    assert waiting(found)
    disliked.clear()
    found.try_all_again()
    assert not waiting(found)
    assert differences(levels(facts).rows, found.rows) == []


def unread(facts: Sequence[Heard], topic: str) -> list[Heard]:
    """As a service hears them that does not know the topic."""
    return [
        Unreadable(fact.stream, fact.position, topic, Disliked())
        if isinstance(fact, Fact) and fact.event.topic == topic
        else fact
        for fact in facts
    ]


@pytest.mark.parametrize("cut", [0, 1, 2, 3], ids=lambda cut: f"begun again {cut} facts before the end")
def test_whoever_looks_at_what_cannot_be_read_waits_for_it_also_with_the_state_at_hand(cut: int) -> None:
    """Or rows would rest on a state that lacks a fact."""
    facts = heard((ReviseContract(contract=GOLD, terms=SHORT), TEN), (HoldTicket(ticket=PUMP), NOON))
    older, begin = unread(facts, "contract.revised"), len(facts) - cut
    found = MemoryViews().take(older[:begin], 1)
    found.forget_states(begin)
    found.take(older[begin:], 1)
    assert set(waiting(found)) == {TICKET, CONTRACT}
    found.log = list(facts)
    found.forget_states(len(facts))
    found.try_all_again()
    assert differences(MemoryViews().take(facts).rows, found.rows) == []


def test_what_cannot_be_read_waits_in_every_model_and_nothing_else_does() -> None:
    facts = heard((HoldTicket(ticket=PUMP), TEN))
    found = MemoryViews().take(unread(facts, "ticket.held"))
    assert {name: set(streams) for name, streams in found.parked.items()} == {model.name: {TICKET} for model in MODELS}


def test_what_rests_on_a_stream_and_cannot_be_made_waits_from_the_next_fact_on() -> None:
    def fragile(id: str, known: Known) -> Iterator[Change]:
        if id in broken:
            raise Disliked
        yield from made[0].rows(id, known)

    made = [*SERVICE_LEVELS.remake(TICKET)]

    def remake(stream: str) -> list[Touch]:
        return [touch._replace(rows=fragile) for touch in SERVICE_LEVELS.remake(stream)]

    def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
        if fact.event.topic in disliked:
            raise Disliked
        for change in SERVICE_LEVELS.project(fact, known):
            yield change._replace(rows=fragile) if isinstance(change, Touch) else change

    facts = heard((ReviseContract(contract=GOLD, terms=SHORT), TEN), (HoldTicket(ticket=OVEN), NOON))
    broken, disliked = set[str](), {"contract.revised"}
    found = MemoryViews([replace(SERVICE_LEVELS, project=project, remake=remake)]).take(facts)
    assert set(waiting(found)) == {CONTRACT}
    disliked.clear()
    broken.add(PUMP)
    found.try_all_again()
    assert waiting(found) == {TICKET: len(facts) + 1}
    broken.clear()
    found.try_all_again()
    assert differences(levels(facts).rows, found.rows) == []
