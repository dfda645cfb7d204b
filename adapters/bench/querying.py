"""What questions take while commands run, against what they take when nothing else does."""

from __future__ import annotations

from adapters.bench.ground import CouldNotRun, Ground
from adapters.bench.measure import Figure, Pace, alternate, figure

QUESTIONS_A_SECOND = 200
ASKED_ABOUT = 300
"""Tickets that questions are about; the commands make others meanwhile."""

MOST_LATE_SECONDS = 1.0
"""So much after its time the last command of the load may be answered, or the load was not what it should be."""


def query(ground: Ground, pace: Pace) -> Figure:
    """The 99th percentile of questions with everything running and 1,000 commands a second, against without these."""
    seconds = 2 * pace.seconds
    with ground.whole(pace.customers) as side, ground.driver() as driver:
        about = {"side": side.name, "company": side.company}
        tickets = ground.ask("opened", many=ASKED_ABOUT, **about)

        def alone() -> float:
            asked = {"tickets": tickets, "rate": QUESTIONS_A_SECOND, "warm": pace.warm_seconds, "seconds": seconds}
            return 1000 * float(ground.ask("queried", company=side.company, **asked))

        def under_load() -> float:
            load = {"rate": pace.commands_a_second, "seconds": pace.warm_seconds + seconds}
            driver.send({"job": "driven", **load, **about})
            found = alone()
            _needs_load(driver.recv())
            return found

        rounds = alternate(pace.rounds, under_load, alone)
    rates = {"commands_a_second": pace.commands_a_second, "questions_a_second": QUESTIONS_A_SECOND}
    return figure(rounds, "ms", seconds=seconds, **rates)


def _needs_load(late_seconds: float) -> None:
    if late_seconds > MOST_LATE_SECONDS:
        raise CouldNotRun(f"the load came {late_seconds:.1f} s too late to its end")
