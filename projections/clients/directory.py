"""Directories: those that one may use, and all of them to whoever administers their rights (R-DIR-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.clients.directory import LADDER, Level
from domain.staff.worker import Right
from projections.access import ACCESS
from projections.clients.directories import SHELVES
from projections.question import Answer, Leg, Listing
from projections.sight import holds, lasts, open_directory


class DirectoryRow(Answer):
    """A directory, how far the asker's right to it reaches, and whether it takes nothing new."""

    directory: str
    name: str
    level: Level
    closed: bool


def in_words(level: str) -> str:
    """The rung of the ladder by its name."""
    rungs = " ".join(f"WHEN {rung} THEN '{name}'" for name, rung in LADDER.items())
    return f"CASE {level} {rungs} END"


MY_LEVEL = f"""
    CASE WHEN %(everything)s THEN {LADDER[Level.ADMINISTER]} ELSE coalesce((
        SELECT max(a.level) FROM access_directories a
        WHERE a.directory = d.directory AND {lasts("a")} AND a.holder IN (SELECT holder FROM my_holders)
    ), 0) END"""


class Directories(
    Listing[DirectoryRow],
    name="directories",
    rests_on=(ACCESS, SHELVES),
    rights=[Right.BASIC, Right.AREA_ADMINISTRATOR, Right.CRM_ADMINISTRATOR],
):
    """The directories I may use; an area administrator is shown all of them, and no contact for that."""

    closed: bool | None = None

    narrowing: ClassVar = {"closed": "d.closed"}
    of = ("directory",)
    shows = f"d.directory, d.name, {in_words(MY_LEVEL)} AS level, d.closed"
    joins = "JOIN listed_directories d ON d.directory = page.directory"

    def legs(self) -> Sequence[Leg]:
        shown = f"({open_directory('d.directory')} OR {holds(Right.AREA_ADMINISTRATOR)})"
        return [Leg(f"FROM listed_directories d WHERE {shown}{self.given()}", {"d.directory": "text"})]
