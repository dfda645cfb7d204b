"""What a ticket has to do with, and which tickets have to do with a thing; what is hidden is not told (R-TCK-7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.clients.contact import ContactUnknown
from domain.clients.paper import FileUnknown
from domain.pricing.order import OrderUnknown
from domain.pricing.product import ProductUnknown
from domain.refusal import Unknown
from domain.service.link import LinkKind
from domain.service.ticket import TicketUnknown
from domain.staff.worker import Right
from domain.values import Id, TicketId
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_papers import CLIENT_PAPERS
from projections.pricing.order import OPEN as OPEN_ORDER
from projections.pricing.orders import ORDERED
from projections.pricing.products import ASSORTMENT
from projections.question import Answer, Keyed, Leg, Listing
from projections.service.links import LINKED
from projections.service.tickets import DESK
from projections.sight import STANDING, holds, open_contact, open_ticket

RESTS_ON = (ACCESS, CLIENT_PAPERS, ORDERED, ASSORTMENT, DESK, LINKED)

OPEN: Mapping[LinkKind, str] = {
    LinkKind.ORDER: f"""{holds(Right.BASIC)} AND EXISTS (
        SELECT FROM orders o WHERE o.order_id = {{thing}} AND {OPEN_ORDER})""",
    LinkKind.CONTACT: f"""EXISTS (
        SELECT FROM access_contacts oc WHERE oc.contact = {{thing}} AND {open_contact("oc.contact")})""",
    LinkKind.PRODUCT: "EXISTS (SELECT FROM products p WHERE p.product = {thing})",
    LinkKind.FILE: f"EXISTS (SELECT FROM contact_files f WHERE f.file = {{thing}} AND {open_contact('f.contact')})",
    LinkKind.TICKET: f"EXISTS (SELECT FROM tickets t {STANDING} WHERE t.ticket = {{thing}} AND {open_ticket()})",
}
"""Whether the asker may know of the thing, as `commands/service/link.py` has it."""

UNKNOWN: Mapping[LinkKind, type[Unknown]] = {
    LinkKind.ORDER: OrderUnknown,
    LinkKind.CONTACT: ContactUnknown,
    LinkKind.PRODUCT: ProductUnknown,
    LinkKind.FILE: FileUnknown,
    LinkKind.TICKET: TicketUnknown,
}

TESTED = f"""EXISTS (
    SELECT FROM tickets lt JOIN ticket_standings ls ON ls.ticket = lt.ticket
    WHERE lt.ticket = t.ticket AND {open_ticket("lt", "ls")})"""
"""Whether the ticket of a row lies open."""

EITHER = " OR ".join(f"l.kind = '{kind}' AND {open.format(thing='l.thing')}" for kind, open in OPEN.items())


class LinkRow(Answer):
    """A thing that the ticket has to do with, by its name; an order by its reference, a ticket by its title."""

    kind: LinkKind
    thing: str
    name: str | None
    linked_at: datetime


class TicketLinks(
    Listing[LinkRow],
    name="ticket-links",
    rests_on=(*RESTS_ON, CLIENT_FILE),
    rights=[Right.BASIC, Right.HELPDESK],
):
    """What a ticket has to do with, as far as I may know of it."""

    ticket: TicketId

    of = ("kind", "thing")
    shows = """
        l.kind, l.thing, coalesce(p.name, o.reference) AS plain_name,
        coalesce(cn.name, f.name, lt.title) AS sealed_name, l.linked_at"""
    joins = """
        JOIN ticket_links l ON l.ticket = %(ticket)s AND l.kind = page.kind AND l.thing = page.thing
        LEFT JOIN orders o ON l.kind = 'order' AND o.order_id = l.thing
        LEFT JOIN contact_names cn ON l.kind = 'contact' AND cn.contact = l.thing
        LEFT JOIN products p ON l.kind = 'product' AND p.product = l.thing
        LEFT JOIN contact_files f ON l.kind = 'file' AND f.file = l.thing
        LEFT JOIN tickets lt ON l.kind = 'ticket' AND lt.ticket = l.thing"""

    def known(self) -> str:
        return OPEN[LinkKind.TICKET].format(thing="%(ticket)s")

    def unknown(self) -> type[Unknown]:
        return TicketUnknown

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM ticket_links l WHERE l.ticket = %(ticket)s AND ({EITHER})"
        return [Leg(rows, {"l.kind": "text", "l.thing": "text"})]

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        plain = row.pop("plain_name")
        return row | {"name": row["name"] if plain is None else plain}


class LinkedTicketRow(Answer):
    """A ticket that has to do with the thing, and how it stands."""

    ticket: str
    title: str
    reference: str | None
    status: str
    opened_at: datetime
    linked_at: datetime


class LinkedTickets(
    Listing[LinkedTicketRow], name="linked-tickets", rests_on=RESTS_ON, rights=[Right.BASIC, Right.HELPDESK]
):
    """The tickets that have to do with a thing and lie open to me, the last linked first.

    Of a contact also those of all that count as one with it.
    """

    kind: LinkKind
    thing: Id

    of = ("ticket", "thing")
    shows = "t.ticket, t.title AS sealed_title, t.reference, s.status, t.opened_at, l.linked_at"
    joins = f"""
        JOIN ticket_links l ON l.ticket = page.ticket AND l.kind = %(kind)s AND l.thing = page.thing
        JOIN tickets t ON t.ticket = page.ticket {STANDING}"""

    def parameters(self, _: Keyed) -> Mapping[str, Any]:
        return {"contact": self.thing} if self.kind is LinkKind.CONTACT else {}

    def known(self) -> str:
        return OPEN[self.kind].format(thing="%(thing)s")

    def unknown(self) -> type[Unknown]:
        return UNKNOWN[self.kind]

    def legs(self) -> Sequence[Leg]:
        things = "IN (SELECT contact FROM same_contact)" if self.kind is LinkKind.CONTACT else "= %(thing)s"
        key = {"l.linked_at": "timestamptz", "l.ticket": "text", "l.thing": "text"}
        rows = f"FROM ticket_links l WHERE l.kind = %(kind)s AND l.thing {things}"
        return [Leg(rows, key, descending=True, test=TESTED)]
