"""A question is answered in time or told why not: the views are not there, are behind, or too many are waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from door import Door, Reply, new_place
from inquirers import followed, put

from adapters.composition import Place, Service, client, serving
from adapters.embedded import Running
from adapters.postgres.schema import connect
from commands.clients.directory import OpenDirectory
from commands.staff.worker import HireWorker
from domain.staff.worker import SYSTEM
from projections.access import ACCESS
from projections.catalogue import QUESTIONS, READ_MODELS

ASKED = orjson.dumps({"actor": SYSTEM})


@asynccontextmanager
async def at_door(place: Place) -> AsyncIterator[Door]:
    door = await Door.opened(place, "desk")
    try:
        yield door
    finally:
        await door.connection.close()


@contextmanager
def views_locked(place: Place) -> Iterator[Callable[[], Any]]:
    """No question can be answered until what this gives is called."""
    with connect(place.postgres_url, place.settings.schema_name) as database:
        database.execute("BEGIN")
        database.execute("LOCK TABLE listed_directories IN ACCESS EXCLUSIVE MODE")
        yield lambda: database.execute("ROLLBACK")


def test_before_the_views_are_made_for_the_first_time_one_is_asked_to_come_again(place: Place) -> None:
    async def run() -> list[Reply]:
        async with serving(place), at_door(place) as door:
            asked = (("desk", {}), ("ticket", {"ticket": "none"}), ("my-sight", {}))
            return [await put(door, name, orjson.dumps({"actor": SYSTEM, "data": data})) for name, data in asked]

    for reply in asyncio.run(run()):
        assert reply.well_formed()
        assert (reply.status, reply.code) == (503, "ViewAbsent")
        assert int(reply.headers["Retry-After-Ms"]) > 0


def test_a_view_that_was_made_anew_is_asked_over_the_same_connections(place: Place) -> None:
    again = [replace(model, edition=model.edition + 1) for model in READ_MODELS.values() if model is not ACCESS]

    async def run() -> list[dict[str, Any]]:
        async with serving(place), client(place) as desk:
            await desk.send(OpenDirectory(name="Customers"), actor=SYSTEM)
            found = []
            for models in (READ_MODELS.values(), again):
                with followed(place, models):
                    found += [await desk.query(QUESTIONS["directories"](), actor=SYSTEM) for _ in range(8)]
            return found

    names = [[row["name"] for row in answer["rows"]] for answer in asyncio.run(run())]
    assert names == [["Customers"]] * 16


def test_who_waits_for_a_view_that_does_not_come_is_told_in_time_and_keeps_nobody_else_waiting(place: Place) -> None:
    async def run() -> tuple[list[Reply], float]:
        async with serving(place), client(place) as desk, at_door(place) as door:
            with followed(place):
                known = (await desk.query(QUESTIONS["contacts"](), actor=SYSTEM))["position"]
            ahead = (await desk.send(HireWorker(name="Anna"), actor=SYSTEM)).position
            asked = {"actor": SYSTEM, "min_position": ahead, "deadline_ms": 600}
            late = [asyncio.create_task(put(door, "contacts", orjson.dumps(asked))) for _ in range(50)]
            began = time.monotonic()
            replies = [await put(door, "contacts", orjson.dumps({"actor": SYSTEM, "min_position": known}))]
            took = time.monotonic() - began
            return replies + await asyncio.gather(*late), took

    (known, *late), took = asyncio.run(run())
    assert not known.status
    assert took < 0.5
    assert {(reply.status, reply.code) for reply in late} == {(503, "ViewBehind")}


def test_a_question_past_its_deadline_is_told_so(place: Place) -> None:
    async def run() -> list[Reply]:
        async with serving(place), at_door(place) as door:
            with views_locked(place) as let_go:
                ask = orjson.dumps({"actor": SYSTEM, "deadline_ms": 100})
                asked = [asyncio.create_task(put(door, "directories", ask)) for _ in range(8)]
                replies = await asyncio.gather(*asked)
                let_go()
            return [*replies, await put(door, "directories", ASKED)]

    with followed(place):
        *late, last = asyncio.run(run())
    assert {(reply.status, reply.code) for reply in late} == {(503, "OutOfTime")}
    assert not last.status


def test_more_than_can_wait_is_told_so_at_once_and_who_drains_answers_what_waits(servers: Running, state: Path) -> None:
    place = new_place(servers, state, waiting=20)

    async def run() -> tuple[list[Reply], Reply]:
        leaving = asyncio.Event()
        up: asyncio.Future[Service] = asyncio.get_running_loop().create_future()

        async def serve() -> None:
            async with serving(place) as service:
                up.set_result(service)
                await leaving.wait()

        process = asyncio.create_task(serve())
        await up
        async with at_door(place) as door:
            assert not (await put(door, "directories", ASKED)).status
            with views_locked(place) as let_go:
                asked = [asyncio.create_task(put(door, "directories", ASKED)) for _ in range(100)]
                await door.until(lambda: len(door.replies) > 80)
                leaving.set()
                await asyncio.sleep(0.2)
                let_go()
                replies = await asyncio.gather(*asked)
            await process
            return list(replies), await put(door, "directories", ASKED)

    with followed(place):
        replies, nobody = asyncio.run(run())
    refused = [reply for reply in replies if reply.status]
    assert {(reply.status, reply.code) for reply in refused} == {(503, "Overloaded")}
    assert (len(replies), len(refused)) == (100, 80)
    assert all(int(reply.headers["Retry-After-Ms"]) > 0 for reply in refused)
    assert nobody.headers["Status"] == "503"
