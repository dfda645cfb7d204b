"""Every question answers each worker with what is theirs to know; the rest looks like what is not there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from door import Door, Reply, new_place
from inquirers import PREFIX, TICKETS, WORKERS, Asker, company_asked, open_shop, put

from adapters.composition import Place, now
from adapters.embedded import Running
from adapters.inquiry import Inquiry, reply_of
from adapters.nats.client import Declined
from adapters.postgres.answers import Answers
from adapters.postgres.keys import Keyring, opened_keys
from commands.service.ticket import NoteOnTicket
from commands.staff.worker import GrantRight
from domain.staff.worker import SYSTEM, Right
from projections.catalogue import QUESTIONS
from projections.question import Listing
from projections.service.due import Deadlines
from projections.service.sla_report import SlaReport

NORTH = {"pump", "valve", "hose", "belt", "lamp"}
"""The tickets of the north whose customer is known in an open directory."""


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        open_shop(here)
        yield here


OF_A_PERSON = [
    name
    for name, kind in QUESTIONS.items()
    for field, told in kind.model_fields.items()
    if field == "person" and told.is_required()
]
"""What is asked of one person alone."""


def about(here: Asker) -> dict[str, dict[str, Any]]:
    """For the questions that are about one thing: what Anna may know of."""
    return {
        "ticket": {"ticket": here.company["pump"]},
        "ticket-links": {"ticket": here.company["pump"]},
        "linked-tickets": {"kind": "ticket", "thing": here.company["pump"]},
        "access-check": {"contact": here.company["mill"]},
        "client-file": {"contact": here.company["mill"]},
        "contact-notes": {"contact": here.company["mill"]},
        "contact-files": {"contact": here.company["mill"]},
        "contact-search": {"text": "mill"},
        "duplicates": {"contact": here.company["mill"]},
        "group-members": {"group": here.company["vip"]},
        "timeline": {"thing": "ticket", "id": here.company["pump"]},
        "worker": {"worker": here.company["anna"]},
        "worker-charges": {"worker": here.company["anna"]},
        "team-members": {"team": here.company["hotline"]},
        "area-roles": {"area": here.company["north"]},
        "directory-rights": {"directory": here.company["customers"]},
        "price-list-holders": {"price_list": here.company["base"]},
        "prices": {"price_list": here.company["base"]},
        "candidate-prices": {"contact": here.company["mill"], "product": here.company["cup"]},
        "order": {"order": here.company["cart"]},
        "order-lines": {"order": here.company["cart"]},
        **{name: {"person": f"contact:{here.company['mill']}"} for name in OF_A_PERSON},
    }


NOT_HERS = {"directory-rights": "DirectoryUnknown"}
"""What takes more than Anna has."""


def names(here: Asker, rows: list[dict[str, Any]], of: str) -> set[str]:
    return here.company.called(*(row[of] for row in rows))


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("actor", [SYSTEM, "anna", "rita"])
def test_every_answer_is_what_its_schema_promises(here: Asker, name: str, actor: str) -> None:
    found = here.reply(name, actor, data=about(here).get(name, {}))
    if found.status:
        needed = QUESTIONS[name].rights
        assert actor != SYSTEM
        without = needed and needed.isdisjoint(WORKERS[actor])
        assert found.code == ("RightMissing" if without else NOT_HERS.get(name, "TicketUnknown"))
        return
    reply_of(QUESTIONS[name]).model_validate_json(found.raw, strict=False, extra="forbid")
    assert b'"sealed"' not in found.raw
    assert b"sealed_" not in found.raw


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (SYSTEM, set(TICKETS)),
        ("anna", {*NORTH, "noise"}),
        ("boris", {*NORTH, "noise"}),
        ("clara", {"noise"}),
        ("dora", set()),
    ],
)
def test_the_desk_shows_what_lies_open_in_person_or_through_a_team(here: Asker, actor: str, seen: set[str]) -> None:
    for sort in ("unassigned", "due", "newest"):
        assert names(here, here.ask("desk", actor, sort=sort), "ticket") == seen
    assert names(here, here.ask("deadlines", actor), "ticket") == seen - {"lamp"}
    for name in TICKETS:
        found = here.reply("ticket", actor, data={"ticket": here.company[name]})
        assert found.code == ("" if name in seen else "TicketUnknown")


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("actor", ["emil", "nobody"])
def test_who_is_not_active_may_ask_nothing(here: Asker, name: str, actor: str) -> None:
    assert here.refused(name, actor, **about(here).get(name, {})) == "RightMissing"


@pytest.mark.parametrize(
    ("name", "actor"), [("desk", "rita"), ("contacts", "olga"), ("ticket", "rita"), ("groups", "zoe")]
)
def test_a_question_takes_its_system_right(here: Asker, name: str, actor: str) -> None:
    assert here.refused(name, actor, **about(here).get(name, {})) == "RightMissing"


def test_contacts_are_those_of_open_directories(here: Asker) -> None:
    for actor, seen in (("anna", {"mill", "farm", "shop"}), ("dora", {"mill", "farm", "shop"}), ("clara", set())):
        assert names(here, here.ask("contacts", actor), "contact") == seen
    assert names(here, here.ask("contacts"), "contact") == {"mill", "farm", "shop", "bakery"}
    assert names(here, here.ask("contacts", "anna", reference="mill"), "contact") == {"mill"}
    assert here.ask("contacts", "anna", reference="bakery") == []
    assert names(here, here.ask("contacts", reference="bakery"), "contact") == {"bakery"}


def test_an_area_administrator_sees_all_directories_and_no_contact(here: Asker) -> None:
    rows = here.ask("directories", "adam")
    assert {row["name"]: row["level"] for row in rows} == {"Customers": "none", "Secret": "none"}
    assert here.refused("contacts", "adam") == "RightMissing"
    assert [row["level"] for row in here.ask("directories", "anna")] == ["use"]
    assert [row["level"] for row in here.ask("directories", "dora")] == ["edit"]
    assert [row["level"] for row in here.ask("directories")] == ["administer"] * 2
    assert here.ask("directories", "clara") == []


def test_the_members_shown_and_counted_are_those_one_may_know(here: Asker) -> None:
    for actor, seen in (("anna", {"mill"}), (SYSTEM, {"mill", "bakery"})):
        found = here.reply("group-members", actor, data={"group": here.company["vip"]}).body
        assert names(here, found["rows"], "contact") == seen
        assert found["count"] == len(seen)
        groups = {row["name"]: row["members"] for row in here.ask("groups", actor)}
        assert groups["Vip"] == len(seen)
    assert list(groups) == ["Vip", "Regulars", "All"]
    assert [row["name"] for row in here.ask("groups", "boris")] == ["Vip", "All"]
    then = (now() - timedelta(minutes=501)).isoformat()
    assert here.reply("group-members", "anna", data={"group": here.company["vip"], "at": then}).body["count"] == 0


def test_the_client_file_leaves_out_what_is_hidden_inside(here: Asker) -> None:
    file = here.ask("client-file", "anna", contact=here.company["mill"])
    assert (file["name"], file["directory_name"]) == ("The mill", "Customers")
    assert [group["name"] for group in file["groups"]] == ["Vip"]
    assert names(here, file["tickets"], "ticket") == NORTH
    assert {ticket["title"] for ticket in file["tickets"]} == {f"The {name}" for name in NORTH}
    assert file["more_tickets"] is False
    whole = here.ask("client-file", contact=here.company["mill"])
    assert {group["name"] for group in whole["groups"]} == {"Vip", "Regulars"}
    assert names(here, whole["tickets"], "ticket") == {*NORTH, "drill"}
    (terms,) = here.ask("client-file", "dora", contact=here.company["farm"])["terms"]
    assert (terms["incident_type"], terms["contract_name"]) == (None, "Gold")
    assert here.ask("client-file", "dora", contact=here.company["mill"])["tickets"] == []


HIDDEN = {
    "ticket": [{"ticket": "oven"}, {"ticket": "drill"}],
    "access-check": [{"contact": "bakery"}, {"contact": "bakery", "worker": "boris"}],
    "client-file": [{"contact": "bakery"}],
    "duplicates": [{"contact": "bakery"}],
    "group-members": [{"group": "regulars"}],
    "timeline": [
        *({"thing": "ticket", "id": name} for name in ("oven", "drill")),
        *({"thing": thing, "id": "bakery"} for thing in ("contact", "membership")),
        *(
            {"thing": "group", "id": "regulars"},
            {"thing": "directory", "id": "secret"},
            {"thing": "area", "id": "south"},
        ),
        *({"thing": "worker", "id": "boris"}, {"thing": "team", "id": "hotline"}),
    ],
    "desk": [{"contact": "bakery"}, {"area": "south"}],
    "deadlines": [{"area": "south"}],
    "sla-overview": [{"area": "south"}, {"group": "regulars"}],
    "contacts": [{"directory": "secret"}],
    "contact-cards": [{"directory": "secret"}],
    "groups": [{"directory": "secret"}],
    "areas": [{"parent": "south"}],
    "area-roles": [{"area": "south"}],
    "directory-rights": [{"directory": "secret"}],
    "worker-charges": [{"worker": "boris"}],
}


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, each in HIDDEN.items() for data in each])
def test_what_is_hidden_is_answered_byte_for_byte_like_what_is_not_there(
    here: Asker, name: str, data: dict[str, str]
) -> None:
    hidden = {field: here.company.ids.get(value, value) for field, value in data.items()}
    missing = {field: value if value == hidden[field] else f"{'0' * 8}-none" for field, value in data.items()}
    replies = [here.reply(name, "anna", data=each) for each in (hidden, missing)]
    if replies[0].status:
        assert replies[0].raw == replies[1].raw
        assert replies[0].headers == replies[1].headers
        assert (replies[0].status, replies[0].code.endswith("Unknown")) == (404, True)
    else:
        assert [reply.body["rows"] for reply in replies] == [[], []]
    assert not here.reply(name, SYSTEM, data=hidden).status  # it is there


NARROWINGS: list[tuple[dict[str, Any], set[str]]] = [
    ({"missed": True}, {"hose"}),
    ({"missed": False}, {*NORTH, "noise"} - {"hose"}),
    ({"at_risk": True}, {"valve"}),
    ({"paused": True}, {"belt"}),
    ({"over": True}, {"lamp"}),
    ({"over": False}, {*NORTH, "noise"} - {"lamp"}),
    ({"unassigned": True}, {"noise", "valve", "hose", "belt"}),
    ({"unassigned": False}, {"pump", "lamp"}),
    ({"assignee": "anna"}, {"pump"}),
    ({"status": "assigned"}, {"pump"}),
    ({"status": "waiting-for-customer"}, {"belt"}),
    ({"status": "resolved"}, {"lamp"}),
    ({"contact": "mill"}, NORTH),
    ({"area": "north", "unassigned": True, "missed": True}, {"hose"}),
    ({"area": "south"}, set()),
]


@pytest.mark.parametrize("sort", ["unassigned", "due", "newest"])
@pytest.mark.parametrize(("narrowing", "seen"), NARROWINGS)
def test_a_filter_narrows_and_never_widens(here: Asker, sort: str, narrowing: dict[str, Any], seen: set[str]) -> None:
    data = {field: here.company.ids.get(str(value), value) for field, value in narrowing.items()}
    assert names(here, here.ask("desk", "anna", sort=sort, **data), "ticket") == seen
    wider = names(here, here.ask("desk", sort=sort, **data), "ticket")
    assert wider >= seen
    assert names(here, here.ask("desk", "clara", sort=sort, **data), "ticket") <= seen & {"noise"}


def test_each_order_of_the_desk_is_kept(here: Asker) -> None:
    def order(sort: str) -> list[str]:
        return [here.company.names[row["ticket"]] for row in here.ask("desk", "anna", sort=sort)]

    assert order("newest") == ["pump", "noise", "belt", "lamp", "valve", "hose"]
    assert order("unassigned") == ["noise", "belt", "valve", "hose", "pump", "lamp"]
    assert order("due") == ["hose", "valve", "belt", "noise", "pump", "lamp"]


def test_a_row_of_the_desk_calls_everything_by_its_name(here: Asker) -> None:
    (row,) = here.ask("desk", "anna", assignee=here.company["anna"])
    told = {field: row[field] for field in row if field.endswith("_name")}
    assert told == {
        "area_name": "North",
        "reporter_name": "The mill",
        "customer_name": "The mill",
        "incident_type_name": None,
        "process_area_name": None,
        "assignee_name": "Anna",
        "team_name": None,
        "contract_name": "Gold",
    }
    assert (row["title"], row["reference"], row["status"]) == ("The pump", "pump", "assigned")
    assert datetime.fromisoformat(row["due"]) - datetime.fromisoformat(row["opened_at"]) == timedelta(hours=1)


def test_a_ticket_shows_its_promises_as_they_stand_now(here: Asker) -> None:
    ticket = here.ask("ticket", "anna", ticket=here.company["hose"])
    response, resolution = ticket["deadlines"]
    assert (response["target"], response["outcome"], resolution["outcome"]) == ("first-response", "missed", "open")
    assert (resolution["target_seconds"], resolution["consumed_seconds"]) == (8 * 3600, None)
    assert ticket["group"] is None  # it lies in a hidden directory
    assert here.ask("ticket", ticket=here.company["hose"])["group_name"] == "Regulars"
    paused = here.ask("ticket", "anna", ticket=here.company["belt"])["deadlines"][1]
    assert (paused["paused"], paused["due"], paused["consumed_seconds"]) == (True, None, 600)


def test_deadlines_come_by_their_due_and_then_those_that_stand_still(here: Asker) -> None:
    rows = here.ask("deadlines", "anna")
    due = [row["due"] for row in rows]
    assert due[:-1] == sorted(due[:-1])
    assert (due[-1], rows[-1]["paused"], here.company.names[rows[-1]["ticket"]]) == (None, True, "belt")
    assert [row["outcome"] for row in here.ask("deadlines", "anna", missed=True)] == ["missed"]
    assert all(row["at_risk"] for row in here.ask("deadlines", "anna", at_risk=True))
    soon = (now() + timedelta(minutes=15)).isoformat()
    assert names(here, here.ask("deadlines", "anna", until=soon), "ticket") == {"hose", "valve"}


@asynccontextmanager
async def answers_of(place: Place) -> AsyncIterator[Answers]:
    keys = opened_keys(place.postgres_url, place.settings.schema_name, place.keys)
    answers = Answers(place.postgres_url, place.settings.schema_name, Keyring(keys))
    try:
        yield answers
    finally:
        await answers.close()


def test_a_promise_is_missed_only_after_its_due_and_at_risk_from_three_quarters_on(here: Asker) -> None:
    (row,) = [row for row in here.ask("deadlines", "anna", target="first-response") if row["reference"] == "pump"]
    due, tick = datetime.fromisoformat(row["due"]), timedelta(microseconds=1)
    risky = due - timedelta(minutes=15)

    async def stands(*instants: datetime) -> list[tuple[str, bool]]:
        found = []
        async with answers_of(here.place) as answers:
            for at in instants:
                question = Deadlines(target="first-response")
                asked = Inquiry(question, here.company["anna"], at, limit=50)
                rows = (await answers.answer(asked, asyncio.get_running_loop().time() + 5)).rows
                found += [(row["outcome"], row["at_risk"]) for row in rows if row["reference"] == "pump"]
        return found

    assert here.runner.run(stands(risky - tick, risky, due, due + tick)) == [
        ("open", False),
        ("open", True),
        ("open", True),
        ("missed", False),
    ]


def test_sla_outcomes_are_those_of_the_report(here: Asker) -> None:
    from adapters.cli.report import folded

    found = here.reply("sla-outcomes").body
    report: SlaReport = here.runner.run(folded(here.place))
    wanted = [row._asdict() for row in report.rows(datetime.fromisoformat(found["as_of"]))]
    for row in found["rows"]:
        del row["ticket"], row["received_at"]
    assert sorted(found["rows"], key=str) == sorted(wanted, key=str)


def test_an_analyst_gets_outcomes_by_sight(here: Asker) -> None:
    rows = here.ask("sla-outcomes", "rita")
    assert {row["case"] for row in rows} == {*NORTH, "noise"}
    assert {row["group"] for row in rows} == {""}
    assert {row["group"] for row in here.ask("sla-outcomes")} == {"", "Regulars"}
    assert here.refused("sla-outcomes", "adam") == "RightMissing"
    lately = (now() - timedelta(minutes=42)).isoformat()
    assert {row["case"] for row in here.ask("sla-outcomes", "rita", until=lately)} == {"valve", "hose", "lamp"}
    assert {row["case"] for row in here.ask("sla-outcomes", "rita", since=lately)} == {"pump", "noise", "belt"}


def test_ones_own_sight_tells_what_gives_it(here: Asker) -> None:
    anna, boris = here.ask("my-sight", "anna"), here.ask("my-sight", "boris")
    assert (anna["name"], anna["rights"], anna["teams"]) == ("Anna", ["basic", "helpdesk"], [])
    customers = {"directory": here.company["customers"], "directory_name": "Customers", "level": "use"}
    assert anna["directories"] == [{**customers, "team": None, "team_name": None}]
    assert boris["directories"] == [{**customers, "team": here.company["hotline"], "team_name": "Hotline"}]
    assert [(area["area_name"], area["role"], area["team_name"]) for area in boris["areas"]] == [
        ("North", "reader", "Hotline")
    ]
    assert here.ask("my-sight", "dora")["areas"][0]["role"] == "manager"
    assert here.ask("my-sight", "zoe")["rights"] == []


def test_the_timeline_is_in_words_with_names_for_ids(here: Asker) -> None:
    lines = here.ask("timeline", "anna", thing="ticket", id=here.company["pump"])
    words = [line["words"] for line in lines]
    assert words[0] == "Reported: The pump"
    assert words[1].startswith("Promised contract Gold, version 1, found by")
    assert words[2] == "Given to worker Anna, team none"
    assert [line["actor"] for line in lines] == [SYSTEM] * 3
    area = here.ask("timeline", "adam", thing="area", id=here.company["north"])
    assert {"team Hotline became reader of the area", "Anna became member of the area"} <= {
        line["words"] for line in area
    }
    mine = here.ask("timeline", "zoe", thing="worker", id=here.company["zoe"])
    assert mine[0]["words"] == "Zoe works here now"


def test_a_timeline_leaves_out_the_groups_one_may_not_know(here: Asker) -> None:
    mill = {"thing": "membership", "id": here.company["mill"]}
    assert [line["words"] for line in here.ask("timeline", "anna", **mill)] == ["Joined group Vip"]
    assert len(here.ask("timeline", **mill)) == 2
    assert len(here.ask("timeline", "olga", **mill)) == 2


def walked(here: Asker, name: str, actor: str, limit: int, **data: Any) -> list[Any]:
    """All pages, one after the other."""
    rows: list[Any] = []
    cursor, as_of = None, set()
    for _ in range(100):
        more = {} if cursor is None else {"cursor": cursor}
        page = here.reply(name, actor, data=data, limit=limit, **more).body
        assert 0 < len(page["rows"]) <= limit
        rows += page["rows"]
        as_of.add(page["as_of"])
        cursor = page["next"]
        if cursor is None:
            assert len(as_of) == 1
            return rows
    raise AssertionError("it never ends")


PAGED: list[tuple[str, dict[str, Any]]] = [
    *(("desk", {"sort": sort}) for sort in ("unassigned", "due", "newest")),
    ("desk", {"over": False}),
    ("contacts", {}),
    ("contacts", {"directory": "customers"}),
    ("contacts", {"kind": "person"}),
    ("groups", {}),
    ("deadlines", {}),
    ("sla-outcomes", {}),
    ("timeline", {"thing": "ticket", "id": "pump"}),
    ("group-members", {"group": "vip"}),
    ("workers", {}),
    ("teams", {}),
    ("team-members", {"team": "hotline"}),
    ("areas", {}),
    ("area-roles", {"area": "north"}),
    ("worker-charges", {"worker": "anna"}),
]


@pytest.mark.parametrize(("name", "data"), PAGED)
@pytest.mark.parametrize("actor", [SYSTEM, "anna"])
def test_all_pages_together_are_one_big_page(here: Asker, name: str, data: dict[str, Any], actor: str) -> None:
    data = {field: here.company.ids.get(str(value), value) for field, value in data.items()}
    whole = here.ask(name, actor, **data)
    for limit in (1, 2, 3, len(whole)):
        assert walked(here, name, actor, limit, **data) == whole


def test_a_cursor_goes_on_with_its_own_answer_alone(here: Asker) -> None:
    first = here.reply("desk", "anna", limit=2).body
    others: list[tuple[str, str, dict[str, Any]]] = [
        ("desk", "boris", {}),
        ("desk", "anna", {"over": False}),
        ("desk", "anna", {"sort": "due"}),
        ("deadlines", "anna", {}),
    ]
    for name, actor, data in others:
        found = here.reply(name, actor, data=data, cursor=first["next"])
        assert (found.status, [error["field"] for error in found.body["errors"]]) == (400, ["cursor"])
    for spoiled in (first["next"][:-1], first["next"][:-2] + "AA", "A", "A" * 100, first["next"] * 2):
        found = here.reply("desk", "anna", cursor=spoiled)
        assert (found.status, [error["field"] for error in found.body["errors"]]) == (400, ["cursor"])
    assert here.reply("ticket", "anna", data=about(here)["ticket"], cursor=first["next"]).status == 400


WRONG: list[tuple[str, Any, list[str]]] = [
    ("desk", {"data": {"area": 5}}, ["data.area"]),
    ("desk", {"data": {"area": "Not An Id"}}, ["data.area"]),
    ("desk", {"data": {"missed": "yes"}}, ["data.missed"]),
    ("desk", {"data": {"sort": "by luck"}}, ["data.sort"]),
    ("desk", {"data": {"Geheimnis": 1}}, ["data.(unknown)"]),
    ("desk", {"Geheimnis": 1}, ["(unknown)"]),
    ("desk", {"limit": 0}, ["limit"]),
    ("desk", {"limit": 1001}, ["limit"]),
    ("desk", {"min_position": "Geheimnis"}, ["min_position"]),
    ("desk", {"min_position": "A" * 22}, ["min_position"]),
    ("desk", {"deadline_ms": 0}, ["deadline_ms"]),
    ("desk", {"actor": "*"}, ["actor"]),
    ("ticket", {}, ["data.ticket"]),
    ("ticket", {"data": {"ticket": "none"}, "limit": 5}, ["(unknown)"]),
    ("deadlines", {"data": {"until": "2026-01-01T00:00:00"}}, ["data.until"]),
    ("timeline", {"data": {"thing": "cake", "id": "none"}}, ["data.thing"]),
]


@pytest.mark.parametrize(("name", "envelope", "fields"), WRONG)
def test_what_its_schema_does_not_allow_is_malformed_and_the_field_is_named(
    here: Asker, name: str, envelope: dict[str, Any], fields: list[str]
) -> None:
    found = here.reply(name, **envelope)
    assert (found.status, found.code) == (400, "Malformed")
    assert [error["field"] for error in found.body["errors"]] == fields
    assert b"Geheimnis" not in found.raw
    assert b"cake" not in found.raw


def test_bytes_that_are_no_question_are_refused(here: Asker) -> None:
    for payload, status in ((b"", 400), (b"{", 400), (b"[]", 400), (b"\xff", 400), (b" " * 1_048_577, 413)):
        assert here.runner.run(put(here.door, "desk", payload)).status == status
    for name in ("desks", "desk.open", "DESK", "a" * 500):
        found = here.runner.run(put(here.door, name, b"{}"))
        assert (found.status, found.code) == (404, "QuestionUnknown")
    assert here.ask("desk", "anna")


def test_a_caller_asks_for_its_own_workers_alone_and_is_answered_at_home(here: Asker) -> None:
    async def ask() -> tuple[Reply, Reply, int]:
        shop = await Door.opened(here.place, "shop")
        theirs = await put(shop, "my-sight", orjson.dumps({"actor": "anna"}))
        others = await put(shop, "my-sight", orjson.dumps({"actor": here.company["anna"]}))
        dropped = here.service.queries.statistics.dropped
        await shop.connection.publish(f"{PREFIX}shop.my-sight", b"{}", reply="_INBOX.desk.stolen")
        await put(shop, "my-sight", b"{}")
        await shop.connection.close()
        return theirs, others, here.service.queries.statistics.dropped - dropped

    theirs, others, dropped = here.runner.run(ask())
    assert theirs.code == "RightMissing"  # she was never hired here
    assert (others.status, others.code) == (403, "ActorNotAllowed")
    assert dropped == 1


def test_whoever_speaks_nats_finds_the_questions_with_their_schemas(here: Asker) -> None:
    info = here.runner.run(here.door.discovered("INFO"))
    found = {endpoint["subject"]: endpoint for endpoint in info["endpoints"]}
    for name, question in QUESTIONS.items():
        endpoint = found[f"kartoteka.v1.qry.*.{name}"]
        asked = json.loads(endpoint["metadata"]["request_schema"])
        answered = json.loads(endpoint["metadata"]["response_schema"])
        paged = {"limit", "cursor"} if issubclass(question, Listing) else set()
        assert set(asked["properties"]) == {"actor", "data", "min_position", "deadline_ms", "purpose", *paged}
        assert {"position", "as_of"} <= set(answered["properties"])
        assert endpoint["metadata"]["description"]


def test_operators_see_how_questions_went(here: Asker) -> None:
    async def figures() -> dict[str, Any]:
        operator = await Door.opened(here.place, "operator")
        stats = await operator.discovered("STATS")
        await operator.connection.close()
        return {endpoint["subject"]: endpoint for endpoint in stats["endpoints"]}["kartoteka.v1.qry.*.ticket"]

    before = here.runner.run(figures())
    here.ask("ticket", "anna", ticket=here.company["pump"])
    here.refused("ticket", "anna", ticket="none")
    after = here.runner.run(figures())
    assert after["num_requests"] - before["num_requests"] == 2
    assert after["num_errors"] - before["num_errors"] == 1
    assert after["last_error"] == "TicketUnknown"


def test_a_client_of_ours_walks_and_is_told_why_not(here: Asker) -> None:
    desk = QUESTIONS["desk"]

    async def walk() -> tuple[dict[str, Any], dict[str, Any]]:
        first = await here.desk.query(desk(), actor=here.company["anna"], limit=4, min_position=here.position)
        second = await here.desk.query(desk(), actor=here.company["anna"], limit=4, cursor=first["next"])
        with pytest.raises(Declined, match="404 TicketUnknown"):
            await here.desk.query(QUESTIONS["ticket"](ticket="none"), actor=SYSTEM)
        return first, second

    first, second = here.runner.run(walk())
    assert (len(first["rows"]), len(second["rows"]), second["next"]) == (4, 2, None)


def test_what_a_worker_recorded_late_is_listed_for_auditors_alone(here: Asker) -> None:
    here.send(GrantRight(worker=here.company["anna"], right=Right.LATE_FACTS))
    here.send(NoteOnTicket(ticket=here.company["pump"], text="They rang."), "anna", minutes_ago=10)
    (fact,) = here.ask("late-facts", "olga")
    assert (fact["topic"], fact["stream"]) == ("ticket.noted", f"ticket-{here.company['pump']}")
    assert fact["actor_name"] == "Anna"
    assert 600 <= fact["late_seconds"] < 660
    assert here.ask("late-facts", "olga", worker=here.company["boris"]) == []
    assert here.reply("late-facts", "anna").status == 403
