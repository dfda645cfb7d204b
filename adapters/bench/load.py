"""The asker, in a process of its own: does one job after the other, and tells each result."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from itertools import count, cycle
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from adapters.bench.company import set_up
from adapters.bench.life import Life, command_id, lives, notes
from adapters.bench.loop import READY, run, told
from adapters.bench.side import BARE, CALLER, ECHO, Company, place, prefix
from adapters.bench.wire import Declined, rate
from adapters.nats.service import connect
from adapters.postgres.schema import connect_async
from commands.command import Command

Job = dict[str, Any]
Answers = AsyncIterator[float]
"""How many seconds each answer took, one question at a time."""

PATIENCE_SECONDS = 10.0
BODY = b'{"subject":"s","text":"They rang again and asked how long it takes."}' * 4
CREATE = (
    f"CREATE SCHEMA IF NOT EXISTS {BARE}; CREATE TABLE IF NOT EXISTS {BARE}.facts (id uuid PRIMARY KEY, body bytea)"
)
INSERT = "INSERT INTO facts (id, body) VALUES (%b, %b)"


class Asker:
    """One NATS connection and one Postgres connection, both kept."""

    def __init__(self, state: Path, nats: Any, postgres: Any) -> None:
        self._state, self._nats, self._postgres = state, nats, postgres
        self._numbers = count(1)

    @classmethod
    async def connected(cls, state: Path) -> Asker:
        there = place(state, BARE)
        nats = await connect(there.nats_url, str(there.seed(CALLER, None)), name=CALLER, inbox=f"_INBOX.{CALLER}")
        return cls(state, nats, await connect_async(there.postgres_url, BARE))

    async def do(self, job: Job) -> Any:
        """The result of a job."""
        match job.pop("job"):
            case "found":
                return await self._found(**job)
            case "rate":
                return await self._rate(**job)
            case "alone":
                return await self._alone(**job)

    async def _found(self, side: str, customers: int) -> Company:
        async def ask(command: Command) -> str:
            body = {"id": command_id().decode(), "actor": "system", "data": command.model_dump(mode="json")}
            return await self._ask(prefix(side), command.topic, orjson.dumps(body))

        return await set_up(ask, customers)

    async def _rate(self, side: str, company: Company, in_flight: int, warm: float, seconds: float) -> float:
        many = [lives(company, self._numbers) for _ in range(in_flight)]
        return await rate(place(self._state, side), prefix(side), many, warm, seconds)

    async def _alone(self, turns: list[Job], warm: float, seconds: float) -> list[float]:
        """The median of each turn in seconds; they alternate from question to question, A B B A."""
        both = [self._turn(**turn) for turn in turns]
        took: list[list[float]] = [[] for _ in both]
        since = time.perf_counter() + warm
        for order in cycle((sorted(range(len(both))), sorted(range(len(both)), reverse=True))):
            for n in order:
                took[n].append(await anext(both[n]))
            if time.perf_counter() < since:
                took = [[] for _ in both]
            elif time.perf_counter() > since + seconds:
                break
        return [statistics.median(each) for each in took]

    def _turn(self, kind: str, side: str = "", **about: Any) -> Answers:
        match kind:
            case "life":
                return self._asking(side, lives(about["company"], self._numbers))
            case "notes":
                return self._asking(side, notes(**about))
            case _:
                return self._bare()

    async def _asking(self, side: str, life: Life) -> Answers:
        topic, payload = next(life)
        while True:
            began = time.perf_counter()
            id = await self._ask(prefix(side), topic, payload)
            yield time.perf_counter() - began
            topic, payload = life.send(id)

    async def _bare(self) -> Answers:
        """A bare echo, then a bare durable INSERT."""
        await self._postgres.execute(CREATE)
        while True:
            id = uuid4()
            began = time.perf_counter()
            await self._nats.request(ECHO, BODY, timeout=PATIENCE_SECONDS)
            await self._postgres.execute(INSERT, (id, BODY), prepare=True)
            yield time.perf_counter() - began

    async def _ask(self, before: str, topic: str, payload: bytes) -> str:
        reply = await self._nats.request(f"{before}{CALLER}.{topic}", payload, timeout=PATIENCE_SECONDS)
        if reply.headers:
            raise Declined(reply.data.decode())
        return str(orjson.loads(reply.data)["id"])


async def work(pipe: Connection, state: Path) -> None:
    """Do jobs until the one who started us goes away."""
    asker = await Asker.connected(state)
    pipe.send(READY)
    while job := await told(pipe):
        pipe.send(await asker.do(job))


def main(pipe: Connection, state: Path) -> None:
    """A process that asks."""
    run(work(pipe, state))
