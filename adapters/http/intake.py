"""What comes in over HTTP: bodies of one kind, no larger and no slower than is allowed."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import orjson
from starlette.requests import Request

from adapters.credentials.caller import WEB, Caller
from adapters.http.accept import BYTES, JSON
from adapters.problem import Problem, problem
from adapters.shape import MAX_BYTES

BODY_SECONDS = 10.0
"""Within which a body must be there."""


class Bounds(NamedTuple):
    """How large a body may be, and how long it may take to come."""

    most: int
    seconds: float


SMALL = Bounds(16 * 1024, 3.0)
"""Of a body of nobody known: a login and a password as long as they may be."""

MOST = {JSON: (MAX_BYTES, "TooLarge"), BYTES: (600 * 1024, "PartTooLarge")}
"""How large a body may be, and what a larger one is refused with."""


async def body_of(request: Request, media_type: str, bounds: Bounds | None = None) -> bytes | Problem:
    """The body, or what is wrong with it. Raises ClientDisconnect where nobody is there any more."""
    most, larger = MOST[media_type]
    most, seconds = bounds or Bounds(most, BODY_SECONDS)
    if _kind(request) != media_type or request.headers.get("content-encoding", "identity") != "identity":
        return problem("MediaTypeUnknown")
    if int(request.headers.get("content-length", 0)) > most:
        return problem(larger)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    return problem(larger)
    except TimeoutError:
        return problem("TooSlow")
    return bytes(body)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def acting(who: Caller | None, payload: bytes, *, within: bytes | None = None) -> bytes:
    """The request as the caller means it: who is signed in may leave out that it is they who ask.

    `within` is what ends the line that says so, where more follows.
    """
    if who is None or who.name != WEB:
        return payload
    line = payload if within is None else payload.partition(within)[0]
    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError:
        return payload
    if not isinstance(asked, dict) or "actor" in asked:
        return payload
    # Set in rather than written anew, so that all else is judged as it came.
    said, opened = b'"actor":"%s"' % who.actors[0].encode(), payload.index(b"{") + 1
    return payload[:opened] + said + (b"," if asked else b"") + payload[opened:]
