"""The facts that made it so: of every right the last one that gave or took it, and what it came through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from commands.permission import Ground, Part
from commands.reckoning import Row
from commands.retrospect import View
from commands.sight import Keeper
from domain.clients.contact import (
    CONTACT,
    ContactEndingBegun,
    ContactForgotten,
    ContactKept,
    ContactMerged,
    ContactMoved,
    ContactOpened,
    ContactRestricted,
    ContactRestrictionLifted,
    ContactSeparated,
)
from domain.clients.directory import DIRECTORY, DirectoryRightSet
from domain.fact import Event, Fact
from domain.service.holding import TicketAssigned, TicketGivenBack, TicketTeamAssigned
from domain.service.ticket import TICKET, TicketCustomerSet, TicketOpened
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken
from domain.staff.team import TEAM, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import (
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerHired,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.values import (
    AreaId,
    ContactId,
    DirectoryId,
    Holder,
    TicketId,
    WorkerId,
    team_holder,
    team_of,
    worker_holder,
)


class DecidingFact(Row):
    """A fact by where it stands, when it was recorded and who made it; `position` is a token."""

    topic: str
    stream: str
    version: int
    position: str
    recorded_at: datetime
    actor: WorkerId


Found = Iterator[Fact[Any] | None]


def told(view: View, facts: Found) -> tuple[DecidingFact, ...]:
    """The facts as they are told: each once, in the order in which they were recorded."""
    found = {fact.position: fact for fact in facts if fact is not None}
    return tuple(
        DecidingFact(
            topic=fact.event.topic,
            stream=fact.stream,
            version=fact.version,
            position=view.loaded.told(position),
            recorded_at=fact.recorded_at,
            actor=WorkerId(fact.actor),
        )
        for position, fact in sorted(found.items())
    )


def last(facts: Sequence[Fact[Any]], *kinds: type[Event], **values: Any) -> Fact[Any] | None:
    """The last fact of these kinds whose fields hold these values."""
    wanted = values.items()
    found = (fact for fact in reversed(facts) if isinstance(fact.event, kinds))
    return next((fact for fact in found if all(getattr(fact.event, name) == value for name, value in wanted)), None)


def of_activity(view: View, worker: WorkerId) -> Found:
    yield last(view.facts(WORKER, worker), WorkerHired, WorkerReactivated, WorkerDeactivated)


def of_rights(view: View, worker: WorkerId, *rights: Right) -> Found:
    for right in rights:
        yield last(view.facts(WORKER, worker), WorkerRightGranted, WorkerRightWithdrawn, right=right)


def of_holder(view: View, worker: WorkerId, holder: Holder) -> Found:
    """How the worker came into the team, or out of it."""
    if (team := team_of(holder)) is not None:
        yield last(view.facts(TEAM, team), TeamMemberAdded, TeamMemberRemoved, worker=worker)


def of_directory(view: View, worker: WorkerId, directory: DirectoryId | None, by: object) -> Found:
    """How the right that decided was set; without one, what became of every right the worker ever had there."""
    if directory is None:
        return
    facts = view.facts(DIRECTORY, directory)
    if isinstance(by, Ground):
        yield last(facts, DirectoryRightSet, holder=by.holder, level=by.level, until=by.until)
        yield from of_holder(view, worker, by.holder)
        return
    for holder in sorted({fact.event.holder for fact in facts if isinstance(fact.event, DirectoryRightSet)}):
        if joined := _ever(view, worker, holder):
            yield last(facts, DirectoryRightSet, holder=holder)
            yield from joined


def of_area(view: View, worker: WorkerId, area: AreaId, by: object) -> Found:
    """How the role that decided was given; without one, what became of every role the worker ever had there."""
    facts, kinds = view.facts(AREA, area), (AreaRoleGiven, AreaRoleTaken)
    if isinstance(by, Part):
        yield last(facts, AreaRoleGiven, holder=by.holder, role=by.role)
        yield from of_holder(view, worker, by.holder)
        return
    roles = {(fact.event.holder, fact.event.role) for fact in facts if isinstance(fact.event, kinds)}
    for holder, role in sorted(roles):
        if joined := _ever(view, worker, holder):
            yield last(facts, *kinds, holder=holder, role=role)
            yield from joined


def _ever(view: View, worker: WorkerId, holder: Holder) -> list[Fact[Any] | None]:
    """Something, if the worker is the holder, or was ever in the team: the last that is known of that."""
    if holder == worker_holder(worker):
        return [None]
    return [fact for fact in of_holder(view, worker, holder) if fact is not None]


def of_home(view: View, contact: ContactId) -> Found:
    """How the contact came to lie where it lay, by itself or under another one's name."""
    survivor = view.read(CONTACT, contact).survivor
    yield last(view.facts(CONTACT, contact), ContactMerged, ContactSeparated)
    yield last(view.facts(CONTACT, survivor or contact), ContactOpened, ContactMoved)


def of_data(view: View, contact: ContactId) -> Found:
    """How it came that the contact's data was withheld, or is no more."""
    facts = view.facts(CONTACT, contact)
    yield last(facts, ContactRestricted, ContactRestrictionLifted)
    yield last(facts, ContactEndingBegun, ContactKept, ContactForgotten)


def of_ticket(view: View, ticket: TicketId) -> Found:
    yield last(view.facts(TICKET, ticket), TicketOpened)


def of_link(view: View, ticket: TicketId) -> Found:
    """How the ticket came to have the reporter and the customer it had."""
    yield last(view.facts(TICKET, ticket), TicketOpened, TicketCustomerSet)


def of_holding(view: View, worker: WorkerId, ticket: TicketId, by: object) -> Found:
    """How the ticket came to whoever had it; and how the worker came into the team it was given to, or out of it."""
    facts = view.facts(TICKET, ticket)
    found = _gave(facts)
    while found is not None:
        yield found
        before = found if isinstance(found.event, TicketGivenBack) and not found.event.team_too else None
        found = before and _gave([each for each in facts if each.version < before.version], before.happened_at)
    team = view.read(TICKET, ticket).holding.team
    if team is not None and by != Keeper(worker_holder(worker)):
        yield from of_holder(view, worker, team_holder(team))


def _gave(facts: Sequence[Fact[Any]], at: datetime | None = None) -> Fact[Any] | None:
    """By which of these it was with whoever had it at the instant, or last."""
    kinds = (TicketAssigned, TicketTeamAssigned, TicketGivenBack)
    told = (each for each in facts if isinstance(each.event, kinds) and (at is None or each.happened_at <= at))
    return max(told, key=lambda each: (each.happened_at, each.version), default=None)
