"""Which Arrow type each kind of column has, so that a file has the same one in every run."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from projections.model import Kind

DECIMAL = pa.decimal128(38, 6)
"""Six decimals has a quantity; amounts of money have at most four. What had more would be refused, not rounded."""

TYPES = {
    Kind.WORD: pa.string(),
    Kind.NUMBER: pa.int64(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.FLAG: pa.bool_(),
    Kind.DECIMAL: DECIMAL,
    Kind.DAY: pa.date32(),
}


class Wanted(NamedTuple):
    """A view to be taken out: its rows are what `statement` finds.

    `key` are the columns that tell its rows apart; `contact` the one with the contact that a row is about, if it is
    about one.
    """

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, Kind], ...]
    statement: str
    contact: str | None = None

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, TYPES[kind]) for name, kind in self.columns])


def shaped(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The same with the types of the schema. Raises ArrowInvalid for a decimal that has too many decimals."""
    columns = [_as(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _as(column: pa.Array, type: pa.DataType) -> pa.Array:
    plain = column.storage if isinstance(column, pa.ExtensionArray) else column
    return plain if plain.type == type else plain.cast(type)
