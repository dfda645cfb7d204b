"""A legal hold is placed on a listed ground, ends at its instant or when it is lifted, and each ground by itself."""

from datetime import timedelta

from specification import folded, having, on_monday

from domain.ending import EndPassed
from domain.privacy.hold import HOLD, Hold, HoldGroundNotListed, HoldLifted, HoldPlaced, lift, place
from examples import LAWSUIT

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
MICROSECOND = timedelta(microseconds=1)
LISTED = (LAWSUIT, "tax")
PLACED, UNTIL_NOON, LIFTED = (
    HoldPlaced(ground=LAWSUIT),
    HoldPlaced(ground=LAWSUIT, until=NOON),
    HoldLifted(ground=LAWSUIT),
)


def test_a_hold_is_placed_for_good_or_for_a_time() -> None:
    having(HOLD).deciding(place, LAWSUIT, None, LISTED, TEN).then(PLACED)
    having(HOLD).deciding(place, LAWSUIT, NOON, LISTED, TEN).then(UNTIL_NOON)


def test_on_a_ground_that_is_not_listed_nothing_is_held() -> None:
    having(HOLD).deciding(place, "spite", None, LISTED, TEN).refused(HoldGroundNotListed)
    having(HOLD).deciding(place, LAWSUIT, None, (), TEN).refused(HoldGroundNotListed)


def test_an_end_is_ahead() -> None:
    having(HOLD).deciding(place, LAWSUIT, TEN, LISTED, TEN).refused(EndPassed)
    having(HOLD).deciding(place, LAWSUIT, TEN + MICROSECOND, LISTED, TEN).then(
        HoldPlaced(ground=LAWSUIT, until=TEN + MICROSECOND)
    )


def test_placed_again_with_the_same_end_nothing_happens_and_with_another_that_one_holds() -> None:
    having(HOLD, PLACED).deciding(place, LAWSUIT, None, LISTED, TEN).then()
    having(HOLD, UNTIL_NOON).deciding(place, LAWSUIT, NOON, LISTED, TEN).then()
    having(HOLD, PLACED).deciding(place, LAWSUIT, NOON, LISTED, TEN).then(UNTIL_NOON)
    having(HOLD, UNTIL_NOON).deciding(place, LAWSUIT, None, LISTED, TEN).then(PLACED)
    assert folded(HOLD, UNTIL_NOON, PLACED).lasting(NOON) == (LAWSUIT,)


def test_what_is_lifted_holds_no_longer_and_what_was_never_placed_needs_no_lifting() -> None:
    having(HOLD, PLACED).deciding(lift, LAWSUIT).then(LIFTED)
    having(HOLD, PLACED).deciding(lift, "tax").then()
    having(HOLD, PLACED, LIFTED).deciding(lift, LAWSUIT).then()
    assert folded(HOLD, PLACED, LIFTED) == Hold()
    having(HOLD, PLACED, LIFTED).deciding(place, LAWSUIT, None, LISTED, TEN).then(PLACED)


def test_a_hold_lasts_until_its_instant_and_at_the_instant_no_longer() -> None:
    held = folded(HOLD, UNTIL_NOON)
    assert held.lasting(NOON - MICROSECOND) == (LAWSUIT,)
    assert held.lasting(NOON) == ()
    assert folded(HOLD, PLACED).lasting(NOON) == (LAWSUIT,)


def test_each_ground_holds_by_itself() -> None:
    both = folded(HOLD, HoldPlaced(ground="tax"), UNTIL_NOON)
    assert both.lasting(TEN) == (LAWSUIT, "tax")
    assert both.lasting(NOON) == ("tax",)
    assert folded(HOLD, HoldPlaced(ground="tax"), UNTIL_NOON, HoldLifted(ground="tax")).lasting(TEN) == (LAWSUIT,)
