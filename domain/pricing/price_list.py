"""A price list has a priority, smaller first, one currency for good, and days on which it is valid (D17, D19, D20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.pricing.days import ALWAYS, Days
from domain.pricing.money import Currency
from domain.refusal import Refused, Unknown, require
from domain.timeline import Timeline
from domain.values import Label

Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
"""Smaller comes first."""


class PriceListOpened(Event, topic="price-list.opened"):
    """There is a price list."""

    name: Label
    priority: Priority
    currency: Currency
    days: Days = ALWAYS


class PriceListRenamed(Event, topic="price-list.renamed"):
    """The price list has another name."""

    name: Label


class PriceListRanked(Event, topic="price-list.ranked"):
    """From this instant on the price list comes at another place among those of a customer."""

    priority: Priority


class PriceListDaysSet(Event, topic="price-list.days-set"):
    """The price list is valid on these days, and was said to be on others by mistake or until now."""

    days: Days


PriceListEvent = PriceListOpened | PriceListRenamed | PriceListRanked | PriceListDaysSet


class PriceListUnknown(Unknown):
    """There is no such price list."""


class PriceListAlreadyOpened(Refused):
    """This price list was opened before."""


@dataclass(frozen=True, slots=True)
class PriceList:
    name: str = ""
    currency: str | None = None
    opening: int = 0
    """The priority with which it was opened."""
    ranks: Timeline[int] = field(default_factory=Timeline)
    days: Days = ALWAYS

    @property
    def opened(self) -> bool:
        """Whether there ever was such a list."""
        return self.currency is not None

    def priority(self, at: datetime) -> int:
        """At the instant; before it was ranked, that with which it was opened."""
        found = self.ranks.at(at)
        return self.opening if found is None else found


def open(price_list: PriceList, name: str, priority: int, currency: str, days: Days) -> Iterator[PriceListEvent]:
    require(not price_list.opened, otherwise=PriceListAlreadyOpened)
    yield PriceListOpened(name=name, priority=priority, currency=currency, days=days)


def rename(price_list: PriceList, name: str) -> Iterator[PriceListEvent]:
    require(price_list.opened, otherwise=PriceListUnknown)
    if name != price_list.name:
        yield PriceListRenamed(name=name)


def rank(price_list: PriceList, priority: int, at: datetime) -> Iterator[PriceListEvent]:
    require(price_list.opened, otherwise=PriceListUnknown)
    if priority != price_list.priority(at):
        yield PriceListRanked(priority=priority)


def set_days(price_list: PriceList, days: Days) -> Iterator[PriceListEvent]:
    require(price_list.opened, otherwise=PriceListUnknown)
    if days != price_list.days:
        yield PriceListDaysSet(days=days)


def evolve(price_list: PriceList, fact: Fact[PriceListEvent]) -> PriceList:
    match fact.event:
        case PriceListOpened(name=name, priority=priority, currency=currency, days=days):
            return PriceList(name, currency, priority, days=days)
        case PriceListRenamed(name=name):
            return replace(price_list, name=name)
        case PriceListRanked(priority=priority):
            return replace(price_list, ranks=price_list.ranks.put(fact.happened_at, priority))
        case PriceListDaysSet(days=days):
            return replace(price_list, days=days)


PRICE_LIST = Decider(
    "price-list",
    PriceList(),
    evolve,
    (PriceListOpened, PriceListRenamed, PriceListRanked, PriceListDaysSet),
)
