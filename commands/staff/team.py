"""What may be asked about teams: by the area administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.refusal import require
from domain.staff import team as rule
from domain.staff.team import TEAM, Team
from domain.staff.worker import WORKER, Right, WorkerUnknown
from domain.values import Label, TeamId, WorkerId


class FormTeam(Command, topic="team.form", of=TEAM):
    """Form a team without members."""

    name: Label

    def decide(self, own: Team, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.form(own, self.name)


class RenameTeam(Command, topic="team.rename", of=TEAM):
    """Call a team by another name."""

    team: TeamId
    name: Label

    def decide(self, own: Team, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.rename(own, self.name)


class AddTeamMember(Command, topic="team.add-member", of=TEAM):
    """Put a worker into a team."""

    team: TeamId
    worker: WorkerId

    def decide(self, own: Team, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        require(asked.read(WORKER, self.worker).hired, otherwise=WorkerUnknown)
        return rule.add(own, self.worker)


class RemoveTeamMember(Command, topic="team.remove-member", of=TEAM):
    """Take a worker out of a team; a leader who leaves leads no longer."""

    team: TeamId
    worker: WorkerId

    def decide(self, own: Team, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.remove(own, self.worker)


class NameTeamLeader(Command, topic="team.name-leader", of=TEAM):
    """Let a member lead the team, or nobody."""

    team: TeamId
    worker: WorkerId | None

    def decide(self, own: Team, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.lead(own, self.worker)


class DisbandTeam(Command, topic="team.disband", of=TEAM):
    """Remove all members of a team for good; nobody has anything through it any more."""

    team: TeamId

    def decide(self, own: Team, asked: Asked) -> Decision:
        needs(asked, Right.AREA_ADMINISTRATOR)
        return rule.disband(own)
