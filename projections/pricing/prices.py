"""Every price that stands, by its list, its product and its place; a fact touches one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.fact import Fact
from domain.pricing.price import PRICES, Place, Price, PriceSet, PriceWithdrawn
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Table, words

PRICES_ASKED = Table(
    "prices",
    ("price_list", "product", "spot"),
    (
        *words("unit"),
        Column("above", Kind.DECIMAL),
        Column("up_to", Kind.DECIMAL),
        Column("first", Kind.DAY),
        Column("last", Kind.DAY),
        Column("amount", Kind.DECIMAL),
        Column("per", Kind.NUMBER),
    ),
)


def spot(place: Place) -> str:
    """A word for the place; words sort by unit, lower limit and first day."""
    return f"{place.unit} {place.above or 0:016.6f} {place.first or ''}"


def _row(price: Price) -> dict[str, Any]:
    return {
        "unit": price.unit,
        "above": price.band.above,
        "up_to": price.band.up_to,
        "first": price.days.first,
        "last": price.days.last,
        "amount": price.amount,
        "per": price.per,
    }


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    price_list, product = fact.stream.removeprefix(PRICES.stream("")).partition(".")[::2]
    match fact.event:
        case PriceSet(price=price):
            yield Put(PRICES_ASKED, (price_list, product, spot(price.place)), _row(price))
        case PriceWithdrawn(unit=unit, above=above, first=first):
            yield Drop(PRICES_ASKED, (price_list, product, spot(Place(unit, above, first))))


ASKED_FOR = ReadModel(
    name="prices",
    about="What every list asks for every product, by unit, band and days.",
    tables=(PRICES_ASKED,),
    facts=frozenset(PRICES.facts),
    project=project,
)
