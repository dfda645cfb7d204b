"""Every price that may win for a customer and a product now, in the order in which lists are tried (D17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.clients.contact import ContactUnknown
from domain.pricing.money import Amount, Total
from domain.refusal import Unknown
from domain.staff.worker import Right
from domain.values import ContactId, ProductId
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group import in_force
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.pricing.price_lists import LISTED
from projections.pricing.prices import ASKED_FOR
from projections.question import Answer, Leg, Listing
from projections.sight import open_contact, open_directory

NOW = "%(now)s"
TODAY = f"({NOW} AT TIME ZONE (SELECT value FROM company_settings WHERE setting = 'zone'))::date"
"""Where the company is; while nobody knows where that is, no day is today."""

IN_FORCE = f"h.attached_at <= {NOW} AND (h.detached_at IS NULL OR h.detached_at > {NOW})"
HELD = f"""
    SELECT h.price_list, g.group_id, false AS own, false AS base
    FROM same_contact s JOIN group_members m ON m.contact = s.contact AND {in_force("m", NOW)}
    JOIN groups g ON g.group_id = m.group_id AND {open_directory("g.directory")}
    JOIN price_list_holders h ON h.kind = 'group' AND h.thing = g.group_id AND {IN_FORCE}
    UNION SELECT h.price_list, NULL, true, false
    FROM same_contact s JOIN price_list_holders h ON h.kind = 'contact' AND h.thing = s.contact AND {IN_FORCE}
    UNION SELECT value, NULL, false, true FROM company_settings WHERE setting = 'base-list'"""
BROUGHT = f"""
    SELECT b.price_list, array_remove(array_agg(b.group_id ORDER BY b.group_id), NULL) AS groups,
           bool_or(b.own) AS own, bool_and(b.base) AS base
    FROM ({HELD}) b GROUP BY b.price_list"""
ROWS = f"""(
    SELECT b.base, pl.priority, b.price_list, p.spot, pl.name, pl.currency, b.groups, b.own,
           p.unit, p.above, p.up_to, p.first, p.last, p.amount, p.per
    FROM ({BROUGHT}) b JOIN price_lists pl ON pl.price_list = b.price_list
    JOIN prices p ON p.price_list = b.price_list AND p.product = %(product)s
    WHERE (pl.first IS NULL OR pl.first <= {TODAY}) AND (pl.last IS NULL OR pl.last >= {TODAY})
    AND (p.first IS NULL OR p.first <= {TODAY}) AND (p.last IS NULL OR p.last >= {TODAY}) AND {TODAY} IS NOT NULL)"""


class CandidateRow(Answer):
    """A price with its list, and by what the customer has that: groups that the asker may know of, itself, the base."""

    price_list: str
    name: str
    priority: int
    currency: str
    unit: str
    above: Total | None
    up_to: Total | None
    first: date | None
    last: date | None
    amount: Amount
    per: int
    groups: tuple[str, ...]
    own: bool
    base: bool


class CandidatePrices(
    Listing[CandidateRow],
    name="candidate-prices",
    rests_on=(ACCESS, CLIENT_FILE, MEMBERSHIPS, RESPONSIBLE, LISTED, ASKED_FOR),
    rights=[Right.SALES],
):
    """What a customer may be asked for a product today, the lists in the order in which they are tried."""

    contact: ContactId
    product: ProductId

    of = ("price_list", "spot")
    shows = """
        c.price_list, c.name, c.priority, c.currency, c.unit, c.above, c.up_to, c.first, c.last, c.amount, c.per,
        c.groups, c.own, c.base"""
    joins = f"JOIN {ROWS} c ON c.price_list = page.price_list AND c.spot = page.spot"

    def known(self) -> str:
        return f"EXISTS (SELECT FROM contacts k WHERE k.contact = %(contact)s) AND {open_contact('%(contact)s::text')}"

    def unknown(self) -> type[Unknown]:
        return ContactUnknown

    def legs(self) -> Sequence[Leg]:
        key = {"c.base": "boolean", "c.priority": "bigint", "c.price_list": "text", "c.spot": "text"}
        return [Leg(f"FROM {ROWS} c WHERE true", key)]
