"""`kartoteka contacts` as somebody has it who brings a file: what is printed, what is asked, and the exit codes."""

from __future__ import annotations

import csv
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import PATIENCE_SECONDS, Command, Terminal, terminal

FILE = 'reference,name,email,note\nA-1,Anna,anna@example.org,"=1+1\ntwo"\nB-1,Bo,no address,x\nB-1,,bo@example.org,\n'
FAULTS = [
    {"line": 4, "column": "email", "code": "EmailNotValid", "why": "This is no e-mail address."},
    {"line": 5, "column": "name", "code": "NameMissing", "why": "a contact has a name"},
    {"line": 5, "column": "reference", "code": "ToldTwice", "why": "line 4 tells of the same contact"},
]


@pytest.fixture(scope="module")
def served() -> Iterator[Terminal]:
    with terminal() as beside:
        service = beside.serve()
        yield beside
        assert service.ended().code == 0


@pytest.fixture
def directory(served: Terminal) -> str:
    """One of its own, by its id; questions know of it."""
    answer = served.run("send", "directory.open", "--data", json.dumps({"name": "People"}), "--json").said
    asked = ("query", "directories", "--all", "--json", "--min-position", answer["position"])
    assert served.run(*asked).code == 0
    return str(answer["id"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(FILE, encoding="utf-8")
    return tmp_path / "people.csv"


def bring(served: Terminal, file: Path, directory: str, *words: str, told: str = "") -> Command:
    return served.run("contacts", "import", str(file), "--directory", directory, *words, told=told)


def exported(served: Terminal, directory: str, count: int) -> Any:
    """What goes out, once as many are shown as there should be."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        out = served.run("contacts", "export", "--directory", directory)
        assert out.code == 0, out.err
        rows = list(csv.DictReader(out.out.removeprefix("\ufeff").splitlines(keepends=True)))
        if len(rows) == count or time.monotonic() > until:
            return rows


def test_a_dry_run_sends_nothing_and_tells_every_fault_for_people_and_for_programs(
    served: Terminal, directory: str, file: Path
) -> None:
    people, programs = (
        bring(served, file, directory, "--dry-run"),
        bring(served, file, directory, "--dry-run", "--json"),
    )
    assert (people.code, programs.code) == (os.EX_DATAERR, os.EX_DATAERR)
    told = [line.split("\t") for line in people.out.splitlines()]
    assert told == [["line", "column", "code", "why"], *([str(each) for each in row.values()] for row in FAULTS)]
    assert programs.said == {"contacts": 1, "new": 1, "commands": 3, "refused_rows": 2, "refused": FAULTS}
    assert "no address" not in people.out + people.err
    assert exported(served, directory, 0) == []


def test_what_is_meant_is_typed_or_said_and_the_good_rows_go_in(served: Terminal, directory: str, file: Path) -> None:
    doubted = bring(served, file, directory, told="yes\n")
    assert (doubted.code, doubted.out) == (1, "")
    assert "type 1 to go on" in doubted.err
    assert exported(served, directory, 0) == []
    done = bring(served, file, directory, "--json", told="1\n")
    assert done.code == os.EX_DATAERR
    assert (done.said["done"], done.said["already_done"], done.said["refused"]) == (3, 0, FAULTS)
    (row,) = exported(served, directory, 1)
    assert (row["reference"], row["name"], row["note"]) == ("A-1", "Anna", "'=1+1\ntwo")
    again = bring(served, file, directory, "--yes", "--json")
    assert (again.code, again.said["done"]) == (os.EX_DATAERR, 0)


@pytest.mark.parametrize("ending", ["csv", "vcf"])
def test_a_file_is_there_once_it_is_whole_and_for_its_owner_alone(
    served: Terminal, directory: str, file: Path, tmp_path: Path, ending: str
) -> None:
    file.write_text("\n".join(FILE.splitlines()[:3]) + "\n", encoding="utf-8")
    assert bring(served, file, directory, "--yes").code == 0
    exported(served, directory, 1)
    path = tmp_path / f"out.{ending}"
    done = served.run("contacts", "export", "--directory", directory, "-o", str(path), "--json")
    assert (done.code, done.said) == (0, {"contacts": 1})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text(encoding="utf-8-sig").startswith("BEGIN:VCARD" if ending == "vcf" else "id,reference")
    again = bring(served, path, directory, "--dry-run", "--json")
    assert (again.code, again.said["commands"]) == (0, 0)


def test_what_cannot_be_begun_says_why(served: Terminal, directory: str, file: Path, tmp_path: Path) -> None:
    never = bring(served, file, "never-opened", "--dry-run")
    assert (never.code, never.out) == (1, "")
    assert "There is no such directory." in never.err
    (tmp_path / "wrong.csv").write_text("name,colour\n", encoding="utf-8")
    wrong = bring(served, tmp_path / "wrong.csv", directory, "--dry-run")
    assert (wrong.code, wrong.out) == (os.EX_DATAERR, "")
    assert re.search(r"wrong\.csv, line 1: there is no column 'colour'", wrong.err)
    assert bring(served, tmp_path / "absent.csv", directory).code == os.EX_NOINPUT
    nobody = served.run("contacts", "export", "--actor", "nobody")
    assert (nobody.code, nobody.out) == (1, "")
    assert "RightMissing" in nobody.err
