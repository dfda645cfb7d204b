"""What analysts are shown of workers, without names: teams and areas."""

from __future__ import annotations

from domain.staff.worker import Right
from projections.access import ACCESS
from projections.analysis.view import FLAG, WORD, Shown, View
from projections.sight import known_area
from projections.staff.roster import ROSTER
from projections.staff.worker import STAFF, away

VIEWS = (
    View(
        name="workers",
        about="Who works here, or did, without names.",
        key=("worker",),
        columns=(
            Shown("worker", WORD, "The worker.", "aw.worker"),
            Shown("active", FLAG, "Whether they work here.", "aw.active"),
            Shown("absent", FLAG, "Whether they are away.", away("aw.worker")),
        ),
        rows="FROM access_workers aw WHERE true",
        rests_on=(ACCESS, ROSTER),
        rights=STAFF,
    ),
    View(
        name="teams",
        about="All teams.",
        key=("team",),
        columns=(
            Shown("team", WORD, "The team.", "tm.team"),
            Shown("name", WORD, "What it is called.", "tm.name"),
            Shown("leader", WORD, "The worker who leads it.", "tm.leader"),
            Shown("disbanded", FLAG, "Whether it is no more.", "tm.disbanded"),
        ),
        rows="FROM teams tm WHERE true",
        rests_on=(ROSTER,),
        rights=STAFF,
    ),
    View(
        name="team_members",
        about="Who is in which team now.",
        key=("team", "worker"),
        columns=(
            Shown("team", WORD, "The team.", "m.team"),
            Shown("worker", WORD, "The worker.", "m.worker"),
        ),
        rows="FROM access_members m JOIN teams tm ON tm.team = m.team WHERE true",
        rests_on=(ACCESS, ROSTER),
        rights=STAFF,
    ),
    View(
        name="areas",
        about="The areas that the analyst has a role in; an area administrator knows of all.",
        key=("area",),
        columns=(
            Shown("area", WORD, "The area.", "a.area"),
            Shown("name", WORD, "What it is called.", "a.name"),
            Shown("parent", WORD, "What it lies in, where the analyst may know of that.", "pa.area"),
            Shown("head", WORD, "The worker at its head.", "a.head"),
            Shown("closed", FLAG, "Whether it takes nothing new.", "a.closed"),
        ),
        rows=f"""
            FROM areas a LEFT JOIN areas pa ON pa.area = a.parent AND {known_area("a.parent")}
            WHERE {known_area("a.area")}""",
        rests_on=(ACCESS, ROSTER),
        rights=(Right.BASIC, Right.AREA_ADMINISTRATOR),
    ),
)
