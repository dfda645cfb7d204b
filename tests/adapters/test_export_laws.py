"""What lies in an export's folder is what there is, whatever happened in between and wherever a run was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import psycopg
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.columnar import manifest, parquet
from adapters.columnar.difference import applied, difference
from adapters.columnar.export import As, Run, State, begun, held, taken_out
from adapters.columnar.manifest import What
from adapters.columnar.reader import reading
from adapters.columnar.shape import Wanted
from adapters.postgres.schema import connect
from projections.model import Kind

KEY = ("contact", "number")
SCHEMA = pa.schema([("contact", pa.string()), ("number", pa.int64()), ("word", pa.string()), ("at", pa.date32())])
NOW = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)

Rows = dict[tuple[str, int], tuple[str | None, Any]]
ROWS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3)),
    st.tuples(st.none() | st.sampled_from(["", "x", "y"]), st.none() | st.dates(NOW.date(), NOW.date())),
)


def table(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(SCHEMA.names, (*key, *row), strict=True)) for key, row in rows.items()], schema=SCHEMA
    )


def rows_of(found: pa.Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in found.to_pylist()), key=repr)


@settings(max_examples=20)
@given(st.lists(ROWS, min_size=1, max_size=5))
def test_what_is_there_is_what_was_first_and_all_that_changed_since(states: list[Rows]) -> None:
    files = [(What.ROWS, table(states[0]))]
    for state in states[1:]:
        changed = difference(applied(files, SCHEMA, KEY), table(state), KEY)
        files += [(What.ROWS, changed.rows), (What.GONE, changed.gone)]
        assert rows_of(applied(files, SCHEMA, KEY)) == rows_of(table(state))


@settings(max_examples=20)
@given(ROWS, ROWS)
def test_nothing_is_written_that_did_not_change(before: Rows, after: Rows) -> None:
    found = difference(table(before), table(after), KEY)
    new = {key: row for key, row in after.items() if before.get(key, ...) != row}
    assert rows_of(found.rows) == rows_of(table(new))
    assert {tuple(row.values()) for row in found.gone.to_pylist()} == before.keys() - after.keys()


THINGS = Wanted(
    "things",
    "Things.",
    ("thing",),
    (
        ("thing", Kind.WORD),
        ("owner", Kind.WORD),
        ("amount", Kind.DECIMAL),
        ("at", Kind.INSTANT),
        ("closed", Kind.FLAG),
        ("count", Kind.NUMBER),
        ("day", Kind.DAY),
    ),
    "SELECT thing, owner, amount, at, closed, count, day FROM things",
    "owner",
)
OWNERS = Wanted("owners", "Owners.", ("owner",), (("owner", Kind.WORD),), "SELECT DISTINCT owner FROM things")
MAKE = """
CREATE TABLE things (thing text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL, amount numeric,
                     at timestamptz, closed boolean, count bigint, day date)
"""
CHANGES = [
    "INSERT INTO things SELECT 'a' || n, 'o' || n % 3, n * 1.25, now(), n % 2 = 0, n, '2026-03-02'"
    " FROM generate_series(1, 7) n ON CONFLICT DO NOTHING",
    "UPDATE things SET amount = NULL, day = NULL WHERE count < 3",
    "UPDATE things SET amount = 0.000001, closed = NOT closed WHERE count > 4",
    "DELETE FROM things WHERE owner = 'o1'",
    "DELETE FROM things",
    "SELECT",
]


RUNS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(CHANGES), max_size=2),
        st.none() | st.integers(0, 6),
        st.sampled_from(["", "", "whole", "other life", "spoilt"]),
    ),
    min_size=1,
    max_size=4,
)
"""Of each run what changes before it, at which boundary it is cut off once, and how it is."""


class Killed(BaseException):
    """The process ended here."""


class Shop:
    """A table of things, somebody who takes them out, and who was shown whom."""

    def __init__(self, url: str, schema: str) -> None:
        self._url, self._schema = url, schema
        self.database = connect(url, schema)
        self.database.execute(MAKE)
        self.epoch = "first"
        self.shown: set[str] = set()

    def record(self, view: str, contacts: Any) -> None:
        assert view == "things"
        self.shown.update(contacts)

    def export(self, folder: Path, *, whole: bool = False) -> manifest.Manifest:
        run = Run(folder, As("role", "worker"), None, [THINGS, OWNERS], whole, self.record)
        state = State("log", self.epoch, "token", NOW, {})
        with held(folder), connect(self._url, self._schema) as own, own.transaction():
            own.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            (id,) = own.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            line = partial(reading, self._url, self._schema, id)
            return taken_out(run, begun(run, state), state, line, NOW)

    def things(self, wanted: Wanted = THINGS) -> list[tuple[Any, ...]]:
        return sorted(self.database.execute(wanted.statement.encode()).fetchall(), key=repr)


@pytest.fixture(scope="module")
def shop(postgres_url: str) -> Iterator[Shop]:
    with psycopg.connect(postgres_url, autocommit=True) as setting:
        setting.execute("CREATE SCHEMA test_export_laws")
    shop = Shop(postgres_url, "test_export_laws")
    yield shop
    shop.database.close()


def lying(folder: Path, wanted: Wanted = THINGS) -> list[tuple[Any, ...]]:
    """What a reader makes of the folder, by its manifest."""
    found = manifest.read(folder)
    assert found is not None
    files = found.of(wanted.name)
    assert manifest.intact(folder, files)
    return rows_of(
        applied([(each.what, parquet.read(folder / each.path)) for each in files], wanted.schema, wanted.key)
    )


@contextmanager
def killed(boundary: int) -> Iterator[list[int]]:
    """The process ends before it gives a file its name, or takes one away, for the so manieth time."""
    left = [boundary]

    def step(real: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return real(*arguments, **more)

    replace, unlink = Path.replace, Path.unlink
    with (
        patch.object(Path, "replace", lambda *given: step(replace, *given)),
        patch.object(Path, "unlink", lambda *given, **more: step(unlink, *given, **more)),
    ):
        yield left


def test_an_export_is_what_there_is_after_each_run_and_what_there_was_after_one_cut_off(shop: Shop, soak: int) -> None:
    @settings(max_examples=2 * soak, deadline=None)
    @given(RUNS)
    @example([([CHANGES[0]], 0, ""), ([CHANGES[3]], 2, "spoilt"), ([CHANGES[2]], None, "other life")])
    @example([([CHANGES[0]], None, ""), ([CHANGES[2]], 4, "whole"), ([], 3, "whole")])
    def taken_out_again_and_again(runs: list[tuple[list[str], int | None, str]]) -> None:
        _taken_out(shop, runs)

    taken_out_again_and_again()


def _taken_out(shop: Shop, runs: list[tuple[list[str], int | None, str]]) -> None:
    shop.database.execute("TRUNCATE things")
    shop.epoch = "first"
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "out"
        before: list[tuple[Any, ...]] | None = None
        for n, (changes, boundary, how) in enumerate(runs):
            for change in changes:
                shop.database.execute(change.encode())
            shop.epoch = f"life {n}" if how == "other life" else shop.epoch
            if how == "spoilt" and before is not None:
                next((folder / "things").glob("*.parquet")).write_bytes(b"something else")
                before = None
            if boundary is not None:
                with killed(boundary) as left:
                    try:
                        shop.export(folder, whole=how == "whole")
                    except Killed:
                        assert left[0] < 0
                    else:
                        before = shop.things()
                if before is not None:
                    assert lying(folder) in (before, shop.things())
            taken = shop.export(folder, whole=how == "whole")
            before = shop.things()
            assert lying(folder) == before
            assert lying(folder, OWNERS) == shop.things(OWNERS)
            assert shop.shown >= {row[1] for row in before}
            files = {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}
            assert files == {each.path for each in taken.files}
            if how in {"whole", "other life"} and boundary is None:
                assert {each.number for each in taken.files} == {taken.number}
            assert not [path for path in folder.iterdir() if path.name not in {"things", "owners", manifest.NAME}]
