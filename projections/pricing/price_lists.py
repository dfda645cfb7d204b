"""Price lists as they are now, and who has them from when until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from domain.clients.contact import CONTACT, ContactPriceListAttached, ContactPriceListDetached
from domain.clients.group import GROUP, GroupPriceListAttached, GroupPriceListDetached
from domain.decider import Decider
from domain.fact import Fact
from domain.pricing.price_list import PRICE_LIST, PriceList
from projections.clients.group_members import spells
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, instead, words

PRICE_LISTS = Table(
    "price_lists",
    ("price_list",),
    (
        *words("name", "currency"),
        Column("priority", Kind.NUMBER),
        Column("first", Kind.DAY),
        Column("last", Kind.DAY),
    ),
)
PRICE_LIST_HOLDERS = Table(
    "price_list_holders",
    ("kind", "thing", "price_list", "since"),
    (*words("holder"), Column("attached_at", Kind.INSTANT), Column("detached_at", Kind.INSTANT)),
    indexes=(("holder",), ("price_list",)),
)
"""One row for each time that a group or a contact had a list; `detached_at` is empty while it has it."""


def price_list(id: str, known: Known) -> Iterable[Change]:
    state: PriceList = known.state(PRICE_LIST, id)
    priority = state.opening if state.ranks.last is None else state.ranks.last
    row = {"name": state.name, "currency": state.currency, "priority": priority}
    yield Put(PRICE_LISTS, (id,), row | {"first": state.days.first, "last": state.days.last})


def held(decider: Decider[Any, Any], id: str, known: Known) -> Iterable[Change]:
    """All times of one holder, in place of those told before."""
    kind, holder = decider.kind, f"{decider.kind}:{id}"
    rows = {
        (kind, id, price_list, since.isoformat()): {"holder": holder, "attached_at": since, "detached_at": until}
        for price_list, line in known.state(decider, id).price_lists.items()
        for since, until in spells(line)
    }
    return instead(known, PRICE_LIST_HOLDERS, "holder", holder, rows)


MADE: Mapping[Decider[Any, Any], Callable[[str, Known], Iterable[Change]]] = {
    PRICE_LIST: price_list,
    GROUP: partial(held, GROUP),
    CONTACT: partial(held, CONTACT),
}


def remake(stream: str) -> Iterator[Touch]:
    for decider, rows in MADE.items():
        start = decider.stream("")
        if stream.startswith(start):
            yield Touch(decider, stream.removeprefix(start), rows)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


LISTED = ReadModel(
    name="price_lists",
    about="Price lists, and the groups and contacts that have them from when until when.",
    tables=(PRICE_LISTS, PRICE_LIST_HOLDERS),
    facts=frozenset(
        {
            *PRICE_LIST.facts,
            *(GroupPriceListAttached, GroupPriceListDetached),
            *(ContactPriceListAttached, ContactPriceListDetached),
        }
    ),
    project=project,
    reads=(PRICE_LIST, GROUP, CONTACT),
    remake=remake,
)
