"""A page of facts becomes the changes of many read models; what one of them cannot take parks its stream."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from domain.decider import Decider
from domain.fact import Fact
from projections.model import Key, Put, ReadModel, Row, Table, Touch, coalesced

END = 2**63 - 1
"""Behind every position."""


class Unreadable(NamedTuple):
    """A fact that this version of the service cannot read: poison for every model that would hear it."""

    stream: str
    position: int
    topic: str
    error: Exception


Heard = Fact[Any] | Unreadable


class Streams(Protocol):
    """Where states come from that are not at hand."""

    def load(self, stream: str, position: int) -> Sequence[Fact[Any]]:
        """The facts of a stream up to a position."""
        ...


@dataclass(slots=True)
class States:
    """Folded states as of a position: those kept from before the page, and those the page has made of them.

    `deciders` tells whose life a fact belongs to, by topic, for the streams that some model looks at.
    """

    streams: Streams
    deciders: Mapping[str, Decider[Any, Any]]
    capacity: int = 100_000
    kept: dict[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)
    position: int = 0

    def begin(self, position: int) -> None:
        """Forget what an unfinished page has made; stand at this position."""
        self.now, self.position = {}, position

    def advance(self, fact: Fact[Any]) -> None:
        """Fold the fact into its stream, if that stream is one somebody looks at."""
        self.position = fact.position
        decider = self.deciders.get(fact.event.topic)
        if decider is None:
            return
        stream = fact.stream
        before = self.now.get(stream)
        if before is None and (before := self.kept.get(stream)) is None:
            before = decider.absent if fact.version == 1 else self.folded(decider, stream, fact.position - 1)
        self.now[stream] = decider.evolve(before, fact)

    def state(self, decider: Decider[Any, Any], id: str) -> Any:
        """The state as of the last fact that was folded."""
        stream = decider.stream(id)
        found = self.now.get(stream)
        if found is None and (found := self.kept.get(stream)) is None:
            found = self.now[stream] = self.folded(decider, stream, self.position)
        return found

    def folded(self, decider: Decider[Any, Any], stream: str, position: int) -> Any:
        """The state of a stream as of a position, from the log."""
        return decider.fold(self.streams.load(stream, position))

    def absent(self, page: Sequence[Heard]) -> dict[str, Decider[Any, Any]]:
        """The streams that a page goes on with and that are not at hand."""
        found: dict[str, Decider[Any, Any]] = {}
        for heard in page:
            if isinstance(heard, Fact) and heard.stream not in self.kept:
                decider = self.deciders.get(heard.event.topic)
                if decider is not None:
                    found.setdefault(heard.stream, decider)
        begun = {heard.stream for heard in page if isinstance(heard, Fact) and heard.version == 1}
        return {stream: decider for stream, decider in found.items() if stream not in begun}

    def forget(self, stream: str) -> None:
        """A state that lacks a fact is nobody's: whoever looks finds out from the log why."""
        self.now.pop(stream, None)
        self.kept.pop(stream, None)

    def finish(self) -> None:
        """Keep what the page has made; the oldest go where there are too many."""
        for stream, state in self.now.items():
            self.kept.pop(stream, None)
            self.kept[stream] = state
        while len(self.kept) > self.capacity:
            del self.kept[next(iter(self.kept))]
        self.now = {}


class Secrets(Protocol):
    """What a model takes from outside that hears personal fields in the clear."""

    def opened(self, fact: Fact[Any]) -> Fact[Any]:
        """The fact with its personal fields in the clear, or as forgotten."""
        ...

    def keyed(self, word: str) -> str:
        """A token of the word that tells nothing without the key."""
        ...


Find = Callable[[Table, str, str], list[Key]]
"""The keys of the stored rows that hold a value in a column."""


@dataclass(slots=True)
class Past(States):
    """States as of any position, in no order: each stream is read once, folded once for each length."""

    read: dict[str, Sequence[Fact[Any]]] = field(default_factory=dict)
    states: dict[tuple[str, int], Any] = field(default_factory=dict)

    def folded(self, decider: Decider[Any, Any], stream: str, position: int) -> Any:
        if stream not in self.read:
            self.read[stream] = self.streams.load(stream, END)
        facts = self.read[stream]
        length = bisect_right(facts, position, key=lambda fact: fact.position)
        if (stream, length) not in self.states:
            self.states[stream, length] = decider.fold(facts[:length])
        return self.states[stream, length]


class Parked(NamedTuple):
    """A stream that waits in one model from a fact on, and for what kind of error."""

    stream: str
    position: int
    topic: str
    error: str


@dataclass(slots=True)
class Work:
    """What a page comes to for one model: what becomes of each row, and which streams wait from now on."""

    changes: dict[tuple[Table, Key], Row | None] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)


@dataclass(slots=True)
class Taker:
    """One model's part in a page, and what its projection looks at. `waiting` are the streams parked before.

    `secrets` are for a model that opens.
    """

    model: ReadModel
    states: States
    stored: Find
    waiting: frozenset[str] = frozenset()
    secrets: Secrets | None = None
    work: Work = field(default_factory=Work)
    touched: dict[Touch, None] = field(default_factory=dict)

    def state(self, decider: Decider[Any, Any], id: str) -> Any:
        return self.states.state(decider, id)

    def keys(self, table: Table, column: str, value: str) -> list[Key]:
        """Of the rows as stored before the page, and as the page has changed them."""
        place = table.names.index(column)
        found = dict.fromkeys(self.stored(table, column, value))
        for (changed, key), row in self.work.changes.items():
            if changed is table:
                found.pop(key, None)
                if row is not None and (key[place] if place < len(table.key) else row[column]) == value:
                    found[key] = None
        return list(found)

    def keyed(self, word: str) -> str:
        assert self.secrets is not None
        return self.secrets.keyed(word)

    def hears(self, heard: Heard, topic: str) -> bool:
        """Whether it is for this model; nobody can tell of what cannot be read, so that concerns all."""
        return topic in self.model.topics or isinstance(heard, Unreadable)

    def waits(self, stream: str) -> bool:
        """Whether what this stream says stands behind something that could not be taken."""
        return stream in self.waiting or stream in self.work.parked

    def take(self, fact: Fact[Any]) -> None:
        """What the fact changes. Where it raises, some of that may be done already."""
        changes = self.work.changes
        if self.model.opens:
            assert self.secrets is not None
            fact = self.secrets.opened(fact)
        for change in self.model.project(fact, self):
            if isinstance(change, Touch):
                self.touched[change] = None
            else:
                changes[change.table, change.key] = change.row if isinstance(change, Put) else None

    def make(self, touch: Touch) -> None:
        self.work.changes |= coalesced(touch.rows(touch.id, self))

    def park(self, stream: str, heard: Heard, error: Exception) -> None:
        self.work.parked[stream] = Parked(stream, heard.position, topic_of(heard), type(error).__name__)


def replay(parked: Parked, waiting: Sequence[Heard], position: int, taker: Taker) -> None:
    """Take what waited in a parked stream, each fact as of itself; then what rests on its state, as of the position.

    What it touches elsewhere has gone on meanwhile, and is made as of the position, too.
    """
    states, stream = taker.states, parked.stream
    later: dict[Touch, None] = {}
    for heard in waiting:
        states.begin(heard.position - 1)
        _advance(states, heard)
        if taker.hears(heard, topic_of(heard)):
            later |= dict.fromkeys(_take_alone(taker, heard))
        if taker.waits(stream):
            break
        states.kept = {stream: states.now[stream]} if stream in states.now else {}
    states.kept = {}
    states.begin(position)
    for touch in (*later, *taker.model.remake(stream)):
        try:
            if not taker.waits(touch.stream):
                taker.make(touch)
        except Exception as error:  # noqa: BLE001 - of its facts all are taken: it waits from the next one on
            taker.work.parked[touch.stream] = Parked(touch.stream, position + 1, parked.topic, type(error).__name__)


def topic_of(heard: Heard) -> str:
    """The wire name, also of what cannot be read."""
    return heard.topic if isinstance(heard, Unreadable) else heard.event.topic


def project(page: Sequence[Heard], states: States, takers: Sequence[Taker]) -> None:
    """Give every taker its work. All go through the page together; one that meets poison goes through it alone."""
    before = states.position
    failed = _together(page, states, takers)
    whole = states.now
    for taker in failed:
        states.begin(before)
        taker.work, taker.touched = Work(), {}
        _alone(page, taker)
    states.now, states.position = whole, page[-1].position


def _together(page: Sequence[Heard], states: States, takers: Sequence[Taker]) -> list[Taker]:
    """The page, fact by fact, to all; then what was touched. Gives the takers that met something they cannot take."""
    failed: list[Taker] = []
    hearers: dict[str, list[Taker]] = {}
    for heard in page:
        _advance(states, heard)
        topic = topic_of(heard)
        if (those := hearers.get(topic)) is None:
            those = hearers[topic] = [taker for taker in takers if taker.hears(heard, topic)]
        for taker in those:
            if heard.stream in taker.waiting or taker in failed:
                continue
            if isinstance(heard, Unreadable) or not _tried(taker.take, heard):
                failed.append(taker)
    for taker in takers:
        if taker not in failed and not all(_tried(taker.make, touch) for touch in _ready(taker)):
            failed.append(taker)
    return failed


def _tried(act: Callable[[Any], None], what: Any) -> bool:
    try:
        act(what)
    except Exception:  # noqa: BLE001 - it is found again, with the fact it comes from, where the taker goes alone
        return False
    return True


def _ready(taker: Taker) -> Iterator[Touch]:
    return (touch for touch in taker.touched if not taker.waits(touch.stream))


def _alone(page: Sequence[Heard], taker: Taker) -> None:
    """Fact by fact, what it touched made at once, so that whose fault it is shows."""
    for heard in page:
        _advance(taker.states, heard)
        if taker.hears(heard, topic_of(heard)) and not taker.waits(heard.stream):
            for touch in _take_alone(taker, heard):
                try:
                    taker.make(touch)
                except Exception as error:  # noqa: BLE001 - it is that stream's, and is told by the parking
                    taker.park(touch.stream, heard, error)


def _take_alone(taker: Taker, heard: Heard) -> list[Touch]:
    """The fact, and what it touches of its own stream, wholly or not at all; gives what it touches elsewhere."""
    before, taker.touched = dict(taker.work.changes), {}
    try:
        if isinstance(heard, Unreadable):
            raise heard.error
        taker.take(heard)
        for touch in taker.touched:
            if touch.stream == heard.stream:
                taker.make(touch)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this stream's, and is told by the parking
        taker.work.changes = before
        taker.park(heard.stream, heard, error)
        return []
    return [touch for touch in _ready(taker) if touch.stream != heard.stream]


def _advance(states: States, heard: Heard) -> None:
    """Fold what can be folded; of what cannot, whoever looks at it finds out from the log why."""
    states.position = heard.position
    if isinstance(heard, Unreadable) or not _tried(states.advance, heard):
        states.forget(heard.stream)
