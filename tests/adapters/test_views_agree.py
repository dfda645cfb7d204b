"""Rows in Postgres, in memory and by the other opinion are the same, after the live run and after a rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from history import histories
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import LOCK, Entry, entered, lying, store
from naive.views import views
from rows import MODELS, MemoryViews, behind_fences, differences, fenced, masking, stored
from shelf import Shelf

from adapters.composition import Place
from adapters.postgres.views import access, rebuild
from domain.fact import Fact


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    found = Shelf(place.postgres_url, place.settings.schema_name)
    yield found
    found.line.close()


def disagreements(shelf: Shelf, entries: list[Entry]) -> list[str]:
    """Between what lies in the tables, what memory has, and what anybody would write down from the log."""
    facts = [entry.fact for entry in entries]
    gone = fenced(facts)
    memory = behind_fences(MemoryViews(secrets=masking(gone)).take(facts).rows, gone)
    anybody = behind_fences(views(lying(shelf.line), masking(gone)), gone)
    return [
        *(f"memory: {each}" for each in differences(stored(shelf.line), memory)),
        *(f"anybody: {each}" for each in differences(stored(shelf.line), anybody)),
    ]


def test_rows_are_the_same_wherever_they_are_made(shelf: Shelf, soak: int) -> None:
    @settings(max_examples=6 * soak, deadline=None, suppress_health_check=list(HealthCheck))
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
