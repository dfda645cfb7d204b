"""What changed between two states of a view, by their rows alone, and the state that files come to one after another.

Nothing is asked of how a row came to be other than it was: a fact, a right, another version of a read model, a life of
the log that began from a backup. So an increment is right whatever happened in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from adapters.columnar.manifest import What

SIDE = "_side"
PLACE = "_place"
BEFORE, AFTER = 1, 2


class Difference(NamedTuple):
    """Rows that are new or other than they were, and the keys of those that are not there any more."""

    rows: pa.Table
    gone: pa.Table


def difference(before: pa.Table, after: pa.Table, key: Sequence[str]) -> Difference:
    """Both have the same columns, and no key twice."""
    rows = _on_one_side([before, after])
    rows_before, rows_after = rows[BEFORE], rows[AFTER]
    gone = _on_one_side([rows_before.select(key), rows_after.select(key)])[BEFORE]
    return Difference(rows_after, gone)


def _on_one_side(sides: Sequence[pa.Table]) -> dict[int, pa.Table]:
    """The rows that only one of the two tables has."""
    names = sides[0].column_names
    tagged = [
        table.append_column(SIDE, pa.repeat(pa.scalar(side, pa.int8()), len(table)))
        for side, table in zip((BEFORE, AFTER), sides, strict=True)
    ]
    found = pa.concat_tables(tagged).group_by(names, use_threads=False).aggregate([(SIDE, "sum")])
    return {
        side: found.filter(pc.equal(found[f"{SIDE}_sum"], side)).select(names).cast(sides[0].schema)
        for side in (BEFORE, AFTER)
    }


def applied(files: Iterable[tuple[What, pa.Table]], schema: pa.Schema, key: Sequence[str]) -> pa.Table:
    """The rows that there are after all files, in their order: of each key what was said last."""
    keys, rows, where = list[pa.Table](), [schema.empty_table()], list[pa.Array]()
    for what, table in files:
        begin = sum(map(len, rows))
        there = pa.array(range(begin, begin + len(table)), pa.int64())
        where.append(there if what is What.ROWS else pa.nulls(len(table), pa.int64()))
        keys.append(table.select(key))
        if what is What.ROWS:
            rows.append(table)
    if not keys:
        return schema.empty_table()
    said = pa.concat_tables(keys)
    placed = said.append_column(PLACE, pa.array(range(len(said)), pa.int64()))
    last = placed.group_by(list(key), use_threads=False).aggregate([(PLACE, "max")])[f"{PLACE}_max"]
    return pa.concat_tables(rows).take(pc.drop_null(pa.chunked_array(where).take(last)))
