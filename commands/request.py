"""A request on its way: what came in, what was decided, what became of it, and the log that it asks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from commands.command import Command
from commands.lookup import Finder
from domain.fact import Fact
from domain.values import SubjectId, WorkerId


@dataclass(frozen=True, slots=True)
class Request:
    """One command with its envelope, as the border made it of a message."""

    caller: str
    id: str
    fingerprint: bytes
    """A keyed digest of actor and body: the same id with another one is a clash."""
    actor: WorkerId
    command: Command
    received_at: datetime
    new_id: str
    new_subject: SubjectId
    happened_at: datetime | None = None
    expected_version: int | None = None
    correlation: str = ""
    causation: str = ""


@dataclass(slots=True)
class Attempt:
    """A request decided on what was read, ready to be stored if nothing of that has moved."""

    request: Request
    at: datetime
    code: str = ""
    """Empty when accepted; else the code of the refusal."""
    reads: dict[str, int] = field(default_factory=dict)
    """The streams the decision rests on, each with the version it had before the batch."""
    facts: list[Fact[Any]] = field(default_factory=list)
    thing: str = ""
    """Of a refusal, what stands in the way, where the one who asks may know of it."""
    version: int = 0
    kept: bool = True
    """Whether the command log keeps the answer; a missing right is not a lasting answer."""


class Fate(StrEnum):
    """What the log did with an attempt."""

    STORED = "stored"
    KNOWN = "known"
    CLASH = "clash"
    MOVED = "moved"
    FENCED = "fenced"


class Settled(NamedTuple):
    """A fate with the answer that goes with it (of the first time, where the command was known)."""

    fate: Fate
    code: str = ""
    thing: str = ""
    version: int = 0
    position: int = 0


class Answer(NamedTuple):
    """What the asker is told. An empty code is consent."""

    code: str
    thing: str = ""
    version: int = 0
    position: int = 0
    repeated: bool = False


class News(NamedTuple):
    """A fact that another process stored; opened only by those who have a use for it."""

    stream: str
    version: int
    topic: str
    fact: Callable[[], Fact[Any]]


class Log(Finder, Protocol):
    """The store of facts as command handling needs it, and what the read models made of them."""

    async def load(self, after: Mapping[str, int]) -> Mapping[str, Sequence[Fact[Any]]]:
        """The facts of each stream after the given version."""
        ...

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        """Store what rests on nothing that moved, in order, in one transaction; say what became of each."""
        ...

    async def news(self) -> Sequence[News]:
        """What others stored since the last look, oldest first."""
        ...
