"""A copy of what is held about a person is whole, theirs alone, opens anywhere, and says what it does not have."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from door import new_place
from dossier import EVAS, FILE, OTHERS, Dossier, Reader, copied, dossier
from hypothesis import given
from hypothesis import strategies as st

from adapters.archive import person as archive
from adapters.archive.bundle import Bundle, bundle, safe_name
from adapters.archive.person import FileCut, write_copy
from adapters.cli import files
from adapters.composition import now
from adapters.embedded import Running
from adapters.nats.client import Declined
from adapters.nats.file_client import get_file
from adapters.postgres.schema import connect
from adapters.postgres.sign_ins import Opening, SignIns
from commands.clients.contact import OpenContact
from commands.clients.paper import NoteOnContact
from domain.clients.contact import ContactKind
from domain.values import Person
from projections.looking import Aim

NASTY = '<script>alert("x")</script> & <img src=x onerror=y> </td></table> \u202e'.replace("\u202e", "")


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Dossier]:
    with dossier(new_place(servers, state)) as here:
        yield here


def test_a_copy_has_all_that_was_entered_and_nothing_of_others(here: Dossier) -> None:
    copy = copied(here, here.person("eva"))
    values = {value for fact in copy.data["facts"] for value in fact["fields"].values()}
    page = Reader(copy.page)
    for word in EVAS:
        assert any(word in value for value in values), word
        assert word in page.words, word
    everything = b"".join(copy.parts.values()).decode()
    assert not [word for word in OTHERS if word in everything]
    assert not [name for name in ("otto", "works", "keen", "anna") if here.company[name] in everything]


def test_it_has_the_facts_as_the_question_tells_them(here: Dossier) -> None:
    copy = copied(here, here.person("eva"))
    assert copy.data["facts"] == here.everything("personal-data", "vera", person=here.person("eva"))
    about = {name: copy.data[name] for name in ("format", "version", "person", "purpose")}
    assert about == {"format": "kartoteka-person", "version": 1, "person": here.person("eva"), "purpose": "access"}
    assert copy.data["held"] == copy.held.told()
    assert copy.held.facts == len(copy.data["facts"])
    assert copy.held.values == sum(len(fact["fields"]) for fact in copy.data["facts"])
    assert (copy.held.files, copy.held.destroyed) == (1, 0)


def test_a_file_is_in_it_as_it_was_put_under_a_name_that_is_only_a_name(here: Dossier) -> None:
    copy = copied(here, here.person("efa"))
    (file,) = copy.data["files"]
    assert (file["name"], file["size_bytes"]) == ("../canary-file-eva<1>.txt", len(FILE))
    assert file["path"] == f"files/{here.file}-.._canary-file-eva_1_.txt"
    assert copy.parts[file["path"]] == FILE
    assert unquote(Reader(copy.page).ways[0]) == file["path"]


def test_the_manifest_has_the_digest_of_each_part(here: Dossier) -> None:
    copy = copied(here, here.person("eva"))
    told = {part["name"]: (part["size_bytes"], part["sha256"]) for part in copy.manifest["parts"]}
    found = {name: (len(part), sha256(part).hexdigest()) for name, part in copy.parts.items()}
    assert told == {name: each for name, each in found.items() if name != "manifest.json"}
    assert (copy.manifest["person"], copy.manifest["format"]) == (here.person("eva"), "kartoteka-person")


def test_the_page_runs_nothing_loads_nothing_and_takes_every_word_as_a_word(here: Dossier) -> None:
    if "nasty" not in here.company.ids:
        opened = OpenContact(directory=here.company["secret"], kind=ContactKind.PERSON, name=NASTY)
        here.company["nasty"] = here.send(opened)
        here.send(NoteOnContact(contact=here.company["nasty"], text=NASTY + "\nsecond line"))
    page = Reader(copied(here, here.person("nasty")).page)
    assert page.words.count(NASTY) == 4, "in the words and in the data of two facts"
    assert not page.elements & {"script", "img", "link", "iframe", "object", "base"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert not [way for way in page.ways if re.match(r"[a-z]+:|/", way)]
    assert "default-src 'none'" in copied(here, here.person("nasty")).page


def test_that_it_was_made_is_recorded_with_its_purpose_for_every_page_and_every_file(here: Dossier) -> None:
    with patch.object(archive, "PAGE_ROWS", 10):
        copy = copied(here, here.person("eva"), purpose=Aim.PORTABILITY)
    looks = here.everything("looks", "olga", worker=here.company["vera"])
    mine = [look for look in looks if look["purpose"] == "portability"]
    assert {look["how"] for look in mine} == {"exported"}
    assert {look["exception"] for look in mine} == {"privacy-officer"}
    asked = [look["question"] for look in mine]
    assert asked.count("personal-data") == -(-copy.held.facts // 10)
    assert {"personal-files", "personal-looks", "file"} <= {*asked}
    assert all(here.company["eva"] in look["contacts"] for look in mine)


def test_a_worker_and_a_sender_are_given_a_copy_as_well(here: Dossier) -> None:
    assert "Keen works here now" in Reader(copied(here, here.person("keen", "worker")).page).words
    copy = copied(here, here.person("fog", "ticket"))
    assert {value for fact in copy.data["facts"] for value in fact["fields"].values()} == {"fog-title"}
    assert copy.data["files"] == []


def test_a_worker_is_told_how_they_signed_in_and_by_what_they_can(
    here: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, settings = now(), here.place.settings

    async def sign_in() -> None:
        sign_ins = SignIns(here.place.postgres_url, settings.schema_name)
        for name in ("keen", "paul"):
            worker, secret = here.company[name], f"secret-{name}"
            await sign_ins.set(f"login {secret}".encode(), worker, secret, at, must_change=name == "keen")
            await sign_ins.link(f"account {secret}".encode(), worker, at)
            opening = Opening(secret.encode(), worker, "password", at + timedelta(hours=1), secret)
            assert await sign_ins.open(opening, at, instead=None)
        await sign_ins.note(here.company["keen"], "oidc", "refused", at)
        await sign_ins.close()

    here.runner.run(sign_in())
    with closing(connect(here.place.postgres_url, settings.schema_name)) as database:
        database.execute("INSERT INTO analysts (role_name, worker) VALUES ('keen_reader', %s)", (here.company["keen"],))
    monkeypatch.setattr(archive, "PAGE_ROWS", 3)
    copy = copied(here, here.person("keen", "worker"))
    told = [tuple(row[name] for name in ("what", "method", "outcome", "role")) for row in copy.data["sign_ins"]]
    assert sorted(told, key=str) == [
        ("account", "oidc", None, None),
        ("analyst", None, None, "keen_reader"),
        ("event", "oidc", "refused", None),
        ("event", "operator", "account-linked", None),
        ("event", "operator", "password-set", None),
        ("event", "password", "signed-in", None),
        ("password", "password", "must-change", None),
        ("session", "password", None, None),
    ]
    (session,) = (row for row in copy.data["sign_ins"] if row["what"] == "session")
    assert datetime.fromisoformat(session["ends_at"]) == at + timedelta(hours=1)
    assert "password signed-in" in Reader(copy.page).words
    assert b"secret" not in b"".join(copy.parts.values())
    assert copied(here, here.person("eva")).data["sign_ins"] == []


@pytest.mark.parametrize(("officer", "code"), [("keen", "RightMissing"), ("olga", "RightMissing")])
def test_nobody_else_is_given_one(here: Dossier, officer: str, code: str) -> None:
    with pytest.raises(Declined) as declined:
        copied(here, here.person("eva"), officer)
    assert declined.value.code == code


def test_of_a_file_that_is_taken_away_meanwhile_it_is_said_that_it_is_gone(here: Dossier) -> None:
    row = here.ask("personal-files", "vera", person=here.person("eva"))[0]
    with pytest.raises(Declined), ZipFile(BytesIO(), "w"):
        here.runner.run(_parts(here, {**row, "file": "never-put"}))
    copy = archive.Copy(here.desk, Person(here.person("eva")), here.company["vera"], Aim.ACCESS)
    with bundle(BytesIO(), now()) as parts:
        gone = here.runner.run(copy._file(parts, {**row, "file": "never-put"}))
        with pytest.raises(FileCut):
            here.runner.run(copy._file(parts, {**row, "size_bytes": row["size_bytes"] + 1}))
    assert gone["path"] is None
    assert copy.held.files_destroyed == 1


async def _parts(here: Dossier, row: dict[str, Any]) -> None:
    async for _ in get_file(here.desk, row["contact"], row["file"], actor=here.company["vera"]):
        pass


def test_what_is_interrupted_leaves_no_file_and_what_is_whole_is_for_its_owner_alone(
    here: Dossier, tmp_path: Path
) -> None:
    path = tmp_path / "eva.zip"

    async def write(officer: str) -> None:
        with files.target(path) as target:
            person = Person(here.person("eva"))
            await write_copy(here.desk, person, target, BytesIO(), officer=here.company[officer], purpose=Aim.ACCESS)

    for broken in (KeyboardInterrupt, ConnectionError):
        with patch.object(Bundle, "close", side_effect=broken), pytest.raises(broken):
            here.runner.run(write("vera"))
        assert [*tmp_path.iterdir()] == []
    here.runner.run(write("vera"))
    assert [each.name for each in tmp_path.iterdir()] == ["eva.zip"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(st.text(min_size=1), st.uuids())
def test_a_name_never_leads_anywhere(name: str, id: Any) -> None:
    safe = safe_name(str(id), name)
    assert safe.startswith(f"{id}-")
    assert not set(safe) & set("/\\:*?\"<>|\0\n\r\t%&;$`'")
    assert len(safe.encode()) <= 255
    assert not safe.endswith((".", " "))
    assert safe.isprintable()
