"""What a due time costs: looked up in a calendar of a year, against a walk through it from day to day."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adapters.bench import due_baseline
from adapters.bench.ground import CouldNotRun, Ground
from adapters.bench.measure import Figure, Pace, alternate, figure
from domain.service.calendar import BusinessTime, OpeningHours, Version
from domain.service.hours import Hours

YEAR = 2027
BEGINS = datetime(YEAR, 1, 1, tzinfo=timezone.utc)
LENGTH = timedelta(days=365)
OPEN_SECONDS = 250 * 8 * 3600
"""Nearly what the office is open in a year."""

MIXED, CASES = 2654435761, 256
"""Neighbours go far apart by the one; there are so many of the other."""

OFFICE_DAY = ((9 * 60, 13 * 60), (14 * 60, 18 * 60))
HOLIDAYS = ((1, 1), (1, 6), (3, 29), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))
OFFICE = OpeningHours(
    zone="Europe/Rome",
    week=(*[OFFICE_DAY] * 5, (), ()),
    holidays=tuple(date(year, month, day) for year in (YEAR, YEAR + 1) for month, day in HOLIDAYS),
)

Due = Callable[[datetime, timedelta], datetime | None]


class Case(NamedTuple):
    start: datetime
    target: timedelta


def due(_: Ground, pace: Pace) -> Figure:
    """Due times a second on one core, of reports all through a year, promised anything up to a year's open time."""
    cases, ours, walked = all_cases(), looking_up(), walking()
    if any(ours(*case) != walked(*case) for case in cases):
        raise CouldNotRun("the sides do not find the same due times")
    rounds = alternate(
        pace.rounds,
        lambda: _rate(ours, cases, pace.seconds),
        lambda: _rate(walked, cases, pace.seconds),
    )
    return figure(rounds, "due times/s", seconds=pace.seconds, cases=len(cases), zone=OFFICE.zone)


def all_cases() -> list[Case]:
    """Starts and targets spread evenly, to the second, each pair far from the one before."""
    parts = [(n * MIXED % 2**32 / 2**32, (n + 0.5) / CASES) for n in range(CASES)]
    return [
        Case(
            BEGINS + timedelta(seconds=int(LENGTH.total_seconds() * of_year)),
            timedelta(seconds=int(OPEN_SECONDS * of_target)),
        )
        for of_year, of_target in parts
    ]


def looking_up() -> Due:
    hours = Hours(OFFICE.zone, OFFICE.week, OFFICE.holidays)
    return BusinessTime((Version(BEGINS, OFFICE, hours),)).reach


def walking() -> Due:
    zone, holidays = ZoneInfo(OFFICE.zone), frozenset(OFFICE.holidays)
    return lambda start, target: due_baseline.due(zone, OFFICE.week, holidays, start, target)


def _rate(found: Due, cases: Sequence[Case], seconds: float) -> float:
    """Answers a second, all cases in turn, as often as there is time for."""
    rounds, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        for start, target in cases:
            found(start, target)
        rounds += 1
    return rounds * len(cases) / took
