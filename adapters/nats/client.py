"""A caller's side: send a command or a question, wait for its answer, repeat it until there is one."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import Any, NamedTuple

import nats.errors
import orjson
from nats.aio.msg import Msg
from pydantic import BaseModel

from adapters.declined import Declined as Declined  # which whoever has a client catches
from adapters.declined import declined, not_given
from adapters.nats.connection import Denied, Lasting, connect
from adapters.nats.prefix import COMMANDS, FILES, QUESTIONS
from adapters.quarantine import CODE as IN_QUARANTINE
from adapters.telemetry import tracing
from commands.command import Command
from commands.reckoning import Reckoning
from projections.question import Question

ATTEMPT_SECONDS = 5.0
PAUSE_SECONDS = 0.1
LEAST_SECONDS = 0.001
TOO_LATE = frozenset({"DeadlinePassed", "OutOfTime"})
"""Asked again, it would be too late again."""

NOT_SOON = TOO_LATE | {IN_QUARANTINE}
"""To ask again and again would come to nothing."""

NOT_NOW = frozenset({429, 503})

UNSURE = "Unavailable"
"""Said of a command this leaves open whether it was done, as silence does."""

AT_THE_DOOR = frozenset({"CallerUnknown", "ScopeMissing", "ActorNotAllowed"})
"""Said before anybody looks whether the command was done already."""

LONGEST_MS = {COMMANDS: 600_000, QUESTIONS: 60_000}
"""The longest deadline that the service takes."""

WAY_BACK_SECONDS = 0.25
"""Of the time that is left so much is kept for the answer's way, or a tenth, if that is less."""


class Answered(BaseModel, frozen=True):
    """An accepted command: the thing, its version, the position to wait for, and whether it was done before."""

    id: str
    version: int
    position: str
    repeated: bool


class NoAnswer(Exception):
    """Nobody answered in time; whether the command was done is not known. Ask again with the same id."""

    def __init__(self, topic: str, id: str = "") -> None:
        self.topic, self.id = topic, id
        unknown = f"; whether it was done is not known: ask again with the id {id}" if id else ""
        super().__init__(f"nobody answered {topic} in time{unknown}")


def new_command_id() -> str:
    """A UUID version 7: its time lets the service forget the answer one day."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    number = (number & ~(0xF << 76)) | (7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=number))


class Silence(Enum):
    """No answer: there was nobody to hear it, or nobody knows."""

    NOBODY = "nobody"
    UNKNOWN = "unknown"


class Errand(NamedTuple):
    """What is asked for, until when: an envelope, whose deadline is then what is left; or bytes, as they are."""

    prefix: str
    topic: str
    envelope: dict[str, Any]
    payload: bytes = b""
    until: float | None = None
    """By the monotonic clock; None where the service is told of no deadline."""

    @property
    def id(self) -> str:
        return str(self.envelope.get("id", ""))

    def written(self) -> bytes:
        """The bytes of the next try."""
        if self.until is None:
            return self.payload or orjson.dumps(self.envelope)
        left = self.until - time.monotonic()
        left_ms = int(1000 * (left - min(left / 10, WAY_BACK_SECONDS)))
        return orjson.dumps(self.envelope | {"deadline_ms": max(1, min(left_ms, LONGEST_MS[self.prefix]))})

    def attempt_seconds(self) -> float:
        """How long the next try may take. Only a command is tried anew before its deadline: that costs nothing."""
        if self.until is None:
            return ATTEMPT_SECONDS
        left = max(self.until - time.monotonic(), LEAST_SECONDS)
        return min(left, ATTEMPT_SECONDS) if self.prefix == COMMANDS else left


@dataclass(slots=True)
class Client:
    """`async with Client(url, "desk", "desk.nk") as desk: await desk.send(AssessTicket(...), actor=worker)`."""

    url: str
    caller: str
    seed_file: str
    patience_seconds: float = 60.0
    """How long to ask again where no deadline is given; with 0 there is one try, of the usual length."""
    connection: Lasting = field(default_factory=Lasting)

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
        deadline_ms: int | None = None,
        correlation: str | None = None,
        causation: str | None = None,
    ) -> Answered:
        """The answer. Raises Declined for a refusal, NoAnswer when the deadline, or else patience, ends.

        Whatever happens, it is done once at most; `deadline_ms` is told to the service, each time what is left.
        """
        given: dict[str, Any] = {
            "happened_at": None if happened_at is None else happened_at.isoformat(),
            "expected_version": expected_version,
            "correlation": correlation,
            "causation": causation,
        }
        envelope = {"id": id or new_command_id(), "actor": actor, "data": command.model_dump(mode="json")}
        envelope |= {name: value for name, value in given.items() if value is not None}
        errand = Errand(COMMANDS, command.topic, envelope, until=_until(deadline_ms))
        return Answered.model_validate_json(await self._reply(errand))

    async def query(
        self,
        question: Question | Reckoning[Any],
        *,
        actor: str,
        min_position: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: str | None = None,
    ) -> dict[str, Any]:
        """The answer: `row`, or `rows` with `next`. Raises Declined, NoAnswer when patience ends."""
        given = {"min_position": min_position, "limit": limit, "cursor": cursor, "purpose": purpose}
        body: dict[str, Any] = orjson.loads(await self.answer(question, actor=actor, given=given))
        return body

    async def answer(
        self,
        question: Question | Reckoning[Any],
        *,
        actor: str,
        given: Mapping[str, Any],
        deadline_ms: int | None = None,
    ) -> bytes:
        """The answer as it came; what is `given` goes into the envelope, where it is not None."""
        envelope: dict[str, Any] = {"actor": actor, "data": question.model_dump(mode="json")}
        envelope |= {name: value for name, value in given.items() if value is not None}
        return await self._reply(Errand(QUESTIONS, type(question).name, envelope, until=_until(deadline_ms)))

    async def ask(self, topic: str, payload: bytes) -> dict[str, Any]:
        """The body of the answer to a command given as bytes, its id inside; asked again while nobody can tell."""
        body: dict[str, Any] = orjson.loads(await self._reply(Errand(COMMANDS, topic, {}, payload)))
        return body

    async def inquire(self, name: str, payload: bytes) -> dict[str, Any]:
        """The body of the answer to a question given as bytes."""
        body: dict[str, Any] = orjson.loads(await self._reply(Errand(QUESTIONS, name, {}, payload)))
        return body

    async def convey(self, what: str, payload: bytes) -> bytes:
        """The answer to "put" or "get" with a part of a file, given as bytes."""
        return await self._reply(Errand(FILES, what, {}, payload))

    async def _reply(self, errand: Errand) -> bytes:
        with tracing.span(f"ask {errand.topic}", kind=tracing.Kind.CLIENT):
            return await self._reply_in_time(errand)

    async def _reply_in_time(self, errand: Errand) -> bytes:
        """The answer's bytes. Raises Declined where it is a refusal, NoAnswer where nobody knows what came of it."""
        until = errand.until or time.monotonic() + self.patience_seconds
        unsure = False
        while True:
            reply, pause = await self._once(errand, until), PAUSE_SECONDS
            if isinstance(reply, bytes):
                return reply
            if isinstance(reply, Silence):
                unsure = unsure or reply is Silence.UNKNOWN
                if time.monotonic() > until:
                    raise NoAnswer(errand.topic, errand.id)
            else:
                unsure = unsure or reply.code == UNSURE
                not_now = reply.status in NOT_NOW
                if not not_now or reply.code in NOT_SOON or time.monotonic() > until:
                    if unsure and errand.id and (not_now or reply.code in AT_THE_DOOR):
                        raise NoAnswer(errand.topic, errand.id) from reply
                    raise reply
                pause = max(pause, (reply.retry_after_ms or 0) / 1000)
            await asyncio.sleep(pause)

    async def _once(self, errand: Errand, until: float) -> bytes | Declined | Silence:
        """What came of one try, which ends with patience at the latest."""
        subject, seconds = f"{errand.prefix}{self.caller}.{errand.topic}", errand.attempt_seconds()
        if self.patience_seconds:
            seconds = min(seconds, max(until - time.monotonic(), LEAST_SECONDS))
        asked = self.connection.request(subject, errand.written(), timeout=seconds, headers=tracing.headers())
        try:
            reply = await self.connection.unless_denied(subject, asked)
        except Denied:
            # Who tries once comes back by themselves, as our automata do: what they may is perhaps on its way.
            return not_given(errand.id) if self.patience_seconds else Silence.NOBODY
        except (nats.errors.NoRespondersError, nats.errors.OutboundBufferLimitError):
            return Silence.NOBODY
        except nats.errors.TimeoutError:
            return Silence.UNKNOWN
        return _declined(reply, errand.id) or reply.data


def _declined(reply: Msg, id: str) -> Declined | None:
    """The refusal that an answer is, if it is one."""
    if reply.headers is None or "Nats-Service-Error-Code" not in reply.headers:
        return None
    wait_ms = reply.headers.get("Retry-After-Ms")
    return declined(orjson.loads(reply.data), id, int(wait_ms) if wait_ms else None)


def _until(deadline_ms: int | None) -> float | None:
    return None if deadline_ms is None else time.monotonic() + deadline_ms / 1000
