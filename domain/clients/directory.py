"""A directory holds contacts, and its rights decide who may know that they exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.decider import Decider
from domain.ending import lasts, needs_end_ahead
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.values import Holder, Instant, Label


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


class DirectoryRenamed(Event, topic="directory.renamed"):
    """The directory has another name."""

    name: Label


class DirectoryClosed(Event, topic="directory.closed"):
    """Nothing new is put in; what is in it stays there, and is seen as before."""


class DirectoryReopened(Event, topic="directory.reopened"):
    """The directory takes new things again."""


class DirectoryRightSet(Event, topic="directory.right-set"):
    """The worker or team may do this much with the directory; with an end, on top of what they may without one."""

    holder: Holder
    level: Level
    until: Instant | None = None


DirectoryEvent = DirectoryOpened | DirectoryRenamed | DirectoryRightSet | DirectoryClosed | DirectoryReopened


class DirectoryUnknown(Unknown):
    """There is no such directory."""


class DirectoryAlreadyOpened(Refused):
    """This directory was opened before."""


class DirectoryNotOpen(Refused):
    """The directory is closed: nothing new is put in."""


class Lasting(StrEnum):
    """A holder may have one right of each kind; that with an end lies on top, and what is below shows after it."""

    STANDING = "standing"
    TEMPORARY = "temporary"


class Given(NamedTuple):
    """How far a right reaches, and until when."""

    level: Level
    until: datetime | None = None


NOTHING = Given(Level.NONE)


def highest(rights: Iterable[Given]) -> Given:
    """The right that reaches furthest; of those, the first."""
    return max(rights, key=lambda right: LADDER[right.level], default=NOTHING)


def lasting(until: datetime | None) -> Lasting:
    """Which kind of right one with this end is."""
    return Lasting.STANDING if until is None else Lasting.TEMPORARY


@dataclass(frozen=True, slots=True)
class Directory:
    opened: bool = False
    name: str = ""
    closed: bool = False
    rights: Mapping[tuple[Holder, Lasting], Given] = field(default_factory=dict)

    def level(self, holder: Holder, now: datetime) -> Level:
        """The higher of the standing right and the temporary one, while that lasts."""
        return highest(self.given(holder, now)).level

    def given(self, holder: Holder, now: datetime) -> Iterator[Given]:
        """What the holder has at the instant."""
        for lasting in Lasting:
            right = self.rights.get((holder, lasting))
            if right is not None and lasts(right.until, now):
                yield right


def open(directory: Directory, name: str) -> Iterator[DirectoryEvent]:
    require(not directory.opened, otherwise=DirectoryAlreadyOpened)
    yield DirectoryOpened(name=name)


def rename(directory: Directory, name: str) -> Iterator[DirectoryEvent]:
    require(directory.opened, otherwise=DirectoryUnknown)
    if name != directory.name:
        yield DirectoryRenamed(name=name)


def close(directory: Directory) -> Iterator[DirectoryEvent]:
    require(directory.opened, otherwise=DirectoryUnknown)
    if not directory.closed:
        yield DirectoryClosed()


def reopen(directory: Directory) -> Iterator[DirectoryEvent]:
    require(directory.opened, otherwise=DirectoryUnknown)
    if directory.closed:
        yield DirectoryReopened()


def set_right(
    directory: Directory, holder: Holder, level: Level, until: datetime | None, now: datetime
) -> Iterator[DirectoryEvent]:
    """None at all, without an end, takes both rights away."""
    require(directory.opened, otherwise=DirectoryUnknown)
    needs_end_ahead(until, now)
    if level is not Level.NONE:
        if directory.rights.get((holder, lasting(until))) != Given(level, until):
            yield DirectoryRightSet(holder=holder, level=level, until=until)
        return
    for kind in Lasting if until is None else (Lasting.TEMPORARY,):
        if (right := directory.rights.get((holder, kind))) is not None:
            yield DirectoryRightSet(holder=holder, level=Level.NONE, until=right.until)


def evolve(directory: Directory, fact: Fact[DirectoryEvent]) -> Directory:
    match fact.event:
        case DirectoryOpened(name=name):
            return Directory(opened=True, name=name)
        case DirectoryRenamed(name=name):
            return replace(directory, name=name)
        case DirectoryClosed():
            return replace(directory, closed=True)
        case DirectoryReopened():
            return replace(directory, closed=False)
        case DirectoryRightSet(holder=holder, level=level, until=until):
            rights = {who: right for who, right in directory.rights.items() if who != (holder, lasting(until))}
            if level is not Level.NONE:
                rights[holder, lasting(until)] = Given(level, until)
            return replace(directory, rights=rights)


DIRECTORY = Decider(
    "directory",
    Directory(),
    evolve,
    (DirectoryOpened, DirectoryRenamed, DirectoryRightSet, DirectoryClosed, DirectoryReopened),
)
