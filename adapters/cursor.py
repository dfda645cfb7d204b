"""A cursor is opaque and keyed: it goes on with the answer that gave it, for whoever asked, and tells nothing."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class NotACursor(ValueError):
    """This is no cursor of this service, or it belongs to another question, other filters or another asker."""


class Cursors:
    """The same place in the same answer gives the same cursor; no nonce is needed for that."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, place: Any, *bound: str) -> str:
        """The cursor for a place (JSON), bound to the words."""
        box = self._cipher.encrypt(orjson.dumps(place), [word.encode() for word in bound])
        return urlsafe_b64encode(box).decode("ascii").rstrip("=")

    def open(self, cursor: str, *bound: str) -> Any:
        """The place. Raises NotACursor."""
        try:
            box = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            return orjson.loads(self._cipher.decrypt(box, [word.encode() for word in bound]))
        except (InvalidTag, ValueError):
            raise NotACursor from None
