"""A gateway is a mailbox, a form or a line through which messages come and go; each names a process area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import Holder, Label, ProcessAreaId


class GatewayKind(StrEnum):
    """Which way messages come: by e-mail, out of a web form, by telephone."""

    MAILBOX = "mailbox"
    FORM = "form"
    LINE = "line"


class GatewayOpened(Event, topic="gateway.opened"):
    """Messages come and go through this gateway; they are of this kind of care."""

    name: Label
    kind: GatewayKind
    process_area: ProcessAreaId


class GatewayRenamed(Event, topic="gateway.renamed"):
    """The gateway has another name."""

    name: Label


class GatewayProcessAreaSet(Event, topic="gateway.process-area-set"):
    """From here on what comes through the gateway is of another kind of care."""

    process_area: ProcessAreaId


class GatewayResponsibleSet(Event, topic="gateway.responsible-set"):
    """This worker or team, or nobody, answers for what comes through the gateway (D11 step 3)."""

    responsible: Holder | None


class GatewayClosed(Event, topic="gateway.closed"):
    """Nothing new comes through the gateway from here on; what came stays."""


class GatewayReopened(Event, topic="gateway.reopened"):
    """Messages come through the gateway again from here on."""


GatewayEvent = (
    GatewayOpened | GatewayRenamed | GatewayProcessAreaSet | GatewayResponsibleSet | GatewayClosed | GatewayReopened
)


class GatewayUnknown(Unknown):
    """There is no such gateway."""


class GatewayAlreadyOpened(Refused):
    """This gateway was opened before."""


class GatewayNotOpen(Refused):
    """The gateway is closed: nothing new comes through it."""


@dataclass(frozen=True, slots=True)
class Gateway:
    opened: bool = False
    name: str = ""
    kind: GatewayKind = GatewayKind.FORM
    process_area: Timeline[ProcessAreaId] = field(default_factory=Timeline)
    responsible: Timeline[Holder | None] = field(default_factory=Timeline)
    closed: Timeline[bool] = field(default_factory=Timeline)


def open(gateway: Gateway, name: str, kind: GatewayKind, process_area: ProcessAreaId) -> Iterator[GatewayEvent]:
    require(not gateway.opened, otherwise=GatewayAlreadyOpened)
    yield GatewayOpened(name=name, kind=kind, process_area=process_area)


def rename(gateway: Gateway, name: str) -> Iterator[GatewayEvent]:
    require(gateway.opened, otherwise=GatewayUnknown)
    if name != gateway.name:
        yield GatewayRenamed(name=name)


def set_process_area(gateway: Gateway, process_area: ProcessAreaId, at: datetime) -> Iterator[GatewayEvent]:
    require(gateway.opened, otherwise=GatewayUnknown)
    if process_area != gateway.process_area.at(at):
        yield GatewayProcessAreaSet(process_area=process_area)


def set_responsible(gateway: Gateway, responsible: Holder | None, at: datetime) -> Iterator[GatewayEvent]:
    require(gateway.opened, otherwise=GatewayUnknown)
    if responsible != gateway.responsible.at(at):
        yield GatewayResponsibleSet(responsible=responsible)


def close(gateway: Gateway, at: datetime) -> Iterator[GatewayEvent]:
    require(gateway.opened, otherwise=GatewayUnknown)
    if not gateway.closed.at(at):
        yield GatewayClosed()


def reopen(gateway: Gateway, at: datetime) -> Iterator[GatewayEvent]:
    require(gateway.opened, otherwise=GatewayUnknown)
    if gateway.closed.at(at):
        yield GatewayReopened()


def needs_open(gateway: Gateway, at: datetime) -> None:
    """Refuse what would come through a gateway that there never was, or that is closed at the instant."""
    require(gateway.opened, otherwise=GatewayUnknown)
    require(not gateway.closed.at(at), otherwise=GatewayNotOpen)


def evolve(gateway: Gateway, fact: Fact[GatewayEvent]) -> Gateway:
    match fact.event:
        case GatewayOpened(name=name, kind=kind, process_area=process_area):
            found = Gateway(opened=True, name=name, kind=kind)
            return replace(found, process_area=found.process_area.put(fact.happened_at, process_area))
        case GatewayRenamed(name=name):
            return replace(gateway, name=name)
        case GatewayProcessAreaSet(process_area=process_area):
            return replace(gateway, process_area=gateway.process_area.put(fact.happened_at, process_area))
        case GatewayResponsibleSet(responsible=responsible):
            return replace(gateway, responsible=gateway.responsible.put(fact.happened_at, responsible))
        case GatewayClosed():
            return replace(gateway, closed=gateway.closed.put(fact.happened_at, True))
        case GatewayReopened():
            return replace(gateway, closed=gateway.closed.put(fact.happened_at, False))


GATEWAY = Decider(
    "gateway",
    Gateway(),
    evolve,
    (
        *(GatewayOpened, GatewayRenamed, GatewayProcessAreaSet, GatewayResponsibleSet),
        *(GatewayClosed, GatewayReopened),
    ),
)
