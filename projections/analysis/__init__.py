"""Views for analysts: each is data, shows what questions show the same worker, and no column that is anybody's data.

An analyst needs the right of one, and beside it what the question on the same rows takes. What a privacy officer or an
auditor is shown against all other rights, each use recorded, is shown by questions alone: SQL keeps no record.
"""

from __future__ import annotations

from collections.abc import Mapping

from projections.analysis import clients, company, pricing, service, staff, talk, terms
from projections.analysis.view import Shown, View

__all__ = ["ANALYSIS", "LEFT_OUT", "Shown", "View"]

WINGS = (clients, service, pricing, terms, company, talk, staff)

ANALYSIS: Mapping[str, View] = {view.name: view for wing in WINGS for view in wing.VIEWS}
"""Every view there is, by its name."""

LEFT_OUT: Mapping[str, str] = {
    "names of contacts and workers, titles, addresses, numbers, notes, files": "they are somebody's data, and sealed",
    "relations of contacts, their salutations": "who is whose what tells much of a person",
    "absences, notices, bookmarks": "questions tell them to the worker whose they are",
    "late facts, the trail, who looked": "for auditors, who may know against all other rights: each use is recorded",
    "subjects, erasures, holds": "for privacy officers, likewise",
    "search tokens, timers, lives": "they serve the service alone",
}
"""What analysts get no view of, and why."""
