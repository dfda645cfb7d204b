"""Tickets found to be one, or to be two: by who may work on both, undone as if it never had been (R-TCK-16, N-7)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Asked, Change, Command, Decision, on
from commands.same import same
from commands.service.about import needs_kept, needs_used
from commands.service.book import read_book
from commands.service.opening import needs_offered_type, selection
from commands.sight import works_on
from domain.service import merging
from domain.service.promise import Book
from domain.service.ticket import TICKET, Ticket, TicketOpened
from domain.values import IncidentTypeId, Line, Text, TicketId


def _book(asked: Asked, ticket: Ticket) -> Book:
    return read_book(asked, ticket.contracts())


class MergeTicket(Command, topic="ticket.merge", of=TICKET):
    """Have another ticket stand for this one: its clocks stop, and what is said of it goes to that one (R-TCK-16)."""

    ticket: TicketId
    survivor: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        into = asked.read(TICKET, self.survivor)
        works_on(asked, into)
        return _merge(asked, self.ticket, own, self.survivor, into)


class SeparateTicket(Command, topic="ticket.separate", of=TICKET):
    """Undo a merge: both tickets are as if it never had been, and what came through this one is its own alone (N-7)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        needs_kept(asked, self.ticket, own)
        if own.survivor is not None:
            works_on(asked, asked.read(TICKET, own.survivor))
        yield from merging.separate(own, asked.at, _book(asked, own))
        above = own.survivor
        while above is not None:
            ticket = asked.read(TICKET, above)
            yield from on(TICKET, above, merging.release(ticket, self.ticket, asked.at, _book(asked, ticket)))
            above = ticket.survivor


class SplitTicket(Command, topic="ticket.split", of=TICKET):
    """Make a part of the matter a ticket of its own, received when the whole was, under a contract as of then (D1).

    It is of the type of the whole where none is given, and how grave it is, is open.
    """

    origin: TicketId
    title: Line
    description: Text | None = None
    incident_type: IncidentTypeId | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        whole = asked.read(TICKET, self.origin)
        works_on(asked, whole)
        needs_used(asked, self.origin, whole)
        needs_offered_type(asked, self.incident_type)
        part, opened = TicketId(asked.new_id), self._opened(whole)
        yield from on(TICKET, self.origin, merging.split(whole, part, asked.at))
        chosen, book = selection(asked, opened.customer, opened.incident_type, opened.received_at or asked.at)
        yield from merging.split_off(own, opened, chosen, whole, self.origin, asked.at, book)

    def _opened(self, whole: Ticket) -> TicketOpened:
        assert whole.subject is not None and whole.area is not None
        return TicketOpened(
            subject=whole.subject,
            reporter=whole.reporter,
            customer=whole.customer,
            area=whole.area,
            incident_type=self.incident_type or whole.incident_type,
            title=self.title,
            description=self.description,
            process_area=whole.process_area,
            gateway=whole.gateway,
            received_at=whole.opened_at,
        )


class RejoinTicket(Command, topic="ticket.rejoin", of=TICKET):
    """Undo a split: the whole stands for the part again, and what was said on the part counts there, too (N-7)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        origin = merging.whole(own)
        whole = asked.read(TICKET, origin)
        works_on(asked, whole)
        return _merge(asked, self.ticket, own, origin, whole)


def _merge(asked: Asked, id: TicketId, ticket: Ticket, survivor: TicketId, into: Ticket) -> Iterator[Change]:
    customers = () if into.customer is None else same(asked, into.customer)
    merged = merging.merge(ticket, id, into, survivor, customers, asked.at, _book(asked, ticket))
    yield from on(TICKET, id, merged)
    said = merging.unheard(ticket, survivor, asked.at)
    yield from on(TICKET, survivor, merging.absorb(into, id, said, asked.at, _book(asked, into)))
