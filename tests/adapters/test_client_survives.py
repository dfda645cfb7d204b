"""Service, NATS and Postgres are killed while a program sends: it is answered in the end, and each is done once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from delivery import listening
from door import new_place
from process import Started, started

from adapters import embedded
from adapters.client import Kartoteka, NoAnswer, connect
from adapters.credentials.caller import SERVICE
from adapters.embedded import Running
from adapters.nats.prefix import COMMANDS
from adapters.postgres.schema import connect as database
from commands.staff.area import OpenArea
from commands.staff.team import FormTeam
from domain.staff.worker import SYSTEM

VICTIMS = ("service", "nats", "postgres")


@pytest.mark.parametrize("deadline_ms", [300, None])
@pytest.mark.parametrize("heard", [True, False])
def test_where_nobody_answers_in_time_the_id_to_ask_again_with_is_told(
    servers: Running, state: Path, deadline_ms: int | None, heard: bool
) -> None:
    place = new_place(servers, state)

    async def sent() -> tuple[NoAnswer, float]:
        desk = connect(place.nats_url, "desk", seed=place.seed("desk", None), patience_seconds=0.3)
        async with listening(place, SERVICE) as dumb, desk as kartoteka:
            if heard:
                await dumb.subscribe(f"{COMMANDS}desk.area.open")
                await dumb.flush()
            began = time.monotonic()
            with pytest.raises(NoAnswer) as unknown:
                await kartoteka.send(OpenArea(name="Nowhere"), actor=SYSTEM, id="the-id", deadline_ms=deadline_ms)
            return unknown.value, time.monotonic() - began

    unknown, seconds = asyncio.run(sent())
    assert (unknown.id, unknown.topic) == ("the-id", "area.open")
    assert str(unknown).endswith("ask again with the id the-id")
    assert 0.25 < seconds < 2.0


def test_whatever_is_killed_meanwhile_each_command_has_one_effect(
    servers: Running, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.nats.client.ATTEMPT_SECONDS", 0.3)
    place = new_place(servers, state)
    services: list[Started] = []

    async def sent(kartoteka: Kartoteka, done: list[str], killed: asyncio.Event) -> None:
        after = 0
        while after < 3:
            answer = await kartoteka.send(FormTeam(name=f"Team {len(done)}"), actor=SYSTEM, deadline_ms=30_000)
            done.append(answer.id)
            after += killed.is_set()

    async def disturbed() -> list[str]:
        done: list[str] = []
        killed = asyncio.Event()
        async with connect(place.nats_url, "desk", seed=place.seed("desk", None)) as kartoteka:
            await kartoteka.send(OpenArea(name="Begun"), actor=SYSTEM)
            sending = [asyncio.create_task(sent(kartoteka, done, killed)) for _ in range(3)]
            for victim in VICTIMS:
                reached = len(done) + 20
                while len(done) < reached:
                    await asyncio.sleep(0.005)
                kill(victim)
            killed.set()
            await asyncio.gather(*sending)
        return done

    def kill(victim: str) -> None:
        if victim == "service":
            services[0].process.kill()
            return
        _, postgres, nats = embedded.attach(state).pids
        os.kill({"postgres": postgres, "nats": nats}[victim], signal.SIGKILL)

    with started(place, "serve") as first, started(place, "serve") as second:
        services += [first, second]
        first.heard()
        second.heard()
        done = asyncio.run(disturbed())
    with database(place.postgres_url, place.settings.schema_name) as log:
        teams = log.execute("SELECT originator_id FROM facts WHERE topic = 'team.formed'").fetchall()
    assert sorted(f"team-{id}" for id in done) == sorted(id for (id,) in teams)
    assert len(set(done)) == len(done) > 60
