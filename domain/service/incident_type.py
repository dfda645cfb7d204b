"""An incident type is an entry of a code list that may carry its own contract (R-SLA-5, D1 scope 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import ContractId, Label


class IncidentTypeListed(Event, topic="incident-type.listed"):
    """There is such a type of incident."""

    name: Label


class IncidentTypeRetired(Event, topic="incident-type.retired"):
    """The type is no longer offered; what has it keeps it."""


class IncidentTypeContractSet(Event, topic="incident-type.contract-set"):
    """Tickets of this type are promised this contract, or none, where no customer or group has its own (D1 scope 5)."""

    contract: ContractId | None


IncidentTypeEvent = IncidentTypeListed | IncidentTypeRetired | IncidentTypeContractSet


class IncidentTypeUnknown(Unknown):
    """There is no such incident type."""


class IncidentTypeAlreadyListed(Refused):
    """This incident type was listed before."""


class IncidentTypeNotOffered(Refused):
    """The incident type is retired."""


@dataclass(frozen=True, slots=True)
class IncidentType:
    listed: bool = False
    name: str = ""
    retired: bool = False
    contract: Timeline[ContractId | None] = field(default_factory=Timeline)


def enter(incident_type: IncidentType, name: str) -> Iterator[IncidentTypeEvent]:
    require(not incident_type.listed, otherwise=IncidentTypeAlreadyListed)
    yield IncidentTypeListed(name=name)


def retire(incident_type: IncidentType) -> Iterator[IncidentTypeEvent]:
    require(incident_type.listed, otherwise=IncidentTypeUnknown)
    if not incident_type.retired:
        yield IncidentTypeRetired()


def set_contract(incident_type: IncidentType, contract: ContractId | None, at: datetime) -> Iterator[IncidentTypeEvent]:
    require(incident_type.listed, otherwise=IncidentTypeUnknown)
    if contract != incident_type.contract.at(at):
        yield IncidentTypeContractSet(contract=contract)


def evolve(incident_type: IncidentType, fact: Fact[IncidentTypeEvent]) -> IncidentType:
    match fact.event:
        case IncidentTypeListed(name=name):
            return IncidentType(listed=True, name=name)
        case IncidentTypeRetired():
            return replace(incident_type, retired=True)
        case IncidentTypeContractSet(contract=contract):
            return replace(incident_type, contract=incident_type.contract.put(fact.happened_at, contract))


INCIDENT_TYPE = Decider(
    "incident-type", IncidentType(), evolve, (IncidentTypeListed, IncidentTypeRetired, IncidentTypeContractSet)
)
