"""Gateways, calendars, contracts, incident types: the company's own things, told to everybody who works with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import ALWAYS, Asker, company_asked

from adapters.embedded import Running
from commands.company.process_area import ListProcessArea, RenameProcessArea
from commands.service.calendar import AddHolidays, DefineCalendar, RenameCalendar
from commands.service.contract import ReviseContract
from commands.service.incident_type import ListIncidentType, RetireIncidentType, SetIncidentTypeContract
from commands.staff.worker import GrantRight, HireWorker
from commands.talk.gateway import (
    CloseGateway,
    OpenGateway,
    RenameGateway,
    SetGatewayProcessArea,
    SetGatewayResponsible,
)
from domain.service.contract import Terms
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.staff.worker import SYSTEM, Right
from domain.talk.gateway import GatewayKind
from domain.values import team_holder, worker_holder

LISTINGS = ("gateways", "calendars", "contracts", "incident-types")


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """A form of the hotline, a closed mailbox of Clara's; a contract with levels; a type with a contract."""
    with company_asked(new_place(servers, state)) as here:
        company = here.company
        for name, right in (("olena", Right.CRM_ADMINISTRATOR), ("hana", Right.HELPDESK)):
            company[name] = here.send(HireWorker(name=name.title()))
            here.send(GrantRight(worker=company[name], right=right))
        for name in ("care", "bills"):
            company[name] = here.send(ListProcessArea(name=name.title()))
        company["form"] = here.send(OpenGateway(name="Form", process_area=company["care"]), "olena")
        mailbox = OpenGateway(name="Mailbox", kind=GatewayKind.MAILBOX, process_area=company["care"])
        company["mailbox"] = here.send(mailbox, "olena")
        answering = (("form", team_holder(company["hotline"])), ("mailbox", worker_holder(company["clara"])))
        for name, holder in answering:
            here.send(SetGatewayResponsible(gateway=company[name], responsible=holder), "olena")
        here.send(CloseGateway(gateway=company["mailbox"]), "olena")
        _terms(here)
        yield here


def _terms(here: Asker) -> None:
    company = here.company
    company["other"] = here.send(DefineCalendar(name="Other", hours=ALWAYS.model_copy(update={"zone": "Europe/Kyiv"})))
    here.send(AddHolidays(calendar=company["other"], holidays=(date(2026, 12, 25), date(2026, 12, 26))))
    here.send(RenameCalendar(calendar=company["other"], name="Another"))
    level = Level(
        target=Target.RESOLUTION,
        percent=80,
        recipients=(Recipient("area-head"), Recipient(worker_holder(company["anna"]))),
    )
    terms = Terms(calendar=company["other"], responsible=team_holder(company["hotline"]), levels=(level,))
    here.send(ReviseContract(contract=company["gold"], terms=terms))
    for name in ("outage", "wish"):
        company[name] = here.send(ListIncidentType(name=name.title()))
    here.send(SetIncidentTypeContract(incident_type=company["outage"], contract=company["gold"]))
    here.send(RetireIncidentType(incident_type=company["wish"]))


def told(here: Asker, name: str, of: str, actor: str = "anna", **data: Any) -> dict[str, dict[str, Any]]:
    """The rows, and in them the things, by what they are called here."""
    names = here.company.names
    rows = [
        {field: names.get(value, value) if isinstance(value, str) else value for field, value in row.items()}
        for row in here.ask(name, actor, **data)
    ]
    return {row.pop(of): row for row in rows}


@pytest.mark.parametrize("name", LISTINGS)
def test_they_are_for_who_holds_the_basic_the_helpdesk_or_the_administrators_right(here: Asker, name: str) -> None:
    for actor in ("clara", "hana", "olena", SYSTEM):
        assert len(here.ask(name, actor)) == 2
    for actor in ("zoe", "adam", "olga"):
        assert here.refused(name, actor) == "RightMissing"


def test_a_gateway_is_told_with_its_process_area_and_who_answers(here: Asker) -> None:
    found = told(here, "gateways", "gateway")
    assert found["form"] == {
        "name": "Form",
        "kind": "form",
        "process_area": "care",
        "process_area_name": "Care",
        "responsible": team_holder(here.company["hotline"]),
        "worker_name": None,
        "team_name": "Hotline",
        "closed": False,
    }
    mailbox = found["mailbox"]
    assert (mailbox["kind"], mailbox["closed"]) == ("mailbox", True)
    assert (mailbox["worker_name"], mailbox["team_name"]) == ("Clara", None)


def test_gateways_can_be_narrowed(here: Asker) -> None:
    clara, hotline = worker_holder(here.company["clara"]), team_holder(here.company["hotline"])
    narrowed: list[tuple[dict[str, Any], set[str]]] = [
        ({"kind": "mailbox"}, {"mailbox"}),
        ({"closed": False}, {"form"}),
        ({"closed": True}, {"mailbox"}),
        ({"responsible": clara}, {"mailbox"}),
        ({"responsible": hotline, "closed": True}, set()),
        ({"process_area": here.company["care"]}, {"form", "mailbox"}),
        ({"process_area": here.company["bills"]}, set()),
    ]
    for data, seen in narrowed:
        assert told(here, "gateways", "gateway", **data).keys() == seen


def test_a_gateway_is_told_as_it_is_called_and_what_it_is_for_now(here: Asker) -> None:
    here.send(RenameGateway(gateway=here.company["form"], name="Web form"), "olena")
    here.send(RenameProcessArea(process_area=here.company["bills"], name="Invoices"))
    here.send(SetGatewayProcessArea(gateway=here.company["form"], process_area=here.company["bills"]), "olena")
    found = told(here, "gateways", "gateway")["form"]
    assert (found["name"], found["process_area"], found["process_area_name"]) == ("Web form", "bills", "Invoices")
    lines = [row["words"] for row in here.ask("timeline", "anna", thing="gateway", id=here.company["form"])]
    assert lines == [
        "Gateway Form opened, a form, for process area Care",
        "Answers for what comes through the gateway: team Hotline",
        "Gateway renamed to Web form",
        "What comes through belongs to process area Invoices",
    ]
    assert here.refused("timeline", "anna", thing="gateway", id="nowhere") == "GatewayUnknown"
    assert here.refused("timeline", "zoe", thing="gateway", id=here.company["form"]) == "GatewayUnknown"
    here.send(SetGatewayProcessArea(gateway=here.company["form"], process_area=here.company["care"]), "olena")


def test_a_calendar_is_told_with_what_it_has_and_how_often_it_was_revised(here: Asker) -> None:
    found = told(here, "calendars", "calendar")
    always, other = found["calendar"], found["other"]
    assert (always["name"], always["zone"], always["holidays"], always["versions"]) == ("Always", "UTC", 0, 1)
    assert (other["name"], other["zone"], other["holidays"], other["versions"]) == ("Another", "Europe/Kyiv", 2, 2)
    assert other["revised_at"] > always["revised_at"]


def test_a_contract_is_told_as_its_last_version_has_it(here: Asker) -> None:
    found = told(here, "contracts", "contract")
    gold, usual = found["gold"], found["usual"]
    assert (gold["name"], gold["calendar"], gold["calendar_name"]) == ("Gold", "other", "Another")
    assert (gold["worker_name"], gold["team_name"], gold["levels"], gold["versions"]) == (None, "Hotline", 1, 2)
    assert (usual["responsible"], usual["levels"], usual["versions"]) == (None, 0, 1)
    assert told(here, "contracts", "contract", calendar=here.company["calendar"]).keys() == {"usual"}
    hotline = team_holder(here.company["hotline"])
    assert told(here, "contracts", "contract", responsible=hotline).keys() == {"gold"}


def test_an_incident_type_is_told_with_its_contract(here: Asker) -> None:
    found = told(here, "incident-types", "incident_type")
    assert found["outage"] == {"name": "Outage", "contract": "gold", "contract_name": "Gold", "retired": False}
    assert (found["wish"]["contract"], found["wish"]["retired"]) == (None, True)
    assert told(here, "incident-types", "incident_type", retired=True).keys() == {"wish"}
    assert told(here, "incident-types", "incident_type", contract=here.company["gold"]).keys() == {"outage"}


def test_every_version_is_told_with_the_names_of_what_it_mentions(here: Asker) -> None:
    row = here.ask("contract", "hana", contract=here.company["gold"])
    assert [each["number"] for each in row["versions"]] == [1, 2]
    names = {here.company.names[id]: name for id, name in row["names"].items()}
    assert names == {"other": "Another", "calendar": "Always", "hotline": "Hotline", "anna": "Anna"}
    before = here.ask("contract", "hana", contract=here.company["gold"], known_at=row["versions"][0]["recorded_at"])
    assert [each["terms"] for each in before["versions"]] == [row["versions"][0]["terms"]]
    whole = here.ask("calendar", "hana", calendar=here.company["other"])
    assert [each["hours"]["holidays"] for each in whole["versions"]] == [[], ["2026-12-25", "2026-12-26"]]
    for actor in ("zoe", "adam", "olga"):
        assert here.refused("calendar", actor, calendar=here.company["other"]) == "RightMissing"
    assert here.refused("contract", "hana", contract="nowhere") == "ContractUnknown"
