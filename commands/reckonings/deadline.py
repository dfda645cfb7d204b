"""Why a promise is due when it is: every interval, pause, holiday and text, and they add up (N-4, D4-D7, D32)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from commands.reckoning import Mention, Reckoned, Reckoning, Row, Told
from commands.reckonings.promised import ASKED_BY, opened
from commands.retrospect import Present
from commands.service.book import read_book
from domain.refusal import Refused, require
from domain.service.calendar import CALENDAR
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT
from domain.service.deadline import Closed, Deadline, NoDue, Part, Pause, Share, Shift, Text, explain
from domain.service.promise import Book
from domain.service.status import Status
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketUnknown
from domain.values import CalendarId, ContractId, Instant, TicketId

MOST_PARTS = 1_000


class NotOwed(Refused):
    """The ticket was never owed this: no message of the customer waited for a next response then."""


class PartTold(Row):
    """Open hours that count: used and left make the target, used and over what was consumed.

    Of a promise of years those of a month are told together: so many intervals, of so many seconds.
    """

    opens: datetime
    closes: datetime
    intervals: int
    seconds: float
    share: Share
    day: date
    calendar_version: int


class PauseTold(Row):
    """What did not count, as the ticket stood then, and the business time that this cut out."""

    since: datetime
    until: datetime
    business_seconds: float
    status: Status


class HolidayTold(Row):
    """A day that would have been open, and for how much of the time that is told of."""

    day: date
    business_seconds: float
    calendar_version: int


class ShiftTold(Row):
    """The clocks of the calendar's zone changed: seconds from UTC before and after."""

    at: datetime
    before_seconds: int
    after_seconds: int


class TextTold(Row):
    """From an instant on so much was promised, by this version of this contract, for this severity."""

    since: datetime
    contract: ContractId | None
    contract_version: int
    severity: str | None
    target_seconds: int | None


class CalendarTold(Row):
    """A version of the calendar by which is counted, and the instant from which it counts; the first before all."""

    version: int
    since: datetime
    zone: str


class DeadlineTold(Told):
    """A promise as it stood at `known_at`, by what was known then.

    `used_seconds` and `left_seconds` are the sums of their parts; where there is a due instant they make the target.
    Seconds are business seconds, exact to the microsecond.
    """

    ticket: TicketId
    target: Target
    known_at: datetime
    counted_from: datetime
    outcome: Outcome
    due: datetime | None
    no_due: NoDue | None
    judged_at: datetime | None
    contract: ContractId | None
    contract_version: int
    calendar: CalendarId | None
    target_seconds: int | None
    used_seconds: float
    left_seconds: float
    over_seconds: float
    remaining_seconds: float | None
    parts: tuple[PartTold, ...]
    pauses: tuple[PauseTold, ...]
    holidays: tuple[HolidayTold, ...]
    shifts: tuple[ShiftTold, ...]
    calendar_versions: tuple[CalendarTold, ...]
    texts: tuple[TextTold, ...]


class WhyThisDeadline(Reckoning[DeadlineTold], name="deadline", asked_by=ASKED_BY):
    """Why a promise is due when it is, or was, by what was known at an instant: the parts add up to the target (N-4).

    `since` picks the next response that was owed for the customer's message of that instant; else it is the last.
    """

    ticket: TicketId
    target: Target = Target.RESOLUTION
    since: Instant | None = None
    known_at: Instant | None = None

    def reckon(self, asked: Present) -> Reckoned:
        exception = opened(asked, self.ticket)
        view = asked.then(self.known_at)
        ticket = view.read(TICKET, self.ticket)
        require(ticket.opened_at is not None, otherwise=TicketUnknown)
        book = read_book(view, sorted(ticket.contracts()))
        found = explain(ticket, book, view.now, self.target, self.since)
        if found is None:
            raise NotOwed
        calendar = _calendar(book, found)
        row = _told(self.ticket, view.now, found, calendar, book)
        return Reckoned(row, frozenset(_named(found, calendar)), exception)


def _named(found: Deadline, calendar: CalendarId | None) -> Iterator[Mention]:
    yield from ((CONTRACT.kind, text.contract) for text in found.texts if text.contract)
    if calendar is not None:
        yield CALENDAR.kind, calendar


def _calendar(book: Book, found: Deadline) -> CalendarId | None:
    """The calendar of the text that it was judged by, or would be now."""
    contract, version = found.judged.contract, found.judged.version
    if contract is None:
        return None
    return book.contracts[contract].versions[version - 1].terms.calendar


def _told(id: TicketId, now: datetime, found: Deadline, calendar: CalendarId | None, book: Book) -> DeadlineTold:
    versions = book.calendars[calendar].versions if calendar else ()
    used = {part.calendar_version for part in found.parts} | {closed.calendar_version for closed in found.holidays}
    return DeadlineTold(
        ticket=id,
        target=found.target,
        known_at=now,
        counted_from=found.received,
        outcome=found.judged.outcome,
        due=found.due,
        no_due=found.no_due,
        judged_at=found.judged.judged_at,
        contract=found.judged.contract,
        contract_version=found.judged.version,
        calendar=calendar,
        target_seconds=None if found.length is None else int(found.length.total_seconds()),
        used_seconds=_seconds(found.total(Share.USED)),
        left_seconds=_seconds(found.total(Share.LEFT)),
        over_seconds=_seconds(found.total(Share.OVER)),
        remaining_seconds=None if found.remaining is None else _seconds(found.remaining),
        parts=tuple(_parts(found.parts)),
        pauses=tuple(map(_pause, found.pauses)),
        holidays=tuple(map(_holiday, found.holidays)),
        shifts=tuple(map(_shift, found.shifts)),
        calendar_versions=tuple(
            CalendarTold(version=number, since=version.recorded_at, zone=version.written.zone)
            for number, version in enumerate(versions, 1)
            if number in used
        ),
        texts=tuple(map(_text, found.texts)),
    )


def _seconds(length: timedelta) -> float:
    return length.total_seconds()


def _parts(parts: Sequence[Part]) -> Iterator[PartTold]:
    """Each by itself, as long as there are not too many to be told so."""
    together = _month if len(parts) > MOST_PARTS else _itself
    for (share, version, _), each in groupby(parts, key=together):
        yield _part([*each], share, version)


def _month(part: Part) -> tuple[Share, int, datetime | date]:
    return part.share, part.calendar_version, part.day.replace(day=1)


def _itself(part: Part) -> tuple[Share, int, datetime | date]:
    return part.share, part.calendar_version, part.opens


def _part(parts: Sequence[Part], share: Share, version: int) -> PartTold:
    return PartTold(
        opens=parts[0].opens,
        closes=parts[-1].closes,
        intervals=len(parts),
        seconds=_seconds(sum((part.length for part in parts), timedelta())),
        share=share,
        day=parts[0].day,
        calendar_version=version,
    )


def _pause(pause: Pause) -> PauseTold:
    return PauseTold(
        since=pause.since, until=pause.until, business_seconds=_seconds(pause.business), status=pause.status
    )


def _holiday(closed: Closed) -> HolidayTold:
    seconds = _seconds(closed.business)
    return HolidayTold(day=closed.day, business_seconds=seconds, calendar_version=closed.calendar_version)


def _shift(shift: Shift) -> ShiftTold:
    before, after = int(_seconds(shift.before)), int(_seconds(shift.after))
    return ShiftTold(at=shift.at, before_seconds=before, after_seconds=after)


def _text(text: Text) -> TextTold:
    return TextTold(
        since=text.since,
        contract=text.contract,
        contract_version=text.version,
        severity=text.severity,
        target_seconds=None if text.target is None else int(_seconds(text.target)),
    )
