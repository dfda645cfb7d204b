"""Messages on their way to a stream, many at once, each taken only behind the one before it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

import orjson
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg

CHUNK = 64
"""Only the last of so many asks for an acknowledgement: it cannot be stored unless all before it are."""

UNDER_WAY = 16
"""Chunks that are not acknowledged yet; NATS itself keeps no more than 10,000 messages waiting."""

PATIENCE_SECONDS = 5.0
TICK_SECONDS = 0.1
EXPECTED = "Nats-Expected-Last-Sequence"


class NotStored(Exception):
    """The stream refused a message: somebody else has written to it, or it is not the one it was."""


class TooLarge(Exception):
    """NATS does not take messages of this size: raise its `max_payload`, for nothing is left out."""


class Unsure(Exception):
    """No acknowledgement came: what was sent may be stored or not, and only the stream can tell."""


class Message(NamedTuple):
    position: int
    subject: str
    id: str
    body: bytes


def framed(message: Message, before: str, reply: str) -> bytes:
    """The message in NATS's own words, with the position and the id that it must follow.

    The position alone would let it stand behind a message that somebody else has put there.
    """
    head = f"NATS/1.0\r\nNats-Msg-Id: {message.id}\r\n{EXPECTED}: {message.position - 1}\r\n"
    if before:
        head += f"Nats-Expected-Last-Msg-Id: {before}\r\n"
    head += "\r\n"
    sizes = f"{len(head)} {len(head) + len(message.body)}"
    return f"HPUB {message.subject} {reply} {sizes}\r\n{head}".encode() + message.body + b"\r\n"


class Pipeline:
    """`sent` and `acknowledged` are positions; nothing is known of what lies between them."""

    def __init__(self, connection: Connection, after: int) -> None:
        self._connection, self._inbox = connection, connection.new_inbox()
        self._asked: deque[tuple[int, float]] = deque()
        self._sent_id = self._wrong = ""
        self._heard = asyncio.Event()
        self.sent = self.acknowledged = after

    @classmethod
    async def behind(cls, connection: Connection, position: int) -> Pipeline:
        """A pipeline for what follows the message of this position."""
        made = cls(connection, position)
        await connection.subscribe(f"{made._inbox}.*", cb=made._answered)
        return made

    async def publish(self, messages: Iterable[Message]) -> None:
        """Send them, as soon as there is room. Raises NotStored, Unsure, TooLarge."""
        waiting = iter(messages)
        while chunk := list(islice(waiting, CHUNK)):
            await self._until(lambda: len(self._asked) < UNDER_WAY)
            sent = [self._framed(message) for message in chunk[:-1]]
            sent.append(self._framed(chunk[-1], f"{self._inbox}.{chunk[-1].position}"))
            if max(map(len, sent)) > self._connection.max_payload:
                raise TooLarge(f"one of the facts {chunk[0].position} to {self.sent}")
            self._asked.append((self.sent, time.monotonic()))
            await self._write(b"".join(sent))

    async def settled(self) -> None:
        """Wait until all that was sent is acknowledged. Raises NotStored, Unsure."""
        await self._until(lambda: not self._asked)

    def check(self) -> None:
        """Raises NotStored or Unsure where something went wrong since the last look."""
        if self._wrong:
            raise NotStored(self._wrong)
        if not self._connection.is_connected:
            raise Unsure("the connection is gone")
        if self._asked and time.monotonic() > self._asked[0][1] + PATIENCE_SECONDS:
            raise Unsure(f"no acknowledgement within {PATIENCE_SECONDS:.0f} s")

    def _framed(self, message: Message, reply: str = "") -> bytes:
        before, self.sent, self._sent_id = self._sent_id, message.position, message.id
        return framed(message, before, reply)

    async def _until(self, true: Callable[[], bool]) -> None:
        self.check()
        while not true():
            self._heard.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), TICK_SECONDS)
            self.check()

    async def _write(self, data: bytes) -> None:
        # nats-py's own publish would check and flush each message by itself, and take as long as all the rest together.
        await self._connection._send_command(data)
        await self._connection._flush_pending()
        await asyncio.sleep(0)

    async def _answered(self, message: Msg) -> None:
        position = int(message.subject.rpartition(".")[2])
        answer = orjson.loads(message.data) if message.data else {}
        if answer.get("seq") == position and not answer.get("duplicate"):
            self.acknowledged = position
            while self._asked and self._asked[0][0] <= position:
                self._asked.popleft()
        elif not self._wrong:
            self._wrong = answer.get("error", {}).get("description", "") or f"not stored as {position}: {answer}"
        self._heard.set()
