"""Who answers for what, and whether they can: the standing check, asked at any time (R-RESP-1, R-DIR-4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.company.responsibility import Kind, Lacking
from domain.staff.worker import Right
from domain.values import GroupId, ProcessAreaId, TeamId, WorkerId
from projections.company.lacking import LACKING, RESTS_ON, ROWS, STEADY
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import STANDING, holds, lasts, open_directory, open_ticket

ADMINISTRATORS = holds(Right.CRM_ADMINISTRATOR, Right.AREA_ADMINISTRATOR)
KEY = {"r.kind": "text", "r.thing": "text", "r.process_area": "text"}
SEEN_TICKET = f"EXISTS (SELECT FROM tickets t {STANDING} WHERE t.ticket = r.thing AND {open_ticket()})"
TOLD = f"""CASE r.kind
    WHEN '{Kind.CONTACT}' THEN {open_directory("r.directory")}
    WHEN '{Kind.TICKET}' THEN {ADMINISTRATORS} OR {SEEN_TICKET}
    ELSE {ADMINISTRATORS} OR {open_directory("r.directory")} END"""
"""A contact is named to nobody who may not know of it (D16); a ticket to administrators, by its id."""

GROUP_NAMED = f"LEFT JOIN groups g ON g.group_id = {{row}}.thing AND {{row}}.kind = '{Kind.GROUP}'"
PROCESS_AREA_NAMED = f"""
    LEFT JOIN process_areas pn ON pn.process_area = CASE {{row}}.kind
        WHEN '{Kind.PROCESS_AREA}' THEN {{row}}.thing ELSE {{row}}.process_area END"""
AREA_NAMED = f"""
    LEFT JOIN names an ON an.kind = 'area' AND an.id = r.area AND ({holds(Right.AREA_ADMINISTRATOR)} OR EXISTS (
        SELECT FROM access_roles a
        WHERE a.area = r.area AND {lasts("a")} AND a.holder IN (SELECT holder FROM my_holders)))"""


class ResponsibilityRow(Answer):
    """For what, who, and which area its work goes to; the area's name only for those who have a role in it."""

    kind: Kind
    thing: str
    group: str | None
    group_name: str | None
    process_area: str | None
    process_area_name: str | None
    person: str | None
    person_name: str | None
    team: str | None
    team_name: str | None
    area: str | None
    area_name: str | None


class Responsibilities(
    Listing[ResponsibilityRow],
    name="responsibilities",
    rests_on=(*STEADY, CALLED),
    rights=[Right.BASIC],
):
    """Who answers for what: for groups and contacts whose directory I may use, and for what has no directory."""

    kind: Kind | None = None
    group: GroupId | None = None
    process_area: ProcessAreaId | None = None
    person: WorkerId | None = None
    team: TeamId | None = None

    narrowing: ClassVar = {
        "kind": "r.kind = %(kind)s",
        "group": f"r.kind = '{Kind.GROUP}' AND r.thing = %(group)s",
        "process_area": f"""
            CASE r.kind WHEN '{Kind.PROCESS_AREA}' THEN r.thing ELSE r.process_area END = %(process_area)s""",
        "person": "r.person = %(person)s",
        "team": "r.team = %(team)s",
    }
    of = ("kind", "thing", "process_area")
    shows = """
        r.kind, r.thing, g.group_id AS group, g.name AS group_name, pn.process_area, pn.name AS process_area_name,
        r.person, wn.name AS sealed_person_name, r.team, tn.name AS team_name, r.area, an.name AS area_name"""
    joins = f"""
        JOIN ({ROWS}) r ON r.kind = page.kind AND r.thing = page.thing AND r.process_area = page.process_area
        {GROUP_NAMED.format(row="r")} {PROCESS_AREA_NAMED.format(row="r")}
        LEFT JOIN worker_names wn ON wn.worker = r.person
        LEFT JOIN names tn ON tn.kind = 'team' AND tn.id = r.team {AREA_NAMED}"""

    def legs(self) -> Sequence[Leg]:
        shown = f"(r.directory IS NULL OR {open_directory('r.directory')})"
        return [Leg(f"FROM ({ROWS}) r WHERE {shown}{self.given()}", KEY)]


class LackRow(Answer):
    """Somebody who answers and cannot; without a worker, a team that answers and has nobody in it.

    Administrators are told of all but contacts; these, and a group's name, only to those who may use the directory.
    """

    kind: Kind
    thing: str
    group_name: str | None
    process_area: str | None
    process_area_name: str | None
    worker: str | None
    worker_name: str | None
    lacks: tuple[Lacking, ...]


class ResponsibilityCheck(
    Listing[LackRow],
    name="responsibility-check",
    rests_on=(*RESTS_ON, CALLED),
    rights=[Right.BASIC, Right.CRM_ADMINISTRATOR, Right.AREA_ADMINISTRATOR],
):
    """Whoever answers for something, or has an open ticket, and lacks what that takes."""

    worker: WorkerId | None = None

    narrowing: ClassVar = {"worker": "r.worker = %(worker)s"}
    of = ("kind", "thing", "process_area", "worker", "lacks")
    shows = f"""
        page.kind, page.thing, CASE WHEN {open_directory("g.directory")} THEN g.name END AS group_name,
        pn.process_area, pn.name AS process_area_name, nullif(page.worker, '') AS worker,
        wn.name AS sealed_worker_name, string_to_array(page.lacks, ',') AS lacks"""
    joins = f"""
        {GROUP_NAMED.format(row="page")} {PROCESS_AREA_NAMED.format(row="page")}
        LEFT JOIN worker_names wn ON wn.worker = page.worker"""

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM {LACKING} r WHERE {TOLD}{self.given()}"
        return [Leg(rows, {**KEY, "r.worker": "text", "r.lacks": "text"})]
