"""The services protocol (ADR-32): who answers, to what, with which schema, and how it has been going."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson
from pydantic import BaseModel, Field

from adapters import file_request, inquiry
from adapters.envelope import envelope_of
from adapters.inquiry import ASKED
from commands.catalogue import COMMANDS
from commands.command import Command

NAME = "kartoteka"
COMMAND_SUBJECTS, QUESTION_SUBJECTS, FILE_SUBJECTS = "kartoteka.v1.cmd", "kartoteka.v1.qry", "kartoteka.v1.fil"


class Reply(BaseModel):
    """The answer to an accepted command."""

    id: str = Field(description="The thing the command was about, or made.")
    version: int = Field(description="The version of that thing; give it as expected_version to change just this one.")
    position: str = Field(description="An opaque token of the position in the log; a query can wait for it.")
    repeated: bool = Field(description="Whether the command id was known, and this is the first answer again.")


FACES = (
    f"{COMMAND_SUBJECTS}.<caller>.<noun>.<verb>, {QUESTION_SUBJECTS}.<caller>.<question>, "
    f"{FILE_SUBJECTS}.<caller>.<put or get>"
)
TOPICS = dict.fromkeys((*sorted(COMMANDS), *sorted(ASKED), *sorted(file_request.REQUESTS)))
"""Everything that can be asked of the service, as subjects end."""


def release() -> str:
    """The version of the service."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0.0.0"


@dataclass(slots=True)
class Statistics:
    """Counts for operators, by command and question; nothing in them names a worker or a contact."""

    instance: str
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    requests: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    last_error: dict[str, str] = field(default_factory=dict)
    dropped: int = 0

    def count(self, topic: str, seconds: float, code: str) -> None:
        known = topic if topic in TOPICS else "unknown"
        self.requests[known] += 1
        self.seconds[known] += seconds
        if code:
            self.errors[known] += 1
            self.last_error[known] = code


def answer(subject: str, statistics: Statistics) -> bytes | None:
    """The answer to `$SRV.<verb>[.<name>[.<instance>]]`; None where somebody else is meant."""
    _, verb, *whom = subject.split(".")
    if whom[:1] not in ([], [NAME]) or whom[1:] not in ([], [statistics.instance]):
        return None
    body: dict[str, Any] = {
        "name": NAME,
        "id": statistics.instance,
        "version": release(),
        "metadata": {
            "subject": FACES,
            "envelope": "see each endpoint's request_schema",
        },
    }
    match verb:
        case "PING":
            return orjson.dumps({"type": "io.nats.micro.v1.ping_response", **body})
        case "INFO":
            about = {"description": "Commands to the client card file, questions, and files", "endpoints": _endpoints()}
            return orjson.dumps({"type": "io.nats.micro.v1.info_response", **body, **about})
        case "STATS":
            about = {"started": statistics.started.isoformat(), "endpoints": _figures(statistics)}
            return orjson.dumps({"type": "io.nats.micro.v1.stats_response", **body, **about})
        case _:
            return None


def tells_schemas(subject: str) -> bool:
    """Whether the answer to `$SRV.<verb>…` has the schemas of everything."""
    return subject.split(".")[1] == "INFO"


def prepare() -> None:
    """Have the schemas of everything at hand: to make them takes a second."""
    _endpoints()


@lru_cache(maxsize=1)
def _endpoints() -> list[dict[str, Any]]:
    reply = Reply.model_json_schema()
    commands = [
        _endpoint(topic, command, request_schema(command), reply) for topic, command in sorted(COMMANDS.items())
    ]
    questions = [
        _endpoint(
            name,
            question,
            inquiry.envelope_of(question).model_json_schema(),
            inquiry.reply_of(question).model_json_schema(mode="serialization"),
        )
        for name, question in sorted(ASKED.items())
    ]
    files = [
        _endpoint(what, asked, asked.model_json_schema(), file_request.ANSWERS[what].model_json_schema())
        for what, asked in sorted(file_request.REQUESTS.items())
    ]
    return commands + questions + files


def _endpoint(topic: str, kind: type[BaseModel], asked: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    metadata = {
        "description": (kind.__doc__ or "").partition("\n")[0],
        "request_schema": orjson.dumps(asked).decode(),
        "response_schema": orjson.dumps(answered).decode(),
    }
    return {**_called(topic), "metadata": metadata}


def _called(topic: str) -> dict[str, str]:
    if topic in file_request.REQUESTS:
        return {"name": f"file-{topic}", "subject": f"{FILE_SUBJECTS}.*.{topic}", "queue_group": NAME}
    subjects = QUESTION_SUBJECTS if topic in ASKED else COMMAND_SUBJECTS
    return {"name": topic.replace(".", "-"), "subject": f"{subjects}.*.{topic}", "queue_group": NAME}


def request_schema(command: type[Command]) -> dict[str, Any]:
    """The JSON schema of a command in its envelope."""
    return envelope_of(command).model_json_schema()


def _figures(statistics: Statistics) -> list[dict[str, Any]]:
    seldom = ["unknown"] if statistics.requests["unknown"] else []
    return [
        {
            **_called(topic),
            "num_requests": statistics.requests[topic],
            "num_errors": statistics.errors[topic],
            "last_error": statistics.last_error.get(topic, ""),
            "processing_time": int(statistics.seconds[topic] * 1e9),
            "average_processing_time": int(statistics.seconds[topic] * 1e9 / max(statistics.requests[topic], 1)),
        }
        for topic in [*TOPICS, *seldom]
    ]
