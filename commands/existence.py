"""What a request names must be there: refused by its own name where it is not."""

from __future__ import annotations

from commands.command import Asked
from domain.refusal import require
from domain.service.contract import CONTRACT, ContractUnknown
from domain.service.incident_type import INCIDENT_TYPE, IncidentTypeUnknown
from domain.staff.worker import WORKER, WorkerUnknown
from domain.values import ContractId, IncidentTypeId, WorkerId


def needs_contract(asked: Asked, id: ContractId | None) -> None:
    """Refuse a contract that was never concluded; none at all is all right."""
    require(id is None or bool(asked.read(CONTRACT, id).versions), otherwise=ContractUnknown)


def needs_incident_type(asked: Asked, id: IncidentTypeId | None) -> None:
    """Refuse an incident type that was never listed; none at all is all right."""
    require(id is None or asked.read(INCIDENT_TYPE, id).listed, otherwise=IncidentTypeUnknown)


def needs_worker(asked: Asked, id: WorkerId | None) -> None:
    """Refuse a worker who was never hired, as no automaton was; nobody at all is all right."""
    require(id is None or asked.read(WORKER, id).hired, otherwise=WorkerUnknown)
