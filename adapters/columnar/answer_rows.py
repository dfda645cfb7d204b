"""Rows of an answer as Parquet: columns and their types follow from the shape that is published of a row."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from adapters.columnar.shape import DECIMAL


class Column(NamedTuple):
    """How the values of one column are kept, and read from what JSON has for them."""

    kind: pa.DataType
    read: Callable[[Any], Any]


class AnswerRows:
    """Give it rows as the answer has them; it gives the next bytes of the file, and with `end` the last."""

    def __init__(self, row: type[BaseModel]) -> None:
        self._columns = {name: column(field.annotation) for name, field in row.model_fields.items()}
        self._schema = pa.schema([pa.field(name, each.kind) for name, each in self._columns.items()])
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

    def put(self, rows: Iterable[Mapping[str, Any]]) -> bytes:
        """The bytes of one group of rows."""
        read = [{name: _maybe(each.read, row.get(name)) for name, each in self._columns.items()} for row in rows]
        self._writer.write_table(pa.Table.from_pylist(read, self._schema))
        return self._sink.taken()

    def end(self, rows: Iterable[Mapping[str, Any]]) -> bytes:
        """The bytes of the last rows, and what makes it a file."""
        last = self.put(rows)
        self._writer.close()
        return last + self._sink.taken()


class _Sink:
    """Where the library writes to: what was written is taken away at once."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._written = 0

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def column(annotation: Any) -> Column:
    """Texts, whole numbers, decimals, flags, dates and instants as what they are, lists and rows of them; else JSON."""
    found = _bare(annotation)
    origin, inner = get_origin(found), get_args(found)
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        each = column(inner[0])
        return Column(pa.list_(each.kind), lambda values: [_maybe(each.read, value) for value in values])
    if not isinstance(found, type):
        return JSON
    if issubclass(found, BaseModel):
        return _nested(found)
    return next((plain for kind, plain in PLAIN if issubclass(found, kind)), JSON)


def _bare(annotation: Any) -> Any:
    """Without what says more about it, and without None; a text that may be masked is a text."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) not in (Union, types.UnionType):
            return annotation
        choices = [each for each in get_args(annotation) if each is not type(None)]
        texts = [each for each in choices if _is_text(each)]
        if len(choices) == 1 or (texts and len(texts) == len(choices)):
            annotation = choices[0]
            continue
        return annotation


def _is_text(annotation: Any) -> bool:
    found = _bare(annotation)
    return isinstance(found, type) and (issubclass(found, str) or found.__name__ == "Masked")


def _nested(kind: type[BaseModel]) -> Column:
    inner = {name: column(field.annotation) for name, field in kind.model_fields.items()}
    if not inner:
        return JSON
    fields = pa.struct([pa.field(name, each.kind) for name, each in inner.items()])
    return Column(fields, lambda row: {name: _maybe(each.read, row.get(name)) for name, each in inner.items()})


def _maybe(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


JSON = Column(pa.string(), lambda value: orjson.dumps(value).decode())
PLAIN = (
    (str, Column(pa.string(), str)),
    (bool, Column(pa.bool_(), bool)),
    (int, Column(pa.int64(), int)),
    (float, Column(pa.float64(), float)),
    (Decimal, Column(DECIMAL, Decimal)),
    (datetime, Column(pa.timestamp("us", "UTC"), datetime.fromisoformat)),
    (date, Column(pa.date32(), date.fromisoformat)),
)
