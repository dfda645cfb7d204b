"""Whether the worker who asks may: system rights and directory or area rights, both at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from commands.command import Reading
from domain.clients.directory import DIRECTORY, Directory, DirectoryUnknown, Given, Level, highest
from domain.clients.group import GROUP, GroupUnknown
from domain.decider import Decider
from domain.ending import lasts
from domain.fact import Event
from domain.refusal import NotAllowed, require
from domain.staff.area import Area, AreaUnknown, Role
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import DirectoryId, GroupId, Holder, WorkerId, team_of, worker_holder

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class RightMissing(NotAllowed):
    """The worker is not active or does not hold the system right this takes."""


class LevelMissing(NotAllowed):
    """The worker's right to the directory does not reach this far."""


class RoleMissing(NotAllowed):
    """The role of the worker in the area does not reach this far."""


class LateFactsNotAllowed(NotAllowed):
    """Recording what happened more than five minutes ago takes the right to record late facts (D32)."""


@dataclass(slots=True)
class InPlaceOf:
    """Another worker in the place of the one who asks: what is read of them becomes a guard all the same."""

    asked: Reading
    actor: WorkerId
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.asked.now

    def read(self, decider: Decider[S, E], id: str) -> S:
        return self.asked.read(decider, id)

    def bring(self, decider: Decider[Any, Any], ids: Iterable[str]) -> None:
        self.asked.bring(decider, ids)


class Ground(NamedTuple):
    """The right that decides: whose it is, how far it reaches, and until when."""

    holder: Holder
    level: Level
    until: datetime | None = None


class Part(NamedTuple):
    """The role that decides: whose it is, and what it is."""

    holder: Holder
    role: Role


def holds(asked: Reading, right: Right) -> bool:
    """Whether the worker who asks is active and holds the system right; of the installation none is asked."""
    return asked.actor != SYSTEM and asked.read(WORKER, asked.actor).holds(right, asked.now)


def needs(asked: Reading, right: Right) -> None:
    """Refuse unless the worker who asks is active and holds the system right."""
    require(asked.actor == SYSTEM or holds(asked, right), otherwise=RightMissing)


def ground(asked: Reading, directory: Directory) -> Ground:
    """The highest right the worker has to the directory, in person before through a team (R-DIR-2)."""
    own = worker_holder(asked.actor)
    if asked.actor == SYSTEM:
        return Ground(own, Level.ADMINISTER)
    best = Ground(own, *highest(directory.given(own, asked.now)))
    for (holder, _), right in directory.rights.items():
        if lasts(right.until, asked.now) and _goes_before(holder, right, best, own) and in_team(asked, holder):
            best = Ground(holder, *right)
    return best


def _goes_before(holder: Holder, right: Given, best: Ground, own: Holder) -> bool:
    """Through the first of several teams, and for good before for a time."""
    if right.level is best.level and holder == best.holder:
        return right.until is None
    if right.level is best.level:
        return best.holder != own and holder < best.holder
    return right.level.reaches(best.level)


def level(asked: Reading, directory: Directory) -> Level:
    """How far the worker may go with the directory."""
    return ground(asked, directory).level


def needs_level(asked: Reading, id: DirectoryId, needed: Level) -> None:
    """Refuse unless the right to the directory reaches the level; without any, the directory is unknown (R-DIR-3)."""
    directory = asked.read(DIRECTORY, id)
    found = level(asked, directory)
    if not directory.opened or found is Level.NONE:
        raise DirectoryUnknown
    if not found.reaches(needed):
        raise LevelMissing


def needs_group(asked: Reading, id: GroupId) -> None:
    """Refuse unless the worker may edit the group's directory; unknown to one who may not know of it (R-GRP-3)."""
    group = asked.read(GROUP, id)
    if group.directory is None:
        raise GroupUnknown
    try:
        needs_level(asked, group.directory, Level.EDIT)
    except DirectoryUnknown:
        raise GroupUnknown from None


def role_of(asked: Reading, area: Area, *roles: Role) -> Part | None:
    """The first of these roles that the worker has in the area, in person before through a team."""
    own = worker_holder(asked.actor)
    if asked.actor == SYSTEM:
        return Part(own, roles[0])
    for role in roles:
        holders = area.holders(role, asked.now)
        if own in holders:
            return Part(own, role)
        for holder in sorted(holders):
            if in_team(asked, holder):
                return Part(holder, role)
    return None


def lookers(area: Area) -> Iterator[Holder]:
    """Whoever is or was to be member or reader of the area: nobody else knows of what lies in it."""
    return (holder for holder, role in area.roles if role is not Role.MANAGER)


def has_role(asked: Reading, area: Area, *roles: Role) -> bool:
    """Whether the worker has one of the roles in the area, in person or through a team."""
    return role_of(asked, area, *roles) is not None


def manages(asked: Reading, area: Area) -> None:
    """Refuse all but the area administrator and the managers of the area; to who has no role in it, it is unknown."""
    if asked.actor == SYSTEM or holds(asked, Right.AREA_ADMINISTRATOR):
        return
    needs(asked, Right.BASIC)
    require(area.opened and has_role(asked, area, *Role), otherwise=AreaUnknown)
    require(has_role(asked, area, Role.MANAGER), otherwise=RoleMissing)


def needs_automaton(asked: Reading, automaton: WorkerId) -> None:
    """Refuse everybody but the automaton that is there for this, and the installation itself."""
    require(asked.actor in (automaton, SYSTEM), otherwise=RightMissing)


def in_team(asked: Reading, holder: Holder) -> bool:
    """Whether the holder is a team, and the worker who asks is in it."""
    team = team_of(holder)
    return team is not None and asked.actor in asked.read(TEAM, team).members
