"""A part of a file at rest: it says itself which key it needs, and opens as the part that it was sealed as alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag

from adapters.sealing import NONCE_BYTES, SCHEME, DataKey, KeyName, Spoiled

END = b"\n"


class PartPlace(NamedTuple):
    """Which part of which file it is, counted from 1, and whether it is the last."""

    file: str
    part: int
    last: bool


def seal_part(plain: bytes, place: PartPlace, name: KeyName, key: DataKey) -> bytes:
    """A label of one line, then nonce and ciphertext; the ciphertext is bound to every word of the label."""
    label = orjson.dumps({"sealed": SCHEME, **name._asdict(), "epoch": key.epoch, **place._asdict()}) + END
    nonce = os.urandom(NONCE_BYTES)
    return label + nonce + key.cipher.encrypt(nonce, plain, label)


def key_needed(sealed: bytes) -> tuple[KeyName, int]:
    """Whose key, for what, and of which epoch. Raises Spoiled where there is no label."""
    label = _label(sealed)
    try:
        return KeyName(str(label["subject"]), str(label["purpose"])), int(label["epoch"])
    except (KeyError, ValueError, TypeError):
        raise Spoiled("a part of a file without its key's name") from None


def open_part(sealed: bytes, place: PartPlace, key: DataKey) -> bytes:
    """The content. Raises Spoiled when anything it is bound to differs, or when it is another part than asked for."""
    told = _label(sealed)
    if any(told.get(name) != value for name, value in place._asdict().items()):
        raise Spoiled(f"part {place.part} of file {place.file} is another's")
    label, _, box = sealed.partition(END)
    try:
        return key.cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], label + END)
    except (InvalidTag, ValueError):
        raise Spoiled(f"part {place.part} of file {place.file}") from None


def digest_of(digests: Iterable[bytes]) -> str:
    """The digest of a file by those of its stored parts, in their order: hexadecimal SHA-256, as of each part."""
    return sha256(b"".join(digests)).hexdigest()


def _label(sealed: bytes) -> dict[str, Any]:
    try:
        label = orjson.loads(sealed.partition(END)[0])
    except orjson.JSONDecodeError:
        label = None
    if not isinstance(label, dict) or label.get("sealed") != SCHEME:
        raise Spoiled("a part of a file without a label")
    return label
