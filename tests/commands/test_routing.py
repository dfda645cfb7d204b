"""A ticket is routed by the automaton or by who works on it, as of the instant for which it is asked (D11, D12)."""

from datetime import datetime
from itertools import takewhile
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY
from life import opened
from specification import LONG_AGO, Given, Happened, given, of, on_monday

from commands.company.settings import SetHelpdeskResponsible
from commands.permission import RightMissing, RoleMissing
from commands.service.holding import AssignTicket, TakeTicket
from commands.service.routing import RouteTicket, RouteTicketAgain
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactContractSet,
    ContactMerged,
    ContactResponsibleSet,
)
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupContractSet, GroupRanked, GroupResponsibleSet
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.assignment import Ineligible, Result, Source, Step
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised, Targets, Terms
from domain.service.holding import Holding, TicketAssigned, TicketGivenBack, TicketRouted, TicketTeamAssigned
from domain.service.incident_type import INCIDENT_TYPE, IncidentTypeContractSet
from domain.service.ticket import (
    TICKET,
    TicketNotOpen,
    TicketNotYetOpened,
    TicketResolved,
    TicketRetyped,
    TicketUnknown,
)
from domain.staff.absence import WorkerAbsencePlanned
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded
from domain.staff.worker import (
    AUTOMATA,
    CHECKING,
    ERASING,
    MAILING,
    NOTIFYING,
    ROUTING,
    TIMER,
    WORKER,
    WorkerDeactivated,
    WorkerUnknown,
)
from domain.talk.gateway import GATEWAY, GatewayResponsibleSet
from domain.values import (
    AbsenceId,
    ContractId,
    GroupId,
    Holder,
    Id,
    ProcessAreaId,
    TeamId,
    WorkerId,
    team_holder,
    worker_holder,
)
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    DEFECT,
    GOLD,
    GOLD_TERMS,
    HOTLINE,
    INVOICING,
    MILL,
    OFFICE,
    PUMP,
    REGULARS,
    REPAIRS,
    REQUESTS,
    SUPPLIERS,
    SUPPORT,
    VIP,
    WORKSHOP,
)

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
ROUTE, AGAIN = RouteTicket(ticket=PUMP), RouteTicketAgain(ticket=PUMP)


def step(source: Source, result: Result, candidate: WorkerId | None = None, **more: Any) -> Step:
    return Step(source=source, candidate=candidate, result=result, **more)


def before(source: Source) -> list[Step]:
    """The steps before, none of which names anybody."""
    return [step(each, Result.NOBODY_NAMED) for each in takewhile(lambda each: each is not source, Source)]


def after(source: Source) -> list[Step]:
    """The steps after, which are not reached, and of which none would name anybody."""
    return [step(each, Result.NOT_REACHED) for each in [*Source][[*Source].index(source) + 1 :]]


NOBODY_NAMED = TicketRouted(assignee=None, steps=(*before(Source.HELPDESK), step(Source.HELPDESK, Result.NOBODY_NAMED)))


def responsible(worker: WorkerId | None) -> list[Happened]:
    return of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=worker))


def chosen(
    worker: WorkerId, source: Source = Source.HELPDESK, *, team: TeamId | None = None, by: Id | None = None
) -> tuple[TicketRouted, TicketAssigned]:
    won = step(source, Result.CHOSEN, worker, team=team, named_by=by)
    steps = (*before(source), won, *after(source))
    return TicketRouted(assignee=worker, steps=steps, team=team), TicketAssigned(assignee=worker, team=team)


def unclaimed(team: TeamId, source: Source, by: Id) -> tuple[TicketRouted, TicketTeamAssigned]:
    won = step(source, Result.CHOSEN, team=team, named_by=by)
    steps = (*before(source), won, *after(source))
    return TicketRouted(assignee=None, steps=steps, team=team), TicketTeamAssigned(team=team)


def passed_over(worker: WorkerId, reason: Ineligible) -> TicketRouted:
    last = step(Source.HELPDESK, Result.NOT_ELIGIBLE, worker, reason=reason)
    return TicketRouted(assignee=None, steps=(*before(Source.HELPDESK), last))


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
    held = [(since, each.assignee) for since, each in world.state(TICKET, PUMP).holdings]
    assert held == [(NINE, ANNA), (TEN, ANNA), (TEN, BORIS)]


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


def test_the_contract_the_ticket_has_names_whom_it_goes_to_first() -> None:
    revised = GOLD_TERMS.model_copy(update={"responsible": worker_holder(ANNA)})
    world = given(COMPANY_SO_FAR, responsible(BORIS), of(CONTRACT, GOLD, ContractRevised(terms=revised), at=NINE))
    (routed, assigned) = world.when(ROUTE, actor=ROUTING, at=TEN).facts
    assert assigned.event == TicketAssigned(assignee=ANNA)
    assert [(each.candidate, each.result) for each in routed.event.steps] == [
        (ANNA, Result.CHOSEN),
        *[(None, Result.NOT_REACHED)] * 3,
        (BORIS, Result.NOT_REACHED),
    ]
    assert routed.event.steps[0].named_by == GOLD


def contract(id: ContractId, responsible: Holder | None, seconds: int) -> list[Happened]:
    terms = Terms(calendar=OFFICE, general=Targets(resolution_seconds=seconds), responsible=responsible)
    return of(CONTRACT, id, ContractConcluded(name="Contract", terms=terms))


SLOW, FAST, OWN = ContractId("slow"), ContractId("fast"), ContractId("own")
TIED_TO_TYPE: list[Happened] = [
    *contract(SLOW, worker_holder(ANNA), 7_200),
    *contract(FAST, worker_holder(BORIS), 3_600),
    *of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(BORIS), role=Role.MEMBER)),
    *of(TICKET, PUMP, TicketRetyped(incident_type=DEFECT), at=NINE),
]


def test_where_the_contract_names_nobody_the_best_of_those_tied_to_the_incident_type_does() -> None:
    """Though another sets the deadlines: of the groups the strictest, before that of the type, after the customer's."""
    steps = [
        of(INCIDENT_TYPE, DEFECT, IncidentTypeContractSet(contract=SLOW)),
        [
            *of(MEMBERSHIP, MILL, MemberJoined(group=VIP), MemberJoined(group=REGULARS)),
            *of(GROUP, VIP, GroupContractSet(incident_type=DEFECT, contract=SLOW)),
            *of(GROUP, REGULARS, GroupContractSet(incident_type=DEFECT, contract=FAST)),
        ],
        of(CONTACT, MILL, ContactContractSet(incident_type=DEFECT, contract=SLOW)),
    ]
    found = []
    for n in range(1, 4):
        world = given(COMPANY_SO_FAR, TIED_TO_TYPE, *steps[:n])
        routed = world.when(ROUTE, actor=ROUTING, at=TEN).facts[0].event
        found.append((routed.steps[0].named_by, routed.assignee))
        assert world.state(TICKET, PUMP).contract(TEN) == GOLD
    assert found == [(SLOW, ANNA), (FAST, BORIS), (SLOW, ANNA)]


def test_a_contract_of_the_type_that_names_nobody_leaves_it_to_the_next_step() -> None:
    silent = contract(OWN, None, 60)
    for_type = of(INCIDENT_TYPE, DEFECT, IncidentTypeContractSet(contract=SLOW))
    for_mill = of(CONTACT, MILL, ContactContractSet(incident_type=DEFECT, contract=OWN))
    world = given(COMPANY_SO_FAR, TIED_TO_TYPE, silent, for_type, for_mill)
    world.when(ROUTE, actor=ROUTING, at=TEN).then(NOBODY_NAMED)


def test_the_general_contract_of_the_customer_is_not_tied_to_the_type() -> None:
    general = of(CONTACT, MILL, ContactContractSet(contract=FAST))
    given(COMPANY_SO_FAR, TIED_TO_TYPE, general).when(ROUTE, actor=ROUTING, at=TEN).then(NOBODY_NAMED)


def test_the_customer_names_whom_the_ticket_goes_to() -> None:
    world = given(COMPANY_SO_FAR, of(CONTACT, MILL, ContactResponsibleSet(responsible=worker_holder(ANNA))))
    world.when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(ANNA, Source.CUSTOMER, by=MILL))


def test_those_merged_into_the_customer_name_after_it_and_all_their_groups_count() -> None:
    world = given(
        COMPANY_SO_FAR,
        of(CONTACT, BAKERY, ContactMerged(survivor=MILL), ContactResponsibleSet(responsible=worker_holder(BORIS))),
        of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY), ContactResponsibleSet(responsible=worker_holder(VERA))),
        of(MEMBERSHIP, BAKERY, MemberJoined(group=VIP)),
        of(GROUP, VIP, GroupResponsibleSet(process_area=REPAIRS, person=ANNA, team=None, area=None)),
        of(TICKET, OVEN, opened(customer=MILL, reporter=MILL, process_area=REPAIRS), at=NINE),
    )
    routed = world.when(RouteTicket(ticket=OVEN), actor=ROUTING, at=TEN).facts[0].event
    assert [(each.source, each.candidate, each.named_by) for each in routed.steps[1:4]] == [
        (Source.CUSTOMER, VERA, MILL),
        (Source.CUSTOMER, BORIS, BAKERY),
        (Source.GROUP, ANNA, VIP),
    ]
    assert routed.assignee == ANNA


GROUPED: list[Happened] = [
    *of(MEMBERSHIP, MILL, MemberJoined(group=VIP), MemberJoined(group=REGULARS)),
    *of(TICKET, PUMP, opened(process_area=INVOICING), at=NINE),
    *of(AREA, WORKSHOP, AreaRoleGiven(holder=team_holder(HOTLINE), role=Role.MEMBER)),
]


def row(group: GroupId, process_area: ProcessAreaId = INVOICING, **parts: Any) -> list[Happened]:
    told = {"person": None, "team": None, "area": None, **parts}
    return of(GROUP, group, GroupResponsibleSet(process_area=process_area, **told))


def test_the_row_of_the_group_for_the_process_area_names_whom_it_goes_to_and_the_team_around_them() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, row(VIP, person=ANNA, team=HOTLINE), row(VIP, REPAIRS, person=BORIS))
    world.when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(ANNA, Source.GROUP, team=HOTLINE, by=VIP))
    assert world.state(TICKET, PUMP).held(NOON) == Holding(ANNA, HOTLINE)


def test_the_groups_of_the_instant_count_and_their_rows_as_they_were_then() -> None:
    joined = of(MEMBERSHIP, MILL, MemberJoined(group=VIP), at=TEN)
    world = given(COMPANY_SO_FAR, of(TICKET, PUMP, opened(process_area=INVOICING), at=NINE), joined)
    world.happen(of(GROUP, VIP, row(VIP, person=ANNA)[0].event, at=on_monday(11)))
    for instant in (NINE, TEN):
        asked = world.when(ROUTE, actor=ROUTING, at=NOON, happened=instant)
        assert asked.answer.code == ""
        assert world.state(TICKET, PUMP).held(instant) == Holding()
    world.when(ROUTE, actor=ROUTING, at=NOON).then(*chosen(ANNA, Source.GROUP, by=VIP))
    early = given(
        COMPANY_SO_FAR, of(TICKET, PUMP, opened(process_area=INVOICING), at=NINE), joined, row(VIP, person=ANNA)
    )
    early.when(ROUTE, actor=ROUTING, at=NOON, happened=NINE).then(NOBODY_NAMED)


def test_invoicing_and_repairs_have_each_their_own_people() -> None:
    rows = [*row(VIP, INVOICING, person=ANNA), *row(VIP, REPAIRS, person=BORIS)]
    for process_area, who in ((INVOICING, ANNA), (REPAIRS, BORIS)):
        of_kind = of(TICKET, PUMP, opened(process_area=process_area), at=NINE)
        world = given(COMPANY_SO_FAR, GROUPED, rows, of_kind)
        world.when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(who, Source.GROUP, by=VIP))


def test_of_two_groups_the_smaller_rank_goes_first_and_of_equal_ranks_the_smaller_id() -> None:
    rows = [*row(VIP, person=ANNA), *row(REGULARS, person=BORIS)]
    named = []
    for rank in (0, 1, 2):
        world = given(COMPANY_SO_FAR, GROUPED, rows, of(GROUP, REGULARS, GroupRanked(rank=rank)))
        routed = world.when(ROUTE, actor=ROUTING, at=TEN).facts[0].event
        named.append(next(each.named_by for each in routed.steps if each.result is Result.CHOSEN))
    assert named == [REGULARS, REGULARS, VIP]


def test_a_row_with_a_team_alone_leaves_the_ticket_to_the_team_unclaimed() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, row(VIP, team=HOTLINE))
    world.when(ROUTE, actor=ROUTING, at=TEN).then(*unclaimed(HOTLINE, Source.GROUP, VIP))
    assert world.state(TICKET, PUMP).held(NOON) == Holding(None, HOTLINE)


def test_the_team_of_a_row_takes_it_where_the_person_may_not_have_it() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, row(VIP, person=VERA, team=HOTLINE))
    routed, assigned = world.when(ROUTE, actor=ROUTING, at=TEN).facts
    assert assigned.event == TicketTeamAssigned(team=HOTLINE)
    about = {"source": Source.GROUP, "team": HOTLINE, "named_by": VIP}
    assert routed.event.steps[2:4] == (
        Step(candidate=VERA, result=Result.NOT_ELIGIBLE, reason=Ineligible.NOT_MEMBER, **about),
        Step(candidate=None, result=Result.CHOSEN, **about),
    )


def test_the_gateway_that_the_report_came_through_names_whom_it_goes_to() -> None:
    named = of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=team_holder(HOTLINE)))
    through = of(TICKET, PUMP, opened(gateway=SUPPORT), at=NINE)
    world = given(COMPANY_SO_FAR, GROUPED, named, through)
    world.when(ROUTE, actor=ROUTING, at=TEN).then(*unclaimed(HOTLINE, Source.GATEWAY, SUPPORT))


def test_what_an_employee_entered_has_no_gateway_to_name_anybody() -> None:
    named = of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=worker_holder(ANNA)))
    given(COMPANY_SO_FAR, GROUPED, named).when(ROUTE, actor=ROUTING, at=TEN).then(NOBODY_NAMED)


def absent(worker: WorkerId, substitute: WorkerId | None, since: datetime = LONG_AGO) -> list[Happened]:
    planned = WorkerAbsencePlanned(absence=AbsenceId("away"), since=since, until=NOON, substitute=substitute)
    return of(WORKER, worker, planned)


def test_an_absent_person_is_passed_over_for_who_stands_in_for_them_until_they_are_back() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, responsible(ANNA), absent(ANNA, BORIS))
    routed = world.when(ROUTE, actor=ROUTING, at=TEN).facts[0].event
    assert routed.steps[-2:] == (
        step(Source.HELPDESK, Result.NOT_ELIGIBLE, ANNA, reason=Ineligible.ABSENT),
        step(Source.HELPDESK, Result.CHOSEN, BORIS, substitute_for=ANNA),
    )
    back = given(COMPANY_SO_FAR, GROUPED, responsible(ANNA), absent(ANNA, BORIS))
    back.when(ROUTE, actor=ROUTING, at=NOON).then(*chosen(ANNA))


def test_who_was_there_at_the_instant_of_the_report_gets_it_though_they_have_left_since() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, responsible(ANNA), absent(ANNA, BORIS, since=TEN))
    world.when(ROUTE, actor=ROUTING, at=on_monday(11), happened=NINE).then(*chosen(ANNA))


@pytest.mark.parametrize(
    "change",
    [
        of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER), at=TEN),
        of(WORKER, ANNA, WorkerDeactivated(), at=TEN),
        absent(ANNA, BORIS),
        row(VIP, person=BORIS),
        of(CONTACT, MILL, ContactResponsibleSet(responsible=worker_holder(BORIS)), at=TEN),
    ],
    ids=["a right is lost", "deactivation", "absence", "a row is changed", "the customer names somebody"],
)
def test_what_changes_later_moves_no_ticket_that_somebody_has(change: list[Happened]) -> None:
    world = given(COMPANY_SO_FAR, GROUPED, row(VIP, person=ANNA))
    world.when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(ANNA, Source.GROUP, by=VIP))
    world.happen(change)
    world.when(ROUTE, actor=ROUTING, at=NOON).then()
    assert world.state(TICKET, PUMP).held(NOON) == Holding(ANNA)


def test_by_command_the_chain_runs_again_and_the_ticket_follows_it() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, responsible(ANNA))
    world.when(ROUTE, actor=ROUTING, at=TEN).then(*chosen(ANNA))
    world.happen(row(VIP, person=BORIS))
    routed, assigned = world.when(AGAIN, actor=ANNA, at=NOON).facts
    assert assigned.event == TicketAssigned(assignee=BORIS)
    assert [(each.candidate, each.result) for each in routed.event.steps[2:]] == [
        (BORIS, Result.CHOSEN),
        (None, Result.NOT_REACHED),
        (ANNA, Result.NOT_REACHED),
    ]
    world.when(AGAIN, actor=BORIS, at=NOON).then()


def test_run_again_it_takes_the_ticket_from_who_took_it_by_themselves() -> None:
    world = given(COMPANY_SO_FAR, GROUPED, responsible(ANNA))
    world.when(ROUTE, actor=ROUTING, at=TEN)
    world.when(AssignTicket(ticket=PUMP, assignee=BORIS), actor=ANNA, at=TEN)
    world.when(AGAIN, actor=BORIS, at=NOON).then(*chosen(ANNA))


def test_run_again_where_it_finds_nobody_the_ticket_is_nobodys_and_no_teams() -> None:
    world = given(COMPANY_SO_FAR, GROUPED)
    world.when(AssignTicket(ticket=PUMP, assignee=ANNA, team=HOTLINE), actor=ANNA, at=TEN)
    world.when(AGAIN, actor=ANNA, at=NOON).then(NOBODY_NAMED, TicketGivenBack(team_too=True))
    assert world.state(TICKET, PUMP).held(NOON) == Holding()
    world.when(AGAIN, actor=ANNA, at=NOON).then()


def test_only_who_works_on_the_ticket_runs_the_chain_again() -> None:
    given(COMPANY_SO_FAR).when(AGAIN, actor=BORIS, at=TEN).refused(RoleMissing)
    given(COMPANY_SO_FAR).when(AGAIN, actor=VERA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR).when(AGAIN, actor=ROUTING, at=TEN).refused(RightMissing)
    over = given(COMPANY_SO_FAR, of(TICKET, PUMP, TicketResolved(), at=TEN))
    over.when(AGAIN, actor=ANNA, at=NOON).refused(TicketNotOpen)


MAY = {
    ROUTING: {"ticket.route"},
    NOTIFYING: {"notice.write"},
    CHECKING: {"responsibility.check"},
    MAILING: {"notice.confirm-delivery", "notice.report-failure"},
    TIMER: {"ticket.escalate", "ticket.state-misses", "ticket.close-unanswered"},
    ERASING: {
        *("erasure.fence", "erasure.record-keys", "erasure.record-purge", "erasure.record-acknowledgements"),
        *("erasure.tell", "erasure.end-proof", "receipt.issue"),
    },
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
