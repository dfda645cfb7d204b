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

from adapters.envelope import envelope_of
from commands.catalogue import COMMANDS
from commands.command import Command

NAME = "kartoteka"
SUBJECTS = "kartoteka.v1.cmd"


class Reply(BaseModel):
    """The answer to an accepted command."""

    id: str = Field(description="The thing the command was about, or made.")
    version: int = Field(description="The version of that thing; give it as expected_version to change just this one.")
    position: str = Field(description="An opaque token of the position in the log; a query can wait for it.")
    repeated: bool = Field(description="Whether the command id was known, and this is the first answer again.")


def release() -> str:
    """The version of the service."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0.0.0"


@dataclass(slots=True)
class Statistics:
    """Counts for operators, by command; nothing in them names a worker or a contact."""

    instance: str
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    requests: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    last_error: dict[str, str] = field(default_factory=dict)
    dropped: int = 0

    def count(self, topic: str, seconds: float, code: str) -> None:
        known = topic if topic in COMMANDS else "unknown"
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
        "metadata": {"subject": f"{SUBJECTS}.<caller>.<noun>.<verb>", "envelope": "see each endpoint's request_schema"},
    }
    match verb:
        case "PING":
            return orjson.dumps({"type": "io.nats.micro.v1.ping_response", **body})
        case "INFO":
            about = {"description": "Commands of the client card file", "endpoints": _endpoints()}
            return orjson.dumps({"type": "io.nats.micro.v1.info_response", **body, **about})
        case "STATS":
            about = {"started": statistics.started.isoformat(), "endpoints": _figures(statistics)}
            return orjson.dumps({"type": "io.nats.micro.v1.stats_response", **body, **about})
        case _:
            return None


@lru_cache(maxsize=1)
def _endpoints() -> list[dict[str, Any]]:
    reply = orjson.dumps(Reply.model_json_schema()).decode()
    return [
        {
            "name": topic.replace(".", "-"),
            "subject": f"{SUBJECTS}.*.{topic}",
            "queue_group": NAME,
            "metadata": {
                "description": (command.__doc__ or "").partition("\n")[0],
                "request_schema": orjson.dumps(request_schema(command)).decode(),
                "response_schema": reply,
            },
        }
        for topic, command in sorted(COMMANDS.items())
    ]


def request_schema(command: type[Command]) -> dict[str, Any]:
    """The JSON schema of a command in its envelope."""
    return envelope_of(command).model_json_schema()


def _figures(statistics: Statistics) -> list[dict[str, Any]]:
    return [
        {
            "name": topic.replace(".", "-"),
            "subject": f"{SUBJECTS}.*.{topic}",
            "queue_group": NAME,
            "num_requests": statistics.requests[topic],
            "num_errors": statistics.errors[topic],
            "last_error": statistics.last_error.get(topic, ""),
            "processing_time": int(statistics.seconds[topic] * 1e9),
            "average_processing_time": int(statistics.seconds[topic] * 1e9 / max(statistics.requests[topic], 1)),
        }
        for topic in [*sorted(COMMANDS), "unknown"]
        if topic in COMMANDS or statistics.requests[topic]
    ]
