"""What is asked about: a contact or a ticket, the tests of its sight, and who may ask for others'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from commands.command import Reading
from commands.permission import LevelMissing, RightMissing, holds, lookers, needs_level
from commands.retrospect import Present, View
from commands.sight import (
    CONTACT_MODULE,
    CONTACT_TESTS,
    TICKET_MODULE,
    TICKET_TESTS,
    Condition,
    Verdict,
    home,
    lies_open,
    needs_sight,
)
from domain.clients.contact import ContactUnknown
from domain.clients.directory import DIRECTORY, DirectoryUnknown, Level
from domain.refusal import NotAllowed, Refused, Unknown, require
from domain.service.ticket import TICKET, Ticket, TicketUnknown
from domain.staff.area import AREA
from domain.staff.worker import SYSTEM, Right
from domain.values import AreaId, ContactId, Holder, TeamId, TicketId


class OneThingAsked(Refused):
    """It is asked about one thing: a contact or a ticket."""


class About(NamedTuple):
    """A contact or a ticket as it was known, and what it takes to know of it."""

    tests: Mapping[Condition, Callable[[Reading, Any], Verdict]]
    thing: ContactId | Ticket
    module: tuple[Right, ...]
    linked: Mapping[Condition, ContactId]
    """Whose directory each test looks at."""
    unknown: type[Unknown]
    ticket: TicketId | None = None
    area: AreaId | None = None
    team: TeamId | None = None

    def holders(self, view: View) -> Iterator[Holder]:
        """Everybody who has a right, or a role, without which nobody knows of it."""
        if self.area is not None:
            yield from lookers(view.read(AREA, self.area))
            return
        for contact in self.linked.values():
            directory = home(view, contact)
            if directory is not None:
                yield from (holder for holder, _ in view.read(DIRECTORY, directory).rights)


def about(view: View, contact: ContactId | None, ticket: TicketId | None) -> About:
    """What is meant, as it was known; refused where it is neither or both."""
    require((contact is None) is not (ticket is None), otherwise=OneThingAsked)
    if contact is not None:
        return About(CONTACT_TESTS, contact, CONTACT_MODULE, {Condition.DIRECTORY: contact}, ContactUnknown)
    assert ticket is not None
    state = view.read(TICKET, ticket)
    ends = {Condition.REPORTER: state.reporter, Condition.CUSTOMER: state.customer}
    linked = {test: contact for test, contact in ends.items() if contact is not None}
    return About(TICKET_TESTS, state, TICKET_MODULE, linked, TicketUnknown, ticket, state.area, state.holding.team)


def allowed_by_exception(asked: Present, view: View, what: About) -> Right | None:
    """Refuse all but those who administer the directories; an auditor may all the same, by that right alone.

    Who does not know of it, or could not have asked so where it lay then, is told that it is unknown (D16).
    """
    try:
        _administers(asked, view, what)
    except (NotAllowed, Unknown):
        if asked.actor == SYSTEM or not holds(asked, Right.AUDITOR):
            raise
        _needs_known(view, what)
        return Right.AUDITOR
    return None


def _administers(asked: Present, view: View, what: About) -> None:
    require(asked.actor == SYSTEM or any(holds(asked, right) for right in what.module), otherwise=RightMissing)
    if what.ticket is not None:
        require(lies_open(asked, asked.read(TICKET, what.ticket)), otherwise=what.unknown)
    for contact in what.linked.values():
        needs_sight(asked, contact, what.unknown)
    _needs_known(view, what)
    require(bool(what.linked) or asked.actor == SYSTEM, otherwise=LevelMissing)
    for contact in what.linked.values():
        for directory in (home(asked, contact), home(view, contact)):
            assert directory is not None
            try:
                needs_level(asked, directory, Level.ADMINISTER)
            except DirectoryUnknown:
                raise what.unknown from None


def _needs_known(view: View, what: About) -> None:
    """Refuse what there was not yet."""
    there = what.area is not None if what.ticket is not None else True
    require(there and all(home(view, contact) for contact in what.linked.values()), otherwise=what.unknown)
