"""Who ordered what, how much and for how much, per customer group and period, as far as the asker may know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import ClassVar

from domain.pricing.money import Total
from domain.pricing.order import Stage
from domain.staff.worker import Right
from domain.values import GroupId
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group import in_force
from projections.clients.group_members import MEMBERSHIPS
from projections.pricing.orders import ORDERED
from projections.pricing.products import ASSORTMENT
from projections.question import Answer, Leg, Listing
from projections.sight import open_contact, open_directory


class Period(StrEnum):
    """How long a period is; it begins on its first day."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class OverviewRow(Answer):
    """What a customer ordered of a product in a period: confirmed orders, counted under each group it was in then.

    Without a group: under none that the asker may know of. `net` is without taxes, in the currency.
    """

    group: str | None
    group_name: str | None
    period: date
    currency: str
    customer: str
    customer_name: str | None
    product: str
    product_number: str
    product_name: str
    unit: str
    orders: int
    quantity: Total
    net: Total


IN_GROUPS = f"""
    SELECT coalesce(am.survivor, m.contact) AS customer, m.group_id, m.joined_at, m.left_at
    FROM group_members m JOIN groups g ON g.group_id = m.group_id AND {open_directory("g.directory")}
    LEFT JOIN access_merged am ON am.contact = m.contact"""
COUNTED = f"o.stage IN ('{Stage.CONFIRMED}', '{Stage.SETTLED}') AND o.placed_on IS NOT NULL"
KEY = ("period", "group_id", "currency", "customer", "product", "unit")
SUMS = ("orders", "quantity", "net")
"""As words, so that a page's end is told exactly."""


class OrderOverview(
    Listing[OverviewRow],
    name="order-overview",
    rests_on=(ACCESS, CLIENT_FILE, MEMBERSHIPS, ORDERED, ASSORTMENT),
    rights=[Right.BASIC],
):
    """Who ordered what, how much and for how much, per group and period; of customers and groups that I may know."""

    group: GroupId | None = None
    first: date | None = None
    last: date | None = None
    period: Period = Period.MONTH

    narrowing: ClassVar = {"first": "o.placed_on >= %(first)s", "last": "o.placed_on <= %(last)s"}
    of = (*KEY, *SUMS)
    shows = """
        nullif(page.group_id, '') AS group, g.name AS group_name, page.period::date AS period, page.currency,
        page.customer, cn.name AS sealed_customer_name, page.product, p.number AS product_number,
        p.name AS product_name, page.unit, page.orders::int AS orders, page.quantity::numeric AS quantity,
        page.net::numeric AS net"""
    joins = """
        LEFT JOIN groups g ON g.group_id = page.group_id
        LEFT JOIN contact_names cn ON cn.contact = page.customer
        JOIN products p ON p.product = page.product"""

    def orders(self) -> str:
        """Each order under every group that counts, once: whoever may know of it is found before its lines are."""
        group = "WHERE %(group)s::text IS NULL OR gm.group_id = %(group)s"
        return f"""
            SELECT DISTINCT o.order_id, o.placed_on, o.currency, o.survivor, gm.group_id
            FROM (
                SELECT o.order_id, o.placed_on, o.placed_at, o.currency, coalesce(am.survivor, o.customer) AS survivor
                FROM orders o LEFT JOIN access_merged am ON am.contact = o.customer
                WHERE {COUNTED} AND {open_contact("o.customer")}{self.given()} OFFSET 0
            ) o LEFT JOIN ({IN_GROUPS}) gm ON gm.customer = o.survivor AND {in_force("gm", "o.placed_at")} {group}"""

    def rows(self) -> str:
        """One row for each key there is."""
        return f"""(
            SELECT to_char(date_trunc(%(period)s::text, o.placed_on::timestamp), 'YYYY-MM-DD') AS period,
                   coalesce(o.group_id, '') AS group_id, o.currency, o.survivor AS customer, l.product, l.unit,
                   count(DISTINCT o.order_id)::text AS orders, trim_scale(sum(l.quantity))::text AS quantity,
                   sum(l.net)::text AS net
            FROM ({self.orders()}) o JOIN order_lines l ON l.order_id = o.order_id
            GROUP BY 1, 2, 3, 4, 5, 6)"""

    def legs(self) -> Sequence[Leg]:
        return [Leg(f"FROM {self.rows()} s WHERE true", {f"s.{name}": "text" for name in self.of})]
