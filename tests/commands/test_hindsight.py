"""Who could see then is told by the functions that decided then: the same answer again, with the facts behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY, ZOE
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as generated
from hypothesis import strategies as st
from retrospection import reckoned, refusal
from specification import MONDAY, Given, Happened, given, of, on_monday

from commands.clients.contact import MoveContact
from commands.clients.directory import SetDirectoryRight
from commands.clients.membership import JoinGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.command import Command
from commands.permission import LevelMissing, RightMissing
from commands.reckonings.about import OneThingAsked
from commands.reckonings.sight import Checked, CouldSee, Data, Sight, WhoCouldSee
from commands.retrospect import InstantAhead, Present, View
from commands.service.holding import AssignTicket
from commands.service.routing import RouteTicketAgain
from commands.service.ticket import AssessTicket, SetTicketCustomer
from commands.sight import Condition
from commands.staff.area import GiveAreaRole, TakeAreaRole
from commands.staff.team import AddTeamMember, RemoveTeamMember
from commands.staff.worker import DeactivateWorker, GrantRight, ReactivateWorker, WithdrawRight
from domain.clients.contact import (
    CONTACT,
    ContactEndingBegun,
    ContactForgotten,
    ContactKind,
    ContactMerged,
    ContactMoved,
    ContactOpened,
    ContactRestricted,
    ContactUnknown,
)
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, Level
from domain.fact import Fact
from domain.service.holding import TicketAssigned, TicketGivenBack, TicketTeamAssigned
from domain.service.ticket import TICKET, TicketCustomerSet, TicketOpened, TicketUnknown
from domain.staff.area import AREA, AreaOpened, AreaRoleGiven, Role
from domain.staff.team import TEAM, TeamFormed, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import SYSTEM, WORKER, Right, WorkerHired, WorkerRightGranted, WorkerUnknown
from domain.values import ContactId, TeamId, TicketId, WorkerId, team_holder, worker_holder
from examples import ANNA, BAKERY, BORIS, CUSTOMERS, HOTLINE, MILL, PUMP, SUPPLIERS, WORKSHOP

TEN, NOON = on_monday(10), on_monday(12)
AUDITS = of(WORKER, OLENA, WorkerRightGranted(right=Right.AUDITOR))
ADMINISTERS = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.ADMINISTER))


def world(*more: Any) -> Given:
    return given(COMPANY_SO_FAR, AUDITS, *more)


def sight(found: Given, worker: str, at: datetime | None = None, **thing: str) -> Sight:
    row = reckoned(found, CouldSee(worker=worker, at=at, **thing), at=on_monday(20)).row
    assert isinstance(row, Sight)
    return row


def seers(found: Given, at: datetime | None = None, **thing: str) -> list[str]:
    return [each.worker for each in reckoned(found, WhoCouldSee(at=at, **thing), at=on_monday(20)).row.workers]


def by(row: Sight, test: Condition) -> Checked:
    return next(each for each in row.tests if each.test is test)


def topics(tested: Checked) -> list[str]:
    return [fact.topic for fact in tested.facts]


def test_everybody_with_the_right_to_the_directory_could_see_the_contact() -> None:
    assert seers(world(), contact=MILL) == [ANNA, BORIS]
    assert seers(world(), contact="bakery") == []


def test_the_right_that_decided_comes_with_the_facts_that_made_it_so() -> None:
    row = sight(world(), BORIS, contact=MILL)
    assert row.sees
    through = by(row, Condition.DIRECTORY)
    assert (through.holder, through.level, through.directory) == (team_holder(HOTLINE), Level.USE, CUSTOMERS)
    assert topics(through) == ["team.member-added", "directory.right-set", "contact.opened"]
    assert topics(by(row, Condition.ACTIVE)) == ["worker.hired"]
    assert topics(by(row, Condition.MODULE)) == ["worker.right-granted"]


def test_a_ticket_takes_a_look_into_its_area_its_team_and_sight_of_its_contacts() -> None:
    row = sight(world(), BORIS, ticket=PUMP)
    assert [(each.test, each.passed) for each in row.tests] == [
        (Condition.ACTIVE, True),
        (Condition.MODULE, True),
        (Condition.AREA, True),
        (Condition.TEAM, True),
        (Condition.REPORTER, True),
        (Condition.CUSTOMER, True),
    ]
    assert by(row, Condition.AREA).role is Role.READER
    assert topics(by(row, Condition.AREA)) == ["team.member-added", "area.role-given", "ticket.opened"]
    assert (by(row, Condition.TEAM).holder, topics(by(row, Condition.TEAM))) == (None, [])
    assert topics(by(row, Condition.REPORTER))[-2:] == ["contact.opened", "ticket.opened"]
    assert seers(world(), ticket=PUMP) == [ANNA, BORIS]
    assert seers(world(), ticket=OVEN) == []


def test_what_was_withheld_of_whom_one_could_see_then_is_told_with_the_facts() -> None:
    restricted = of(CONTACT, MILL, ContactRestricted(subjects=(), ground="dispute"), at=NOON)
    found = world(restricted, of(CONTACT, MILL, ContactEndingBegun(), ContactForgotten(), at=on_monday(14)))
    for at, data, told in (
        (TEN, Data.OPEN, []),
        (NOON, Data.WITHHELD, ["contact.restricted"]),
        (None, Data.FORGOTTEN, ["contact.restricted", "contact.forgotten"]),
    ):
        for row in (sight(found, BORIS, at, contact=MILL), sight(found, BORIS, at, ticket=PUMP)):
            (privacy,) = row.privacy
            assert (privacy.contact, privacy.data, [fact.topic for fact in privacy.facts]) == (MILL, data, told)
            assert row.sees


UNCLAIMED = of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=NOON)


def test_of_a_ticket_with_a_team_it_is_told_who_was_in_it_and_who_had_the_ticket() -> None:
    given_back = of(TICKET, PUMP, TicketAssigned(assignee=ANNA, team=HOTLINE), TicketGivenBack(), at=on_monday(14))
    found = world(UNCLAIMED, given_back[:1])
    assert seers(found, ticket=PUMP, at=TEN) == seers(found, ticket=PUMP) == [ANNA, BORIS]
    assert seers(found, ticket=PUMP, at=NOON) == [BORIS]
    hers, theirs = (by(sight(found, each, ticket=PUMP), Condition.TEAM) for each in (ANNA, BORIS))
    assert (hers.holder, hers.team, topics(hers)) == (worker_holder(ANNA), HOTLINE, ["ticket.assigned"])
    assert (theirs.holder, theirs.team) == (team_holder(HOTLINE), HOTLINE)
    assert topics(theirs) == ["team.member-added", "ticket.assigned"]
    lost = by(sight(world(UNCLAIMED, given_back), ANNA, ticket=PUMP), Condition.TEAM)
    assert (lost.passed, lost.holder, lost.team) == (False, None, HOTLINE)
    assert topics(lost) == ["ticket.assigned", "ticket.given-back"]


def test_what_was_given_back_before_the_late_news_of_another_team_stays_where_it_was() -> None:
    first = of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=NOON)
    back = of(TICKET, PUMP, TicketGivenBack(), at=on_monday(14))
    late = of(TICKET, PUMP, TicketTeamAssigned(team=TeamId("others")), at=on_monday(13), recorded=on_monday(15))
    told = by(sight(world(first, back, late), ANNA, ticket=PUMP), Condition.TEAM)
    assert (told.passed, told.team) == (False, HOTLINE)
    assert [(fact.topic, fact.version) for fact in told.facts] == [
        ("ticket.team-assigned", 3),
        ("ticket.given-back", 4),
    ]


def test_whose_ticket_it_was_then_decided_then() -> None:
    theirs = TicketCustomerSet(subject=BAKERY_SUBJECT, reporter=None, customer=BAKERY)
    found = world(of(TICKET, PUMP, theirs, at=NOON))
    assert seers(found, ticket=PUMP, at=TEN) == [ANNA, BORIS]
    assert seers(found, ticket=PUMP) == []
    test = by(sight(found, BORIS, ticket=PUMP), Condition.CUSTOMER)
    assert (test.passed, topics(test)) == (False, ["contact.opened", "ticket.customer-set"])


def test_what_undid_a_right_is_told_where_a_test_fails() -> None:
    left = of(TEAM, HOTLINE, TeamMemberRemoved(worker=BORIS), at=NOON)
    row = sight(world(left), BORIS, contact=MILL)
    assert not row.sees
    assert topics(by(row, Condition.DIRECTORY)) == ["directory.right-set", "contact.opened", "team.member-removed"]
    assert by(row, Condition.DIRECTORY).holder is None


def test_then_is_told_by_what_was_recorded_until_then() -> None:
    moved = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS), at=TEN, recorded=NOON)
    found = world(moved)
    assert seers(found, contact=MILL, at=NOON - timedelta(microseconds=1)) == [ANNA, BORIS]
    assert seers(found, contact=MILL, at=NOON) == seers(found, contact=MILL) == []


def test_a_right_with_an_end_is_judged_by_the_instant_asked_about() -> None:
    until = of(DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=worker_holder(VERA), level=Level.USE, until=NOON))
    assert seers(world(until), contact=MILL, at=TEN) == [ANNA, BORIS, VERA]
    assert seers(world(until), contact=MILL, at=NOON) == [ANNA, BORIS]
    assert by(sight(world(until), VERA, at=TEN, contact=MILL), Condition.DIRECTORY).until == NOON


def test_a_merged_contact_is_seen_by_those_who_see_its_survivor() -> None:
    merged = of(CONTACT, MILL, ContactMerged(survivor=ContactId("bakery")), at=NOON)
    see = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(VERA), level=Level.USE))
    assert seers(world(merged, see), contact=MILL, at=TEN) == [ANNA, BORIS]
    assert seers(world(merged, see), contact=MILL) == [VERA]
    through = by(sight(world(merged, see), VERA, contact=MILL), Condition.DIRECTORY)
    assert topics(through) == ["contact.opened", "contact.merged", "directory.right-set"]


def test_exceptions_are_told_beside_the_tests() -> None:
    officer = of(WORKER, VERA, WorkerRightGranted(right=Right.PRIVACY_OFFICER))
    assert sight(world(officer), VERA, contact=MILL).exceptions == (Right.PRIVACY_OFFICER, Right.AUDITOR)
    assert sight(world(), YURIY, contact=MILL).exceptions == ()
    assert sight(world(), OLENA, ticket=PUMP).exceptions == (Right.AUDITOR,)


# Who may ask


def test_an_auditor_may_ask_of_anything_as_an_exception() -> None:
    for asked in (WhoCouldSee(contact=MILL), WhoCouldSee(ticket=OVEN), CouldSee(worker=ZOE, contact="bakery")):
        assert reckoned(world(), asked, actor=OLENA).exception is Right.AUDITOR
        assert reckoned(world(), asked, actor=SYSTEM).exception is None


def test_whoever_administers_the_directory_may_ask_and_needs_no_exception() -> None:
    for asked in (WhoCouldSee(contact=MILL), WhoCouldSee(ticket=PUMP), CouldSee(worker=ZOE, contact=MILL)):
        assert refusal(world(), asked, actor=ANNA) is LevelMissing
        assert reckoned(world(ADMINISTERS), asked, actor=ANNA).exception is None
        assert refusal(world(), asked, actor=ZOE) is RightMissing


@pytest.mark.parametrize("worker", [None, BORIS])
def test_what_is_hidden_is_answered_like_what_is_not_there(worker: str | None) -> None:
    def asked(**thing: str) -> Any:
        return WhoCouldSee(**thing) if worker is None else CouldSee(worker=worker, **thing)

    for hidden, missing, code in (
        (asked(contact="bakery"), asked(contact="nowhere"), ContactUnknown),
        (asked(ticket=OVEN), asked(ticket="nowhere"), TicketUnknown),
    ):
        for actor in (ANNA, BORIS):
            found = [refusal(world(ADMINISTERS), each, actor=actor) for each in (hidden, missing)]
            assert found == [code, code]
        assert refusal(world(), missing, actor=OLENA) is code


def test_where_it_lay_then_must_be_administered_too() -> None:
    moved = of(CONTACT, MILL, ContactMoved(origin=SUPPLIERS, directory=CUSTOMERS), at=NOON)
    before = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    found = world(ADMINISTERS, before, moved)
    late = on_monday(20)
    assert refusal(found, WhoCouldSee(contact=MILL), actor=ANNA, at=late) is None
    assert refusal(found, WhoCouldSee(contact=MILL, at=TEN), actor=ANNA, at=late) is ContactUnknown
    assert refusal(found, WhoCouldSee(contact=MILL, at=TEN), actor=OLENA, at=late) is None


def test_before_it_was_known_it_was_unknown() -> None:
    opened = ContactOpened(directory=CUSTOMERS, subject="5b", kind=ContactKind.PERSON, name="New")
    found = world(ADMINISTERS, of(CONTACT, "new", opened, at=NOON))
    for actor in (ANNA, OLENA, SYSTEM):
        asked = WhoCouldSee(contact="new", at=TEN)
        assert refusal(found, asked, actor=actor, at=on_monday(20)) is ContactUnknown


def test_one_thing_is_asked_about_and_nothing_that_is_to_come() -> None:
    assert refusal(world(), WhoCouldSee()) is OneThingAsked
    assert refusal(world(), WhoCouldSee(contact=MILL, ticket=PUMP)) is OneThingAsked
    assert refusal(world(), WhoCouldSee(contact=MILL, at=MONDAY + timedelta(seconds=1))) is InstantAhead
    assert refusal(world(), CouldSee(worker="nobody", contact=MILL)) is WorkerUnknown


def test_names_are_asked_for_of_everything_that_is_told() -> None:
    mentioned = reckoned(world(), WhoCouldSee(ticket=PUMP)).mentioned
    expected = {("worker", ANNA), ("worker", BORIS), ("worker", SYSTEM), ("team", HOTLINE)}
    assert mentioned == expected | {("directory", CUSTOMERS), ("area", WORKSHOP)}


# Laws

WORKERS = tuple(WorkerId(f"w{n}") for n in (1, 2, 3))
TEAMS, AREAS, DIRECTORIES = ("t1", "t2"), ("a1", "a2"), ("d1", "d2")
CLIENTS, TICKETS = tuple(map(ContactId, ("c1", "c2", "c3"))), tuple(map(TicketId, ("p1", "p2")))
HOLDERS = (*map(worker_holder, WORKERS), *map(team_holder, TEAMS))
RIGHTS = (Right.BASIC, Right.HELPDESK)
STEP = timedelta(minutes=1)


class Remembered(NamedTuple):
    """What somebody was answered at an instant."""

    at: datetime
    worker: WorkerId
    thing: dict[str, str]
    saw: bool


def beginning() -> Iterator[list[Happened]]:
    """One sees in person, one through a team, and one nothing."""
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
        yield of(TICKET, id, TicketOpened(subject="50", area=AREAS[n], incident_type=None, title="Broken", **ends))


UNTIL = st.none() | st.integers(1, 6)
"""For how many steps a right is given, if it has an end."""

HANDED: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        AssignTicket,
        ticket=st.sampled_from(TICKETS),
        assignee=st.sampled_from(WORKERS),
        team=st.none() | st.sampled_from(TEAMS),
    ),
    st.builds(AssignTicket, ticket=st.sampled_from(TICKETS), team=st.sampled_from(TEAMS)),
    st.builds(RouteTicketAgain, ticket=st.sampled_from(TICKETS)),
    st.builds(
        SetTicketCustomer,
        ticket=st.sampled_from(TICKETS),
        reporter=st.none() | st.sampled_from(CLIENTS),
        customer=st.none() | st.sampled_from(CLIENTS),
    ),
)
ACTS: st.SearchStrategy[tuple[Any, int | None]] = st.one_of(
    st.tuples(st.builds(GrantRight, worker=st.sampled_from(WORKERS), right=st.sampled_from(RIGHTS)), UNTIL),
    *[st.tuples(act, st.none()) for act in (HANDED, HANDED)],
    *[
        st.tuples(act, st.none())
        for act in (
            st.builds(WithdrawRight, worker=st.sampled_from(WORKERS), right=st.sampled_from(RIGHTS)),
            st.builds(DeactivateWorker, worker=st.sampled_from(WORKERS), forced=st.just(True)),
            st.builds(ReactivateWorker, worker=st.sampled_from(WORKERS)),
            st.builds(AddTeamMember, team=st.sampled_from(TEAMS), worker=st.sampled_from(WORKERS)),
            st.builds(RemoveTeamMember, team=st.sampled_from(TEAMS), worker=st.sampled_from(WORKERS)),
            st.builds(
                TakeAreaRole,
                area=st.sampled_from(AREAS),
                holder=st.sampled_from(HOLDERS),
                role=st.sampled_from(Role),
            ),
            st.builds(MoveContact, contact=st.sampled_from(CLIENTS), directory=st.sampled_from(DIRECTORIES)),
            st.builds(MergeContact, contact=st.sampled_from(CLIENTS), survivor=st.sampled_from(CLIENTS)),
            st.builds(SeparateContact, contact=st.sampled_from(CLIENTS)),
        )
    ],
    *[
        st.tuples(
            st.builds(
                SetDirectoryRight,
                directory=st.sampled_from(DIRECTORIES),
                holder=st.sampled_from(HOLDERS),
                level=st.sampled_from([*Level, Level.USE]),
            ),
            UNTIL,
        )
    ]
    * 3,
    *[
        st.tuples(
            st.builds(
                GiveAreaRole, area=st.sampled_from(AREAS), holder=st.sampled_from(HOLDERS), role=st.sampled_from(Role)
            ),
            UNTIL,
        )
    ]
    * 2,
)


def asked_now(found: Given, worker: WorkerId, at: datetime) -> Iterator[Remembered]:
    """What the worker may know of at the instant, by the answers to ordinary requests that change nothing."""
    for contact in CLIENTS:
        code = found.when(JoinGroup(contact=contact, group="nowhere"), actor=worker, at=at).answer.code
        assert code in ("RightMissing", "ContactUnknown", "GroupUnknown")
        yield Remembered(at, worker, {"contact": contact}, code == "GroupUnknown")
    for ticket in TICKETS:
        code = found.when(AssessTicket(ticket=ticket, severity="nowhere"), actor=worker, at=at).answer.code
        assert code in ("RightMissing", "TicketUnknown", "RoleMissing", "SeverityNotListed")
        if code != "RightMissing":
            yield Remembered(at, worker, {"ticket": ticket}, code in ("RoleMissing", "SeverityNotListed"))


def lived(acts: Sequence[tuple[Command, int | None]]) -> tuple[Given, list[Remembered]]:
    """A world in which these were asked for one after the other, and what everybody was answered in between."""
    found, told = given(*beginning()), list[Remembered]()
    for n, (act, steps) in enumerate(acts):
        at = MONDAY + n * STEP
        if steps is not None:
            act = act.model_copy(update={"until": at + steps * STEP})
        late = at - timedelta(seconds=90) if n % 3 else None
        found.when(act, at=at, happened=late)
        for worker in WORKERS:
            told += asked_now(found, worker, at + STEP / 2)
    return found, told


def check(acts: Sequence[tuple[Command, int | None]]) -> int:
    """What was answered then is answered again; how much somebody saw."""
    found, told = lived(acts)
    later = MONDAY + (len(acts) + 10) * STEP
    seen: dict[tuple[datetime, str], set[str]] = {}
    for at, worker, thing, saw in told:
        row = reckoned(found, CouldSee(worker=worker, at=at, **thing), at=later).row
        assert row.sees is saw, (at, worker, thing)
        seen.setdefault((at, str(thing)), set()).update([worker] if saw else [])
        if saw:
            suffices(found, row)
    for at, _, thing, _ in told[-5:]:
        whole = reckoned(found, WhoCouldSee(at=at, **thing), at=later).row
        asked = {one.worker for one in told if (one.at, one.thing) == (at, thing)}
        assert {each.worker for each in whole.workers} & asked == seen[at, str(thing)]
    return sum(one.saw for one in told)


def suffices(found: Given, row: Sight) -> None:
    """The deciding facts alone make it so, there being workers and directories at all."""
    deciding = {(fact.stream, fact.version) for each in row.tests for fact in each.facts}
    alone = Given()
    for fact in found.log.facts:
        if (fact.stream, fact.version) in deciding or isinstance(fact.event, (WorkerHired, DirectoryOpened)):
            _keep(alone, fact)
    again = reckoned(alone, CouldSee(worker=row.worker, contact=row.contact, ticket=row.ticket), at=row.at)
    assert again.row.sees, row


def _keep(world: Given, fact: Fact[Any]) -> None:
    kept = fact._replace(version=len(world.log.streams.get(fact.stream, ())) + 1, position=len(world.log.facts) + 1)
    world.log.facts.append(kept)
    world.log.streams.setdefault(fact.stream, []).append(kept)


def hold(examples: int, *phases: Phase) -> int:
    """The law in so many worlds; how much was seen in one of them at most."""
    most = 0

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=phases or tuple(Phase),
    )
    @generated(st.lists(ACTS, min_size=3, max_size=12))
    def same(acts: list[tuple[Command, int | None]]) -> None:
        nonlocal most
        most = max(most, check(acts))

    same()
    return most


def test_what_was_answered_then_is_answered_again(soak: int) -> None:
    assert hold(25 * soak) > 20


def everything(self: View, stream: str) -> Sequence[Fact[Any]]:
    return self.loaded.streams[stream]


def happened(self: View, stream: str) -> Sequence[Fact[Any]]:
    facts = self.loaded.streams[stream]
    return [fact for fact in facts if self.known_at is None or fact.happened_at <= self.known_at]


def judged_now(self: Present, instant: datetime | None) -> View:
    return View(self.loaded, self.actor, self.now, instant)


BUGS = {
    "what came later counts": (View, "_facts", everything),
    "what happened counts, whenever it was recorded": (View, "_facts", happened),
    "rights are judged by now": (Present, "then", judged_now),
}


SELDOM = "rights are judged by now"
"""A story in which this shows is long in coming."""


@pytest.mark.parametrize(
    ("kind", "name", "bug"),
    [pytest.param(*bug, id=id, marks=[pytest.mark.soak] * (id == SELDOM)) for id, bug in BUGS.items()],
)
def test_a_planted_bug_turns_the_law_red(monkeypatch: pytest.MonkeyPatch, kind: Any, name: str, bug: Any) -> None:
    original = getattr(kind, name)

    def planted(self: Any, argument: Any) -> Any:
        if kind is View and argument not in self.loaded.streams:
            return original(self, argument)
        return bug(self, argument)

    monkeypatch.setattr(kind, name, planted)
    with pytest.raises((AssertionError, ExceptionGroup)):
        hold(300, Phase.generate)
