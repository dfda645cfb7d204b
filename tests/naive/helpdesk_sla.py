"""The service levels of a help-desk log, counted the slow and obvious way, sharing no code with the first opinion."""

import csv
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

LOG_ZONE = ZoneInfo("Europe/Rome")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RESOLVES = {"Resolve ticket", "RESOLVED"}
CLOSES_WITHOUT_RESOLUTION = {"INVALID", "DUPLICATE"}
NEVER_REOPENS = RESOLVES | CLOSES_WITHOUT_RESOLUTION | {"Closed", "VERIFIED"}
NOTES = {
    "Insert ticket",
    "VERIFIED",
    "Require upgrade",
    "Create SW anomaly",
    "Resolve SW anomaly",
    "Schedule intervention",
}

Span = tuple[datetime, datetime]
Terms = dict[str, dict[str, str]]


class Row(NamedTuple):
    """One case's answer; seconds are business seconds, instants ISO 8601 in UTC."""

    case: str
    group: str
    severity: str
    first_response_seconds: int | None
    resolution_seconds: int | None
    first_response_due: str | None
    resolution_due: str | None
    first_response_outcome: str
    resolution_outcome: str


class Moment(NamedTuple):
    at: datetime
    activity: str
    seriousness: str


def seconds(length: str) -> int:
    """The seconds in a text such as ``1h30m``."""
    if not re.fullmatch(r"(\d+h)?(\d+m)?(\d+s)?", length) or not length:
        raise ValueError(f"not a duration: {length!r}")
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", length))


def instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """A local wall-clock time as an instant: a skipped time moves forward by the gap, a doubled one counts first."""
    if clock == "24:00":
        return instant(day + timedelta(days=1), "00:00", zone)
    return datetime.combine(day, time.fromisoformat(clock), zone).replace(fold=0).astimezone(UTC)


def five_years_after(since: datetime) -> datetime:
    """The same date, 1 March for 29 February; what is not due by then never is."""
    later = date(since.year + 5, since.month, 1) + timedelta(days=since.day - 1)
    return datetime.combine(later, since.timetz())


class Calendar:
    def __init__(self, setup: dict[str, object]) -> None:
        week, holidays, zone = setup.get("week", {}), setup.get("holidays", []), setup["zone"]
        assert isinstance(week, dict)
        assert isinstance(holidays, list)
        assert isinstance(zone, str)
        self.zone = ZoneInfo(zone)
        self.holidays = set(holidays)
        self.week = [[tuple(hours.split("-")) for hours in sorted(week.get(name, []))] for name in WEEK]
        self.openings = cache(self._openings)
        self.hours = cache(self._hours)

    def _hours(self, day: date) -> list[Span]:
        """A local date's hours, wherever a clock change may have put them."""
        if day in self.holidays:
            return []
        week = self.week[day.weekday()]
        return [(instant(day, opens, self.zone), instant(day, closes, self.zone)) for opens, closes in week]

    def _openings(self, day: date) -> list[Span]:
        """When it is open on a day of UTC, counted once whatever local dates it comes from."""
        midnight = datetime.combine(day, time(), UTC)
        reached, end = midnight, midnight + timedelta(days=1)
        spans: list[Span] = []
        for opens, closes in sorted(span for days in range(-2, 3) for span in self.hours(day + timedelta(days=days))):
            start, stop = max(opens, reached), min(closes, end)
            if start < stop:
                spans.append((start, stop))
                reached = stop
        return spans

    def open_between(self, since: datetime, until: datetime) -> Iterator[Span]:
        """The open spans of [since, until), day after day."""
        day = since.astimezone(UTC).date()
        while day <= until.astimezone(UTC).date():
            for opens, closes in self.openings(day):
                start, end = max(opens, since), min(closes, until)
                if start < end:
                    yield start, end
            day += timedelta(days=1)

    def counted(self, since: datetime, until: datetime, cuts: list[Span]) -> Iterator[Span]:
        for span in self.open_between(since, until):
            yield from without(span, cuts)

    def consumed(self, since: datetime, until: datetime, cuts: list[Span]) -> int:
        return int(sum((end - start for start, end in self.counted(since, until, cuts)), timedelta()).total_seconds())

    def due(self, since: datetime, target: int, cuts: list[Span]) -> datetime | None:
        """The earliest instant at which ``target`` seconds are consumed; None where five years are not enough."""
        missing = timedelta(seconds=target)
        if not missing:
            return since
        for start, end in self.counted(since, five_years_after(since), cuts):
            if end - start >= missing:
                return start + missing
            missing -= end - start
        return None


def without(span: Span, cuts: list[Span]) -> list[Span]:
    """What remains of a span when every cut is taken out of it."""
    pieces = [span]
    for cut_start, cut_end in cuts:
        remaining = []
        for start, end in pieces:
            remaining.append((start, min(end, cut_start)))
            remaining.append((max(start, cut_end), end))
        pieces = [(start, end) for start, end in remaining if start < end]
    return pieces


@dataclass
class Target:
    """One promise: ``open`` until it is judged."""

    name: str
    outcome: str = "open"
    due: datetime | None = None
    seconds: int | None = None


@dataclass
class Case:
    calendar: Calendar
    terms: Terms
    received: datetime
    severity: str = "not-assessed"
    response: Target = field(default_factory=lambda: Target("first_response"))
    resolution: Target = field(default_factory=lambda: Target("resolution"))
    cuts: list[Span] = field(default_factory=list)
    waiting_since: datetime | None = None
    stopped_at: datetime | None = None
    cancelled: bool = False

    def cuts_of(self, target: Target) -> list[Span]:
        return self.cuts if target is self.resolution else []

    def length_of(self, target: Target) -> int | None:
        promised = self.terms.get(self.severity, self.terms.get("general", {})).get(target.name)
        return None if promised is None else seconds(promised)

    def due_of(self, target: Target) -> datetime | None:
        length = self.length_of(target)
        return None if length is None else self.calendar.due(self.received, length, self.cuts_of(target))

    def note_breach(self, target: Target, at: datetime) -> None:
        due = self.due_of(target)
        if target.outcome == "open" and due is not None and due < at:
            target.outcome, target.due = "missed", due

    def judge(self, target: Target, at: datetime) -> None:
        target.seconds = self.calendar.consumed(self.received, at, self.cuts_of(target))
        self.note_breach(target, at)
        if target.outcome == "open":
            target.outcome = "none" if self.length_of(target) is None else "met"
            target.due = self.due_of(target)

    def cancel(self, target: Target, at: datetime) -> None:
        self.note_breach(target, at)
        if target.outcome == "open":
            target.outcome = "none" if self.length_of(target) is None else "cancelled"

    def assess(self, severity: str, at: datetime) -> None:
        if severity == self.severity:
            return
        for target in (self.response, self.resolution):
            self.note_breach(target, at)  # under the old terms
        self.severity = severity
        for target in (self.response, self.resolution):
            self.note_breach(target, at)  # under the new ones, from receipt on

    def answer(self, at: datetime) -> None:
        if self.response.seconds is None:
            self.judge(self.response, at)

    def resolve(self, at: datetime) -> None:
        self.answer(at)
        self.judge(self.resolution, at)
        self.stopped_at, self.cancelled = at, False

    def close_without_resolution(self, at: datetime) -> None:
        if self.response.seconds is None:
            self.cancel(self.response, at)
        self.cancel(self.resolution, at)
        self.stopped_at, self.cancelled = at, True

    def reopen(self, at: datetime) -> None:
        assert self.stopped_at is not None
        self.cuts.append((self.stopped_at, at))
        self.stopped_at, self.cancelled = None, False
        if self.resolution.outcome != "missed":
            self.resolution.outcome, self.resolution.due = "open", None
        if self.response.seconds is None and self.response.outcome != "missed":
            self.response.outcome = "open"

    def step(self, moment: Moment) -> None:
        at, activity, seriousness = moment
        if self.waiting_since is not None and activity != "Wait":
            self.cuts.append((self.waiting_since, at))
            self.waiting_since = None
        if self.stopped_at is not None and (activity not in NEVER_REOPENS or (activity in RESOLVES and self.cancelled)):
            self.reopen(at)
        if self.stopped_at is not None:
            return
        if activity == "Assign seriousness":
            self.assess(seriousness, at)
        elif activity == "Take in charge ticket":
            self.answer(at)
        elif activity == "Wait":
            self.waiting_since = self.waiting_since or at
        elif activity in RESOLVES or activity == "Closed":
            self.resolve(at)
        elif activity in CLOSES_WITHOUT_RESOLUTION:
            self.close_without_resolution(at)
        elif activity not in NOTES:
            raise ValueError(f"unknown activity: {activity!r}")

    def due_shown(self, target: Target) -> str | None:
        due = self.due_of(target) if target.outcome == "open" else target.due
        if target is self.resolution and target.outcome == "open" and self.waiting_since is not None:
            due = None
        return None if due is None else due.isoformat()

    def outcome_shown(self, target: Target) -> str:
        return "none" if target.outcome == "open" and self.length_of(target) is None else target.outcome

    def row(self, name: str, group: str) -> Row:
        return Row(
            case=name,
            group=group,
            severity=self.severity,
            first_response_seconds=self.response.seconds,
            resolution_seconds=self.resolution.seconds,
            first_response_due=self.due_shown(self.response),
            resolution_due=self.due_shown(self.resolution),
            first_response_outcome=self.outcome_shown(self.response),
            resolution_outcome=self.outcome_shown(self.resolution),
        )


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOG_ZONE, fold=0).astimezone(UTC)


def read(log: Path) -> dict[str, tuple[str, list[Moment]]]:
    """Each case's group (its first row's service level) and its moments in file order."""
    cases: dict[str, tuple[str, list[Moment]]] = {}
    with log.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            _, moments = cases.setdefault(line["case"], (line["service_level"], []))
            moments.append(Moment(local(line["completed_at"]), line["activity"], line["seriousness"]))
    return cases


def replay(calendar: Calendar, terms: Terms, moments: Iterable[Moment]) -> Case:
    first, *later = moments
    case = Case(calendar, terms, first.at)
    for moment in (first, *later):
        case.step(moment)
    return case


def report(log: Path, setup: Path) -> dict[str, Row]:
    """Every case of the log, judged by the setup's calendar and targets."""
    settings = tomllib.loads(setup.read_text(encoding="utf-8"))
    calendar, levels = Calendar(settings), settings.get("levels", {})
    return {
        name: replay(calendar, levels.get(group, {}), moments).row(name, group)
        for name, (group, moments) in read(log).items()
    }


def explain(log: Path, setup: Path, name: str) -> Iterator[str]:
    """The moments, the cuts and the days of one case's resolution, whose parts add up to the seconds consumed."""
    settings = tomllib.loads(setup.read_text(encoding="utf-8"))
    calendar = Calendar(settings)
    group, moments = read(log)[name]
    case = replay(calendar, settings.get("levels", {}).get(group, {}), moments)
    yield from (f"{moment.at.isoformat()}  {moment.activity} ({moment.seriousness})" for moment in moments)
    for start, end in case.cuts:
        yield f"cut out {start.isoformat()} .. {end.isoformat()}: {calendar.consumed(start, end, [])} s"
    total = 0
    for start, end in calendar.counted(case.received, case.stopped_at or moments[-1].at, case.cuts):
        total += int((end - start).total_seconds())
        yield f"counted {start.isoformat()} .. {end.isoformat()}: {total} s so far"
    yield str(case.row(name, group))


def main(arguments: list[str]) -> None:
    """``helpdesk_sla.py LOG SETUP [CASE]``: all cases as CSV, or the parts of one."""
    log, setup, *names = arguments
    if names:
        print(*explain(Path(log), Path(setup), names[0]), sep="\n")
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(Row._fields)
    writer.writerows(report(Path(log), Path(setup)).values())


if __name__ == "__main__":
    main(sys.argv[1:])
