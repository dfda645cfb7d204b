"""Which versions of which read model there are, how far each has come, and what waits in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.errors import LockNotAvailable

from adapters.postgres.schema import connect
from adapters.postgres.views.definition import creation, indexing, removal, switching
from projections.model import ReadModel
from projections.page import Parked

Line = Connection[tuple[Any, ...]]

PATIENCE = "SET LOCAL lock_timeout = '1s'"
"""A long question keeps its tables; nobody else is made to wait behind us for it."""

ONE_MAKES = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.views', 0))"

VERSIONS = """
SELECT name, version, fingerprint, state, position, held, coalesce(error, ''), kek_epoch FROM read_models
WHERE state <> 'retired' ORDER BY name, version
"""
PARK = """
INSERT INTO parked_streams (name, version, stream, position, topic, error) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (name, version, stream) DO UPDATE
SET position = excluded.position, topic = excluded.topic, error = excluded.error,
    again = false
"""
STATUS = """
WITH m AS (
    SELECT name, version, fingerprint, state, held, error, moved_at,
           CASE WHEN name = 'access' AND version = head.access_version THEN head.position ELSE read_models.position END
    FROM read_models, head
)
SELECT m.name, m.version, m.state, m.position, head.position - m.position,
       coalesce(extract(epoch FROM log_time() - (
           SELECT recorded_at FROM facts WHERE notification_id > m.position ORDER BY notification_id LIMIT 1
       )), 0)::float,
       extract(epoch FROM clock_timestamp() - m.moved_at)::float,
       (SELECT count(*) FROM parked_streams p WHERE p.name = m.name AND p.version = m.version),
       EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.database = (
                   SELECT oid FROM pg_database WHERE datname = current_database())
               AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(
                   current_schema() || '.view.' || m.name || '.' || m.version, 0)),
       m.fingerprint, coalesce(m.error, '')
FROM m, head
WHERE m.state <> 'retired' ORDER BY m.name, m.version
"""
WAITING = """
SELECT p.name, p.version, p.stream, p.position, p.topic, p.error, p.parked_at,
       (SELECT count(*) FROM facts f JOIN read_models m ON m.name = p.name AND m.version = p.version
        WHERE f.originator_id = p.stream AND f.notification_id BETWEEN p.position AND m.position)
FROM parked_streams p ORDER BY p.name, p.version, p.position
"""


ACCESS_VERSION = """
SELECT head.access_version, m.fingerprint FROM head
LEFT JOIN read_models m ON m.name = 'access' AND m.version = head.access_version
"""
"""Which version of the access model every append keeps (0: none), and what it means."""

WAITS_NO_MORE = """
DELETE FROM parked_streams p USING read_models m
WHERE m.name = p.name AND m.version = p.version AND m.name = %s AND m.state = 'retired'
"""
RETIRED = """
SELECT version FROM read_models
WHERE name = %s AND state = 'retired' AND to_regproc(current_schema() || '.' || %s || version) IS NOT NULL
"""


class State(StrEnum):
    """`booting` is being made; `active` is served and followed, `paused` and `failed` are served as they stand."""

    BOOTING = "booting"
    ACTIVE = "active"
    PAUSED = "paused"
    FAILED = "failed"
    RETIRED = "retired"


SERVED = frozenset({State.ACTIVE, State.PAUSED, State.FAILED})


class Version(NamedTuple):
    """One version of a read model as it is registered; `kek_epoch` is that of the secret its tokens were made with."""

    name: str
    number: int
    fingerprint: str
    state: State
    position: int
    held: bool = False
    error: str = ""
    kek_epoch: int | None = None


class Condition(NamedTuple):
    """How a version is doing: behind by so many facts and seconds, and for how long it has not moved."""

    name: str
    version: int
    state: str
    position: int
    lag_facts: int
    lag_seconds: float
    idle_seconds: float
    parked: int
    runner: bool
    fingerprint: str
    error: str

    @property
    def stuck(self) -> bool:
        """Behind, and not moving: no progress is a fault that lag alone does not show."""
        return self.state in (State.ACTIVE, State.BOOTING) and self.lag_facts > 0 and self.idle_seconds > STUCK_SECONDS


STUCK_SECONDS = 10.0


class Waiting(NamedTuple):
    """A parked stream, and how many of its facts wait."""

    name: str
    version: int
    stream: str
    position: int
    topic: str
    error: str
    parked_at: datetime
    facts: int


class Told(Exception):
    """A fault in words of our own, which quote nobody's data."""


class NoSuchVersion(Exception):
    """There is no read model, or no version of it, that this could be done to."""


def versions(connection: Line) -> list[Version]:
    """All that are not retired."""
    rows = connection.execute(VERSIONS).fetchall()
    return [Version(*row)._replace(state=State(row[3])) for row in rows]


def served(found: Iterable[Version], name: str) -> Version | None:
    """The version that questions are answered from."""
    return next((each for each in found if each.name == name and each.state in SERVED), None)


def made(connection: Line, model: ReadModel, *, held: bool = False, kek_epoch: int | None = None) -> Version:
    """A new, empty version of the model, whose runner the connection is."""
    with connection.transaction():
        connection.execute(ONE_MAKES)
        row = connection.execute(
            "SELECT coalesce(max(version), 0) + 1 FROM read_models WHERE name = %s", (model.name,)
        ).fetchone()
        assert row is not None
        number: int = row[0]
        connection.execute(
            "INSERT INTO read_models (name, version, fingerprint, state, held, tables, kek_epoch)"
            " VALUES (%s, %s, %s, 'booting', %s, %s, %s)",
            (model.name, number, model.fingerprint, held, [table.name for table in model.tables], kek_epoch),
        )
        locked(connection, model.name, number)
        _run(connection, creation(model, number))
    return Version(model.name, number, model.fingerprint, State.BOOTING, 0, held, kek_epoch=kek_epoch)


def begun(connection: Line, model: ReadModel, kek_epoch: int | None = None) -> Version:
    """The version of the model as this process means it; made where there is none, whoever else tries to."""
    with connection.transaction():
        connection.execute(ONE_MAKES)
        for version in versions(connection):
            if (version.name, version.fingerprint) == (model.name, model.fingerprint) and lasts(version, kek_epoch):
                return version
        version = made(connection, model, kek_epoch=kek_epoch)
        unlock(connection, version.name, version.number)
    return version


def lasts(version: Version, kek_epoch: int | None) -> bool:
    """Whether its tokens outlive all keys before this epoch's, or it has none; what is held is served to nobody."""
    return kek_epoch is None or (version.kek_epoch is not None and version.kek_epoch >= kek_epoch and not version.held)


def index(connection: Line, model: ReadModel, number: int) -> None:
    """Make the secondary indexes and the statistics of a version."""
    _run(connection, indexing(model, number))


def switch(connection: Line, model: ReadModel, number: int) -> bool:
    """Serve this version from here on, if it has come as far as the one served now; says whether.

    Those before it are served no longer, nor made any further, but for what is held.
    Raises LockNotAvailable where somebody's question takes long.
    """
    with connection.transaction():
        connection.execute(PATIENCE)
        now = connection.execute(
            "SELECT version, position FROM read_models WHERE name = %s AND state IN ('active', 'paused', 'failed')"
            " FOR UPDATE",
            (model.name,),
        ).fetchone()
        new = connection.execute(
            "SELECT position FROM read_models WHERE name = %s AND version = %s AND state = 'booting' FOR UPDATE",
            (model.name, number),
        ).fetchone()
        if new is None:
            raise NoSuchVersion(f"{model.name} has no version {number} that is being made")
        if now is not None and new[0] < now[1]:
            return False
        connection.execute(
            "UPDATE read_models SET state = 'retired' WHERE name = %s AND (state IN ('active', 'paused', 'failed')"
            " OR state = 'booting' AND version < %s AND NOT held)",
            (model.name, number),
        )
        connection.execute(WAITS_NO_MORE, (model.name,))
        connection.execute(
            "UPDATE read_models SET state = 'active' WHERE name = %s AND version = %s", (model.name, number)
        )
        _run(connection, switching(model, number))
    return True


def sweep(connection: Line, model: ReadModel) -> None:
    """Leave nothing of the model's retired versions, but of those that somebody still reads."""
    rows = connection.execute(RETIRED, (model.name, f"apply_{model.name}_v"))
    for (number,) in rows.fetchall():
        with suppress(LockNotAvailable):
            remove(connection, model, number)


def remove(connection: Line, model: ReadModel, number: int) -> None:
    """Leave nothing of a version but its name in the register."""
    with connection.transaction():
        connection.execute(PATIENCE)
        row = connection.execute(
            "UPDATE read_models SET state = 'retired' WHERE name = %s AND version = %s RETURNING tables",
            (model.name, number),
        ).fetchone()
        connection.execute(WAITS_NO_MORE, (model.name,))
        _run(connection, removal(model, number, row[0] if row else ()))


def park(connection: Line, version: Version, parked: Parked) -> None:
    connection.execute(PARK, (version.name, version.number, *parked))


def waiting(connection: Line, version: Version) -> Mapping[str, bool]:
    """The streams that wait in a version, and of each whether it is to be tried again."""
    rows = connection.execute(
        "SELECT stream, again FROM parked_streams WHERE name = %s AND version = %s", (version.name, version.number)
    )
    return dict(rows.fetchall())


def parked_at(connection: Line, version: Version, stream: str) -> Parked:
    """Where a stream waits. Raises NoSuchVersion where it does not."""
    row = connection.execute(
        "SELECT stream, position, topic, error FROM parked_streams WHERE name = %s AND version = %s AND stream = %s",
        (version.name, version.number, stream),
    ).fetchone()
    if row is None:
        raise NoSuchVersion(f"{stream} does not wait in {version.name}")
    return Parked(*row)


def unpark(connection: Line, version: Version, stream: str) -> None:
    connection.execute(
        "DELETE FROM parked_streams WHERE name = %s AND version = %s AND stream = %s",
        (version.name, version.number, stream),
    )


def change(url: str, schema: str, name: str, state: State, *, of: frozenset[State], again: bool = False) -> None:
    """Set the state of the served version; with `again` have what is parked tried once more. Raises NoSuchVersion."""
    with connect(url, schema) as connection, connection.transaction():
        row = connection.execute(
            "UPDATE read_models SET state = %s, error = NULL, moved_at = clock_timestamp()"
            " WHERE name = %s AND state = ANY (%s) RETURNING version",
            (state, name, [each.value for each in of]),
        ).fetchone()
        if row is None:
            raise NoSuchVersion(f"no read model {name} is served that could become {state}")
        if again:
            connection.execute(
                "UPDATE parked_streams SET again = true WHERE name = %s AND version = %s", (name, row[0])
            )


def fail(connection: Line, version: Version, error: Exception) -> None:
    """Stop a version that cannot be followed; what it has is served on."""
    connection.execute(
        "UPDATE read_models SET state = CASE state WHEN 'active' THEN 'failed' ELSE state END, error = %s"
        " WHERE name = %s AND version = %s AND state IN ('active', 'booting')",
        (said(error), version.name, version.number),
    )


def said(error: Exception) -> str:
    """What may be told of a fault: words of our own, and else its kind alone."""
    return str(error) if isinstance(error, Told) else type(error).__name__


def error(connection: Line, version: Version) -> str:
    """Why a version stopped."""
    row = connection.execute(
        "SELECT coalesce(error, '') FROM read_models WHERE name = %s AND version = %s", (version.name, version.number)
    ).fetchone()
    return "" if row is None else str(row[0])


def conditions(url: str, schema: str) -> list[Condition]:
    """How every version is doing, but for the retired."""
    with connect(url, schema) as connection:
        return [Condition(*row) for row in connection.execute(STATUS).fetchall()]


def parked(url: str, schema: str) -> list[Waiting]:
    """Every stream that waits somewhere."""
    with connect(url, schema) as connection:
        return [Waiting(*row) for row in connection.execute(WAITING).fetchall()]


def locked(connection: Line, name: str, number: int) -> bool:
    """Try to become the one runner of a version, for as long as the connection lives."""
    row = connection.execute(
        "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '.view.' || %s || '.' || %s::int, 0))",
        (name, number),
    ).fetchone()
    return row == (True,)


def unlock(connection: Line, name: str, number: int) -> None:
    """Be its runner no longer."""
    connection.execute(
        "SELECT pg_advisory_unlock(hashtextextended(current_schema() || '.view.' || %s || '.' || %s::int, 0))",
        (name, number),
    )


@contextmanager
def append_locked(connection: Line) -> Iterator[None]:
    """Nothing is appended while the block runs, which is one transaction."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.append', 0))")
        yield


def _run(connection: Line, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(psycopg.sql.SQL(statement))  # written from our own definitions
