"""Personal fields at rest: self-describing envelopes, each bound to its fact, its subject and its key."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.fact import Event, personal_fields
from domain.personal import Sealed

SCHEME = 1
NONCE_BYTES = 12
STEP_BYTES = 32


class Spoiled(Exception):
    """An envelope does not open under its own key: it was changed, or moved to another place."""


class KeyName(NamedTuple):
    """Whose key, and for what."""

    subject: str
    purpose: str


class DataKey(NamedTuple):
    epoch: int
    cipher: AESGCM


Place = tuple[str, str, int]
"""Wire name, stream and version: where an envelope belongs."""


@lru_cache(maxsize=None)
def marked(event: type[Event]) -> tuple[tuple[str, str, str], ...]:
    """The personal fields of a fact: name, field that says whose, purpose."""
    return tuple((name, mark.subject, str(mark.purpose)) for name, mark in personal_fields(event).items())


def keys_needed(event: Event) -> set[KeyName]:
    """The keys that sealing this fact takes."""
    return {
        KeyName(getattr(event, subject), purpose)
        for name, subject, purpose in marked(type(event))
        if getattr(event, name) is not None
    }


def seal(event: Event, stream: str, version: int, keys: Mapping[KeyName, DataKey]) -> bytes:
    """The fact as JSON with every personal field in its envelope."""
    marks = marked(type(event))
    serializer = type(event).__pydantic_serializer__
    if not marks:
        return serializer.to_json(event)
    body: dict[str, Any] = serializer.to_python(event, mode="json")
    for name, subject_field, purpose in marks:
        if body[name] is not None:
            subject = body[subject_field]
            key = keys[KeyName(subject, purpose)]
            body[name] = _envelope(body[name], (event.topic, stream, version), name, subject, purpose, key)
    return orjson.dumps(body)


def _envelope(value: Any, place: Place, path: str, subject: str, purpose: str, key: DataKey) -> dict[str, Any]:
    nonce = os.urandom(NONCE_BYTES)
    box = nonce + key.cipher.encrypt(nonce, _pad(orjson.dumps(value)), _bound(place, path, subject, purpose, key.epoch))
    return {
        "sealed": SCHEME,
        "subject": subject,
        "purpose": purpose,
        "epoch": key.epoch,
        "box": b64encode(box).decode("ascii"),
    }


def _pad(plain: bytes) -> bytes:
    """Hide the length of short values: JSON ends by itself, so blanks are enough."""
    return plain + b" " * (-len(plain) % STEP_BYTES)


def _bound(place: Place, path: str, subject: str, purpose: str, epoch: int) -> bytes:
    topic, stream, version = place
    return f"{SCHEME}\n{topic}\n{stream}\n{version}\n{path}\n{subject}\n{purpose}\n{epoch}".encode()


Opener = Callable[[dict[str, Any], Place, str], Any]
"""What to put in the place of an envelope: given the envelope, where it stands, and its path."""


def is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and value.get("sealed") == SCHEME and "box" in value


@dataclass(frozen=True, slots=True)
class Enclosed(Sealed):
    """Not opened, but with everything it takes to open it later, wherever it is kept meanwhile."""

    place: Place
    path: str
    envelope: Mapping[str, Any]


def enclose(envelope: dict[str, Any], place: Place, path: str) -> Enclosed:
    """The opener of those who pass personal data on without reading it."""
    return Enclosed(envelope["subject"], envelope["purpose"], place, path, envelope)


def emptied(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of an envelope behind a fence: whose it was and for what, and nothing to open."""
    return {**envelope, "box": ""}


def leave_sealed(envelope: dict[str, Any], place: Place, path: str) -> Sealed:
    """The opener of those who need no personal data."""
    return Sealed(envelope["subject"], envelope["purpose"])


def open_with(key: DataKey, envelope: dict[str, Any], place: Place, path: str) -> Any:
    """The value inside. Raises Spoiled when anything it is bound to differs."""
    box = b64decode(envelope["box"])
    if len(box) < NONCE_BYTES:
        raise Spoiled(f"{place[1]} version {place[2]}, field {path}: nothing inside")
    bound = _bound(place, path, envelope["subject"], envelope["purpose"], envelope["epoch"])
    try:
        return orjson.loads(key.cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound))
    except InvalidTag:
        raise Spoiled(f"{place[1]} version {place[2]}, field {path}") from None


def walk(value: Any, place: Place, opener: Opener, path: str = "") -> Any:
    """The JSON value with every envelope in it replaced; it rests on no class of today."""
    if is_envelope(value):
        return opener(value, place, path)
    if isinstance(value, dict):
        return {name: walk(each, place, opener, f"{path}.{name}" if path else name) for name, each in value.items()}
    if isinstance(value, list):
        return [walk(each, place, opener, f"{path}.{n}") for n, each in enumerate(value)]
    return value


def kept(value: list[Any], opener: Opener) -> Any:
    """What an `Enclosed` was kept as, as the opener gives it."""
    *place, path, envelope = value
    topic, stream, version = place
    return opener(envelope, (topic, stream, version), path)


class UnknownTopic(Exception):
    """The log holds a fact that this version of the service has no name for."""


def restore(topic: str, stream: str, version: int, state: bytes, opener: Opener = leave_sealed) -> Event:
    """The fact of a stored JSON, its personal fields as the opener gives them."""
    kind = Event.by_topic.get(topic)
    if kind is None:
        raise UnknownTopic(topic)
    if not marked(kind):
        found: Event = kind.__pydantic_validator__.validate_json(state)
        return found
    opened: Event = kind.__pydantic_validator__.validate_python(
        walk(orjson.loads(state), (topic, stream, version), opener)
    )
    return opened
