"""Areas are run by the area administrator and their managers; absences are one's own affair, and the CRM's."""

from __future__ import annotations

import pytest
from company import COMPANY_SO_FAR, OLENA, VERA, ZOE, so_far
from specification import Happened, given, of, on_monday

from commands.clients.contact import RenameContact
from commands.command import Command
from commands.company.settings import SetDefaultArea
from commands.permission import LevelMissing, RightMissing, RoleMissing
from commands.service.opening import OpenTicket
from commands.staff.area import (
    DEEPEST,
    AreaIsDefault,
    AreaTooDeep,
    CloseArea,
    GiveAreaRole,
    MoveArea,
    NameAreaHead,
    OpenArea,
    RenameArea,
    ReopenArea,
    TakeAreaRole,
)
from commands.staff.team import DisbandTeam
from commands.staff.worker import EndAbsence, PlanAbsence
from domain.service.ticket import TicketUnknown
from domain.staff.absence import WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.staff.area import (
    AREA,
    AreaClosed,
    AreaHeadNamed,
    AreaInsideItself,
    AreaMoved,
    AreaNotOpen,
    AreaOpened,
    AreaRenamed,
    AreaRoleGiven,
    AreaRoleTaken,
    AreaUnknown,
    Role,
)
from domain.staff.team import TeamDisbanded, TeamMemberRemoved, TeamUnknown
from domain.staff.worker import WORKER, Right, WorkerRightGranted, WorkerRightWithdrawn, WorkerUnknown
from domain.values import AreaId, team_holder, worker_holder
from examples import (
    ANNA,
    BORIS,
    HOTLINE,
    LEAVE,
    LEAVES,
    MILL,
    OFFICE_FLOOR,
    REQUEST,
    RETURNS,
    WORKSHOP,
)

TEN = on_monday(10)
MANAGED: list[tuple[Command, list[object]]] = [
    (
        GiveAreaRole(area=WORKSHOP, holder=worker_holder(VERA), role=Role.READER),
        [AreaRoleGiven(holder=worker_holder(VERA), role=Role.READER)],
    ),
    (
        TakeAreaRole(area=WORKSHOP, holder=worker_holder(ANNA), role=Role.MEMBER),
        [AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER)],
    ),
    (RenameArea(area=WORKSHOP, name="Repairs"), [AreaRenamed(name="Repairs")]),
    (NameAreaHead(area=WORKSHOP, worker=ANNA), [AreaHeadNamed(worker=ANNA)]),
]
NOT_MANAGED = [MoveArea(area=WORKSHOP, parent=OFFICE_FLOOR), CloseArea(area=WORKSHOP), ReopenArea(area=WORKSHOP)]
"""Where an area lies and whether it takes tickets is the area administrator's alone."""


def topic(what: object) -> str:
    return what.topic if isinstance(what, Command) else ""


def role(holder: str, *roles: Role) -> list[Happened]:
    return [each for one in roles for each in of(AREA, WORKSHOP, AreaRoleGiven(holder=holder, role=one))]


@pytest.mark.parametrize(("command", "facts"), MANAGED, ids=topic)
def test_a_manager_runs_the_area_in_person_or_through_a_team(command: Command, facts: list[object]) -> None:
    for holder in (worker_holder(BORIS), team_holder(HOTLINE)):
        asked = given(COMPANY_SO_FAR, role(holder, Role.MANAGER)).when(command, actor=BORIS, at=TEN)
        assert [fact.event for fact in asked.facts] == facts
    given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).then(*facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("command", "_"), MANAGED, ids=topic)
def test_other_roles_do_not_run_it_and_to_who_has_none_it_is_unknown(command: Command, _: object) -> None:
    given(COMPANY_SO_FAR).when(command, actor=ANNA, at=TEN).refused(RoleMissing)
    given(COMPANY_SO_FAR).when(command, actor=BORIS, at=TEN).refused(RoleMissing)
    given(COMPANY_SO_FAR).when(command, actor=VERA, at=TEN).refused(AreaUnknown)
    nowhere = command.model_copy(update={"area": "nowhere"})
    given(COMPANY_SO_FAR).when(nowhere, actor=VERA, at=TEN).refused(AreaUnknown)
    given(COMPANY_SO_FAR).when(nowhere, actor=OLENA, at=TEN).refused(AreaUnknown)
    given(COMPANY_SO_FAR, role(worker_holder(ZOE), Role.MANAGER)).when(command, actor=ZOE, at=TEN).refused(RightMissing)


@pytest.mark.parametrize("command", NOT_MANAGED, ids=topic)
def test_a_manager_neither_moves_nor_closes_it(command: Command) -> None:
    managed = role(worker_holder(BORIS), Role.MANAGER)
    given(COMPANY_SO_FAR, managed).when(command, actor=BORIS, at=TEN).refused(RightMissing)


def test_a_manager_gives_roles_and_sees_no_ticket_for_that() -> None:
    world = given(COMPANY_SO_FAR, role(worker_holder(VERA), Role.MANAGER))
    hold = REQUEST["ticket.hold"]
    world.when(hold, actor=VERA, at=TEN).refused(TicketUnknown)
    world.when(MANAGED[2][0], actor=VERA, at=TEN).then(AreaRenamed(name="Repairs"))
    world.when(hold, actor=VERA, at=TEN).refused(TicketUnknown)


def test_a_head_is_somebody_who_was_hired() -> None:
    head = NameAreaHead(area=WORKSHOP, worker="nobody")
    given(COMPANY_SO_FAR).when(head, actor=OLENA, at=TEN).refused(WorkerUnknown)


def inside(area: str, parent: str | None) -> list[Happened]:
    return of(AREA, area, AreaOpened(name=area, parent=parent))


def test_an_area_lies_in_no_circle() -> None:
    lies = of(AREA, WORKSHOP, AreaMoved(parent=OFFICE_FLOOR))
    shelf = inside("shelf", WORKSHOP)
    for parent in (OFFICE_FLOOR, WORKSHOP, AreaId("shelf")):
        move = MoveArea(area=OFFICE_FLOOR, parent=parent)
        given(COMPANY_SO_FAR, lies, shelf).when(move, actor=OLENA, at=TEN).refused(AreaInsideItself)
    given(COMPANY_SO_FAR, lies, shelf).when(MoveArea(area="shelf", parent=OFFICE_FLOOR), actor=OLENA, at=TEN).then(
        AreaMoved(parent=OFFICE_FLOOR)
    )
    given(COMPANY_SO_FAR, lies).when(MoveArea(area=WORKSHOP, parent=None), actor=OLENA, at=TEN).then(
        AreaMoved(parent=None)
    )
    given(COMPANY_SO_FAR).when(MoveArea(area=WORKSHOP, parent="nowhere"), actor=OLENA, at=TEN).refused(AreaUnknown)


def test_areas_lie_in_each_other_only_so_deep() -> None:
    names = [f"a{n}" for n in range(DEEPEST + 1)]
    deep = [each for n, name in enumerate(names) for each in inside(name, names[n - 1] if n else None)]
    opened = given(COMPANY_SO_FAR, deep).when(OpenArea(name="x", parent=names[-2]), actor=OLENA, at=TEN)
    opened.then(AreaOpened(name="x", parent=AreaId(names[-2])))
    for command in (OpenArea(name="x", parent=names[-1]), MoveArea(area=WORKSHOP, parent=names[-1])):
        given(COMPANY_SO_FAR, deep).when(command, actor=OLENA, at=TEN).refused(AreaTooDeep)


CLOSED = of(AREA, OFFICE_FLOOR, AreaClosed(), at=on_monday(9))
MEMBER = of(AREA, OFFICE_FLOOR, AreaRoleGiven(holder=worker_holder(ANNA), role=Role.MEMBER))


def test_no_new_ticket_comes_to_a_closed_area() -> None:
    report = OpenTicket(area=OFFICE_FLOOR, title="x")
    assert given(COMPANY_SO_FAR, MEMBER).when(report, actor=ANNA, at=TEN).answer.code == ""
    given(COMPANY_SO_FAR, MEMBER, CLOSED).when(report, actor=ANNA, at=TEN).refused(AreaNotOpen)
    given(COMPANY_SO_FAR, CLOSED).when(report, actor=ANNA, at=TEN).refused(AreaUnknown)


def test_the_area_that_tickets_come_to_by_default_is_open() -> None:
    given(COMPANY_SO_FAR).when(CloseArea(area=WORKSHOP), actor=OLENA, at=TEN).refused(AreaIsDefault)
    default = SetDefaultArea(area=OFFICE_FLOOR)
    given(COMPANY_SO_FAR, CLOSED).when(default, actor=OLENA, at=TEN).refused(AreaNotOpen)
    world = given(COMPANY_SO_FAR)
    world.when(default, actor=OLENA, at=TEN)
    world.when(CloseArea(area=WORKSHOP), actor=OLENA, at=TEN).then(AreaClosed())


# Teams


def test_who_had_something_through_a_team_has_it_no_longer_when_that_is_disbanded() -> None:
    world = given(COMPANY_SO_FAR)
    rename = RenameContact(contact=MILL, name="x")
    world.when(rename, actor=BORIS, at=TEN).refused(LevelMissing)
    world.when(DisbandTeam(team=HOTLINE), actor=OLENA, at=TEN).then(TeamMemberRemoved(worker=BORIS), TeamDisbanded())
    assert world.when(rename, actor=BORIS, at=TEN).answer.code == "ContactUnknown"
    world.when(REQUEST["team.add-member"], actor=OLENA, at=TEN).refused(TeamUnknown)


# Absences

PLAN = PlanAbsence(worker=BORIS, since=LEAVES, until=RETURNS, substitute=ANNA)


def test_ones_own_absence_takes_the_basic_right_and_that_of_others_the_crm() -> None:
    for actor in (BORIS, OLENA):
        (fact,) = given(COMPANY_SO_FAR).when(PLAN, actor=actor, at=TEN).facts
        assert isinstance(fact.event, WorkerAbsencePlanned)
    given(COMPANY_SO_FAR).when(PLAN, actor=ANNA, at=TEN).refused(RightMissing)
    planned = so_far(REQUEST["worker.end-absence"])
    end = EndAbsence(worker=BORIS, absence=LEAVE)
    given(planned).when(end, actor=ANNA, at=TEN).refused(RightMissing)
    given(planned).when(end, actor=BORIS, at=TEN).then(WorkerAbsenceEnded(absence=LEAVE))


def test_the_crm_administrator_needs_no_other_right_for_an_absence_of_their_own() -> None:
    own = PLAN.model_copy(update={"worker": OLENA})
    assert given(COMPANY_SO_FAR).when(own, actor=OLENA, at=TEN).facts
    neither = of(WORKER, BORIS, WorkerRightWithdrawn(right=Right.BASIC))
    given(COMPANY_SO_FAR, neither).when(PLAN, actor=BORIS, at=TEN).refused(RightMissing)
    administers = of(WORKER, BORIS, WorkerRightGranted(right=Right.CRM_ADMINISTRATOR))
    assert given(COMPANY_SO_FAR, neither, administers).when(PLAN, actor=BORIS, at=TEN).facts


def test_a_substitute_is_somebody_who_was_hired() -> None:
    nobody = PLAN.model_copy(update={"substitute": "nobody"})
    given(COMPANY_SO_FAR).when(nobody, actor=OLENA, at=TEN).refused(WorkerUnknown)


def test_an_absence_has_the_id_that_follows_from_the_request() -> None:
    asked = given(COMPANY_SO_FAR).when(PLAN, actor=BORIS, at=TEN, id="x")
    again = given(COMPANY_SO_FAR).when(PLAN, actor=BORIS, at=TEN, id="x")
    assert [fact.event for fact in asked.facts] == [fact.event for fact in again.facts]
