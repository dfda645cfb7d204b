"""Whose ticket it is: nothing is begun again with those who were forgotten, or are about to be (D24)."""

from __future__ import annotations

from commands.command import Reading
from domain.clients import contact as rule
from domain.clients.contact import CONTACT, Contact
from domain.privacy.erasure import ERASURE
from domain.refusal import Refused, require
from domain.service.ticket import TICKET, Ticket
from domain.values import TicketId, person


class SenderIsForgotten(Refused):
    """Who reported the ticket has been forgotten, or is about to be."""


def about(asked: Reading, ticket: Ticket) -> list[Contact]:
    """The contacts whose ticket it is: who reported it, and on whose terms it is."""
    return [asked.read(CONTACT, each) for each in (ticket.reporter, ticket.customer) if each is not None]


def kept(asked: Reading, id: TicketId, ticket: Ticket) -> bool:
    """Whether something may go on: of contacts, and of a sender whom nobody linked."""
    contacts = about(asked, ticket)
    return all(contact.kept for contact in contacts) and (bool(contacts) or not _sender_forgotten(asked, id, ticket))


def needs_kept(asked: Reading, id: TicketId, ticket: Ticket) -> None:
    """Refuse what may not go on."""
    contacts = about(asked, ticket)
    for contact in contacts:
        rule.needs_kept(contact)
    require(bool(contacts) or not _sender_forgotten(asked, id, ticket), otherwise=SenderIsForgotten)


def used(asked: Reading, id: TicketId, ticket: Ticket) -> bool:
    """Whether something new may be begun."""
    return kept(asked, id, ticket) and all(contact.used for contact in about(asked, ticket))


def needs_used(asked: Reading, id: TicketId, ticket: Ticket) -> None:
    """Refuse what may not be begun."""
    needs_kept(asked, id, ticket)
    for contact in about(asked, ticket):
        rule.needs_used(contact)


def _sender_forgotten(asked: Reading, id: TicketId, ticket: Ticket) -> bool:
    """Also of a part of what they reported."""
    if asked.read(ERASURE, person(TICKET.kind, id)).begun:
        return True
    return ticket.origin is not None and _sender_forgotten(asked, ticket.origin, asked.read(TICKET, ticket.origin))
