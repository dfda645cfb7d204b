"""What an order costs is what its day says, and who may not know of its customer knows of no order (R-ORD-1, D16)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from company import COMPANY_SO_FAR, price
from specification import Asked, Given, given, of, on_monday

from commands.clients.group import DetachPriceListFromGroup
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.command import Command
from commands.permission import RightMissing
from commands.pricing.order import (
    CancelOrder,
    ConfirmOrder,
    DraftOrder,
    EnterOrder,
    OfferOrder,
    PlaceOrder,
    RemoveOrderLine,
    RepriceOrder,
    SetOrderLine,
    SettleOrder,
)
from commands.pricing.order import Given as Wanted
from commands.pricing.price import PutPrice, ReplacePrices, WithdrawPrice
from commands.pricing.price_list import RankPriceList, SetPriceListDays
from commands.pricing.product import ListProduct, RetireProduct
from commands.pricing.quote import PlaceMissing
from domain.clients.contact import CONTACT, ContactAbsorbed, ContactMerged, ContactPriceListAttached
from domain.clients.group import GROUP, GroupPriceListAttached
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.company.settings import COMPANY, SETTINGS, PlaceSet, UnitsListed
from domain.pricing.days import Days
from domain.pricing.order import (
    ORDER,
    Order,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    OrderLinePriced,
    OrderLineSet,
    OrderOffered,
    OrderPlaced,
    OrderUnknown,
    PriceMissing,
)
from domain.pricing.price import PRICES, PriceSet, PriceWithdrawn, table_id
from domain.pricing.price_list import PRICE_LIST, PriceListOpened, PriceListUnknown
from domain.pricing.product import PRODUCT, ProductNotSold, ProductRetired, ProductUnknown, UnitNotListed
from domain.pricing.winner import Priced
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerRightGranted
from domain.values import ContactId, OrderId, PriceListId, ProductId
from examples import (
    ANNA,
    BAKERY,
    BRAN,
    BREAD,
    BY_TEN,
    CART,
    FLOUR,
    KILO,
    MILL,
    RETAIL,
    SACK,
    TRADE,
    VIP,
)

NINE, TEN, NOON, EVENING = on_monday(9), on_monday(10), on_monday(12), on_monday(20)
CHEAP = of(PRICES, table_id(TRADE, FLOUR), PriceSet(price=price("4.00")))
BROUGHT = of(GROUP, VIP, GroupPriceListAttached(price_list=TRADE))
MEMBER = of(MEMBERSHIP, MILL, MemberJoined(group=VIP))
TRADED = [*CHEAP, *BROUGHT, *MEMBER]
"""The mill buys a kilo at four, others at five."""


def world(*more: Any) -> Given:
    return given(COMPANY_SO_FAR, *more)


def enter(quantity: str = "1", customer: ContactId = MILL, **more: Any) -> EnterOrder:
    return EnterOrder(customer=customer, currency="EUR", lines=(Wanted(product=FLOUR, quantity=quantity, **more),))


def done(asked: Asked) -> Asked:
    assert asked.answer.code == ""
    return asked


def order(found: Given, id: OrderId = CART) -> Order:
    return found.state(ORDER, id)


def lists(found: Order) -> dict[int, PriceListId | None]:
    """Which list each line has its price from."""
    return {
        n: item.priced.winner.price_list if item.priced and item.priced.winner else None
        for n, item in found.lines.items()
    }


def bought(found: Given, at: datetime, recorded: datetime | None = None, **more: Any) -> PriceListId | None:
    """Which list one kilo for the mill is sold from at the instant."""
    asked = done(found.when(enter(**more), at=recorded or at, happened=at))
    return lists(order(found, OrderId(asked.answer.thing)))[1]


# Prices of the instant


def test_an_order_has_the_prices_of_its_customer_s_groups() -> None:
    found = world(TRADED)
    assert bought(found, TEN) == TRADE
    assert bought(found, TEN, customer=BAKERY) == RETAIL


def test_a_list_detached_between_offer_and_order_counts_for_the_offer_alone() -> None:
    found = world(TRADED)
    done(found.when(OfferOrder(order=CART), at=TEN))
    assert lists(order(found)) == {1: TRADE, 2: TRADE}
    done(found.when(DetachPriceListFromGroup(group=VIP, price_list=TRADE), at=NOON))
    assert lists(order(found)) == {1: TRADE, 2: TRADE}
    done(found.when(PlaceOrder(order=CART), at=EVENING))
    assert lists(order(found)) == {1: RETAIL, 2: RETAIL}


def test_what_was_attached_or_joined_late_counts_from_when_it_happened() -> None:
    found = world(CHEAP, MEMBER, of(GROUP, VIP, GroupPriceListAttached(price_list=TRADE), at=NOON, recorded=EVENING))
    assert [bought(found, at, EVENING) for at in (on_monday(11), NOON)] == [RETAIL, TRADE]
    found = world(CHEAP, BROUGHT)
    done(found.when(JoinGroup(contact=MILL, group=VIP), at=EVENING, happened=NOON))
    assert [bought(found, at, EVENING) for at in (on_monday(11), NOON)] == [RETAIL, TRADE]


def test_who_leaves_at_an_instant_is_no_member_at_that_instant() -> None:
    found = world(TRADED)
    done(found.when(LeaveGroup(contact=MILL, group=VIP), at=NOON))
    before = NOON - timedelta(microseconds=1)
    assert [bought(found, at, EVENING) for at in (before, NOON)] == [TRADE, RETAIL]


def test_a_priority_counts_from_its_instant_on() -> None:
    cheaper = [
        *of(PRICE_LIST, "friends", PriceListOpened(name="Friends", priority=6, currency="EUR")),
        *of(PRICES, table_id(PriceListId("friends"), FLOUR), PriceSet(price=price("1.00"))),
        *of(CONTACT, MILL, ContactPriceListAttached(price_list="friends")),
    ]
    found = world(TRADED, cheaper)
    done(found.when(RankPriceList(price_list=PriceListId("friends"), priority=1), at=NOON))
    assert [bought(found, at, EVENING) for at in (TEN, NOON)] == [TRADE, "friends"]


@pytest.mark.parametrize(
    ("zone", "last_on_monday", "first_on_tuesday"),
    [("Europe/Prague", on_monday(21, 59), on_monday(22)), ("UTC", on_monday(23, 59), on_monday(24))],
)
def test_a_list_is_valid_until_midnight_where_the_company_is(
    zone: str, last_on_monday: datetime, first_on_tuesday: datetime
) -> None:
    found = world(TRADED, of(SETTINGS, COMPANY, PlaceSet(zone=zone, country="CZ")))
    done(found.when(SetPriceListDays(price_list=TRADE, days=Days(last=on_monday(0).date())), at=TEN))
    assert [bought(found, at, on_monday(30)) for at in (last_on_monday, first_on_tuesday)] == [TRADE, RETAIL]


def test_without_a_place_there_is_no_day_and_nothing_is_priced() -> None:
    nowhere = [each for each in COMPANY_SO_FAR if not isinstance(each.event, PlaceSet)]
    given(nowhere).when(PlaceOrder(order=CART), at=TEN).refused(PlaceMissing)
    given(nowhere).when(enter(), at=TEN).refused(PlaceMissing)
    draft = DraftOrder(customer=MILL, currency="EUR", lines=(Wanted(product=FLOUR, quantity="1"),))
    assert done(given(nowhere).when(draft, at=TEN)).facts
    assert done(given(nowhere).when(SetOrderLine(order=CART, line=Wanted(product=FLOUR, quantity="1")), at=TEN)).facts


def test_those_merged_into_one_have_each_other_s_lists() -> None:
    together = [
        *of(CONTACT, BAKERY, ContactMerged(survivor=MILL)),
        *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY)),
    ]
    own = of(CONTACT, BAKERY, ContactPriceListAttached(price_list=TRADE))
    assert [bought(world(CHEAP, own, *more), TEN) for more in ([], [together])] == [RETAIL, TRADE]
    member = of(MEMBERSHIP, BAKERY, MemberJoined(group=VIP))
    for customer in (MILL, BAKERY):
        assert bought(world(CHEAP, BROUGHT, member, together), TEN, customer=customer) == TRADE


# Frozen


def confirmed() -> Given:
    found = world(TRADED)
    for command in (PlaceOrder(order=CART), ConfirmOrder(order=CART)):
        done(found.when(command, at=TEN))
    return found


def test_whatever_becomes_of_the_lists_a_confirmed_order_stays_as_it_is_until_somebody_asks() -> None:
    found = confirmed()
    before = order(found)
    assert before.total == Decimal("84.00")
    for command in (
        PutPrice(price_list=TRADE, product=FLOUR, price=price("6.00")),
        DetachPriceListFromGroup(group=VIP, price_list=TRADE),
        LeaveGroup(contact=MILL, group=VIP),
        RetireProduct(product=FLOUR),
    ):
        done(found.when(command, at=NOON))
        assert order(found) == before
    repriced = done(found.when(RepriceOrder(order=CART), at=EVENING))
    assert [fact.event.topic for fact in repriced.facts] == ["order.line-priced"] * 2 + ["order.repriced"]
    assert lists(order(found)) == {1: TRADE, 2: TRADE}  # of its day, on which the group still had the list
    assert order(found).total == Decimal("126.00")


def test_an_order_is_confirmed_at_what_is_known_then_of_its_own_day() -> None:
    found = world(TRADED)
    done(found.when(PlaceOrder(order=CART), at=TEN))
    done(found.when(LeaveGroup(contact=MILL, group=VIP), at=EVENING, happened=on_monday(9, 59)))
    done(found.when(ConfirmOrder(order=CART), at=EVENING))
    assert lists(order(found)) == {1: RETAIL, 2: RETAIL}
    assert order(found).total == Decimal("105.00")


def test_what_happens_after_the_placing_changes_nothing_of_what_is_confirmed() -> None:
    found = world(TRADED)
    done(found.when(PlaceOrder(order=CART), at=TEN))
    done(found.when(LeaveGroup(contact=MILL, group=VIP), at=NOON))
    confirming = done(found.when(ConfirmOrder(order=CART), at=EVENING))
    assert confirming.facts[-1].event == OrderConfirmed(total=Decimal("84.00"))
    assert lists(order(found)) == {1: TRADE, 2: TRADE}


def test_an_order_with_a_line_without_a_price_is_placed_and_not_confirmed() -> None:
    nothing = of(PRICES, table_id(RETAIL, FLOUR), PriceWithdrawn(unit=KILO))
    found = world(nothing)
    done(found.when(PlaceOrder(order=CART), at=TEN))
    assert lists(order(found)) == {1: None, 2: None}
    found.when(ConfirmOrder(order=CART), at=TEN).refused(PriceMissing)
    done(found.when(PutPrice(price_list=RETAIL, product=FLOUR, price=price("0")), at=NOON))
    done(found.when(ConfirmOrder(order=CART), at=NOON))
    assert order(found).total == 0


def test_a_line_that_is_set_later_has_the_price_of_the_order_s_day() -> None:
    found = world(TRADED)
    done(found.when(PlaceOrder(order=CART), at=TEN))
    done(found.when(DetachPriceListFromGroup(group=VIP, price_list=TRADE), at=NOON))
    asked = done(found.when(SetOrderLine(order=CART, line=Wanted(product=FLOUR, quantity="3")), at=EVENING))
    assert lists(order(found)) == {1: TRADE, 2: TRADE, 3: TRADE}
    assert [fact.event.topic for fact in asked.facts] == ["order.line-set", "order.line-priced"]


# What is ordered


def test_a_line_is_in_the_product_s_own_unit_where_it_says_none() -> None:
    found = world()
    for given_unit, unit in ((None, KILO), (KILO, KILO), (SACK, SACK)):
        (line,) = order(found, OrderId(done(found.when(enter(unit=given_unit), at=TEN)).answer.thing)).lines.values()
        assert line.line.unit == unit


def test_a_unit_is_the_product_s_or_one_that_the_company_lists() -> None:
    no_units = of(SETTINGS, COMPANY, UnitsListed(entries=()))
    world().when(enter(unit="litre"), at=TEN).refused(UnitNotListed)
    world(no_units).when(enter(unit=SACK), at=TEN).refused(UnitNotListed)
    assert bought(world(no_units), TEN, unit=KILO) == RETAIL


def test_only_what_is_sold_is_ordered() -> None:
    for product, refusal in ((BRAN, ProductNotSold), (ProductId("nowhere"), ProductUnknown)):
        line = Wanted(product=product, quantity="1")
        world().when(SetOrderLine(order=CART, line=line), at=TEN).refused(refusal)
        for kind in (DraftOrder, EnterOrder):
            world().when(kind(customer=MILL, currency="EUR", lines=(line,)), at=TEN).refused(refusal)


def test_what_was_drafted_before_the_product_was_retired_is_ordered_all_the_same() -> None:
    found = world(of(PRODUCT, FLOUR, ProductRetired()))
    for command in (PlaceOrder(order=CART), RemoveOrderLine(order=CART, number=1), ConfirmOrder(order=CART)):
        done(found.when(command, at=TEN))


# Who may


SELLS = of(WORKER, ANNA, WorkerRightGranted(right=Right.SALES))
PRICED = [
    OrderLinePriced(number=n, priced=Priced(day=on_monday(0).date(), currency="EUR", quantity=Decimal(quantity)))
    for n, quantity in ((1, 1), (2, 20))
]
ON_ORDERS: list[Command] = [
    SetOrderLine(order=CART, line=Wanted(product=FLOUR, quantity="1")),
    RemoveOrderLine(order=CART, number=1),
    PlaceOrder(order=CART),
    CancelOrder(order=CART),
    RepriceOrder(order=CART),
]


def test_an_order_takes_the_basic_right_and_an_offer_that_to_sell() -> None:
    assert bought(world(), TEN) == RETAIL
    assert done(world().when(enter(), actor=ANNA, at=TEN)).facts
    world().when(OfferOrder(order=CART), actor=ANNA, at=TEN).refused(RightMissing)
    assert done(world(SELLS).when(OfferOrder(order=CART), actor=ANNA, at=TEN)).facts


@pytest.mark.parametrize("command", ON_ORDERS, ids=lambda command: command.topic)
def test_an_offer_is_unknown_to_whoever_may_not_sell_until_it_is_placed(command: Command) -> None:
    offer = of(ORDER, CART, OrderOffered(), *PRICED, at=on_monday(9, 30))
    world(offer).when(command, actor=ANNA, at=TEN).refused(OrderUnknown)
    assert world(offer).when(command, actor=SYSTEM, at=TEN).answer.code == ""
    assert world(SELLS, offer).when(command, actor=ANNA, at=TEN).answer.code == ""
    if not isinstance(command, PlaceOrder):
        placed = of(ORDER, CART, OrderPlaced(), at=on_monday(9, 40))
        assert world(offer, placed).when(command, actor=ANNA, at=TEN).answer.code == ""


@pytest.mark.parametrize("command", [*ON_ORDERS, ConfirmOrder(order=CART), SettleOrder(order=CART)], ids=repr)
def test_an_order_of_a_customer_who_is_hidden_is_like_one_that_is_not_there(command: Command) -> None:
    for stage in ([], of(ORDER, BREAD, OrderPlaced(), at=on_monday(9, 30))):
        for id in (BREAD, OrderId("nowhere")):
            hidden = command.model_copy(update={"order": id})
            world(SELLS, stage).when(hidden, actor=ANNA, at=TEN).refused(OrderUnknown)


def test_prices_are_refused_without_the_list_the_product_or_the_unit() -> None:
    nowhere = PriceListId("nowhere"), ProductId("nowhere")
    for kind in (PutPrice, ReplacePrices):
        what: dict[str, Any] = {"price": BY_TEN} if kind is PutPrice else {"prices": (BY_TEN,)}
        world().when(kind(price_list=nowhere[0], product=FLOUR, **what), at=TEN).refused(PriceListUnknown)
        world().when(kind(price_list=RETAIL, product=nowhere[1], **what), at=TEN).refused(ProductUnknown)
        no_units = of(SETTINGS, COMPANY, UnitsListed(entries=()))
        world(no_units).when(kind(price_list=TRADE, product=FLOUR, **what), at=TEN).refused(UnitNotListed)
    gone = WithdrawPrice(price_list=RETAIL, product=FLOUR, unit="litre")
    assert done(world().when(gone, at=TEN)).facts == []
    world().when(ListProduct(number="X", name="X", unit="litre"), at=TEN).refused(UnitNotListed)


def test_a_price_that_stands_is_corrected_though_its_unit_is_listed_no_longer() -> None:
    no_units = of(SETTINGS, COMPANY, UnitsListed(entries=()))
    for command in (
        PutPrice(price_list=RETAIL, product=FLOUR, price=price("6.00")),
        ReplacePrices(price_list=RETAIL, product=FLOUR, prices=(price("6.00"), price("5.00", SACK))),
    ):
        assert done(world(no_units).when(command, at=TEN)).facts


def test_prices_of_a_retired_product_may_still_be_set() -> None:
    assert done(world().when(PutPrice(price_list=RETAIL, product=BRAN, price=price("1.00")), at=TEN)).facts


# What a decision rests on


def rests_on(found: Given, command: Command) -> set[str]:
    """The streams whose versions guard the decision."""
    reads: list[dict[str, int]] = []
    append = found.log.append

    async def noting(attempts: Any) -> Any:
        reads.extend(attempt.reads for attempt in attempts)
        return await append(attempts)

    found.log.append = noting  # type: ignore[method-assign]
    done(found.when(command, at=TEN))
    return set(reads[-1])


BEHIND = [
    *of(PRICE_LIST, "later", PriceListOpened(name="Later", priority=7, currency="EUR")),
    *of(PRICES, table_id(PriceListId("later"), FLOUR), PriceSet(price=price("1.00"))),
    *of(CONTACT, MILL, ContactPriceListAttached(price_list="later")),
]


def test_a_price_rests_on_whatever_could_have_made_it_another_one_and_on_no_more() -> None:
    reads = rests_on(world(TRADED, BEHIND), PlaceOrder(order=CART))
    assert reads == {
        *("order-cart", "directory-customers", "contact-mill", "membership-mill", "group-vip", "settings-company"),
        *("price-list-trade", "price-list-retail", "price-list-later", "prices-trade.flour"),
    }


def test_lists_that_were_tried_in_vain_are_rested_on_too() -> None:
    reads = rests_on(world(BROUGHT, MEMBER, BEHIND), PlaceOrder(order=CART))
    assert {"prices-trade.flour", "prices-later.flour"} <= reads
    assert "prices-retail.flour" not in reads


def test_a_line_set_alone_reads_no_prices_of_the_others() -> None:
    bran = OrderLineSet(number=1, line=OrderLine(product=BRAN, quantity=Decimal(1), unit=KILO))
    other = OrderId("other")
    placed = of(ORDER, other, OrderDrafted(customer=MILL, currency="EUR"), bran, OrderPlaced(), at=NINE)
    reads = rests_on(world(placed), SetOrderLine(order=other, line=Wanted(product=FLOUR, quantity="2")))
    assert {each for each in reads if each.startswith("prices-")} == {"prices-retail.flour"}


def test_a_stale_process_sells_at_no_price_of_before() -> None:
    found = world(TRADED)
    other = Given(found.log)
    assert bought(other, TEN) == TRADE
    done(found.when(PutPrice(price_list=TRADE, product=FLOUR, price=price("6.00")), at=TEN))
    asked = done(other.when(enter(), at=TEN))
    sold = order(other, OrderId(asked.answer.thing)).lines[1].priced
    assert sold is not None
    assert sold.winner is not None
    assert sold.winner.net == 6


def test_the_largest_order_over_many_lists_is_priced_in_few_reads() -> None:
    """Two hundred lines of a customer with a hundred lists, of which the last alone has prices."""
    more = []
    for n in range(100):
        id = PriceListId(f"list-{n}")
        more += of(PRICE_LIST, id, PriceListOpened(name=id, priority=n, currency="EUR"))
        more += of(CONTACT, MILL, ContactPriceListAttached(price_list=id))
    found = world(more)
    rounds: list[int] = []
    load = found.log.load

    async def counting(after: Any) -> Any:
        rounds.append(len(after))
        return await load(after)

    found.log.load = counting  # type: ignore[method-assign]
    lines = tuple(Wanted(product=FLOUR, quantity=str(n)) for n in range(1, 201))
    asked = done(found.when(EnterOrder(customer=MILL, currency="EUR", lines=lines), at=TEN))
    assert set(lists(order(found, OrderId(asked.answer.thing))).values()) == {RETAIL}
    assert len(rounds) < 15
