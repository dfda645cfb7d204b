"""A team is a set of workers with at most one leader, who is one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.values import Label, WorkerId


class TeamFormed(Event, topic="team.formed"):
    """There is a team of this name, nobody in it yet."""

    name: Label


class TeamMemberAdded(Event, topic="team.member-added"):
    """The worker is in the team and has what the team has."""

    worker: WorkerId


class TeamMemberRemoved(Event, topic="team.member-removed"):
    """The worker is no longer in the team, nor has anything through it."""

    worker: WorkerId


class TeamLeaderNamed(Event, topic="team.leader-named"):
    """The team has this leader, or none."""

    worker: WorkerId | None


TeamEvent = TeamFormed | TeamMemberAdded | TeamMemberRemoved | TeamLeaderNamed


class TeamUnknown(Unknown):
    """There is no such team."""


class TeamAlreadyFormed(Refused):
    """This team was formed before."""


class LeaderNotInTeam(Refused):
    """A team is led by one of its members."""


@dataclass(frozen=True, slots=True)
class Team:
    formed: bool = False
    members: frozenset[WorkerId] = frozenset()
    leader: WorkerId | None = None


def form(team: Team, name: str) -> Iterator[TeamEvent]:
    require(not team.formed, otherwise=TeamAlreadyFormed)
    yield TeamFormed(name=name)


def add(team: Team, worker: WorkerId) -> Iterator[TeamEvent]:
    require(team.formed, otherwise=TeamUnknown)
    if worker not in team.members:
        yield TeamMemberAdded(worker=worker)


def remove(team: Team, worker: WorkerId) -> Iterator[TeamEvent]:
    require(team.formed, otherwise=TeamUnknown)
    if worker in team.members:
        yield TeamMemberRemoved(worker=worker)


def lead(team: Team, worker: WorkerId | None) -> Iterator[TeamEvent]:
    require(team.formed, otherwise=TeamUnknown)
    require(worker is None or worker in team.members, otherwise=LeaderNotInTeam)
    if worker != team.leader:
        yield TeamLeaderNamed(worker=worker)


def evolve(team: Team, fact: Fact[TeamEvent]) -> Team:
    match fact.event:
        case TeamFormed():
            return Team(formed=True)
        case TeamMemberAdded(worker=worker):
            return replace(team, members=team.members | {worker})
        case TeamMemberRemoved(worker=worker):
            leader = None if worker == team.leader else team.leader
            return replace(team, members=team.members - {worker}, leader=leader)
        case TeamLeaderNamed(worker=worker):
            return replace(team, leader=worker)


TEAM = Decider("team", Team(), evolve, (TeamFormed, TeamMemberAdded, TeamMemberRemoved, TeamLeaderNamed))
