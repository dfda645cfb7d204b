"""Who may know of a contact or a ticket, and work on it: named tests, all of which must be passed (D14, D16, D34)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from commands.command import Reading
from commands.permission import (
    Ground,
    InPlaceOf,
    Part,
    RoleMissing,
    ground,
    has_role,
    holds,
    in_team,
    needs,
    role_of,
)
from domain.clients.contact import CONTACT, ContactUnknown
from domain.clients.directory import DIRECTORY, Level
from domain.pricing.order import Order, OrderUnknown
from domain.refusal import Unknown, require
from domain.service.assignment import Standing
from domain.service.ticket import Ticket, TicketUnknown
from domain.staff.area import AREA, Role
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import ContactId, DirectoryId, Holder, WorkerId, team_holder, worker_holder

NO_GROUND = Ground(Holder(""), Level.NONE)


class Keeper(NamedTuple):
    """Whose the ticket is: the worker it was given to, or the team it was given to."""

    holder: Holder


class Verdict(NamedTuple):
    """What one test of sight came to, and the right by which it was passed, if it takes one."""

    passed: bool
    by: Ground | Part | Keeper | Right | None = None


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


class Condition(StrEnum):
    """What must hold for a worker to know of something, each by itself (D14, D34)."""

    ACTIVE = "active"
    MODULE = "module-right"
    AREA = "area"
    TEAM = "team"
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


def _team(asked: Reading, ticket: Ticket) -> Verdict:
    """In the team it was given to, or the one it was given to; where there is no team, everybody (R-COM-8)."""
    held = ticket.holding
    if held.team is None or asked.actor == SYSTEM:
        return Verdict(passed=True)
    if held.assignee == asked.actor:
        return Verdict(passed=True, by=Keeper(worker_holder(asked.actor)))
    team = team_holder(held.team)
    return Verdict(in_team(asked, team), Keeper(team))


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
    Condition.TEAM: _team,
    Condition.REPORTER: lambda asked, ticket: _directory(asked, ticket.reporter),
    Condition.CUSTOMER: lambda asked, ticket: _directory(asked, ticket.customer),
}
"""What it takes to know of a ticket (D34)."""

PLACED = tuple(TICKET_TESTS[test] for test in (Condition.AREA, Condition.TEAM, Condition.REPORTER, Condition.CUSTOMER))
"""Those that rest on where the ticket and its contacts lie; of a customer who reported it all but the last say it."""


def lies_open(asked: Reading, ticket: Ticket) -> bool:
    """Whether the worker may know of the ticket: a look into its area, its team, and sight of its contacts (D34)."""
    tests = PLACED[:-1] if ticket.customer == ticket.reporter else PLACED
    return all(test(asked, ticket).passed for test in tests)


def knows_of(asked: Reading, ticket: Ticket) -> bool:
    """Whether the worker may know of the ticket: one of the rights it takes, and where it lies (D34)."""
    return any(holds(asked, right) for right in TICKET_MODULE) and lies_open(asked, ticket)


def works_on(asked: Reading, ticket: Ticket) -> None:
    """Refuse unless the worker may work on the ticket: helpdesk, sight of it, member of its area (D34)."""
    needs(asked, Right.HELPDESK)
    require(lies_open(asked, ticket), otherwise=TicketUnknown)
    assert ticket.area is not None
    require(has_role(asked, asked.read(AREA, ticket.area), Role.MEMBER), otherwise=RoleMissing)


def works_for(asked: Reading, ticket: Ticket, automaton: WorkerId) -> None:
    """Refuse as `works_on`, but for the automaton that is there for this."""
    if asked.actor != automaton:
        works_on(asked, ticket)
    require(ticket.area is not None, otherwise=TicketUnknown)


def needs_order(asked: Reading, own: Order) -> None:
    """Refuse unless the worker may know of the order: sight of its customer, and of an offer the sales right."""
    needs(asked, Right.BASIC)
    require(own.customer is not None and sees(asked, own.customer), otherwise=OrderUnknown)
    require(not own.is_offer or asked.actor == SYSTEM or holds(asked, Right.SALES), otherwise=OrderUnknown)


def standing(asked: Reading, ticket: Ticket, candidate: WorkerId, at: datetime) -> Standing:
    """What a candidate for the ticket has of what it takes, present at the instant (D12); who has it now is nothing."""
    them = InPlaceOf(asked, candidate)
    assert ticket.area is not None
    return Standing(
        active=_active(them, ticket).passed,
        member=has_role(them, asked.read(AREA, ticket.area), Role.MEMBER),
        sees_reporter=TICKET_TESTS[Condition.REPORTER](them, ticket).passed,
        sees_customer=TICKET_TESTS[Condition.CUSTOMER](them, ticket).passed,
        absence=asked.read(WORKER, candidate).absent(at),
    )
