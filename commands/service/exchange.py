"""What was said about a ticket counts on it, and on those that stand for it: nothing from outside is lost (D9, D36)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from unicodedata import category

from commands.command import Asked, Change, Command, Decision, Reading, on
from commands.service.about import kept, needs_kept, used
from commands.service.book import read_book
from commands.service.opening import selection
from commands.sight import home, works_on
from domain.company.settings import COMPANY, SETTINGS, AfterClosing
from domain.service import exchange, link, merging
from domain.service import ticket as rule
from domain.service.exchange import Direction, ExchangeEvent, TicketCallLogged, TicketMessageLogged, Way
from domain.service.link import Link, LinkKind, TicketLinked
from domain.service.promise import Book
from domain.service.ticket import TICKET, Ticket, TicketEvent, TicketOpened
from domain.values import DirectoryId, Text, TicketId

Hear = Callable[[Ticket, ExchangeEvent, datetime, Book], Iterable[TicketEvent]]
"""What becomes of it on a ticket."""

UNTITLED = "Answer to a closed ticket"
LONGEST_TITLE = 200


class Hearing(NamedTuple):
    """A ticket that hears of something, and the merged tickets through which it does."""

    id: TicketId
    ticket: Ticket
    through: tuple[TicketId, ...]


class LogCall(Command, topic="ticket.log-call", of=TICKET):
    """Record a call about the ticket; an answered one is a response, whoever rang (D9, R-COM-3)."""

    ticket: TicketId
    answered: bool
    note: Text | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        subject = rule.known_at(own, asked.at)
        call = TicketCallLogged(subject=subject, answered=self.answered, note=self.note)
        for hearing in _hearing(asked, self.ticket, own, asked.at):
            yield from _heard(asked, own, hearing, call, rule.hear)


class LogMessage(Command, topic="ticket.log-message", of=TICKET):
    """Record a message: one to the customer is a response, one of theirs is owed one, an automatic one is neither.

    The customer's ends the waiting and opens again what was resolved (R-TCK-13). About what is closed the company's
    rule says: it is opened again, or another ticket is opened; without a rule the message is recorded and nothing else,
    and so it is of whom was forgotten (D24).
    """

    ticket: TicketId
    direction: Direction
    way: Way
    automatic: bool = False
    text: Text | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        after_closing = asked.read(SETTINGS, COMPANY).after_closing
        message = TicketMessageLogged(
            subject=rule.known_at(own, asked.at),
            direction=self.direction,
            way=self.way,
            automatic=self.automatic,
            text=self.text if self.direction is Direction.INCOMING else None,
            sent=self.text if self.direction is Direction.OUTGOING else None,
        )
        hearing = list(_hearing(asked, self.ticket, own, asked.at))
        for each in hearing:
            if exchange.asks(message) and not rule.comes_after_closing(each.ticket, message, asked.at):
                needs_kept(asked, each.id, each.ticket)  # known late, it would undo the closing
            reopens = after_closing is AfterClosing.REOPEN and kept(asked, each.id, each.ticket)
            yield from _heard(asked, own, each, message, rule.heed if reopens else rule.hear)
        last = hearing[-1]
        begins = after_closing is AfterClosing.NEW_TICKET and used(asked, self.ticket, own)
        if begins and rule.comes_after_closing(last.ticket, message, asked.at):
            yield from self._opened(own, last, asked)

    def _opened(self, own: Ticket, closed: Hearing, asked: Asked) -> Iterator[Change]:
        """Another ticket of whom this one was about, linked with the closed one both ways."""
        assert own.subject is not None and own.area is not None
        opened = TicketOpened(
            subject=own.subject,
            reporter=own.reporter,
            customer=own.customer,
            area=own.area,
            incident_type=own.incident_type,
            title=_title(self.text),
            description=self.text,
            process_area=own.process_area,
            gateway=own.gateway,
        )
        chosen, _ = selection(asked, own.customer, own.incident_type, asked.at)
        id = TicketId(asked.new_id)
        yield from on(TICKET, id, rule.open(asked.read(TICKET, id), opened, chosen))
        yield Change(TICKET, id, TicketLinked(kind=LinkKind.TICKET, thing=closed.id))
        yield from on(TICKET, closed.id, link.tie(closed.ticket.links, Link(LinkKind.TICKET, id)))


def _title(text: str | None) -> str:
    """The first line that says something."""
    lines = (line.replace("\t", " ").strip()[:LONGEST_TITLE] for line in (text or "").split("\n"))
    return next((line for line in lines if any(category(each)[0] not in "CZ" for each in line)), UNTITLED)


def _hearing(asked: Reading, id: TicketId, ticket: Ticket, at: datetime) -> Iterator[Hearing]:
    """The ticket, and those that hear of it because they stand for it, one for the other (R-TCK-16).

    Who may not know of one of those writes to it all the same: nothing is lost, and nothing is betrayed (D16).
    """
    through: tuple[TicketId, ...] = ()
    yield Hearing(id, ticket, through)
    while (above := merging.heard_by(ticket, at)) is not None:
        through = (*through, id)
        id, ticket = above, asked.read(TICKET, above)
        yield Hearing(id, ticket, through)


def _heard(asked: Asked, own: Ticket, hearing: Hearing, said: ExchangeEvent, hear: Hear) -> Iterator[Change]:
    """Told on the ticket: what was said only where whoever may know of it may know of the one it was meant for, too."""
    if hearing.through:
        words = {} if _as_hidden(asked, own, hearing.ticket) else SILENT[type(said)]
        said = said.model_copy(update={"through": hearing.through, **words})
    book = read_book(asked, hearing.ticket.contracts())
    yield from on(TICKET, hearing.id, hear(hearing.ticket, said, asked.at, book))


SILENT: Mapping[type[ExchangeEvent], Mapping[str, None]] = {
    TicketCallLogged: {"note": None},
    TicketMessageLogged: {"text": None, "sent": None},
}


def _as_hidden(asked: Reading, meant: Ticket, above: Ticket) -> bool:
    """Whether the ticket above is hidden from everybody from whom the one that was meant is (D14)."""
    return (
        meant.area == above.area
        and meant.holding.team in (None, above.holding.team)
        and _homes(asked, meant) <= _homes(asked, above)
    )


def _homes(asked: Reading, ticket: Ticket) -> set[DirectoryId | None]:
    """The directories that decide who may know of the ticket."""
    return {home(asked, contact) for contact in (ticket.reporter, ticket.customer) if contact is not None}
