"""How a process of ours comes to NATS and stays there.

Behind a URL may stand `?authority=<file>`: whose certificates are trusted there. Such a server, and one of `tls://`,
is told nothing before it has shown one.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import time
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import nats.errors
import structlog
from nats.aio.client import Client as Connection

from adapters.nats.inward import unsaid
from adapters.shown_url import shown_url
from adapters.telemetry.tally import denied

REFUSED = "authorization violation"
DENIED = re.compile(r'permissions violation for publish to "([^"]+)"', re.IGNORECASE)

T = TypeVar("T")
logger = structlog.get_logger()


LET_IN_SECONDS = 2.0
"""How long a new caller tries before it is said to be none: a server is told of it within a second."""


class Unreachable(Exception):
    """No NATS server answers at the address."""


class NotLetIn(Unreachable):
    """The NATS server there does not know the key."""


class NotGenuine(Unreachable):
    """The NATS server there does not show a certificate that is trusted."""


class Denied(Exception):
    """The server does not let this caller publish to the subject."""


class Lasting(Connection):
    """Comes back also with a seed that has taken the place of the one it came with; tells what it may not publish."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, set[asyncio.Future[Any]]] = {}
        """By the subject, in small letters as nats-py tells it."""

    async def unless_denied(self, subject: str, answer: Coroutine[Any, Any, T]) -> T:
        """What comes of a coroutine that publishes to the subject. Raises Denied as soon as the server says so.

        A server says it on the connection and not to whom asked: without this they would wait for an answer.
        """
        denial: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(subject.lower(), set())
        waiting.add(denial)
        answering = asyncio.ensure_future(answer)
        try:
            await asyncio.wait([answering, denial], return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                return answering.result()
            raise Denied(subject)
        finally:
            answering.cancel()
            waiting.discard(denial)
            if not waiting:
                self._waiting.pop(subject.lower(), None)

    def deny(self, error: Exception) -> None:
        """Tell those who wait for an answer, where this is the server's no to what they published."""
        found = DENIED.search(str(error))
        for denial in self._waiting.get(found[1].lower(), ()) if found else ():
            if not denial.done():
                denial.set_result(None)

    async def _process_err(self, err_msg: str) -> None:
        if REFUSED in err_msg.lower():
            # nats-py would close for good, though it may be that another seed is on file by now.
            await self._process_op_err(nats.errors.AuthorizationError())
            return
        await super()._process_err(err_msg)

    def _connect_command(self) -> bytes:
        there = self._current_server
        if there is not None and there.uri.scheme == "tls" and not self._server_info.get("tls_required"):
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, "the server offers no TLS")
        self._setup_nkeys_connect()
        return bytes(super()._connect_command())


def reached(url: str) -> dict[str, Any]:
    """What nats-py is to be told for a URL: the servers, and by which certificates they are known.

    Raises OSError where the file of the authority cannot be read.
    """
    parts = urlsplit(url)
    authority = parse_qs(parts.query).get("authority", [None])[0]
    if authority is None and parts.scheme != "tls":
        return {"servers": [url]}
    server = parts._replace(scheme="tls", query="").geturl()
    return {"servers": [server], "tls": ssl.create_default_context(cafile=authority)}


def log(client: str, error: str) -> None:
    """A program that only uses our client has not set up our log, and its standard output is its own."""
    if structlog.is_configured():
        logger.warning("nats", client=client, error=error)
    else:
        logging.getLogger("kartoteka").warning("nats: %s: %s", client, error)


async def connect(url: str, seed_file: str, *, name: str, inbox: str) -> Lasting:
    """A connection that fails fast the first time and then comes back for ever. Raises Unreachable."""
    came, until = False, time.monotonic() + LET_IN_SECONDS

    async def failed(error: Exception) -> None:
        if not came and isinstance(error, ssl.SSLError):
            raise NotGenuine(f"{shown_url(url)}: {error.strerror or error}") from error
        if not came and REFUSED in str(error).lower() and time.monotonic() > until:
            raise NotLetIn(f"{shown_url(url)}, with the seed in {seed_file}") from error
        denied(error)
        connection.deny(error)
        log(name, unsaid(str(error)))

    connection = Lasting()
    try:
        await connection.connect(
            **reached(url),
            nkeys_seed=seed_file,
            name=name,
            inbox_prefix=inbox.encode(),
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]  # any number of seconds will do
            error_cb=failed,
            connect_timeout=5,
        )
    except nats.errors.NoServersError as error:
        raise Unreachable(shown_url(url)) from error
    except Unreachable:
        # Not `close`, which would wait for ever for the end of a handshake that has failed.
        if connection._transport is not None:
            connection._transport.close()  # type: ignore[no-untyped-call]  # nats-py leaves it bare
        raise
    came = True
    return connection
