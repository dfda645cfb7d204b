"""A directory keeps one right per holder, on a ladder."""

from itertools import product

import pytest
from specification import MONDAY, folded, having, on_monday

from domain.clients.directory import (
    DIRECTORY,
    DirectoryAlreadyOpened,
    DirectoryClosed,
    DirectoryOpened,
    DirectoryRenamed,
    DirectoryReopened,
    DirectoryRightSet,
    DirectoryUnknown,
    Level,
    close,
    open,
    rename,
    reopen,
    set_right,
)
from domain.ending import EndPassed
from domain.values import team_holder, worker_holder
from examples import ANNA, HOTLINE

OPENED = DirectoryOpened(name="Customers")
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
EDITS = DirectoryRightSet(holder=HER, level=Level.EDIT)


def test_a_directory_is_opened_once() -> None:
    having(DIRECTORY).deciding(open, "Customers").then(OPENED)
    having(DIRECTORY, OPENED).deciding(open, "Customers").refused(DirectoryAlreadyOpened)


def test_a_right_is_set_where_it_differs() -> None:
    having(DIRECTORY, OPENED).deciding(set_right, HER, Level.EDIT, None, MONDAY).then(EDITS)
    having(DIRECTORY, OPENED, EDITS).deciding(set_right, HER, Level.EDIT, None, MONDAY).then()
    having(DIRECTORY, OPENED).deciding(set_right, HER, Level.NONE, None, MONDAY).then()
    none = DirectoryRightSet(holder=HER, level=Level.NONE)
    having(DIRECTORY, OPENED, EDITS).deciding(set_right, HER, Level.NONE, None, MONDAY).then(none)


def test_what_was_never_opened_gives_no_right() -> None:
    having(DIRECTORY).deciding(set_right, HER, Level.EDIT, None, MONDAY).refused(DirectoryUnknown)


def test_each_right_includes_those_below_it() -> None:
    ladder = ["none", "use", "edit", "administer"]
    for one, other in product(Level, Level):
        assert one.reaches(other) == (ladder.index(one) >= ladder.index(other))


def test_the_rights_of_one_holder_are_not_those_of_another() -> None:
    directory = folded(DIRECTORY, OPENED, EDITS, DirectoryRightSet(holder=THEM, level=Level.USE))
    assert directory.opened
    assert (directory.level(HER, MONDAY), directory.level(THEM, MONDAY)) == (Level.EDIT, Level.USE)
    assert directory.level(worker_holder(ANNA), MONDAY) is Level.EDIT
    assert folded(DIRECTORY, OPENED).level(HER, MONDAY) is Level.NONE


UNTIL_NOON = DirectoryRightSet(holder=HER, level=Level.ADMINISTER, until=on_monday(12))


def test_a_right_with_an_end_lies_on_top_and_what_is_below_shows_after_it() -> None:
    having(DIRECTORY, OPENED, EDITS).deciding(set_right, HER, Level.ADMINISTER, on_monday(12), MONDAY).then(UNTIL_NOON)
    directory = folded(DIRECTORY, OPENED, EDITS, UNTIL_NOON)
    assert directory.level(HER, on_monday(11, 59)) is Level.ADMINISTER
    assert directory.level(HER, on_monday(12)) is Level.EDIT
    assert folded(DIRECTORY, OPENED, UNTIL_NOON).level(HER, on_monday(12)) is Level.NONE


def test_a_lower_right_with_an_end_takes_nothing_from_the_standing_one() -> None:
    lower = DirectoryRightSet(holder=HER, level=Level.USE, until=on_monday(12))
    assert folded(DIRECTORY, OPENED, EDITS, lower).level(HER, on_monday(9)) is Level.EDIT


def test_given_again_with_another_end_the_new_end_holds() -> None:
    longer = DirectoryRightSet(holder=HER, level=Level.ADMINISTER, until=on_monday(18))
    given = having(DIRECTORY, OPENED, UNTIL_NOON)
    given.deciding(set_right, HER, Level.ADMINISTER, on_monday(12), MONDAY).then()
    given.deciding(set_right, HER, Level.ADMINISTER, on_monday(18), MONDAY).then(longer)
    assert folded(DIRECTORY, OPENED, UNTIL_NOON, longer).level(HER, on_monday(13)) is Level.ADMINISTER


def test_no_right_at_all_takes_both_and_with_an_end_the_one_on_top() -> None:
    none = DirectoryRightSet(holder=HER, level=Level.NONE)
    none_on_top = DirectoryRightSet(holder=HER, level=Level.NONE, until=on_monday(12))
    both = having(DIRECTORY, OPENED, EDITS, UNTIL_NOON)
    both.deciding(set_right, HER, Level.NONE, None, MONDAY).then(none, none_on_top)
    both.deciding(set_right, HER, Level.NONE, on_monday(20), MONDAY).then(none_on_top)
    having(DIRECTORY, OPENED, EDITS).deciding(set_right, HER, Level.NONE, on_monday(20), MONDAY).then()
    assert folded(DIRECTORY, OPENED, EDITS, UNTIL_NOON, none, none_on_top).rights == {}
    assert folded(DIRECTORY, OPENED, EDITS, UNTIL_NOON, none_on_top).level(HER, MONDAY) is Level.EDIT


@pytest.mark.parametrize("level", Level)
def test_an_end_must_be_ahead(level: Level) -> None:
    having(DIRECTORY, OPENED).deciding(set_right, HER, level, MONDAY, MONDAY).refused(EndPassed)


def test_a_directory_is_renamed_where_that_changes_something() -> None:
    renamed = DirectoryRenamed(name="Clients")
    having(DIRECTORY, OPENED).deciding(rename, "Customers").then()
    having(DIRECTORY, OPENED).deciding(rename, "Clients").then(renamed)
    having(DIRECTORY, OPENED, renamed).deciding(rename, "Clients").then()


def test_a_directory_is_closed_and_reopened_and_keeps_its_rights() -> None:
    having(DIRECTORY, OPENED).deciding(close).then(DirectoryClosed())
    having(DIRECTORY, OPENED).deciding(reopen).then()
    having(DIRECTORY, OPENED, DirectoryClosed()).deciding(close).then()
    having(DIRECTORY, OPENED, DirectoryClosed()).deciding(reopen).then(DirectoryReopened())
    closed = folded(DIRECTORY, OPENED, EDITS, DirectoryClosed())
    assert (closed.opened, closed.closed, closed.level(HER, MONDAY)) == (True, True, Level.EDIT)
    assert not folded(DIRECTORY, OPENED, DirectoryClosed(), DirectoryReopened()).closed


@pytest.mark.parametrize(("rule", "arguments"), [(rename, ("x",)), (close, ()), (reopen, ())])
def test_what_was_never_opened_is_neither_renamed_nor_closed(rule: object, arguments: tuple[object, ...]) -> None:
    assert callable(rule)
    having(DIRECTORY).deciding(rule, *arguments).refused(DirectoryUnknown)
