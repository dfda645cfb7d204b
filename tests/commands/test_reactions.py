"""A fact is heard, and these requests follow: whenever, in whatever order, and however often it is heard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from company import COMPANY_SO_FAR
from pydantic import ValidationError
from specification import Given, given, of, on_monday, request

from commands.reactions.notifying import NOTIFYING
from commands.reactions.reaction import HISTORY, Call, Heard, Reaction
from commands.reactions.routing import ROUTING
from commands.service.holding import AssignTicket
from commands.service.opening import OpenTicket
from commands.service.routing import RouteTicket
from commands.work.notice import WriteNotice
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.fact import Event, Fact, personal_fields
from domain.service.holding import TicketAssigned, TicketRouted
from domain.service.level import Recipient
from domain.staff.worker import SYSTEM
from domain.work.notice import NoticeWritten, Occasion
from examples import ANNA, BORIS, EVENTS, HOTLINE, MILL, PUMP

TEN = on_monday(10)
TICK = timedelta(microseconds=1)
REACTIONS = (ROUTING, NOTIFYING)


def heard(topic: str, *, happened: datetime = TEN, recorded: datetime = TEN, actor: str = BORIS, **data: Any) -> Heard:
    """A fact about the pump."""
    return Heard("4a1c7c0e-0000-4000-8000-000000000001", topic, "ticket-pump", 1, 1, happened, recorded, actor, data)


def published(fact: Fact[Any]) -> Heard:
    """A fact of the log as the handlers hear of it: nobody's data in it."""
    open_fields = set(type(fact.event).model_fields) - personal_fields(type(fact.event)).keys()
    data = fact.event.model_dump(mode="json", include=open_fields)
    id = f"00000000-0000-4000-8000-{fact.position:012}"
    times = fact.happened_at, fact.recorded_at
    return Heard(id, fact.event.topic, fact.stream, fact.version, fact.position, *times, fact.actor, data)


def test_an_opened_ticket_is_routed_as_of_its_receipt() -> None:
    (call,) = ROUTING.calls(heard("ticket.opened", happened=TEN - timedelta(hours=2), area="workshop"))
    assert call.command == RouteTicket(ticket=PUMP)
    assert call.happened_at == TEN - timedelta(hours=2)


def test_an_assigned_ticket_is_told_to_its_assignee_when_it_is_told() -> None:
    (call,) = NOTIFYING.calls(heard("ticket.assigned", assignee=ANNA))
    assert call.command == WriteNotice(
        recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, doer=BORIS, roles=(Recipient("assignee"),)
    )
    assert call.happened_at is None


def test_who_took_a_ticket_is_not_told_of_it() -> None:
    assert NOTIFYING.calls(heard("ticket.assigned", actor=ANNA, assignee=ANNA)) == []


HELPDESK = Recipient("helpdesk")


def went_wrong(occasion: Occasion) -> WriteNotice:
    return WriteNotice(recipient=None, ticket=PUMP, occasion=occasion, doer="routing", roles=(HELPDESK,))


def step(candidate: str | None = None, reason: str | None = None) -> dict[str, Any]:
    result = "not-eligible" if reason else "nobody-named" if candidate is None else "chosen"
    return {"source": "helpdesk", "candidate": candidate, "result": result, "reason": reason}


def routed(assignee: str | None, *steps: dict[str, Any], team: str | None = None) -> list[Any]:
    found = NOTIFYING.calls(heard("ticket.routed", actor="routing", assignee=assignee, team=team, steps=[*steps]))
    return [call.command for call in found]


def test_a_ticket_that_nobody_was_found_for_is_told_to_who_answers_for_those() -> None:
    assert routed(None, step()) == [went_wrong(Occasion.UNASSIGNED)]


def test_of_a_ticket_that_somebody_was_found_for_the_assignment_tells() -> None:
    assert routed(ANNA, step(ANNA)) == []
    assert routed(None, step(BORIS, "absent"), team=HOTLINE) == []


def test_that_somebody_lacked_more_than_presence_is_told_once_for_each_routing() -> None:
    wrong = went_wrong(Occasion.MISCONFIGURED)
    assert routed(ANNA, step(BORIS, "not-member"), step(BORIS, "not-active"), step(ANNA)) == [wrong]
    assert routed(ANNA, step(BORIS, "absent"), step(ANNA)) == []
    assert routed(None, step(BORIS, "not-member")) == [went_wrong(Occasion.UNASSIGNED), wrong]


def test_a_ticket_of_a_team_is_told_to_the_team() -> None:
    (call,) = NOTIFYING.calls(heard("ticket.team-assigned", team=HOTLINE))
    assert call.command == WriteNotice(
        recipient=None,
        ticket=PUMP,
        occasion=Occasion.TEAM_ASSIGNED,
        doer=BORIS,
        team=HOTLINE,
        roles=(Recipient("team:hotline"),),
    )


def as_whom(worker: str, recipient: str, instead_of: str | None = None) -> dict[str, Any]:
    return {"worker": worker, "recipient": recipient, "instead_of": instead_of}


LEVEL = {"target": "resolution", "percent": 75, "due": "2024-06-03T10:00:00Z", "channels": ["system", "email"]}


def test_a_level_is_told_to_each_once_as_all_that_they_are_and_withheld_from_those_who_cannot_hear_of_it() -> None:
    told = [as_whom(ANNA, "assignee"), as_whom(BORIS, "area-head", "yuriy"), as_whom(ANNA, "worker:anna", "yuriy")]
    calls = NOTIFYING.calls(heard("ticket.escalated", actor="timer", told=told, **LEVEL))
    assert [
        (call.command.recipient, call.command.roles, call.command.instead_of)  # type: ignore[attr-defined]
        for call in calls
    ] == [
        (ANNA, ("assignee", "worker:anna"), ("yuriy",)),
        (BORIS, ("area-head",), ("yuriy",)),
        ("yuriy", ("area-head", "worker:anna"), ()),
    ]
    assert {
        call.command.model_dump_json(include={"channels", "target", "percent", "due", "occasion"}) for call in calls
    } == {
        '{"occasion":"escalated","channels":["system","email"],"target":"resolution","percent":75,'
        '"due":"2024-06-03T10:00:00Z"}'
    }


TOLD_ALL = {**LEVEL, "assignee": None, "team": HOTLINE, "steps": [step(BORIS, "not-member")]}
"""What every fact that is listened to takes for one request to follow."""


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda reaction: reaction.name)
def test_what_was_recorded_long_after_it_happened_calls_for_nothing(reaction: Reaction) -> None:
    for topic in reaction.topics:
        at_last = heard(topic, happened=TEN - HISTORY, told=[as_whom(ANNA, "assignee")], **TOLD_ALL)
        assert len(reaction.calls(at_last)) == 1
        assert reaction.calls(at_last._replace(happened_at=TEN - HISTORY - TICK)) == []


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda reaction: reaction.name)
def test_a_reaction_listens_to_facts_that_there_are_and_asks_in_its_own_name(reaction: Reaction) -> None:
    assert set(reaction.topics) <= Event.by_topic.keys()
    assert re.fullmatch(r"[a-z]+", reaction.name)


def test_an_id_is_that_of_the_handler_the_fact_and_the_place_and_of_nothing_else() -> None:
    fact = heard("ticket.assigned", assignee=ANNA)
    (first,) = NOTIFYING.calls(fact)
    later = fact._replace(position=99, recorded_at=TEN + timedelta(days=1), actor=SYSTEM, correlation="x")
    assert NOTIFYING.calls(later)[0].id == first.id
    others = [
        ROUTING.calls(heard("ticket.opened"))[0],
        NOTIFYING.calls(fact._replace(event_id="4a1c7c0e-0000-4000-8000-000000000002"))[0],
        *(NOTIFYING.calls(fact, anew)[0] for anew in (1, 2)),
    ]
    assert len({first.id, *(other.id for other in others)}) == 5
    assert first.id[14] == "5"


def test_several_requests_of_one_fact_have_ids_of_their_own() -> None:
    twice = Reaction(NOTIFYING.name, NOTIFYING.topics, lambda fact: [*NOTIFYING.react(fact)] * 2)  # type: ignore[arg-type,return-value]
    first, second = twice.calls(heard("ticket.assigned", assignee=ANNA))
    assert first.command == second.command
    assert first.id != second.id


@pytest.mark.parametrize("data", [{}, {"assignee": 7}, {"assignee": "No Id"}])
def test_a_fact_that_is_not_what_it_should_be_is_not_guessed(data: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValidationError)):
        NOTIFYING.calls(heard("ticket.assigned", **data))


# The whole circle: what is heard of what was stored is asked, and what comes of that is heard again.


def world() -> Given:
    return given(COMPANY_SO_FAR, of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=ANNA)))


def ask(found: Given, reaction: Reaction, call: Call) -> None:
    asked = request(call.command, actor=reaction.name, at=TEN, happened=call.happened_at, id=call.id)
    (answer,) = found.ask(asked)
    assert answer.code == ""


def hear(found: Given, facts: Sequence[Fact[Any]], order: Iterable[int] | None = None, *, times: int = 1) -> None:
    """Every handler hears the facts, and of what follows from them, until nothing more does."""
    while facts:
        before = len(found.log.facts)
        for n in [*(order or range(len(facts)))] * times:
            for reaction in REACTIONS:
                if facts[n].event.topic in reaction.topics:
                    for call in reaction.calls(published(facts[n])):
                        ask(found, reaction, call)
        facts, order = found.log.facts[before:], None


def told(found: Given) -> list[tuple[str, Occasion]]:
    written = [fact.event for fact in found.log.facts if isinstance(fact.event, NoticeWritten)]
    return [(event.recipient, event.occasion) for event in written]


def opened(found: Given, actor: str = BORIS, **envelope: Any) -> list[Fact[Any]]:
    asked = found.when(OpenTicket(customer=MILL, title="Pump"), actor=actor, at=TEN, **envelope)
    assert asked.answer.code == ""
    return list(asked.facts)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_however_often_it_is_heard_a_ticket_is_routed_once_and_told_once(times: int) -> None:
    found = world()
    hear(found, opened(found), times=times)
    topics = [fact.event.topic for fact in found.log.facts[-4:]]
    assert topics == ["ticket.contract-selected", "ticket.routed", "ticket.assigned", "notice.written"]
    assert told(found) == [(ANNA, Occasion.ASSIGNED)]


def test_whoever_takes_the_ticket_first_keeps_it_in_whatever_order_the_facts_are_heard() -> None:
    ends = set()
    for order in permutations(range(3)):
        found = world()
        facts = opened(found)
        facts += found.when(AssignTicket(ticket=facts[0].stream.removeprefix("ticket-"), assignee=BORIS), at=TEN).facts
        hear(found, facts, order)
        state = [
            (fact.stream, fact.event)
            for fact in found.log.facts
            if isinstance(fact.event, TicketAssigned | TicketRouted)
        ]
        ends.add((len(state), state[-1][1].assignee, *told(found)))
    assert ends == {(1, BORIS, (BORIS, Occasion.ASSIGNED))}


def test_an_assignment_after_the_receipt_stands_over_the_routing_of_the_receipt() -> None:
    found = world()
    facts = opened(found)
    ticket = facts[0].stream.removeprefix("ticket-")
    later = TEN + timedelta(minutes=1)
    facts += found.when(AssignTicket(ticket=ticket, assignee=BORIS), at=later).facts
    hear(found, facts)
    assert told(found) == [(BORIS, Occasion.ASSIGNED)]


def test_of_an_import_of_years_ago_nothing_follows() -> None:
    found = world()
    hear(found, opened(found, SYSTEM, happened=on_monday(10, days=-800)))
    assert told(found) == []
    assert not [fact for fact in found.log.facts if isinstance(fact.event, TicketRouted)]


def test_every_fact_that_is_listened_to_can_be_heard_as_it_is_published() -> None:
    for event in EVENTS:
        for reaction in REACTIONS:
            if event.topic in reaction.topics:
                fact: Fact[Any] = Fact("ticket-pump", 1, event, TEN, TEN, SYSTEM, 7)
                assert all(call.command for call in reaction.calls(published(fact)))
