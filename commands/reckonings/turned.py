"""Who gains sight of something, who loses it, and how far they may go then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from commands.reckoning import Row
from commands.reckonings.touched import Place, open_to, parts, reach, shown
from commands.retrospect import Present, Supposed
from domain.clients.directory import Level
from domain.service.ticket import TICKET
from domain.staff.area import AREA, Role
from domain.values import AreaId, ContactId, DirectoryId, GroupId, TicketId, WorkerId


class Turn(StrEnum):
    """What becomes of a worker's sight; it may also be kept, and only how far they may go changes."""

    GAINED = "gained"
    LOST = "lost"
    KEPT = "kept"


class SightChanged(Row):
    """What a worker may do with a directory, a contact or a group, are in an area, or see of tickets, before and after.

    A ticket is told by itself only where its team, its contacts or who has it decide; else its area or directory is.
    """

    worker: WorkerId
    sight: Turn
    directory: DirectoryId | None
    contact: ContactId | None
    group: GroupId | None
    area: AreaId | None
    ticket: TicketId | None
    level_before: Level | None
    level_after: Level | None
    roles_before: tuple[Role, ...]
    roles_after: tuple[Role, ...]


def turned(asked: Present, after: Supposed, pairs: Iterable[tuple[WorkerId, Place]]) -> Iterator[SightChanged]:
    """What changes of these, as far as the asker may know of the place."""
    known: dict[Place, bool] = {}
    for worker, place in pairs:
        change = _turned(asked, after, worker, place)
        if change is None:
            continue
        if place not in known:
            known[place] = shown(asked, after, place)
        if known[place]:
            yield change


def _turned(asked: Present, after: Supposed, worker: WorkerId, place: Place) -> SightChanged | None:
    told: dict[str, Any] = dict.fromkeys(SightChanged.model_fields) | {"worker": worker, place.kind: place.id}
    told |= {"roles_before": (), "roles_after": ()}
    if place.kind == TICKET.kind:
        sees = open_to(asked, worker, place), open_to(after, worker, place)
        return SightChanged(**{**told, "sight": _turn(*sees)}) if sees[0] is not sees[1] else None
    if place.kind == AREA.kind:
        roles = parts(asked, worker, place), parts(after, worker, place)
        looks = [bool({Role.MEMBER, Role.READER}.intersection(each)) for each in roles]
        told |= {"sight": _turn(*looks), "roles_before": roles[0], "roles_after": roles[1]}
        return SightChanged(**told) if roles[0] != roles[1] else None
    levels = reach(asked, worker, place), reach(after, worker, place)
    uses = [level.reaches(Level.USE) for level in levels]
    told |= {"sight": _turn(*uses), "level_before": levels[0], "level_after": levels[1]}
    return SightChanged(**told) if levels[0] is not levels[1] else None


def _turn(*sees: bool) -> Turn:
    before, after = sees
    if before is after:
        return Turn.KEPT
    return Turn.GAINED if after else Turn.LOST
