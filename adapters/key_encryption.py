"""Data keys are wrapped by a key that lives outside the database: a file here, a key service elsewhere."""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NAME = re.compile(r"kek-([1-9][0-9]*)")
NONCE_BYTES = 12


class KeyUnavailable(Exception):
    """The key-encryption key cannot be had now; asking again later may help."""


class KeyEncryption(Protocol):
    """Wraps and unwraps data keys; `bound` ties the wrapped key to its name."""

    epoch: int

    def wrap(self, plain: bytes, bound: bytes) -> bytes: ...

    def unwrap(self, epoch: int, wrapped: bytes, bound: bytes) -> bytes: ...

    def derive(self, use: str) -> bytes:
        """A secret of 32 bytes for one use, the same in every process."""
        ...


class KeyFile:
    """Key-encryption keys as files `kek-<epoch>` in one folder, readable by the owner alone; the highest is in use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        named = {path: NAME.fullmatch(path.name) for path in folder.glob("kek-*")}
        self._keys = {int(name[1]): _read(path) for path, name in named.items() if name}
        if not self._keys:
            raise KeyUnavailable(f"no key-encryption key in {folder}")
        self.epoch = max(self._keys)
        self._root = self._keys[min(self._keys)]

    @classmethod
    def opened(cls, folder: Path, *, first_start: bool) -> KeyFile:
        """The keys of the folder. The first start makes the first one; later a missing key is never replaced."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if first_start and not any(folder.glob("kek-*")):
            _write(folder / "kek-1")
        return cls(folder)

    def wrap(self, plain: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self.epoch]).encrypt(nonce, plain, bound)

    def unwrap(self, epoch: int, wrapped: bytes, bound: bytes) -> bytes:
        key = self._keys.get(epoch)
        if key is None:
            raise KeyUnavailable(f"key-encryption key {epoch} is not in {self._folder}")
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound)
        except InvalidTag:
            raise KeyUnavailable(f"kek-{epoch} in {self._folder} is not the key that this was wrapped with") from None

    def derive(self, use: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"kartoteka:{use}".encode()).derive(self._root)


def _read(path: Path) -> bytes:
    try:
        key = b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise KeyUnavailable(f"{path} cannot be read as a key") from error
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(f"{path} does not hold {KEY_BYTES} bytes")
    return key


def _write(path: Path) -> None:
    """Made whole or not at all: of two processes that start together one wins, both read the same."""
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(b64encode(os.urandom(KEY_BYTES)).decode("ascii") + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a key that a crash takes away takes with it all it has wrapped
    finally:
        os.close(folder)
