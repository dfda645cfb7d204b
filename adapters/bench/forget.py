"""What it costs to forget somebody, from the request to the receipt: in a large log against a small one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.bench.former import FACTS_OF_ONE, Former
from adapters.bench.ground import CouldNotRun, Ground
from adapters.bench.measure import Figure, Pace, alternate, figure
from domain.values import Person

COUNTED = "all that is done from the request to the receipt; nobody rests between two looks"
ALIKE = ("keys", "destroyed", "kept", "tables")
"""What forgetting people who are alike comes to, however large the log is."""

Came = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    """Of whom it is, how one of them is forgotten, how many are to be, and what it came to so far."""

    former: Former
    forgotten: Callable[[Person], Came]
    people: int
    came: list[Came] = field(default_factory=list)

    def next(self) -> float:
        """Forget one more; in ms."""
        self.came.append(self.forgotten(self.former.person(len(self.came), self.people)))
        return 1000 * float(self.came[-1]["seconds"])


def forget(ground: Ground, pace: Pace) -> Figure:
    """Every round another customer, all of them alike; whoever goes first in each log only warms it up."""
    people = pace.rounds + 1
    large, small = (Former(max(facts // FACTS_OF_ONE, people)) for facts in pace.facts)
    with ground.forgetting(large) as in_large, ground.forgetting(small) as in_small:
        logs = Log(large, in_large, people), Log(small, in_small, people)
        for log in logs:
            log.next()
        rounds = alternate(pace.rounds, logs[0].next, logs[1].next)
    _alike([came for log in logs for came in log.came])
    size = {"facts": pace.facts, "people": [log.former.people for log in logs]}
    return figure(rounds, "ms", **size, counted=COUNTED, before_ms=_before([log.came[1:] for log in logs]))


def _alike(all_that_came: Sequence[Came]) -> None:
    found = [{name: came[name] for name in ALIKE} for came in all_that_came]
    if any(each != found[0] for each in found) or not all(found[0].values()):
        raise CouldNotRun("not everybody was forgotten in the same way")


def _before(logs: Sequence[Sequence[Came]]) -> dict[str, list[float]]:
    """How long it was worked for each fact of an erasure, in the large log and in the small one; medians."""
    return {
        step: [round(1000 * statistics.median(came["steps"][step] for came in log), 1) for log in logs]
        for step in logs[0][0]["steps"]
    }
