"""A durable consumer as one process works on it: made where it is missing, its messages held until they are dealt with.

Only what ends a process counts as a delivery in vain. Whoever deals with a message may take as long as an outage
lasts: meanwhile NATS is told that it is being worked on, and nothing more is asked for than can be under way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import nats.errors
import orjson
import structlog
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from adapters.credentials.permission import NEXT
from adapters.nats.patience import Leaving, Patience

EXPIRED = "408"
"""The status with which a request for messages ends when its time is up; any other says that it came to nobody."""

LONGEST_SECONDS = 5.0
"""How long one request for messages stands; afterwards it is asked again, for it may have been lost."""

TICK_SECONDS = 0.1
MADE_SECONDS, MAKE_SECONDS = 0.02, 0.25
"""How long to wait before the next request for messages where the consumer was made, and where it could not be."""


logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Source:
    """Which messages: of what stream, under which consumer, on what subjects."""

    stream: str
    consumer: str
    subjects: tuple[str, ...]


Deal = Callable[[Msg], Awaitable[None]]
"""Deals with one message, and says to NATS what became of it. Raises Leaving to give it back."""


@dataclass(slots=True)
class Durable:
    """`connection` takes the messages; `streams` is of somebody who may make the consumer."""

    connection: Connection
    streams: JetStreamContext
    source: Source
    patience: Patience
    deal: Deal
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    _held: dict[str, Msg] = field(default_factory=dict)
    _asked: int = 0
    _lost: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    def leave(self) -> None:
        """Have `run` end when what is held is dealt with or given back."""
        self.leaving.set()
        self._changed.set()

    async def run(self) -> None:
        """Take what comes until told to leave."""
        async with self._tasks:
            subscription = await self.connection.subscribe(self.connection.new_inbox(), cb=self._came)
            await self.make()
            holding = self._tasks.create_task(self._hold())
            while not self.leaving.is_set():
                await self._take(subscription.subject)
            await subscription.unsubscribe()
            while self._held:
                await self._change(TICK_SECONDS)
            holding.cancel()

    async def _take(self, inbox: str) -> None:
        """Ask for as many as there is room for, and wait until they have come or the time is up."""
        room = self.patience.in_flight - len(self._held)
        if 4 * room < self.patience.in_flight:
            await self._change(TICK_SECONDS)
            return
        self._asked, self._lost = room, False
        wanted = orjson.dumps({"batch": room, "expires": int(LONGEST_SECONDS * 1e9)})
        await self.connection.publish(f"{NEXT}.{self.source.stream}.{self.source.consumer}", wanted, reply=inbox)
        until = time.monotonic() + LONGEST_SECONDS + 1
        while self._asked and not self.leaving.is_set() and (left := until - time.monotonic()) > 0:
            await self._change(left)
        if self._lost and not self.leaving.is_set():
            made = await self.make()
            await self._change(MADE_SECONDS if made else MAKE_SECONDS)

    async def _came(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if status is not None and not message.data:
            self._asked, self._lost = 0, status != EXPIRED
        elif not self.leaving.is_set():
            self._asked -= 1
            if message.reply not in self._held:  # a server that was killed may know no more that it gave it to us
                self._held[message.reply] = message
                self._tasks.create_task(self._begin(message))
        self._changed.set()

    async def _begin(self, message: Msg) -> None:
        try:
            await self.deal(message)
        except Leaving:
            with suppress(nats.errors.Error):
                await message.nak()
        finally:
            del self._held[message.reply]
            self._changed.set()

    async def _hold(self) -> None:
        """Say of everything that is held that it is being worked on."""
        while True:
            await asyncio.sleep(self.patience.hold_seconds)
            for message in list(self._held.values()):
                with suppress(nats.errors.Error):  # a server that is away will ask again itself
                    await message.in_progress()

    async def make(self) -> bool:
        """Make the consumer, once there is the stream; one that is there takes over settings that have changed."""
        try:
            await self.streams.add_consumer(self.source.stream, configured(self.source, self.patience))
        except NotFoundError:
            return False  # whoever publishes makes the stream
        except (APIError, nats.errors.Error) as error:
            logger.warning("consumer", name=self.source.consumer, error=str(error))
            return False
        return True

    async def _change(self, longest_seconds: float) -> None:
        self._changed.clear()
        with suppress(TimeoutError):  # and not by `wait_for`, which before Python 3.12 may miss being cancelled
            async with asyncio.timeout(longest_seconds):
                await self._changed.wait()


def configured(source: Source, patience: Patience) -> ConsumerConfig:
    """The consumer as it is to be: it remembers what was acknowledged, and begins with the oldest that is kept.

    It gives a message until somebody has dealt with it. Whoever finds that this was tried too often says so themselves:
    where NATS would tell of it anybody could who may have JetStream answer to a subject.
    """
    return ConsumerConfig(
        durable_name=source.consumer,
        name=source.consumer,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        filter_subjects=list(source.subjects),
        backoff=list(patience.backoff_seconds),
        max_deliver=-1,
        max_ack_pending=8 * patience.in_flight,
    )
