"""Under whatever contract and calendar, the whole real log is judged as the independent computation judges it."""

from __future__ import annotations

import asyncio
import tomllib
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

from helpdesk import CALLER, decided, naive, rows
from life import book

from adapters.helpdesk.log import read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.setup import Setup, Written, read_setup
from domain.service.promise import Book
from domain.values import CalendarId
from projections.service.sla_report import SlaReport

CALENDAR = CalendarId("calendar")
CALENDARS = {
    "two intervals a day in Rome, and holidays": """
        zone = "Europe/Rome"
        holidays = [
            2010-12-25, 2011-01-01, 2011-03-17, 2011-04-25, 2011-08-15, 2011-12-26, 2012-01-06, 2012-04-09, 2012-05-01,
            2012-08-15, 2012-11-01, 2012-12-25, 2012-12-26, 2013-01-01, 2013-04-01, 2013-04-25, 2013-08-15, 2014-01-01,
        ]
        [week]
        monday = ["08:30-13:00", "14:00-18:00"]
        tuesday = ["08:30-13:00", "14:00-18:00"]
        wednesday = ["08:30-13:00", "14:00-18:00"]
        thursday = ["08:30-13:00", "14:00-18:00"]
        friday = ["08:30-13:00", "14:00-16:45"]
    """,
    "round the clock in St. John's, the clocks changing at a minute past midnight": """
        zone = "America/St_Johns"
        [week]
        monday = ["00:00-24:00"]
        tuesday = ["00:00-24:00"]
        wednesday = ["00:00-24:00"]
        thursday = ["00:00-24:00"]
        friday = ["00:00-24:00"]
        saturday = ["00:00-00:30", "12:00-24:00"]
        sunday = ["00:00-02:30", "02:45-24:00"]
    """,
}
CONTRACTS = {
    "by severity": """
        [levels.all]
        not-assessed = { first_response = "4h", resolution = "40h" }
        "Value 1" = { first_response = "2h", resolution = "16h" }
        "Value 2" = { first_response = "8h", resolution = "56h" }
        "Value 3" = { first_response = "30m", resolution = "4h" }
        "Value 4" = { first_response = "20m", resolution = "1h30m" }
    """,
    "nothing promised before it is assessed, nor of an answer to the lightest": """
        [levels.all]
        general = { first_response = "59m59s", resolution = "24h" }
        not-assessed = {}
        "Value 2" = { resolution = "100h" }
    """,
    "the same for everything": """
        [levels.all]
        general = { first_response = "15m", resolution = "72h" }
    """,
}


def test_the_whole_real_log_under_three_contracts_and_two_calendars(data: Path) -> None:
    log = data / "helpdesk_log.csv"
    cases, known = naive.read(log), SlaReport()
    for fact in asyncio.run(decided(plan(read_log(log), read_setup(), CALLER))).facts:
        known.take(fact)
    assert len(cases) == 4_479
    met: Counter[tuple[str, str]] = Counter()
    for calendar, contract in product(CALENDARS, CONTRACTS):
        written = tomllib.loads(CALENDARS[calendar] + CONTRACTS[contract])
        found, expected = ours(known, written), theirs(cases, written)
        assert {case for case, row in found.items() if row != expected.get(case)} == set(), (calendar, contract)
        assert found.keys() == expected.keys()
        met[calendar, contract] += sum(row["resolution_outcome"] == "met" for row in found.values())
    assert len(set(met.values())) == len(CALENDARS) * len(CONTRACTS), "each judges otherwise than the others"


def ours(known: SlaReport, written: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The tickets as they were decided, judged as if every contract had said this."""
    setup = Setup("setup", Written.model_validate(written))
    everybodys = {wanted: _book(setup, wanted) for wanted in {known.states[each].contracts() for each in known.told}}
    return rows(SlaReport(known.states, known.told, everybodys))


def _book(setup: Setup, contracts: frozenset[Any]) -> Book:
    return book({id: setup.terms("all", CALENDAR) for id in contracts}, {CALENDAR: setup.hours()})


def theirs(cases: dict[str, Any], written: dict[str, Any]) -> dict[str, dict[str, Any]]:
    calendar, terms = naive.Calendar(written), written["levels"]["all"]
    return {
        case: naive.replay(calendar, terms, moments).row(case, group)._asdict()
        for case, (group, moments) in cases.items()
    }
