"""A real mail server that keeps what it takes, says no as it is told to, and lets in whoever knows the password."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from adapters.composition import Place

HERE = "127.0.0.1"
LOGIN, PASSWORD, SENDER = "kartoteka", "open-sesame", "kartoteka@firm.example"


def with_mail(place: Place, port: int, **settings: Any) -> Place:
    """A process there that sends by the server at that port of this machine."""
    known = {"smtp_host": HERE, "smtp_port": port, "smtp_login": LOGIN, "smtp_password": PASSWORD}
    given = {**known, "smtp_sender": SENDER, "smtp_tls": "none", **settings}
    kept = place.settings.model_dump(by_alias=True, exclude=set(given))
    return replace(place, settings=type(place.settings)(**{**kept, **given}))


@dataclass
class Postbox:
    """`says` are the answers to the next letters, one after the other, before it begins to take them."""

    says: list[str] = field(default_factory=list)
    at: str = "RCPT"
    taken: list[EmailMessage] = field(default_factory=list)
    secret: list[bool] = field(default_factory=list)
    """Of each letter, whether it came by a connection that nobody else can read."""
    arrived: Callable[[], None] = lambda: None
    port: int = 0

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, _: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        if self.at == "RCPT" and self.says:
            return self.says.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        if self.at == "DATA" and self.says:
            return self.says.pop(0)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        assert envelope.rcpt_tos == [letter["To"]]
        self.taken.append(letter)
        self.secret.append(session.ssl is not None)
        self.arrived()
        return "250 OK"


def _known(_: SMTP, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (LOGIN.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=known)


@contextmanager
def open_for_mail(postbox: Postbox, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Postbox]:
    """At a port of its own, unless one is named; with a certificate it wants connections to be made secret."""
    with socket.socket() as found:
        found.bind((HERE, port))
        postbox.port = found.getsockname()[1]
    controller = Controller(
        postbox,
        hostname=HERE,
        port=postbox.port,
        authenticator=_known,
        auth_required=True,
        auth_require_tls=tls is not None,
        tls_context=tls,
        require_starttls=tls is not None,
    )
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()
