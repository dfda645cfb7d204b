"""One schema in which read models are made of one history after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logbook import LOCK
from psycopg import Connection
from rows import MODELS

from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access, registry
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import State
from projections.model import ReadModel

MOST_TICKS = 5_000


class Shelf:
    """One schema, emptied for every history."""

    def __init__(self, url: str, schema: str, models: Sequence[ReadModel] = MODELS) -> None:
        self.url, self.schema, self.models = url, schema, models
        migrate(url, schema)
        self.line: Connection[Any] = connect(url, schema)
        access.ensure(url, schema)

    def empty(self) -> None:
        """As after the founding of the schema, but that all versions are there already."""
        rows = self.line.execute("SELECT name, version, tables FROM read_models WHERE state = 'active'").fetchall()
        tables = [f"{table}_v{version}" for _, version, named in rows for table in named]
        self.line.execute(f"TRUNCATE {', '.join(['facts', 'subject_fences', *tables])}".encode())
        self.line.execute("UPDATE read_models SET position = 0")
        self.line.execute("UPDATE head SET position = 0, recorded_at = '-infinity'")

    def follow(self, page: int) -> None:
        """Keep the read models up to the end of the log."""
        engine = Engine(self.url, self.schema, self.models, LOCK, page=page)
        for _ in range(MOST_TICKS):
            if not engine.tick() and not self._unfinished():
                break
        else:
            raise AssertionError("it never comes to the end of the log")
        engine.close()

    def _unfinished(self) -> bool:
        return any(version.state is State.BOOTING for version in registry.versions(self.line))
