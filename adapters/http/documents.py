"""The documents that say what can be asked for, made when the first asks, beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.answering.commands import RETRY_AFTER_MS
from adapters.http.accept import JSON
from adapters.http.reply import held, refused
from adapters.problem import problem

Document = Callable[[], bytes]

AT_ONCE = 64
"""How many are on their way: strangers who do not take theirs keep nobody from anything else."""


class Documents:
    """Each at its address, for everybody."""

    def __init__(self, **documents: Document) -> None:
        self._documents = documents
        self._made: dict[str, asyncio.Task[bytes]] = {}
        self._on_the_way = 0

    @property
    def routes(self) -> list[Route]:
        return [Route(f"/{name}.json", self._route(name)) for name in self._documents]

    def _route(self, name: str) -> Callable[..., object]:
        async def document(request: Request) -> ASGIApp:
            body = await self._body(name)
            headers = {"ETag": f'"{blake2b(body, digest_size=16).hexdigest()}"', "Cache-Control": "no-cache"}
            if held(headers["ETag"], request.headers.getlist("if-none-match")):
                return Response(None, 304, headers)
            if self._on_the_way >= AT_ONCE:
                return refused(problem("Overloaded", retry_after_ms=RETRY_AFTER_MS))
            return self._counted(Response(body, 200, headers, JSON))

        return document

    def _counted(self, response: Response) -> ASGIApp:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self._on_the_way += 1
            try:
                await response(scope, receive, send)
            finally:
                self._on_the_way -= 1

        return counted

    async def _body(self, name: str) -> bytes:
        made = self._made.get(name)
        if made is None or (made.done() and (made.cancelled() or made.exception() is not None)):
            self._made[name] = made = asyncio.create_task(asyncio.to_thread(self._documents[name]))
        return await asyncio.shield(made)
