"""What ids are called: the company's things by their labels, workers by names that are theirs alone to show."""

from __future__ import annotations

import pytest
from company import COMPANY_SO_FAR
from rows import shown
from specification import of

from domain.clients.group import GROUP, GroupRenamed
from domain.service.calendar import CALENDAR, CalendarRenamed
from domain.talk.gateway import GATEWAY, GatewayRenamed
from examples import ANNA, ANNA_SUBJECT, CUSTOMERS, DEFECT, GOLD, HOTLINE, OFFICE, SUPPORT, VIP, WORKSHOP


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("directory", CUSTOMERS, "Customers"),
        ("group", VIP, "VIP"),
        ("calendar", OFFICE, "Office"),
        ("contract", GOLD, "Gold"),
        ("incident-type", DEFECT, "Defect"),
        ("area", WORKSHOP, "Workshop"),
        ("team", HOTLINE, "Hotline"),
        ("gateway", SUPPORT, "Support"),
    ],
)
def test_a_thing_is_called_by_its_label(kind: str, id: str, name: str) -> None:
    assert shown(COMPANY_SO_FAR)["names"][kind, id] == {"name": name}


def test_a_renamed_group_is_called_by_its_last_name() -> None:
    renamed = of(GROUP, VIP, GroupRenamed(name="Very important"))
    assert shown(COMPANY_SO_FAR, renamed)["names"]["group", VIP] == {"name": "Very important"}


def test_a_renamed_calendar_and_a_renamed_gateway_are_called_by_their_last_names() -> None:
    calendar, gateway = CalendarRenamed(name="Summer"), GatewayRenamed(name="Form")
    names = shown(COMPANY_SO_FAR, of(CALENDAR, OFFICE, calendar), of(GATEWAY, SUPPORT, gateway))["names"]
    assert (names["calendar", OFFICE], names["gateway", SUPPORT]) == ({"name": "Summer"}, {"name": "Form"})


def test_a_worker_is_called_by_a_name_in_its_envelope() -> None:
    row = shown(COMPANY_SO_FAR)["worker_names"][ANNA,]
    assert row["subject"] == ANNA_SUBJECT
    assert row["name"][:4] == ["worker.hired", "worker-anna", 1, "name"]
    assert set(row["name"][4]) == {"sealed", "subject", "purpose", "epoch", "box"}


def test_nobody_we_know_is_among_the_things() -> None:
    assert {kind for kind, _ in shown(COMPANY_SO_FAR)["names"]} == {
        *(
            "directory",
            "group",
            "calendar",
            "contract",
            "incident-type",
            "area",
            "team",
            "process-area",
            "gateway",
            "product",
            "price-list",
        )
    }
