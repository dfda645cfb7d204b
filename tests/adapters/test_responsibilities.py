"""Who answers for what, whether they can, what is set and what is closed: each told to whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.composition import now
from adapters.embedded import Running
from commands.clients.contact import SetContactResponsible
from commands.clients.directory import CloseDirectory, RenameDirectory, SetDirectoryRight
from commands.clients.group import CloseGroup, SetGroupContract, SetGroupResponsible
from commands.company.process_area import ListProcessArea, RetireProcessArea, SetProcessAreaResponsible
from commands.company.settings import ListLifeCycles, SetFormRule, SetHelpdeskResponsible, SetPlace
from commands.service.contract import ReviseContract
from commands.service.holding import AssignTicket
from commands.service.ticket import ResolveTicket
from commands.staff.area import OpenArea
from commands.staff.team import AddTeamMember
from commands.staff.worker import EndAbsence, GrantRight, HireWorker, PlanAbsence
from commands.talk.gateway import OpenGateway, SetGatewayResponsible
from domain.clients.directory import Level
from domain.company.settings import AfterClosing
from domain.service.contract import Terms
from domain.staff.worker import SYSTEM, Right
from domain.values import team_holder, worker_holder

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """Rows of an open group and of a hidden one, of a process area, and of the helpdesk."""
    with company_asked(new_place(servers, state)) as here:
        company = here.company
        company["olga-too"] = here.send(HireWorker(name="Olga Two"))
        here.send(GrantRight(worker=company["olga-too"], right=Right.CRM_ADMINISTRATOR))
        for name in ("invoicing", "care"):
            company[name] = here.send(ListProcessArea(name=name.title()))
        company["attic"] = here.send(OpenArea(name="Attic"))
        vip = {"group": company["vip"], "process_area": company["invoicing"]}
        here.send(SetGroupResponsible(**vip, person=company["clara"], team=company["hotline"]))
        here.send(
            SetGroupResponsible(
                group=company["regulars"], process_area=company["care"], person=company["anna"], area=company["attic"]
            )
        )
        for_all = SetProcessAreaResponsible(
            process_area=company["invoicing"], responsible=worker_holder(company["clara"])
        )
        here.send(for_all)
        here.send(SetHelpdeskResponsible(responsible=company["emil"]))
        yield here


def told(here: Asker, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with things by what they are called here."""
    names = here.company.names
    return [
        {name: names.get(value, value) if isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    ]


def test_a_row_is_told_with_its_names_to_whoever_may_use_the_groups_directory(here: Asker) -> None:
    rows = told(here, here.ask("responsibilities", "anna", kind="group"))
    assert rows == [
        {
            "kind": "group",
            "thing": "vip",
            "group": "vip",
            "group_name": "Vip",
            "process_area": "invoicing",
            "process_area_name": "Invoicing",
            "person": "clara",
            "person_name": "Clara",
            "team": "hotline",
            "team_name": "Hotline",
            "area": None,
            "area_name": None,
        }
    ]
    assert here.ask("responsibilities", "clara", kind="group") == []
    assert len(here.ask("responsibilities", SYSTEM, kind="group")) == 2


def test_rows_of_process_areas_and_of_the_helpdesk_are_for_everybody(here: Asker) -> None:
    rows = told(here, here.ask("responsibilities", "clara"))
    assert [(row["kind"], row["process_area"], row["person"]) for row in rows] == [
        ("helpdesk", None, "emil"),
        ("process-area", "invoicing", "clara"),
    ]


def test_an_area_is_named_to_those_who_have_a_role_in_it_or_administer_all(here: Asker) -> None:
    asked = {"group": here.company["regulars"]}
    (row,) = here.ask("responsibilities", SYSTEM, **asked)
    assert (row["area"], row["area_name"]) == (here.company["attic"], "Attic")
    here.send(
        SetDirectoryRight(directory=here.company["secret"], holder=worker_holder(here.company["dora"]), level=Level.USE)
    )
    (row,) = here.ask("responsibilities", "dora", **asked)
    assert (row["area"], row["area_name"]) == (here.company["attic"], None)
    here.send(
        SetDirectoryRight(
            directory=here.company["secret"], holder=worker_holder(here.company["dora"]), level=Level.NONE
        )
    )


@pytest.mark.parametrize(
    ("narrowed", "kinds"),
    [
        ({"person": "clara"}, ["group", "process-area"]),
        ({"team": "hotline"}, ["group"]),
        ({"process_area": "invoicing"}, ["group", "process-area"]),
        ({"process_area": "care"}, ["group"]),
        ({"group": "vip"}, ["group"]),
        ({"person": "emil"}, ["helpdesk"]),
    ],
    ids=str,
)
def test_rows_can_be_narrowed(here: Asker, narrowed: dict[str, str], kinds: list[str]) -> None:
    asked = {name: here.company[value] for name, value in narrowed.items()}
    assert [row["kind"] for row in here.ask("responsibilities", SYSTEM, **asked)] == kinds


def test_the_check_tells_administrators_of_all_and_others_of_groups_they_know(here: Asker) -> None:
    everything = [
        ("group", "regulars", "care", "anna", ["area", "directory"]),
        ("group", "vip", "invoicing", "boris", ["area"]),
        ("group", "vip", "invoicing", "clara", ["directory"]),
        ("helpdesk", "company", None, "emil", ["active"]),
    ]

    def check(actor: str) -> list[tuple[Any, ...]]:
        rows = told(here, here.ask("responsibility-check", actor))
        found = [(row["kind"], row["thing"], row["process_area"], row["worker"], row["lacks"]) for row in rows]
        return sorted(found, key=lambda row: (row[0], row[1], row[3]))

    assert check(SYSTEM) == check("adam") == check("olga-too") == everything
    assert check("anna") == [row for row in everything if row[1] == "vip"]
    assert check("clara") == []
    assert here.refused("responsibility-check", "zoe") == "RightMissing"


def test_a_hidden_group_has_no_name_for_an_administrator_of_areas(here: Asker) -> None:
    rows = here.ask("responsibility-check", "adam", worker=here.company["anna"])
    assert [(row["thing"], row["group_name"]) for row in rows] == [(here.company["regulars"], None)]
    rows = here.ask("responsibility-check", SYSTEM, worker=here.company["anna"])
    assert [row["group_name"] for row in rows] == ["Regulars"]


def test_a_right_with_an_end_counts_until_then(here: Asker) -> None:
    clara = {"directory": here.company["customers"], "holder": worker_holder(here.company["clara"])}
    here.send(SetDirectoryRight(**clara, level=Level.USE, until="2999-01-01T00:00:00Z"))
    assert here.ask("responsibility-check", SYSTEM, worker=here.company["clara"]) == []
    here.send(SetDirectoryRight(**clara, level=Level.NONE))
    assert len(here.ask("responsibility-check", SYSTEM, worker=here.company["clara"])) == 1


def test_the_check_goes_on_page_by_page(here: Asker) -> None:
    whole = here.ask("responsibility-check")
    first = here.reply("responsibility-check", limit=2).body
    rest = here.reply("responsibility-check", limit=10, cursor=first["next"]).body
    assert first["rows"] + rest["rows"] == whole
    assert rest["next"] is None


def test_what_is_not_set_is_listed_and_what_is_set_is_told(here: Asker) -> None:
    missing = {row["setting"] for row in here.ask("readiness", "anna", missing=True)}
    assert {"zone", "country", "form-rule", "life-cycles", "salutations", "relations"} <= missing
    here.send(SetPlace(zone="Europe/Kyiv", country="UA"))
    here.send(SetFormRule(reopens=AfterClosing.REOPEN))
    here.send(ListLifeCycles(entries=("lead", "customer")))
    values = {row["setting"]: (row["missing"], row["value"], row["value_name"]) for row in here.ask("readiness")}
    assert values["default-area"] == (False, here.company["north"], "North")
    assert values["default-contract"] == (False, here.company["usual"], "Usual")
    assert values["zone"] == (False, "Europe/Kyiv", None)
    assert values["form-rule"] == (False, "reopen", None)
    assert values["life-cycles"] == (False, "2", None)
    assert values["relations"] == (True, None, None)
    entries = here.ask("code-lists", "anna", code_list="life-cycles")
    assert [row["entry"] for row in entries] == ["lead", "customer"]


def lacking_a_contract(here: Asker, actor: str) -> dict[str, str]:
    """By what they are called here: the names of the groups that readiness tells of."""
    rows = told(here, here.ask("readiness", actor, missing=True))
    return {row["group"]: row["group_name"] for row in rows if row["setting"] == "group-contract"}


def test_groups_without_a_contract_are_listed_as_incomplete(here: Asker) -> None:
    rows = told(here, here.ask("groups", incomplete=True))
    assert [row["group"] for row in rows] == ["vip", "all"]
    assert lacking_a_contract(here, SYSTEM) == lacking_a_contract(here, "anna") == {"vip": "Vip", "all": "All"}
    assert lacking_a_contract(here, "clara") == {}
    here.send(SetGroupContract(group=here.company["vip"], contract=here.company["gold"]))
    rows = told(here, here.ask("groups"))
    assert [(row["group"], row["contract"], row["incomplete"]) for row in rows] == [
        ("vip", "gold", False),
        ("regulars", "gold", False),
        ("all", None, True),
    ]
    assert lacking_a_contract(here, "anna") == {"all": "All"}
    here.send(SetGroupContract(group=here.company["regulars"], contract=None))
    assert lacking_a_contract(here, "anna") == {"all": "All"}
    assert lacking_a_contract(here, SYSTEM) == {"all": "All", "regulars": "Regulars"}
    here.send(SetGroupContract(group=here.company["regulars"], contract=here.company["gold"]))
    first = here.reply("readiness", limit=1, data={"missing": True}).body
    assert (len(first["rows"]), first["next"] is None) == (1, False)


def test_what_is_closed_is_told(here: Asker) -> None:
    here.send(CloseGroup(group=here.company["all"]))
    assert [row["group"] for row in told(here, here.ask("groups", "anna", closed=True))] == ["all"]
    here.send(RenameDirectory(directory=here.company["secret"], name="Archive"))
    here.send(CloseDirectory(directory=here.company["secret"]))
    rows = {row["directory"]: (row["name"], row["closed"]) for row in here.ask("directories")}
    assert rows[here.company["secret"]] == ("Archive", True)
    assert rows[here.company["customers"]] == ("Customers", False)
    assert here.ask("directories", "anna", closed=True) == []


def test_process_areas_are_a_code_list(here: Asker) -> None:
    here.send(RetireProcessArea(process_area=here.company["care"]))
    here.send(
        SetProcessAreaResponsible(process_area=here.company["care"], responsible=team_holder(here.company["hotline"]))
    )
    rows = {row["name"]: (row["retired"], row["responsible"]) for row in here.ask("process-areas", "anna")}
    assert rows["Care"] == (True, team_holder(here.company["hotline"]))
    assert rows["Invoicing"][0] is False


def checked(here: Asker, actor: str, kind: str) -> list[tuple[Any, ...]]:
    rows = [row for row in told(here, here.ask("responsibility-check", actor)) if row["kind"] == kind]
    return sorted((row["thing"], row["worker"], row["lacks"]) for row in rows)


def test_a_contact_is_named_in_the_check_only_to_who_may_know_of_it(here: Asker) -> None:
    for contact in ("mill", "bakery"):
        holder = worker_holder(here.company["zoe"])
        here.send(SetContactResponsible(contact=here.company[contact], responsible=holder))
    assert checked(here, SYSTEM, "contact") == [("bakery", "zoe", ["directory"]), ("mill", "zoe", ["directory"])]
    assert checked(here, "anna", "contact") == [("mill", "zoe", ["directory"])]
    assert checked(here, "adam", "contact") == checked(here, "olga-too", "contact") == []
    everybodys = [row["thing"] for row in told(here, here.ask("responsibilities", "anna", kind="contact"))]
    assert everybodys == ["mill"]


def test_gateways_and_contracts_have_somebody_who_answers_and_is_there(here: Asker) -> None:
    support = here.company["support"] = here.send(OpenGateway(name="Support", process_area=here.company["invoicing"]))
    here.send(SetGatewayResponsible(gateway=support, responsible=worker_holder(here.company["zoe"])))
    terms = Terms(calendar=here.company["calendar"], responsible=worker_holder(here.company["emil"]))
    here.send(ReviseContract(contract=here.company["gold"], terms=terms))
    assert checked(here, "adam", "gateway") == [("support", "zoe", ["area"])]
    assert checked(here, "adam", "contract") == [("gold", "emil", ["active"])]
    assert checked(here, "anna", "gateway") == checked(here, "anna", "contract") == []


def test_who_has_an_open_ticket_must_be_there_work_in_its_area_and_see_all_its_contacts(here: Asker) -> None:
    company = here.company
    assert checked(here, SYSTEM, "ticket") == []
    here.send(AssignTicket(ticket=company["pump"], assignee=company["clara"]))
    here.send(AssignTicket(ticket=company["oven"], assignee=company["anna"]))
    here.send(AssignTicket(ticket=company["valve"], assignee=company["dora"]))
    clara = {"directory": company["customers"], "holder": worker_holder(company["clara"])}
    here.send(SetDirectoryRight(**clara, level=Level.NONE))
    found = [("oven", "anna", ["directory"]), ("pump", "clara", ["directory"]), ("valve", "dora", ["area"])]
    assert checked(here, "adam", "ticket") == found
    assert checked(here, "anna", "ticket") == found[1:]
    here.send(SetDirectoryRight(**clara, level=Level.USE))
    here.send(PlanAbsence(worker=company["clara"], since=now() - MINUTE))
    assert ("pump", "clara", ["presence"]) in checked(here, SYSTEM, "ticket")
    (away,) = here.ask("worker", worker=company["clara"])["absences"]
    here.send(EndAbsence(worker=company["clara"], absence=away["absence"]))
    here.send(ResolveTicket(ticket=company["valve"]))
    assert checked(here, SYSTEM, "ticket") == [("oven", "anna", ["directory"])]


def test_of_a_team_that_has_a_ticket_one_who_may_claim_it_is_enough(here: Asker) -> None:
    company = here.company
    here.send(AssignTicket(ticket=company["hose"], team=company["hotline"]))
    assert ("hose", None, ["members"]) in checked(here, SYSTEM, "ticket")
    here.send(AddTeamMember(team=company["hotline"], worker=company["anna"]))
    assert all(thing != "hose" for thing, *_ in checked(here, SYSTEM, "ticket"))
