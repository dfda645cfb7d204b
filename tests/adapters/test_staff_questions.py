"""Who works here, in which team and area, and for what they answer: to each as much as is theirs to know."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.composition import now
from adapters.embedded import Running
from adapters.nats.client import Declined
from commands.clients.contact import SetContactResponsible
from commands.clients.directory import SetDirectoryRight
from commands.clients.group import SetGroupResponsible
from commands.company.process_area import ListProcessArea, SetProcessAreaResponsible
from commands.company.settings import SetHelpdeskResponsible
from commands.service.calendar import DefineCalendar
from commands.service.contract import ConcludeContract
from commands.service.holding import AssignTicket
from commands.staff.area import CloseArea, GiveAreaRole, MoveArea, NameAreaHead, OpenArea
from commands.staff.team import AddTeamMember, DisbandTeam, FormTeam, NameTeamLeader
from commands.staff.worker import (
    DeactivateWorker,
    EndAbsence,
    GrantRight,
    HireWorker,
    PlanAbsence,
    RenameWorker,
    SetNoticeChannels,
    SetWorkerEmail,
)
from commands.talk.gateway import OpenGateway, SetGatewayResponsible
from domain.clients.directory import Level
from domain.service.contract import Terms
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import worker_holder
from domain.work.channel import Channel
from examples import OFFICE_HOURS

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        here.company["olena"] = here.send(HireWorker(name="Olena"))
        here.send(GrantRight(worker=here.company["olena"], right=Right.CRM_ADMINISTRATOR))
        here.send(GrantRight(worker=here.company["dora"], right=Right.CRM_ADMINISTRATOR))
        yield here


def row_of(here: Asker, name: str, of: str, id: str, actor: str = "", **data: Any) -> dict[str, Any]:
    (row,) = [row for row in here.ask(name, actor, **data) if row[of] == here.company.ids.get(id, id)]
    return row


def called(here: Asker, rows: list[dict[str, Any]], of: str) -> set[str]:
    return here.company.called(*(row[of] for row in rows if row[of] in here.company.names))


# Workers


def test_everybody_is_shown_who_works_here_and_who_is_there(here: Asker) -> None:
    rows = {row["name"]: (row["active"], row["absent"]) for row in here.ask("workers", "anna")}
    assert rows["Boris"] == (True, False)
    assert rows["Emil"] == (False, False)
    assert called(here, here.ask("workers", "anna", active=False), "worker") == {"emil"}
    assert called(here, here.ask("workers", "anna", team=here.company["hotline"]), "worker") == {"boris"}
    assert here.refused("workers", "zoe") == "RightMissing"


def test_who_is_away_is_shown_as_absent_and_when_back_no_longer(here: Asker) -> None:
    clara, began = here.company["clara"], now()
    for since, until in ((-2 * MINUTE, -MINUTE), (60 * MINUTE, None)):
        wanted = PlanAbsence(worker=clara, since=began + since, until=until and began + until)
        here.send(wanted, minutes_ago=3)
    assert row_of(here, "workers", "worker", "clara", "anna")["absent"] is False
    here.send(PlanAbsence(worker=clara, since=began - MINUTE, substitute=here.company["dora"]), "clara")
    assert row_of(here, "workers", "worker", "clara", "anna")["absent"] is True
    assert called(here, here.ask("workers", "anna", absent=True), "worker") == {"clara"}
    assert here.ask("worker", "anna", worker=clara)["absent"] is True
    current, later = here.ask("worker", "clara", worker=clara)["absences"]
    assert [each["substitute_name"] for each in (current, later)] == ["Dora", None]
    here.send(EndAbsence(worker=clara, absence=current["absence"]), "clara")
    assert row_of(here, "workers", "worker", "clara", "anna")["absent"] is False
    assert called(here, here.ask("workers", "anna", absent=False), "worker") >= {"clara", "anna"}


def test_to_oneself_and_to_the_crm_administrator_a_worker_is_shown_whole(here: Asker) -> None:
    boris = here.company["boris"]
    assert here.ask("worker", "boris", worker=boris)["email"] is None
    here.send(SetWorkerEmail(worker=boris, email="boris@firm.example"), "boris")
    here.send(SetNoticeChannels(worker=boris, channels=(Channel.EMAIL,)), "boris")
    for actor in ("boris", "olena", SYSTEM):
        found = here.ask("worker", actor, worker=boris)
        assert [right["right"] for right in found["rights"]] == ["basic", "helpdesk"]
        assert [(team["name"], team["leads"]) for team in found["teams"]] == [("Hotline", False)]
        assert found["absences"] == []
        assert (found["email"], found["notice_channels"]) == ("boris@firm.example", ["email"])
    for actor in ("anna", "adam"):
        found = here.ask("worker", actor, worker=boris)
        assert (found["name"], found["active"], found["absent"]) == ("Boris", True, False)
        assert {found[name] for name in ("rights", "teams", "absences", "email", "notice_channels")} == {None}
    assert here.refused("worker", "anna", worker="nobody") == "WorkerUnknown"


def test_a_right_with_an_end_is_shown_with_it_and_after_it_not_at_all(here: Asker) -> None:
    worker = here.send(HireWorker(name="Petra"))
    here.send(GrantRight(worker=worker, right=Right.BASIC))
    until = now() + timedelta(seconds=3)
    here.send(GrantRight(worker=worker, right=Right.SALES, until=until))
    rights = here.ask("worker", worker, worker=worker)["rights"]
    assert [right["until"] is None for right in rights] == [True, False]
    time.sleep(max(0.0, (until - now()).total_seconds()))
    assert [right["right"] for right in here.ask("worker", worker, worker=worker)["rights"]] == ["basic"]


def test_a_renamed_worker_is_called_by_the_new_name(here: Asker) -> None:
    worker = here.send(HireWorker(name="Ivana"))
    here.send(RenameWorker(worker=worker, name="Ivana Nova"), "olena")
    assert here.ask("worker", "anna", worker=worker)["name"] == "Ivana Nova"


# Teams


def test_teams_are_shown_with_leader_and_number_and_their_members(here: Asker) -> None:
    team = here.company["second"] = here.send(FormTeam(name="Second line"))
    for name in ("anna", "boris"):
        here.send(AddTeamMember(team=team, worker=here.company[name]))
    here.send(NameTeamLeader(team=team, worker=here.company["anna"]))
    found = row_of(here, "teams", "team", "second", "clara")
    assert (found["name"], found["leader_name"]) == ("Second line", "Anna")
    assert (found["members"], found["disbanded"]) == (2, False)
    reply = here.reply("team-members", "clara", data={"team": team}).body
    assert {row["name"]: row["leads"] for row in reply["rows"]} == {"Anna": True, "Boris": False}
    assert reply["count"] == 2
    assert called(here, here.ask("teams", "anna", worker=here.company["boris"]), "team") >= {"hotline", "second"}
    assert called(here, here.ask("teams", "anna", leader=here.company["anna"]), "team") == {"second"}
    assert called(here, here.ask("teams", "anna", leader=here.company["boris"]), "team") == set()
    here.send(DisbandTeam(team=team))
    found = row_of(here, "teams", "team", "second", "clara")
    assert (found["leader"], found["members"], found["disbanded"]) == (None, 0, True)
    assert here.ask("team-members", "clara", team=team) == []
    assert called(here, here.ask("teams", "clara", disbanded=True), "team") == {"second"}
    assert here.refused("team-members", "clara", team="nowhere") == "TeamUnknown"


# Areas


def test_areas_are_those_one_has_a_role_in_and_to_the_area_administrator_all(here: Asker) -> None:
    for actor, seen in (("anna", {"north"}), ("boris", {"north"}), ("dora", {"north"}), ("olena", set())):
        rows = here.ask("areas", actor) if actor != "olena" else []
        assert called(here, rows, "area") == seen
    assert here.refused("areas", "olena") == "RightMissing"
    for actor in ("adam", SYSTEM):
        assert called(here, here.ask("areas", actor), "area") >= {"north", "south"}
    assert row_of(here, "areas", "area", "north", "boris")["roles"] == ["reader"]
    assert row_of(here, "areas", "area", "north", "dora")["roles"] == ["manager"]
    assert row_of(here, "areas", "area", "north", "adam")["roles"] == []
    assert called(here, here.ask("areas", "boris", role="reader"), "area") == {"north"}
    assert here.ask("areas", "boris", role="member") == []


def test_a_parent_is_shown_only_to_who_may_know_of_it(here: Asker) -> None:
    house = here.company["house"] = here.send(OpenArea(name="House"))
    here.send(MoveArea(area=here.company["north"], parent=house))
    here.send(NameAreaHead(area=here.company["north"], worker=here.company["clara"]))
    found = row_of(here, "areas", "area", "north", "anna")
    assert (found["parent"], found["parent_name"], found["head_name"]) == (None, None, "Clara")
    assert here.ask("areas", "anna", parent=house) == here.ask("areas", "anna", parent="nowhere") == []
    found = row_of(here, "areas", "area", "north", "adam")
    assert (found["parent"], found["parent_name"]) == (house, "House")
    assert called(here, here.ask("areas", "adam", parent=house), "area") == {"north"}
    here.send(GiveAreaRole(area=house, holder=worker_holder(here.company["anna"]), role=Role.MANAGER))
    assert row_of(here, "areas", "area", "north", "anna")["parent_name"] == "House"
    assert called(here, here.ask("areas", "anna", parent=house), "area") == {"north"}
    assert row_of(here, "areas", "area", "north", "boris")["parent"] is None
    assert called(here, here.ask("areas", "adam", head=here.company["clara"]), "area") == {"north"}
    here.send(CloseArea(area=house))
    assert called(here, here.ask("areas", "adam", closed=True), "area") == {"house"}


def test_who_is_what_in_an_area_is_told_to_whoever_is_anything_in_it(here: Asker) -> None:
    north = here.company["north"]
    for actor in ("anna", "boris", "dora", "adam", SYSTEM):
        rows = here.ask("area-roles", actor, area=north)
        assert {(row["worker_name"] or row["team_name"], row["role"]) for row in rows} >= {
            *(("Anna", "member"), ("Hotline", "reader"), ("Dora", "manager"))
        }
    assert [row["worker_name"] for row in here.ask("area-roles", "anna", area=north, role="manager")] == ["Dora"]
    for actor in ("anna", "dora"):
        assert here.refused("area-roles", actor, area=here.company["south"]) == "AreaUnknown"


def test_who_may_what_with_a_directory_is_told_to_who_may_change_it(here: Asker) -> None:
    customers, until = here.company["customers"], now() + 60 * MINUTE
    for actor in ("anna", "dora"):
        assert here.refused("directory-rights", actor, directory=customers) == "DirectoryUnknown"
    dora = worker_holder(here.company["dora"])
    here.send(SetDirectoryRight(directory=customers, holder=dora, level=Level.ADMINISTER, until=until))
    for actor in ("dora", "adam", SYSTEM):
        rows = here.ask("directory-rights", actor, directory=customers)
        told = {(row["worker_name"] or row["team_name"], row["level"], row["lasting"]) for row in rows}
        assert told >= {
            *(("Anna", "use", "standing"), ("Hotline", "use", "standing")),
            *(("Dora", "edit", "standing"), ("Dora", "administer", "temporary")),
        }
    assert [row["until"] is None for row in rows if row["worker_name"] == "Dora"] == [True, False]
    assert here.refused("directory-rights", "dora", directory=here.company["secret"]) == "DirectoryUnknown"


# Charges


@pytest.fixture(scope="module")
def charged(here: Asker) -> str:
    """A worker who answers for one thing of each kind, and for what is hidden from others."""
    worker = here.company["marta"] = here.send(HireWorker(name="Marta"))
    holder = worker_holder(worker)
    here.send(GrantRight(worker=worker, right=Right.BASIC))
    invoicing = here.company["invoicing"] = here.send(ListProcessArea(name="Invoicing"))
    for contact in ("mill", "bakery"):
        here.send(SetContactResponsible(contact=here.company[contact], responsible=holder))
    for group in ("vip", "regulars"):
        here.send(SetGroupResponsible(group=here.company[group], process_area=invoicing, person=worker))
    here.send(SetProcessAreaResponsible(process_area=invoicing, responsible=holder))
    here.send(SetHelpdeskResponsible(responsible=worker))
    support = here.company["support"] = here.send(OpenGateway(name="Support", process_area=invoicing))
    here.send(SetGatewayResponsible(gateway=support, responsible=holder))
    hours = here.send(DefineCalendar(name="Office", hours=OFFICE_HOURS))
    terms = Terms(calendar=hours, responsible=holder)
    here.company["care"] = here.send(ConcludeContract(name="Care", terms=terms))
    for ticket in ("hose", "drill"):
        here.send(AssignTicket(ticket=here.company[ticket], assignee=worker))
    return worker


def told(here: Asker, actor: str, worker: str) -> dict[tuple[str, str], str | None]:
    """By kind and what it is of: the name that is told."""
    rows = here.ask("worker-charges", actor, worker=worker)
    names = ("ticket_title", "contact_name", "group_name", "gateway_name", "contract_name", "process_area_name")
    return {
        (row["kind"], here.company.names.get(row["thing"], row["thing"])): next(filter(None, map(row.get, names)), None)
        for row in rows
    }


def test_what_somebody_answers_for_is_told_to_them_as_far_as_they_see_it(here: Asker, charged: str) -> None:
    always = {
        ("process-area", "invoicing"): "Invoicing",
        ("gateway", "support"): "Support",
        ("contract", "care"): "Care",
        ("helpdesk", "company"): None,
    }
    assert told(here, "marta", charged) == always
    for actor in ("boris", "adam"):
        assert here.refused("worker-charges", actor, worker=charged) in ("WorkerUnknown", "RightMissing")
    whole = told(here, SYSTEM, charged)
    assert whole[("ticket", "drill")] == "The drill"
    assert whole[("contact", "bakery")] == "The bakery"
    assert whole[("group", "regulars")] == "Regulars"
    assert len(whole) == 10


def test_the_crm_administrator_is_told_of_tickets_and_rows_and_of_no_hidden_contact(here: Asker, charged: str) -> None:
    for actor, contacts in (("olena", set()), ("dora", {"mill"})):
        found = told(here, actor, charged)
        assert {thing for kind, thing in found if kind == "contact"} == contacts
        assert {thing for kind, thing in found if kind == "ticket"} == {"hose", "drill"}
        assert {thing for kind, thing in found if kind == "group"} == {"vip", "regulars"}
        assert found[("ticket", "drill")] is None
        assert found[("group", "regulars")] == "Invoicing"  # the process area of the row; the group's own is hidden
    assert [row["kind"] for row in here.ask("worker-charges", "olena", worker=charged, kind="helpdesk")] == ["helpdesk"]


def test_who_leaves_hands_over_all_of_it_and_answers_for_nothing(here: Asker, charged: str) -> None:
    with pytest.raises(Declined, match="422 WorkerStillAnswers"):
        here.send(DeactivateWorker(worker=charged), "olena")
    here.send(DeactivateWorker(worker=charged, successor=here.company["dora"]), "olena")
    assert told(here, SYSTEM, charged) == {}
    assert len(told(here, SYSTEM, here.company["dora"])) == 10
    (support,) = here.ask("gateways", "dora")
    assert support["worker_name"] == "Dora"
    assert row_of(here, "desk", "ticket", "hose")["assignee_name"] == "Dora"
