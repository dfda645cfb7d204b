"""A setup file says when we are open and what each service level is promised, or where it is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ValidationError

from adapters.helpdesk.log import Unreadable
from domain.service.calendar import Opening, OpeningHours
from domain.service.contract import Seconds, Targets, Terms
from domain.values import CalendarId, Label, Zone

OFFICE = Path(__file__).parent / "office.toml"
"""An Italian office: what holds where nothing else is given."""

DURATION = re.compile(r"(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
GENERAL, NOT_ASSESSED = "general", "not-assessed"


def _seconds(text: Any) -> int:
    found = DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a duration looks like 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _interval(text: Any) -> tuple[int, int]:
    clocks = text.split("-") if isinstance(text, str) else []
    if len(clocks) != 2 or not all(map(CLOCK.fullmatch, clocks)):
        raise ValueError("an interval looks like 09:00-13:00")
    opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in clocks)
    return opens, closes


def _plain_date(day: date) -> date:
    if type(day) is not date:
        raise ValueError("a holiday is a date without a time")
    return day


Duration = Annotated[Seconds, BeforeValidator(_seconds)]
Interval = Annotated[Opening, BeforeValidator(_interval)]


class Promise(BaseModel, frozen=True, extra="forbid"):
    first_response: Duration | None = None
    resolution: Duration | None = None

    def targets(self) -> Targets:
        return Targets(first_response_seconds=self.first_response, resolution_seconds=self.resolution)


class Week(BaseModel, frozen=True, extra="forbid"):
    monday: tuple[Interval, ...] = ()
    tuesday: tuple[Interval, ...] = ()
    wednesday: tuple[Interval, ...] = ()
    thursday: tuple[Interval, ...] = ()
    friday: tuple[Interval, ...] = ()
    saturday: tuple[Interval, ...] = ()
    sunday: tuple[Interval, ...] = ()


class Written(BaseModel, frozen=True, extra="forbid"):
    """The file as it is written."""

    zone: Zone
    holidays: tuple[Annotated[date, BeforeValidator(_plain_date)], ...] = ()
    week: Week = Week()
    levels: Mapping[Label, Mapping[Label, Promise]] = {}


@dataclass(frozen=True, slots=True)
class Setup:
    """A calendar, and for each service level what its contract says."""

    name: str
    written: Written

    def hours(self) -> OpeningHours:
        week = self.written.week
        days = (week.monday, week.tuesday, week.wednesday, week.thursday, week.friday, week.saturday, week.sunday)
        return OpeningHours(zone=self.written.zone, week=days, holidays=self.written.holidays)

    def terms(self, level: str, calendar: CalendarId) -> Terms:
        promises = {severity: promise.targets() for severity, promise in self.written.levels[level].items()}
        return Terms(
            calendar=calendar,
            general=promises.pop(GENERAL, Targets()),
            not_assessed=promises.pop(NOT_ASSESSED, None),
            by_severity=promises,
        )

    def lacks(self, levels: set[str]) -> list[str]:
        """Levels the log has and the setup promises nothing for, not even nothing."""
        return sorted(levels - self.written.levels.keys())

    def unused(self, levels: set[str], severities: set[str]) -> Iterator[str]:
        """What the setup names and the log does not: maybe rare, maybe mistyped."""
        known = severities | {GENERAL, NOT_ASSESSED}
        for level, promises in self.written.levels.items():
            if level not in levels:
                yield f"levels.{level}"
            yield from (f"levels.{level}.{severity}" for severity in promises if severity not in known)


def read_setup(path: Path = OFFICE) -> Setup:
    """The setup in a TOML file. Raises Unreadable."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
        return Setup(path.stem, Written.model_validate(tomllib.loads(text)))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name}, byte {error.start}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"{path.name}: {error}") from None
    except ValidationError as error:
        raise Unreadable(f"{path.name}{_where(text, error)}") from None


def _where(text: str, error: ValidationError) -> str:
    """The line, as far as a search for what is wrong tells it, and the path of the entry."""
    first = error.errors(include_url=False, include_context=False)[0]
    entry = ".".join(str(part) for part in first["loc"])
    wrong = first["input"] if isinstance(first["input"], str | int) else first["loc"][-1]
    lines = [n for n, line in enumerate(text.splitlines(), 1) if str(wrong) in line.partition("#")[0]]
    return f"{f', line {lines[0]}' if lines else ''}, {entry}: {wrong!r}: {first['msg']}"
