"""Who was in which group, from when until when, whatever became known in whatever order (R-GRP-5, D21)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pytest
from company import COMPANY_SO_FAR
from rows import shown
from specification import Happened, of, on_monday

from domain.clients.group import (
    GROUP,
    GroupClosed,
    GroupContractSet,
    GroupMoved,
    GroupRanked,
    GroupRenamed,
    GroupReopened,
)
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from examples import BAKERY, CUSTOMERS, DEFECT, GOLD, MILL, REGULARS, SILVER, SUPPLIERS, VIP

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
Spell = tuple[datetime, datetime | None]


def said(*what: tuple[str, datetime], group: str = VIP, contact: str = MILL) -> list[Happened]:
    """In this order: + joined, - left."""
    kinds = {"+": MemberJoined, "-": MemberLeft}
    return [each for sign, at in what for each in of(MEMBERSHIP, contact, kinds[sign](group=group), at=at)]


def spells(happenings: Iterable[Happened], group: str = VIP, contact: str = MILL) -> list[Spell]:
    rows = shown(happenings, page=1)["group_members"]
    found = [(row["joined_at"], row["left_at"]) for key, row in rows.items() if key[:2] == (contact, group)]
    assert all(key[2] == row["joined_at"].isoformat() for key, row in rows.items())
    return sorted(found, key=lambda spell: spell[0])


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ([("+", NINE)], [(NINE, None)]),
        ([("+", NINE), ("-", TEN)], [(NINE, TEN)]),
        ([("+", NINE), ("-", TEN), ("+", NOON)], [(NINE, TEN), (NOON, None)]),
        ([("+", NOON), ("+", NINE)], [(NINE, None)]),
        ([("+", NINE), ("-", NOON), ("-", TEN)], [(NINE, TEN)]),
        ([("+", NINE), ("-", NINE)], []),
        ([("+", NINE), ("-", TEN), ("+", TEN)], [(NINE, None)]),
        ([("+", NINE), ("-", TEN), ("+", TEN), ("-", TEN)], [(NINE, TEN)]),
        ([("+", NINE), ("-", NINE), ("+", NINE)], [(NINE, None)]),
        ([("-", NINE)], []),
    ],
    ids=[
        "joined",
        "and left",
        "and joined again",
        "joined earlier than was known",
        "left earlier than was known",
        "for no time",
        "left and joined at one instant",
        "and left at it after all",
        "left by mistake",
        "never there",
    ],
)
def test_a_row_for_each_time_that_a_contact_was_in_a_group(
    what: list[tuple[str, datetime]], found: list[Spell]
) -> None:
    assert spells(said(*what)) == found


def test_a_time_that_was_told_and_was_not_so_is_told_no_more() -> None:
    """The earlier joining takes the place of the later one, whose row had another key."""
    assert spells([*said(("+", NOON)), *said(("+", NINE))]) == [(NINE, None)]
    assert spells([*said(("+", NINE)), *said(("-", NINE))]) == []


def test_each_group_and_each_contact_has_times_of_its_own() -> None:
    all_ = [*said(("+", NINE)), *said(("+", TEN), group=REGULARS), *said(("+", NOON), contact=BAKERY)]
    assert spells(all_) == [(NINE, None)]
    assert spells(all_, REGULARS) == [(TEN, None)]
    assert spells(all_, VIP, BAKERY) == [(NOON, None)]


def test_a_group_is_shown_as_it_is_called_and_ranked_now() -> None:
    changed = of(GROUP, VIP, GroupRenamed(name="Very important"), GroupRanked(rank=7))
    rows = shown(COMPANY_SO_FAR, changed)["groups"]
    assert rows[VIP,] == {
        "directory": CUSTOMERS,
        "name": "Very important",
        "kind": "customers",
        "rank": 7,
        "contract": None,
        "closed": False,
    }
    assert rows[REGULARS,]["name"] == "Regulars"


def test_a_group_is_shown_with_its_directory_its_contract_by_default_and_whether_it_takes_members() -> None:
    gold, of_defects = GroupContractSet(contract=GOLD), GroupContractSet(incident_type=DEFECT, contract=SILVER)
    moved = GroupMoved(origin=CUSTOMERS, directory=SUPPLIERS)
    row = shown(COMPANY_SO_FAR, of(GROUP, VIP, gold, of_defects, moved, GroupClosed()))["groups"][VIP,]
    assert (row["contract"], row["directory"], row["closed"]) == (GOLD, SUPPLIERS, True)
    again = of(GROUP, VIP, gold, GroupContractSet(contract=None), GroupClosed(), GroupReopened())
    row = shown(COMPANY_SO_FAR, again)["groups"][VIP,]
    assert (row["contract"], row["closed"]) == (None, False)
