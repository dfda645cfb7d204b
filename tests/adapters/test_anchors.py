"""Where the log stood is kept outside the database, signed, and never for a log that is not the one anchored before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tampering import AT, FACTS, anchors_of, cut, store, store_more, tamper

from adapters.anchor import Anchor, Anchored, Anchors, JournalEnd, Misplaced, encoded
from adapters.clock import Clock, now
from adapters.composition import Place, anchoring
from adapters.postgres.anchoring import ELECT
from adapters.postgres.schema import connect, migrate
from adapters.signature import Signer

NEVER_AGAIN_SECONDS = 3600.0


def anchor(position: int, at: datetime = AT, lost: int | None = None) -> Anchor:
    return Anchor("0a0b0c0d-0000-4000-8000-000000000001", position, bytes([position % 256]) * 32, at, lost)


class Drawer:
    """A folder of anchors, and the key that signs them."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.folder = folder / "keys", folder / "anchors"
        self.signer = Signer.opened(self.keys)
        self.anchors = Anchors.opened(self.folder, "kartoteka", self.keys)

    def put(self, *anchors: Anchor) -> None:
        for each in anchors:
            self.anchors.append(each, self.signer)

    @property
    def read(self) -> Anchored:
        found = self.anchors.read()
        assert self.anchors.last() == found.last
        return found

    @property
    def file(self) -> Path:
        (path,) = self.folder.iterdir()
        return path

    def rewrite(self, lines: Sequence[bytes]) -> None:
        self.file.write_bytes(b"".join(lines))

    @property
    def lines(self) -> list[bytes]:
        return self.file.read_bytes().splitlines(keepends=True)


@pytest.fixture
def drawer(tmp_path: Path) -> Drawer:
    return Drawer(tmp_path)


# What is kept


def test_what_was_anchored_is_read_as_it_was(drawer: Drawer) -> None:
    assert drawer.read == Anchored({}, None, [], [])
    put = [anchor(3), anchor(7, AT + timedelta(seconds=10, microseconds=5)), anchor(300)]
    drawer.put(*put)
    assert drawer.read == Anchored({each.position: each for each in put}, put[-1], [], [])


def test_a_line_tells_everything_in_the_open(drawer: Drawer) -> None:
    drawer.put(anchor(3))
    said = json.loads(drawer.lines[0])
    assert said.pop("signature")
    assert said == {
        "kind": "anchor",
        "epoch": anchor(3).epoch,
        "position": 3,
        "link": "03" * 32,
        "at": "2026-01-30T12:00:00+00:00",
        "signer": drawer.signer.id,
    }


def test_every_month_has_a_file_and_a_clock_that_goes_back_keeps_their_order(drawer: Drawer) -> None:
    put = [anchor(1), anchor(2, AT + timedelta(days=5)), anchor(3), anchor(4, AT + timedelta(days=400))]
    drawer.put(*put)
    lines = {path.name: len(path.read_bytes().splitlines()) for path in drawer.folder.iterdir()}
    assert lines == {"kartoteka-2026-01.ndjson": 1, "kartoteka-2026-02.ndjson": 2, "kartoteka-2027-03.ndjson": 1}
    assert list(drawer.read.known.values()) == put


def test_logs_that_share_a_folder_know_nothing_of_each_other(drawer: Drawer) -> None:
    other = Anchors.opened(drawer.folder, "kartoteka_2", drawer.keys)
    other.append(anchor(9), drawer.signer)
    drawer.put(anchor(3))
    assert (drawer.read.last, other.read().last) == (anchor(3), anchor(9))


def test_the_last_is_found_from_the_end_however_long_the_file_is(drawer: Drawer) -> None:
    drawer.folder.mkdir()
    path = drawer.folder / "kartoteka-2026-01.ndjson"
    lines = [encoded(anchor(position), drawer.signer) for position in range(1, 41)]
    for count in range(len(lines) + 1):
        path.write_bytes(b"".join(lines[:count]))
        assert drawer.read.last == (anchor(count) if count else None)


def test_what_it_says_of_the_journal_is_read_as_it_was_and_may_be_said_anew(drawer: Drawer) -> None:
    ends = [JournalEnd(2, "ab" * 32), JournalEnd(1, "cd" * 32)]
    put = [anchor(3), *(anchor(3)._replace(erasures=end) for end in ends)]
    drawer.put(*put)
    assert drawer.read.last == put[-1]
    assert json.loads(drawer.lines[-1])["erasures"] == {"lines": 1, "digest": "cd" * 32}
    for wrong in (put[-1], anchor(3), anchor(2)._replace(erasures=ends[0])):
        with pytest.raises(Misplaced):
            drawer.put(wrong)
    said = put[-1]._replace(erasures=JournalEnd(0, "ef" * 32), accepted="ada", lost_erasures=1)
    drawer.put(said)
    assert (drawer.read.restored, drawer.read.spoiled) == ([said], [])


def test_an_anchor_that_does_not_go_on_is_not_put(drawer: Drawer) -> None:
    drawer.put(anchor(3))
    for wrong in (anchor(2), anchor(3), anchor(1, lost=2), anchor(3, lost=3), anchor(4, lost=3)):
        with pytest.raises(Misplaced):
            drawer.put(wrong)
    assert drawer.read.last == anchor(3)


def test_of_many_that_put_at_once_each_line_follows_the_one_before_it(drawer: Drawer) -> None:
    def put(position: int) -> None:
        with suppress(Misplaced):
            Anchors.opened(drawer.folder, "kartoteka", drawer.keys).append(anchor(position), drawer.signer)

    with ThreadPoolExecutor(8) as many:
        list(many.map(put, range(1, 60)))
    found = drawer.read
    assert found.spoiled == []
    assert found.last == anchor(59)


# What a crash leaves


def test_a_line_that_a_crash_tore_is_no_anchor_and_the_next_takes_its_place(drawer: Drawer) -> None:
    drawer.put(anchor(1), anchor(2))
    first, second = drawer.lines
    for length in range(len(second)):
        drawer.rewrite([first, second[:length]])
        assert drawer.read == Anchored({1: anchor(1)}, anchor(1), [], [])
    drawer.put(anchor(3))
    assert drawer.lines[0] == first
    assert list(drawer.read.known) == [1, 3]
    assert drawer.read.spoiled == []


def test_a_file_of_nothing_but_a_torn_line_is_begun_again(drawer: Drawer) -> None:
    drawer.put(anchor(1))
    drawer.rewrite([drawer.lines[0][:-1]])
    assert drawer.read.last is None
    drawer.put(anchor(2))
    assert drawer.read == Anchored({2: anchor(2)}, anchor(2), [], [])


def test_what_a_crash_tore_in_one_month_is_cut_in_the_next(drawer: Drawer) -> None:
    drawer.put(anchor(1))
    with drawer.file.open("ab") as file:
        file.write(b'{"torn')
    drawer.put(anchor(2, AT + timedelta(days=30)))
    assert drawer.read.spoiled == []
    assert list(drawer.read.known) == [1, 2]


# What somebody else did to it


def test_a_line_changed_in_any_byte_is_found_with_its_number(drawer: Drawer) -> None:
    drawer.put(anchor(1), anchor(2), anchor(3))
    first, second, third = drawer.lines
    for place in range(len(second) - 1):
        drawer.rewrite([first, second[:place] + bytes([second[place] ^ 1]) + second[place + 1 :], third])
        found = drawer.read
        assert [(each.file, each.line) for each in found.spoiled][:1] == [(drawer.file.name, 2)]
        assert list(found.known) == [1, 3]


def test_blanks_and_another_order_of_fields_are_changes_too(drawer: Drawer) -> None:
    drawer.put(anchor(1))
    said = json.loads(drawer.lines[0])
    for text in (json.dumps(said), json.dumps(dict(reversed(said.items())), separators=(",", ":"))):
        drawer.rewrite([text.encode() + b"\n"])
        assert [each.line for each in drawer.read.spoiled] == [1]


def test_lines_put_in_each_other_s_place_or_twice_are_found(drawer: Drawer) -> None:
    drawer.put(anchor(1), anchor(2), anchor(3))
    first, second, third = drawer.lines
    for lines, number in (([first, third, second], 3), ([second, first, third], 2), ([first, first], 2)):
        drawer.rewrite(lines)
        assert [each.line for each in drawer.anchors.read().spoiled] == [number]


def test_what_a_stranger_signed_is_no_anchor(drawer: Drawer, tmp_path: Path) -> None:
    drawer.put(anchor(1))
    stranger = Signer.opened(tmp_path / "elsewhere")
    drawer.rewrite([*drawer.lines, encoded(anchor(2), stranger)])
    assert [each.line for each in drawer.read.spoiled] == [2]
    assert drawer.read.last == anchor(1)


def test_anchors_of_an_old_key_verify_after_it_was_changed(drawer: Drawer) -> None:
    drawer.put(anchor(1))
    drawer.signer = Signer.changed(drawer.keys)
    drawer.put(anchor(2))
    assert list(drawer.read.known) == [1, 2]
    assert drawer.read.spoiled == []


def test_what_a_restore_lost_is_known_no_more_and_stays_on_record(drawer: Drawer) -> None:
    restored = anchor(4, lost=9)._replace(epoch="0a0b0c0d-0000-4000-8000-000000000002")
    drawer.put(anchor(3), anchor(4), anchor(9), restored, anchor(12))
    assert drawer.read == Anchored({3: anchor(3), 4: restored, 12: anchor(12)}, anchor(12), [restored], [])


# Who anchors, and when


def anchored(place: Place, clock: Clock = now) -> list[int]:
    """A process comes and goes; the positions that are anchored then."""

    async def come_and_go() -> None:
        async with anchoring(place, clock=clock, every_seconds=NEVER_AGAIN_SECONDS):
            pass

    asyncio.run(come_and_go())
    found = anchors_of(place).read()
    assert found.spoiled == []
    return list(found.known)


def test_a_log_without_facts_is_not_anchored(place: Place) -> None:
    migrate(place.postgres_url, place.settings.schema_name)
    assert anchored(place) == []


def test_the_head_is_anchored_as_it_is_by_the_clock_of_the_log_and_once(place: Place) -> None:
    store(place, FACTS)
    assert anchored(place, lambda: AT) == [FACTS]
    assert anchored(place) == [FACTS]
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        row = connection.execute("SELECT epoch::text, position, link FROM head").fetchone()
    last = anchors_of(place).last()
    assert last is not None
    assert row == last[:3]
    assert last.at == AT


def test_it_is_anchored_again_and_again_while_the_log_grows(place: Place) -> None:
    store(place, FACTS)
    anchors = anchors_of(place)

    async def until_anchored(position: int) -> None:
        async with asyncio.timeout(15):
            while (last := anchors.last()) is None or last.position != position:
                await asyncio.sleep(0.005)

    async def at_work() -> None:
        async with anchoring(place, every_seconds=0.01):
            await until_anchored(FACTS)
            await asyncio.to_thread(store_more, place, 3)
            await until_anchored(FACTS + 3)
            await asyncio.to_thread(store_more, place, 4)
        assert (found := anchors.last()) is not None
        assert found.position == FACTS + 7

    asyncio.run(at_work())


def test_of_several_processes_one_anchors(place: Place) -> None:
    store(place, FACTS)
    with connect(place.postgres_url, place.settings.schema_name) as other:
        assert other.execute(ELECT).fetchone() == (True,)
        assert anchored(place) == []
    assert anchored(place) == [FACTS]


def test_nothing_is_anchored_of_a_log_that_does_not_contain_the_last_anchor(place: Place) -> None:
    store(place, FACTS)
    assert anchored(place) == [FACTS]
    cut(place, FACTS - 2)
    with capture_logs() as logged:
        assert anchored(place) == [FACTS]
        store_more(place, 5)  # as far as it was, and further, but not the same
        assert anchored(place) == [FACTS]
    told = [each for each in logged if "does not contain its last anchor" in each["event"]]
    assert [(each["anchored"], each["end"]) for each in told] == [(FACTS, FACTS - 2), (FACTS, FACTS + 3)]


def test_a_log_whose_head_is_gone_is_not_anchored(place: Place) -> None:
    store(place, FACTS)
    tamper(place, "DELETE FROM head")
    assert anchored(place) == []


def test_a_restored_log_is_anchored_from_where_it_ends_once_somebody_says_so(place: Place) -> None:
    store(place, FACTS)
    anchored(place)
    last = anchors_of(place).last()
    cut(place, FACTS - 3)
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        (link,) = connection.execute("SELECT link FROM head").fetchone() or (b"",)
    assert last is not None
    said = Anchor(last.epoch, FACTS - 3, link, AT, lost=FACTS, accepted="ada")
    anchors_of(place).append(said, Signer.opened(place.keys))
    store_more(place, 1)
    assert anchored(place) == [FACTS - 3, FACTS - 2]
    assert anchors_of(place).read().restored == [said]
