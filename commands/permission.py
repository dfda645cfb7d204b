"""Whether the worker who asks may: system rights and directory or area rights, both at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from commands.command import Reading
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.directory import DIRECTORY, Directory, DirectoryUnknown, Given, Level, highest
from domain.clients.group import GROUP, GroupUnknown
from domain.decider import Decider
from domain.ending import lasts
from domain.fact import Event
from domain.refusal import NotAllowed, Unknown, require
from domain.service.assignment import Standing
from domain.service.ticket import Ticket, TicketUnknown
from domain.staff.area import AREA, Area, AreaUnknown, Role
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


NO_GROUND = Ground(Holder(""), Level.NONE)


class Part(NamedTuple):
    """The role that decides: whose it is, and what it is."""

    holder: Holder
    role: Role


class Verdict(NamedTuple):
    """What one test of sight came to, and the right by which it was passed, if it takes one."""

    passed: bool
    by: Ground | Part | Right | None = None


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
        if lasts(right.until, asked.now) and _goes_before(holder, right, best, own) and _in_team(asked, holder):
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


def home(asked: Reading, contact: ContactId) -> DirectoryId | None:
    """The directory whose rights decide who may know of the contact: of a merged one, that of its survivor."""
    found = asked.read(CONTACT, contact)
    if found.survivor is not None:
        found = asked.read(CONTACT, found.survivor)
    return found.directory


def opened_by(asked: Reading, contact: ContactId) -> Ground:
    """The right by which the worker knows of the contact, or one that reaches nowhere."""
    directory = home(asked, contact)
    return NO_GROUND if directory is None else ground(asked, asked.read(DIRECTORY, directory))


def sees(asked: Reading, contact: ContactId) -> bool:
    """Whether the worker may know of the contact: at least "use" on its directory."""
    return CONTACT_TESTS[Condition.DIRECTORY](asked, contact).passed


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
            if _in_team(asked, holder):
                return Part(holder, role)
    return None


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


class Condition(StrEnum):
    """What must hold for a worker to know of something, each by itself (D14, D34)."""

    ACTIVE = "active"
    MODULE = "module-right"
    AREA = "area"
    DIRECTORY = "directory"
    REPORTER = "reporter-directory"
    CUSTOMER = "customer-directory"


def _active(asked: Reading, _: object) -> Verdict:
    return Verdict(asked.actor == SYSTEM or asked.read(WORKER, asked.actor).active)


def _module(asked: Reading, rights: tuple[Right, ...]) -> Verdict:
    """The first of these rights that the worker holds."""
    found = next((right for right in rights if holds(asked, right)), None)
    return Verdict(asked.actor == SYSTEM or found is not None, found)


def _area(asked: Reading, ticket: Ticket) -> Verdict:
    if ticket.area is None:
        return Verdict(passed=False)
    found = role_of(asked, asked.read(AREA, ticket.area), Role.MEMBER, Role.READER)
    return Verdict(found is not None, found)


def _directory(asked: Reading, contact: ContactId | None) -> Verdict:
    """Nobody at all is open to everybody."""
    if contact is None:
        return Verdict(passed=True)
    found = opened_by(asked, contact)
    return Verdict(found.level.reaches(Level.USE), found)


CONTACT_MODULE, TICKET_MODULE = (Right.BASIC,), (Right.BASIC, Right.HELPDESK)
"""One of these rights is what the module takes."""

CONTACT_TESTS: Mapping[Condition, Callable[[Reading, ContactId], Verdict]] = {
    Condition.ACTIVE: _active,
    Condition.MODULE: lambda asked, _: _module(asked, CONTACT_MODULE),
    Condition.DIRECTORY: _directory,
}
"""What it takes to know of a contact (R-DIR-2)."""

TICKET_TESTS: Mapping[Condition, Callable[[Reading, Ticket], Verdict]] = {
    Condition.ACTIVE: _active,
    Condition.MODULE: lambda asked, _: _module(asked, TICKET_MODULE),
    Condition.AREA: _area,
    Condition.REPORTER: lambda asked, ticket: _directory(asked, ticket.reporter),
    Condition.CUSTOMER: lambda asked, ticket: _directory(asked, ticket.customer),
}
"""What it takes to know of a ticket (D34)."""

PLACED = tuple(TICKET_TESTS[test] for test in (Condition.AREA, Condition.REPORTER, Condition.CUSTOMER))
"""Those that rest on where the ticket and its contacts lie; of a customer who reported it the first two say it all."""


def lies_open(asked: Reading, ticket: Ticket) -> bool:
    """Whether the worker may know of the ticket: a look into its area, and sight of its contacts (D34)."""
    tests = PLACED[:-1] if ticket.customer == ticket.reporter else PLACED
    return all(test(asked, ticket).passed for test in tests)


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
        active=_active(them, ticket).passed,
        member=has_role(them, asked.read(AREA, ticket.area), Role.MEMBER),
        sees_reporter=TICKET_TESTS[Condition.REPORTER](them, ticket).passed,
        sees_customer=TICKET_TESTS[Condition.CUSTOMER](them, ticket).passed,
    )


def _in_team(asked: Reading, holder: Holder) -> bool:
    team = team_of(holder)
    return team is not None and asked.actor in asked.read(TEAM, team).members
