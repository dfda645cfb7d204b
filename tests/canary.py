"""Words that stand nowhere else, said wherever a command takes text; and how they are found, however disguised."""

from __future__ import annotations

import re
import subprocess
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import uuid4

from door import Reply, Stage
from pydantic import StringConstraints, TypeAdapter, ValidationError

from adapters.composition import Place
from adapters.embedded import postgres_binary
from adapters.nats.client import new_command_id
from domain.staff.worker import SYSTEM
from domain.values import Label

LABEL: StringConstraints = get_args(Label)[1]
SAID = "Žofie"
"""What a code, an id, or the number of something cannot hold."""

FURTHER: Mapping[str, Mapping[str, Any]] = {
    "ticket.log-message": {"direction": "outgoing"},
    "contact.add-address": {"kind": "email", "typed": "somebody@firm.example"},
}
"""Where one example of a command does not reach all that may be personal in its facts, what another says otherwise."""

GZIP, ZIP = b"\x1f\x8b\x08", b"PK\x03\x04"
ZIP_NAMES_AT, ZIP_HEADER = 26, 30


@dataclass(frozen=True, slots=True)
class Canary:
    """A word that stands nowhere else, for the texts that are labels or for those that are not."""

    labels: bool
    word: str = field(default_factory=lambda: f"canary{uuid4().hex[:12]}")

    def on(self, about: str) -> Canary:
        """What sings in this request."""
        return self

    def at(self, path: str) -> str:
        """What is sung in this place."""
        return self.word

    def was_taken(self, request: Any) -> None:
        """The request was accepted."""

    def sing(self, schema: dict[str, Any], value: Any, named: dict[str, Any], silent: set[str], path: str) -> Any:
        """The value with the word in every such text of it; the schema tells which are, but for the silent."""
        for part in _alternatives(schema, named):
            if isinstance(value, dict) and part.get("type") == "object":
                of = part.get("properties", {})
                return {
                    name: self.sing(of.get(name, {}), each, named, silent, f"{path}.{name}")
                    for name, each in value.items()
                }
            if isinstance(value, list) and "items" in part:
                return [self.sing(part["items"], each, named, silent, f"{path}.{n}") for n, each in enumerate(value)]
            if _is_text(part) and _is_label(part) == self.labels and path not in silent:
                return f"{self.at(path)}@firm.example" if "@" in str(value) else f"{SAID} {self.at(path)}"
        return value


@dataclass(frozen=True, slots=True)
class Flock(Canary):
    """Many words that begin alike: another one for each place, so that one that is found tells where it was said."""

    whose: str = ""
    about: str = ""
    words: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    """Those of the words that stood in a request which was accepted."""

    def of(self, whose: str) -> Flock:
        """Those that sing of this one."""
        return replace(self, whose=whose)

    def on(self, about: str) -> Flock:
        return replace(self, about=about)

    def at(self, path: str) -> str:
        return self.words.setdefault(f"{self.whose}: {self.about} {path}", f"{self.word}n{len(self.words):03x}")

    def was_taken(self, request: Any) -> None:
        self.taken.update(self.heard(str(request)))

    def heard(self, text: str) -> set[str]:
        """Those of the words that stand there in clear."""
        return set(re.findall(f"{self.word}n[0-9a-f]{{3}}", text))


def _is_label(part: dict[str, Any]) -> bool:
    return (part.get("pattern"), part.get("maxLength")) == (LABEL.pattern, LABEL.max_length)


def _alternatives(schema: dict[str, Any], named: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return [named[schema["$ref"].rpartition("/")[2]]]
    return [part for each in schema["anyOf"] for part in _alternatives(each, named)] if "anyOf" in schema else [schema]


def _is_text(part: dict[str, Any]) -> bool:
    if part.get("type") != "string" or part.keys() & {"enum", "const", "format"}:
        return False
    kind = Annotated[str, StringConstraints(pattern=part.get("pattern"), max_length=part.get("maxLength"))]
    try:
        TypeAdapter(kind).validate_python(f"{SAID} x")
    except ValidationError:
        return False
    return True


def sung_to(here: Stage, topic: str, canary: Canary) -> bool:
    """Whether the command has a place for such a text; then it was accepted, and refused in several ways."""
    return all(sung(here, topic, canary, **given) is not None for given in ({}, *further(topic)))


def further(topic: str) -> Iterator[Mapping[str, Any]]:
    """What else is to be said by the command."""
    if topic in FURTHER:
        yield FURTHER[topic]


def sung(here: Stage, topic: str, canary: Canary, **given: Any) -> Reply | None:
    """The answer to one that was accepted, after it others were refused; None where there is no place for a text."""
    canary = canary.on(" ".join((topic, *map(str, given.values()))))
    request, sings = singing(here, topic, canary, given)
    if not sings:
        return None
    answer = here.ask(topic, request)
    assert not answer.status, f"{topic} needs more of the world: {answer.body}"
    canary.was_taken(request)
    for wrong in (
        {"actor": "stranger"},
        {"expected_version": 999},
        {"happened_at": "9999-01-01T00:00:00Z"},
        {"deadline_ms": canary.word},
        {canary.word: 1},
    ):
        assert here.ask(topic, {**request, "id": new_command_id(), **wrong}).status in (400, 403, 404, 409, 422)
    return answer


def singing(
    here: Stage, topic: str, canary: Canary, given: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], bool]:
    """A good request with the canary, and whether there was a place for it; the service tells what is no free text."""
    schema, asked = here.schemas[topic], {**here.example(topic, whole=True), "actor": SYSTEM}
    asked["data"] |= given or {}

    def sing(silent: set[str]) -> dict[str, Any]:
        data = canary.sing(schema["properties"]["data"], asked["data"], schema["$defs"], silent, "data")
        return {**asked, "id": new_command_id(), "data": data}

    tried = here.ask(topic, {**sing(set()), "expected_version": 10**6})
    silent = {error["field"] for error in tried.body.get("errors", [])}
    request = sing(silent)
    return request, request["data"] != asked["data"]


def disguises(word: str) -> set[bytes]:
    """The word as it may stand in a file: plain, in hexadecimal, of 16 bits, and in base64 wherever it begins."""
    plain = word.encode()
    coded = {b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    wide = word.encode("utf-16-le")[:-1]  # so it stands there whichever byte comes first
    return {plain, plain.hex().encode(), plain.hex().upper().encode(), wide, *coded}


def stands(word: str, *contents: bytes) -> bool:
    seen = [each for content in contents for each in (content, *unpacked(content))]
    return any(disguise in content for content in seen for disguise in disguises(word))


def unpacked(content: bytes) -> Iterator[bytes]:
    """What was packed by gzip or zip, wherever it begins, as far as it can be unpacked."""
    for at in _found(GZIP, content):
        yield from _inflated(content[at:], zlib.MAX_WBITS | 16)
    for at in _found(ZIP, content):
        names = content[at + ZIP_NAMES_AT : at + ZIP_HEADER]
        skipped = int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
        yield from _inflated(content[at + ZIP_HEADER + skipped :], -zlib.MAX_WBITS)


def _found(mark: bytes, content: bytes) -> Iterator[int]:
    at = content.find(mark)
    while at >= 0:
        yield at
        at = content.find(mark, at + 1)


def _inflated(content: bytes, bits: int) -> Iterable[bytes]:
    try:
        return [zlib.decompressobj(bits).decompress(content, 2**24)]
    except zlib.error:
        return []


def files(folder: Path) -> list[bytes]:
    """The contents of all that lie there; servers at work may take one away before it is read."""
    found = []
    for path in folder.resolve().rglob("*"):
        with suppress(FileNotFoundError):
            found += [path.read_bytes()] if path.is_file() else []
    assert any(found)
    return found


def dump(place: Place, *, whole: bool = False) -> bytes:
    """The schema as an operator copies it, or with all others of the database."""
    of = [] if whole else [f"--schema={place.settings.schema_name}"]
    command = [str(postgres_binary("pg_dump")), *of, place.postgres_url]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - ours
