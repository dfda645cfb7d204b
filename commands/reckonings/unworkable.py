"""Who answers for something and would lack what it takes: the standing check, on states (R-DIR-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from commands.command import Reading
from commands.lookup import DUTIES
from commands.permission import InPlaceOf, has_role, holds, level
from commands.reckoning import Row as Told
from commands.reckonings.touched import Changed, Place, shown
from commands.retrospect import Present, Supposed
from commands.sight import home
from domain.clients.contact import CONTACT
from domain.clients.directory import DIRECTORY, Level
from domain.clients.group import GROUP, NOBODY
from domain.company.process_area import PROCESS_AREA
from domain.company.responsibility import Kind, Lacking, Row
from domain.company.settings import COMPANY, SETTINGS
from domain.decider import Decider
from domain.service.contract import CONTRACT
from domain.staff.area import AREA, Role
from domain.staff.team import TEAM
from domain.staff.worker import WORKER, Right
from domain.talk.gateway import GATEWAY
from domain.values import (
    AreaId,
    ContactId,
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


OF_ONE: Mapping[Decider[Any, Any], Kind] = {GATEWAY: Kind.GATEWAY, CONTRACT: Kind.CONTRACT}
"""What has one responsible, and says so itself."""

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
        elif decider is CONTACT:
            under = {id, *asked.read(CONTACT, id).absorbed, *after.read(CONTACT, id).absorbed}
            found |= dict.fromkeys((Kind.CONTACT, contact, None) for contact in sorted(under))
        elif decider in OF_ONE:
            found[OF_ONE[decider], id, None] = None
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
        case Kind.CONTACT:
            responsible = view.read(CONTACT, thing).responsible.last
            return [] if responsible is None else [responsible], None, home(view, ContactId(thing))
        case Kind.GATEWAY:
            responsible = view.read(GATEWAY, thing).responsible.last
            return [] if responsible is None else [responsible], settings.default_area, None
        case Kind.CONTRACT:
            versions = view.read(CONTRACT, thing).versions
            responsible = versions[-1].terms.responsible if versions else None
            return [] if responsible is None else [responsible], None, None
        case Kind.TICKET:
            return [], None, None  # what becomes of those is told by `unseen`


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
            if worse and ((told and row.kind is not Kind.CONTACT) or _shown(asked, after, row)):
                yield RowUnworkable(**row._asdict(), lacks=missing)


def _shown(asked: Present, after: Supposed, row: Row) -> bool:
    """Contacts, and groups, are named only to those who may know of them (D16)."""
    lies = {Kind.GROUP: GROUP.kind, Kind.CONTACT: CONTACT.kind}.get(row.kind)
    return lies is None or shown(asked, after, Place(lies, row.thing))
