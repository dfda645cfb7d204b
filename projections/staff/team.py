"""Teams and who is in them; a team is nothing hidden, what it may reach is told elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.refusal import Unknown
from domain.staff.team import TeamUnknown
from domain.values import TeamId, WorkerId
from projections.access import ACCESS
from projections.names import CALLED
from projections.question import Answer, Leg, Listing
from projections.staff.roster import ROSTER
from projections.staff.worker import CALLED_BY, SHOWN, STAFF, WorkerRow


class TeamRow(Answer):
    """A team, who leads it, and how many are in it; one that was disbanded has nobody."""

    team: str
    name: str
    leader: str | None
    leader_name: str | None
    members: int
    disbanded: bool


class Teams(Listing[TeamRow], name="teams", rests_on=(ACCESS, ROSTER, CALLED), rights=STAFF):
    """All teams, or those of one worker."""

    worker: WorkerId | None = None
    leader: WorkerId | None = None
    disbanded: bool | None = None

    narrowing: ClassVar = {
        "worker": "EXISTS (SELECT FROM access_members m WHERE m.team = t.team AND m.worker = %(worker)s)",
        "leader": "t.leader = %(leader)s",
        "disbanded": "t.disbanded",
    }
    of = ("team",)
    shows = """
        t.team, t.name, t.leader, n.name AS sealed_leader_name,
        (SELECT count(*) FROM access_members m WHERE m.team = t.team) AS members, t.disbanded"""
    joins = "JOIN teams t ON t.team = page.team LEFT JOIN worker_names n ON n.worker = t.leader"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM teams t WHERE true{self.given()}", {"t.team": "text"})]


class TeamMemberRow(WorkerRow):
    """A worker who is in the team."""

    leads: bool


class TeamMembers(Listing[TeamMemberRow], name="team-members", rests_on=(ACCESS, ROSTER, CALLED), rights=STAFF):
    """Who is in a team."""

    team: TeamId

    of = ("worker",)
    counted = True
    shows = f"{SHOWN}, t.leader IS NOT DISTINCT FROM n.worker AS leads"
    joins = f"{CALLED_BY.format(row='page')} JOIN teams t ON t.team = %(team)s"

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM access_members m {CALLED_BY.format(row='m')} WHERE m.team = %(team)s"
        return [Leg(rows, {"n.worker": "text"})]

    def known(self) -> str:
        return "EXISTS (SELECT FROM teams t WHERE t.team = %(team)s)"

    def unknown(self) -> type[Unknown]:
        return TeamUnknown
