"""A customer has the price lists of all its groups, its own, and the base list last; each counts once (R-PRC-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from domain.pricing.price_list import PriceList
from domain.values import GroupId, PriceListId

Attached = frozenset[PriceListId]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is attached at an instant: to the groups that the customer is in, to the customer, and for everybody."""

    groups: Mapping[GroupId, Attached] = field(default_factory=dict)
    own: Attached = frozenset()
    base: PriceListId | None = None
    priorities: Mapping[PriceListId, int] = field(default_factory=dict)
    """Supposed ones, in the place of those that the lists have."""


class Applied(NamedTuple):
    """A price list as a customer has it: by which groups, by itself, or as everybody has it."""

    id: PriceListId
    list: PriceList
    priority: int
    groups: tuple[GroupId, ...] = ()
    own: bool = False

    @property
    def base(self) -> bool:
        """The base list comes after all others, unless the customer has it from somewhere else, too."""
        return not self.groups and not self.own

    @property
    def rank(self) -> tuple[bool, int]:
        """Lists of one rank are equal, and their prices decide."""
        return self.base, self.priority

    @property
    def turn(self) -> tuple[tuple[bool, int], PriceListId]:
        """When it is tried: by rank, of one rank by id."""
        return self.rank, self.id


def listed(terms: Terms) -> tuple[PriceListId, ...]:
    """Every list that the customer has, once."""
    brought = {each for lists in terms.groups.values() for each in lists} | terms.own
    return tuple(sorted(brought | ({terms.base} if terms.base else set())))


def applied(terms: Terms, read: Callable[[PriceListId], PriceList], at: datetime) -> tuple[Applied, ...]:
    """Every list that the customer has, in the order in which they are tried; of one rank by id."""
    found = []
    for id in listed(terms):
        price_list = read(id)
        groups = tuple(sorted(group for group, lists in terms.groups.items() if id in lists))
        priority = terms.priorities.get(id, price_list.priority(at))
        found.append(Applied(id, price_list, priority, groups, id in terms.own))
    return tuple(sorted(found, key=attrgetter("turn")))


class Supposed(NamedTuple):
    """What if: other groups, other lists, other priorities. No fact is touched."""

    joined: Mapping[GroupId, Attached] = {}
    """Groups that the customer is not in, with what they bring."""
    left: Iterable[GroupId] = ()
    attached: Iterable[PriceListId] = ()
    """To the customer itself."""
    detached: Iterable[PriceListId] = ()
    """From the customer and from every group."""
    priorities: Mapping[PriceListId, int] = {}


def supposing(terms: Terms, what: Supposed) -> Terms:
    """The terms as they would be."""
    gone, left = frozenset(what.detached), frozenset(what.left)
    groups = {id: lists - gone for id, lists in {**terms.groups, **what.joined}.items() if id not in left}
    base = None if terms.base in gone else terms.base
    own = (terms.own | frozenset(what.attached)) - gone
    return replace(terms, groups=groups, own=own, base=base, priorities=what.priorities)
