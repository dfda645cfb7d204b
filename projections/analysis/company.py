"""What analysts are shown of who answers for what."""

from __future__ import annotations

from domain.staff.worker import Right
from projections.analysis.view import WORD, Shown, View
from projections.company.lacking import ROWS as RESPONSIBLE_ROWS
from projections.company.lacking import STEADY
from projections.sight import open_directory

VIEWS = (
    View(
        name="responsibilities",
        about="Who answers for what, where the directory of the thing, if it has one, is open.",
        key=("kind", "thing", "process_area"),
        columns=(
            Shown("kind", WORD, "A group, contact, process area, gateway, contract, or the helpdesk.", "r.kind"),
            Shown("thing", WORD, "Which.", "r.thing"),
            Shown("process_area", WORD, "For which kind of care; empty where that is not said.", "r.process_area"),
            Shown("person", WORD, "The worker who answers.", "r.person"),
            Shown("team", WORD, "The team that answers.", "r.team"),
            Shown("area", WORD, "Where the work goes.", "r.area"),
        ),
        rows=f"""
            FROM ({RESPONSIBLE_ROWS}) r
            WHERE (r.directory IS NULL OR {open_directory("r.directory")})""",
        rests_on=STEADY,
        rights=(Right.BASIC,),
    ),
)
