"""What a process beside this one answers in its place, and what that comes to."""

from __future__ import annotations

from typing import NamedTuple

from adapters.discovery import Statistics


class Counted(NamedTuple):
    """What a process has counted since it began, and how much it answers at this moment."""

    statistics: Statistics
    under_way: int


class Elsewhere:
    """Of the process that questions are left to, and of those before it: what they counted stays counted."""

    def __init__(self) -> None:
        self._before, self._now = Statistics(""), Counted(Statistics(""), 0)

    def told(self, counted: Counted | None) -> None:
        """What it says by now; None where it has ended."""
        if counted is None:
            self._before.add(self._now.statistics)
        self._now = counted or Counted(Statistics(""), 0)

    @property
    def under_way(self) -> int:
        """How much is answered there."""
        return self._now.under_way

    def with_those(self, own: Statistics) -> Statistics:
        """What was counted here and there."""
        total = Statistics(own.instance, own.started)
        for each in (own, self._before, self._now.statistics):
            total.add(each)
        return total
