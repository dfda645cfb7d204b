"""A membership is [from, to): the instant of leaving is outside (D21)."""

from specification import folded, having, on_monday

from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft, join, leave
from domain.values import GroupId
from examples import REGULARS, VIP

IN, OUT = MemberJoined(group=VIP), MemberLeft(group=VIP)


def test_who_is_in_joins_no_second_time() -> None:
    having(MEMBERSHIP).deciding(join, VIP, on_monday(9)).then(IN)
    having(MEMBERSHIP, (IN, on_monday(9))).deciding(join, VIP, on_monday(9)).then()
    having(MEMBERSHIP, (IN, on_monday(9))).deciding(join, REGULARS, on_monday(9)).then(MemberJoined(group=REGULARS))


def test_who_is_out_cannot_leave() -> None:
    having(MEMBERSHIP).deciding(leave, VIP, on_monday(9)).then()
    having(MEMBERSHIP, (IN, on_monday(9))).deciding(leave, VIP, on_monday(9)).then(OUT)
    having(MEMBERSHIP, (IN, on_monday(9))).deciding(leave, VIP, on_monday(8)).then()


def test_a_joining_before_what_is_known_reaches_back() -> None:
    having(MEMBERSHIP, (IN, on_monday(9))).deciding(join, VIP, on_monday(8)).then(IN)


def test_the_instant_of_joining_counts_and_that_of_leaving_does_not() -> None:
    membership = folded(MEMBERSHIP, (IN, on_monday(9)), (OUT, on_monday(12)), (IN, on_monday(14)))
    held = [membership.holds(VIP, on_monday(hour)) for hour in (8, 9, 11, 12, 13, 14, 20)]
    assert held == [False, True, True, False, False, True, True]


def test_leaving_and_joining_again_are_two_spells() -> None:
    having(MEMBERSHIP, (IN, on_monday(9)), (OUT, on_monday(12))).deciding(join, VIP, on_monday(12)).then(IN)


def test_the_groups_of_an_instant_come_smallest_id_first() -> None:
    names = [GroupId(name) for name in ("b", "c", "a")]
    joined = [(MemberJoined(group=name), on_monday(9)) for name in names]
    membership = folded(MEMBERSHIP, *joined, (MemberLeft(group=GroupId("c")), on_monday(10)))
    assert membership.groups(on_monday(9)) == ("a", "b", "c")
    assert membership.groups(on_monday(10)) == ("a", "b")
    assert membership.groups(on_monday(8)) == ()
