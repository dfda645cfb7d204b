"""Contracts, and the calendars and incident types that go with them, for everybody who works here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.staff.worker import Right
from domain.values import CalendarId, ContractId, Holder
from projections.names import ANSWERING, ANSWERING_NAMED, CALLED
from projections.question import Answer, Leg, Listing
from projections.service.terms import TERMS

READERS = (Right.BASIC, Right.HELPDESK, Right.CRM_ADMINISTRATOR)
"""They hold nobody's data."""


class CalendarRow(Answer):
    """A calendar: its zone and holidays as they are now, and when its last version was recorded."""

    calendar: str
    name: str
    zone: str
    holidays: int
    versions: int
    revised_at: datetime


class Calendars(Listing[CalendarRow], name="calendars", rests_on=(TERMS,), rights=READERS):
    """When the company is open: all calendars; `calendar` tells one whole."""

    of = ("calendar",)
    shows = "c.calendar, c.name, c.zone, c.holidays, c.versions, c.revised_at"
    joins = "JOIN calendars c ON c.calendar = page.calendar"

    def legs(self) -> Sequence[Leg]:
        return [Leg("FROM calendars c WHERE true", {"c.calendar": "text"})]


class ContractRow(Answer):
    """A contract as its last version has it: the calendar, who answers (a worker or a team), how many levels."""

    contract: str
    name: str
    calendar: str
    calendar_name: str | None
    responsible: str | None
    worker_name: str | None
    team_name: str | None
    levels: int
    versions: int
    revised_at: datetime


class Contracts(Listing[ContractRow], name="contracts", rests_on=(TERMS, CALLED), rights=READERS):
    """What the company promises: all contracts; `contract` tells one whole."""

    calendar: CalendarId | None = None
    responsible: Holder | None = None

    narrowing: ClassVar = {"calendar": "r.calendar = %(calendar)s", "responsible": "r.responsible = %(responsible)s"}
    of = ("contract",)
    shows = f"""
        r.contract, r.name, r.calendar, c.name AS calendar_name, {ANSWERING}, r.levels, r.versions, r.revised_at"""
    joins = f"""
        JOIN contracts r ON r.contract = page.contract
        LEFT JOIN calendars c ON c.calendar = r.calendar {ANSWERING_NAMED}"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM contracts r WHERE true{self.given()}", {"r.contract": "text"})]


class IncidentTypeRow(Answer):
    """A type of incident, and the contract that its tickets are promised where nobody has a nearer one (D1)."""

    incident_type: str
    name: str
    contract: str | None
    contract_name: str | None
    retired: bool


class IncidentTypes(Listing[IncidentTypeRow], name="incident-types", rests_on=(TERMS,), rights=READERS):
    """The code list of incident types."""

    contract: ContractId | None = None
    retired: bool | None = None

    narrowing: ClassVar = {"contract": "i.contract = %(contract)s", "retired": "i.retired"}
    of = ("incident_type",)
    shows = "i.incident_type, i.name, i.contract, k.name AS contract_name, i.retired"
    joins = """
        JOIN incident_types i ON i.incident_type = page.incident_type
        LEFT JOIN contracts k ON k.contract = i.contract"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM incident_types i WHERE true{self.given()}", {"i.incident_type": "text"})]
