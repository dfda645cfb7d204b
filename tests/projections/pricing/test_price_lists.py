"""Price lists as they are now, and who had which from when until when (R-PRC-1, D21)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import pytest
from rows import shown
from specification import Happened, of, on_monday

from domain.clients.contact import CONTACT, ContactPriceListAttached, ContactPriceListDetached
from domain.clients.group import GROUP, GroupPriceListAttached, GroupPriceListDetached
from domain.pricing.days import Days
from domain.pricing.price_list import (
    PRICE_LIST,
    PriceListDaysSet,
    PriceListOpened,
    PriceListRanked,
    PriceListRenamed,
)
from domain.values import ContactId, GroupId
from examples import BAKERY, MILL, REGULARS, RETAIL, THIS_YEAR, TRADE, VIP

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
Spell = tuple[datetime, datetime | None]
OPENED = of(PRICE_LIST, TRADE, PriceListOpened(name="Trade", priority=5, currency="EUR"))
OF_GROUPS = {"+": GroupPriceListAttached, "-": GroupPriceListDetached}
OF_CONTACTS = {"+": ContactPriceListAttached, "-": ContactPriceListDetached}


def by_group(*what: tuple[str, datetime], group: str = VIP, price_list: str = TRADE) -> list[Happened]:
    """In this order: + attached, - detached."""
    return [each for sign, at in what for each in of(GROUP, group, OF_GROUPS[sign](price_list=price_list), at=at)]


def by_contact(*what: tuple[str, datetime], contact: str = MILL, price_list: str = TRADE) -> list[Happened]:
    return [each for sign, at in what for each in of(CONTACT, contact, OF_CONTACTS[sign](price_list=price_list), at=at)]


def spells(
    happenings: Iterable[Happened], kind: str = "group", thing: str = VIP, price_list: str = TRADE
) -> list[Spell]:
    rows = shown(happenings, page=1)["price_list_holders"]
    found = [
        (row["attached_at"], row["detached_at"]) for key, row in rows.items() if key[:3] == (kind, thing, price_list)
    ]
    return sorted(found, key=lambda spell: spell[0])


TOLD: list[tuple[list[tuple[str, datetime]], list[Spell]]] = [
    ([("+", NINE)], [(NINE, None)]),
    ([("+", NINE), ("-", TEN)], [(NINE, TEN)]),
    ([("+", NINE), ("-", TEN), ("+", NOON)], [(NINE, TEN), (NOON, None)]),
    ([("+", NOON), ("+", NINE)], [(NINE, None)]),
    ([("+", NINE), ("-", NOON), ("-", TEN)], [(NINE, TEN)]),
    ([("+", NINE), ("-", NINE)], []),
    ([("-", NINE)], []),
]
NAMED = [
    "attached",
    "and detached",
    "and attached again",
    "attached earlier than was known",
    "detached earlier than was known",
    "for no time",
    "never attached",
]


@pytest.mark.parametrize(("what", "found"), TOLD, ids=NAMED)
def test_a_row_for_each_time_that_a_group_had_a_list(what: list[tuple[str, datetime]], found: list[Spell]) -> None:
    assert spells(by_group(*what)) == found


@pytest.mark.parametrize(("what", "found"), TOLD, ids=NAMED)
def test_a_row_for_each_time_that_a_contact_had_a_list(what: list[tuple[str, datetime]], found: list[Spell]) -> None:
    assert spells(by_contact(*what), "contact", MILL) == found


def test_each_holder_has_times_of_its_own_with_each_list() -> None:
    all_ = [
        *by_group(("+", NINE)),
        *by_group(("+", TEN), group=REGULARS),
        *by_group(("+", NOON), price_list=RETAIL),
        *by_contact(("+", NOON), contact=BAKERY),
        *by_group(("-", NOON)),
    ]
    assert spells(all_) == [(NINE, NOON)]
    assert spells(all_, thing=REGULARS) == [(TEN, None)]
    assert spells(all_, price_list=RETAIL) == [(NOON, None)]
    assert spells(all_, "contact", BAKERY) == [(NOON, None)]


def test_a_group_and_a_contact_of_one_id_are_two_holders() -> None:
    all_ = [*by_group(("+", NINE), group=GroupId("twin")), *by_contact(("+", TEN), contact=ContactId("twin"))]
    all_ += by_group(("-", NINE), group=GroupId("twin"))
    assert (spells(all_, thing="twin"), spells(all_, "contact", "twin")) == ([], [(TEN, None)])


def test_a_list_is_shown_as_it_was_opened() -> None:
    assert shown(OPENED)["price_lists"][TRADE,] == {
        "name": "Trade",
        "currency": "EUR",
        "priority": 5,
        "first": None,
        "last": None,
    }


def test_a_list_is_shown_as_it_is_called_and_on_the_days_it_was_said_to_be_valid_last() -> None:
    more = [PriceListDaysSet(days=THIS_YEAR), PriceListRenamed(name="Bakers"), PriceListDaysSet(days=Days())]
    days = [(date(2024, 1, 1), date(2024, 12, 31)), (date(2024, 1, 1), date(2024, 12, 31)), (None, None)]
    for many, (first, last) in enumerate(days, 1):
        row = shown(OPENED, of(PRICE_LIST, TRADE, *more[:many]), page=1)["price_lists"][TRADE,]
        assert (row["first"], row["last"]) == (first, last)
    assert row["name"] == "Bakers"


def test_a_priority_counts_from_when_it_was_given_and_not_from_when_that_was_told() -> None:
    late = of(PRICE_LIST, TRADE, PriceListRanked(priority=7), at=NOON)
    known_later = of(PRICE_LIST, TRADE, PriceListRanked(priority=9), at=TEN, recorded=NOON)
    assert shown(OPENED, late, known_later, page=1)["price_lists"][TRADE,]["priority"] == 7
    assert shown(OPENED, known_later, late, page=1)["price_lists"][TRADE,]["priority"] == 7
    zero = of(PRICE_LIST, TRADE, PriceListRanked(priority=0), at=NOON)
    assert shown(OPENED, zero)["price_lists"][TRADE,]["priority"] == 0
