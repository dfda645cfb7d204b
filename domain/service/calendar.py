"""A calendar says when we are open; a new version counts only from the instant it was recorded (D4, D7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.service.hours import Hours, Span, horizon
from domain.values import Label, Zone


def _forward(opening: tuple[int, int]) -> tuple[int, int]:
    if opening[0] >= opening[1]:
        raise ValueError("an interval closes after it opens")
    return opening


Minute = Annotated[int, Field(ge=0, le=1440)]
Opening = Annotated[tuple[Minute, Minute], AfterValidator(_forward)]
"""Local minutes from midnight, [open, close); 1440 is the end of the day."""

Day = Annotated[tuple[Opening, ...], Field(max_length=48)]
MOST_HOLIDAYS = 5_000
Holidays = Annotated[tuple[date, ...], Field(max_length=MOST_HOLIDAYS)]


class OpeningHours(BaseModel, frozen=True, extra="forbid"):
    """One version of a calendar as it is written down; the week runs Monday to Sunday."""

    zone: Zone
    week: tuple[Day, Day, Day, Day, Day, Day, Day]
    holidays: Holidays = ()


class CalendarDefined(Event, topic="calendar.defined"):
    """There is a calendar with these opening hours."""

    name: Label
    hours: OpeningHours


class CalendarRevised(Event, topic="calendar.revised"):
    """New opening hours count from the instant this was recorded."""

    hours: OpeningHours


class CalendarRenamed(Event, topic="calendar.renamed"):
    """The calendar has another name."""

    name: Label


CalendarEvent = CalendarDefined | CalendarRevised | CalendarRenamed


class CalendarUnknown(Unknown):
    """There is no such calendar."""


class CalendarAlreadyDefined(Refused):
    """This calendar was defined before."""


class TooManyHolidays(Refused):
    """A calendar has 5,000 holidays at most: take out those that are long over."""


@dataclass(frozen=True, slots=True)
class Version:
    recorded_at: datetime
    written: OpeningHours
    hours: Hours


@dataclass(frozen=True)
class BusinessTime:
    """The versions of a calendar known at some instant, each counting from when it was recorded."""

    versions: tuple[Version, ...]

    @cached_property
    def _pieces(self) -> tuple[tuple[Hours, datetime | None], ...]:
        ends = [version.recorded_at for version in self.versions[1:]]
        return tuple((version.hours, end) for version, end in zip(self.versions, [*ends, None], strict=True))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Business time in [start, end)."""
        if len(self.versions) == 1:
            return self.versions[0].hours.elapsed(start, end)
        return sum((hours.elapsed(a, b) for hours, a, b in self._parts(start, end)), timedelta())

    def reach(self, start: datetime, amount: timedelta) -> datetime | None:
        """The earliest instant at which the business time since the start is the amount; None beyond five years."""
        if len(self.versions) == 1:
            return self.versions[0].hours.reach(start, amount)
        last = horizon(start)
        for hours, end in self._pieces:
            if end is not None and end <= start:
                continue
            if end is None or end >= last or (counted := hours.elapsed(start, end)) >= amount:
                due = hours.reach(start, amount)
                return due if due is not None and due <= last else None
            start, amount = end, amount - counted
        return None

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Every open interval counted between the two instants."""
        for hours, a, b in self._parts(start, end):
            yield from hours.spans(a, b)

    def _parts(self, start: datetime, end: datetime) -> Iterator[tuple[Hours, datetime, datetime]]:
        for hours, until in self._pieces:
            stop = end if until is None else min(end, until)
            if start < stop:
                yield hours, start, stop
                start = stop


@dataclass(frozen=True, slots=True)
class Calendar:
    versions: tuple[Version, ...] = ()
    known: tuple[BusinessTime, ...] = ()
    name: str = ""

    def as_of(self, instant: datetime) -> BusinessTime:
        """Business time by the versions recorded up to the instant; the first counts for all time before."""
        if len(self.known) == 1:
            return self.known[0]
        for version, known in zip(reversed(self.versions), reversed(self.known), strict=True):
            if version.recorded_at <= instant:
                return known
        return self.known[0]


def define(calendar: Calendar, name: str, hours: OpeningHours) -> Iterator[CalendarEvent]:
    require(not calendar.versions, otherwise=CalendarAlreadyDefined)
    yield CalendarDefined(name=name, hours=hours)


def revise(calendar: Calendar, hours: OpeningHours) -> Iterator[CalendarEvent]:
    require(bool(calendar.versions), otherwise=CalendarUnknown)
    if hours != calendar.versions[-1].written:
        yield CalendarRevised(hours=hours)


def rename(calendar: Calendar, name: str) -> Iterator[CalendarEvent]:
    require(bool(calendar.versions), otherwise=CalendarUnknown)
    if name != calendar.name:
        yield CalendarRenamed(name=name)


def add_holidays(calendar: Calendar, holidays: Collection[date]) -> Iterator[CalendarEvent]:
    """A new version that is closed on these days as well; none where it is so already."""
    require(bool(calendar.versions), otherwise=CalendarUnknown)
    written = calendar.versions[-1].written
    if not set(holidays) <= set(written.holidays):
        yield from _with_holidays(calendar, {*written.holidays, *holidays})


def remove_holidays(calendar: Calendar, holidays: Collection[date]) -> Iterator[CalendarEvent]:
    """A new version that is open on these days as on any; none where it is so already."""
    require(bool(calendar.versions), otherwise=CalendarUnknown)
    written = calendar.versions[-1].written
    if not set(holidays).isdisjoint(written.holidays):
        yield from _with_holidays(calendar, set(written.holidays).difference(holidays))


def _with_holidays(calendar: Calendar, holidays: Collection[date]) -> Iterator[CalendarEvent]:
    require(len(holidays) <= MOST_HOLIDAYS, otherwise=TooManyHolidays)
    hours = calendar.versions[-1].written.model_copy(update={"holidays": tuple(sorted(holidays))})
    yield CalendarRevised(hours=hours)


def evolve(calendar: Calendar, fact: Fact[CalendarEvent]) -> Calendar:
    match fact.event:
        case CalendarDefined(name=name, hours=hours):
            return _written(Calendar(name=name), fact.recorded_at, hours)
        case CalendarRevised(hours=hours):
            return _written(calendar, fact.recorded_at, hours)
        case CalendarRenamed(name=name):
            return replace(calendar, name=name)


def _written(calendar: Calendar, recorded_at: datetime, hours: OpeningHours) -> Calendar:
    version = Version(recorded_at, hours, Hours(hours.zone, hours.week, hours.holidays))
    versions = (*calendar.versions, version)
    return replace(calendar, versions=versions, known=(*calendar.known, BusinessTime(versions)))


CALENDAR = Decider("calendar", Calendar(), evolve, (CalendarDefined, CalendarRevised, CalendarRenamed), dated=True)
