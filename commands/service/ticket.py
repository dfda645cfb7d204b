"""What may be asked about tickets: by helpdesk workers who are members of the area and see the customer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from commands.command import Asked, Command, Decision, Reading
from commands.permission import has_role, needs, needs_sight, standing, works_for, works_on
from commands.same import same
from domain.clients.contact import CONTACT
from domain.clients.group import GROUP
from domain.clients.membership import MEMBERSHIP
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import Refused, require
from domain.service import assignment
from domain.service import ticket as rule
from domain.service.assignment import Assignment
from domain.service.calendar import CALENDAR
from domain.service.contract import CONTRACT, ContractUnknown
from domain.service.incident_type import INCIDENT_TYPE, IncidentType, IncidentTypeNotOffered, IncidentTypeUnknown
from domain.service.promise import Book
from domain.service.selection import Selection, Situation, candidates, select
from domain.service.ticket import TICKET, Ticket, TicketOpened
from domain.staff.area import AREA, AreaUnknown, Role, needs_open
from domain.staff.worker import ROUTING, WORKER, Right, WorkerNotActive, WorkerUnknown
from domain.values import (
    AreaId,
    Code,
    ContactId,
    ContractId,
    IncidentTypeId,
    Label,
    Line,
    Reference,
    Text,
    TicketId,
    WorkerId,
)


class DefaultAreaMissing(Refused):
    """The company has named no default area for tickets (R-RESP-6)."""


def read_book(asked: Reading, contracts: Iterable[ContractId]) -> Book:
    """The contracts and the calendars all their versions count by."""
    texts = {contract: asked.read(CONTRACT, contract) for contract in contracts}
    calendars = {version.terms.calendar for text in texts.values() for version in text.versions}
    return Book(texts, {calendar: asked.read(CALENDAR, calendar) for calendar in calendars})


def _book(asked: Asked, ticket: Ticket) -> Book:
    return read_book(asked, ticket.contracts())


def chosen(asked: Reading, ticket: Ticket, at: datetime) -> Assignment:
    """Whom the chain would choose for the ticket at the instant, and what each of its steps comes to (D11)."""
    named = assignment.candidates(assignment.Situation(at, asked.read(SETTINGS, COMPANY)))
    standings = {each: standing(asked, ticket, each) for found in named.values() for each in found}
    return assignment.choose(named, standings)


class OpenTicket(Command, topic="ticket.open", of=TICKET):
    """Report a problem. It was received when this happened, and gets its contract by itself (D1, D3, R-TCK-4)."""

    customer: ContactId | None = None
    incident_type: IncidentTypeId | None = None
    area: AreaId | None = None
    title: Line
    description: Text | None = None
    product: Reference | None = None
    reference: Reference | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        needs(asked, Right.HELPDESK)
        if self.customer is not None:
            needs_sight(asked, self.customer)
        subject = asked.read(CONTACT, self.customer).subject if self.customer else None
        opened = TicketOpened(
            subject=subject or asked.new_subject,
            reporter=self.customer,
            customer=self.customer,
            area=self._area(asked),
            incident_type=self.incident_type,
            title=self.title,
            description=self.description,
            product=self.product,
            reference=self.reference,
        )
        return rule.open(own, opened, self._selection(asked))

    def _area(self, asked: Asked) -> AreaId:
        if self.area is None:
            default = asked.read(SETTINGS, COMPANY).default_area
            if default is None:
                raise DefaultAreaMissing
            return default
        stated = asked.read(AREA, self.area)
        require(stated.opened and has_role(asked, stated, Role.MEMBER, Role.READER), otherwise=AreaUnknown)
        needs_open(stated, asked.at)
        return self.area

    def _selection(self, asked: Asked) -> Selection:
        """Those merged into one count together: the terms and the groups of each are the customer's (R-CON-1)."""
        customers = same(asked, self.customer) if self.customer else ()
        groups = {group for each in customers for group in asked.read(MEMBERSHIP, each).groups(asked.at)}
        now = Situation(
            at=asked.at,
            customers=tuple(asked.read(CONTACT, each) for each in customers),
            groups={group: asked.read(GROUP, group) for group in sorted(groups)},
            type_id=self.incident_type,
            type=self._incident_type(asked),
            settings=asked.read(SETTINGS, COMPANY),
        )
        offered = candidates(now)
        book = read_book(asked, {contract for found in offered.values() for contract in found})
        return select(offered, book, asked.at)

    def _incident_type(self, asked: Asked) -> IncidentType:
        if self.incident_type is None:
            return IncidentType()
        found = asked.read(INCIDENT_TYPE, self.incident_type)
        require(found.listed, otherwise=IncidentTypeUnknown)
        require(not found.retired, otherwise=IncidentTypeNotOffered)
        return found


class ChangeTicketContract(Command, topic="ticket.change-contract", of=TICKET):
    """Put the ticket under another contract, with the reason; open targets follow from the receipt on (D6)."""

    ticket: TicketId
    contract: ContractId | None
    reason: Line

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        wanted = own.contracts() | ({self.contract} if self.contract else set())
        book = read_book(asked, wanted)
        require(self.contract is None or bool(book.contracts[self.contract].versions), otherwise=ContractUnknown)
        return rule.change_contract(own, self.contract, self.reason, asked.at, book)


class AssessTicket(Command, topic="ticket.assess", of=TICKET):
    """State how grave the problem is; open targets follow from the receipt on (R-SLA-4, D6)."""

    ticket: TicketId
    severity: Label

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        listed = asked.read(SETTINGS, COMPANY).severities
        return rule.assess(own, self.severity, listed, asked.at, _book(asked, own))


class AssignTicket(Command, topic="ticket.assign", of=TICKET):
    """Give the ticket to a worker."""

    ticket: TicketId
    assignee: WorkerId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        assignee = asked.read(WORKER, self.assignee)
        require(assignee.hired, otherwise=WorkerUnknown)
        require(assignee.active, otherwise=WorkerNotActive)
        return rule.assign(own, self.assignee, asked.at)


class RouteTicket(Command, topic="ticket.route", of=TICKET):
    """Give the ticket to the first eligible candidate of the chain, if nobody had it when this happened (D11)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_for(asked, own, ROUTING)
        return rule.route(own, chosen(asked, own, asked.at), asked.at)


class TakeTicket(Command, topic="ticket.take", of=TICKET):
    """Take the ticket and begin to work on it (R-TCK-14)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        yield from rule.assign(own, asked.actor, asked.at)
        yield from rule.start(own, asked.at, _book(asked, own))


class HoldTicket(Command, topic="ticket.hold", of=TICKET):
    """Wait for the customer; the resolution clock stands still (D5)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.hold(own, asked.at, _book(asked, own))


class ResumeTicket(Command, topic="ticket.resume", of=TICKET):
    """End the waiting for the customer."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.resume(own, asked.at, _book(asked, own))


class LogCall(Command, topic="ticket.log-call", of=TICKET):
    """Record a call about the ticket; an answered one is a response, whoever rang (D9, R-COM-3)."""

    ticket: TicketId
    answered: bool
    note: Text | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.log_call(own, self.answered, self.note, asked.at, _book(asked, own))


class NoteOnTicket(Command, topic="ticket.note", of=TICKET):
    """Write an internal note, which never leaves to the customer (R-COM-9)."""

    ticket: TicketId
    text: Text

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.note(own, self.text, asked.at)


class ResolveTicket(Command, topic="ticket.resolve", of=TICKET):
    """The problem is solved."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.resolve(own, asked.at, _book(asked, own))


class CloseTicket(Command, topic="ticket.close", of=TICKET):
    """End a resolved ticket, or one that will not be resolved, with the reason (R-TCK-12)."""

    ticket: TicketId
    reason: Code | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.close(own, self.reason, asked.at, _book(asked, own))


class ReopenTicket(Command, topic="ticket.reopen", of=TICKET):
    """Open a resolved or closed ticket again; the time between does not count (D10)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.reopen(own, asked.at, _book(asked, own))
