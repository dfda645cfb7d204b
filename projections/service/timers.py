"""What will come of each ticket by itself, and when, as far as can be told now: what the timer asks for (D8, R-TCK-13).

Of each promise the next level alone: once that is told of, or skipped, the row is the next one's. What stands still has
no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.company.settings import COMPANY, SETTINGS, ClosingRule, ClosingRuleSet, Settings
from domain.fact import Event, Fact
from domain.service import timer
from domain.service.calendar import CALENDAR, CalendarRevised
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised
from domain.service.escalation import TicketEscalated, TicketEscalationSkipped, ahead
from domain.service.promise import Book
from domain.service.promise import Kind as Moment
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.status import OPEN, Status
from domain.service.target import Target
from domain.service.ticket import TICKET, Ticket
from domain.service.timer import CLOSING
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Row, Table, Touch, words
from projections.service.book import book
from projections.service.service_levels import CLOCKED
from projections.service.tickets import EVER

RESOLVED = "resolved"

TIMERS = Table(
    "timers",
    ("ticket", "what"),
    (
        Column("due", Kind.INSTANT),
        Column("since", Kind.INSTANT),
        Column("assignment", Kind.NUMBER),
        Column("percent", Kind.NUMBER),
    ),
    indexes=(("due", "ticket", "what"),),
)
"""`what` is the target of a promise, or "closing", which has a due alone."""

TIMED = Table("timed", ("ticket",), words("contract", "standing"), indexes=(("contract",), ("standing",)))
"""What the rows of a ticket rest on: of an open one its contract, of a resolved one the company's rule."""

TIMED_CALENDARS = Table("timed_calendars", ("contract",), words("calendar"), indexes=(("calendar",),))
"""By which calendar a contract counts now."""

HEARD: frozenset[type[Event]] = (CLOCKED - {OutcomeStated, OutcomeCorrected}) | {
    TicketEscalated,
    TicketEscalationSkipped,
}


def timers(id: str, known: Known) -> Iterable[Change]:
    """The rows of one ticket, by everything recorded so far; dropped where they may have been."""
    ticket: Ticket = known.state(TICKET, id)
    settings: Settings = known.state(SETTINGS, COMPANY)
    texts = book(ticket, known.state)
    rows = dict((*_levels(ticket, texts), *_closing(ticket, settings, known)))
    for what in _ever(ticket, settings, texts):
        yield Put(TIMERS, (id, what), rows[what]) if what in rows else Drop(TIMERS, (id, what))
    rests_on = _rests_on(ticket)
    yield Drop(TIMED, (id,)) if rests_on is None else Put(TIMED, (id,), rests_on)


def _levels(ticket: Ticket, texts: Book) -> Iterator[tuple[str, Row]]:
    """The next level of each promise."""
    for each in timer.running(ticket, texts, EVER):
        coming = ahead(each, ticket.fired)
        if coming:
            level, due = coming[0]
            numbers = {"assignment": each.assignment, "percent": level.percent}
            yield each.target, {"due": due, "since": each.clock.since, **numbers}


def _closing(ticket: Ticket, settings: Settings, known: Known) -> Iterator[tuple[str, Row]]:
    rule: ClosingRule | None = settings.closing_rule.last
    calendar = None if rule is None else known.state(CALENDAR, rule.calendar)
    due = timer.closes_at(ticket, rule, calendar, EVER)
    if due is not None:
        yield CLOSING, {"due": due, "since": None, "assignment": None, "percent": None}


def _ever(ticket: Ticket, settings: Settings, texts: Book) -> Iterator[str]:
    """Which rows the ticket can ever have had."""
    terms = [version.terms for contract in texts.contracts.values() for version in contract.versions]
    levelled = {level.target for each in terms for level in each.levels}
    yield from (target for target in Target if target in levelled)
    if settings.closing_rule.entries and any(moment.kind is Moment.RESOLVED for _, moment in ticket.moments):
        yield CLOSING


def _rests_on(ticket: Ticket) -> Mapping[str, Any] | None:
    status, contract = ticket.status(EVER), ticket.contract(EVER)
    if status in OPEN and contract is not None:
        return {"contract": contract, "standing": "open"}
    return {"contract": None, "standing": RESOLVED} if status is Status.RESOLVED else None


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == TICKET.kind:
        yield Touch(TICKET, id, timers)


def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case ContractConcluded(terms=terms) | ContractRevised(terms=terms):
            yield Put(TIMED_CALENDARS, (id,), {"calendar": terms.calendar})
            yield from _resting_on("contract", [id], known)
        case CalendarRevised():
            contracts = [key[0] for key in known.keys(TIMED_CALENDARS, "calendar", id)]
            yield from _resting_on("contract", contracts, known)
            yield from _resting_on("standing", [RESOLVED], known)
        case ClosingRuleSet():
            yield from _resting_on("standing", [RESOLVED], known)
    yield from remake(fact.stream)


def _resting_on(column: str, values: Iterable[str], known: Known) -> Iterator[Touch]:
    """A new text touches whatever is to come by it (D7)."""
    for value in values:
        for (ticket,) in known.keys(TIMED, column, value):
            yield Touch(TICKET, ticket, timers)


TIMING = ReadModel(
    name="timers",
    about="What will come of each ticket by itself, and when: the next level of each promise, and its closing.",
    tables=(TIMERS, TIMED, TIMED_CALENDARS),
    facts=HEARD | {ContractConcluded, ContractRevised, CalendarRevised, ClosingRuleSet},
    project=project,
    reads=(TICKET, CONTRACT, CALENDAR, SETTINGS),
    remake=remake,
)
