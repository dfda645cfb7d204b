"""The mail server takes a letter, turns it down for good or puts it off; of what it says codes alone are passed on."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from email.message import EmailMessage

import aiosmtplib

from adapters.mail.account import Account, Tls
from domain.work.delivery import Undelivered

TIMEOUT_SECONDS = 30.0
FOR_GOOD = 500
"""From this status on trying again would change nothing (RFC 5321, 4.2.1)."""

Send = Callable[[EmailMessage], Awaitable[None]]
"""Hands over one letter. Raises TurnedDown, PutOff."""


class TurnedDown(Exception):
    """The server will not take it, now or later."""

    def __init__(self, reason: Undelivered, status: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.status = reason, status


class PutOff(Exception):
    """It may be taken later: the server said so, or could not be reached."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__("the mail server put it off")
        self.status = status


@asynccontextmanager
async def session(account: Account) -> AsyncIterator[Send]:
    """The server, logged in to. Raises TurnedDown, PutOff."""
    client = aiosmtplib.SMTP(
        hostname=account.host,
        port=account.port,
        username=account.login,
        password=account.password.get_secret_value(),
        use_tls=account.tls is Tls.TLS,
        start_tls=account.tls is Tls.STARTTLS,
        tls_context=ssl.create_default_context(),
        timeout=TIMEOUT_SECONDS,
    )

    async def send(letter: EmailMessage) -> None:
        with answered(Undelivered.MESSAGE_REFUSED):
            await client.sendmail(letter["From"], [letter["To"]], letter.as_bytes())

    with answered(Undelivered.LOGIN_REFUSED):
        await client.connect()
    try:
        yield send
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
        client.close()


@contextmanager
def answered(otherwise: Undelivered) -> Iterator[None]:
    """What the server says, by its code alone: its words may hold addresses."""
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as no:
        raise _no(Undelivered.RECIPIENT_REFUSED, no.recipients[0].code) from None
    except aiosmtplib.SMTPRecipientRefused as no:
        raise _no(Undelivered.RECIPIENT_REFUSED, no.code) from None
    except aiosmtplib.SMTPResponseException as no:
        raise _no(otherwise, no.code) from None
    except UnicodeError:  # an address that this server, or any, cannot be given
        raise TurnedDown(Undelivered.RECIPIENT_REFUSED) from None
    except (aiosmtplib.SMTPException, OSError):
        raise PutOff from None


def _no(reason: Undelivered, status: int) -> TurnedDown | PutOff:
    return TurnedDown(reason, status) if status >= FOR_GOOD else PutOff(status)
