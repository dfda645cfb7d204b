"""A ticket is opened once, worked on by one assignee at a time, resolved, closed, and may be opened again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from domain.decider import Decider
from domain.evolution import changed
from domain.fact import Event, Fact
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.service.assignment import Assignment, Step
from domain.service.promise import Book, Judgement, Kind, Moment, Outcome, Target, judge
from domain.service.selection import Loser, Scope, Selection
from domain.timeline import Timeline
from domain.values import (
    AreaId,
    Code,
    ContactId,
    ContractId,
    IncidentTypeId,
    Instant,
    Label,
    Line,
    Reference,
    SubjectId,
    Text,
    WorkerId,
)


class TicketOpened(Event, topic="ticket.opened"):
    """Received: the clocks start at the instant this happened (D3)."""

    subject: SubjectId
    reporter: ContactId | None
    customer: ContactId | None
    area: AreaId
    incident_type: IncidentTypeId | None
    title: Annotated[Line | Masked, Personal("subject", Purpose.CONTENT)]
    description: Annotated[Text | Masked | None, Personal("subject", Purpose.CONTENT)] = None
    reference: Reference | None = None
    product: Reference | None = None


class TicketContractSelected(Event, topic="ticket.contract-selected"):
    """What the ticket was promised, why, and what lost (R-SLA-2)."""

    contract: ContractId | None
    version: int
    scope: Scope | None
    losers: tuple[Loser, ...] = ()


class TicketContractChanged(Event, topic="ticket.contract-changed"):
    """The ticket is under another contract, or none, from here on, for this reason."""

    contract: ContractId | None
    subject: SubjectId
    reason: Annotated[Line | Masked, Personal("subject", Purpose.CONTENT)]


class TicketAssessed(Event, topic="ticket.assessed"):
    """The problem is this grave from here on."""

    severity: Label


class TicketRouted(Event, topic="ticket.routed"):
    """Whom the chain chose at this instant, and what each step came to; nobody is an alert (D11)."""

    assignee: WorkerId | None
    steps: tuple[Step, ...]


class TicketAssigned(Event, topic="ticket.assigned"):
    """The ticket is this worker's from here on."""

    assignee: WorkerId


class TicketStarted(Event, topic="ticket.started"):
    """In work."""


class TicketHeld(Event, topic="ticket.held"):
    """Waiting for the customer: the resolution clock stands still (D5)."""


class TicketResumed(Event, topic="ticket.resumed"):
    """The waiting is over and the resolution clock runs again."""


class TicketCallLogged(Event, topic="ticket.call-logged"):
    """A call; an answered one is a response (D9)."""

    subject: SubjectId
    answered: bool
    note: Annotated[Text | Masked | None, Personal("subject", Purpose.CONTENT)] = None


class TicketNoted(Event, topic="ticket.noted"):
    """Somebody wrote an internal note."""

    subject: SubjectId
    text: Annotated[Text | Masked, Personal("subject", Purpose.CONTENT)]


class TicketResolved(Event, topic="ticket.resolved"):
    """The problem is solved; both clocks stand."""


class TicketClosed(Event, topic="ticket.closed"):
    """A reason says that it was closed without resolution."""

    reason: Code | None = None


class TicketReopened(Event, topic="ticket.reopened"):
    """The ticket is in work again; the time between does not count."""


class OutcomeStated(Event, topic="outcome.stated"):
    """How a target was judged; stated once, and again only after a re-opening (D10)."""

    target: Target
    outcome: Outcome
    due: Instant | None
    contract: ContractId | None
    contract_version: int
    judged_at: Instant | None
    consumed_seconds: int | None


class OutcomeCorrected(Event, topic="outcome.corrected"):
    """A late fact turned an outcome already stated; `replaces` is the statement's version in the stream (D32)."""

    target: Target
    outcome: Outcome
    due: Instant | None
    contract: ContractId | None
    contract_version: int
    judged_at: Instant | None
    consumed_seconds: int | None
    replaces: int


TicketEvent = (
    TicketOpened
    | TicketContractSelected
    | TicketContractChanged
    | TicketAssessed
    | TicketRouted
    | TicketAssigned
    | TicketStarted
    | TicketHeld
    | TicketResumed
    | TicketCallLogged
    | TicketNoted
    | TicketResolved
    | TicketClosed
    | TicketReopened
    | OutcomeStated
    | OutcomeCorrected
)


class TicketUnknown(Unknown):
    """There is no such ticket."""


class TicketAlreadyOpened(Refused):
    """This ticket was opened before."""


class TicketNotOpen(Refused):
    """The ticket is resolved or closed."""


class TicketNotResolved(Refused):
    """The ticket is not resolved; closing it without resolution takes a reason."""


class TicketStillOpen(Refused):
    """The ticket is open already."""


class TicketNotYetOpened(Refused):
    """Nothing can have happened to the ticket before it was received."""


class SeverityNotListed(Refused):
    """The severity is not in the company's list."""


class Status(StrEnum):
    ABSENT = "absent"
    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_WORK = "in-work"
    WAITING = "waiting-for-customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


STATUS_AFTER = {
    Kind.OPENED: Status.RECEIVED,
    Kind.STARTED: Status.IN_WORK,
    Kind.HELD: Status.WAITING,
    Kind.RESUMED: Status.IN_WORK,
    Kind.REOPENED: Status.IN_WORK,
    Kind.RESOLVED: Status.RESOLVED,
    Kind.CLOSED: Status.CLOSED,
    Kind.DROPPED: Status.CLOSED,
}
OPEN = frozenset({Status.RECEIVED, Status.IN_WORK, Status.WAITING})


@dataclass(frozen=True, slots=True)
class Statement:
    """A judgement as it was stated, and at which version of the stream."""

    judgement: Judgement
    version: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """`moments` is the timeline by when things happened; everything about status and clocks is read off it."""

    opened_at: datetime | None = None
    subject: SubjectId | None = None
    reporter: ContactId | None = None
    customer: ContactId | None = None
    area: AreaId | None = None
    incident_type: IncidentTypeId | None = None
    assignments: Timeline[WorkerId] = field(default_factory=Timeline)
    routings: Timeline[Assignment] = field(default_factory=Timeline)
    moments: Timeline[Moment] = field(default_factory=Timeline)
    stated: Mapping[Target, Statement] = field(default_factory=dict)

    def status(self, at: datetime) -> Status:
        """The status in force at the instant."""
        for entry in reversed(self.moments.entries):
            if entry.since <= at and entry.value.kind in STATUS_AFTER:
                return STATUS_AFTER[entry.value.kind]
        return Status.ABSENT

    def shown_status(self, at: datetime) -> Status:
        """As people read it: received and given to somebody is "assigned"."""
        status = self.status(at)
        given = status is Status.RECEIVED and self.assignments.at(at) is not None
        return Status.ASSIGNED if given else status

    def severity(self, at: datetime) -> str | None:
        """The severity in force; None while it is not assessed."""
        return self._last(Kind.ASSESSED, at)

    def contract(self, at: datetime) -> ContractId | None:
        found = self._last(Kind.PROMISED, at)
        return None if found is None else ContractId(found)

    def contracts(self) -> frozenset[ContractId]:
        """Every contract that counted for the ticket at any time."""
        found = (moment.value for _, moment in self.moments if moment.kind is Kind.PROMISED and moment.value)
        return frozenset(ContractId(contract) for contract in found)

    def _last(self, kind: Kind, at: datetime) -> str | None:
        for entry in reversed(self.moments.entries):
            if entry.since <= at and entry.value.kind is kind:
                return entry.value.value
        return None


def open(
    ticket: Ticket,
    opened: TicketOpened,
    selection: Selection,
) -> Iterator[TicketEvent]:
    require(ticket.opened_at is None, otherwise=TicketAlreadyOpened)
    yield opened
    yield TicketContractSelected(
        contract=selection.contract, version=selection.version, scope=selection.scope, losers=selection.losers
    )


def change_contract(
    ticket: Ticket, contract: ContractId | None, reason: str, at: datetime, book: Book
) -> Iterator[TicketEvent]:
    """Refused after resolution; the same contract changes nothing (R-SLA-3)."""
    subject = _open_at(ticket, at)
    if contract != ticket.contract(at):
        yield from _judged(ticket, TicketContractChanged(contract=contract, subject=subject, reason=reason), at, book)


def assess(ticket: Ticket, severity: str, listed: tuple[str, ...], at: datetime, book: Book) -> Iterator[TicketEvent]:
    _open_at(ticket, at)
    require(severity in listed, otherwise=SeverityNotListed)
    if severity != ticket.severity(at):
        yield from _judged(ticket, TicketAssessed(severity=severity), at, book)


def assign(ticket: Ticket, assignee: WorkerId, at: datetime) -> Iterator[TicketEvent]:
    _open_at(ticket, at)
    if assignee != ticket.assignments.at(at):
        yield TicketAssigned(assignee=assignee)


def route(ticket: Ticket, chosen: Assignment, at: datetime) -> Iterator[TicketEvent]:
    """Where somebody has the ticket, and where the chain came to the same before, nothing happens."""
    _open_at(ticket, at)
    if ticket.assignments.at(at) is None and chosen != ticket.routings.at(at):
        yield TicketRouted(assignee=chosen.assignee, steps=chosen.steps)
        if chosen.assignee is not None:
            yield TicketAssigned(assignee=chosen.assignee)


def start(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Work begins, or goes on where it was waiting."""
    _open_at(ticket, at)
    if ticket.status(at) is Status.RECEIVED:
        yield from _judged(ticket, TicketStarted(), at, book)
    if ticket.status(at) is Status.WAITING:
        yield from _judged(ticket, TicketResumed(), at, book)


def hold(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    _open_at(ticket, at)
    if ticket.status(at) is not Status.WAITING:
        yield from _judged(ticket, TicketHeld(), at, book)


def resume(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    _open_at(ticket, at)
    if ticket.status(at) is Status.WAITING:
        yield from _judged(ticket, TicketResumed(), at, book)


def log_call(ticket: Ticket, answered: bool, note: str | None, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Calls come at any time of a ticket's life, also after its end."""
    subject = _known_at(ticket, at)
    yield from _judged(ticket, TicketCallLogged(subject=subject, answered=answered, note=note), at, book)


def note(ticket: Ticket, text: str, at: datetime) -> Iterator[TicketEvent]:
    subject = _known_at(ticket, at)
    yield TicketNoted(subject=subject, text=text)


def resolve(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Resolving what is resolved changes nothing; what was closed must be opened again first."""
    _known_at(ticket, at)
    require(ticket.status(at) is not Status.CLOSED, otherwise=TicketNotOpen)
    if ticket.status(at) is not Status.RESOLVED:
        yield from _judged(ticket, TicketResolved(), at, book)


def close(ticket: Ticket, reason: str | None, at: datetime, book: Book) -> Iterator[TicketEvent]:
    _known_at(ticket, at)
    if ticket.status(at) is Status.CLOSED:
        return
    require(ticket.status(at) is Status.RESOLVED or reason is not None, otherwise=TicketNotResolved)
    yield from _judged(ticket, TicketClosed(reason=reason), at, book)


def reopen(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    _known_at(ticket, at)
    require(ticket.status(at) not in OPEN, otherwise=TicketStillOpen)
    yield from _judged(ticket, TicketReopened(), at, book)


def _known_at(ticket: Ticket, at: datetime) -> SubjectId:
    require(ticket.opened_at is not None, otherwise=TicketUnknown)
    assert ticket.opened_at is not None and ticket.subject is not None
    require(ticket.opened_at <= at, otherwise=TicketNotYetOpened)
    return ticket.subject


def _open_at(ticket: Ticket, at: datetime) -> SubjectId:
    subject = _known_at(ticket, at)
    require(ticket.status(at) in OPEN, otherwise=TicketNotOpen)
    return subject


def _judged(ticket: Ticket, event: TicketEvent, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """The event, and what it makes of the outcomes stated so far."""
    yield event
    moment = _moment(event)
    if moment is None:
        return
    moments = ticket.moments.put(at, moment)
    until = moments.entries[-1].since
    believed = judge(ticket.moments, book, until) if at < until else {}
    for target, found in judge(moments, book, until).items():
        yield from _statement(target, found, ticket.stated.get(target), believed.get(target))


def _statement(
    target: Target, found: Judgement, before: Statement | None, believed: Judgement | None
) -> Iterator[TicketEvent]:
    """`believed` is how the target stood without the event, if that came late: only what it turned is corrected."""
    decided = found.outcome not in (Outcome.OPEN, Outcome.NONE)
    late = believed is not None and before is not None
    same = before is not None and _essence(before.judgement) == _essence(found)
    turned = believed is None or _essence(believed) != _essence(found)
    if same or not (turned if late else decided):
        return
    stated = OutcomeStated(
        target=target,
        outcome=found.outcome,
        due=found.due,
        contract=found.contract,
        contract_version=found.version,
        judged_at=found.judged_at,
        consumed_seconds=None if found.consumed is None else int(found.consumed.total_seconds()),
    )
    if believed is not None and before is not None:
        yield OutcomeCorrected(**dict(stated), replaces=before.version)
    else:
        yield stated


def _essence(found: Judgement) -> tuple[object, ...]:
    return found.outcome, found.due, found.contract, found.version, found.judged_at


def _moment(event: TicketEvent) -> Moment | None:
    """What of the event the clocks notice."""
    match event:
        case TicketOpened():
            return Moment(Kind.OPENED)
        case TicketContractSelected(contract=contract) | TicketContractChanged(contract=contract):
            return Moment(Kind.PROMISED, contract)
        case TicketAssessed(severity=severity):
            return Moment(Kind.ASSESSED, severity)
        case TicketStarted():
            return Moment(Kind.STARTED)
        case TicketHeld():
            return Moment(Kind.HELD)
        case TicketResumed():
            return Moment(Kind.RESUMED)
        case TicketCallLogged(answered=answered):
            return Moment(Kind.ANSWERED) if answered else None
        case TicketResolved():
            return Moment(Kind.RESOLVED)
        case TicketClosed(reason=reason):
            return Moment(Kind.CLOSED if reason is None else Kind.DROPPED)
        case TicketReopened():
            return Moment(Kind.REOPENED)
        case TicketRouted() | TicketAssigned() | TicketNoted() | OutcomeStated() | OutcomeCorrected():
            return None


def evolve(ticket: Ticket, fact: Fact[TicketEvent]) -> Ticket:
    event = fact.event
    match event:
        case TicketOpened():
            return Ticket(
                opened_at=fact.happened_at,
                subject=event.subject,
                reporter=event.reporter,
                customer=event.customer,
                area=event.area,
                incident_type=event.incident_type,
                moments=ticket.moments.put(fact.happened_at, Moment(Kind.OPENED)),
            )
        case TicketRouted(assignee=assignee, steps=steps):
            chosen = Assignment(assignee=assignee, steps=steps)
            return changed(ticket, routings=ticket.routings.put(fact.happened_at, chosen))
        case TicketAssigned(assignee=assignee):
            return changed(ticket, assignments=ticket.assignments.put(fact.happened_at, assignee))
        case OutcomeStated(target=target) | OutcomeCorrected(target=target):
            return changed(ticket, stated={**ticket.stated, target: Statement(_judgement(event), fact.version)})
    moment = _moment(event)
    return ticket if moment is None else changed(ticket, moments=ticket.moments.put(fact.happened_at, moment))


def _judgement(event: OutcomeStated | OutcomeCorrected) -> Judgement:
    consumed = None if event.consumed_seconds is None else timedelta(seconds=event.consumed_seconds)
    return Judgement(event.outcome, event.due, consumed, event.contract, event.contract_version, event.judged_at)


TICKET = Decider(
    "ticket",
    Ticket(),
    evolve,
    (
        TicketOpened,
        TicketContractSelected,
        TicketContractChanged,
        TicketAssessed,
        TicketRouted,
        TicketAssigned,
        TicketStarted,
        TicketHeld,
        TicketResumed,
        TicketCallLogged,
        TicketNoted,
        TicketResolved,
        TicketClosed,
        TicketReopened,
        OutcomeStated,
        OutcomeCorrected,
    ),
)
