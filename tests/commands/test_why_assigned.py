"""Why a ticket was given to whoever has it is told step by step; a hidden group is left out without trace (N-1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, ZOE, worker
from life import opened
from retrospection import reckoned, refusal
from specification import Given, Happened, given, of, on_monday

from commands.command import Command
from commands.reckoning import Reckoned
from commands.reckonings.assigned import AssignmentTold, Way, WhyThisAssignee
from commands.retrospect import InstantAhead
from commands.service.holding import AssignTicket, ClaimTicket, GiveTicketBack, HandOverTicket, TakeTicket
from commands.service.routing import RouteTicket, RouteTicketAgain
from domain.clients.contact import CONTACT, ContactAbsorbed, ContactMerged, ContactResponsibleSet
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupRenamed, GroupResponsibleSet
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.assignment import Ineligible, Result, Source, Step
from domain.service.contract import CONTRACT, ContractRevised
from domain.service.selection import Scope
from domain.service.ticket import TICKET, TicketContractSelected, TicketUnknown
from domain.staff.area import AREA, AreaRoleGiven, Role
from domain.staff.team import TEAM
from domain.staff.worker import ROUTING, SYSTEM, WORKER, Right, WorkerDeactivated, WorkerRightGranted
from domain.talk.gateway import GATEWAY, GatewayResponsibleSet
from domain.values import TicketId, WorkerId, team_holder, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    GOLD,
    GOLD_TERMS,
    HOTLINE,
    INVOICING,
    MILL,
    REGULARS,
    SUPPORT,
    VIP,
    WORKSHOP,
)

EVENING = on_monday(20)
MIRA, OMAR = WorkerId("mira"), WorkerId("omar")
FAN = TicketId("fan")
AUDITS = of(WORKER, OLENA, WorkerRightGranted(right=Right.AUDITOR))
ANSWERS = of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=ANNA))
ABLE = [
    *of(AREA, WORKSHOP, *(AreaRoleGiven(holder=worker_holder(each), role=Role.MEMBER) for each in (BORIS, MIRA))),
    *of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(MIRA), level=Level.USE)),
]
"""Anna, Boris and Mira may have what the mill reports to the workshop."""


def reported(**about: Any) -> list[Happened]:
    """A ticket of the mill that came through the gateway of support."""
    selected = TicketContractSelected(contract=GOLD, version=1, scope=Scope.MODULE)
    about = {"process_area": INVOICING, "gateway": SUPPORT, **about}
    return of(TICKET, FAN, opened(**about), selected, at=on_monday(9))


def world(*more: Any) -> Given:
    """The mill is in both groups; that of the regulars lies where none but the auditor may look."""
    joined = of(MEMBERSHIP, MILL, MemberJoined(group=VIP), MemberJoined(group=REGULARS))
    mira = worker(MIRA, Right.BASIC, Right.HELPDESK)
    return given(COMPANY_SO_FAR, mira, ANSWERS, joined, AUDITS, ABLE, reported(), *more)


def did(found: Given, command: Command, at: datetime, actor: str = SYSTEM, known: datetime | None = None) -> Given:
    asked = found.when(command, at=known or at, happened=at, actor=actor)
    assert not asked.answer.code, asked.answer
    return asked.given


def routed(*more: Any) -> Given:
    return did(world(*more), RouteTicket(ticket=FAN), on_monday(9, 5), ROUTING)


def answer(found: Given, actor: str = SYSTEM, **asked: Any) -> Reckoned:
    return reckoned(found, WhyThisAssignee(**{"ticket": FAN, **asked}), actor=actor, at=EVENING)


def why(found: Given, actor: str = SYSTEM, **asked: Any) -> AssignmentTold:
    row = answer(found, actor, **asked).row
    assert isinstance(row, AssignmentTold)
    return row


def step(source: Source, result: Result, candidate: WorkerId | None = None, **more: Any) -> Step:
    return Step(source=source, candidate=candidate, result=result, **more)


def nobody(*sources: Source, result: Result = Result.NOBODY_NAMED) -> list[Step]:
    return [step(source, result) for source in sources]


def row_of(group: str, person: WorkerId | None = None, team: Any = None) -> list[Happened]:
    set_ = GroupResponsibleSet(process_area=INVOICING, person=person, team=team, area=None)
    return of(GROUP, group, set_)


BEFORE_GROUP, BEHIND_GROUP = (Source.CONTRACT, Source.CUSTOMER), (Source.GATEWAY, Source.HELPDESK)


def test_the_chain_is_told_as_it_was_recorded_with_whoever_was_passed_over_and_why() -> None:
    answers = of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=worker_holder(ZOE)))
    (chain,) = why(routed(answers)).routings
    assert (chain.assignee, chain.team, chain.actor, chain.at) == (ANNA, None, ROUTING, on_monday(9, 5))
    assert list(chain.steps) == [
        *nobody(*BEFORE_GROUP, Source.GROUP),
        step(Source.GATEWAY, Result.NOT_ELIGIBLE, ZOE, reason=Ineligible.NOT_MEMBER, named_by=SUPPORT),
        step(Source.HELPDESK, Result.CHOSEN, ANNA),
    ]


def test_the_versions_that_were_in_force_are_told_and_not_those_that_came_later() -> None:
    found = routed(row_of(VIP, ZOE))
    found.happen(of(CONTRACT, GOLD, ContractRevised(terms=GOLD_TERMS.model_copy(update={"levels": ()})), at=EVENING))
    found.happen(of(GROUP, VIP, GroupRenamed(name="Very"), at=EVENING))
    (chain,) = why(found).routings
    rested = {(each.kind, each.id): each for each in chain.rested_on}
    assert {key: each.version for key, each in rested.items()} == {
        (CONTRACT.kind, GOLD): 1,
        (CONTACT.kind, MILL): 1,
        (GROUP.kind, VIP): 2,
        (GROUP.kind, REGULARS): 1,
        (GATEWAY.kind, SUPPORT): 1,
        (SETTINGS.kind, COMPANY): len(found.log.streams[SETTINGS.stream(COMPANY)]),
    }
    assert rested[GROUP.kind, VIP].recorded_at == found.log.streams["group-vip"][1].recorded_at


def test_of_a_routing_recorded_late_the_versions_that_were_in_force_when_it_happened_are_told() -> None:
    by_boris = GOLD_TERMS.model_copy(update={"responsible": worker_holder(BORIS)})
    later = [
        *of(CONTRACT, GOLD, ContractRevised(terms=by_boris), at=on_monday(10)),
        *of(GATEWAY, SUPPORT, GatewayResponsibleSet(responsible=worker_holder(BORIS)), at=on_monday(10)),
    ]
    found = did(world(later), RouteTicket(ticket=FAN), on_monday(9, 5), ROUTING, known=on_monday(11))
    (chain,) = why(found).routings
    rested = {(each.kind, each.id): each.version for each in chain.rested_on}
    assert (rested[CONTRACT.kind, GOLD], rested[GATEWAY.kind, SUPPORT], chain.assignee) == (1, 1, ANNA)
    again = did(found, RouteTicketAgain(ticket=FAN), on_monday(12))
    (chain,) = why(again).routings
    rested = {(each.kind, each.id): each.version for each in chain.rested_on}
    assert (rested[CONTRACT.kind, GOLD], rested[GATEWAY.kind, SUPPORT], chain.assignee) == (2, 2, BORIS)


def test_how_it_came_to_whoever_has_it_is_told_one_after_the_other() -> None:
    found = routed()
    did(found, HandOverTicket(ticket=FAN, to=team_holder(HOTLINE), note="yours"), on_monday(10), ANNA)
    did(found, ClaimTicket(ticket=FAN), on_monday(11), BORIS)
    did(found, GiveTicketBack(ticket=FAN), on_monday(12), BORIS)
    did(found, AssignTicket(ticket=FAN, assignee=BORIS), on_monday(13))
    did(found, HandOverTicket(ticket=FAN, to=worker_holder(MIRA)), on_monday(14), BORIS)
    row = why(found)
    assert [(each.way, each.actor, each.assignee, each.team) for each in row.holdings] == [
        (Way.ROUTED, ROUTING, ANNA, None),
        (Way.HANDED_OVER, ANNA, None, HOTLINE),
        (Way.TAKEN, BORIS, BORIS, HOTLINE),
        (Way.GIVEN_BACK, BORIS, None, HOTLINE),
        (Way.ASSIGNED, SYSTEM, BORIS, None),
        (Way.HANDED_OVER, BORIS, MIRA, None),
    ]
    assert (row.assignee, row.team) == (MIRA, None)
    assert [each.at.hour for each in row.holdings] == [9, 10, 11, 12, 13, 14]


def test_what_became_known_late_stands_where_it_happened() -> None:
    found = routed()
    did(found, TakeTicket(ticket=FAN), on_monday(11), BORIS)
    did(found, AssignTicket(ticket=FAN, assignee=MIRA), on_monday(10), SYSTEM, known=on_monday(12))
    row = why(found)
    assert [(each.assignee, each.way) for each in row.holdings][1:] == [(MIRA, Way.ASSIGNED), (BORIS, Way.TAKEN)]
    assert row.assignee == BORIS
    assert why(found, known_at=on_monday(11, 30)).assignee == BORIS
    assert len(why(found, known_at=on_monday(11, 30)).holdings) == 2


def test_every_run_of_the_chain_is_told_to_who_asks_for_it() -> None:
    found = routed()
    left = of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=BORIS), at=on_monday(10))
    found.happen(left)
    did(found, RouteTicketAgain(ticket=FAN), on_monday(11), ANNA)
    last, both = why(found), why(found, every_routing=True)
    assert ([each.assignee for each in last.routings], last.earlier_routings) == ([BORIS], 1)
    assert ([each.assignee for each in both.routings], both.earlier_routings) == ([ANNA, BORIS], 0)
    before = why(found, known_at=on_monday(10))
    assert ([each.assignee for each in before.routings], before.earlier_routings) == ([ANNA], 0)


def test_whether_the_chain_of_today_comes_to_the_same_is_told() -> None:
    found = routed()
    assert (why(found).same, why(found).today.assignee) == (True, ANNA)
    found.happen(of(WORKER, ANNA, WorkerDeactivated(), at=on_monday(10)))
    row = why(found)
    assert (row.same, row.today.assignee, row.assignee) == (False, None, ANNA)
    assert row.today.steps[-1].reason is Ineligible.NOT_ACTIVE
    assert why(world()).same is False
    assert why(world()).routings == ()


HIDDEN_ROWS = {
    "not eligible": (row_of(REGULARS, ZOE), nobody(Source.GROUP)),
    "one of two": (
        [*row_of(VIP, ZOE), *row_of(REGULARS, OLENA)],
        [step(Source.GROUP, Result.NOT_ELIGIBLE, ZOE, reason=Ineligible.NOT_MEMBER, named_by=VIP)],
    ),
}


@pytest.mark.parametrize("name", HIDDEN_ROWS)
def test_a_row_of_a_hidden_group_that_did_not_win_is_told_as_if_there_were_none(name: str) -> None:
    rows, steps = HIDDEN_ROWS[name]
    found = routed(rows)
    row = why(found, ANNA)
    for chain in (*row.routings, row.today):
        assert [each for each in chain.steps if each.source is Source.GROUP] == steps
    assert REGULARS not in row.model_dump_json()
    assert REGULARS in why(found, OLENA).model_dump_json()


def test_a_row_of_a_hidden_group_behind_the_one_that_won_is_not_reached_like_any() -> None:
    answers = of(CONTACT, MILL, ContactResponsibleSet(responsible=worker_holder(BORIS)))
    hidden, without = routed(answers, row_of(REGULARS, ZOE)), routed(answers)
    shown = why(hidden, ANNA)
    assert shown.routings[0].steps == why(without, ANNA).routings[0].steps
    assert shown.today.steps == why(without, ANNA).today.steps


def test_the_row_of_a_hidden_group_that_won_is_told_without_the_group() -> None:
    found = routed(row_of(REGULARS, BORIS, HOTLINE))
    row = why(found, BORIS)
    (chain,) = row.routings
    (won,) = [each for each in chain.steps if each.source is Source.GROUP]
    assert (won.result, won.candidate, won.team, won.named_by) == (Result.CHOSEN, BORIS, HOTLINE, None)
    assert REGULARS not in row.model_dump_json()
    assert (GROUP.kind, REGULARS) not in answer(found, BORIS).mentioned
    assert (GROUP.kind, REGULARS) in answer(found, OLENA).mentioned


def test_who_sees_no_hidden_group_is_told_byte_for_byte_the_same_whether_there_is_one() -> None:
    rows = row_of(REGULARS, ZOE)
    there, not_there = routed(rows), routed(of(GROUP, REGULARS, GroupRenamed(name="Others")))
    told = [answer(each, ANNA) for each in (there, not_there)]
    assert told[0].row == told[1].row
    assert told[0].mentioned == told[1].mentioned


def test_a_contact_that_is_one_with_the_customer_is_told_by_its_own_id() -> None:
    merged = [*of(CONTACT, BAKERY, ContactMerged(survivor=MILL)), *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY))]
    answers = of(CONTACT, BAKERY, ContactResponsibleSet(responsible=worker_holder(BORIS)))
    (chain,) = why(routed(merged, answers), ANNA).routings
    assert chain.steps[1] == step(Source.CUSTOMER, Result.CHOSEN, BORIS, named_by=BAKERY)


def test_workers_teams_and_the_company_s_things_are_told_with_their_names() -> None:
    found = routed(row_of(VIP, ZOE, HOTLINE))
    did(found, TakeTicket(ticket=FAN), on_monday(11), BORIS)
    assert answer(found).mentioned == {
        *((WORKER.kind, each) for each in (ANNA, BORIS, ZOE, ROUTING)),
        (TEAM.kind, HOTLINE),
        (CONTRACT.kind, GOLD),
        (GROUP.kind, VIP),
        (GROUP.kind, REGULARS),
        (GATEWAY.kind, SUPPORT),
    }


def test_who_may_not_know_of_the_ticket_is_answered_as_if_there_were_none() -> None:
    found = routed(worker(OMAR, Right.BASIC, Right.HELPDESK))
    for actor in (OMAR, ZOE, "nobody"):
        assert refusal(found, WhyThisAssignee(ticket=FAN), actor=actor) is TicketUnknown
    assert refusal(found, WhyThisAssignee(ticket=OVEN), actor=ANNA) is TicketUnknown
    assert refusal(found, WhyThisAssignee(ticket="none"), actor=ANNA) is TicketUnknown
    early = WhyThisAssignee(ticket=FAN, known_at=on_monday(8))
    assert refusal(found, early, actor=ANNA, at=EVENING) is TicketUnknown
    assert refusal(found, WhyThisAssignee(ticket=FAN, known_at=on_monday(21)), at=EVENING) is InstantAhead


def test_an_auditor_asks_as_an_exception() -> None:
    assert answer(routed(), OLENA).exception is Right.AUDITOR
    assert answer(routed(), ANNA).exception is None
