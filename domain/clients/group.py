"""A group puts customers together and carries what its members are promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.spell import Spells, inside, turned
from domain.timeline import Timeline
from domain.values import (
    AreaId,
    ContractId,
    DirectoryId,
    IncidentTypeId,
    Label,
    PriceListId,
    ProcessAreaId,
    TeamId,
    WorkerId,
)


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


class GroupMoved(Event, topic="group.moved"):
    """The group is kept in another directory, and those who may know of it changed with that (R-GRP-3)."""

    origin: DirectoryId
    directory: DirectoryId


class GroupClosed(Event, topic="group.closed"):
    """Nobody joins any more; who is in it stays, with what its members are promised."""


class GroupReopened(Event, topic="group.reopened"):
    """The group takes members again."""


class GroupResponsibleSet(Event, topic="group.responsible-set"):
    """Who answers for the members' matters in a process area, and which area these go to; none of them: no row."""

    process_area: ProcessAreaId
    person: WorkerId | None
    team: TeamId | None
    area: AreaId | None


class GroupPriceListAttached(Event, topic="group.price-list-attached"):
    """From here on the price list is applied to the orders of all members (R-PRC-2)."""

    price_list: PriceListId


class GroupPriceListDetached(Event, topic="group.price-list-detached"):
    """From here on the price list is no longer applied because of this group."""

    price_list: PriceListId


GroupEvent = (
    GroupFormed
    | GroupRenamed
    | GroupRanked
    | GroupContractSet
    | GroupMoved
    | GroupClosed
    | GroupReopened
    | GroupResponsibleSet
    | GroupPriceListAttached
    | GroupPriceListDetached
)


class GroupUnknown(Unknown):
    """There is no such group."""


class GroupAlreadyFormed(Refused):
    """This group was formed before."""


class GroupNotOpen(Refused):
    """The group is closed: nobody joins it."""


class Responsible(NamedTuple):
    """A responsibility row: each part is looked up on its own, and a row without any is as none (R-RESP-1)."""

    person: WorkerId | None = None
    team: TeamId | None = None
    area: AreaId | None = None


NOBODY = Responsible()


@dataclass(frozen=True, slots=True)
class Group:
    directory: DirectoryId | None = None
    name: str = ""
    kind: GroupKind = GroupKind.CUSTOMERS
    rank: int = 0
    contracts: Mapping[IncidentTypeId | None, Timeline[ContractId | None]] = field(default_factory=dict)
    closed: Timeline[bool] = field(default_factory=Timeline)
    rows: Mapping[ProcessAreaId, Timeline[Responsible]] = field(default_factory=dict)
    price_lists: Spells[PriceListId] = field(default_factory=dict)

    def contract(self, incident_type: IncidentTypeId | None, at: datetime) -> ContractId | None:
        return self.contracts.get(incident_type, Timeline()).at(at)

    def responsible(self, process_area: ProcessAreaId, at: datetime) -> Responsible:
        """The row for the process area at the instant."""
        return self.rows.get(process_area, Timeline()).at(at) or NOBODY


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


def move(group: Group, directory: DirectoryId) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    assert group.directory is not None
    if directory != group.directory:
        yield GroupMoved(origin=group.directory, directory=directory)


def close(group: Group, at: datetime) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if not group.closed.at(at):
        yield GroupClosed()


def reopen(group: Group, at: datetime) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if group.closed.at(at):
        yield GroupReopened()


def needs_open(group: Group, at: datetime) -> None:
    """Refuse who would join at an instant at which the group is closed."""
    require(not group.closed.at(at), otherwise=GroupNotOpen)


def set_responsible(group: Group, process_area: ProcessAreaId, row: Responsible, at: datetime) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if row != group.responsible(process_area, at):
        yield GroupResponsibleSet(process_area=process_area, person=row.person, team=row.team, area=row.area)


def attach_price_list(group: Group, price_list: PriceListId, at: datetime) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if not inside(group.price_lists, price_list, at):
        yield GroupPriceListAttached(price_list=price_list)


def detach_price_list(group: Group, price_list: PriceListId, at: datetime) -> Iterator[GroupEvent]:
    require(group.directory is not None, otherwise=GroupUnknown)
    if inside(group.price_lists, price_list, at):
        yield GroupPriceListDetached(price_list=price_list)


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
        case GroupMoved(directory=directory):
            return replace(group, directory=directory)
        case GroupClosed():
            return replace(group, closed=group.closed.put(fact.happened_at, True))
        case GroupReopened():
            return replace(group, closed=group.closed.put(fact.happened_at, False))
        case GroupResponsibleSet(process_area=process_area, person=person, team=team, area=area):
            row = group.rows.get(process_area, Timeline()).put(fact.happened_at, Responsible(person, team, area))
            return replace(group, rows={**group.rows, process_area: row})
        case GroupPriceListAttached(price_list=price_list):
            lists = turned(group.price_lists, price_list, fact.happened_at, inside=True)
            return replace(group, price_lists=lists)
        case GroupPriceListDetached(price_list=price_list):
            lists = turned(group.price_lists, price_list, fact.happened_at, inside=False)
            return replace(group, price_lists=lists)


GROUP = Decider(
    "group",
    Group(),
    evolve,
    (
        *(GroupFormed, GroupRenamed, GroupRanked, GroupContractSet),
        *(GroupMoved, GroupClosed, GroupReopened, GroupResponsibleSet),
        *(GroupPriceListAttached, GroupPriceListDetached),
    ),
)
