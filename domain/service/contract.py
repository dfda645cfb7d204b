"""An SLA contract promises targets in business time; a new version touches open targets only (R-SLA-7, D7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.service.level import Level
from domain.values import CalendarId, Holder, Label

Seconds = Annotated[int, Field(ge=1, le=315_360_000)]


class Targets(BaseModel, frozen=True, extra="forbid"):
    """How much business time there is; a missing target is no promise."""

    first_response_seconds: Seconds | None = None
    next_response_seconds: Seconds | None = None
    resolution_seconds: Seconds | None = None


def _in_order(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    if len({(level.target, level.percent) for level in levels}) < len(levels):
        raise ValueError("of a target there is one level at each percentage")
    return tuple(sorted(levels, key=lambda level: (level.target, level.percent)))


Levels = Annotated[tuple[Level, ...], Field(max_length=50), AfterValidator(_in_order)]
"""In order of their targets and percentages."""


class Terms(BaseModel, frozen=True, extra="forbid"):
    """One version of a contract's text; `responsible` is who answers for the tickets that have it (D11 step 1)."""

    calendar: CalendarId
    general: Targets = Targets()
    not_assessed: Targets | None = None
    by_severity: Annotated[Mapping[Label, Targets], Field(max_length=50)] = {}
    responsible: Holder | None = None
    levels: Levels = ()

    def targets(self, severity: str | None) -> Targets:
        """The targets for a severity (None: not assessed); the general ones hold where none are given."""
        given = self.not_assessed if severity is None else self.by_severity.get(severity)
        return self.general if given is None else given


class ContractConcluded(Event, topic="contract.concluded"):
    """There is a contract with these terms, its first version."""

    name: Label
    terms: Terms


class ContractRevised(Event, topic="contract.revised"):
    """New terms, the next version: they touch open targets only."""

    terms: Terms


ContractEvent = ContractConcluded | ContractRevised


class ContractUnknown(Unknown):
    """There is no such contract."""


class ContractAlreadyConcluded(Refused):
    """This contract was concluded before."""


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    recorded_at: datetime
    terms: Terms


@dataclass(frozen=True, slots=True)
class Contract:
    name: str = ""
    versions: tuple[Version, ...] = ()

    def as_of(self, instant: datetime) -> Version:
        """The version recorded last up to the instant; the first one counts for all time before."""
        for version in reversed(self.versions):
            if version.recorded_at <= instant:
                return version
        return self.versions[0]


def conclude(contract: Contract, name: str, terms: Terms) -> Iterator[ContractEvent]:
    require(not contract.versions, otherwise=ContractAlreadyConcluded)
    yield ContractConcluded(name=name, terms=terms)


def revise(contract: Contract, terms: Terms) -> Iterator[ContractEvent]:
    require(bool(contract.versions), otherwise=ContractUnknown)
    if terms != contract.versions[-1].terms:
        yield ContractRevised(terms=terms)


def evolve(contract: Contract, fact: Fact[ContractEvent]) -> Contract:
    match fact.event:
        case ContractConcluded(name=name, terms=terms):
            return Contract(name, (Version(1, fact.recorded_at, terms),))
        case ContractRevised(terms=terms):
            version = Version(len(contract.versions) + 1, fact.recorded_at, terms)
            return Contract(contract.name, (*contract.versions, version))


CONTRACT = Decider("contract", Contract(), evolve, (ContractConcluded, ContractRevised), dated=True)
