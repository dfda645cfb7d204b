"""By which mail server we send, and as whom: all of it must be known before anything is sent (R-ISP-4)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, SecretStr

from adapters.settings import Settings
from domain.work.delivery import MailSetting


class Tls(StrEnum):
    """How the connection to the server is kept from others."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Account(BaseModel, frozen=True):
    """A login at a mail server, and the address from which it sends."""

    host: str
    port: int
    login: str
    password: SecretStr
    sender: str
    tls: Tls


def account(settings: Settings) -> Account | MailSetting:
    """The account, or the first setting without which there is none."""
    given = {each: getattr(settings, f"smtp_{each}") for each in MailSetting}
    missing = next((each for each, value in given.items() if value in (None, "", SecretStr(""))), None)
    return missing or Account.model_validate({**given, "tls": settings.smtp_tls})
