"""Who may: system rights and directory or area rights, both at once, and what is hidden does not exist (D16)."""

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY, ZOE, so_far, worker
from specification import Happened, given, of, on_monday

from commands.clients.contact import OpenContact, RenameContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.command import Command
from commands.handler import AHEAD, HappenedInFuture
from commands.permission import LateFactsNotAllowed, LevelMissing, RightMissing, RoleMissing
from commands.service.opening import OpenTicket
from commands.service.ticket import HoldTicket, NoteOnTicket
from domain.clients.contact import ContactUnknown
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, DirectoryUnknown, Level
from domain.fact import LATE
from domain.service.holding import TicketAssigned, TicketGivenBack, TicketTeamAssigned
from domain.service.ticket import TICKET, TicketCustomerSet, TicketHeld, TicketNoted, TicketUnknown
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerDeactivated, WorkerRightGranted, WorkerRightWithdrawn
from domain.values import TeamId, WorkerId, team_holder, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    BREAD,
    CUSTOMERS,
    HOTLINE,
    MILL,
    MILL_SUBJECT,
    PUMP,
    REGULARS,
    REQUESTS,
    SUPPLIERS,
    WORKSHOP,
)

TEN = on_monday(10)
MICROSECOND = LATE.resolution
THEIRS = {
    "worker": Right.CRM_ADMINISTRATOR,
    "team": Right.AREA_ADMINISTRATOR,
    "area": Right.AREA_ADMINISTRATOR,
    "contact": Right.BASIC,
    "group": Right.BASIC,
    "membership": Right.BASIC,
    "settings": Right.CRM_ADMINISTRATOR,
    "process-area": Right.CRM_ADMINISTRATOR,
    "responsibility": Right.CRM_ADMINISTRATOR,
    "product": Right.SALES,
    "price-list": Right.SALES,
    "prices": Right.SALES,
    "order": Right.BASIC,
    "calendar": Right.CRM_ADMINISTRATOR,
    "contract": Right.CRM_ADMINISTRATOR,
    "incident-type": Right.CRM_ADMINISTRATOR,
    "ticket": Right.HELPDESK,
    "hold": Right.PRIVACY_OFFICER,
    "erasure": Right.PRIVACY_OFFICER,
}
"""The system right that the requests about a noun take; directories are told apart below."""

OF_OFFICERS = {"contact.restrict", "contact.lift-restriction"}
"""What only privacy officers may, of anybody."""

CORRECTED = {
    *("contact.rename", "contact.set-numbers", "contact.change-address"),
    *("contact.remove-address", "contact.remove-note", "contact.remove-file"),
}
"""What a privacy officer may set right of any contact (R-GDP-5)."""

OF_MANAGERS = {"area.give-role", "area.take-role", "area.rename", "area.name-head"}
"""What a role in the area makes up for; see the sentences about the staff."""

AND_TO_SELL = {
    *("contact.attach-price-list", "contact.detach-price-list", "group.attach-price-list", "group.detach-price-list"),
    "order.offer",
}
"""What takes the sales right besides (R-PRC-5)."""

OF_ONESELF = {"worker.set-email", "worker.set-notice-channels"}
"""What anybody may say of themselves."""

OF_AUTOMATA = {
    *("ticket.escalate", "ticket.state-misses", "ticket.close-unanswered"),
    *("notice.write", "notice.confirm-delivery", "notice.report-failure"),
    *("erasure.fence", "erasure.record-keys", "erasure.record-purge", "erasure.record-acknowledgements"),
    *("erasure.tell", "erasure.end-proof", "erasure.repeat", "receipt.issue"),
}
"""What nobody may ask for but the automaton that is there for it, and the installation."""

HIDDEN = {
    "contact": BAKERY,
    "customer": BAKERY,
    "group": REGULARS,
    "directory": SUPPLIERS,
    "ticket": OVEN,
    "order": BREAD,
}
FORGIVING = {"bookmark.clear"}
"""What finds nothing to do where there is nothing, and says no more than that."""

HELD = TicketHeld()


BY_ITS_HOLDER = {"ticket.give-back": of(TICKET, PUMP, TicketAssigned(assignee=OLENA), at=on_monday(9, 30))}
"""What only who has the ticket may ask for."""


def by_topic(command: Command) -> str:
    return command.topic


def taken(command: Command) -> Right:
    """The system right that the request takes."""
    return Right.PRIVACY_OFFICER if command.topic in OF_OFFICERS else THEIRS[command.of.kind]


@pytest.mark.parametrize("command", REQUESTS, ids=by_topic)
def test_who_has_no_right_may_nothing(command: Command) -> None:
    for actor in (ZOE, YURIY, "never-hired"):
        given(so_far(command)).when(command, actor=actor, at=TEN).refused(RightMissing)


@pytest.mark.parametrize("command", REQUESTS, ids=by_topic)
def test_the_installation_itself_is_asked_for_no_right(command: Command) -> None:
    asked = given(so_far(command)).when(command, actor=SYSTEM, at=TEN)
    assert asked.answer.code == ""
    assert asked.facts


@pytest.mark.parametrize(
    "command",
    [each for each in REQUESTS if each.of.kind in THEIRS and each.topic not in OF_MANAGERS | OF_ONESELF | OF_AUTOMATA],
    ids=by_topic,
)
def test_all_other_rights_together_do_not_make_up_for_the_one_it_takes(command: Command) -> None:
    needed = taken(command)
    making_up = {needed, Right.PRIVACY_OFFICER} if command.topic in CORRECTED else {needed}
    others = worker(ANNA, *(right for right in Right if right not in making_up))
    withdrawn = of(WORKER, ANNA, WorkerRightWithdrawn(right=needed))
    given(so_far(command), others, withdrawn).when(command, actor=ANNA, at=TEN).refused(RightMissing)


@pytest.mark.parametrize(
    "command",
    [each for each in REQUESTS if each.of.kind in THEIRS and each.topic not in OF_AUTOMATA],
    ids=by_topic,
)
def test_with_the_right_and_the_sight_it_takes_everything_is_done(command: Command) -> None:
    takes = [taken(command), *([Right.SALES] if command.topic in AND_TO_SELL else [])]
    world = given(
        so_far(command),
        BY_ITS_HOLDER.get(command.topic, ()),
        of(WORKER, OLENA, *(WorkerRightGranted(right=right) for right in takes)),
        of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(OLENA), role=Role.MEMBER)),
        of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(OLENA), level=Level.EDIT)),
        of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(OLENA), level=Level.EDIT)),
    )
    asked = world.when(command, actor=OLENA, at=TEN)
    assert asked.answer.code == ""
    assert asked.facts


@pytest.mark.parametrize(
    "command",
    [
        each
        for each in REQUESTS
        if HIDDEN.keys() & type(each).model_fields.keys() and each.topic not in OF_AUTOMATA | OF_OFFICERS
    ],
    ids=by_topic,
)
def test_what_is_hidden_is_answered_like_what_is_not_there(command: Command) -> None:
    for field in sorted(HIDDEN.keys() & type(command).model_fields.keys()):
        own = {"worker": VERA} if command.topic.startswith("bookmark.") else {}
        hidden = command.model_copy(update={**own, field: HIDDEN[field]})
        missing = command.model_copy(update={**own, field: "nowhere"})
        answers = [given(so_far(command)).when(each, actor=VERA, at=TEN).answer for each in (hidden, missing)]
        assert answers[0] == answers[1]
        assert answers[0].code.endswith("Unknown") or command.topic in FORGIVING


def test_moving_a_contact_to_a_hidden_directory_is_like_moving_it_nowhere() -> None:
    for command in REQUESTS:
        if command.topic == "contact.move":
            for directory in (SUPPLIERS, "nowhere"):
                moved = command.model_copy(update={"directory": directory})
                given(COMPANY_SO_FAR).when(moved, actor=ANNA, at=TEN).refused(DirectoryUnknown)


ON_TICKETS = [
    each
    for each in REQUESTS
    if each.of is TICKET and "ticket" in type(each).model_fields and each.topic not in OF_AUTOMATA
]


@pytest.mark.parametrize("command", ON_TICKETS, ids=by_topic)
def test_a_reader_may_look_and_not_work(command: Command) -> None:
    given(so_far(command)).when(command, actor=BORIS, at=TEN).refused(RoleMissing)


UNCLAIMED = of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=on_monday(9, 40))
"""Boris is in the hotline, Anna is not; she works in the workshop, where he may only look."""


@pytest.mark.parametrize("command", ON_TICKETS, ids=by_topic)
def test_a_ticket_of_a_team_is_to_all_others_like_one_that_is_not_there(command: Command) -> None:
    missing = command.model_copy(update={"ticket": "nowhere"})
    answers = [given(so_far(command), UNCLAIMED).when(each, actor=ANNA, at=TEN).answer for each in (command, missing)]
    assert answers[0] == answers[1]
    assert answers[0].code == "TicketUnknown"
    given(so_far(command), UNCLAIMED).when(command, actor=BORIS, at=TEN).refused(RoleMissing)


def holding(assignee: WorkerId | None, team: TeamId | None = None) -> list[Happened]:
    """The pump is with these from twenty minutes before ten on."""
    given_ = TicketTeamAssigned(team=team) if assignee is None else TicketAssigned(assignee=assignee, team=team)
    return of(TICKET, PUMP, given_, at=on_monday(9, 40))


def test_who_has_a_ticket_is_excused_from_being_in_its_team_and_from_nothing_else() -> None:
    hold = HoldTicket(ticket=PUMP)
    for assignee, team in ((ANNA, HOTLINE), (ANNA, None), (BORIS, None)):
        given(COMPANY_SO_FAR, holding(assignee, team)).when(hold, actor=ANNA, at=TEN).then(HELD)
    given(COMPANY_SO_FAR, holding(BORIS, HOTLINE)).when(hold, actor=ANNA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, holding(VERA, HOTLINE)).when(hold, actor=VERA, at=TEN).refused(TicketUnknown)
    in_team = of(TEAM, HOTLINE, TeamMemberAdded(worker=VERA), TeamMemberAdded(worker=OLENA))
    given(COMPANY_SO_FAR, holding(ANNA, HOTLINE), in_team).when(hold, actor=OLENA, at=TEN).refused(RightMissing)


def test_of_a_team_that_nobody_is_in_only_who_has_the_ticket_knows_of_it() -> None:
    empty = of(TEAM, HOTLINE, TeamMemberRemoved(worker=BORIS))
    hold = HoldTicket(ticket=PUMP)
    given(COMPANY_SO_FAR, empty, holding(ANNA, HOTLINE)).when(hold, actor=ANNA, at=TEN).then(HELD)
    for actor in (ANNA, BORIS):
        given(COMPANY_SO_FAR, empty, UNCLAIMED).when(hold, actor=actor, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, empty, UNCLAIMED).when(hold, actor=SYSTEM, at=TEN).then(HELD)


def test_the_team_that_counts_is_the_one_the_ticket_has_now() -> None:
    hold = HoldTicket(ticket=PUMP)
    back = of(TICKET, PUMP, TicketGivenBack(), at=on_monday(9, 50))
    taken = of(TICKET, PUMP, TicketGivenBack(team_too=True), at=on_monday(9, 50))
    given(COMPANY_SO_FAR, holding(ANNA, HOTLINE), back).when(hold, actor=ANNA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, holding(ANNA, HOTLINE), taken).when(hold, actor=ANNA, at=TEN).then(HELD)


def test_whose_ticket_it_is_decides_by_what_became_known_last() -> None:
    hold, late = HoldTicket(ticket=PUMP), on_monday(9, 50)
    theirs = TicketCustomerSet(subject=BAKERY_SUBJECT, reporter=None, customer=BAKERY)
    nobodys = TicketCustomerSet(subject=BAKERY_SUBJECT, reporter=None, customer=None)
    given(COMPANY_SO_FAR, of(TICKET, PUMP, theirs, at=late)).when(hold, actor=ANNA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, of(TICKET, PUMP, theirs, nobodys, at=late)).when(hold, actor=ANNA, at=TEN).then(HELD)


def test_a_manager_of_the_area_does_not_see_what_lies_in_it() -> None:
    sees = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(VERA), level=Level.USE))
    manager = of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(VERA), role=Role.MANAGER))
    member = of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(VERA), role=Role.MEMBER))
    hold = HoldTicket(ticket=PUMP)
    given(COMPANY_SO_FAR, sees, manager).when(hold, actor=VERA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, manager, member).when(hold, actor=VERA, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, sees, member).when(hold, actor=VERA, at=TEN).then(HELD)


def test_a_right_reaches_the_members_of_its_team_and_nobody_else() -> None:
    through = of(AREA, WORKSHOP, AreaRoleGiven(holder=team_holder(HOTLINE), role=Role.MEMBER))
    hold = HoldTicket(ticket=PUMP)
    given(COMPANY_SO_FAR, through).when(hold, actor=BORIS, at=TEN).then(HELD)
    left = of(TEAM, HOTLINE, TeamMemberRemoved(worker=BORIS))
    given(COMPANY_SO_FAR, through, left).when(hold, actor=BORIS, at=TEN).refused(TicketUnknown)
    given(COMPANY_SO_FAR, through).when(hold, actor=VERA, at=TEN).refused(TicketUnknown)


def test_of_a_right_in_person_and_one_through_a_team_the_higher_counts() -> None:
    rename = RenameContact(contact=MILL, name="New Mill")
    given(COMPANY_SO_FAR).when(rename, actor=BORIS, at=TEN).refused(LevelMissing)
    for mine, theirs in ((Level.EDIT, Level.USE), (Level.USE, Level.ADMINISTER), (Level.NONE, Level.EDIT)):
        rights = [
            DirectoryRightSet(holder=worker_holder(BORIS), level=mine),
            DirectoryRightSet(holder=team_holder(HOTLINE), level=theirs),
        ]
        asked = given(COMPANY_SO_FAR, of(DIRECTORY, CUSTOMERS, *rights)).when(rename, actor=BORIS, at=TEN)
        assert asked.answer.code == ""


def test_a_right_taken_away_in_person_leaves_the_one_through_the_team() -> None:
    taken = of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER))
    given(COMPANY_SO_FAR, taken).when(HoldTicket(ticket=PUMP), actor=ANNA, at=TEN).refused(TicketUnknown)


def test_a_right_to_use_shows_a_contact_and_does_not_let_it_be_changed() -> None:
    given(COMPANY_SO_FAR).when(RenameContact(contact=MILL, name="x"), actor=BORIS, at=TEN).refused(LevelMissing)
    given(COMPANY_SO_FAR).when(OpenContact(directory=CUSTOMERS, name="x"), actor=BORIS, at=TEN).refused(LevelMissing)
    given(COMPANY_SO_FAR).when(OpenContact(directory=SUPPLIERS, name="x"), actor=BORIS, at=TEN).refused(
        DirectoryUnknown
    )
    given(COMPANY_SO_FAR).when(RenameContact(contact=BAKERY, name="x"), actor=BORIS, at=TEN).refused(ContactUnknown)


def test_a_deactivated_worker_works_no_longer() -> None:
    gone = of(WORKER, ANNA, WorkerDeactivated())
    given(COMPANY_SO_FAR, gone).when(HoldTicket(ticket=PUMP), actor=ANNA, at=TEN).refused(RightMissing)


def test_the_area_administrator_sets_rights_and_sees_nothing() -> None:
    mine = DirectoryRightSet(holder=worker_holder(OLENA), level=Level.EDIT)
    command = SetDirectoryRight(directory=SUPPLIERS, holder=worker_holder(OLENA), level=Level.EDIT)
    rename = RenameContact(contact=BAKERY, name="x")
    basic = of(WORKER, OLENA, WorkerRightGranted(right=Right.BASIC))
    world = given(COMPANY_SO_FAR, basic)
    world.when(rename, actor=OLENA, at=TEN).refused(ContactUnknown).when(command, actor=OLENA, at=TEN).then(mine)
    given(COMPANY_SO_FAR).when(
        SetDirectoryRight(directory="nowhere", holder=worker_holder(OLENA), level=Level.EDIT),
        actor=OLENA,
        at=TEN,
    ).refused(DirectoryUnknown)


def test_without_that_right_a_directory_is_administered_by_those_who_administer_it() -> None:
    command = SetDirectoryRight(directory=CUSTOMERS, holder=worker_holder(VERA), level=Level.USE)
    set_ = DirectoryRightSet(holder=worker_holder(VERA), level=Level.USE)
    given(COMPANY_SO_FAR).when(command, actor=ANNA, at=TEN).refused(LevelMissing)
    given(COMPANY_SO_FAR).when(command, actor=VERA, at=TEN).refused(DirectoryUnknown)
    given(COMPANY_SO_FAR).when(command, actor=ZOE, at=TEN).refused(RightMissing)
    administers = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.ADMINISTER))
    given(COMPANY_SO_FAR, administers).when(command, actor=ANNA, at=TEN).then(set_)


def test_whoever_opens_a_directory_administers_it() -> None:
    opened = DirectoryOpened(name="New")
    mine = DirectoryRightSet(holder=worker_holder(OLENA), level=Level.ADMINISTER)
    given(COMPANY_SO_FAR).when(OpenDirectory(name="New"), actor=OLENA, at=TEN).then(opened, mine)
    given(COMPANY_SO_FAR).when(OpenDirectory(name="New"), actor=SYSTEM, at=TEN).then(opened)
    given(COMPANY_SO_FAR).when(OpenDirectory(name="New"), actor=ANNA, at=TEN).refused(RightMissing)


# Clocks


def test_what_happens_more_than_sixty_seconds_ahead_is_no_fact_yet() -> None:
    hold = HoldTicket(ticket=PUMP)
    given(COMPANY_SO_FAR).when(hold, actor=ANNA, at=TEN, happened=TEN + AHEAD).then(HELD)
    for actor in (ANNA, SYSTEM):
        asked = given(COMPANY_SO_FAR).when(hold, actor=actor, at=TEN, happened=TEN + AHEAD + MICROSECOND)
        asked.refused(HappenedInFuture)


def test_what_happened_more_than_five_minutes_ago_takes_the_right_to_record_late_facts() -> None:
    hold = HoldTicket(ticket=PUMP)
    late = TEN - LATE - MICROSECOND
    given(COMPANY_SO_FAR).when(hold, actor=ANNA, at=TEN, happened=TEN - LATE).then(HELD)
    given(COMPANY_SO_FAR).when(hold, actor=ANNA, at=TEN, happened=late).refused(LateFactsNotAllowed)
    allowed = of(WORKER, ANNA, WorkerRightGranted(right=Right.LATE_FACTS))
    given(COMPANY_SO_FAR, allowed).when(hold, actor=ANNA, at=TEN, happened=late).then(HELD)
    given(COMPANY_SO_FAR).when(hold, actor=SYSTEM, at=TEN, happened=late).then(HELD)
    gone = of(WORKER, ANNA, WorkerDeactivated())
    given(COMPANY_SO_FAR, allowed, gone).when(hold, actor=ANNA, at=TEN, happened=late).refused(LateFactsNotAllowed)


def test_a_fact_bears_the_instant_it_happened_and_the_one_who_asked() -> None:
    allowed = of(WORKER, ANNA, WorkerRightGranted(right=Right.LATE_FACTS))
    asked = given(COMPANY_SO_FAR, allowed).when(HoldTicket(ticket=PUMP), actor=ANNA, at=TEN, happened=on_monday(9, 56))
    (fact,) = asked.facts
    assert (fact.stream, fact.version, fact.happened_at, fact.recorded_at, fact.actor) == (
        "ticket-pump",
        3,
        on_monday(9, 56),
        TEN,
        ANNA,
    )


def test_everything_said_about_a_ticket_belongs_to_its_subject() -> None:
    asked = given(COMPANY_SO_FAR).when(NoteOnTicket(ticket=PUMP, text="x"), actor=ANNA, at=TEN)
    asked.then(TicketNoted(subject=MILL_SUBJECT, text="x"))


def test_who_reports_a_problem_sees_the_customer() -> None:
    report = OpenTicket(customer=MILL, title="x")
    assert given(COMPANY_SO_FAR).when(report, actor=BORIS, at=TEN).answer.code == ""
    given(COMPANY_SO_FAR).when(report, actor=VERA, at=TEN).refused(ContactUnknown)
