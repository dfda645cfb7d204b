"""The company's own settings: a missing one is listed, never guessed (R-SET-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, require
from domain.timeline import Timeline
from domain.values import AreaId, ContractId, Label, WorkerId

COMPANY = "company"
"""The one stream of settings: a deployment serves one company."""


class DefaultAreaSet(Event, topic="settings.default-area-set"):
    """Tickets go to this area when nothing else says."""

    area: AreaId


class DefaultContractSet(Event, topic="settings.default-contract-set"):
    """This contract, or none, holds where no other does."""

    contract: ContractId | None


class SeveritiesListed(Event, topic="settings.severities-listed"):
    """The ordered code list of severities, gravest first."""

    severities: tuple[Label, ...]


class HelpdeskResponsibleSet(Event, topic="settings.helpdesk-responsible-set"):
    """This worker, or nobody, answers for tickets that nobody else answers for (D11 step 4)."""

    responsible: WorkerId | None


SettingsEvent = DefaultAreaSet | DefaultContractSet | SeveritiesListed | HelpdeskResponsibleSet


class SeverityListedTwice(Refused):
    """A severity stands in the list twice."""


@dataclass(frozen=True, slots=True)
class Settings:
    default_area: AreaId | None = None
    default_contract: Timeline[ContractId | None] = field(default_factory=Timeline)
    severities: tuple[str, ...] = ()
    helpdesk_responsible: Timeline[WorkerId | None] = field(default_factory=Timeline)


def set_default_area(settings: Settings, area: AreaId) -> Iterator[SettingsEvent]:
    if area != settings.default_area:
        yield DefaultAreaSet(area=area)


def set_default_contract(settings: Settings, contract: ContractId | None, at: datetime) -> Iterator[SettingsEvent]:
    if contract != settings.default_contract.at(at):
        yield DefaultContractSet(contract=contract)


def list_severities(settings: Settings, severities: tuple[str, ...]) -> Iterator[SettingsEvent]:
    require(len(set(severities)) == len(severities), otherwise=SeverityListedTwice)
    if severities != settings.severities:
        yield SeveritiesListed(severities=severities)


def set_helpdesk_responsible(settings: Settings, responsible: WorkerId | None, at: datetime) -> Iterator[SettingsEvent]:
    if responsible != settings.helpdesk_responsible.at(at):
        yield HelpdeskResponsibleSet(responsible=responsible)


def evolve(settings: Settings, fact: Fact[SettingsEvent]) -> Settings:
    match fact.event:
        case DefaultAreaSet(area=area):
            return replace(settings, default_area=area)
        case DefaultContractSet(contract=contract):
            return replace(settings, default_contract=settings.default_contract.put(fact.happened_at, contract))
        case SeveritiesListed(severities=severities):
            return replace(settings, severities=severities)
        case HelpdeskResponsibleSet(responsible=responsible):
            line = settings.helpdesk_responsible.put(fact.happened_at, responsible)
            return replace(settings, helpdesk_responsible=line)


SETTINGS = Decider(
    "settings", Settings(), evolve, (DefaultAreaSet, DefaultContractSet, SeveritiesListed, HelpdeskResponsibleSet)
)
