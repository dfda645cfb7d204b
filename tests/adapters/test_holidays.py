"""Public holidays are listed as dates, and come into a calendar by one command, each once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from terminal import Terminal, terminal

from adapters.public_holidays import NotListed, public_holidays

HOURS = {"zone": "Europe/Prague", "week": [[[480, 960]]] * 5 + [[], []], "holidays": ["2026-12-25", "2026-12-31"]}


def days(*asked: Any) -> set[str]:
    return {each.day.isoformat() for each in public_holidays(*asked)}


def test_the_days_of_a_country_are_those_of_its_law() -> None:
    assert days("CZ", None, [2026]) == {
        *("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-08", "2026-07-05", "2026-07-06"),
        *("2026-09-28", "2026-10-28", "2026-11-17", "2026-12-24", "2026-12-25", "2026-12-26"),
    }


def test_a_part_of_a_country_may_have_more_of_them_than_the_whole() -> None:
    whole, part = days("DE", None, [2026]), days("DE", "BY", [2026])
    assert part - whole == {"2026-01-06", "2026-06-04", "2026-11-01"}
    assert whole < part


def test_they_come_in_order_with_names_and_for_no_year_that_was_not_asked_for() -> None:
    found = public_holidays("us", None, range(2026, 2028))
    assert [each.day for each in found] == sorted(each.day for each in found)
    assert {each.day.year for each in found} == {2026, 2027}
    assert (found[0].day, found[0].name) == (date(2026, 1, 1), "New Year's Day")
    assert date(2027, 12, 31) in {each.day for each in found}  # in place of the first day of 2028, a Saturday


@pytest.mark.parametrize(
    ("country", "subdivision", "told"),
    [
        ("XX", None, "XX: there is no list for this country; there is one for AD, AE"),
        ("DE", "ZZ", "ZZ: DE has no such part; it has Augsburg, BB, BE"),
        ("CZ", "PR", "PR: CZ has no such part; it has none"),
    ],
)
def test_what_is_not_known_is_told_with_what_there_is(country: str, subdivision: str | None, told: str) -> None:
    with pytest.raises(NotListed, match=f"^{told}"):
        public_holidays(country, subdivision, [2026])


# The command line


@pytest.fixture(scope="module")
def served() -> Iterator[Terminal]:
    with terminal() as beside:
        service = beside.serve()
        yield beside
        assert service.ended().code == 0


def define(served: Terminal, name: str) -> str:
    """A calendar that questions know of, by its id."""
    data = json.dumps({"name": name, "hours": HOURS})
    answer = served.run("send", "calendar.define", "--data", data, "--json").said
    assert served.run("query", "calendars", "--min-position", answer["position"]).code == 0
    return str(answer["id"])


def holidays(served: Terminal, calendar: str) -> list[list[str]]:
    """Those of each version."""
    row = served.run("query", "calendar", "--data", json.dumps({"calendar": calendar}), "--json").said["row"]
    return [each["hours"]["holidays"] for each in row["versions"]]


def test_they_are_listed_for_people_and_for_programs(served: Terminal) -> None:
    asked = ("holidays", "list", "DE", "--subdivision", "BY", "--years", "2026-2027")
    rows = served.run(*asked, "--json").said
    assert (len(rows), rows[1]) == (26 - 2, {"day": "2026-01-06", "name": "Epiphany"})
    lines = served.run(*asked, "--csv").out.splitlines()
    assert (len(lines), lines[:2]) == (len(rows) + 1, ["day,name", "2026-01-01,New Year's Day"])
    assert served.run(*asked).out.splitlines()[2] == "2026-01-06\tEpiphany"


def test_what_is_wrong_is_told_and_so_is_a_year_of_which_nothing_is_known(served: Terminal) -> None:
    wrong = served.run("holidays", "list", "DE", "--subdivision", "ZZ", "--years", "2026")
    assert (wrong.code, "DE has no such part" in wrong.err) == (os.EX_DATAERR, True)
    for years in ("26", "2026-2025", "2026-2126", "2026-", "0000"):
        assert served.run("holidays", "list", "DE", "--years", years).code == 2
    empty = served.run("holidays", "list", "CZ", "--years", "9998-9999")
    assert (empty.code, empty.out) == (0, "")
    assert "no public holiday of CZ is known in 9998, 9999" in empty.err


def test_they_are_added_to_what_a_calendar_has_and_a_second_time_change_nothing(served: Terminal) -> None:
    calendar = define(served, "Office")
    asked = ("holidays", "add", "Office", "CZ", "--years", "2026", "--json")
    dry = served.run(*asked, "--dry-run").said
    assert (len(dry["new"]), dry["added"], dry["there"]) == (12, [], 1)
    assert holidays(served, calendar) == [HOURS["holidays"]]
    told = served.run(*asked).said
    assert (told["calendar"], told["added"], told["there"]) == (calendar, dry["new"], 1)
    first, second = holidays(served, calendar)
    assert first == HOURS["holidays"]
    assert second == sorted({*first, *(each["day"] for each in told["added"])})
    again = served.run("holidays", "add", calendar, "CZ", "--years", "2026")
    assert (again.code, again.out, "added: 0, there already: 13" in again.err) == (0, "", True)
    assert len(holidays(served, calendar)) == 2


def test_a_calendar_that_is_none_or_several_is_told_before_anything_is_sent(served: Terminal) -> None:
    none = served.run("holidays", "add", "Nowhere", "CZ", "--years", "2026")
    assert (none.code, "There is no such calendar." in none.err) == (1, True)
    for _ in range(2):
        define(served, "Twice")
    twice = served.run("holidays", "add", "Twice", "CZ", "--years", "2026")
    assert (twice.code, "2 calendars have this name" in twice.err) == (1, True)
    refused = served.run("holidays", "add", "Twice", "CZ", "--years", "2026", "--actor", "nobody")
    assert (refused.code, "RightMissing" in refused.err) == (1, True)
