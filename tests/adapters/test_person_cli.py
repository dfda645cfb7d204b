"""`kartoteka person` as a privacy officer has it: what is printed, where it lies, and the exit codes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from terminal import Terminal, terminal


class Case(NamedTuple):
    """Somebody who asked for a copy, the officer, and a worker who is none; up to where questions have to know."""

    person: str
    officer: str
    worker: str
    position: str


@pytest.fixture(scope="module")
def served() -> Iterator[Terminal]:
    with terminal() as beside:
        service = beside.serve()
        yield beside
        assert service.ended().code == 0


@pytest.fixture(scope="module")
def case(served: Terminal) -> Case:
    def send(request: str, **data: str) -> dict[str, str]:
        found: dict[str, str] = served.run("send", request, "--data", json.dumps(data), "--json").said
        return found

    officer, worker = (send("worker.hire", name=name)["id"] for name in ("Vera", "Will"))
    send("worker.grant-right", worker=officer, right="privacy-officer")
    send("worker.grant-right", worker=worker, right="basic")
    directory = send("directory.open", name="People")["id"]
    opened = send("contact.open", directory=directory, name="Eva Canary")
    return Case(f"contact:{opened['id']}", officer, worker, opened["position"])


def test_an_officer_is_given_an_archive_that_is_for_its_owner_alone(
    served: Terminal, case: Case, tmp_path: Path
) -> None:
    path = tmp_path / "copy.zip"
    words = ("person", "archive", case.person, str(path), "--purpose", "access", "--min-position", case.position)
    done = served.run(*words, "--actor", case.officer, "--json")
    assert done.code == 0, done.err
    assert (done.said["facts"], done.said["values"], done.said["file"]) == (1, 1, str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with ZipFile(path) as zip:
        assert {*zip.namelist()} == {"person.json", "index.html", "manifest.json"}
        assert json.loads(zip.read("person.json"))["facts"][0]["fields"] == {"name": "Eva Canary"}
    people = served.run(*words, "--actor", case.officer)
    assert (people.code, people.out) == (0, "")
    assert "1 facts. 1 personal values and 0 files are held." in people.err


def test_who_is_no_officer_is_told_so_and_nothing_is_written(served: Terminal, case: Case, tmp_path: Path) -> None:
    path = tmp_path / "copy.zip"
    done = served.run("person", "archive", case.person, str(path), "--purpose", "access", "--actor", case.worker)
    assert (done.code, done.out) == (1, "")
    told = f"only a privacy officer is given what is held about a person, and {case.worker} is none"
    assert told in " ".join(done.err.split())
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("missing", ["--purpose", "--actor"])
def test_who_asks_and_for_what_has_to_be_said(served: Terminal, case: Case, tmp_path: Path, missing: str) -> None:
    options = {"--purpose": "access", "--actor": case.officer}
    said = [word for name, value in options.items() if name != missing for word in (name, value)]
    done = served.run("person", "archive", case.person, str(tmp_path / "copy.zip"), *said)
    assert done.code == 2
    assert missing in done.err


def test_what_is_no_person_and_whom_there_is_not_is_told(served: Terminal, case: Case, tmp_path: Path) -> None:
    for person, code, said in (
        ("eva", os.EX_USAGE, "is no person"),
        ("contact:none", 1, "ContactUnknown"),
        ("ticket:none", 1, "TicketUnknown"),
    ):
        words = ("person", "archive", person, str(tmp_path / "copy.zip"), "--purpose", "access")
        done = served.run(*words, "--actor", case.officer)
        assert (done.code, done.out) == (code, ""), done.err
        assert said in done.err
    assert [*tmp_path.iterdir()] == []
