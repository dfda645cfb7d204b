"""Where messages come in: who may ask, for whom, where an answer may go; and what a process says of itself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Set
from contextlib import suppress
from typing import NamedTuple

from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from adapters import discovery
from adapters.embedded.credentials import ANYONE, Caller
from adapters.problem import Problem, problem

QUEUE = "kartoteka"
UNREAD = 65_536
UNREAD_BYTES = 256 * 1024 * 1024
FIRST_REQUESTS_SECONDS = 2.0
"""After a start there is more urgent work than schemas that nobody has asked for."""


class Visitor(NamedTuple):
    """Who sent a message, where the answer goes, and what it is called."""

    caller: str
    reply: str
    topic: str


class Reception:
    """One connection for all that a process answers."""

    def __init__(self, connection: Connection, callers: Mapping[str, Caller]) -> None:
        self._connection, self._callers = connection, callers
        self.statistics = discovery.Statistics(instance=uuid.uuid4().hex)
        self._prepared: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    async def open(self) -> None:
        """Answer those who look for services."""
        self._prepared = asyncio.create_task(self._prepare())
        await self._connection.subscribe("$SRV.>", cb=self._discovered)

    async def listen(self, prefix: str, received: Callable[[Visitor, bytes], Awaitable[None]]) -> Subscription:
        """Hear what callers send under the prefix, one of many processes each time."""

        async def arrived(message: Msg) -> None:
            caller, _, topic = message.subject[len(prefix) :].partition(".")
            if message.reply.startswith(f"_INBOX.{caller}."):
                await received(Visitor(caller, message.reply, topic), message.data)
            else:
                # Whoever asks for an answer elsewhere would have us write into another's inbox.
                self.statistics.dropped += 1

        subscription = await self._connection.subscribe(
            prefix + ">", queue=QUEUE, cb=arrived, pending_msgs_limit=UNREAD, pending_bytes_limit=UNREAD_BYTES
        )
        # Twice: nats-py's ping may overtake the subscription, and only the second surely follows it.
        await self._connection.flush()
        await self._connection.flush()
        return subscription

    async def end(self, subscription: Subscription | None, under_way: Set[asyncio.Task[None]]) -> None:
        """Hear nothing new, and see to the end what has come."""
        if subscription is not None and self._connection.is_connected:
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it bare
        while under_way:
            await asyncio.wait(under_way)

    async def close(self) -> None:
        """Of a server that is away there is nobody to take leave of."""
        if self._prepared is not None:
            self._prepared.cancel()
        await (self._connection.drain() if self._connection.is_connected else self._connection.close())

    def known(self, visitor: Visitor) -> Problem | None:
        """What is wrong with who asks."""
        return None if visitor.caller in self._callers else problem(401, "CallerUnknown")

    def acting(self, visitor: Visitor, actor: str) -> Problem | None:
        """What is wrong with for whom they ask."""
        actors = self._callers[visitor.caller].actors
        return None if ANYONE in actors or actor in actors else problem(403, "ActorNotAllowed")

    async def answer(self, reply: str, body: bytes) -> None:
        await self._connection.publish(reply, body)

    async def refuse(self, visitor: Visitor, found: Problem) -> None:
        """Say no, and count it."""
        self.statistics.count(visitor.topic, 0.0, found.code)
        await self.say_no(visitor.reply, found)

    async def say_no(self, reply: str, found: Problem) -> None:
        headers = {"Nats-Service-Error": found.title, "Nats-Service-Error-Code": str(found.status)}
        if found.retry_after_ms is not None:
            headers["Retry-After-Ms"] = str(found.retry_after_ms)
        await self._connection.publish(reply, found.body(), headers=headers)

    async def _prepare(self) -> None:
        """Beside the loop, which has better to do than to make schemas."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), FIRST_REQUESTS_SECONDS)
        await asyncio.to_thread(discovery.prepare)

    async def _discovered(self, message: Msg) -> None:
        if self._prepared is not None and discovery.tells_schemas(message.subject):
            self._wanted.set()
            await self._prepared
        body = discovery.answer(message.subject, self.statistics)
        if body is not None and message.reply.startswith("_INBOX."):
            await self._connection.publish(message.reply, body)
