"""What is promised and not yet kept, the nearest due first (R-TCK-17, D5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.service.target import Target
from domain.staff.worker import Right
from domain.values import AreaId, Instant, TeamId, WorkerId
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.service.desk import AREA_AND_HOLDING
from projections.service.promised import AT_RISK, DUE, LATE, OUTCOME, PAUSED
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK
from projections.sight import STANDING, open_ticket


class DueRow(Answer):
    """An open promise: its outcome is "missed" as soon as its due has passed. While paused it has no due."""

    ticket: str
    target: str
    reference: str | None
    area: str
    area_name: str | None
    status: str
    severity: str | None
    assignee: str | None
    assignee_name: str | None
    team: str | None
    team_name: str | None
    contract: str | None
    contract_name: str | None
    outcome: str
    due: datetime | None
    at_risk: bool
    paused: bool
    consumed_seconds: int | None
    target_seconds: int | None


class Deadlines(Listing[DueRow], name="deadlines", rests_on=(DESK, SERVICE_LEVELS, CALLED), rights=[Right.HELPDESK]):
    """Every promise that is still open on the tickets I may see, by its due; then those that stand still."""

    area: AreaId | None = None
    assignee: WorkerId | None = None
    team: TeamId | None = None
    target: Target | None = None
    missed: bool | None = None
    at_risk: bool | None = None
    paused: bool | None = None
    until: Instant | None = None

    narrowing: ClassVar = {
        "area": "t.area = %(area)s",
        "assignee": "s.assignee = %(assignee)s",
        "team": "s.team = %(team)s",
        "target": "d.target = %(target)s",
        "missed": f"coalesce({LATE}, false)",
        "at_risk": f"coalesce({AT_RISK}, false)",
        "paused": PAUSED,
        "until": "d.due < %(until)s",
    }
    of = ("ticket", "target")
    shows = f"""
        d.ticket, d.target, t.reference, t.area, an.name AS area_name, s.status, s.severity,
        s.assignee, wn.name AS sealed_assignee_name, s.team, mn.name AS team_name,
        d.contract, kn.name AS contract_name, {OUTCOME} AS outcome, d.due,
        coalesce({AT_RISK}, false) AS at_risk, d.paused, d.consumed_seconds, d.target_seconds"""
    joins = f"""
        JOIN deadlines d ON d.ticket = page.ticket AND d.target = page.target
        JOIN tickets t ON t.ticket = page.ticket {STANDING} {AREA_AND_HOLDING}
        LEFT JOIN names kn ON kn.kind = 'contract' AND kn.id = d.contract"""

    def legs(self) -> Sequence[Leg]:
        both = f"FROM deadlines d JOIN tickets t ON t.ticket = d.ticket {STANDING}"
        found = f"{both} WHERE {open_ticket()}{self.given()}"
        place = {"d.ticket": "text", "d.target": "text"}
        return [
            Leg(f"{found} AND {DUE}", {"d.due": "timestamptz", **place}),
            Leg(f"{found} AND d.outcome = 'open' AND d.due IS NULL", place),
        ]
