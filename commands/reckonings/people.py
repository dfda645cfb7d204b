"""Who stands behind holders: workers in person, and the members of teams."""

from __future__ import annotations

from collections.abc import Iterable

from commands.retrospect import Supposed, View
from domain.staff.team import TEAM
from domain.values import Holder, WorkerId, team_of, worker_of


def people(holders: Iterable[Holder], *views: View | Supposed) -> list[WorkerId]:
    """All of them, by any of the views."""
    held = set(holders)
    teams = {team for holder in held if (team := team_of(holder)) is not None}
    for view in views:
        view.bring(TEAM, teams)
    found = {worker for holder in held if (worker := worker_of(holder)) is not None}
    return sorted(found.union(*(view.read(TEAM, team).members for team in teams for view in views)))
