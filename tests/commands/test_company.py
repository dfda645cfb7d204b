"""What is closed takes nothing new and keeps what it has; rows name what there is; who answers is looked at."""

from datetime import timedelta, timezone

import pytest
from company import COMPANY_SO_FAR, OLENA, VERA
from specification import Given, given, of, on_monday

from commands.clients.contact import MoveContact, OpenContact, RenameContact
from commands.clients.directory import CloseDirectory, RenameDirectory
from commands.clients.group import FormGroup, MoveGroup, RenameGroup, SetGroupResponsible
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.command import Command
from commands.company.process_area import SetProcessAreaResponsible
from commands.company.responsibility import CheckResponsibilities
from commands.lookup import LACKING, Lack
from commands.permission import LevelMissing, RightMissing
from commands.reactions.checking import CHECKING as REACTION
from commands.reactions.reaction import HISTORY, Heard
from domain.clients.contact import ContactMoved
from domain.clients.directory import (
    DIRECTORY,
    DirectoryClosed,
    DirectoryNotOpen,
    DirectoryRenamed,
    DirectoryReopened,
    DirectoryRightSet,
    DirectoryUnknown,
    Level,
)
from domain.clients.group import (
    GROUP,
    GroupClosed,
    GroupMoved,
    GroupNotOpen,
    GroupRenamed,
    GroupReopened,
    GroupResponsibleSet,
    GroupUnknown,
)
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.company.process_area import (
    PROCESS_AREA,
    ProcessAreaNotOffered,
    ProcessAreaResponsibleSet,
    ProcessAreaRetired,
    ProcessAreaUnknown,
)
from domain.company.responsibility import CHECK, RESPONSIBILITY, Kind, LackFound, Lacking, LackSettled
from domain.refusal import Refused
from domain.staff.area import AreaUnknown
from domain.staff.team import TeamUnknown
from domain.staff.worker import CHECKING, WORKER, Right, WorkerRightGranted, WorkerUnknown
from domain.values import team_holder, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    HOTLINE,
    INVOICING,
    MILL,
    REGULARS,
    SUPPLIERS,
    VIP,
    WORKSHOP,
)
from projections.company.lacking import RESTS_ON
from projections.service.tickets import DESK

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
AWAY = timezone(timedelta(hours=3))
BOTH = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.EDIT))
SHUT = of(DIRECTORY, CUSTOMERS, DirectoryClosed())


def world() -> Given:
    """Anna edits both directories; that of the customers is closed."""
    return given(COMPANY_SO_FAR, BOTH, SHUT)


@pytest.mark.parametrize(
    "command",
    [
        OpenContact(directory=CUSTOMERS, name="New"),
        MoveContact(contact=BAKERY, directory=CUSTOMERS),
        FormGroup(directory=CUSTOMERS, name="New"),
        MoveGroup(group=REGULARS, directory=CUSTOMERS),
    ],
    ids=lambda command: command.topic,
)
def test_nothing_new_is_put_into_a_closed_directory(command: Command) -> None:
    world().when(command, actor=ANNA, at=TEN).refused(DirectoryNotOpen)
    reopened = given(COMPANY_SO_FAR, BOTH, SHUT, of(DIRECTORY, CUSTOMERS, DirectoryReopened()))
    assert reopened.when(command, actor=ANNA, at=TEN).answer.code == ""


def test_what_is_in_a_closed_directory_stays_and_is_worked_with() -> None:
    world().when(RenameGroup(group=VIP, name="Best"), actor=ANNA, at=TEN).then(GroupRenamed(name="Best"))
    assert world().when(RenameContact(contact=MILL, name="Mill"), actor=ANNA, at=TEN).answer.code == ""
    world().when(JoinGroup(contact=MILL, group=VIP), actor=ANNA, at=TEN).then(MemberJoined(group=VIP))
    moved = ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS)
    world().when(MoveContact(contact=MILL, directory=SUPPLIERS), actor=ANNA, at=TEN).then(moved)
    world().when(MoveContact(contact=MILL, directory=CUSTOMERS), actor=ANNA, at=TEN).then()
    world().when(MoveGroup(group=VIP, directory=CUSTOMERS), actor=ANNA, at=TEN).then()


def test_a_closed_directory_tells_nothing_to_whom_it_is_hidden() -> None:
    for command in (OpenContact(directory=CUSTOMERS, name="x"), FormGroup(directory=CUSTOMERS, name="x")):
        world().when(command, actor=VERA, at=TEN).refused(DirectoryUnknown)


def test_a_directory_is_renamed_and_closed_by_an_administrator_who_administers_it() -> None:
    rename, close = RenameDirectory(directory=CUSTOMERS, name="Clients"), CloseDirectory(directory=CUSTOMERS)
    administers = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(OLENA), level=Level.ADMINISTER))
    edits = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(OLENA), level=Level.EDIT))
    for command in (rename, close):
        given(COMPANY_SO_FAR).when(command, actor=ANNA, at=TEN).refused(RightMissing)
        given(COMPANY_SO_FAR).when(command, actor=OLENA, at=TEN).refused(DirectoryUnknown)
        given(COMPANY_SO_FAR, edits).when(command, actor=OLENA, at=TEN).refused(LevelMissing)
    given(COMPANY_SO_FAR, administers).when(rename, actor=OLENA, at=TEN).then(DirectoryRenamed(name="Clients"))
    given(COMPANY_SO_FAR, administers).when(close, actor=OLENA, at=TEN).then(DirectoryClosed())


def test_moving_a_group_takes_the_right_to_edit_both_directories() -> None:
    move = MoveGroup(group=VIP, directory=SUPPLIERS)
    given(COMPANY_SO_FAR).when(move, actor=ANNA, at=TEN).refused(DirectoryUnknown)
    given(COMPANY_SO_FAR).when(move, actor=VERA, at=TEN).refused(GroupUnknown)
    uses = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.USE))
    given(COMPANY_SO_FAR, uses).when(move, actor=ANNA, at=TEN).refused(LevelMissing)
    moved = given(COMPANY_SO_FAR, BOTH).when(move, actor=ANNA, at=TEN)
    moved.then(GroupMoved(origin=CUSTOMERS, directory=SUPPLIERS))


def test_nobody_joins_a_closed_group_and_whoever_is_in_it_stays_or_leaves() -> None:
    closed = of(GROUP, VIP, GroupClosed(), at=TEN)
    join, leave = JoinGroup(contact=MILL, group=VIP), LeaveGroup(contact=MILL, group=VIP)
    given(COMPANY_SO_FAR, closed).when(join, actor=ANNA, at=NOON).refused(GroupNotOpen)
    given(COMPANY_SO_FAR, closed).when(join, at=NOON, happened=NINE).then(MemberJoined(group=VIP))
    inside = of(MEMBERSHIP, MILL, MemberJoined(group=VIP), at=NINE)
    given(COMPANY_SO_FAR, inside, closed).when(join, actor=ANNA, at=NOON).then()
    given(COMPANY_SO_FAR, inside, closed).when(leave, actor=ANNA, at=NOON).then(MemberLeft(group=VIP))
    again = of(GROUP, VIP, GroupReopened(), at=NOON)
    given(COMPANY_SO_FAR, closed, again).when(join, actor=ANNA, at=NOON).then(MemberJoined(group=VIP))


def test_a_closed_group_that_is_hidden_is_as_unknown_as_any() -> None:
    closed = of(GROUP, REGULARS, GroupClosed())
    for group in (REGULARS, "nowhere"):
        given(COMPANY_SO_FAR, closed).when(JoinGroup(contact=MILL, group=group), actor=ANNA, at=TEN).refused(
            GroupUnknown
        )


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"process_area": "nowhere"}, ProcessAreaUnknown),
        ({"person": "nobody"}, WorkerUnknown),
        ({"person": "routing"}, WorkerUnknown),
        ({"team": "nobody"}, TeamUnknown),
        ({"area": "nowhere"}, AreaUnknown),
    ],
    ids=str,
)
def test_a_row_names_what_there_is(changed: dict[str, str], refusal: type[Refused]) -> None:
    row = SetGroupResponsible(group=VIP, process_area=INVOICING, person=ANNA, team=HOTLINE, area=WORKSHOP)
    given(COMPANY_SO_FAR).when(row.model_copy(update=changed), actor=ANNA, at=TEN).refused(refusal)


def test_a_row_of_a_retired_process_area_may_be_changed_but_not_begun() -> None:
    retired = of(PROCESS_AREA, INVOICING, ProcessAreaRetired())
    hers = GroupResponsibleSet(process_area=INVOICING, person=ANNA, team=None, area=None)
    theirs = SetGroupResponsible(group=VIP, process_area=INVOICING, team=HOTLINE)
    given(COMPANY_SO_FAR, retired).when(theirs, actor=ANNA, at=TEN).refused(ProcessAreaNotOffered)
    given(COMPANY_SO_FAR, of(GROUP, VIP, hers), retired).when(theirs, actor=ANNA, at=TEN).then(
        GroupResponsibleSet(process_area=INVOICING, person=None, team=HOTLINE, area=None)
    )
    none = SetGroupResponsible(group=VIP, process_area=INVOICING)
    given(COMPANY_SO_FAR, retired).when(none, actor=ANNA, at=TEN).then()


def test_in_a_process_area_somebody_answers_who_is_there() -> None:
    for holder, refusal in ((worker_holder("nobody"), WorkerUnknown), (team_holder("nobody"), TeamUnknown)):
        asked = SetProcessAreaResponsible(process_area=INVOICING, responsible=holder)
        given(COMPANY_SO_FAR).when(asked, actor=OLENA, at=TEN).refused(refusal)
    hers = SetProcessAreaResponsible(process_area=INVOICING, responsible=worker_holder(ANNA))
    told = ProcessAreaResponsibleSet(responsible=worker_holder(ANNA))
    given(COMPANY_SO_FAR).when(hers, actor=OLENA, at=TEN).then(told)


BLIND = LackFound(
    kind=Kind.GROUP, thing=VIP, process_area=INVOICING, worker=BORIS, lacks=(Lacking.AREA, Lacking.DIRECTORY)
)


def lacking(world: Given, *found: Lack) -> Given:
    """At ten there is so much to be found."""
    world.log.found[LACKING, TEN.isoformat()] = found
    return world


def test_what_is_looked_up_is_told_and_what_was_told_and_is_not_found_is_settled() -> None:
    lack = Lack("group", VIP, INVOICING, BORIS, ["area", "directory"])
    check = CheckResponsibilities()
    known = lacking(given(COMPANY_SO_FAR), lack).when(check, actor=CHECKING, at=TEN).then(BLIND)
    known.when(check, actor=CHECKING, at=TEN).then()
    settled = LackSettled(kind=Kind.GROUP, thing=VIP, process_area=INVOICING, worker=BORIS)
    known.when(check, actor=CHECKING, at=NOON).then(settled)
    given(COMPANY_SO_FAR, of(RESPONSIBILITY, CHECK, BLIND)).when(check, actor=OLENA, at=TEN).then(settled)


def test_the_check_is_for_its_automaton_and_for_administrators() -> None:
    given(COMPANY_SO_FAR).when(CheckResponsibilities(), actor=ANNA, at=TEN).refused(RightMissing)
    administers = of(WORKER, ANNA, WorkerRightGranted(right=Right.CRM_ADMINISTRATOR))
    given(COMPANY_SO_FAR, administers).when(CheckResponsibilities(), actor=ANNA, at=TEN).then()


def heard(topic: str) -> Heard:
    """A fact of long ago, recorded now."""
    id = "4a1c7c0e-0000-4000-8000-000000000001"
    return Heard(id, topic, "any-thing", 1, 1, TEN - 2 * HISTORY, TEN, BORIS, {})


@pytest.mark.parametrize("topic", REACTION.topics)
def test_whenever_it_happened_what_changes_rights_or_rows_calls_for_a_look(topic: str) -> None:
    (call,) = REACTION.calls(heard(topic))
    assert (call.command, call.happened_at) == (CheckResponsibilities(), None)


def test_an_end_calls_for_a_look_under_an_id_that_follows_from_its_instant() -> None:
    first, again, later = REACTION.lapsed(TEN), REACTION.lapsed(TEN.astimezone(AWAY)), REACTION.lapsed(NOON)
    assert first == again
    assert (first.command, first.happened_at) == (CheckResponsibilities(), None)
    assert first.id != later.id


NOTHING_HANGS_ON = {
    *("worker.hired", "worker.right-granted", "worker.right-withdrawn"),
    "contact.opened",
    *("contact.employed", "contact.part-set", "contact.classified", "contact.related", "contact.unrelated"),
    *("team.formed", "team.renamed", "team.leader-named", "team.disbanded"),
    *("area.opened", "area.renamed", "area.head-named", "area.moved", "area.closed", "area.reopened"),
    *("gateway.opened", "gateway.renamed", "gateway.process-area-set", "gateway.closed", "gateway.reopened"),
    *("incident-type.listed", "incident-type.retired", "incident-type.contract-set"),
    *("calendar.defined", "calendar.revised", "calendar.renamed"),
    *(topic for topic in DESK.topics),
    *("group.formed", "group.renamed", "group.ranked", "group.contract-set", "group.closed", "group.reopened"),
    *("membership.joined", "membership.left"),
    *("process-area.listed", "process-area.renamed", "process-area.retired"),
    *("settings.default-contract-set", "settings.severities-listed", "settings.place-set"),
    *("settings.life-cycles-listed", "settings.salutations-listed", "settings.relations-listed"),
    *("settings.form-rule-set", "settings.units-listed", "settings.base-list-set"),
    *("settings.helpdesk-process-area-set", "settings.closing-rule-set"),
    *("settings.erasure-reasons-listed", "settings.hold-grounds-listed", "settings.proof-retention-set"),
    *("contact.restricted", "contact.restriction-lifted"),
    *("erasure.requested", "erasure.refused", "erasure.fenced"),
}
"""Facts of the read models that are looked up which neither make anybody able to answer nor the contrary."""


def test_every_other_fact_of_what_is_looked_up_calls_for_a_look() -> None:
    told = {LackFound.topic, LackSettled.topic}
    rests_on = {topic for model in RESTS_ON for topic in model.topics}
    assert set(REACTION.topics) - told == rests_on - NOTHING_HANGS_ON
