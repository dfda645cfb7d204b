"""How the promises of each ticket were kept, for those who report on it (R-RPT-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.staff.worker import Right
from domain.values import AreaId, Instant
from projections.clients.group_members import MEMBERSHIPS
from projections.question import Answer, Leg, Listing
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.sla_report import NOT_ASSESSED
from projections.service.tickets import DESK
from projections.sight import STANDING, open_directory, open_ticket


class OutcomeRow(Answer):
    """One ticket, as the SLA report has it: seconds are business seconds."""

    ticket: str
    case: str
    received_at: datetime
    group: str
    severity: str
    first_response_seconds: int | None
    resolution_seconds: int | None
    first_response_due: datetime | None
    resolution_due: datetime | None
    first_response_outcome: str
    resolution_outcome: str


def outcome(target: str) -> str:
    """What is open and past its due is missed at the instant of the answer."""
    stands, due = f"o.{target}_outcome", f"o.{target}_due"
    return f"CASE WHEN {stands} = 'open' AND {due} < %(now)s THEN 'missed' ELSE {stands} END AS {target}_outcome"


class SlaOutcomes(
    Listing[OutcomeRow],
    name="sla-outcomes",
    rests_on=(DESK, SERVICE_LEVELS, MEMBERSHIPS),
    rights=[Right.ANALYST, Right.HELPDESK],
):
    """Met, missed and open for every ticket that I may see, by when it was received."""

    area: AreaId | None = None
    since: Instant | None = None
    until: Instant | None = None

    narrowing: ClassVar = {
        "area": "t.area = %(area)s",
        "since": "o.received_at >= %(since)s",
        "until": "o.received_at < %(until)s",
    }
    of = ("ticket",)
    shows = f"""
        o.ticket, coalesce(t.reference, t.ticket) AS case, o.received_at, coalesce(g.name, '') AS group,
        coalesce(o.severity, '{NOT_ASSESSED}') AS severity, o.first_response_seconds, o.resolution_seconds,
        o.first_response_due, o.resolution_due, {outcome("first_response")}, {outcome("resolution")}"""
    joins = f"""
        JOIN sla_outcomes o ON o.ticket = page.ticket JOIN tickets t ON t.ticket = page.ticket
        LEFT JOIN sla_groups sg ON sg.ticket = page.ticket
        LEFT JOIN groups g ON g.group_id = sg.group_id AND {open_directory("g.directory")}"""

    def legs(self) -> Sequence[Leg]:
        tickets = f"JOIN tickets t ON t.ticket = o.ticket {STANDING}"
        rows = f"FROM sla_outcomes o {tickets} WHERE {open_ticket()}{self.given()}"
        return [Leg(rows, {"o.received_at": "timestamptz", "o.ticket": "text"})]
