"""Whatever happens: another opinion, which shares no code with ours, finds the same; and asking again adds nothing."""

from __future__ import annotations

from datetime import timedelta

from calendars import moments
from fates import FOR_LONG, Happening, World, contracts, everything, lived, steps, worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from opinion import clocks_agree, levels_agree

from domain.values import ContractId

Lookings = list[timedelta]
lookings = st.lists(moments, min_size=1, max_size=3)


@settings(max_examples=80, deadline=None)
@given(worlds(), steps, contracts, lookings)
def test_every_clock_stands_as_another_opinion_has_it(
    world: World, steps: list[Happening], contract: ContractId | None, when: Lookings
) -> None:
    life = lived(world, steps, contract)
    assert clocks_agree(world, life, [world.noon + each for each in (*when, FOR_LONG)])


@settings(max_examples=80, deadline=None)
@given(worlds(), steps, contracts, lookings)
def test_whoever_asks_now_and_then_is_told_of_the_levels_that_another_opinion_finds(
    world: World, steps: list[Happening], contract: ContractId | None, when: Lookings
) -> None:
    life = lived(world, steps, contract)
    assert levels_agree(world, life, [world.noon + each for each in (*when, FOR_LONG)])


@settings(max_examples=60, deadline=None)
@given(worlds(), steps, contracts)
def test_what_is_asked_twice_at_one_instant_changes_no_clock_and_states_nothing_more(
    world: World, steps: list[Happening], contract: ContractId | None
) -> None:
    once, twice = lived(world, steps, contract), lived(world, steps, contract, times=2)
    assert everything(twice) == everything(once)
