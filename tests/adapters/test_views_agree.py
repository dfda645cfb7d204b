"""Rows in Postgres, in memory and by the other opinion are the same, after the live run and after a rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from history import histories
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import LOCK, SECRETS, Entry, entered, lying, store
from naive.views import views
from psycopg import Connection
from rows import MODELS, MemoryViews, differences, stored

from adapters.composition import Place
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access, rebuild, registry
from adapters.postgres.views.engine import Engine
from adapters.postgres.views.registry import State
from domain.fact import Fact

MOST_TICKS = 5_000


class Shelf:
    """One schema, emptied for every history."""

    def __init__(self, url: str, schema: str) -> None:
        self.url, self.schema = url, schema
        migrate(url, schema)
        self.line: Connection[Any] = connect(url, schema)
        access.ensure(url, schema)

    def empty(self) -> None:
        """As after the founding of the schema, but that all versions are there already."""
        rows = self.line.execute("SELECT name, version, tables FROM read_models WHERE state = 'active'").fetchall()
        tables = [f"{table}_v{version}" for _, version, named in rows for table in named]
        self.line.execute(f"TRUNCATE {', '.join(['facts', *tables])}".encode())
        self.line.execute("UPDATE read_models SET position = 0")
        self.line.execute("UPDATE head SET position = 0, recorded_at = '-infinity'")

    def follow(self, page: int) -> None:
        """Keep the read models up to the end of the log."""
        engine = Engine(self.url, self.schema, MODELS, LOCK, page=page)
        for _ in range(MOST_TICKS):
            if not engine.tick() and not self._unfinished():
                break
        else:
            raise AssertionError("it never comes to the end of the log")
        engine.close()

    def _unfinished(self) -> bool:
        return any(version.state is State.BOOTING for version in registry.versions(self.line))


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    found = Shelf(place.postgres_url, place.settings.schema_name)
    yield found
    found.line.close()


def disagreements(shelf: Shelf, entries: list[Entry]) -> list[str]:
    """Between what lies in the tables, what memory has, and what anybody would write down from the log."""
    memory = MemoryViews().take([entry.fact for entry in entries]).rows
    return [
        *(f"memory: {each}" for each in differences(stored(shelf.line), memory)),
        *(f"anybody: {each}" for each in differences(stored(shelf.line), views(lying(shelf.line), SECRETS))),
    ]


def test_rows_are_the_same_wherever_they_are_made(shelf: Shelf, soak: int) -> None:
    @settings(max_examples=12 * soak, deadline=None, suppress_health_check=list(HealthCheck))
    @given(histories(), st.sampled_from([1, 2, 7, 50, 2000]), st.booleans())
    def agree(facts: list[Fact[Any]], page: int, anew: bool) -> None:
        shelf.empty()
        entries = entered(facts)
        store(shelf.line, entries)
        shelf.follow(page)
        access.rebuild(shelf.url, shelf.schema)
        assert disagreements(shelf, entries) == []
        if anew:
            rebuild.rebuild(shelf.url, shelf.schema, MODELS, LOCK)
            assert disagreements(shelf, entries) == []

    agree()
