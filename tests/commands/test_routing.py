"""A ticket is routed by the automaton or by who works on it, as of the instant for which it is asked (D11, D12)."""

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY
from specification import Given, Happened, given, of, on_monday

from commands.company.settings import SetHelpdeskResponsible
from commands.permission import RightMissing, RoleMissing
from commands.service.ticket import AssignTicket, RouteTicket, TakeTicket
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.assignment import Ineligible, Result, Source, Step
from domain.service.ticket import (
    TICKET,
    TicketAssigned,
    TicketNotOpen,
    TicketNotYetOpened,
    TicketResolved,
    TicketRouted,
    TicketUnknown,
)
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded
from domain.staff.worker import AUTOMATA, CHECKING, NOTIFYING, ROUTING, TIMER, WORKER, WorkerDeactivated, WorkerUnknown
from domain.values import WorkerId, team_holder, worker_holder
from examples import ANNA, BORIS, CUSTOMERS, HOTLINE, PUMP, REQUESTS, SUPPLIERS, WORKSHOP

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
ROUTE = RouteTicket(ticket=PUMP)
NOBODY_NAMED = TicketRouted(
    assignee=None, steps=(Step(source=Source.HELPDESK, candidate=None, result=Result.NOBODY_NAMED),)
)


def responsible(worker: WorkerId | None) -> list[Happened]:
    return of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=worker))


def chosen(worker: WorkerId) -> tuple[TicketRouted, TicketAssigned]:
    steps = (Step(source=Source.HELPDESK, candidate=worker, result=Result.CHOSEN),)
    return TicketRouted(assignee=worker, steps=steps), TicketAssigned(assignee=worker)


def passed_over(worker: WorkerId, reason: Ineligible) -> TicketRouted:
    step = Step(source=Source.HELPDESK, candidate=worker, result=Result.NOT_ELIGIBLE, reason=reason)
    return TicketRouted(assignee=None, steps=(step,))


def test_the_ticket_goes_to_who_answers_for_the_helpdesk() -> None:
    given(COMPANY_SO_FAR, responsible(ANNA)).when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(ANNA))


def test_where_nobody_answers_for_the_helpdesk_that_is_said() -> None:
    given(COMPANY_SO_FAR).when(ROUTE, actor=ROUTING, at=TEN).then(NOBODY_NAMED)


@pytest.mark.parametrize(
    ("worker", "besides", "reason"),
    [
        (YURIY, [], Ineligible.NOT_ACTIVE),
        (ANNA, of(WORKER, ANNA, WorkerDeactivated()), Ineligible.NOT_ACTIVE),
        (VERA, [], Ineligible.NOT_MEMBER),
        (BORIS, [], Ineligible.NOT_MEMBER),
        (
            VERA,
            of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(VERA), role=Role.MEMBER)),
            Ineligible.REPORTER_UNSEEN,
        ),
    ],
    ids=["left", "deactivated", "neither member nor reader", "a reader alone", "no right to the directory"],
)
def test_who_may_not_have_it_is_passed_over(worker: WorkerId, besides: list[Happened], reason: Ineligible) -> None:
    world = given(COMPANY_SO_FAR, responsible(worker), besides)
    world.when(ROUTE, actor=ROUTING, at=TEN).then(passed_over(worker, reason))


def test_a_member_through_a_team_may_have_it() -> None:
    through = of(AREA, WORKSHOP, AreaRoleGiven(holder=team_holder(HOTLINE), role=Role.MEMBER))
    given(COMPANY_SO_FAR, responsible(BORIS), through).when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(BORIS))


def test_the_right_to_use_the_directory_is_enough_in_person_or_through_a_team() -> None:
    member = of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(VERA), role=Role.MEMBER))
    uses = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(VERA), level=Level.USE))
    joined = of(TEAM, HOTLINE, TeamMemberAdded(worker=VERA))
    for sight in (uses, joined):
        world = given(COMPANY_SO_FAR, responsible(VERA), member, sight)
        world.when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(VERA))


def test_no_automaton_ever_answers_for_the_helpdesk() -> None:
    for automaton in AUTOMATA:
        command = SetHelpdeskResponsible(responsible=automaton)
        given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).refused(WorkerUnknown)


def test_it_is_decided_by_who_had_it_at_the_instant_it_is_asked_for() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA))
    world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN)
    world.when(AssignTicket(ticket=PUMP, assignee=BORIS), at=TEN)
    world.when(ROUTE, actor=ROUTING, at=NOON).then()
    world.when(ROUTE, actor=ROUTING, at=NOON, happened=NINE).then(*chosen(ANNA))
    assert [*world.state(TICKET, PUMP).assignments] == [(NINE, ANNA), (TEN, ANNA), (TEN, BORIS)]


def test_the_responsible_of_that_instant_counts_and_the_rights_of_today() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA))
    world.when(SetHelpdeskResponsible(responsible=BORIS), actor=OLENA, at=TEN)
    world.when(ROUTE, actor=ROUTING, at=NOON, happened=NINE).then(*chosen(ANNA))
    later = given(COMPANY_SO_FAR, responsible(ANNA))
    later.happen(of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER), at=TEN))
    later.when(ROUTE, actor=ROUTING, at=NOON, happened=NINE).then(passed_over(ANNA, Ineligible.NOT_MEMBER))


def test_routed_again_it_goes_to_who_has_become_eligible() -> None:
    world = given(COMPANY_SO_FAR, responsible(BORIS))
    world.when(ROUTE, actor=ROUTING, at=TEN).then(passed_over(BORIS, Ineligible.NOT_MEMBER))
    world.when(ROUTE, actor=ROUTING, at=TEN).then()
    world.happen(of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(BORIS), role=Role.MEMBER)))
    world.when(ROUTE, actor=ANNA, at=NOON).then(*chosen(BORIS))
    world.when(ROUTE, actor=ANNA, at=NOON).then()


def test_a_change_of_the_responsible_moves_no_ticket_that_somebody_has() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA))
    world.when(ROUTE, actor=ROUTING, at=TEN)
    world.when(SetHelpdeskResponsible(responsible=None), actor=OLENA, at=TEN)
    world.when(ROUTE, actor=ROUTING, at=NOON).then()


def test_what_is_not_there_not_yet_there_or_over_is_not_routed() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA), of(TICKET, OVEN, TicketResolved(), at=TEN))
    world.when(RouteTicket(ticket="nowhere"), actor=ROUTING, at=TEN).refused(TicketUnknown)
    world.when(ROUTE, actor=ROUTING, at=TEN, happened=on_monday(8)).refused(TicketNotYetOpened)
    world.when(RouteTicket(ticket=OVEN), actor=ROUTING, at=NOON).refused(TicketNotOpen)


def test_who_works_on_the_ticket_may_route_it_and_others_may_not() -> None:
    given(COMPANY_SO_FAR, responsible(ANNA)).when(ROUTE, actor=ANNA, at=TEN).then(*chosen(ANNA))
    given(COMPANY_SO_FAR).when(ROUTE, actor=BORIS, at=TEN).refused(RoleMissing)
    given(COMPANY_SO_FAR).when(ROUTE, actor=VERA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR).when(ROUTE, actor=OLENA, at=TEN).refused(RightMissing)


def test_the_automaton_routes_also_what_lies_where_nobody_looks() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA))
    oven = RouteTicket(ticket=OVEN)
    world.when(oven, actor=ROUTING, at=TEN).then(passed_over(ANNA, Ineligible.REPORTER_UNSEEN))
    world.happen(of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.USE)))
    world.when(oven, actor=ROUTING, at=TEN).then(*chosen(ANNA))


MAY = {
    ROUTING: {"ticket.route"},
    NOTIFYING: {"notice.write"},
    CHECKING: {"responsibility.check"},
    TIMER: set[str](),
}


def refused_for_lack_of_a_right(world: Given, actor: WorkerId) -> set[str]:
    answers = {command.topic: world.when(command, actor=actor, at=TEN).answer for command in REQUESTS}
    return {topic for topic, answer in answers.items() if answer.code == RightMissing.__name__}


@pytest.mark.parametrize("automaton", MAY)
def test_an_automaton_may_ask_for_what_it_is_there_for_and_nothing_else(automaton: WorkerId) -> None:
    refused = refused_for_lack_of_a_right(given(COMPANY_SO_FAR), automaton)
    assert refused == {command.topic for command in REQUESTS} - MAY[automaton]


@pytest.mark.parametrize("automaton", sorted(AUTOMATA))
def test_automata_are_late_by_nature(automaton: WorkerId) -> None:
    asked = given(COMPANY_SO_FAR).when(ROUTE, actor=automaton, at=NOON, happened=NINE)
    assert asked.answer.code in ("", RightMissing.__name__)
