"""The access model is kept by every append, made anew while they go on, and kept by no service that means another."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from logbook import lying
from naive.views import views
from process import crew, handle, log_of, request
from psycopg import Connection
from rows import differences, stored

from adapters.composition import Place
from adapters.postgres.log import AccessModelOther, PostgresLog
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access, registry
from commands.handler import Handler
from commands.request import Answer, Attempt, Fate
from domain.staff.worker import SYSTEM, Right
from projections.access import ACCESS

WRITERS = 3


@pytest.fixture
def line(place: Place) -> Iterator[Connection[Any]]:
    migrate(place.postgres_url, place.settings.schema_name)
    with connect(place.postgres_url, place.settings.schema_name) as found:
        yield found


def ensure(place: Place) -> None:
    access.ensure(place.postgres_url, place.settings.schema_name)


def rebuild(place: Place) -> None:
    access.rebuild(place.postgres_url, place.settings.schema_name)


def ask(place: Place, *commands: tuple[str, dict[str, Any]]) -> list[Answer]:
    return asyncio.run(handle(place, *((topic, data, SYSTEM) for topic, data in commands)))


def wrong(line: Connection[Any]) -> list[str]:
    """Where the rows are not what anybody would write down from the log."""
    wanted = views(lying(line))
    tables = [table.name for table in ACCESS.tables]
    return differences(stored(line, [ACCESS]), {name: wanted.get(name, {}) for name in tables})


def serving(line: Connection[Any]) -> tuple[int, list[tuple[int, str]]]:
    """The version that appends keep, and all there are."""
    row = line.execute("SELECT access_version FROM head").fetchone()
    assert row is not None
    return row[0], [(version.number, version.state) for version in registry.versions(line)]


def test_every_append_keeps_it(place: Place, line: Connection[Any]) -> None:
    ensure(place)
    (hired,) = ask(place, ("worker.hire", {"name": "Anna Rossi"}))
    assert stored(line, [ACCESS])["access_workers"] == {(hired.thing,): {"active": True}}
    right = {"worker": hired.thing, "right": Right.SALES}
    ask(place, ("worker.grant-right", right), ("worker.withdraw-right", right), ("worker.grant-right", right))
    ask(place, ("worker.deactivate", {"worker": hired.thing, "forced": True}))
    assert stored(line, [ACCESS])["access_rights"] == {(hired.thing, "sales"): {"until": None}}
    assert wrong(line) == []


def test_what_of_a_batch_was_not_stored_changes_nothing_of_it(place: Place, line: Connection[Any]) -> None:
    ensure(place)

    async def half() -> list[Fate]:
        log = log_of(place)
        handler = Handler(log)
        attempts: list[Attempt] = []
        append = log.append

        async def catch(sent: Any) -> Any:
            attempts.extend(sent)
            sent[1].reads = {**sent[1].reads, "team-moved": 7}
            return await append(sent)

        log.append = catch  # type: ignore[method-assign]
        asked = [request("worker.hire", {"name": "Anna Rossi"}, SYSTEM) for _ in range(3)]
        _, decided, _ = await handler._decide(list(enumerate(asked)))
        found = await log.append([attempt for _, attempt in decided])
        await log.close()
        return [one.fate for one in found]

    assert asyncio.run(half()) == [Fate.STORED, Fate.MOVED, Fate.STORED]
    assert len(stored(line, [ACCESS])["access_workers"]) == 2
    assert wrong(line) == []


def test_it_is_made_of_what_was_there_before(place: Place, line: Connection[Any]) -> None:
    ask(place, ("worker.hire", {"name": "Anna Rossi"}), ("team.form", {"name": "First line"}))
    assert serving(line) == (0, [])
    ensure(place)
    assert serving(line) == (1, [(1, "active")])
    assert wrong(line) == []
    ensure(place)
    assert serving(line) == (1, [(1, "active")])


def test_processes_that_begin_at_once_make_it_once_while_others_append(place: Place, line: Connection[Any]) -> None:
    with crew(place, *[("write", "30", "5")] * WRITERS) as writers:
        for writer in writers:
            assert writer.heard() == "ready"
            writer.tell()
        makers = [threading.Thread(target=ensure, args=(place,)) for _ in range(4)]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
        assert [len(writer.heard()) for writer in writers] == [150] * WRITERS
    assert serving(line) == (1, [(1, "active")])
    assert len(lying(line)) == WRITERS * 150
    assert wrong(line) == []


def test_it_is_made_anew_while_others_append(place: Place, line: Connection[Any]) -> None:
    ensure(place)
    with crew(place, *[("write", "40", "5")] * WRITERS) as writers:
        for writer in writers:
            assert writer.heard() == "ready"
            writer.tell()
        for _ in range(5):
            rebuild(place)
        assert [len(writer.heard()) for writer in writers] == [200] * WRITERS
    assert serving(line) == (6, [(6, "active")])
    assert wrong(line) == []


def test_a_service_that_means_another_stores_nothing_until_its_own_is_back(place: Place, line: Connection[Any]) -> None:
    ensure(place)

    async def story() -> None:
        log = log_of(place, Impatient)
        handler = Handler(log)
        await handler.handle([request("team.form", {"name": "One"}, SYSTEM)])
        line.execute("UPDATE read_models SET fingerprint = 'another' WHERE name = 'access'")
        line.execute("UPDATE head SET access_version = 7")
        line.execute("UPDATE read_models SET version = 7 WHERE name = 'access'")
        with pytest.raises(AccessModelOther):
            await handler.handle([request("team.form", {"name": "Two"}, SYSTEM)])
        rebuild(place)
        (answer,) = await handler.handle([request("team.form", {"name": "Three"}, SYSTEM)])
        assert answer.code == ""
        await log.close()

    asyncio.run(story())
    assert [fact["body"]["name"] for fact in lying(line)] == ["One", "Three"]
    assert serving(line) == (8, [(8, "active")])
    assert wrong(line) == []


class Impatient(PostgresLog):
    """Waits for nobody."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, patience_seconds=0)


UNKEPT = """
CREATE OR REPLACE FUNCTION {name}(changes json, accepted boolean[] DEFAULT NULL)
RETURNS void LANGUAGE sql AS 'SELECT'
"""


def test_an_append_that_kept_nothing_would_be_found(place: Place, line: Connection[Any]) -> None:
    ensure(place)
    line.execute(UNKEPT.format(name="apply_access_v1").encode())
    ask(place, ("worker.hire", {"name": "Anna Rossi"}))
    assert len(wrong(line)) == 1


def test_it_waits_for_a_question_that_takes_long(place: Place, line: Connection[Any]) -> None:
    ensure(place)
    ask(place, ("worker.hire", {"name": "Anna Rossi"}))
    with connect(place.postgres_url, place.settings.schema_name) as asking, asking.transaction():
        asking.execute("SELECT * FROM access_workers")
        maker = threading.Thread(target=rebuild, args=(place,))
        maker.start()
        while serving(line)[1] != [(1, "active"), (2, "booting")]:
            time.sleep(0.01)
        time.sleep(1.2)
        assert serving(line) == (1, [(1, "active"), (2, "booting")])
        ask(place, ("worker.hire", {"name": "Carla Rossi"}))
    maker.join()
    assert serving(line) == (2, [(2, "active")])
    assert wrong(line) == []
