"""A caller's side: send a command or a question, wait for its answer, repeat it until there is one."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any

import nats.errors
import orjson
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from pydantic import BaseModel

from adapters.nats.connection import connect
from adapters.nats.prefix import COMMANDS, FILES, QUESTIONS
from commands.command import Command
from commands.reckoning import Reckoning
from projections.question import Question

ATTEMPT_SECONDS = 5.0
PAUSE_SECONDS = 0.1
TOO_LATE = frozenset({"DeadlinePassed", "OutOfTime"})
"""Asked again, it would be too late again."""


class Answered(BaseModel, frozen=True):
    """An accepted command: the thing, its version, the position to wait for, and whether it was done before."""

    id: str
    version: int
    position: str
    repeated: bool


class Declined(Exception):
    """The service said no, with a status, a code, a sentence, and the id of what stands in the way, if it tells."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.status, self.code, self.title = int(body["status"]), str(body["code"]), str(body["title"])
        self.errors: list[dict[str, str]] = body.get("errors", [])
        self.about = str(body.get("about", ""))
        because = f" ({self.about})" if self.about else ""
        super().__init__(f"{self.status} {self.code}: {self.title}{because}")


class NoAnswer(Exception):
    """Nobody answered in time; whether the command was done is not known. Ask again with the same id."""


def new_command_id() -> str:
    """A UUID version 7: its time lets the service forget the answer one day."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    number = (number & ~(0xF << 76)) | (7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=number))


@dataclass(slots=True)
class Client:
    """`async with Client(url, "desk", "desk.nk") as desk: await desk.send(AssessTicket(...), actor=worker)`."""

    url: str
    caller: str
    seed_file: str
    patience_seconds: float = 60.0
    connection: Connection = field(default_factory=Connection)

    async def __aenter__(self) -> Client:
        self.connection = await connect(
            self.url, self.seed_file, name=f"kartoteka-{self.caller}", inbox=f"_INBOX.{self.caller}"
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()

    async def send(
        self,
        command: Command,
        *,
        actor: str,
        id: str | None = None,
        happened_at: datetime | None = None,
        expected_version: int | None = None,
    ) -> Answered:
        """The answer. Raises Declined for a refusal, NoAnswer when patience ends."""
        envelope: dict[str, Any] = {
            "id": id or new_command_id(),
            "actor": actor,
            "data": command.model_dump(mode="json"),
        }
        if happened_at is not None:
            envelope["happened_at"] = happened_at.isoformat()
        if expected_version is not None:
            envelope["expected_version"] = expected_version
        return Answered.model_validate(await self.ask(command.topic, orjson.dumps(envelope)))

    async def query(
        self,
        question: Question | Reckoning,
        *,
        actor: str,
        min_position: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: str | None = None,
    ) -> dict[str, Any]:
        """The answer: `row`, or `rows` with `next`. Raises Declined, NoAnswer when patience ends."""
        given: dict[str, Any] = {"min_position": min_position, "limit": limit, "cursor": cursor, "purpose": purpose}
        envelope: dict[str, Any] = {"actor": actor, "data": question.model_dump(mode="json")}
        envelope |= {name: value for name, value in given.items() if value is not None}
        return await self.inquire(type(question).name, orjson.dumps(envelope))

    async def ask(self, topic: str, payload: bytes) -> dict[str, Any]:
        """The body of the answer to a command given as bytes, its id inside; asked again while nobody can tell."""
        return await self._answered(COMMANDS, topic, payload)

    async def inquire(self, name: str, payload: bytes) -> dict[str, Any]:
        """The body of the answer to a question given as bytes."""
        return await self._answered(QUESTIONS, name, payload)

    async def convey(self, what: str, payload: bytes) -> bytes:
        """The answer to "put" or "get" with a part of a file, given as bytes."""
        return await self._reply(FILES, what, payload)

    async def _answered(self, prefix: str, topic: str, payload: bytes) -> dict[str, Any]:
        body: dict[str, Any] = orjson.loads(await self._reply(prefix, topic, payload))
        return body

    async def _reply(self, prefix: str, topic: str, payload: bytes) -> bytes:
        until = time.monotonic() + self.patience_seconds
        while True:
            reply = await self._once(f"{prefix}{self.caller}.{topic}", payload)
            if reply is not None:
                if not _declined(reply):
                    return reply.data
                body: dict[str, Any] = orjson.loads(reply.data)
                if body["status"] != 503 or body["code"] in TOO_LATE or time.monotonic() > until:
                    raise Declined(body)
            elif time.monotonic() > until:
                raise NoAnswer(topic)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _once(self, subject: str, payload: bytes) -> Msg | None:
        """One try. None where it is not known whether anybody heard it."""
        try:
            return await self.connection.request(subject, payload, timeout=ATTEMPT_SECONDS)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError, nats.errors.OutboundBufferLimitError):
            return None


def _declined(reply: Msg) -> bool:
    return reply.headers is not None and "Nats-Service-Error-Code" in reply.headers
