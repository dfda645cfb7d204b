"""What a request names must be there: refused by its own name where it is not."""

from __future__ import annotations

from commands.command import Reading
from domain.clients.directory import DIRECTORY, DirectoryNotOpen
from domain.company.process_area import PROCESS_AREA, ProcessAreaUnknown
from domain.pricing.price_list import PRICE_LIST, PriceList, PriceListUnknown
from domain.refusal import require
from domain.service.calendar import CALENDAR, CalendarUnknown
from domain.service.contract import CONTRACT, ContractUnknown
from domain.service.incident_type import INCIDENT_TYPE, IncidentTypeUnknown
from domain.staff.area import AREA, AreaUnknown
from domain.staff.team import TEAM, TeamUnknown
from domain.staff.worker import WORKER, WorkerUnknown
from domain.talk.gateway import GATEWAY, GatewayUnknown
from domain.values import (
    AreaId,
    CalendarId,
    ContractId,
    DirectoryId,
    GatewayId,
    Holder,
    IncidentTypeId,
    PriceListId,
    ProcessAreaId,
    TeamId,
    WorkerId,
    team_of,
    worker_of,
)


def needs_contract(asked: Reading, id: ContractId | None) -> None:
    """Refuse a contract that was never concluded; none at all is all right."""
    require(id is None or bool(asked.read(CONTRACT, id).versions), otherwise=ContractUnknown)


def needs_calendar(asked: Reading, id: CalendarId | None) -> None:
    """Refuse a calendar that was never defined; none at all is all right."""
    require(id is None or bool(asked.read(CALENDAR, id).versions), otherwise=CalendarUnknown)


def needs_incident_type(asked: Reading, id: IncidentTypeId | None) -> None:
    """Refuse an incident type that was never listed; none at all is all right."""
    require(id is None or asked.read(INCIDENT_TYPE, id).listed, otherwise=IncidentTypeUnknown)


def needs_worker(asked: Reading, id: WorkerId | None) -> None:
    """Refuse a worker who was never hired, as no automaton was; nobody at all is all right."""
    require(id is None or asked.read(WORKER, id).hired, otherwise=WorkerUnknown)


def needs_team(asked: Reading, id: TeamId | None) -> None:
    """Refuse a team that was never formed; none at all is all right."""
    require(id is None or asked.read(TEAM, id).formed, otherwise=TeamUnknown)


def needs_area(asked: Reading, id: AreaId | None) -> None:
    """Refuse an area that was never opened; none at all is all right."""
    require(id is None or asked.read(AREA, id).opened, otherwise=AreaUnknown)


def needs_holder(asked: Reading, id: Holder | None) -> None:
    """Refuse a worker or a team that there never was; nobody at all is all right."""
    if id is not None:
        needs_worker(asked, worker_of(id))
        needs_team(asked, team_of(id))


def needs_process_area(asked: Reading, id: ProcessAreaId) -> None:
    """Refuse a process area that was never listed."""
    require(asked.read(PROCESS_AREA, id).listed, otherwise=ProcessAreaUnknown)


def needs_gateway(asked: Reading, id: GatewayId | None) -> None:
    """Refuse a gateway that was never opened; none at all is all right."""
    require(id is None or asked.read(GATEWAY, id).opened, otherwise=GatewayUnknown)


def needs_price_list(asked: Reading, id: PriceListId | None) -> PriceList:
    """Refuse a price list that was never opened; none at all is all right."""
    found = PriceList() if id is None else asked.read(PRICE_LIST, id)
    require(id is None or found.opened, otherwise=PriceListUnknown)
    return found


def needs_room(asked: Reading, id: DirectoryId) -> None:
    """Refuse to put anything new into a directory that is closed."""
    require(not asked.read(DIRECTORY, id).closed, otherwise=DirectoryNotOpen)
