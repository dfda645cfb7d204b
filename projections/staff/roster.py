"""Who is together with whom and who is away: teams with their leaders, areas with their heads, absences (R-STF-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from domain.decider import Decider
from domain.fact import Fact
from domain.staff.absence import WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.staff.area import (
    AREA,
    Area,
    AreaClosed,
    AreaHeadNamed,
    AreaMoved,
    AreaOpened,
    AreaRenamed,
    AreaReopened,
)
from domain.staff.team import (
    TEAM,
    Team,
    TeamDisbanded,
    TeamFormed,
    TeamLeaderNamed,
    TeamMemberRemoved,
    TeamRenamed,
)
from domain.staff.worker import WORKER, Worker
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, instead, words

TEAMS = Table("teams", ("team",), (*words("name", "leader"), Column("disbanded", Kind.FLAG)), indexes=(("leader",),))
AREAS = Table(
    "areas",
    ("area",),
    (*words("name", "parent", "head"), Column("closed", Kind.FLAG)),
    indexes=(("parent",), ("head",)),
)
ABSENCES = Table(
    "absences",
    ("worker", "absence"),
    (Column("since", Kind.INSTANT), Column("until", Kind.INSTANT), Column("substitute")),
    indexes=(("substitute",),),
)
"""What was taken back has no row; what ended early ends there."""


def team(id: str, known: Known) -> Iterable[Change]:
    state: Team = known.state(TEAM, id)
    yield Put(TEAMS, (id,), {"name": state.name, "leader": state.leader, "disbanded": state.disbanded})


def area(id: str, known: Known) -> Iterable[Change]:
    state: Area = known.state(AREA, id)
    row = {"name": state.name, "parent": state.parent, "head": state.head}
    yield Put(AREAS, (id,), row | {"closed": bool(state.closed.last)})


def absences(id: str, known: Known) -> Iterable[Change]:
    state: Worker = known.state(WORKER, id)
    rows = {
        (id, absence): {"since": each.since, "until": each.until, "substitute": each.substitute}
        for absence, each in state.absences.items()
    }
    return instead(known, ABSENCES, "worker", id, rows)


MADE: Mapping[str, tuple[Decider[Any, Any], Callable[[str, Known], Iterable[Change]]]] = {
    decider.kind: (decider, rows) for decider, rows in ((TEAM, team), (AREA, area), (WORKER, absences))
}


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind in MADE:
        decider, rows = MADE[kind]
        yield Touch(decider, id, rows)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


ROSTER = ReadModel(
    name="roster",
    about="Teams and who leads them, areas with their heads and what they lie in, and who is away when.",
    tables=(TEAMS, AREAS, ABSENCES),
    facts=frozenset(
        {
            *(TeamFormed, TeamRenamed, TeamMemberRemoved, TeamLeaderNamed, TeamDisbanded),
            *(AreaOpened, AreaRenamed, AreaHeadNamed, AreaMoved, AreaClosed, AreaReopened),
            *(WorkerAbsencePlanned, WorkerAbsenceEnded),
        }
    ),
    project=project,
    reads=(TEAM, AREA, WORKER),
    remake=remake,
)
