"""A worker holds system rights while active; what they hold decides what they may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, Unknown, require
from domain.values import Line, SubjectId, WorkerId

SYSTEM = WorkerId("system")
"""The installation itself: it sets up and imports, and no right is asked of it."""

ROUTING, NOTIFYING, TIMER = WorkerId("routing"), WorkerId("notifying"), WorkerId("timer")
"""Who asks where a fact or the time calls for it: each holds no right and may ask for what it is there for alone."""

AUTOMATA = frozenset({SYSTEM, ROUTING, NOTIFYING, TIMER})
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


class WorkerRightGranted(Event, topic="worker.right-granted"):
    """The worker holds this system right from here on."""

    right: Right


class WorkerRightWithdrawn(Event, topic="worker.right-withdrawn"):
    """The worker no longer holds this system right."""

    right: Right


class WorkerDeactivated(Event, topic="worker.deactivated"):
    """The worker left or is blocked: while inactive no right counts."""


class WorkerReactivated(Event, topic="worker.reactivated"):
    """The worker is back, with the rights held before."""


WorkerEvent = WorkerHired | WorkerRightGranted | WorkerRightWithdrawn | WorkerDeactivated | WorkerReactivated


class WorkerUnknown(Unknown):
    """There is no such worker."""


class WorkerAlreadyHired(Refused):
    """This worker was hired before."""


class WorkerNotActive(Refused):
    """The worker is deactivated."""


@dataclass(frozen=True, slots=True)
class Worker:
    hired: bool = False
    active: bool = False
    rights: frozenset[Right] = frozenset()

    def holds(self, right: Right) -> bool:
        """Rights sleep while their worker is deactivated."""
        return self.active and right in self.rights


def hire(worker: Worker, subject: SubjectId, name: str) -> Iterator[WorkerEvent]:
    require(not worker.hired, otherwise=WorkerAlreadyHired)
    yield WorkerHired(subject=subject, name=name)


def grant(worker: Worker, right: Right) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    require(worker.active, otherwise=WorkerNotActive)
    if right not in worker.rights:
        yield WorkerRightGranted(right=right)


def withdraw(worker: Worker, right: Right) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    if right in worker.rights:
        yield WorkerRightWithdrawn(right=right)


def deactivate(worker: Worker) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    if worker.active:
        yield WorkerDeactivated()


def reactivate(worker: Worker) -> Iterator[WorkerEvent]:
    require(worker.hired, otherwise=WorkerUnknown)
    if not worker.active:
        yield WorkerReactivated()


def evolve(worker: Worker, fact: Fact[WorkerEvent]) -> Worker:
    match fact.event:
        case WorkerHired():
            return Worker(hired=True, active=True)
        case WorkerRightGranted(right=right):
            return replace(worker, rights=worker.rights | {right})
        case WorkerRightWithdrawn(right=right):
            return replace(worker, rights=worker.rights - {right})
        case WorkerDeactivated():
            return replace(worker, active=False)
        case WorkerReactivated():
            return replace(worker, active=True)


WORKER = Decider(
    "worker",
    Worker(),
    evolve,
    (WorkerHired, WorkerRightGranted, WorkerRightWithdrawn, WorkerDeactivated, WorkerReactivated),
)
