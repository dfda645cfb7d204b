"""The command face: messages in, batches through the handler, one reply each; overload and departure said aloud."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import deque
from typing import NamedTuple

import orjson
import structlog
from nats.aio.subscription import Subscription

from adapters.clock import Clock, real_time
from adapters.clock import now as unmoved
from adapters.envelope import read
from adapters.nats.prefix import COMMANDS
from adapters.nats.reception import Reception, Visitor
from adapters.position import PositionTokens
from adapters.postgres.log import LogUnavailable
from adapters.problem import Problem, problem, refusal
from commands.handler import Handler
from commands.request import Answer, Request

PREFIX = COMMANDS
BATCH = 256
UNDER_WAY = 2
WAITING = 2048
RETRY_AFTER_MS = 100

logger = structlog.get_logger()


class Waiting(NamedTuple):
    """A request in the queue: whose it is, and until when it is worth beginning."""

    visitor: Visitor
    request: Request
    arrived: float
    deadline: float


class CommandService:
    """One process's command face. Create, `start`, and `drain` when it is time to go."""

    def __init__(
        self,
        handler: Handler,
        reception: Reception,
        tokens: PositionTokens,
        secret: bytes,
        *,
        capacity: int = WAITING,
        now: Clock = unmoved,
    ) -> None:
        handler.failed = _report
        self._handler, self._reception, self._tokens, self._secret = handler, reception, tokens, secret
        self._capacity, self._now = capacity, now
        self._queue: deque[Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._about_to_begin = False
        self._subscription: Subscription | None = None
        self.statistics = reception.statistics

    async def start(self) -> None:
        """Take commands."""
        self._subscription = await self._reception.listen(PREFIX, self._received)

    async def drain(self) -> None:
        """Take nothing new, and answer what waits."""
        await self._reception.end(self._subscription, self._under_way)

    async def _received(self, visitor: Visitor, payload: bytes) -> None:
        arrived = time.monotonic()
        found = self._read(visitor, payload)
        if isinstance(found, Problem):
            await self._reception.refuse(visitor, found)
            return
        request, deadline_ms = found
        deadline = float("inf") if deadline_ms is None else arrived + deadline_ms / 1000
        self._queue.append(Waiting(visitor, request, arrived, deadline))
        self._begin()

    def _read(self, visitor: Visitor, payload: bytes) -> tuple[Request, int | None] | Problem:
        if (stranger := self._reception.known(visitor)) is not None:
            return stranger
        if len(self._queue) >= self._capacity:
            return problem(503, "Overloaded", retry_after_ms=RETRY_AFTER_MS)
        now = self._now
        found = read(visitor.topic, visitor.caller, payload, now(), self._secret, real_time(now))
        if isinstance(found, Problem):
            return found
        return self._reception.acting(visitor, found[0].actor) or found

    def _begin(self) -> None:
        """Two batches at a time, one decided while the other is stored; what comes before one begins goes with it."""
        if self._queue and not self._about_to_begin and len(self._under_way) < UNDER_WAY:
            self._about_to_begin = True
            task = asyncio.create_task(self._answer_next())
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _answer_next(self) -> None:
        self._about_to_begin = False
        batch = self._next_batch()
        self._begin()
        await self._answer(batch)

    def _next_batch(self) -> list[Waiting]:
        """The oldest requests, at most BATCH; of those with one command id only the first."""
        batch: list[Waiting] = []
        ids: set[tuple[str, str]] = set()
        while self._queue and len(batch) < BATCH:
            key = (self._queue[0].request.caller, self._queue[0].request.id)
            if key in ids:
                break
            ids.add(key)
            batch.append(self._queue.popleft())
        return batch

    async def _answer(self, batch: list[Waiting]) -> None:
        now = time.monotonic()
        for late in (one for one in batch if one.deadline < now):
            await self._reception.refuse(late.visitor, problem(503, "DeadlinePassed"))
        batch = [one for one in batch if one.deadline >= now]
        try:
            answers = await self._handler.handle([one.request for one in batch])
        except LogUnavailable as error:
            logger.error("log unavailable", requests=len(batch), error=type(error.__cause__).__name__)
            for one in batch:
                await self._reception.refuse(one.visitor, problem(503, "Unavailable", retry_after_ms=RETRY_AFTER_MS))
            return
        except Exception as error:
            # Nothing is known of the batch; the askers repeat themselves with the same ids, and learn.
            _report(batch[0].request, error)
            for one in batch:
                await self._reception.refuse(one.visitor, refusal("Broken"))
            return
        done = time.monotonic()
        for one, answer in zip(batch, answers, strict=True):
            self.statistics.count(one.visitor.topic, done - one.arrived, answer.code)
            await self._reply(one.visitor.reply, answer)

    async def _reply(self, reply: str, answer: Answer) -> None:
        if answer.code:
            await self._reception.say_no(reply, refusal(answer.code, answer.thing))
            return
        body = {
            "id": answer.thing,
            "version": answer.version,
            "position": self._tokens.token(answer.position),
            "repeated": answer.repeated,
        }
        await self._reception.answer(reply, orjson.dumps(body))


def report(what: str, error: Exception, **about: str) -> None:
    """Where it failed, never with what: a message may quote somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    logger.error(what, **about, error=type(error).__name__, where=where)


def _report(request: Request, error: Exception) -> None:
    report("broken", error, command=request.command.topic, id=request.id)
