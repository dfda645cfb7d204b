"""A resolution's deadline in parts: what was counted, what was cut out, and that it adds up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from domain.service.promise import Book, Clock, Kind, Offer, Outcome, Target, walk
from domain.service.ticket import Ticket


class Share(StrEnum):
    """Within the target, beyond it, or never needed."""

    USED = "used"
    OVER = "over"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Part:
    """Open hours that count: used and left make the target, used and over make what was consumed."""

    opens: datetime
    closes: datetime
    share: Share

    @property
    def length(self) -> timedelta:
        return self.closes - self.opens


@dataclass(frozen=True, slots=True)
class Pause:
    """Not counted: waiting for the customer, or resolved and opened again. `business` is what it cut out."""

    since: datetime
    until: datetime
    business: timedelta


@dataclass(frozen=True, slots=True)
class Deadline:
    """Why a resolution was due when it was."""

    received: datetime
    target: timedelta
    due: datetime
    outcome: Outcome
    parts: tuple[Part, ...]
    pauses: tuple[Pause, ...]

    def total(self, *shares: Share) -> timedelta:
        """How long the parts of these shares are together."""
        return sum((part.length for part in self.parts if part.share in shares), timedelta())


def explain(ticket: Ticket, book: Book, until: datetime) -> Deadline | None:
    """The resolution's deadline, in parts by the terms in force last; None where there is no due instant."""
    clock = walk(ticket.moments, book, until)[Target.RESOLUTION]
    judged, offer = clock.result(until), clock.offer
    due = judged.due or clock.due()
    if offer is None or offer.target is None or due is None or ticket.opened_at is None:
        return None
    ran = list(_ran(clock, _stopped_at(ticket, until) or until))
    parts = (*_counted(ran, offer, due), *_ahead(ran, offer, due))
    return Deadline(ticket.opened_at, offer.target, due, judged.outcome, parts, tuple(_pauses(ran, offer)))


def _stopped_at(ticket: Ticket, until: datetime) -> datetime | None:
    """Since when the ticket is over."""
    found: datetime | None = None
    for at, moment in ticket.moments:
        if at > until:
            break
        if moment.kind is Kind.REOPENED:
            found = None
        elif moment.kind in (Kind.RESOLVED, Kind.DROPPED) and found is None:
            found = at
    return found


def _ran(clock: Clock, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the clock ran; the last time up to the end, where it need not have run to the end."""
    yield from clock.ran
    yield clock.running_since or end, end


def _counted(ran: list[tuple[datetime, datetime]], offer: Offer, due: datetime) -> Iterator[Part]:
    for start, end in ran:
        for opens, closes, _ in offer.time.spans(start, end):
            if opens < due:
                yield Part(opens, min(closes, due), Share.USED)
            if closes > due:
                yield Part(max(opens, due), closes, Share.OVER)


def _ahead(ran: list[tuple[datetime, datetime]], offer: Offer, due: datetime) -> Iterator[Part]:
    """From where the clock stopped to where it would have been due."""
    for opens, closes, _ in offer.time.spans(ran[-1][1], due):
        yield Part(opens, closes, Share.LEFT)


def _pauses(ran: list[tuple[datetime, datetime]], offer: Offer) -> Iterator[Pause]:
    for (_, since), (until, _) in pairwise(ran):
        if since < until:
            yield Pause(since, until, offer.time.elapsed(since, until))
