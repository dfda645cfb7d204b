"""Directories: those that one may use, and all of them to whoever administers their rights (R-DIR-5)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.clients.directory import LADDER, Level
from domain.staff.worker import Right
from projections.access import ACCESS
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.sight import holds, open_directory


class DirectoryRow(Answer):
    """A directory and how far the asker's right to it reaches."""

    directory: str
    name: str
    level: Level


def in_words(level: str) -> str:
    """The rung of the ladder by its name."""
    rungs = " ".join(f"WHEN {rung} THEN '{name}'" for name, rung in LADDER.items())
    return f"CASE {level} {rungs} END"


MY_LEVEL = f"""
    CASE WHEN %(everything)s THEN {LADDER[Level.ADMINISTER]} ELSE coalesce((
        SELECT max(a.level) FROM access_directories a
        WHERE a.directory = n.id AND a.holder IN (SELECT holder FROM my_holders)
    ), 0) END"""


class Directories(
    Listing,
    name="directories",
    row=DirectoryRow,
    rests_on=(ACCESS, CALLED),
    rights=[Right.BASIC, Right.AREA_ADMINISTRATOR, Right.CRM_ADMINISTRATOR],
):
    """The directories I may use; an area administrator is shown all of them, and no contact for that."""

    of = ("id",)
    shows = f"n.id AS directory, n.name, {in_words(MY_LEVEL)} AS level"
    joins = "JOIN names n ON n.kind = 'directory' AND n.id = page.id"

    def legs(self) -> Sequence[Leg]:
        shown = f"{open_directory('n.id')} OR {holds(Right.AREA_ADMINISTRATOR)}"
        return [Leg(f"FROM names n WHERE n.kind = 'directory' AND ({shown})", {"n.id": "text"})]
