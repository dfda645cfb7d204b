"""Open time as a walk from day to day finds it, which knows nothing of folds, tables or years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.service.calendar import BusinessTime
from domain.service.hours import Hours

Piece = tuple[datetime, datetime]


@lru_cache(maxsize=10_000)
def walked_instant(zone: ZoneInfo, wall: datetime) -> datetime:
    """Try the offsets before and after any clock change: the earlier match, or if none the one before the gap."""
    offsets = [(wall.replace(tzinfo=UTC) + timedelta(days=days)).astimezone(zone).utcoffset() for days in (-2, 2)]
    guesses = [wall.replace(tzinfo=UTC) - offset for offset in offsets if offset is not None]
    return min((guess for guess in guesses if guess.astimezone(zone).replace(tzinfo=None) == wall), default=guesses[0])


def walked_intervals(hours: Hours, start: datetime, end: datetime) -> Iterator[Piece]:
    zone = ZoneInfo(hours.zone)
    for number in range(-3, (end - start).days + 4):
        day = start.date() + timedelta(days=number)
        midnight = datetime.combine(day, time())
        for interval in hours.week[day.weekday()] if day not in hours.holidays else ():
            opens, closes = (walked_instant(zone, midnight + timedelta(minutes=minute)) for minute in interval)
            if opens < closes:
                yield opens, closes


def walked(hours: Hours, start: datetime, end: datetime) -> Iterator[Piece]:
    """Pieces of [start, end) over which at least one interval is open."""
    changes: Counter[datetime] = Counter()
    for opens, closes in walked_intervals(hours, start, end):
        changes[opens] += 1
        changes[closes] -= 1
    depth = 0
    for earlier, later in pairwise(sorted(changes)):
        depth += changes[earlier]
        if depth > 0 and earlier < end and later > start:
            yield max(earlier, start), min(later, end)


def length(pieces: Sequence[Piece]) -> timedelta:
    return sum((closes - opens for opens, closes in pieces), timedelta())


def walked_reach(pieces: Sequence[Piece], amount: timedelta) -> datetime | None:
    for opens, closes in pieces:
        if amount <= closes - opens:
            return opens + amount
        amount -= closes - opens
    return None


def walked_versions(time: BusinessTime, start: datetime, end: datetime) -> Iterator[Piece]:
    """Before the second version was written by the first, and so on; the last for ever."""
    writings = [version.recorded_at for version in time.versions[1:]]
    since = [start, *(min(max(at, start), end) for at in writings)]
    until = [*since[1:], end]
    for version, a, b in zip(time.versions, since, until, strict=True):
        if a < b:
            yield from walked(version.hours, a, b)
