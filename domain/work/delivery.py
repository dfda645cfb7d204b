"""A notice by e-mail is delivered once, or it is said why it was not: it is never lost in silence (R-ISP-13)."""

from __future__ import annotations

from enum import StrEnum

from domain.fact import Event


class MailSetting(StrEnum):
    """What it takes to send mail at all (R-ISP-4)."""

    HOST = "host"
    PORT = "port"
    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105 - the name of the setting
    SENDER = "sender"


class Undelivered(StrEnum):
    """Why it did not go out by e-mail."""

    NOT_CONFIGURED = "not-configured"
    ADDRESS_MISSING = "address-missing"
    NOT_ACTIVE = "not-active"
    UNSEEN = "unseen"
    LOGIN_REFUSED = "login-refused"
    RECIPIENT_REFUSED = "recipient-refused"
    MESSAGE_REFUSED = "message-refused"
    GIVEN_UP = "given-up"
    """The server could not be reached, or put it off, again and again."""


class NoticeDelivered(Event, topic="notice.delivered"):
    """The mail server took it."""


class NoticeNotDelivered(Event, topic="notice.not-delivered"):
    """It will not go out: for want of this setting, or with this status of the server (RFC 5321)."""

    reason: Undelivered
    missing: MailSetting | None = None
    status: int | None = None


DeliveryEvent = NoticeDelivered | NoticeNotDelivered
