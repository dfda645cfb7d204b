"""What comes and goes with a part of a file: one line of JSON that says which, then its bytes as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from adapters.envelope import CommandId
from adapters.problem import Problem
from adapters.shape import read_as
from domain.clients.paper import MediaType
from domain.values import ContactId, FileId, WorkerId
from projections.looking import Aim

PART_BYTES = 512 * 1024
END = b"\n"
NUMBER = Field(ge=1, le=2**20, description="Which part it is, counted from 1.")
ACTOR = Field(description="The worker for whom the caller acts; their rights decide.")


class Message(BaseModel):
    """A first line."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class PutPart(Message):
    """Put a part of a file that is to lie with a contact, its bytes behind the first line: 512 KiB but for the last."""

    id: Annotated[CommandId, Field(description="A UUID of the caller's for the file, the same with each of its parts.")]
    actor: Annotated[WorkerId, ACTOR]
    contact: ContactId
    part: Annotated[int, NUMBER]
    last: Annotated[bool, Field(description="Whether the file ends with this part.")]


class GetPart(Message):
    """Get a part of a file that lies with a contact, its bytes behind the first line of the answer."""

    actor: Annotated[WorkerId, ACTOR]
    contact: ContactId
    file: FileId
    part: Annotated[int, NUMBER]
    purpose: Annotated[
        Aim | None, Field(description="For what the file is taken out; that it is, is recorded as exported.")
    ] = None


class PartPut(Message):
    """What of the file is there now. It is whole, and may be attached, as soon as `digest` says what it is."""

    file: Annotated[FileId, Field(description="The file's id, which `contact.attach-file` takes.")]
    missing: Annotated[int | None, Field(description="The first part that is not there yet; go on with it.")]
    size_bytes: Annotated[int | None, Field(description="The size of the content, once it is whole.")]
    digest: Annotated[str | None, Field(description="The digest of what is stored, once it is whole.")]
    repeated: Annotated[bool, Field(description="Whether this very part was there already.")]


class PartGot(Message):
    """The first line before the bytes of a part: how many parts there are, and what the file is."""

    file: FileId
    part: Annotated[int, NUMBER]
    parts: int
    size_bytes: int
    media_type: MediaType


REQUESTS: Mapping[str, type[Message]] = {"put": PutPart, "get": GetPart}
ANSWERS: Mapping[str, type[Message]] = {"put": PartPut, "get": PartGot}


def read(topic: str, payload: bytes) -> tuple[Any, bytes] | Problem:
    """The first line, and the bytes behind it; or the problem with the line."""
    line, _, content = payload.partition(END)
    asked = read_as(REQUESTS[topic], line)
    return asked if isinstance(asked, Problem) else (asked, content)


def written(line: Mapping[str, Any], content: bytes = b"") -> bytes:
    """A line with the bytes behind it."""
    return orjson.dumps(line) + END + content


def opened(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """The line of an answer, and the bytes behind it."""
    line, _, content = answer.partition(END)
    return orjson.loads(line), content
