"""A ticket is with one worker, or with a team until one of them claims it, or with nobody (R-TCK-14, R-COM-8)."""

from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, VERA, YURIY, ZOE
from specification import Given, Happened, given, of, on_monday, request

from commands.command import Command
from commands.permission import RightMissing, RoleMissing
from commands.service.holding import AssignTicket, ClaimTicket, GiveTicketBack, HandOverTicket, TakeTicket
from domain.refusal import Refused
from domain.service.holding import (
    Holding,
    NobodyNamed,
    TicketAssigned,
    TicketClaimed,
    TicketGivenBack,
    TicketHandedOver,
    TicketNotHeld,
    TicketTeamAssigned,
)
from domain.service.status import Status
from domain.service.ticket import TICKET, TicketNotOpen, TicketResolved, TicketStarted, TicketUnknown
from domain.staff.area import AREA, AreaRoleGiven, Role
from domain.staff.team import TEAM, TeamDisbanded, TeamFormed, TeamMemberAdded, TeamUnknown
from domain.staff.worker import WorkerNotActive, WorkerUnknown
from domain.values import Holder, TeamId, WorkerId, team_holder, worker_holder
from examples import ANNA, BORIS, HOTLINE, MILL_SUBJECT, PUMP, WORKSHOP

TEN, ELEVEN, NOON = on_monday(10), on_monday(11), on_monday(12)
TAKE, CLAIM, BACK = TakeTicket(ticket=PUMP), ClaimTicket(ticket=PUMP), GiveTicketBack(ticket=PUMP)
BOTH_WORK: list[Happened] = [
    *of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(BORIS), role=Role.MEMBER)),
    *of(TEAM, HOTLINE, TeamMemberAdded(worker=ANNA)),
]


def world(*held: Any) -> Given:
    """Anna and Boris both work on the ticket and are in the hotline; so the ticket was given at ten."""
    return given(COMPANY_SO_FAR, BOTH_WORK, of(TICKET, PUMP, *held, at=TEN))


def holding(found: Given) -> Holding:
    return found.state(TICKET, PUMP).holding


def to(assignee: WorkerId | None = None, team: TeamId | None = None) -> AssignTicket:
    return AssignTicket(ticket=PUMP, assignee=assignee, team=team)


def over(to: Holder, note: str | None = None) -> HandOverTicket:
    return HandOverTicket(ticket=PUMP, to=to, note=note)


def test_a_ticket_is_given_to_a_worker_to_a_team_or_to_a_worker_with_a_team_around() -> None:
    world().when(to(BORIS), actor=ANNA, at=TEN).then(TicketAssigned(assignee=BORIS))
    world().when(to(team=HOTLINE), actor=ANNA, at=TEN).then(TicketTeamAssigned(team=HOTLINE))
    world().when(to(BORIS, HOTLINE), actor=ANNA, at=TEN).then(TicketAssigned(assignee=BORIS, team=HOTLINE))
    world().when(to(), actor=ANNA, at=TEN).refused(NobodyNamed)


def test_given_to_whoever_has_it_already_it_changes_nothing() -> None:
    world(TicketAssigned(assignee=BORIS)).when(to(BORIS), actor=ANNA, at=NOON).then()
    world(TicketTeamAssigned(team=HOTLINE)).when(to(team=HOTLINE), actor=ANNA, at=NOON).then()
    around = TicketAssigned(assignee=BORIS, team=HOTLINE)
    world(TicketAssigned(assignee=BORIS)).when(to(BORIS, HOTLINE), actor=ANNA, at=NOON).then(around)


@pytest.mark.parametrize(
    ("assignee", "team", "refusal"),
    [
        (WorkerId("nobody"), None, WorkerUnknown),
        (YURIY, None, WorkerNotActive),
        (None, TeamId("none"), TeamUnknown),
        (ANNA, TeamId("none"), TeamUnknown),
        (None, TeamId("gone"), TeamUnknown),
    ],
)
def test_nobody_and_no_team_that_is_not_there_is_given_a_ticket(
    assignee: WorkerId | None, team: TeamId | None, refusal: type[Refused]
) -> None:
    found = world()
    found.happen(of(TEAM, "gone", TeamFormed(name="Gone"), TeamDisbanded()))
    found.when(to(assignee, team), actor=ANNA, at=TEN).refused(refusal)
    found.when(
        over(worker_holder(assignee) if team is None and assignee else team_holder(team or HOTLINE)), actor=ANNA, at=TEN
    ).refused(refusal)


def test_whether_they_may_have_it_is_for_the_giver_to_know() -> None:
    world().when(to(ZOE), actor=ANNA, at=TEN).then(TicketAssigned(assignee=ZOE))


def test_whoever_takes_it_has_it_whoever_had_it_before_and_begins_to_work() -> None:
    found = world(TicketAssigned(assignee=BORIS, team=HOTLINE))
    found.when(TAKE, actor=ANNA, at=TEN).then(TicketAssigned(assignee=ANNA, team=HOTLINE), TicketStarted())
    found.when(TAKE, actor=ANNA, at=TEN).then()


def test_a_teams_ticket_is_claimed_by_exactly_one_and_the_other_is_told_by_whom() -> None:
    found = world(TicketTeamAssigned(team=HOTLINE))
    found.when(CLAIM, actor=BORIS, at=ELEVEN).then(TicketAssigned(assignee=BORIS, team=HOTLINE))
    second = found.when(CLAIM, actor=ANNA, at=NOON)
    second.refused(TicketClaimed)
    assert second.answer.thing == BORIS
    found.when(CLAIM, actor=BORIS, at=NOON).then()
    assert found.state(TICKET, PUMP).shown_status(NOON) is Status.ASSIGNED


def test_of_two_who_claim_in_one_batch_the_first_wins() -> None:
    found = world(TicketTeamAssigned(team=HOTLINE))
    answers = found.ask(*(request(CLAIM, actor=actor, at=NOON) for actor in (ANNA, BORIS)))
    assert [(answer.code, answer.thing) for answer in answers] == [("", PUMP), (TicketClaimed.__name__, ANNA)]
    assert holding(found) == Holding(ANNA, HOTLINE)


def test_the_same_claim_asked_again_is_answered_as_before() -> None:
    found = world(TicketAssigned(assignee=BORIS))
    one = request(CLAIM, actor=ANNA, at=NOON)
    (first,), (again,) = found.ask(one), found.ask(one)
    assert (again.code, again.thing, again.repeated) == (first.code, BORIS, True)


def test_nobody_claims_what_was_claimed_since_by_saying_that_theirs_was_the_earlier() -> None:
    found = world(TicketTeamAssigned(team=HOTLINE))
    found.when(CLAIM, actor=BORIS, at=NOON)
    late = found.when(CLAIM, actor=ANNA, at=on_monday(12, 2), happened=on_monday(11, 58))
    late.refused(TicketClaimed)
    assert late.answer.thing == BORIS


def test_nobody_claims_for_an_instant_at_which_somebody_else_had_it() -> None:
    found = world(TicketAssigned(assignee=BORIS))
    found.when(BACK, actor=BORIS, at=on_monday(10, 4))
    found.when(CLAIM, actor=ANNA, at=on_monday(10, 5), happened=on_monday(10, 2)).refused(TicketClaimed)
    found.when(CLAIM, actor=ANNA, at=on_monday(10, 5)).then(TicketAssigned(assignee=ANNA))


def test_what_nobody_has_is_claimed_without_a_team_as_well() -> None:
    world().when(CLAIM, actor=ANNA, at=TEN).then(TicketAssigned(assignee=ANNA))


def test_a_ticket_is_handed_over_with_a_note_to_a_worker_or_to_a_team() -> None:
    noted = TicketHandedOver(subject=MILL_SUBJECT, note="Knows the pump")
    for receiver, assigned in (
        (worker_holder(BORIS), TicketAssigned(assignee=BORIS)),
        (team_holder(HOTLINE), TicketTeamAssigned(team=HOTLINE)),
    ):
        found = world(TicketAssigned(assignee=ANNA))
        found.when(over(receiver, "Knows the pump"), actor=ANNA, at=NOON).then(noted, assigned)
        world(TicketAssigned(assignee=ANNA)).when(over(receiver), actor=ANNA, at=NOON).then(assigned)


def test_handed_over_to_a_worker_it_stays_the_teams_and_to_a_team_it_is_that_ones() -> None:
    found = world(TicketAssigned(assignee=ANNA, team=HOTLINE))
    found.when(over(worker_holder(BORIS)), actor=ANNA, at=NOON).then(TicketAssigned(assignee=BORIS, team=HOTLINE))
    found.when(over(team_holder(HOTLINE)), actor=ANNA, at=NOON).then(TicketTeamAssigned(team=HOTLINE))
    assert holding(found) == Holding(None, HOTLINE)


def test_handed_over_to_who_has_it_it_changes_nothing_and_no_note_is_left() -> None:
    world(TicketAssigned(assignee=ANNA)).when(over(worker_holder(ANNA), "Mine"), actor=ANNA, at=NOON).then()
    world(TicketTeamAssigned(team=HOTLINE)).when(over(team_holder(HOTLINE), "x"), actor=ANNA, at=NOON).then()


def test_what_is_given_back_is_the_teams_again_or_nobodys() -> None:
    found = world(TicketAssigned(assignee=ANNA, team=HOTLINE))
    found.when(BACK, actor=ANNA, at=NOON).then(TicketGivenBack())
    assert holding(found) == Holding(None, HOTLINE)
    found.when(BACK, actor=ANNA, at=NOON).then()
    found.when(CLAIM, actor=BORIS, at=NOON).then(TicketAssigned(assignee=BORIS, team=HOTLINE))
    alone = world(TicketAssigned(assignee=ANNA))
    alone.when(BACK, actor=ANNA, at=NOON).then(TicketGivenBack())
    assert holding(alone) == Holding()


def test_only_who_has_it_gives_it_back() -> None:
    world(TicketAssigned(assignee=BORIS)).when(BACK, actor=ANNA, at=NOON).refused(TicketNotHeld)


ALL: list[Command] = [to(BORIS), TAKE, CLAIM, over(worker_holder(BORIS)), BACK]


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.topic)
def test_who_has_it_is_for_those_who_work_on_it_while_it_is_open(command: Command) -> None:
    given(COMPANY_SO_FAR).when(command, actor=BORIS, at=TEN).refused(RoleMissing)
    given(COMPANY_SO_FAR).when(command, actor=VERA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).refused(RightMissing)
    world(TicketResolved()).when(command, actor=ANNA, at=NOON).refused(TicketNotOpen)
