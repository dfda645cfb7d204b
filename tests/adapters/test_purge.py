"""What is purged lies as if written behind the fence: no envelope of the forgotten, and nobody else's changed."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from logbook import LOCK, entered, store
from psycopg import Connection
from rows import MODELS

from adapters.composition import Place
from adapters.postgres.purge import purge
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import rebuild, registry
from adapters.postgres.views.definition import physical
from adapters.postgres.views.engine import Engine
from adapters.sealing import KeyName
from commands.catalogue import COMMANDS
from domain.clients.contact import CONTACT, ContactForgotten
from domain.decider import Decider
from domain.fact import Event, Fact, personal_fields
from domain.personal import Purpose
from domain.privacy.erasure import AT_ONCE, ERASURE, ErasureFenced, ErasureProofLapsed
from domain.privacy.hold import HOLD
from domain.service.contract import CONTRACT
from domain.values import SubjectId
from examples import EVENTS, GOLD, OFFICE, SILVER
from projections.clients.client_papers import CONTACT_NOTES
from projections.model import ReadModel, Table

AT = datetime(2024, 6, 3, 10, tzinfo=UTC)
DECIDERS: dict[str, Decider[Any, Any]] = {
    event.topic: command.of for command in COMMANDS.values() for event in command.of.facts
}
IDS = {"calendar": OFFICE, "contract": GOLD}
LATER = (*(event.topic for of in (ERASURE, HOLD) for event in of.facts), "contact.forgotten", "worker.forgotten")
KEPT = [model for model in MODELS if not model.within_append]
DANA, EMIL = "of-dana", "of-emil"
"""Whose data it is."""


def singing(event: Event, whose: str) -> Event:
    """The fact with a word in each field that is somebody's, and that somebody is this one."""
    marks = personal_fields(type(event))
    return event.model_copy(
        update={name: f"canary {event.topic} {name}" for name in marks}
        | {mark.subject: whose for mark in marks.values()}
    )


class Log:
    """Of each kind of thing one is Dana's and one is Emil's, and everything happened to it."""

    def __init__(self, place: Place) -> None:
        self.url, self.schema = place.postgres_url, place.settings.schema_name
        migrate(self.url, self.schema)
        self.line: Connection[Any] = connect(self.url, self.schema)
        self.versions: dict[str, int] = {}
        self.position = 0
        silver = next(event for event in EVENTS if event.topic == "contract.concluded")
        self.happen((CONTRACT.stream(SILVER), silver))
        for whose, id in ((DANA, "dana"), (EMIL, "emil")):
            self.happen(*((stream(event, id), singing(event, whose)) for event in EVENTS if event.topic not in LATER))

    def happen(self, *events: tuple[str, Event]) -> None:
        facts = []
        for name, event in events:
            self.versions[name] = self.versions.get(name, 0) + 1
            self.position += 1
            facts.append(Fact(name, self.versions[name], event, AT, AT, "system", self.position))
        store(self.line, entered(facts))

    def fence(self, whose: str, id: str) -> None:
        fenced = ErasureFenced(subjects=(SubjectId(whose),), purposes=AT_ONCE)
        self.happen((ERASURE.stream(f"contact:{id}"), fenced), (CONTACT.stream(id), ContactForgotten()))

    def follow(self) -> None:
        engine = Engine(self.url, self.schema, MODELS, LOCK)
        for _ in range(8):
            engine.tick()
        engine.close()

    def lies(self, number: int) -> dict[str, list[str]]:
        """Every row of a version as text."""
        return {
            table.name: sorted(row for (row,) in self.line.execute(_rows(table, number)).fetchall())
            for model in KEPT
            for table in model.tables
        }

    def purge(self, whose: str) -> dict[str, int]:
        return purge(self.line, [KeyName(whose, str(purpose)) for purpose in AT_ONCE])


def _rows(table: Table, number: int) -> bytes:
    steady = [*table.key, *(column.name for column in table.columns if not column.volatile)]
    return f"SELECT row({', '.join(steady)})::text FROM {physical(table, number)}".encode()  # noqa: S608 - ours


def stream(event: Event, id: str) -> str:
    """What takes something away is told of another thing, so that what was there is there."""
    decider = DECIDERS[event.topic]
    return decider.stream(IDS.get(decider.kind, f"{id}-else" if event.topic.endswith("-removed") else id))


def boxes(lies: dict[str, list[str]], whose: str, *purposes: Purpose) -> int:
    """How many envelopes of somebody have something in them; of these purposes, or those that go at once."""
    which = "|".join(purposes or AT_ONCE)
    full = re.compile(f'"subject":"{whose}","purpose":"(?:{which})","epoch":1,"box":"[^"]')
    return sum(len(full.findall(row.replace('""', '"'))) for rows in lies.values() for row in rows)


@pytest.fixture
def log(place: Place) -> Iterator[Log]:
    found = Log(place)
    yield found
    found.line.close()


def sealed(models: Iterable[ReadModel] = KEPT) -> set[str]:
    return {table.name for model in models for table in model.tables if table.sealed}


def test_what_is_purged_equals_what_is_made_anew_behind_the_fence(log: Log) -> None:
    log.follow()
    before = log.lies(1)
    assert boxes(before, DANA) > 10
    log.fence(DANA, "dana")
    log.follow()
    assert {name for name, rows in log.purge(DANA).items() if rows} == sealed()
    after = log.lies(1)
    assert boxes(after, DANA) == 0
    assert boxes(after, EMIL) == boxes(before, EMIL) > 10
    made = rebuild.rebuild(log.url, log.schema, KEPT, LOCK, held=True)
    assert {each.version for each in made} == {2}
    assert log.lies(2) == after


def test_nobody_elses_row_is_touched(log: Log) -> None:
    log.follow()
    log.fence(EMIL, "emil")
    log.follow()
    before = log.lies(1)
    counted = log.purge(EMIL)
    after = log.lies(1)
    changed = {name: len({*rows} - {*after[name]}) for name, rows in before.items()}
    assert {name: rows for name, rows in changed.items() if rows} == counted
    assert not any(f'""subject"":""{DANA}""' in row for name in before for row in {*before[name]} - {*after[name]})


def test_purged_again_it_says_the_same_and_changes_nothing(log: Log) -> None:
    log.follow()
    log.fence(DANA, "dana")
    counted, lies = log.purge(DANA), log.lies(1)
    assert log.purge(DANA) == counted
    assert log.lies(1) == lies


def test_what_is_kept_as_proof_stays_until_its_time_is_over(log: Log) -> None:
    log.follow()
    before = boxes(log.lies(1), DANA, Purpose.PROOF)
    log.fence(DANA, "dana")
    log.purge(DANA)
    assert boxes(log.lies(1), DANA, Purpose.PROOF) == before > 0
    log.happen((ERASURE.stream("contact:dana"), ErasureProofLapsed(subjects=(SubjectId(DANA),))))
    log.follow()
    purge(log.line, [KeyName(DANA, str(purpose)) for purpose in Purpose])
    after = log.lies(1)
    assert boxes(after, DANA, *Purpose) == 0
    rebuild.rebuild(log.url, log.schema, KEPT, LOCK, held=True)
    assert log.lies(2) == after


def test_every_version_that_there_is_is_purged(log: Log) -> None:
    log.follow()
    rebuild.rebuild(log.url, log.schema, KEPT, LOCK, held=True)
    assert boxes(log.lies(2), DANA) > 10
    log.fence(DANA, "dana")
    log.purge(DANA)
    assert boxes(log.lies(1), DANA) == boxes(log.lies(2), DANA) == 0


def test_from_the_fence_on_no_ciphertext_is_written(log: Log) -> None:
    log.fence(DANA, "dana")
    log.follow()
    lies = log.lies(1)
    assert boxes(lies, DANA) == 0
    assert boxes(lies, EMIL) > 10
    assert registry.parked(log.url, log.schema) == []


def test_a_page_that_was_read_behind_a_fence_is_stored_without_what_is_fenced(log: Log) -> None:
    with closing(Engine(log.url, log.schema, MODELS, LOCK)) as engine:
        for _ in range(8):
            engine.tick()
        before = boxes(log.lies(1), DANA)
        noted = next(event for event in EVENTS if event.topic == "contact.noted")
        log.happen((CONTACT.stream("dana"), singing(noted, DANA).model_copy(update={"note": "another"})))
        log.fence(DANA, "dana")
        engine._surveyed_until = math.inf
        engine.tick()
    lies = log.lies(1)
    assert any("another" in row for row in lies["contact_notes"])
    assert boxes(lies, DANA) == before


def test_a_sample_proves_rows_that_are_not_purged_yet(log: Log) -> None:
    log.follow()
    rebuild.rebuild(log.url, log.schema, KEPT, LOCK, held=True)
    log.fence(DANA, "dana")
    for model in KEPT:
        if any(table.sealed for table in model.tables):
            made = rebuild.switch(log.url, log.schema, model, LOCK)
            assert made.version == 2
            assert made.proven > 0


def test_a_row_that_somebody_is_changing_is_purged_when_they_are_done(log: Log) -> None:
    log.follow()
    log.fence(DANA, "dana")
    with connect(log.url, log.schema) as other, other.transaction():
        other.execute("UPDATE contact_notes_v1 SET author = author")
        purging = Thread(target=log.purge, args=(DANA,))
        purging.start()
        with connect(log.url, log.schema) as line:
            emptied = "SELECT EXISTS (SELECT FROM tickets_v1 WHERE title LIKE %s)"
            deadline = time.monotonic() + 15
            while line.execute(emptied, ('%"box":""%',)).fetchone() != (True,):
                assert time.monotonic() < deadline
        assert purging.is_alive()
    purging.join()
    assert boxes(log.lies(1), DANA) == 0


@pytest.mark.parametrize("others", [10, 20_000])
def test_the_rows_that_are_read_are_those_of_the_person(log: Log, others: int) -> None:
    log.follow()
    name = physical(CONTACT_NOTES, 1)
    log.line.execute(
        f"INSERT INTO {name} (contact, note, written_at, author, subject, text) SELECT n::text, n::text, written_at,"  # noqa: S608 - ours
        f" author, 'of-' || n, text FROM {name}, generate_series(1, {others}) AS g(n) WHERE subject = '{DANA}'".encode()
    )
    log.line.execute(f"ANALYZE {name}".encode())
    log.fence(DANA, "dana")
    with log.line.transaction():
        log.purge(DANA)
        read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = %s::regclass"
        (rows,) = log.line.execute(read, (name,)).fetchone() or (0,)
    assert 0 < rows < 100
