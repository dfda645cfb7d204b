"""What an operator asks of NATS: bounded in count and time, and told aloud what the credentials do not permit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import nats.errors
import nats.js.errors
import orjson
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from adapters.nats.connection import Lasting, Unreachable, reached
from adapters.shown_url import shown_url


class NotPermitted(Exception):
    """The credentials do not reach this far."""


class NotAnswered(Exception):
    """NATS has no answer to this."""


class Heard(NamedTuple):
    """A message and after how many seconds it came."""

    subject: str
    data: bytes
    headers: dict[str, str]
    seconds: float


@dataclass(slots=True)
class Visit:
    """A connection for one question; it does not come back when it breaks."""

    caller: str
    connection: Connection = field(default_factory=Lasting)
    complaints: list[str] = field(default_factory=list)

    async def server(self) -> dict[str, Any]:
        """What the server says of itself, and how long a word takes there and back."""
        began = time.monotonic()
        await self.connection.flush()
        milliseconds = (time.monotonic() - began) * 1000
        told = self.connection._server_info
        names = ("server_name", "server_id", "version", "max_payload", "jetstream")
        return {name: told.get(name) for name in names} | {"round_trip_milliseconds": round(milliseconds, 3)}

    async def ask_all(self, subject: str, timeout_seconds: float, count: int | None = None) -> list[Heard]:
        """Every answer to a question that goes to everybody."""
        inbox = self.connection.new_inbox()
        heard = self.listen(inbox, timeout_seconds, count)
        first = asyncio.ensure_future(anext(heard, None))
        await asyncio.sleep(0)
        await self.publish(subject, b"", reply=inbox)
        answer = await first
        return [] if answer is None else [answer, *[one async for one in heard]]

    async def publish(self, subject: str, data: bytes, *, reply: str = "") -> None:
        """Publish, and wait until the server took it. Raises NotPermitted."""
        await self.connection.publish(subject, data, reply=reply)
        await self._settle()

    async def listen(self, subject: str, timeout_seconds: float, count: int | None = None) -> AsyncIterator[Heard]:
        """What comes in on a subject, until the time or the count is up. Raises NotPermitted."""
        queue: asyncio.Queue[Msg] = asyncio.Queue()
        began = time.monotonic()
        subscription = await self.connection.subscribe(subject, cb=queue.put)
        await self._settle()
        left = count
        while left is None or left > 0:
            try:
                message = await asyncio.wait_for(queue.get(), began + timeout_seconds - time.monotonic())
            except TimeoutError:
                break
            yield Heard(message.subject, message.data, dict(message.headers or {}), time.monotonic() - began)
            left = None if left is None else left - 1
        await subscription.unsubscribe()

    async def streams(self) -> list[dict[str, Any]]:
        """Every stream with what it holds."""
        found = await self.connection.jetstream().streams_info()
        return [
            {
                "stream": one.config.name,
                "subjects": kept(one.config),
                "messages": one.state.messages,
                "bytes": one.state.bytes,
                "first": one.state.first_seq,
                "last": one.state.last_seq,
                "consumers": one.state.consumer_count,
            }
            for one in found
        ]

    async def consumers(self, stream: str) -> list[dict[str, Any]]:
        """Every consumer of a stream with how far it has come."""
        found = await self.connection.jetstream().consumers_info(stream)
        return [
            {
                "stream": stream,
                "consumer": one.name,
                "delivered": one.delivered.stream_seq if one.delivered else 0,
                "acknowledged": one.ack_floor.stream_seq if one.ack_floor else 0,
                "unacknowledged": one.num_ack_pending,
                "waiting": one.num_pending,
            }
            for one in found
        ]

    async def _settle(self) -> None:
        """The server answers in order: what it complains of stands before its pong."""
        # Twice: nats-py's ping may overtake what still waits to be written, and only the second surely follows it.
        await self.connection.flush()
        await self.connection.flush()
        if self.complaints:
            raise NotPermitted(f"{self.caller}: {self.complaints[0]}")


@asynccontextmanager
async def visiting(url: str, caller: str, seed_file: str) -> AsyncIterator[Visit]:
    """A visit under the caller's credentials. Raises Unreachable."""
    visit = Visit(caller)

    async def complain(error: Exception) -> None:
        visit.complaints.append(str(error).removeprefix("nats: "))

    connect = visit.connection.connect(
        **reached(url),
        nkeys_seed=seed_file,
        name=f"kartoteka-{caller}-visit",
        inbox_prefix=f"_INBOX.{caller}".encode(),
        allow_reconnect=False,
        error_cb=complain,
        connect_timeout=5,
    )
    try:
        await connect
    except (nats.errors.Error, OSError) as error:
        raise Unreachable(f"{shown_url(url)}, as {caller}: {error}") from error
    try:
        yield visit
    except (nats.errors.TimeoutError, nats.js.errors.APIError) as error:
        if visit.complaints:
            raise NotPermitted(f"{caller}: {visit.complaints[0]}") from error
        raise NotAnswered(str(error)) from error
    finally:
        await visit.connection.close()


def kept(config: StreamConfig) -> list[str]:
    """The subjects under which a stream keeps its messages; where it takes them is a secret of those who send them."""
    return [config.subject_transform.dest] if config.subject_transform else config.subjects or []


def decoded(data: bytes) -> Any:
    """The JSON in a message, or its text."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.decode(errors="replace")
