"""A timeline is ordered by when things took effect, whenever they became known."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from specification import MONDAY, on_monday

from domain.timeline import Entry, Timeline

Puts = list[tuple[int, int]]
puts = st.lists(st.tuples(st.integers(0, 9), st.integers()), max_size=12)


def timeline(entries: Puts) -> Timeline[int]:
    found: Timeline[int] = Timeline()
    for minute, value in entries:
        found = found.put(on_monday(9, minute), value)
    return found


@given(puts)
def test_entries_are_in_order_and_of_one_instant_the_last_put_stands_last(entries: Puts) -> None:
    ordered = sorted(entries, key=lambda entry: entry[0])
    assert list(timeline(entries)) == [Entry(on_monday(9, minute), value) for minute, value in ordered]


@given(puts, st.integers(-1, 10))
def test_the_value_in_force_is_that_of_the_last_entry_up_to_the_instant(entries: Puts, minute: int) -> None:
    ordered = sorted(entries, key=lambda entry: entry[0])
    before = [value for since, value in ordered if since <= minute]
    assert timeline(entries).at(MONDAY + timedelta(hours=9, minutes=minute)) == (before[-1] if before else None)


@given(puts)
def test_the_last_value_is_that_of_the_latest_instant(entries: Puts) -> None:
    ordered = sorted(entries, key=lambda entry: entry[0])
    assert timeline(entries).last == (ordered[-1][1] if ordered else None)
