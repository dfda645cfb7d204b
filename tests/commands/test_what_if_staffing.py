"""Whom the chain would have chosen is whom it chooses where it is so; of hidden tickets there is no trace (N-5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, YURIY, ZOE, worker
from life import opened
from retrospection import reckoned, refusal
from specification import LONG_AGO, Given, Happened, given, of, on_monday

from commands.permission import RightMissing
from commands.reckonings import staffing
from commands.reckonings.received import NothingSupposed
from commands.reckonings.restaffed import OneThingSupposed
from commands.reckonings.staffing import Chosen, Load, StaffingTold, WhatIfStaffing
from commands.service.routing import RouteTicket
from domain.clients.contact import CONTACT, ContactResponsibleSet
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.assignment import Ineligible, Source
from domain.service.contract import CONTRACT, ContractRevised, ContractUnknown
from domain.service.holding import TicketRouted
from domain.service.selection import Scope
from domain.service.ticket import TICKET, TicketContractSelected
from domain.staff.absence import WorkerAbsencePlanned
from domain.staff.area import AREA, AreaRoleGiven, AreaUnknown, Role
from domain.staff.team import TEAM
from domain.staff.worker import ROUTING, SYSTEM, WORKER, Right, WorkerDeactivated, WorkerUnknown
from domain.talk.gateway import GATEWAY, GatewayResponsibleSet, GatewayUnknown
from domain.values import AbsenceId, TicketId, WorkerId, team_holder, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    GOLD,
    GOLD_TERMS,
    HOTLINE,
    MILL,
    OFFICE_FLOOR,
    SUPPORT,
    WORKSHOP,
)

LONG_AFTER = datetime.fromisoformat("2100-01-01T00:00Z")
EVENING = on_monday(20)
MIRA, OMAR, RITA = WorkerId("mira"), WorkerId("omar"), WorkerId("rita")
PEOPLE = [
    *worker(MIRA, Right.BASIC, Right.HELPDESK),
    *worker(OMAR, Right.HELPDESK),
    *worker(RITA, Right.ANALYST),
    *of(AREA, WORKSHOP, *(AreaRoleGiven(holder=worker_holder(each), role=Role.MEMBER) for each in (BORIS, MIRA))),
    *of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(RITA), role=Role.READER)),
    *of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(MIRA), level=Level.USE)),
    *of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(OMAR), level=Level.USE)),
    *of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(RITA), level=Level.USE)),
    *of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=ANNA)),
]
"""Anna, Boris and Mira may have what the mill reports; Omar is of no area; Rita, an analyst, may look."""


def reported(id: str, at: datetime, **about: Any) -> list[Happened]:
    """Through the gateway of support."""
    selected = TicketContractSelected(contract=GOLD, version=1, scope=Scope.MODULE)
    return of(TICKET, id, opened(**{"gateway": SUPPORT, **about}), selected, at=at)


def routed(found: Given, *tickets: str, at: datetime = EVENING) -> Given:
    for ticket in tickets:
        asked = found.when(RouteTicket(ticket=TicketId(ticket)), at=at, actor=ROUTING)
        assert not asked.answer.code, asked.answer
    return found


def world(*more: Any, tickets: int = 1) -> Given:
    """So many tickets of the mill, one a minute, and each routed when it came."""
    found = given(COMPANY_SO_FAR, PEOPLE, *more)
    for n in range(tickets):
        at = on_monday(10, n)
        found.happen(reported(f"t{n}", at))
        routed(found, f"t{n}", at=at)
    return found


def asked(
    since: datetime = LONG_AGO, until: datetime = LONG_AFTER, most: int = 100, area: Any = None, **staff: Any
) -> Any:
    return WhatIfStaffing(since=since, until=until, most_moves=most, area=area, staff=staff)


def told(found: Given, question: WhatIfStaffing, actor: str = SYSTEM) -> StaffingTold:
    row = reckoned(found, question, actor=actor, at=EVENING).row
    assert isinstance(row, StaffingTold)
    return row


def away(worker: WorkerId, substitute: WorkerId | None = None) -> dict[str, Any]:
    return {"absent": ({"worker": worker, "substitute": substitute},)}


def test_a_ticket_that_would_have_gone_to_somebody_else_is_told_with_both_steps_and_why() -> None:
    row = told(world(), asked(**away(ANNA, MIRA)))
    (move,) = row.moves
    assert (row.tickets, row.moved, move.ticket, move.at) == (1, 1, "t0", on_monday(10))
    assert move.before == Chosen(assignee=ANNA, team=None, source=Source.HELPDESK)
    assert move.after == Chosen(assignee=MIRA, team=None, source=Source.HELPDESK)
    assert move.reason is Ineligible.ABSENT


def test_where_nobody_would_have_had_it_that_is_told() -> None:
    row = told(world(), asked(**away(ANNA)))
    assert row.moves[0].after == Chosen(assignee=None, team=None, source=None)
    assert row.loads == (
        Load(assignee=None, team=None, before=0, after=1),
        Load(assignee=ANNA, team=None, before=1, after=0),
    )


def test_an_earlier_step_that_would_have_won_is_no_reason_against_who_was_chosen() -> None:
    named = {"contracts": ({"contract": GOLD, "responsible": worker_holder(BORIS)},)}
    (move,) = told(world(), asked(**named)).moves
    assert (move.after.assignee, move.after.source, move.reason) == (BORIS, Source.CONTRACT, None)


PLANNED = WorkerAbsencePlanned(absence=AbsenceId("leave"), since=LONG_AGO, until=None, substitute=MIRA)
NAMES_BORIS = GOLD_TERMS.model_copy(update={"responsible": worker_holder(BORIS)})
SUPPOSED: dict[str, tuple[list[Happened], dict[str, Any]]] = {
    "away": (of(WORKER, ANNA, PLANNED), away(ANNA, MIRA)),
    "away, and the one who stands in as well": (
        [*of(WORKER, ANNA, PLANNED), *of(WORKER, MIRA, PLANNED.model_copy(update={"substitute": BORIS}))],
        {"absent": ({"worker": ANNA, "substitute": MIRA}, {"worker": MIRA, "substitute": BORIS})},
    ),
    "a member": (
        [
            *of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(OMAR), role=Role.MEMBER)),
            *of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=worker_holder(OMAR))),
        ],
        {
            "members": ({"worker": OMAR, "area": WORKSHOP},),
            "gateways": ({"gateway": SUPPORT, "responsible": worker_holder(OMAR)},),
        },
    ),
    "the helpdesk": (
        of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=BORIS)),
        {"helpdesk": {"responsible": BORIS}},
    ),
    "nobody at the helpdesk": (
        of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=None)),
        {"helpdesk": {"responsible": None}},
    ),
    "a contract": (
        of(CONTRACT, GOLD, ContractRevised(terms=NAMES_BORIS)),
        {"contracts": ({"contract": GOLD, "responsible": worker_holder(BORIS)},)},
    ),
    "a gateway of a team": (
        of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=team_holder(HOTLINE))),
        {"gateways": ({"gateway": SUPPORT, "responsible": team_holder(HOTLINE)},)},
    ),
}


@pytest.mark.parametrize("name", SUPPOSED)
def test_what_would_be_is_what_is_where_it_is_so(name: str) -> None:
    happened, staff = SUPPOSED[name]
    supposed, really = told(world(), asked(**staff)), world(happened)
    (fact,) = [each.event for each in really.log.streams["ticket-t0"] if isinstance(each.event, TicketRouted)]
    (move,) = supposed.moves
    assert (move.after.assignee, move.after.team) == (fact.assignee, fact.team)


@pytest.mark.parametrize("name", SUPPOSED)
def test_supposing_what_was_so_moves_nothing(name: str) -> None:
    happened, staff = SUPPOSED[name]
    row = told(world(happened, tickets=2), asked(**staff))
    assert (row.tickets, row.moved) == (2, 0)
    assert all(load.before == load.after for load in row.loads)


def test_who_is_present_was_never_away() -> None:
    found = world(of(WORKER, ANNA, PLANNED))
    (move,) = told(found, asked(present=(ANNA,))).moves
    assert (move.before.assignee, move.after.assignee) == (MIRA, ANNA)


def test_an_absence_that_is_supposed_goes_before_one_that_was_planned() -> None:
    (move,) = told(world(of(WORKER, ANNA, PLANNED)), asked(**away(ANNA, BORIS))).moves
    assert (move.before.assignee, move.after.assignee) == (MIRA, BORIS)


def test_several_may_be_members_of_one_area() -> None:
    through = {"gateways": ({"gateway": SUPPORT, "responsible": worker_holder(OMAR)},)}
    for first, second in ((OMAR, RITA), (RITA, OMAR)):
        members = ({"worker": first, "area": WORKSHOP}, {"worker": second, "area": WORKSHOP})
        assert told(world(), asked(members=members, **through)).moves[0].after.assignee == OMAR


def test_each_ticket_is_routed_on_what_stood_when_it_was() -> None:
    """Whoever left since, had it then; what another was named for since, was nobody's then."""
    found = world(tickets=2)
    found.happen(of(WORKER, MIRA, WorkerDeactivated(), at=on_monday(11)))
    found.happen(of(CONTACT, MILL, ContactResponsibleSet(responsible=worker_holder(BORIS)), at=on_monday(11)))
    found.happen(reported("late", on_monday(12)))
    routed(found, "late", at=on_monday(12))
    row = told(found, asked(**away(ANNA, MIRA)))
    assert [(move.ticket, move.after.assignee) for move in row.moves] == [("t0", MIRA), ("t1", MIRA)]
    assert (row.tickets, row.moved) == (3, 2)


def test_tickets_that_the_chain_never_saw_are_not_counted() -> None:
    found = world()
    found.happen(reported("other", on_monday(12)))
    assert told(found, asked(**away(ANNA))).tickets == 1


def test_of_several_runs_of_the_chain_the_first_is_run_again() -> None:
    found = world()
    found.happen(of(TICKET, "t0", TicketRouted(assignee=BORIS, steps=()), at=on_monday(11)))
    row = told(found, asked(**away(ANNA, MIRA)))
    assert (row.tickets, row.moves[0].before.assignee) == (1, ANNA)


def test_tickets_are_those_received_from_the_one_instant_up_to_the_other_and_of_the_area() -> None:
    found = world(tickets=4)
    row = told(found, asked(since=on_monday(10, 1), until=on_monday(10, 3), **away(ANNA)))
    assert [move.ticket for move in row.moves] == ["t1", "t2"]
    assert told(found, asked(area=OFFICE_FLOOR, **away(ANNA))).tickets == 0
    assert told(found, asked(area=WORKSHOP, **away(ANNA))).tickets == 4


def test_the_rest_is_asked_for_from_where_the_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staffing, "MOST_TICKETS", 2)
    found = world(tickets=3)
    first = told(found, asked(since=on_monday(10), most=1, **away(ANNA)))
    assert (first.tickets, first.moved, len(first.moves)) == (2, 2, 1)
    assert first.read_until == on_monday(10, 1) + timedelta(microseconds=1)
    rest = told(found, asked(since=first.read_until, **away(ANNA)))
    assert (rest.tickets, rest.read_until) == (1, None)


def test_each_tells_of_what_they_may_know_of_and_of_the_rest_there_is_no_trace() -> None:
    few, all_ = world(), world()
    hidden = {"a": {"area": OFFICE_FLOOR}, "b": {"customer": BAKERY, "reporter": BAKERY, "subject": BAKERY_SUBJECT}}
    for id, about in hidden.items():
        all_.happen(reported(id, on_monday(11), **about))
        routed(all_, id)
    for actor, seen in ((ANNA, 1), (MIRA, 1), (RITA, 1), (OMAR, 0)):
        answers = [reckoned(each, asked(**away(ANNA, MIRA)), actor=actor, at=EVENING) for each in (few, all_)]
        assert answers[0] == answers[1]
        assert answers[0].row.tickets == seen  # type: ignore[attr-defined]
    assert told(all_, asked(**away(ANNA))).tickets == 3


def test_whoever_has_or_would_have_had_a_ticket_is_told_with_their_names() -> None:
    through = {"gateways": ({"gateway": SUPPORT, "responsible": team_holder(HOTLINE)},)}
    answer = reckoned(world(), asked(**through), at=EVENING)
    assert answer.mentioned == {(WORKER.kind, ANNA), (TEAM.kind, HOTLINE)}


def test_who_holds_neither_the_analyst_s_nor_the_helpdesk_s_right_may_not_ask() -> None:
    for actor in (ZOE, YURIY, "nobody"):
        assert refusal(world(), asked(**away(ANNA)), actor=actor) is RightMissing


def test_something_has_to_be_supposed_of_what_there_is_once() -> None:
    found = world()
    contract = {"contract": GOLD, "responsible": None}
    wrong: list[tuple[Any, dict[str, Any]]] = [
        (NothingSupposed, {}),
        (OneThingSupposed, {**away(ANNA), "present": (ANNA,)}),
        (OneThingSupposed, {"contracts": (contract, contract)}),
        (WorkerUnknown, away(WorkerId("none"))),
        (WorkerUnknown, away(ANNA, WorkerId("none"))),
        (WorkerUnknown, {"helpdesk": {"responsible": "none"}}),
        (WorkerUnknown, {"members": ({"worker": "none", "area": WORKSHOP},)}),
        (WorkerUnknown, {"contracts": ({**contract, "responsible": "worker:none"},)}),
        (AreaUnknown, {"members": ({"worker": ANNA, "area": "none"},)}),
        (ContractUnknown, {"contracts": ({**contract, "contract": "none"},)}),
        (GatewayUnknown, {"gateways": ({"gateway": "none", "responsible": None},)}),
    ]
    for code, staff in wrong:
        assert refusal(found, asked(**staff)) is code, staff
    members = {"members": ({"worker": ANNA, "area": OFFICE_FLOOR}, {"worker": BORIS, "area": OFFICE_FLOOR})}
    assert refusal(found, asked(**members)) is None
    assert refusal(found, asked(**members), actor=ANNA) is AreaUnknown


def test_no_fact_is_written() -> None:
    found = world()
    before = list(found.log.facts)
    told(found, asked(**away(ANNA, MIRA)))
    assert found.log.facts == before
