"""A position is shown as an opaque token: a plain number would count other people's work."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

MARK = b"position"


class NotAToken(ValueError):
    """This is not a position token of this service."""


class PositionTokens:
    """One block under one key is a permutation of all positions: equal positions, equal tokens, nothing else shows."""

    def __init__(self, key: bytes) -> None:
        cipher = Cipher(AES(key), ECB())  # noqa: S305 - a single block each, which is what this mode is for
        self._seal, self._open = cipher.encryptor(), cipher.decryptor()

    def token(self, position: int) -> str:
        block = self._seal.update(MARK + position.to_bytes(8, "big"))
        return urlsafe_b64encode(block)[:22].decode("ascii")

    def position(self, token: str) -> int:
        """Raises NotAToken for anything this service did not make."""
        try:
            block = self._open.update(urlsafe_b64decode(token + "=="))
        except ValueError:
            raise NotAToken(token) from None
        if len(block) != 16 or not block.startswith(MARK):
            raise NotAToken(token)
        return int.from_bytes(block[8:], "big")
