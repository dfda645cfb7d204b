"""A big company: who works there, who may know of which directories, and whom each of these holds.

Everything follows from its size, so that whoever knows that knows all ids. Three in five contacts lie in the thirty
main directories, the others in the rest. Workers see one main directory, all thirty, or every directory, of which a
part is theirs in person and a part through teams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from adapters.bench.people import Somebody, somebody
from domain.values import ContactId, DirectoryId, GroupId, SubjectId, TeamId, WorkerId

NAMES = UUID("6f1d2a1e-5f0b-4c53-9d3c-7a1f0c9e8b42")

MAIN, BLOCK, QUARTERS = 30, 10, 4
"""How many main directories; how many of them are had in person by who sees all of these; by how many teams the half of
all directories is given to who sees every one."""

GIVING = MAIN + MAIN // BLOCK + QUARTERS
"""Teams that give sight of something; through the others one had it once."""


class Sees(StrEnum):
    """How many directories a worker may use."""

    ONE = "1"
    SOME = "30"
    ALL = "all"


@lru_cache(maxsize=20_000)
def _named(kind: str, number: int) -> str:
    return str(uuid5(NAMES, f"{kind} {number}"))


def worker_id(number: int) -> WorkerId:
    return WorkerId(_named("worker", number))


def team_id(number: int) -> TeamId:
    return TeamId(_named("team", number))


def directory_id(number: int) -> DirectoryId:
    return DirectoryId(_named("directory", number))


def group_id(number: int) -> GroupId:
    """All of them lie in the first main directory."""
    return GroupId(_named("group", number))


def contact_id(number: int) -> ContactId:
    """Not kept in mind, nor is the subject: there are too many."""
    return ContactId(str(uuid5(NAMES, f"contact {number}")))


def subject_id(of: str, number: int) -> SubjectId:
    return SubjectId(uuid5(NAMES, f"subject of {of} {number}").hex)


@dataclass(frozen=True, slots=True)
class Places(Sequence[int]):
    """Of every five contacts those that lie in such directories, by their places among all that do."""

    places: range
    each: int
    shift: int

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, nth: Any) -> Any:
        five, place = divmod(self.places[nth], self.each)
        return five * 5 + self.shift + place


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many of everything; so many of the first contacts are members of group 0, and all other groups are empty."""

    contacts: int
    directories: int = 1000
    workers: int = 500
    teams: int = 100
    members: int = 0
    groups: int = 0

    def directory_of(self, contact: int) -> int:
        """Which directory the contact lies in."""
        five, place = divmod(contact, 5)
        if place < 3:
            return (five * 3 + place) % MAIN
        return MAIN + (five * 2 + place - 3) % (self.directories - MAIN)

    def who(self, contact: int) -> Somebody:
        """Where a directory lies, a tongue is spoken."""
        return somebody(contact, self.directory_of(contact))

    def lying_in(self, directory: int) -> Sequence[int]:
        """The contacts that lie in the directory, by their numbers."""
        fives = self.contacts // 5
        if directory < MAIN:
            return Places(range(directory, fives * 3, MAIN), 3, 0)
        return Places(range(directory - MAIN, fives * 2, self.directories - MAIN), 2, 3)

    def sees(self, worker: int) -> Sees:
        """One worker in 25 sees everything, nine see all main directories, fifteen one of these."""
        place = worker % 25
        return Sees.ALL if place == 0 else Sees.SOME if place < 10 else Sees.ONE

    def workers_who_see(self, how_many: Sees) -> list[int]:
        return [worker for worker in range(self.workers) if self.sees(worker) is how_many]

    def in_person(self, worker: int) -> range:
        """The directories that the worker may use in person."""
        match self.sees(worker):
            case Sees.ALL:
                return range(0, self.directories, 2)
            case Sees.SOME:
                return range(worker % 3 * BLOCK, worker % 3 * BLOCK + BLOCK)
            case Sees.ONE:
                return range(worker % MAIN, worker % MAIN + worker % 2)

    def teams_of(self, worker: int) -> Iterator[int]:
        """The teams that give the rest, and two that give nothing any more."""
        match self.sees(worker):
            case Sees.ALL:
                yield from range(GIVING - QUARTERS, GIVING)
            case Sees.SOME:
                yield MAIN + worker % 3
            case Sees.ONE if worker % 2 == 0:
                yield worker % MAIN
        yield from {GIVING + worker * step % (self.teams - GIVING) for step in (1, 7)}

    def through(self, team: int) -> range | list[int]:
        """The directories that those in the team may use."""
        if team < MAIN:
            return [team]
        if team < GIVING - QUARTERS:
            block = (team - MAIN) * BLOCK
            return [*range(block), *range(block + BLOCK, MAIN)]
        return range(2 * (team - GIVING + QUARTERS) + 1, self.directories, 2 * QUARTERS)

    def seen_by(self, worker: int) -> list[int]:
        """Every directory that the worker may use."""
        teams = [team for team in self.teams_of(worker) if team < GIVING]
        return sorted({*self.in_person(worker), *(each for team in teams for each in self.through(team))})
