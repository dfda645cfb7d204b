"""The first list with a valid price wins, even if dearer; each that did not says why (D17, D18, D19, D20, R-PRC-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from specification import folded

from domain.pricing.days import ALWAYS, Days
from domain.pricing.price import Band, Price, PriceTable
from domain.pricing.price_list import PRICE_LIST, PriceListOpened
from domain.pricing.terms import Applied
from domain.pricing.winner import LIST_RULES, PRICE_RULES, Has, Line, Priced, Reason, Rejected, choose, field
from domain.values import GroupId, PriceListId, ProductId

TODAY = date(2024, 6, 3)
YESTERDAY, TOMORROW = Days(last=date(2024, 6, 2)), Days(first=date(2024, 6, 4))
A, B, C, BASE = map(PriceListId, ("a", "b", "c", "base"))
BAKERS, FRIENDS = GroupId("bakers"), GroupId("friends")
FLOUR = ProductId("flour")


class Listed(NamedTuple):
    """A list as a customer has it, and what stands in it."""

    of: Applied
    table: PriceTable


def price(amount: str, unit: str = "kg", **more: Any) -> Price:
    return Price(unit=unit, amount=Decimal(amount), **more)


def having(id: PriceListId, *prices: Price, priority: int = 1, currency: str = "EUR", **more: Any) -> Listed:
    """With the price list's days as `days`; of the bakers, unless something else is said."""
    days, groups, own = more.get("days", ALWAYS), more.get("groups", (BAKERS,)), more.get("own", False)
    opened = PriceListOpened(name=id, priority=priority, currency=currency, days=days)
    return Listed(Applied(id, folded(PRICE_LIST, opened), priority, groups, own), PriceTable(prices))


def based(*prices: Price, **more: Any) -> Listed:
    return having(BASE, *prices, groups=(), **more)


def won(*lists: Listed, quantity: str = "1", unit: str = "kg", currency: str = "EUR") -> Priced:
    tables = {each.of.id: each.table for each in lists}
    found = field([each.of for each in lists], currency, TODAY)
    return choose(Line(FLOUR, Decimal(quantity), unit), found, tables.__getitem__)


def winner(priced: Priced) -> PriceListId | None:
    return priced.winner and priced.winner.price_list


def reasons(priced: Priced) -> dict[PriceListId, str]:
    return {each.price_list: each.reason.value for each in priced.rejected}


# Who wins


def test_the_answer_says_what_was_asked_and_what_it_comes_to() -> None:
    found = won(having(A, price("4.50", per=10), groups=(BAKERS, FRIENDS), own=True), quantity="20.5")
    assert (found.day, found.currency, found.quantity, found.rejected) == (TODAY, "EUR", Decimal("20.5"), ())
    assert found.winner is not None
    has = Has(price_list=A, priority=1, groups=(BAKERS, FRIENDS), own=True)
    assert found.winner.model_dump(exclude={"price", "net"}) == has.model_dump()
    assert found.winner.price == price("4.50", per=10)
    assert str(found.winner.net) == "9.23"


def test_the_first_list_by_priority_wins_even_if_dearer() -> None:
    found = won(having(A, price("1"), priority=2), having(B, price("9"), priority=1))
    assert (winner(found), reasons(found)) == (B, {A: "lower-priority"})


def test_the_first_list_without_a_price_leaves_it_to_the_next() -> None:
    found = won(having(A, priority=1), having(B, price("9"), priority=2), having(C, price("1"), priority=3))
    assert (winner(found), reasons(found)) == (B, {A: "product-not-in-list", C: "lower-priority"})


def test_of_equal_priorities_the_lower_net_price_wins() -> None:
    found = won(having(A, price("5")), having(B, price("4")), having(C, price("4.50")))
    assert (winner(found), reasons(found)) == (B, {A: "tie-lost", C: "tie-lost"})


def test_of_equal_net_prices_the_smaller_id_wins() -> None:
    for lists in (
        (having(A, price("4")), having(B, price("8", per=2))),
        (having(B, price("4")), having(A, price("4"))),
    ):
        found = won(*lists)
        assert (winner(found), reasons(found)) == (A, {B: "tie-lost"})


def test_net_prices_are_compared_before_they_are_rounded() -> None:
    found = won(having(A, price("0.02", per=3)), having(B, price("0.01", per=2)), quantity="1")
    assert found.winner is not None
    assert (found.winner.price_list, str(found.winner.net)) == (B, "0.01")
    assert (Decimal("0.02") / 3).quantize(Decimal("0.01")) == found.winner.net


def test_the_base_list_comes_after_all_others_whatever_its_priority() -> None:
    found = won(based(price("1"), priority=0), having(A, price("9"), priority=5))
    assert (winner(found), reasons(found)) == (A, {BASE: "lower-priority"})
    assert [each.base for each in found.rejected] == [True]


def test_the_base_list_wins_where_no_other_has_a_price() -> None:
    found = won(based(price("1"), priority=0), having(A, priority=5))
    assert (winner(found), reasons(found)) == (BASE, {A: "product-not-in-list"})
    assert found.winner is not None
    assert found.winner.base


def test_the_base_list_that_a_group_brings_too_is_tried_by_its_priority() -> None:
    found = won(having(BASE, price("9"), priority=0), having(A, price("1"), priority=5))
    assert (winner(found), reasons(found)) == (BASE, {A: "lower-priority"})


def test_a_price_of_zero_is_a_price() -> None:
    found = won(having(A, price("0")), based(price("1")))
    assert found.winner is not None
    assert (found.winner.price_list, str(found.winner.net)) == (A, "0.00")


def test_nothing_found_is_no_price_and_each_list_says_why() -> None:
    assert won() == Priced(day=TODAY, currency="EUR", quantity=Decimal(1))
    found = won(having(A), based())
    assert (found.winner, reasons(found)) == (None, dict.fromkeys((A, BASE), "product-not-in-list"))


# Why not


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (having(A, price("1"), currency="CZK"), Reason.OTHER_CURRENCY),
        (having(A, price("1"), days=YESTERDAY), Reason.NOT_VALID_ON_DATE),
        (having(A, price("1"), days=TOMORROW), Reason.NOT_VALID_ON_DATE),
        (having(A), Reason.PRODUCT_NOT_IN_LIST),
        (having(A, price("1", "sack")), Reason.OTHER_UNIT),
        (having(A, price("1", days=YESTERDAY), price("1", "sack")), Reason.NOT_VALID_ON_DATE),
        (having(A, price("1", days=TOMORROW)), Reason.NOT_VALID_ON_DATE),
        (having(A, price("1", band=Band(above=Decimal(1)))), Reason.BAND_NOT_REACHED),
        (having(A, price("1", band=Band(up_to=Decimal("0.999999")))), Reason.BAND_NOT_REACHED),
        (having(A, price("1", band=Band(above=Decimal(1))), price("1", days=TOMORROW)), Reason.BAND_NOT_REACHED),
        (having(A, price("1"), priority=2), Reason.LOWER_PRIORITY),
        (having(A, price("2")), Reason.TIE_LOST),
    ],
    ids=str,
)
def test_each_reason_has_its_name(listed: Listed, reason: Reason) -> None:
    found = won(listed, having(B, price("1"), priority=1))
    assert winner(found) == B
    rejected = Rejected(price_list=A, priority=listed.of.priority, groups=(BAKERS,), reason=reason)
    assert found.rejected == (rejected,)


def test_the_reasons_are_those_that_the_requirement_names() -> None:
    assert {reason.value for reason in Reason} == {
        *("other-currency", "other-unit", "not-valid-on-date", "product-not-in-list", "band-not-reached"),
        *("lower-priority", "tie-lost"),
    }
    given = [reason for reason, _ in LIST_RULES] + [reason for reason, _ in PRICE_RULES]
    assert {*given, Reason.LOWER_PRIORITY, Reason.TIE_LOST} == set(Reason)


def test_the_first_rule_that_is_broken_gives_the_reason() -> None:
    everything = having(A, price("1", "sack", days=YESTERDAY), currency="CZK", days=YESTERDAY)
    assert reasons(won(everything)) == {A: "other-currency"}
    assert reasons(won(everything, currency="CZK")) == {A: "not-valid-on-date"}
    unit = having(A, price("1", "sack", days=YESTERDAY, band=Band(above=Decimal(5))))
    assert reasons(won(unit)) == {A: "other-unit"}
    assert reasons(won(unit, unit="sack")) == {A: "not-valid-on-date"}


def test_a_list_that_no_line_can_use_says_so_even_behind_the_winner() -> None:
    behind = having(A, price("1"), priority=9, currency="CZK"), having(B, price("1"), priority=9, days=YESTERDAY)
    found = won(having(C, price("1")), *behind, having(BASE, priority=9))
    assert reasons(found) == {A: "other-currency", B: "not-valid-on-date", BASE: "lower-priority"}


def test_lists_are_named_in_the_order_in_which_they_are_tried_those_that_do_not_fit_first() -> None:
    lists = [having(B, price("1"), priority=2), having(A, priority=1), having(C, priority=9, currency="CZK"), based()]
    assert [each.price_list for each in won(*lists).rejected] == [C, A, BASE]


# Bands and days


@pytest.mark.parametrize(
    ("quantity", "net"), [("0.5", "2.50"), ("10", "50.00"), ("10.5", "42.00"), ("99.5", "398.00"), ("99.500001", None)]
)
def test_the_band_in_which_the_quantity_lies_has_the_price_and_a_gap_has_none(quantity: str, net: str | None) -> None:
    few, many = Band(up_to=Decimal(10)), Band(above=Decimal(10), up_to=Decimal("99.5"))
    found = won(having(A, price("4", band=many), price("5", band=few)), quantity=quantity)
    assert (None if found.winner is None else str(found.winner.net)) == net
    if net is None:
        assert reasons(found) == {A: "band-not-reached"}


def test_the_price_of_the_day_counts_on_its_first_day_and_on_its_last() -> None:
    today = Days(first=TODAY, last=TODAY)
    table = having(A, price("1", days=YESTERDAY), price("2", days=today), price("3", days=TOMORROW), days=today)
    found = won(table)
    assert found.winner is not None
    assert found.winner.price == price("2", days=today)


def test_a_currency_without_decimals_comes_to_whole_units() -> None:
    found = won(having(A, price("5", per=2), currency="JPY"), currency="JPY")
    assert found.winner is not None
    assert str(found.winner.net) == "3"


# What is looked at


def test_prices_of_lists_behind_the_winner_are_not_looked_at() -> None:
    lists = [having(A, priority=1), having(B, price("1"), priority=2), having(C, price("1"), priority=3), based()]
    lists += [having(PriceListId("crowns"), priority=0, currency="CZK")]
    tables, read = {each.of.id: each.table for each in lists}, list[PriceListId]()

    def reading(id: PriceListId) -> PriceTable:
        read.append(id)
        return tables[id]

    choose(Line(FLOUR, Decimal(1), "kg"), field([each.of for each in lists], "EUR", TODAY), reading)
    assert read == [A, B]
