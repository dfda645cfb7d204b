"""A market: so many prices in a hundred lists, a group that carries each, and customers who are in the first groups.

Everything follows from its size, so that whoever knows that knows all ids. One list in three has a product by the
piece, the others by the metre; of every fifty products one is to be had by the piece in the last list alone, so that
whoever wants a piece of it is led past all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from uuid import uuid5

from adapters.bench.crowd import NAMES, contact_id
from commands.pricing.order import Given
from commands.reckonings.price import PriceAsked, Quotation
from domain.pricing.price import Price
from domain.values import PriceListId, ProductId

LISTS = 100
CURRENCY, PIECE, METRE = "EUR", "pcs", "m"
IN_SO_MANY = (1, 10, LISTS)
"""Of how many groups the customers are members."""

QUANTITY = Decimal(3)
FIFTY, HARD_TO_FIND = 50, 49
MIXED = 2654435761
"""Neighbours go far apart by it."""


def price_list_id(number: int) -> PriceListId:
    return PriceListId(f"list-{number}")


def product_id(number: int) -> ProductId:
    """Not kept in mind: there are too many."""
    return ProductId(str(uuid5(NAMES, f"product {number}")))


@dataclass(frozen=True, slots=True)
class Market:
    """How many prices there are, one for each product in each list."""

    prices: int

    @property
    def products(self) -> int:
        return self.prices // LISTS

    def price(self, price_list: int, product: int) -> Price:
        """What the list asks for the product, and in which unit."""
        last = price_list == LISTS - 1
        has = last if product % FIFTY == HARD_TO_FIND else (price_list + product) % 3 == 0 or last
        amount = Decimal(100 + (7 * price_list + 13 * product) % 9_900) / 100
        return Price(unit=PIECE if has else METRE, amount=f"{amount:.2f}")

    def winner(self, product: int) -> tuple[int, Decimal, PriceListId] | None:
        """Priority, amount and list of the price that a customer with all lists pays for a piece."""
        prices = ((number, self.price(number, product)) for number in range(LISTS))
        found = next(((number, price.amount) for number, price in prices if price.unit == PIECE), None)
        return None if found is None else (*found, price_list_id(found[0]))

    def wanted(self) -> Iterator[int]:
        """Products without end, neighbours far apart."""
        return (n * MIXED % 2**32 % self.products for n in count())


def customer(groups: int) -> str:
    """Who is in so many groups."""
    return contact_id(IN_SO_MANY.index(groups))


def single(market: Market, groups: int) -> Iterator[PriceAsked]:
    """The price of one line after the other."""
    for product in market.wanted():
        yield PriceAsked(
            customer=customer(groups), product=product_id(product), quantity=QUANTITY, unit=PIECE, currency=CURRENCY
        )


def bulk(market: Market, lines: int) -> Iterator[Quotation]:
    """So many lines at once, for who is in all groups."""
    wanted = market.wanted()
    while True:
        given = tuple(Given(product=product_id(next(wanted)), quantity=QUANTITY, unit=PIECE) for _ in range(lines))
        yield Quotation(customer=customer(LISTS), currency=CURRENCY, lines=given)
