"""A directory keeps one right per holder, on a ladder."""

from itertools import product

from specification import folded, having

from domain.clients.directory import (
    DIRECTORY,
    DirectoryAlreadyOpened,
    DirectoryOpened,
    DirectoryRightSet,
    DirectoryUnknown,
    Level,
    open,
    set_right,
)
from domain.values import team_holder, worker_holder
from examples import ANNA, HOTLINE

OPENED = DirectoryOpened(name="Customers")
HER, THEM = worker_holder(ANNA), team_holder(HOTLINE)
EDITS = DirectoryRightSet(holder=HER, level=Level.EDIT)


def test_a_directory_is_opened_once() -> None:
    having(DIRECTORY).deciding(open, "Customers").then(OPENED)
    having(DIRECTORY, OPENED).deciding(open, "Customers").refused(DirectoryAlreadyOpened)


def test_a_right_is_set_where_it_differs() -> None:
    having(DIRECTORY, OPENED).deciding(set_right, HER, Level.EDIT).then(EDITS)
    having(DIRECTORY, OPENED, EDITS).deciding(set_right, HER, Level.EDIT).then()
    having(DIRECTORY, OPENED).deciding(set_right, HER, Level.NONE).then()
    none = DirectoryRightSet(holder=HER, level=Level.NONE)
    having(DIRECTORY, OPENED, EDITS).deciding(set_right, HER, Level.NONE).then(none)


def test_what_was_never_opened_gives_no_right() -> None:
    having(DIRECTORY).deciding(set_right, HER, Level.EDIT).refused(DirectoryUnknown)


def test_each_right_includes_those_below_it() -> None:
    ladder = ["none", "use", "edit", "administer"]
    for one, other in product(Level, Level):
        assert one.reaches(other) == (ladder.index(one) >= ladder.index(other))


def test_the_rights_of_one_holder_are_not_those_of_another() -> None:
    directory = folded(DIRECTORY, OPENED, EDITS, DirectoryRightSet(holder=THEM, level=Level.USE))
    assert directory.opened
    assert (directory.level(HER), directory.level(THEM)) == (Level.EDIT, Level.USE)
    assert directory.level(worker_holder(ANNA)) is Level.EDIT
    assert folded(DIRECTORY, OPENED).level(HER) is Level.NONE
