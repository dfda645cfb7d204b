"""What may be done to a ticket, by the status it had at that instant."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from life import Life, book, opened
from specification import LONG_AGO, Decided, Having, folded, having, on_monday

from domain.fact import Event, Fact
from domain.service import merging
from domain.service import ticket as rule
from domain.service.assignment import Assignment, Result, Source, Step
from domain.service.clock import Outcome
from domain.service.contract import Targets, Terms
from domain.service.exchange import Direction, TicketCallLogged, TicketMessageLogged, Way
from domain.service.holding import Holding, TicketAssigned, TicketGivenBack, TicketRouted
from domain.service.joining import (
    Exchanged,
    Said,
    TicketAbsorbed,
    TicketDivided,
    TicketIsMerged,
    TicketMerged,
    TicketMergedIntoItself,
    TicketNotMerged,
    TicketNotSplitOff,
    TicketReleased,
    TicketSeparated,
    TicketsOfOthers,
    TicketSplitOff,
)
from domain.service.link import Link, LinkKind, TicketLinked, TicketLinkedToItself, TicketUnlinked
from domain.service.promise import Kind, Moment, forecast, judge, rounds
from domain.service.selection import Loser, Reason, Scope, Selection
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.status import Status
from domain.service.target import Target
from domain.service.ticket import (
    TICKET,
    SeverityNotListed,
    Ticket,
    TicketAlreadyOpened,
    TicketAssessed,
    TicketAssessmentWithdrawn,
    TicketClosed,
    TicketContractChanged,
    TicketContractSelected,
    TicketCustomerSet,
    TicketEvent,
    TicketHeld,
    TicketNoted,
    TicketNotOpen,
    TicketNotResolved,
    TicketNotYetOpened,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRetyped,
    TicketStarted,
    TicketStillOpen,
    TicketUnknown,
)
from domain.values import TicketId
from examples import (
    ANNA,
    BAKERY,
    BELT,
    BORIS,
    DEFECT,
    EVENT,
    GOLD,
    GOLD_TERMS,
    GRAVE,
    HOSE,
    HOTLINE,
    MILL,
    MILL_SUBJECT,
    MILLER,
    OFFICE,
    OFFICE_HOURS,
    PUMP,
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
    return rule.assign(ticket, Holding(ANNA), at)


def route(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.route(ticket, TO_BORIS, at)


def change(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.change_contract(ticket, GOLD, "agreed", at, BOOK)


def call(ticket: Ticket, at: datetime) -> Iterable[TicketEvent]:
    return rule.hear(ticket, CALL, at, BOOK)


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
ENDS = [(RESOLVED,), (RESOLVED, CLOSED), (DROPPED,)]
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
@pytest.mark.parametrize("ends", ENDS)
def test_what_has_ended_is_not_worked_on(step: Rule, ends: tuple[Event, ...]) -> None:
    given(*ends).deciding(step, ELEVEN).refused(TicketNotOpen)
    assert given(*ends).deciding(step, on_monday(9, 30)).refusal is None
    assert given(*ends, (REOPENED, ELEVEN)).deciding(step, NOON).refusal is None


@pytest.mark.parametrize("ends", ENDS)
def test_calls_and_notes_come_at_any_time(ends: tuple[Event, ...]) -> None:
    given(*ends).deciding(call, ELEVEN).then(CALL)
    given(*ends).deciding(note, ELEVEN).then(NOTE)
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


def test_what_was_routed_to_a_team_and_is_nobody_s_again_is_not_routed_to_it_once_more() -> None:
    to_team = TO_NOBODY.model_copy(update={"team": HOTLINE})
    routed = TicketRouted(assignee=None, steps=to_team.steps, team=HOTLINE)
    given(routed, TicketGivenBack(team_too=True)).deciding(rule.route, to_team, TEN).then()


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
    for ends in ENDS:
        given(*ends).deciding(reopen, ELEVEN).then(REOPENED)
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
    given().deciding(rule.hear, missed, TEN, BOOK).then(missed)
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
    found = given(stated).state.stated[Target.RESOLUTION, None]
    assert found.version == 3
    assert found.judgement.consumed is not None
    assert (found.judgement.outcome, found.judgement.due, found.judgement.contract) == (Outcome.MET, stated.due, GOLD)
    assert (found.judgement.version, found.judgement.judged_at) == (1, stated.judged_at)
    assert found.judgement.consumed.total_seconds() == stated.consumed_seconds
    silent = stated.model_copy(update={"consumed_seconds": None, "target": Target.FIRST_RESPONSE})
    both = given(stated, silent).state.stated
    assert both[Target.FIRST_RESPONSE, None].judgement.consumed is None
    assert both[Target.RESOLUTION, None] == found


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


# The life of a ticket (R-TCK-12)

MERGED = TicketMerged(survivor=BELT)
IN_STATUS: dict[str, tuple[Event | tuple[Event, datetime], ...]] = {
    "received": (),
    "assigned": (ASSIGNED,),
    "in-work": (STARTED,),
    "waiting": (STARTED, HELD),
    "resolved": (RESOLVED,),
    "closed": (RESOLVED, CLOSED),
    "dropped": (DROPPED,),
    "merged": (MERGED,),
}
OTHER = folded(TICKET, (OPENED, NINE), (SELECTED, NINE))
OF_THE_MILLER = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILLER, customer=MILL)


def said(direction: Direction, *, automatic: bool = False) -> TicketMessageLogged:
    return TicketMessageLogged(subject=MILL_SUBJECT, direction=direction, way=Way.EMAIL, automatic=automatic)


LETTER, REPLY = said(Direction.INCOMING), said(Direction.OUTGOING)
STEPS: dict[str, Rule] = {
    "start": start,
    "hold": hold,
    "resume": resume,
    "assess": assess,
    "withdraw-assessment": lambda ticket, at: rule.withdraw_assessment(ticket, at, BOOK),
    "change-contract": change,
    "retype": lambda ticket, at: rule.retype(ticket, DEFECT, Selection(), at, BOOK),
    "set-customer": lambda ticket, at: rule.set_customer(ticket, OF_THE_MILLER, Selection(), at, BOOK),
    "assign": lambda ticket, at: rule.assign(ticket, Holding(BORIS), at),
    "take": lambda ticket, at: rule.take(ticket, BORIS, at),
    "route": route,
    "log-call": call,
    "log-message": lambda ticket, at: rule.heed(ticket, LETTER, at, BOOK),
    "note": note,
    "link": lambda ticket, at: rule.add_link(ticket, PUMP, Link(LinkKind.TICKET, BELT), at),
    "unlink": lambda ticket, at: rule.remove_link(ticket, Link(LinkKind.TICKET, BELT), at),
    "resolve": resolve,
    "close": close,
    "close with a reason": drop,
    "reopen": reopen,
    "merge": lambda ticket, at: merging.merge(ticket, PUMP, OTHER, HOSE, [MILL], at, BOOK),
    "separate": lambda ticket, at: merging.separate(ticket, at, BOOK),
    "split": lambda ticket, at: merging.split(ticket, HOSE, at),
}
LIFE = """
                     received assigned in-work waiting resolved closed dropped merged
start                +        +        .       +       open     open   open    merged
hold                 +        +        +       .       open     open   open    merged
resume               .        .        .       +       open     open   open    merged
assess               +        +        +       +       open     open   open    merged
withdraw-assessment  .        .        .       .       open     open   open    merged
change-contract      +        +        +       +       open     open   open    merged
retype               +        +        +       +       open     open   open    merged
set-customer         +        +        +       +       open     open   open    merged
assign               +        +        +       +       open     open   open    merged
take                 +        +        +       +       open     open   open    merged
route                +        .        +       +       open     open   open    merged
log-call             +        +        +       +       +        +      +       +
log-message          +        +        +       +       +        again  again   +
note                 +        +        +       +       +        +      +       merged
link                 +        +        +       +       +        +      +       merged
unlink               .        .        .       .       .        .      .       merged
resolve              +        +        +       +       .        open   open    merged
close                solved   solved   solved  solved  +        .      .       merged
close with a reason  +        +        +       +       +        .      .       merged
reopen               still    still    still   still   +        +      +       merged
merge                +        +        +       +       +        +      +       merged
separate             one      one      one     one     one      one    one     +
split                +        +        +       +       open     open   open    merged
"""
"""What each request comes to in each status: something, nothing, or a refusal by its word."""

SAYS = {
    TicketNotOpen: "open",
    TicketIsMerged: "merged",
    TicketNotResolved: "solved",
    TicketStillOpen: "still",
    TicketNotMerged: "one",
}


def test_every_request_in_every_status_comes_to_what_the_table_says() -> None:
    head, *lines = LIFE.strip().splitlines()
    rows = [re.split(r" {2,}", line) for line in lines]
    table = {name: dict(zip(head.split(), cells, strict=True)) for name, *cells in rows}
    assert table == {name: {status: comes_to(step, status) for status in IN_STATUS} for name, step in STEPS.items()}


def comes_to(step: Rule, status: str) -> str:
    found = given(*IN_STATUS[status]).deciding(step, ELEVEN)
    if found.refusal is not None:
        return SAYS[type(found.refusal)]
    if TicketReopened() in found.events:
        return "again" if step is not STEPS["reopen"] else "+"
    return "+" if found.events else "."


# What was said


def test_a_message_of_the_customer_ends_the_waiting_and_opens_again_what_was_resolved() -> None:
    assert given(HELD, (LETTER, ELEVEN)).state.status(NOON) is Status.IN_WORK
    assert given(HELD, (LETTER, ELEVEN)).state.status(on_monday(10, 59)) is Status.WAITING
    assert given(RESOLVED, (LETTER, ELEVEN)).state.status(NOON) is Status.IN_WORK
    assert given((LETTER, ELEVEN)).state.status(NOON) is Status.RECEIVED
    assert given(HELD, (said(Direction.INCOMING, automatic=True), ELEVEN)).state.status(NOON) is Status.WAITING
    assert given(HELD, (REPLY, ELEVEN)).state.status(NOON) is Status.WAITING


def test_a_message_alone_leaves_closed_what_is_closed() -> None:
    for ends in ((RESOLVED, CLOSED), (DROPPED,)):
        assert given(*ends, (LETTER, ELEVEN)).state.status(NOON) is Status.CLOSED
        given(*ends).deciding(rule.hear, LETTER, ELEVEN, BOOK).then(LETTER)


def test_where_it_is_the_rule_an_answer_opens_again_what_is_closed_and_nothing_else_does() -> None:
    for ends in ((RESOLVED, CLOSED), (DROPPED,)):
        given(*ends).deciding(rule.heed, LETTER, ELEVEN, BOOK).then(REOPENED, LETTER)
        for other in (REPLY, CALL, said(Direction.INCOMING, automatic=True)):
            given(*ends).deciding(rule.heed, other, ELEVEN, BOOK).then(other)
    given(RESOLVED).deciding(rule.heed, LETTER, ELEVEN, BOOK).then(LETTER)
    given(RESOLVED, (CLOSED, NOON)).deciding(rule.heed, LETTER, ELEVEN, BOOK).then(LETTER)


def test_a_message_recorded_late_shows_that_a_ticket_was_resolved_no_longer_when_it_was_closed() -> None:
    ticket = given(RESOLVED, (CLOSED, NOON), (LETTER, ELEVEN)).state
    assert [ticket.status(at) for at in (TEN, ELEVEN, NOON)] == [Status.RESOLVED, Status.IN_WORK, Status.IN_WORK]
    assert given(RESOLVED, (DROPPED, NOON), (LETTER, ELEVEN)).state.status(NOON) is Status.CLOSED


def test_of_an_answer_and_an_end_at_one_instant_what_was_recorded_last_came_last() -> None:
    assert given(RESOLVED, LETTER).state.status(TEN) is Status.IN_WORK
    assert given(LETTER, RESOLVED).state.status(TEN) is Status.RESOLVED
    assert given(RESOLVED, (LETTER, NOON), (CLOSED, NOON)).state.status(NOON) is Status.IN_WORK
    given(RESOLVED, (CLOSED, NOON)).deciding(rule.hear, LETTER, NOON, BOOK).then(LETTER)
    given(RESOLVED, (CLOSED, NOON)).deciding(rule.heed, LETTER, NOON, BOOK).then(REOPENED, LETTER)


def test_an_outgoing_message_is_a_response_and_an_automatic_one_is_none() -> None:
    life = begun()
    life.write(TEN, Direction.OUTGOING, automatic=True)
    assert life.judged(TEN)[0].outcome is Outcome.OPEN
    life.write(on_monday(10, 30), Direction.OUTGOING)
    assert life.judged(ELEVEN)[0].judged_at == on_monday(10, 30)


def test_each_round_of_next_responses_is_stated_by_itself() -> None:
    life = begun()
    life.call(TEN)
    life.write(ELEVEN)
    life.write(on_monday(11, 30))
    life.call(on_monday(12, 30))
    life.write(on_monday(13))
    life.resolve(on_monday(13, 10))
    found = [(each.since, each.outcome, each.due) for each in life.statements(Target.NEXT_RESPONSE)]
    assert found == [
        (ELEVEN, Outcome.MISSED, NOON),
        (on_monday(13), Outcome.MET, on_monday(14)),
    ]


def test_a_call_recorded_late_turns_a_round_and_what_was_believed_before_stays_answerable() -> None:
    life = begun()
    life.call(TEN)
    life.write(ELEVEN)
    life.call(on_monday(12, 30))
    believed, known = life.ticket, life.facts[-1].version
    (_, corrected) = life.call(on_monday(11, 30))
    assert isinstance(corrected, OutcomeCorrected)
    assert (corrected.since, corrected.outcome, corrected.replaces) == (ELEVEN, Outcome.MET, known)
    assert rounds(believed.moments, ROUNDS, NOON)[0].result(on_monday(13)).outcome is Outcome.MISSED
    assert rounds(life.ticket.moments, ROUNDS, NOON)[0].result(on_monday(13)).outcome is Outcome.MET


def test_a_round_that_a_late_call_takes_away_is_corrected_to_none_and_the_one_it_becomes_is_stated() -> None:
    life = begun()
    life.call(TEN)
    life.write(ELEVEN)
    life.write(on_monday(11, 20))
    life.call(on_monday(11, 40))
    life.call(on_monday(11, 10))
    found = [(type(each), each.since, each.outcome) for each in life.statements(Target.NEXT_RESPONSE)]
    assert found == [
        (OutcomeStated, ELEVEN, Outcome.MET),
        (OutcomeCorrected, ELEVEN, Outcome.MET),
        (OutcomeStated, on_monday(11, 20), Outcome.MET),
    ]


def test_a_first_response_recorded_late_makes_an_answer_of_what_was_a_first_response() -> None:
    life = begun()
    life.write(on_monday(9, 10))
    life.call(NOON)
    assert [each.outcome for each in life.statements(Target.FIRST_RESPONSE)] == [Outcome.MISSED]
    life.call(on_monday(9, 5))
    assert [each.outcome for each in life.statements(Target.FIRST_RESPONSE)] == [Outcome.MISSED, Outcome.MET]
    assert [(each.since, each.outcome) for each in life.statements(Target.NEXT_RESPONSE)] == [
        (on_monday(9, 10), Outcome.MISSED)
    ]


ROUNDS = book(
    {
        GOLD: Terms(
            calendar=OFFICE,
            general=Targets(first_response_seconds=7_200, next_response_seconds=3_600, resolution_seconds=28_800),
        )
    },
    {OFFICE: OFFICE_HOURS},
)


def begun() -> Life:
    """Of one to whom an answer within the hour is promised, each time anew."""
    return Life.begun(NINE, ROUNDS)


# Whose it is, and of which type


TO_GOLD = Selection(contract=GOLD, version=1, scope=Scope.GROUP)
GOLDEN = TicketContractSelected(contract=GOLD, version=1, scope=Scope.GROUP)


def test_another_customer_brings_their_own_contract_while_the_severity_is_open() -> None:
    other = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILLER, customer=BAKERY)
    given().deciding(rule.set_customer, other, TO_GOLD, TEN, BOOK).then(other, GOLDEN)
    given().deciding(rule.set_customer, other, Selection(), TEN, BOOK).then(other)
    assessed = TicketAssessed(severity=GRAVE)
    given(assessed).deciding(rule.set_customer, other, TO_GOLD, TEN, BOOK).then(other)
    withdrawn = given(assessed, TicketAssessmentWithdrawn())
    withdrawn.deciding(rule.set_customer, other, TO_GOLD, TEN, BOOK).then(other, GOLDEN)
    given(other).deciding(rule.set_customer, other, TO_GOLD, TEN, BOOK).then()
    assert (given(other).state.reporter, given(other).state.customer) == (MILLER, BAKERY)


def test_what_is_said_after_another_customer_was_set_is_their_data() -> None:
    other = TicketCustomerSet(subject="other", reporter=BAKERY, customer=BAKERY)
    given(other).deciding(note, ELEVEN).then(NOTE.model_copy(update={"subject": "other"}))


def test_another_type_brings_its_contract_while_the_severity_is_open() -> None:
    retyped = TicketRetyped(incident_type=DEFECT)
    given().deciding(rule.retype, DEFECT, TO_GOLD, TEN, BOOK).then(retyped, GOLDEN)
    given(TicketAssessed(severity=GRAVE)).deciding(rule.retype, DEFECT, TO_GOLD, TEN, BOOK).then(retyped)
    given(retyped).deciding(rule.retype, DEFECT, TO_GOLD, TEN, BOOK).then()
    given(retyped).deciding(rule.retype, None, Selection(), TEN, BOOK).then(TicketRetyped(incident_type=None))


def test_an_assessment_withdrawn_leaves_the_severity_open_from_then_on() -> None:
    withdrawn = TicketAssessmentWithdrawn()
    assessed = given(TicketAssessed(severity=GRAVE))
    assessed.deciding(rule.withdraw_assessment, ELEVEN, BOOK).then(withdrawn)
    ticket = given(TicketAssessed(severity=GRAVE), (withdrawn, ELEVEN)).state
    assert [ticket.severity(at) for at in (NINE, TEN, ELEVEN)] == [None, GRAVE, None]


def test_an_assessment_withdrawn_brings_the_default_level_back() -> None:
    life = Life.begun(NINE, BOOK)
    life.assess(GRAVE, on_monday(9, 10))
    assert life.due(on_monday(9, 10)) == (on_monday(9, 30), on_monday(13))
    life.record(list(rule.withdraw_assessment(life.ticket, on_monday(9, 20), BOOK)), on_monday(9, 20))
    assert life.due(on_monday(9, 20)) == (ELEVEN, on_monday(17, days=1))


def test_a_contract_selected_anew_counts_from_the_receipt_on() -> None:
    life = Life.begun(NINE, BOOK, contract=None)
    chosen = rule.retype(life.ticket, DEFECT, TO_GOLD, TEN, BOOK)
    life.record(list(chosen), TEN)
    assert life.due(TEN) == (ELEVEN, on_monday(17, days=1))
    assert [life.ticket.promised.at(at) for at in (NINE, TEN)] == [2, 4]


# What it has to do with


def test_a_ticket_is_linked_once_and_never_to_itself() -> None:
    to_belt, linked = Link(LinkKind.TICKET, BELT), TicketLinked(kind=LinkKind.TICKET, thing=BELT)
    given().deciding(rule.add_link, PUMP, to_belt, TEN).then(linked)
    given(linked).deciding(rule.add_link, PUMP, to_belt, TEN).then()
    given().deciding(rule.add_link, BELT, to_belt, TEN).refused(TicketLinkedToItself)
    given(linked).deciding(rule.remove_link, to_belt, TEN).then(TicketUnlinked(kind=LinkKind.TICKET, thing=BELT))
    given().deciding(rule.remove_link, to_belt, TEN).then()
    as_order = Link(LinkKind.ORDER, BELT)
    given(linked).deciding(rule.add_link, BELT, as_order, TEN).then(TicketLinked(kind=LinkKind.ORDER, thing=BELT))


# What is one, and what are two


def asked_to_merge(
    ticket: Having[Ticket], into: Ticket = OTHER, customers: Iterable[str] = (MILL,), at: datetime = NOON
) -> Decided:
    return ticket.deciding(merging.merge, PUMP, into, BELT, tuple(customers), at, BOOK)


def test_a_ticket_is_merged_into_one_of_the_same_customer() -> None:
    asked_to_merge(given()).then(MERGED)
    asked_to_merge(given(), customers=[BAKERY]).refused(TicketsOfOthers)
    asked_to_merge(given(), customers=[BAKERY, MILL]).then(MERGED)
    asked_to_merge(given(), customers=[]).refused(TicketsOfOthers)
    of_nobody = given(TicketCustomerSet(subject=MILL_SUBJECT, reporter=None, customer=None))
    asked_to_merge(of_nobody, customers=[]).then(MERGED)


def test_a_ticket_is_merged_into_one_that_stands_for_itself_and_never_into_itself() -> None:
    asked_to_merge(given(MERGED)).then()
    asked_to_merge(given(TicketMerged(survivor=HOSE))).refused(TicketIsMerged)
    asked_to_merge(given(), into=given(TicketMerged(survivor=HOSE)).state).refused(TicketIsMerged)
    given().deciding(merging.merge, BELT, OTHER, BELT, [MILL], NOON, BOOK).refused(TicketMergedIntoItself)
    asked_to_merge(given(MERGED, (TicketSeparated(survivor=BELT), ELEVEN))).then(MERGED)


def test_what_is_open_is_not_merged_into_what_is_over() -> None:
    over = given(RESOLVED).state
    asked_to_merge(given(), into=over).refused(TicketNotOpen)
    asked_to_merge(given(RESOLVED), into=over).then(MERGED)
    asked_to_merge(given(DROPPED), into=OTHER).then(MERGED)


def test_nothing_is_merged_before_it_is_there() -> None:
    asked_to_merge(given(), into=Ticket()).refused(TicketUnknown)
    asked_to_merge(given(), at=on_monday(8)).refused(TicketNotYetOpened)


def test_the_clocks_of_a_merged_ticket_stop_with_the_outcome_merged() -> None:
    life = begun()
    life.call(TEN)
    life.write(ELEVEN)
    at = on_monday(11, 30)
    found = life.record(list(merging.merge(life.ticket, PUMP, OTHER, BELT, [MILL], at, ROUNDS)), at)
    outcomes = [(each.target, each.outcome) for each in found if isinstance(each, OutcomeStated)]
    assert outcomes == [(Target.NEXT_RESPONSE, Outcome.MERGED), (Target.RESOLUTION, Outcome.MERGED)]
    assert life.ticket.status(at) is Status.MERGED
    assert life.ticket.status(ELEVEN) is Status.RECEIVED


def test_what_was_missed_before_the_merging_stays_missed() -> None:
    life = begun()
    life.record(list(merging.merge(life.ticket, PUMP, OTHER, BELT, [MILL], NOON, ROUNDS)), NOON)
    assert [each.outcome for each in life.judged(on_monday(13))] == [Outcome.MISSED, Outcome.MERGED]


def test_nothing_that_comes_to_a_merged_ticket_counts_until_it_is_separated() -> None:
    for later in (LETTER, CALL, REOPENED):
        ticket = given(RESOLVED, MERGED, (later, ELEVEN)).state
        assert ticket.status(NOON) is Status.MERGED
    again = given(RESOLVED, MERGED, (LETTER, ELEVEN), (TicketSeparated(survivor=BELT), NOON)).state
    assert again.status(ELEVEN) is Status.IN_WORK
    assert again.survivor is None


def test_only_what_is_merged_is_separated() -> None:
    given(MERGED).deciding(merging.separate, ELEVEN, BOOK).then(TicketSeparated(survivor=BELT))
    given().deciding(merging.separate, ELEVEN, BOOK).refused(TicketNotMerged)
    separated = given(MERGED, (TicketSeparated(survivor=BELT), ELEVEN))
    separated.deciding(merging.separate, NOON, BOOK).refused(TicketNotMerged)


def test_a_separation_corrects_what_was_stated_at_the_merging() -> None:
    life = begun()
    life.call(TEN)
    life.record(list(merging.merge(life.ticket, PUMP, OTHER, BELT, [MILL], ELEVEN, ROUNDS)), ELEVEN)
    stated = life.facts[-1].version
    _, corrected = life.record(list(merging.separate(life.ticket, NOON, ROUNDS)), NOON)
    assert isinstance(corrected, OutcomeCorrected)
    assert (corrected.target, corrected.outcome, corrected.replaces) == (Target.RESOLUTION, Outcome.OPEN, stated)


def through(*tickets: TicketId) -> TicketMessageLogged:
    return LETTER.model_copy(update={"through": tickets})


def test_a_released_ticket_takes_along_what_came_through_it_and_nothing_else() -> None:
    survivor = given(
        TicketAbsorbed(ticket=BELT, exchanged=(Exchanged(said=Said.ANSWERED, at=NINE, through=(HOSE,)),)),
        (through(HOSE, BELT), ELEVEN),
        (through(BELT), ELEVEN),
        (LETTER, ELEVEN),
        (REOPENED.model_copy(update={"through": (BELT,)}), ELEVEN),
    )
    kinds = [(each.value.kind, each.value.value) for each in survivor.state.moments][2:]
    assert kinds == [
        (Kind.ANSWERED, "hose.belt"),
        (Kind.WROTE, "hose.belt"),
        (Kind.WROTE, "belt"),
        (Kind.WROTE, None),
        (Kind.REOPENED, "belt"),
    ]

    def left(released: TicketId) -> list[str | None]:
        (event,) = survivor.deciding(merging.release, released, NOON, BOOK).events
        assert event == TicketReleased(ticket=released)
        after = TICKET.evolve(survivor.state, Fact("ticket-x", 9, event, NOON, NOON, "system"))
        return [each.value.value for each in after.moments][2:]

    assert left(HOSE) == ["belt", None, "belt"]
    assert left(BELT) == [None]
    survivor.deciding(merging.release, PUMP, NOON, BOOK).then()


def test_a_ticket_is_absorbed_once() -> None:
    absorbed = TicketAbsorbed(ticket=BELT)
    given().deciding(merging.absorb, BELT, (), TEN, BOOK).then(absorbed)
    given(absorbed).deciding(merging.absorb, BELT, (), TEN, BOOK).then()
    given(absorbed, TicketReleased(ticket=BELT)).deciding(merging.absorb, BELT, (), TEN, BOOK).then(absorbed)


def test_of_a_merging_that_becomes_known_late_the_survivor_hears_what_was_said_since() -> None:
    ticket = given(LETTER, (CALL, ELEVEN), (through(HOSE), NOON)).state
    assert merging.unheard(ticket, BELT, TEN) == (
        Exchanged(said=Said.ANSWERED, at=ELEVEN),
        Exchanged(said=Said.WROTE, at=NOON, through=(HOSE,)),
    )


WHOLE = given((CALL, on_monday(9, 30)), (LETTER, TEN)).state
PART = opened(title="The hose", received_at=NINE)


def split_off(whole: Ticket = WHOLE, at: datetime = NOON) -> list[Any]:
    return list(merging.split_off(Ticket(), PART, TO_GOLD, whole, PUMP, at, BOOK))


def test_a_part_was_received_when_the_whole_was_and_answered_when_that_was() -> None:
    begin, selected, off, stated = split_off()
    assert (begin, selected) == (PART, GOLDEN)
    assert off == TicketSplitOff(origin=PUMP, answered_at=on_monday(9, 30))
    assert (stated.target, stated.outcome, stated.judged_at) == (
        Target.FIRST_RESPONSE,
        Outcome.MET,
        on_monday(9, 30),
    )
    part = folded(TICKET, *((each, NOON) for each in (begin, selected, off)))
    assert (part.opened_at, part.origin, part.status(NINE)) == (NINE, PUMP, Status.RECEIVED)
    assert forecast(part.moments, BOOK, NOON)[Target.RESOLUTION].due == on_monday(17, days=1)


def test_what_becomes_known_after_its_receipt_was_promised_from_the_receipt_on() -> None:
    ticket = folded(TICKET, (PART, NOON), (GOLDEN, NOON))
    assert ticket.promised.at(NINE) == 2
    assert folded(TICKET, (PART, NOON), (GOLDEN, NOON), (GOLDEN, on_monday(13))).promised.at(NOON) == 2


def test_a_part_was_answered_by_what_was_said_up_to_the_split() -> None:
    asked = (NINE, on_monday(9, 30), NOON)
    told = [each.answered_at for at in asked for each in split_off(at=at) if isinstance(each, TicketSplitOff)]
    assert told == [None, on_monday(9, 30), on_monday(9, 30)]


def test_a_part_of_what_was_never_answered_owes_its_first_response_from_the_receipt_on() -> None:
    begin, selected, off = split_off(given(LETTER).state)
    assert off == TicketSplitOff(origin=PUMP, answered_at=None)
    part = folded(TICKET, *((each, NOON) for each in (begin, selected, off)))
    assert judge(part.moments, BOOK, NOON)[Target.FIRST_RESPONSE].outcome is Outcome.MISSED


def test_of_a_part_only_what_was_said_there_comes_back() -> None:
    begin, selected, off, _ = split_off()
    part = folded(TICKET, *((each, NOON) for each in (begin, selected, off)), (LETTER, on_monday(13)))
    later = on_monday(14)
    assert merging.unheard(part, PUMP, later) == (Exchanged(said=Said.WROTE, at=on_monday(13)),)
    assert merging.unheard(part, BELT, later) == ()
    assert merging.whole(part) == PUMP
    with pytest.raises(TicketNotSplitOff):
        merging.whole(WHOLE)


def test_what_is_said_to_a_merged_ticket_is_heard_by_the_one_that_stands_for_it_then() -> None:
    merged = given(MERGED).state
    assert [merging.heard_by(merged, at) for at in (NINE, TEN)] == [None, BELT]
    assert merging.heard_by(given().state, TEN) is None
    back = given(TicketSplitOff(origin=BELT), (MERGED, NOON)).state
    assert merging.heard_by(back, TEN) == BELT


def test_what_a_part_was_told_as_the_whole_stays_when_the_whole_is_merged_into_it_and_separated() -> None:
    begin, selected, off, _ = split_off()
    part = having(TICKET, *((each, NOON) for each in (begin, selected, off, TicketAbsorbed(ticket=PUMP))))
    released, *_ = part.deciding(merging.release, PUMP, on_monday(13), BOOK).events
    fact: Fact[Any] = Fact("ticket-x", 9, released, NOON, NOON, "system")
    after = TICKET.evolve(part.state, fact)
    assert after.moments == part.state.moments


def test_only_what_is_open_is_split() -> None:
    given().deciding(merging.split, HOSE, TEN).then(TicketDivided(part=HOSE))
    assert given(TicketDivided(part=HOSE)).state == given().state
