"""Whatever is done to the log behind the service's back shows, at the first position that is not as it was."""

# ruff: noqa: S608 - to tamper with statements of its own is what this file is for

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tampering import FACTS, anchor, anchors_of, cut, link_anew, store, store_more, swapped, tamper, verdict

from adapters.anchor import Anchor
from adapters.composition import Place
from adapters.postgres.chain import ORIGIN, Fault, Verdict, verify
from adapters.postgres.reading import PAGE, Stored, snapshot
from adapters.postgres.schema import connect, migrate


@pytest.fixture
def log(place: Place) -> Place:
    store(place, 1, 4, FACTS - 5)
    return place


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


def test_a_tail_cut_behind_a_head_that_looks_right_is_found_up_to_the_last_anchor(log: Place) -> None:
    last = anchor(log)
    store_more(log, 2)
    known = anchors_of(log).read().known
    cut(log, FACTS)
    assert verdict(log, anchors=known).finding is None, "what was never anchored"
    cut(log, FACTS - 4)
    assert verdict(log).finding is None, "without anchors nothing shows"
    found = verdict(log, anchors=known).finding
    assert found is not None
    assert (found.position, found.fault) == (FACTS - 3, Fault.TAIL)
    assert f"anchored up to {FACTS} at {last.at.isoformat()}" in found.sentence


def test_a_log_made_anew_differs_where_it_was_anchored_first(log: Place) -> None:
    known: dict[int, Anchor] = {}
    for _ in range(3):
        store_more(log, 2)
        known[FACTS + 2 * len(known) + 2] = anchor(log)
    tamper(log, f"UPDATE facts SET actor = 'boris' WHERE notification_id = {FACTS + 3}")
    link_anew(log)
    assert verdict(log).finding is None
    found = verdict(log, anchors=known).finding
    assert found is not None
    assert (found.position, found.fault) == (FACTS + 4, Fault.REWRITTEN)
    assert known[FACTS + 4].at.isoformat() in found.sentence


LENGTH = 40
STEPS = [7, 8, 20, 33]
"""Where the log is anchored."""


class Lines(NamedTuple):
    """A log that is put back as it was for each example."""

    place: Place
    known: Mapping[int, Anchor]

    def put_back(self) -> None:
        with connect(self.place.postgres_url, self.place.settings.schema_name) as connection:
            connection.execute("TRUNCATE facts")
            connection.execute("INSERT INTO facts SELECT * FROM facts_before")
            connection.execute("DELETE FROM head")
            connection.execute("INSERT INTO head SELECT * FROM head_before")


@pytest.fixture
def lines(place: Place) -> Lines:
    known: dict[int, Anchor] = {}
    for before, position in pairwise([0, *STEPS, LENGTH]):
        store(place, position - before, before=before)
        if position != LENGTH:
            known[position] = anchor(place)
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        connection.execute("CREATE TABLE facts_before AS SELECT * FROM facts")
        connection.execute("CREATE TABLE head_before AS SELECT * FROM head")
    return Lines(place, known)


Act = Callable[[Lines, int, int, int], tuple[int, Fault] | None]
"""Does something to one fact or two, at the positions, and tells what is to be found."""


def test_whatever_is_done_wherever_the_first_bad_position_is_named(lines: Lines, soak: int) -> None:
    positions = st.integers(1, LENGTH)

    def found() -> tuple[int, Fault] | None:
        finding = verdict(lines.place, anchors=lines.known).finding
        return finding and (finding.position, finding.fault)

    @settings(max_examples=40 * soak, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(ACTS), positions, positions, st.integers(0, 63))
    def named(act: Act, one: int, other: int, bit: int) -> None:
        lines.put_back()
        assert found() is None
        first, second = sorted((one, other))
        wanted = act(lines, first, second, bit)
        assert found() == wanted

    named()


def flip(lines: Lines, one: int, _: int, bit: int) -> tuple[int, Fault]:
    tamper(lines.place, f"UPDATE facts SET state = set_bit(state, {bit}, 1 - get_bit(state, {bit})) WHERE {at(one)}")
    return one, Fault.CHANGED


def delete(lines: Lines, one: int, *_: int) -> tuple[int, Fault]:
    tamper(lines.place, f"DELETE FROM facts WHERE {at(one)}")
    return one, Fault.TAIL if one == LENGTH else Fault.GAP


def swap(lines: Lines, one: int, other: int, _: int) -> tuple[int, Fault] | None:
    if one == other:
        return None
    tamper(lines.place, *swapped(one, other))
    return one, Fault.ORDER


def cut_behind(lines: Lines, one: int, *_: int) -> tuple[int, Fault] | None:
    cut(lines.place, one)
    return (one + 1, Fault.TAIL) if one < STEPS[-1] else None


def make_anew(lines: Lines, one: int, *_: int) -> tuple[int, Fault] | None:
    """Shown at the first anchor at or behind what was changed; behind the last one nobody could know."""
    tamper(lines.place, f"UPDATE facts SET actor = 'boris' WHERE {at(one)}")
    link_anew(lines.place)
    return next(((position, Fault.REWRITTEN) for position in STEPS if position >= one), None)


def make_anew_and_shorter(lines: Lines, one: int, *_: int) -> tuple[int, Fault] | None:
    """A fact is gone, and those behind it have moved up."""
    tamper(lines.place, f"DELETE FROM facts WHERE {at(one)}")
    with connect(lines.place.postgres_url, lines.place.settings.schema_name) as connection:
        for position in range(one + 1, LENGTH + 1):
            connection.execute(
                "UPDATE facts SET notification_id = %s WHERE notification_id = %s", (position - 1, position)
            )
    link_anew(lines.place)
    return next(((position, Fault.REWRITTEN) for position in STEPS if position >= one), None)


ACTS: Sequence[Act] = (flip, delete, swap, cut_behind, make_anew, make_anew_and_shorter)


def at(position: int) -> str:
    return f"notification_id = {position}"


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
