"""A customer has each list once, by whatever brings it, and the base list behind all others (R-PRC-1, R-PRC-2, D17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specification import folded, on_monday

from domain.pricing.price_list import PRICE_LIST, PriceList, PriceListOpened, PriceListRanked
from domain.pricing.terms import Applied, Supposed, Terms, applied, listed, supposing
from domain.values import GroupId, PriceListId

NOON = on_monday(12)
A, B, C, BASE = map(PriceListId, ("a", "b", "c", "base"))
BAKERS, FRIENDS = GroupId("bakers"), GroupId("friends")
PRIORITY = {A: 3, B: 2, C: 2, BASE: 1}


def read(id: PriceListId) -> PriceList:
    return folded(PRICE_LIST, PriceListOpened(name=id, priority=PRIORITY[id], currency="EUR"))


def terms(groups: Mapping[GroupId, set[PriceListId]] | None = None, *own: PriceListId, **more: Any) -> Terms:
    brought = {group: frozenset(lists) for group, lists in (groups or {}).items()}
    return Terms(groups=brought, own=frozenset(own), **more)


def had(terms: Terms) -> list[tuple[PriceListId, int, tuple[GroupId, ...], bool, bool]]:
    return [(each.id, each.priority, each.groups, each.own, each.base) for each in applied(terms, read, NOON)]


def test_whoever_has_nothing_has_the_base_list_if_there_is_one() -> None:
    assert applied(Terms(), read, NOON) == ()
    assert listed(Terms()) == ()
    assert had(terms(base=BASE)) == [(BASE, 1, (), False, True)]


def test_a_list_through_two_groups_counts_once_and_names_both() -> None:
    found = terms({FRIENDS: {A}, BAKERS: {A, B}})
    assert listed(found) == (A, B)
    assert had(found) == [(B, 2, (BAKERS,), False, False), (A, 3, (BAKERS, FRIENDS), False, False)]


def test_a_list_of_its_own_and_of_a_group_counts_once() -> None:
    assert had(terms({BAKERS: {A}}, A)) == [(A, 3, (BAKERS,), True, False)]
    assert had(terms({}, A)) == [(A, 3, (), True, False)]


def test_the_smaller_priority_is_tried_first_and_of_equal_ones_the_smaller_id() -> None:
    assert [each.id for each in applied(terms({BAKERS: {A, C, B}}), read, NOON)] == [B, C, A]


def test_the_base_list_comes_last_whatever_its_priority() -> None:
    assert [each.id for each in applied(terms({BAKERS: {A, B}}, base=BASE), read, NOON)] == [B, A, BASE]


def test_the_base_list_that_the_customer_has_otherwise_too_comes_by_its_priority() -> None:
    assert had(terms({BAKERS: {BASE, A}}, base=BASE)) == [
        (BASE, 1, (BAKERS,), False, False),
        (A, 3, (BAKERS,), False, False),
    ]
    assert had(terms({}, BASE, A, base=BASE))[0] == (BASE, 1, (), True, False)


def test_the_priority_is_that_of_the_instant() -> None:
    opened = PriceListOpened(name="x", priority=5, currency="EUR")
    moved = folded(PRICE_LIST, (opened, on_monday(9)), (PriceListRanked(priority=1), on_monday(12)))
    found = [applied(terms({}, A), lambda _: moved, at)[0].priority for at in (on_monday(11), on_monday(12))]
    assert found == [5, 1]


def test_ranks_are_equal_where_nothing_but_the_price_can_decide() -> None:
    of_group, own = Applied(A, read(A), 2, (BAKERS,)), Applied(B, read(B), 2, own=True)
    assert of_group.rank == own.rank
    assert of_group.rank < Applied(C, read(C), 3, (BAKERS,)).rank < Applied(BASE, read(BASE), 1).rank


# What if


def test_supposing_nothing_changes_nothing() -> None:
    found = terms({BAKERS: {A}}, B, base=BASE)
    assert supposing(found, Supposed()) == found


def test_a_group_may_be_supposed_to_be_joined_or_left() -> None:
    found = terms({BAKERS: {A}}, base=BASE)
    joined = supposing(found, Supposed(joined={FRIENDS: frozenset({B})}))
    assert joined == terms({BAKERS: {A}, FRIENDS: {B}}, base=BASE)
    assert supposing(found, Supposed(left=[BAKERS, FRIENDS])) == terms(base=BASE)
    assert supposing(joined, Supposed(left=[FRIENDS])) == found


def test_a_list_may_be_supposed_to_be_attached_or_detached_wherever_it_comes_from() -> None:
    found = terms({BAKERS: {A, B}, FRIENDS: {A}}, A, base=BASE)
    assert supposing(found, Supposed(attached=[C])) == terms({BAKERS: {A, B}, FRIENDS: {A}}, A, C, base=BASE)
    assert listed(supposing(found, Supposed(detached=[A]))) == (B, BASE)
    assert listed(supposing(found, Supposed(detached=[BASE]))) == (A, B)
    assert listed(supposing(terms(base=BASE), Supposed(joined={BAKERS: frozenset({A})}, detached=[A]))) == (BASE,)


def test_a_priority_may_be_supposed() -> None:
    found = supposing(terms({BAKERS: {A, B}}, base=BASE), Supposed(priorities={A: 1, BASE: -5}))
    assert [(each.id, each.priority) for each in applied(found, read, NOON)] == [(A, 1), (B, 2), (BASE, -5)]
