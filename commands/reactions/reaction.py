"""A reaction is a pure function from a fact to the requests that follow from it, whose ids follow from it as well."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from commands.catalogue import DECIDERS
from commands.command import Command
from commands.lookup import Lookup
from domain.values import WorkerId

HISTORY = timedelta(days=7)
"""What was recorded longer than this after it happened is history: nothing follows from it."""

NAMES = uuid.UUID("d4235280-d61e-517c-bc93-3623355dadb5")
"""The namespace of the ids of requests that follow from facts."""


class Heard(NamedTuple):
    """A fact as it is published: what there is to know of it without anybody's data."""

    event_id: str
    topic: str
    stream: str
    version: int
    position: int
    happened_at: datetime
    recorded_at: datetime
    actor: str
    data: Mapping[str, Any]
    correlation: str = ""
    traceparent: str = ""
    """The trace that it is part of, if it is one's."""

    @property
    def id(self) -> str:
        """The id of the thing it is about."""
        return self.stream.removeprefix(DECIDERS[self.topic].stream(""))


class Wanted(NamedTuple):
    """A request that follows, with the instant it is for; None is the receipt."""

    command: Command
    happened_at: datetime | None = None


class Call(NamedTuple):
    """A request that follows, with its id: the same however often the fact is heard, and in whatever process."""

    id: str
    command: Command
    happened_at: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class Reaction:
    """`name` is also the caller that asks and the worker it asks for.

    `looks_up` is what the decision will look up: it is asked once that has come as far as the fact. `sums`: what
    follows is the same whatever was heard and whenever that happened, so that asking once does for all facts before.
    `lapse` follows when a right ends, of which no fact tells.
    """

    name: WorkerId
    topics: tuple[str, ...]
    react: Callable[[Heard], Iterator[Wanted]]
    looks_up: tuple[Lookup[Any], ...] = ()
    sums: bool = False
    lapse: Command | None = None

    def calls(self, heard: Heard, anew: int = 0) -> list[Call]:
        """What the fact calls for; `anew` counts how often a lasting refusal has been put aside before."""
        if heard.recorded_at - heard.happened_at > HISTORY and not self.sums:
            return []
        return [Call(self._id(heard, n, anew), *wanted) for n, wanted in enumerate(self.react(heard))]

    def lapsed(self, ended: datetime) -> Call:
        """What the end of a right calls for, under an id that follows from the instant."""
        assert self.lapse is not None
        instant = ended.astimezone(timezone.utc).isoformat()
        return Call(str(uuid.uuid5(NAMES, f"{self.name}/ended/{instant}")), self.lapse, None)

    def _id(self, heard: Heard, ordinal: int, anew: int) -> str:
        again = f"/{anew}" if anew else ""
        return str(uuid.uuid5(NAMES, f"{self.name}/{heard.event_id}/{ordinal}{again}"))
