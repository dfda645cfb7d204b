"""What was known at an instant, and what would be: states folded of whole streams, for the decisions' own functions.

Rights are judged by the instant. What is not at hand is asked for, or raised, to be read before all is done again:
there is neither a store here nor a clock, and nothing is written.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from commands.command import Command
from commands.handler import Kept, Missing, Round, States, Unsought, attempted
from commands.lookup import Lookup, Wanted
from commands.request import Attempt, Request
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, require
from domain.values import SubjectId, WorkerId

F = TypeVar("F")
S = TypeVar("S")
E = TypeVar("E", bound=Event)

SUPPOSED = "supposed"
"""The id of what a request would make, had it been asked for."""

MOST_READ = 100_000
"""Streams that one answer may rest on."""


class InstantAhead(Refused):
    """What will be known at an instant to come nobody can tell."""


class Unread(Exception):
    """Streams have to be read, or something looked up, before it can be reckoned."""

    def __init__(self, streams: Iterable[str] = (), wanted: Iterable[Wanted] = ()) -> None:
        self.streams, self.wanted = frozenset(streams), frozenset(wanted)


def raised(unread: Unread) -> None:
    """Leave it to whoever asked to read that, and to begin again."""
    raise unread


@dataclass(slots=True)
class Loaded:
    """Whole streams as the log has them up to one position, and what was looked up; it grows while one reckons."""

    told: Callable[[int], str]
    """How a position is told to others: a plain one would count their work."""
    read: Callable[[Unread], None] = raised
    """Has what is missing at hand when it comes back; or it raises, and all begins anew with that at hand."""
    streams: dict[str, Sequence[Fact[Any]]] = field(default_factory=dict)
    found: dict[Wanted, tuple[Any, ...]] = field(default_factory=dict)
    views: dict[datetime | int, View] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """A worker's view of what was known at an instant, or stood before a position; of all, where it says neither."""

    loaded: Loaded
    actor: WorkerId
    now: datetime
    known_at: datetime | None = None
    before_position: int | None = None
    states: dict[str, Any] = field(default_factory=dict)

    def read(self, decider: Decider[S, E], id: str) -> S:
        """The state of that stream as it was known."""
        return self.folded(decider, decider.stream(id))

    def folded(self, decider: Decider[S, E], stream: str) -> S:
        """The same, by the stream's name."""
        if stream not in self.states:
            self.states[stream] = decider.fold(self._facts(stream))
        state: S = self.states[stream]
        return state

    def facts(self, decider: Decider[S, E], id: str) -> Sequence[Fact[E]]:
        """What was known to have happened in that stream."""
        return self._facts(decider.stream(id))

    def bring(self, decider: Decider[S, E], ids: Iterable[str]) -> None:
        """Have all of these at hand at once, rather than one after the other."""
        absent = [stream for id in ids if (stream := decider.stream(id)) not in self.loaded.streams]
        if absent:
            self.loaded.read(Unread(absent))

    def _facts(self, stream: str) -> Sequence[Fact[Any]]:
        if stream not in self.loaded.streams:
            self.loaded.read(Unread([stream]))
        facts = self.loaded.streams[stream]
        if self.before_position is not None:
            return facts[: bisect_left(facts, self.before_position, key=attrgetter("position"))]
        if self.known_at is None:
            return facts
        return facts[: bisect_right(facts, self.known_at, key=attrgetter("recorded_at"))]


@dataclass(slots=True)
class Supposed:
    """What would be, had a request been done: read like anything else, changed where its facts change it."""

    present: Present
    attempt: Attempt
    round: Round
    actor: WorkerId = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.actor, self.now = self.present.actor, self.present.now

    def read(self, decider: Decider[S, E], id: str) -> S:
        changed = self.round.now.get(decider.stream(id))
        return self.present.read(decider, id) if changed is None else changed.state

    def bring(self, decider: Decider[S, E], ids: Iterable[str]) -> None:
        """As of the present: what would be made is not there to be read."""
        self.present.bring(decider, (id for id in ids if decider.stream(id) not in self.round.now))


@dataclass(slots=True)
class Rehearsal(Round):
    """A round on the present's states; what has not been read is missing here, too."""

    present: Present | None = None

    def bring(self, decider: Decider[Any, Any], streams: Iterable[str]) -> None:
        asked = [*streams]
        for stream in asked:
            self._suppose(decider, stream)
        Round.bring(self, decider, asked)

    def look(self, decider: Decider[Any, Any], stream: str) -> Kept:
        self._suppose(decider, stream)
        return Round.look(self, decider, stream)

    def _suppose(self, decider: Decider[Any, Any], stream: str) -> None:
        if stream not in self.now and self.present is not None and stream in self.present.loaded.streams:
            facts = self.present.loaded.streams[stream]
            self.states.put(stream, Kept(decider, len(facts), self.present.folded(decider, stream)))


class Present(View):
    """The asker's view of now: from here one looks back, looks up, and supposes."""

    def then(self, instant: datetime | None) -> View:
        """What was known at the instant, rights judged by it (N-2); the present, if none is given."""
        require(instant is None or instant <= self.now, otherwise=InstantAhead)
        if instant is None:
            return self
        return self.loaded.views.setdefault(instant, View(self.loaded, self.actor, instant, instant))

    def before(self, position: int) -> View:
        """What stood in the log before a fact, which is what it was decided on; rights are judged by the present."""
        view = View(self.loaded, self.actor, self.now, before_position=position)
        return self.loaded.views.setdefault(position, view)

    def find(self, lookup: Lookup[F], key: str) -> tuple[F, ...]:
        """What the read models have under the key."""
        self.seek(lookup, [key])
        return self.loaded.found[lookup, key]

    def seek(self, lookup: Lookup[F], keys: Iterable[str]) -> None:
        """Have what is under all of these keys at hand at once."""
        absent = [(lookup, key) for key in keys if (lookup, key) not in self.loaded.found]
        if absent:
            self.loaded.read(Unread(wanted=absent))

    def supposing(self, command: Command, at: datetime | None) -> Supposed:
        """The request decided as it would be now by who asks, on all that it would read, and nothing stored."""
        request = Request(
            caller="",
            id="",
            fingerprint=b"",
            actor=self.actor,
            command=command,
            received_at=self.now,
            new_id=SUPPOSED,
            new_subject=SubjectId(SUPPOSED),
            happened_at=at,
        )
        round = Rehearsal(States(MOST_READ), sought={**self.loaded.found}, present=self)
        try:
            return Supposed(self, attempted(request, round, _raised), round)
        except Missing as why:
            raise Unread(why.streams) from None
        except Unsought as why:
            raise Unread(wanted=[why.wanted]) from None


def _raised(_: Request, error: Exception) -> None:
    raise error
