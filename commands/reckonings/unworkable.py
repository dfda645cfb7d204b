"""Who answers for something and would lack what it takes: the standing check, on states (R-DIR-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.command import Reading
from commands.lookup import DUTIES
from commands.permission import InPlaceOf, has_role, holds, level
from commands.reckoning import Row as Told
from commands.reckonings.touched import Changed, Place, shown
from commands.retrospect import Present, Supposed
from domain.clients.directory import DIRECTORY, Level
from domain.clients.group import GROUP, NOBODY
from domain.company.process_area import PROCESS_AREA
from domain.company.responsibility import Kind, Lacking, Row
from domain.company.settings import COMPANY, SETTINGS
from domain.staff.area import AREA, Role
from domain.staff.team import TEAM
from domain.staff.worker import WORKER, Right
from domain.values import (
    AreaId,
    DirectoryId,
    Holder,
    Id,
    ProcessAreaId,
    TeamId,
    WorkerId,
    team_holder,
    team_of,
    worker_holder,
    worker_of,
)


class RowUnworkable(Told):
    """Somebody who would answer for it and could not (R-DIR-4); without a worker, a team that has nobody in it."""

    kind: Kind
    thing: Id
    process_area: ProcessAreaId | None
    worker: WorkerId | None
    lacks: tuple[Lacking, ...]


Duty = tuple[Kind, str, str | None]
"""What is answered for: its kind, the thing, and the process area where the thing has one for each."""


def duties(asked: Present, after: Supposed, workers: Iterable[WorkerId], things: Iterable[Changed]) -> list[Duty]:
    """The rows that the request could make unworkable: of those whom it touches, and those that it changes itself."""
    found: dict[Duty, None] = {}
    holders: list[Holder] = [worker_holder(worker) for worker in workers]
    for decider, id in things:
        if decider is TEAM:
            holders.append(team_holder(TeamId(id)))
        elif decider is GROUP:
            found |= dict.fromkeys((Kind.GROUP, id, str(each)) for each in sorted(after.read(GROUP, id).rows))
        elif decider is PROCESS_AREA:
            found[Kind.PROCESS_AREA, id, None] = None
        elif decider is SETTINGS:
            found[Kind.HELPDESK, COMPANY, None] = None
    asked.seek(DUTIES, holders)
    for holder in holders:
        found |= dict.fromkeys((Kind(each.kind), each.thing, each.process_area) for each in asked.find(DUTIES, holder))
    return list(found)


def lacks(view: Reading, duty: Duty) -> dict[Row, tuple[Lacking, ...]]:
    """Whoever answers for it and cannot, each with what they lack (D12)."""
    kind, thing, process_area = duty
    answering, area, directory = _row(view, duty)
    named = None if process_area is None else ProcessAreaId(process_area)
    found = {}
    for worker in _workers(view, answering):
        if missing := tuple(_missing(view, worker, area, directory)):
            found[Row(kind, Id(thing), named, worker)] = missing
    return found


def _row(view: Reading, duty: Duty) -> tuple[list[Holder], AreaId | None, DirectoryId | None]:
    """Who, where the work of it goes, and the directory that they must have a right to."""
    kind, thing, process_area = duty
    settings = view.read(SETTINGS, COMPANY)
    match kind:
        case Kind.GROUP:
            group = view.read(GROUP, thing)
            row = group.rows[ProcessAreaId(process_area or "")].last or NOBODY if process_area in group.rows else NOBODY
            person = [] if row.person is None else [worker_holder(row.person)]
            team = [] if row.team is None else [team_holder(row.team)]
            return [*person, *team], row.area or settings.default_area, group.directory
        case Kind.PROCESS_AREA:
            responsible = view.read(PROCESS_AREA, thing).responsible.last
            return [] if responsible is None else [responsible], settings.default_area, None
        case Kind.HELPDESK:
            last = settings.helpdesk_responsible.last
            return [] if last is None else [worker_holder(last)], settings.default_area, None


def _workers(view: Reading, holders: Iterable[Holder]) -> list[WorkerId | None]:
    """Each once; nobody stands for a team that has no members."""
    found: dict[WorkerId | None, None] = {}
    for holder in holders:
        team = team_of(holder)
        members = frozenset({worker_of(holder)}) if team is None else view.read(TEAM, team).members
        found |= dict.fromkeys(sorted(members, key=str) or [None])
    return list(found)


def _missing(
    view: Reading, worker: WorkerId | None, area: AreaId | None, directory: DirectoryId | None
) -> Iterator[Lacking]:
    if worker is None:
        yield Lacking.MEMBERS
        return
    them = InPlaceOf(view, worker)
    if not view.read(WORKER, worker).active:
        yield Lacking.ACTIVE
    if area is not None and not has_role(them, view.read(AREA, area), Role.MEMBER):
        yield Lacking.AREA
    if directory is not None and not level(them, view.read(DIRECTORY, directory)).reaches(Level.USE):
        yield Lacking.DIRECTORY


def unworkable(
    asked: Present, after: Supposed, workers: Iterable[WorkerId], things: Iterable[Changed]
) -> Iterator[RowUnworkable]:
    """What the standing check would find and does not find now."""
    told = any(holds(asked, right) for right in (Right.CRM_ADMINISTRATOR, Right.AREA_ADMINISTRATOR))
    for duty in duties(asked, after, workers, things):
        before = lacks(asked, duty)
        for row, missing in lacks(after, duty).items():
            worse = set(missing) - set(before.get(row, ()))
            if worse and (told or row.kind is not Kind.GROUP or shown(asked, after, Place(GROUP.kind, row.thing))):
                yield RowUnworkable(**row._asdict(), lacks=missing)
