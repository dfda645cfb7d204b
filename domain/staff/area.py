"""An area is where work lies; its members work with the content, its readers look, its managers do neither."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.decider import Decider
from domain.ending import lasts, needs_end_ahead
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import AreaId, Holder, Instant, Label, WorkerId


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
    """The worker or team has this role in the area, from here on or until an instant."""

    holder: Holder
    role: Role
    until: Instant | None = None


class AreaRoleTaken(Event, topic="area.role-taken"):
    """The worker or team no longer has this role in the area."""

    holder: Holder
    role: Role


class AreaRenamed(Event, topic="area.renamed"):
    """The area has another name."""

    name: Label


class AreaHeadNamed(Event, topic="area.head-named"):
    """The area has this head, or none; being head gives no role in it."""

    worker: WorkerId | None


class AreaMoved(Event, topic="area.moved"):
    """The area lies inside another parent, or at the top; roles do not follow."""

    parent: AreaId | None


class AreaClosed(Event, topic="area.closed"):
    """No new ticket comes here; what lies here stays, and is seen and worked on as before."""


class AreaReopened(Event, topic="area.reopened"):
    """New tickets may come here again."""


AreaEvent = (
    AreaOpened | AreaRoleGiven | AreaRoleTaken | AreaRenamed | AreaHeadNamed | AreaMoved | AreaClosed | AreaReopened
)


class AreaUnknown(Unknown):
    """There is no such area."""


class AreaAlreadyOpened(Refused):
    """This area was opened before."""


class AreaInsideItself(Refused):
    """An area cannot lie inside itself, nor inside what lies in it."""


class AreaNotOpen(Refused):
    """The area is closed: no new ticket comes here."""


@dataclass(frozen=True, slots=True)
class Area:
    opened: bool = False
    name: str = ""
    parent: AreaId | None = None
    head: WorkerId | None = None
    closed: Timeline[bool] = field(default_factory=Timeline)
    roles: Mapping[tuple[Holder, Role], datetime | None] = field(default_factory=dict)
    """Who is what here, each with the end, if it has one."""

    def holders(self, role: Role, now: datetime) -> frozenset[Holder]:
        """Who has the role at the instant."""
        return frozenset(who for (who, held), until in self.roles.items() if held is role and lasts(until, now))


def open(area: Area, name: str, parent: AreaId | None) -> Iterator[AreaEvent]:
    require(not area.opened, otherwise=AreaAlreadyOpened)
    yield AreaOpened(name=name, parent=parent)


def give(area: Area, holder: Holder, role: Role, until: datetime | None, now: datetime) -> Iterator[AreaEvent]:
    """Given again with another end, the new end holds."""
    require(area.opened, otherwise=AreaUnknown)
    needs_end_ahead(until, now)
    if (holder, role) not in area.roles or until != area.roles[holder, role]:
        yield AreaRoleGiven(holder=holder, role=role, until=until)


def take(area: Area, holder: Holder, role: Role) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if (holder, role) in area.roles:
        yield AreaRoleTaken(holder=holder, role=role)


def rename(area: Area, name: str) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if name != area.name:
        yield AreaRenamed(name=name)


def name_head(area: Area, worker: WorkerId | None) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if worker != area.head:
        yield AreaHeadNamed(worker=worker)


def move(area: Area, id: AreaId, parent: AreaId | None, above: Collection[AreaId]) -> Iterator[AreaEvent]:
    """`above` is the parent, with all that it lies in."""
    require(area.opened, otherwise=AreaUnknown)
    require(id not in above, otherwise=AreaInsideItself)
    if parent != area.parent:
        yield AreaMoved(parent=parent)


def close(area: Area, at: datetime) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if not area.closed.at(at):
        yield AreaClosed()


def reopen(area: Area, at: datetime) -> Iterator[AreaEvent]:
    require(area.opened, otherwise=AreaUnknown)
    if area.closed.at(at):
        yield AreaReopened()


def needs_open(area: Area, at: datetime) -> None:
    """Refuse what would newly come to an area that is closed at the instant."""
    require(not area.closed.at(at), otherwise=AreaNotOpen)


def evolve(area: Area, fact: Fact[AreaEvent]) -> Area:
    match fact.event:
        case AreaOpened(name=name, parent=parent):
            return Area(opened=True, name=name, parent=parent)
        case AreaRoleGiven(holder=holder, role=role, until=until):
            return replace(area, roles={**area.roles, (holder, role): until})
        case AreaRoleTaken(holder=holder, role=role):
            return replace(area, roles={each: end for each, end in area.roles.items() if each != (holder, role)})
        case AreaRenamed(name=name):
            return replace(area, name=name)
        case AreaHeadNamed(worker=worker):
            return replace(area, head=worker)
        case AreaMoved(parent=parent):
            return replace(area, parent=parent)
        case AreaClosed():
            return replace(area, closed=area.closed.put(fact.happened_at, True))
        case AreaReopened():
            return replace(area, closed=area.closed.put(fact.happened_at, False))


AREA = Decider(
    "area",
    Area(),
    evolve,
    (
        *(AreaOpened, AreaRoleGiven, AreaRoleTaken),
        *(AreaRenamed, AreaHeadNamed, AreaMoved, AreaClosed, AreaReopened),
    ),
)
