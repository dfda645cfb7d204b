"""What a login, an address or an account elsewhere is stored as: an HMAC that tells nothing without a key of ours."""

from __future__ import annotations

import hmac
import unicodedata
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

import orjson

MOST_LETTERS = 320
"""Of a login: as long as an e-mail address may be."""

NETWORK_BITS = 64
"""How much of an IPv6 address is its owner's network; the rest they choose as they like."""


class Blind:
    """Call it with what kind of words they are, and the words; 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __call__(self, kind: str, *words: str) -> bytes:
        return hmac.digest(self._secret, orjson.dumps([kind, *words]), sha256)


def normal(login: str) -> str:
    """The one way in which a login is written, however it is typed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).strip().casefold())


def origin(address: str) -> str:
    """Whose address it is, as far as one can tell: of IPv6 the network. What is no address is taken as it is."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return (int(found) >> NETWORK_BITS).to_bytes(8, "big").hex()
    return str(found)
