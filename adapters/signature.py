"""What the company signs, an anchor or a receipt, is signed with one Ed25519 key; old ones verify for ever."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adapters import durable_file
from adapters.clock import now
from adapters.key_encryption import KEY_BYTES, KeyUnavailable

PRIVATE, PUBLIC = "signing", "signing.pub"
ID_LETTERS = 16


class Signature(NamedTuple):
    """Which key signed, and the signature in hex."""

    signer: str
    value: str


class PublicKey(NamedTuple):
    """Against which signatures are verified, in hex, and since when it was signed with."""

    id: str
    public: str
    since: datetime


class Signer:
    """Signs with the key of a folder. What is signed says itself what it is: one key serves for all of it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.id = id_of(self.public)

    @classmethod
    def opened(cls, folder: Path) -> Signer:
        """The folder's key, made where there is none yet, its public half published. Raises KeyUnavailable."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / PRIVATE).exists():
            durable_file.create(folder / PRIVATE, _made())
        return cls._published(folder)

    @classmethod
    def changed(cls, folder: Path) -> Signer:
        """A new key in place of the folder's. Processes that run sign with the old one until they start again."""
        cls.opened(folder)  # what was signed with is published before it goes
        durable_file.replace(folder / PRIVATE, _made())
        return cls._published(folder)

    def sign(self, data: bytes) -> Signature:
        return Signature(self.id, self._private.sign(data).hex())

    @classmethod
    def _published(cls, folder: Path) -> Signer:
        """What cannot be verified later is not signed."""
        with durable_file.alone(folder):
            signer, known = cls(_read(folder / PRIVATE)), public_keys(folder)
            if signer.id not in known:
                lines = [*known.values(), PublicKey(signer.id, signer.public.hex(), now())]
                text = "".join(f"{each.id} {each.public} {each.since.isoformat()}\n" for each in lines)
                durable_file.replace(folder / PUBLIC, text)
        return signer


class Verifier:
    """Verifies with all keys that were ever signed with in a folder, those of today among them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._known = folder, public_keys(folder)

    @classmethod
    def opened(cls, folder: Path) -> Verifier:
        """Raises KeyUnavailable where the public keys cannot be read; where there are none, nothing verifies."""
        return cls(folder)

    def verify(self, data: bytes, signature: Signature) -> bool:
        """Whether one of ours signed these very bytes."""
        if signature.signer not in self._known:
            self._known = public_keys(self._folder)  # one that was made since
        known = self._known.get(signature.signer)
        return known is not None and verify(bytes.fromhex(known.public), data, signature.value)


def verify(public: bytes, data: bytes, value: str) -> bool:
    """Whether the signature in hex is that of the bytes under a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(value), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def id_of(public: bytes) -> str:
    """By what a public key is called."""
    return sha256(public).hexdigest()[:ID_LETTERS]


def public_keys(folder: Path) -> Mapping[str, PublicKey]:
    """Every key that was ever signed with in the folder, the oldest first. Raises KeyUnavailable."""
    path = folder / PUBLIC
    try:
        found = [_parsed(line) for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise KeyUnavailable(f"{path} cannot be read as public keys") from error
    return {each.id: each for each in found}


def _parsed(line: str) -> PublicKey:
    """Raises ValueError, also where the key is not the one that it is called by."""
    id, public, since = line.split()
    if id != id_of(bytes.fromhex(public)):
        raise ValueError(id)
    return PublicKey(id, public, datetime.fromisoformat(since))


def _made() -> str:
    return b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii") + "\n"


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        raw = b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise KeyUnavailable(f"{path} cannot be read as a key") from error
    if len(raw) != KEY_BYTES:
        raise KeyUnavailable(f"{path} does not hold {KEY_BYTES} bytes")
    return Ed25519PrivateKey.from_private_bytes(raw)
