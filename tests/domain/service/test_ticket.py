"""What may be done to a ticket, by the status it had at that instant."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from life import book, opened
from specification import LONG_AGO, Decided, Having, folded, having, on_monday

from domain.fact import Event
from domain.service import ticket as rule
from domain.service.assignment import Assignment, Result, Source, Step
from domain.service.promise import Kind, Moment, Outcome, Target
from domain.service.selection import Loser, Reason, Scope, Selection
from domain.service.ticket import (
    TICKET,
    OutcomeStated,
    SeverityNotListed,
    Status,
    Ticket,
    TicketAlreadyOpened,
    TicketAssessed,
    TicketAssigned,
    TicketCallLogged,
    TicketClosed,
    TicketContractChanged,
    TicketContractSelected,
    TicketEvent,
    TicketHeld,
    TicketNoted,
    TicketNotOpen,
    TicketNotResolved,
    TicketNotYetOpened,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRouted,
    TicketStarted,
    TicketStillOpen,
    TicketUnknown,
)
from examples import (
    ANNA,
    BORIS,
    DEFECT,
    EVENT,
    GOLD,
    GOLD_TERMS,
    GRAVE,
    MILL,
    MILL_SUBJECT,
    OFFICE,
    OFFICE_HOURS,
    SILVER,
    SILVER_TERMS,
    SLIGHT,
    WORKSHOP,
)

NINE, TEN, ELEVEN, NOON = on_monday(9), on_monday(10), on_monday(11), on_monday(12)
BOOK = book({GOLD: GOLD_TERMS, SILVER: SILVER_TERMS}, {OFFICE: OFFICE_HOURS})
OPENED = opened()
SELECTED = TicketContractSelected(contract=None, version=0, scope=None)
LISTED = (GRAVE, SLIGHT)
NAMED = Step(source=Source.HELPDESK, candidate=BORIS, result=Result.CHOSEN)
TO_BORIS = Assignment(assignee=BORIS, steps=(NAMED,))
TO_NOBODY = Assignment(assignee=None, steps=(Step(source=Source.HELPDESK, candidate=None, result=Result.NOBODY_NAMED),))


def given(*events: Event | tuple[Event, datetime]) -> Having[Ticket]:
    """A ticket received at nine that was promised nothing; the rest happened at ten."""
    return having(
        TICKET, (OPENED, NINE), (SELECTED, NINE), *(each if isinstance(each, tuple) else (each, TEN) for each in events)
    )


def start(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.start(ticket, at, BOOK)


def hold(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.hold(ticket, at, BOOK)


def resume(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.resume(ticket, at, BOOK)


def resolve(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.resolve(ticket, at, BOOK)


def reopen(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.reopen(ticket, at, BOOK)


def close(ticket: Ticket, at: datetime, reason: str | None = None) -> Iterable[TicketEvent]:
    return rule.close(ticket, reason, at, BOOK)


def drop(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.close(ticket, "duplicate", at, BOOK)


def assess(ticket: Ticket, at: datetime, severity: str = GRAVE) -> Iterable[TicketEvent]:
    return rule.assess(ticket, severity, LISTED, at, BOOK)


def assign(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.assign(ticket, ANNA, at)


def route(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.route(ticket, TO_BORIS, at)


def change(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.change_contract(ticket, GOLD, "agreed", at, BOOK)


def call(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.log_call(ticket, True, "hello", at, BOOK)


def note(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.note(ticket, "seal", at)


WHILE_OPEN = [start, hold, resume, assess, assign, route, change]
ANY_TIME = [call, note]
ENDINGS = [resolve, close, drop, reopen]
EVERYTHING = WHILE_OPEN + ANY_TIME + ENDINGS
Rule = Callable[[Ticket, datetime], Iterable[TicketEvent]]

ASSIGNED, STARTED, HELD, RESUMED = TicketAssigned(assignee=ANNA), TicketStarted(), TicketHeld(), TicketResumed()
RESOLVED, CLOSED, DROPPED, REOPENED = (
    TicketResolved(),
    TicketClosed(),
    TicketClosed(reason="duplicate"),
    TicketReopened(),
)
CALL = TicketCallLogged(subject=MILL_SUBJECT, answered=True, note="hello")
NOTE = TicketNoted(subject=MILL_SUBJECT, text="seal")


@pytest.mark.parametrize("step", EVERYTHING)
def test_a_ticket_nobody_opened_is_unknown(step: Rule) -> None:
    having(TICKET).deciding(step, NOON).refused(TicketUnknown)


@pytest.mark.parametrize("step", EVERYTHING)
def test_nothing_happens_before_the_receipt(step: Rule) -> None:
    given().deciding(step, on_monday(8, 59)).refused(TicketNotYetOpened)


@pytest.mark.parametrize("step", [*ANY_TIME, assign, route])
def test_the_instant_of_the_receipt_belongs_to_the_ticket(step: Rule) -> None:
    assert given().deciding(step, NINE).refusal is None


@pytest.mark.parametrize("step", WHILE_OPEN)
@pytest.mark.parametrize("end", [RESOLVED, CLOSED, DROPPED])
def test_what_has_ended_is_not_worked_on(step: Rule, end: Event) -> None:
    given(end).deciding(step, ELEVEN).refused(TicketNotOpen)
    assert given(end).deciding(step, on_monday(9, 30)).refusal is None
    assert given(end, (REOPENED, ELEVEN)).deciding(step, NOON).refusal is None


@pytest.mark.parametrize("end", [RESOLVED, CLOSED, DROPPED])
def test_calls_and_notes_come_at_any_time(end: Event) -> None:
    given(end).deciding(call, ELEVEN).then(CALL)
    given(end).deciding(note, ELEVEN).then(NOTE)
    given().deciding(call, TEN).then(CALL)
    given().deciding(note, TEN).then(NOTE)


def test_a_ticket_is_opened_once_with_its_contract_and_the_reasons() -> None:
    losers = (Loser(contract=SILVER, scope=Scope.MODULE, reason=Reason.LATER_SCOPE),)
    selection = Selection(contract=GOLD, version=3, scope=Scope.GROUP, losers=losers)
    selected = TicketContractSelected(contract=GOLD, version=3, scope=Scope.GROUP, losers=losers)
    having(TICKET).deciding(rule.open, OPENED, selection).then(OPENED, selected)
    given().deciding(rule.open, OPENED, selection).refused(TicketAlreadyOpened)


def test_opening_tells_what_the_ticket_is_about() -> None:
    ticket = folded(TICKET, (EVENT["ticket.opened"], NINE))
    assert (ticket.opened_at, ticket.subject, ticket.reporter, ticket.customer) == (NINE, MILL_SUBJECT, MILL, MILL)
    assert (ticket.area, ticket.incident_type) == (WORKSHOP, DEFECT)
    assert [*ticket.moments] == [(NINE, Moment(Kind.OPENED))]


def test_work_starts_once() -> None:
    given().deciding(start, TEN).then(STARTED)
    given(STARTED).deciding(start, TEN).then()
    given(REOPENED).deciding(start, TEN).then()


def test_starting_what_waits_ends_the_waiting() -> None:
    given(HELD).deciding(start, TEN).then(RESUMED)


def test_waiting_begins_once_and_ends_once() -> None:
    given().deciding(hold, TEN).then(HELD)
    given(STARTED).deciding(hold, TEN).then(HELD)
    given(HELD).deciding(hold, TEN).then()
    given(HELD).deciding(resume, TEN).then(RESUMED)
    given(HELD, RESUMED).deciding(resume, TEN).then()
    given(STARTED).deciding(resume, TEN).then()
    given().deciding(resume, TEN).then()


def test_a_ticket_is_assigned_where_that_changes_something() -> None:
    given().deciding(assign, TEN).then(ASSIGNED)
    given(ASSIGNED).deciding(assign, TEN).then()
    given(ASSIGNED).deciding(assign, on_monday(9, 59)).then(ASSIGNED)
    given(TicketAssigned(assignee=BORIS)).deciding(assign, TEN).then(ASSIGNED)


ROUTED, UNCLAIMED = (TicketRouted(assignee=each.assignee, steps=each.steps) for each in (TO_BORIS, TO_NOBODY))


def test_a_routed_ticket_is_assigned_to_whom_the_chain_chose() -> None:
    given().deciding(route, TEN).then(ROUTED, TicketAssigned(assignee=BORIS))


def test_where_the_chain_finds_nobody_that_is_a_fact_of_its_own() -> None:
    given().deciding(rule.route, TO_NOBODY, TEN).then(UNCLAIMED)


def test_a_ticket_that_somebody_has_at_that_instant_is_not_routed() -> None:
    given(ASSIGNED).deciding(route, TEN).then()
    given(ASSIGNED).deciding(rule.route, TO_NOBODY, ELEVEN).then()
    given(ASSIGNED).deciding(route, on_monday(9, 59)).then(ROUTED, TicketAssigned(assignee=BORIS))


def test_a_routing_that_comes_to_the_same_is_no_other_fact() -> None:
    given(UNCLAIMED).deciding(rule.route, TO_NOBODY, TEN).then()
    given(UNCLAIMED).deciding(rule.route, TO_NOBODY, NOON).then()
    given(UNCLAIMED).deciding(rule.route, TO_NOBODY, on_monday(9, 59)).then(UNCLAIMED)
    given(UNCLAIMED).deciding(route, TEN).then(ROUTED, TicketAssigned(assignee=BORIS))
    passed_over = TO_NOBODY.model_copy(update={"steps": (*TO_NOBODY.steps, *TO_BORIS.steps)})
    given(UNCLAIMED).deciding(rule.route, passed_over, TEN).then(TicketRouted(assignee=None, steps=passed_over.steps))


def test_a_ticket_remembers_its_routings_by_their_instants() -> None:
    ticket = given(UNCLAIMED, (ROUTED, NOON)).state
    assert [ticket.routings.at(at) for at in (NINE, TEN, NOON)] == [None, TO_NOBODY, TO_BORIS]


def test_a_severity_is_one_of_the_list() -> None:
    given().deciding(assess, TEN, GRAVE).then(TicketAssessed(severity=GRAVE))
    given(TicketAssessed(severity=GRAVE)).deciding(assess, TEN, GRAVE).then()
    given(TicketAssessed(severity=GRAVE)).deciding(assess, TEN, SLIGHT).then(TicketAssessed(severity=SLIGHT))
    given().deciding(assess, TEN, "funny").refused(SeverityNotListed)


def test_the_same_contract_changes_nothing() -> None:
    changed = TicketContractChanged(contract=GOLD, subject=MILL_SUBJECT, reason="agreed")
    given().deciding(change, TEN).then(changed)
    given(changed).deciding(change, TEN).then()
    given(changed).deciding(change, on_monday(9, 59)).then(changed)


def test_a_ticket_is_resolved_once_until_it_is_re_opened() -> None:
    given().deciding(resolve, TEN).then(RESOLVED)
    given(HELD).deciding(resolve, TEN).then(RESOLVED)
    given(RESOLVED).deciding(resolve, ELEVEN).then()
    given(RESOLVED, (REOPENED, ELEVEN)).deciding(resolve, NOON).then(RESOLVED)
    given(RESOLVED, (CLOSED, ELEVEN)).deciding(resolve, NOON).refused(TicketNotOpen)


def test_closing_takes_a_resolution_or_a_reason() -> None:
    given().deciding(close, TEN).refused(TicketNotResolved)
    given(STARTED).deciding(close, TEN).refused(TicketNotResolved)
    given().deciding(drop, TEN).then(DROPPED)
    given(RESOLVED).deciding(close, TEN).then(CLOSED)
    given(RESOLVED).deciding(drop, TEN).then(DROPPED)
    given(DROPPED).deciding(close, TEN).then()
    given(RESOLVED, CLOSED).deciding(drop, TEN).then()


def test_only_what_has_ended_is_opened_again() -> None:
    for end in (RESOLVED, CLOSED, DROPPED):
        given(end).deciding(reopen, ELEVEN).then(REOPENED)
    for event in (ASSIGNED, STARTED, HELD, RESUMED, REOPENED):
        given(event).deciding(reopen, ELEVEN).refused(TicketStillOpen)


def test_the_status_is_that_of_the_instant_asked_about() -> None:
    life = [STARTED, HELD, RESUMED, RESOLVED, REOPENED, RESOLVED, CLOSED, REOPENED, DROPPED]
    ticket = folded(TICKET, (OPENED, NINE), *((event, on_monday(10 + n)) for n, event in enumerate(life)))
    assert [str(ticket.status(on_monday(hour))) for hour in range(8, 19)] == [
        "absent",
        "received",
        "in-work",
        "waiting-for-customer",
        "in-work",
        "resolved",
        "in-work",
        "resolved",
        "closed",
        "in-work",
        "closed",
    ]


def test_what_no_clock_notices_changes_no_status() -> None:
    ticket = given(STARTED, TicketAssessed(severity=GRAVE), CALL, NOTE, EVENT["outcome.stated"]).state
    assert ticket.status(NOON) is Status.IN_WORK


def test_a_ticket_received_and_given_to_somebody_is_shown_as_assigned() -> None:
    assert given().state.shown_status(NOON) is Status.RECEIVED
    assert given(ASSIGNED).state.shown_status(NOON) is Status.ASSIGNED
    assert given(ASSIGNED).state.shown_status(on_monday(9, 59)) is Status.RECEIVED
    assert given(ASSIGNED, STARTED).state.shown_status(NOON) is Status.IN_WORK
    assert given(ASSIGNED, STARTED).state.status(on_monday(9, 59)) is Status.RECEIVED


def test_severity_and_contract_are_those_of_the_instant() -> None:
    changed = TicketContractChanged(contract=SILVER, subject=MILL_SUBJECT, reason="agreed")
    ticket = folded(
        TICKET,
        (OPENED, NINE),
        (TicketContractSelected(contract=GOLD, version=1, scope=Scope.GROUP), NINE),
        (TicketAssessed(severity=GRAVE), TEN),
        (changed, ELEVEN),
        (TicketAssessed(severity=SLIGHT), NOON),
    )
    assert [ticket.severity(at) for at in (NINE, TEN, ELEVEN, NOON)] == [None, GRAVE, GRAVE, SLIGHT]
    assert [ticket.contract(at) for at in (LONG_AGO, NINE, TEN, ELEVEN)] == [None, GOLD, GOLD, SILVER]
    assert ticket.contracts() == {GOLD, SILVER}
    assert given().state.contracts() == frozenset()
    assert given().state.contract(NOON) is None


def test_a_call_is_a_response_only_if_it_was_answered() -> None:
    missed = TicketCallLogged(subject=MILL_SUBJECT, answered=False)
    given().deciding(lambda ticket: rule.log_call(ticket, False, None, TEN, BOOK)).then(missed)
    assert given(missed).state == given().state
    assert Moment(Kind.ANSWERED) in [moment for _, moment in given(CALL).state.moments]


def test_each_event_is_the_moment_its_clock_notices() -> None:
    changed = TicketContractChanged(contract=GOLD, subject=MILL_SUBJECT, reason="agreed")
    life = [changed, TicketAssessed(severity=GRAVE), STARTED, HELD, RESUMED, CALL, RESOLVED, CLOSED, DROPPED, REOPENED]
    noticed = [moment for _, moment in given(*life, UNCLAIMED, ASSIGNED, NOTE).state.moments]
    assert noticed == [
        Moment(Kind.OPENED),
        Moment(Kind.PROMISED, None),
        Moment(Kind.PROMISED, GOLD),
        Moment(Kind.ASSESSED, GRAVE),
        Moment(Kind.STARTED),
        Moment(Kind.HELD),
        Moment(Kind.RESUMED),
        Moment(Kind.ANSWERED),
        Moment(Kind.RESOLVED),
        Moment(Kind.CLOSED),
        Moment(Kind.DROPPED),
        Moment(Kind.REOPENED),
    ]


def test_a_statement_is_remembered_with_its_version_word_for_word() -> None:
    stated = EVENT["outcome.stated"]
    assert isinstance(stated, OutcomeStated)
    found = given(stated).state.stated[Target.RESOLUTION]
    assert found.version == 3
    assert found.judgement.consumed is not None
    assert (found.judgement.outcome, found.judgement.due, found.judgement.contract) == (Outcome.MET, stated.due, GOLD)
    assert (found.judgement.version, found.judgement.judged_at) == (1, stated.judged_at)
    assert found.judgement.consumed.total_seconds() == stated.consumed_seconds
    silent = stated.model_copy(update={"consumed_seconds": None, "target": Target.FIRST_RESPONSE})
    both = given(stated, silent).state.stated
    assert both[Target.FIRST_RESPONSE].judgement.consumed is None
    assert both[Target.RESOLUTION] == found


def decided(step: Callable[..., Any], *events: Event | tuple[Event, datetime], at: datetime = NOON) -> Decided:
    return given(*events).deciding(step, at)


def test_what_is_resolved_under_a_contract_states_both_outcomes() -> None:
    promised = (TicketContractSelected(contract=GOLD, version=1, scope=Scope.GROUP), NINE)
    resolved, response, resolution = decided(resolve, promised, at=TEN).events
    assert resolved == RESOLVED
    assert isinstance(response, OutcomeStated)
    assert response == OutcomeStated(
        target=Target.FIRST_RESPONSE,
        outcome=Outcome.MET,
        due=ELEVEN,
        contract=GOLD,
        contract_version=1,
        judged_at=TEN,
        consumed_seconds=3_600,
    )
    assert resolution == response.model_copy(update={"target": Target.RESOLUTION, "due": on_monday(17, days=1)})
