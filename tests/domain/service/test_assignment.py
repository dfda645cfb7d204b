"""The first eligible candidate of the chain gets the ticket, and every step says what it came to (D11, D12)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from specification import LONG_AGO, folded, on_monday

from domain.clients.contact import CONTACT, Contact, ContactResponsibleSet
from domain.clients.group import GROUP, Group, GroupFormed, GroupKind, GroupResponsibleSet
from domain.company.settings import SETTINGS, HelpdeskResponsibleSet
from domain.service.assignment import (
    CHAIN,
    ELIGIBLE,
    TIED,
    Assignment,
    Ineligible,
    Named,
    Result,
    Situation,
    Source,
    Staff,
    Standing,
    Step,
    candidates,
    choose,
    lacking,
)
from domain.service.contract import CONTRACT, Contract, ContractConcluded, ContractRevised, Terms
from domain.service.holding import TicketRouted
from domain.service.selection import Scope
from domain.staff.absence import Absence
from domain.talk.gateway import GATEWAY, Gateway, GatewayKind, GatewayOpened, GatewayResponsibleSet
from domain.values import ContactId, Holder, TeamId, WorkerId, team_holder, worker_holder
from examples import (
    ANNA,
    BORIS,
    CUSTOMERS,
    GOLD,
    HOTLINE,
    INVOICING,
    MILL,
    OFFICE,
    REGULARS,
    REPAIRS,
    SILVER,
    SUPPORT,
    VIP,
    WORKSHOP,
)

MORNING, NOON, EVENING = on_monday(8), on_monday(12), on_monday(20)
CARLA, DINA, EMIL = (WorkerId(name) for name in ("carla", "dina", "emil"))
EVERYBODY = (ANNA, BORIS, CARLA, DINA, EMIL)
BACKUP = TeamId("backup")
FIT = Standing(active=True, member=True, sees_reporter=True, sees_customer=True)
LACKING = {
    Ineligible.NOT_ACTIVE: replace(FIT, active=False),
    Ineligible.NOT_MEMBER: replace(FIT, member=False),
    Ineligible.REPORTER_UNSEEN: replace(FIT, sees_reporter=False),
    Ineligible.CUSTOMER_UNSEEN: replace(FIT, sees_customer=False),
    Ineligible.ABSENT: replace(FIT, absence=Absence(LONG_AGO)),
}
STRANGER = LACKING[Ineligible.NOT_MEMBER]


def away(substitute: WorkerId | None = None, standing: Standing = FIT) -> Standing:
    return replace(standing, absence=Absence(LONG_AGO, substitute=substitute))


def people(others: Mapping[WorkerId, Standing], *members: WorkerId) -> Staff:
    """Everybody is fit but these; these are in the hotline, and nobody is in any other team."""
    standings = {**dict.fromkeys(EVERYBODY, FIT), **others}
    return Staff(standings.__getitem__, lambda team: members if team == HOTLINE else ())


def chosen(named: Mapping[Source, tuple[Named, ...]], staff: Staff | None = None) -> Assignment:
    return choose(named, staff or people({}))


def told(found: Assignment) -> list[Any]:
    """Of each step that names somebody: whom it tried, and what came of it."""
    return [
        (step.candidate or step.team, step.reason or step.result)
        for step in found.steps
        if (step.candidate, step.team) != (None, None)
    ]


def the_contract(responsible: Holder | None) -> Contract:
    terms = Terms(calendar=OFFICE, responsible=responsible)
    return folded(CONTRACT, ContractConcluded(name="Contract", terms=terms))


def the_customer(responsible: Holder | None) -> Contact:
    return folded(CONTACT, (ContactResponsibleSet(responsible=responsible), MORNING))


def the_gateway(responsible: Holder | None) -> Gateway:
    opened = GatewayOpened(name="Support", kind=GatewayKind.FORM, process_area=INVOICING)
    return folded(GATEWAY, (opened, LONG_AGO), (GatewayResponsibleSet(responsible=responsible), MORNING))


def the_group(rank: int = 1, **row: Any) -> Group:
    formed = GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="Group", rank=rank)
    responsible = {"process_area": INVOICING, "person": None, "team": None, "area": None, **row}
    return folded(GROUP, (formed, LONG_AGO), (GroupResponsibleSet(**responsible), MORNING))


def situation(**parts: Any) -> Situation:
    return Situation(**{"at": NOON, "settings": folded(SETTINGS), "process_area": INVOICING, **parts})


def named_by(source: Source, **parts: Any) -> tuple[Named, ...]:
    return candidates(situation(**parts))[source]


def test_every_source_has_its_rule_in_the_order_in_which_they_are_asked() -> None:
    assert [*CHAIN] == [*Source]
    assert [*Source] == ["contract", "customer", "group", "gateway", "helpdesk"]


def test_where_nothing_is_set_no_step_names_anybody() -> None:
    assert candidates(situation()) == dict.fromkeys(Source, ())


def test_the_first_step_is_whom_the_tickets_contract_names() -> None:
    contracts = {GOLD: the_contract(worker_holder(ANNA)), SILVER: the_contract(worker_holder(BORIS))}
    assert named_by(Source.CONTRACT, contracts=contracts) == (Named(ANNA, by=GOLD),)


def test_where_the_tickets_contract_names_nobody_that_of_the_incident_type_is_asked() -> None:
    contracts = {GOLD: the_contract(None), SILVER: the_contract(team_holder(HOTLINE))}
    assert named_by(Source.CONTRACT, contracts=contracts) == (Named(team=HOTLINE, by=SILVER),)
    assert {Scope.CUSTOMER_AND_TYPE, Scope.GROUP_AND_TYPE, Scope.TYPE} == TIED


def test_the_version_of_the_contract_that_was_known_at_the_instant_names() -> None:
    first, second = (Terms(calendar=OFFICE, responsible=worker_holder(who)) for who in (ANNA, BORIS))
    text = folded(CONTRACT, (ContractConcluded(name="x", terms=first), MORNING), (ContractRevised(terms=second), NOON))
    assert named_by(Source.CONTRACT, contracts={GOLD: text}) == (Named(BORIS, by=GOLD),)
    assert named_by(Source.CONTRACT, contracts={GOLD: text}, at=on_monday(11)) == (Named(ANNA, by=GOLD),)


def test_the_second_step_is_whom_the_customer_names_and_those_merged_into_it_after_it() -> None:
    shop = ContactId("shop")
    customers = {MILL: the_customer(worker_holder(ANNA)), shop: the_customer(team_holder(HOTLINE))}
    assert named_by(Source.CUSTOMER, customers=customers) == (Named(ANNA, by=MILL), Named(team=HOTLINE, by=shop))
    assert named_by(Source.CUSTOMER, customers=customers, at=on_monday(7)) == ()


def test_the_third_step_is_the_row_of_each_group_for_the_process_area_smallest_rank_first() -> None:
    groups = {VIP: the_group(2, person=ANNA), REGULARS: the_group(1, person=BORIS, team=HOTLINE)}
    assert named_by(Source.GROUP, groups=groups) == (Named(BORIS, HOTLINE, REGULARS), Named(ANNA, by=VIP))
    equal = {VIP: the_group(person=ANNA), REGULARS: the_group(person=BORIS)}
    assert [each.by for each in named_by(Source.GROUP, groups=equal)] == sorted(equal)
    assert named_by(Source.GROUP, groups=groups, process_area=REPAIRS) == ()
    assert named_by(Source.GROUP, groups=groups, process_area=None) == ()
    assert named_by(Source.GROUP, groups=groups, at=on_monday(7)) == ()


def test_a_row_without_person_and_team_is_passed_over() -> None:
    groups = {VIP: the_group(1, area=WORKSHOP), REGULARS: the_group(2, team=HOTLINE)}
    assert named_by(Source.GROUP, groups=groups) == (Named(team=HOTLINE, by=REGULARS),)


def test_the_fourth_step_is_whom_the_gateway_names() -> None:
    assert named_by(Source.GATEWAY, gateways={SUPPORT: the_gateway(worker_holder(ANNA))}) == (Named(ANNA, by=SUPPORT),)
    assert named_by(Source.GATEWAY, gateways={SUPPORT: the_gateway(None)}) == ()


def test_the_last_step_is_the_general_helpdesk_responsible_of_the_instant() -> None:
    set_ = [(HelpdeskResponsibleSet(responsible=who), at) for who, at in ((ANNA, MORNING), (BORIS, EVENING))]
    settings = folded(SETTINGS, *set_)
    assert named_by(Source.HELPDESK, settings=settings) == (Named(ANNA),)
    assert named_by(Source.HELPDESK, settings=settings, at=EVENING) == (Named(BORIS),)
    assert named_by(Source.HELPDESK, settings=settings, at=on_monday(7)) == ()


def test_a_worker_named_twice_by_a_step_is_one_candidate_of_it() -> None:
    shop = ContactId("shop")
    customers = {MILL: the_customer(worker_holder(ANNA)), shop: the_customer(worker_holder(ANNA))}
    assert named_by(Source.CUSTOMER, customers=customers) == (Named(ANNA, by=MILL),)


def test_where_nobody_is_named_nobody_gets_it() -> None:
    steps = tuple(Step(source=source, candidate=None, result=Result.NOBODY_NAMED) for source in Source)
    assert chosen({}) == Assignment(assignee=None, steps=steps)
    assert chosen(dict.fromkeys(Source, ())) == Assignment(assignee=None, steps=steps)


@pytest.mark.parametrize("source", Source)
def test_an_eligible_candidate_of_any_step_is_chosen_and_the_steps_after_are_not_reached(source: Source) -> None:
    found = chosen({each: (Named(ANNA if each is source else None, by=MILL),) for each in Source})
    assert found.assignee == ANNA
    order = [*Source]
    expected = [Result.NOBODY_NAMED] * order.index(source) + [Result.CHOSEN]
    expected += [Result.NOT_REACHED] * (len(order) - len(expected))
    assert [(step.source, step.result) for step in found.steps] == list(zip(order, expected, strict=True))
    assert found.steps[order.index(source)].named_by == MILL


@pytest.mark.parametrize("reason", ELIGIBLE)
def test_what_a_candidate_lacks_is_the_reason_to_pass_over_them(reason: Ineligible) -> None:
    named = {Source.CUSTOMER: (Named(ANNA, by=MILL),), Source.HELPDESK: (Named(BORIS),)}
    found = chosen(named, people({ANNA: LACKING[reason]}))
    assert found.assignee == BORIS
    assert found.steps[1] == Step(
        source=Source.CUSTOMER, candidate=ANNA, result=Result.NOT_ELIGIBLE, reason=reason, named_by=MILL
    )


def test_of_several_reasons_the_first_is_given_and_absence_the_last() -> None:
    nothing = Standing(active=False, member=False, sees_reporter=False, sees_customer=False, absence=Absence(LONG_AGO))
    mended = {"active": True, "member": True, "sees_reporter": True, "sees_customer": True, "absence": None}
    found = []
    for name, value in mended.items():
        found.append(lacking(nothing))
        nothing = replace(nothing, **{name: value})  # type: ignore[arg-type]
    assert found == [*ELIGIBLE] == [each for each in Ineligible if each is not Ineligible.NO_ELIGIBLE_MEMBER]
    assert lacking(nothing) is None


def test_the_next_candidate_of_a_step_is_tried_and_those_after_the_winner_are_not_reached() -> None:
    named = {Source.GROUP: tuple(Named(who, by=VIP) for who in (BORIS, ANNA, CARLA))}
    found = chosen(named, people({BORIS: STRANGER}))
    assert found.assignee == ANNA
    assert told(found) == [(BORIS, Ineligible.NOT_MEMBER), (ANNA, Result.CHOSEN), (CARLA, Result.NOT_REACHED)]


def test_the_same_person_in_two_steps_is_told_in_both() -> None:
    named = {Source.CUSTOMER: (Named(ANNA),), Source.GROUP: (Named(ANNA),), Source.HELPDESK: (Named(ANNA),)}
    assert told(chosen(named)) == [(ANNA, Result.CHOSEN), (ANNA, Result.NOT_REACHED), (ANNA, Result.NOT_REACHED)]
    found = chosen(named, people({ANNA: STRANGER}))
    assert (found.assignee, found.team) == (None, None)
    assert told(found) == [(ANNA, Ineligible.NOT_MEMBER)] * 3


def test_nobody_is_asked_about_whom_the_chain_does_not_come_to() -> None:
    asked = []

    def standing(worker: WorkerId) -> Standing:
        asked.append(worker)
        return FIT

    staff = Staff(standing, lambda team: [])
    choose({Source.CUSTOMER: (Named(ANNA), Named(BORIS)), Source.HELPDESK: (Named(CARLA),)}, staff)
    assert {*asked} == {ANNA}


def test_the_team_of_a_row_goes_with_the_person_that_the_row_names() -> None:
    found = chosen({Source.GROUP: (Named(ANNA, HOTLINE, VIP),)})
    assert (found.assignee, found.team) == (ANNA, HOTLINE)


def test_no_team_goes_with_whom_another_step_names() -> None:
    named = {Source.GROUP: (Named(BORIS, HOTLINE, VIP),), Source.HELPDESK: (Named(ANNA),)}
    found = chosen(named, people({BORIS: STRANGER}))
    assert (found.assignee, found.team) == (ANNA, None)


def test_where_the_person_of_a_row_may_not_have_it_the_team_takes_it_unclaimed() -> None:
    found = chosen({Source.GROUP: (Named(ANNA, HOTLINE, VIP),)}, people({ANNA: STRANGER}, BORIS))
    assert (found.assignee, found.team) == (None, HOTLINE)
    tried = [step for step in found.steps if step.source is Source.GROUP]
    assert [(step.candidate, step.team, step.result) for step in tried] == [
        (ANNA, HOTLINE, Result.NOT_ELIGIBLE),
        (None, HOTLINE, Result.CHOSEN),
    ]


@pytest.mark.parametrize("source", Source)
def test_a_team_that_is_named_alone_takes_it_unclaimed(source: Source) -> None:
    found = chosen({source: (Named(team=HOTLINE),)}, people({BORIS: STRANGER}, BORIS, CARLA))
    assert (found.assignee, found.team) == (None, HOTLINE)


@pytest.mark.parametrize("members", [(), (BORIS, CARLA)], ids=["of nobody", "of those who may not"])
def test_a_team_without_anybody_who_may_have_it_is_passed_over(members: tuple[WorkerId, ...]) -> None:
    named = {Source.GATEWAY: (Named(team=HOTLINE, by=SUPPORT),), Source.HELPDESK: (Named(ANNA),)}
    found = chosen(named, people({BORIS: STRANGER, CARLA: STRANGER}, *members))
    assert (found.assignee, found.team) == (ANNA, None)
    assert told(found) == [(HOTLINE, Ineligible.NO_ELIGIBLE_MEMBER), (ANNA, Result.CHOSEN)]


def test_a_team_of_which_whoever_may_have_it_is_away_is_passed_over_for_absence_alone() -> None:
    found = chosen({Source.GATEWAY: (Named(team=HOTLINE),)}, people({BORIS: STRANGER, CARLA: away(DINA)}, BORIS, CARLA))
    assert told(found) == [(HOTLINE, Ineligible.ABSENT)]


def test_two_rows_with_one_person_and_two_teams_are_two_candidates() -> None:
    groups = {VIP: the_group(1, person=ANNA, team=BACKUP), REGULARS: the_group(2, person=ANNA, team=HOTLINE)}
    found = chosen(candidates(situation(groups=groups)), people({ANNA: STRANGER}, BORIS))
    assert told(found)[-1] == (HOTLINE, Result.CHOSEN)
    assert found.team == HOTLINE


def test_whoever_stands_in_for_an_absent_person_is_tried_right_after_them() -> None:
    named = {Source.CUSTOMER: (Named(ANNA, by=MILL),), Source.HELPDESK: (Named(CARLA),)}
    found = chosen(named, people({ANNA: away(BORIS)}))
    assert found.assignee == BORIS
    assert told(found) == [(ANNA, Ineligible.ABSENT), (BORIS, Result.CHOSEN), (CARLA, Result.NOT_REACHED)]
    assert [(step.substitute_for, step.named_by) for step in found.steps[1:3]] == [(None, MILL), (ANNA, MILL)]


def test_who_is_absent_and_may_not_have_it_anyway_is_told_what_else_they_lack_and_is_stood_in_for() -> None:
    found = chosen({Source.CUSTOMER: (Named(ANNA),)}, people({ANNA: away(BORIS, STRANGER)}))
    assert told(found) == [(ANNA, Ineligible.NOT_MEMBER), (BORIS, Result.CHOSEN)]


def test_nobody_stands_in_for_who_is_there() -> None:
    here = replace(STRANGER, absence=None)
    assert told(chosen({Source.CUSTOMER: (Named(ANNA),)}, people({ANNA: here}))) == [(ANNA, Ineligible.NOT_MEMBER)]


def test_a_substitute_must_be_able_to_have_it_as_well() -> None:
    found = chosen({Source.CUSTOMER: (Named(ANNA),)}, people({ANNA: away(BORIS), BORIS: STRANGER}))
    assert found.assignee is None
    assert told(found) == [(ANNA, Ineligible.ABSENT), (BORIS, Ineligible.NOT_MEMBER)]


def test_who_stands_in_may_be_absent_themselves_and_be_stood_in_for() -> None:
    found = chosen({Source.CUSTOMER: (Named(ANNA),)}, people({ANNA: away(BORIS), BORIS: away(CARLA)}))
    assert found.assignee == CARLA
    assert [(step.candidate, step.substitute_for) for step in found.steps if step.candidate] == [
        (ANNA, None),
        (BORIS, ANNA),
        (CARLA, BORIS),
    ]


def test_a_circle_of_those_who_stand_in_for_each_other_ends() -> None:
    circle = {ANNA: away(BORIS), BORIS: away(CARLA), CARLA: away(ANNA)}
    found = chosen({Source.CUSTOMER: (Named(ANNA),), Source.HELPDESK: (Named(DINA),)}, people(circle))
    assert told(found) == [(who, Ineligible.ABSENT) for who in (ANNA, BORIS, CARLA)] + [(DINA, Result.CHOSEN)]


def test_the_substitute_comes_before_the_team_and_has_the_rows_team() -> None:
    row = {Source.GROUP: (Named(ANNA, HOTLINE, VIP),)}
    found = chosen(row, people({ANNA: away(BORIS)}, CARLA))
    assert (found.assignee, found.team) == (BORIS, HOTLINE)
    found = chosen(row, people({ANNA: away(BORIS), BORIS: STRANGER}, CARLA))
    assert (found.assignee, found.team) == (None, HOTLINE)
    assert told(found) == [(ANNA, Ineligible.ABSENT), (BORIS, Ineligible.NOT_MEMBER), (HOTLINE, Result.CHOSEN)]


def test_a_routing_of_the_time_when_the_helpdesk_was_the_whole_chain_is_still_read() -> None:
    old = '{"assignee":"anna","steps":[{"source":"helpdesk","candidate":"anna","result":"chosen","reason":null}]}'
    step = Step(source=Source.HELPDESK, candidate=ANNA, result=Result.CHOSEN)
    assert TicketRouted.model_validate_json(old) == TicketRouted(assignee=ANNA, steps=(step,))


def test_the_contract_of_the_type_is_not_asked_where_the_tickets_names_somebody_who_may_not_have_it() -> None:
    contracts = {GOLD: the_contract(worker_holder(ANNA)), SILVER: the_contract(worker_holder(BORIS))}
    found = chosen(candidates(situation(contracts=contracts)), people({ANNA: STRANGER}))
    assert told(found) == [(ANNA, Ineligible.NOT_MEMBER)]
