"""What is somebody's lies nowhere in clear, opens only in its place, and under its key, and never after a fence."""

from __future__ import annotations

import asyncio
import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args
from uuid import uuid4

import pytest
from door import Stage, new_place, stage
from process import handle
from psycopg import AsyncConnection
from pydantic import StringConstraints, TypeAdapter, ValidationError
from structlog.testing import capture_logs

from adapters.composition import Place
from adapters.embedded import Running, postgres_binary
from adapters.key_encryption import KeyFile, KeyUnavailable
from adapters.nats.client import new_command_id
from adapters.postgres.keys import KeyMissing, Keyring, opened_keys
from adapters.postgres.schema import connect_async
from adapters.problem import refusal
from adapters.sealing import KeyName, Spoiled, is_envelope, walk
from domain.fact import Event, personal_fields
from domain.personal import Forgotten
from domain.staff.worker import SYSTEM
from domain.values import Label

LABEL: StringConstraints = get_args(Label)[1]
SAID = "Žofie"
"""What a code, an id, or the number of something cannot hold."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A word that stands nowhere else, for the texts that are labels or for those that are not."""

    labels: bool
    word: str = field(default_factory=lambda: f"canary{uuid4().hex[:12]}")

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
                return f"{self.word}@firm.example" if "@" in str(value) else f"{SAID} {self.word}"
        return value


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


class Row(NamedTuple):
    stream: str
    version: int
    topic: str
    state: bytes

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state)
        return found


@dataclass(frozen=True, slots=True)
class Sung:
    """Every command that takes text was given canaries: in good requests, and in some that were refused."""

    here: Stage
    personal: Canary
    company: Canary
    topics: list[str]
    logged: str
    rows: list[Row]


@pytest.fixture(scope="module")
def sung(servers: Running, state: Path) -> Iterator[Sung]:
    personal, company = Canary(labels=False), Canary(labels=True)
    with stage(new_place(servers, state)) as here, capture_logs() as logged:
        topics = [topic for topic in here.schemas if sung_to(here, topic, personal)]
        for topic in here.schemas:
            request, _ = singing(here, topic, company)
            here.ask(topic, request)  # some labels name things that must be listed
        found = here.database.execute("SELECT originator_id, originator_version, topic, state FROM facts").fetchall()
        yield Sung(here, personal, company, topics, repr(logged), [Row(*row) for row in found])


def sung_to(here: Stage, topic: str, canary: Canary) -> bool:
    """Whether the command has a place for such a text; then it was accepted, and refused in several ways."""
    request, sings = singing(here, topic, canary)
    if not sings:
        return False
    answer = here.ask(topic, request)
    assert not answer.status, f"{topic} needs more of the world: {answer.body}"
    for wrong in (
        {"actor": "stranger"},
        {"expected_version": 999},
        {"happened_at": "9999-01-01T00:00:00Z"},
        {"deadline_ms": canary.word},
        {canary.word: 1},
    ):
        assert here.ask(topic, {**request, "id": new_command_id(), **wrong}).status in (400, 403, 404, 409, 422)
    return True


def singing(here: Stage, topic: str, canary: Canary) -> tuple[dict[str, Any], bool]:
    """A good request with the canary, and whether there was a place for it; the service tells what is no free text."""
    schema, asked = here.schemas[topic], {**here.example(topic, whole=True), "actor": SYSTEM}

    def sing(silent: set[str]) -> dict[str, Any]:
        data = canary.sing(schema["properties"]["data"], asked["data"], schema["$defs"], silent, "data")
        return {**asked, "id": new_command_id(), "data": data}

    tried = here.ask(topic, {**sing(set()), "expected_version": 10**6})
    silent = {error["field"] for error in tried.body.get("errors", [])}
    request = sing(silent)
    return request, request["data"] != asked["data"]


def disguises(word: str) -> set[bytes]:
    """The word as it may stand in a file: plain, in hexadecimal, and in base64 wherever it begins."""
    plain = word.encode()
    coded = {b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    return {plain, plain.hex().encode(), *coded}


def stands(word: str, *contents: bytes) -> bool:
    return any(disguise in content for content in contents for disguise in disguises(word))


def test_the_search_sees_through_every_disguise() -> None:
    word = Canary(labels=False).word
    for shift in range(3):
        said = b"-" * shift + word.encode() + b" and more"
        assert all(stands(word, content) for content in (said, said.hex().encode(), b64encode(said)))
    assert not stands(word, word[1:].encode(), b64encode(word[:-4].encode()))


def files(folder: Path) -> list[bytes]:
    found = [path.read_bytes() for path in folder.resolve().rglob("*") if path.is_file()]
    assert any(found)
    return found


def dump(place: Place) -> bytes:
    command = [str(postgres_binary("pg_dump")), f"--schema={place.settings.schema_name}", place.postgres_url]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - ours


def test_every_personal_field_of_every_fact_is_stored_in_an_envelope(sung: Sung) -> None:
    marked = {(topic, name) for topic, event in Event.by_topic.items() for name in personal_fields(event)}
    sealed = {(row.topic, name) for row in sung.rows for name, value in row.body().items() if is_envelope(value)}
    assert marked
    assert sealed == marked


def test_every_command_that_takes_a_text_had_it_sealed(sung: Sung) -> None:
    bodies = asyncio.run(open_all(sung.here.place, sung.rows))
    found = [row.topic for row, body in zip(sung.rows, bodies, strict=True) if sung.personal.word in str(body)]
    assert len(found) >= len(sung.topics) > 3


def test_no_personal_text_stands_in_a_dump(sung: Sung) -> None:
    content = dump(sung.here.place)
    assert stands(sung.company.word, content)
    assert not stands(sung.personal.word, content)


@pytest.mark.parametrize("part", ["base", "pg_wal"])
def test_no_personal_text_stands_in_the_files_of_the_database(sung: Sung, part: str) -> None:
    sung.here.database.execute("CHECKPOINT")
    contents = files(sung.here.place.settings.state / "postgres" / part)
    assert stands(sung.company.word, *contents)
    assert not stands(sung.personal.word, *contents)


@pytest.mark.parametrize("part", ["nats", "log"])
def test_no_text_stands_in_the_files_of_the_broker_or_in_a_log(sung: Sung, part: str) -> None:
    contents = files(sung.here.place.settings.state / part)
    assert not stands(sung.company.word, *contents)
    assert not stands(sung.personal.word, *contents)


def test_the_service_logs_nothing_that_was_said(sung: Sung) -> None:
    assert not stands(sung.company.word, sung.logged.encode())
    assert not stands(sung.personal.word, sung.logged.encode())


async def open_all(place: Place, rows: list[Row], encryption: KeyFile | None = None) -> list[Any]:
    """The bodies with every envelope opened by a process that has cached nothing."""
    connection: AsyncConnection[Any] = await connect_async(place.postgres_url, place.settings.schema_name)
    async with connection:
        envelopes = [value for row in rows for value in row.body().values() if is_envelope(value)]
        names = {KeyName(envelope["subject"], envelope["purpose"]) for envelope in envelopes}
        opener = await Keyring(encryption or KeyFile(place.keys)).opener(connection, names)
        return [walk(row.body(), (row.topic, row.stream, row.version), opener) for row in rows]


def opened(sung: Sung, row: Row, encryption: KeyFile | None = None) -> Any:
    return asyncio.run(open_all(sung.here.place, [row], encryption))[0]


@pytest.fixture
def one(sung: Sung) -> Row:
    """A fact with a sealed title."""
    return next(row for row in sung.rows if row.topic == "ticket.opened" and row.body()["description"])


def test_an_envelope_opens_in_its_place(sung: Sung, one: Row) -> None:
    assert sung.personal.word in opened(sung, one)["title"]


def moved(row: Row, how: str) -> Row:
    body = row.body()
    match how:
        case "to another stream":
            return row._replace(stream="ticket-another")
        case "to another version":
            return row._replace(version=row.version + 1)
        case "to another fact":
            return row._replace(topic="ticket.noted")
        case "to another field":
            body["title"], body["description"] = body["description"], body["title"]
        case "with a bit turned":
            box = body["title"]["box"]
            body["title"]["box"] = box[:20] + ("A" if box[20] != "A" else "B") + box[21:]
    return row._replace(state=json.dumps(body).encode())


@pytest.mark.parametrize(
    "how", ["to another stream", "to another version", "to another fact", "to another field", "with a bit turned"]
)
def test_an_envelope_that_was_moved_is_spoiled(sung: Sung, one: Row, how: str) -> None:
    with pytest.raises(Spoiled):
        opened(sung, moved(one, how))


def test_an_envelope_does_not_open_as_another_subjects(sung: Sung) -> None:
    row, other = (next(row for row in sung.rows if row.topic == topic) for topic in ("contact.opened", "worker.hired"))
    body = row.body()
    body["name"] |= {"subject": other.body()["subject"]}
    assert body["name"]["subject"] != body["subject"]
    with pytest.raises(Spoiled):
        opened(sung, row._replace(state=json.dumps(body).encode()))


def test_a_wrapped_key_does_not_open_under_another_key(sung: Sung, one: Row, tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable):
        opened(sung, one, KeyFile.opened(tmp_path, first_start=True))


def test_a_service_refuses_to_start_with_other_keys_than_those_of_its_schema(sung: Sung, tmp_path: Path) -> None:
    place = sung.here.place
    with pytest.raises(KeyUnavailable):
        opened_keys(place.postgres_url, place.settings.schema_name, tmp_path)
    assert list(tmp_path.iterdir()) == []
    KeyFile.opened(tmp_path, first_start=True)
    with pytest.raises(KeyUnavailable):
        opened_keys(place.postgres_url, place.settings.schema_name, tmp_path)


def test_a_wrapped_key_does_not_open_under_another_name(tmp_path: Path) -> None:
    encryption = KeyFile.opened(tmp_path, first_start=True)
    wrapped = encryption.wrap(b"k" * 32, b"a\nprofile\n1")
    assert encryption.unwrap(1, wrapped, b"a\nprofile\n1") == b"k" * 32
    with pytest.raises(KeyUnavailable):
        encryption.unwrap(1, wrapped, b"b\nprofile\n1")


def test_without_its_key_encryption_key_nothing_opens_and_nothing_is_masked(
    sung: Sung, one: Row, tmp_path: Path
) -> None:
    with pytest.raises(KeyUnavailable):
        KeyFile(tmp_path)
    KeyFile.opened(tmp_path, first_start=True)
    (tmp_path / "kek-1").rename(tmp_path / "kek-2")
    with pytest.raises(KeyUnavailable):
        opened(sung, one, KeyFile(tmp_path))


def test_processes_that_start_together_have_the_same_key(tmp_path: Path) -> None:
    for n in range(20):
        with ThreadPoolExecutor(8) as starting:
            keys = list(starting.map(partial(KeyFile.opened, first_start=True), [tmp_path / str(n)] * 8))
        assert len({key.derive("use") for key in keys}) == 1
        assert [path.name for path in (tmp_path / str(n)).iterdir()] == ["kek-1"]


@pytest.fixture
def person(sung: Sung) -> tuple[str, str]:
    """A contact of one's own, with the subject; its profile has a key, its content none yet."""
    here = sung.here
    asked = here.request(directory=here.world.directory, name="Dana Nová")
    contact = here.ask("contact.open", {**asked, "actor": SYSTEM}).body["id"]
    state = here.database.execute("SELECT state FROM facts WHERE originator_id = %s", (f"contact-{contact}",))
    row = state.fetchone()
    assert row
    return contact, json.loads(row[0])["subject"]


def keys_of(here: Stage, subject: str) -> list[str]:
    found = here.database.execute("SELECT purpose FROM subject_keys WHERE subject = %s", (subject,)).fetchall()
    return [purpose for (purpose,) in found]


def fence(here: Stage, subject: str) -> None:
    here.database.execute("INSERT INTO subject_fences (subject) VALUES (%s)", (subject,))


def test_behind_a_fence_nothing_is_sealed_with_a_key_at_hand(sung: Sung, person: tuple[str, str]) -> None:
    contact, subject = person
    here = sung.here
    fence(here, subject)
    facts = here.facts()
    for name in ("Dana Stará", "Dana Nová"):
        answer = here.ask("contact.rename", {**here.request(contact=contact, name=name), "actor": SYSTEM})
        assert (answer.status, answer.code) == (410, "SubjectFenced")
    assert here.facts() == facts
    assert here.good()


def test_behind_a_fence_no_key_is_made(sung: Sung, person: tuple[str, str]) -> None:
    contact, subject = person
    here = sung.here
    fence(here, subject)
    facts = here.facts()
    answer = here.ask("ticket.open", {**here.request(customer=contact, title="Once more"), "actor": SYSTEM})
    assert (answer.status, answer.code) == (410, "SubjectFenced")
    assert here.facts() == facts
    assert keys_of(here, subject) == ["profile"]


@pytest.mark.parametrize("destroyed", [False, True], ids=["its key still there", "its key destroyed"])
def test_behind_a_fence_a_process_that_knew_no_key_seals_nothing_and_its_neighbours_go_on(
    sung: Sung,
    person: tuple[str, str],
    destroyed: bool,
) -> None:
    contact, subject = person
    here = sung.here
    fence(here, subject)
    if destroyed:
        here.database.execute("DELETE FROM subject_keys WHERE subject = %s", (subject,))
    before = keys_of(here, subject)
    answers = asyncio.run(
        handle(
            here.place,
            ("area.open", {"name": "Before"}, SYSTEM),
            ("contact.rename", {"contact": contact, "name": "Dana Stará"}, SYSTEM),
            ("worker.hire", {"name": "Emil"}, SYSTEM),
        )
    )
    assert [answer.code for answer in answers] == ["", "SubjectFenced", ""]
    assert refusal("SubjectFenced").status == 410
    assert keys_of(here, subject) == before


def contact_row(here: Stage, contact: str) -> Row:
    query = "SELECT originator_id, originator_version, topic, state FROM facts WHERE originator_id = %s"
    found = here.database.execute(query, (f"contact-{contact}",)).fetchone()
    assert found
    return Row(*found)


def test_a_destroyed_key_behind_a_fence_shows_as_forgotten(sung: Sung, person: tuple[str, str]) -> None:
    contact, subject = person
    here = sung.here
    row = contact_row(here, contact)
    assert opened(sung, row)["name"] == "Dana Nová"
    fence(here, subject)
    here.database.execute("DELETE FROM subject_keys WHERE subject = %s", (subject,))
    assert opened(sung, row)["name"] == Forgotten(subject)


def test_a_destroyed_key_without_a_fence_is_an_incident(sung: Sung, person: tuple[str, str]) -> None:
    contact, subject = person
    here = sung.here
    here.database.execute("DELETE FROM subject_keys WHERE subject = %s", (subject,))
    with pytest.raises(KeyMissing):
        opened(sung, contact_row(here, contact))
