"""An order goes from step to step and never back; its prices stand from the confirmation on (R-ORD-1, D22)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from specification import folded, having, on_monday

from domain.pricing.money import Total
from domain.pricing.order import (
    AFTER,
    MOST_LINES,
    ORDER,
    Draft,
    Item,
    LineNumber,
    Order,
    OrderAlreadyDrafted,
    OrderCancelled,
    OrderConfirmed,
    OrderDrafted,
    OrderEmpty,
    OrderFrozen,
    OrderLine,
    OrderLinePriced,
    OrderLineRemoved,
    OrderLineSet,
    OrderLineUnknown,
    OrderOffered,
    OrderPlaced,
    OrderRepriced,
    OrderSettled,
    OrderStepBack,
    OrderStepSkipped,
    OrderStepTooEarly,
    OrderUnknown,
    PriceLine,
    PriceMissing,
    Stage,
    TooManyLines,
    TotalOther,
    cancel,
    confirm,
    draft,
    enter,
    offer,
    place,
    remove_line,
    reprice,
    set_line,
    settle,
)
from domain.pricing.price import Price
from domain.pricing.winner import Line, Priced, Reason, Rejected, Winner
from examples import BRAN, FLOUR, MILL, RETAIL, TRADE, VIP

NINE, TEN, NOON, LATER = on_monday(9), on_monday(10), on_monday(12), on_monday(15)
TODAY = date(2024, 6, 3)


def line(quantity: str | int, product: str = FLOUR, unit: str = "kg") -> OrderLine:
    return OrderLine(product=product, quantity=Decimal(quantity), unit=unit)


def costs(net: str, quantity: str | int = 1) -> Priced:
    price = Price(unit="kg", amount=Decimal(net))
    winner = Winner(price_list=RETAIL, priority=1, base=True, price=price, net=Decimal(net))
    return Priced(day=TODAY, currency="EUR", quantity=Decimal(quantity), winner=winner)


NO_PRICE = Priced(day=TODAY, currency="EUR", quantity=Decimal(2))
ONE, TWO = line(1), line(2)


def at(prices: Mapping[str, Priced]) -> PriceLine:
    """The price of each quantity."""
    return lambda wanted: prices[str(wanted.quantity)]


def never(wanted: Line) -> Priced:
    raise AssertionError(f"a price was asked for: {wanted}")


CHEAP, DEAR = at({"1": costs("5.00"), "2": costs("9.90", 2)}), at({"1": costs("6.00"), "2": costs("9.90", 2)})
HALF = at({"1": costs("5.00"), "2": NO_PRICE})

DRAFTED = OrderDrafted(customer=MILL, currency="EUR")
SET = (OrderLineSet(number=1, line=ONE), OrderLineSet(number=2, line=TWO))
PRICED = (OrderLinePriced(number=1, priced=costs("5.00")), OrderLinePriced(number=2, priced=costs("9.90", 2)))
WITHOUT = (PRICED[0], OrderLinePriced(number=2, priced=NO_PRICE))
OFFERED, PLACED, SETTLED, CANCELLED = OrderOffered(), OrderPlaced(), OrderSettled(), OrderCancelled()
CONFIRMED = OrderConfirmed(total=Decimal("14.90"))

DRAFT = [(each, NINE) for each in (DRAFTED, *SET)]
AT_OFFER = [*DRAFT, (OFFERED, TEN), *((each, TEN) for each in PRICED)]
AT_PLACE = [*DRAFT, (PLACED, TEN), *((each, TEN) for each in PRICED)]
AT_CONFIRM = [*AT_PLACE, (CONFIRMED, NOON)]
AT_SETTLE = [*AT_CONFIRM, (SETTLED, LATER)]
AT_CANCEL = [*AT_CONFIRM, (CANCELLED, LATER)]
LIVES: dict[Stage, list[Any]] = {
    Stage.DRAFT: DRAFT,
    Stage.OFFERED: AT_OFFER,
    Stage.PLACED: AT_PLACE,
    Stage.CONFIRMED: AT_CONFIRM,
    Stage.SETTLED: AT_SETTLE,
    Stage.CANCELLED: AT_CANCEL,
}
STEPS: dict[Stage, Any] = {
    Stage.OFFERED: lambda order, at: offer(order, at, CHEAP),
    Stage.PLACED: lambda order, at: place(order, at, CHEAP),
    Stage.CONFIRMED: lambda order, at: confirm(order, at, CHEAP, None),
    Stage.SETTLED: settle,
    Stage.CANCELLED: cancel,
}


def given(*lines: OrderLine, reference: str | None = None) -> Draft:
    return Draft(MILL, "EUR", reference, lines)


# To begin


def test_an_order_is_drafted_once_with_its_lines_and_without_prices() -> None:
    having(ORDER).deciding(draft, given(ONE, TWO)).then(DRAFTED, *SET)
    having(ORDER).deciding(draft, given()).then(DRAFTED)
    referred = OrderDrafted(customer=MILL, currency="EUR", reference="PO 7")
    having(ORDER).deciding(draft, given(reference="PO 7")).then(referred)
    having(ORDER, DRAFTED).deciding(draft, given()).refused(OrderAlreadyDrafted)


def test_an_order_is_entered_at_the_prices_of_its_day() -> None:
    having(ORDER).deciding(enter, given(ONE, TWO), CHEAP).then(DRAFTED, *SET, PLACED, *PRICED)
    having(ORDER).deciding(enter, given(ONE, TWO), HALF).then(DRAFTED, *SET, PLACED, *WITHOUT)
    having(ORDER).deciding(enter, given(), never).refused(OrderEmpty)
    having(ORDER, DRAFTED).deciding(enter, given(ONE), never).refused(OrderAlreadyDrafted)


def test_what_it_says_is_kept() -> None:
    assert folded(ORDER) == Order()
    found = folded(ORDER, *DRAFT)
    assert (found.customer, found.currency, found.reference, found.stage) == (MILL, "EUR", None, Stage.DRAFT)
    assert found.lines == {1: Item(ONE), 2: Item(TWO)}
    assert folded(ORDER, OrderDrafted(customer=MILL, currency="CZK", reference="PO 7")).reference == "PO 7"


# From step to step


@pytest.mark.parametrize("stage", LIVES)
@pytest.mark.parametrize("to", STEPS)
def test_every_step_is_made_from_where_it_may_be_and_refused_elsewhere(stage: Stage, to: Stage) -> None:
    stands, order = [*LIVES], having(ORDER, *LIVES[stage])
    decided = order.deciding(STEPS[to], LATER)
    if stage is to:
        decided.then()
    elif stage in AFTER[to]:
        assert decided.refusal is None
        assert folded(ORDER, *LIVES[stage], *((event, LATER) for event in decided.events)).stage is to
    elif stage is Stage.SETTLED or stands.index(stage) > stands.index(to):
        decided.refused(OrderStepBack)
    else:
        decided.refused(OrderStepSkipped)


def test_what_may_follow_on_what() -> None:
    assert {
        to.value: {stage.value for stage in LIVES if having(ORDER, *LIVES[stage]).deciding(STEPS[to], LATER).events}
        for to in STEPS
    } == {
        "offered": {"draft"},
        "placed": {"draft", "offered"},
        "confirmed": {"placed"},
        "settled": {"confirmed"},
        "cancelled": {"draft", "offered", "placed", "confirmed"},
    }


@pytest.mark.parametrize("to", STEPS)
def test_of_what_was_never_drafted_nothing_is_known(to: Stage) -> None:
    having(ORDER).deciding(STEPS[to], LATER).refused(OrderUnknown)


@pytest.mark.parametrize(
    ("stage", "to"), [(stage, to) for to in STEPS for stage in AFTER[to] if stage is not Stage.ABSENT]
)
def test_a_step_happens_no_earlier_than_the_one_it_follows(stage: Stage, to: Stage) -> None:
    last = folded(ORDER, *LIVES[stage]).steps[stage]
    order = having(ORDER, *LIVES[stage])
    order.deciding(STEPS[to], last - timedelta(microseconds=1)).refused(OrderStepTooEarly)
    assert order.deciding(STEPS[to], last).refusal is None


def test_a_step_made_twice_is_made_once_whenever_it_is_said_to_have_happened() -> None:
    for to in STEPS:
        for instant in (NINE, LATER):
            having(ORDER, *LIVES[to]).deciding(STEPS[to], instant).then()


def test_each_step_has_its_instant() -> None:
    settled = folded(ORDER, *AT_SETTLE)
    steps = {Stage.DRAFT: NINE, Stage.PLACED: TEN, Stage.CONFIRMED: NOON, Stage.SETTLED: LATER}
    assert settled.steps == steps


def test_prices_are_of_the_placing_before_it_of_the_offer_and_of_a_draft_of_now() -> None:
    assert folded(ORDER, *DRAFT).dated(LATER) == LATER
    assert folded(ORDER, *AT_OFFER).dated(LATER) == TEN
    placed = folded(ORDER, *AT_OFFER, (PLACED, NOON))
    assert placed.dated(LATER) == NOON
    assert folded(ORDER, *AT_SETTLE).dated(on_monday(20)) == TEN


def test_an_offer_is_what_was_offered_and_never_placed() -> None:
    offers = [stage for stage in LIVES if folded(ORDER, *LIVES[stage]).is_offer]
    assert offers == [Stage.OFFERED]
    assert folded(ORDER, *AT_OFFER, CANCELLED).is_offer
    assert not folded(ORDER, *AT_OFFER, (PLACED, NOON)).is_offer
    assert not folded(ORDER, *AT_OFFER, (PLACED, NOON), CANCELLED).is_offer


# Prices


def test_an_offer_and_an_order_get_the_prices_of_their_instant() -> None:
    having(ORDER, *DRAFT).deciding(offer, TEN, CHEAP).then(OFFERED, *PRICED)
    having(ORDER, *DRAFT).deciding(place, TEN, CHEAP).then(PLACED, *PRICED)
    having(ORDER, *DRAFT).deciding(place, TEN, HALF).then(PLACED, *WITHOUT)


def test_what_was_offered_is_priced_anew_where_it_is_placed_at_other_prices() -> None:
    having(ORDER, *AT_OFFER).deciding(place, NOON, DEAR).then(PLACED, *priced("6.00"))


def test_every_step_records_all_prices_so_that_the_number_of_facts_tells_nothing_of_hidden_lists() -> None:
    having(ORDER, *AT_OFFER).deciding(place, NOON, CHEAP).then(PLACED, *priced())
    having(ORDER, *AT_PLACE).deciding(confirm, NOON, CHEAP, None).then(*priced(), CONFIRMED)


def priced(first: str = "5.00") -> tuple[OrderLinePriced, OrderLinePriced]:
    """Both lines, the second one at its usual price."""
    return OrderLinePriced(number=1, priced=costs(first)), OrderLinePriced(number=2, priced=costs("9.90", 2))


def test_a_reason_that_changed_is_a_change() -> None:
    other = CHEAP(Line(FLOUR, Decimal(1), "kg")).model_copy(update={"day": date(2024, 6, 4)})
    prices = at({"1": other, "2": costs("9.90", 2)})
    decided = having(ORDER, *AT_PLACE).deciding(reprice, prices)
    decided.then(OrderLinePriced(number=1, priced=other), OrderRepriced(total=Decimal("14.90")))


def test_an_order_without_lines_is_neither_offered_nor_placed() -> None:
    for step in (offer, place):
        having(ORDER, (DRAFTED, NINE)).deciding(step, TEN, never).refused(OrderEmpty)


def test_to_confirm_is_to_freeze_the_prices_of_the_order_s_day_as_they_are_known_then() -> None:
    having(ORDER, *AT_PLACE).deciding(confirm, NOON, CHEAP, None).then(*priced(), CONFIRMED)
    dearer = OrderConfirmed(total=Decimal("15.90"))
    having(ORDER, *AT_PLACE).deciding(confirm, NOON, DEAR, None).then(*priced("6.00"), dearer)


def test_an_order_with_a_line_that_has_no_price_is_not_confirmed() -> None:
    having(ORDER, *AT_PLACE).deciding(confirm, NOON, HALF, None).refused(PriceMissing)
    having(ORDER, *AT_PLACE).deciding(confirm, NOON, HALF, Decimal("5.00")).refused(PriceMissing)


def test_a_price_of_zero_is_a_price() -> None:
    free = at({"1": costs("0.00"), "2": costs("0.00", 2)})
    decided = having(ORDER, *AT_PLACE).deciding(confirm, NOON, free, None)
    assert decided.events[-1] == OrderConfirmed(total=Decimal(0))


def test_an_order_is_confirmed_only_at_the_total_that_was_expected() -> None:
    placed = having(ORDER, *AT_PLACE)
    placed.deciding(confirm, NOON, CHEAP, Decimal("14.9")).then(*priced(), CONFIRMED)
    placed.deciding(confirm, NOON, CHEAP, Decimal("14.91")).refused(TotalOther)
    placed.deciding(confirm, NOON, DEAR, Decimal("14.90")).refused(TotalOther)
    placed.deciding(confirm, NOON, CHEAP, Decimal(0)).refused(TotalOther)


def test_a_total_is_told_only_where_every_line_has_a_price() -> None:
    assert folded(ORDER, *DRAFT).total is None
    assert folded(ORDER, *AT_PLACE).total == Decimal("14.90")
    assert folded(ORDER, *AT_PLACE, *WITHOUT).total is None
    assert folded(ORDER, DRAFTED).total == 0


def test_a_confirmed_order_is_repriced_only_where_that_is_asked_for_and_something_changed() -> None:
    dearer = OrderLinePriced(number=1, priced=costs("6.00"))
    for life in (AT_OFFER, AT_PLACE, AT_CONFIRM):
        having(ORDER, *life).deciding(reprice, CHEAP).then()
        having(ORDER, *life).deciding(reprice, DEAR).then(dearer, OrderRepriced(total=Decimal("15.90")))
    repriced = [(dearer, LATER), (OrderRepriced(total=Decimal("15.90")), LATER)]
    assert folded(ORDER, *AT_CONFIRM, *repriced).total == Decimal("15.90")
    having(ORDER, *AT_CONFIRM, *repriced).deciding(reprice, DEAR).then()


def test_to_reprice_stores_nothing_for_other_reasons_alone_which_may_be_of_hidden_lists() -> None:
    cheap = costs("5.00")
    assert cheap.winner is not None
    lost = Rejected(price_list=TRADE, priority=0, groups=(VIP,), reason=Reason.PRODUCT_NOT_IN_LIST)
    through_another = cheap.winner.model_copy(update={"groups": (VIP,)})
    for other in ({"rejected": (lost,)}, {"winner": through_another}):
        prices = at({"1": cheap.model_copy(update=other), "2": costs("9.90", 2)})
        having(ORDER, *AT_CONFIRM).deciding(reprice, prices).then()


def test_to_reprice_may_leave_a_line_without_a_price_but_not_once_the_order_is_confirmed() -> None:
    without = OrderLinePriced(number=2, priced=NO_PRICE)
    for life in (AT_OFFER, AT_PLACE):
        having(ORDER, *life).deciding(reprice, HALF).then(without, OrderRepriced(total=None))
    having(ORDER, *AT_CONFIRM).deciding(reprice, HALF).refused(PriceMissing)


def test_what_has_no_day_and_what_is_done_with_is_not_repriced() -> None:
    having(ORDER).deciding(reprice, never).refused(OrderUnknown)
    having(ORDER, *DRAFT).deciding(reprice, never).refused(OrderStepSkipped)
    for life in (AT_SETTLE, AT_CANCEL):
        having(ORDER, *life).deciding(reprice, never).refused(OrderFrozen)


def test_a_cancelled_order_keeps_its_prices() -> None:
    for life in (AT_OFFER, AT_PLACE, AT_CONFIRM):
        having(ORDER, *life).deciding(cancel, LATER).then(CANCELLED)
        assert folded(ORDER, *life, (CANCELLED, LATER)).lines == folded(ORDER, *life).lines


# Lines


def test_a_line_is_added_and_priced_as_soon_as_the_order_has_a_day() -> None:
    three = OrderLineSet(number=3, line=ONE)
    having(ORDER, *DRAFT).deciding(set_line, None, ONE, never).then(three)
    for life in (AT_OFFER, AT_PLACE):
        priced = OrderLinePriced(number=3, priced=costs("5.00"))
        having(ORDER, *life).deciding(set_line, None, ONE, CHEAP).then(three, priced)


def test_a_line_is_changed_only_where_it_says_something_else() -> None:
    placed = having(ORDER, *AT_PLACE)
    placed.deciding(set_line, 1, TWO, CHEAP).then(
        OrderLineSet(number=1, line=TWO), PRICED[1].model_copy(update={"number": 1})
    )
    placed.deciding(set_line, 1, line("1.0"), never).then()
    having(ORDER, *DRAFT).deciding(set_line, 2, ONE, never).then(OrderLineSet(number=2, line=ONE))
    for other in (line(1, BRAN), line(1, unit="sack")):
        having(ORDER, *DRAFT).deciding(set_line, 1, other, never).then(OrderLineSet(number=1, line=other))


def test_a_line_that_changed_has_no_price_of_before() -> None:
    changed = folded(ORDER, *AT_PLACE, OrderLineSet(number=1, line=TWO))
    assert changed.lines == {1: Item(TWO), 2: Item(TWO, costs("9.90", 2))}
    assert changed.total is None


def test_the_same_product_may_stand_in_two_lines() -> None:
    having(ORDER).deciding(enter, given(ONE, ONE), CHEAP).then(
        *(DRAFTED, SET[0], OrderLineSet(number=2, line=ONE), PLACED),
        *(PRICED[0], OrderLinePriced(number=2, priced=costs("5.00"))),
    )


def test_the_number_of_a_line_is_given_once() -> None:
    removed = [*DRAFT, OrderLineRemoved(number=2)]
    having(ORDER, *removed).deciding(set_line, 2, ONE, never).refused(OrderLineUnknown)
    having(ORDER, *removed).deciding(set_line, None, ONE, never).then(OrderLineSet(number=3, line=ONE))
    having(ORDER, *DRAFT).deciding(set_line, 3, ONE, never).refused(OrderLineUnknown)


def test_a_line_is_removed_once_and_the_last_one_only_of_a_draft() -> None:
    for life in (DRAFT, AT_OFFER, AT_PLACE):
        having(ORDER, *life).deciding(remove_line, 1).then(OrderLineRemoved(number=1))
        having(ORDER, *life).deciding(remove_line, 3).then()
        left = having(ORDER, *life, OrderLineRemoved(number=1))
        left.deciding(remove_line, 1).then()
        if life is DRAFT:
            left.deciding(remove_line, 2).then(OrderLineRemoved(number=2))
        else:
            left.deciding(remove_line, 2).refused(OrderEmpty)
    assert folded(ORDER, *AT_PLACE, OrderLineRemoved(number=1)).total == Decimal("9.90")


def test_lines_are_frozen_with_the_confirmation() -> None:
    for life in (AT_CONFIRM, AT_SETTLE, AT_CANCEL):
        having(ORDER, *life).deciding(set_line, None, ONE, never).refused(OrderFrozen)
        having(ORDER, *life).deciding(set_line, 1, TWO, never).refused(OrderFrozen)
        having(ORDER, *life).deciding(remove_line, 1).refused(OrderFrozen)
    having(ORDER).deciding(set_line, None, ONE, never).refused(OrderUnknown)
    having(ORDER).deciding(remove_line, 1).refused(OrderUnknown)


def test_an_order_has_two_hundred_lines_at_most_those_that_were_removed_included() -> None:
    full = [DRAFTED, *(OrderLineSet(number=n, line=ONE) for n in range(1, MOST_LINES + 1))]
    having(ORDER, *full).deciding(set_line, None, ONE, never).refused(TooManyLines)
    having(ORDER, *full, OrderLineRemoved(number=7)).deciding(set_line, None, ONE, never).refused(TooManyLines)
    having(ORDER, *full).deciding(set_line, 7, TWO, never).then(OrderLineSet(number=7, line=TWO))
    having(ORDER, *full[:-1]).deciding(set_line, None, ONE, never).then(full[-1])
    having(ORDER).deciding(draft, given(*[ONE] * MOST_LINES)).then(*full)
    having(ORDER).deciding(draft, given(*[ONE] * (MOST_LINES + 1))).refused(TooManyLines)
    for wrong in (0, MOST_LINES + 1):
        with pytest.raises(ValidationError):
            TypeAdapter(LineNumber).validate_python(wrong)


def test_a_line_says_what_it_is_about() -> None:
    assert str(line("2.5")) == "2.5 kg of product flour"
    assert TypeAdapter[Any](Total).validate_python(Decimal("14.90"))
