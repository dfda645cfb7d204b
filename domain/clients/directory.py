"""A directory holds contacts, and its rights decide who may know that they exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.values import Holder, Label


class Level(StrEnum):
    """The ladder of directory rights: each includes those below (R-DIR-2)."""

    NONE = "none"
    USE = "use"
    EDIT = "edit"
    ADMINISTER = "administer"

    def reaches(self, needed: Level) -> bool:
        return LADDER[self] >= LADDER[needed]


LADDER = {level: rung for rung, level in enumerate(Level)}


class DirectoryOpened(Event, topic="directory.opened"):
    """There is a directory for contacts."""

    name: Label


class DirectoryRightSet(Event, topic="directory.right-set"):
    """The worker or team may do this much with the directory."""

    holder: Holder
    level: Level


DirectoryEvent = DirectoryOpened | DirectoryRightSet


class DirectoryUnknown(Unknown):
    """There is no such directory."""


class DirectoryAlreadyOpened(Refused):
    """This directory was opened before."""


@dataclass(frozen=True, slots=True)
class Directory:
    opened: bool = False
    levels: Mapping[Holder, Level] = field(default_factory=dict)

    def level(self, holder: Holder) -> Level:
        return self.levels.get(holder, Level.NONE)


def open(directory: Directory, name: str) -> Iterator[DirectoryEvent]:
    require(not directory.opened, otherwise=DirectoryAlreadyOpened)
    yield DirectoryOpened(name=name)


def set_right(directory: Directory, holder: Holder, level: Level) -> Iterator[DirectoryEvent]:
    require(directory.opened, otherwise=DirectoryUnknown)
    if level is not directory.level(holder):
        yield DirectoryRightSet(holder=holder, level=level)


def evolve(directory: Directory, fact: Fact[DirectoryEvent]) -> Directory:
    match fact.event:
        case DirectoryOpened():
            return Directory(opened=True)
        case DirectoryRightSet(holder=holder, level=level):
            return replace(directory, levels={**directory.levels, holder: level})


DIRECTORY = Decider("directory", Directory(), evolve, (DirectoryOpened, DirectoryRightSet))
