"""What goes out over HTTP: the same bodies and problems as over NATS, under statuses and headers of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import NamedTuple

import orjson
from starlette.responses import Response

from adapters.answering import reception
from adapters.answering.reception import Visitor
from adapters.credentials.caller import Caller
from adapters.http.accept import JSON, PROBLEM_JSON
from adapters.problem import Problem

USUAL_RETRY_SECONDS = 5
"""After how long to ask again where nothing better is known."""

Take = Callable[[Visitor, bytes], Awaitable[None]]


class Awaited:
    """An answer that its asker waits for."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        self.told: asyncio.Future[bytes | Problem] = asyncio.get_running_loop().create_future()

    async def answer(self, body: bytes) -> None:
        self._tell(body)

    async def refuse(self, found: Problem) -> None:
        self._tell(found)

    def _tell(self, what: bytes | Problem) -> None:
        # Whoever went away has cancelled it; what was asked for is done all the same.
        if not self.told.done():
            self.told.set_result(what)


async def answered(
    take: Take, who: Caller, topic: str, payload: bytes, traceparent: str, shown: reception.Shown | None = None
) -> bytes | Problem:
    """What the service says to the request."""
    reply = Awaited()
    await take(Visitor(who.name, topic, who, reply, traceparent, shown), payload)
    return await reply.told


def told(body: bytes, media_type: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    """An answer."""
    return Response(body, 200, headers, media_type)


def refused(found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem."""
    return Response(found.body(), found.status, {**_about(found), **(headers or {})}, PROBLEM_JSON)


def _about(found: Problem) -> dict[str, str]:
    """What clients of HTTP look for in headers."""
    if found.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if found.retry_after_ms is not None:
        seconds = -(-found.retry_after_ms // 1000)
        return {"Retry-After": str(max(seconds, 1)), "Retry-After-Ms": str(found.retry_after_ms)}
    return {"Retry-After": str(USUAL_RETRY_SECONDS)} if found.status in (429, 503) else {}


class Shown(NamedTuple):
    """What an answer to a question tells beside its rows, and a tag that is the same as long as it shows the same."""

    position: str
    next: str | None
    tag: str

    @classmethod
    def of(cls, body: bytes, key: bytes) -> Shown:
        """Keyed: a tag is logged where the answer is not, and nobody should be able to try out what it was.

        It does not depend on when the answer was given: the position, the instant, and the cursor, which holds it.
        """
        # The rows come first, and no text in JSON holds a quotation mark that is not escaped.
        rows, _, rest = body.rpartition(b',"position":')
        about = orjson.loads(b'{"position":' + rest)
        digest = blake2b(rows, key=key[:64], digest_size=16)
        digest.update(f"\n{about.get('next') is None}\n{about.get('count')}".encode())
        return cls(about["position"], about.get("next"), f'W/"{digest.hexdigest()}"')


def held(tag: str, conditions: list[str]) -> bool:
    """Whether the asker has it already, by what stands in If-None-Match."""
    given = [each.strip() for one in conditions for each in one.split(",")]
    return "*" in given or tag.removeprefix("W/") in (each.removeprefix("W/") for each in given)
