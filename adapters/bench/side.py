"""One side of a comparison: a schema of its own, a subject root of its own, and the company that lives there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.composition import Place, found
from adapters.settings import Settings

CALLER = "bench"
ROOT = "kartoteka.v1.cmd"
ECHO = f"kartoteka.v1.qry.{CALLER}.echo"
BARE = "bare"
"""The schema of the table that the bare INSERT goes to."""


@dataclass(frozen=True, slots=True)
class Company:
    """The ids that requests need."""

    worker: str
    area: str
    directory: str
    contract: str
    customers: list[str]


WHOLE = "bench_whole"
"""The side with everything running, on the subjects of the product itself: handlers send their requests there."""


def prefix(name: str) -> str:
    """The subjects of one side, so that all sides stand ready on one NATS at the same time."""
    return f"{ROOT}." if name == WHOLE else f"{ROOT}.{CALLER}.{name}."


def place(state: Path, name: str) -> Place:
    """Where the processes of one side find their servers. Raises NotRunning."""
    return found(Settings(state=state, KARTOTEKA_SCHEMA=name))
