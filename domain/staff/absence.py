"""A worker is away from one instant to another, and somebody may stand in for them meanwhile (R-STF-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from domain.fact import Event
from domain.refusal import Refused, require
from domain.values import AbsenceId, Instant, WorkerId

MOST_ABSENCES = 100
"""Of one worker, that are not over yet."""


class WorkerAbsencePlanned(Event, topic="worker.absence-planned"):
    """The worker is away from an instant until another, or until further notice."""

    absence: AbsenceId
    since: Instant
    until: Instant | None
    substitute: WorkerId | None


class WorkerAbsenceEnded(Event, topic="worker.absence-ended"):
    """The worker is back, or stays: an absence that had begun is over, one that had not is taken back."""

    absence: AbsenceId


AbsenceEvent = WorkerAbsencePlanned | WorkerAbsenceEnded


class AbsenceWithoutTime(Refused):
    """An absence ends after it begins."""


class AbsenceOver(Refused):
    """An absence that is over already cannot be planned."""


class OwnSubstitute(Refused):
    """Nobody stands in for themselves."""


class TooManyAbsences(Refused):
    """A worker has a hundred absences at most that are not over yet."""


@dataclass(frozen=True, slots=True)
class Absence:
    """[since, until), as every interval is (D21)."""

    since: datetime
    until: datetime | None = None
    substitute: WorkerId | None = None

    def over(self, at: datetime) -> bool:
        return self.until is not None and self.until <= at

    def covers(self, at: datetime) -> bool:
        return self.since <= at and not self.over(at)


Absences = Mapping[AbsenceId, Absence]
"""In the order in which they were planned."""


def in_force(absences: Absences, at: datetime) -> Absence | None:
    """The absence at the instant; of several, the one that was planned last."""
    return next((absence for absence in reversed([*absences.values()]) if absence.covers(at)), None)


def substitutes(worker: WorkerId, absent: Callable[[WorkerId], Absence | None]) -> Iterator[WorkerId]:
    """Who stands in for an absent worker, and who for those who are absent themselves; each once, whatever circle."""
    passed, away = {worker}, absent(worker)
    while away is not None and away.substitute is not None and away.substitute not in passed:
        yield away.substitute
        passed.add(away.substitute)
        away = absent(away.substitute)


def plan(absences: Absences, id: AbsenceId, wanted: Absence, of: WorkerId, at: datetime) -> Iterator[AbsenceEvent]:
    """The same time with the same substitute is planned once."""
    require(wanted.until is None or wanted.since < wanted.until, otherwise=AbsenceWithoutTime)
    require(not wanted.over(at), otherwise=AbsenceOver)
    require(wanted.substitute != of, otherwise=OwnSubstitute)
    if wanted not in absences.values():
        require(sum(not each.over(at) for each in absences.values()) < MOST_ABSENCES, otherwise=TooManyAbsences)
        yield WorkerAbsencePlanned(absence=id, since=wanted.since, until=wanted.until, substitute=wanted.substitute)


def end(absences: Absences, id: AbsenceId, at: datetime) -> Iterator[AbsenceEvent]:
    """An absence that is over, or was taken back, is none to end."""
    if id in absences and not absences[id].over(at):
        yield WorkerAbsenceEnded(absence=id)


def evolve(absences: Absences, event: AbsenceEvent, at: datetime) -> Absences:
    match event:
        case WorkerAbsencePlanned(absence=id, since=since, until=until, substitute=substitute):
            return {**absences, id: Absence(since, until, substitute)}
        case WorkerAbsenceEnded(absence=id):
            others = {other: absence for other, absence in absences.items() if other != id}
            ended = absences.get(id)
            if ended is None or at <= ended.since:
                return others
            if ended.over(at):
                return absences
            return {**absences, id: replace(ended, until=at)}
