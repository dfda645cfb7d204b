"""The services protocol (ADR-32): who answers, to what, with which schema, and how it has been going."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection
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
from adapters.scope import Face
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


SUBJECTS = {
    Face.COMMANDS: f"{COMMAND_SUBJECTS}.<caller>.<noun>.<verb>",
    Face.QUESTIONS: f"{QUESTION_SUBJECTS}.<caller>.<question>",
    Face.FILES: f"{FILE_SUBJECTS}.<caller>.<put or get>",
}
FACES = ", ".join(SUBJECTS.values())
TOPICS = dict.fromkeys((*sorted(COMMANDS), *sorted(ASKED), *sorted(file_request.REQUESTS)))
"""Everything that can be asked of the service, as subjects end."""


BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""In seconds: what histograms of how long requests took tell apart."""


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
    codes: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Of what was refused, how often with which code."""
    spread: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(_nothing))
    """Of what was begun, how many took up to each of the bounds, and how many took longer than all."""

    def count(self, topic: str, seconds: float, code: str) -> None:
        known = topic if topic in TOPICS else "unknown"
        self.requests[known] += 1
        if seconds:
            self.seconds[known] += seconds
            self.spread[known][bisect_left(BOUNDS, seconds)] += 1
        if code:
            self.errors[known] += 1
            self.codes[known][code] += 1
            self.last_error[known] = code

    def add(self, other: Statistics) -> None:
        """What another has counted, as if it had come here."""
        self.dropped += other.dropped
        self.requests.update(other.requests)
        self.errors.update(other.errors)
        self.last_error |= other.last_error
        for topic, codes in other.codes.items():
            self.codes[topic].update(codes)
        for topic, spread in other.spread.items():
            self.seconds[topic] += other.seconds[topic]
            self.spread[topic] = [*map(sum, zip(self.spread[topic], spread, strict=True))]


def _nothing() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


def answer(subject: str, statistics: Statistics, faces: Collection[Face]) -> bytes | None:
    """What a process with these faces answers to `$SRV.<verb>[.<name>[.<instance>]]`; None where another is meant."""
    _, verb, *whom = subject.split(".")
    if whom[:1] not in ([], [NAME]) or whom[1:] not in ([], [statistics.instance]):
        return None
    body: dict[str, Any] = {
        "name": NAME,
        "id": statistics.instance,
        "version": release(),
        "metadata": {
            "subject": FACES,
            "answers": ", ".join(SUBJECTS[face] for face in faces),
            "envelope": "see each endpoint's request_schema",
        },
    }
    match verb:
        case "PING":
            return orjson.dumps({"type": "io.nats.micro.v1.ping_response", **body})
        case "INFO":
            about = {
                "description": "Commands to the client card file, questions, and files",
                "endpoints": _endpoints(),
            }
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
