"""Reckonings over the wire: beside questions, in their envelope, in the clear for people, and with nothing written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked, open_shop

from adapters.embedded import Running
from adapters.inquiry import reply_of
from adapters.position import PositionTokens
from adapters.postgres import finder
from adapters.postgres.keys import opened_keys
from adapters.postgres.schema import connect, connect_async
from commands.clients.contact import MoveContact
from commands.clients.directory import SetDirectoryRight
from commands.lookup import CHARGES, DUTIES, HELD, OPEN_TICKETS, REACHED
from commands.reckonings.catalogue import RECKONINGS
from commands.reckonings.sight import WhoCouldSee
from commands.service.holding import AssignTicket
from commands.service.ticket import SetTicketCustomer
from commands.staff.team import AddTeamMember, RemoveTeamMember
from commands.staff.worker import DeactivateWorker, GrantRight, ReactivateWorker, WithdrawRight
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM, Right
from domain.values import team_holder, worker_holder

PEOPLE = ("anna", "boris", "clara", "dora", "emil")


@pytest.fixture(scope="module")
def here(servers: Running, state: Any) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as asker:
        open_shop(asker)
        yield asker


@pytest.fixture
def database(here: Asker) -> Iterator[Any]:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as connection:
        yield connection


def count(database: Any) -> list[int]:
    return list(database.execute("SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM command_log)").fetchone())


def effect(here: Asker, topic: str, actor: str = "", **data: Any) -> Any:
    return here.ask("effect", actor, command=topic, data=data)


def abouts(here: Asker) -> dict[str, list[dict[str, Any]]]:
    things = [{"contact": here.company["mill"]}, {"ticket": here.company["pump"]}]
    taken = {"directory": here.company["customers"], "holder": worker_holder(here.company["anna"]), "level": "none"}
    cups = {"product": here.company["cup"], "quantity": "2.5", "currency": "EUR"}
    ever = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    left = {"team": here.company["hotline"], "worker": here.company["boris"]}
    return {
        "who-could-see": things,
        "could-see": [{"worker": here.company["anna"], **thing} for thing in things],
        "price": [
            {"customer": here.company["mill"], **cups},
            {"supposing": {"detached": [here.company["base"]]}, **cups},
        ],
        "quotation": [
            {"currency": "EUR", "lines": [{"product": here.company["cup"], "quantity": "1"}], "explained": True}
        ],
        "deadline": [{"ticket": here.company["pump"]}, {"ticket": here.company["belt"], "target": "first-response"}],
        "assignment": [{"ticket": here.company["pump"]}],
        "what-if": [{**ever, "contracts": [{"contract": here.company["gold"]}]}],
        "what-if-staffing": [{**ever, "staff": {"helpdesk": {"responsible": here.company["anna"]}}}],
        "erasure-obstacles": [
            {"person": f"contact:{here.company['mill']}"},
            {"person": f"worker:{here.company['anna']}"},
        ],
        "why-notice": [{"ticket": here.company["pump"], "worker": here.company["anna"]}],
        "order-price": [{"order": here.company["cart"]}],
        "calendar": [{"calendar": here.company["calendar"]}],
        "contract": [{"contract": here.company["gold"]}],
        "effect": [
            {"command": "directory.set-right", "data": taken},
            {"command": "team.remove-member", "data": left},
        ],
    }


@pytest.mark.parametrize("name", RECKONINGS)
def test_every_answer_is_what_its_schema_promises(here: Asker, name: str) -> None:
    for data in abouts(here)[name]:
        found = here.reply(name, data=data)
        assert not found.status, found.body
        reply_of(RECKONINGS[name]).model_validate_json(found.raw, strict=False, extra="forbid")
        assert b"sealed" not in found.raw


def test_workers_teams_and_places_are_told_with_their_names(here: Asker) -> None:
    row = here.ask("who-could-see", contact=here.company["mill"])
    assert {here.company.names[each["worker"]] for each in row["workers"]} == {"anna", "boris", "dora"}
    names = {here.company.names.get(id, id): name for id, name in row["names"].items()}
    expected = {"anna": "Anna", "boris": "Boris", "dora": "Dora", "hotline": "Hotline", "customers": "Customers"}
    assert names == expected


def test_the_position_of_a_deciding_fact_is_a_token_of_the_service(here: Asker, database: Any) -> None:
    row = here.ask("could-see", worker=here.company["boris"], contact=here.company["mill"])
    keys = opened_keys(here.place.postgres_url, here.place.settings.schema_name, here.place.keys)
    tokens = PositionTokens(keys.derive("position"))
    facts = [fact for test in row["tests"] for fact in test["facts"]]
    assert facts
    for fact in facts:
        stored = database.execute(
            "SELECT topic, originator_id, originator_version FROM facts WHERE notification_id = %s",
            (tokens.position(fact["position"]),),
        ).fetchone()
        assert stored == (fact["topic"], fact["stream"], fact["version"])


def test_a_hidden_contact_is_answered_byte_for_byte_like_none(here: Asker) -> None:
    administers = SetDirectoryRight(
        directory=here.company["customers"], holder=worker_holder(here.company["dora"]), level=Level.ADMINISTER
    )
    here.send(administers)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("who-could-see", {}),
        ("could-see", {"worker": here.company["anna"]}),
    ]
    for name, data in asked:
        for actor in ("anna", "dora", "zoe", "nobody"):
            raws = [
                here.reply(name, actor, data={**data, "contact": contact}).raw
                for contact in (here.company["bakery"], "00000000-0000-4000-8000-000000000000")
            ]
            assert raws[0] == raws[1]
        assert not here.reply(name, "dora", data={**data, "contact": here.company["mill"]}).status
    for actor in ("anna", "dora", "zoe"):
        raws = []
        for contact in (here.company["bakery"], "00000000-0000-4000-8000-000000000000"):
            moved = {"contact": contact, "directory": here.company["customers"]}
            raws.append(here.reply("effect", actor, data={"command": "contact.move", "data": moved}).raw)
        assert raws[0] == raws[1]


def test_what_sql_showed_at_an_instant_is_reckoned_afterwards(here: Asker) -> None:
    """Each step is followed by everybody asking for their contacts, and for two tickets."""
    customers, mill = here.company["customers"], here.company["mill"]
    team, clara, anna = here.company["hotline"], here.company["clara"], here.company["anna"]
    pump, noise = here.company["pump"], here.company["noise"]
    steps = [
        AssignTicket(ticket=pump, team=team),
        AssignTicket(ticket=noise, team=team),
        AddTeamMember(team=team, worker=clara),
        AssignTicket(ticket=pump, assignee=anna, team=team),
        AssignTicket(ticket=noise, assignee=anna),
        SetTicketCustomer(ticket=noise, reporter=mill, customer=mill),
        RemoveTeamMember(team=team, worker=here.company["boris"]),
        AddTeamMember(team=team, worker=here.company["boris"]),
        SetDirectoryRight(directory=customers, holder=team_holder(team), level=Level.NONE),
        MoveContact(contact=mill, directory=here.company["secret"]),
        SetDirectoryRight(directory=here.company["secret"], holder=worker_holder(anna), level=Level.USE),
        WithdrawRight(worker=anna, right=Right.BASIC),
        DeactivateWorker(worker=here.company["dora"], forced=True),
        MoveContact(contact=mill, directory=customers),
        GrantRight(worker=anna, right=Right.BASIC),
        ReactivateWorker(worker=here.company["dora"]),
        SetDirectoryRight(directory=customers, holder=team_holder(team), level=Level.USE),
        RemoveTeamMember(team=team, worker=clara),
    ]
    told: list[tuple[str, str, str, str, bool]] = []
    for step in steps:
        here.send(step)
        for actor in PEOPLE:
            shown = here.reply("contacts", actor)
            seen = {row["contact"] for row in shown.body.get("rows", ())}
            at = shown.body.get("as_of") or here.reply("directories").body["as_of"]
            contacts = here.company["mill"], here.company["bakery"]
            told += [(at, actor, "contact", id, id in seen) for id in contacts]
            for name in ("pump", "noise"):
                found = here.reply("ticket", actor, data={"ticket": here.company[name]})
                at = found.body.get("as_of") or here.reply("directories").body["as_of"]
                told.append((at, actor, "ticket", here.company[name], not found.status))
    assert {saw for *_, saw in told} == {True, False}
    for at, actor, kind, id, saw in told:
        row = here.ask("could-see", worker=here.company[actor], at=at, **{kind: id})
        assert row["sees"] is saw, (at, actor, kind, here.company.names[id])


def test_an_effect_is_told_and_nothing_is_written_and_then_it_comes_true(here: Asker, database: Any) -> None:
    anna, customers = here.company["anna"], here.company["customers"]
    here.send(AssignTicket(ticket=here.company["valve"], assignee=anna))
    taken = SetDirectoryRight(directory=customers, holder=worker_holder(anna), level=Level.NONE)
    before = count(database)
    row = effect(here, "directory.set-right", **taken.model_dump(mode="json"))
    assert count(database) == before
    ((changed,),) = [[each for each in row["sight"] if each["worker"] == anna]]
    assert (changed["sight"], changed["level_before"], changed["level_after"]) == ("lost", "use", "none")
    lost = {here.company.names[each["ticket"]] for each in row["tickets"]}
    assert "valve" in lost
    assert row["names"][anna] == "Anna"
    saw = {name for name in lost if not here.reply("ticket", "anna", data={"ticket": here.company[name]}).status}
    assert saw == lost
    here.send(taken)
    for name in lost:
        assert here.refused("ticket", "anna", ticket=here.company[name]) == "TicketUnknown"
    here.send(taken.model_copy(update={"level": Level.USE}))


def test_a_refused_request_is_told_by_its_code_and_one_of_another_shape_by_its_fields(here: Asker) -> None:
    merged = {"contact": here.company["mill"], "survivor": here.company["mill"]}
    assert effect(here, "contact.merge", **merged)["refused"] == "MergedWithItself"
    wrong = here.reply("effect", data={"command": "contact.move", "data": {"contact": 7, "secret": "words"}})
    assert (wrong.status, wrong.code) == (400, "Malformed")
    assert {each["field"] for each in wrong.body["errors"]} == {
        "data.data.contact",
        "data.data.directory",
        "data.data.(unknown)",
    }
    assert b"words" not in wrong.raw
    unknown = here.reply("effect", data={"command": "no.such-thing"})
    assert (unknown.status, unknown.code) == (404, "CommandUnknown")
    assert here.refused("effect", "zoe", command="contact.merge", data=merged) == "RightMissing"


def test_an_answer_comes_in_time_or_not_at_all(here: Asker) -> None:
    late = here.reply("who-could-see", data={"contact": here.company["mill"]}, min_position=None, deadline_ms=1)
    assert late.status == 0 or (late.status, late.code) == (503, "OutOfTime")


def test_an_auditor_asks_as_an_exception_which_is_kept(here: Asker, database: Any) -> None:
    for data in ({"contact": here.company["bakery"]}, {"ticket": here.company["oven"]}):
        assert not here.reply("who-could-see", "olga", data=data).status
    kept = database.execute(
        "SELECT contacts, about, exception FROM looks WHERE question = 'who-could-see' AND worker = %s ORDER BY about",
        (here.company["olga"],),
    ).fetchall()
    assert (None, f"ticket-{here.company['oven']}", "auditor") in [(None, about, why) for _, about, why in kept]
    assert [here.company["bakery"]] in [contacts for contacts, *_ in kept]
    assert {why for *_, why in kept} == {"auditor"}


def test_the_client_asks_for_reckonings_like_for_questions(here: Asker) -> None:
    asked = here.desk.query(WhoCouldSee(contact=here.company["mill"]), actor=SYSTEM)
    assert here.runner.run(asked)["row"]["contact"] == here.company["mill"]


def test_what_is_looked_up_is_there(here: Asker) -> None:
    anna, hotline = worker_holder(here.company["anna"]), team_holder(here.company["hotline"])
    boris = worker_holder(here.company["boris"])

    async def look() -> Any:
        async with await connect_async(here.place.postgres_url, here.place.settings.schema_name) as connection:
            wanted = [(HELD, hotline), (REACHED, boris), (REACHED, anna), (OPEN_TICKETS, "3"), (DUTIES, anna)]
            return await finder.find(connection, [*wanted, (CHARGES, here.company["anna"])])

    here.send(AssignTicket(ticket=here.company["hose"], team=here.company["hotline"]))
    here.ask("desk")
    found = asyncio.run(look())
    theirs = {here.company.names[each.thing] for each in found[HELD, hotline] if each.kind == "ticket"}
    assert theirs == {"hose", "pump"}
    assert set(found[REACHED, boris]) == {each for each in found[HELD, hotline] if each.kind != "ticket"}
    assert {each.kind for each in found[REACHED, anna]} == {"directory", "area"}
    assert len(found[OPEN_TICKETS, "3"]) == 3
    assert found[DUTIES, anna] == ()
    assert here.company["pump"] in {each.thing for each in found[CHARGES, here.company["anna"]]}
