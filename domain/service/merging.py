"""Merging and splitting tickets, and undoing both exactly, decided on the tickets on both sides (R-TCK-16, N-7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from domain.refusal import require
from domain.service import exchange
from domain.service.joining import (
    Exchanged,
    Said,
    TicketAbsorbed,
    TicketDivided,
    TicketIsMerged,
    TicketMerged,
    TicketMergedIntoItself,
    TicketNotMerged,
    TicketNotSplitOff,
    TicketReleased,
    TicketSeparated,
    TicketsOfOthers,
    TicketSplitOff,
)
from domain.service.promise import Book, Kind
from domain.service.selection import Selection
from domain.service.status import OPEN, Status
from domain.service.ticket import Ticket, TicketEvent, TicketNotOpen, TicketOpened, judged, known_at, open, open_at
from domain.values import ContactId, TicketId


def merge(
    ticket: Ticket,
    id: TicketId,
    into: Ticket,
    survivor: TicketId,
    customers: Collection[ContactId],
    at: datetime,
    book: Book,
) -> Iterator[TicketEvent]:
    """Its clocks stop with the outcome "merged" (R-TCK-16); merged into the same once more, nothing happens.

    `customers` are all that count as one with the survivor's. The survivor is told by `absorb`.
    """
    known_at(ticket, at)
    known_at(into, at)
    if ticket.survivor == survivor:
        return
    require(id != survivor, otherwise=TicketMergedIntoItself)
    require(ticket.survivor is None and into.survivor is None, otherwise=TicketIsMerged)
    require(ticket.customer is None or ticket.customer in customers, otherwise=TicketsOfOthers)
    require(into.status(at) in OPEN or ticket.status(at) not in OPEN, otherwise=TicketNotOpen)
    yield from judged(ticket, [TicketMerged(survivor=survivor)], at, book)


def absorb(
    ticket: Ticket, other: TicketId, said: tuple[Exchanged, ...], at: datetime, book: Book
) -> Iterator[TicketEvent]:
    """What was said on the other since the merging counts here; of a part that comes back, all since the split."""
    if other not in ticket.absorbed:
        yield from judged(ticket, [TicketAbsorbed(ticket=other, exchanged=said)], at, book)


def separate(ticket: Ticket, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """As if it had never been merged (N-7); those above are told by `release`."""
    known_at(ticket, at)
    if ticket.survivor is None:
        raise TicketNotMerged
    yield from judged(ticket, [TicketSeparated(survivor=ticket.survivor)], at, book)


def release(ticket: Ticket, other: TicketId, at: datetime, book: Book) -> Iterator[TicketEvent]:
    """Of one that stands for it, be it by way of others; where nothing came through it, nothing happens there."""
    if other in ticket.absorbed or any(exchange.came_through(moment, other) for _, moment in ticket.moments):
        yield from judged(ticket, [TicketReleased(ticket=other)], at, book)


def split_off(
    ticket: Ticket,
    opened: TicketOpened,
    selection: Selection,
    whole: Ticket,
    origin: TicketId,
    at: datetime,
    book: Book,
) -> Iterator[TicketEvent]:
    """The part was received when the whole was, and what the customer was answered there was the answer to it, too."""
    answers = (entry.since for entry in whole.moments if entry.value.kind is Kind.ANSWERED and entry.since <= at)
    told = TicketSplitOff(origin=origin, answered_at=next(answers, None))
    yield from judged(ticket, [*open(ticket, opened, selection), told], at, book)


def split(ticket: Ticket, part: TicketId, at: datetime) -> Iterator[TicketEvent]:
    open_at(ticket, at)
    yield TicketDivided(part=part)


def whole(ticket: Ticket) -> TicketId:
    """What the ticket was a part of. Refused of what is no part."""
    if ticket.origin is None:
        raise TicketNotSplitOff
    return ticket.origin


def unheard(ticket: Ticket, survivor: TicketId, at: datetime) -> tuple[Exchanged, ...]:
    """What was said there after a merging that becomes known late; where a part comes back, all that was."""
    spoken = {Kind.WROTE: Said.WROTE, Kind.ANSWERED: Said.ANSWERED}
    return tuple(
        Exchanged(said=spoken[moment.kind], at=since, through=exchange.tickets(moment.value))
        for since, moment in ticket.moments
        if moment.kind in spoken and not exchange.was_inherited(moment)
        if since > at or survivor == ticket.origin
    )


def heard_by(ticket: Ticket, at: datetime) -> TicketId | None:
    """Which ticket hears of what is said here: the one that stands for it then, or that it came back to as a part."""
    stands = ticket.status(at) is Status.MERGED or ticket.survivor == ticket.origin
    return ticket.survivor if stands else None
