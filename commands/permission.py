"""Whether the worker who asks may: system rights and directory or area rights, both at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from commands.command import Reading
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.directory import DIRECTORY, Directory, DirectoryUnknown, Level
from domain.clients.group import GROUP, GroupUnknown
from domain.decider import Decider
from domain.fact import Event
from domain.refusal import NotAllowed, Unknown, require
from domain.service.assignment import Standing
from domain.service.ticket import Ticket, TicketUnknown
from domain.staff.area import AREA, Area, Role
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import ContactId, DirectoryId, GroupId, Holder, WorkerId, team_of, worker_holder

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class RightMissing(NotAllowed):
    """The worker is not active or does not hold the system right this takes."""


class LevelMissing(NotAllowed):
    """The worker's right to the directory does not reach this far."""


class RoleMissing(NotAllowed):
    """The worker is not a member of the area."""


class LateFactsNotAllowed(NotAllowed):
    """Recording what happened more than five minutes ago takes the right to record late facts (D32)."""


@dataclass(slots=True)
class InPlaceOf:
    """Another worker in the place of the one who asks: what is read of them becomes a guard all the same."""

    asked: Reading
    actor: WorkerId

    def read(self, decider: Decider[S, E], id: str) -> S:
        return self.asked.read(decider, id)


def needs(asked: Reading, right: Right) -> None:
    """Refuse unless the worker who asks is active and holds the system right."""
    if asked.actor != SYSTEM and not asked.read(WORKER, asked.actor).holds(right):
        raise RightMissing


def level(asked: Reading, directory: Directory) -> Level:
    """The highest right the worker has to the directory, in person or through a team (R-DIR-2)."""
    if asked.actor == SYSTEM:
        return Level.ADMINISTER
    best = directory.level(worker_holder(asked.actor))
    for holder, given in directory.levels.items():
        if not best.reaches(given) and _in_team(asked, holder):
            best = given
    return best


def needs_level(asked: Reading, id: DirectoryId, needed: Level) -> None:
    """Refuse unless the right to the directory reaches the level; without any, the directory is unknown (R-DIR-3)."""
    directory = asked.read(DIRECTORY, id)
    found = level(asked, directory)
    if not directory.opened or found is Level.NONE:
        raise DirectoryUnknown
    if not found.reaches(needed):
        raise LevelMissing


def sees(asked: Reading, contact: ContactId) -> bool:
    """Whether the worker may know of the contact: at least "use" on its directory."""
    directory = asked.read(CONTACT, contact).directory
    return directory is not None and level(asked, asked.read(DIRECTORY, directory)).reaches(Level.USE)


def needs_sight(asked: Reading, contact: ContactId, otherwise: type[Unknown] = ContactUnknown) -> None:
    """Refuse as if there were no such contact unless the worker sees it (D16)."""
    if not sees(asked, contact):
        raise otherwise


def needs_group(asked: Reading, id: GroupId) -> None:
    """Refuse unless the worker may edit the group's directory; unknown to one who may not know of it (R-GRP-3)."""
    group = asked.read(GROUP, id)
    if group.directory is None:
        raise GroupUnknown
    try:
        needs_level(asked, group.directory, Level.EDIT)
    except DirectoryUnknown:
        raise GroupUnknown from None


def has_role(asked: Reading, area: Area, *roles: Role) -> bool:
    """Whether the worker has one of the roles in the area, in person or through a team."""
    return asked.actor == SYSTEM or any(_holds(asked, area.holders(role)) for role in roles)


def lies_open(asked: Reading, ticket: Ticket) -> bool:
    """Whether the worker may know of the ticket: a look into its area, and sight of its contacts (D34)."""
    if ticket.area is None or not has_role(asked, asked.read(AREA, ticket.area), Role.MEMBER, Role.READER):
        return False
    return all(sees(asked, contact) for contact in {ticket.reporter, ticket.customer} if contact is not None)


def works_on(asked: Reading, ticket: Ticket) -> None:
    """Refuse unless the worker may work on the ticket: helpdesk, sight of its contacts, member of its area (D34)."""
    needs(asked, Right.HELPDESK)
    require(lies_open(asked, ticket), otherwise=TicketUnknown)
    assert ticket.area is not None
    require(has_role(asked, asked.read(AREA, ticket.area), Role.MEMBER), otherwise=RoleMissing)


def works_for(asked: Reading, ticket: Ticket, automaton: WorkerId) -> None:
    """Refuse as `works_on`, but for the automaton that is there for this."""
    if asked.actor != automaton:
        works_on(asked, ticket)
    require(ticket.area is not None, otherwise=TicketUnknown)


def needs_automaton(asked: Reading, automaton: WorkerId) -> None:
    """Refuse everybody but the automaton that is there for this, and the installation itself."""
    require(asked.actor in (automaton, SYSTEM), otherwise=RightMissing)


def standing(asked: Reading, ticket: Ticket, candidate: WorkerId) -> Standing:
    """What a candidate for the ticket has of what it takes (D12)."""
    them = InPlaceOf(asked, candidate)
    assert ticket.area is not None
    return Standing(
        active=asked.read(WORKER, candidate).active,
        member=has_role(them, asked.read(AREA, ticket.area), Role.MEMBER),
        sees_reporter=ticket.reporter is None or sees(them, ticket.reporter),
        sees_customer=ticket.customer is None or sees(them, ticket.customer),
    )


def _holds(asked: Reading, holders: Iterable[Holder]) -> bool:
    return worker_holder(asked.actor) in holders or any(_in_team(asked, holder) for holder in holders)


def _in_team(asked: Reading, holder: Holder) -> bool:
    team = team_of(holder)
    return team is not None and asked.actor in asked.read(TEAM, team).members
