"""What is somebody's lies nowhere in clear, opens only in its place, and under its key, and never after a fence."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from canary import Canary, dump, files, singing, stands, sung_to
from collector import collecting
from door import Stage, new_place, stage
from online import Online, online
from process import handle
from psycopg import AsyncConnection
from structlog.testing import capture_logs

from adapters.cli import console
from adapters.composition import Place
from adapters.embedded import Running
from adapters.key_encryption import KeyEncryption, KeyUnavailable
from adapters.key_file import KeyFile
from adapters.postgres.keys import KeyMissing, Keyring, opened_keys
from adapters.postgres.schema import connect_async
from adapters.problem import refusal
from adapters.sealing import KeyName, Spoiled, is_envelope, walk
from adapters.telemetry import tracing
from domain.fact import Event, personal_fields
from domain.personal import Forgotten
from domain.staff.worker import SYSTEM


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
    told: dict[str, bytes]
    """What was logged, what operators are told, and what was traced."""
    rows: list[Row]


@pytest.fixture(scope="module")
def sung(servers: Running, state: Path) -> Iterator[Sung]:
    personal, company = Canary(labels=False), Canary(labels=True)
    with (
        collecting() as collector,
        tracing.sending(collector.url, 1.0, "everything"),
        stage(new_place(servers, state)) as here,
        online(here) as net,
        capture_logs() as logged,
        libraries_logging(),
    ):
        topics = [topic for topic in here.schemas if sung_to(here, topic, personal)]
        for topic in here.schemas:
            request, _ = singing(here, topic, company)
            here.ask(topic, request)  # some labels name things that must be listed
        for topic in topics:
            sung_over_http(here, net, topic, personal)
        for said in (personal, company):
            asked_in_vain(net, said.word)
        found = here.database.execute("SELECT originator_id, originator_version, topic, state FROM facts").fetchall()
        metrics = net.get("/metrics", who="gauge").content
        tracing.flush()
        told = {"log": repr(logged).encode(), "metrics": metrics, "traces": b"".join(collector.raw)}
        yield Sung(here, personal, company, topics, told, [Row(*row) for row in found])


@contextmanager
def libraries_logging() -> Iterator[None]:
    """What libraries say goes where it goes in a process of ours, and all of it."""
    root, handler = logging.getLogger(), console.Libraries()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def sung_over_http(here: Stage, net: Online, topic: str, canary: Canary) -> None:
    """It was answered, whatever it says of it; and refused, where the word is no value but a name."""
    request, _ = singing(here, topic, canary)
    traced = {"traceparent": f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"}
    assert net.post(f"/v1/commands/{topic}", request, headers=traced).status_code < 500
    assert net.post(f"/v1/commands/{topic}", {**request, canary.word: 1}).status_code == 400


def asked_in_vain(net: Online, word: str) -> None:
    """The word where people put words by mistake: in addresses, in queries, in headers, and in what is no JSON."""
    assert net.get(f"/{word}").status_code == 404
    assert net.post(f"/v1/commands/{word}.{word}", {"id": word}).status_code == 404
    assert net.get("/v1/questions/my-sight", **{word: word, "actor": word}).status_code == 400
    assert net.post("/v1/questions/contact-search", {"actor": word, "data": {"text": word}}).status_code < 500
    assert net.post("/v1/commands/area.open", word.encode()).status_code == 400
    assert net.get("/metrics", headers={"traceparent": word, "User-Agent": word, "Cookie": f"kartoteka={word}"})
    assert net.get("/metrics", who=word).status_code == 401


def zipped(said: bytes) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as zip:
        zip.writestr("said.txt", said)
    return target.getvalue()


def utf_16(said: bytes) -> bytes:
    return said.decode().encode("utf-16")


def test_the_search_sees_through_every_disguise() -> None:
    word = Canary(labels=False).word
    for shift in range(3):
        said = b"-" * shift + word.encode() + b" and more"
        assert all(stands(word, content) for content in (said, said.hex().encode(), b64encode(said)))
        assert all(stands(word, b"--" + pack(said) + b"--") for pack in (gzip.compress, zipped, utf_16))
    assert not stands(word, word[1:].encode(), b64encode(word[:-4].encode()))


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


@pytest.mark.parametrize(
    ("told", "by"), [("log", "http"), ("metrics", "kartoteka_commands_total"), ("traces", "command contact.open")]
)
def test_what_operators_are_told_holds_nothing_that_was_said(sung: Sung, told: str, by: str) -> None:
    assert by.encode() in sung.told[told]
    assert not stands(sung.company.word, sung.told[told])
    assert not stands(sung.personal.word, sung.told[told])


async def open_all(place: Place, rows: list[Row], encryption: KeyEncryption | None = None) -> list[Any]:
    """The bodies with every envelope opened by a process that has cached nothing."""
    connection: AsyncConnection[Any] = await connect_async(place.postgres_url, place.settings.schema_name)
    async with connection:
        envelopes = [value for row in rows for value in row.body().values() if is_envelope(value)]
        names = {KeyName(envelope["subject"], envelope["purpose"]) for envelope in envelopes}
        opener = await Keyring(encryption or KeyFile(place.keys)).opener(connection, names)
        return [walk(row.body(), (row.topic, row.stream, row.version), opener) for row in rows]


def opened(sung: Sung, row: Row, encryption: KeyEncryption | None = None) -> Any:
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
        assert sorted(path.name for path in (tmp_path / str(n)).iterdir()) == ["epochs", "kek-1", "root"]


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
