"""One handler for every command: read, decide, append with what was read as guards; if a guard moved, decide again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from operator import itemgetter
from typing import Any, TypeVar

from commands.catalogue import DECIDERS
from commands.command import Change, Command
from commands.lookup import Lookup, NotReady, Wanted
from commands.permission import LateFactsNotAllowed, holds
from commands.request import Answer, Attempt, Fate, Log, Request, Settled
from domain.decider import Decider
from domain.fact import LATE, Event, Fact
from domain.refusal import NotAllowed, Refused, Unknown, require
from domain.staff.worker import AUTOMATA, Right
from domain.values import SubjectId, WorkerId

F = TypeVar("F")
S = TypeVar("S")
E = TypeVar("E", bound=Event)

AHEAD = timedelta(seconds=60)
ROUNDS = 8


class HappenedInFuture(Refused):
    """What happens more than sixty seconds from now cannot be a fact yet (D32)."""


class VersionMoved(Refused):
    """The thing is not at the version the request expected."""


class Contended(Refused):
    """Others changed what this request rests on, again and again; ask once more."""


class CommandIdClash(Refused):
    """This command id was used before, for another request."""


class SubjectFenced(Refused):
    """The person this is about has been forgotten."""


class Broken(Refused):
    """The service failed at this request; nothing was stored."""


@dataclass(slots=True)
class Kept:
    """A stream's folded state and the version it stands at."""

    decider: Decider[Any, Any]
    version: int
    state: Any


class Missing(Exception):
    """Streams have to be loaded before the decision can be made."""

    def __init__(self, streams: Mapping[str, Decider[Any, Any]]) -> None:
        self.streams = streams


class Unsought(Exception):
    """Something has to be looked up before the decision can be made."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted


class Behind(Exception):
    """An earlier request about this waits for something."""


class Unsettled(Exception):
    """The state will rest on an instant that is known only once the batch is stored."""


@dataclass(slots=True)
class States:
    """The states last used; a bounded cache that nothing rests on, because every read is a guard."""

    capacity: int
    kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict)

    def get(self, stream: str) -> Kept | None:
        found = self.kept.get(stream)
        if found is not None:
            self.kept.move_to_end(stream)
        return found

    def put(self, stream: str, kept: Kept) -> None:
        self.kept[stream] = kept
        self.kept.move_to_end(stream)
        if len(self.kept) > self.capacity:
            self.kept.popitem(last=False)

    def drop(self, stream: str) -> None:
        self.kept.pop(stream, None)


@dataclass(slots=True)
class Round:
    """One pass over the waiting requests: what was read before it, and what its own decisions made of that."""

    states: States
    before: dict[str, int] = field(default_factory=dict)
    now: dict[str, Kept] = field(default_factory=dict)
    behind: set[str] = field(default_factory=set)
    """What the requests put aside in this pass are about."""
    sought: dict[Wanted, tuple[Any, ...] | None] = field(default_factory=dict)
    """None where there is nothing yet to look in."""

    def look(self, decider: Decider[Any, Any], stream: str) -> Kept:
        """The stream as it stands within this round."""
        if stream in self.behind:
            raise Behind
        if (kept := self.now.get(stream)) is not None:
            if decider.dated and kept.version != self.before[stream]:
                raise Unsettled
            return kept
        if (kept := self.states.get(stream)) is None:
            raise Missing({stream: decider})
        self.before[stream] = kept.version
        self.now[stream] = kept
        return kept

    def bring(self, decider: Decider[Any, Any], streams: Iterable[str]) -> None:
        """Have all of these at hand at once."""
        absent = {each: decider for each in streams if each not in self.now and self.states.get(each) is None}
        if absent:
            raise Missing(absent)

    def suppose_absent(self, decider: Decider[Any, Any], stream: str) -> None:
        """Take a stream named after this very request as new; the guard finds out if it is not."""
        if stream not in self.now and self.states.get(stream) is None:
            self.before[stream] = 0
            self.now[stream] = Kept(decider, 0, decider.absent)


class World:
    """One request's view: `Asked` for the decision, with a note of everything it read."""

    __slots__ = ("actor", "at", "new_id", "new_subject", "now", "reads", "round")

    def __init__(self, request: Request, round: Round, at: datetime) -> None:
        self.actor: WorkerId = request.actor
        self.at = at
        self.now = request.received_at
        self.new_id = request.new_id
        self.new_subject: SubjectId = request.new_subject
        self.round = round
        self.reads: dict[str, int] = {}

    def read(self, decider: Decider[S, E], id: str) -> S:
        state: S = self.look(decider, f"{decider.kind}-{id}").state
        return state

    def bring(self, decider: Decider[Any, Any], ids: Iterable[str]) -> None:
        self.round.bring(decider, map(decider.stream, ids))

    def find(self, lookup: Lookup[F], key: str) -> tuple[F, ...]:
        if (lookup, key) not in self.round.sought:
            raise Unsought((lookup, key))
        found = self.round.sought[lookup, key]
        if found is None:
            raise NotReady
        return found

    def look(self, decider: Decider[Any, Any], stream: str) -> Kept:
        kept = self.round.look(decider, stream)
        self.reads[stream] = self.round.before[stream]
        return kept


Numbered = tuple[int, Request]
"""A request with its place among those that came together."""


@dataclass(slots=True)
class Handler:
    """Decides requests in the order they came and stores them together.

    While one batch is being stored the next may be decided on what the first one will have made: if that comes
    otherwise, its guards have moved, and it is decided again.
    """

    log: Log
    states: States = field(default_factory=lambda: States(capacity=100_000))
    failed: Callable[[Request, Exception], None] = lambda request, error: None
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def handle(self, requests: Sequence[Request]) -> list[Answer]:
        """An answer for every request, in order. Raises only what the log raises; then nothing is known."""
        answers: dict[int, Answer | None] = {}
        waiting: Sequence[Numbered] = list(enumerate(requests))
        tries = 0
        while waiting and tries < ROUNDS:
            async with self.deciding:
                round, decided, waiting = await self._decide(waiting)
                attempts = [attempt for _, attempt in decided]
                self._suppose(round, attempts)
            moved = []
            for (n, attempt), one in zip(decided, await self._append(attempts), strict=True):
                answers[n] = _answer(attempt, one)
                if one.fate is Fate.MOVED:
                    moved.append((n, attempt.request))
            waiting = sorted([*moved, *waiting], key=itemgetter(0))
            tries += bool(moved)
        return [answers.get(n) or Answer(Contended.__name__) for n in range(len(requests))]

    async def _decide(
        self, requests: Sequence[Numbered]
    ) -> tuple[Round, list[tuple[int, Attempt]], Sequence[Numbered]]:
        """An attempt for each request, in an order in which they may be stored; and those that wait for the append.

        A request that needs a stream which is not at hand waits for it, and with it the later ones that rest on what
        it is about; all others are decided meanwhile. From the first on that needs a text changed in this very round,
        all wait until the change has its instant.
        """
        await self._catch_up()
        round, decided, waiting = Round(self.states), list[tuple[int, Attempt]](), requests
        unsettled: Sequence[Numbered] = ()
        while waiting:
            missing, aside = dict[str, Decider[Any, Any]](), list[Numbered]()
            unsought = set[Wanted]()
            round.behind = set()
            for place, (n, request) in enumerate(waiting):
                try:
                    decided.append((n, attempted(request, round, self.failed)))
                except Unsettled:
                    aside, unsettled = [], [*aside, *waiting[place:], *unsettled]
                    break
                except (Missing, Unsought, Behind) as why:
                    if isinstance(why, Missing):
                        missing |= why.streams
                    elif isinstance(why, Unsought):
                        unsought.add(why.wanted)
                    round.behind.add(request.command.of.stream(request.command.own_id(request.new_id)))
                    aside.append((n, request))
            waiting = aside
            if missing:
                await self._load(missing)
            if unsought:
                found = await self.log.find(unsought)
                round.sought |= {each: found.get(each) for each in unsought}
        return round, decided, unsettled

    def _suppose(self, round: Round, attempts: Sequence[Attempt]) -> None:
        """Take for granted what is about to be stored, but for states that rest on instants not yet known."""
        for stream in {fact.stream for attempt in attempts for fact in attempt.facts}:
            if round.now[stream].decider.dated:
                self.states.drop(stream)
            else:
                self.states.put(stream, round.now[stream])

    async def _append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        settled: Sequence[Settled] = ()
        try:
            settled = await self.log.append(attempts)
        finally:
            for attempt, one in zip_longest(attempts, settled):
                self._doubt(attempt, one.fate if one else None)
        return settled

    def _doubt(self, attempt: Attempt, fate: Fate | None) -> None:
        """Forget what an attempt that was not stored supposed; and all it rests on, where that is why."""
        if fate is Fate.STORED:
            return
        in_doubt = attempt.reads if fate in (Fate.MOVED, None) else {fact.stream for fact in attempt.facts}
        for stream in in_doubt:
            self.states.drop(stream)

    async def _load(self, missing: dict[str, Decider[Any, Any]]) -> None:
        loaded = await self.log.load(dict.fromkeys(missing, 0))
        for stream, decider in missing.items():
            facts = loaded.get(stream, ())
            version = facts[-1].version if facts else 0
            self.states.put(stream, Kept(decider, version, decider.fold(facts)))

    async def _catch_up(self) -> None:
        """Fold what other processes stored, so that a decision seldom has to be made twice."""
        for stream, version, topic, fact in await self.log.news():
            kept = self.states.kept.get(stream)
            known = topic in DECIDERS
            if kept is None and version == 1 and known:
                kept = Kept(DECIDERS[topic], 0, DECIDERS[topic].absent)
            if kept is None or version <= kept.version:
                continue
            if version == kept.version + 1 and known:
                self.states.put(stream, Kept(kept.decider, version, kept.decider.evolve(kept.state, fact())))
            else:
                self.states.drop(stream)


def attempted(request: Request, round: Round, failed: Callable[[Request, Exception], None]) -> Attempt:
    """The request decided on what the round holds, which then holds what came of it.

    Raises Missing, Unsought, Behind, Unsettled: what has to be at hand first.
    """
    at = request.happened_at or request.received_at
    attempt, world = Attempt(request, at), World(request, round, at)
    command = request.command
    own_id = command.own_id(request.new_id)
    stream = command.of.stream(own_id)
    try:
        if stream in round.behind:
            raise Behind
        _clock(world, request, at)
        if command.makes():
            round.suppose_absent(command.of, stream)
        own = world.look(command.of, stream)
        _apply(attempt, world, _decided(command, own, world, request.expected_version), own_id)
    except Refused as refusal:
        attempt.code, attempt.thing = refusal.code, refusal.about
        attempt.kept = not isinstance(refusal, NotAllowed | NotReady)
    except (Missing, Unsought, Behind, Unsettled):
        raise
    except Exception as error:
        # A defect of one decision must not take its neighbours down; it is reported, never hidden.
        failed(request, error)
        attempt.code, attempt.kept = Broken.__name__, False
    attempt.reads = world.reads
    return attempt


def _decided(command: Command, own: Kept, world: World, expected: int | None) -> list[Event | Change]:
    """The facts; or the refusal, that of the version first, except to those who must not know that there is one."""
    moved = expected is not None and expected != own.version
    try:
        decided = [*command.decide(own.state, world)]
    except (Unknown, NotAllowed):
        raise
    except Refused as refusal:
        if moved:
            raise VersionMoved from refusal
        raise
    require(not moved, otherwise=VersionMoved)
    return decided


def _apply(attempt: Attempt, world: World, decided: list[Event | Change], own_id: str) -> None:
    request, command = attempt.request, attempt.request.command
    changes = [each if isinstance(each, Change) else Change(command.of, own_id, each) for each in decided]
    for decider, id, _ in changes:
        world.look(decider, decider.stream(id))  # all at hand, before the first is changed
    for decider, id, event in changes:
        stream = decider.stream(id)
        before = world.round.now[stream]
        fact = Fact(stream, before.version + 1, event, attempt.at, request.received_at, request.actor)
        world.round.now[stream] = Kept(decider, fact.version, decider.evolve(before.state, fact))
        attempt.facts.append(fact)
    attempt.thing = own_id
    attempt.version = world.round.now[command.of.stream(own_id)].version


def _clock(world: World, request: Request, at: datetime) -> None:
    if at > request.received_at + AHEAD:
        raise HappenedInFuture
    late = at < request.received_at - LATE
    if late and request.actor not in AUTOMATA and not holds(world, Right.LATE_FACTS):
        raise LateFactsNotAllowed


def _answer(attempt: Attempt, one: Settled) -> Answer | None:
    match one.fate:
        case Fate.STORED:
            return Answer(attempt.code, attempt.thing, attempt.version, one.position)
        case Fate.KNOWN:
            return Answer(one.code, one.thing, one.version, one.position, repeated=True)
        case Fate.CLASH:
            return Answer(CommandIdClash.__name__)
        case Fate.FENCED:
            return Answer(SubjectFenced.__name__)
        case _:
            return None
