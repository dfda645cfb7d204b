"""A file of prices as the requests of an import: what it says of a product in the list is all there is to be of it.

Only products of which the file says anything else than the list are asked for, each in one request; so the same file
does nothing twice, and an import that was cut off is finished by another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from adapters.contacts.card import Fault
from adapters.helpdesk.step import Phase, Step
from adapters.nats.client import new_command_id
from adapters.prices.shop import Shop
from adapters.prices.table import Row, Sheet
from commands.pricing.price import ReplacePrices
from domain.pricing.money import AmountNotExact, exact
from domain.pricing.price import MOST_PRICES, Price, PricesOverlap, TooManyPrices
from domain.pricing.product import ProductUnknown, UnitNotListed
from domain.values import ProductId

COLUMNS: Mapping[tuple[str, ...], str] = {
    ("band", "above"): "above",
    ("band", "up_to"): "up_to",
    ("band",): "up_to",
    ("days", "first"): "first",
    ("days", "last"): "last",
    ("days",): "last",
}
"""Where in the file that stands of which a price is made."""

SHAPES = {
    **dict.fromkeys(("first", "last"), (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "A day is written like 2024-02-29.")),
    "per": (r"[1-9][0-9]*", "It is a whole number such as 100."),
}
"""What else a type would take for a day or a number: a count of seconds, an underscore."""

COMMA = re.compile(r"[0-9]+,[0-9]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent, why what is refused is not, and how much is to be set, withdrawn and left."""

    phases: Sequence[Phase]
    faults: Sequence[Fault]
    counts: Mapping[str, int]
    places: Mapping[str, Fault]
    """By what a step is about, the place of a fault there."""


@dataclass(slots=True)
class Table:
    """What the file asks for one product."""

    first: Row
    prices: dict[Price, Row] = field(default_factory=dict)
    spoiled: bool = False


@dataclass(slots=True)
class Reader:
    """Reads rows against the shop; whatever is wrong with one row of a product, none of it is sent."""

    shop: Shop
    faults: list[Fault]
    tables: dict[ProductId, Table] = field(default_factory=dict)

    def read(self, row: Row) -> None:
        found = self.shop.products.get(row.cells.get("number", ""), ())
        if len(found) != 1:
            self.faults.append(_unknown(row, len(found)))
            return
        product = found[0]
        table = self.tables.setdefault(ProductId(product["product"]), Table(row))
        fault = self._price(row, product["product"], product["unit"], table)
        if fault is not None:
            self.faults.append(fault)
            table.spoiled = True

    def _price(self, row: Row, product: str, usual: str, table: Table) -> Fault | None:
        cells = row.cells
        if (misshapen := _misshapen(row)) is not None:
            return misshapen
        told: dict[str, Any] = {
            "unit": cells.get("unit", usual),
            "band": {"above": cells.get("above"), "up_to": cells.get("up_to")},
            "days": {"first": cells.get("first"), "last": cells.get("last")},
            "amount": cells.get("amount"),
            "per": cells.get("per", 1),
        }
        try:
            price = Price.model_validate(told)
            price = price.model_copy(update={"amount": exact(price.amount, self.shop.currency)})
        except ValidationError as error:
            return _misread(row, error)
        except AmountNotExact as refusal:
            return row.fault("amount", refusal.code, refusal.sentence)
        stands = any(price.place == each.place for each in self.shop.asked.get(product, ()))
        if price.unit not in self.shop.units and not stands:
            return row.fault("unit", UnitNotListed.__name__, UnitNotListed().sentence)
        if len(table.prices) >= MOST_PRICES:
            return row.fault("", TooManyPrices.__name__, TooManyPrices().sentence)
        met = next((other for known, other in table.prices.items() if known.meets(price)), None)
        if met is not None:
            why = f"{PricesOverlap().sentence[:-1]}: this line and line {met.line}."
            return row.fault("", PricesOverlap.__name__, why)
        table.prices[price] = row
        return None


def planned(shop: Shop, sheet: Sheet, actor: str, *, complete: bool) -> Plan:
    """The plan of a file; a complete one takes the products that it does not name off the list."""
    reader = Reader(shop, [*sheet.faults])
    for row in sheet.rows:
        reader.read(row)
    wanted = {product: table.prices for product, table in reader.tables.items() if not table.spoiled}
    firsts = {product: table.first for product, table in reader.tables.items()}
    nameless = sheet.faults or any(fault.column == "number" for fault in reader.faults)
    whole = complete and not nameless  # else a product that is missing may be the one whose number is wrong
    gone = [ProductId(product) for product in shop.asked if whole and product not in reader.tables]
    changed = {product: prices for product, prices in wanted.items() if prices.keys() != _asked(shop, product)}
    steps = [*_steps(shop, changed, actor), *_steps(shop, {product: {} for product in gone}, actor)]
    counts = {
        "products": len(wanted) + len(gone),
        "unchanged": len(wanted) - len(changed),
        "prices_set": sum(len(prices.keys() - _asked(shop, product)) for product, prices in changed.items()),
        "prices_withdrawn": sum(
            len(_asked(shop, product) - wanted.get(product, {}).keys()) for product in (*changed, *gone)
        ),
    }
    places = {f"product {product}": row.fault("", "", "") for product, row in firsts.items()}
    faults = sorted(reader.faults, key=lambda fault: fault.line)
    return Plan([Phase("prices", [[step] for step in steps], vital=False)], faults, counts, places)


def _asked(shop: Shop, product: str) -> frozenset[Price]:
    return frozenset(shop.asked.get(product, ()))


def _steps(shop: Shop, tables: Mapping[ProductId, Mapping[Price, Any]], actor: str) -> Iterator[Step]:
    for product, prices in tables.items():
        command = ReplacePrices(price_list=shop.price_list, product=product, prices=tuple(prices))
        yield Step(new_command_id(), command, actor, None, f"product {product}")


def _unknown(row: Row, found: int) -> Fault:
    if found:
        return row.fault("number", "ProductAmbiguous", f"{found} products have this number.")
    return row.fault("number", ProductUnknown.__name__, ProductUnknown().sentence)


def _misshapen(row: Row) -> Fault | None:
    """A cell of another shape than is written here; a decimal comma is pointed out, and never read as a point."""
    for column in ("amount", "above", "up_to", "per"):
        if COMMA.fullmatch(row.cells.get(column, "")):
            return row.fault(column, "Malformed", "A number has a decimal point, not a comma.")
    for column, (shape, why) in SHAPES.items():
        if column in row.cells and not re.fullmatch(shape, row.cells[column]):
            return row.fault(column, "Malformed", why)
    return None


def _misread(row: Row, error: ValidationError) -> Fault:
    """The first thing that is wrong, by the column in which it stands; what was typed is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = tuple(str(part) for part in first["loc"])
    return row.fault(COLUMNS.get(where, where[-1] if where else ""), "Malformed", first["msg"])
