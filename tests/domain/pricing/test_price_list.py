"""A price list has one currency for good, a priority at every instant, and days (D17, D19, D20)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from specification import LONG_AGO, folded, having, on_monday

from domain.pricing.days import ALWAYS, Days
from domain.pricing.price_list import (
    PRICE_LIST,
    PriceList,
    PriceListAlreadyOpened,
    PriceListDaysSet,
    PriceListOpened,
    PriceListRanked,
    PriceListRenamed,
    PriceListUnknown,
    Priority,
    open,
    rank,
    rename,
    set_days,
)

NINE, NOON, LATER = on_monday(9), on_monday(12), on_monday(15)
THIS_YEAR = Days(first=date(2024, 1, 1), last=date(2024, 12, 31))
OPENED = PriceListOpened(name="Trade", priority=5, currency="EUR", days=THIS_YEAR)


def ranked(priority: int) -> PriceListRanked:
    return PriceListRanked(priority=priority)


def test_a_list_is_opened_once() -> None:
    having(PRICE_LIST).deciding(open, "Trade", 5, "EUR", THIS_YEAR).then(OPENED)
    having(PRICE_LIST, OPENED).deciding(open, "Trade", 5, "EUR", THIS_YEAR).refused(PriceListAlreadyOpened)


def test_it_has_a_name_a_currency_and_days() -> None:
    assert folded(PRICE_LIST) == PriceList()
    assert not folded(PRICE_LIST).opened
    found = folded(PRICE_LIST, OPENED)
    assert (found.opened, found.name, found.currency, found.days) == (True, "Trade", "EUR", THIS_YEAR)
    assert folded(PRICE_LIST, PriceListOpened(name="x", priority=0, currency="EUR")).days == ALWAYS


def test_each_change_is_a_fact_only_where_something_changes() -> None:
    having(PRICE_LIST, OPENED).deciding(rename, "Bakers").then(PriceListRenamed(name="Bakers"))
    having(PRICE_LIST, OPENED, PriceListRenamed(name="Bakers")).deciding(rename, "Bakers").then()
    having(PRICE_LIST, OPENED).deciding(set_days, ALWAYS).then(PriceListDaysSet(days=ALWAYS))
    having(PRICE_LIST, OPENED).deciding(set_days, THIS_YEAR.model_copy()).then()
    having(PRICE_LIST, OPENED, PriceListDaysSet(days=ALWAYS)).deciding(set_days, ALWAYS).then()


def test_what_was_never_opened_is_unknown() -> None:
    having(PRICE_LIST).deciding(rename, "Bakers").refused(PriceListUnknown)
    having(PRICE_LIST).deciding(rank, 1, NOON).refused(PriceListUnknown)
    having(PRICE_LIST).deciding(set_days, ALWAYS).refused(PriceListUnknown)


def test_a_priority_holds_from_its_instant_on() -> None:
    found = folded(PRICE_LIST, (OPENED, NINE), (ranked(20), NOON), (ranked(0), LATER))
    assert [found.priority(at) for at in (LONG_AGO, NINE, NOON, on_monday(14), LATER)] == [5, 5, 20, 20, 0]


def test_a_priority_recorded_late_holds_before_the_one_that_was_known() -> None:
    found = folded(PRICE_LIST, (OPENED, NINE), (ranked(20), LATER), (ranked(7), NOON))
    assert [found.priority(at) for at in (NINE, NOON, LATER)] == [5, 7, 20]


def test_a_priority_from_before_the_list_was_opened_holds_all_the_same() -> None:
    found = folded(PRICE_LIST, (OPENED, NOON), (ranked(7), NINE))
    assert [found.priority(at) for at in (LONG_AGO, NINE, NOON, LATER)] == [5, 7, 7, 7]


def test_a_list_that_never_was_has_a_priority_that_counts_for_nothing() -> None:
    assert PriceList().priority(NOON) == 0


def test_a_priority_is_a_fact_only_where_it_differs_at_its_own_instant() -> None:
    having(PRICE_LIST, OPENED).deciding(rank, 5, NOON).then()
    having(PRICE_LIST, OPENED).deciding(rank, 20, NOON).then(ranked(20))
    known = having(PRICE_LIST, (OPENED, NINE), (ranked(20), NOON))
    known.deciding(rank, 20, LATER).then()
    known.deciding(rank, 20, NOON).then()
    known.deciding(rank, 20, NINE).then(ranked(20))
    known.deciding(rank, 5, LATER).then(ranked(5))


@pytest.mark.parametrize(("value", "taken"), [(-1_000_000, True), (1_000_000, True), (0, True), (1_000_001, False)])
def test_a_priority_is_a_whole_number_within_bounds(value: Any, taken: bool) -> None:
    priority = TypeAdapter[int](Priority)
    if taken:
        assert priority.validate_python(value) == value
    else:
        for beyond in (value, -value, 1.5, "x"):
            with pytest.raises(ValidationError):
                priority.validate_python(beyond)
