"""The face of NATS: messages come in as visitors, answers go to their inboxes; and a process tells what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Set
from contextlib import suppress

from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from adapters import discovery
from adapters.answering.reception import Reception, Visitor
from adapters.credentials.caller import Caller
from adapters.nats import prefix
from adapters.problem import Problem
from adapters.scope import Face

QUEUE = "kartoteka"
UNREAD = 65_536
UNREAD_BYTES = 256 * 1024 * 1024
FIRST_REQUESTS_SECONDS = 2.0
"""After a start there is more urgent work than schemas that nobody has asked for."""

Take = Callable[[Visitor, bytes], Awaitable[None]]


class Inbox:
    """Where one caller's answer goes."""

    __slots__ = ("_connection", "_subject")

    def __init__(self, connection: Connection, subject: str) -> None:
        self._connection, self._subject = connection, subject

    async def answer(self, body: bytes) -> None:
        await self._connection.publish(self._subject, body)

    async def refuse(self, found: Problem) -> None:
        headers = {"Nats-Service-Error": found.title, "Nats-Service-Error-Code": str(found.status)}
        if found.retry_after_ms is not None:
            headers["Retry-After-Ms"] = str(found.retry_after_ms)
        await self._connection.publish(self._subject, found.body(), headers=headers)


class NatsFace:
    """One connection for all that a process answers. Create, `open`, `end` to hear nothing new, and `close`."""

    def __init__(self, connection: Connection, callers: Mapping[str, Caller], reception: Reception) -> None:
        self._connection, self._callers, self._reception = connection, callers, reception
        self._takes: Mapping[Face, Take] = {}
        self._heard: dict[Face, Subscription] = {}
        self._prepared: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._connection.is_connected

    @property
    def hears(self) -> Set[Face]:
        """What comes here, and not to other processes alone."""
        return self._heard.keys()

    async def open(self, takes: Mapping[Face, Take]) -> None:
        """Hear what callers send to these faces, and answer those who look for services."""
        self._takes = takes
        self._prepared = asyncio.create_task(self._prepare())
        await self._connection.subscribe("$SRV.>", cb=self._discovered)
        for face in takes:
            self._heard[face] = await self._listen(face)
        await self._flushed()

    async def hear(self, face: Face) -> None:
        """What was left to others before is heard here again."""
        if face not in self._heard:
            self._heard[face] = await self._listen(face)
            await self._flushed()

    async def leave(self, face: Face) -> None:
        """To other processes, which hear it by now; what has come is handed on. Raises what nats-py says."""
        if (subscription := self._heard.get(face)) is not None:
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it bare
            del self._heard[face]

    async def _flushed(self) -> None:
        """Twice: nats-py's ping may overtake the subscription, and only the second surely follows it."""
        await self._connection.flush()
        await self._connection.flush()

    async def _listen(self, face: Face) -> Subscription:
        """Hear what comes to the face, one of many processes each time."""
        under, take = prefix.of(face), self._takes[face]

        async def arrived(message: Msg) -> None:
            caller, _, topic = message.subject[len(under) :].partition(".")
            if not message.reply.startswith(f"_INBOX.{caller}."):
                # Whoever asks for an answer elsewhere would have us write into another's inbox.
                self._reception.statistics.dropped += 1
                return
            inbox = Inbox(self._connection, message.reply)
            traced = "" if message.headers is None else message.headers.get("traceparent", "")
            await take(Visitor(caller, topic, self._callers.get(caller), inbox, traced), message.data)

        return await self._connection.subscribe(
            under + ">", queue=QUEUE, cb=arrived, pending_msgs_limit=UNREAD, pending_bytes_limit=UNREAD_BYTES
        )

    async def end(self) -> None:
        """Hear nothing new; what has come by now is handed on."""
        if self._connection.is_connected:
            for face in list(self._heard):
                await self.leave(face)

    async def close(self) -> None:
        """Of a server that is away there is nobody to take leave of."""
        if self._prepared is not None:
            self._prepared.cancel()
        await (self._connection.drain() if self._connection.is_connected else self._connection.close())

    async def _prepare(self) -> None:
        """Beside the loop, which has better to do than to make schemas."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), FIRST_REQUESTS_SECONDS)
        await asyncio.to_thread(discovery.prepare)

    async def _discovered(self, message: Msg) -> None:
        if self._prepared is not None and discovery.tells_schemas(message.subject):
            self._wanted.set()
            await self._prepared
        body = discovery.answer(message.subject, self._reception.statistics, self._takes)
        if body is not None and message.reply.startswith("_INBOX."):
            await self._connection.publish(message.reply, body)
