"""Rows of a view as Arrow batches, in somebody else's snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import adbc_driver_postgresql.dbapi
import pyarrow as pa
from adbc_driver_postgresql import StatementOptions

from adapters.columnar.shape import Wanted, shaped
from adapters.postgres.snapshot import OF_ONE_STATE

BATCH_BYTES = 4 << 20
"""Of a batch, about: while one is written the next is read."""


class Unread(Exception):
    """Postgres did not give the rows."""


class Reader:
    """One connection, on which one view after the other is read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def batches(self, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        """All rows that the statement finds; at least one batch, which may be empty."""
        with _plainly(), self._connection.cursor(adbc_stmt_kwargs=OPTIONS) as cursor:
            cursor.execute(wanted.statement)
            schema, found = wanted.schema, False
            for batch in cursor.fetch_record_batch():
                found = True
                yield shaped(batch, schema)
            if not found:
                yield pa.RecordBatch.from_pylist([], schema=schema)


OPTIONS = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}


@contextmanager
def reading(url: str, schema: str, snapshot: str) -> Iterator[Reader]:
    """Everything read in the block is as of the snapshot, which whoever exported it keeps open."""
    with adbc_driver_postgresql.dbapi.connect(url, autocommit=True) as connection:
        with _plainly(), connection.cursor() as cursor:
            for statement in (
                f"SET search_path = {schema}",
                "SET timezone = 'UTC'",
                "SET jit = off",
                "SET work_mem = '64MB'",
                OF_ONE_STATE,
                f"SET TRANSACTION SNAPSHOT '{snapshot}'",
            ):
                cursor.execute(statement)
        yield Reader(connection)


@contextmanager
def _plainly() -> Iterator[None]:
    """What goes wrong, by its kind alone: the server's words may quote somebody's data."""
    try:
        yield
    except adbc_driver_postgresql.dbapi.Error as error:
        raise Unread(f"Postgres did not give the rows ({type(error).__name__})") from None
