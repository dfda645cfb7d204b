"""What may be asked about tickets: by helpdesk workers who are members of the area and see the customer."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.service.about import needs_kept
from commands.service.book import read_book
from commands.service.opening import needs_offered_type, parties, selection
from commands.sight import works_on
from domain.clients.contact import CONTACT
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.service import ticket as rule
from domain.service.contract import ContractUnknown
from domain.service.promise import Book
from domain.service.ticket import TICKET, Ticket, TicketCustomerSet
from domain.values import Code, ContactId, ContractId, IncidentTypeId, Label, Line, Text, TicketId


def _book(asked: Asked, ticket: Ticket) -> Book:
    return read_book(asked, ticket.contracts())


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


class WithdrawAssessment(Command, topic="ticket.withdraw-assessment", of=TICKET):
    """Say that it is open again how grave the problem is: what holds before an assessment holds again (R-SLA-4)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.withdraw_assessment(own, asked.at, _book(asked, own))


class RetypeTicket(Command, topic="ticket.retype", of=TICKET):
    """Say of which type the problem is; the contract is selected anew while it is not assessed (R-SLA-5)."""

    ticket: TicketId
    incident_type: IncidentTypeId | None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        needs_offered_type(asked, self.incident_type)
        received = rule.received(own)
        chosen, book = selection(asked, own.customer, self.incident_type, received, own.contracts())
        return rule.retype(own, self.incident_type, chosen, asked.at, book)


class SetTicketCustomer(Command, topic="ticket.set-customer", of=TICKET):
    """Say who reported the problem, and on whose terms it is: of a reporter alone, whose employee they were then (D33).

    The contract is selected anew while the problem is not assessed (R-SLA-2).
    """

    ticket: TicketId
    reporter: ContactId | None = None
    customer: ContactId | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        needs_kept(asked, self.ticket, own)
        received = rule.received(own)
        of = parties(asked, self.reporter, self.customer, received)
        subject = own.subject if of.reporter is None else asked.read(CONTACT, of.reporter).subject
        assert subject is not None
        chosen, book = selection(asked, of.customer, own.incident_type, received, own.contracts())
        told = TicketCustomerSet(subject=subject, reporter=of.reporter, customer=of.customer)
        return rule.set_customer(own, told, chosen, asked.at, book)


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
        needs_kept(asked, self.ticket, own)
        return rule.reopen(own, asked.at, _book(asked, own))
