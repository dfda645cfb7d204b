"""Whose sight of what a request would touch, read off the states before and after it, whatever its facts are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from commands.catalogue import DECIDERS
from commands.command import Reading
from commands.lookup import HELD, REACHED
from commands.permission import InPlaceOf, has_role, holds, level, lookers, role_of
from commands.reckonings.people import people
from commands.retrospect import Present, Supposed
from commands.sight import CONTACT_MODULE, TICKET_MODULE, TICKET_TESTS, home, sees
from domain.clients.contact import CONTACT
from domain.clients.directory import DIRECTORY, Level
from domain.clients.group import GROUP
from domain.decider import Decider
from domain.service.ticket import TICKET, Ticket
from domain.staff.area import AREA, Role
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.values import (
    AreaId,
    ContactId,
    DirectoryId,
    GroupId,
    Holder,
    TeamId,
    WorkerId,
    team_holder,
    worker_holder,
)


class Place(NamedTuple):
    """What somebody may see: a directory, a contact, a group, an area or a ticket."""

    kind: str
    id: str


class Changed(NamedTuple):
    """A thing whose state the request would change."""

    decider: Decider[Any, Any]
    id: str


def changed(supposed: Supposed) -> list[Changed]:
    """Each once, in the order of the facts."""
    deciders = ((DECIDERS[fact.event.topic], fact.stream) for fact in supposed.attempt.facts)
    return list(dict.fromkeys(Changed(each, stream.removeprefix(f"{each.kind}-")) for each, stream in deciders))


def touched(asked: Present, after: Supposed, things: Iterable[Changed]) -> dict[WorkerId, set[Place]]:
    """What of each worker has to be looked at, before and after."""
    found: dict[WorkerId, set[Place]] = {}
    for thing in things:
        for worker, place in _of(asked, after, thing):
            found.setdefault(worker, set()).update(place)
    return found


Pairs = Iterator[tuple[WorkerId, Iterable[Place]]]


def _of(asked: Present, after: Supposed, thing: Changed) -> Pairs:
    decider, id = thing
    if decider is WORKER:
        yield WorkerId(id), _held(asked, REACHED, worker_holder(WorkerId(id)))
    elif decider is TEAM:
        for worker in asked.read(TEAM, id).members ^ after.read(TEAM, id).members:
            yield worker, _held(asked, HELD, team_holder(TeamId(id)))
    elif decider is DIRECTORY:
        rights = asked.read(DIRECTORY, id).rights.items() ^ after.read(DIRECTORY, id).rights.items()
        yield from _all(asked, after, {holder for (holder, _), _ in rights}, Place(DIRECTORY.kind, id))
    elif decider is AREA:
        roles = asked.read(AREA, id).roles.items() ^ after.read(AREA, id).roles.items()
        yield from _all(asked, after, {holder for (holder, _), _ in roles}, Place(AREA.kind, id))
    elif decider is CONTACT:
        for contact in {ContactId(id), *asked.read(CONTACT, id).absorbed, *after.read(CONTACT, id).absorbed}:
            yield from _moved(asked, after, home(asked, contact), home(after, contact), Place(CONTACT.kind, contact))
    elif decider is GROUP:
        ends = asked.read(GROUP, id).directory, after.read(GROUP, id).directory
        yield from _moved(asked, after, *ends, Place(GROUP.kind, id))
    elif decider is TICKET:
        yield from _given(asked, after, asked.read(TICKET, id), after.read(TICKET, id), Place(TICKET.kind, id))


def _held(asked: Present, lookup: Any, holder: Holder) -> list[Place]:
    return [Place(held.kind, held.thing) for held in asked.find(lookup, holder)]


def _all(asked: Present, after: Supposed, holders: Iterable[Holder], place: Place) -> Pairs:
    for worker in people(holders, asked, after):
        yield worker, [place]


def _moved(asked: Present, after: Supposed, origin: DirectoryId | None, to: DirectoryId | None, place: Place) -> Pairs:
    if origin != to:
        ends = [each for each in (origin, to) if each is not None]
        asked.bring(DIRECTORY, ends)
        holders = {
            holder for each in ends for view in (asked, after) for holder, _ in view.read(DIRECTORY, each).rights
        }
        yield from _all(asked, after, holders, place)


def _given(asked: Present, after: Supposed, before: Ticket, then: Ticket, place: Place) -> Pairs:
    """One that is new is lost to nobody, and nobody gains it."""
    changes = (before.holding, before.reporter, before.customer) != (then.holding, then.reporter, then.customer)
    if before.area is not None and changes:
        yield from _all(asked, after, lookers(asked.read(AREA, before.area)), place)


def directory_of(view: Reading, place: Place) -> DirectoryId | None:
    """The directory whose rights decide who sees it."""
    if place.kind == CONTACT.kind:
        return home(view, ContactId(place.id))
    return view.read(GROUP, GroupId(place.id)).directory if place.kind == GROUP.kind else DirectoryId(place.id)


def reach(view: Reading, worker: WorkerId, place: Place) -> Level:
    """How far a worker may go with a directory, or with what lies in it, all that it takes being there."""
    them, directory = InPlaceOf(view, worker), directory_of(view, place)
    if directory is None or not any(holds(them, right) for right in CONTACT_MODULE):
        return Level.NONE
    return level(them, view.read(DIRECTORY, directory))


def parts(view: Reading, worker: WorkerId, place: Place) -> tuple[Role, ...]:
    """The roles that a worker has in an area, all that it takes being there."""
    them, area = InPlaceOf(view, worker), view.read(AREA, AreaId(place.id))
    if not any(holds(them, right) for right in TICKET_MODULE):
        return ()
    return tuple(role for role in Role if role_of(them, area, role) is not None)


def open_to(view: Reading, worker: WorkerId, place: Place) -> bool:
    """Whether a worker may know of a ticket."""
    them, ticket = InPlaceOf(view, worker), view.read(TICKET, place.id)
    return all(test(them, ticket).passed for test in TICKET_TESTS.values())


def shown(asked: Present, after: Supposed, place: Place) -> bool:
    """Whether the asker may know of it, now or by what they ask for (D16); the installation knows of everything.

    Tickets are named by their ids to whoever may ask.
    """
    if asked.actor == SYSTEM or place.kind == TICKET.kind:
        return True
    if place.kind in (DIRECTORY.kind, AREA.kind) and holds(asked, Right.AREA_ADMINISTRATOR):
        return True
    return any(_known(view, place) for view in (asked, after))


def _known(view: Reading, place: Place) -> bool:
    if place.kind == AREA.kind:
        return has_role(view, view.read(AREA, AreaId(place.id)), *Role)
    if place.kind == CONTACT.kind:
        return sees(view, ContactId(place.id))
    directory = directory_of(view, place)
    return directory is not None and level(view, view.read(DIRECTORY, directory)).reaches(Level.USE)
