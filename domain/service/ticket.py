"""A ticket is opened once, worked on by one assignee at a time, resolved, closed, and may be opened again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from domain.decider import Decider
from domain.evolution import changed
from domain.fact import Event, Fact
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.service import escalation, exchange, holding, link, statement
from domain.service import status as life
from domain.service.assignment import Assignment
from domain.service.escalation import EscalationEvent, Fired, TicketEscalated, TicketEscalationSkipped
from domain.service.exchange import ExchangeEvent, TicketCallLogged, TicketMessageLogged
from domain.service.holding import (
    NOBODY,
    Holding,
    HoldingEvent,
    TicketAssigned,
    TicketGivenBack,
    TicketHandedOver,
    TicketRouted,
    TicketTeamAssigned,
)
from domain.service.joining import (
    JoiningEvent,
    TicketAbsorbed,
    TicketDivided,
    TicketIsMerged,
    TicketMerged,
    TicketReleased,
    TicketSeparated,
    TicketSplitOff,
)
from domain.service.link import Link, LinkEvent, LinkKind, Links, TicketLinked, TicketLinkedToItself, TicketUnlinked
from domain.service.promise import Book, Kind, Moment, judgements
from domain.service.selection import Loser, Scope, Selection
from domain.service.statement import OutcomeCorrected, OutcomeStated, Stated, StatementEvent
from domain.service.status import OPEN, Status
from domain.timeline import Timeline
from domain.values import (
    AreaId,
    Code,
    ContactId,
    ContractId,
    GatewayId,
    GroupId,
    IncidentTypeId,
    Instant,
    Label,
    Line,
    ProcessAreaId,
    Reference,
    SubjectId,
    Text,
    TicketId,
    WorkerId,
)


class TicketOpened(Event, topic="ticket.opened"):
    """Received: the clocks start at the instant this happened, or that it names (D3).

    `area_group` is the customer's group whose row gave the area (D13). A part that was split off was received when
    the whole was.
    """

    subject: SubjectId
    reporter: ContactId | None
    customer: ContactId | None
    area: AreaId
    incident_type: IncidentTypeId | None
    title: Annotated[Line | Masked, Personal("subject", Purpose.CONTENT)]
    description: Annotated[Text | Masked | None, Personal("subject", Purpose.CONTENT)] = None
    reference: Reference | None = None
    product: Reference | None = None
    process_area: ProcessAreaId | None = None
    gateway: GatewayId | None = None
    area_group: GroupId | None = None
    received_at: Instant | None = None


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


class TicketCustomerSet(Event, topic="ticket.customer-set"):
    """Who reported the problem, and on whose terms it is (D33), as became known later.

    What is said from here on is the data of `subject`.
    """

    subject: SubjectId
    reporter: ContactId | None
    customer: ContactId | None


class TicketRetyped(Event, topic="ticket.retyped"):
    """The problem is of another type (R-SLA-5)."""

    incident_type: IncidentTypeId | None


class TicketAssessed(Event, topic="ticket.assessed"):
    """The problem is this grave from here on."""

    severity: Label


class TicketAssessmentWithdrawn(Event, topic="ticket.assessment-withdrawn"):
    """How grave the problem is, is open again (R-SLA-4)."""


class TicketStarted(Event, topic="ticket.started"):
    """In work."""


class TicketHeld(Event, topic="ticket.held"):
    """Waiting for the customer: the resolution clock stands still (D5)."""


class TicketResumed(Event, topic="ticket.resumed"):
    """The waiting is over and the resolution clock runs again."""


class TicketNoted(Event, topic="ticket.noted"):
    """Somebody wrote an internal note."""

    subject: SubjectId
    text: Annotated[Text | Masked, Personal("subject", Purpose.CONTENT)]


class TicketResolved(Event, topic="ticket.resolved"):
    """The problem is solved; all clocks stand."""


class TicketClosed(Event, topic="ticket.closed"):
    """A reason says that it was closed without resolution."""

    reason: Code | None = None


class TicketReopened(Event, topic="ticket.reopened"):
    """The ticket is in work again; the time between does not count.

    `through` are the merged tickets by which the message came that did it.
    """

    through: tuple[TicketId, ...] | None = None


TicketEvent = (
    TicketOpened
    | TicketContractSelected
    | TicketContractChanged
    | TicketCustomerSet
    | TicketRetyped
    | TicketAssessed
    | TicketAssessmentWithdrawn
    | TicketStarted
    | TicketHeld
    | TicketResumed
    | TicketNoted
    | TicketResolved
    | TicketClosed
    | TicketReopened
    | HoldingEvent
    | ExchangeEvent
    | EscalationEvent
    | JoiningEvent
    | LinkEvent
    | StatementEvent
)


class TicketUnknown(Unknown):
    """There is no such ticket."""


class TicketAlreadyOpened(Refused):
    """This ticket was opened before."""


class TicketNotOpen(Refused):
    """The ticket is resolved, closed or merged."""


class TicketNotResolved(Refused):
    """The ticket is not resolved; closing it without resolution takes a reason."""


class TicketStillOpen(Refused):
    """The ticket is open already."""


class TicketNotYetOpened(Refused):
    """Nothing can have happened to the ticket before it was received."""


class SeverityNotListed(Refused):
    """The severity is not in the company's list."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`moments` is the timeline by when things happened; everything about status and clocks is read off it."""

    opened_at: datetime | None = None
    subject: SubjectId | None = None
    reporter: ContactId | None = None
    customer: ContactId | None = None
    area: AreaId | None = None
    incident_type: IncidentTypeId | None = None
    process_area: ProcessAreaId | None = None
    gateway: GatewayId | None = None
    holdings: Timeline[Holding] = field(default_factory=Timeline)
    routings: Timeline[Assignment] = field(default_factory=Timeline)
    moments: Timeline[Moment] = field(default_factory=Timeline)
    promised: Timeline[int] = field(default_factory=Timeline)
    """Of contracts: the version of the fact by which the ticket came under each (D8)."""
    stated: Stated = field(default_factory=dict)
    fired: frozenset[Fired] = frozenset()
    links: Links = ()
    survivor: TicketId | None = None
    absorbed: tuple[TicketId, ...] = ()
    origin: TicketId | None = None
    sender: SubjectId | None = None
    """Whose data it was at first, where nobody whom we know had reported it."""

    def status(self, at: datetime) -> Status:
        """The status in force at the instant."""
        return life.status(self.moments, at)

    def beneath(self, at: datetime) -> Status:
        """The same, as if no other ticket stood for this one."""
        return life.beneath(self.moments, at)

    def shown_status(self, at: datetime) -> Status:
        """As people read it: received and given to somebody is "assigned"."""
        status = self.status(at)
        given = status is Status.RECEIVED and self.held(at) != NOBODY
        return Status.ASSIGNED if given else status

    def held(self, at: datetime) -> Holding:
        """Who has the ticket at the instant."""
        return self.holdings.at(at) or NOBODY

    def assignee(self, at: datetime) -> WorkerId | None:
        return self.held(at).assignee

    @property
    def holding(self) -> Holding:
        """Who has the ticket by the last that is known."""
        return self.holdings.last or NOBODY

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

    def resolved_at(self, at: datetime) -> datetime | None:
        """Since when the ticket is resolved, if that is how it stands at the instant."""
        if self.status(at) is not Status.RESOLVED:
            return None
        return [since for since, _ in life.course(self.moments) if since <= at][-1]

    def _last(self, kind: Kind, at: datetime) -> str | None:
        for entry in reversed(self.moments.entries):
            if entry.since <= at and entry.value.kind is kind:
                return entry.value.value
        return None


def open(ticket: Ticket, opened: TicketOpened, selection: Selection) -> Iterator[TicketEvent]:
    require(ticket.opened_at is None, otherwise=TicketAlreadyOpened)
    yield opened
    yield _selected(selection)


def _selected(selection: Selection) -> TicketContractSelected:
    return TicketContractSelected(
        contract=selection.contract, version=selection.version, scope=selection.scope, losers=selection.losers
    )


def change_contract(
    ticket: Ticket, contract: ContractId | None, reason: str, at: datetime, book: Book
) -> Iterator[TicketEvent]:
    """Refused after resolution; the same contract changes nothing (R-SLA-3)."""
    subject = open_at(ticket, at)
    if contract != ticket.contract(at):
        yield from judged(ticket, [TicketContractChanged(contract=contract, subject=subject, reason=reason)], at, book)


def set_customer(
    ticket: Ticket, customer: TicketCustomerSet, selection: Selection, at: datetime, book: Book
) -> Iterator[TicketEvent]:
    """The contract is selected anew only while the severity is not assessed (R-SLA-2)."""
    open_at(ticket, at)
    if (customer.reporter, customer.customer) != (ticket.reporter, ticket.customer):
        yield customer
        yield from _reselected(ticket, selection, at, book)


def retype(
    ticket: Ticket, incident_type: IncidentTypeId | None, selection: Selection, at: datetime, book: Book
) -> Iterator[TicketEvent]:
    """The contract is selected anew only while the severity is not assessed (R-SLA-5)."""
    open_at(ticket, at)
    if incident_type != ticket.incident_type:
        yield TicketRetyped(incident_type=incident_type)
        yield from _reselected(ticket, selection, at, book)


def _reselected(ticket: Ticket, selection: Selection, at: datetime, book: Book) -> Iterator[TicketEvent]:
    if ticket.severity(at) is None and selection.contract != ticket.contract(at):
        yield from judged(ticket, [_selected(selection)], at, book)


def assess(ticket: Ticket, severity: str, listed: tuple[str, ...], at: datetime, book: Book) -> Iterator[TicketEvent]:
    open_at(ticket, at)
    require(severity in listed, otherwise=SeverityNotListed)
    if severity != ticket.severity(at):
        yield from judged(ticket, [TicketAssessed(severity=severity)], at, book)


def withdraw_assessment(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """The default level holds again (R-SLA-4)."""
    open_at(ticket, at)
    if ticket.severity(at) is not None:
        yield from judged(ticket, [TicketAssessmentWithdrawn()], at, book)


def assign(ticket: Ticket, to: Holding, at: datetime) -> Iterator[TicketEvent]:
    open_at(ticket, at)
    yield from holding.give(ticket.held(at), to)


def take(ticket: Ticket, worker: WorkerId, at: datetime) -> Iterator[TicketEvent]:
    """From whomever has it; the team it was given to stays with it."""
    open_at(ticket, at)
    yield from holding.give(ticket.held(at), ticket.held(at)._replace(assignee=worker))


def claim(ticket: Ticket, worker: WorkerId, at: datetime) -> Iterator[TicketEvent]:
    """Of two who claim at once one wins, whoever says that theirs was the earlier; the other is told by whom."""
    open_at(ticket, at)
    for held in (ticket.holding, ticket.held(at)):
        holding.needs_unclaimed(held, worker)
    yield from holding.give(ticket.held(at), ticket.held(at)._replace(assignee=worker))


def hand_over(ticket: Ticket, to: Holding, note: str | None, at: datetime) -> Iterator[TicketEvent]:
    subject = open_at(ticket, at)
    if to == ticket.held(at):
        return
    if note is not None:
        yield TicketHandedOver(subject=subject, note=note)
    yield from holding.give(ticket.held(at), to)


def give_back(ticket: Ticket, worker: WorkerId, at: datetime) -> Iterator[TicketEvent]:
    open_at(ticket, at)
    yield from holding.give_back(ticket.held(at), worker)


def route(ticket: Ticket, chosen: Assignment, at: datetime) -> Iterator[TicketEvent]:
    """Where somebody has the ticket, and where the chain came to the same before, nothing happens."""
    open_at(ticket, at)
    yield from holding.route(ticket.held(at), chosen, ticket.routings.at(at))


def route_again(ticket: Ticket, chosen: Assignment, at: datetime) -> Iterator[TicketEvent]:
    """By command alone: what changes of itself moves no ticket (D11)."""
    open_at(ticket, at)
    yield from holding.route_again(ticket.held(at), chosen, ticket.routings.at(at))


def start(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Work begins, or goes on where it was waiting."""
    open_at(ticket, at)
    if ticket.status(at) is Status.RECEIVED:
        yield from judged(ticket, [TicketStarted()], at, book)
    if ticket.status(at) is Status.WAITING:
        yield from judged(ticket, [TicketResumed()], at, book)


def hold(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    open_at(ticket, at)
    if ticket.status(at) is not Status.WAITING:
        yield from judged(ticket, [TicketHeld()], at, book)


def resume(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    open_at(ticket, at)
    if ticket.status(at) is Status.WAITING:
        yield from judged(ticket, [TicketResumed()], at, book)


def hear(ticket: Ticket, said: ExchangeEvent, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Calls and messages come at any time of a ticket's life, also after its end."""
    known_at(ticket, at)
    yield from judged(ticket, [said], at, book)


def heed(ticket: Ticket, said: ExchangeEvent, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """The same where it is the rule that an answer opens again what is closed (R-TCK-6, R-TCK-13)."""
    known_at(ticket, at)
    reopened = [TicketReopened(through=said.through)] if comes_after_closing(ticket, said, at) else []
    yield from judged(ticket, [*reopened, said], at, book)


def comes_after_closing(ticket: Ticket, said: ExchangeEvent, at: datetime) -> bool:
    """Whether the customer writes about what is closed, be it under another ticket that stands for it."""
    return exchange.asks(said) and ticket.beneath(at) is Status.CLOSED


def note(ticket: Ticket, text: str, at: datetime) -> Iterator[TicketEvent]:
    yield TicketNoted(subject=_own_at(ticket, at), text=text)


def resolve(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Resolving what is resolved changes nothing; what was closed must be opened again first."""
    _own_at(ticket, at)
    require(ticket.status(at) is not Status.CLOSED, otherwise=TicketNotOpen)
    if ticket.status(at) is not Status.RESOLVED:
        yield from judged(ticket, [TicketResolved()], at, book)


def close(ticket: Ticket, reason: str | None, at: datetime, book: Book) -> Iterator[TicketEvent]:
    _own_at(ticket, at)
    if ticket.status(at) is Status.CLOSED:
        return
    require(ticket.status(at) is Status.RESOLVED or reason is not None, otherwise=TicketNotResolved)
    yield from judged(ticket, [TicketClosed(reason=reason)], at, book)


def reopen(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    _own_at(ticket, at)
    require(ticket.status(at) not in OPEN, otherwise=TicketStillOpen)
    yield from judged(ticket, [TicketReopened()], at, book)


def state_misses(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """What passed its due and nobody noticed is stated to be missed, so that a late fact has what to correct (D32)."""
    known_at(ticket, at)
    yield from statement.state_misses(ticket.stated, judgements(ticket.moments, book, at))


def add_link(ticket: Ticket, id: TicketId, wanted: Link, at: datetime) -> Iterator[TicketEvent]:
    _own_at(ticket, at)
    require(wanted != (LinkKind.TICKET, id), otherwise=TicketLinkedToItself)
    yield from link.link(ticket.links, wanted)


def remove_link(ticket: Ticket, unwanted: Link, at: datetime) -> Iterator[TicketEvent]:
    _own_at(ticket, at)
    yield from link.unlink(ticket.links, unwanted)


def received(ticket: Ticket) -> datetime:
    """When it was: what was promised is what was in force then (D1, D3). Refused of what was never opened."""
    require(ticket.opened_at is not None, otherwise=TicketUnknown)
    assert ticket.opened_at is not None
    return ticket.opened_at


def known_at(ticket: Ticket, at: datetime) -> SubjectId:
    """Whose data it is. Refused of what was not there yet."""
    require(received(ticket) <= at, otherwise=TicketNotYetOpened)
    assert ticket.subject is not None
    return ticket.subject


def _own_at(ticket: Ticket, at: datetime) -> SubjectId:
    """Whose data it is. Refused of what was not there yet, and where another ticket stands for this one."""
    subject = known_at(ticket, at)
    require(ticket.status(at) is not Status.MERGED, otherwise=TicketIsMerged)
    return subject


def open_at(ticket: Ticket, at: datetime) -> SubjectId:
    subject = _own_at(ticket, at)
    require(ticket.status(at) in OPEN, otherwise=TicketNotOpen)
    return subject


def judged(ticket: Ticket, events: Iterable[TicketEvent], at: datetime, book: Book) -> Iterator[TicketEvent]:
    """The events, and what they make of the outcomes stated so far."""
    moments = ticket.moments
    for event in events:
        yield event
        moments = _moments(moments, event, at)
    if moments is ticket.moments:
        return
    before = ticket.moments.entries
    noticed = [*statement.noticed(ticket.stated)]
    until = max([*noticed, *(entries[-1].since for entries in (moments.entries, before) if entries)])
    late = moments.entries[: len(before)] != before or any(at < each for each in noticed)
    believed = judgements(ticket.moments, book, until) if late else None
    yield from statement.state(ticket.stated, judgements(moments, book, until), believed)


def _moments(moments: Timeline[Moment], event: TicketEvent, at: datetime) -> Timeline[Moment]:
    """With what of the event the clocks notice; what is undone was never there."""
    match event:
        case TicketOpened(received_at=received_at):
            return moments.put(received_at or at, Moment(Kind.OPENED))
        case TicketSeparated():
            return Timeline(tuple(entry for entry in moments if entry.value.kind is not Kind.MERGED))
        case TicketReleased(ticket=ticket):
            return Timeline(tuple(entry for entry in moments if not exchange.came_through(entry.value, ticket)))
        case TicketAbsorbed(ticket=ticket, exchanged=said):
            for each in said:
                moments = moments.put(each.at, Moment(Kind(each.said), exchange.path((*each.through, ticket))))
            return moments
        case TicketSplitOff(origin=origin, answered_at=answered_at) if answered_at is not None:
            return moments.put(answered_at, Moment(Kind.ANSWERED, exchange.inherited(origin)))
        case TicketContractSelected(contract=contract) if len(moments.entries) == 1:
            return moments.put(moments.entries[0].since, Moment(Kind.PROMISED, contract))
    moment = _moment(event)
    return moments if moment is None else moments.put(at, moment)


def _moment(event: TicketEvent) -> Moment | None:
    match event:
        case TicketContractSelected(contract=contract) | TicketContractChanged(contract=contract):
            return Moment(Kind.PROMISED, contract)
        case TicketAssessed(severity=severity):
            return Moment(Kind.ASSESSED, severity)
        case TicketAssessmentWithdrawn():
            return Moment(Kind.ASSESSED, None)
        case TicketStarted():
            return Moment(Kind.STARTED)
        case TicketHeld():
            return Moment(Kind.HELD)
        case TicketResumed():
            return Moment(Kind.RESUMED)
        case TicketCallLogged() | TicketMessageLogged() as said:
            return exchange.moment(said)
        case TicketResolved():
            return Moment(Kind.RESOLVED)
        case TicketClosed(reason=reason):
            return Moment(Kind.CLOSED if reason is None else Kind.DROPPED)
        case TicketReopened(through=through):
            return Moment(Kind.REOPENED, exchange.path(through))
        case TicketMerged():
            return Moment(Kind.MERGED)
    return None


def evolve(ticket: Ticket, fact: Fact[TicketEvent]) -> Ticket:
    event = fact.event
    match event:
        case TicketOpened():
            return Ticket(
                opened_at=event.received_at or fact.happened_at,
                subject=event.subject,
                reporter=event.reporter,
                customer=event.customer,
                area=event.area,
                incident_type=event.incident_type,
                process_area=event.process_area,
                gateway=event.gateway,
                sender=event.subject if event.reporter is None and event.customer is None else None,
                moments=_moments(ticket.moments, event, fact.happened_at),
            )
        case TicketNoted() | TicketHandedOver() | TicketDivided():
            return ticket
        case OutcomeStated() | OutcomeCorrected():
            return changed(ticket, stated=statement.evolve(ticket.stated, event, fact.version))
        case TicketRouted(assignee=assignee, steps=steps, team=team):
            chosen = Assignment(assignee=assignee, steps=steps, team=team)
            return changed(ticket, routings=ticket.routings.put(fact.happened_at, chosen))
        case TicketAssigned() | TicketTeamAssigned() | TicketGivenBack():
            held = holding.evolve(ticket.held(fact.happened_at), event)
            return changed(ticket, holdings=ticket.holdings.put(fact.happened_at, held))
        case TicketCustomerSet(subject=subject, reporter=reporter, customer=customer):
            return changed(ticket, subject=subject, reporter=reporter, customer=customer)
        case TicketRetyped(incident_type=incident_type):
            return changed(ticket, incident_type=incident_type)
        case TicketEscalated() | TicketEscalationSkipped():
            return changed(ticket, fired=escalation.evolve(ticket.fired, event))
        case TicketLinked() | TicketUnlinked():
            return changed(ticket, links=link.evolve(ticket.links, event))
    return _moved(ticket, fact)


def _moved(ticket: Ticket, fact: Fact[TicketEvent]) -> Ticket:
    """What the clocks notice, and what else there is to it."""
    event = fact.event
    moments = _moments(ticket.moments, event, fact.happened_at)
    match event:
        case TicketContractSelected() | TicketContractChanged():
            since = fact.happened_at if ticket.promised.entries else ticket.opened_at or fact.happened_at
            promised = ticket.promised.put(since, fact.version)
            return changed(ticket, moments=moments, promised=promised)
        case TicketMerged(survivor=survivor):
            return changed(ticket, moments=moments, survivor=survivor)
        case TicketSeparated():
            return changed(ticket, moments=moments, survivor=None)
        case TicketAbsorbed(ticket=other):
            return changed(ticket, moments=moments, absorbed=(*ticket.absorbed, other))
        case TicketReleased(ticket=other):
            absorbed = tuple(each for each in ticket.absorbed if each != other)
            return changed(ticket, moments=moments, absorbed=absorbed)
        case TicketSplitOff(origin=origin):
            return changed(ticket, moments=moments, origin=origin)
    return changed(ticket, moments=moments)


TICKET = Decider(
    "ticket",
    Ticket(),
    evolve,
    (
        *(TicketOpened, TicketContractSelected, TicketContractChanged, TicketCustomerSet, TicketRetyped),
        *(TicketAssessed, TicketAssessmentWithdrawn),
        *(TicketRouted, TicketAssigned, TicketTeamAssigned, TicketGivenBack, TicketHandedOver),
        *(TicketStarted, TicketHeld, TicketResumed, TicketCallLogged, TicketMessageLogged, TicketNoted),
        *(TicketResolved, TicketClosed, TicketReopened),
        *(TicketLinked, TicketUnlinked),
        *(TicketMerged, TicketSeparated, TicketAbsorbed, TicketReleased, TicketDivided, TicketSplitOff),
        *(TicketEscalated, TicketEscalationSkipped),
        *(OutcomeStated, OutcomeCorrected),
    ),
)
