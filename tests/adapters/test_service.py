"""Asked once or fifty times, killed or drained: every request has one effect, and whoever asks again learns of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from door import Door, Reply, Stage, new_place, stage
from process import crew

from adapters.composition import Place, Service, serving
from adapters.embedded import Running
from adapters.nats.client import new_command_id
from adapters.postgres.schema import connect
from domain.staff.worker import SYSTEM

LOCK = "SELECT pg_advisory_lock(hashtextextended(current_schema() || '.append', 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(current_schema() || '.append', 0))"
KILL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'kartoteka' AND pid <> pg_backend_pid()
"""
FORGETFUL = """
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER forget BEFORE INSERT ON command_log FOR EACH ROW EXECUTE FUNCTION forget();
"""


def opening(id: str = "", **envelope: Any) -> bytes:
    request = {"id": id or new_command_id(), "actor": SYSTEM, "data": {"name": "An area"}, **envelope}
    return json.dumps(request).encode()


def rows(place: Place, query: Any) -> list[tuple[Any, ...]]:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        cursor = database.execute(query)
        return cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def at_door(place: Place, caller: str = "desk") -> AsyncIterator[Door]:
    door = await Door.opened(place, caller)
    try:
        yield door
    finally:
        await door.connection.close()


@contextmanager
def store_held(place: Place) -> Iterator[Callable[[], None]]:
    """Nothing can be stored until what this gives is called."""
    with connect(place.postgres_url, place.settings.schema_name) as database:
        database.execute(LOCK)

        def let_go() -> None:
            database.execute(UNLOCK)

        yield let_go


def stored(place: Place) -> Counter[str]:
    """How many facts each command made; one is what it should be here."""
    return Counter(id for (id,) in rows(place, "SELECT command_id::text FROM facts WHERE caller = 'desk'"))


@pytest.fixture
def here(place: Place) -> Iterator[Stage]:
    """For one test alone: another service that stands still meanwhile would get its share of the requests."""
    with stage(place) as here:
        yield here


def test_one_command_sent_fifty_times_to_two_processes_has_one_effect(servers: Running, state: Path) -> None:
    place = new_place(servers, state)
    ids = [new_command_id() for _ in range(3)]

    async def fire() -> tuple[list[Reply], Counter[int]]:
        async with at_door(place) as desk:
            inboxes = [await desk.put("area.open", opening(ids[n % 3])) for n in range(150)]
            replies = [await desk.reply(inbox) for inbox in inboxes]
            async with at_door(place, "operator") as operator:
                for _ in range(2):
                    await operator.connection.publish("$SRV.STATS", reply="_INBOX.operator.stats")
                await operator.until(lambda: len(operator.replies.get("_INBOX.operator.stats", ())) == 4)
                stats = [json.loads(one.data) for one in operator.replies["_INBOX.operator.stats"]]
            assert desk.answered_once()
            return replies, Counter({one["id"]: _asked(one) for one in stats})

    with crew(place, ("serve",), ("serve",)) as (first, second):
        assert first.heard() != second.heard()
        replies, asked = asyncio.run(fire())
    assert sum(asked.values()) == 150
    assert all(asked.values())
    assert one_effect(place, ids, replies)


def one_effect(place: Place, ids: list[str], replies: list[Reply]) -> bool:
    """Each command is stored once, and everyone who asked for it (the ids in turn) heard the same."""
    turns = [replies[n :: len(ids)] for n in range(len(ids))]
    return (
        stored(place) == Counter(ids)
        and not any(reply.status for reply in replies)
        and all(
            reply.body | {"repeated": None} == turn[0].body | {"repeated": None} for turn in turns for reply in turn
        )
        and all([reply.body["repeated"] for reply in turn].count(False) == 1 for turn in turns)
    )


def test_without_the_command_log_the_check_turns_red(place: Place) -> None:
    ids = [new_command_id() for _ in range(3)]

    async def fire() -> list[Reply]:
        async with serving(place), at_door(place) as desk:
            rows(place, FORGETFUL)
            return [await desk.ask("area.open", opening(ids[n % 3])) for n in range(6)]

    assert not one_effect(place, ids, asyncio.run(fire()))


def _asked(stats: dict[str, Any]) -> int:
    return sum(endpoint["num_requests"] for endpoint in stats["endpoints"] if endpoint["name"] == "area-open")


def test_what_was_acknowledged_before_a_connection_broke_is_stored_once_and_the_rest_is_learnt(
    place: Place, soak: int
) -> None:
    ids = [new_command_id() for _ in range(1_500 * soak)]

    async def load(desk: Door) -> dict[str, Reply]:
        gate = asyncio.Semaphore(32)

        async def one(id: str) -> Reply:
            async with gate:
                return await desk.ask("area.open", opening(id))

        return dict(zip(ids, await asyncio.gather(*map(one, ids)), strict=True))

    async def kill(killed: list[int]) -> None:
        with connect(place.postgres_url, place.settings.schema_name) as database:
            while True:
                await asyncio.sleep(0.05)
                killed.append((await asyncio.to_thread(database.execute, KILL)).fetchone()[0])  # type: ignore[index]

    async def run() -> tuple[dict[str, Reply], dict[str, Reply], int]:
        async with serving(place), at_door(place) as desk:
            killed: list[int] = []
            killing = asyncio.create_task(kill(killed))
            answers = await load(desk)
            killing.cancel()
            return answers, await load(desk), sum(killed)

    answers, again, killed = asyncio.run(run())
    assert killed > 3
    acknowledged = [id for id, answer in answers.items() if not answer.status]
    assert acknowledged
    facts = stored(place)
    assert all(facts[id] == 1 for id in acknowledged)
    assert {answer.status for answer in answers.values()} <= {0, 503}
    assert facts == Counter(ids)
    assert not any(answer.status for answer in again.values())
    for id in acknowledged:
        assert again[id].body == {**answers[id].body, "repeated": True}


def test_a_known_refusal_stays_even_when_the_world_has_changed(here: Stage) -> None:
    request = here.request(ticket=here.world.ticket, severity="unheard of")
    first = here.ask("ticket.assess", request)
    assert first.status == 422
    listing = {**here.request(severities=["high", "low", "unheard of"]), "actor": SYSTEM}
    assert not here.ask("settings.list-severities", listing).status
    again = here.ask("ticket.assess", request)
    assert (again.status, again.body) == (first.status, first.body)
    assert not here.ask("ticket.assess", {**request, "id": new_command_id()}).status


def test_a_missing_right_is_no_lasting_answer(here: Stage) -> None:
    stranger = here.ask("worker.hire", {**here.request(name="Boris"), "actor": SYSTEM}).body["id"]
    request = {**here.request(name="By a stranger"), "actor": stranger}
    assert here.ask("area.open", request).code == "RightMissing"
    grant = {**here.request(worker=stranger, right="area-administrator"), "actor": SYSTEM}
    assert not here.ask("worker.grant-right", grant).status
    assert not here.ask("area.open", request).status


def test_a_caller_that_is_not_in_the_table_is_not_known(servers: Running, state: Path) -> None:
    table = json.loads((state / "callers.json").read_text())
    without = state / "callers-without-shop.json"
    without.write_text(json.dumps({"callers": [one for one in table["callers"] if one["name"] != "shop"]}))
    place = new_place(servers, state, callers=without)

    async def ask() -> Reply:
        async with serving(place), at_door(place, "shop") as shop:
            return await shop.ask("area.open", opening(actor="anna"))

    answer = asyncio.run(ask())
    assert answer.well_formed()
    assert (answer.status, answer.code) == (401, "CallerUnknown")
    assert rows(place, "SELECT FROM facts") == []


def test_more_than_can_wait_is_told_so_at_once_and_nothing_is_lost(servers: Running, state: Path) -> None:
    place = new_place(servers, state, waiting=5)
    ids = [new_command_id() for _ in range(300)]

    async def run() -> list[Reply]:
        async with serving(place), at_door(place) as desk:
            with store_held(place) as let_go:
                inboxes = [await desk.put("area.open", opening(id)) for id in ids]
                await desk.until(lambda: len(desk.replies) > 200)  # while nothing can be stored
                let_go()
                replies = [await desk.reply(inbox) for inbox in inboxes]
            assert desk.answered_once()
            return replies

    replies = asyncio.run(run())
    assert all(reply.well_formed() for reply in replies)
    refused = [reply for reply in replies if reply.status]
    assert {(reply.status, reply.code) for reply in refused} == {(503, "Overloaded")}
    assert all(int(reply.headers["Retry-After-Ms"]) > 0 for reply in refused)
    accepted = [id for id, reply in zip(ids, replies, strict=True) if not reply.status]
    assert accepted
    assert stored(place) == Counter(accepted)


def test_a_request_past_its_deadline_is_not_begun(place: Place) -> None:
    late, patient, endless = (new_command_id() for _ in range(3))

    async def run() -> list[Reply]:
        async with serving(place), at_door(place) as desk:
            with store_held(place) as let_go:
                for _ in range(2):  # as many batches as are under way at once
                    await desk.put("area.open", opening())
                    await asyncio.sleep(0.05)
                inboxes = [
                    await desk.put("area.open", opening(late, deadline_ms=20)),
                    await desk.put("area.open", opening(patient, deadline_ms=600_000)),
                    await desk.put("area.open", opening(endless)),
                ]
                await desk.connection.flush()
                await asyncio.sleep(0.1)
                let_go()
                return [await desk.reply(inbox) for inbox in inboxes]

    replies = asyncio.run(run())
    assert [(reply.status, reply.code) for reply in replies] == [(503, "DeadlinePassed"), (0, ""), (0, "")]
    facts = stored(place)
    assert (facts[late], facts[patient], facts[endless]) == (0, 1, 1)


def test_who_drains_answers_what_waits_and_then_nobody_listens(place: Place) -> None:
    ids = [new_command_id() for _ in range(700)]

    async def run() -> tuple[list[Reply], Reply]:
        leaving = asyncio.Event()

        async def serve(up: asyncio.Future[Service]) -> None:
            async with serving(place) as service:
                up.set_result(service)
                await leaving.wait()

        up: asyncio.Future[Service] = asyncio.get_running_loop().create_future()
        process = asyncio.create_task(serve(up))
        await up
        async with at_door(place) as desk:
            with store_held(place) as let_go:
                inboxes = [await desk.put("area.open", opening(id)) for id in ids]
                await desk.connection.flush()
                leaving.set()
                await asyncio.sleep(0.3)
                let_go()
                replies = [await desk.reply(inbox) for inbox in inboxes]
                await process
            return replies, await desk.ask("area.open", opening())

    replies, nobody = asyncio.run(run())
    assert not any(reply.status for reply in replies)
    assert stored(place) == Counter(ids)
    assert nobody.headers["Status"] == "503"
    assert nobody.body == {}
