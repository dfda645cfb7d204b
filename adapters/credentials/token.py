"""A token is a caller's secret over HTTP: shown once, kept as a hash, 256 bits, so that nobody guesses one.

It reads `kt_<caller>_<43 characters>`, so that whoever finds one can tell whose it is.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from pydantic import AwareDatetime

PATTERN = re.compile(r"kt_([a-z0-9][a-z0-9-]{0,31})_([A-Za-z0-9_-]{43})")
NOBODYS = "0" * 64


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of one: `id` tells it from the caller's others and opens nothing."""

    id: str
    sha256: str
    made_at: AwareDatetime
    expires_at: AwareDatetime | None = None


class Shown(NamedTuple):
    """A token as it is told: by whom, and its secret."""

    caller: str
    secret: str

    @classmethod
    def read(cls, text: str) -> Shown | None:
        """None for what cannot be one."""
        found = PATTERN.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    def opens(self, kept: Token | None) -> bool:
        """Takes as long where there is nothing to compare with."""
        same = hmac.compare_digest(_digest(self.secret), kept.sha256 if kept else NOBODYS)
        return same and kept is not None

    def __str__(self) -> str:
        return f"kt_{self.caller}_{self.secret}"


def made(caller: str, at: datetime, expires_at: datetime | None) -> tuple[Token, Shown]:
    """A new one: what is kept of it, and what is shown once."""
    secret = secrets.token_urlsafe(32)
    return Token(secrets.token_hex(4), _digest(secret), at, expires_at), Shown(caller, secret)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
