"""What is in something from an instant until another, at which it is no longer: [from, to) (D21)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from domain.timeline import Timeline

K = TypeVar("K", bound=str)

Spells = Mapping[K, Timeline[bool]]
"""Of each thing that was ever in, when it came and went."""


def inside(spells: Spells[K], thing: K, at: datetime) -> bool:
    """Whether the thing is in at the instant."""
    line = spells.get(thing)
    return line is not None and bool(line.at(at))


def present(spells: Spells[K], at: datetime) -> tuple[K, ...]:
    """All that is in at the instant, smallest id first."""
    return tuple(sorted(thing for thing in spells if inside(spells, thing, at)))


def turned(spells: Spells[K], thing: K, at: datetime, *, inside: bool) -> Spells[K]:
    """The thing came, or went, at the instant."""
    return {**spells, thing: spells.get(thing, Timeline()).put(at, inside)}
