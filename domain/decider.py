"""One noun's life: where its streams are kept, what it is before anything happened, how a fact changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

from domain.fact import Event, Fact

S = TypeVar("S")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, eq=False)
class Decider(Generic[S, E]):
    """`dated` says that the state rests on recorded instants, which are known only once a fact is stored."""

    kind: str
    absent: S
    evolve: Callable[[S, Fact[E]], S]
    facts: tuple[type[Event], ...]
    dated: bool = False

    def stream(self, id: str) -> str:
        """The name of the stream of one such thing."""
        return f"{self.kind}-{id}"

    def fold(self, facts: Iterable[Fact[Any]], state: S | None = None) -> S:
        """What the facts, in their order, make of the state (of nothing, if none is given)."""
        return reduce(self.evolve, facts, self.absent if state is None else state)
