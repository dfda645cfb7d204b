"""What a request would change is what it changes: supposed first, then done, in any small world (N-10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, VERA, ZOE, so_far
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as generated
from hypothesis import strategies as st
from retrospection import every, found, reckoned, refusal, rows
from specification import MONDAY, Given, Happened, given, of, on_monday

from commands.clients.contact import MoveContact, SetContactResponsible
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import MoveGroup, SetGroupResponsible
from commands.clients.merge import MergeContact, SeparateContact
from commands.command import Command
from commands.lookup import CHARGES
from commands.permission import InPlaceOf, LevelMissing, RightMissing, holds, level, role_of
from commands.reckonings.effect import Effect, Effects
from commands.reckonings.turned import Turn
from commands.reckonings.unworkable import lacks
from commands.retrospect import Supposed
from commands.service.holding import AssignTicket
from commands.service.ticket import ResolveTicket, SetTicketCustomer
from commands.sight import TICKET_TESTS, Condition, home
from commands.staff.area import GiveAreaRole, TakeAreaRole
from commands.staff.team import AddTeamMember, DisbandTeam, RemoveTeamMember
from commands.staff.worker import DeactivateWorker, GrantRight, ReactivateWorker, WithdrawRight
from domain.clients.contact import CONTACT, ContactKind, ContactOpened, ContactUnknown
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupFormed, GroupKind, GroupResponsibleSet
from domain.company.process_area import PROCESS_AREA, ProcessAreaListed, ProcessAreaResponsibleSet
from domain.company.responsibility import Kind, Lacking
from domain.company.settings import COMPANY, SETTINGS, DefaultAreaSet, HelpdeskResponsibleSet
from domain.decider import Decider
from domain.service.assignment import Ineligible, Source
from domain.service.holding import TicketAssigned, TicketTeamAssigned
from domain.service.ticket import TICKET, TicketOpened
from domain.staff.area import AREA, AreaOpened, AreaRoleGiven, Role
from domain.staff.team import TEAM, TeamFormed, TeamMemberAdded
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerHired, WorkerRightGranted
from domain.values import ContactId, TicketId, WorkerId, team_holder, worker_holder
from examples import ANNA, BORIS, CUSTOMERS, HOTLINE, MILL, PUMP, REGULARS, REQUESTS, SUPPLIERS, VIP, WORKSHOP

TEN = on_monday(10)


def asked_of(command: Command) -> Effect:
    return Effect(command=command.topic, data=command.model_dump(mode="json"))


def effect(world: Given, command: Command, actor: str = SYSTEM) -> Effects:
    row = reckoned(world, asked_of(command), actor=actor, at=TEN).row
    assert isinstance(row, Effects)
    return row


def world(*more: Any) -> Given:
    return given(COMPANY_SO_FAR, *more)


HERS = of(TICKET, PUMP, TicketAssigned(assignee=ANNA), at=on_monday(9, 30))
ANSWERS = of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=ANNA))


def test_a_right_withdrawn_takes_sight_of_the_directory_and_of_the_tickets_of_its_contacts() -> None:
    taken = SetDirectoryRight(directory=CUSTOMERS, holder=worker_holder(ANNA), level=Level.NONE)
    found = effect(world(HERS, ANSWERS), taken)
    (change,) = found.sight
    assert (change.worker, change.directory, change.sight) == (ANNA, CUSTOMERS, Turn.LOST)
    assert (change.level_before, change.level_after) == (Level.EDIT, Level.NONE)
    (ticket,) = found.tickets
    assert (ticket.ticket, ticket.worker, ticket.reason) == (PUMP, ANNA, Ineligible.REPORTER_UNSEEN)
    assert ticket.tests == (Condition.REPORTER, Condition.CUSTOMER)
    assert [(step.source, step.reason) for step in ticket.steps] == [(Source.HELPDESK, Ineligible.REPORTER_UNSEEN)]
    assert found.facts == ("directory.right-set",)
    assert not found.deadlines
    assert not found.cut


def test_a_higher_right_is_told_though_sight_is_kept() -> None:
    given_ = SetDirectoryRight(directory=CUSTOMERS, holder=team_holder(HOTLINE), level=Level.ADMINISTER)
    (change,) = effect(world(), given_).sight
    assert (change.worker, change.sight, change.level_after) == (BORIS, Turn.KEPT, Level.ADMINISTER)


def test_who_is_out_of_the_team_is_out_of_everything_it_opens() -> None:
    found = effect(world(), RemoveTeamMember(team=HOTLINE, worker=BORIS))
    assert [(each.directory, each.area, each.sight) for each in found.sight] == [
        (None, WORKSHOP, Turn.LOST),
        (CUSTOMERS, None, Turn.LOST),
    ]
    assert [each.roles_before for each in found.sight] == [(Role.READER,), ()]


TEAMS_OWN = of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=on_monday(9, 40))


def test_who_is_out_of_the_team_is_out_of_its_tickets() -> None:
    for command, worker, turn in (
        (RemoveTeamMember(team=HOTLINE, worker=BORIS), BORIS, Turn.LOST),
        (AddTeamMember(team=HOTLINE, worker=ANNA), ANNA, Turn.GAINED),
    ):
        (change,) = [each for each in effect(world(TEAMS_OWN), command).sight if each.ticket]
        assert (change.worker, change.ticket, change.sight) == (worker, PUMP, turn)
        assert (change.level_before, change.roles_before, change.area) == (None, (), None)


def test_who_has_a_ticket_does_not_lose_it_with_the_team() -> None:
    his = of(TICKET, PUMP, TicketAssigned(assignee=BORIS, team=HOTLINE), at=on_monday(9, 40))
    person = of(AREA, WORKSHOP, AreaRoleGiven(holder=worker_holder(BORIS), role=Role.MEMBER))
    sees = of(DIRECTORY, CUSTOMERS, right(worker_holder(BORIS)))
    found = effect(world(his, person, sees), RemoveTeamMember(team=HOTLINE, worker=BORIS))
    assert [each for each in found.sight if each.ticket] == []
    assert found.tickets == ()


def test_a_ticket_given_to_a_team_is_lost_to_all_others() -> None:
    assign = AssignTicket(ticket=PUMP, team=HOTLINE)
    assert [(each.worker, each.ticket, each.sight) for each in effect(world(), assign).sight] == [
        (ANNA, PUMP, Turn.LOST)
    ]
    theirs = SetTicketCustomer(ticket=PUMP, reporter="bakery", customer="bakery")
    found = effect(world(HERS), theirs)
    assert {(each.worker, each.sight) for each in found.sight} == {(ANNA, Turn.LOST), (BORIS, Turn.LOST)}
    assert [(each.worker, each.tests) for each in found.tickets] == [(ANNA, (Condition.REPORTER, Condition.CUSTOMER))]


def test_a_contact_moved_is_gained_and_lost_by_those_who_have_a_right_to_either_directory() -> None:
    see = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(VERA), level=Level.USE))
    found = effect(world(see), MoveContact(contact=MILL, directory=SUPPLIERS))
    assert {(each.worker, each.contact, each.sight) for each in found.sight} == {
        (ANNA, MILL, Turn.LOST),
        (BORIS, MILL, Turn.LOST),
        (VERA, MILL, Turn.GAINED),
    }


def test_a_group_moved_takes_its_rows_along() -> None:
    row = GroupResponsibleSet(process_area="care", person=ANNA, team=None, area=None)
    listed = of(PROCESS_AREA, "care", ProcessAreaListed(name="Care"))
    found = effect(world(listed, of(GROUP, VIP, row)), MoveGroup(group=VIP, directory=SUPPLIERS))
    (unworkable,) = found.rows
    assert (unworkable.kind, unworkable.thing, unworkable.process_area) == (Kind.GROUP, VIP, "care")
    assert (unworkable.worker, unworkable.lacks) == (ANNA, (Lacking.DIRECTORY,))


def test_a_row_is_told_when_whoever_is_newly_named_cannot_answer() -> None:
    listed = of(PROCESS_AREA, "care", ProcessAreaListed(name="Care"))
    named = SetGroupResponsible(group=VIP, process_area="care", person=ZOE)
    (unworkable,) = effect(world(listed), named).rows
    assert unworkable.lacks == (Lacking.AREA, Lacking.DIRECTORY)


def test_a_rule_in_the_way_is_told_by_its_code_and_a_right_that_is_missing_refuses() -> None:
    passed = GrantRight(worker=ANNA, right=Right.SALES, until=MONDAY)
    assert effect(world(), passed).refused == "EndPassed"
    asked = Effect(command="contact.rename", data={"contact": MILL, "name": "x"})
    assert refusal(world(), asked, actor=BORIS, at=TEN) is LevelMissing
    assert refusal(world(), asked, actor=ZOE, at=TEN) is RightMissing


def test_the_effect_on_what_is_hidden_is_that_on_what_is_not_there() -> None:
    for contact in ("bakery", "nowhere"):
        asked = Effect(command="contact.move", data={"contact": contact, "directory": CUSTOMERS})
        assert refusal(world(), asked, actor=ANNA, at=TEN) is ContactUnknown


def test_hidden_directories_and_contacts_are_left_out_for_those_who_may_not_know_of_them() -> None:
    crm = of(WORKER, "crm", WorkerHired(subject="c7", name="C"), WorkerRightGranted(right=Right.CRM_ADMINISTRATOR))
    leave = DeactivateWorker(worker=ANNA, forced=True)
    told = effect(world(HERS, crm), leave, actor="crm")
    assert told.sight == ()
    assert [each.ticket for each in told.tickets] == [PUMP]
    assert {each.directory for each in effect(world(crm), leave).sight} == {None, CUSTOMERS}


def test_a_tickets_new_assignee_loses_nothing() -> None:
    leave = DeactivateWorker(worker=ANNA, successor=BORIS)
    assert effect(world(HERS), leave).tickets == ()


def test_a_revision_moves_the_open_deadlines_under_it_and_a_right_moves_none() -> None:
    by_topic = {command.topic: command for command in REQUESTS}
    for topic in ("contract.revise", "calendar.revise"):
        command = by_topic[topic]
        moved = effect(world(), command).deadlines
        done = world()
        assert {each.ticket for each in moved} <= {PUMP, OVEN}
        assert done.when(command, at=TEN).answer.code == ""
        assert moved, topic


@pytest.mark.parametrize("command", REQUESTS, ids=lambda command: command.topic)
def test_the_effect_of_any_request_is_refused_as_the_request_itself(command: Command) -> None:
    for actor in (SYSTEM, ANNA, ZOE):
        asked = asked_of(command)
        kind = refusal(world(), asked, actor=actor, at=TEN)
        code = kind.__name__ if kind else reckoned(world(), asked, actor=actor, at=TEN).row.refused
        assert (code or "") == world().when(command, actor=actor, at=TEN).answer.code


@pytest.mark.parametrize("command", REQUESTS, ids=lambda command: command.topic)
def test_nothing_hidden_is_named_in_an_effect(command: Command) -> None:
    """Anna and Vera may see what is hidden from who asks; whatever becomes of that, the asker does not hear of it."""
    hidden = {DIRECTORY: SUPPLIERS, CONTACT: "bakery", GROUP: REGULARS}
    crm = of(WORKER, "crm", WorkerHired(subject="c7", name="C"), *map(granted, (Right.CRM_ADMINISTRATOR, Right.BASIC)))
    team = of(TEAM, HOTLINE, TeamMemberAdded(worker=ANNA), TeamMemberAdded(worker=VERA))
    see = of(DIRECTORY, SUPPLIERS, *(right(holder) for holder in (worker_holder(ANNA), team_holder(HOTLINE))))
    taken = of(DIRECTORY, SUPPLIERS, right(team_holder(HOTLINE), Level.NONE))
    for actor, more in (("crm", []), (OLENA, []), (BORIS, taken)):
        here = given(so_far(command), crm, team, see, more)
        if refusal(here, asked_of(command), actor=actor, at=TEN) is None:
            row = reckoned(here, asked_of(command), actor=actor, at=TEN)
            text = row.row.model_dump_json() + str(row.mentioned)
            told = {kind for kind, id in hidden.items() if f'"{id}"' in text or f"'{id}'" in text}
            assert told <= ({DIRECTORY} if actor == OLENA else set()), row


def test_naming_what_is_hidden_turns_that_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.reckonings.turned.shown", lambda *_: True)
    (leave,) = [command for command in REQUESTS if command.topic == "worker.deactivate"]
    with pytest.raises(AssertionError):
        test_nothing_hidden_is_named_in_an_effect(leave)


def granted(right: Right) -> WorkerRightGranted:
    return WorkerRightGranted(right=right)


def right(holder: str, level: Level = Level.USE) -> DirectoryRightSet:
    return DirectoryRightSet(holder=holder, level=level)


# Laws

WORKERS = tuple(WorkerId(f"w{n}") for n in (1, 2, 3))
TEAMS, AREAS, DIRECTORIES = ("t1", "t2"), ("a1", "a2"), ("d1", "d2")
CLIENTS, TICKETS = tuple(map(ContactId, ("c1", "c2", "c3"))), tuple(map(TicketId, ("p1", "p2", "p3")))
GROUPS, CARES = ("g1", "g2"), ("care", "bills")
HOLDERS = (*map(worker_holder, WORKERS), *map(team_holder, TEAMS))
RIGHTS = (Right.BASIC, Right.HELPDESK)
UNTIL = st.none() | st.integers(1, 6).map(lambda hours: TEN + timedelta(hours=hours))


def beginning() -> Iterator[list[Happened]]:
    for n, id in enumerate(WORKERS):
        rights = [WorkerRightGranted(right=right) for right in RIGHTS]
        yield of(WORKER, id, WorkerHired(subject=f"50{n}", name="Somebody"), *rights)
    for id in TEAMS:
        yield of(TEAM, id, TeamFormed(name="Team"), TeamMemberAdded(worker=WORKERS[1]))
    for area, directory, holder in zip(AREAS, DIRECTORIES, (HOLDERS[0], HOLDERS[3]), strict=True):
        yield of(AREA, area, AreaOpened(name="Area"), AreaRoleGiven(holder=holder, role=Role.MEMBER))
        yield of(DIRECTORY, directory, DirectoryOpened(name="D"), DirectoryRightSet(holder=holder, level=Level.EDIT))
    for n, id in enumerate(CLIENTS):
        opened = {"directory": DIRECTORIES[n % 2], "subject": f"5{n}", "kind": ContactKind.PERSON, "name": "Somebody"}
        yield of(CONTACT, id, ContactOpened(**opened))
    for n, id in enumerate(TICKETS):
        ends = {"reporter": CLIENTS[n], "customer": CLIENTS[0]}
        opened = TicketOpened(subject="50", area=AREAS[n % 2], incident_type=None, title="Broken", **ends)
        yield of(TICKET, id, opened, TicketAssigned(assignee=WORKERS[n % 2]))
    for id, directory, holder in zip(GROUPS, DIRECTORIES, WORKERS, strict=False):
        row = GroupResponsibleSet(process_area="care", person=holder, team=TEAMS[0], area=None)
        yield of(GROUP, id, GroupFormed(directory=directory, kind=GroupKind.CUSTOMERS, name="G", rank=1), row)
    for id in CARES:
        yield of(PROCESS_AREA, id, ProcessAreaListed(name="Care"), ProcessAreaResponsibleSet(responsible=HOLDERS[4]))
    yield of(SETTINGS, COMPANY, DefaultAreaSet(area=AREAS[0]), HelpdeskResponsibleSet(responsible=WORKERS[0]))


def some(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


ACTS: st.SearchStrategy[Command] = st.one_of(
    st.builds(GrantRight, worker=some(WORKERS), right=some(RIGHTS), until=UNTIL),
    st.builds(WithdrawRight, worker=some(WORKERS), right=some(RIGHTS)),
    st.builds(DeactivateWorker, worker=some(WORKERS), successor=st.none() | some(WORKERS), forced=st.booleans()),
    st.builds(ReactivateWorker, worker=some(WORKERS)),
    st.builds(AddTeamMember, team=some(TEAMS), worker=some(WORKERS)),
    st.builds(RemoveTeamMember, team=some(TEAMS), worker=some(WORKERS)),
    st.builds(DisbandTeam, team=some(TEAMS)),
    st.builds(GiveAreaRole, area=some(AREAS), holder=some(HOLDERS), role=some(Role), until=UNTIL),
    st.builds(TakeAreaRole, area=some(AREAS), holder=some(HOLDERS), role=some(Role)),
    st.builds(SetDirectoryRight, directory=some(DIRECTORIES), holder=some(HOLDERS), level=some(Level), until=UNTIL),
    st.builds(MoveContact, contact=some(CLIENTS), directory=some(DIRECTORIES)),
    st.builds(MergeContact, contact=some(CLIENTS), survivor=some(CLIENTS)),
    st.builds(SeparateContact, contact=some(CLIENTS)),
    st.builds(AssignTicket, ticket=some(TICKETS), assignee=some(WORKERS), team=st.none() | some(TEAMS)),
    st.builds(AssignTicket, ticket=some(TICKETS), team=some(TEAMS)),
    st.builds(
        SetTicketCustomer,
        ticket=some(TICKETS),
        reporter=st.none() | some(CLIENTS),
        customer=st.none() | some(CLIENTS),
    ),
    st.builds(ResolveTicket, ticket=some(TICKETS)),
    st.builds(SetContactResponsible, contact=some(CLIENTS), responsible=st.none() | some(HOLDERS)),
    st.builds(MoveGroup, group=some(GROUPS), directory=some(DIRECTORIES)),
    st.builds(
        SetGroupResponsible,
        group=some(GROUPS),
        process_area=some(CARES),
        person=st.none() | some(WORKERS),
        team=st.none() | some(TEAMS),
        area=st.none() | some(AREAS),
    ),
)


class Eye:
    """A world as it stands at ten."""

    def __init__(self, world: Given) -> None:
        self.world, self.actor, self.now = world, WorkerId(SYSTEM), TEN

    def read(self, decider: Decider[Any, Any], id: str) -> Any:
        return self.world.state(decider, id)


def directories(eye: Eye, worker: WorkerId, directory: str | None) -> Level:
    them = InPlaceOf(eye, worker)
    if directory is None or not holds(them, Right.BASIC):
        return Level.NONE
    return level(them, eye.read(DIRECTORY, directory))


def picture(eye: Eye) -> dict[tuple[str, str, str], Any]:
    """Everything that every worker may do with everything."""
    found: dict[tuple[str, str, str], Any] = {}
    for worker in WORKERS:
        for id in DIRECTORIES:
            found[worker, "directory", id] = directories(eye, worker, id)
        for contact in CLIENTS:
            found[worker, "contact", contact] = directories(eye, worker, home(eye, contact))
        for id in GROUPS:
            found[worker, "group", id] = directories(eye, worker, eye.read(GROUP, id).directory)
        for id in AREAS:
            them, area = InPlaceOf(eye, worker), eye.read(AREA, id)
            able = any(holds(them, right) for right in RIGHTS)
            found[worker, "area", id] = tuple(role for role in Role if able and role_of(them, area, role))
    return found


def homes(eye: Eye) -> dict[tuple[str, str], str | None]:
    """The directory in which everything lies that lies in one."""
    contacts = {("contact", str(contact)): home(eye, contact) for contact in CLIENTS}
    return contacts | {("group", id): eye.read(GROUP, id).directory for id in GROUPS}


def seen(eye: Eye) -> set[tuple[str, str]]:
    """Tickets that those who have them see."""
    return {
        (worker, id)
        for id, ticket in every(eye.world, TICKET)
        if (worker := ticket.holding.assignee)
        and all(test(InPlaceOf(eye, worker), ticket).passed for test in TICKET_TESTS.values())
    }


def tickets(eye: Eye) -> dict[tuple[str, str, str], bool]:
    """Every ticket, with every worker and whether they may know of it."""
    return {
        (worker, "ticket", id): all(test(InPlaceOf(eye, worker), ticket).passed for test in TICKET_TESTS.values())
        for worker in WORKERS
        for id, ticket in every(eye.world, TICKET)
    }


def members(eye: Eye) -> set[tuple[str, str]]:
    return {(worker, id) for id in TEAMS for worker in eye.read(TEAM, id).members}


def by_itself(eye: Eye, before: set[tuple[str, str]], done: Sequence[Any], worker: str, id: str) -> bool:
    """Whether a ticket is told by itself: it was changed, or the worker came into its team or out of it."""
    ticket = eye.read(TICKET, id)
    turned = (worker, ticket.holding.team) in before ^ members(eye)
    return f"ticket-{id}" in {fact.stream for fact in done} or (turned and ticket.status(TEN) != "resolved")


def lacking(eye: Eye) -> dict[Any, set[Lacking]]:
    """The whole standing check."""
    found = {}
    for kind, thing, process_area in rows(eye.world):
        found |= lacks(eye, (Kind(kind), thing, process_area))
    return {row: set(missing) for row, missing in found.items()}


def assigned(eye: Eye) -> dict[str, str | None]:
    return {id: ticket.holding.assignee for id, ticket in every(eye.world, TICKET)}


def told(effects: Effects) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    """What changes, by what was told."""
    found: dict[tuple[str, str, str], tuple[Any, Any]] = {}
    for each in effects.sight:
        ((kind, id),) = [
            (n, id) for n in ("directory", "contact", "group", "area", "ticket") if (id := getattr(each, n))
        ]
        before, after = each.level_before, each.level_after
        if kind == "ticket":
            before, after = each.sight is Turn.LOST, each.sight is Turn.GAINED
        found[each.worker, kind, id] = (each.roles_before, each.roles_after) if kind == "area" else (before, after)
    return found


def check(acts: Sequence[Command]) -> int:
    """Supposed and then done, one after the other; how much changed."""
    world, changes = given(*beginning()), 0
    for act in acts:
        eye, stored = Eye(world), len(world.log.facts)
        before, saw, lacked, had, lay = picture(eye), seen(eye), lacking(eye), assigned(eye), homes(eye)
        open_before, in_teams = tickets(eye), members(eye)
        over = {id for id, ticket in every(world, TICKET) if ticket.status(TEN) == "resolved"}
        world.log.found = {(CHARGES, worker): tuple(found(world, (CHARGES, worker), TEN)) for worker in WORKERS}
        if (kind := refusal(world, asked_of(act), at=TEN)) is not None:
            world.when(act, at=TEN).refused(kind)
            continue
        effects = effect(world, act)
        assert len(world.log.facts) == stored
        done = world.when(act, at=TEN)
        assert done.answer.code == (effects.refused or "")
        assert [fact.event.topic for fact in done.facts] == list(effects.facts)
        after = picture(eye)
        really = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        stayed = lay.items() & homes(eye).items()  # what stays where it is shows with its directory
        shown = {key: change for key, change in really.items() if key[1:] not in dict(stayed)}
        open_after = tickets(eye)
        turned = {key: (saw_it, open_after[key]) for key, saw_it in open_before.items() if saw_it != open_after[key]}
        assert turned.items() >= {(key, each) for key, each in told(effects).items() if key[1] == "ticket"}, act
        shown |= {key: each for key, each in turned.items() if by_itself(eye, in_teams, done.facts, key[0], key[2])}
        assert told(effects) == shown, act
        same = {(worker, id) for worker, id in saw if assigned(eye)[id] == had[id] and id not in over}
        assert {(each.worker, each.ticket) for each in effects.tickets} == same - seen(eye), act
        worse = {row for row, missing in lacking(eye).items() if missing - lacked.get(row, set())}
        assert {(each.kind, each.thing, each.process_area, each.worker) for each in effects.rows} == worse, act
        changes += len(really) + len(effects.tickets) + len(worse)
    return changes


def hold(examples: int, *phases: Phase) -> int:
    """The law in so many worlds; how much changed in one of them at most."""
    most = 0

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=phases or tuple(Phase),
    )
    @generated(st.lists(ACTS, min_size=2, max_size=8))
    def same(acts: list[Command]) -> None:
        nonlocal most
        most = max(most, check(acts))

    same()
    return most


def test_what_would_change_is_what_changes(soak: int) -> None:
    assert hold(40 * soak) > 5


def test_two_requests_that_make_things_say_what_would_be_made() -> None:
    assert effect(world(), OpenDirectory(name="New")).facts == ("directory.opened",)
    assert effect(world(), OpenDirectory(name="New"), actor=OLENA).sight == ()


def before(self: Supposed, decider: Decider[Any, Any], id: str) -> Any:
    return self.present.read(decider, id)


def in_person(holders: Sequence[str], *views: Any) -> list[str]:
    return sorted(holder.partition(":")[2] for holder in holders if holder.startswith("worker"))


BUGS = {
    "what is read after is what was before": (Supposed, "read", before),
    "who holds through a team is left out": ("commands.reckonings.touched.people", in_person),
    "who is in a team does not count": ("commands.reckonings.turned.open_to", lambda view, worker, place: True),
    "tickets are not looked at": ("commands.reckonings.effect.unseen", lambda asked, after, charges: ()),
    "rows are not looked at": ("commands.reckonings.effect.unworkable", lambda asked, after, workers, things: ()),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
def test_a_planted_bug_turns_the_law_red(monkeypatch: pytest.MonkeyPatch, bug: tuple[Any, ...]) -> None:
    monkeypatch.setattr(*bug)
    with pytest.raises((AssertionError, ExceptionGroup)):
        hold(300, Phase.generate)
