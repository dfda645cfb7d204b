"""Contents that nobody attached go after a day, and those of files that were taken away; what lies there stays."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cabinet import Cabinet, asked, cabinet, some_bytes
from door import new_place
from nats.js.api import DiscardPolicy

from adapters.composition import now
from adapters.embedded import Running
from adapters.file_request import PART_BYTES, written
from adapters.nats import part_stream
from adapters.nats.client import new_command_id
from adapters.nats.part_stream import PartStream
from adapters.part_store import PartStoreAway
from adapters.postgres import file_sweep
from adapters.postgres.file_sweep import KEPT, sweep
from adapters.postgres.schema import connect_async
from commands.clients.paper import RemoveFile
from domain.clients.paper import ContactFileAttached
from domain.values import ContactId, FileId

LATER = timedelta(days=2)


@pytest.fixture
def here(servers: Running, state: Path) -> Iterator[Cabinet]:
    """For one test alone: what is swept is counted."""
    with cabinet(new_place(servers, state)) as found:
        found.attached("mill", b"always there")
        swept(found, now() + LATER)
        yield found


def store_of(here: Cabinet) -> PartStream:
    store = here.stage.service.files._store
    assert isinstance(store, PartStream)
    return store


def swept(here: Cabinet, at: datetime, store: Any = None) -> int:
    """How many files went, had the sweep come then."""

    async def run() -> int:
        place = here.stage.place
        async with await connect_async(place.postgres_url, place.settings.schema_name) as connection:
            return await sweep(connection, store or store_of(here), at)

    return here.stage.run(run())


def files_in(here: Cabinet) -> set[str]:
    async def listed() -> set[str]:
        return {file async for file in store_of(here).files()}

    return here.stage.run(listed())


def test_what_was_never_attached_goes_after_a_day_and_not_before(here: Cabinet) -> None:
    whole, half = here.stored("mill", some_bytes(3 * PART_BYTES)), here.put("mill", some_bytes(PART_BYTES), last=False)
    lies = here.attached("mill", b"x")
    put = now()
    assert swept(here, put + KEPT - timedelta(minutes=5)) == 0
    assert {whole, half.line["file"], lies} <= files_in(here)
    assert swept(here, put + KEPT) == 2
    assert files_in(here) & {whole, half.line["file"], lies} == {lies}
    assert here.content("mill", lies) == b"x"
    assert here.attach("mill", whole).code == "FileNotStored"
    assert not here.rows("SELECT FROM stored_parts WHERE file = ANY (%s)", [whole, half.line["file"]])


def test_what_was_taken_away_goes_and_what_was_laid_there_again_stays(here: Cabinet) -> None:
    gone, back, merely = (here.attached("mill", name.encode()) for name in ("gone", "back", "merely"))
    for file in (gone, back):
        here.did(RemoveFile(contact=ContactId(here.ids["mill"]), file=FileId(file)))
    assert not here.attach("mill", back).status
    assert swept(here, now() + LATER) == 1
    assert files_in(here) & {gone, back, merely} == {back, merely}
    assert swept(here, now() + LATER) == 0
    assert here.content("mill", back) == b"back"


def test_an_upload_that_goes_on_is_not_swept_away(here: Cabinet) -> None:
    id, content = new_command_id(), some_bytes(PART_BYTES)
    file = here.put("mill", content, id=id, last=False).line["file"]
    here.rows("UPDATE stored_files SET touched_at = touched_at - interval '2 days' WHERE file = %s", file)
    here.put("mill", b"the end", id=id, part=2)
    assert swept(here, now()) == 0
    assert not here.attach("mill", file).status
    assert here.content("mill", file) == content + b"the end"


def test_whoever_puts_a_part_of_what_is_being_swept_away_begins_anew(here: Cabinet) -> None:
    id, content = new_command_id(), some_bytes(PART_BYTES)
    file = here.put("mill", content, id=id, last=False).line["file"]
    here.rows("UPDATE stored_files SET touched_at = touched_at - interval '2 days' WHERE file = %s", file)
    dropping, go_on = threading.Event(), threading.Event()

    class Held:
        """Waits with what it was told to drop."""

        async def drop(self, file: str) -> None:
            dropping.set()
            await asyncio.to_thread(go_on.wait, 10)
            await store_of(here).drop(file)

        def files(self) -> Any:
            return store_of(here).files()

    async def at_once() -> tuple[int, Any]:
        place = here.stage.place
        async with await connect_async(place.postgres_url, place.settings.schema_name) as connection:
            sweeping = asyncio.create_task(sweep(connection, Held(), now()))  # type: ignore[arg-type]
            await asyncio.to_thread(dropping.wait, 10)
            line = {"id": id, "actor": here.ids["editor"], "contact": here.ids["mill"], "part": 2, "last": True}
            putting = asyncio.create_task(asked(here.stage.desk, "put", written(line, b"the end")))
            await asyncio.sleep(0.3)
            assert not putting.done()
            go_on.set()
            return await sweeping, await putting

    gone, said = here.stage.run(at_once())
    assert gone == 1
    assert (said.status, said.line["missing"]) == (0, 1)
    assert here.put("mill", content, id=id, last=False).line["missing"] is None
    assert not here.attach("mill", file).status
    assert here.content("mill", file) == content + b"the end"


def test_what_the_store_holds_without_anybody_knowing_goes(here: Cabinet) -> None:
    lies = here.attached("mill", b"x")
    here.stage.run(store_of(here).put("stray", 7, b"sealed"))
    assert swept(here, now()) == 1
    assert "stray" not in files_in(here)
    assert lies in files_in(here)


def test_a_store_that_does_not_answer_loses_nothing(here: Cabinet) -> None:
    file = here.stored("mill", b"x")

    class Away:
        async def drop(self, file: str) -> None:
            raise PartStoreAway

    with pytest.raises(PartStoreAway):
        swept(here, now() + LATER, Away())
    assert here.rows("SELECT digest IS NOT NULL FROM stored_files WHERE file = %s", file) == [(True,)]
    assert swept(here, now() + LATER) == 1


def test_what_was_dropped_is_overwritten_on_disk(here: Cabinet) -> None:
    file = here.stored("mill", some_bytes(1000))

    async def sealed() -> bytes:
        return await store_of(here).get(file, 1) or b""

    box = here.stage.run(sealed())[-900:]
    folder = here.stage.place.settings.state / "nats"
    assert any(box in path.read_bytes() for path in folder.resolve().rglob("*") if path.is_file())
    assert swept(here, now() + LATER) == 1
    assert not any(box in path.read_bytes() for path in folder.resolve().rglob("*") if path.is_file())


def test_a_sweep_that_does_not_ask_the_log_takes_what_lies_there(
    here: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = here.attached("mill", b"x")
    asked = f"l.topic IS DISTINCT FROM '{ContactFileAttached.topic}'"
    assert asked in file_sweep.SWEEP
    monkeypatch.setattr(file_sweep, "SWEEP", file_sweep.SWEEP.replace(asked, "true"))
    assert swept(here, now() + LATER) == 2
    assert here.get("mill", file).status


def test_a_store_in_which_the_second_replaces_the_first_loses_what_was_put(
    here: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = new_command_id()
    file = here.put("mill", b"x", id=id).line["file"]
    monkeypatch.setattr(part_stream, "FIRST_ALONE", {})
    assert here.put("mill", b"x", id=id).line["repeated"]  # the stream alone would see to it, too

    async def take_both() -> None:
        store = store_of(here)
        config = (await store._streams.stream_info(store.stream)).config
        both = replace(config, discard=DiscardPolicy.OLD, discard_new_per_subject=False)
        await store._streams.update_stream(both)

    here.stage.run(take_both())
    assert here.put("mill", b"x", id=id).status
    assert not here.attach("mill", file).status
    assert here.get("mill", file).code == "FileDamaged"


def test_parts_are_full_and_files_are_bounded(servers: Running, state: Path) -> None:
    full = some_bytes(PART_BYTES)
    with cabinet(new_place(servers, state, file_bytes=2 * PART_BYTES - 1)) as small:
        for content, part, last, status, code in (
            (full + b"x", 1, True, 413, "PartTooLarge"),
            (full[1:], 1, False, 422, "PartNotFull"),
            (b"", 1, False, 422, "PartNotFull"),
            (full, 2, True, 413, "FileTooLarge"),
            (b"", 3, True, 413, "FileTooLarge"),
            (full[1:], 2, True, 0, ""),
        ):
            said = small.put("mill", content, part=part, last=last)
            assert (said.status, said.code) == (status, code)
        assert small.rows("SELECT part FROM stored_parts WHERE size_bytes > 100") == [(2,)]
