"""Price lists, who has them, and what they ask: for whoever holds the sales right (R-PRC-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from domain.pricing.money import Amount, Currency, Total
from domain.pricing.price_list import PriceListUnknown
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import PriceListId, ProductId, Reference
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.names import CALLED
from projections.pricing.price_lists import LISTED
from projections.pricing.prices import ASKED_FOR
from projections.pricing.products import ASSORTMENT
from projections.question import Answer, Leg, Listing
from projections.sight import open_contact, open_directory


class ProductRow(Answer):
    """A product under the company's own number, and what it is counted in."""

    product: str
    number: str
    name: str
    unit: str
    retired: bool


class Products(Listing[ProductRow], name="products", rests_on=(ASSORTMENT,), rights=[Right.BASIC, Right.SALES]):
    """The products that are sold, or were."""

    number: Reference | None = None
    retired: bool | None = None

    narrowing: ClassVar = {"number": "p.number = %(number)s", "retired": "p.retired"}
    of = ("product",)
    shows = "p.product, p.number, p.name, p.unit, p.retired"
    joins = "JOIN products p ON p.product = page.product"

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM products p WHERE true{self.given()}", {"p.product": "text"})]


KNOWN = "EXISTS (SELECT FROM price_lists pl WHERE pl.price_list = %(price_list)s)"
BASE = "EXISTS (SELECT FROM company_settings b WHERE b.setting = 'base-list' AND b.value = pl.price_list)"


class PriceListRow(Answer):
    """A price list; without a first or a last day it is valid from ever or for ever."""

    price_list: str
    name: str
    priority: int
    currency: str
    first: date | None
    last: date | None
    base: bool


class PriceLists(Listing[PriceListRow], name="price-lists", rests_on=(LISTED, RESPONSIBLE), rights=[Right.SALES]):
    """All price lists, in the order of their priorities."""

    currency: Currency | None = None

    narrowing: ClassVar = {"currency": "pl.currency = %(currency)s"}
    of = ("price_list",)
    shows = f"pl.price_list, pl.name, pl.priority, pl.currency, pl.first, pl.last, {BASE} AS base"
    joins = "JOIN price_lists pl ON pl.price_list = page.price_list"

    def legs(self) -> Sequence[Leg]:
        key = {"pl.priority": "bigint", "pl.price_list": "text"}
        return [Leg(f"FROM price_lists pl WHERE true{self.given()}", key)]


class HolderRow(Answer):
    """A group or a contact that has a price list, from when until when: [attached, detached)."""

    kind: str
    thing: str
    group_name: str | None
    contact_name: str | None
    attached_at: datetime
    detached_at: datetime | None


OPEN_HOLDER = f"""(h.kind = 'group' AND EXISTS (
        SELECT FROM groups g WHERE g.group_id = h.thing AND {open_directory("g.directory")})
    OR h.kind = 'contact' AND {open_contact("h.thing")})"""


class PriceListHolders(
    Listing[HolderRow],
    name="price-list-holders",
    rests_on=(ACCESS, LISTED, MEMBERSHIPS, CLIENT_FILE, CALLED),
    rights=[Right.SALES],
):
    """The groups and contacts that have a price list, or had it, as far as I may know of them."""

    price_list: PriceListId

    of = ("kind", "thing", "since")
    shows = """
        h.kind, h.thing, gn.name AS group_name, cn.name AS sealed_contact_name, h.attached_at, h.detached_at"""
    joins = """
        JOIN price_list_holders h ON h.price_list = %(price_list)s
            AND (h.kind, h.thing, h.since) = (page.kind, page.thing, page.since)
        LEFT JOIN contact_names cn ON h.kind = 'contact' AND cn.contact = h.thing
        LEFT JOIN names gn ON h.kind = 'group' AND gn.kind = 'group' AND gn.id = h.thing"""

    def known(self) -> str:
        return KNOWN

    def unknown(self) -> type[Unknown]:
        return PriceListUnknown

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM price_list_holders h WHERE h.price_list = %(price_list)s AND {OPEN_HOLDER}"
        return [Leg(rows, {"h.kind": "text", "h.thing": "text", "h.since": "text"})]


class PriceRow(Answer):
    """A price: for quantities above the lower limit, up to the upper one, from the first day to the last."""

    product: str
    number: str
    name: str
    unit: str
    above: Total | None
    up_to: Total | None
    first: date | None
    last: date | None
    amount: Amount
    per: int


class Prices(Listing[PriceRow], name="prices", rests_on=(LISTED, ASKED_FOR, ASSORTMENT), rights=[Right.SALES]):
    """All that a list asks, product by product, by unit, band and days."""

    price_list: PriceListId
    product: ProductId | None = None

    narrowing: ClassVar = {"product": "p.product = %(product)s"}
    of = ("product", "spot")
    shows = """
        p.product, o.number, o.name, p.unit, p.above, p.up_to, p.first, p.last, p.amount, p.per"""
    joins = """
        JOIN prices p ON p.price_list = %(price_list)s AND p.product = page.product AND p.spot = page.spot
        JOIN products o ON o.product = p.product"""

    def known(self) -> str:
        return KNOWN

    def unknown(self) -> type[Unknown]:
        return PriceListUnknown

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM prices p WHERE p.price_list = %(price_list)s{self.given()}"
        return [Leg(rows, {"p.product": "text", "p.spot": "text"})]
