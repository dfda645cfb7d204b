"""The command face: messages in, batches through the handler, one reply each; overload and departure said aloud."""

from __future__ import annotations

import asyncio
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import NamedTuple

import nats
import orjson
import structlog
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from adapters import discovery
from adapters.embedded.credentials import ANYONE, Caller
from adapters.envelope import read
from adapters.position import PositionTokens
from adapters.postgres.log import LogUnavailable
from adapters.problem import Problem, problem, refusal
from commands.handler import Handler
from commands.request import Answer, Request

PREFIX = "kartoteka.v1.cmd."
QUEUE = "kartoteka"
BATCH = 256
UNDER_WAY = 2
UNREAD = 65_536
UNREAD_BYTES = 256 * 1024 * 1024
WAITING = 2048
RETRY_AFTER_MS = 100

logger = structlog.get_logger()


class Waiting(NamedTuple):
    """A request in the queue: where its answer goes, what it is called, and until when it is worth beginning."""

    reply: str
    topic: str
    request: Request
    arrived: float
    deadline: float


class CommandService:
    """One process's command face. Create, `start`, and `drain` when it is time to go."""

    def __init__(
        self,
        handler: Handler,
        callers: Mapping[str, Caller],
        tokens: PositionTokens,
        secret: bytes,
        *,
        capacity: int = WAITING,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        handler.failed = _report
        self._handler, self._callers, self._tokens, self._secret = handler, callers, tokens, secret
        self._capacity, self._now = capacity, now
        self._queue: deque[Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._about_to_begin = False
        self._subscriptions: list[Subscription] = []
        self.connection: Connection = Connection()
        self.statistics = discovery.Statistics(instance=uuid.uuid4().hex)

    async def start(self, url: str, seed_file: str) -> None:
        """Connect (failing fast the first time, patiently ever after) and take commands."""
        self.connection = await connect(url, seed_file, name="kartoteka-service", inbox="_INBOX.service")
        subscribe = self.connection.subscribe
        self._subscriptions = [
            await subscribe("$SRV.>", cb=self._discovered),
            await subscribe(
                PREFIX + ">",
                queue=QUEUE,
                cb=self._received,
                pending_msgs_limit=UNREAD,
                pending_bytes_limit=UNREAD_BYTES,
            ),
        ]
        # Twice: nats-py's ping may overtake the subscriptions, and only the second surely follows them.
        await self.connection.flush()
        await self.connection.flush()

    async def drain(self) -> None:
        """Take nothing new, answer what waits, and leave."""
        for subscription in self._subscriptions if self.connection.is_connected else ():
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it bare
        while self._under_way:
            await asyncio.wait(self._under_way)
        # Of a server that is away there is nobody to take leave of.
        await (self.connection.drain() if self.connection.is_connected else self.connection.close())

    async def _received(self, message: Msg) -> None:
        arrived = time.monotonic()
        caller, _, topic = message.subject[len(PREFIX) :].partition(".")
        if not message.reply.startswith(f"_INBOX.{caller}."):
            # Whoever asks for an answer elsewhere would have us write into another's inbox.
            self.statistics.dropped += 1
            return
        found = self._read(caller, topic, message.data)
        if isinstance(found, Problem):
            await self._refuse(message.reply, topic, found)
            return
        request, deadline_ms = found
        deadline = float("inf") if deadline_ms is None else arrived + deadline_ms / 1000
        self._queue.append(Waiting(message.reply, topic, request, arrived, deadline))
        self._begin()

    def _read(self, caller: str, topic: str, payload: bytes) -> tuple[Request, int | None] | Problem:
        known = self._callers.get(caller)
        if known is None:
            return problem(401, "CallerUnknown")
        if len(self._queue) >= self._capacity:
            return problem(503, "Overloaded", retry_after_ms=RETRY_AFTER_MS)
        found = read(topic, caller, payload, self._now(), self._secret)
        if not isinstance(found, Problem) and not _may_act_for(known, found[0].actor):
            return problem(403, "ActorNotAllowed")
        return found

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
            await self._refuse(late.reply, late.topic, problem(503, "DeadlinePassed"))
        batch = [one for one in batch if one.deadline >= now]
        try:
            answers = await self._handler.handle([one.request for one in batch])
        except LogUnavailable as error:
            logger.error("log unavailable", requests=len(batch), error=type(error.__cause__).__name__)
            for one in batch:
                await self._refuse(one.reply, one.topic, problem(503, "Unavailable", retry_after_ms=RETRY_AFTER_MS))
            return
        except Exception as error:
            # Nothing is known of the batch; the askers repeat themselves with the same ids, and learn.
            _report(batch[0].request, error)
            for one in batch:
                await self._refuse(one.reply, one.topic, refusal("Broken"))
            return
        done = time.monotonic()
        for one, answer in zip(batch, answers, strict=True):
            self.statistics.count(one.topic, done - one.arrived, answer.code)
            await self._reply(one.reply, answer)

    async def _reply(self, reply: str, answer: Answer) -> None:
        if answer.code:
            await self._publish_problem(reply, refusal(answer.code))
            return
        body = {
            "id": answer.thing,
            "version": answer.version,
            "position": self._tokens.token(answer.position),
            "repeated": answer.repeated,
        }
        await self.connection.publish(reply, orjson.dumps(body))

    async def _refuse(self, reply: str, topic: str, found: Problem) -> None:
        self.statistics.count(topic, 0.0, found.code)
        await self._publish_problem(reply, found)

    async def _publish_problem(self, reply: str, found: Problem) -> None:
        headers = {"Nats-Service-Error": found.title, "Nats-Service-Error-Code": str(found.status)}
        if found.retry_after_ms is not None:
            headers["Retry-After-Ms"] = str(found.retry_after_ms)
        await self.connection.publish(reply, found.body(), headers=headers)

    async def _discovered(self, message: Msg) -> None:
        body = discovery.answer(message.subject, self.statistics)
        if body is not None and message.reply.startswith("_INBOX."):
            await self.connection.publish(message.reply, body)


async def connect(url: str, seed_file: str, *, name: str, inbox: str) -> Connection:
    """A connection that fails fast the first time and then comes back for ever."""

    async def failed(error: Exception) -> None:
        logger.warning("nats", client=name, error=str(error))

    connection = Connection()
    try:
        await connection.connect(
            servers=[url],
            nkeys_seed=seed_file,
            name=name,
            inbox_prefix=inbox.encode(),
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]  # any number of seconds will do
            error_cb=failed,
            connect_timeout=5,
        )
    except nats.errors.NoServersError as error:
        raise Unreachable(url) from error
    return connection


class Unreachable(Exception):
    """No NATS server answers at the address."""


def _may_act_for(caller: Caller, actor: str) -> bool:
    return ANYONE in caller.actors or actor in caller.actors


def _report(request: Request, error: Exception) -> None:
    """Where it failed, never with what: a message may quote somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    logger.error("broken", command=request.command.topic, id=request.id, error=type(error).__name__, where=where)
