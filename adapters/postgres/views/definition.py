"""The SQL of a read model, written from its tables: one version's tables, indexes and apply function, and the views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import orjson

from adapters.sealed_column import Fenced
from adapters.sealing import Enclosed, KeyName, emptied
from projections.model import Change, Key, Kind, Put, ReadModel, Row, Table

TYPES = {
    Kind.WORD: 'text COLLATE "C"',
    Kind.NUMBER: "bigint",
    Kind.INSTANT: "timestamptz",
    Kind.FLAG: "boolean",
    Kind.DECIMAL: "numeric",
    Kind.DAY: "date",
    Kind.SEALED: "text",
}


GONE = "_gone"
"""Behind a table's name: the keys of the rows that go."""


class Unsealed(Exception):
    """A projection gave a personal column something that is in no envelope."""


def physical(table: Table, version: int) -> str:
    """What the table of one version is called."""
    return f"{table.name}_v{version}"


def apply_name(model: ReadModel, version: int) -> str:
    """The function that makes a page's changes in one version's tables."""
    return f"apply_{model.name}_v{version}"


def creation(model: ReadModel, version: int) -> Iterator[str]:
    """The statements that make an empty version; what is not needed to fill it comes when it is filled."""
    for table in model.tables:
        columns = [f'{name} text COLLATE "C" NOT NULL' for name in table.key]
        columns += [f"{column.name} {TYPES[column.kind]}" for column in table.columns]
        yield (
            f"CREATE TABLE {physical(table, version)} ({', '.join(columns)})"
            " WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)"
        )
        if not table.once:
            yield _unique(table, version)
    yield _apply(model, version, filled=False)


def indexing(model: ReadModel, version: int) -> Iterator[str]:
    """The statements that make what questions look up by, and what keeps keys unique from here on."""
    for table in model.tables:
        yield _unique(table, version)
        for column in sorted(owners(table)):
            name = f"{physical(table, version)}_{column}_idx"
            yield (
                f"CREATE INDEX IF NOT EXISTS {name} ON {physical(table, version)} ({column}) WHERE {column} IS NOT NULL"
            )
        for columns in table.indexes:
            if columns[1:] == () and columns[0] in owners(table):
                continue  # that one looks up as well
            name = f"{physical(table, version)}_{'_'.join(columns)}_idx"
            yield f"CREATE INDEX IF NOT EXISTS {name} ON {physical(table, version)} ({', '.join(columns)})"
        yield f"ANALYZE {physical(table, version)}"
    yield _apply(model, version, filled=True)


def owners(table: Table) -> set[str]:
    """The columns that say whose something sealed is: by these it is found when it has to go."""
    return {column.whose for column in table.columns if column.kind is Kind.SEALED and column.whose is not None}


def _unique(table: Table, version: int) -> str:
    name = physical(table, version)
    return f"CREATE UNIQUE INDEX IF NOT EXISTS {name}_key ON {name} ({', '.join(table.key)})"


def switching(model: ReadModel, version: int) -> Iterator[str]:
    """The statements that let the stable names mean this version."""
    for table in model.tables:
        yield f"DROP VIEW IF EXISTS {table.name}"
        yield f"CREATE VIEW {table.name} AS SELECT * FROM {physical(table, version)}"


def removal(model: ReadModel, version: int, tables: Iterable[str]) -> Iterator[str]:
    """The statements that leave nothing of a version, nor of a view that no later version has."""
    yield f"DROP FUNCTION IF EXISTS {apply_name(model, version)}"
    for table in tables:
        yield f"DROP TABLE IF EXISTS {table}_v{version} CASCADE"


def _apply(model: ReadModel, version: int, *, filled: bool) -> str:
    """Of an append come all changes in order, each with its request; of a page one for each key."""
    parameters = "changes json, accepted boolean[] DEFAULT NULL" if model.within_append else "changes json"
    body = "\n".join(
        _apply_table(table, version, within_append=model.within_append, only_new=table.once and not filled)
        for table in model.tables
    )
    name = f"{apply_name(model, version)}({parameters})"
    return (
        f"CREATE OR REPLACE FUNCTION {name} RETURNS void LANGUAGE plpgsql AS $$\n"
        f"DECLARE\n    given json;\nBEGIN\n{body}\nEND $$"
    )


def _apply_table(table: Table, version: int, *, within_append: bool, only_new: bool) -> str:
    """A row that goes is found by its key alone: a join would be planned while the tables are all but empty, and the
    plan, kept, would walk the whole table for every page when they are not.
    """
    name, key = physical(table, version), ", ".join(table.key)
    keys = [f"{each} text" for each in table.key]
    rows = [*keys, *(f"{column.name} {TYPES[column.kind].partition(' ')[0]}" for column in table.columns)]
    chosen = f"json_to_recordset(given) AS c({', '.join(rows)})"
    if within_append:
        listed = f"json_to_recordset(given) AS l({', '.join([*rows, 'gone boolean', 'r int', 'n int'])})"
        accepted = "WHERE accepted IS NULL OR accepted[l.r]"
        chosen = f"(SELECT DISTINCT ON ({key}) * FROM {listed} {accepted} ORDER BY {key}, l.n DESC) AS c"
    sets = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns)
    put = (
        f"INSERT INTO {name} ({', '.join(table.names)}) SELECT {', '.join(f'c.{each}' for each in table.names)}"
        f" FROM {chosen}{' WHERE c.gone IS NOT TRUE' if within_append else ''}"
    )
    if only_new:
        return _given(table.name, f"{put};")
    put += f" ON CONFLICT ({key}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'};"
    if within_append:
        put = f"{_gone(table, name, f'{chosen} WHERE c.gone')} {put}"
    going = _gone(table, name, f"json_to_recordset(given) AS c({', '.join(keys)})")
    return _given(table.name, put) + _given(table.name + GONE, going)


def _gone(table: Table, name: str, keys: str) -> str:
    same = " AND ".join(f"t.{each} = c.{each}" for each in table.key)
    return (
        f"DELETE FROM {name} WHERE ctid = ANY (ARRAY(SELECT (SELECT t.ctid FROM {name} t WHERE {same}) FROM {keys}));"
    )


def _given(field: str, statements: str) -> str:
    return f"""
    given := changes->'{field}';
    IF given IS NOT NULL THEN
        {statements}
    END IF;"""


def within(batch: Iterable[tuple[int, Change]]) -> bytes | None:
    """The changes of an append in their order, each with the number of its request; None where there are none."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for n, (request, change) in enumerate(batch):
        table, key = change.table, change.key
        found = (
            written(table, key, change.row)
            if isinstance(change, Put)
            else dict(zip(table.key, key, strict=True), gone=True)
        )
        tables.setdefault(table.name, []).append(found | {"r": request, "n": n})
    return orjson.dumps(tables) if tables else None


def nobody(_: KeyName) -> bool:
    """No fence anywhere."""
    return False


def encoded(changes: Mapping[tuple[Table, Key], Row | None], fenced: Fenced = nobody) -> bytes:
    """The changes as the apply function takes them, with nothing in them that is fenced. Raises Unsealed."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for (table, key), row in changes.items():
        if row is None:
            tables.setdefault(table.name + GONE, []).append(dict(zip(table.key, key, strict=True)))
        else:
            tables.setdefault(table.name, []).append(written(table, key, row))
    return as_json(tables, fenced)


def as_json(value: Any, fenced: Fenced) -> bytes:
    """JSON in which what is enclosed stands with everything it takes to open it; what is fenced, emptied."""
    return orjson.dumps(value, default=partial(_plain, fenced), option=orjson.OPT_PASSTHROUGH_DATACLASS)


def written(table: Table, key: Key, row: Row) -> dict[str, Any]:
    """A row as an object, its key among the columns. Raises Unsealed."""
    for name in table.sealed:
        _check(name, row[name])
    return {**row, **dict(zip(table.key, key, strict=True))}


def _check(name: str, value: Any) -> None:
    if value is None or value.__class__ is Enclosed:
        return
    if not isinstance(value, Mapping) or not all(part.__class__ is Enclosed for part in value.values()):
        raise Unsealed(name)


def _plain(fenced: Fenced, value: Any) -> Any:
    if isinstance(value, Enclosed):
        kept = emptied(value.envelope) if fenced(KeyName(value.subject, value.purpose)) else value.envelope
        return [*value.place, value.path, kept]
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(type(value).__name__)
