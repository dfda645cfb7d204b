"""What held when: values ordered by the instant they took effect, later knowledge taking its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Entry(NamedTuple, Generic[T]):
    since: datetime
    value: T


def _since(entry: Entry[T]) -> datetime:
    return entry.since


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T]):
    """Entries in order of their instants; of those that share one, the one put last stands last (D21, D32)."""

    entries: tuple[Entry[T], ...] = ()

    def put(self, since: datetime, value: T) -> Timeline[T]:
        """The timeline with one more entry, wherever it belongs."""
        entry = Entry(since, value)
        if not self.entries or self.entries[-1].since <= since:
            return Timeline((*self.entries, entry))
        place = bisect_right(self.entries, since, key=_since)
        return Timeline((*self.entries[:place], entry, *self.entries[place:]))

    def at(self, instant: datetime) -> T | None:
        """The value in force at the instant; an entry holds from its own instant on."""
        if self.entries and self.entries[-1].since <= instant:
            return self.entries[-1].value
        place = bisect_right(self.entries, instant, key=_since)
        return self.entries[place - 1].value if place else None

    @property
    def last(self) -> T | None:
        return self.entries[-1].value if self.entries else None

    def __iter__(self) -> Iterator[Entry[T]]:
        return iter(self.entries)
