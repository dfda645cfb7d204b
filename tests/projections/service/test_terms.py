"""Calendars, contracts and incident types as they are now, and how many versions there were (R-SLA-7, D7)."""

from __future__ import annotations

from datetime import date
from typing import Any

from rows import shown
from specification import Happened, of, on_monday

from domain.fact import Event
from domain.service.calendar import CALENDAR, CalendarDefined, CalendarRenamed, CalendarRevised
from domain.service.contract import CONTRACT, ContractConcluded, ContractRevised
from domain.service.incident_type import (
    INCIDENT_TYPE,
    IncidentTypeContractSet,
    IncidentTypeListed,
    IncidentTypeRetired,
)
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.values import team_holder
from examples import DEFECT, GOLD, GOLD_TERMS, HOTLINE, OFFICE, OFFICE_HOURS, SILVER, SUMMER_HOURS

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
LEVEL = Level(target=Target.RESOLUTION, percent=80, recipients=(Recipient("assignee"),))
DEFINED = of(CALENDAR, OFFICE, CalendarDefined(name="Office", hours=OFFICE_HOURS), at=NINE, recorded=TEN)
CONCLUDED = of(CONTRACT, GOLD, ContractConcluded(name="Gold", terms=GOLD_TERMS), at=NINE, recorded=TEN)
LISTED = of(INCIDENT_TYPE, DEFECT, IncidentTypeListed(name="Defect"))


def row(table: str, *happened: list[Happened]) -> dict[str, Any]:
    (found,) = shown(*happened, page=1)[table].values()
    if "revised_at" in found:
        found["revised_at"] = found["revised_at"].replace(microsecond=0)  # a log lets no two facts share an instant
    return found


def later(event: Event) -> list[Happened]:
    return of(CALENDAR, OFFICE, event, at=TEN, recorded=NOON)


def test_a_calendar_is_shown_as_it_was_defined() -> None:
    assert row("calendars", DEFINED) == {
        "name": "Office",
        "zone": "UTC",
        "holidays": 0,
        "versions": 1,
        "revised_at": TEN,
    }


def test_a_new_version_of_a_calendar_is_counted_from_when_it_was_recorded_and_a_new_name_is_none() -> None:
    christmas = SUMMER_HOURS.model_copy(update={"holidays": (date(2024, 12, 25), date(2024, 12, 26))})
    revised = row("calendars", DEFINED, later(CalendarRevised(hours=christmas)))
    assert (revised["zone"], revised["holidays"]) == ("Europe/Kyiv", 2)
    assert (revised["versions"], revised["revised_at"]) == (2, NOON)
    renamed = row("calendars", DEFINED, later(CalendarRenamed(name="Summer")))
    assert (renamed["name"], renamed["versions"], renamed["revised_at"]) == ("Summer", 1, TEN)


def test_a_contract_is_shown_as_its_last_version_has_it() -> None:
    assert row("contracts", CONCLUDED) == {
        "name": "Gold",
        "calendar": OFFICE,
        "responsible": None,
        "levels": 0,
        "versions": 1,
        "revised_at": TEN,
    }
    terms = GOLD_TERMS.model_copy(update={"responsible": team_holder(HOTLINE), "levels": (LEVEL,)})
    revised = row("contracts", CONCLUDED, of(CONTRACT, GOLD, ContractRevised(terms=terms), at=TEN, recorded=NOON))
    assert (revised["responsible"], revised["levels"]) == (team_holder(HOTLINE), 1)
    assert (revised["name"], revised["versions"], revised["revised_at"]) == ("Gold", 2, NOON)


def test_an_incident_type_is_shown_with_its_contract_and_whether_it_is_offered() -> None:
    assert row("incident_types", LISTED) == {"name": "Defect", "contract": None, "retired": False}
    gold, silver = (IncidentTypeContractSet(contract=contract) for contract in (GOLD, SILVER))
    told = of(INCIDENT_TYPE, DEFECT, silver, at=NOON) + of(INCIDENT_TYPE, DEFECT, gold, at=TEN, recorded=NOON)
    retired = of(INCIDENT_TYPE, DEFECT, IncidentTypeRetired())
    assert row("incident_types", LISTED, told) == {"name": "Defect", "contract": SILVER, "retired": False}
    assert row("incident_types", LISTED, told, retired)["retired"] is True
