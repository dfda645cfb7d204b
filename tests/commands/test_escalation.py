"""Who asks and how often does not matter: what is due by the service's clock fires once, and tells whom it may."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY, ZOE
from specification import Given, Happened, given, of, on_monday, request

from commands.company.settings import SetClosingRule
from commands.lookup import TEAMS_OF, Membership
from commands.permission import RightMissing
from commands.service.contract import ReviseContract
from commands.service.escalation import CloseUnanswered, EscalateTicket, NotYetDue, StateMisses
from commands.service.exchange import LogCall, LogMessage
from commands.service.ticket import HoldTicket, ReopenTicket, ResolveTicket, ResumeTicket
from domain.company.settings import COMPANY, SETTINGS, ClosingRuleSet, HelpdeskResponsibleSet
from domain.fact import Event
from domain.service.calendar import CalendarUnknown
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT, ContractRevised, Targets, Terms
from domain.service.escalation import TicketEscalated, TicketEscalationSkipped, Told
from domain.service.exchange import Direction, Way
from domain.service.holding import TicketAssigned, TicketTeamAssigned
from domain.service.level import Level, Recipient
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketClosed, TicketContractChanged, TicketHeld, TicketResolved, TicketUnknown
from domain.staff.area import AREA, AreaHeadNamed
from domain.staff.team import TEAM, TeamFormed, TeamLeaderNamed, TeamMemberAdded
from domain.staff.worker import NOTIFYING, SYSTEM, TIMER, WORKER, Right, WorkerDeactivated, WorkerRightWithdrawn
from domain.values import CalendarId, TeamId, TicketId, WorkerId, team_holder, worker_holder
from domain.work.channel import Channel
from examples import ANNA, BORIS, GOLD, HOTLINE, MILL_SUBJECT, OFFICE, PUMP, SILVER, WORKSHOP

NINE, TEN, ELEVEN, ONE = (on_monday(hour) for hour in (9, 10, 11, 13))
HALF_DUE = ELEVEN
SECOND_LINE = TeamId("second-line")


def terms(*recipients: str, percents: tuple[int, ...] = (50, 100), hours: int = 4) -> Terms:
    told = tuple(map(Recipient, recipients or ("assignee",)))
    levels = tuple(Level(target=Target.RESOLUTION, percent=each, recipients=told) for each in percents)
    return Terms(calendar=OFFICE, general=Targets(resolution_seconds=hours * 3_600), levels=levels)


def promised(*recipients: str, **changes: Any) -> list[Happened]:
    """The pump was received at nine: half of four hours is used up at eleven, all at one."""
    return of(CONTRACT, GOLD, ContractRevised(terms=terms(*recipients, **changes)))


def assigned(worker: WorkerId, team: TeamId | None = None) -> list[Happened]:
    return of(TICKET, PUMP, TicketAssigned(assignee=worker, team=team), at=on_monday(9, 10))


def responsible(worker: WorkerId | None) -> list[Happened]:
    return of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=worker))


def asking(percent: int = 50, due: datetime = HALF_DUE, assignment: int = 2, **changes: Any) -> EscalateTicket:
    about = {"ticket": PUMP, "target": Target.RESOLUTION, "assignment": assignment, "percent": percent, "due": due}
    return EscalateTicket(**{**about, **changes})


def escalated(*told: Told, percent: int = 50, due: datetime = HALF_DUE) -> TicketEscalated:
    return TicketEscalated(**_what(percent, due), told=told, channels=(Channel.SYSTEM,))


def skipped(percent: int, due: datetime) -> TicketEscalationSkipped:
    return TicketEscalationSkipped(**_what(percent, due))


def _what(percent: int, due: datetime) -> dict[str, Any]:
    promise = {"target": Target.RESOLUTION, "since": None, "contract": GOLD, "contract_version": 2, "assignment": 2}
    return {**promise, "percent": percent, "due": due}


def told(worker: WorkerId | None, recipient: str = "assignee", instead_of: WorkerId | None = None) -> Told:
    return Told(worker=worker, recipient=Recipient(recipient), instead_of=instead_of)


def heard(*besides: list[Happened], by: tuple[str, ...], leads: tuple[TeamId, ...] = ()) -> list[Told]:
    """Whom the level tells that is passed at eleven; `leads` are the teams that the assignee is in."""
    world = given(COMPANY_SO_FAR, promised(*by), *besides)
    world.log.found[TEAMS_OF, ANNA] = tuple(map(Membership, leads))
    asked = world.when(asking(), actor=TIMER, at=ELEVEN)
    assert not asked.answer.code, asked.answer.code
    (fact,) = asked.facts
    return list(fact.event.told)


# What fires


def test_a_level_that_is_passed_tells_the_assignee() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    world.when(asking(), actor=TIMER, at=ELEVEN).then(escalated(told(ANNA)))


def test_asked_too_early_nothing_is_decided_and_nothing_kept() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    early = ELEVEN - timedelta(microseconds=1)
    world.when(asking(), actor=TIMER, at=early, id="once").refused(NotYetDue)
    world.when(asking(), actor=TIMER, at=ELEVEN, id="once").then(escalated(told(ANNA)))


def test_what_has_fired_is_asked_for_in_vain_under_whatever_id() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    world.when(asking(), actor=TIMER, at=ELEVEN, id="once").then(escalated(told(ANNA)))
    again = world.when(asking(), actor=TIMER, at=ELEVEN, id="once")
    assert (again.answer.code, again.answer.repeated, list(again.facts)) == ("", True, [])
    world.when(asking(), actor=TIMER, at=ELEVEN, id="another").then()
    world.when(asking(due=TEN), actor=TIMER, at=ELEVEN).then()


def test_two_who_ask_at_once_are_both_answered_and_it_fires_once() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    answers = world.ask(*(request(asking(), actor=TIMER, at=ELEVEN, id=each) for each in ("this", "that")))
    assert [each.code for each in answers] == ["", ""]
    assert [fact.event for fact in world.log.facts[-1:]] == [escalated(told(ANNA))]
    assert sum(isinstance(fact.event, TicketEscalated) for fact in world.log.facts) == 1


def test_asked_late_the_highest_passed_fires_and_the_one_asked_about_is_skipped() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    late = world.when(asking(), actor=TIMER, at=on_monday(16))
    late.then(skipped(50, ELEVEN), escalated(told(ANNA), percent=100, due=ONE))
    world.when(asking(100, due=ONE), actor=TIMER, at=on_monday(16)).then()


def test_asked_about_an_instant_that_no_longer_stands_what_is_due_fires_all_the_same() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    world.when(asking(due=TEN), actor=TIMER, at=ELEVEN).then(escalated(told(ANNA)))


@pytest.mark.parametrize(
    "besides",
    [
        of(TICKET, PUMP, TicketHeld(), at=TEN),
        of(TICKET, PUMP, TicketResolved(), at=TEN),
        of(TICKET, PUMP, TicketClosed(reason="duplicate"), at=TEN),
        of(
            TICKET,
            PUMP,
            TicketContractChanged(contract=SILVER, subject=MILL_SUBJECT, reason="Agreed"),
            at=TEN,
        ),
        of(CONTRACT, GOLD, ContractRevised(terms=terms(hours=8)), recorded=TEN),
        of(CONTRACT, GOLD, ContractRevised(terms=terms(percents=())), recorded=TEN),
    ],
    ids=["paused", "resolved", "dropped", "under another contract", "put off", "without levels"],
)
def test_nothing_fires_where_it_is_no_longer_due(besides: list[Happened]) -> None:
    given(COMPANY_SO_FAR, promised(), assigned(ANNA), besides).when(asking(), actor=TIMER, at=ELEVEN).refused(NotYetDue)


def test_the_very_instant_that_was_no_longer_due_may_be_due_again_and_then_it_fires() -> None:
    """Passed at eleven, resolved before anybody asked, opened again: an answer that was kept would be in the way."""
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    world.when(ResolveTicket(ticket=PUMP), at=ELEVEN)
    world.when(asking(), actor=TIMER, at=ELEVEN, id="once").refused(NotYetDue)
    world.when(ReopenTicket(ticket=PUMP), at=ONE)
    world.when(asking(), actor=TIMER, at=ONE, id="once").then(escalated(told(ANNA)))


def test_a_pause_moves_it() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    world.when(HoldTicket(ticket=PUMP), at=TEN)
    world.when(ResumeTicket(ticket=PUMP), at=ONE)
    world.when(asking(), actor=TIMER, at=ONE).refused(NotYetDue)
    world.when(asking(), actor=TIMER, at=on_monday(14)).then(escalated(told(ANNA), due=on_monday(14)))


def test_the_receipt_counts_and_not_the_instant_that_whoever_asks_names() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    world.when(asking(), actor=TIMER, at=TEN, happened=TEN + timedelta(minutes=1)).refused(NotYetDue)
    world.when(asking(), actor=TIMER, at=ELEVEN, happened=TEN).then(escalated(told(ANNA)))


def test_the_timer_alone_may_ask_and_the_installation() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    for actor in (ANNA, VERA, NOTIFYING):
        world.when(asking(), actor=actor, at=ELEVEN).refused(RightMissing)
    world.when(asking(ticket=TicketId("nowhere")), actor=TIMER, at=ELEVEN).refused(TicketUnknown)
    world.when(asking(), actor=SYSTEM, at=ELEVEN).then(escalated(told(ANNA)))


def test_a_text_of_the_same_batch_is_waited_for() -> None:
    world = given(COMPANY_SO_FAR, promised(), assigned(ANNA))
    revise = request(ReviseContract(contract=GOLD, terms=terms(hours=8)), at=ELEVEN)
    _, answer = world.ask(revise, request(asking(), actor=TIMER, at=ELEVEN + timedelta(minutes=1)))
    assert answer.code == "NotYetDue"


# Who is told


def test_a_worker_a_team_and_each_role_are_who_they_are_when_it_fires() -> None:
    led = of(TEAM, HOTLINE, TeamLeaderNamed(worker=BORIS))
    headed = of(AREA, WORKSHOP, AreaHeadNamed(worker=BORIS))
    own = assigned(ANNA)
    assert heard(by=(worker_holder(BORIS),)) == [told(BORIS, "worker:boris")]
    assert heard(by=(team_holder(HOTLINE),)) == [told(BORIS, "team:hotline")]
    assert heard(own, by=("assignee",)) == [told(ANNA)]
    assert heard(own, headed, by=("area-head",)) == [told(BORIS, "area-head")]
    assert heard(responsible(BORIS), by=("helpdesk",)) == [told(BORIS, "helpdesk")]
    assert heard(assigned(BORIS, HOTLINE), led, by=("team-leader",)) == [told(BORIS, "team-leader")]
    given_to_all = of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=TEN)
    assert heard(given_to_all, led, by=("team-leader",)) == [told(BORIS, "team-leader")]


def test_without_a_team_the_leaders_of_the_assignee_s_teams_are_told() -> None:
    joined = [TeamMemberAdded(worker=worker) for worker in (ANNA, BORIS)]
    second = of(TEAM, SECOND_LINE, TeamFormed(name="Second"), *joined, TeamLeaderNamed(worker=BORIS))
    assert heard(assigned(ANNA), second, by=("team-leader",), leads=(SECOND_LINE,)) == [told(BORIS, "team-leader")]


def test_the_leader_of_a_team_that_the_assignee_left_meanwhile_is_not() -> None:
    led = of(TEAM, HOTLINE, TeamLeaderNamed(worker=BORIS))
    assert heard(assigned(ANNA), led, by=("team-leader",), leads=(HOTLINE,)) == []


def test_who_is_several_of_them_is_told_as_each() -> None:
    """In one notice, which is for the notices to see to (D27)."""
    several = ("assignee", "worker:anna", "helpdesk", "team:hotline")
    found = heard(assigned(ANNA), responsible(ANNA), by=several)
    assert found == [*(told(ANNA, each) for each in several[:3]), told(BORIS, "team:hotline")]


def test_who_left_is_told_nothing_and_the_helpdesk_instead() -> None:
    left = of(WORKER, ANNA, WorkerDeactivated())
    assert heard(assigned(ANNA), responsible(BORIS), by=("assignee",)) == [told(ANNA)]
    assert heard(assigned(ANNA), responsible(BORIS), left, by=("assignee",)) == [told(BORIS, instead_of=ANNA)]


@pytest.mark.parametrize("worker", [VERA, ZOE, YURIY], ids=["sees nothing", "has no right", "left"])
def test_who_may_not_know_of_the_ticket_is_told_nothing_and_the_helpdesk_instead(worker: WorkerId) -> None:
    found = heard(assigned(ANNA), responsible(BORIS), by=(f"worker:{worker}", "assignee"))
    assert found == [told(BORIS, f"worker:{worker}", instead_of=worker), told(ANNA)]


def test_who_may_look_at_the_ticket_without_working_on_it_is_told() -> None:
    basic = of(WORKER, BORIS, WorkerRightWithdrawn(right=Right.HELPDESK))
    headed = of(AREA, WORKSHOP, AreaHeadNamed(worker=BORIS))
    assert heard(basic, headed, by=("area-head",)) == [told(BORIS, "area-head")]


def test_where_a_role_is_nobody_s_the_helpdesk_is_told() -> None:
    assert heard(responsible(BORIS), by=("assignee", "area-head")) == [told(BORIS), told(BORIS, "area-head")]


@pytest.mark.parametrize("worker", [None, VERA, YURIY])
def test_that_nobody_can_be_told_is_on_record(worker: WorkerId | None) -> None:
    assert heard(responsible(worker), by=("assignee",)) == []
    assert heard(responsible(worker), by=("worker:zoe", "assignee")) == [told(None, "worker:zoe", instead_of=ZOE)]


def test_a_hidden_ticket_is_told_of_to_nobody() -> None:
    world = given(COMPANY_SO_FAR, promised("worker:anna"), responsible(BORIS))
    world.when(asking(ticket=OVEN), actor=TIMER, at=ELEVEN).then(escalated(told(None, "worker:anna", instead_of=ANNA)))


# Closing by itself


def resolved(*besides: list[Happened], at: datetime = TEN) -> Given:
    """A world in which the pump was resolved then."""
    world = given(COMPANY_SO_FAR, *besides)
    assert not world.when(ResolveTicket(ticket=PUMP), at=at).answer.code
    return world


def rule(hours: int | None = 2) -> list[Happened]:
    after, calendar = (None, None) if hours is None else (hours * 3_600, OFFICE)
    return of(SETTINGS, COMPANY, ClosingRuleSet(after_seconds=after, calendar=calendar))


CLOSING = CloseUnanswered(ticket=PUMP, due=on_monday(12))


def test_what_is_resolved_closes_when_nobody_answered_for_so_long() -> None:
    world = resolved(rule())
    world.when(CLOSING, actor=TIMER, at=on_monday(11, 59), id="once").refused(NotYetDue)
    world.when(CLOSING, actor=TIMER, at=on_monday(12), id="once").then(TicketClosed())
    world.when(CLOSING, actor=TIMER, at=ONE).then()


def test_it_waits_in_business_time() -> None:
    world = resolved(rule(), at=on_monday(16))
    world.when(CLOSING, actor=TIMER, at=on_monday(9, 59, days=1)).refused(NotYetDue)
    world.when(CLOSING, actor=TIMER, at=on_monday(10, days=1)).then(TicketClosed())


@pytest.mark.parametrize("besides", [[], [*rule(), *rule(None)]], ids=["no rule", "no rule any more"])
def test_without_a_rule_it_never_does(besides: list[Happened]) -> None:
    resolved(besides).when(CLOSING, actor=TIMER, at=on_monday(12, days=30)).refused(NotYetDue)


def test_what_was_never_resolved_never_does() -> None:
    given(COMPANY_SO_FAR, rule()).when(CLOSING, actor=TIMER, at=on_monday(12, days=30)).refused(NotYetDue)


def test_opened_again_it_does_not_close_and_resolved_again_it_waits_again() -> None:
    world = resolved(rule())
    world.when(ReopenTicket(ticket=PUMP), at=ELEVEN)
    world.when(CLOSING, actor=TIMER, at=on_monday(12)).refused(NotYetDue)
    world.when(ResolveTicket(ticket=PUMP), at=on_monday(12))
    world.when(CLOSING, actor=TIMER, at=ONE).refused(NotYetDue)
    world.when(CLOSING, actor=TIMER, at=on_monday(14)).then(TicketClosed())


def test_an_answer_at_the_very_instant_keeps_it_open() -> None:
    world = resolved(rule())
    answer = LogMessage(ticket=PUMP, direction=Direction.INCOMING, way=Way.EMAIL)
    assert not world.when(answer, at=on_monday(12)).answer.code
    world.when(CLOSING, actor=TIMER, at=on_monday(12)).refused(NotYetDue)


def test_it_is_closed_by_the_timer_alone() -> None:
    world = resolved(rule())
    world.when(CLOSING, actor=ANNA, at=ONE).refused(RightMissing)
    world.when(CloseUnanswered(ticket=TicketId("nowhere"), due=ONE), actor=TIMER, at=ONE).refused(TicketUnknown)


def test_a_rule_takes_a_calendar_that_there_is() -> None:
    nowhere = SetClosingRule(after_seconds=3_600, calendar=CalendarId("nowhere"))
    given(COMPANY_SO_FAR).when(nowhere, actor=OLENA, at=TEN).refused(CalendarUnknown)


# What was missed while nothing happened


MISSED = StateMisses(ticket=PUMP, due=ONE)
LATE_ANSWER = LogCall(ticket=PUMP, answered=True)


def outcomes(world: Given) -> list[tuple[type[Event], Outcome]]:
    told = (fact.event for fact in world.log.facts if isinstance(fact.event, OutcomeStated | OutcomeCorrected))
    return [(type(event), event.outcome) for event in told]


def test_a_miss_that_nobody_noticed_is_stated_just_after_its_due_and_once() -> None:
    world = given(COMPANY_SO_FAR, promised())
    world.when(MISSED, actor=TIMER, at=ONE, id="once").refused(NotYetDue)
    world.when(MISSED, actor=TIMER, at=ONE + timedelta(microseconds=1), id="once")
    (stated,) = [fact.event for fact in world.log.facts if isinstance(fact.event, OutcomeStated)]
    assert (stated.target, stated.outcome, stated.due, stated.judged_at) == (
        Target.RESOLUTION,
        Outcome.MISSED,
        ONE,
        ONE,
    )
    world.when(MISSED, actor=TIMER, at=on_monday(14)).then()


def test_what_stands_or_was_kept_is_not_stated_to_be_missed() -> None:
    held = given(COMPANY_SO_FAR, promised(), of(TICKET, PUMP, TicketHeld(), at=TEN))
    held.when(MISSED, actor=TIMER, at=on_monday(15)).refused(NotYetDue)
    kept = given(COMPANY_SO_FAR, promised())
    assert not kept.when(ResolveTicket(ticket=PUMP), at=TEN).answer.code
    kept.when(StateMisses(ticket=PUMP, due=TEN), actor=TIMER, at=on_monday(15)).refused(NotYetDue)


def test_a_late_fact_corrects_a_miss_that_was_stated_as_a_promise_passed() -> None:
    soon = Terms(calendar=OFFICE, general=Targets(first_response_seconds=3_600))
    world = given(COMPANY_SO_FAR, of(CONTRACT, GOLD, ContractRevised(terms=soon)))
    world.when(StateMisses(ticket=PUMP, due=TEN), actor=TIMER, at=ELEVEN)
    world.when(LATE_ANSWER, at=ONE, happened=on_monday(9, 30))
    assert outcomes(world) == [(OutcomeStated, Outcome.MISSED), (OutcomeCorrected, Outcome.MET)]


def test_a_promise_that_was_kept_and_is_owed_again_may_be_missed_at_the_same_due() -> None:
    world = given(COMPANY_SO_FAR, promised())
    assert not world.when(ResolveTicket(ticket=PUMP), at=TEN).answer.code
    assert not world.when(ReopenTicket(ticket=PUMP), at=TEN).answer.code
    world.when(MISSED, actor=TIMER, at=on_monday(14))
    assert outcomes(world) == [(OutcomeStated, Outcome.MET), (OutcomeStated, Outcome.MISSED)]


def test_misses_are_stated_by_the_timer_alone() -> None:
    given(COMPANY_SO_FAR, promised()).when(MISSED, actor=ANNA, at=on_monday(15)).refused(RightMissing)
