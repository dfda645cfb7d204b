"""Whether the worker who asks may: system rights and directory or area rights, both at once."""

from __future__ import annotations

from collections.abc import Iterable

from commands.command import Asked
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.directory import DIRECTORY, Directory, DirectoryUnknown, Level
from domain.clients.group import GROUP, GroupUnknown
from domain.refusal import NotAllowed, Unknown
from domain.service.ticket import Ticket, TicketUnknown
from domain.staff.area import AREA, Area, Role
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import ContactId, DirectoryId, GroupId, Holder, team_of, worker_holder


class RightMissing(NotAllowed):
    """The worker is not active or does not hold the system right this takes."""


class LevelMissing(NotAllowed):
    """The worker's right to the directory does not reach this far."""


class RoleMissing(NotAllowed):
    """The worker is not a member of the area."""


class LateFactsNotAllowed(NotAllowed):
    """Recording what happened more than five minutes ago takes the right to record late facts (D32)."""


def needs(asked: Asked, right: Right) -> None:
    """Refuse unless the worker who asks is active and holds the system right."""
    if asked.actor != SYSTEM and not asked.read(WORKER, asked.actor).holds(right):
        raise RightMissing


def level(asked: Asked, directory: Directory) -> Level:
    """The highest right the worker has to the directory, in person or through a team (R-DIR-2)."""
    if asked.actor == SYSTEM:
        return Level.ADMINISTER
    best = directory.level(worker_holder(asked.actor))
    for holder, given in directory.levels.items():
        if not best.reaches(given) and _in_team(asked, holder):
            best = given
    return best


def needs_level(asked: Asked, id: DirectoryId, needed: Level) -> None:
    """Refuse unless the right to the directory reaches the level; without any, the directory is unknown (R-DIR-3)."""
    directory = asked.read(DIRECTORY, id)
    found = level(asked, directory)
    if not directory.opened or found is Level.NONE:
        raise DirectoryUnknown
    if not found.reaches(needed):
        raise LevelMissing


def sees(asked: Asked, contact: ContactId) -> bool:
    """Whether the worker may know of the contact: at least "use" on its directory."""
    directory = asked.read(CONTACT, contact).directory
    return directory is not None and level(asked, asked.read(DIRECTORY, directory)).reaches(Level.USE)


def needs_sight(asked: Asked, contact: ContactId, otherwise: type[Unknown] = ContactUnknown) -> None:
    """Refuse as if there were no such contact unless the worker sees it (D16)."""
    if not sees(asked, contact):
        raise otherwise


def needs_group(asked: Asked, id: GroupId) -> None:
    """Refuse unless the worker may edit the group's directory; unknown to one who may not know of it (R-GRP-3)."""
    group = asked.read(GROUP, id)
    if group.directory is None:
        raise GroupUnknown
    try:
        needs_level(asked, group.directory, Level.EDIT)
    except DirectoryUnknown:
        raise GroupUnknown from None


def has_role(asked: Asked, area: Area, *roles: Role) -> bool:
    """Whether the worker has one of the roles in the area, in person or through a team."""
    return asked.actor == SYSTEM or any(_holds(asked, area.holders(role)) for role in roles)


def works_on(asked: Asked, ticket: Ticket) -> None:
    """Refuse unless the worker may work on the ticket: helpdesk, sight of its contacts, member of its area (D34)."""
    needs(asked, Right.HELPDESK)
    if ticket.area is None:
        raise TicketUnknown
    area = asked.read(AREA, ticket.area)
    member = has_role(asked, area, Role.MEMBER)
    if not member and not has_role(asked, area, Role.READER):
        raise TicketUnknown
    for contact in {ticket.reporter, ticket.customer} - {None}:
        assert contact is not None
        needs_sight(asked, contact, otherwise=TicketUnknown)
    if not member:
        raise RoleMissing


def _holds(asked: Asked, holders: Iterable[Holder]) -> bool:
    return worker_holder(asked.actor) in holders or any(_in_team(asked, holder) for holder in holders)


def _in_team(asked: Asked, holder: Holder) -> bool:
    team = team_of(holder)
    return team is not None and asked.actor in asked.read(TEAM, team).members
