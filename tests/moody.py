"""Small read models that show every fact skipped, taken twice or out of order; one takes no fact it dislikes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from logbook import Entry
from specification import LONG_AGO

from adapters.sealing import seal
from domain.fact import Event, Fact
from domain.staff.team import TEAM, Team, TeamFormed, TeamLeaderNamed, TeamMemberAdded, TeamMemberRemoved
from domain.values import WorkerId
from projections.model import Change, Column, Key, Kind, Known, Put, ReadModel, Row, Table, Touch, words

NUMBERS = (Column("position", Kind.NUMBER),)


def seen(name: str) -> Table:
    """A row for each fact, so that one not taken is missing."""
    return Table(name, ("stream", "version"), NUMBERS, indexes=(("stream",),), once=True)


def latest(name: str) -> Table:
    """The fact taken last of each stream, so that one taken late shows; how many were taken is asked of `keys`."""
    return Table(name, ("stream",), (*NUMBERS, Column("taken", Kind.NUMBER)))


def roster(name: str) -> Table:
    """What a state says."""
    return Table(name, ("team",), words("members", "leader"))


SEEN, LATEST, ROSTERS = seen("seen"), latest("latest"), roster("rosters")
MOODY_SEEN, MOODY_LATEST, MOODY_ROSTERS = seen("moody_seen"), latest("moody_latest"), roster("moody_rosters")


class Disliked(Exception):
    """Not this one."""


@dataclass
class Mood:
    """What is disliked: the facts of some streams, or the rows that rest on their states."""

    facts: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)


MOOD = Mood()
TAKEN: list[tuple[str, int]] = []
"""What the moody one was given, in that order."""


def note(fact: Fact[Any], known: Known, seen: Table, latest: Table) -> Iterator[Change]:
    yield Put(seen, (fact.stream, str(fact.version)), {"position": fact.position})
    taken = len(known.keys(seen, "stream", fact.stream))
    yield Put(latest, (fact.stream,), {"position": fact.position, "taken": taken})


def listed(team: Team) -> Row:
    return {"members": " ".join(sorted(team.members)), "leader": team.leader}


def rosters(id: str, known: Known) -> Iterable[Change]:
    yield Put(ROSTERS, (id,), listed(known.state(TEAM, id)))


def moody_rosters(id: str, known: Known) -> Iterable[Change]:
    if TEAM.stream(id) in MOOD.rows:
        raise Disliked
    yield Put(MOODY_ROSTERS, (id,), listed(known.state(TEAM, id)))


def _id(stream: str) -> str:
    return stream.removeprefix("team-")


def moody(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
    yield Touch(TEAM, _id(fact.stream), moody_rosters)
    yield from note(fact, known, MOODY_SEEN, MOODY_LATEST)
    _dislike(fact)


def swift(fact: Fact[Any], _: Known) -> Iterator[Change | Touch]:
    """The same, but asks nothing of the rows there are."""
    yield Touch(TEAM, _id(fact.stream), moody_rosters)
    yield Put(MOODY_SEEN, (fact.stream, str(fact.version)), {"position": fact.position})
    yield Put(MOODY_LATEST, (fact.stream,), {"position": fact.position, "taken": fact.version})
    _dislike(fact)


def _dislike(fact: Fact[Any]) -> None:
    if fact.stream in MOOD.facts:
        raise Disliked
    TAKEN.append((fact.stream, fact.version))


DIARY = ReadModel(
    name="diary",
    about="Every fact of a team, and the last.",
    tables=(SEEN, LATEST),
    facts=frozenset(TEAM.facts),
    project=lambda fact, known: note(fact, known, SEEN, LATEST),
)
ROLL = ReadModel(
    name="roll",
    about="Who is in a team.",
    tables=(ROSTERS,),
    facts=frozenset(TEAM.facts),
    project=lambda fact, known: iter([Touch(TEAM, _id(fact.stream), rosters)]),
    reads=(TEAM,),
    remake=lambda stream: [Touch(TEAM, _id(stream), rosters)],
)
MOODY = ReadModel(
    name="moody",
    about="Both, of those it likes.",
    tables=(MOODY_SEEN, MOODY_LATEST, MOODY_ROSTERS),
    facts=frozenset(TEAM.facts),
    project=moody,
    reads=(TEAM,),
    remake=lambda stream: [Touch(TEAM, _id(stream), moody_rosters)],
)
SMALL = (DIARY, ROLL, MOODY)
SWIFT = replace(MOODY, project=swift)


def edited(editions: Mapping[str, int]) -> list[ReadModel]:
    """The models in these editions."""
    return [replace(model, edition=editions.get(model.name, 1)) for model in SMALL]


@dataclass
class Life:
    """What happens to teams, as a log."""

    facts: list[Fact[Any]] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def happen(self, *teams: str) -> list[Entry]:
        """The next thing that happens to each of them."""
        found = [self._next(f"team-{team}") for team in teams]
        return [Entry(fact, seal(fact.event, fact.stream, fact.version, {})) for fact in found]

    def _next(self, stream: str) -> Fact[Any]:
        position = len(self.facts) + 1
        self.versions[stream] += 1
        version = self.versions[stream]
        at = LONG_AGO + timedelta(seconds=position)
        fact: Fact[Any] = Fact(stream, version, _event(version), at, at, "system", position)
        self.facts.append(fact)
        return fact


def _event(version: int) -> Event:
    worker = WorkerId(f"w{version // 3}")
    if version == 1:
        return TeamFormed(name="Team")
    if version % 3 == 0:
        return TeamMemberRemoved(worker=WorkerId(f"w{version // 3 - 1}"))
    return TeamMemberAdded(worker=worker) if version % 3 == 2 else TeamLeaderNamed(worker=worker)


def expected(model: ReadModel, facts: Sequence[Fact[Any]], parked: Mapping[str, int]) -> dict[str, dict[Key, Any]]:
    """The rows of these facts, but for those that wait: counted out by hand."""
    seen: dict[Key, Any] = {}
    latest: dict[Key, Any] = {}
    rolls: dict[Key, Any] = {}
    members: dict[str, list[str]] = {}
    for fact in facts:
        if fact.position >= parked.get(fact.stream, fact.position + 1):
            continue
        seen[fact.stream, str(fact.version)] = {"position": fact.position}
        latest[fact.stream,] = {"position": fact.position, "taken": fact.version}
        inside = members.setdefault(fact.stream, [])
        leader = rolls.get((_id(fact.stream),), {}).get("leader")
        match fact.event:
            case TeamMemberAdded(worker=worker):
                inside.append(worker)
            case TeamMemberRemoved(worker=worker):
                members[fact.stream] = inside = [each for each in inside if each != worker]
                leader = None if leader == worker else leader
            case TeamLeaderNamed(worker=worker):
                leader = worker
        rolls[_id(fact.stream),] = {"members": " ".join(sorted(set(inside))), "leader": leader}
    tables = {"seen": seen, "latest": latest, "rosters": rolls}
    return {table.name: tables[table.name.removeprefix("moody_")] for table in model.tables}
