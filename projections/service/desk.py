"""The desk: the tickets that lie open to the asker, what waits for somebody first (R-TCK-5, R-TCK-8, R-TCK-17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.service.status import Status
from domain.staff.worker import Right
from domain.values import AreaId, ContactId, ProcessAreaId, TeamId, WorkerId
from projections.clients.client_file import CLIENT_FILE
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.service.promised import ALL, AT_RISK, DUE, LATE, PAUSED, PROMISES
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK, OVER
from projections.sight import STANDING, open_area, open_standing, open_ticket


class Sort(StrEnum):
    """What waits for somebody first and then the newest; the nearest due first; or just the newest."""

    UNASSIGNED = "unassigned"
    DUE = "due"
    NEWEST = "newest"


class TicketShown(Answer):
    """A ticket with what everything about it is called.

    A ticket with an assignee and a team is the assignee's; one with a team alone waits for one of them to claim it.
    `survivor` stands for a ticket that was merged, `origin` is what it was split off from: where I may know of them.
    """

    ticket: str
    reference: str | None
    title: str
    opened_at: datetime
    area: str
    area_name: str | None
    reporter: str | None
    reporter_name: str | None
    customer: str | None
    customer_name: str | None
    incident_type: str | None
    incident_type_name: str | None
    status: str
    severity: str | None
    process_area: str | None
    process_area_name: str | None
    assignee: str | None
    assignee_name: str | None
    team: str | None
    team_name: str | None
    contract: str | None
    contract_name: str | None
    survivor: str | None
    origin: str | None
    over: bool
    changed_at: datetime


class DeskRow(TicketShown):
    """A ticket as it stands: `due` is the nearest of its open promises, and may have passed."""

    due: datetime | None
    missed: bool
    at_risk: bool
    paused: bool


WAITING = "(s.assignee IS NULL AND NOT s.over)"


def other(ticket: str) -> str:
    """Another ticket, where the asker may know of it."""
    known = f"ot.ticket = {ticket} AND {open_ticket('ot', 'os')}"
    return f"(SELECT ot.ticket FROM tickets ot JOIN ticket_standings os ON os.ticket = ot.ticket WHERE {known})"


SHOWN = f"""
    t.ticket, t.reference, t.title AS sealed_title, t.opened_at, t.area, an.name AS area_name,
    s.reporter, rn.name AS sealed_reporter_name, s.customer, cn.name AS sealed_customer_name,
    s.incident_type, tn.name AS incident_type_name, s.status, s.severity, s.process_area, pn.name AS process_area_name,
    s.assignee, wn.name AS sealed_assignee_name, s.team, mn.name AS team_name, s.contract, kn.name AS contract_name,
    {other("s.survivor")} AS survivor, {other("s.origin")} AS origin, s.over, s.changed_at"""
AREA_AND_HOLDING = """
    LEFT JOIN names an ON an.kind = 'area' AND an.id = t.area
    LEFT JOIN worker_names wn ON wn.worker = s.assignee
    LEFT JOIN names mn ON mn.kind = 'team' AND mn.id = s.team"""
CALLED_WHAT = f"""{AREA_AND_HOLDING}
    LEFT JOIN names tn ON tn.kind = 'incident-type' AND tn.id = s.incident_type
    LEFT JOIN names pn ON pn.kind = 'process-area' AND pn.id = s.process_area
    LEFT JOIN names kn ON kn.kind = 'contract' AND kn.id = s.contract
    LEFT JOIN contact_names rn ON rn.contact = s.reporter
    LEFT JOIN contact_names cn ON cn.contact = s.customer"""


ONCE = """NOT EXISTS (
    SELECT FROM same_contact o JOIN contact_tickets ot ON ot.contact = o.contact AND ot.ticket = ct.ticket
    WHERE o.contact < ct.contact)"""
"""A ticket of two contacts that were merged is one ticket."""


def promised(condition: str) -> str:
    """Whether it holds of one of the ticket's promises."""
    return f"EXISTS (SELECT FROM deadlines d WHERE d.ticket = t.ticket AND ({condition}))"


class Desk(
    Listing[DeskRow], name="desk", rests_on=(DESK, SERVICE_LEVELS, CLIENT_FILE, CALLED), rights=[Right.HELPDESK]
):
    """The tickets of the areas where I am member or reader, as far as I may know their contacts."""

    area: AreaId | None = None
    contact: ContactId | None = None
    status: Status | None = None
    process_area: ProcessAreaId | None = None
    assignee: WorkerId | None = None
    team: TeamId | None = None
    unassigned: bool | None = None
    missed: bool | None = None
    at_risk: bool | None = None
    paused: bool | None = None
    over: bool | None = None
    sort: Sort = Sort.UNASSIGNED

    narrowing: ClassVar = {
        "area": "t.area = %(area)s",
        "contact": "EXISTS (SELECT FROM same_contact o WHERE o.contact IN (s.reporter, s.customer))",
        "status": "s.status = %(status)s",
        "process_area": "s.process_area = %(process_area)s",
        "assignee": "s.assignee = %(assignee)s",
        "team": "s.team = %(team)s",
        "unassigned": WAITING,
        "missed": promised(LATE),
        "at_risk": promised(AT_RISK),
        "paused": promised(PAUSED),
        "over": "s.over",
    }
    of = ("ticket",)
    shows = f"{SHOWN}, {PROMISES}"
    joins = f"JOIN tickets t ON t.ticket = page.ticket {STANDING} {CALLED_WHAT} {ALL}"

    def legs(self) -> Sequence[Leg]:
        match self.sort:
            case Sort.NEWEST:
                return [self._newest()]
            case Sort.UNASSIGNED:
                return [self._newest(WAITING, few=True), self._newest(f"NOT {WAITING}")]
            case Sort.DUE:
                due = f"SELECT d.ticket FROM deadlines d WHERE {DUE}"
                return [self._nearest(), self._newest(f"t.ticket NOT IN ({due})")]

    def _newest(self, condition: str = "true", *, few: bool = False) -> Leg:
        """Of each area the newest; where there can be only few, all of them."""
        key = {"t.opened_at": "timestamptz", "t.ticket": "text"}
        wanted = f"{condition} AND {open_standing('s')}{self.given()}"
        if self.contact is not None:
            own = {"ct.opened_at": "timestamptz", "ct.ticket": "text"}
            both = f"FROM contact_tickets ct JOIN tickets t ON t.ticket = ct.ticket {STANDING}"
            rows = f"{both} WHERE ct.contact = sc.contact AND {ONCE} AND {open_area('t.area')} AND {wanted}"
            return Leg(rows, own, True, each="same_contact sc")
        if few or self._are_few():
            return Leg(f"FROM tickets t {STANDING} WHERE {open_area('t.area')} AND {wanted}", key, descending=True)
        return Leg(f"FROM tickets t {STANDING} WHERE t.area = a.area AND {wanted}", key, True, each="my_areas a")

    def _are_few(self) -> bool:
        """Whether it is narrowed to what is at work, or to the tickets of one worker or team."""
        at_work = self.over is False or self.unassigned or self.at_risk or self.paused
        return bool(at_work or self.assignee or self.team or self.status not in (None, *OVER))

    def _nearest(self) -> Leg:
        """Each ticket at the nearest due of its promises."""
        earlier = "e.ticket = d.ticket AND e.outcome = 'open' AND (e.due, e.target) < (d.due, d.target)"
        rows = f"""
            FROM deadlines d JOIN tickets t ON t.ticket = d.ticket {STANDING}
            WHERE {DUE} AND NOT EXISTS (SELECT FROM deadlines e WHERE {earlier})
            AND {open_area("t.area")} AND {open_standing("s")}{self.given()}"""
        return Leg(rows, {"d.due": "timestamptz", "d.ticket": "text"})
