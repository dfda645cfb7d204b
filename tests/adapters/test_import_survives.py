"""Whatever is killed during an import, and whenever: run again, it ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from conftest import KEPT
from fork import Fork
from helpdesk import kartoteka, report, rows, second_opinion

from adapters import embedded
from adapters.composition import Place
from adapters.embedded import Running
from adapters.helpdesk.log import read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.setup import OFFICE, read_setup
from adapters.postgres import chain
from adapters.postgres.reading import snapshot
from adapters.postgres.schema import connect
from adapters.settings import Settings

VICTIMS = ("service", "importer", "postgres", "nats")
CASES = 300
EARLIEST, LATEST = 0.1, 0.9
PATIENCE_SECONDS = 300.0
ONCE = "SELECT count(*), count(DISTINCT command_id) FROM command_log WHERE command_id = ANY(%s::uuid[])"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Path, Running]]:
    """A pair of their own: nobody else's test should lose its servers."""
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


@dataclass
class Import:
    """An import of the first cases of a log, its service and its journal."""

    place: Place
    log: Path
    cases: int
    journal: Path
    processes: dict[str, Fork] = field(default_factory=dict)

    def start(self, role: str) -> None:
        command = ("serve", "--attach", "--alone")
        if role == "importer":
            command = (
                "import",
                "helpdesk-log",
                str(self.log),
                "--limit",
                str(self.cases),
                "--journal",
                str(self.journal),
            )
        self.processes[role] = kartoteka(self.place, *command)

    def kill(self, victim: str) -> None:
        """SIGKILL; a server's supervisor starts it again, a service is started again here."""
        if victim in self.processes:
            self.processes[victim].kill()
            self.processes[victim].wait()
            if victim == "service":
                self.start(victim)
            return
        _, postgres, nats = embedded.attach(self.place.settings.state).pids
        os.kill({"postgres": postgres, "nats": nats}[victim], signal.SIGKILL)

    def acknowledged(self) -> list[str]:
        """The command ids in the journal, whole lines only."""
        if not self.journal.exists():
            return []
        return [line.split()[0] for line in self.journal.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def reach(self, count: int) -> None:
        """Wait until so many commands are acknowledged."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(self.acknowledged()) < count:
            assert self.processes["importer"].poll() is None, "the import ended too early to be disturbed"
            assert time.monotonic() < until
            time.sleep(0.02)

    def end(self) -> None:
        assert self.processes["importer"].wait(PATIENCE_SECONDS) == 0

    def clear(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


def survives(place: Place, log: Path, journal: Path, victim: str, *, cases: int, seed: int) -> None:
    phases = plan(read_log(log), read_setup(), place.settings.caller, limit=cases)
    ids = {step.id for phase in phases for chain_ in phase.chains for step in chain_}
    share = Random(f"{victim} {seed}").uniform(EARLIEST, LATEST)  # noqa: S311 - a moment, not a secret
    moment = round(share * len(ids))
    with ExitStack() as stack:
        one = Import(place, log, cases, journal)
        stack.callback(one.clear)
        one.start("service")
        one.start("importer")
        one.reach(moment)
        one.kill(victim)
        if victim != "importer":
            one.end()
        one.start("importer")
        one.end()
        assert set(one.acknowledged()) == ids
        assert rows(report(place)) == dict(list(second_opinion(log, OFFICE).items())[:cases])
        assert_once(place, set(one.acknowledged()))


def assert_once(place: Place, acknowledged: set[str]) -> None:
    """Every acknowledged command stands in the command log, once, and the chain holds."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        assert connection.execute(ONCE, (list(acknowledged),)).fetchone() == (len(acknowledged), len(acknowledged))
    verdict = asyncio.run(verified(place))
    assert verdict.finding is None
    assert verdict.facts > len(acknowledged) / 2


async def verified(place: Place) -> chain.Verdict:
    async with snapshot(place.postgres_url, place.settings.schema_name) as log:
        return await chain.verify(log, lambda position: None)


@pytest.mark.soak
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_killed_process_costs_an_import_nothing(
    place: Place, data: Path, tmp_path: Path, victim: str, soak: int, servers: tuple[Path, Running]
) -> None:
    seeds, cases = (1, CASES) if soak == 1 else (3, 2 * CASES)
    for seed in range(seeds):
        schema = f"{place.settings.schema_name}_{seed}"
        settings = Settings(state=place.settings.state, KARTOTEKA_SCHEMA=schema)
        here = Place(settings, place.postgres_url, place.nats_url, place.embedded)
        survives(here, data / "helpdesk_log.csv", tmp_path / f"journal-{seed}", victim, cases=cases, seed=seed)


@pytest.mark.soak
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_killed_process_costs_an_import_of_everything_nothing(
    place: Place, data: Path, tmp_path: Path, victim: str
) -> None:
    survives(place, data / "helpdesk_log.csv", tmp_path / "journal", victim, cases=1_000_000, seed=0)
