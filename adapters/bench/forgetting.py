"""Somebody who forgets people in one log as fast as it goes, with the real relay, engine and saga in one process.

In production each of them looks, and then rests for a while; what is done between two looks is what is measured here.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapters.bench.former import OFFICER, WISH
from adapters.bench.loop import READY, run, told
from adapters.bench.side import CALLER, place, prefix
from adapters.composition import Place, keys_of, now, outside, relaying, viewing
from adapters.erasing.saga import Saga
from adapters.key_encryption import Lifetimes
from adapters.nats import client, relay
from adapters.nats.channel import beside
from adapters.nats.client import Client
from adapters.nats.connection import connect
from adapters.nats.erasing import asking
from adapters.nats.part_stream import PartStream
from adapters.nats.relay import Relay
from adapters.pace import spare_the_collector
from adapters.postgres.erasures import ErasingDesk, erasing_desk, mark
from adapters.postgres.outbox import outbox
from adapters.postgres.views import engine
from adapters.postgres.views.engine import Engine
from adapters.signature import Signer
from commands.privacy.erasure import RequestErasure
from domain.privacy.erasure import Erasure, Step
from domain.values import Person

PATIENCE_SECONDS, TICK_SECONDS = 60.0, 0.01
STATED = "after "
"""How the saga calls the boundary behind a request that was granted."""


class StandsStill(Exception):
    """An erasure does not come any further."""


@dataclass(slots=True)
class Forgetter:
    """`marks` are the boundaries of the erasure that is under way, and when they were reached."""

    client: Client
    engine: Engine
    desk: ErasingDesk
    saga: Saga
    marks: list[tuple[str, float]] = field(default_factory=list)

    async def forget(self, person: Person) -> dict[str, Any]:
        """Seconds from the request to the receipt, of these what came before each fact of it, and what it came to."""
        began = time.perf_counter()
        self.marks = [("", began)]
        await self.client.send(RequestErasure(person=person, reason=WISH), actor=OFFICER)
        self.reached(f"{STATED}{RequestErasure.topic}")
        while await self._step(person) is not Step.COMPLETED:
            if time.perf_counter() > began + PATIENCE_SECONDS:
                raise StandsStill(f"{person} waits for {self.saga.waiting.get(person, 'nothing')}")
        took = time.perf_counter() - began
        await asyncio.to_thread(self.follow)
        return {"seconds": took, "steps": self._steps(), **_came_to((await self.desk.standing(person)).erasure)}

    def reached(self, boundary: str) -> None:
        self.marks.append((boundary, time.perf_counter()))

    def follow(self) -> None:
        """Until the read models have come to the end of the log."""
        while self.engine.tick():
            pass

    async def _step(self, person: Person) -> Step:
        await asyncio.to_thread(self.follow)
        return await self.saga.go_on(person)

    def _steps(self) -> dict[str, float]:
        stated = [(boundary, at) for boundary, at in self.marks if not boundary or boundary.startswith(STATED)]
        return {boundary.removeprefix(STATED): at - before for (_, before), (boundary, at) in pairwise(stated)}


def _came_to(erasure: Erasure) -> dict[str, Any]:
    destroyed = {each.kind: each.count for each in erasure.destroyed}
    kept = {each.kind: each.count for each in erasure.kept}
    return {"keys": len(erasure.keys), "destroyed": destroyed, "kept": kept, "tables": len(erasure.purged)}


async def work(pipe: Connection, state: Path, name: str) -> None:
    """Forget whoever is named until the one who started us goes away."""
    there = place(state, name)
    where = there.postgres_url, there.settings.schema_name
    # There are no such switches in the product.
    client.COMMANDS = prefix(name)  # type: ignore[attr-defined]
    engine.SURVEY_SECONDS = relay.NOTE_SECONDS = 0.0
    nats = await connect(there.nats_url, str(there.seed("streams", None)), name="bench", inbox="_INBOX.streams")
    streams = nats.jetstream()
    channel, store = beside(name), PartStream(nats, mark(*where), where[1])
    asker = Client(there.nats_url, CALLER, str(there.seed(CALLER, None)))
    with viewing(there) as views:
        async with asker, erasing_desk(*where) as desk, relaying(there, channel=channel) as publishing:
            await _published(there, publishing)
            forgetter = Forgetter(asker, views, desk, _saga(there, desk, asker, store))
            forgetter.saga.reached = forgetter.reached
            await asyncio.to_thread(forgetter.follow)
            spare_the_collector()
            pipe.send(READY)
            while person := await told(pipe):
                pipe.send(await forgetter.forget(person))
    await streams.delete_stream(channel.stream)
    await nats.close()


def _saga(there: Place, desk: ErasingDesk, asker: Client, store: PartStream) -> Saga:
    _, journal = outside(there)
    keys, lifetimes = keys_of(there), Lifetimes(there.settings.kek_days, there.settings.backup_days)
    return Saga(
        desk,
        asking(asker),
        desk.published,
        store,
        journal,
        Signer.opened(there.keys),
        lambda epoch: lifetimes.promised(keys, epoch, now()),
        now,
    )


async def _published(there: Place, publishing: Relay) -> None:
    """Come back when all that has happened was told to everybody."""
    async with outbox(there.postgres_url, there.settings.schema_name) as log:
        head = await log.head()
    while publishing.position < head.position:
        await asyncio.sleep(TICK_SECONDS)


def main(pipe: Connection, state: Path, name: str) -> None:
    """A process that forgets."""
    run(work(pipe, state, name))
