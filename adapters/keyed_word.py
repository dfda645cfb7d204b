"""A word as read models may hold it: the same word is the same token, and without the key no token tells its word."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import blake2b

from adapters.key_encryption import KeyEncryption

TOKEN_BYTES = 8
"""Of the many millions of words of a company, two share a token once in thousands of years of searching."""

TOKEN_LETTERS = 11
USE = "search"


class KeyedWords:
    """Call it with a word for its token, of 11 letters.

    The secret is that of one epoch of the key-encryption key and ends with it, so that an old backup cannot be asked
    for names; `epoch` is None for what was made before secrets had an epoch. Raises KeyUnavailable.
    """

    def __init__(self, keys: KeyEncryption, epoch: int | None = None) -> None:
        self._keys, self._key = keys, keys.derive(USE) if epoch is None else keys.secret(epoch, USE)

    def of(self, epoch: int | None) -> KeyedWords:
        """Those of another epoch, kept by nobody but who asked. Raises KeyUnavailable."""
        return KeyedWords(self._keys, epoch)

    def __call__(self, word: str) -> str:
        digest = blake2b(word.encode(), key=self._key, digest_size=TOKEN_BYTES).digest()
        return b2a_base64(digest)[:TOKEN_LETTERS].decode("ascii")
