"""What a list asks for a product: prices by unit, quantity band and days, of which no two may ever meet (R-PRC-4).

A band is (lower, upper]: a quantity equal to a limit belongs to the lower band (D18). What lies in no band has no price
in this list. A price is set and corrected by facts and never overwritten: what it was stays askable (N-3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, model_validator

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.pricing.days import ALWAYS, Days
from domain.pricing.money import Amount, Quantity, exact, plain
from domain.refusal import Refused, require
from domain.values import PriceListId, ProductId, Unit

MOST_PRICES = 200
"""Of one product in one list."""

Many = Annotated[int, Field(ge=1, le=1_000_000)]
"""So many units."""


class Band(BaseModel, frozen=True, extra="forbid"):
    """Above the lower limit, up to the upper one; without a lower limit from zero on, without an upper one any."""

    above: Quantity | None = None
    up_to: Quantity | None = None

    @model_validator(mode="after")
    def _forward(self) -> Band:
        if self.above is not None and self.up_to is not None and self.up_to <= self.above:
            raise ValueError("the upper limit is not above the lower one")
        return self

    def __str__(self) -> str:
        return (
            f"({'0' if self.above is None else plain(self.above)}, {'…' if self.up_to is None else plain(self.up_to)}]"
        )

    def has(self, quantity: Decimal) -> bool:
        return (self.above is None or self.above < quantity) and (self.up_to is None or quantity <= self.up_to)

    def meets(self, other: Band) -> bool:
        """Whether there is a quantity in both."""
        begins = self.above is None or other.up_to is None or self.above < other.up_to
        ends = self.up_to is None or other.above is None or other.above < self.up_to
        return begins and ends


ANY_QUANTITY = Band()


class Price(BaseModel, frozen=True, extra="forbid"):
    """So much money, in the list's currency, for so many units; it may be zero on purpose."""

    unit: Unit
    band: Band = ANY_QUANTITY
    days: Days = ALWAYS
    amount: Amount
    per: Many = 1

    def __str__(self) -> str:
        return f"{plain(self.amount)} for {self.per} {self.unit}, {self.band}, {self.days}"

    @property
    def place(self) -> Place:
        """Where it stands among the others of its product."""
        return Place(self.unit, self.band.above, self.days.first)

    def meets(self, other: Price) -> bool:
        """Whether there is a quantity on some day for which both would be asked."""
        return self.unit == other.unit and self.band.meets(other.band) and self.days.meets(other.days)

    def of(self, quantity: Decimal) -> Fraction:
        """What the quantity comes to, not yet rounded."""
        return Fraction(self.amount) * Fraction(quantity) / self.per


class Place(NamedTuple):
    """Where a price stands: no two prices of a product stand at the same."""

    unit: str
    above: Decimal | None
    first: date | None


Prices = Annotated[tuple[Price, ...], Field(max_length=MOST_PRICES)]


class PriceSet(Event, topic="prices.set"):
    """This is the price here; one that stood at this place was wrong, or is to be another."""

    price: Price


class PriceWithdrawn(Event, topic="prices.withdrawn"):
    """There is no price at this place."""

    unit: Unit
    above: Quantity | None = None
    first: date | None = None


PriceEvent = PriceSet | PriceWithdrawn


class PricesOverlap(Refused):
    """Two prices of the product would hold for the same quantity on the same day."""


class TooManyPrices(Refused):
    """A product has two hundred prices in a list at most."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All prices of one product in one list; the stream is named after both."""

    prices: tuple[Price, ...] = ()

    def at(self, place: Place) -> Price | None:
        """The price that stands there."""
        return next((price for price in self.prices if price.place == place), None)


def table_id(price_list: PriceListId, product: ProductId) -> str:
    """What the table of a product in a list is called; ids have no point in them."""
    return f"{price_list}.{product}"


def set_price(table: PriceTable, price: Price, currency: str) -> Iterator[PriceEvent]:
    """In the place of the one that stands there, if one does."""
    price = _written(price, currency)
    if price == table.at(price.place):
        return
    others = [each for each in table.prices if each.place != price.place]
    require(not any(price.meets(each) for each in others), otherwise=PricesOverlap)
    require(len(others) < MOST_PRICES, otherwise=TooManyPrices)
    yield PriceSet(price=price)


def withdraw(table: PriceTable, place: Place) -> Iterator[PriceEvent]:
    """A price that does not stand there is none to withdraw."""
    if table.at(place) is not None:
        yield PriceWithdrawn(unit=place.unit, above=place.above, first=place.first)


def replace_all(table: PriceTable, prices: Iterable[Price], currency: str) -> Iterator[PriceEvent]:
    """These prices and no others; what stands already stays as it is, and no two meet at any moment between."""
    given = [_written(price, currency) for price in prices]
    require(not any(one.meets(other) for one, other in combinations(given, 2)), otherwise=PricesOverlap)
    wanted = {price.place: price for price in given}
    for price in table.prices:
        if price.place not in wanted or _in_the_way(price, wanted):
            yield from withdraw(table, price.place)
    for price in wanted.values():
        if price != table.at(price.place):
            yield PriceSet(price=price)


def _in_the_way(price: Price, wanted: Mapping[Place, Price]) -> bool:
    """Whether it meets what is wanted elsewhere, before it is corrected itself."""
    return price != wanted[price.place] and any(
        price.meets(each) for place, each in wanted.items() if place != price.place
    )


def _written(price: Price, currency: str) -> Price:
    """With all decimals of the currency; refused where the amount has more of them."""
    return price.model_copy(update={"amount": exact(price.amount, currency)})


def evolve(table: PriceTable, fact: Fact[PriceEvent]) -> PriceTable:
    match fact.event:
        case PriceSet(price=price):
            return PriceTable((*_without(table, price.place), price))
        case PriceWithdrawn(unit=unit, above=above, first=first):
            return PriceTable(tuple(_without(table, Place(unit, above, first))))


def _without(table: PriceTable, place: Place) -> Iterator[Price]:
    return (price for price in table.prices if price.place != place)


PRICES = Decider("prices", PriceTable(), evolve, (PriceSet, PriceWithdrawn))
