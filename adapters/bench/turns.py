"""Several kinds of question take turns, one question at a time: A B B A; what drifts in the machine meets all."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import cycle

Answers = AsyncIterator[float]
"""How many seconds each answer took, one question at a time."""


async def alternate(turns: Sequence[Answers], warm: float, seconds: float) -> list[list[float]]:
    """What each of them took once it is warm; as long as there is time, and none has come to its end."""
    took: list[list[float]] = [[] for _ in turns]
    since = time.perf_counter() + warm
    for order in cycle((range(len(turns)), range(len(turns) - 1, -1, -1))):
        for n in order:
            if (second := await anext(turns[n], None)) is None:
                return took
            took[n].append(second)
        if time.perf_counter() < since:
            took = [[] for _ in turns]
        elif time.perf_counter() > since + seconds:
            return took
    raise AssertionError("unreachable")


def percentile(values: Iterable[float], percent: int) -> float:
    """The smallest that at least so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * percent // 100) - 1]
