"""A deadline in parts: what was counted, what was cut out and why, by which texts, and that it adds up (N-4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from domain.service.calendar import BusinessTime, Version
from domain.service.clock import Clock, Judgement, Offer
from domain.service.hours import Hours
from domain.service.promise import Book, account, offered, standing
from domain.service.status import Status
from domain.service.target import Target
from domain.service.ticket import Ticket
from domain.values import ContractId


class Share(StrEnum):
    """Within the target, beyond it, or never needed."""

    USED = "used"
    OVER = "over"
    LEFT = "left"


class NoDue(StrEnum):
    """Why a promise is not due at any instant."""

    NOTHING_PROMISED = "nothing-promised"
    PAUSED = "paused"
    GIVEN_UP = "given-up"
    """Closed without resolution, or merged, before it was due."""
    BEYOND_REACH = "beyond-reach"
    """Not within five years of the calendar."""


@dataclass(frozen=True, slots=True)
class Part:
    """Open hours that count: used and left make the target, used and over make what was consumed."""

    opens: datetime
    closes: datetime
    share: Share
    day: date
    """Whose hours these are, in the calendar's zone."""
    calendar_version: int

    @property
    def length(self) -> timedelta:
        return self.closes - self.opens


@dataclass(frozen=True, slots=True)
class Pause:
    """Not counted: waiting for the customer, or resolved and opened again. `business` is what it cut out."""

    since: datetime
    until: datetime
    business: timedelta
    status: Status


@dataclass(frozen=True, slots=True)
class Closed:
    """A holiday on a day that would have been open, and how much of it would have counted or been paused."""

    day: date
    business: timedelta
    calendar_version: int


@dataclass(frozen=True, slots=True)
class Shift:
    """The clocks of the calendar's zone changed: its distance from UTC before and after."""

    at: datetime
    before: timedelta
    after: timedelta


@dataclass(frozen=True, slots=True)
class Text:
    """From an instant on so much was promised, by this version of this contract, for this severity."""

    since: datetime
    contract: ContractId | None
    version: int
    severity: str | None
    target: timedelta | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Why a promise was due when it was, or why it is not due."""

    target: Target
    received: datetime
    """From when it is counted."""
    length: timedelta | None
    """How much business time was promised."""
    due: datetime | None
    no_due: NoDue | None
    judged: Judgement
    parts: tuple[Part, ...]
    pauses: tuple[Pause, ...]
    holidays: tuple[Closed, ...]
    shifts: tuple[Shift, ...]
    texts: tuple[Text, ...]

    def total(self, *shares: Share) -> timedelta:
        """How long the parts of these shares are together."""
        return sum((part.length for part in self.parts if part.share in shares), timedelta())

    @property
    def remaining(self) -> timedelta | None:
        """How much of the target was not used up."""
        return None if self.length is None else max(self.length - self.total(Share.USED), timedelta())


def explain(
    ticket: Ticket, book: Book, until: datetime, target: Target = Target.RESOLUTION, since: datetime | None = None
) -> Deadline | None:
    """The promise as it stood at an instant; of the next responses the last, or the round that began then.

    None where there is no such promise: the ticket was not there, or the customer was never owed a next response.
    """
    found = _clock(ticket, book, until, target, since)
    if found is None or ticket.opened_at is None or until < ticket.opened_at:
        return None
    judged, offer = standing(found, until), found.offer if found.open else found.ruling
    texts = tuple(_texts(ticket, book, until, target))
    start = found.since or ticket.opened_at
    if offer is None or offer.target is None:
        return Deadline(target, start, None, None, NoDue.NOTHING_PROMISED, judged, (), (), (), (), texts)
    ran = list(_ran(found, until))
    parts = (*_counted(ran, offer, judged.due), *_ahead(ran, offer, judged.due))
    last = max([ran[-1][1], *(part.closes for part in parts)])
    return Deadline(
        target,
        start,
        offer.target,
        judged.due,
        _no_due(found, judged),
        judged,
        parts,
        tuple(_pauses(ran, offer, ticket)),
        tuple(_holidays(offer.time, start, last)),
        tuple(_shifts(offer.time, start, last)),
        texts,
    )


def _clock(ticket: Ticket, book: Book, until: datetime, target: Target, since: datetime | None) -> Clock | None:
    promises = account(ticket.moments, book, until).promises()
    fitting = [clock for (what, _), clock in promises if what is target and since in (None, clock.since)]
    return fitting[-1] if fitting else None


def _no_due(clock: Clock, judged: Judgement) -> NoDue | None:
    if judged.due is not None:
        return None
    if clock.cancelled:
        return NoDue.GIVEN_UP
    if clock.running_since is None and not clock.stopped:
        return NoDue.PAUSED
    return NoDue.BEYOND_REACH


def _ran(clock: Clock, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the clock ran; what has not stopped goes on until the instant, if only by waiting."""
    yield from clock.ran
    if not clock.stopped:
        yield clock.running_since or until, max(until, clock.running_since or until)


def _counted(ran: list[tuple[datetime, datetime]], offer: Offer, due: datetime | None) -> Iterator[Part]:
    """What counts once the target is used up is beyond it."""
    for part in (part for start, end in ran for part in _open(offer.time, start, end, Share.USED)):
        if due is None or part.closes <= due:
            yield part
        elif due <= part.opens:
            yield replace(part, share=Share.OVER)
        else:
            yield replace(part, closes=due)
            yield replace(part, opens=due, share=Share.OVER)


def _ahead(ran: list[tuple[datetime, datetime]], offer: Offer, due: datetime | None) -> Iterator[Part]:
    """From where the clock stopped, or has come to by now, to where it would have been due."""
    if due is not None:
        yield from _open(offer.time, ran[-1][1], due, Share.LEFT)


def _open(time: BusinessTime, start: datetime, end: datetime, share: Share) -> Iterator[Part]:
    for number, version, since, until in _in_force(time, start, end):
        for opens, closes, day in version.hours.spans(since, until):
            yield Part(opens, closes, share, day, number)


def _in_force(time: BusinessTime, start: datetime, end: datetime) -> Iterator[tuple[int, Version, datetime, datetime]]:
    """Each version of the calendar with the time between the two for which it counts."""
    ends = [version.recorded_at for version in time.versions[1:]]
    for number, (version, until) in enumerate(zip(time.versions, [*ends, end], strict=True), 1):
        stop = min(until, end)
        if start < stop:
            yield number, version, start, stop
            start = stop


def _pauses(ran: list[tuple[datetime, datetime]], offer: Offer, ticket: Ticket) -> Iterator[Pause]:
    for (_, since), (until, _) in pairwise(ran):
        if since < until:
            yield Pause(since, until, offer.time.elapsed(since, until), ticket.status(since))


def _holidays(time: BusinessTime, start: datetime, end: datetime) -> Iterator[Closed]:
    """Found by opening them: what would have counted on them between the two."""
    for number, version, since, until in _in_force(time, start, end):
        zone, week, holidays = version.hours.zone, version.hours.week, version.hours.holidays
        first, last = (each.astimezone(version.hours.place).date() for each in (since, until))
        if any(first <= day <= last for day in holidays):
            closed = [span for span in Hours(zone, week, ()).spans(since, until) if span.day in holidays]
            for day, spans in groupby(closed, key=lambda span: span.day):
                yield Closed(day, sum((span.closes - span.opens for span in spans), timedelta()), number)


def _shifts(time: BusinessTime, start: datetime, end: datetime) -> Iterator[Shift]:
    """Of the zone that counts at the time."""
    for _, version, since, until in _in_force(time, start, end):
        zone = version.hours.place
        first, last = since.astimezone(zone).toordinal(), until.astimezone(zone).toordinal()
        midnights = [datetime.fromordinal(day).replace(tzinfo=zone) for day in range(first, last + 2)]
        for midnight, next_ in pairwise(midnights):
            if midnight.utcoffset() != next_.utcoffset():
                shift = _shift(zone, midnight, next_)
                if since < shift.at <= until:
                    yield shift


def _shift(zone: ZoneInfo, since: datetime, until: datetime) -> Shift:
    """The change between two midnights, to the second."""
    before, after = since.utcoffset() or timedelta(), until.utcoffset() or timedelta()
    low, high = int(since.timestamp()) - 1, int(until.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return Shift(datetime.fromtimestamp(high, timezone.utc), before, after)


def _texts(ticket: Ticket, book: Book, until: datetime, target: Target) -> Iterator[Text]:
    """What was promised from when on; a new text that promises the same is told all the same, by its version."""
    last: Text | None = None
    for at, (contract, severity, offers) in offered(ticket.moments, book, until):
        offer = offers.get(target)
        version, length = (offer.version, offer.target) if offer else (0, None)
        text = Text(at, contract, version, severity, length)
        if last is None or (text.contract, text.version, text.severity) != (last.contract, last.version, last.severity):
            yield text
        last = text
