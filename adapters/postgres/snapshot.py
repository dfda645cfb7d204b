"""One snapshot in which read models stand at one position, kept open for all connections that read as of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.errors import DeadlockDetected, LockNotAvailable, UndefinedTable

from adapters.postgres.schema import connect

LOOK_SECONDS = 0.05
OF_ONE_STATE = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
PATIENCE = "SET lock_timeout = '2s'"
STANDING = """
SELECT h.epoch::text, h.position, encode((SELECT f.link FROM facts f WHERE f.notification_id = 1), 'hex'),
       coalesce((SELECT json_object_agg(m.name, m.position) FROM read_models m
                 WHERE m.name = ANY (%(models)s) AND m.state IN ('active', 'paused', 'failed')), '{}'),
       coalesce((SELECT json_object_agg(p.name, p.streams) FROM (
           SELECT w.name, count(*) AS streams FROM parked_streams w JOIN read_models m USING (name, version)
           WHERE w.name = ANY (%(models)s) AND m.state IN ('active', 'paused', 'failed') GROUP BY w.name) p), '{}'),
       EXISTS (SELECT FROM quarantine)
FROM head h
"""
FACT = """
SELECT recorded_at FROM facts WHERE notification_id <= %s ORDER BY notification_id DESC LIMIT 1
"""
EXPORTED = "SELECT pg_export_snapshot()"


class NotAtOnePosition(Exception):
    """The read models did not stand at one position for as long as one was willing to wait."""


class Resting(Exception):
    """The log is in quarantine, and nothing is shown of it."""


class Snapshot(NamedTuple):
    """`log` says which log it is, "" where it has no fact; `parked` how many streams wait in which read model.

    `recorded_at` is that of the last fact up to the position, None before the first.
    """

    id: str
    log: str
    epoch: str
    position: int
    recorded_at: datetime | None
    parked: Mapping[str, int]


@contextmanager
def snapshot(
    url: str,
    schema: str,
    models: Collection[str],
    relations: Sequence[str],
    patience_seconds: float,
    *,
    min_position: int = 0,
) -> Iterator[Snapshot]:
    """The snapshot can be read while the block runs; the relations mean the same tables as long.

    Those are locked before it is taken: a read model that was made anew in between would be another table, whose rows
    it does not show. Raises NotAtOnePosition, Resting.
    """
    until = time.monotonic() + patience_seconds
    with connect(url, schema, "-c jit=off") as connection:
        connection.execute(PATIENCE)
        while True:
            found = _taken(connection, models, relations)
            if isinstance(found, Snapshot) and found.position >= min_position:
                break
            why = "the read models have not come so far" if isinstance(found, Snapshot) else found
            connection.execute("ROLLBACK")
            if time.monotonic() > until:
                raise NotAtOnePosition(f"{why}; try again later")
            time.sleep(LOOK_SECONDS)
        yield found
        connection.execute("ROLLBACK")


def _taken(connection: Connection[Any], models: Collection[str], relations: Sequence[str]) -> Snapshot | str:
    """The snapshot, or in words why not now."""
    connection.execute(OF_ONE_STATE)
    try:
        if relations:
            connection.execute(f"LOCK TABLE {', '.join(relations)} IN ACCESS SHARE MODE".encode())
    except (LockNotAvailable, DeadlockDetected, UndefinedTable):
        return "a read model is being changed or made for the first time"
    row = connection.execute(STANDING, {"models": sorted(models)}).fetchone()
    assert row is not None
    epoch, head, log, positions, parked, resting = row
    if resting:
        raise Resting("the log is in quarantine, and nothing is shown of it: see `kartoteka restore status`")
    if absent := sorted(models - positions.keys()):
        return f"{', '.join(absent)} is being made for the first time"
    if len({*positions.values()}) > 1:
        furthest = max(positions.values())
        behind = sorted(name for name, position in positions.items() if position < furthest)
        return f"the read models do not stand at one position: {', '.join(behind)} is behind"
    position = next(iter(positions.values()), head)
    (recorded_at,) = connection.execute(FACT, (position,)).fetchone() or (None,)
    (id,) = connection.execute(EXPORTED).fetchone() or ("",)
    return Snapshot(id, log or "", epoch, position, recorded_at, parked)
