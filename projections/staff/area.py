"""Areas: those one has a role in, all of them to the area administrator, and who has which role (requirements, 1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.refusal import Unknown
from domain.staff.area import AreaUnknown, Role
from domain.staff.worker import Right
from domain.values import AreaId, WorkerId
from projections.access import ACCESS
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import known_area, lasts
from projections.staff.roster import ROSTER


class AreaRow(Answer):
    """An area with the asker's roles in it; the area that it lies in only where the asker may know of that, too."""

    area: str
    name: str
    parent: str | None
    parent_name: str | None
    head: str | None
    head_name: str | None
    closed: bool
    roles: tuple[Role, ...]


MY_ROLES = f"""ARRAY(
    SELECT DISTINCT r.role FROM access_roles r
    WHERE r.area = a.area AND {lasts("r")} AND r.holder IN (SELECT holder FROM my_holders) ORDER BY r.role)"""


class Areas(
    Listing[AreaRow],
    name="areas",
    rests_on=(ACCESS, ROSTER, CALLED),
    rights=[Right.BASIC, Right.AREA_ADMINISTRATOR],
):
    """The areas I have any role in."""

    parent: AreaId | None = None
    head: WorkerId | None = None
    role: Role | None = None
    closed: bool | None = None

    narrowing: ClassVar = {
        "parent": f"a.parent = %(parent)s AND {known_area('a.parent')}",
        "head": "a.head = %(head)s",
        "role": f"%(role)s::text = ANY ({MY_ROLES})",
        "closed": "a.closed",
    }
    of = ("area",)
    shows = f"""
        a.area, a.name, pa.area AS parent, pa.name AS parent_name, a.head, n.name AS sealed_head_name, a.closed,
        {MY_ROLES} AS roles"""
    joins = f"""
        JOIN areas a ON a.area = page.area
        LEFT JOIN areas pa ON pa.area = a.parent AND {known_area("a.parent")}
        LEFT JOIN worker_names n ON n.worker = a.head"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM areas a WHERE {known_area('a.area')}{self.given()}", {"a.area": "text"})]


class AreaRoleRow(Answer):
    """A role of a worker or a team, with its end if it has one."""

    holder: str
    worker: str | None
    worker_name: str | None
    team: str | None
    team_name: str | None
    role: Role
    until: datetime | None


HOLDER = """
    r.holder, CASE split_part(r.holder, ':', 1) WHEN 'worker' THEN split_part(r.holder, ':', 2) END AS worker,
    n.name AS sealed_worker_name, t.team, t.name AS team_name"""
HOLDER_NAMED = """
    LEFT JOIN worker_names n ON 'worker:' || n.worker = r.holder
    LEFT JOIN teams t ON 'team:' || t.team = r.holder"""


class AreaRoles(
    Listing[AreaRoleRow],
    name="area-roles",
    rests_on=(ACCESS, ROSTER, CALLED),
    rights=[Right.BASIC, Right.AREA_ADMINISTRATOR],
):
    """Who is what in an area that I have a role in, or administer."""

    area: AreaId
    role: Role | None = None

    narrowing: ClassVar = {"role": "r.role = %(role)s"}
    of = ("holder", "role")
    shows = f"{HOLDER}, r.role, r.until"
    joins = f"""
        JOIN access_roles r ON r.area = %(area)s AND r.holder = page.holder AND r.role = page.role {HOLDER_NAMED}"""

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM access_roles r WHERE r.area = %(area)s AND {lasts('r')}{self.given()}"
        return [Leg(rows, {"r.role": "text", "r.holder": "text"})]

    def known(self) -> str:
        return f"EXISTS (SELECT FROM areas a WHERE a.area = %(area)s AND {known_area('a.area')})"

    def unknown(self) -> type[Unknown]:
        return AreaUnknown
