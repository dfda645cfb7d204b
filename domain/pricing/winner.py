"""Of the lists that a customer has the first by priority wins that has a valid price; all others say why not (D17).

Of lists with equal priority the lower net price wins, then the smaller id. The base list comes last. Where no list has
a price there is none, which is not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.pricing.money import Currency, Quantity, Total, rounded
from domain.pricing.price import Price, PriceTable
from domain.pricing.terms import Applied
from domain.values import GroupId, PriceListId, ProductId


class Reason(StrEnum):
    """Why a list did not win."""

    OTHER_CURRENCY = "other-currency"
    NOT_VALID_ON_DATE = "not-valid-on-date"
    PRODUCT_NOT_IN_LIST = "product-not-in-list"
    OTHER_UNIT = "other-unit"
    BAND_NOT_REACHED = "band-not-reached"
    LOWER_PRIORITY = "lower-priority"
    TIE_LOST = "tie-lost"


class Line(NamedTuple):
    """What is to be priced."""

    product: ProductId
    quantity: Decimal
    unit: str


def same_currency(found: Applied, currency: str, _: date) -> bool:
    return found.list.currency == currency


def valid_list(found: Applied, _: str, day: date) -> bool:
    return found.list.days.has(day)


def any_price(_: Price, __: Line, ___: date) -> bool:
    return True


def same_unit(price: Price, line: Line, _: date) -> bool:
    return price.unit == line.unit


def valid_price(price: Price, _: Line, day: date) -> bool:
    return price.days.has(day)


def in_band(price: Price, line: Line, _: date) -> bool:
    return price.band.has(line.quantity)


LIST_RULES: tuple[tuple[Reason, Callable[[Applied, str, date], bool]], ...] = (
    (Reason.OTHER_CURRENCY, same_currency),
    (Reason.NOT_VALID_ON_DATE, valid_list),
)
"""What a list must be, by the currency and the day of the order; for these no price is looked at."""

PRICE_RULES: tuple[tuple[Reason, Callable[[Price, Line, date], bool]], ...] = (
    (Reason.PRODUCT_NOT_IN_LIST, any_price),
    (Reason.OTHER_UNIT, same_unit),
    (Reason.NOT_VALID_ON_DATE, valid_price),
    (Reason.BAND_NOT_REACHED, in_band),
)
"""What a price must be; the first that none of the product's prices keeps is why the list has none."""


class Has(BaseModel, frozen=True):
    """A list, and by what the customer has it: its groups, itself, or as the base list."""

    price_list: PriceListId
    priority: int
    groups: tuple[GroupId, ...] = ()
    own: bool = False
    base: bool = False


class Rejected(Has, frozen=True):
    """A list that the customer has and that did not win."""

    reason: Reason


class Winner(Has, frozen=True):
    """The list that won, its price, and what the line comes to, rounded half up to the currency's own exponent."""

    price: Price
    net: Total


class Priced(BaseModel, frozen=True):
    """The answer with its reasons; without a winner there is no price."""

    day: date
    currency: Currency
    quantity: Quantity
    winner: Winner | None = None
    rejected: tuple[Rejected, ...] = ()


class Tier(NamedTuple):
    """Lists of one rank, and what becomes of all lists behind them if one of these wins."""

    lists: tuple[Applied, ...]
    behind: tuple[Rejected, ...]


class Field(NamedTuple):
    """The lists that may win for any line of an order, first rank first; and those that may not, for whatever line."""

    currency: str
    day: date
    tiers: tuple[Tier, ...]
    unfit: tuple[Rejected, ...]
    reject: Callable[[Applied, Reason], Rejected]
    """The same object each time, however many lines a list has no price for."""


def total(prices: Iterable[Priced | None]) -> Decimal | None:
    """What lines come to together; nothing that could be said where one of them has no price."""
    winners = [priced.winner if priced else None for priced in prices]
    nets = [winner.net for winner in winners if winner]
    return sum(nets, Decimal()) if len(nets) == len(winners) else None


def field(lists: Iterable[Applied], currency: str, day: date) -> Field:
    """What the lists come to for an order in this currency that has this day."""
    fit, unfit, reject = list[Applied](), list[Rejected](), _rejecting()
    for each in sorted(lists, key=attrgetter("turn")):
        reason = next((reason for reason, rule in LIST_RULES if not rule(each, currency, day)), None)
        if reason is None:
            fit.append(each)
        else:
            unfit.append(reject(each, reason))
    tiers, behind = list[Tier](), tuple[Rejected, ...]()
    for _, equals in groupby(reversed(fit), key=attrgetter("rank")):
        lists = tuple(equals)[::-1]
        tiers.insert(0, Tier(lists, behind))
        behind = (*(reject(each, Reason.LOWER_PRIORITY) for each in lists), *behind)
    return Field(currency, day, tuple(tiers), tuple(unfit), reject)


def choose(line: Line, field: Field, read: Callable[[PriceListId], PriceTable]) -> Priced:
    """The winner, and every other list with its reason (R-PRC-3). Lists behind the winner's rank are not read."""
    winner: Winner | None = None
    rejected = list(field.unfit)
    for tier in field.tiers:
        offers = [_offered(each, line, field, read) for each in tier.lists]
        best = min((each.rank for each in offers if isinstance(each, Offer)), default=None)
        for each in offers:
            if isinstance(each, Rejected):
                rejected.append(each)
            elif each.rank == best:
                winner = _winner(each, field.currency)
            else:
                rejected.append(field.reject(each.of, Reason.TIE_LOST))
        if winner is not None:
            rejected.extend(tier.behind)
            break
    return Priced(
        day=field.day,
        currency=field.currency,
        quantity=line.quantity,
        winner=winner,
        rejected=tuple(rejected),
    )


class Offer(NamedTuple):
    """What a list asks for a line."""

    of: Applied
    price: Price
    net: Fraction

    @property
    def rank(self) -> tuple[Fraction, PriceListId]:
        """Of equal lists the one that asks less, not yet rounded; of those the smaller id."""
        return self.net, self.of.id


def _offered(found: Applied, line: Line, field: Field, read: Callable[[PriceListId], PriceTable]) -> Offer | Rejected:
    prices: Iterable[Price] = read(found.id).prices
    for reason, rule in PRICE_RULES:
        kept = [price for price in prices if rule(price, line, field.day)]
        if not kept:
            return field.reject(found, reason)
        prices = kept
    (price,) = kept  # two that meet are refused when they are set
    return Offer(found, price, price.of(line.quantity))


def _has(found: Applied) -> dict[str, Any]:
    return {
        "price_list": found.id,
        "priority": found.priority,
        "groups": found.groups,
        "own": found.own,
        "base": found.base,
    }


def _rejecting() -> Callable[[Applied, Reason], Rejected]:
    made: dict[tuple[PriceListId, Reason], Rejected] = {}

    def reject(found: Applied, reason: Reason) -> Rejected:
        key = found.id, reason
        if key not in made:
            made[key] = Rejected(**_has(found), reason=reason)
        return made[key]

    return reject


def _winner(offer: Offer, currency: str) -> Winner:
    return Winner(**_has(offer.of), price=offer.price, net=rounded(offer.net, currency))
