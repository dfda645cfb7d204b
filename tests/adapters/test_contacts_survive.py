"""Whatever is killed while a file of contacts goes in, and whenever: run again, everybody is there once and whole."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import KEPT
from fork import Fork
from helpdesk import kartoteka

from adapters import embedded
from adapters.composition import Place, client
from adapters.contacts.company import Desk
from adapters.contacts.export import exported
from adapters.embedded import Running
from adapters.nats.client import Declined
from adapters.postgres.schema import connect
from adapters.settings import Settings
from commands.clients.directory import OpenDirectory
from domain.staff.worker import SYSTEM
from domain.values import DirectoryId

VICTIMS = ("importer", "service")
ROWS, FIRMS = 240, 8
EARLIEST, LATEST = 0.1, 0.9
PATIENCE_SECONDS = 120.0
HEADING = "reference,kind,name,employer,vat_number,email,phone,address,note"
ONCE = "SELECT count(*), count(DISTINCT command_id) FROM command_log WHERE command_id = ANY(%s::uuid[])"
OPENED = "SELECT count(*) FROM facts WHERE topic = %s"


@pytest.fixture
def servers() -> Iterator[tuple[Path, Running]]:
    """A pair of their own: nobody else should lose a service."""
    state = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    state.chmod(0o711)
    with embedded.running(state, fsync=False, postgres_settings=KEPT) as running:
        yield state, running
    embedded.erase(state)
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def place(servers: tuple[Path, Running]) -> Place:
    state, running = servers
    settings = Settings(state=state, KARTOTEKA_SCHEMA=f"test_{uuid.uuid4().hex[:12]}")
    return Place(settings, running.postgres_url, running.nats_url, running)


def row(n: int) -> str:
    if n < FIRMS:
        return f"F-{n},company,Firm {n},,CZ{n},desk@firm{n}.example,,,"
    number = 420603000000 + n
    return f'P-{n},person,Person {n},F-{n % FIRMS},,p{n}@firm.example,+{number},"Street {n}\nTown",Note {n}'


def meant(n: int) -> dict[str, Any]:
    """What is to be found of a row."""
    if n < FIRMS:
        return {"name": f"Firm {n}", "employer": None, "ways": 1, "notes": []}
    return {"name": f"Person {n}", "employer": f"F-{n % FIRMS}", "ways": 3, "notes": [f"Note {n}"]}


async def directory(place: Place) -> DirectoryId:
    async with client(place, patience_seconds=PATIENCE_SECONDS) as desk:
        return DirectoryId((await desk.send(OpenDirectory(name="People"), actor=SYSTEM)).id)


async def found(place: Place) -> dict[str, dict[str, Any]]:
    """Once the read models show as many as there should be."""
    until = time.monotonic() + PATIENCE_SECONDS
    async with client(place, patience_seconds=PATIENCE_SECONDS) as desk:
        while True:
            try:
                rows = [row async for row in exported(Desk(desk, SYSTEM), None)]
            except Declined:
                rows = []
            told = {row["reference"]: told_of(row) for row in rows}
            if told == EXPECTED or time.monotonic() > until:
                return told
            await asyncio.sleep(0.2)


def told_of(row: Any) -> dict[str, Any]:
    employer = row["employer"] and row["employer"]["reference"]
    return {"name": row["name"], "employer": employer, "ways": len(row["addresses"]), "notes": list(row["notes"])}


EXPECTED = {f"{'F' if n < FIRMS else 'P'}-{n}": meant(n) for n in range(ROWS)}


def acknowledged(journal: Path) -> list[str]:
    """The command ids in the journal, whole lines only."""
    lines = journal.read_text().splitlines(keepends=True) if journal.exists() else []
    return [line.split()[0] for line in lines if line.endswith("\n")]


def reach(journal: Path, count: int, importer: Fork) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while len(acknowledged(journal)) < count:
        assert importer.poll() is None, "the import ended too early to be disturbed"
        assert time.monotonic() < until
        time.sleep(0.02)


def kill(processes: Sequence[Fork]) -> None:
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "victim", [pytest.param(each, marks=[pytest.mark.soak] * (each != "service")) for each in VICTIMS]
)
def test_a_killed_process_costs_a_file_of_contacts_nothing(place: Place, tmp_path: Path, victim: str) -> None:
    file, journal = tmp_path / "people.csv", tmp_path / "journal"
    file.write_text("\n".join([HEADING, *map(row, range(ROWS))]) + "\n", encoding="utf-8")
    commands = sum(3 if n < FIRMS else 6 for n in range(ROWS))
    share = Random(victim).uniform(EARLIEST, LATEST)  # noqa: S311 - a moment, not a secret
    with ExitStack() as stack:
        processes: list[Fork] = []
        stack.callback(kill, processes)

        said = tmp_path / "said"
        said.touch()

        def start(*words: str, out: str = os.devnull) -> Fork:
            processes.append(kartoteka(place, *words, out=out))
            return processes[-1]

        def begin() -> Fork:
            words = ("contacts", "import", str(file), "--directory", "People", "--yes", "--json")
            return start(*words, "--journal", str(journal), "--in-flight", "16", out=str(said))

        service = start("serve", "--attach")
        asyncio.run(directory(place))
        importer = begin()
        reach(journal, round(share * commands), importer)
        kill([importer if victim == "importer" else service])
        if victim == "service":
            start("serve", "--attach")
            assert importer.wait(PATIENCE_SECONDS) == 0
        said.write_text("")
        assert begin().wait(PATIENCE_SECONDS) == 0
        assert json.loads(said.read_text())["refused"] == []
        assert asyncio.run(found(place)) == EXPECTED
    ids = set(acknowledged(journal))
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        assert connection.execute(ONCE, (list(ids),)).fetchone() == (len(ids), len(ids))
        assert connection.execute(OPENED, ("contact.opened",)).fetchone() == (ROWS,)
