"""A right is judged by the instant of receipt, whatever instant a request speaks of; and what decided can be told."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from company import COMPANY_SO_FAR, OVEN, VERA
from specification import Given, given, of, on_monday

from commands.clients.contact import RenameContact
from commands.clients.directory import SetDirectoryRight
from commands.command import Reading
from commands.handler import VersionMoved
from commands.permission import Ground, LevelMissing, RightMissing, ground, holds, role_of
from commands.service.ticket import HoldTicket
from commands.sight import sees
from domain.clients.contact import CONTACT, ContactMerged, ContactMoved, ContactSeparated, ContactUnknown
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.decider import Decider
from domain.ending import EndPassed
from domain.service.ticket import TicketUnknown
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerRightGranted, WorkerRightWithdrawn
from domain.values import WorkerId, team_holder, worker_holder
from examples import ANNA, BAKERY, CUSTOMERS, HOTLINE, MILL, PUMP, SUPPLIERS, WORKSHOP

S = TypeVar("S")
NOON = on_monday(12)
HER = worker_holder(VERA)


class View(Reading):
    """A worker's view of a world at an instant."""

    def __init__(self, world: Given, actor: str, hour: int, minute: int = 0) -> None:
        self.world, self.actor, self.now = world, WorkerId(actor), on_monday(hour, minute)

    def read(self, decider: Decider[S, Any], id: str) -> S:
        return self.world.state(decider, id)


def world(*more: Any) -> Given:
    """The company, with Vera allowed to use nothing but what is said here."""
    taken = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.NONE))
    basic = of(WORKER, VERA, WorkerRightGranted(right=Right.BASIC))
    return given(COMPANY_SO_FAR, taken, basic, *more)


EDITS_UNTIL_NOON = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.EDIT, until=NOON))
RENAMED = RenameContact(contact=MILL, name="The mill")


def test_a_right_with_an_end_opens_a_contact_until_then() -> None:
    assert world(EDITS_UNTIL_NOON).when(RENAMED, actor=VERA, at=on_monday(11, 59)).answer.code == ""
    world(EDITS_UNTIL_NOON).when(RENAMED, actor=VERA, at=NOON).refused(ContactUnknown)


def test_what_lies_below_shows_when_the_end_has_come() -> None:
    below = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.USE))
    world(below, EDITS_UNTIL_NOON).when(RENAMED, actor=VERA, at=NOON).refused(LevelMissing)


def test_nobody_reaches_back_to_a_right_they_had() -> None:
    late = of(WORKER, VERA, WorkerRightGranted(right=Right.LATE_FACTS))
    back = {"at": on_monday(13), "happened": on_monday(11)}
    world(EDITS_UNTIL_NOON, late).when(RENAMED, actor=VERA, **back).refused(ContactUnknown)


def test_a_system_right_and_a_role_end_as_well() -> None:
    helps = of(WORKER, VERA, WorkerRightGranted(right=Right.HELPDESK, until=NOON))
    sees = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.USE))
    member = of(AREA, WORKSHOP, AreaRoleGiven(holder=HER, role=Role.MEMBER, until=on_monday(11)))
    hold = HoldTicket(ticket=PUMP)
    assert world(helps, sees, member).when(hold, actor=VERA, at=on_monday(10, 59)).answer.code == ""
    world(helps, sees, member).when(hold, actor=VERA, at=on_monday(11)).refused(TicketUnknown)
    world(helps, sees, member).when(hold, actor=VERA, at=NOON).refused(RightMissing)


def test_an_end_in_the_past_is_refused_at_the_border_of_the_present() -> None:
    given_until = SetDirectoryRight(directory=CUSTOMERS, holder=HER, level=Level.USE, until=on_monday(9))
    given(COMPANY_SO_FAR).when(given_until, actor=SYSTEM, at=on_monday(9)).refused(EndPassed)
    assert given(COMPANY_SO_FAR).when(given_until, actor=SYSTEM, at=on_monday(8)).answer.code == ""


def test_the_right_that_decides_is_the_highest_and_in_person_before_through_a_team() -> None:
    through_team = of(TEAM, HOTLINE, TeamMemberAdded(worker=VERA))
    teams = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=team_holder(HOTLINE), level=Level.EDIT))
    in_person = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.USE))
    with_end = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.EDIT, until=NOON))

    def found(*more: Any, hour: int = 10) -> Ground:
        view = View(world(through_team, teams, *more), VERA, hour)
        return ground(view, view.read(DIRECTORY, CUSTOMERS))

    assert found(in_person) == Ground(team_holder(HOTLINE), Level.EDIT)
    assert found(in_person, with_end) == Ground(HER, Level.EDIT, NOON)
    assert found(in_person, with_end, hour=12) == Ground(team_holder(HOTLINE), Level.EDIT)


def test_a_role_is_told_in_the_order_asked_for_and_in_person_before_through_a_team() -> None:
    roles = [
        of(AREA, WORKSHOP, AreaRoleGiven(holder=HER, role=Role.READER)),
        of(AREA, WORKSHOP, AreaRoleGiven(holder=team_holder(HOTLINE), role=Role.MEMBER)),
        of(TEAM, HOTLINE, TeamMemberAdded(worker=VERA)),
        of(AREA, WORKSHOP, AreaRoleTaken(holder=HER, role=Role.MEMBER)),
    ]
    view = View(world(*roles), VERA, 10)
    area = view.read(AREA, WORKSHOP)
    assert role_of(view, area, Role.READER, Role.MEMBER) == (HER, Role.READER)
    assert role_of(view, area, Role.MEMBER, Role.READER) == (team_holder(HOTLINE), Role.MEMBER)
    assert role_of(View(world(), "nobody", 10), area, Role.MEMBER) is None


def test_a_merged_contact_is_seen_by_those_who_see_its_survivor() -> None:
    """The bakery lies where Vera sees nothing; while it goes under the mill she knows of it, and then no more."""
    uses = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HER, level=Level.USE))
    hidden = of(CONTACT, BAKERY, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    merged = of(CONTACT, BAKERY, ContactMerged(survivor=MILL))
    apart = of(CONTACT, BAKERY, ContactSeparated(survivor=MILL))
    assert not sees(View(world(uses, hidden), VERA, 10), BAKERY)
    assert sees(View(world(uses, hidden, merged), VERA, 10), BAKERY)
    assert not sees(View(world(uses, hidden, merged, apart), VERA, 10), BAKERY)


@pytest.mark.parametrize("expected", [0, 1, 2, 7])
def test_an_expected_version_does_not_tell_that_there_is_something_hidden(expected: int) -> None:
    for thing, missing, command in (
        (BAKERY, "nowhere", lambda it: RenameContact(contact=it, name="x")),
        (OVEN, "nowhere", lambda it: HoldTicket(ticket=it)),
    ):
        answers = [
            given(COMPANY_SO_FAR).when(command(each), actor=VERA, at=on_monday(10), expected=expected).answer
            for each in (thing, missing)
        ]
        assert answers[0] == answers[1]
        assert answers[0].code != VersionMoved.__name__


def test_of_those_who_see_it_a_wrong_version_is_refused_first() -> None:
    hold = HoldTicket(ticket=PUMP)
    given(COMPANY_SO_FAR).when(hold, actor=ANNA, at=on_monday(10), expected=1).refused(VersionMoved)


def test_a_deactivated_worker_holds_nothing_and_the_installation_needs_nothing() -> None:
    view = View(world(of(WORKER, VERA, WorkerRightWithdrawn(right=Right.BASIC))), VERA, 10)
    assert not holds(view, Right.BASIC)
    assert not holds(View(world(), SYSTEM, 10), Right.BASIC)
