"""The face of HTTP of one service process, with what is mounted on it; nothing of it is imported where it is off."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

import structlog

from adapters.composition.place import Place
from adapters.composition.service import Service
from adapters.settings import SettingsWrong

if TYPE_CHECKING:
    from adapters.credentials.password import Passwords
    from adapters.http.gatehouse import Tokens
    from adapters.http.live import Pace

OFF = "off"
IN_CLEAR = (
    "passwords and tokens can be read on the way: set KARTOTEKA_HTTP_CERTIFICATE, or KARTOTEKA_PUBLIC_URL to where "
    "something that has one passes requests on to us"
)

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listening:
    """Where HTTP is listened to."""

    url: str


@asynccontextmanager
async def web(
    place: Place,
    service: Service,
    *,
    tokens: Tokens | None = None,
    pace: Pace | None = None,
    passwords: Passwords | None = None,
) -> AsyncIterator[Listening | None]:
    """HTTP is answered until the block ends, with what is under way then; None where it is off.

    `tokens` find callers that are not on file, and `pace` is that of live answers, `passwords` are
    those that cost less; all are for tests. Raises SettingsWrong where the address or the certificate is not to be had.
    """
    settings = place.settings
    if settings.http == OFF:
        yield None
        return
    from adapters.composition.watching import watching
    from adapters.http.app import Services, application
    from adapters.http.documents import Documents
    from adapters.http.gatehouse import Gatehouse
    from adapters.http.health import Health
    from adapters.http.live import Live, Pace
    from adapters.http.metrics import MetricsText
    from adapters.http.server import listening
    from adapters.http.session import sign_in_desk
    from adapters.telemetry.requests import HttpRequests
    from projections.catalogue import READ_MODELS

    if (settings.http_certificate is None) is not (settings.http_key is None):
        raise SettingsWrong("KARTOTEKA_HTTP_CERTIFICATE and KARTOTEKA_HTTP_KEY go together")
    reception, positions = service.reception, service.queries.answers.positions
    key = service.keys.derive("entity-tag")
    async with AsyncExitStack() as held:
        at = held.enter_context(_listening_at(settings.http, settings.state / "http" / "port"))
        desk = await held.enter_async_context(
            sign_in_desk(place, service.keys, service.clock, reception, passwords=passwords)
        )
        counted = HttpRequests()
        metrics = await held.enter_async_context(watching(place, service, counted))
        live = Live(positions, lambda: reception.closed, key, pace=pace or Pace())
        counted.streams = lambda: live.open
        models = [model.name for model in READ_MODELS.values() if not model.within_append]
        face = application(
            Services(service.commands.take, service.queries.take, service.files.take, reception, key),
            Gatehouse(tokens or service.callers, desk),
            live,
            Health(positions, models, lambda: reception.closed, lambda: service.face.connected),
            more=[
                *desk.routes,
                *Documents(openapi=_openapi, asyncapi=_asyncapi).routes,
                *MetricsText(metrics).routes,
            ],
            heard=[counted],
        )
        try:
            await held.enter_async_context(listening(face, at, settings.http_certificate, settings.http_key))
        except OSError as error:
            raise SettingsWrong(f"KARTOTEKA_HTTP_CERTIFICATE: {error.strerror or type(error).__name__}") from None
        if not (settings.http_certificate or (settings.public_url or "").startswith("https:") or _here_alone(at)):
            logger.warning("http", tls=False, about=IN_CLEAR)
        yield Listening(_url(at, secure=settings.http_certificate is not None))


def _openapi() -> bytes:
    from adapters.openapi import document

    return document()


def _asyncapi() -> bytes:
    from adapters.asyncapi import document

    return document()


@contextmanager
def _listening_at(address: str, kept: Path) -> Iterator[socket]:
    """A socket there; where the port is not said, that of the last time, of the process that came first.

    Others of the same state folder have any port. Raises SettingsWrong.
    """
    import fcntl

    from adapters.embedded.lock import taken
    from adapters.http.server import listening_at

    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if port != "0":
        yield _bound(host, int(port))
        return
    kept.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    handle = os.open(kept, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        first = taken(handle, fcntl.LOCK_EX)
        text = os.read(handle, 16).strip() if first else b""
        try:
            found = listening_at(host, int(text or 0))
        except (OSError, ValueError, OverflowError):
            found = _bound(host, 0)
        if first:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{found.getsockname()[1]}\n".encode(), 0)
        yield found
    finally:
        os.close(handle)


def _bound(host: str, port: int) -> socket:
    from adapters.http.server import listening_at

    try:
        return listening_at(host, port)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such port"
        raise SettingsWrong(f"KARTOTEKA_HTTP: cannot listen there ({why})") from None


def _here_alone(at: socket) -> bool:
    """Whether nobody else than this machine can come there."""
    return ip_address(at.getsockname()[0].partition("%")[0]).is_loopback


def _url(at: socket, *, secure: bool) -> str:
    host, port = at.getsockname()[:2]
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
