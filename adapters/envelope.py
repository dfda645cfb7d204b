"""The envelope of a command: one published schema per command, one strict pass from bytes to a request."""

from __future__ import annotations

import hashlib
import os
import uuid
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from adapters.problem import Problem, problem
from adapters.shape import malformed, read_as
from adapters.traceparent import kept
from commands.catalogue import COMMANDS
from commands.command import Command
from commands.request import Request
from domain.values import Instant, SubjectId, WorkerId

NAMES = uuid.UUID("6f1b7f52-6a0f-5d0e-9a53-3d7c8c6f4e21").bytes
"""The namespace of the ids that follow from a caller and a command id."""

KEPT_DAYS = 30
AHEAD = timedelta(seconds=60)

CommandId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
Trace = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


class Envelope(BaseModel):
    """What every command carries beside its own data."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: Annotated[
        CommandId,
        Field(
            description="The command's UUID: asking again with it gives the same answer and does nothing twice. "
            "The answer to a version 7 is remembered for 30 days, to any other version for good."
        ),
    ]
    actor: Annotated[WorkerId, Field(description="The worker for whom the caller acts; their rights decide.")]
    happened_at: Annotated[
        Instant | None, Field(description="When it happened, with offset; default: when the service got it.")
    ] = None
    expected_version: Annotated[
        int | None, Field(ge=0, le=2**53, description="Refuse with 409 unless the thing is at this version.")
    ] = None
    deadline_ms: Annotated[
        int | None, Field(ge=1, le=600_000, description="Do not begin later than this after receipt.")
    ] = None
    correlation: Annotated[Trace | None, Field(description="The conversation this belongs to.")] = None
    causation: Annotated[Trace | None, Field(description="The message that led to this one.")] = None


@lru_cache(maxsize=None)
def envelope_of(command: type[Command]) -> type[Envelope]:
    """The envelope's model for one command."""
    return create_model(f"{command.__name__}Request", __base__=Envelope, data=(command, ...))


def read(
    topic: str,
    caller: str,
    payload: bytes,
    received_at: datetime,
    secret: bytes,
    real_time: datetime | None = None,
    traceparent: str = "",
) -> tuple[Request, int | None] | Problem:
    """The request in a message, with its deadline in ms; or the problem with it.

    `real_time` is the receipt by the clocks that ids are made by, where it is another: those nobody moves.
    """
    command = COMMANDS.get(topic)
    if command is None:
        return problem("CommandUnknown")
    envelope = read_as(envelope_of(command), payload)
    if isinstance(envelope, Problem):
        return envelope
    if (age := _age(envelope.id, real_time or received_at)) is not None:
        if age > timedelta(days=KEPT_DAYS):
            return problem("CommandIdExpired")
        if age < -AHEAD:
            return malformed("id", "its time is in the future")
    return _request(caller, envelope, received_at, secret, traceparent), envelope.deadline_ms


def _request(caller: str, envelope: Any, received_at: datetime, secret: bytes, traceparent: str) -> Request:
    correlation, causation = kept(traceparent, envelope.correlation, envelope.causation)
    return Request(
        caller=caller,
        id=envelope.id,
        fingerprint=_fingerprint(envelope, secret),
        actor=envelope.actor,
        command=envelope.data,
        received_at=received_at,
        new_id=thing_id(caller, envelope.id),
        new_subject=SubjectId(os.urandom(16).hex()),
        happened_at=envelope.happened_at,
        expected_version=envelope.expected_version,
        correlation=correlation or envelope.id,
        causation=causation or "",
    )


def thing_id(caller: str, command_id: str) -> str:
    """The id of what a command makes (a UUID version 5): chosen by neither side, and the same at every repetition."""
    digest = hashlib.sha1(NAMES + f"{caller}/{command_id}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _fingerprint(envelope: Any, secret: bytes) -> bytes:
    """Keyed, because it stays in the command log: without the key nobody can try out what was said."""
    data = envelope.data
    digest = hashlib.blake2b(data.__pydantic_serializer__.to_json(data), key=secret, digest_size=16)
    digest.update(f"\n{data.topic}\n{envelope.actor}\n{envelope.happened_at}\n{envelope.expected_version}".encode())
    return digest.digest()


def _age(id: str, now: datetime) -> timedelta | None:
    """How long ago a version 7 was made; other versions tell no time."""
    if id[14] != "7":
        return None
    milliseconds = int(id[:8] + id[9:13], 16)
    return now - datetime.fromtimestamp(0, timezone.utc) - timedelta(milliseconds=milliseconds)
