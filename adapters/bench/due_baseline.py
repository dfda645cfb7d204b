"""The baseline of a due time: from day to day and from interval to interval, until the target is used up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MOST_DAYS = 5 * 366

Week = Sequence[Sequence[tuple[int, int]]]
"""From Monday on, each day's intervals in local minutes from midnight."""


def due(zone: ZoneInfo, week: Week, holidays: Collection[date], start: datetime, target: timedelta) -> datetime | None:
    """The earliest instant at which the open time since the start reaches the target."""
    day = start.astimezone(zone).date()
    for _ in range(MOST_DAYS):
        if day not in holidays:
            for opens, closes in week[day.weekday()]:
                since, until = max(instant(day, opens, zone), start), instant(day, closes, zone)
                if since >= until:
                    continue
                if until - since >= target:
                    return since + target
                target -= until - since
        day += DAY
    return None


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """By the wall clock, as it is read in the zone."""
    return (datetime.combine(day, time(), zone) + timedelta(minutes=minutes)).astimezone(timezone.utc)
