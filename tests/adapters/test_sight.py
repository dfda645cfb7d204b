"""What SQL lets a worker see at read time is what the rules of commands let them know of, in any small world."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from door import new_place
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inquirers import followed
from specification import MONDAY

from adapters.composition import Place
from adapters.embedded import Running
from adapters.inquiry import Inquiry
from adapters.postgres.answers import Answers
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.schema import connect
from adapters.postgres.views import access
from adapters.postgres.views.definition import encoded, within
from adapters.postgres.views.registry import served, versions
from commands.permission import has_role, level, needs, role_of
from commands.sight import lies_open, opened_by, sees
from domain.clients.contact import CONTACT, ContactKind, ContactMerged, ContactMoved, ContactOpened, ContactSeparated
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused
from domain.service.holding import Holding
from domain.service.ticket import Ticket
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import (
    SYSTEM,
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerHired,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.timeline import Timeline
from domain.values import AreaId, ContactId, TeamId, WorkerId, team_holder, worker_holder
from projections import access as model
from projections import sight
from projections.access import ACCESS
from projections.clients.access_check import OF_ONESELF, AccessCheck
from projections.clients.client_file import CLIENT_FILE, CONTACTS
from projections.clients.contact import Contacts
from projections.model import Change, Put
from projections.question import Question
from projections.service.desk import Desk, Sort
from projections.service.ticket import OneTicket
from projections.service.tickets import DESK, TICKET_STANDINGS, TICKETS
from projections.staff.area import Areas
from projections.staff.roster import AREAS as LAID_OUT
from projections.staff.roster import ROSTER
from projections.staff.sight import MySight

WORKERS, TEAMS, AREAS = ("w1", "w2", "w3"), ("t1", "t2"), ("a1", "a2")
DIRECTORIES, CLIENTS = ("d1", "d2"), ("c1", "c2", "c3")
HOLDERS = (*(worker_holder(WorkerId(each)) for each in WORKERS), *(team_holder(each) for each in TEAMS))

ENDS = (None, None, None, MONDAY - timedelta(hours=1), MONDAY, MONDAY + timedelta(hours=1))
"""Of rights: none, passed, at the very instant of the question, and ahead."""

MAY_MORE = WorkerId("w9")
HOLDER_OF_MORE = worker_holder(MAY_MORE)
"""Who holds all that the first worker holds, and more."""

Step = tuple[Decider[Any, Any], str, Event]


def step(decider: Decider[Any, Any], ids: tuple[str, ...], events: st.SearchStrategy[Event]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(decider), st.sampled_from(ids), events)


STEPS = st.one_of(
    step(
        WORKER,
        WORKERS,
        st.builds(
            WorkerRightGranted,
            right=st.sampled_from([Right.BASIC, Right.HELPDESK, Right.AREA_ADMINISTRATOR]),
            until=st.sampled_from(ENDS),
        ),
    ),
    step(WORKER, WORKERS, st.sampled_from([Right.BASIC, Right.HELPDESK]).map(lambda r: WorkerRightWithdrawn(right=r))),
    step(WORKER, WORKERS, st.sampled_from([WorkerDeactivated(), WorkerReactivated()])),
    step(TEAM, TEAMS, st.sampled_from(WORKERS).map(lambda w: TeamMemberAdded(worker=w))),
    step(TEAM, TEAMS, st.sampled_from(WORKERS).map(lambda w: TeamMemberAdded(worker=w))),
    step(TEAM, TEAMS, st.sampled_from(WORKERS).map(lambda w: TeamMemberRemoved(worker=w))),
    *[
        step(
            DIRECTORY,
            DIRECTORIES,
            st.builds(
                DirectoryRightSet,
                holder=st.sampled_from(HOLDERS),
                level=st.sampled_from([*Level, Level.USE, Level.USE]),
                until=st.sampled_from(ENDS),
            ),
        )
    ]
    * 3,
    *[
        step(
            AREA,
            AREAS,
            st.builds(
                AreaRoleGiven,
                holder=st.sampled_from(HOLDERS),
                role=st.sampled_from([*Role, Role.MEMBER]),
                until=st.sampled_from(ENDS),
            ),
        )
    ]
    * 3,
    step(AREA, AREAS, st.builds(AreaRoleTaken, holder=st.sampled_from(HOLDERS), role=st.sampled_from(Role))),
    step(
        CONTACT,
        CLIENTS,
        st.builds(ContactMoved, origin=st.sampled_from(DIRECTORIES), directory=st.sampled_from(DIRECTORIES)),
    ),
    step(CONTACT, ("c3",), st.sampled_from(["c1", "c2"]).map(lambda c: ContactMerged(survivor=c))),
    step(CONTACT, ("c3",), st.just(ContactSeparated(survivor="c1"))),
)
LINKED = st.none() | st.sampled_from(CLIENTS)
Report = tuple[str, str | None, str | None, str | None, str | None]
"""A ticket by its area, its reporter, its customer, who has it and the team it was given to."""

REPORTS = st.lists(
    st.tuples(
        st.sampled_from(AREAS), LINKED, LINKED, st.none() | st.sampled_from(WORKERS), st.none() | st.sampled_from(TEAMS)
    ),
    min_size=2,
    max_size=6,
)


def planted(head: str, right: str, wrong: str) -> dict[str, str]:
    """The sets that sight is made of, with something wrong in one of them."""
    assert any(name.startswith(head) and right in part for name, part in sight.PARTS.items())
    return {name: part.replace(right, wrong) if name.startswith(head) else part for name, part in sight.PARTS.items()}


def beginning() -> Iterator[Step]:
    """One sees in person, one through a team, and the one between was never hired."""
    for id in WORKERS[::2]:
        yield WORKER, id, WorkerHired(subject="s", name="Somebody")
        for right in (Right.BASIC, Right.HELPDESK):
            yield WORKER, id, WorkerRightGranted(right=right)
    for n, id in enumerate(CLIENTS):
        opened = {"directory": DIRECTORIES[n % 2], "subject": id, "kind": ContactKind.PERSON, "name": "Somebody"}
        yield CONTACT, id, ContactOpened(**opened)
    yield TEAM, "t1", TeamMemberAdded(worker=WorkerId("w3"))
    for n, holder in enumerate((HOLDERS[0], HOLDERS[3])):
        yield DIRECTORY, DIRECTORIES[n], DirectoryRightSet(holder=holder, level=Level.USE)
        yield AREA, AREAS[n], AreaRoleGiven(holder=holder, role=Role.READER)


@dataclass
class World:
    """All that has happened, read as the rules of commands read it."""

    actor: WorkerId
    now: datetime = MONDAY
    facts: dict[str, list[Fact[Any]]] = field(default_factory=dict)

    def read(self, decider: Decider[Any, Any], id: str) -> Any:
        return decider.fold(self.facts.get(decider.stream(id), ()))

    def add(self, decider: Decider[Any, Any], id: str, event: Event) -> Fact[Any]:
        stream = decider.stream(id)
        told = self.facts.setdefault(stream, [])
        told.append(Fact(stream, len(told) + 1, event, MONDAY, MONDAY, SYSTEM))
        return told[-1]


@dataclass
class Stage:
    """Read models that hold what a test puts there, and questions asked of them."""

    place: Place
    runner: asyncio.Runner
    database: Any
    answers: Answers
    numbers: dict[str, int]

    def put(self, changes: list[Change], rows: list[Put]) -> None:
        """In the place of whatever was there."""
        for each in (ACCESS, DESK, CLIENT_FILE, ROSTER):
            for table in each.tables:
                self.database.execute(f"TRUNCATE {table.name}_v{self.numbers[each.name]}".encode())
        self._apply(ACCESS.name, within([(1, change) for change in changes]))
        for kept in (DESK, CLIENT_FILE, ROSTER):
            own = {(row.table, row.key): row.row for row in rows if row.table in kept.tables}
            self._apply(kept.name, encoded(own))

    def _apply(self, name: str, changes: bytes | None) -> None:
        if changes is not None:
            query = f"SELECT apply_{name}_v{self.numbers[name]}(%s::json)"
            self.database.execute(query.encode(), (changes.decode(),))

    def ask(self, actor: str, question: Question) -> Any:
        """The rows, or the code of the refusal."""

        async def ask() -> Any:
            inquiry = Inquiry(question, actor, MONDAY, limit=100)
            return await self.answers.answer(inquiry, asyncio.get_running_loop().time() + 5)

        try:
            return self.runner.run(ask()).rows
        except Refused as refused:
            return refused.code


@pytest.fixture(scope="module")
def stage(servers: Running, state: Any) -> Iterator[Stage]:
    place = new_place(servers, state)
    url, schema = place.postgres_url, place.settings.schema_name
    with followed(place):
        access.ensure(url, schema)
    with connect(url, schema) as database, asyncio.Runner() as runner:
        answers = Answers(url, schema, Keyring(opened_keys(url, schema, place.keys)), connections=1)
        found = versions(database)
        numbers = {
            each.name: version.number
            for each in (ACCESS, DESK, CLIENT_FILE, ROSTER)
            if (version := served(found, each.name))
        }
        yield Stage(place, runner, database, answers, numbers)
        runner.run(answers.close())


def rows_of(reports: list[Report]) -> list[Put]:
    rows = [
        Put(CONTACTS, (id,), {"kind": ContactKind.PERSON, "reference": None, "opened_at": MONDAY}) for id in CLIENTS
    ]
    blank = dict.fromkeys(("reference", "product", "subject", "title", "description"))
    elsewhere = dict.fromkeys(
        ("incident_type", "process_area", "gateway", "survivor", "origin", "severity", "contract")
    )
    for area, parent in PARENTS.items():
        rows.append(Put(LAID_OUT, (area,), {"name": area, "parent": parent, "head": None, "closed": False}))
    for n, (area, reporter, customer, assignee, team) in enumerate(reports):
        at = MONDAY + timedelta(minutes=n)
        stands = {"reporter": reporter, "customer": customer, "assignee": assignee, "team": team, "status": "received"}
        rows.append(Put(TICKETS, (f"t{n}",), {"opened_at": at, "area": area, **blank}))
        rows.append(Put(TICKET_STANDINGS, (f"t{n}",), {**stands, **elsewhere, "over": n % 2 == 1, "changed_at": at}))
    return rows


def allowed(world: World, right: Right) -> bool:
    try:
        needs(world, right)
    except Refused:
        return False
    return True


PARENTS = {"a1": None, "a2": "a1"}
"""Of each area."""


def check_areas(stage: Stage, world: World) -> None:
    """Areas are shown to whoever has any role in them, or administers all; so is what they lie in."""
    everywhere = world.actor == SYSTEM or allowed(world, Right.AREA_ADMINISTRATOR)
    known = {id for id in AREAS if everywhere or has_role(world, world.read(AREA, id), *Role)}
    shown = stage.ask(world.actor, Areas())
    if not everywhere and not allowed(world, Right.BASIC):
        assert shown == "RightMissing"
        return
    assert {row["area"]: row["parent"] for row in shown} == {
        id: parent if parent in known else None for id, parent in PARENTS.items() if id in known
    }


def check_one(stage: Stage, world: World, contact: str) -> None:
    """Of one contact it is told how far the worker may go with it, and by which right."""
    shown = stage.ask(world.actor, AccessCheck(contact=ContactId(contact)))
    if not allowed(world, Right.BASIC):
        assert shown == "RightMissing"
    elif not sees(world, ContactId(contact)):
        assert shown == "ContactUnknown"
    else:
        (row,) = shown
        assert (row["holder"], row["level"], row["until"]) == opened_by(world, ContactId(contact))


def check(stage: Stage, world: World, reports: list[Report]) -> int:
    """All that the worker is shown is what the rules say, and nothing is left out; how many tickets that are."""
    actor = world.actor
    listed = [id for id in CLIENTS if world.read(CONTACT, id).survivor is None]
    contacts = {id for id in listed if sees(world, ContactId(id))}
    tickets = {
        f"t{n}": Ticket(
            area=AreaId(area),
            reporter=reporter and ContactId(reporter),
            customer=customer and ContactId(customer),
            holdings=Timeline().put(MONDAY, Holding(assignee and WorkerId(assignee), team and TeamId(team))),
        )
        for n, (area, reporter, customer, assignee, team) in enumerate(reports)
    }
    known = {id for id, ticket in tickets.items() if lies_open(world, ticket)}
    for id in CLIENTS:
        check_one(stage, world, id)
    shown = stage.ask(actor, Contacts())
    assert shown == "RightMissing" if not allowed(world, Right.BASIC) else {row["contact"] for row in shown} == contacts
    for sort in Sort if actor == "w1" else (Sort.DUE,):
        shown = stage.ask(actor, Desk(sort=sort))
        assert shown == "RightMissing" if not allowed(world, Right.HELPDESK) else {r["ticket"] for r in shown} == known
    for id in list(tickets)[:2]:
        shown = stage.ask(actor, OneTicket(ticket=id))
        if allowed(world, Right.BASIC) or allowed(world, Right.HELPDESK):
            assert (shown != "TicketUnknown") is (id in known)
            if id in known:
                part = role_of(world, world.read(AREA, tickets[id].area or ""), Role.MEMBER, Role.READER)
                told = shown[0]["decided_by"]
                assert actor == SYSTEM or part == (told and (told["holder"], told["role"]))
        else:
            assert shown == "RightMissing"
    check_areas(stage, world)
    if world.read(WORKER, actor).active:
        (mine,) = stage.ask(actor, MySight())
        levels = {each["directory"]: each["level"] for each in mine["directories"]}
        assert levels == {id: own for id in DIRECTORIES if (own := level(world, world.read(DIRECTORY, id))) != "none"}
    return len(known) if allowed(world, Right.HELPDESK) else 0


def hold(stage: Stage, examples: int, *phases: Phase) -> int:
    """The law in so many worlds; how many tickets somebody was shown in one of them at most."""
    most = 0

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=phases or tuple(Phase),
    )
    @given(st.lists(STEPS, min_size=3, max_size=30), REPORTS)
    def same(steps: list[Step], reports: list[Report]) -> None:
        nonlocal most
        world = World(WorkerId(SYSTEM))
        facts = [world.add(*each) for each in (*beginning(), *steps)]
        stage.put([change for fact in facts for change in model.project(fact)], rows_of(reports))
        for actor in (*WORKERS, SYSTEM):
            shown = check(stage, World(WorkerId(actor), facts=world.facts), reports)
            most = max(most, 0 if actor == SYSTEM else shown)

    same()
    return most


def test_sql_shows_what_the_rules_of_commands_let_one_know_of(stage: Stage, soak: int) -> None:
    assert hold(stage, 15 * soak) > 1


def as_if_never_merged(standing: str) -> str:
    return sight.open_standing(standing).replace("under.contact = ", "under.survivor = ")


def as_if_nobody_were_excused(standing: str) -> str:
    return sight.open_standing(standing).replace(f"{standing}.assignee = %(actor)s OR", "")


def as_if_only_content_counted(area: str) -> str:
    return sight.open_area(area)


MORE = st.lists(
    st.one_of(
        st.builds(
            lambda d, n: (DIRECTORY, d, DirectoryRightSet(holder=HOLDER_OF_MORE, level=n)),
            st.sampled_from(DIRECTORIES),
            st.sampled_from([Level.USE, Level.EDIT]),
        ),
        st.builds(
            lambda a, r: (AREA, a, AreaRoleGiven(holder=HOLDER_OF_MORE, role=r)),
            st.sampled_from(AREAS),
            st.sampled_from(Role),
        ),
        st.builds(lambda t: (TEAM, t, TeamMemberAdded(worker=MAY_MORE)), st.sampled_from(TEAMS)),
    ),
    max_size=6,
)


def test_who_may_less_is_shown_nothing_that_who_may_more_is_not(stage: Stage, soak: int) -> None:
    assert contained(stage, 15 * soak) > 0


def test_the_check_finds_who_is_shown_less_for_more_rights(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = planted("my_directories", "level >= 1", "level = 1")
    monkeypatch.setattr("projections.sight.PARTS", wrong)
    with pytest.raises((AssertionError, ExceptionGroup)):
        contained(stage, 300, Phase.generate)


def contained(stage: Stage, examples: int, *phases: Phase) -> int:
    """Whoever holds all that another holds, and more, is shown all that the other is; how many rows that were."""
    most = 0

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=phases or tuple(Phase),
    )
    @given(st.lists(STEPS, min_size=3, max_size=30), MORE, REPORTS)
    def holds(steps: list[Step], more: list[Step], reports: list[Report]) -> None:
        nonlocal most
        world = World(WorkerId(SYSTEM))
        told = [one for each in (*beginning(), *steps) for one in (each, as_well(each)) if one is not None]
        facts = [world.add(*each) for each in (*told, *more)]
        nobodys = [(*linked, None, team) for *linked, _, team in reports]  # who has a ticket, has no right by that
        stage.put([change for fact in facts for change in model.project(fact)], rows_of(nobodys))
        for question, key in ((Contacts(), "contact"), (Desk(), "ticket")):
            less, all_of_it = (stage.ask(actor, question) for actor in ("w1", MAY_MORE))
            if less != "RightMissing":
                assert {row[key] for row in less} <= {row[key] for row in all_of_it}
                most = max(most, len(less))

    holds()
    return most


def as_well(step: Step) -> Step | None:
    """The same for the one who may more, where it is about the first worker."""
    decider, id, event = step
    if decider is WORKER and id == "w1":
        return WORKER, MAY_MORE, event
    if getattr(event, "worker", None) == "w1":
        return decider, id, event.model_copy(update={"worker": MAY_MORE})
    if getattr(event, "holder", None) == HOLDERS[0]:
        return decider, id, event.model_copy(update={"holder": HOLDER_OF_MORE})
    return None


BUGS = {
    "a manager has no area": ("projections.staff.area.known_area", as_if_only_content_counted),
    "the contacts of a ticket do not count": ("projections.service.desk.open_standing", sight.open_team),
    "the team of a ticket does not count": ("projections.service.desk.open_standing", sight.open_contacts),
    "who has a ticket is not excused": ("projections.service.desk.open_standing", as_if_nobody_were_excused),
    "use is not enough": ("projections.sight.PARTS", planted("my_directories", "level >= 1", "level >= 2")),
    "any right decides": ("projections.clients.access_check.OF_ONESELF", OF_ONESELF.replace("a.level DESC,", "")),
    "teams give nothing": ("projections.sight.PARTS", planted("my_teams", "WHERE worker", "WHERE false AND worker")),
    "an end is no end": ("projections.sight.PARTS", planted("my_directories", "until > %(received)s", "true")),
    "merged contacts lie where they lay": ("projections.service.desk.open_standing", as_if_never_merged),
    "readers do not see": ("projections.sight.PARTS", planted("my_areas", "'member', 'reader'", "'member'")),
}


SELDOM = {"any right decides", "an end is no end", "merged contacts lie where they lay"}
"""Found in few of the worlds that are tried."""


@pytest.mark.parametrize(
    ("name", "bug"),
    [pytest.param(*bug, id=id, marks=[pytest.mark.soak] * (id in SELDOM)) for id, bug in BUGS.items()],
)
def test_a_planted_bug_turns_the_check_red(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, soak: int, name: str, bug: Any
) -> None:
    monkeypatch.setattr(name, bug)
    with pytest.raises((AssertionError, ExceptionGroup)):
        hold(stage, 300 * soak, Phase.generate)
