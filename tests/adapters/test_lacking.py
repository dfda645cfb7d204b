"""Who answers and cannot is found by SQL as anybody would find it, thing by thing, in the log (R-DIR-4, D11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import specification
from company import COMPANY_SO_FAR, OVEN, VERA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import SECRETS, entered, lying, store
from naive.lacks import Lacks, lacks
from naive.views import views
from shelf import Shelf
from specification import of, on_monday

from adapters.composition import Place
from adapters.postgres.finder import STATEMENTS
from adapters.postgres.views import access
from commands.lookup import LACKING, Lack
from domain.clients.contact import CONTACT, ContactMoved, ContactResponsibleSet
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupMoved, GroupResponsibleSet
from domain.company.process_area import PROCESS_AREA, ProcessAreaResponsibleSet
from domain.company.responsibility import Kind, Lacking
from domain.company.settings import COMPANY, SETTINGS, DefaultAreaSet, HelpdeskResponsibleSet
from domain.decider import Decider
from domain.fact import Fact
from domain.service.contract import CONTRACT, ContractRevised
from domain.service.holding import TicketAssigned, TicketGivenBack, TicketTeamAssigned
from domain.service.ticket import TICKET, TicketCustomerSet, TicketReopened, TicketResolved
from domain.staff.absence import WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamFormed, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import WORKER, WorkerDeactivated, WorkerReactivated
from domain.talk.gateway import GATEWAY, GatewayResponsibleSet
from domain.values import AbsenceId, Holder, TeamId, team_holder, worker_holder
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    GOLD,
    GOLD_TERMS,
    HOTLINE,
    INVOICING,
    MILL,
    MILL_SUBJECT,
    OFFICE_FLOOR,
    PUMP,
    REGULARS,
    REPAIRS,
    SUPPLIERS,
    SUPPORT,
    VIP,
    WORKSHOP,
)
from projections.company.lacking import RESTS_ON

NINE = on_monday(9)
FOLLOWED = tuple(model for model in RESTS_ON if not model.within_append)
HOUR = timedelta(hours=1)
PEOPLE, PLACES, BOOKS = (ANNA, BORIS, VERA), (WORKSHOP, OFFICE_FLOOR), (CUSTOMERS, SUPPLIERS)
HOLDERS = (*map(worker_holder, PEOPLE), team_holder(HOTLINE), team_holder(TeamId("empty")))
ENDS = st.none() | st.integers(1, 40).map(lambda n: NINE + n * HOUR)
people, places, books, holders = (st.sampled_from(each) for each in (PEOPLE, PLACES, BOOKS, HOLDERS))
nobody = st.none()


def about(decider: Decider[Any, Any], ids: st.SearchStrategy[Any], *events: st.SearchStrategy[Any]) -> Any:
    return st.tuples(st.just(decider), ids, st.one_of(*events))


def terms(holder: Holder | None) -> ContractRevised:
    return ContractRevised(terms=GOLD_TERMS.model_copy(update={"responsible": holder}))


DUTIES = (
    about(
        GROUP,
        st.sampled_from([VIP, REGULARS]),
        st.builds(
            GroupResponsibleSet,
            process_area=st.sampled_from([INVOICING, REPAIRS]),
            person=nobody | people,
            team=nobody | st.just(HOTLINE),
            area=nobody | places,
        ),
        st.builds(GroupMoved, origin=books, directory=books),
    ),
    about(PROCESS_AREA, st.just(INVOICING), st.builds(ProcessAreaResponsibleSet, responsible=nobody | holders)),
    about(SETTINGS, st.just(COMPANY), st.builds(HelpdeskResponsibleSet, responsible=nobody | people)),
    about(CONTACT, st.sampled_from([MILL, BAKERY]), st.builds(ContactResponsibleSet, responsible=nobody | holders)),
    about(GATEWAY, st.just(SUPPORT), st.builds(GatewayResponsibleSet, responsible=nobody | holders)),
    about(CONTRACT, st.just(GOLD), st.builds(terms, nobody | holders)),
    about(
        TICKET,
        st.sampled_from([PUMP, OVEN]),
        st.builds(TicketAssigned, assignee=people, team=nobody | st.just(HOTLINE)),
        st.builds(TicketTeamAssigned, team=st.sampled_from([HOTLINE, "empty"])),
        st.builds(
            TicketCustomerSet,
            reporter=nobody | st.sampled_from([MILL, BAKERY]),
            customer=st.just(MILL),
            subject=st.just(MILL_SUBJECT),
        ),
        st.builds(TicketGivenBack, team_too=st.booleans()),
        st.builds(TicketResolved),
        st.builds(TicketReopened),
    ),
)
"""What somebody may answer for."""

ABLE = (
    about(WORKER, people, st.builds(WorkerDeactivated), st.builds(WorkerReactivated)),
    about(
        WORKER,
        people,
        st.builds(
            WorkerAbsencePlanned,
            absence=st.sampled_from(["sea", "hills"]).map(AbsenceId),
            since=st.integers(0, 30).map(lambda n: NINE + n * HOUR),
            until=st.none() | st.integers(31, 60).map(lambda n: NINE + n * HOUR),
            substitute=nobody | people,
        ),
        st.builds(WorkerAbsenceEnded, absence=st.sampled_from(["sea", "hills"]).map(AbsenceId)),
    ),
    about(TEAM, st.just(HOTLINE), *(st.builds(kind, worker=people) for kind in (TeamMemberAdded, TeamMemberRemoved))),
    about(DIRECTORY, books, st.builds(DirectoryRightSet, holder=holders, level=st.sampled_from(Level), until=ENDS)),
    about(
        AREA,
        places,
        st.builds(AreaRoleGiven, holder=holders, role=st.sampled_from(Role), until=ENDS),
        st.builds(AreaRoleTaken, holder=holders, role=st.sampled_from(Role)),
    ),
    about(CONTACT, st.just(MILL), st.builds(ContactMoved, origin=books, directory=books)),
    about(SETTINGS, st.just(COMPANY), st.builds(DefaultAreaSet, area=places)),
)
"""What makes them able, or not."""


@st.composite
def companies(draw: st.DrawFn) -> list[Fact[Any]]:
    """The company, and what happened in it from Monday at nine on, an hour each."""
    world = specification.given(COMPANY_SO_FAR, of(TEAM, "empty", TeamFormed(name="Empty")))
    told = [draw(st.one_of(each)) for each in DUTIES for _ in range(3)]
    told += draw(st.lists(st.one_of(*ABLE), min_size=8, max_size=24))
    for n, (decider, id, event) in enumerate(draw(st.permutations(told))):
        world.happen(of(decider, id, event, at=NINE + n * HOUR))
    return list(world.log.facts)


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    found = Shelf(place.postgres_url, place.settings.schema_name, FOLLOWED)
    yield found
    found.line.close()


def looked_up(shelf: Shelf, now: datetime) -> Lacks:
    rows = shelf.line.execute(STATEMENTS[LACKING].encode(), {"key": now.isoformat()}).fetchall()
    found = [Lack(*row) for row in rows]
    told = {(each.kind, each.thing, each.process_area or "", each.worker or ""): each.lacks for each in found}
    assert len(told) == len(found)
    return told


def test_it_is_found_as_anybody_would_find_it(shelf: Shelf, soak: int) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=12 * soak, deadline=None, suppress_health_check=list(HealthCheck))
    @given(companies(), st.integers(0, 40))
    def agree(facts: list[Fact[Any]], hours: int) -> None:
        shelf.empty()
        store(shelf.line, entered(facts))
        shelf.follow(2000)
        access.rebuild(shelf.url, shelf.schema)
        now = facts[-1].recorded_at + hours * HOUR
        found = looked_up(shelf, now)
        assert found == lacks(views(lying(shelf.line), SECRETS), now)
        met.update(kind for kind, *_ in found)
        met.update(lack for each in found.values() for lack in each)

    agree()
    assert met.keys() >= {Kind.GROUP, Kind.CONTACT, Kind.TICKET, Lacking.AREA, Lacking.DIRECTORY, Lacking.ACTIVE}
