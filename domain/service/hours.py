"""Open time is what a calendar's local intervals cover, counted once and in real time (D4)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

Week = tuple[tuple[tuple[int, int], ...], ...]

REACH_YEARS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1) // MICROSECOND
DAY = timedelta(days=1) // MICROSECOND
EARLIEST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
NEVER = LATEST * 2
SURELY_WITHIN_REACH = REACH_YEARS * 365 * DAY
# What one table covers at most, so that a question about centuries, or a mistyped one, cannot eat the memory.
PIECE = 20 * 365 * DAY
KEPT_YEARS = 50
# A zone is up to 16 hours from UTC, so a year of UTC touches a local date more; and that one ends with the next.
MARGIN_DAYS = 2


class Span(NamedTuple):
    """One open interval in UTC, and the local date whose hours it comes from."""

    opens: datetime
    closes: datetime
    day: date


class _Table:
    """Some years' open intervals in epoch µs, disjoint and in order, each with the open µs up to its end."""

    __slots__ = ("closes", "days", "high", "low", "opens", "totals", "years")

    def __init__(self, years: range, intervals: Iterable[tuple[int, int, date]]) -> None:
        self.years, self.low, self.high = years, _new_year(years.start), _new_year(years.stop)
        # An empty interval before all others: no look-up has to ask whether there is one.
        self.opens, self.closes, self.totals, self.days = [-NEVER], [-NEVER], [0], [date.min]
        for opens, closes, day in sorted(intervals):
            self._add(max(opens, self.closes[-1]), closes, day)

    def _add(self, opens: int, closes: int, day: date) -> None:
        if closes <= opens:
            return
        total = self.totals[-1] + closes - opens
        if opens == self.closes[-1] and day == self.days[-1]:
            self.closes[-1], self.totals[-1] = closes, total
            return
        self.opens.append(opens)
        self.closes.append(closes)
        self.totals.append(total)
        self.days.append(day)

    def before(self, instant: int) -> int:
        index = bisect_right(self.opens, instant) - 1
        ahead = self.closes[index] - instant
        return self.totals[index] - ahead if ahead > 0 else self.totals[index]

    def reach(self, start: int, amount: int) -> int:
        total = self.before(start) + amount
        index = bisect_left(self.totals, total)
        return self.closes[index] - self.totals[index] + total if index < len(self.totals) else NEVER

    def clipped(self, start: int, end: int) -> Iterator[Span]:
        for index in range(bisect_right(self.closes, start), bisect_left(self.opens, end)):
            opens, closes = max(self.opens[index], start), min(self.closes[index], end)
            yield Span(_instant(opens), _instant(closes), self.days[index])


@dataclass(frozen=True, slots=True, init=False)
class Hours:
    """One version of a calendar's opening hours: zone, week, holidays."""

    zone: str
    week: Week
    holidays: frozenset[date]
    _table: _Table = field(compare=False, repr=False)

    def __init__(self, zone: str, week: Sequence[Sequence[tuple[int, int]]], holidays: Iterable[date]) -> None:
        """Take seven days from Monday, each of (open, close) in local minutes, 0 <= open < close <= 1440."""
        days = tuple(tuple((opens, closes) for opens, closes in day) for day in week)
        if len(days) != 7 or any(not 0 <= opens < closes <= 1440 for day in days for opens, closes in day):
            raise ValueError("a week is seven days of intervals that open, then close, within the day")
        object.__setattr__(self, "zone", zone)
        object.__setattr__(self, "week", days)
        object.__setattr__(self, "holidays", frozenset(holidays))
        object.__setattr__(self, "_table", NOTHING)

    @property
    def place(self) -> ZoneInfo:
        """Where the clocks go as these hours say."""
        return ZoneInfo(self.zone)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in [start, end); none if end is not after start."""
        first, last = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        if last <= first:
            return timedelta()
        if last - first > PIECE:
            middle = _instant((first + last) // 2)
            return self.elapsed(start, middle) + self.elapsed(middle, end)
        table = self._covering(first, last)
        return MICROSECOND * (table.before(last) - table.before(first))

    def reach(self, start: datetime, amount: timedelta) -> datetime | None:
        """Return the earliest instant when amount has elapsed since start; None if REACH_YEARS do not suffice."""
        first, wanted = (start - EPOCH) // MICROSECOND, amount // MICROSECOND
        if wanted <= 0:
            return _instant(first)
        table = self._covering(first, first)
        due = table.reach(first, wanted)
        if due <= table.high and due - first <= SURELY_WITHIN_REACH:
            return _instant(due)
        last = _horizon(_instant(first))
        due = self._covering(first, last).reach(first, wanted)
        return _instant(due) if due <= last else None

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the open intervals of [start, end) in order; they add up to what has elapsed."""
        first, last = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        while first < last:
            middle = min(first + PIECE, last)
            yield from self._covering(first, middle).clipped(first, middle)
            first = middle

    def _covering(self, first: int, last: int) -> _Table:
        table = self._table
        if table.low <= first and last <= table.high:
            return table
        asked = range(_instant(first).year, _instant(last).year + 1)
        joined = range(min(asked.start, table.years.start), max(asked.stop, table.years.stop))
        years = joined if len(joined) <= KEPT_YEARS else asked
        table = _Table(years, _intervals(self, years))
        # Swapped whole: another thread sees the old table or the new one.
        object.__setattr__(self, "_table", table)
        return table


def _intervals(hours: Hours, years: range) -> Iterator[tuple[int, int, date]]:
    zone = ZoneInfo(hours.zone)
    midnights = [datetime.combine(day, time(), zone) for day in _days(years)]
    starts = [(midnight - EPOCH) // MICROSECOND for midnight in midnights]
    for midnight, start, end in zip(midnights, starts, starts[1:], strict=False):
        day = midnight.date()
        for opens, closes in () if day in hours.holidays else hours.week[day.weekday()]:
            # No zone changes its clock twice within a date, so 24 hours long means evenly ticking.
            if end - start == DAY:
                yield start + opens * MINUTE, start + closes * MINUTE, day
            else:
                yield _wall(midnight, opens), _wall(midnight, closes), day


def _days(years: range) -> Iterator[date]:
    first = date(years.start, 1, 1).toordinal() - MARGIN_DAYS
    last = date(years.stop - 1, 12, 31).toordinal() + MARGIN_DAYS
    return map(date.fromordinal, range(max(first, date.min.toordinal()), min(last, date.max.toordinal()) + 1))


def _wall(midnight: datetime, minute: int) -> int:
    """Add by the wall clock, fold 0: a skipped time moves on by the gap, an ambiguous one is its first occurrence."""
    return (midnight + timedelta(minutes=minute) - EPOCH) // MICROSECOND


def _new_year(year: int) -> int:
    return (datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND if year <= MAXYEAR else LATEST


def _instant(microseconds: int) -> datetime:
    if EARLIEST <= microseconds <= LATEST:
        return EPOCH + MICROSECOND * microseconds
    # An aware datetime may lie hours outside what UTC can write.
    return EPOCH + MICROSECOND * (EARLIEST if microseconds < 0 else LATEST)


def horizon(start: datetime) -> datetime:
    """Return the last instant at which anything that counts from the start is due."""
    return _instant(_horizon(_instant((start - EPOCH) // MICROSECOND)))


def _horizon(start: datetime) -> int:
    """Return the same date REACH_YEARS later, 1 March for 29 February, the end of time at most."""
    year = start.year + REACH_YEARS
    if year > MAXYEAR:
        return LATEST
    return (start.replace(year=year, day=1) + timedelta(days=start.day - 1) - EPOCH) // MICROSECOND


NOTHING = _Table(range(1, 1), ())
