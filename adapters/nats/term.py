"""The term of an elected relay: where it begins, what it publishes, and what it notes of how far everything came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nats.aio.client import Client as Connection

from adapters.cloud_event import cloud_event
from adapters.nats.channel import Channel
from adapters.nats.pipeline import Message, Pipeline
from adapters.nats.stream import Standing, consumption, is_closed, last_told, make_anew, standing
from adapters.postgres.outbox import Head, Outbox, Outgoing
from adapters.telemetry import tracing
from adapters.traceparent import of_fact


class Elsewhere(Exception):
    """The log or the stream is not the one that the term began with: where to go on is to be found out anew."""


class Taken(Exception):
    """The stream is that of another deployment on the same NATS account: each needs an account of its own."""


class Plan(NamedTuple):
    """After which position to publish, whether in a stream made anew, and from where on each handler is owed facts."""

    after: int
    anew: bool
    floors: dict[str, int]


def plan(stream: Standing | None, head: Head, handlers: Sequence[str], floors: Mapping[str, int]) -> Plan:
    """Go on behind the end of the stream, unless it tells of another log or lacks what a handler has yet to deal with.

    Then it begins after the lowest floor. What is published again does no harm: it has its old position and id, and
    what a handler does about a fact carries that id.
    """
    known = {handler: min(floors[handler], head.position) for handler in handlers if handler in floors}
    if stream is None or stream.epoch != head.epoch or stream.last > head.position:
        owed = {handler: known.get(handler, 0) for handler in handlers}
        return Plan(min(owed.values(), default=0), True, owed)
    before = stream.first - 1
    owed = {handler: known.get(handler, before) for handler in handlers}
    lowest = min(owed.values(), default=before)
    return Plan(lowest, True, owed) if lowest < before else Plan(stream.last, False, owed)


class Term:
    """What an elected relay works with. Its methods raise when the term is over."""

    def __init__(
        self, log: Outbox, connection: Connection, channel: Channel, head: Head, begin: Plan, pipeline: Pipeline
    ) -> None:
        self._log, self._streams, self._channel = log, connection.jetstream(), channel
        self._head, self._floors = head, begin.floors
        self._inner = channel.inner(log.secret)
        self.pipeline = pipeline

    @classmethod
    async def begun(cls, log: Outbox, connection: Connection, channel: Channel) -> Term:
        """Look where the stream ends, make it anew where it is missing or wrong, and stand behind its end."""
        streams = connection.jetstream()
        stream = await standing(streams, channel)
        if stream is not None and stream.source not in ("", log.source):
            raise Taken(f"{channel.stream} tells the facts of {stream.source}, not of {log.source}")
        if stream is not None and not await is_closed(streams, channel, log.secret):
            stream = None
        head = await log.head()  # after the stream, or facts of the time between would seem to be none of this log
        if stream is not None and stream.messages and not await log.holds(*await last_told(streams, channel)):
            stream = None
        begin = plan(stream, head, channel.handlers, await log.floors(channel.handlers))
        if begin.anew:
            await make_anew(streams, channel, log.secret, head.epoch, log.source, begin.after)
        return cls(log, connection, channel, head, begin, await Pipeline.behind(connection, begin.after))

    async def next(self) -> Sequence[Outgoing]:
        """What follows the last fact that was sent."""
        return await self._page(self.pipeline.sent)

    async def publish(self, facts: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Send them; gives what follows them, which is read meanwhile."""
        messages, began_ns = map(self._message, facts), time.time_ns()
        following, _ = await asyncio.gather(self._page(facts[-1].position), self.pipeline.publish(messages))
        if tracing.on():
            for fact in facts:
                if traceparent := of_fact(fact.correlation, fact.causation):
                    tracing.done(f"publish {fact.topic}", tracing.Kind.PRODUCER, traceparent, began_ns)
        return following

    async def note(self) -> None:
        """Keep how far the stream and its handlers have come. Nobody's floor goes back."""
        reached = self.pipeline.acknowledged
        stream, head = await standing(self._streams, self._channel), await self._log.head()
        if head.epoch != self._head.epoch or head.position < reached:
            raise Elsewhere("the log is another one")
        if stream is None or stream.epoch != head.epoch or stream.last < reached:
            raise Elsewhere("the stream is another one")
        for handler in self._channel.handlers:
            found = await consumption(self._streams, self._channel, handler)
            if found is not None:
                self._floors[handler] = max(self._floors[handler], found.floor(reached))
        await self._log.note(reached, head.epoch, self._floors)

    async def _page(self, after: int) -> Sequence[Outgoing]:
        rows = await self._log.page(after)
        if rows and rows[0].epoch != self._head.epoch:
            raise Elsewhere("the log is another one")
        return rows

    def _message(self, fact: Outgoing) -> Message:
        subject = self._inner.subject(fact.topic, fact.stream)
        return Message(fact.position, subject, fact.event_id, cloud_event(fact, self._log.source))
