"""HTTP is listened to in the loop of the service: heads no larger and no slower than allowed, and a drained end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate
from pathlib import Path
from ssl import SSLContext
from typing import Any

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from adapters.http.accept import PROBLEM_JSON
from adapters.http.app import Application
from adapters.http.certificate import Certificate
from adapters.http.exchange import ALWAYS, HEAD_BYTES, SEND_SECONDS
from adapters.problem import problem

HEAD_SECONDS = 10.0
IDLE_SECONDS = 30
CONNECTIONS = 2048
FAREWELL_SECONDS = 10.0
"""How long what is under way may take once nothing new comes."""


class Guarded(H11Protocol):
    """One connection: whoever does not say what they want within the time, or take the answer, is let go."""

    _impatience: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard()
        self._taken()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._await_taking()

    def _await_taking(self) -> None:
        """Closing alone would wait for ever for somebody who takes nothing, or all but the last of it."""
        self._taken()
        self._untaken = self.loop.call_later(SEND_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _taken(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None

    def _await_head(self) -> None:
        """From the first byte on, or the rest of a body that nobody wants, until there is a request to answer."""
        if self.conn.their_state is not h11.IDLE and self.conn.our_state is not h11.DONE:
            self._heard()
        elif self._impatience is None:
            self._impatience = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _heard(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._await_taking()
        if self.conn.our_state is h11.IDLE:
            self._heard()  # what comes next has the time between two requests

    def send_400_response(self, _: str) -> None:
        """In our own words. In the middle of an answer there is no more to say."""
        body = problem("RequestUnreadable").body()
        headers = [("content-type", PROBLEM_JSON), ("content-length", str(len(body))), ("cache-control", "no-store")]
        headers += [*ALWAYS.items(), ("connection", "close")]
        with suppress(h11.LocalProtocolError):
            start = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (start, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def listening_at(host: str, port: int) -> socket.socket:
    """Raises OSError where that address is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except BaseException:
        found.close()
        raise
    return found


@asynccontextmanager
async def listening(
    application: Application, at: socket.socket, certificate: Path | None = None, key: Path | None = None
) -> AsyncIterator[None]:
    """Answer whoever connects, until the block ends; then what is under way. Raises OSError for a wrong certificate."""
    logging.getLogger("uvicorn").handlers = [logging.NullHandler()]
    logging.getLogger("uvicorn").propagate = False
    config = _config(application.exchanges, certificate, key)
    config.load()
    state = ServerState()

    def connection() -> Guarded:
        return Guarded(config, state, {})

    context: SSLContext | None = config.ssl
    server = await asyncio.get_running_loop().create_server(connection, sock=at, ssl=context, backlog=config.backlog)
    renewing = _renewing(context, certificate, key)
    try:
        yield
    finally:
        server.close()
        if renewing is not None:
            renewing.cancel()
        await application.drain()
        await _let_go(state)


def _renewing(context: SSLContext | None, certificate: Path | None, key: Path | None) -> asyncio.Task[None] | None:
    if context is None or certificate is None or key is None:
        return None
    return asyncio.create_task(Certificate(certificate, key).kept_in(context))


def _config(app: ASGIApp, certificate: Path | None, key: Path | None) -> Config:
    return Config(
        _dated(app),
        loop="none",
        http=Guarded,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        forwarded_allow_ips="127.0.0.1",
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


def _dated(app: ASGIApp) -> ASGIApp:
    async def dated(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"date", formatdate(usegmt=True).encode()))
            await send(message)

        await app(scope, receive, sent)

    return dated


async def _let_go(state: ServerState) -> None:
    """Connections that wait are closed, the others when they have their answer, or the time is over."""
    for connection in list(state.connections):
        connection.shutdown()
    left: set[asyncio.Task[Any]] = set(state.tasks)
    if left:
        _, left = await asyncio.wait(left, timeout=FAREWELL_SECONDS)
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)
    for connection in list(state.connections):
        connection.transport.close()
