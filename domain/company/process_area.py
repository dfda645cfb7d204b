"""A process area is an entry of a code list: a kind of care, with somebody who answers for it and no rights of its own.

The helpdesk is one of them, by its name alone (R-RESP-4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import Holder, Label


class ProcessAreaListed(Event, topic="process-area.listed"):
    """There is such a kind of care."""

    name: Label


class ProcessAreaRenamed(Event, topic="process-area.renamed"):
    """The process area has another name."""

    name: Label


class ProcessAreaRetired(Event, topic="process-area.retired"):
    """The process area is no longer offered; what has it keeps it."""


class ProcessAreaResponsibleSet(Event, topic="process-area.responsible-set"):
    """This worker or team, or nobody, answers for what nobody else answers for in the process area (R-RESP-2)."""

    responsible: Holder | None


ProcessAreaEvent = ProcessAreaListed | ProcessAreaRenamed | ProcessAreaRetired | ProcessAreaResponsibleSet


class ProcessAreaUnknown(Unknown):
    """There is no such process area."""


class ProcessAreaAlreadyListed(Refused):
    """This process area was listed before."""


class ProcessAreaNotOffered(Refused):
    """The process area is retired."""


@dataclass(frozen=True, slots=True)
class ProcessArea:
    listed: bool = False
    name: str = ""
    retired: bool = False
    responsible: Timeline[Holder | None] = field(default_factory=Timeline)


def enter(process_area: ProcessArea, name: str) -> Iterator[ProcessAreaEvent]:
    require(not process_area.listed, otherwise=ProcessAreaAlreadyListed)
    yield ProcessAreaListed(name=name)


def rename(process_area: ProcessArea, name: str) -> Iterator[ProcessAreaEvent]:
    require(process_area.listed, otherwise=ProcessAreaUnknown)
    if name != process_area.name:
        yield ProcessAreaRenamed(name=name)


def retire(process_area: ProcessArea) -> Iterator[ProcessAreaEvent]:
    require(process_area.listed, otherwise=ProcessAreaUnknown)
    if not process_area.retired:
        yield ProcessAreaRetired()


def set_responsible(process_area: ProcessArea, responsible: Holder | None, at: datetime) -> Iterator[ProcessAreaEvent]:
    require(process_area.listed, otherwise=ProcessAreaUnknown)
    if responsible != process_area.responsible.at(at):
        yield ProcessAreaResponsibleSet(responsible=responsible)


def needs_offered(process_area: ProcessArea) -> None:
    """Refuse what would newly name a process area that is retired, or was never listed."""
    require(process_area.listed, otherwise=ProcessAreaUnknown)
    require(not process_area.retired, otherwise=ProcessAreaNotOffered)


def evolve(process_area: ProcessArea, fact: Fact[ProcessAreaEvent]) -> ProcessArea:
    match fact.event:
        case ProcessAreaListed(name=name):
            return ProcessArea(listed=True, name=name)
        case ProcessAreaRenamed(name=name):
            return replace(process_area, name=name)
        case ProcessAreaRetired():
            return replace(process_area, retired=True)
        case ProcessAreaResponsibleSet(responsible=responsible):
            return replace(process_area, responsible=process_area.responsible.put(fact.happened_at, responsible))


PROCESS_AREA = Decider(
    "process-area",
    ProcessArea(),
    evolve,
    (ProcessAreaListed, ProcessAreaRenamed, ProcessAreaRetired, ProcessAreaResponsibleSet),
)
