"""What came is in from its instant on, and what went is in no longer at the instant itself (D21)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from specification import on_monday

from domain.spell import Spells, inside, present, turned

NINE, NOON, LATER = on_monday(9), on_monday(12), on_monday(15)
NOTHING: Spells[str] = {}


def came(spells: Spells[str], thing: str, at: datetime) -> Spells[str]:
    return turned(spells, thing, at, inside=True)


def went(spells: Spells[str], thing: str, at: datetime) -> Spells[str]:
    return turned(spells, thing, at, inside=False)


def test_what_never_came_is_not_in() -> None:
    assert not inside(NOTHING, "a", NOON)
    assert present(NOTHING, NOON) == ()
    assert not inside(went(NOTHING, "a", NINE), "a", NOON)


def test_the_first_instant_counts_and_the_last_does_not() -> None:
    spells = went(came(NOTHING, "a", NINE), "a", NOON)
    instants = [NINE - NINE.resolution, NINE, NOON - NOON.resolution, NOON]
    assert [inside(spells, "a", at) for at in instants] == [False, True, True, False]


def test_what_goes_and_comes_again_is_in_twice() -> None:
    spells = came(went(came(NOTHING, "a", NINE), "a", NOON), "a", LATER)
    assert [inside(spells, "a", on_monday(hour)) for hour in (8, 10, 13, 16)] == [False, True, False, True]


def test_of_two_turns_at_one_instant_the_one_recorded_last_holds() -> None:
    assert not inside(went(came(NOTHING, "a", NINE), "a", NINE), "a", NOON)
    assert inside(came(went(NOTHING, "a", NINE), "a", NINE), "a", NOON)


def test_all_that_is_in_is_told_smallest_first() -> None:
    spells = came(came(went(came(NOTHING, "c", NINE), "c", NOON), "b", NINE), "a", NOON)
    assert [present(spells, at) for at in (NINE, NOON)] == [("b", "c"), ("a", "b")]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.booleans()), max_size=8), st.integers(0, 6))
def test_whatever_becomes_known_late_the_last_turn_before_the_instant_holds(turns: list[Any], hour: int) -> None:
    spells = NOTHING
    for thing, at, is_in in turns:
        spells = turned(spells, thing, on_monday(at), inside=is_in)
    for thing in "ab":
        before = sorted((at, n, is_in) for n, (each, at, is_in) in enumerate(turns) if each == thing and at <= hour)
        expected = bool(before) and before[-1][2]
        assert inside(spells, thing, on_monday(hour)) is expected
        assert (thing in present(spells, on_monday(hour))) is expected
