"""The log in memory: the same port as Postgres, for properties of the handler and of decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.lookup import STORED, Stored, Wanted
from commands.request import Attempt, Fate, News, Request, Settled
from domain.fact import Fact
from examples import MILL, MILL_SUBJECT, PLAN

PUT: Mapping[Wanted, tuple[Any, ...]] = {
    (STORED, PLAN): (Stored(MILL, MILL_SUBJECT, 20_480, "9f" * 32, datetime.max.replace(tzinfo=UTC)),)
}
"""The contents that wait to be attached, in every world."""


@dataclass
class MemoryLog:
    """All facts in one list; guards, command log and contiguous versions as the server-side append has them."""

    facts: list[Fact[Any]] = field(default_factory=list)
    streams: dict[str, list[Fact[Any]]] = field(default_factory=dict)
    known: dict[tuple[str, str], tuple[bytes, Settled]] = field(default_factory=dict)
    taken: list[Request] = field(default_factory=list)
    """The requests that were settled, in the order in which they count."""
    found: dict[Wanted, tuple[Any, ...]] = field(default_factory=lambda: dict(PUT))
    """What the read models would have."""

    async def find(self, wanted: Iterable[Wanted]) -> Mapping[Wanted, tuple[Any, ...]]:
        return {each: self.found.get(each, ()) for each in wanted}

    async def load(self, after: Mapping[str, int]) -> Mapping[str, Sequence[Fact[Any]]]:
        return {stream: self.streams.get(stream, [])[version:] for stream, version in after.items()}

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        moved = {
            stream
            for attempt in attempts
            for stream, version in attempt.reads.items()
            if len(self.streams.get(stream, [])) != version
        }
        settled = [self._settle(attempt, moved) for attempt in attempts]
        done = zip(attempts, settled, strict=True)
        self.taken += [attempt.request for attempt, one in done if one.fate is not Fate.MOVED]
        return settled

    def _settle(self, attempt: Attempt, moved: set[str]) -> Settled:
        key = (attempt.request.caller, attempt.request.id)
        if key in self.known:
            moved |= {fact.stream for fact in attempt.facts}
            fingerprint, settled = self.known[key]
            return (
                settled._replace(fate=Fate.KNOWN) if fingerprint == attempt.request.fingerprint else Settled(Fate.CLASH)
            )
        if moved & attempt.reads.keys():
            moved |= {fact.stream for fact in attempt.facts}
            return Settled(Fate.MOVED)
        for fact in attempt.facts:
            self._store(fact)
        settled = Settled(Fate.STORED, attempt.code, attempt.thing, attempt.version, len(self.facts))
        if attempt.kept:
            self.known[key] = (attempt.request.fingerprint, settled)
        return settled

    def _store(self, fact: Fact[Any]) -> None:
        last = self.facts[-1].recorded_at if self.facts else fact.recorded_at
        recorded_at: datetime = max(fact.recorded_at, last + timedelta(microseconds=1))
        stored = fact._replace(position=len(self.facts) + 1, recorded_at=recorded_at)
        self.facts.append(stored)
        self.streams.setdefault(fact.stream, []).append(stored)

    async def news(self) -> Sequence[News]:
        return ()
