"""Whoever does not read what they asked for takes little room, for a while, and nothing from others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from online import until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.http import documents, exchange, server
from adapters.http.app import Application
from adapters.http.documents import Documents
from adapters.http.exchange import PIECE_BYTES, Exchanges
from adapters.http.server import Guarded, listening, listening_at

LARGE = b"[" + b"0," * 500_000 + b"0]"
SMALL = b"0" * 48_000
"""Less than what a transport stops at, and more than the kernel takes here."""


class Seen(Guarded):
    """A connection that the test finds again."""

    all: list[Guarded]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.all.append(self)

    @property
    def unsent(self) -> int:
        return self.transport.get_write_buffer_size() if self.transport else 0


@pytest.fixture(autouse=True)
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    found: list[Seen] = []
    monkeypatch.setattr(Seen, "all", found, raising=False)
    monkeypatch.setattr(server, "Guarded", Seen)
    return found


def patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for each in (exchange, server):
        monkeypatch.setattr(each, "SEND_SECONDS", seconds)


async def small(_: Request) -> Response:
    return Response(SMALL)


class Nothing:
    """No live answers."""

    async def end(self) -> None: ...


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[str, int]]:
    app = Starlette(routes=[Route("/small", small), *Documents(large=lambda: LARGE).routes])
    at = listening_at("127.0.0.1", 0)
    at.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    live: Any = Nothing()
    async with listening(Application(Exchanges(app, {}), live), at):
        yield at.getsockname()


async def asks(at: tuple[str, int], path: str, stack: ExitStack, more: bytes = b"") -> socket.socket:
    """Somebody who asks, and reads nothing by themselves."""
    found = stack.enter_context(socket.socket())
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(found, at)
    await loop.sock_sendall(found, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: here\r\n" + more + b"\r\n")
    return found


def test_a_large_answer_waits_for_its_reader_and_not_in_memory(seen: list[Seen]) -> None:
    async def story() -> None:
        with ExitStack() as stack:
            async with serving() as at:
                for _ in range(5):
                    await asks(at, "/large.json", stack)
                await until(lambda: len(seen) == 5 and all(each.unsent > 0 for each in seen))
                await asyncio.sleep(0.1)
                assert max(each.unsent for each in seen) <= 3 * PIECE_BYTES
                stack.close()

    asyncio.run(story())


def test_whoever_reads_has_all_of_it(seen: list[Seen]) -> None:
    async def story() -> httpx.Response:
        async with serving() as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as client:
            assert (await client.head("/large.json")).content == b""
            return await client.get("/large.json")

    found = asyncio.run(story())
    assert found.content == LARGE
    assert int(found.headers["content-length"]) == len(LARGE)


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"], ids=["kept", "closing"])
@pytest.mark.parametrize("path", ["/large.json", "/small"])
def test_whoever_takes_nothing_is_let_go(
    seen: list[Seen], path: str, more: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(monkeypatch, 0.2)

    async def story() -> None:
        with ExitStack() as stack:
            async with serving() as at:
                await asks(at, path, stack, more)
                await until(lambda: len(seen) == 1 and seen[0].unsent > 0)
                (one,) = seen
                await until(lambda: one not in one.connections)
                assert one.unsent == 0

    asyncio.run(story())


def test_nor_does_it_help_to_take_all_but_the_last(seen: list[Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, 0.3)

    async def story() -> None:
        with ExitStack() as stack:
            async with serving() as at:
                reader = await asks(at, "/large.json", stack, b"Connection: close\r\n")
                left, loop = len(LARGE) - 40_000, asyncio.get_running_loop()
                while left > 0:
                    left -= len(await loop.sock_recv(reader, min(left, 65_536)))
                (one,) = seen
                assert one.unsent > 0
                await until(lambda: one not in one.connections)

    asyncio.run(story())


def test_so_many_documents_are_on_their_way_and_all_else_is_answered(
    seen: list[Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "AT_ONCE", 2)

    async def story() -> list[int]:
        with ExitStack() as stack:
            async with serving() as at, httpx.AsyncClient(base_url=f"http://{at[0]}:{at[1]}") as client:
                for _ in range(2):
                    await asks(at, "/large.json", stack)
                await until(lambda: len(seen) == 2 and all(each.unsent > 0 for each in seen))
                refused, other = await client.get("/large.json"), await client.get("/small")
                assert int(refused.headers["retry-after"]) > 0
                stack.close()
                await until(lambda: len(seen[0].connections) == 1)
                return [refused.status_code, other.status_code, (await client.get("/large.json")).status_code]

    assert asyncio.run(story()) == [503, 200, 200]
