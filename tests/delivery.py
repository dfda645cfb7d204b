"""A log that is written to and a stream that tells of it: what the one holds, what the other, whether they agree."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import nats
import nats.errors
from nats.aio.client import Client as Connection
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from process import log_of, request

from adapters.composition import Place
from adapters.credentials.caller import STREAMS
from adapters.nats.channel import Channel
from adapters.postgres.log import PostgresLog
from adapters.postgres.schema import connect
from commands.handler import Handler

PATIENCE_SECONDS = 15.0
TICK_SECONDS = 0.01
LOG = "SELECT notification_id, event_id::text, topic FROM facts WHERE notification_id > %s ORDER BY notification_id"


class Told(NamedTuple):
    """A message of the stream."""

    sequence: int
    subject: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


class Writer:
    """Appends facts as a service does."""

    def __init__(self, place: Place) -> None:
        self.log: PostgresLog = log_of(place)
        self.handler = Handler(self.log)

    async def write(self, facts: int, name: str = "Ada Lovelace") -> None:
        """So many, some with a sealed field and some without."""
        topics = [("worker.hire", "team.form")[n % 2] for n in range(facts)]
        answers = await self.handler.handle([request(topic, {"name": name}, "system") for topic in topics])
        assert all(answer.position for answer in answers)

    async def keep_writing(self, seconds: float, pause_seconds: float = 0.02) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await self.write(3)
            await asyncio.sleep(pause_seconds)


@asynccontextmanager
async def writing(place: Place) -> AsyncIterator[Writer]:
    writer = Writer(place)
    try:
        yield writer
    finally:
        await writer.log.close()


@asynccontextmanager
async def listening(place: Place, name: str = STREAMS) -> AsyncIterator[Connection]:
    """A connection under a name of ours that comes back after an outage and complains of nothing."""

    async def complain(error: Exception) -> None: ...

    connection = await nats.connect(
        place.nats_url,
        nkeys_seed=str(place.seed(name, None)),
        inbox_prefix=f"_INBOX.{name}".encode(),
        error_cb=complain,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.05,
    )
    try:
        yield connection
    finally:
        await connection.close()


async def told(connection: Connection, channel: Channel) -> list[Told]:
    """Everything that the stream holds."""
    streams = connection.jetstream()
    info = await streams.stream_info(channel.stream)
    found: list[Told] = []
    if not info.state.messages:
        return found
    unacknowledged = ConsumerConfig(ack_policy=AckPolicy.NONE)
    reader = await streams.pull_subscribe(channel.subjects, stream=channel.stream, config=unacknowledged)
    while len(found) < info.state.messages:
        for message in await reader.fetch(500, timeout=5):
            sequence = message.metadata.sequence.stream
            found.append(Told(sequence, message.subject, dict(message.headers or {}), message.data))
    await reader.unsubscribe()
    return found


def head(place: Place) -> int:
    return ending(place)[0]


def ending(place: Place) -> tuple[int, str]:
    """Position and epoch of the log's head."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        row = connection.execute("SELECT position, epoch::text FROM head").fetchone()
    assert row is not None
    return row


def stored(place: Place, after: int = 0) -> list[tuple[int, str, str]]:
    """Position, id and wire name of every fact behind a position."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        return connection.execute(LOG, (after,)).fetchall()


async def complaints(place: Place, connection: Connection, channel: Channel, after: int = 0) -> list[str]:
    """What in the stream is not as the law says: every fact behind a position, once, in order, and nothing else."""
    messages, facts = await told(connection, channel), stored(place, after)
    found = []
    if [(int(one.event["sequence"]), one.event["id"], one.event["type"]) for one in messages] != facts:
        found.append(f"{len(messages)} messages, {len(facts)} facts, or others, or in another order")
    if any(one.sequence != int(one.event["sequence"]) for one in messages):
        found.append("a sequence is no position")
    if any(one.headers["Nats-Msg-Id"] != one.event["id"] for one in messages):
        found.append("a message has another id than its fact")
    if {one.event["epoch"] for one in messages} - {ending(place)[1]}:
        found.append("a message is of another epoch")
    return found


async def agreed(place: Place, connection: Connection, channel: Channel) -> list[str]:
    """The last complaints, after waiting for there to be none."""
    found: list[str] = []

    async def none() -> bool:
        try:
            found[:] = await complaints(place, connection, channel)
        except (KeyError, NotFoundError, nats.errors.Error) as error:  # it is just made anew
            found[:] = [repr(error)]
        return not found

    with suppress(AssertionError):
        await until("stream and log agree", none)
    return found


async def until(what: str, true: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        await asyncio.sleep(TICK_SECONDS)


async def published(place: Place, connection: Connection, channel: Channel) -> None:
    """Wait until the stream has everything that is in the log now."""
    end = head(place)

    async def has_it() -> bool:
        try:
            return (await connection.jetstream().stream_info(channel.stream)).state.last_seq >= end
        except (NotFoundError, nats.errors.Error):
            return False

    await until(f"the stream reaches {end}", has_it)
