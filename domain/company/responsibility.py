"""Whoever answers for something must be able to: who is not is told once, and once when it is mended (R-DIR-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.values import Id, ProcessAreaId, WorkerId

CHECK = "check"
"""The one stream of what was found and mended: a deployment serves one company."""


class Kind(StrEnum):
    """What somebody answers for: as a steady duty, or an open ticket that they have."""

    GROUP = "group"
    PROCESS_AREA = "process-area"
    HELPDESK = "helpdesk"
    CONTACT = "contact"
    GATEWAY = "gateway"
    CONTRACT = "contract"
    TICKET = "ticket"


class Lacking(StrEnum):
    """What a responsible is without (D12); a team with nobody in it, or nobody fit for a ticket, is without members.

    Only of who has an open ticket it is asked whether they are there: a duty can wait for them (D11, D12).
    """

    ACTIVE = "active"
    AREA = "area"
    DIRECTORY = "directory"
    MEMBERS = "members"
    PRESENCE = "presence"


class LackFound(Event, topic="responsibility.lack-found"):
    """The worker answers for this and cannot; without a worker, the team that answers for it has nobody."""

    kind: Kind
    thing: Id
    process_area: ProcessAreaId | None
    worker: WorkerId | None
    lacks: tuple[Lacking, ...]


class LackSettled(Event, topic="responsibility.lack-settled"):
    """The worker can answer for this now, or does so no longer."""

    kind: Kind
    thing: Id
    process_area: ProcessAreaId | None
    worker: WorkerId | None


ResponsibilityEvent = LackFound | LackSettled


class Row(NamedTuple):
    """For what, and who."""

    kind: Kind
    thing: Id
    process_area: ProcessAreaId | None
    worker: WorkerId | None


Lacks = Mapping[Row, tuple[Lacking, ...]]


@dataclass(frozen=True, slots=True)
class Responsibility:
    """What was told and is not mended."""

    open: Lacks = field(default_factory=dict)


def check(responsibility: Responsibility, found: Lacks) -> Iterator[ResponsibilityEvent]:
    """Tell what is so and was not told yet, and what was told and is not so; one after the other, in a fixed order."""
    for row in _in_order(responsibility.open.keys() - found.keys()):
        yield LackSettled(**row._asdict())
    for row in _in_order(found):
        if found[row] != responsibility.open.get(row):
            yield LackFound(**row._asdict(), lacks=found[row])


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(part or "" for part in row))


def evolve(responsibility: Responsibility, fact: Fact[ResponsibilityEvent]) -> Responsibility:
    event = fact.event
    row = Row(event.kind, event.thing, event.process_area, event.worker)
    others = {told: lacks for told, lacks in responsibility.open.items() if told != row}
    match event:
        case LackFound(lacks=lacks):
            return Responsibility({**others, row: lacks})
        case LackSettled():
            return Responsibility(others)


RESPONSIBILITY = Decider("responsibility", Responsibility(), evolve, (LackFound, LackSettled))
