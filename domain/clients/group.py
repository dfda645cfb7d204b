"""A group puts customers together and carries what its members are promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import ContractId, DirectoryId, IncidentTypeId, Label


class GroupKind(StrEnum):
    """Whom a group gathers."""

    CUSTOMERS = "customers"
    COLLEAGUES = "colleagues"
    SUPPLIERS = "suppliers"


class GroupFormed(Event, topic="group.formed"):
    """There is a group of customers, kept in this directory."""

    directory: DirectoryId
    kind: GroupKind
    name: Label
    rank: int


class GroupRenamed(Event, topic="group.renamed"):
    """The group has another name."""

    name: Label


class GroupRanked(Event, topic="group.ranked"):
    """The group comes at this rank where the order of groups decides."""

    rank: int


class GroupContractSet(Event, topic="group.contract-set"):
    """The group's default SLA contract, or the one for an incident type (D1, scopes 3 and 4; R-SLA-1)."""

    incident_type: IncidentTypeId | None = None
    contract: ContractId | None


GroupEvent = GroupFormed | GroupRenamed | GroupRanked | GroupContractSet


class GroupUnknown(Unknown):
    """There is no such group."""


class GroupAlreadyFormed(Refused):
    """This group was formed before."""


@dataclass(frozen=True, slots=True)
class Group:
    directory: DirectoryId | None = None
    name: str = ""
    kind: GroupKind = GroupKind.CUSTOMERS
    rank: int = 0
    contracts: Mapping[IncidentTypeId | None, Timeline[ContractId | None]] = field(default_factory=dict)

    def contract(self, incident_type: IncidentTypeId | None, at: datetime) -> ContractId | None:
        return self.contracts.get(incident_type, Timeline()).at(at)


def form(group: Group, directory: DirectoryId, kind: GroupKind, name: str, rank: int) -> Iterator[GroupEvent]:
    require(group.directory is None, otherwise=GroupAlreadyFormed)
    yield GroupFormed(directory=directory, kind=kind, name=name, rank=rank)


def rename(group: Group, name: str) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if name != group.name:
        yield GroupRenamed(name=name)


def put_rank(group: Group, rank: int) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if rank != group.rank:
        yield GroupRanked(rank=rank)


def set_contract(
    group: Group, incident_type: IncidentTypeId | None, contract: ContractId | None, at: datetime
) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if contract != group.contract(incident_type, at):
        yield GroupContractSet(incident_type=incident_type, contract=contract)


def evolve(group: Group, fact: Fact[GroupEvent]) -> Group:
    match fact.event:
        case GroupFormed(directory=directory, kind=kind, name=name, rank=rank):
            return Group(directory=directory, name=name, kind=kind, rank=rank)
        case GroupRenamed(name=name):
            return replace(group, name=name)
        case GroupRanked(rank=rank):
            return replace(group, rank=rank)
        case GroupContractSet(incident_type=incident_type, contract=contract):
            line = group.contracts.get(incident_type, Timeline()).put(fact.happened_at, contract)
            return replace(group, contracts={**group.contracts, incident_type: line})


GROUP = Decider("group", Group(), evolve, (GroupFormed, GroupRenamed, GroupRanked, GroupContractSet))
