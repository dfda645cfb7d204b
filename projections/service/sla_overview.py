"""How promises were kept, counted per group, contract, type, worker, month: the sum of single tickets (R-RPT-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from domain.service.clock import Outcome
from domain.service.target import Target
from domain.staff.worker import Right
from domain.values import AreaId, ContractId, GroupId, IncidentTypeId, Instant, WorkerId
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.service.promised import OUTCOME
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.sla_report import NOT_ASSESSED
from projections.service.tickets import DESK
from projections.sight import STANDING, open_directory, open_ticket


class Dimension(StrEnum):
    """By what promises are counted; the month is that of the receipt, in the company's zone (D32)."""

    GROUP = "group"
    CONTRACT = "contract"
    INCIDENT_TYPE = "incident-type"
    WORKER = "worker"
    MONTH = "month"
    SEVERITY = "severity"
    AREA = "area"


ZONE = "coalesce((SELECT value FROM company_settings WHERE setting = 'zone'), 'UTC')"
VALUES: Mapping[Dimension, str] = {
    Dimension.GROUP: "coalesce(g.group_id, '')",
    Dimension.CONTRACT: "coalesce(d.contract, '')",
    Dimension.INCIDENT_TYPE: "coalesce(s.incident_type, '')",
    Dimension.WORKER: "coalesce(s.assignee, '')",
    Dimension.MONTH: f"to_char(o.received_at AT TIME ZONE {ZONE}, 'YYYY-MM')",
    Dimension.SEVERITY: f"coalesce(s.severity, '{NOT_ASSESSED}')",
    Dimension.AREA: "t.area",
}
"""What each promise is counted under; nothing is the empty word."""

SHARES = (25, 50, 75, 100, 125, 150, 200)
"""Percentages of the target: the bounds of the distribution, each belonging to the lower part."""

PERCENTILES = {"median_seconds": 0.5, "ninetieth_percentile_seconds": 0.9, "ninety_fifth_percentile_seconds": 0.95}


def _each_once(by: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    if len({*by}) < len(by):
        raise ValueError("a dimension is named once")
    return by


class KeptRow(Answer):
    """The promises of some tickets. What they are not counted by is empty, and so is what a ticket has none of.

    What is open and past its due is missed. `corrected`: judged otherwise than first stated, by a late fact. Seconds
    are business seconds up to the last stop, of those that stopped (nearest rank); `shares`: how many of these took up
    to 25, 50, 75, 100, 125, 150, 200 % of their target, and more.
    """

    group: str | None
    group_name: str | None
    contract: str | None
    contract_name: str | None
    incident_type: str | None
    incident_type_name: str | None
    worker: str | None
    worker_name: str | None
    month: str | None
    severity: str | None
    area: str | None
    area_name: str | None
    target: str
    promises: int
    met: int
    missed: int
    open: int
    none: int
    cancelled: int
    merged: int
    corrected: int
    median_seconds: int | None
    ninetieth_percentile_seconds: int | None
    ninety_fifth_percentile_seconds: int | None
    longest_seconds: int | None
    shares: tuple[int, ...]


KEY = tuple(f"by_{dimension.replace('-', '_')}" for dimension in Dimension)
SUMS = ("promises", *Outcome, "corrected", *PERCENTILES, "longest_seconds", "shares")

EVERY = f"""
    SELECT d.ticket, d.target, {OUTCOME} AS outcome, d.contract, d.consumed_seconds, d.target_seconds, d.corrected
    FROM deadlines d UNION ALL
    SELECT e.ticket, '{Target.NEXT_RESPONSE}', e.outcome, e.contract, e.consumed_seconds, e.target_seconds, e.corrected
    FROM earlier_responses e"""
"""Every promise as it stands at the instant of the answer."""


class SlaOverview(
    Listing[KeptRow],
    name="sla-overview",
    rests_on=(DESK, SERVICE_LEVELS, MEMBERSHIPS, RESPONSIBLE, CALLED),
    rights=[Right.ANALYST, Right.HELPDESK],
):
    """Met, missed, corrected and open of all tickets that I may see, per group, contract, type, worker, month."""

    by: Annotated[tuple[Dimension, ...], Field(max_length=7), AfterValidator(_each_once)] = (Dimension.GROUP,)
    target: Target | None = None
    area: AreaId | None = None
    group: GroupId | None = None
    contract: ContractId | None = None
    incident_type: IncidentTypeId | None = None
    worker: WorkerId | None = None
    since: Instant | None = None
    until: Instant | None = None

    narrowing: ClassVar = {
        "target": "d.target = %(target)s",
        "area": "t.area = %(area)s",
        "group": "g.group_id = %(group)s",
        "contract": "d.contract = %(contract)s",
        "incident_type": "s.incident_type = %(incident_type)s",
        "worker": "s.assignee = %(worker)s",
        "since": "o.received_at >= %(since)s",
        "until": "o.received_at < %(until)s",
    }
    of = (*KEY, "target", *SUMS)
    shows = f"""
        nullif(page.by_group, '') AS group, g.name AS group_name,
        nullif(page.by_contract, '') AS contract, kn.name AS contract_name,
        nullif(page.by_incident_type, '') AS incident_type, tn.name AS incident_type_name,
        nullif(page.by_worker, '') AS worker, wn.name AS sealed_worker_name,
        nullif(page.by_month, '') AS month, nullif(page.by_severity, '') AS severity,
        nullif(page.by_area, '') AS area, an.name AS area_name, page.target,
        {", ".join(f"page.{name}::int AS {name}" for name in ("promises", *Outcome, "corrected"))},
        {", ".join(f"nullif(page.{name}, '')::int AS {name}" for name in (*PERCENTILES, "longest_seconds"))},
        page.shares::json AS shares"""
    joins = """
        LEFT JOIN groups g ON g.group_id = page.by_group
        LEFT JOIN names kn ON kn.kind = 'contract' AND kn.id = page.by_contract
        LEFT JOIN names tn ON tn.kind = 'incident-type' AND tn.id = page.by_incident_type
        LEFT JOIN names an ON an.kind = 'area' AND an.id = page.by_area
        LEFT JOIN worker_names wn ON wn.worker = page.by_worker"""

    def promises(self) -> str:
        """Every promise of a ticket that the asker may know of, with what it is counted under."""
        counted = ", ".join(
            f"{VALUES[each] if each in self.by else repr('')} AS {name}"
            for each, name in zip(Dimension, KEY, strict=True)
        )
        return f"""
            SELECT {counted}, d.target, d.outcome, d.corrected, d.consumed_seconds, d.target_seconds
            FROM ({EVERY}) d JOIN tickets t ON t.ticket = d.ticket {STANDING}
            JOIN sla_outcomes o ON o.ticket = t.ticket
            LEFT JOIN sla_groups sg ON sg.ticket = t.ticket
            LEFT JOIN groups g ON g.group_id = sg.group_id AND {open_directory("g.directory")}
            WHERE {open_ticket()}{self.given()}"""

    def rows(self) -> str:
        """One row for each key there is; figures as words, so that a page's end is told exactly."""
        key = ", ".join((*KEY, "target"))
        outcomes = ", ".join(f"count(*) FILTER (WHERE outcome = '{each}')::text AS {each}" for each in Outcome)
        stopped = "FILTER (WHERE consumed_seconds IS NOT NULL AND outcome <> 'open')"
        ranks = ", ".join(
            f"coalesce(({rank(share)} {stopped})::text, '') AS {name}" for name, share in PERCENTILES.items()
        )
        return f"""(
            SELECT {key}, count(*)::text AS promises, {outcomes},
                   count(*) FILTER (WHERE corrected)::text AS corrected, {ranks},
                   coalesce((max(consumed_seconds) {stopped})::text, '') AS longest_seconds,
                   json_build_array({_shares(stopped)})::text AS shares
            FROM ({self.promises()}) p GROUP BY {key})"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM {self.rows()} s WHERE true", {f"s.{name}": "text" for name in self.of})]


def rank(share: float) -> str:
    """The smallest value that at least so many are not above."""
    return f"percentile_disc({share}) WITHIN GROUP (ORDER BY consumed_seconds)"


def _shares(stopped: str) -> str:
    """How many stopped within each part of the distribution."""
    used = "consumed_seconds * 100"
    within = [f"{used} <= target_seconds * {share}" for share in SHARES]
    beyond = [f"{used} > target_seconds * {share}" for share in SHARES]
    parts = [" AND ".join(part) for part in zip(["true", *beyond], [*within, "true"], strict=True)]
    return ", ".join(f"count(*) {stopped.removesuffix(')')} AND {part})" for part in parts)
