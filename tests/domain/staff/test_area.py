"""An area's roles stand beside each other; it lies in another one or at the top, and takes tickets or none."""

from datetime import datetime

import pytest
from specification import MONDAY, folded, having, on_monday

from domain.ending import EndPassed
from domain.staff.area import (
    AREA,
    Area,
    AreaAlreadyOpened,
    AreaClosed,
    AreaHeadNamed,
    AreaInsideItself,
    AreaMoved,
    AreaNotOpen,
    AreaOpened,
    AreaRenamed,
    AreaReopened,
    AreaRoleGiven,
    AreaRoleTaken,
    AreaUnknown,
    Role,
    close,
    give,
    move,
    name_head,
    needs_open,
    open,
    rename,
    reopen,
    take,
)
from domain.values import team_holder, worker_holder
from examples import ANNA, BORIS, HOTLINE, OFFICE_FLOOR, WORKSHOP

OPENED = AreaOpened(name="Workshop")
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
MEMBER = AreaRoleGiven(holder=HER, role=Role.MEMBER)


def test_an_area_is_opened_once_inside_another_or_at_the_top() -> None:
    having(AREA).deciding(open, "Workshop", None).then(OPENED)
    having(AREA).deciding(open, "Workshop", OFFICE_FLOOR).then(AreaOpened(name="Workshop", parent=OFFICE_FLOOR))
    having(AREA, OPENED).deciding(open, "Workshop", None).refused(AreaAlreadyOpened)


def test_what_was_never_opened_has_no_roles() -> None:
    having(AREA).deciding(give, HER, Role.MEMBER, None, MONDAY).refused(AreaUnknown)
    having(AREA).deciding(take, HER, Role.MEMBER).refused(AreaUnknown)


def test_a_role_is_given_once_and_taken_once() -> None:
    having(AREA, OPENED).deciding(give, HER, Role.MEMBER, None, MONDAY).then(MEMBER)
    having(AREA, OPENED, MEMBER).deciding(give, HER, Role.MEMBER, None, MONDAY).then()
    having(AREA, OPENED, MEMBER).deciding(give, HER, Role.READER, None, MONDAY).then(
        AreaRoleGiven(holder=HER, role=Role.READER)
    )
    having(AREA, OPENED, MEMBER).deciding(take, HER, Role.MEMBER).then(AreaRoleTaken(holder=HER, role=Role.MEMBER))
    having(AREA, OPENED, MEMBER).deciding(take, HER, Role.READER).then()


def test_one_role_of_one_holder_is_taken_and_no_other() -> None:
    reader = AreaRoleGiven(holder=HER, role=Role.READER)
    team = AreaRoleGiven(holder=THEM, role=Role.MEMBER)
    area = folded(AREA, OPENED, MEMBER, reader, team, AreaRoleTaken(holder=HER, role=Role.MEMBER))
    assert area.opened
    assert area.holders(Role.MEMBER, MONDAY) == {THEM}
    assert area.holders(Role.READER, MONDAY) == {HER}
    assert area.holders(Role.MANAGER, MONDAY) == frozenset()


def test_who_comes_later_takes_no_place_from_who_was_there() -> None:
    area = folded(AREA, OPENED, MEMBER, AreaRoleGiven(holder=THEM, role=Role.MEMBER))
    assert area.holders(Role.MEMBER, MONDAY) == {HER, THEM}


def test_a_role_with_an_end_is_held_until_then_and_then_no_longer() -> None:
    until = AreaRoleGiven(holder=HER, role=Role.MEMBER, until=on_monday(12))
    having(AREA, OPENED).deciding(give, HER, Role.MEMBER, on_monday(12), MONDAY).then(until)
    having(AREA, OPENED, until).deciding(give, HER, Role.MEMBER, on_monday(12), MONDAY).then()
    having(AREA, OPENED, until).deciding(give, HER, Role.MEMBER, None, MONDAY).then(MEMBER)
    area = folded(AREA, OPENED, until)
    assert area.holders(Role.MEMBER, on_monday(11, 59)) == {HER}
    assert area.holders(Role.MEMBER, on_monday(12)) == frozenset()


def test_an_end_must_be_ahead() -> None:
    having(AREA, OPENED).deciding(give, HER, Role.MEMBER, MONDAY, MONDAY).refused(EndPassed)


def test_an_area_is_renamed_to_another_name() -> None:
    renamed = AreaRenamed(name="Repairs")
    having(AREA, OPENED).deciding(rename, "Repairs").then(renamed)
    having(AREA, OPENED).deciding(rename, "Workshop").then()
    having(AREA, OPENED, renamed).deciding(rename, "Repairs").then()
    having(AREA).deciding(rename, "Repairs").refused(AreaUnknown)


def test_an_area_has_one_head_or_none_and_that_is_no_role() -> None:
    headed = AreaHeadNamed(worker=ANNA)
    having(AREA, OPENED).deciding(name_head, ANNA).then(headed)
    having(AREA, OPENED, headed).deciding(name_head, ANNA).then()
    having(AREA, OPENED, headed).deciding(name_head, BORIS).then(AreaHeadNamed(worker=BORIS))
    having(AREA, OPENED, headed).deciding(name_head, None).then(AreaHeadNamed(worker=None))
    having(AREA, OPENED).deciding(name_head, None).then()
    having(AREA).deciding(name_head, ANNA).refused(AreaUnknown)
    assert folded(AREA, OPENED, headed).roles == {}


def test_an_area_moves_to_where_it_does_not_lie_inside_itself() -> None:
    moved = AreaMoved(parent=OFFICE_FLOOR)
    having(AREA, OPENED).deciding(move, WORKSHOP, OFFICE_FLOOR, (OFFICE_FLOOR,)).then(moved)
    having(AREA, OPENED, moved).deciding(move, WORKSHOP, OFFICE_FLOOR, (OFFICE_FLOOR,)).then()
    having(AREA, OPENED, moved).deciding(move, WORKSHOP, None, ()).then(AreaMoved(parent=None))
    having(AREA, OPENED).deciding(move, WORKSHOP, None, ()).then()
    for above in ((WORKSHOP,), (OFFICE_FLOOR, WORKSHOP)):
        having(AREA, OPENED).deciding(move, WORKSHOP, above[0], above).refused(AreaInsideItself)
    having(AREA).deciding(move, WORKSHOP, None, ()).refused(AreaUnknown)
    inside = AreaOpened(name="Workshop", parent=OFFICE_FLOOR)
    having(AREA, inside).deciding(move, WORKSHOP, OFFICE_FLOOR, (OFFICE_FLOOR,)).then()


def test_an_area_is_closed_and_opened_again_each_once() -> None:
    closed, reopened = (AreaClosed(), on_monday(10)), (AreaReopened(), on_monday(12))
    having(AREA, OPENED).deciding(close, on_monday(10)).then(AreaClosed())
    having(AREA, OPENED, closed).deciding(close, on_monday(10)).then()
    having(AREA, OPENED, closed).deciding(close, on_monday(9)).then(AreaClosed())
    having(AREA, OPENED).deciding(reopen, on_monday(10)).then()
    having(AREA, OPENED, closed).deciding(reopen, on_monday(12)).then(AreaReopened())
    having(AREA, OPENED, closed, reopened).deciding(reopen, on_monday(12)).then()
    for rule in (close, reopen):
        having(AREA).deciding(rule, MONDAY).refused(AreaUnknown)


@pytest.mark.parametrize(("at", "takes"), [(on_monday(9, 59), True), (on_monday(10), False), (on_monday(12), True)])
def test_no_ticket_comes_while_it_is_closed(at: datetime, takes: bool) -> None:
    area = folded(AREA, OPENED, (AreaClosed(), on_monday(10)), (AreaReopened(), on_monday(12)))
    if takes:
        needs_open(area, at)
        return
    with pytest.raises(AreaNotOpen):
        needs_open(area, at)


def test_roles_and_everything_else_are_kept_whatever_changes() -> None:
    life = (OPENED, MEMBER, AreaHeadNamed(worker=ANNA), AreaRenamed(name="Repairs"), AreaMoved(parent=OFFICE_FLOOR))
    area = folded(AREA, *life)
    assert area == Area(opened=True, name="Repairs", parent=OFFICE_FLOOR, head=ANNA, roles={(HER, Role.MEMBER): None})
