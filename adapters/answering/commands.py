"""Commands answered: requests in, batches through the handler, one reply each; overload and departure said aloud."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import deque
from typing import NamedTuple

import orjson
import structlog

from adapters.answering.reception import Reception, Reply, Visitor
from adapters.clock import Clock, real_time
from adapters.clock import now as unmoved
from adapters.envelope import read
from adapters.position import PositionTokens
from adapters.postgres.log import LogUnavailable
from adapters.problem import Problem, problem, refusal
from adapters.scope import Face
from adapters.telemetry import tracing
from adapters.traceparent import trace_id
from commands.handler import Handler
from commands.request import Answer, Request

BATCH = 256
UNDER_WAY = 2
WAITING = 2048
RETRY_AFTER_MS = 100

FEW, ENOUGH = 4, 8
"""After a batch of a few commands the next one waits a little for more, until it has enough."""

GATHERING_SECONDS = 0.005
"""From one beginning to the next. A batch costs the log, the read models and the relay as much as some commands do."""

logger = structlog.get_logger()


class Waiting(NamedTuple):
    """A request in the queue: whose it is, and until when it is worth beginning."""

    visitor: Visitor
    request: Request
    arrived: float
    deadline: float


class CommandService:
    """What answers the commands of one process. Create, `take` each, and `drain` when nothing new comes."""

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
        self._now = now
        self._queue: deque[Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._about_to_begin = False
        self._gathering: asyncio.TimerHandle | None = None
        self._gathered_at = 0.0
        self.statistics = reception.statistics
        self.capacity = capacity
        self.batches = self.batched = 0
        """How many batches were begun, and of how many requests."""

    @property
    def waiting(self) -> int:
        """How many requests are in the queue."""
        return len(self._queue)

    @property
    def under_way(self) -> int:
        """How many batches are being decided or stored."""
        return len(self._under_way)

    async def drain(self) -> None:
        """Answer what waits."""
        while self._queue or self._under_way:
            await (asyncio.wait(self._under_way) if self._under_way else asyncio.sleep(GATHERING_SECONDS))

    async def take(self, visitor: Visitor, payload: bytes) -> None:
        """A command as it came; it is answered when it is its turn."""
        arrived = time.monotonic()
        visitor = tracing.received("command", visitor)
        found = self._read(visitor, payload)
        if isinstance(found, Problem):
            await self._reception.refuse(visitor, found)
            return
        request, deadline_ms = found
        deadline = float("inf") if deadline_ms is None else arrived + deadline_ms / 1000
        self._queue.append(Waiting(visitor, request, arrived, deadline))
        self._begin()

    def _read(self, visitor: Visitor, payload: bytes) -> tuple[Request, int | None] | Problem:
        if (stranger := self._reception.known(visitor, Face.COMMANDS)) is not None:
            return stranger
        if len(self._queue) >= self.capacity:
            return problem("Overloaded", retry_after_ms=RETRY_AFTER_MS)
        now = self._now
        told = visitor.topic, visitor.caller, payload
        found = read(*told, now(), self._secret, real_time(now), visitor.traceparent)
        if isinstance(found, Problem):
            return found
        return self._reception.acting(visitor, found[0].actor) or found

    def _begin(self) -> None:
        """Two batches at a time, one decided while the other is stored; what comes before one begins goes with it."""
        if self._queue and not self._about_to_begin and len(self._under_way) < UNDER_WAY and self._gathered():
            self._about_to_begin = True
            task = asyncio.create_task(self._answer_next())
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _gathered(self) -> bool:
        """Whether those who wait are enough, or have waited for others as long as they should."""
        left = self._gathered_at - time.monotonic()
        if len(self._queue) >= ENOUGH or left <= 0:
            return True
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(left, self._begin_at_last)
        return False

    def _begin_at_last(self) -> None:
        self._stop_gathering()
        self._begin()

    def _stop_gathering(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
        self._gathering, self._gathered_at = None, 0.0

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _answer_next(self) -> None:
        self._about_to_begin = False
        self._stop_gathering()
        batch = self._next_batch()
        if len(batch) >= FEW:
            self._gathered_at = time.monotonic() + GATHERING_SECONDS
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
            await self._reception.refuse(late.visitor, problem("DeadlinePassed"))
        batch = [one for one in batch if one.deadline >= now]
        self.batches += 1
        self.batched += len(batch)
        try:
            with tracing.batch([one.visitor for one in batch]):
                answers = await self._handler.handle([one.request for one in batch])
        except LogUnavailable as error:
            logger.error("log unavailable", requests=len(batch), error=type(error.__cause__).__name__)
            for one in batch:
                await self._reception.refuse(one.visitor, problem("Unavailable", retry_after_ms=RETRY_AFTER_MS))
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

    async def _reply(self, reply: Reply, answer: Answer) -> None:
        if answer.code:
            await reply.refuse(refusal(answer.code, answer.thing))
            return
        body = {
            "id": answer.thing,
            "version": answer.version,
            "position": self._tokens.token(answer.position),
            "repeated": answer.repeated,
        }
        await reply.answer(orjson.dumps(body))


def report(what: str, error: Exception, **about: str) -> None:
    """Where it failed, never with what: a message may quote somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    logger.error(what, **about, error=type(error).__name__, where=where)


def _report(request: Request, error: Exception) -> None:
    trace = {"trace": found} if (found := trace_id(request.correlation)) else {}
    report("broken", error, command=request.command.topic, id=request.id, **trace)
