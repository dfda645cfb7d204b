"""Calendars from anywhere in the world, and instants worth asking about, most of them near a change of the clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st
from specification import LONG_AGO

from domain.service.calendar import BusinessTime, OpeningHours, Version
from domain.service.hours import Hours

Day = Sequence[tuple[int, int]]

MICROSECOND = timedelta(microseconds=1)
ALL_DAY = [(0, 1440)]
NINE_TO_FIVE = [(540, 1020)]

PLACES = [
    ("UTC", date(2024, 2, 29)),
    ("Europe/Kyiv", date(2024, 3, 31)),
    ("Europe/Kyiv", date(2024, 10, 27)),
    ("Pacific/Kiritimati", date(2025, 1, 1)),
    ("Pacific/Pago_Pago", date(2025, 1, 1)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Antarctica/Troll", date(2024, 3, 31)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("Asia/Beirut", date(2024, 3, 31)),
    ("America/St_Johns", date(2006, 10, 29)),
    ("America/Toronto", date(1919, 3, 31)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("Asia/Manila", date(1844, 12, 31)),
    ("America/Juneau", date(1867, 10, 18)),
]
"""Known for what their clocks did, or do, around that date."""

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
"""All there are; the two are no places."""

FIRST_YEAR, LAST_YEAR = 1860, 2060


@lru_cache(maxsize=1_000)
def changes(zone: str, year: int) -> tuple[date, ...]:
    """The dates of a year on which the clocks there were changed."""
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=number) for number in range(-1, 366)]
    local = [noon.astimezone(ZoneInfo(zone)) for noon in noons]
    return tuple(
        noon.date()
        for noon, (day, next_) in zip(noons[1:], pairwise(local), strict=True)
        if day.utcoffset() != next_.utcoffset()
    )


@st.composite
def anywhere(draw: st.DrawFn) -> tuple[str, date]:
    """Any zone, and a date on which its clocks changed, if there was one that year."""
    zone, year = draw(st.sampled_from(ZONES)), draw(st.integers(FIRST_YEAR, LAST_YEAR))
    changed = changes(zone, year)
    return zone, draw(st.sampled_from(changed) if changed else st.dates(date(year, 1, 1), date(year, 12, 31)))


places = st.one_of(st.sampled_from(PLACES), anywhere())
minutes = st.one_of(st.integers(0, 96).map(lambda quarter: quarter * 15), st.integers(0, 1440))
intervals = st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: (min(pair), max(pair)))
days = st.one_of(st.just(ALL_DAY), st.just(NINE_TO_FIVE), st.lists(intervals, max_size=4))
weeks = st.one_of(st.lists(days, min_size=7, max_size=7), days.map(lambda day: [day] * 7))
moments = st.builds(
    lambda minute, microsecond: timedelta(minutes=minute, microseconds=microsecond),
    st.one_of(st.integers(-8 * 96, 8 * 96).map(lambda quarter: quarter * 15), st.integers(-11_520, 11_520)),
    st.sampled_from([0, 0, 1, -1, 123_457]),
)
"""How far from the middle of what is looked at, eight days at most."""

amounts = st.one_of(
    st.integers(1, 400).map(lambda quarter: timedelta(minutes=quarter * 15)),
    st.timedeltas(MICROSECOND, timedelta(days=6)),
)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Hours, datetime]:
    """Hours, and noon of a date worth asking about."""
    zone, day = draw(places)
    return draw(hours_near(zone, day)), datetime.combine(day, time(12), UTC)


@st.composite
def hours_near(draw: st.DrawFn, zone: str, day: date) -> Hours:
    """Any week, with holidays around the date."""
    holidays = draw(st.sets(st.integers(-7, 7).map(lambda number: day + timedelta(days=number)), max_size=3))
    return Hours(zone, draw(weeks), holidays)


@st.composite
def versioned(draw: st.DrawFn) -> tuple[BusinessTime, datetime]:
    """Up to four versions of any zone and week, all but the first written within eight days of noon; and that noon."""
    zone, day = draw(places)
    noon = datetime.combine(day, time(12), UTC)
    later = sorted(noon + offset for offset in draw(st.sets(moments, max_size=3)))
    zones = st.one_of(st.just(zone), st.sampled_from(ZONES))
    versions = [
        version(at, draw(hours_near(draw(zones), day))) for at in (min(LONG_AGO, noon - timedelta(days=9)), *later)
    ]
    return BusinessTime(tuple(versions)), noon


def version(at: datetime, hours: Hours) -> Version:
    written = OpeningHours(zone=hours.zone, week=hours.week, holidays=tuple(sorted(hours.holidays)))
    return Version(at, written, hours)
