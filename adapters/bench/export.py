"""What it costs to take a view out, sight, Parquet and record included, against bare COPY of the tables below it."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from adapters.bench.archive import VIEW, Archive
from adapters.bench.ground import CouldNotRun, Ground
from adapters.bench.measure import Figure, Pace, alternate, figure
from adapters.composition import Place
from adapters.composition.exporting import Order, exported
from adapters.postgres.schema import connect
from projections.looking import Aim

TABLES = ("tickets", "ticket_standings")
"""Whose rows a row of the view is made of, one of each."""

VERSION = "SELECT version FROM read_models WHERE name = 'tickets' AND state IN ('active', 'paused', 'failed')"


def export(ground: Ground, pace: Pace) -> Figure:
    """Rows a second of a whole export of tickets, each open to the analyst by its customer, against COPY to a client.

    Ours is everything from rights to the manifest, on disk to stay; what COPY gives is read and dropped.
    `of_one_table` is the ratio to a COPY of the first table alone.
    """
    archive = Archive(pace.exported)
    there = ground.archive(archive)
    of_one = list[float]()

    def ours() -> float:
        of_one.append(_rate(pace.seconds, partial(_copied, there, TABLES[:1])))
        return _rate(pace.seconds, partial(_taken_out, there, archive))

    rounds = alternate(pace.rounds, ours, lambda: _rate(pace.seconds, partial(_copied, there, TABLES)))
    one = statistics.median(each.ours / most for each, most in zip(rounds, of_one, strict=True))
    about = {"seconds": pace.seconds, "rows": archive.tickets, "view": VIEW}
    return figure(rounds, "rows/s", **about, of_one_table=round(one, 3))


def _rate(seconds: float, rows: Callable[[], int]) -> float:
    """Again and again for so long; how many a second."""
    began, done = time.perf_counter(), 0
    while not done or time.perf_counter() - began < seconds:
        done += rows()
    return done / (time.perf_counter() - began)


def _taken_out(there: Place, archive: Archive) -> int:
    """Into a new folder on the disk on which the servers are."""
    with tempfile.TemporaryDirectory(dir=there.settings.state) as folder:
        taken = exported(there, Order(archive.analyst, Path(folder) / "out", Aim.EXPORT, (VIEW,)))
    (rows,) = (shape.rows for shape in taken.views)
    if rows != archive.tickets:
        raise CouldNotRun(f"{rows} tickets were taken out, and there are {archive.tickets}")
    return rows


def _copied(there: Place, tables: Sequence[str]) -> int:
    """One table after the other, read and dropped; how many rows each has."""
    with connect(there.postgres_url, there.settings.schema_name) as connection:
        (version,) = connection.execute(VERSION).fetchone() or (0,)
        cursor = connection.cursor()
        for table in tables:
            with cursor.copy(f"COPY {table}_v{version} TO STDOUT (FORMAT binary)".encode()) as rows:
                deque(rows, maxlen=0)
        return cursor.rowcount
