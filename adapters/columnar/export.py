"""One run of an export: all views as of one position, and of what was taken out before only what has changed since.

Files come first, the manifest last, and what it no longer names goes after that: wherever a run ends before its time,
the folder is the export that it was, and the next run takes away what is no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from adapters import durable_file
from adapters.columnar import manifest, parquet
from adapters.columnar.difference import applied, difference
from adapters.columnar.manifest import Column, Manifest, OtherExport, Shape, What, Written
from adapters.columnar.reader import Reader
from adapters.columnar.shape import Wanted

LINES = 2
"""Views that are read at a time."""


class As(NamedTuple):
    """For whom it is taken out: an analyst's role in the database, and the worker whose rights it has."""

    role: str
    worker: str


class State(NamedTuple):
    """What is taken out: which log in which life, and the token of the position at which it is looked at."""

    log: str
    epoch: str
    position: str
    recorded_at: datetime | None
    parked: dict[str, int]


class Record(Protocol):
    """Keeps that contacts are taken out, before a file that shows them has its name (R-AUD-1)."""

    def __call__(self, view: str, contacts: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """`chosen` are the views asked for by name, None where all are wanted. `whole`: nothing is built on."""

    folder: Path
    for_whom: As
    chosen: tuple[str, ...] | None
    views: Sequence[Wanted]
    whole: bool
    record: Record


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder is there, and nobody else's while the block runs. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with durable_file.alone(folder):
        yield


def begun(run: Run, state: State) -> Manifest:
    """What the run builds on; a new folder is marked as one of ours. Raises NotAnExport, OtherExport."""
    before = manifest.read(run.folder)
    if before is None or (run.whole and before.log == state.log):
        new = Manifest(log=state.log, epoch=state.epoch, **run.for_whom._asdict(), chosen=run.chosen)
        if before is not None:
            # Its files stay until the new ones are there.
            return new.model_copy(update={"number": before.number})
        manifest.write(run.folder, new)
        return new
    if before.log != state.log:
        raise OtherExport(f"{run.folder} holds an export of another log")
    if (before.role, before.worker) != run.for_whom:
        raise OtherExport(f"{run.folder} was taken out as {before.role}: take another folder, or --whole")
    if before.chosen != run.chosen:
        named = "all views" if before.chosen is None else ", ".join(before.chosen)
        raise OtherExport(f"{run.folder} holds {named}: take another folder, or --whole")
    return before


def taken_out(
    run: Run, before: Manifest, state: State, line: Callable[[], AbstractContextManager[Reader]], at: datetime
) -> Manifest:
    """Write all files of the run, and then the manifest: until that is there, the export is as it was.

    Raises OSError; Unread where Postgres does not give the rows; ArrowInvalid for a decimal that has too many decimals.
    """
    number = before.number + 1
    names = [wanted.name for wanted in run.views]
    on_disk = manifest.read(run.folder) or before
    manifest.sweep(run.folder, on_disk, names)
    builds_on = before.epoch == state.epoch and before.position is not None
    with ExitStack() as stack:
        free = SimpleQueue[Reader]()
        for _ in range(min(LINES, len(names))):
            free.put(stack.enter_context(line()))
        pool = stack.enter_context(ThreadPoolExecutor(LINES, "reading"))
        one = partial(_view, run, before if builds_on else None, number, free)
        found = list(pool.map(one, run.views))
    after = before.model_copy(
        update={
            "number": number,
            "epoch": state.epoch,
            "position": state.position,
            "recorded_at": state.recorded_at,
            "taken_at": at,
            "increment_of": before.position if builds_on else None,
            "parked": state.parked,
            "views": tuple(shape for shape, _ in found),
            "files": tuple(file for _, files in found for file in files),
        }
    )
    manifest.write(run.folder, after)
    manifest.sweep(run.folder, after, [each.name for each in on_disk.views])
    return after


def _view(
    run: Run, before: Manifest | None, number: int, free: SimpleQueue[Reader], wanted: Wanted
) -> tuple[Shape, tuple[Written, ...]]:
    """The view's shape and all files that it now consists of."""
    reader = free.get()
    try:
        folder = run.folder / wanted.name
        folder.mkdir(exist_ok=True, mode=0o700)
        durable_file.sync(run.folder)
        columns = tuple(Column(name=field.name, type=str(field.type)) for field in wanted.schema)
        shape = Shape(name=wanted.name, about=wanted.about, key=wanted.key, columns=columns, rows=0)
        put = partial(_put, run, wanted, number)
        files = () if before is None or not _alike(before.shape(wanted.name), shape) else before.of(wanted.name)
        if not files or not manifest.intact(run.folder, files):
            written = put(What.ROWS, wanted.schema, reader.batches(wanted))
            return shape.model_copy(update={"rows": written.rows}), (written,)
        held = [(each.what, parquet.read(run.folder / each.path)) for each in files]
        now = pa.Table.from_batches(reader.batches(wanted))
        changed = difference(applied(held, wanted.schema, wanted.key), now, wanted.key)
        more = [
            put(what, table.schema, table.to_batches())
            for what, table in ((What.ROWS, changed.rows), (What.GONE, changed.gone))
            if len(table)
        ]
        return shape.model_copy(update={"rows": len(now)}), (*files, *more)
    finally:
        free.put(reader)


def _alike(before: Shape | None, now: Shape) -> bool:
    """Whether files of one can follow files of the other."""
    return before is not None and (before.key, before.columns) == (now.key, now.columns)


def _put(
    run: Run, wanted: Wanted, number: int, what: What, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Written:
    """A file of the run; what it shows of contacts is kept before it has its name."""
    shown = dict[str, None]()
    path = f"{wanted.name}/{number:06}{'.gone' if what is What.GONE else ''}.parquet"

    def noted() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if wanted.contact is not None and what is What.ROWS:
                shown.update(dict.fromkeys(pc.unique(batch.column(wanted.contact)).drop_null().to_pylist()))
            yield batch

    def ready() -> None:
        if shown:
            run.record(wanted.name, list(shown))

    size = parquet.write(run.folder / path, schema, noted(), wanted.key, ready)
    return Written(view=wanted.name, number=number, what=what, path=path, **size._asdict())
