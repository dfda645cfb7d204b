"""What lists ask, what a customer may be asked, what was ordered: to each as much as is theirs to know (R-PRC-5)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.embedded import Running
from commands.clients.contact import AttachPriceListToContact
from commands.clients.group import AttachPriceListToGroup, DetachPriceListFromGroup
from commands.clients.merge import MergeContact
from commands.company.settings import ListUnits, SetBaseList, SetPlace
from commands.pricing.order import (
    ConfirmOrder,
    DraftOrder,
    EnterOrder,
    Given,
    OfferOrder,
    PlaceOrder,
    RemoveOrderLine,
)
from commands.pricing.price import PutPrice, ReplacePrices, WithdrawPrice
from commands.pricing.price_list import OpenPriceList, RankPriceList
from commands.pricing.product import ListProduct, RetireProduct
from commands.staff.worker import GrantRight
from domain.pricing.days import Days
from domain.pricing.price import Band, Price
from domain.staff.worker import Right

LISTS = {"base": 9, "vip-list": 2, "regulars-list": 1, "own-list": 3, "yen-list": 0}
YESTERDAY = Days.model_validate({"last": "2020-01-01"})


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """Anna sells, and may use the customers' directory; the group "regulars" and the bakery lie in the secret one."""
    with company_asked(new_place(servers, state)) as here:
        here.send(GrantRight(worker=here.company["anna"], right=Right.SALES))
        here.send(SetPlace(zone="Europe/Kyiv", country="UA"))
        here.send(ListUnits(entries=("pcs", "m")))
        for name in ("cup", "rope"):
            here.company[name] = here.send(ListProduct(number=f"{name}/1", name=name.title(), unit="pcs"))
        for name, priority in LISTS.items():
            currency = "JPY" if name == "yen-list" else "EUR"
            opened = OpenPriceList(name=name, priority=priority, currency=currency)
            here.company[name] = here.send(opened)
        here.send(SetBaseList(price_list=here.company["base"]))
        for group, price_list in (("vip", "vip-list"), ("regulars", "regulars-list"), ("vip", "yen-list")):
            attached = AttachPriceListToGroup(group=here.company[group], price_list=here.company[price_list])
            here.send(attached, minutes_ago=60)
        own = AttachPriceListToContact(contact=here.company["mill"], price_list=here.company["own-list"])
        here.send(own, minutes_ago=60)
        few, many = Band(up_to=Decimal("10.5")), Band(above=Decimal("10.5"))
        asks(here, "base", "cup", Price(unit="pcs", amount=Decimal(5)), Price(unit="m", amount=Decimal(2)))
        asks(here, "vip-list", "cup", *(Price(unit="pcs", band=each, amount=Decimal(4)) for each in (few, many)))
        asks(here, "regulars-list", "cup", Price(unit="pcs", amount=Decimal("3.99")))
        asks(here, "own-list", "cup", Price(unit="pcs", amount=Decimal(1), days=YESTERDAY))
        asks(here, "yen-list", "cup", Price(unit="pcs", amount=Decimal(600), per=100))
        yield here


def asks(here: Asker, price_list: str, product: str, *prices: Price) -> None:
    command = ReplacePrices(price_list=here.company[price_list], product=here.company[product], prices=prices)
    here.send(command)


def entered(here: Asker, customer: str, *quantities: str, product: str = "cup") -> str:
    lines = tuple(Given(product=here.company[product], quantity=Decimal(each)) for each in quantities)
    return here.send(EnterOrder(customer=here.company[customer], currency="EUR", lines=lines))


def called(here: Asker, rows: list[dict[str, Any]], of: str) -> list[str]:
    return [here.company.names[row[of]] for row in rows]


def test_products_are_for_everybody_who_works_here_and_lists_for_who_sells(here: Asker) -> None:
    here.company["old"] = here.send(ListProduct(number="old/1", name="Old", unit="m"))
    here.send(RetireProduct(product=here.company["old"]))
    assert called(here, here.ask("products", "boris", retired=True), "product") == ["old"]
    (cup,) = here.ask("products", "boris", number="cup/1")
    assert (cup["name"], cup["unit"], cup["retired"]) == ("Cup", "pcs", False)
    for question in ("price-lists", "prices", "price-list-holders", "candidate-prices"):
        about = {"price_list": here.company["base"], "contact": here.company["mill"], "product": here.company["cup"]}
        fields = {"price-lists": (), "candidate-prices": ("contact", "product")}.get(question, ("price_list",))
        assert here.refused(question, "boris", **{name: about[name] for name in fields}) == "RightMissing"


def test_lists_come_by_priority_and_one_is_the_base(here: Asker) -> None:
    rows = here.ask("price-lists", "anna")
    assert called(here, rows, "price_list") == sorted(LISTS, key=LISTS.__getitem__)
    assert [row["name"] for row in rows if row["base"]] == ["base"]
    here.send(RankPriceList(price_list=here.company["yen-list"], priority=20))
    assert called(here, here.ask("price-lists", "anna"), "price_list")[-1] == "yen-list"


def test_holders_are_told_as_far_as_the_asker_knows_them(here: Asker) -> None:
    def holders(name: str, actor: str) -> list[str]:
        return called(here, here.ask("price-list-holders", actor, price_list=here.company[name]), "thing")

    assert (holders("vip-list", "anna"), holders("own-list", "anna")) == (["vip"], ["mill"])
    assert (holders("regulars-list", "anna"), holders("regulars-list", "system")) == ([], ["regulars"])
    (row,) = here.ask("price-list-holders", "anna", price_list=here.company["own-list"])
    assert (row["contact_name"], row["group_name"], row["detached_at"]) == ("The mill", None, None)
    here.send(DetachPriceListFromGroup(group=here.company["vip"], price_list=here.company["yen-list"]))
    (row,) = here.ask("price-list-holders", "anna", price_list=here.company["yen-list"])
    assert row["detached_at"] > row["attached_at"]
    assert here.refused("price-list-holders", "anna", price_list="none-such") == "PriceListUnknown"


def test_prices_are_exact_and_come_by_unit_limit_and_day(here: Asker) -> None:
    rows = here.ask("prices", "anna", price_list=here.company["base"])
    assert [(row["unit"], row["amount"], row["per"]) for row in rows] == [("m", "2.00", 1), ("pcs", "5.00", 1)]
    bands = [(row["above"], row["up_to"]) for row in here.ask("prices", "anna", price_list=here.company["vip-list"])]
    assert bands == [(None, "10.5"), ("10.5", None)]
    (yen,) = here.ask("prices", "anna", price_list=here.company["yen-list"])
    assert (yen["amount"], yen["per"], yen["number"], yen["name"]) == ("600", 100, "cup/1", "Cup")
    rope = {"price_list": here.company["base"], "product": here.company["rope"]}
    here.send(PutPrice(**rope, price=Price(unit="m", amount=Decimal("0.50"))))
    (row,) = here.ask("prices", "anna", **rope)
    assert row["amount"] == "0.50"
    here.send(WithdrawPrice(**rope, unit="m"))
    assert here.ask("prices", "anna", **rope) == []
    assert here.refused("prices", "anna", price_list="none-such") == "PriceListUnknown"


def test_candidates_stand_in_the_order_of_trying_without_what_is_hidden(here: Asker) -> None:
    def candidates(actor: str, contact: str = "mill") -> list[tuple[str, str]]:
        rows = here.ask("candidate-prices", actor, contact=here.company[contact], product=here.company["cup"])
        return [(row["name"], row["amount"]) for row in rows]

    for_all = [("base", "2.00"), ("base", "5.00")]
    assert candidates("anna") == [("vip-list", "4.00")] * 2 + for_all
    assert candidates("system") == [("regulars-list", "3.99")] + [("vip-list", "4.00")] * 2 + for_all
    assert candidates("anna", "shop") == for_all
    about = {"contact": here.company["bakery"], "product": here.company["cup"]}
    assert here.refused("candidate-prices", "anna", **about) == "ContactUnknown"


def test_a_price_on_a_visible_order_is_shown_and_its_list_to_who_sells(here: Asker) -> None:
    order = entered(here, "mill", "10.5", "3")
    row = here.ask("order", "boris", order=order)
    assert (row["stage"], row["total"], row["lines"], row["customer_name"]) == ("placed", "53.87", 2, "The mill")
    seen = [here.ask("order-lines", actor, order=order) for actor in ("boris", "anna")]
    assert [line["net"] for line in seen[0]] == ["41.90", "11.97"]
    assert [line["price_list_name"] for line in seen[0] + seen[1]] == [None] * 2 + ["regulars-list"] * 2
    here.send(RemoveOrderLine(order=order, number=1))
    assert [line["number"] for line in here.ask("order-lines", "boris", order=order)] == [2]
    for question in ("order", "order-lines"):
        for missing in (entered(here, "bakery", "1"), "none-such"):
            assert here.refused(question, "boris", order=missing) == "OrderUnknown"


def test_an_offer_is_for_who_sells_until_it_is_placed(here: Asker) -> None:
    lines = (Given(product=here.company["cup"], quantity=Decimal(1)),)
    order = here.send(DraftOrder(customer=here.company["farm"], currency="EUR", lines=lines))
    assert here.ask("order", "boris", order=order)["total"] is None
    here.send(OfferOrder(order=order))
    assert here.refused("order", "boris", order=order) == "OrderUnknown"
    assert here.ask("orders", "boris", customer=here.company["farm"]) == []
    assert here.ask("orders", "anna", customer=here.company["farm"])[0]["total"] == "5.00"
    here.send(PlaceOrder(order=order))
    assert here.ask("orders", "boris", customer=here.company["farm"])[0]["stage"] == "placed"
    assert here.refused("orders", "zoe") == "RightMissing"


def test_orders_come_newest_first_and_are_those_of_customers_one_knows(here: Asker) -> None:
    entered(here, "bakery", "1")
    shown = {here.company.names[row["customer"]] for row in here.ask("orders", "boris")}
    assert "bakery" not in shown
    assert "bakery" in {here.company.names[row["customer"]] for row in here.ask("orders")}
    drafted = [row["draft_at"] for row in here.ask("orders")]
    assert drafted == sorted(drafted, reverse=True)
    assert here.ask("orders", "clara") == []


def test_the_overview_counts_confirmed_orders_under_every_group_one_knows(here: Asker) -> None:
    order = entered(here, "mill", "2", "0.5")
    here.send(ConfirmOrder(order=order, total=Decimal("9.98")))
    for customer in ("shop", "bakery"):
        here.send(ConfirmOrder(order=entered(here, customer, "1")))

    def overview(actor: str, **data: Any) -> list[tuple[str | None, str, int, str, str]]:
        rows = here.ask("order-overview", actor, **data)
        return [
            (r["group_name"], here.company.names[r["customer"]], r["orders"], r["quantity"], r["net"]) for r in rows
        ]

    assert sorted(overview("boris"), key=str) == [
        ("Vip", "mill", 1, "2.5", "9.98"),
        (None, "shop", 1, "1", "5.00"),
    ]
    assert ("Regulars", "mill", 1, "2.5", "9.98") in overview("system")
    assert ("Vip", "bakery", 1, "1", "4.00") in overview("system")
    assert overview("boris", group=here.company["vip"]) == [("Vip", "mill", 1, "2.5", "9.98")]
    assert overview("boris", group=here.company["regulars"]) == []
    assert overview("boris", last="2020-01-01") == []
    assert overview("clara") == []
    days = {row["period"] for row in here.ask("order-overview", "boris", period="year")}
    assert {day[4:] for day in days} == {"-01-01"}


def test_the_overview_goes_by_pages_and_merged_customers_are_one(here: Asker) -> None:
    here.send(MergeContact(contact=here.company["shop"], survivor=here.company["mill"]))
    whole = here.ask("order-overview", "boris")
    assert {here.company.names[row["customer"]] for row in whole} == {"mill"}
    assert sum(Decimal(row["net"]) for row in whole if row["group_name"] == "Vip") == Decimal("14.98")
    paged, cursor = [], None
    while cursor is not None or not paged:
        reply = here.reply("order-overview", "boris", limit=1, cursor=cursor).body
        paged += reply["rows"]
        cursor = reply["next"]
    assert paged == whole


def test_what_the_company_has_not_settled_is_listed(here: Asker) -> None:
    rows = {row["setting"]: row for row in here.ask("readiness", "anna")}
    assert (rows["base-list"]["value_name"], rows["units"]["value"]) == ("base", "2")
    assert [row["entry"] for row in here.ask("code-lists", "anna", code_list="units")] == ["pcs", "m"]
