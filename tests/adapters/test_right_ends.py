"""A right that has ended opens nothing more, though one pages on with the cursor of an answer from before its end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from attack import NOW, Builder
from door import Door, new_place
from inquirers import followed, put

from adapters.composition import serving
from adapters.embedded import Running
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.directory import Level
from domain.staff.worker import Right
from domain.values import worker_holder

ENDS = NOW + timedelta(hours=1)


@pytest.mark.parametrize("name", ["contacts", "contact-search"])
def test_the_next_page_is_judged_by_its_own_receipt(servers: Running, state: Path, name: str) -> None:
    clock = [NOW]
    place = new_place(servers, state)
    asked = {"text": "Olena"} if name == "contact-search" else {}

    async def founded(door: Door) -> Builder:
        here = Builder(door, "")
        await here.did("book", OpenDirectory(name="Book"))
        worker = await here.did("eve", HireWorker(name="Eve"))
        await here.did("basic", GrantRight(worker=worker, right=Right.BASIC))
        may = {"holder": worker_holder(worker), "level": Level.USE, "until": ENDS}
        await here.did("use", SetDirectoryRight(directory=here.ids["book"], **may))
        for n in range(3):
            await here.did(f"contact {n}", OpenContact(directory=here.ids["book"], name=f"Olena {n}"))
        return here

    async def page(door: Door, here: Builder, at: datetime, cursor: str | None = None) -> Any:
        clock[0] = at
        body = {"actor": here.ids["eve"], "data": asked, "limit": 1, "cursor": cursor, "min_position": here.position}
        reply = await put(door, name, orjson.dumps(body))
        assert not reply.status, reply.body
        return reply.body

    with asyncio.Runner() as runner:
        service = serving(place, clock=lambda: clock[0])
        runner.run(service.__aenter__())
        door = runner.run(Door.opened(place, "desk"))
        here = runner.run(founded(door))
        with followed(place):
            first = runner.run(page(door, here, ENDS - timedelta(seconds=1)))
            second = runner.run(page(door, here, ENDS - timedelta(microseconds=1), first["next"]))
            late = runner.run(page(door, here, ENDS, second["next"]))
        runner.run(door.connection.close())
        runner.run(service.__aexit__(None, None, None))
    assert [len(each["rows"]) for each in (first, second, late)] == [1, 1, 0]
    assert late["next"] is None
    assert second["as_of"] == first["as_of"]
