"""A Parquet file is there whole under its name, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from adapters import durable_file
from adapters.columnar.manifest import digest

GROUP_ROWS = 128 * 1024
FORMAT = "2.6"


class Size(NamedTuple):
    """Of a file that was written."""

    rows: int
    bytes: int
    sha256: str


def write(
    path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], key: Sequence[str], ready: Callable[[], None]
) -> Size:
    """Write the file beside its name; say that it is ready; and only then give it that. Raises OSError.

    Only words that recur get a dictionary: what identifies rows is different in each, and it would only cost.
    """
    draft = path.with_name(f".{path.name}")
    rows, words = 0, [each.name for each in schema if each.type == pa.string() and each.name not in key]
    # While one batch is written the next is made.
    with (
        pq.ParquetWriter(draft, schema, version=FORMAT, compression="zstd", use_dictionary=words) as writer,
        ThreadPoolExecutor(1, "writing") as writing,
    ):
        under_way = None
        for batch in batches:
            if under_way is not None:
                under_way.result()
            under_way = writing.submit(writer.write_batch, batch, GROUP_ROWS)
            rows += len(batch)
        if under_way is not None:
            under_way.result()
    _sync(draft)
    ready()
    size = Size(rows, draft.stat().st_size, digest(draft))
    draft.replace(path)
    durable_file.sync(path.parent)
    return size


def read(path: Path) -> pa.Table:
    """All of a file that was written."""
    return pq.ParquetFile(path).read()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
