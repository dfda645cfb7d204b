"""What analysts are shown of calendars, contracts and incident types."""

from __future__ import annotations

from projections.analysis.view import FLAG, INSTANT, NUMBER, WORD, Shown, View
from projections.service.contract import READERS
from projections.service.terms import TERMS

VIEWS = (
    View(
        name="calendars",
        about="When the company is open: names, zones, and how often they were revised.",
        key=("calendar",),
        columns=(
            Shown("calendar", WORD, "The calendar.", "c.calendar"),
            Shown("name", WORD, "What it is called.", "c.name"),
            Shown("zone", WORD, "Its time zone.", "c.zone"),
            Shown("holidays", NUMBER, "How many it has.", "c.holidays"),
            Shown("versions", NUMBER, "How many versions there are.", "c.versions"),
            Shown("revised_at", INSTANT, "When the last was recorded.", "c.revised_at"),
        ),
        rows="FROM calendars c WHERE true",
        rests_on=(TERMS,),
        rights=READERS,
    ),
    View(
        name="contracts",
        about="What the company promises: names, calendars, and who answers.",
        key=("contract",),
        columns=(
            Shown("contract", WORD, "The contract.", "r.contract"),
            Shown("name", WORD, "What it is called.", "r.name"),
            Shown("calendar", WORD, "By which calendar it counts.", "r.calendar"),
            Shown("responsible", WORD, "Who answers: a worker or a team.", "r.responsible"),
            Shown("levels", NUMBER, "How many levels of escalation it has.", "r.levels"),
            Shown("versions", NUMBER, "How many versions there are.", "r.versions"),
            Shown("revised_at", INSTANT, "When the last was recorded.", "r.revised_at"),
        ),
        rows="FROM contracts r WHERE true",
        rests_on=(TERMS,),
        rights=READERS,
    ),
    View(
        name="incident_types",
        about="The code list of incident types.",
        key=("incident_type",),
        columns=(
            Shown("incident_type", WORD, "The type.", "i.incident_type"),
            Shown("name", WORD, "What it is called.", "i.name"),
            Shown("contract", WORD, "What its tickets are promised where nobody has a nearer contract.", "i.contract"),
            Shown("retired", FLAG, "Whether it is offered no longer.", "i.retired"),
        ),
        rows="FROM incident_types i WHERE true",
        rests_on=(TERMS,),
        rights=READERS,
    ),
)
