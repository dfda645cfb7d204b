"""Whatever is done to the log behind the service's back shows, at the first position that is not as it was."""

# ruff: noqa: S608 - to tamper with statements of its own is what this file is for

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from eventsourcing.persistence import StoredEvent

from adapters.composition import Place
from adapters.postgres.chain import ORIGIN, Fault, Verdict, verify
from adapters.postgres.reading import PAGE, Stored, snapshot
from adapters.postgres.recorder import Datastore, Recorder
from adapters.postgres.schema import connect, migrate

FACTS = 12


def store(place: Place, *sizes: int) -> None:
    """Append batches of facts as the service does: on the server, linked there."""
    datastore = Datastore(place.postgres_url, place.settings.schema_name)
    recorder = Recorder(datastore)
    recorder.create_table()
    stored = 0
    for size in sizes:
        facts = [StoredEvent("ticket-ä", stored + n, "ticket.noted", b'{"n": %d}' % n) for n in range(1, size + 1)]
        recorder.insert_events(facts)
        stored += size
    datastore.close()


def tamper(place: Place, *statements: str) -> None:
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount == 1, statement


def verdict(place: Place, known: tuple[int, bytes] | None = None) -> Verdict:
    async def walked() -> Verdict:
        async with snapshot(place.postgres_url, place.settings.schema_name) as log:
            return await verify(log, lambda position: None, known)

    return asyncio.run(walked())


@pytest.fixture
def log(place: Place) -> Place:
    store(place, 1, 4, FACTS - 5)
    return place


def swapped(one: int, other: int) -> tuple[str, ...]:
    """Two facts in each other's place."""
    return (
        f"UPDATE facts SET notification_id = -1 WHERE notification_id = {one}",
        f"UPDATE facts SET notification_id = {one} WHERE notification_id = {other}",
        f"UPDATE facts SET notification_id = {other} WHERE notification_id = -1",
    )


def test_an_untouched_log_is_whole_to_its_head(log: Place) -> None:
    found = verdict(log)
    assert (found.facts, found.finding) == (FACTS, None)
    with connect(log.postgres_url, log.settings.schema_name) as connection:
        assert connection.execute("SELECT link FROM head").fetchone() == (found.link,)


def test_a_log_without_facts_is_whole(place: Place) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    assert verdict(place) == Verdict(0, ORIGIN, None)


@pytest.mark.parametrize(
    "change",
    [
        "state = set_bit(state, 9, 1 - get_bit(state, 9))",
        "happened_at = happened_at + interval '1 microsecond'",
        "happened_at = 'infinity'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "actor = 'Library'",
        "caller = caller || ' '",
        "topic = 'ticket.note'",
        "originator_id = 'ticket-a'",
        "originator_version = 1000",
        "event_id = gen_random_uuid()",
        "command_id = gen_random_uuid()",
        "correlation = 'other'",
        "causation = 'other'",
        "link = set_bit(link, 255, 1 - get_bit(link, 255))",
    ],
)
def test_a_changed_fact_is_found_whatever_of_it_was_changed(log: Place, change: str) -> None:
    tamper(log, f"UPDATE facts SET {change} WHERE notification_id = 7")
    found = verdict(log).finding
    assert found is not None
    assert found.position == 7
    assert found.fault in (Fault.CHANGED, Fault.ORDER)


@pytest.mark.parametrize("position", [1, 5, FACTS])
def test_a_changed_fact_is_found_wherever_it_stands(log: Place, position: int) -> None:
    tamper(log, f"UPDATE facts SET actor = 'boris' WHERE notification_id = {position}")
    found = verdict(log)
    assert found.finding is not None
    assert (found.facts, found.finding.position, found.finding.fault) == (position - 1, position, Fault.CHANGED)


@pytest.mark.parametrize("position", [1, 6, FACTS - 1])
def test_a_fact_taken_out_leaves_a_gap(log: Place, position: int) -> None:
    tamper(log, f"DELETE FROM facts WHERE notification_id = {position}")
    found = verdict(log).finding
    assert found is not None
    assert (found.position, found.fault) == (position, Fault.GAP)


def test_a_cut_tail_does_not_reach_the_head(log: Place) -> None:
    tamper(log, f"DELETE FROM facts WHERE notification_id = {FACTS}")
    found = verdict(log).finding
    assert found is not None
    assert (found.position, found.fault) == (FACTS, Fault.TAIL)


def test_a_tail_cut_back_together_with_the_head_s_count_still_shows(log: Place) -> None:
    tamper(log, f"DELETE FROM facts WHERE notification_id = {FACTS}", f"UPDATE head SET position = {FACTS - 1}")
    found = verdict(log).finding
    assert found is not None
    assert (found.position, found.fault) == (FACTS - 1, Fault.TAIL)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (4, 9), (FACTS - 1, FACTS)])
def test_two_facts_in_each_other_s_place_are_out_of_order(log: Place, one: int, other: int) -> None:
    tamper(log, *swapped(one, other))
    found = verdict(log).finding
    assert found is not None
    assert (found.position, found.fault) == (one, Fault.ORDER)


def test_a_fact_with_the_body_of_another_shows(log: Place) -> None:
    other = "(SELECT state FROM facts WHERE notification_id = 8)"
    tamper(log, f"UPDATE facts SET state = {other} WHERE notification_id = 3")
    found = verdict(log).finding
    assert found is not None
    assert (found.position, found.fault) == (3, Fault.CHANGED)


def test_a_fact_put_in_without_the_head_shows(log: Place) -> None:
    columns = (
        "topic, state, event_id, recorded_at, happened_at, actor, caller, command_id, correlation, causation, link"
    )
    tamper(
        log,
        f"INSERT INTO facts (originator_id, originator_version, notification_id, {columns})"
        f" SELECT originator_id, 99, 0, {columns} FROM facts WHERE notification_id = 1",
    )
    found = verdict(log).finding
    assert found is not None
    assert (found.position, found.fault) == (1, Fault.GAP)


def test_a_missing_head_shows(log: Place) -> None:
    tamper(log, "DELETE FROM head")
    found = verdict(log).finding
    assert found is not None
    assert found.fault is Fault.TAIL


def test_a_log_made_anew_differs_from_the_link_that_an_auditor_kept(log: Place) -> None:
    kept = verdict(log)
    with connect(log.postgres_url, log.settings.schema_name) as connection:
        connection.execute("DELETE FROM facts")
        connection.execute("UPDATE head SET position = 0, recorded_at = '-infinity', link = sha256('')")
    store(log, FACTS)
    assert verdict(log).finding is None
    found = verdict(log, (kept.facts, kept.link)).finding
    assert found is not None
    assert (found.position, found.fault) == (FACTS, Fault.REWRITTEN)


def test_a_log_made_anew_and_shorter_does_not_reach_what_an_auditor_kept(log: Place) -> None:
    kept = verdict(log)
    tamper(
        log,
        f"DELETE FROM facts WHERE notification_id = {FACTS}",
        "UPDATE head SET (position, recorded_at, link) ="
        f" (SELECT notification_id, recorded_at, link FROM facts WHERE notification_id = {FACTS - 1})",
    )
    assert verdict(log).finding is None
    found = verdict(log, (kept.facts, kept.link)).finding
    assert found is not None
    assert (found.position, found.fault) == (FACTS, Fault.TAIL)


def test_a_log_of_many_pages_is_walked_to_its_end_and_over_their_borders(place: Place) -> None:
    store(place, PAGE + 500, 700)
    assert verdict(place)[::2] == (PAGE + 1200, None)
    tamper(place, *swapped(PAGE, PAGE + 1))
    found = verdict(place).finding
    assert found is not None
    assert (found.position, found.fault) == (PAGE, Fault.ORDER)


def test_what_is_appended_meanwhile_is_not_seen(log: Place) -> None:
    async def walked() -> Verdict:
        async with snapshot(log.postgres_url, log.settings.schema_name) as view:
            await view.head()
            tamper(log, "DELETE FROM facts WHERE notification_id = 3")
            return await verify(view, lambda position: None)

    assert asyncio.run(walked()).finding is None
    assert verdict(log).finding is not None


def test_one_stream_is_read_as_it_was_known(log: Place) -> None:
    async def read(**known: object) -> Sequence[Stored]:
        async with snapshot(log.postgres_url, log.settings.schema_name) as view:
            pages = view.stream("ticket-ä", **known)  # type: ignore[arg-type]  # position or recorded_at
            return [row async for page in pages for row in page]

    everything = asyncio.run(read())
    assert [row.version for row in everything] == list(range(1, FACTS + 1))
    assert asyncio.run(read(position=5)) == everything[:5]
    assert asyncio.run(read(recorded_at=everything[6].recorded_at)) == everything[:7]
