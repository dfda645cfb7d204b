"""NATS goes away under load, and comes back with its store or none: every fact reaches its handler, effects once."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterator

import pytest
from delivery import Writer, writing
from process import request
from terminal import Terminal, terminal
from world import World, set_up

from adapters import embedded
from adapters.composition import Place, client, found
from adapters.postgres.schema import connect
from adapters.settings import Settings
from commands.company.settings import SetHelpdeskResponsible
from domain.staff.worker import SYSTEM

AT_ONCE = 5
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
EFFECTS = """
WITH heard AS (
    SELECT originator_id AS ticket, topic FROM facts
    WHERE topic IN ('ticket.opened', 'ticket.routed', 'ticket.assigned')
    UNION ALL
    SELECT 'ticket-' || (convert_from(state, 'UTF8')::json->>'ticket'), topic FROM facts
    WHERE topic = 'notice.written'
), of_ticket AS (
    SELECT count(*) FILTER (WHERE topic = 'ticket.routed') AS routed,
           count(*) FILTER (WHERE topic = 'ticket.assigned') AS assigned,
           count(*) FILTER (WHERE topic = 'notice.written') AS told
    FROM heard WHERE ticket <> %s GROUP BY ticket
)
SELECT count(*), count(*) FILTER (WHERE routed = 1), count(*) FILTER (WHERE assigned = 1),
       count(*) FILTER (WHERE told = 1), max(greatest(routed, assigned, told))
FROM of_ticket
"""


@pytest.fixture
def served() -> Iterator[tuple[Terminal, Place]]:
    """Everything that `serve` runs, on servers of its own."""
    with terminal() as new:
        service = new.serve()
        yield new, found(Settings(state=new.state))
        service.ended()


async def company(place: Place) -> World:
    """Somebody answers for tickets, and may."""
    async with client(place) as desk:
        world = await set_up(desk)
        await desk.send(SetHelpdeskResponsible(responsible=world.worker), actor=SYSTEM)
    return world


async def report(writer: Writer, world: World, seconds: float) -> None:
    """Tickets come in, straight into the log: what is tried is what becomes of facts while NATS is away."""
    until = time.monotonic() + seconds
    data = {"customer": world.contact, "title": "It is broken"}
    while time.monotonic() < until:
        answers = await writer.handler.handle([request("ticket.open", data, SYSTEM) for _ in range(AT_ONCE)])
        assert not any(answer.code for answer in answers)
        await asyncio.sleep(PAUSE_SECONDS)


async def away(place: Place, seconds: float, *, store: bool) -> None:
    """NATS answers nobody for so long; then it dies, with or without what it kept."""
    process = embedded.attach(place.settings.state).pids[2]
    os.kill(process, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    if not store:
        for folder in (place.settings.state / "nats").resolve().glob("store/*"):
            shutil.rmtree(folder, ignore_errors=True)
    os.kill(process, signal.SIGKILL)


async def outage(place: Place, seconds: float, *, store: bool) -> World:
    """The company in which it happened."""
    world = await company(place)
    async with writing(place) as writer:
        await report(writer, world, 0.5)
        await asyncio.gather(report(writer, world, seconds + 1.0), away(place, seconds, store=store))
    return world


def effects(place: Place, world: World) -> tuple[int, ...]:
    """Tickets but for the company's own; those routed, assigned and told of once; how often the most was done."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        row = connection.execute(EFFECTS, (f"ticket-{world.ticket}",)).fetchone()
    assert row is not None
    return row


def all_done(place: Place, world: World) -> tuple[int, ...]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(set(effects(place, world)[:4])) > 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)  # what is done twice comes a little later
    return effects(place, world)


@pytest.mark.parametrize("store", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["with-its-store", "empty"])
def test_every_fact_reaches_its_handler_and_has_its_effect_once(served: tuple[Terminal, Place], store: bool) -> None:
    _, place = served
    world = asyncio.run(outage(place, 2.0, store=store))
    tickets, routed, assigned, told, most = all_done(place, world)
    assert tickets > 20
    assert (routed, assigned, told, most) == (tickets, tickets, tickets, 1)


@pytest.mark.soak
@pytest.mark.parametrize("store", [True, False], ids=["with-its-store", "empty"])
def test_a_minute_without_nats_under_load(served: tuple[Terminal, Place], store: bool) -> None:
    terminal, place = served
    world = asyncio.run(outage(place, 60.0, store=store))
    tickets, routed, assigned, told, most = all_done(place, world)
    assert tickets > 1000
    assert (routed, assigned, told, most) == (tickets, tickets, tickets, 1)
    assert terminal.run("dead-letters", "list", "--json").said == []
