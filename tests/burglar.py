"""Somebody who has every byte that lies on the disks, and every key that is left, and tries each on everything."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from canary import dump, files
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.composition import Place
from adapters.sealing import NONCE_BYTES, KeyName

HEX = re.compile(rb"\\\\x([0-9a-f]+)")
BOX = re.compile(rb'"box\\*":\\*"([A-Za-z0-9+/]{40,})')
FILLED = re.compile(rb'"sealed":1,"subject":"([^"]+)","purpose":"([^"]+)","epoch":[0-9]+,"box":"[^"]')
PART = re.compile(rb'\{"sealed":1,"subject":"[^"\n]+","purpose":"[^"\n]+","epoch":[0-9]+,"file":[^\n]{1,300}\}\n')
PART_BYTES, TAG_BYTES = 400, 16
SECRET = re.compile(rb"[A-Za-z0-9+/]{43}=")
WRAPPED = re.compile(rb"(profile|content|proof)\0{0,3}([\x01-\xff]\0{3})[\x01-\xff]\0{3}\x7b(.{60})", re.DOTALL)
"""A row of `subject_keys` as it lies in a page or in the write-ahead log, from its second column on."""

SUBJECT_BYTES = 32
FIRST_BLOCK = b"\0\0\0\2"
"""With it, and without what it is bound to, everything that was sealed with a key can be read (NIST SP 800-38D)."""


class FoundKey(NamedTuple):
    """A key of a subject, and what it lay there as."""

    name: KeyName
    key: bytes
    wrapped: bytes


@dataclass(slots=True)
class Burglar:
    """`contents` is all that was found, and what stands in it in hexadecimal."""

    contents: list[bytes]
    secrets: set[bytes]
    """All that could be a key-encryption key."""
    told: set[KeyName]
    """Whose boxes stand in a table of the dump other than in facts, which stand there in hexadecimal."""
    boxes: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        for content in self.contents:
            self.boxes |= {b64decode(box[: len(box) // 4 * 4]) for box in BOX.findall(content)}
            self.boxes |= {content[each.end() : each.end() + PART_BYTES] for each in PART.finditer(content)}

    @classmethod
    def broken_in(cls, place: Place, *overheard: str) -> Burglar:
        """At the operator's: all files of all servers, a dump of all schemas, the folder of keys, and what was said."""
        copied = dump(place, whole=True)
        unhexed = b"\n".join(bytes.fromhex(each.decode()) for each in HEX.findall(copied) if not len(each) % 2)
        lies = [content for folder in _folders(place.settings.state) for content in files(folder)]
        return cls(
            [copied, unhexed, *lies, *(each.encode() for each in overheard)],
            {b64decode(each) for content in files(place.keys) for each in SECRET.findall(content)},
            {KeyName(subject.decode(), purpose.decode()) for subject, purpose in FILLED.findall(copied)},
        )

    def wrapped(self) -> set[tuple[KeyName, int, bytes]]:
        """Every wrapped key that lies anywhere, whatever became of its row."""
        return {each for content in self.contents for each in _wrapped(content)}

    def keys(self) -> set[FoundKey]:
        """Every one of those that any secret opens."""
        return {found for each in self.wrapped() for found in self._unwrapped(*each)}

    def _unwrapped(self, name: KeyName, epoch: int, wrapped: bytes) -> Iterator[FoundKey]:
        bound = f"{name.subject}\n{name.purpose}\n{epoch}".encode()
        for secret in self.secrets:
            try:
                key = AESGCM(secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound)
            except InvalidTag:
                continue
            yield FoundKey(name, key, wrapped)

    def read(self, keys: Iterable[FoundKey], beginning: str) -> dict[str, set[str]]:
        """Every word that begins so and that one of the keys opens, in whatever it lies; and for what the key was."""
        word, found = re.compile(f"{beginning}n[0-9a-f]{{3}}"), dict[str, set[str]]()
        for name, key, _ in keys:
            for box in self.boxes:
                for each in word.findall(_opened(key, box)):
                    found.setdefault(each, set()).add(name.purpose)
        return found


def _folders(state: Path) -> Iterator[Path]:
    """The state, and where it is linked to."""
    yield state
    yield from (path for path in state.iterdir() if path.is_symlink() and path.is_dir())


def _wrapped(content: bytes) -> Iterator[tuple[KeyName, int, bytes]]:
    for each in WRAPPED.finditer(content):
        subject = content[each.start() - 1 - SUBJECT_BYTES : each.start() - 1]
        if subject.isalnum():
            name = KeyName(subject.decode("ascii"), each[1].decode())
            yield name, int.from_bytes(each[2], "little"), each[3]


def _opened(key: bytes, box: bytes) -> str:
    nonce, sealed = box[:NONCE_BYTES], box[NONCE_BYTES:-TAG_BYTES]
    cipher = Cipher(algorithms.AES(key), modes.CTR(nonce + FIRST_BLOCK)).decryptor()
    return cipher.update(sealed).decode("latin-1")
