"""Of a real help desk's log the rows are what anybody would write down, whatever is killed and whenever."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from conftest import KEPT
from fork import Fork
from helpdesk import LATER, kartoteka, report, rows, service
from logbook import lying, secrets_of
from naive.views import views
from process import Started, crew, started
from rows import MODELS, Rows, differences, stored

from adapters import embedded
from adapters.cli.imports import How, send
from adapters.composition import Place
from adapters.embedded import Running
from adapters.helpdesk.log import read_log
from adapters.helpdesk.plan import plan
from adapters.helpdesk.setup import read_setup
from adapters.helpdesk.step import Phase
from adapters.key_file import KeyFile
from adapters.postgres.keys import opened_keys
from adapters.postgres.schema import connect
from adapters.postgres.views import rebuild, registry
from adapters.settings import Settings
from projections.service.sla_report import TicketRow

CASES, EVERYTHING = 250, 1_000_000
PATIENCE_SECONDS = 120.0
CALLER = "operator"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Path, Running]]:
    """A pair of their own: nobody else's test should lose its servers."""
    state = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    state.chmod(0o711)
    with embedded.running(state, fsync=False, postgres_settings=KEPT) as running:
        yield state, running
    embedded.erase(state)
    shutil.rmtree(state, ignore_errors=True)


def new_place(servers: tuple[Path, Running]) -> Place:
    state, running = servers
    settings = Settings(state=state, KARTOTEKA_SCHEMA=f"test_{uuid.uuid4().hex[:12]}")
    return Place(settings, running.postgres_url, running.nats_url, running)


def phases(data: Path, cases: int) -> list[Phase]:
    return plan(read_log(data / "helpdesk_log.csv"), read_setup(), CALLER, limit=cases)


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


# What there is


def shown(place: Place) -> tuple[Rows, list[dict[str, Any]]]:
    with connect(place.postgres_url, place.settings.schema_name) as line:
        return stored(line), lying(line)


def wrong(place: Place) -> list[str]:
    """Where the rows are not what anybody would write down."""
    found, facts = shown(place)
    with connect(place.postgres_url, place.settings.schema_name) as line:
        return differences(found, views(facts, secrets_of(line, keys_of(place))))


def keys_of(place: Place) -> KeyFile:
    return opened_keys(place.postgres_url, place.settings.schema_name, place.keys)


def caught_up(place: Place, edition: int = 1) -> bool:
    """Whether every model is served, in its last version of so many, as far as the log goes."""
    with connect(place.postgres_url, place.settings.schema_name) as line:
        found = registry.conditions(place.postgres_url, place.settings.schema_name)
        line.execute("SELECT 1")
    served = [one for one in found if one.state == "active" and one.lag_facts == 0]
    return len(found) == len(served) == len(MODELS) and all(
        one.version >= edition for one in served if one.name != "access"
    )


# Who does it


@contextmanager
def viewer(place: Place, edition: int = 1) -> Iterator[Started]:
    """A process that keeps the read models."""
    with crew(place, ("view", str(edition))) as (process,):
        process.heard()
        process.tell()
        yield process


def imported(place: Place, what: list[Phase], disturb: Callable[[Callable[[], int]], None] = lambda head: None) -> None:
    """Send everything to a service while somebody disturbs it, who may ask how far the log is."""
    failed: list[BaseException] = []

    def work() -> None:
        try:
            tally = asyncio.run(send(place, what, How()))
            assert tally.refused == []
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    def head() -> int:
        with suppress(psycopg.Error), connect(place.postgres_url, place.settings.schema_name) as line:
            row = line.execute("SELECT position FROM head").fetchone()
            return row[0] if row else 0
        return 0

    importer = threading.Thread(target=work, daemon=True)
    importer.start()
    disturb(head)
    importer.join(PATIENCE_SECONDS)
    assert not importer.is_alive()
    assert failed == []


@pytest.fixture(scope="module")
def desk(servers: tuple[Path, Running], data: Path) -> Place:
    """A place with the first cases, imported while read models were kept."""
    place = new_place(servers)
    with service(place), viewer(place):
        imported(place, phases(data, CASES))
        until(lambda: caught_up(place), "kept up to the end")
    return place


def test_after_the_live_run_the_rows_are_what_anybody_would_write_down(desk: Place) -> None:
    assert wrong(desk) == []
    found, facts = shown(desk)
    assert len(found["tickets"]) == CASES
    assert len(found["timeline"]) == len(facts)


def test_the_report_of_the_facts_says_what_the_rows_say(desk: Place) -> None:
    assert list(told(desk, LATER)) == sorted(rows(report(desk), LATER).values(), key=lambda row: row["case"])


def told(place: Place, as_of: datetime) -> list[dict[str, Any]]:
    """The rows as the report has them: a row says nothing of the present, so an open due that has passed is missed."""
    found, _ = shown(place)
    names = {id: row["name"] for (kind, id), row in found["names"].items() if kind == "group"}
    told = []
    for (ticket,), row in found["sla_outcomes"].items():
        group = found["sla_groups"].get((ticket,), {"group_id": ""})["group_id"]
        values = {name: _as_of(name, row, as_of) for name in TicketRow._fields if name in row}
        case = found["tickets"][ticket,]["reference"] or ticket
        told.append({"case": case, "group": names.get(group, ""), **values})
    return sorted(told, key=lambda row: row["case"])


def _as_of(name: str, row: dict[str, Any], as_of: datetime) -> Any:
    value = row[name]
    if name == "severity":
        return value or "not-assessed"
    if name.endswith("_outcome"):
        due = row[f"{name.removesuffix('_outcome')}_due"]
        return "missed" if value == "open" and due is not None and due < as_of else value
    return value.isoformat() if isinstance(value, datetime) else value


def test_after_a_rebuild_of_everything_the_rows_are_the_same(desk: Place) -> None:
    before, _ = shown(desk)
    made = rebuild.rebuild(desk.postgres_url, desk.settings.schema_name, MODELS, keys_of(desk))
    assert {one.name for one in made} >= {model.name for model in MODELS if not model.within_append}
    empty = {model.name for model in MODELS if not any(before[table.name] for table in model.tables)}
    assert {one.name for one in made if not one.proven} == empty
    after, _ = shown(desk)
    assert differences(before, after) == []
    assert wrong(desk) == []


# Killed


class Killed:
    """Processes beside a log that may be killed at any moment, and begin again."""

    def __init__(self, place: Place, stack: ExitStack, edition: int = 1) -> None:
        self.place, self.stack, self.edition = place, stack, edition
        self.processes: dict[str, Fork] = {}
        stack.callback(self.clear)
        for name in ("service", "views"):
            self.begin(name)

    def begin(self, name: str) -> None:
        if name == "service":
            self.processes[name] = kartoteka(self.place, "serve", "--attach", "--alone", err=os.devnull)
        else:
            process = self.stack.enter_context(started(self.place, "view", str(self.edition)))
            process.tell()
            self.processes[name] = process.process

    def kill(self, name: str) -> None:
        if name in self.processes:
            self.processes[name].kill()
            self.processes[name].wait()
            self.begin(name)
            return
        _, postgres, _ = embedded.attach(self.place.settings.state).pids
        os.kill(postgres, signal.SIGKILL)

    def caught_up(self) -> bool:
        """Whether all is kept up; who ended because Postgres was away begins again."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                self.begin(name)
        try:
            return caught_up(self.place, self.edition)
        except psycopg.OperationalError:
            return False

    def clear(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


def survives_the_live_run(place: Place, what: list[Phase], facts: int, seed: int) -> None:
    """Each part is killed once while about so many facts are imported."""
    random = Random(seed)  # noqa: S311 - moments, no secrets
    victims = ["views", "service", "postgres", "views"]
    random.shuffle(victims)
    moments = sorted(random.sample(range(facts // 10, facts * 9 // 10), len(victims)))

    def disturb(head: Callable[[], int]) -> None:
        for victim, moment in zip(victims, moments, strict=True):
            until(lambda moment=moment: head() >= moment, f"{moment} facts")  # type: ignore[misc]
            killed.kill(victim)

    with ExitStack() as stack:
        killed = Killed(place, stack)
        imported(place, what, disturb)
        until(killed.caught_up, "kept up to the end")
        assert wrong(place) == [], (victims, moments)


def survives_a_rebuild(place: Place, edition: int, kills: int, seed: int) -> None:
    """Whoever makes everything anew is killed at boundaries and in between; what is served is whole all the time."""
    random = Random(seed)  # noqa: S311 - moments, no secrets
    held = [("view", str(edition), "held")] * kills
    loose = [("view", str(edition))] * (kills + 1)
    before, _ = shown(place)
    assert wrong(place) == []
    with crew(place, *held, *loose) as processes:
        pids = [process.heard() for process in processes]
        for pid, process in zip(pids[:-1], processes, strict=False):
            process.tell()
            if process in processes[:kills]:
                process.heard()
                for _ in range(random.randrange(BOUNDARIES // kills)):
                    process.tell()
                    process.heard()
            else:
                time.sleep(random.uniform(0, MAKING_SECONDS))
            os.kill(pid, signal.SIGKILL)
            assert differences(before, shown(place)[0]) == []
        processes[-1].tell()
        until(lambda: caught_up(place, 2), "made anew")
        assert differences(before, shown(place)[0]) == []


BOUNDARIES, MAKING_SECONDS = 60, 1.5
"""Fewer than there are when seven models are made anew; and how long that takes, about."""

FACTS_OF_A_CASE = 12


def test_whatever_is_killed_while_facts_come_the_rows_are_right(
    servers: tuple[Path, Running], data: Path, soak: int
) -> None:
    for seed in range(1 if soak == 1 else soak):
        survives_the_live_run(new_place(servers), phases(data, CASES), CASES * FACTS_OF_A_CASE, seed)


@pytest.mark.soak
def test_whoever_makes_them_anew_may_be_killed_at_any_boundary(desk: Place, soak: int) -> None:
    for seed in range(soak):
        survives_a_rebuild(desk, edition=2 + seed, kills=3, seed=seed)


@pytest.mark.soak
def test_the_whole_log_survives_the_same(servers: tuple[Path, Running], data: Path) -> None:
    place = new_place(servers)
    survives_the_live_run(place, phases(data, EVERYTHING), 50_000, 0)
    found, _ = shown(place)
    assert list(told(place, LATER)) == sorted(rows(report(place), LATER).values(), key=lambda row: row["case"])
    rebuild.rebuild(place.postgres_url, place.settings.schema_name, MODELS, keys_of(place))
    assert differences(found, shown(place)[0]) == []
    survives_a_rebuild(place, edition=2, kills=10, seed=0)
    assert wrong(place) == []


def test_no_column_may_differ_after_a_rebuild() -> None:
    volatile = [f"{t.name}.{c.name}" for model in MODELS for t in model.tables for c in t.columns if c.volatile]
    print("volatile columns:", ", ".join(volatile) or "none")
