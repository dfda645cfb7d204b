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


class TeamRenamed(Event, topic="team.renamed"):
    """The team has another name."""

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


class TeamDisbanded(Event, topic="team.disbanded"):
    """There is no such team any more, nor ever will be; its members were removed before."""


TeamEvent = TeamFormed | TeamRenamed | TeamMemberAdded | TeamMemberRemoved | TeamLeaderNamed | TeamDisbanded


class TeamUnknown(Unknown):
    """There is no such team."""


class TeamAlreadyFormed(Refused):
    """This team was formed before."""


class LeaderNotInTeam(Refused):
    """A team is led by one of its members."""


@dataclass(frozen=True, slots=True)
class Team:
    formed: bool = False
    """And not disbanded since."""
    members: frozenset[WorkerId] = frozenset()
    leader: WorkerId | None = None
    name: str = ""
    disbanded: bool = False


def form(team: Team, name: str) -> Iterator[TeamEvent]:
    require(not team.formed and not team.disbanded, otherwise=TeamAlreadyFormed)
    yield TeamFormed(name=name)


def rename(team: Team, name: str) -> Iterator[TeamEvent]:
    require(team.formed, otherwise=TeamUnknown)
    if name != team.name:
        yield TeamRenamed(name=name)


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


def disband(team: Team) -> Iterator[TeamEvent]:
    """Each member is removed by a fact of its own, as whoever loses something through it is told of one by one."""
    if team.disbanded:
        return
    require(team.formed, otherwise=TeamUnknown)
    for worker in sorted(team.members):
        yield TeamMemberRemoved(worker=worker)
    yield TeamDisbanded()


def evolve(team: Team, fact: Fact[TeamEvent]) -> Team:
    match fact.event:
        case TeamFormed(name=name):
            return Team(formed=True, name=name)
        case TeamRenamed(name=name):
            return replace(team, name=name)
        case TeamMemberAdded(worker=worker):
            return replace(team, members=team.members | {worker})
        case TeamMemberRemoved(worker=worker):
            leader = None if worker == team.leader else team.leader
            return replace(team, members=team.members - {worker}, leader=leader)
        case TeamLeaderNamed(worker=worker):
            return replace(team, leader=worker)
        case TeamDisbanded():
            return replace(team, formed=False, disbanded=True)


TEAM = Decider(
    "team",
    Team(),
    evolve,
    (TeamFormed, TeamRenamed, TeamMemberAdded, TeamMemberRemoved, TeamLeaderNamed, TeamDisbanded),
)
