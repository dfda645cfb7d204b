"""The log told again gives the same rows; what is served otherwise is found, and nobody forgotten comes back."""

# ruff: noqa: S608 - to tamper with statements of its own is what this file is for

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
from history import histories, story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inquirers import followed
from logbook import KEYS, LOCK, Entry, entered, store
from process import handle, started
from rows import MODELS
from shelf import Shelf

from adapters.composition import Place
from adapters.key_file import KeyFile
from adapters.postgres.keys import MAKE, wrapping
from adapters.postgres.purge import purge
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access, registry, scratch
from adapters.postgres.views.definition import physical
from adapters.postgres.views.registry import State
from adapters.postgres.views.replay import (
    BeyondEnd,
    Compared,
    Fault,
    Finding,
    NotTold,
    Personal,
    Replay,
    as_objects,
    read,
    replay,
)
from adapters.sealing import KeyName
from domain.fact import Event, Fact
from domain.service.ticket import TicketOpened
from examples import BAKERY, MILL, MILL_SUBJECT
from projections.clients.client_file import CLIENT_FILE
from projections.clients.contact_search import CONTACT_SEARCH
from projections.model import ReadModel, Table

PATIENCE_SECONDS = 15.0
DESTROY = """
DELETE FROM subject_keys k USING subject_fences f WHERE f.subject = k.subject AND k.purpose = ANY (f.purposes)
"""
UNGUARDED = """
INSERT INTO subject_keys (subject, purpose, epoch, kek_epoch, wrapped)
SELECT made.subject, made.purpose, 1, %b, made.wrapped
FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS made(subject, purpose, wrapped)
"""
"""As no service does it."""

MISPLACE = """
UPDATE facts SET state = (SELECT state FROM facts WHERE originator_id = %(other)s AND originator_version = 1)
WHERE originator_id = %(one)s AND originator_version = 1
"""
FORGET = "INSERT INTO subject_fences (subject) VALUES (%s)"


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    found = Shelf(place.postgres_url, place.settings.schema_name)
    yield found
    found.line.close()


def written(shelf: Shelf, entries: Sequence[Entry]) -> None:
    """They happen as in a service: keys are there first, and what is fenced loses them."""
    shelf.line.execute(MAKE, wrapping(LOCK, KEYS.plain))
    store(shelf.line, entries)
    shelf.line.execute(DESTROY)


def emptied(shelf: Shelf) -> None:
    shelf.empty()
    shelf.line.execute("TRUNCATE subject_fences, subject_keys")


def made(shelf: Shelf, facts: Sequence[Fact[Any]]) -> None:
    """Everything that is served is made of these facts."""
    emptied(shelf)
    written(shelf, entered(facts))
    shelf.follow(50)
    access.rebuild(shelf.url, shelf.schema)


def told(shelf: Shelf, until: int | None = None, *models: ReadModel) -> Replay:
    return replay(shelf.url, shelf.schema, models or MODELS, LOCK, until)


@dataclass(frozen=True)
class Facts:
    """Too many to be shown."""

    all: list[Fact[Any]] = field(repr=False)


def plain(found: Replay) -> Replay:
    """What is told, without how it compares to what is served."""
    return replace(found, models=[replace(each, served=None) for each in found.models])


# What is told


def test_whatever_happened_a_replay_tells_what_is_served(shelf: Shelf, soak: int) -> None:
    @settings(max_examples=2 * soak, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.builds(Facts, histories()), st.sampled_from([1, 7, 5000]))
    def agree(facts: Facts, page: int) -> None:
        made(shelf, facts.all)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scratch, "PAGE", page)
            found = told(shelf)
        assert found.findings == []
        assert {each.served for each in found.models} == {Compared.SAME, Compared.PERSONAL}
        assert plain(found) == told(shelf, len(facts.all)), "in other pages"

    agree()


def test_up_to_a_position_it_tells_what_was_told_when_the_log_ended_there(shelf: Shelf, soak: int) -> None:
    """Whatever was forgotten since (R-GDP-4)."""

    @settings(max_examples=2 * soak, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.builds(Facts, histories()), st.floats(0, 1))
    def agree(facts: Facts, part: float) -> None:
        emptied(shelf)
        entries, until = entered(facts.all), round(len(facts.all) * part)
        written(shelf, entries[:until])
        before = told(shelf, until)
        written(shelf, entries[until:])
        after = told(shelf, until)
        assert (after.until, after.findings, [*after.held_against(before)]) == (until, [], [])
        assert [each.tables for each in after.models] == [each.tables for each in before.models]
        if until < len(facts.all):
            assert told(shelf, len(facts.all)) != before

    agree()


def test_rows_are_counted_and_digests_tell_them_apart(shelf: Shelf) -> None:
    made(shelf, story())
    found = {each.name: each for each in told(shelf).models}
    for model in MODELS:
        for table in model.tables:
            (count,) = shelf.line.execute(f"SELECT count(*) FROM {table.name}".encode()).fetchone() or (0,)
            assert model.opens or found[model.name].tables[table.name].rows == count
        (digest, personal) = found[model.name].digest, found[model.name].personal
        assert (digest is None) == (personal is None) == model.opens
    digests = [each.digest for each in found.values() if each.digest]
    assert len(set(digests)) == len(digests)
    assert any(each.personal and each.personal.values == each.personal.open > 0 for each in found.values())


def test_nothing_is_told_beyond_the_end(shelf: Shelf) -> None:
    made(shelf, story())
    end = len(story())
    with pytest.raises(BeyondEnd, match=f"ends at {end}"):
        told(shelf, end + 1)


def test_a_log_without_facts_tells_empty_tables(shelf: Shelf) -> None:
    found = told(shelf, 0)
    assert (found.until, found.findings, {each.rows for each in found.models}) == (0, [], {0})


def test_what_a_model_cannot_take_is_a_finding(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    made(shelf, story())
    first = next(fact for fact in story() if isinstance(fact.event, TicketOpened))
    monkeypatch.delitem(Event.by_topic, TicketOpened.topic)
    found = told(shelf, None, CLIENT_FILE).findings
    parked = [each.sentence for each in found if each.fault is Fault.PARKED]
    assert f"UnknownTopic at position {first.position}, ticket.opened of {first.stream}" in parked


# What is served


def columns_of(table: Table) -> list[str]:
    """Those that must be as they are told."""
    return [each.name for each in table.columns if not each.volatile]


@pytest.mark.parametrize("harm", ["delete", pytest.param("add", marks=pytest.mark.soak), "change"])
def test_a_served_row_that_is_not_as_the_log_tells_is_found_in_whatever_table(shelf: Shelf, harm: str) -> None:
    made(shelf, story())
    served = {each.name: each.number for each in registry.versions(shelf.line)}
    harmed, spoiled = set[str](), set[str]()
    for model in MODELS:
        for table in model.tables if not model.opens else ():
            name = physical(table, served[model.name])
            if (key := harms(shelf, table, name, harm)) is not None:
                harmed.add(
                    f"1 rows of {table.name} are not what the log tells up to {len(story())}: {key} {SAID[harm]}"
                )
                spoiled.add(model.name)
    assert len(harmed) > 20
    found = told(shelf)
    assert {each.sentence for each in found.findings} == harmed
    assert {(each.model, each.fault) for each in found.findings} == {(name, Fault.DIFFERS) for name in spoiled}
    assert {each.name for each in found.models if each.served is Compared.DIFFERENT} == spoiled
    assert plain(found).models == told(shelf, len(story())).models, "what is served has no part in what is told"


def differs(table: str, position: int, first: str) -> str:
    return f"1 rows of {table} are not what the log tells up to {position}: {first}"


SAID = {"delete": "is missing", "add": "should not be there", "change": "differs"}


def harms(shelf: Shelf, table: Table, name: str, harm: str) -> str | None:
    """The key of the row that is harmed, if there is one that can be."""
    key = ", ".join(table.key)
    there = f"{columns_of(table)[-1]} IS NOT NULL" if harm == "change" and columns_of(table) else "true"
    row = shelf.line.execute(f"SELECT {key} FROM {name} WHERE {there} ORDER BY {key} LIMIT 1".encode()).fetchone()
    if row is None or (harm == "change" and not columns_of(table)):
        return None
    where = " AND ".join(f"{each} = %s" for each in table.key)
    if harm == "delete":
        shelf.line.execute(f"DELETE FROM {name} WHERE {where}".encode(), row)
    elif harm == "add":
        others = ", ".join(["'~'", *table.key[1:], *(each.name for each in table.columns)])
        shelf.line.execute(f"INSERT INTO {name} SELECT {others} FROM {name} WHERE {where}".encode(), row)
        row = ("~", *row[1:])
    else:
        changed = columns_of(table)[-1]
        kind = next(each.kind for each in table.columns if each.name == changed)
        shelf.line.execute(f"UPDATE {name} SET {changed} = {OTHER[kind].format(changed)} WHERE {where}".encode(), row)
    return "/".join(row)


OTHER = {
    "word": "coalesce({0}, '') || '~'",
    "number": "coalesce({0}, 0) + 1",
    "instant": "coalesce({0}, 'epoch') + interval '1 microsecond'",
    "flag": "{0} IS NOT TRUE",
    "decimal": "coalesce({0}, 0) + 0.01",
    "day": "coalesce({0}, 'epoch') + 1",
    "sealed": """replace({0}, '"epoch":1', '"epoch":2')""",
}
"""Something else than it is, by the kind of the column."""


def test_a_model_that_stands_still_is_held_against_the_log_up_to_where_it_stands(shelf: Shelf) -> None:
    emptied(shelf)
    entries, middle = entered(story()), next(fact.position for fact in story() if fact.stream == f"contact-{MILL}")
    written(shelf, entries[:middle])
    shelf.follow(50)
    registry.change(shelf.url, shelf.schema, CLIENT_FILE.name, State.PAUSED, of=registry.SERVED)
    written(shelf, entries[middle:])
    shelf.follow(50)
    access.rebuild(shelf.url, shelf.schema)
    found = told(shelf)
    assert found.findings == []
    assert {each.served for each in found.models} == {Compared.SAME, Compared.PERSONAL}
    assert shelf.line.execute("DELETE FROM contacts WHERE contact = %s", (MILL,)).rowcount == 1
    (finding,) = told(shelf).findings
    assert finding.sentence == differs("contacts", middle, f"{MILL} is missing")


def test_what_another_version_of_the_service_made_is_not_compared(shelf: Shelf) -> None:
    made(shelf, story())
    newer = replace(CLIENT_FILE, edition=CLIENT_FILE.edition + 1)
    unknown = replace(CLIENT_FILE, name="client_file_2")
    assert [each.served for each in told(shelf, None, newer).models] == [Compared.ANOTHER]
    assert [each.served for each in told(shelf, None, unknown).models] == [Compared.NOT_SERVED]


# Who was forgotten


def forget(shelf: Shelf, subject: str) -> None:
    shelf.line.execute(FORGET, (subject,))
    shelf.line.execute(DESTROY)


def personal(found: Replay) -> Personal:
    """Of all models together."""
    parts = [each.personal for each in found.models if each.personal]
    return Personal(*(sum(getattr(each, name) for each in parts) for name in ("values", "open", "forgotten")))


def values_of(shelf: Shelf, subject: str) -> int:
    """How many personal values of the subject are served."""
    sealed = [(table.name, name) for model in MODELS for table in model.tables for name in table.sealed]
    rows = [
        text
        for table, column in sealed
        for (text,) in shelf.line.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL".encode())
    ]
    return sum(text.count(f'"subject":"{subject}"') for text in rows)


def test_after_a_forgetting_the_same_is_told_and_of_the_forgotten_nothing_opens(shelf: Shelf) -> None:
    made(shelf, story())
    end, count = len(story()), values_of(shelf, MILL_SUBJECT)
    before = told(shelf, end)
    assert count > 0
    assert personal(before).forgotten == 0
    forget(shelf, MILL_SUBJECT)
    after = told(shelf, end)
    assert (after.findings, [*after.held_against(before)]) == ([], [])
    assert personal(after) == Personal(personal(before).values, personal(before).open - count, count)
    assert [each.digest for each in after.models] == [each.digest for each in before.models]
    (searched,) = told(shelf, end, CONTACT_SEARCH).models
    assert searched.rows < next(each.rows for each in before.models if each.name == CONTACT_SEARCH.name)


def test_whoever_opens_again_after_a_forgetting_is_a_finding(shelf: Shelf) -> None:
    made(shelf, story())
    forget(shelf, MILL_SUBJECT)
    whole = told(shelf)
    assert whole.findings == []
    shelf.line.execute("ALTER TABLE subject_keys DISABLE TRIGGER USER")
    kept = {name: key for name, key in KEYS.plain.items() if name.subject == MILL_SUBJECT}
    shelf.line.execute(UNGUARDED, wrapping(LOCK, kept))
    shelf.line.execute("ALTER TABLE subject_keys ENABLE TRIGGER USER")
    again = told(shelf)
    count = personal(whole).forgotten
    assert {each.fault for each in again.findings} == {Fault.RECALLED}
    assert sum(int(each.sentence.split()[0]) for each in again.findings) == count
    assert {each.fault for each in again.held_against(whole)} == {Fault.RECALLED}


def test_a_key_that_is_only_missing_is_a_finding(shelf: Shelf) -> None:
    made(shelf, story())
    shelf.line.execute("DELETE FROM subject_keys WHERE subject = %s", (MILL_SUBJECT,))
    found = told(shelf).findings
    lost = {each.model for each in found if each.fault is Fault.LOST}
    assert CLIENT_FILE.name in lost
    assert {each.model for each in found if each.fault is Fault.PARKED} == {CONTACT_SEARCH.name}
    assert {each.fault for each in found} == {Fault.LOST, Fault.PARKED}


def test_a_value_that_was_put_in_another_place_is_a_finding(shelf: Shelf) -> None:
    made(shelf, story())
    shelf.line.execute(MISPLACE, {"one": f"contact-{MILL}", "other": f"contact-{BAKERY}"})
    found = told(shelf, len(story()), CLIENT_FILE).findings
    assert [(each.model, each.fault) for each in found] == [(CLIENT_FILE.name, Fault.SPOILED)]


def test_what_is_served_may_be_emptied_behind_a_fence_and_nowhere_else(shelf: Shelf) -> None:
    made(shelf, story())
    forget(shelf, MILL_SUBJECT)
    assert told(shelf).findings == [], "not emptied yet"
    purge(shelf.line, [KeyName(MILL_SUBJECT, purpose) for purpose in ("profile", "content")])
    assert told(shelf).findings == []
    shelf.line.execute('UPDATE contact_names SET name = regexp_replace(name, \'"box":"[^"]*\', \'"box":"\')')
    (finding,) = told(shelf).findings
    assert (finding.model, finding.fault) == (CLIENT_FILE.name, Fault.DIFFERS)
    assert MILL not in finding.sentence


# What was told before


def test_what_was_told_is_read_again_as_it_was(shelf: Shelf) -> None:
    made(shelf, story())
    shelf.line.execute("DELETE FROM contacts")
    found = told(shelf)
    assert found.findings
    assert read(orjson.dumps({**as_objects(found), "seconds": 1.5})) == found


@pytest.mark.parametrize(
    "text", [b"", b"no JSON", b"{}", b'{"until": "far", "link": "", "models": [], "findings": []}']
)
def test_what_no_replay_told_is_not_read(text: bytes) -> None:
    with pytest.raises(NotTold):
        read(text)


def test_whatever_differs_from_then_is_a_finding(shelf: Shelf) -> None:
    made(shelf, story())
    now = told(shelf, len(story()), CLIENT_FILE)
    (model,) = now.models
    assert model.personal is not None
    table, values, opened = model.tables["contacts"], model.personal.values, model.personal.open

    def against(**then: Any) -> list[Finding]:
        return [*now.held_against(replace(now, models=[replace(model, **then)]))]

    assert against() == []
    for other in (replace(table, rows=table.rows + 1), replace(table, digest="00" * 32)):
        tables = {**model.tables, "contacts": other}
        assert against(tables=tables) == [
            Finding(model.name, Fault.DIFFERS, "the rows of contacts are not those of then")
        ]
    (more,) = against(personal=replace(model.personal, values=values + 1))
    assert more.fault is Fault.DIFFERS
    assert more.sentence == f"{values} personal values stand there, and {values + 1} did then"
    (again,) = against(personal=replace(model.personal, open=opened - 1))
    assert (again.fault, again.sentence) == (
        Fault.RECALLED,
        f"{opened} personal values open, and {opened - 1} did then",
    )
    assert against(personal=replace(model.personal, open=opened + 1)) == []
    assert [each.fault for each in against(fingerprint="another")] == [Fault.INCOMPARABLE]
    assert [each.fault for each in against(name="another")] == [Fault.INCOMPARABLE]
    assert [each.fault for each in now.held_against(replace(now, link="00" * 32))] == [Fault.REWRITTEN]


# Beside a service


LEFT = """
SELECT relname FROM pg_class WHERE relname ~ '_v0$'
UNION ALL SELECT proname FROM pg_proc WHERE proname ~ '^apply_.*_v0$'
"""


def left(place: Place) -> list[str]:
    """What there is of any replay that is under way, or was."""
    with connect(place.postgres_url, place.settings.schema_name) as line:
        return [name for (name,) in line.execute(LEFT).fetchall()]


def everything(place: Place) -> list[tuple[str, str]]:
    """All that stays in the database: whatever has a name, and the rows of the schema."""
    with connect(place.postgres_url, place.settings.schema_name) as line:
        names = line.execute("SELECT relname FROM pg_class WHERE relpersistence <> 't' ORDER BY 1").fetchall()
        own = line.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1").fetchall()
        rows = [(name, str(line.execute(f"SELECT * FROM {name}".encode()).fetchall())) for (name,) in own]
    return [*((name, "") for (name,) in names), *rows]


def test_nothing_that_stays_is_touched(shelf: Shelf, place: Place) -> None:
    made(shelf, story())
    before = everything(place)
    told(shelf)
    told(shelf, 10)
    assert everything(place) == before
    assert left(place) == []


def test_nothing_is_left_of_one_that_was_interrupted(shelf: Shelf, place: Place) -> None:
    made(shelf, story())
    before, seen = everything(place), list[str]()

    def interrupt(position: int, end: int) -> None:
        seen.extend(left(place))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(shelf.url, shelf.schema, MODELS, LOCK, told=interrupt)
    assert "apply_client_file_v0" in seen
    assert everything(place) == before
    assert left(place) == []


def test_nothing_is_left_of_one_that_was_killed(place: Place) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    asyncio.run(handle(place, *(("team.form", {"name": f"Team {n}"}, "system") for n in range(3))))
    with started(place, "replay") as running:
        assert running.heard() == 3
        assert left(place)
        running.process.kill()
        running.process.wait()
    until = time.monotonic() + PATIENCE_SECONDS
    while left(place):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_tells_what_is_served_while_the_service_writes_and_read_models_follow(place: Place) -> None:
    url, schema = place.postgres_url, place.settings.schema_name
    over = threading.Event()

    def write() -> None:
        for n in range(10_000):
            asyncio.run(
                handle(
                    place, ("worker.hire", {"name": f"Worker {n}"}, "system"), ("team.form", {"name": "Team"}, "system")
                )
            )
            if over.is_set():
                return

    migrate(url, schema)
    access.ensure(url, schema)
    with followed(place):
        writer = threading.Thread(target=write)
        writer.start()
        try:
            found = [replay(url, schema, MODELS, KeyFile(place.keys)) for _ in range(3)]
        finally:
            over.set()
            writer.join()
    assert [each.findings for each in found] == [[], [], []]
    assert found[0].until < found[1].until < found[2].until
    assert {each.served for told in found for each in told.models} == {Compared.SAME, Compared.PERSONAL}
