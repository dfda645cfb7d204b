"""What there is only so much of: each has a share of it, so that nobody takes what is there for all."""

from __future__ import annotations

from collections import Counter

from adapters.credentials.caller import WEB, Caller


class Shares:
    """So many at a time; whoever has `taken` one gives it back."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """How many all have."""
        return self._held.total()

    def taken(self, whose: str, share: int) -> bool:
        """Whether there was one more, for somebody who may have as many as their share."""
        if self.held >= self.most or self._held[whose] >= share:
            return False
        self._held[whose] += 1
        return True

    def given_back(self, whose: str) -> None:
        self._held[whose] -= 1
        if not self._held[whose]:
            del self._held[whose]


def asker(who: Caller) -> str:
    """Whose share it is: the caller's, or that of the worker who is signed in."""
    return f"{WEB}/{who.actors[0]}" if who.name == WEB else who.name
