"""Who works here: to everybody whether they are there, to themselves and to the CRM administrator everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.refusal import Unknown
from domain.staff.worker import Right, WorkerUnknown
from domain.values import TeamId, WorkerId
from projections.access import ACCESS
from projections.names import CALLED
from projections.question import Answer, Leg, Listing, Single
from projections.sight import holds, lasts
from projections.staff.roster import ROSTER
from projections.work.notices import TOLD

STAFF = (Right.BASIC, Right.CRM_ADMINISTRATOR, Right.AREA_ADMINISTRATOR)
"""Who may ask about workers and teams."""


def away(worker: str) -> str:
    """Whether the worker is away at the instant of the answer."""
    lasting = "ab.since <= %(now)s AND (ab.until IS NULL OR ab.until > %(now)s)"
    return f"EXISTS (SELECT FROM absences ab WHERE ab.worker = {worker} AND {lasting})"


class WorkerRow(Answer):
    """A worker, and whether they are there."""

    worker: str
    name: str
    active: bool
    absent: bool


WORKING = "worker_names n JOIN access_workers w ON w.worker = n.worker"
CALLED_BY = "JOIN worker_names n ON n.worker = {row}.worker JOIN access_workers w ON w.worker = {row}.worker"
SHOWN = f"n.worker, n.name AS sealed_name, w.active, {away('n.worker')} AS absent"


class Workers(Listing[WorkerRow], name="workers", rests_on=(ACCESS, CALLED, ROSTER), rights=STAFF):
    """Everybody who works here, or did."""

    active: bool | None = None
    absent: bool | None = None
    team: TeamId | None = None

    narrowing: ClassVar = {
        "active": "w.active",
        "absent": away("n.worker"),
        "team": "EXISTS (SELECT FROM access_members m WHERE m.team = %(team)s AND m.worker = n.worker)",
    }
    of = ("worker",)
    shows = SHOWN
    joins = CALLED_BY.format(row="page")

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM {WORKING} WHERE true{self.given()}", {"n.worker": "text"})]


class HeldRight(Answer):
    """A system right, with its end if it has one."""

    right: Right
    until: datetime | None


class JoinedTeam(Answer):
    """A team that the worker is in."""

    team: str
    name: str | None
    leads: bool


class PlannedAbsence(Answer):
    """An absence that is not over: [since, until)."""

    absence: str
    since: datetime
    until: datetime | None
    substitute: str | None
    substitute_name: str | None


class OneWorkerRow(WorkerRow):
    """A worker; what is empty is not for the asker to know."""

    rights: tuple[HeldRight, ...] | None
    teams: tuple[JoinedTeam, ...] | None
    absences: tuple[PlannedAbsence, ...] | None
    email: str | None
    """Where they get e-mail; nowhere, if there is none."""
    notice_channels: tuple[str, ...] | None
    """By which they want notices besides."""


RIGHTS = f"""
    SELECT json_agg(json_build_object('right', r.right_name, 'until', r.until) ORDER BY r.right_name)
    FROM access_rights r WHERE r.worker = %(worker)s AND {lasts("r")}"""
JOINED = """
    SELECT json_agg(json_build_object(
        'team', m.team, 'name', t.name, 'leads', t.leader IS NOT DISTINCT FROM m.worker
    ) ORDER BY m.team)
    FROM access_members m LEFT JOIN teams t ON t.team = m.team WHERE m.worker = %(worker)s"""
PLANNED = """
    SELECT json_agg(json_build_object(
        'absence', ab.absence, 'since', ab.since, 'until', ab.until,
        'substitute', ab.substitute, 'sealed_substitute_name', sn.name
    ) ORDER BY ab.since, ab.absence)
    FROM absences ab LEFT JOIN worker_names sn ON sn.worker = ab.substitute
    WHERE ab.worker = %(worker)s AND (ab.until IS NULL OR ab.until > %(now)s)"""
WANTED = "SELECT string_to_array(c.channels, ',') FROM worker_channels c WHERE c.worker = n.worker"
WHOLE = f"(n.worker = %(actor)s OR {holds(Right.CRM_ADMINISTRATOR)})"


def _whole(listed: str) -> str:
    return f"CASE WHEN {WHOLE} THEN coalesce(({listed}), '[]') END"


class OneWorker(Single[OneWorkerRow], name="worker", rests_on=(ACCESS, CALLED, ROSTER, TOLD), rights=STAFF):
    """One worker; with rights, teams and absences where it is oneself, or to the CRM administrator."""

    worker: WorkerId

    sql = f"""
    answer AS (
        SELECT {SHOWN}, {_whole(RIGHTS)} AS rights, {_whole(JOINED)} AS teams, {_whole(PLANNED)} AS absences,
            CASE WHEN {WHOLE} THEN (SELECT e.email FROM worker_emails e WHERE e.worker = n.worker) END AS sealed_email,
            CASE WHEN {WHOLE} THEN coalesce(({WANTED}), '{{}}') END AS notice_channels
        FROM {WORKING} WHERE n.worker = %(worker)s
    )
    SELECT * FROM answer"""

    def unknown(self) -> type[Unknown]:
        return WorkerUnknown
