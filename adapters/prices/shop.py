"""What a company has that a file of prices or products speaks of: its products by number, its units, its lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.contacts.company import Desk, Row, Unplaced
from domain.pricing.price import Price
from domain.pricing.price_list import PriceListUnknown
from domain.values import PriceListId
from projections.company.readiness import CodeList, CodeLists
from projections.pricing.price_list import PriceLists, Prices, Products

Numbered = Mapping[str, Sequence[Row]]
"""The products of each number; of most numbers one."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A list with what it asks now, product by product, and the products and units that there are."""

    price_list: PriceListId
    currency: str
    units: frozenset[str]
    products: Numbered
    asked: Mapping[str, Mapping[Price, None]]


async def shop(desk: Desk, named: str) -> Shop:
    """The shop as far as it matters to the list of this id or name. Raises Unplaced, Declined, NoAnswer."""
    row = await price_list(desk, named)
    asked: dict[str, dict[Price, None]] = {}
    async for each in desk.rows(Prices(price_list=row["price_list"])):
        asked.setdefault(each["product"], {})[_price(each)] = None
    return Shop(PriceListId(row["price_list"]), row["currency"], await units(desk), await products(desk), asked)


async def price_list(desk: Desk, named: str) -> Row:
    """The list of this id or name. Raises Unplaced where it is none, or more than one."""
    rows = [row async for row in desk.rows(PriceLists()) if named in (row["price_list"], row["name"])]
    exact = [row for row in rows if row["price_list"] == named] or rows
    if len(exact) > 1:
        raise Unplaced(f"{named}: {len(exact)} price lists have this name; give the id")
    if not exact:
        raise Unplaced(f"{named}: {PriceListUnknown().sentence}")
    return exact[0]


async def products(desk: Desk) -> Numbered:
    """All products by their numbers."""
    found: dict[str, list[Row]] = {}
    async for row in desk.rows(Products()):
        found.setdefault(row["number"], []).append(row)
    return found


async def units(desk: Desk) -> frozenset[str]:
    """The company's list of units."""
    return frozenset([row["entry"] async for row in desk.rows(CodeLists(code_list=CodeList.UNITS))])


def _price(row: Row) -> Price:
    told = {
        "unit": row["unit"],
        "band": {"above": row["above"], "up_to": row["up_to"]},
        "days": {"first": row["first"], "last": row["last"]},
        "amount": row["amount"],
        "per": row["per"],
    }
    return Price.model_validate(told)
