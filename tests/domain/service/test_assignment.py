"""The first eligible candidate of the chain gets the ticket, and every step says what it came to (D11, D12)."""

from dataclasses import replace

import pytest
from specification import folded, on_monday

from domain.company.settings import SETTINGS, HelpdeskResponsibleSet
from domain.service import assignment
from domain.service.assignment import (
    CHAIN,
    ELIGIBLE,
    Assignment,
    Ineligible,
    Result,
    Situation,
    Source,
    Standing,
    Step,
    candidates,
    choose,
)
from domain.values import WorkerId
from examples import ANNA, BORIS

MORNING, NOON, EVENING = on_monday(8), on_monday(12), on_monday(20)
FIT = Standing(active=True, member=True, sees_reporter=True, sees_customer=True)
LACKING = {
    Ineligible.NOT_ACTIVE: replace(FIT, active=False),
    Ineligible.NOT_MEMBER: replace(FIT, member=False),
    Ineligible.REPORTER_UNSEEN: replace(FIT, sees_reporter=False),
    Ineligible.CUSTOMER_UNSEEN: replace(FIT, sees_customer=False),
}
NOBODY = Step(source=Source.HELPDESK, candidate=None, result=Result.NOBODY_NAMED)


def named(responsible: WorkerId | None) -> HelpdeskResponsibleSet:
    return HelpdeskResponsibleSet(responsible=responsible)


def chosen(worker: WorkerId) -> Assignment:
    return Assignment(assignee=worker, steps=(Step(source=Source.HELPDESK, candidate=worker, result=Result.CHOSEN),))


def test_the_general_helpdesk_responsible_of_the_instant_is_the_candidate() -> None:
    settings = folded(SETTINGS, (named(ANNA), MORNING), (named(BORIS), EVENING))
    assert candidates(Situation(NOON, settings)) == {Source.HELPDESK: (ANNA,)}
    assert candidates(Situation(EVENING, settings)) == {Source.HELPDESK: (BORIS,)}
    assert candidates(Situation(on_monday(7), settings)) == {Source.HELPDESK: ()}
    assert candidates(Situation(NOON, folded(SETTINGS, (named(None), MORNING)))) == {Source.HELPDESK: ()}


def test_an_eligible_candidate_is_chosen() -> None:
    assert choose({Source.HELPDESK: (ANNA,)}, {ANNA: FIT}) == chosen(ANNA)


@pytest.mark.parametrize("step", [{}, {Source.HELPDESK: ()}], ids=["no step", "an empty step"])
def test_where_nobody_is_named_nobody_gets_it(step: dict[Source, tuple[WorkerId, ...]]) -> None:
    assert choose(step, {}) == Assignment(assignee=None, steps=(NOBODY,))


@pytest.mark.parametrize("reason", Ineligible)
def test_what_a_candidate_lacks_is_the_reason_to_pass_over_them(reason: Ineligible) -> None:
    passed_over = Step(source=Source.HELPDESK, candidate=ANNA, result=Result.NOT_ELIGIBLE, reason=reason)
    found = choose({Source.HELPDESK: (ANNA,)}, {ANNA: LACKING[reason]})
    assert found == Assignment(assignee=None, steps=(passed_over,))


def test_of_several_reasons_the_first_is_given() -> None:
    nothing = Standing(active=False, member=False, sees_reporter=False, sees_customer=False)
    assert choose({Source.HELPDESK: (ANNA,)}, {ANNA: nothing}).steps[0].reason is Ineligible.NOT_ACTIVE
    assert [*ELIGIBLE] == [*Ineligible]


def test_the_next_candidate_of_a_step_is_tried_and_those_after_the_winner_are_not_reached() -> None:
    carla = WorkerId("carla")
    found = choose({Source.HELPDESK: (BORIS, ANNA, carla)}, {BORIS: LACKING[Ineligible.NOT_MEMBER], ANNA: FIT})
    assert found.assignee == ANNA
    assert [(step.candidate, step.result) for step in found.steps] == [
        (BORIS, Result.NOT_ELIGIBLE),
        (ANNA, Result.CHOSEN),
        (carla, Result.NOT_REACHED),
    ]


def test_every_source_has_its_rule_in_the_order_in_which_they_are_asked() -> None:
    assert [*CHAIN] == [*Source]
    assert CHAIN[Source.HELPDESK] is assignment.helpdesk


def test_a_worker_named_twice_by_a_step_is_one_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHAIN, Source.HELPDESK, lambda now: iter([ANNA, None, ANNA, BORIS]))  # type: ignore[misc]
    assert candidates(Situation(NOON, folded(SETTINGS))) == {Source.HELPDESK: (ANNA, BORIS)}
