"""What a list asks for a product: at most one price for every quantity on every day, and for some none (R-PRC-4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from specification import facts, folded, having

from domain.pricing.days import ALWAYS, Days
from domain.pricing.money import AmountNotExact
from domain.pricing.price import (
    ANY_QUANTITY,
    MOST_PRICES,
    PRICES,
    Band,
    Place,
    Price,
    PriceEvent,
    PriceSet,
    PricesOverlap,
    PriceTable,
    PriceWithdrawn,
    TooManyPrices,
    replace_all,
    set_price,
    table_id,
    withdraw,
)
from domain.refusal import Refused
from domain.values import PriceListId, ProductId

JUNE, JULY = date(2024, 6, 1), date(2024, 7, 1)
IN_JUNE, FROM_JULY = Days(first=JUNE, last=date(2024, 6, 30)), Days(first=JULY)


def band(above: str | int | None = None, up_to: str | int | None = None) -> Band:
    return Band(above=above and Decimal(above), up_to=up_to and Decimal(up_to))


def price(amount: str | int, unit: str = "kg", **more: Any) -> Price:
    return Price(unit=unit, amount=Decimal(amount), **more)


FEW, MANY = price("5.00", band=band(None, 10)), price("4.00", band=band(10, 100))
"""A quantity of exactly ten costs five each (D18)."""


# A band


@pytest.mark.parametrize(
    ("quantity", "inside"),
    [("9.999999", False), ("10", False), ("10.000001", True), ("99.5", True), ("99.500001", False), ("100", False)],
)
def test_a_quantity_equal_to_a_limit_belongs_to_the_lower_band(quantity: str, inside: bool) -> None:
    assert band(10, "99.5").has(Decimal(quantity)) is inside


def test_a_limit_that_is_not_given_is_open() -> None:
    for quantity in ("0.000001", "1", "999999999.999999"):
        assert ANY_QUANTITY.has(Decimal(quantity))
        assert band(above="0.000001").has(Decimal(quantity)) is (quantity != "0.000001")
        assert band(up_to=1).has(Decimal(quantity)) is (quantity in ("0.000001", "1"))


def test_a_band_goes_forward_and_is_not_empty() -> None:
    for upper in ("10", "9.999999"):
        with pytest.raises(ValidationError, match="the upper limit is not above the lower one"):
            band(10, upper)
    assert band(10, "10.000001").has(Decimal("10.000001"))


def test_bands_that_share_a_limit_do_not_meet() -> None:
    assert not band(None, 10).meets(band(10, 100))
    assert not band(10, 100).meets(band(None, 10))
    assert band(None, "10.000001").meets(band(10, 100))
    assert band(10, 100).meets(band(20, 30))
    assert band(20, 30).meets(band(10, 100))
    assert band(20).meets(band(10))


steps = st.integers(1, 6).map(Decimal)


@st.composite
def bands(draw: Any) -> Band:
    lower = draw(st.none() | steps)
    return Band(above=lower, up_to=draw(st.none() | steps.map(lambda step: step + (lower or 0))))


@given(bands(), bands())
def test_bands_meet_where_one_quantity_is_in_both(one: Band, other: Band) -> None:
    halves = [Decimal(n) / 2 for n in range(1, 30)]
    assert one.meets(other) == any(one.has(each) and other.has(each) for each in halves)


# A price


@pytest.mark.parametrize(
    ("amount", "per", "quantity", "comes_to"),
    [("4.50", 10, "20.5", "9.225"), ("0.01", 3, "1", "1/300"), ("5", 1, "0.000001", "0.000005"), ("0", 1, "7", "0")],
)
def test_a_price_is_for_so_many_units_and_comes_to_a_share_of_it(
    amount: str, per: int, quantity: str, comes_to: str
) -> None:
    assert price(amount, per=per).of(Decimal(quantity)) == Fraction(comes_to)


def test_prices_in_different_units_never_meet() -> None:
    assert price(1).meets(price(2))
    assert not price(1).meets(price(2, "sack"))
    assert not price(1, days=IN_JUNE).meets(price(2, days=FROM_JULY))
    assert not FEW.meets(MANY)


def test_a_price_stands_by_its_unit_its_lower_limit_and_its_first_day() -> None:
    assert MANY.place == Place("kg", Decimal(10), None)
    assert price(1, "sack", days=IN_JUNE).place == Place("sack", None, JUNE)
    assert price(1, band=band("10.0", 20)).place == price(2, band=band("10.000")).place


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 5},
        {"amount": 5.0},
        {"amount": "-1"},
        {"per": 0},
        {"per": 1_000_001},
        {"per": "1"},
        {"per": True},
        {"per": 1.0},
        {"unit": ""},
        {"unit": "x" * 21},
        {"unit": "two\nlines"},
        {"band": {"above": "0"}},
        {"band": {"above": 10}},
        {"band": {"from": "10"}},
        {"days": {"first": 20240601}},
        {"currency": "EUR"},
    ],
    ids=repr,
)
def test_a_price_of_another_shape_is_none(wrong: dict[str, Any]) -> None:
    right = {"unit": "kg", "amount": "5.00", "per": 1, "band": {"above": "10"}, "days": {"first": "2024-06-01"}}
    assert TypeAdapter(Price).validate_json(orjson.dumps(right), strict=True)
    with pytest.raises(ValidationError):
        TypeAdapter(Price).validate_json(orjson.dumps({**right, **wrong}), strict=True)


def test_a_price_is_told_in_words() -> None:
    assert str(MANY) == "4.00 for 1 kg, (10, 100], always"
    assert str(price("0.50", per=10, band=band(up_to="2.5"))) == "0.50 for 10 kg, (0, 2.5], always"
    assert str(price("1", band=band("0.5"), days=FROM_JULY)) == "1 for 1 kg, (0.5, …], from 2024-07-01"


# To set one, and to withdraw it


def test_a_price_is_set_with_all_decimals_of_the_currency() -> None:
    having(PRICES).deciding(set_price, price("5"), "EUR").then(PriceSet(price=price("5.00")))
    (event,) = having(PRICES).deciding(set_price, price("5"), "EUR").events
    assert b'"amount":"5.00"' in event.model_dump_json().encode()
    (event,) = having(PRICES).deciding(set_price, price("5.00"), "JPY").events
    assert b'"amount":"5"' in event.model_dump_json().encode()
    having(PRICES).deciding(set_price, price("5.001"), "EUR").refused(AmountNotExact)
    having(PRICES).deciding(set_price, price("5.1"), "JPY").refused(AmountNotExact)


def test_the_same_price_again_is_no_fact_however_it_is_written() -> None:
    stands = having(PRICES, PriceSet(price=price("5.00", band=band(10, 20))))
    stands.deciding(set_price, price("5", band=band("10.0", "20.00")), "EUR").then()


def test_a_price_at_the_same_place_corrects_the_one_that_stands_there() -> None:
    stands = [PriceSet(price=FEW), PriceSet(price=MANY)]
    dearer, wider = price("6.00", band=band(10, 100)), price("4.00", band=band(10, 200))
    for corrected in (dearer, wider, price("4.00", band=band(10, 100), per=2)):
        having(PRICES, *stands).deciding(set_price, corrected, "EUR").then(PriceSet(price=corrected))
        assert folded(PRICES, *stands, PriceSet(price=corrected)).prices == (FEW, corrected)


def test_a_price_may_not_meet_one_at_another_place() -> None:
    stands = having(PRICES, PriceSet(price=FEW), PriceSet(price=MANY))
    for wrong in (price(1), price(1, band=band(9, 10)), price(1, band=band(5, 20)), price(1, band=band(99))):
        stands.deciding(set_price, wrong, "EUR").refused(PricesOverlap)
    stands.deciding(set_price, price(1, band=band(None, 11)), "EUR").refused(PricesOverlap)
    stands.deciding(set_price, price(1, days=IN_JUNE), "EUR").refused(PricesOverlap)
    for right in (price("1.00", "sack"), price("1.00", band=band(100)), price("1.00", band=band(None, 9))):
        stands.deciding(set_price, right, "EUR").then(PriceSet(price=right))


def test_one_quantity_may_have_another_price_on_other_days() -> None:
    june, july = price("5.00", days=IN_JUNE), price("6.00", days=FROM_JULY)
    having(PRICES, PriceSet(price=june)).deciding(set_price, july, "EUR").then(PriceSet(price=july))
    on_its_last = price("6.00", days=Days(first=date(2024, 6, 30)))
    having(PRICES, PriceSet(price=june)).deciding(set_price, on_its_last, "EUR").refused(PricesOverlap)


def test_a_price_is_withdrawn_by_its_place_and_only_where_it_stands() -> None:
    withdrawn = PriceWithdrawn(unit="kg", above=Decimal(10))
    having(PRICES, PriceSet(price=MANY)).deciding(withdraw, MANY.place).then(withdrawn)
    having(PRICES, PriceSet(price=MANY)).deciding(withdraw, Place("kg", Decimal("10.0"), None)).then(withdrawn)
    for elsewhere in (Place("sack", Decimal(10), None), Place("kg", None, None), Place("kg", Decimal(10), JUNE)):
        having(PRICES, PriceSet(price=MANY)).deciding(withdraw, elsewhere).then()
    having(PRICES, PriceSet(price=MANY), withdrawn).deciding(withdraw, MANY.place).then()
    assert folded(PRICES, PriceSet(price=MANY), PriceSet(price=FEW), withdrawn).prices == (FEW,)
    in_june = PriceSet(price=price("1.00", days=IN_JUNE))
    assert folded(PRICES, in_june, PriceWithdrawn(unit="kg", first=JUNE)) == PriceTable()


def test_a_price_may_be_zero_on_purpose() -> None:
    having(PRICES).deciding(set_price, price("0"), "EUR").then(PriceSet(price=price("0.00")))


def test_a_product_has_two_hundred_prices_at_most() -> None:
    full = [PriceSet(price=price("1.00", band=band(n, n + 1))) for n in range(1, MOST_PRICES + 1)]
    one_more, corrected = price("2.00", band=band(MOST_PRICES + 1)), price("2.00", band=band(7, 8))
    having(PRICES, *full).deciding(set_price, one_more, "EUR").refused(TooManyPrices)
    having(PRICES, *full).deciding(set_price, corrected, "EUR").then(PriceSet(price=corrected))
    having(PRICES, *full[1:]).deciding(set_price, one_more, "EUR").then(PriceSet(price=one_more))


def test_a_table_is_called_after_its_list_and_its_product() -> None:
    assert PRICES.stream(table_id(PriceListId("retail"), ProductId("flour"))) == "prices-retail.flour"


# To replace all


def test_all_prices_are_replaced_by_what_is_new_and_nothing_else() -> None:
    stands = having(PRICES, PriceSet(price=FEW), PriceSet(price=MANY))
    stands.deciding(replace_all, [FEW, MANY], "EUR").then()
    stands.deciding(replace_all, [MANY, FEW], "EUR").then()
    stands.deciding(replace_all, [price("5", band=band(None, 10)), MANY], "EUR").then()
    dearer = price("6.00", band=band(10, 100))
    stands.deciding(replace_all, [FEW, dearer], "EUR").then(PriceSet(price=dearer))
    stands.deciding(replace_all, [FEW], "EUR").then(PriceWithdrawn(unit="kg", above=Decimal(10)))
    gone = [PriceWithdrawn(unit="kg"), PriceWithdrawn(unit="kg", above=Decimal(10))]
    stands.deciding(replace_all, [], "EUR").then(*gone)
    stands.deciding(replace_all, [price("1.00", "sack")], "EUR").then(*gone, PriceSet(price=price("1.00", "sack")))


def test_prices_that_meet_replace_nothing() -> None:
    stands = having(PRICES, PriceSet(price=FEW))
    stands.deciding(replace_all, [FEW, price(1, band=band(9, 20))], "EUR").refused(PricesOverlap)
    stands.deciding(replace_all, [FEW, FEW], "EUR").refused(PricesOverlap)
    stands.deciding(replace_all, [price("0.001")], "EUR").refused(AmountNotExact)


def test_what_is_in_the_way_of_another_is_withdrawn_before_it_is_corrected() -> None:
    from_july, before = price("1.00", days=FROM_JULY, band=band(None, 10)), price("2.00", band=band(10))
    larger = price("1.00", days=FROM_JULY, band=band(None, 20))
    shorter = price("2.00", band=band(10), days=Days(last=date(2024, 6, 30)))
    having(PRICES, PriceSet(price=from_july), PriceSet(price=before)).deciding(
        replace_all, [larger, shorter], "EUR"
    ).then(PriceWithdrawn(unit="kg", above=Decimal(10)), PriceSet(price=larger), PriceSet(price=shorter))


# Whatever is asked


@st.composite
def days(draw: Any) -> Days:
    first, last = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    begins = None if first == 0 else JUNE + timedelta(days=first)
    return Days(first=begins, last=None if last == 0 else JUNE + timedelta(days=first + last))


prices = st.builds(
    Price,
    unit=st.sampled_from(["kg", "kg", "kg", "sack"]),
    band=bands(),
    days=st.just(ALWAYS) | days(),
    amount=st.sampled_from([Decimal("1.00"), Decimal("2.00"), Decimal("2.0"), Decimal("0.001")]),
)
requests = st.one_of(
    *[st.tuples(st.just(set_price), prices, st.just("EUR"))] * 3,
    st.tuples(st.just(withdraw), prices.map(lambda each: each.place)),
    *[st.tuples(st.just(replace_all), st.lists(prices, max_size=4), st.just("EUR"))] * 2,
)


def asked(table: Sequence[PriceEvent], request: Any) -> list[PriceEvent]:
    """What follows on what is there already; nothing from a refusal."""
    rule, *arguments = request
    try:
        return [*rule(folded(PRICES, *table), *arguments)]
    except Refused:
        return []


def passed(events: Sequence[PriceEvent]) -> Iterator[PriceTable]:
    """Every table that there was, however short a time."""
    table = PRICES.absent
    for fact in facts(PRICES, *events):
        table = PRICES.evolve(table, fact)
        yield table


@settings(max_examples=150, deadline=None)
@given(st.lists(requests, max_size=12))
def test_no_two_prices_of_a_product_ever_meet(wanted: list[Any]) -> None:
    events: list[PriceEvent] = []
    for request in wanted:
        events += asked(events, request)
        assert asked(events, request) == []  # asked again
    for table in passed(events):
        assert not any(one.meets(other) for one, other in combinations(table.prices, 2))
        assert len({each.place for each in table.prices}) == len(table.prices)


@settings(max_examples=150, deadline=None)
@given(st.lists(requests, max_size=6), st.lists(prices, max_size=5))
def test_to_replace_all_leaves_these_and_takes_no_more_facts_than_there_are_changes(
    wanted: list[Any], given: list[Price]
) -> None:
    events: list[PriceEvent] = []
    for request in wanted:
        events += asked(events, request)
    before = folded(PRICES, *events).prices
    more = asked(events, (replace_all, given, "EUR"))
    after = folded(PRICES, *events, *more).prices
    if not more:
        return
    assert {each.place: each for each in after} == {each.place: each for each in given}
    gone = {each.place for each in before} - {each.place for each in after}
    assert sum(isinstance(event, PriceSet) for event in more) == len(set(after) - set(before))
    assert len(gone) <= sum(isinstance(event, PriceWithdrawn) for event in more)
    assert not any(event.price in before for event in more if isinstance(event, PriceSet))
