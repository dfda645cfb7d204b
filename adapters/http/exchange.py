"""Round every request over HTTP: so many at a time, headers that all answers have, and nothing told of what broke."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.answering.commands import RETRY_AFTER_MS, report
from adapters.http.reply import refused
from adapters.http.tabular import Cut
from adapters.problem import Problem, problem, refusal
from adapters.traceparent import TRACEPARENT

AT_ONCE = 768
"""Requests under way, live answers among them."""

HEAD_BYTES = 32 * 1024
"""How large a request may be without its body."""

SEND_SECONDS = 30.0
"""How long somebody may not take what they asked for."""

PIECE_BYTES = 64 * 1024
"""How much of a body goes out at a time: the next piece waits until the one before is on its way."""

ALIVE = "/livez"
WATCHED = frozenset({ALIVE, "/readyz", "/metrics"})
"""What is asked most when there is most to do, by who would end a process that says nothing."""

NOWHERE = "(none)"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
FOR_LATER = "max-age=31536000"


class Exchange(NamedTuple):
    """One request that was answered: by which method, at which template of addresses, how, and for whom."""

    method: str
    route: str
    status: int
    seconds: float
    caller: str
    traceparent: str


Heard = Callable[[Exchange], None]


class Exchanges:
    """The outermost part of the application. `draining` once it only answers what is under way."""

    def __init__(
        self, app: ASGIApp, routes: Mapping[Any, str], heard: Iterable[Heard] = (), *, at_once: int = AT_ONCE
    ) -> None:
        self._app, self._routes, self._heard, self._at_once = app, routes, tuple(heard), at_once
        self._under_way = 0
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        scope.setdefault("state", {})
        began, answer = time.monotonic(), _Answer(send, secure=scope["scheme"] == "https")
        self._under_way += 1
        try:
            if (wrong := self._wrong(scope)) is None:
                await self._app(scope, receive, answer.send)
            else:
                await refused(wrong, {"Connection": "close"})(scope, receive, answer.send)
        except (ClientDisconnect, Cut, TimeoutError):
            pass  # nobody is there any more, or they are to see that it is not whole
        except Exception as error:
            report("broken", error, route=self._route(scope))
            if not answer.status:
                await refused(refusal("Broken"))(scope, receive, answer.send)
        finally:
            self._under_way -= 1
            self._tell(scope, answer.status, time.monotonic() - began)

    def _wrong(self, scope: Scope) -> Problem | None:
        if self.draining and scope["path"] != ALIVE:
            return problem("Draining", retry_after_ms=RETRY_AFTER_MS)
        if self._under_way > self._at_once and scope["path"] not in WATCHED:
            return problem("Overloaded", retry_after_ms=RETRY_AFTER_MS)
        address = len(scope["raw_path"]) + len(scope["query_string"])
        if address + sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_BYTES:
            return problem("RequestUnreadable")
        return None

    def _route(self, scope: Scope) -> str:
        return self._routes.get(scope.get("endpoint"), NOWHERE)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        about = scope["method"], self._route(scope), status, seconds, scope["state"].get("caller", "")
        for each in self._heard:
            each(Exchange(*about, traceparent_of(Request(scope))))


class _Answer:
    """What goes out, with the headers that it has always."""

    def __init__(self, send: Send, *, secure: bool) -> None:
        self._send, self._secure = send, secure
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message["headers"])
            headers.update(ALWAYS)
            headers.setdefault("Cache-Control", "no-store")
            if self._secure:
                headers["Strict-Transport-Security"] = FOR_LATER
        for piece in _pieces(message):
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(piece)


def _pieces(message: Message) -> Iterator[Message]:
    """A large body piece by piece: of one that many are sent, each connection holds no more than is on its way."""
    body, more = memoryview(message.get("body", b"")), message.get("more_body", False)
    if len(body) <= PIECE_BYTES:
        yield message
        return
    for at in range(0, len(body), PIECE_BYTES):
        end = at + PIECE_BYTES
        yield {**message, "body": body[at:end], "more_body": more or end < len(body)}


def traceparent_of(request: Request) -> str:
    """The trace that the request belongs to (W3C), if it says so as it should."""
    text = request.headers.get("traceparent", "")
    return text if TRACEPARENT.fullmatch(text) else ""
