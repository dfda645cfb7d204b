"""Deadlines and chains explained, and other contracts and staff supposed, over the wire: by everybody's own sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.composition import now
from adapters.embedded import Running
from adapters.postgres.schema import connect
from commands.company.settings import SetHelpdeskResponsible
from commands.reckonings import what_if
from commands.service.exchange import LogCall
from commands.service.opening import OpenTicket
from commands.service.routing import RouteTicketAgain
from commands.service.ticket import CloseTicket, ResolveTicket
from domain.staff.worker import SYSTEM

EVER = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
AT_ONCE = {"general": {"first_response_seconds": 60, "resolution_seconds": 60}}
ACTORS = (SYSTEM, "anna", "boris", "clara", "dora", "rita", "adam", "zoe", "olga")


@pytest.fixture(scope="module")
def here(servers: Running, state: Any) -> Iterator[Asker]:
    """The oven, the drill, the noise and the hose are over as well; the pump was given by the chain."""
    with company_asked(new_place(servers, state)) as asker:
        for name in ("oven", "drill", "noise"):
            asker.send(ResolveTicket(ticket=asker.company[name]), minutes_ago=5)
        asker.send(CloseTicket(ticket=asker.company["hose"], reason="duplicate"), minutes_ago=5)
        asker.send(SetHelpdeskResponsible(responsible=asker.company["anna"]), minutes_ago=4)
        for name in ("pump", "valve"):
            asker.send(RouteTicketAgain(ticket=asker.company[name]))
        yield asker


@pytest.fixture
def database(here: Asker) -> Iterator[Any]:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as connection:
        yield connection


def counts(database: Any) -> list[int]:
    return list(database.execute("SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM command_log)").fetchone())


def supposing(here: Asker, actor: str = "", **more: Any) -> Any:
    terms = {"calendar": here.company["calendar"], **AT_ONCE}
    return here.ask("what-if", actor, **{**EVER, "contracts": [{"terms": terms}], **more})


def away(here: Asker, actor: str = "") -> Any:
    staff = {"absent": [{"worker": here.company["anna"], "substitute": here.company["clara"]}]}
    return here.ask("what-if-staffing", actor, **EVER, staff=staff)


instant = datetime.fromisoformat


def test_the_parts_of_a_deadline_add_up_and_it_is_the_one_that_the_ticket_shows(here: Asker) -> None:
    for name in ("pump", "valve", "hose", "lamp"):
        ticket = here.ask("ticket", "anna", ticket=here.company[name])
        for shown in ticket["deadlines"]:
            row = here.ask("deadline", "anna", ticket=here.company[name], target=shown["target"])
            assert (row["outcome"], row["target_seconds"]) == (shown["outcome"], shown["target_seconds"])
            assert (row["due"] and instant(row["due"])) == (shown["due"] and instant(shown["due"]))
            if row["due"]:
                assert row["used_seconds"] + row["left_seconds"] == pytest.approx(row["target_seconds"], abs=1e-5)
    assert row["names"][here.company["gold"]] == "Gold"
    assert row["names"][here.company["calendar"]] == "Always"


def test_a_late_call_turns_the_outcome_and_what_was_believed_before_stays(here: Asker) -> None:
    asked = {"ticket": here.company["valve"], "target": "first-response"}
    before = here.ask("deadline", "anna", **asked)
    assert before["outcome"] == "open"
    here.send(LogCall(ticket=here.company["valve"], answered=True), minutes_ago=45)
    after = here.ask("deadline", "anna", **asked)
    assert (after["outcome"], after["used_seconds"]) == ("met", pytest.approx(300, abs=5))
    assert here.ask("deadline", "anna", **asked, known_at=before["known_at"]) == before


def test_what_nobody_may_know_of_is_answered_byte_for_byte_like_nothing(here: Asker) -> None:
    for name, target in (("deadline", {}), ("assignment", {})):
        for actor in ("anna", "clara", "rita", "zoe"):
            raws = {
                here.reply(name, actor, data={"ticket": ticket, **target}).raw
                for ticket in (here.company["oven"], "00000000-0000-4000-8000-000000000000")
            }
            assert len(raws) == 1
    future = (now() + timedelta(days=1)).isoformat()
    assert here.refused("deadline", "anna", ticket=here.company["pump"], known_at=future) == "InstantAhead"
    assert here.refused("deadline", "anna", ticket=here.company["pump"], target="next-response") == "NotOwed"


def test_everybody_supposes_for_the_tickets_that_their_report_shows(here: Asker) -> None:
    """Those that are over, of the same rows as the question that tells how promises were kept."""
    over = {here.company[name] for name in ("oven", "drill", "noise", "hose", "lamp")}
    seen = {}
    for actor in ACTORS:
        shown = here.reply("sla-outcomes", actor)
        if shown.status:
            assert here.reply("what-if", actor, data={**EVER, "contracts": [{"contract": "x"}]}).code == shown.code
            continue
        mine = {row["ticket"] for row in shown.body["rows"]} & over
        row = supposing(here, actor)
        assert (row["tickets"], {flip["ticket"] for flip in row["flips"]} - mine) == (len(mine), set())
        seen[actor] = len(mine)
    assert (seen[SYSTEM], seen["anna"], seen["clara"], seen["dora"], seen["rita"]) == (5, 3, 1, 0, 3)


def test_nothing_is_written_and_what_is_supposed_is_told(here: Asker, database: Any) -> None:
    before = counts(database)
    row = supposing(here)
    away(here)
    assert counts(database) == before
    flips = {(here.company.names[flip["ticket"]], flip["target"]): flip for flip in row["flips"]}
    lamp = flips["lamp", "resolution"]
    assert (lamp["before"], lamp["after"]) == ("met", "missed")
    due, before_ = instant(lamp["due_after"]), instant(lamp["due_before"])
    assert before_ - due == timedelta(hours=8) - timedelta(seconds=60)
    totals = {(each["target"], each["outcome"]): (each["before"], each["after"]) for each in row["outcomes"]}
    assert sum(before for before, _ in totals.values()) == sum(after for _, after in totals.values()) == 10


def test_a_time_and_an_area_narrow_what_is_supposed_for(here: Asker) -> None:
    since = (now() - timedelta(minutes=100)).isoformat()
    assert supposing(here, since=since)["tickets"] == 4
    assert supposing(here, until=since)["tickets"] == 1
    assert supposing(here, area=here.company["south"])["tickets"] == 1
    assert supposing(here, "anna", area=here.company["south"])["tickets"] == 0


def test_those_of_one_instant_come_together_and_the_rest_from_where_the_answer_ends(
    here: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if, "MOST_TICKETS", 2)
    at = now() - timedelta(hours=30)
    for since in (at, at + timedelta(hours=1), at + timedelta(hours=1), at + timedelta(hours=2)):
        opened = OpenTicket(customer=here.company["mill"], area=here.company["south"], title="Another")
        id = here.runner.run(here.desk.send(opened, actor=SYSTEM, happened_at=since)).id
        here.send(ResolveTicket(ticket=id), minutes_ago=5)
    first = supposing(here, since=at.isoformat())
    assert (first["tickets"], instant(first["read_until"])) == (3, at + timedelta(hours=1, microseconds=1))
    assert supposing(here, since=first["read_until"])["tickets"] == 2
    assert supposing(here, since=first["read_until"], until=(at + timedelta(hours=2)).isoformat())["tickets"] == 0


def test_the_chain_is_told_and_run_again_with_others(here: Asker) -> None:
    row = here.ask("assignment", "boris", ticket=here.company["pump"])
    assert row["assignee"] == here.company["anna"]
    assert row["names"][row["assignee"]] == "Anna"
    (chain,) = row["routings"]
    assert [step["result"] for step in chain["steps"]][-1] == "chosen"
    assert {each["kind"] for each in chain["rested_on"]} == {"contract", "contact", "group", "settings"}
    hidden = here.company["regulars"]
    assert hidden not in here.reply("assignment", "boris", data={"ticket": here.company["pump"]}).raw.decode()
    assert hidden in here.reply("assignment", data={"ticket": here.company["pump"]}).raw.decode()
    told = away(here, "boris")
    assert (told["tickets"], told["moved"]) == (2, 2)
    assert {move["reason"] for move in told["moves"]} == {"absent"}
    assert away(here, "clara")["tickets"] == 0
    assert told["names"][here.company["anna"]] == "Anna"
