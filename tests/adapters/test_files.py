"""A file comes back as it was put to whoever may see its contact, and to nobody else; no part stands for another."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from cabinet import NOBODY_KNOWS, Cabinet, asked, cabinet, some_bytes
from door import new_place

from adapters.composition import client
from adapters.embedded import Running
from adapters.file_request import PART_BYTES, written
from adapters.nats.client import Declined, new_command_id
from adapters.nats.file_client import Source, put_file
from adapters.nats.part_stream import PartStream
from adapters.postgres.filing import Filing
from commands.clients.contact import OpenContact
from commands.clients.merge import MergeContact
from commands.clients.paper import RemoveFile
from commands.staff.worker import GrantRight, WithdrawRight
from domain.staff.worker import Right
from domain.values import ContactId, DirectoryId, FileId, WorkerId

MANY_PARTS = 25 * 1024 * 1024
NEVER_PUT = "file-that-never-was"


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Cabinet]:
    with cabinet(new_place(servers, state)) as found:
        yield found


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, MANY_PARTS])
def test_a_file_comes_back_as_it_was_put(here: Cabinet, size: int) -> None:
    content = some_bytes(size)
    file = here.attached("mill", content)
    assert here.content("mill", file) == content
    assert here.content("mill", file, actor="reader") == content
    told = here.get("mill", file).line
    assert (told["size_bytes"], told["media_type"]) == (size, "application/pdf")
    assert told["parts"] == max(1, -(-size // PART_BYTES))


def test_an_answer_says_what_is_missing_and_the_last_one_what_the_file_is(here: Cabinet) -> None:
    content, id = some_bytes(3 * PART_BYTES + 5), new_command_id()
    parts = [content[n : n + PART_BYTES] for n in range(0, len(content), PART_BYTES)]
    missing = []
    for n in (2, 4, 1, 3):
        said = here.put("mill", parts[n - 1], id=id, part=n, last=n == 4)
        assert not said.status, said.line
        missing.append(said.line["missing"])
    assert missing == [1, 1, 3, None]
    assert said.line["size_bytes"] == len(content)
    again = here.put("mill", parts[0], id=id, last=False)
    assert again.line == {**said.line, "repeated": True}
    digests = here.rows("SELECT digest FROM stored_parts WHERE file = %s ORDER BY part", said.line["file"])
    assert said.line["digest"] == sha256(b"".join(digest for (digest,) in digests)).hexdigest()


def test_what_was_put_twice_at_the_same_time_is_one_file(here: Cabinet) -> None:
    content = some_bytes(PART_BYTES)
    about = {"contact": here.ids["mill"], "actor": here.ids["editor"], "id": new_command_id(), "part": 1, "last": True}

    async def both() -> list[Any]:
        sent = written(about, content)
        return list(await asyncio.gather(*(asked(here.stage.desk, "put", sent) for _ in range(8))))

    said = here.stage.run(both())
    assert {one.status for one in said} == {0}
    assert len({one.line["digest"] for one in said}) == 1
    assert [one.line["repeated"] for one in said].count(False) == 1
    file = said[0].line["file"]
    assert not here.attach("mill", file).status
    assert here.content("mill", file) == content


def test_what_was_left_off_goes_on_where_it_was(here: Cabinet) -> None:
    content, id = some_bytes(6 * PART_BYTES + 1), new_command_id()
    for n in (1, 2, 3):
        part = content[(n - 1) * PART_BYTES : n * PART_BYTES]
        here.put("mill", part, id=id, part=n, last=False, door=here.stage.operator)
    missing: list[int | None] = []

    async def go_on() -> str:
        async with client(here.stage.place) as operator:
            source = Source(id, here.ids["mill"], BytesIO(content), len(content))
            told = await put_file(
                operator, source, actor=here.ids["editor"], heard=lambda told: missing.append(told.missing)
            )
            return told.file

    file = here.stage.run(go_on())
    assert missing == [4, 5, 6, 7, None]
    assert here.stage.run(go_on()) == file
    assert missing == [4, 5, 6, 7, None, None]
    assert not here.attach("mill", file).status
    assert here.content("mill", file) == content


def test_a_part_that_was_stored_but_not_noted_is_taken_as_it_lies(here: Cabinet) -> None:
    id, content = new_command_id(), some_bytes(100)
    with patch.object(Filing, "note", side_effect=ConnectionError):
        assert here.put("mill", content, id=id).status == 500
    other = here.put("mill", content[::-1], id=id)
    assert (other.status, other.code) == (409, "FileClash")
    said = here.put("mill", content, id=id)
    assert (said.status, said.line["repeated"]) == (0, False)
    file = said.line["file"]
    assert not here.attach("mill", file).status
    assert here.content("mill", file) == content


def test_under_one_id_there_is_one_file_of_one_contact(here: Cabinet) -> None:
    id, full = new_command_id(), some_bytes(PART_BYTES)
    here.put("mill", full, id=id, part=2, last=True)
    for contact, content, part, last in (
        ("bakery", full, 2, True),
        ("bakery", full, 1, False),
        ("mill", full[::-1], 2, True),
        ("mill", full, 2, False),
        ("mill", full, 3, True),
        ("mill", full, 3, False),
        ("mill", full, 1, True),
    ):
        said = here.put(contact, content, id=id, part=part, last=last)
        assert (said.status, said.code) == (409, "FileClash"), (contact, part, last)
    assert here.put("mill", full, id=id, part=1, last=False).line["missing"] is None


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"", ""),
        (b"\x00\xff", ""),
        ({"part": 0}, "part"),
        ({"part": "1"}, "part"),
        ({"last": None}, "last"),
        ({"id": "mine"}, "id"),
        ({"contact": "No id"}, "contact"),
        ({"more": 1}, "(unknown)"),
    ],
)
def test_what_its_schema_does_not_allow_is_malformed(here: Cabinet, line: Any, field: str) -> None:
    good = {"id": new_command_id(), "actor": here.ids["editor"], "contact": here.ids["mill"], "part": 1, "last": True}
    said = here.ask("put", line if isinstance(line, bytes) else {**good, **line}, b"x")
    assert (said.status, said.code) == (400, "Malformed")
    assert [error["field"] for error in said.line["errors"]] == [field]


def test_nobody_asks_for_others_or_for_what_there_is_not(here: Cabinet) -> None:
    said = here.put("mill", b"x", door=here.stage.shop)
    assert (said.status, said.code) == (403, "ActorNotAllowed")
    said = here.ask("drop", {})
    assert (said.status, said.code) == (404, "FileRequestUnknown")
    file = here.attached("mill", b"x")
    said = here.get("mill", file, part=2)
    assert (said.status, said.code) == (404, "PartUnknown")


def test_it_takes_the_right_to_edit_to_put_and_sight_to_get(here: Cabinet) -> None:
    file = here.attached("mill", b"x")
    for actor, put, got in (
        ("editor", "", ""),
        ("reader", "LevelMissing", ""),
        ("powerless", "RightMissing", "RightMissing"),
        ("outsider", "ContactUnknown", "ContactUnknown"),
        (NOBODY_KNOWS, "RightMissing", "RightMissing"),
    ):
        assert here.put("mill", b"x", actor=actor).code == put
        assert here.get("mill", file, actor=actor).code == got
        waiting = here.stored("mill", b"x")
        assert here.attach("mill", waiting, actor=actor).code == put


def test_a_hidden_contact_and_none_are_one_answer_and_one_way_to_it(here: Cabinet) -> None:
    here.ids["safe"] = here.did(OpenContact(directory=DirectoryId(here.ids["secret"]), name="The safe"))
    waiting, hidden = (here.stored("vault", b"x", actor="system") for _ in range(2))
    assert not here.attach("vault", hidden, actor="system").status
    statements: list[str] = []
    looked_up = Filing._row

    async def noted(filing: Filing, statement: str, given: Any) -> Any:
        statements.append(statement)
        return await looked_up(filing, statement, given)

    with patch.object(Filing, "_row", noted):
        ways = {
            (said.status, said.raw, tuple(statements[before:]))
            for contact in ("vault", "safe", NOBODY_KNOWS)
            for file in (hidden, waiting, NEVER_PUT)
            for before in [len(statements)]
            for said in [here.get(contact, file)]
        }
        assert [status for status, *_ in ways] == [404]
        ways = {
            (said.status, said.raw, tuple(statements[before:]))
            for contact in ("vault", "safe", NOBODY_KNOWS)
            for before in [len(statements)]
            for said in [here.put(contact, b"x")]
        }
        assert [status for status, *_ in ways] == [404]
    attached = {here.attach(contact, file).raw for contact in ("vault", NOBODY_KNOWS) for file in (waiting, NEVER_PUT)}
    assert len(attached) == 1


def test_the_file_of_another_contact_is_as_one_that_never_was(here: Cabinet) -> None:
    lies, waits = here.attached("bakery", b"x"), here.stored("bakery", b"x")
    assert here.get("mill", lies).raw == here.get("mill", NEVER_PUT).raw
    assert here.get("mill", lies).code == "FileUnknown"
    answers = {here.attach("mill", file).raw for file in (waits, lies, NEVER_PUT)}
    assert len(answers) == 1
    assert here.attach("mill", waits).code == "FileNotStored"
    assert not here.attach("bakery", waits).status


def test_what_is_not_whole_or_was_left_for_a_day_is_not_attached(here: Cabinet) -> None:
    half = here.put("mill", some_bytes(PART_BYTES), last=False).line["file"]
    assert here.attach("mill", half).code == "FileNotStored"
    old = here.stored("mill", b"x")
    here.rows("UPDATE stored_files SET touched_at = touched_at - interval '1 day' WHERE file = %s", old)
    assert here.attach("mill", old).code == "FileNotStored"


def test_what_was_put_says_how_large_it_is_and_not_whoever_attaches_it(here: Cabinet) -> None:
    file = here.attached("mill", some_bytes(77))
    (row,) = here.rows("SELECT state FROM facts WHERE topic = 'contact.file-attached' ORDER BY notification_id DESC")[
        :1
    ]
    told = here.rows("SELECT size_bytes, digest FROM stored_files WHERE file = %s", file)
    assert b'"size_bytes":77' in row[0]
    assert told[0][0] == 77
    assert told[0][1].encode() in row[0]


def test_only_what_lies_there_is_given_out(here: Cabinet) -> None:
    file = here.stored("mill", b"x")
    assert here.get("mill", file).code == "FileUnknown"
    here.attach("mill", file)
    assert not here.get("mill", file).status
    here.did(RemoveFile(contact=ContactId(here.ids["mill"]), file=FileId(file)))
    assert here.get("mill", file).code == "FileUnknown"
    here.attach("mill", file)
    assert not here.get("mill", file).status


def test_the_file_of_either_is_the_file_of_both_that_were_merged(here: Cabinet) -> None:
    for name in ("tannery", "dyeworks"):
        here.ids[name] = here.did(OpenContact(directory=DirectoryId(here.ids["customers"]), name=name))
    files = {name: here.attached(name, name.encode()) for name in ("tannery", "dyeworks")}
    assert here.get("tannery", files["dyeworks"]).code == "FileUnknown"
    merged = MergeContact(contact=ContactId(here.ids["tannery"]), survivor=ContactId(here.ids["dyeworks"]))
    here.did(merged)
    for name, file in files.items():
        assert {here.get(contact, file).content for contact in files} == {name.encode()}


def test_a_look_is_kept_for_a_file_and_not_for_each_of_its_parts(here: Cabinet) -> None:
    file = here.attached("mill", some_bytes(4 * PART_BYTES))
    before = here.rows("SELECT count(*) FROM looks")[0][0]
    here.content("mill", file, actor="reader")
    kept = here.rows("SELECT worker, question, how, contacts FROM looks ORDER BY at DESC LIMIT %s", 2)
    assert here.rows("SELECT count(*) FROM looks")[0][0] == before + 1
    assert kept[0] == (here.ids["reader"], "file", "opened", [here.ids["mill"]])
    here.get("mill", file, actor="outsider")
    assert here.rows("SELECT count(*) FROM looks")[0][0] == before + 1


def test_nothing_is_shown_of_which_no_look_can_be_kept(here: Cabinet) -> None:
    file = here.attached("mill", b"x")
    here.rows("ALTER FUNCTION keep_looks RENAME TO keep_no_looks")
    try:
        said = here.get("mill", file, actor="reader")
    finally:
        here.rows("ALTER FUNCTION keep_no_looks RENAME TO keep_looks")
    assert (said.status, said.code) == (503, "LookUnkept")
    assert not here.get("mill", file, actor="reader").status


@pytest.mark.parametrize("destroyed", [False, True], ids=["the key still there", "the key destroyed"])
def test_the_file_of_a_forgotten_person_is_gone(here: Cabinet, destroyed: bool) -> None:
    here.ids["dana"] = here.did(OpenContact(directory=DirectoryId(here.ids["customers"]), name="Dana"))
    file, waiting = here.attached("dana", b"x"), here.stored("dana", b"x")
    ((subject,),) = here.rows("SELECT subject FROM stored_files WHERE file = %s", file)
    here.rows("INSERT INTO subject_fences (subject) VALUES (%s)", subject)
    if destroyed:
        here.rows("DELETE FROM subject_keys WHERE subject = %s", subject)
    for said in (here.get("dana", file), here.put("dana", b"x"), here.attach("dana", waiting)):
        assert (said.status, said.code) == (410, "SubjectFenced")


def test_the_file_of_a_restricted_person_goes_to_a_privacy_officer_alone(here: Cabinet) -> None:
    here.ids["dina"] = here.did(OpenContact(directory=DirectoryId(here.ids["customers"]), name="Dina"))
    file, reader = here.attached("dina", b"x"), WorkerId(here.ids["reader"])
    ((subject,),) = here.rows("SELECT subject FROM stored_files WHERE file = %s", file)
    here.rows("INSERT INTO access_withheld (subject, stream) VALUES (%s, 'x')", subject)
    said = here.get("dina", file, actor="reader")
    assert (said.status, said.code, said.content) == (422, "ContactIsRestricted", b"")
    here.did(GrantRight(worker=reader, right=Right.PRIVACY_OFFICER))
    assert here.content("dina", file, actor="reader") == b"x"
    here.did(WithdrawRight(worker=reader, right=Right.PRIVACY_OFFICER))
    here.rows("DELETE FROM access_withheld WHERE subject = %s", subject)
    assert here.content("dina", file, actor="reader") == b"x"


def test_a_key_that_is_gone_without_a_fence_is_an_incident(here: Cabinet) -> None:
    here.ids["dora"] = here.did(OpenContact(directory=DirectoryId(here.ids["customers"]), name="Dora"))
    file = here.attached("dora", b"x")
    ((subject,),) = here.rows("SELECT subject FROM stored_files WHERE file = %s", file)
    here.rows("DELETE FROM subject_keys WHERE subject = %s", subject)
    for nothing in (True, False):  # whatever it had is dropped
        here.stage.service.files._filing._keyring.keep(nothing=nothing)
    said = here.get("dora", file)
    assert (said.status, said.code, said.content) == (500, "Broken", b"")


@pytest.mark.parametrize("how", ["a bit turned", "parts swapped", "the last part cut off", "another file's", "gone"])
def test_what_was_tampered_with_is_not_given_out(here: Cabinet, how: str) -> None:
    file, other = (here.attached("mill", some_bytes(2 * PART_BYTES, seed=seed)) for seed in "ab")
    store: PartStream = here.stage.service.files._store  # type: ignore[assignment]

    async def tamper() -> None:
        first, second = [await store.get(file, part) or b"" for part in (1, 2)]
        forged = {
            "a bit turned": (first[:-1] + bytes([first[-1] ^ 1]), second),
            "parts swapped": (second, first),
            "the last part cut off": (first.replace(b'"last":false', b'"last":true'),),
            "another file's": (await store.get(other, 1) or b"", second),
            "gone": (),
        }[how]
        await store.drop(file)
        for part, sealed in enumerate(forged, 1):
            await store.put(file, part, sealed)

    here.stage.run(tamper())
    said = here.get("mill", file)
    assert (said.status, said.code, said.content) == (500, "FileDamaged", b"")
    assert not here.get("mill", other).status


def test_notes_about_the_parts_that_were_tampered_with_do_not_help(here: Cabinet) -> None:
    """Who may write to the store and to the database cannot forge a fact, to which the digest belongs."""
    content = some_bytes(2 * PART_BYTES)
    file, forged = here.attached("mill", content), here.stored("mill", content[::-1])
    store: PartStream = here.stage.service.files._store  # type: ignore[assignment]

    async def tamper() -> None:
        parts = [await store.get(forged, part) or b"" for part in (1, 2)]
        await store.drop(file)
        for part, sealed in enumerate(parts, 1):
            await store.put(file, part, sealed)

    here.stage.run(tamper())
    here.rows(
        "UPDATE stored_parts p SET digest = f.digest FROM stored_parts f"
        " WHERE p.file = %s AND f.file = %s AND f.part = p.part",
        file,
        forged,
    )
    assert here.get("mill", file).code == "FileDamaged"


def test_nothing_of_a_file_is_readable_on_disk(here: Cabinet) -> None:
    canary = f"canary{uuid4().hex}"
    content = (canary + " ").encode() * 5_000
    file = here.attached("mill", content)
    assert here.content("mill", file) == content
    here.rows("CHECKPOINT")
    state = here.stage.place.settings.state
    found = {part: written_in(state / part) for part in ("nats", "postgres/base", "postgres/pg_wal", "log")}
    assert any(file.encode() in each for each in found["nats"])
    for part, contents in found.items():
        assert not any(disguise in each for each in contents for disguise in disguises(canary)), part


def written_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.resolve().rglob("*") if path.is_file()]


def disguises(word: str) -> set[bytes]:
    """The word as it may stand in a file: plain, in hexadecimal, and in base64 wherever it begins."""
    plain = word.encode()
    coded = {b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    return {plain, plain.hex().encode(), *coded}


def test_a_client_of_ours_is_told_why_not(here: Cabinet) -> None:
    with pytest.raises(Declined) as declined:
        here.content("mill", NEVER_PUT)
    assert (declined.value.status, declined.value.code) == (404, "FileUnknown")
