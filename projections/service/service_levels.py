"""When each promise is due and how it was kept: rows that hold until something more happens (D4-D7, R-SLA-8).

A row says nothing of the present: an open target whose due instant has passed is a missed one to whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from domain.clients.contact import CONTACT
from domain.clients.group import GROUP, Group
from domain.clients.membership import MEMBERSHIP, Membership
from domain.fact import Event, Fact
from domain.service.calendar import CALENDAR, CalendarRevised
from domain.service.clock import Clock, Judgement, Outcome
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised
from domain.service.exchange import TicketCallLogged, TicketMessageLogged
from domain.service.joining import TicketAbsorbed, TicketMerged, TicketReleased, TicketSeparated, TicketSplitOff
from domain.service.life import Verdict, written
from domain.service.promise import Book, Mark, account, standing
from domain.service.promise import Kind as Moment
from domain.service.selection import Scope
from domain.service.statement import OutcomeCorrected, OutcomeStated, Statement, noticed
from domain.service.status import OPEN
from domain.service.target import Target
from domain.service.ticket import (
    TICKET,
    Ticket,
    TicketAssessed,
    TicketAssessmentWithdrawn,
    TicketClosed,
    TicketContractChanged,
    TicketContractSelected,
    TicketHeld,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketStarted,
    received,
)
from domain.values import ContactId, GroupId
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Row, Table, Touch, words
from projections.service.book import State, book
from projections.service.tickets import EVER

AT_RISK = 75
"""From so many percent of its target on, an open promise is at risk."""

DEADLINES = Table(
    "deadlines",
    ("ticket", "target"),
    (
        *words("outcome", "contract"),
        Column("contract_version", Kind.NUMBER),
        Column("due", Kind.INSTANT),
        Column("at_risk_from", Kind.INSTANT),
        Column("paused", Kind.FLAG),
        Column("consumed_seconds", Kind.NUMBER),
        Column("target_seconds", Kind.NUMBER),
        Column("judged_at", Kind.INSTANT),
        Column("corrected", Kind.FLAG),
    ),
    indexes=(("outcome", "due"),),
)
"""`consumed_seconds` is business time up to the last stop: empty where it never stopped. Of the next responses the last
one promised; `corrected`: a late fact turned what had been stated (D32).
"""

EARLIER_RESPONSES = Table(
    "earlier_responses",
    ("ticket", "since"),
    (
        *words("outcome", "contract"),
        Column("due", Kind.INSTANT),
        Column("consumed_seconds", Kind.NUMBER),
        Column("target_seconds", Kind.NUMBER),
        Column("corrected", Kind.FLAG),
    ),
    indexes=(("ticket",),),
)
"""The next responses promised before the last one; `since` is when the customer wrote, in ISO 8601 (D36)."""

SLA_OUTCOMES = Table(
    "sla_outcomes",
    ("ticket",),
    (
        Column("received_at", Kind.INSTANT),
        *words("severity"),
        Column("first_response_seconds", Kind.NUMBER),
        Column("resolution_seconds", Kind.NUMBER),
        Column("first_response_due", Kind.INSTANT),
        Column("resolution_due", Kind.INSTANT),
        *words("first_response_outcome", "resolution_outcome"),
    ),
    indexes=(("received_at",),),
)
SLA_GROUPS = Table("sla_groups", ("ticket",), words("group_id"))
"""The customer group that brought the ticket its contract."""

PROMISES = Table("promises", ("ticket", "contract"), (), indexes=(("contract",),))
"""The contracts that an open ticket's deadlines may rest on."""

LIVES = Table("lives", ("ticket",), (Column("received_at", Kind.INSTANT), Column("life")), indexes=(("received_at",),))
"""What the clocks noticed of tickets that are over, and how they were judged, to be replayed (N-5)."""

CONTRACT_CALENDARS = Table("contract_calendars", ("contract", "calendar"), (), indexes=(("calendar",),))

CLOCKED: frozenset[type[Event]] = frozenset(
    {
        *(TicketOpened, TicketContractSelected, TicketContractChanged, TicketAssessed, TicketStarted, TicketHeld),
        *(TicketResumed, TicketCallLogged, TicketMessageLogged, TicketResolved, TicketClosed, TicketReopened),
        *(TicketAssessmentWithdrawn, TicketMerged, TicketSeparated, TicketAbsorbed, TicketReleased, TicketSplitOff),
        *(OutcomeStated, OutcomeCorrected),
    }
)


def levels(id: str, known: Known) -> Iterable[Change]:
    """The rows of one ticket, by everything recorded so far."""
    ticket: Ticket = known.state(TICKET, id)
    judged = _judged(ticket, book(ticket, known.state))
    found = {target: stands for (target, _), (_, stands) in judged.items()}
    for mark, (clock, stands) in judged.items():
        yield _row(id, mark, _deadline(clock, stands, ticket.stated.get(mark)), last=stands is found[mark[0]])
    yield Put(SLA_OUTCOMES, (id,), _outcome(ticket, found[Target.FIRST_RESPONSE], found[Target.RESOLUTION]))
    yield from _life(id, ticket, {mark: Verdict(stands.outcome, stands.due) for mark, (_, stands) in judged.items()})
    settled = _settled(clock for clock, _ in judged.values())
    for contract in ticket.contracts():
        yield Drop(PROMISES, (id, contract)) if settled else Put(PROMISES, (id, contract), {})


def _life(id: str, ticket: Ticket, verdicts: Mapping[Mark, Verdict]) -> Iterator[Change]:
    if ticket.status(EVER) not in OPEN:
        yield Put(LIVES, (id,), {"received_at": ticket.opened_at, "life": written(ticket.moments, verdicts)})
    elif any(entry.value.kind in ENDING for entry in ticket.moments):
        yield Drop(LIVES, (id,))


ENDING = frozenset({Moment.RESOLVED, Moment.CLOSED, Moment.DROPPED, Moment.MERGED})
"""A ticket that is open again has been over before."""


def _judged(ticket: Ticket, texts: Book) -> dict[Mark, tuple[Clock, Judgement]]:
    """After the last moment, and after every new text since, until all is settled; then nothing but time passes."""
    last = max([ticket.moments.entries[-1].since, *noticed(ticket.stated)])
    for until in (last, *(revision.since for revision in texts.revisions(last))):
        clocks = dict(account(ticket.moments, texts, until).promises())
        found = {mark: (clock, standing(clock, until)) for mark, clock in clocks.items()}
        if _settled(clocks.values()):
            break
    return found


def _settled(clocks: Iterable[Clock]) -> bool:
    """A target without a promise is open, too: a new text may promise something (D7)."""
    return not any(clock.open for clock in clocks)


def _row(id: str, mark: Mark, row: Row, *, last: bool) -> Change:
    """A next response that nothing was promised for has none."""
    target, since = mark
    if since is None:
        return Put(DEADLINES, (id, target), row)
    table, key = (DEADLINES, (id, target)) if last else (EARLIER_RESPONSES, (id, since.isoformat()))
    if row["outcome"] is Outcome.NONE:
        return Drop(table, key)
    return Put(table, key, {column.name: row[column.name] for column in table.columns})


def _deadline(clock: Clock, found: Judgement, stated: Statement | None) -> dict[str, Any]:
    target = clock.offer.target if clock.offer else None
    running = clock.running_since is not None
    paused = found.outcome is Outcome.OPEN and not running
    consumed = clock.total() if paused else found.consumed
    return {
        "outcome": found.outcome,
        "contract": found.contract,
        "contract_version": found.version,
        "due": found.due,
        "at_risk_from": clock.reaches(AT_RISK) if found.outcome is Outcome.OPEN and running else None,
        "paused": paused,
        "consumed_seconds": None if consumed is None else int(consumed.total_seconds()),
        "target_seconds": None if target is None else int(target.total_seconds()),
        "judged_at": found.judged_at,
        "corrected": stated is not None and stated.corrected,
    }


def _outcome(ticket: Ticket, response: Judgement, resolution: Judgement) -> dict[str, Any]:
    return {
        "received_at": ticket.opened_at,
        "severity": ticket.severity(EVER),
        "first_response_seconds": consumed_seconds(response),
        "resolution_seconds": consumed_seconds(resolution),
        "first_response_due": response.due,
        "resolution_due": resolution.due,
        "first_response_outcome": response.outcome,
        "resolution_outcome": resolution.outcome,
    }


def consumed_seconds(found: Judgement) -> int | None:
    """Business time up to the last stop, in whole seconds; None while the clock runs."""
    return None if found.consumed is None else int(found.consumed.total_seconds())


def bringer(ticket: Ticket, selected: TicketContractSelected, state: State) -> GroupId | None:
    """The group whose contract won, by its terms at the receipt; of several the first by rank, then by id (D1)."""
    if selected.scope not in (Scope.GROUP, Scope.GROUP_AND_TYPE) or ticket.customer is None:
        return None
    at, incident_type = received(ticket), ticket.incident_type if selected.scope is Scope.GROUP_AND_TYPE else None
    joined = {group for each in _same(ticket.customer, state) for group in _groups(each, at, state)}
    groups: dict[GroupId, Group] = {group: state(GROUP, group) for group in joined}
    offering = [
        (group.rank, id) for id, group in groups.items() if group.contract(incident_type, at) == selected.contract
    ]
    return min(offering)[1] if offering else None


def _same(contact: ContactId, state: State) -> tuple[ContactId, ...]:
    """All that count as one with the contact, as `commands/same.py` says."""
    survivor = state(CONTACT, contact).survivor or contact
    return (survivor, *state(CONTACT, survivor).absorbed)


def _groups(contact: ContactId, at: datetime, state: State) -> tuple[GroupId, ...]:
    membership: Membership = state(MEMBERSHIP, contact)
    return membership.groups(at)


def _group(id: str, selected: TicketContractSelected, known: Known) -> Iterator[Change]:
    """Told whenever a contract is selected, on what was known then; nothing else changes it (R-SLA-2)."""
    found = bringer(known.state(TICKET, id), selected, known.state)
    yield Drop(SLA_GROUPS, (id,)) if found is None else Put(SLA_GROUPS, (id,), {"group_id": found})


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == TICKET.kind:
        yield Touch(TICKET, id, levels)


def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case ContractConcluded(terms=terms) | ContractRevised(terms=terms):
            yield Put(CONTRACT_CALENDARS, (id, terms.calendar), {})
            yield from _reopened([id], known)
        case CalendarRevised():
            yield from _reopened([key[0] for key in known.keys(CONTRACT_CALENDARS, "calendar", id)], known)
        case TicketContractSelected() as selected:
            yield from _group(id, selected, known)
        case TicketReleased() | OutcomeCorrected():
            yield from _gone(id, known)
    yield from remake(fact.stream)


def _gone(id: str, known: Known) -> Iterator[Change]:
    """A late fact, or the undoing of a merge, may leave none of what was owed; what still is comes again at once."""
    yield Drop(DEADLINES, (id, Target.NEXT_RESPONSE))
    for key in known.keys(EARLIER_RESPONSES, "ticket", id):
        yield Drop(EARLIER_RESPONSES, key)


def _reopened(contracts: Iterable[str], known: Known) -> Iterator[Touch]:
    """A new text touches the open targets of every ticket that may rest on it (D7)."""
    for contract in contracts:
        for ticket, _ in known.keys(PROMISES, "contract", contract):
            yield Touch(TICKET, ticket, levels)


SERVICE_LEVELS = ReadModel(
    name="service_levels",
    about="When each promise is due, how it was kept, and the group that brought the contract.",
    tables=(DEADLINES, EARLIER_RESPONSES, SLA_OUTCOMES, SLA_GROUPS, PROMISES, LIVES, CONTRACT_CALENDARS),
    facts=CLOCKED | {ContractConcluded, ContractRevised, CalendarRevised},
    project=project,
    reads=(TICKET, CONTRACT, CALENDAR, MEMBERSHIP, GROUP, CONTACT),
    remake=remake,
    edition=3,
)
