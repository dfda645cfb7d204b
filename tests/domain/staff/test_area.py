"""An area's roles stand beside each other."""

import pytest
from specification import folded, having

from domain.staff.area import (
    AREA,
    AreaAlreadyOpened,
    AreaOpened,
    AreaRoleGiven,
    AreaRoleTaken,
    AreaUnknown,
    Role,
    give,
    open,
    take,
)
from domain.values import team_holder, worker_holder
from examples import ANNA, HOTLINE, OFFICE_FLOOR

OPENED = AreaOpened(name="Workshop")
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
MEMBER = AreaRoleGiven(holder=HER, role=Role.MEMBER)


def test_an_area_is_opened_once_inside_another_or_at_the_top() -> None:
    having(AREA).deciding(open, "Workshop", None).then(OPENED)
    having(AREA).deciding(open, "Workshop", OFFICE_FLOOR).then(AreaOpened(name="Workshop", parent=OFFICE_FLOOR))
    having(AREA, OPENED).deciding(open, "Workshop", None).refused(AreaAlreadyOpened)


@pytest.mark.parametrize("rule", [give, take])
def test_what_was_never_opened_has_no_roles(rule: object) -> None:
    assert callable(rule)
    having(AREA).deciding(rule, HER, Role.MEMBER).refused(AreaUnknown)


def test_a_role_is_given_once_and_taken_once() -> None:
    having(AREA, OPENED).deciding(give, HER, Role.MEMBER).then(MEMBER)
    having(AREA, OPENED, MEMBER).deciding(give, HER, Role.MEMBER).then()
    having(AREA, OPENED, MEMBER).deciding(give, HER, Role.READER).then(AreaRoleGiven(holder=HER, role=Role.READER))
    having(AREA, OPENED, MEMBER).deciding(take, HER, Role.MEMBER).then(AreaRoleTaken(holder=HER, role=Role.MEMBER))
    having(AREA, OPENED, MEMBER).deciding(take, HER, Role.READER).then()


def test_one_role_of_one_holder_is_taken_and_no_other() -> None:
    reader = AreaRoleGiven(holder=HER, role=Role.READER)
    team = AreaRoleGiven(holder=THEM, role=Role.MEMBER)
    area = folded(AREA, OPENED, MEMBER, reader, team, AreaRoleTaken(holder=HER, role=Role.MEMBER))
    assert area.opened
    assert area.holders(Role.MEMBER) == {THEM}
    assert area.holders(Role.READER) == {HER}
    assert area.holders(Role.MANAGER) == frozenset()


def test_who_comes_later_takes_no_place_from_who_was_there() -> None:
    area = folded(AREA, OPENED, MEMBER, AreaRoleGiven(holder=THEM, role=Role.MEMBER))
    assert area.holders(Role.MEMBER) == {HER, THEM}
