"""Who may what with a directory: told to those who may change it, and no word of what lies inside (R-DIR-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.clients.directory import LADDER, DirectoryUnknown, Lasting, Level
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import DirectoryId
from projections.access import ACCESS
from projections.clients.directories import SHELVES
from projections.clients.directory import in_words
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import holds, lasts
from projections.staff.area import HOLDER, HOLDER_NAMED
from projections.staff.roster import ROSTER

MINE = f"""EXISTS (
    SELECT FROM access_directories r
    WHERE r.directory = d.directory AND r.level >= {LADDER[Level.ADMINISTER]} AND {lasts("r")}
    AND r.holder IN (SELECT holder FROM my_holders))"""


class DirectoryRightRow(Answer):
    """A right of a worker or a team: one with an end lies on top of a standing one, and the higher counts."""

    holder: str
    worker: str | None
    worker_name: str | None
    team: str | None
    team_name: str | None
    level: Level
    lasting: Lasting
    until: datetime | None


class DirectoryRights(
    Listing[DirectoryRightRow],
    name="directory-rights",
    rests_on=(ACCESS, SHELVES, ROSTER, CALLED),
    rights=[Right.BASIC, Right.AREA_ADMINISTRATOR],
):
    """Who may what with a directory that I administer, or with any to the area administrator."""

    directory: DirectoryId

    of = ("holder", "lasting")
    shows = f"{HOLDER}, {in_words('r.level')} AS level, r.lasting, r.until"
    joins: ClassVar = f"""
        JOIN access_directories r ON r.directory = %(directory)s
            AND r.holder = page.holder AND r.lasting = page.lasting {HOLDER_NAMED}"""

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM access_directories r WHERE r.directory = %(directory)s AND {lasts('r')}"
        return [Leg(rows, {"r.holder": "text", "r.lasting": "text"})]

    def known(self) -> str:
        shown = f"({holds(Right.AREA_ADMINISTRATOR)} OR {MINE})"
        return f"EXISTS (SELECT FROM listed_directories d WHERE d.directory = %(directory)s AND {shown})"

    def unknown(self) -> type[Unknown]:
        return DirectoryUnknown
