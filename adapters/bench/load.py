"""The asker, in a process of its own: does one job after the other, and tells each result."""

from __future__ import annotations

import asyncio
import statistics
import time
from functools import partial
from itertools import count, cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from adapters.bench.company import set_up
from adapters.bench.life import Life, Request, command_id, lives, notes
from adapters.bench.life import life as lived
from adapters.bench.loop import READY, run, told
from adapters.bench.side import BARE, CALLER, ECHO, Company, place, prefix
from adapters.bench.turns import Answers, alternate, percentile
from adapters.bench.wire import Declined, paced, rate
from adapters.nats.connection import connect
from adapters.postgres.schema import connect_async
from commands.command import Command

Job = dict[str, Any]
Step = tuple[Life, Request]
"""A life, and what it asks next."""

PATIENCE_SECONDS = 10.0
QUESTIONS = "kartoteka.v1.qry."
LIVES_AT_ONCE = 200
LIST_EVERY, LISTED = 5, 20
"""One question in so many is a list, of so many rows."""

ASSIGNED = 3
"""So many commands into its life a ticket is somebody's."""

LOOK_EVERY = 5
"""One command in so many is looked for in an answer."""

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
            case "fresh":
                return await self._fresh(**job)
            case "opened":
                return await self._opened(**job)
            case "queried":
                return await self._queried(**job)
            case "driven":
                return await self._driven(**job)

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
        took = await alternate([self._turn(**turn) for turn in turns], warm, seconds)
        return [statistics.median(each) for each in took]

    async def _fresh(self, side: str, company: Company, rate: float, warm: float, seconds: float) -> list[float]:
        """The 99th percentile, in seconds, of a command, and of what it made being seen in an answer after that.

        So many commands a second come when their time comes, whether those before them are answered or not.
        """
        crowd = [(life, next(life)) for life in (lives(company, self._numbers) for _ in range(LIVES_AT_ONCE))]
        asked, seen = list[float](), list[float]()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as asking:
            for n in range(int((warm + seconds) * rate)):
                await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
                if n == int(warm * rate):
                    asked, seen = list[float](), list[float]()
                if crowd:
                    looked = seen if n % LOOK_EVERY == 0 else None
                    asking.create_task(self._step(prefix(side), company.worker, crowd, asked, looked))
        return [percentile(asked, 99), percentile(seen, 99)]

    async def _opened(self, side: str, company: Company, many: int) -> list[str]:
        """So many tickets, each with somebody who has it, seen by whoever asks for the last."""
        tickets, answer = list[str](), Job()
        for life in islice(map(partial(lived, company), self._numbers), many):
            topic, payload = next(life)
            for _ in range(ASSIGNED):
                answer = await self._answer(f"{prefix(side)}{CALLER}.{topic}", payload)
                topic, payload = life.send(str(answer["id"]))
            tickets.append(str(answer["id"]))
        look = {"actor": company.worker, "data": {"ticket": tickets[-1]}, "min_position": answer["position"]}
        await self._answer(f"{QUESTIONS}{CALLER}.ticket", orjson.dumps(look))
        return tickets

    async def _queried(self, company: Company, tickets: list[str], rate: float, warm: float, seconds: float) -> float:
        """The 99th percentile, in seconds, of questions that come in time: about a ticket, or a customer's."""
        took = list[float]()
        about = ({"actor": company.worker, "data": {"ticket": each}} for each in cycle(tickets))
        theirs = (
            {"actor": company.worker, "limit": LISTED, "data": {"contact": each}} for each in cycle(company.customers)
        )

        async def ask(name: str, body: Job) -> None:
            began = time.perf_counter()
            await self._answer(f"{QUESTIONS}{CALLER}.{name}", orjson.dumps(body))
            took.append(time.perf_counter() - began)

        def wanted(n: int) -> tuple[str, Job]:
            return ("desk", next(theirs)) if n % LIST_EVERY == 0 else ("ticket", next(about))

        began = time.perf_counter()
        async with asyncio.TaskGroup() as asking:
            for n in range(int((warm + seconds) * rate)):
                await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
                if n == int(warm * rate):
                    took = list[float]()
                asking.create_task(ask(*wanted(n)))
        return percentile(took, 99)

    async def _driven(self, side: str, company: Company, rate: float, seconds: float) -> float:
        """How many seconds after its time the last of so many commands a second was answered."""
        many = [lives(company, self._numbers) for _ in range(LIVES_AT_ONCE)]
        return await paced(place(self._state, side), prefix(side), many, rate, seconds)

    async def _step(
        self, before: str, worker: str, crowd: list[Step], asked: list[float], seen: list[float] | None
    ) -> None:
        """One life's next command, and a look at what became of its ticket, where that is measured."""
        life, (topic, payload) = crowd.pop(0)
        began = time.perf_counter()
        answer = await self._answer(f"{before}{CALLER}.{topic}", payload)
        asked.append(time.perf_counter() - began)
        if seen is not None and topic.startswith("ticket."):
            look = {"actor": worker, "data": {"ticket": answer["id"]}, "min_position": answer["position"]}
            began = time.perf_counter()
            await self._answer(f"{QUESTIONS}{CALLER}.ticket", orjson.dumps(look))
            seen.append(time.perf_counter() - began)
        crowd.append((life, life.send(str(answer["id"]))))

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
        return str((await self._answer(f"{before}{CALLER}.{topic}", payload))["id"])

    async def _answer(self, subject: str, payload: bytes) -> Job:
        reply = await self._nats.request(subject, payload, timeout=PATIENCE_SECONDS)
        if reply.headers:
            raise Declined(reply.data.decode())
        answer: Job = orjson.loads(reply.data)
        return answer


async def work(pipe: Connection, state: Path) -> None:
    """Do jobs until the one who started us goes away."""
    asker = await Asker.connected(state)
    pipe.send(READY)
    while job := await told(pipe):
        pipe.send(await asker.do(job))


def main(pipe: Connection, state: Path) -> None:
    """A process that asks."""
    run(work(pipe, state))
