"""Positions follow the order of commits: a reader that asks for what comes next never misses anything."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, LiteralString, cast

from process import Started, crew

from adapters.composition import Place
from adapters.postgres.schema import connect, migrate

WRITERS = 8
FACTS = "SELECT notification_id, event_id::text, recorded_at::text FROM facts ORDER BY notification_id, event_id"
LOCK = "PERFORM pg_advisory_xact_lock("
LONG_WAY = "PERFORM pg_sleep(random() * 0.01); PERFORM ("


def written(place: Place, batches: int, size: int) -> tuple[list[str], list[Any], list[Any]]:
    """What went wrong in the writers; all facts as they stand; all facts as they were seen by the reader."""
    roles = [("write", str(batches), str(size))] * WRITERS
    with crew(place, ("follow",), *roles) as (reader, *writers):
        for process in (reader, *writers):
            assert process.heard() == "ready"
        for writer in writers:
            writer.tell()
        failures = [failure for writer in writers if (failure := _failure(writer, batches * size))]
        with connect(place.postgres_url, place.settings.schema_name) as connection:
            facts = [list(row) for row in connection.execute(FACTS).fetchall()]
        reader.tell()
        return failures, facts, reader.heard()


def _failure(writer: Started, promised: int) -> str:
    try:
        told = len(writer.heard())
    except EOFError as error:
        return f"a writer {error}"
    return "" if told == promised else f"{told} answers for {promised} commands"


def complaints(failures: list[str], facts: list[Any], seen: list[Any], promised: int) -> list[str]:
    """Everything that is not as the law says."""
    positions = [position for position, _, _ in facts]
    moments = [moment for _, _, moment in facts]
    found = list(failures)
    if len(facts) != promised:
        found.append(f"{len(facts)} facts of {promised}")
    if positions != list(range(1, len(facts) + 1)):
        found.append("positions have gaps or doubles")
    if any(later <= earlier for earlier, later in pairwise(moments)):
        found.append("a later position has no later instant")
    if seen != facts:
        found.append(f"the reader saw {len(seen)} of {len(facts)}, or saw them otherwise")
    return found


def test_order_is_commit_order_with_eight_writing_processes(place: Place, soak: int) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    batches, size = 25 * soak, 5
    assert complaints(*written(place, batches, size), WRITERS * batches * size) == []


def test_without_its_lock_the_check_turns_red(place: Place) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        row = connection.execute("SELECT pg_get_functiondef('append'::regproc)").fetchone()
        assert row
        assert LOCK in row[0]
        connection.execute(cast("LiteralString", row[0].replace(LOCK, LONG_WAY)))
        connection.execute("DROP INDEX facts_notification_id_idx")  # or the writers would hear of it, and stop
    found = complaints(*written(place, 6, 2), WRITERS * 12)
    assert "positions have gaps or doubles" in found
    assert any(complaint.startswith("the reader saw") for complaint in found)
