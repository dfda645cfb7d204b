"""A worker holds system rights while active; what they hold decides what they may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from domain.decider import Decider
from domain.ending import lasts, needs_end_ahead
from domain.fact import Event, Fact
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.staff import absence
from domain.staff.absence import Absence, AbsenceEvent, Absences, WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.values import AbsenceId, Instant, Line, SubjectId, WorkerId
from domain.work.channel import Channel

SYSTEM = WorkerId("system")
"""The installation itself: it sets up and imports, and no right is asked of it."""

ROUTING, NOTIFYING, CHECKING, TIMER, MAILING, ERASING = map(
    WorkerId, ("routing", "notifying", "checking", "timer", "mailing", "erasing")
)
"""Who asks where a fact or the time calls for it: each holds no right and may ask for what it is there for alone."""

AUTOMATA = frozenset({SYSTEM, ROUTING, NOTIFYING, CHECKING, TIMER, MAILING, ERASING})
"""They are built in and were never hired: no work is given to them, and no notice."""


class Right(StrEnum):
    """The system rights; directory and area rights come on top, and both are needed."""

    BASIC = "basic"
    CRM_ADMINISTRATOR = "crm-administrator"
    SALES = "sales"
    AGREEMENT_READER = "agreement-reader"
    HELPDESK = "helpdesk"
    AREA_ADMINISTRATOR = "area-administrator"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"
    ANALYST = "analyst"
    LATE_FACTS = "late-facts"


class WorkerHired(Event, topic="worker.hired"):
    """Somebody works here now, active and without a right."""

    subject: SubjectId
    name: Annotated[Line | Masked, Personal("subject", Purpose.PROFILE)]


class WorkerRenamed(Event, topic="worker.renamed"):
    """The worker has another name."""

    subject: SubjectId
    name: Annotated[Line | Masked, Personal("subject", Purpose.PROFILE)]


class WorkerEmailSet(Event, topic="worker.email-set"):
    """Where the worker gets e-mail, as it is compared; nowhere, without one."""

    subject: SubjectId
    email: Annotated[Line | Masked | None, Personal("subject", Purpose.PROFILE)]


class WorkerNoticeChannelsSet(Event, topic="worker.notice-channels-set"):
    """By which channels the worker wants notices, beside those that each notice goes by anyway."""

    channels: tuple[Channel, ...]


class WorkerRightGranted(Event, topic="worker.right-granted"):
    """The worker holds this system right from here on, or until an instant."""

    right: Right
    until: Instant | None = None


class WorkerRightWithdrawn(Event, topic="worker.right-withdrawn"):
    """The worker no longer holds this system right."""

    right: Right


class WorkerDeactivated(Event, topic="worker.deactivated"):
    """The worker left or is blocked: while inactive no right counts.

    The successor was given what the worker answered for; forced, nobody looked whether there was anything (R-STF-2).
    """

    successor: WorkerId | None = None
    forced: bool = False


class WorkerReactivated(Event, topic="worker.reactivated"):
    """The worker is back, with the rights held before."""


class WorkerForgotten(Event, topic="worker.forgotten"):
    """Nothing personal is known of the worker any more; what they did stays, under their id."""


WorkerEvent = (
    WorkerHired
    | WorkerRenamed
    | WorkerEmailSet
    | WorkerNoticeChannelsSet
    | WorkerRightGranted
    | WorkerRightWithdrawn
    | WorkerDeactivated
    | WorkerReactivated
    | WorkerForgotten
    | AbsenceEvent
)


class WorkerUnknown(Unknown):
    """There is no such worker."""


class WorkerAlreadyHired(Refused):
    """This worker was hired before."""


class WorkerNotActive(Refused):
    """The worker is deactivated."""


class WorkerIsForgotten(Refused):
    """The worker has been forgotten."""


@dataclass(frozen=True, slots=True)
class Worker:
    hired: bool = False
    active: bool = False
    rights: Mapping[Right, datetime | None] = field(default_factory=dict)
    """Each with its end, if it has one."""
    subject: SubjectId | None = None
    absences: Absences = field(default_factory=dict)
    notice_channels: tuple[Channel, ...] = ()
    """Beside those that a notice goes by anyway."""
    forgotten: bool = False

    def absent(self, at: datetime) -> Absence | None:
        """The absence that the worker is on at the instant."""
        return absence.in_force(self.absences, at)

    def holds(self, right: Right, now: datetime) -> bool:
        """Rights sleep while their worker is deactivated."""
        return self.active and right in self.rights and lasts(self.rights[right], now)


def hire(worker: Worker, subject: SubjectId, name: str) -> Iterator[WorkerEvent]:
    require(not worker.hired, otherwise=WorkerAlreadyHired)
    yield WorkerHired(subject=subject, name=name)


def rename(worker: Worker, name: str) -> Iterator[WorkerEvent]:
    """Always a fact: the former name is sealed, so that nobody can tell here whether it was the same."""
    require(worker.hired, otherwise=WorkerUnknown)
    assert worker.subject is not None
    yield WorkerRenamed(subject=worker.subject, name=name)


def set_email(worker: Worker, email: str | None) -> Iterator[WorkerEvent]:
    """Always a fact, as a new name is."""
    require(worker.hired, otherwise=WorkerUnknown)
    assert worker.subject is not None
    yield WorkerEmailSet(subject=worker.subject, email=email)


def set_notice_channels(worker: Worker, channels: tuple[Channel, ...]) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    if channels != worker.notice_channels:
        yield WorkerNoticeChannelsSet(channels=channels)


def grant(worker: Worker, right: Right, until: datetime | None, now: datetime) -> Iterator[WorkerEvent]:
    """Given again with another end, the new end holds."""
    require(worker.hired, otherwise=WorkerUnknown)
    require(worker.active, otherwise=WorkerNotActive)
    needs_end_ahead(until, now)
    if right not in worker.rights or until != worker.rights[right]:
        yield WorkerRightGranted(right=right, until=until)


def withdraw(worker: Worker, right: Right) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    if right in worker.rights:
        yield WorkerRightWithdrawn(right=right)


def deactivate(worker: Worker, successor: WorkerId | None = None, *, forced: bool = False) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    if worker.active:
        yield WorkerDeactivated(successor=successor, forced=forced)


def reactivate(worker: Worker) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    require(not worker.forgotten, otherwise=WorkerIsForgotten)
    if not worker.active:
        yield WorkerReactivated()


def plan_absence(worker: Worker, id: AbsenceId, wanted: Absence, of: WorkerId, at: datetime) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    require(worker.active, otherwise=WorkerNotActive)
    return absence.plan(worker.absences, id, wanted, of, at)


def end_absence(worker: Worker, id: AbsenceId, at: datetime) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    return absence.end(worker.absences, id, at)


def evolve(worker: Worker, fact: Fact[WorkerEvent]) -> Worker:
    match fact.event:
        case WorkerHired(subject=subject):
            return Worker(hired=True, active=True, subject=subject)
        case WorkerRenamed() | WorkerEmailSet():
            return worker
        case WorkerNoticeChannelsSet(channels=channels):
            return replace(worker, notice_channels=channels)
        case WorkerRightGranted(right=right, until=until):
            return replace(worker, rights={**worker.rights, right: until})
        case WorkerRightWithdrawn(right=right):
            return replace(worker, rights={held: end for held, end in worker.rights.items() if held is not right})
        case WorkerDeactivated():
            return replace(worker, active=False)
        case WorkerReactivated():
            return replace(worker, active=True)
        case WorkerForgotten():
            return replace(worker, forgotten=True)
        case WorkerAbsencePlanned() | WorkerAbsenceEnded() as told:
            return replace(worker, absences=absence.evolve(worker.absences, told, fact.happened_at))


WORKER = Decider(
    "worker",
    Worker(),
    evolve,
    (
        *(WorkerHired, WorkerRenamed, WorkerEmailSet, WorkerNoticeChannelsSet),
        *(WorkerRightGranted, WorkerRightWithdrawn),
        *(WorkerDeactivated, WorkerReactivated, WorkerForgotten, WorkerAbsencePlanned, WorkerAbsenceEnded),
    ),
)
