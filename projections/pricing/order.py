"""Orders of customers whom the asker may know; offers, and where a price came from, take the sales right (R-PRC-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from domain.pricing.money import Amount, Quantity, Total
from domain.pricing.order import OrderUnknown, Stage
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import ContactId, OrderId, Reference
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.names import CALLED
from projections.pricing.orders import ORDERED
from projections.pricing.products import ASSORTMENT
from projections.question import Answer, Keyed, Leg, Listing, Single
from projections.sight import holds, open_contact

OPEN = f"{open_contact('o.customer')} AND (NOT o.is_offer OR {holds(Right.SALES)})"
TESTED = f"(SELECT {OPEN} FROM orders o WHERE o.order_id = t.order_id)"
KNOWN = f"EXISTS (SELECT FROM orders o WHERE o.order_id = %(order)s AND {OPEN})"


class OrderRow(Answer):
    """An order, when each of its steps happened, and what it comes to, if every line has a price."""

    order: str
    customer: str
    customer_name: str | None
    currency: str
    reference: str | None
    stage: Stage
    draft_at: datetime
    offered_at: datetime | None
    placed_at: datetime | None
    placed_on: date | None
    confirmed_at: datetime | None
    settled_at: datetime | None
    cancelled_at: datetime | None
    lines: int
    total: Total | None


SHOWN = """
    o.order_id AS order, o.customer, cn.name AS sealed_customer_name, o.currency, o.reference, o.stage,
    o.draft_at, o.offered_at, o.placed_at, o.placed_on, o.confirmed_at, o.settled_at, o.cancelled_at,
    o.line_count AS lines, o.total"""
CALLED_WHAT = "LEFT JOIN contact_names cn ON cn.contact = o.customer"


class Orders(Listing[OrderRow], name="orders", rests_on=(ACCESS, CLIENT_FILE, ORDERED), rights=[Right.BASIC]):
    """The orders of customers whom I may know, the newest first."""

    customer: ContactId | None = None
    stage: Stage | None = None
    reference: Reference | None = None

    narrowing: ClassVar = {
        "customer": "o.customer IN (SELECT contact FROM same_contact)",
        "stage": "o.stage = %(stage)s",
        "reference": "o.reference = %(reference)s",
    }
    of = ("order_id",)
    shows = SHOWN
    joins = f"JOIN orders o ON o.order_id = page.order_id {CALLED_WHAT}"

    def parameters(self, _: Keyed) -> Mapping[str, Any]:
        return {} if self.customer is None else {"contact": self.customer}

    def legs(self) -> Sequence[Leg]:
        key = {"o.draft_at": "timestamptz", "o.order_id": "text"}
        return [Leg(f"FROM orders o WHERE true{self.given()}", key, descending=True, test=TESTED)]


class OneOrder(Single[OrderRow], name="order", rests_on=(ACCESS, CLIENT_FILE, ORDERED), rights=[Right.BASIC]):
    """One order."""

    order: OrderId

    sql = f"""
    answer AS (SELECT {SHOWN} FROM orders o {CALLED_WHAT} WHERE o.order_id = %(order)s AND {OPEN})
    SELECT * FROM answer"""

    def unknown(self) -> type[Unknown]:
        return OrderUnknown


class OrderLineRow(Answer):
    """A line with its price, if it has one; which list asks that is for whoever sells."""

    number: int
    product: str
    product_number: str
    product_name: str
    quantity: Quantity
    unit: str
    amount: Amount | None
    per: int | None
    net: Total | None
    price_list: str | None
    price_list_name: str | None


class OrderLines(
    Listing[OrderLineRow], name="order-lines", rests_on=(ACCESS, ORDERED, ASSORTMENT, CALLED), rights=[Right.BASIC]
):
    """The lines of an order of a customer whom I may know."""

    order: OrderId

    of = ("number",)
    shows = f"""
        l.number::int AS number, l.product, p.number AS product_number, p.name AS product_name, l.quantity, l.unit,
        l.amount, l.per, l.net, CASE WHEN {holds(Right.SALES)} THEN l.price_list END AS price_list,
        CASE WHEN {holds(Right.SALES)} THEN n.name END AS price_list_name"""
    joins = """
        JOIN order_lines l ON l.order_id = %(order)s AND l.number = page.number
        JOIN products p ON p.product = l.product
        LEFT JOIN names n ON n.kind = 'price-list' AND n.id = l.price_list"""

    def known(self) -> str:
        return KNOWN

    def unknown(self) -> type[Unknown]:
        return OrderUnknown

    def legs(self) -> Sequence[Leg]:
        return [Leg("FROM order_lines l WHERE l.order_id = %(order)s", {"l.number": "text"})]
