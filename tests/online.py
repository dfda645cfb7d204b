"""Somebody who asks the same service over HTTP, by a token each; time passes only inside `run`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from inquirers import Asker

from adapters.composition import Listening, Place, Service, web
from adapters.credentials.caller import ANYONE, Caller
from adapters.credentials.role import Role
from adapters.http.live import Pace
from adapters.scope import Face, Scope

T = TypeVar("T")
PATIENCE_SECONDS = 15.0
QUICK = Pace(look=0.01, least=0.02, longest=30.0, heartbeat=0.05)
"""Live answers that tests need not wait for."""


class Known(dict[str, Caller]):
    """Callers by the token they bring."""

    def by_token(self, text: str) -> Caller | None:
        return self.get(text)


def callers() -> Known:
    return Known(
        desk=Caller("desk", (ANYONE,)),
        reader=Caller("reader", (ANYONE,), scopes=(Scope(Face.QUESTIONS, "desk"),)),
        gauge=Caller("gauge", (), role=Role.METRICS, scopes=(Scope(Face.METRICS),)),
    )


@dataclass
class Event:
    """One event of a stream, or a heartbeat without a name."""

    name: str = ""
    id: str = ""
    data: str = ""


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    """As EventSource reads them."""
    event, begun = Event(), False
    async for line in response.aiter_lines():
        if not line:
            if begun:
                yield event
            event, begun = Event(), False
            continue
        name, _, value = line.partition(":")
        begun = begun or name in ("event", "data")
        match name:
            case "event":
                event.name = value.strip()
            case "id":
                event.id = value.strip()
            case "data":
                event.data = value.strip()


@dataclass
class Online:
    """One keep-alive connection after the other to one process."""

    runner: asyncio.Runner
    url: str
    known: Known
    client: httpx.AsyncClient

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(steps)

    def get(self, path: str, who: str | None = "desk", headers: Any = None, **params: Any) -> httpx.Response:
        return self.run(self.client.get(path, params=params or None, headers={**bearing(who), **(headers or {})}))

    def post(self, path: str, body: Any, who: str | None = "desk", headers: Any = None) -> httpx.Response:
        content = body if isinstance(body, bytes) else None
        given = {**bearing(who), **({"Content-Type": "application/json"} if content is not None else {})}
        sent = {"content": content} if content is not None else {"json": body}
        return self.run(self.client.post(path, headers={**given, **(headers or {})}, **sent))


def bearing(who: str | None) -> dict[str, str]:
    return {} if who is None else {"Authorization": f"Bearer {who}"}


@asynccontextmanager
async def served(place: Place, service: Service, known: Known, pace: Pace = QUICK) -> AsyncIterator[Listening]:
    async with web(place, service, tokens=known, pace=pace) as listening:
        assert listening is not None
        yield listening


@contextmanager
def online(here: Asker) -> Iterator[Online]:
    """The service of the company, over HTTP as well."""
    known, stack = callers(), AsyncExitStack()

    async def begin() -> tuple[Listening, httpx.AsyncClient]:
        listening = await stack.enter_async_context(served(here.place, here.service, known))
        client = httpx.AsyncClient(base_url=listening.url, timeout=PATIENCE_SECONDS)
        return listening, await stack.enter_async_context(client)

    listening, client = here.runner.run(begin())
    try:
        yield Online(here.runner, listening.url, known, client)
    finally:
        here.runner.run(stack.aclose())


async def until(true: Callable[[], bool]) -> None:
    """Let others go on until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():
            await asyncio.sleep(0.005)
