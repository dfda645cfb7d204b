"""What the timer's look costs, with all that is due asked for: among many open tickets against few."""

from __future__ import annotations

from adapters.bench.ground import Ground
from adapters.bench.measure import Figure, Pace, figure
from adapters.bench.sight import MIDDLE, measured
from adapters.bench.watch import Watch

DUE = 50
"""Of one look."""


def timer(ground: Ground, pace: Pace) -> Figure:
    """A look at what is due, and as many levels told of, however many tickets are open."""
    watches = [Watch(tickets) for tickets in pace.tickets]
    turns = [{"kind": "ticks", "side": ground.watch(watch), "due": DUE} for watch in watches]
    (rounds,) = measured(ground, pace, MIDDLE, {"ticks": turns}).values()
    return figure(rounds, "ms", seconds=pace.seconds, tickets=pace.tickets, due=DUE)
