"""What a what-if costs: all tickets of a log under another contract and other hours, against importing it again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.bench import crowd_seed
from adapters.bench.ground import Ground
from adapters.bench.measure import Figure, Pace, Round, figure
from adapters.helpdesk.log import read_log
from adapters.helpdesk.sample import write_sample
from projections.names import CALLED
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK

ROUNDS = 3
"""At most: the log is imported anew for each."""

TIMES = 5


def whatif(ground: Ground, pace: Pace) -> Figure:
    """Tickets a second under other terms, against importing the log anew; into a schema of its own for each round."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        write_sample(log, cases=pace.cases)
        cases = len(read_log(log).cases)
        rounds = [_round(ground, log, cases) for _ in range(min(pace.rounds, ROUNDS))]
    return figure(rounds, "tickets/s", cases=cases)


def _round(ground: Ground, log: Path, cases: int) -> Round:
    with ground.side(1) as side, ground.replaying(side, log) as replayer:
        imported = replayer("import")
        crowd_seed.make(side.place, [DESK, SERVICE_LEVELS, CALLED])
        supposed = replayer({"cases": cases, "times": TIMES})
    return Round(ours=cases / supposed, baseline=cases / imported)
