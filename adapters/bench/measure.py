"""A figure is the median ratio of rounds in which ours and the baseline take turns, told with all spreads."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how much is measured; a round gives each side so many seconds."""

    rounds: int
    seconds: float
    warm_seconds: float
    facts: tuple[int, int]
    stream: tuple[int, int]
    rebuilt: int
    rounds_long: int
    seconds_long: float
    contacts: tuple[int, int]
    members: int
    prices: tuple[int, int]
    tickets: tuple[int, int]
    exported: int
    directories: int = 1000
    workers: int = 500
    teams: int = 100
    in_flight: int = 256
    commands_a_second: int = 1000
    customers: int = 500
    cases: int = 4_479
    """Of a help desk's log; so many has the real one."""


FULL = Pace(
    rounds=5,
    seconds=5.0,
    warm_seconds=1.0,
    facts=(1_000_000, 10_000),
    stream=(10_000, 10),
    rebuilt=200_000,
    rounds_long=2,
    seconds_long=60.0,
    contacts=(1_000_000, 10_000),
    members=100_000,
    prices=(1_000_000, 1_000),
    tickets=(100_000, 1_000),
    exported=200_000,
)
QUICK = Pace(
    rounds=3,
    seconds=0.7,
    warm_seconds=0.3,
    facts=(30_000, 3_000),
    stream=(2_000, 10),
    rebuilt=20_000,
    rounds_long=1,
    seconds_long=5.0,
    contacts=(30_000, 3_000),
    members=3_000,
    prices=(30_000, 1_000),
    tickets=(10_000, 1_000),
    exported=10_000,
    cases=400,
)


class Round(NamedTuple):
    ours: float
    baseline: float

    @property
    def ratio(self) -> float:
        return self.ours / self.baseline


@dataclass(frozen=True, slots=True)
class Figure:
    """What one bench found; `scale` says what it was measured on."""

    ratio: float
    ours: float
    baseline: float
    unit: str
    spread: dict[str, tuple[float, float]]
    scale: dict[str, Any]


def alternate(rounds: int, ours: Callable[[], float], baseline: Callable[[], float]) -> list[Round]:
    """Ours first, then the baseline first, and so on: what drifts in the machine meets both."""
    found = []
    for n in range(rounds):
        if n % 2 == 0:
            found.append(Round(ours=ours(), baseline=baseline()))
        else:
            later = baseline()
            found.append(Round(ours=ours(), baseline=later))
    return found


def figure(rounds: Sequence[Round], unit: str, **scale: Any) -> Figure:
    """The medians and the spreads of the rounds."""
    sides = {
        "ours": [each.ours for each in rounds],
        "baseline": [each.baseline for each in rounds],
        "ratio": [each.ratio for each in rounds],
    }
    middle = {name: statistics.median(values) for name, values in sides.items()}
    spread = {name: (_short(min(values)), _short(max(values))) for name, values in sides.items()}
    return Figure(
        ratio=_short(middle["ratio"]),
        ours=_short(middle["ours"]),
        baseline=_short(middle["baseline"]),
        unit=unit,
        spread=spread,
        scale={"rounds": len(rounds), **scale},
    )


def _short(value: float) -> float:
    """Four digits that mean something."""
    return float(f"{value:.4g}")
