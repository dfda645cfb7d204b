"""The journal outside the database tells of every fence and every receipt, and whoever touches a line of it shows."""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import orjson
import pytest

from adapters.anchor import JournalEnd
from adapters.erasure_journal import FIRST, Fenced, Issued, Journal, Told
from adapters.signature import Signature, Signer

AT = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
FENCED = Fenced(
    epoch="6d1f2c1e-0000-4000-8000-000000000001",
    position=7,
    link="ab" * 32,
    person="contact:dora",
    reason="Their wish",
    contacts=("dora",),
    subjects=("5b1f0c", "77aa01"),
    purposes=("profile", "content"),
    proof_until=AT.replace(year=2027),
    at=AT,
)
ISSUED = Issued("contact:dora", '{"number":1}', Signature("0" * 16, "1" * 128), AT)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def signer(keys: Path) -> Signer:
    return Signer.opened(keys)


@pytest.fixture
def journal(tmp_path: Path, signer: Signer, keys: Path) -> Journal:
    return Journal.opened(tmp_path / "erasures", "kartoteka", keys)


def again(journal: Journal, keys: Path) -> Journal:
    """As another process finds it."""
    return Journal.opened(journal.folder, journal.log, keys)


def three(journal: Journal, signer: Signer) -> None:
    for entry in (FENCED, ISSUED, FENCED._replace(position=9)):
        journal.append(entry, signer)


def test_what_was_written_is_read_in_its_order(journal: Journal, signer: Signer, keys: Path) -> None:
    assert journal.read() == Told({}, [], [])
    three(journal, signer)
    for each in (journal, again(journal, keys)):
        told = each.read()
        assert [*told.fenced.values()] == [FENCED, FENCED._replace(position=9)]
        assert (told.issued, told.spoiled) == ([ISSUED], [])
    lines = journal.path.read_bytes().splitlines(keepends=True)
    assert [orjson.loads(line)["previous"] for line in lines] == [
        FIRST,
        *(sha256(line).hexdigest() for line in lines[:2]),
    ]
    assert [*told.fenced] == [sha256(lines[0]).hexdigest(), sha256(lines[2]).hexdigest()]


def test_the_same_is_noted_once(journal: Journal, signer: Signer, keys: Path) -> None:
    three(journal, signer)
    before = journal.path.read_bytes()
    three(journal, signer)
    three(again(journal, keys), signer)
    assert journal.path.read_bytes() == before
    journal.append(FENCED._replace(epoch="another-log"), signer)
    assert len(journal.read().fenced) == 3


def test_it_is_its_owner_s_alone_to_read(journal: Journal, signer: Signer) -> None:
    journal.append(FENCED, signer)
    assert journal.folder.stat().st_mode & 0o777 == 0o700


def test_a_torn_line_is_none_and_goes_with_the_next(journal: Journal, signer: Signer, keys: Path) -> None:
    three(journal, signer)
    whole = journal.path.read_bytes()
    for size in (1, 40, len(whole.splitlines(keepends=True)[0]) - 1):
        journal.path.write_bytes(whole + whole[:size])
        other = again(journal, keys)
        assert other.read() == journal.read()
        other.append(ISSUED._replace(receipt="{}"), signer)
        assert journal.path.read_bytes().startswith(whole + b'{"at"')
        assert again(journal, keys).read().spoiled == []
        journal.path.write_bytes(whole)


def test_processes_write_behind_each_other(journal: Journal, signer: Signer, keys: Path) -> None:
    context = get_context("fork")
    writers = [context.Process(target=write, args=(journal.folder, keys, n)) for n in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    told = journal.read()
    assert sorted(each.position for each in told.fenced.values()) == sorted(
        10 * n + k for n in range(4) for k in range(5)
    )
    assert told.spoiled == []


def write(folder: Path, keys: Path, n: int) -> None:
    journal = Journal.opened(folder, "kartoteka", keys)
    for k in range(5):
        journal.append(FENCED._replace(position=10 * n + k), Signer.opened(keys))


def test_every_changed_byte_shows_in_its_line(journal: Journal, signer: Signer, keys: Path) -> None:
    three(journal, signer)
    whole = journal.path.read_bytes()
    first = len(whole.splitlines(keepends=True)[0])
    for place in range(first - 1):
        journal.path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        told = again(journal, keys).read()
        assert told.spoiled[0].line == 1, place
        assert FENCED not in told.fenced.values()


def test_a_line_taken_out_or_moved_shows(journal: Journal, signer: Signer, keys: Path) -> None:
    three(journal, signer)
    one, two, last = journal.path.read_bytes().splitlines(keepends=True)
    for lines, first in (((two, last), 1), ((one, last), 2), ((two, one, last), 1), ((one, one, two, last), 2)):
        journal.path.write_bytes(b"".join(lines))
        assert again(journal, keys).read().spoiled[0].line == first
    journal.path.write_bytes(one + two)
    assert again(journal, keys).read().spoiled == []  # what was cut off behind is missed by the last anchor


def test_what_another_signed_is_not_taken(journal: Journal, keys: Path, tmp_path: Path) -> None:
    journal.append(FENCED, Signer.opened(tmp_path / "others"))
    assert again(journal, keys).read()[:3] == (
        {},
        [],
        [(journal.path.name, 1, "the line is not the one that was signed")],
    )


# What is known of it outside


def test_it_lacks_nothing_as_long_as_it_goes_on_from_what_was_known(journal: Journal, signer: Signer) -> None:
    known = [journal.read().end]
    for entry in (FENCED, ISSUED, FENCED._replace(position=9)):
        journal.append(entry, signer)
        known.append(journal.read().end)
    assert [each.lines for each in known] == [0, 1, 2, 3]
    assert [journal.read().lacks(each) for each in (None, *known)] == [None] * 5


def test_a_journal_that_was_cut_or_lost_or_has_another_line_there_lacks_something(
    journal: Journal, signer: Signer
) -> None:
    three(journal, signer)
    known, lines = journal.read().end, journal.path.read_bytes().splitlines(keepends=True)
    assert known == JournalEnd(3, sha256(lines[2]).hexdigest())
    for count in range(3):
        journal.path.write_bytes(b"".join(lines[:count]))
        assert str(journal.read().lacks(known)).endswith(
            f"had 3 lines when the log was anchored last, and it has {count}"
        )
    journal.path.unlink()
    assert journal.read().lacks(known) is not None
    for position in (1, 2, 3, 4):
        journal.append(FENCED._replace(position=position), signer)
        assert journal.read().lacks(known) is not None


# What was read before


def test_another_journal_in_its_place_is_read_anew_however_long_it_is(
    journal: Journal, signer: Signer, keys: Path
) -> None:
    three(journal, signer)
    for positions in ((2,), (2, 3), (2, 3, 5), (2, 3, 5, 7, 11)):
        before = journal.read()
        other = again(journal, keys)
        journal.path.unlink()
        for position in positions:
            other.append(FENCED._replace(position=position), signer)
        told = journal.read()
        assert [each.position for each in told.fenced.values()] == [*positions]
        assert (told.spoiled, told == before) == ([], False)


def test_a_byte_changed_in_what_was_read_before_shows(journal: Journal, signer: Signer) -> None:
    three(journal, signer)
    assert journal.read().spoiled == []
    journal.path.write_bytes(journal.path.read_bytes().replace(b"Their wish", b"Their whim", 1))
    assert journal.read().spoiled[0].line == 1
