"""Money is exact: every decimal of it is there, none is more, and no float ever touches it."""

from __future__ import annotations

import re
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from specification import LONG_AGO

from domain.fact import Event
from domain.pricing.money import (
    EXPONENTS,
    Amount,
    AmountNotExact,
    Currency,
    Quantity,
    Total,
    exact,
    plain,
    rounded,
)
from domain.pricing.order import OrderConfirmed, OrderLine, OrderLinePriced, OrderLineSet
from domain.pricing.price import Band, Price, PriceSet, PriceWithdrawn
from domain.pricing.winner import Priced, Winner

AMOUNT, QUANTITY, TOTAL = TypeAdapter[Any](Amount), TypeAdapter[Any](Quantity), TypeAdapter[Any](Total)
KINDS = [AMOUNT, QUANTITY, TOTAL]
LARGEST = Decimal("999999999999.9999")

amounts = st.decimals(Decimal(0), LARGEST, places=4)
quantities = st.decimals(Decimal("0.000001"), Decimal("999999999.999999"), places=6)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


# What is taken


@pytest.mark.parametrize("text", ["0", "0.0", "0.5", "12.50", "999999999999.9999", "1"])
def test_an_amount_is_a_decimal_in_a_string_zero_included(text: str) -> None:
    for found in (AMOUNT.validate_json(f'"{text}"'), AMOUNT.validate_python(text)):
        assert found == Decimal(text)
        assert isinstance(found, Decimal)
        assert AMOUNT.dump_json(found) == f'"{text}"'.encode()
    assert AMOUNT.validate_python(Decimal(text)) == Decimal(text)


@pytest.mark.parametrize("text", ["1", "0.5", "2.5", "0.000001", "999999999.999999", "1000000"])
def test_a_quantity_is_a_decimal_in_a_string_above_zero(text: str) -> None:
    for found in (QUANTITY.validate_json(f'"{text}"'), QUANTITY.validate_python(text)):
        assert found == Decimal(text)
        assert QUANTITY.dump_python(found) == text


@pytest.mark.parametrize(("written", "shortest"), [("1.0", "1"), ("2.500", "2.5"), ("100", "100"), ("10.000000", "10")])
def test_a_quantity_is_written_in_one_way(written: str, shortest: str) -> None:
    for found in (QUANTITY.validate_json(f'"{written}"'), QUANTITY.validate_python(Decimal(written))):
        assert QUANTITY.dump_json(found) == f'"{shortest}"'.encode()


NEVER: list[Any] = [
    "",
    "-1",
    "+1",
    "1e2",
    "1E2",
    "NaN",
    "Infinity",
    "1,5",
    " 1",
    "1 ",
    "1\n",
    ".5",
    "5.",
    "01",
    "٣",
    "1_0",
]
NO_NUMBER: list[Any] = [None, True, 1, 1.5, [], {}]
TOO_LONG = {
    AMOUNT: ["1000000000000", "0.00001"],
    QUANTITY: ["1000000000", "1.0000001", "0.0000001", "0.0000019", "0", "0.0", "0.000000"],
    TOTAL: ["1" + 24 * "0", "0.0000001"],
}


@pytest.mark.parametrize("kind", KINDS, ids=["amount", "quantity", "total"])
def test_what_is_no_exact_number_is_refused_with_an_example_of_one(kind: TypeAdapter[Any]) -> None:
    for text in (*NEVER, *TOO_LONG[kind]):
        for strict in (True, False):
            with pytest.raises(ValidationError, match='is a string such as "'):
                kind.validate_json(orjson.dumps(text), strict=strict)
        with pytest.raises(ValidationError, match='is a string such as "'):
            kind.validate_python(text)


@pytest.mark.parametrize("kind", KINDS, ids=["amount", "quantity", "total"])
@pytest.mark.parametrize("value", NO_NUMBER, ids=repr)
def test_a_json_number_is_no_money_and_a_float_is_none_anywhere(kind: TypeAdapter[Any], value: Any) -> None:
    for strict in (True, False):
        with pytest.raises(ValidationError):
            kind.validate_json(orjson.dumps(value), strict=strict)
    with pytest.raises(ValidationError):
        kind.validate_python(value)


def test_a_decimal_is_taken_for_what_it_is_however_it_was_made() -> None:
    assert AMOUNT.dump_python(AMOUNT.validate_python(Decimal("1E+2"))) == "100"
    for wrong in ("NaN", "Infinity", "-1", "-0", "1E+12", "1E-5"):
        with pytest.raises(ValidationError):
            AMOUNT.validate_python(Decimal(wrong))


def test_the_schema_says_that_it_is_a_string_and_gives_an_example() -> None:
    for kind in KINDS:
        schema = kind.json_schema()
        assert schema["type"] == "string"
        assert re.fullmatch(schema["pattern"], schema["examples"][0])
        assert kind.validate_python(schema["examples"][0])


def test_a_currency_is_one_of_iso_4217_in_capitals() -> None:
    currency = TypeAdapter[Any](Currency)
    assert currency.validate_python("CZK") == "CZK"
    assert currency.json_schema()["enum"] == sorted(EXPONENTS)
    for wrong in ("czk", "ABC", "XAU", "EURO", "", "€"):
        with pytest.raises(ValidationError):
            currency.validate_python(wrong)


# What is made of it


@pytest.mark.parametrize(
    ("currency", "decimals"), [("JPY", 0), ("ISK", 0), ("EUR", 2), ("CZK", 2), ("UAH", 2), ("KWD", 3), ("CLF", 4)]
)
def test_an_amount_gets_all_decimals_of_its_currency_and_may_not_have_more(currency: str, decimals: int) -> None:
    assert EXPONENTS[currency] == decimals
    assert plain(exact(Decimal(7), currency)) == ("7." + decimals * "0").rstrip(".")
    smallest = Decimal(1).scaleb(-decimals)
    assert exact(smallest, currency) == smallest
    assert exact(LARGEST // 1, currency) == LARGEST // 1
    with pytest.raises(AmountNotExact):
        exact(smallest / 10, currency)


def test_zeros_beyond_the_currency_s_decimals_are_no_more_money() -> None:
    assert plain(exact(Decimal("7.5000"), "EUR")) == "7.50"
    assert plain(exact(Decimal("7.000"), "JPY")) == "7"


@pytest.mark.parametrize(
    ("amount", "currency", "net"),
    [
        ("0.004", "EUR", "0.00"),
        ("0.005", "EUR", "0.01"),
        ("0.015", "EUR", "0.02"),
        ("0.025", "EUR", "0.03"),
        ("2.674999", "EUR", "2.67"),
        ("2.675", "EUR", "2.68"),
        ("0.5", "JPY", "1"),
        ("1.5", "JPY", "2"),
        ("2.49", "JPY", "2"),
        ("1.0005", "KWD", "1.001"),
        ("1.00005", "CLF", "1.0001"),
        ("0", "EUR", "0.00"),
    ],
)
def test_exactly_half_a_unit_is_rounded_up(amount: str, currency: str, net: str) -> None:
    assert plain(rounded(Fraction(amount), currency)) == net


def test_a_third_is_rounded_once_from_what_it_is() -> None:
    assert rounded(Fraction(1, 3), "EUR") == Decimal("0.33")
    assert rounded(Fraction(2, 3), "EUR") == Decimal("0.67")
    just_below = Fraction("0.005") - Fraction(1, 10**40)
    assert rounded(just_below, "EUR") == 0


@settings(max_examples=200, deadline=None)
@given(amounts, quantities, st.integers(1, 1_000_000), currencies)
def test_the_net_is_the_nearest_whole_number_of_the_smallest_units(
    amount: Decimal, quantity: Decimal, per: int, currency: str
) -> None:
    due = Fraction(amount) * Fraction(quantity) / per
    net = rounded(due, currency)
    unit = Fraction(1, 10 ** EXPONENTS[currency])
    assert -unit / 2 < due - Fraction(net) <= 0 or 0 <= due - Fraction(net) < unit / 2
    assert net.as_tuple().exponent == -EXPONENTS[currency]
    assert TOTAL.validate_json(TOTAL.dump_json(net)) == net


def test_the_largest_order_there_can_be_comes_to_a_total_without_losing_a_digit() -> None:
    with localcontext() as context:
        context.traps[Inexact] = True
        price = Price(unit="kg", amount=LARGEST)
        net = rounded(price.of(Decimal("999999999.999999")), "CLF")
        assert sum([net] * 500, Decimal()) == 500 * Fraction(net)
    assert TOTAL.validate_python(500 * net) == 500 * net


# Nothing else is in a fact


@st.composite
def told(draw: Any) -> Event:
    """A fact with money or quantities in it."""
    amount, quantity, total = draw(amounts), draw(quantities), draw(amounts) * draw(st.integers(1, 1000))
    price = Price(unit="kg", band=Band(above=draw(st.none() | quantities)), amount=amount, per=draw(st.integers(1, 9)))
    winner = Winner(price_list="retail", priority=1, price=price, net=total)
    return draw(
        st.sampled_from(
            [
                PriceSet(price=price),
                PriceWithdrawn(unit="kg", above=quantity),
                OrderLineSet(number=1, line=OrderLine(product="flour", quantity=quantity, unit="kg")),
                OrderLinePriced(
                    number=1,
                    priced=Priced(day=LONG_AGO.date(), currency="EUR", quantity=quantity, winner=winner),
                ),
                OrderConfirmed(total=total),
            ]
        )
    )


def numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [each for part in value.values() for each in numbers(part)]
    if isinstance(value, list):
        return [each for part in value for each in numbers(part)]
    return [value] if isinstance(value, int | float) else []


@settings(max_examples=100, deadline=None)
@given(told())
def test_no_fact_has_a_float_in_it_and_each_is_read_as_it_was_written(event: Event) -> None:
    written = event.model_dump_json()
    assert not any(isinstance(each, float) for each in numbers(orjson.loads(written)))
    again = type(event).model_validate_json(written)
    assert again == event
    assert again.model_dump_json() == written
