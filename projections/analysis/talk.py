"""What analysts are shown of the ways in and out."""

from __future__ import annotations

from projections.analysis.view import FLAG, WORD, Shown, View
from projections.service.contract import READERS
from projections.talk.gateways import ENTRANCES

VIEWS = (
    View(
        name="gateways",
        about="Through what messages come and go.",
        key=("gateway",),
        columns=(
            Shown("gateway", WORD, "The gateway.", "w.gateway"),
            Shown("name", WORD, "What it is called.", "w.name"),
            Shown("kind", WORD, "A mailbox, a form or a line.", "w.kind"),
            Shown("process_area", WORD, "For which kind of care it is.", "w.process_area"),
            Shown("responsible", WORD, "Who answers: a worker or a team.", "w.responsible"),
            Shown("closed", FLAG, "Whether nothing comes through it any more.", "w.closed"),
        ),
        rows="FROM gateways w WHERE true",
        rests_on=(ENTRANCES,),
        rights=READERS,
    ),
)
