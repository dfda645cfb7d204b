"""An area is where work lies; its members work with the content, its readers look, its managers do neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.values import AreaId, Holder, Label


class Role(StrEnum):
    """The rights in an area; manager gives no sight of the content."""

    MEMBER = "member"
    READER = "reader"
    MANAGER = "manager"


class AreaOpened(Event, topic="area.opened"):
    """There is an area, inside its parent if it has one."""

    name: Label
    parent: AreaId | None = None


class AreaRoleGiven(Event, topic="area.role-given"):
    """The worker or team has this role in the area."""

    holder: Holder
    role: Role


class AreaRoleTaken(Event, topic="area.role-taken"):
    """The worker or team no longer has this role in the area."""

    holder: Holder
    role: Role


AreaEvent = AreaOpened | AreaRoleGiven | AreaRoleTaken


class AreaUnknown(Unknown):
    """There is no such area."""


class AreaAlreadyOpened(Refused):
    """This area was opened before."""


@dataclass(frozen=True, slots=True)
class Area:
    opened: bool = False
    roles: Mapping[Role, frozenset[Holder]] = field(default_factory=dict)

    def holders(self, role: Role) -> frozenset[Holder]:
        return self.roles.get(role, frozenset())


def open(area: Area, name: str, parent: AreaId | None) -> Iterator[AreaEvent]:
    require(not area.opened, otherwise=AreaAlreadyOpened)
    yield AreaOpened(name=name, parent=parent)


def give(area: Area, holder: Holder, role: Role) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if holder not in area.holders(role):
        yield AreaRoleGiven(holder=holder, role=role)


def take(area: Area, holder: Holder, role: Role) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if holder in area.holders(role):
        yield AreaRoleTaken(holder=holder, role=role)


def evolve(area: Area, fact: Fact[AreaEvent]) -> Area:
    match fact.event:
        case AreaOpened():
            return Area(opened=True)
        case AreaRoleGiven(holder=holder, role=role):
            return replace(area, roles={**area.roles, role: area.holders(role) | {holder}})
        case AreaRoleTaken(holder=holder, role=role):
            return replace(area, roles={**area.roles, role: area.holders(role) - {holder}})


AREA = Decider("area", Area(), evolve, (AreaOpened, AreaRoleGiven, AreaRoleTaken))
