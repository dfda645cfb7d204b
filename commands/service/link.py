"""What a ticket has to do with is linked to it by whoever works on it and may know of the thing (R-TCK-7, D16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from commands.command import Asked, Command, Decision
from commands.lookup import STORED
from commands.sight import lies_open, needs_order, needs_sight, sees, works_on
from domain.clients.contact import CONTACT
from domain.clients.paper import FileUnknown
from domain.pricing.order import ORDER
from domain.pricing.product import PRODUCT, ProductUnknown
from domain.refusal import require
from domain.service import ticket as rule
from domain.service.link import Link, LinkKind
from domain.service.ticket import TICKET, Ticket, TicketUnknown
from domain.values import ContactId, Id, TicketId


def needs_file(asked: Asked, id: str) -> None:
    """Refuse a file that lies with no contact the worker may know of."""
    for stored in asked.find(STORED, id):
        if id in asked.read(CONTACT, stored.contact).files and sees(asked, stored.contact):
            return
    raise FileUnknown


NEEDS: Mapping[LinkKind, Callable[[Asked, str], None]] = {
    LinkKind.ORDER: lambda asked, thing: needs_order(asked, asked.read(ORDER, thing)),
    LinkKind.CONTACT: lambda asked, thing: needs_sight(asked, ContactId(thing)),
    LinkKind.PRODUCT: lambda asked, thing: require(asked.read(PRODUCT, thing).listed, otherwise=ProductUnknown),
    LinkKind.FILE: needs_file,
    LinkKind.TICKET: lambda asked, thing: require(lies_open(asked, asked.read(TICKET, thing)), otherwise=TicketUnknown),
}
"""What is not there, or not for the worker to know of, is refused by the name of its own kind."""


class LinkTicket(Command, topic="ticket.link", of=TICKET):
    """Say that the ticket has to do with an order, a contact, a product, a file or another ticket (R-TCK-7)."""

    ticket: TicketId
    kind: LinkKind
    thing: Id

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        NEEDS[self.kind](asked, self.thing)
        return rule.add_link(own, self.ticket, Link(self.kind, self.thing), asked.at)


class UnlinkTicket(Command, topic="ticket.unlink", of=TICKET):
    """Say that the ticket has nothing to do with a thing."""

    ticket: TicketId
    kind: LinkKind
    thing: Id

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        NEEDS[self.kind](asked, self.thing)
        return rule.remove_link(own, Link(self.kind, self.thing), asked.at)
