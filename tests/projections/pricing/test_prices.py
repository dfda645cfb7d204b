"""Every price stands in a row of its own, found by its place; no fact touches another (R-PRC-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from company import price
from hypothesis import given, settings
from hypothesis import strategies as st
from logbook import entered
from rows import MemoryViews, shown
from specification import Happened, of
from specification import given as in_a_world

from domain.pricing.days import Days
from domain.pricing.price import PRICES, Band, Place, PriceSet, PriceWithdrawn, table_id
from domain.values import PriceListId, ProductId
from examples import BRAN, BY_SACK, BY_TEN, FEW, FLOUR, KILO, MANY, RETAIL, SACK, TRADE
from projections.pricing.prices import ASKED_FOR, PRICES_ASKED, spot

BY_KILO = price("5.00", band=FEW)

places = st.builds(
    Place,
    st.sampled_from(["m", "m ", "m2", "M", "kg", "m 000000010.000000", "m 000000010.000000 2024-01-01", "шт"]),
    st.none() | st.decimals("0.000001", "999999999.999999", places=6) | st.sampled_from([Decimal(9), Decimal(10)]),
    st.none() | st.dates() | st.just(date(2024, 1, 1)),
)


def told(happenings: Iterable[Happened], price_list: PriceListId = RETAIL, product: ProductId = FLOUR) -> list[Any]:
    """What the list asks for the product, by unit, band and days."""
    rows = shown(happenings, page=1)["prices"]
    return [row for key, row in sorted(rows.items()) if key[:2] == (price_list, product)]


def said(*events: Any, price_list: PriceListId = RETAIL, product: ProductId = FLOUR) -> list[Happened]:
    return of(PRICES, table_id(price_list, product), *events)


def test_a_price_is_shown_with_its_band_its_days_and_every_decimal() -> None:
    (row,) = told(said(PriceSet(price=BY_TEN)))
    assert row == {
        "unit": KILO,
        "above": Decimal(10),
        "up_to": Decimal("99.5"),
        "first": date(2024, 1, 1),
        "last": date(2024, 12, 31),
        "amount": Decimal("4.50"),
        "per": 10,
    }
    assert (str(row["amount"]), str(row["up_to"])) == ("4.50", "99.5")


def test_a_price_without_limits_and_days_leaves_them_empty() -> None:
    (row,) = told(said(PriceSet(price=BY_SACK)))
    assert [row[name] for name in ("above", "up_to", "first", "last")] == [None] * 4


def test_what_is_set_at_the_same_place_stands_instead_and_elsewhere_beside() -> None:
    corrected = BY_KILO.model_copy(update={"amount": Decimal("5.50"), "band": Band(up_to=Decimal(5))})
    rows = told(said(*(PriceSet(price=each) for each in (BY_KILO, BY_TEN, BY_SACK, corrected))))
    assert [(row["unit"], row["amount"], row["up_to"]) for row in rows] == [
        (KILO, Decimal("5.50"), Decimal(5)),
        (KILO, Decimal("4.50"), Decimal("99.5")),
        (SACK, Decimal("12.00"), None),
    ]


def test_a_price_withdrawn_is_gone_and_no_other() -> None:
    stand = [PriceSet(price=each) for each in (BY_KILO, BY_TEN, BY_SACK)]
    gone = PriceWithdrawn(unit=KILO, above=Decimal(10), first=date(2024, 1, 1))
    assert [row["amount"] for row in told(said(*stand, gone))] == [Decimal("5.00"), Decimal("12.00")]
    elsewhere = PriceWithdrawn(unit=KILO, above=Decimal(10), first=date(2024, 1, 2))
    assert len(told(said(*stand, elsewhere))) == 3
    assert told(said(PriceSet(price=BY_TEN), gone, PriceSet(price=BY_TEN)))[0]["per"] == 10


def test_each_list_asks_for_each_product_what_it_asks() -> None:
    everywhere = [(RETAIL, FLOUR), (RETAIL, BRAN), (TRADE, FLOUR)]
    sets = [each for n, where in enumerate(everywhere, 1) for each in _asked(n, *where)]
    gone = said(PriceWithdrawn(unit=KILO), price_list=TRADE)
    assert [[row["amount"] for row in told([*sets, *gone], *where)] for where in everywhere] == [[1], [2], []]


def _asked(amount: int, price_list: PriceListId, product: ProductId) -> list[Happened]:
    return said(PriceSet(price=price(f"{amount}.00")), price_list=price_list, product=product)


def test_a_fact_touches_one_row_however_many_stand() -> None:
    many = [PriceSet(price=price("1.00", days=Days(first=day, last=day))) for day in _days(50)]
    facts = [entry.fact for entry in entered(in_a_world(said(*many)).log.facts)]
    views = MemoryViews((ASKED_FOR,)).take(facts, size=1)
    assert len(views.tables[PRICES_ASKED]) == len(many)
    assert set(views.changed.values()) == {1}


def _days(many: int) -> list[date]:
    return [date.fromordinal(date(2024, 1, 1).toordinal() + n) for n in range(many)]


@given(places, places)
@settings(max_examples=200)
def test_places_have_words_of_their_own(some: Place, other: Place) -> None:
    assert (spot(some) == spot(other)) == (some == other)


@given(places, places)
@settings(max_examples=200)
def test_words_sort_by_limit_and_first_day_within_a_unit(some: Place, other: Place) -> None:
    some = some._replace(unit=other.unit)
    assert (spot(some) < spot(other)) == (_order(some) < _order(other))


def _order(place: Place) -> tuple[Decimal, date, bool]:
    """Without a lower limit from zero on, without a first day from ever."""
    return place.above or Decimal(), place.first or date.min, place.first is not None


def test_the_prices_of_all_units_are_told_unit_by_unit() -> None:
    table = (("m2", None), ("m", Decimal(10)), ("m", None), ("m", Decimal("9.5")))
    rows = told(said(*(PriceSet(price=price("1.00", unit, band=Band(above=above))) for unit, above in table)))
    assert [(row["unit"], row["above"]) for row in rows] == [
        ("m", None),
        ("m", Decimal("9.5")),
        ("m", Decimal(10)),
        ("m2", None),
    ]


def test_a_price_of_both_bands_stands_at_each() -> None:
    rows = told(said(*(PriceSet(price=price("2.00", band=each)) for each in (MANY, FEW))))
    assert [(row["above"], row["up_to"]) for row in rows] == [(None, Decimal(10)), (Decimal(10), Decimal("99.5"))]
