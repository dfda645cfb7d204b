"""Orders as they stand: how far they have come, on which day they were placed, and what they come to (R-ORD-1, D22)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from company import price
from rows import shown
from specification import Happened, of, on_monday

from domain.fact import Event
from domain.pricing.order import (
    ORDER,
    OrderCancelled,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    OrderLinePriced,
    OrderLineRemoved,
    OrderLineSet,
    OrderOffered,
    OrderPlaced,
    OrderRepriced,
    OrderSettled,
)
from domain.pricing.winner import Priced, Winner
from examples import BRAN, BREAD, CART, FLOUR, KILO, MILL, TRADE

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
MONDAY, TUESDAY = date(2024, 6, 3), date(2024, 6, 4)
FIRST, SECOND = (OrderLine(product=each, quantity=Decimal("2.5"), unit=KILO) for each in (FLOUR, BRAN))
DRAFT = (OrderDrafted(customer=MILL, currency="EUR", reference="PO 7"), OrderLineSet(number=1, line=FIRST))
TWO = (*DRAFT, OrderLineSet(number=2, line=SECOND))


def priced(number: int, net: str | None, day: date = MONDAY) -> OrderLinePriced:
    winner = net and Winner(price_list=TRADE, priority=5, price=price("4.00", per=10), net=Decimal(net))
    found = Priced(day=day, currency="EUR", quantity=Decimal("2.5"), winner=winner or None)
    return OrderLinePriced(number=number, priced=found)


def cart(*events: Event, at: datetime = NINE) -> list[Happened]:
    return of(ORDER, CART, *events, at=at)


def standing(*happenings: list[Happened]) -> dict[str, Any]:
    return shown(*happenings, page=1)["orders"][CART,]


def lines(*happenings: list[Happened]) -> dict[str, dict[str, Any]]:
    return {key[1]: row for key, row in shown(*happenings, page=1)["order_lines"].items() if key[0] == CART}


def test_a_draft_says_what_is_wanted_and_comes_to_nothing_that_could_be_said() -> None:
    assert standing(cart(*TWO)) == {
        "customer": MILL,
        "currency": "EUR",
        "reference": "PO 7",
        "stage": "draft",
        "is_offer": False,
        "draft_at": NINE,
        **{f"{stage}_at": None for stage in ("offered", "placed", "confirmed", "settled", "cancelled")},
        "placed_on": None,
        "line_count": 2,
        "total": None,
    }
    assert standing(cart(DRAFT[0]))["total"] is None
    assert lines(cart(*DRAFT)) == {
        "001": {
            "product": FLOUR,
            "unit": KILO,
            "quantity": Decimal("2.5"),
            **dict.fromkeys(("price_list", "amount", "per", "net")),
        }
    }


def test_each_step_is_told_with_when_it_happened() -> None:
    steps = [
        *cart(*DRAFT),
        *cart(OrderOffered(), at=TEN),
        *cart(OrderPlaced(), at=on_monday(11)),
        *cart(OrderConfirmed(total=Decimal("1.00")), at=NOON),
        *cart(OrderSettled(), at=on_monday(13)),
    ]
    row = standing(steps)
    assert (row["stage"], row["cancelled_at"]) == ("settled", None)
    told = [row[f"{stage}_at"] for stage in ("draft", "offered", "placed", "confirmed", "settled")]
    assert told == [NINE, TEN, on_monday(11), NOON, on_monday(13)]


@pytest.mark.parametrize(
    ("steps", "is_offer"),
    [
        ((), False),
        ((OrderOffered(),), True),
        ((OrderOffered(), OrderCancelled()), True),
        ((OrderOffered(), OrderPlaced()), False),
        ((OrderPlaced(),), False),
        ((OrderOffered(), OrderPlaced(), OrderCancelled()), False),
        ((OrderCancelled(),), False),
    ],
    ids=["a draft", "offered", "and cancelled", "and placed", "placed at once", "placed and cancelled", "given up"],
)
def test_an_offer_is_what_was_offered_and_never_placed(steps: tuple[Event, ...], is_offer: bool) -> None:
    assert standing(cart(*DRAFT, *steps))["is_offer"] is is_offer


def test_a_line_has_its_price_and_the_order_the_sum_to_the_cent() -> None:
    placed = cart(*TWO, OrderPlaced(), priced(1, "0.10"), priced(2, "0.20"))
    row = lines(placed)["001"]
    assert (row["price_list"], row["amount"], row["per"], row["net"]) == (TRADE, Decimal("4.00"), 10, Decimal("0.10"))
    assert str(standing(placed)["total"]) == "0.30"


def test_a_line_without_a_price_leaves_the_order_without_a_total_and_no_price_is_not_zero() -> None:
    assert standing(cart(*TWO, OrderPlaced(), priced(1, "1.00")))["total"] is None
    missing = cart(*TWO, OrderPlaced(), priced(1, "1.00"), priced(2, None))
    assert (standing(missing)["total"], lines(missing)["002"]["net"]) == (None, None)
    free = cart(*TWO, OrderPlaced(), priced(1, "1.00"), priced(2, "0.00"))
    assert (standing(free)["total"], lines(free)["002"]["net"]) == (Decimal("1.00"), Decimal("0.00"))


def test_a_line_that_says_something_else_has_no_price_until_it_is_reckoned_again() -> None:
    before = cart(*DRAFT, OrderPlaced(), priced(1, "1.00"))
    changed = cart(OrderLineSet(number=1, line=SECOND))
    assert (lines(before, changed)["001"]["product"], lines(before, changed)["001"]["net"]) == (BRAN, None)
    assert standing(before, changed)["total"] is None
    assert standing(before, changed, cart(priced(1, "2.00")))["total"] == Decimal("2.00")


def test_a_line_removed_is_gone_and_no_other_order_loses_one() -> None:
    other = of(ORDER, BREAD, *TWO)
    removed = cart(*TWO, OrderPlaced(), priced(1, "1.00"), priced(2, "2.00"), OrderLineRemoved(number=1))
    assert list(lines(other, removed)) == ["002"]
    assert (standing(other, removed)["line_count"], standing(other, removed)["total"]) == (1, Decimal("2.00"))
    assert [key for key in shown(other, removed)["order_lines"] if key[0] == BREAD] == [(BREAD, "001"), (BREAD, "002")]


def test_lines_sort_by_their_numbers() -> None:
    many = [OrderLineSet(number=number, line=FIRST) for number in (100, 9, 10, 1)]
    assert sorted(lines(cart(DRAFT[0], *many))) == ["001", "009", "010", "100"]


def test_an_order_was_placed_on_the_day_by_which_its_lines_were_priced() -> None:
    offered = cart(*DRAFT, OrderOffered(), priced(1, "1.00", MONDAY))
    assert standing(offered)["placed_on"] is None
    assert standing(offered, cart(OrderPlaced(), priced(1, "1.00", TUESDAY)))["placed_on"] == TUESDAY
    assert standing(cart(*DRAFT, OrderPlaced(), priced(1, None, TUESDAY)))["placed_on"] == TUESDAY


def test_a_confirmed_order_that_is_reckoned_again_comes_to_what_its_lines_come_to_now() -> None:
    confirmed = cart(*DRAFT, OrderPlaced(), priced(1, "1.00"), OrderConfirmed(total=Decimal("1.00")))
    again = cart(priced(1, "3.00"), OrderRepriced(total=Decimal("3.00")))
    row = standing(confirmed, again)
    assert (row["stage"], row["total"]) == ("confirmed", Decimal("3.00"))


def test_a_cancelled_order_keeps_its_prices() -> None:
    cancelled = cart(*DRAFT, OrderPlaced(), priced(1, "1.00"), OrderCancelled())
    assert (standing(cancelled)["stage"], standing(cancelled)["total"]) == ("cancelled", Decimal("1.00"))
    assert lines(cancelled)["001"]["net"] == Decimal("1.00")
