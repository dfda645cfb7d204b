"""What lies in an export: which files, in which order, of which log, as of when, and for whom it was taken out.

The manifest is the one word on it. It is written last and whole: a file that it does not name is no part of the export.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from adapters import durable_file

FORMAT = 1
NAME = "manifest.json"
FILE = re.compile(r"\.?[0-9]{6,}(\.gone)?\.parquet")
"""What our files are called, whole ones and those that are being written: nothing else is ever taken away."""

DRAFT = re.compile(rf"\.{re.escape(NAME)}\.[0-9a-f]+")
"""A manifest that was being written when its process ended."""

CHUNK = 1 << 20


class NotAnExport(Exception):
    """The folder holds something else."""


class OtherExport(Exception):
    """The folder holds an export of another log, for somebody else or of other views."""


class Part(BaseModel):
    """What pydantic models here have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class What(StrEnum):
    """Rows that are new or changed, or the keys of rows that are there no more."""

    ROWS = "rows"
    GONE = "gone"


class Written(Part):
    """A file, by its path within the folder; `number` is that of the run that wrote it."""

    view: str
    number: int
    what: What
    path: str
    rows: int
    bytes: int
    sha256: str


class Column(Part):
    """`type` as Arrow calls it."""

    name: str
    type: str


class Shape(Part):
    """Of one view: what identifies a row, its columns, and how many rows it has by now."""

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: int


class Manifest(Part):
    """Of a folder after so many runs; 0 is one that has only begun.

    `log` is which log it is, `epoch` which life of it. `position` is the token of the last fact that it shows, of
    `recorded_at`. `chosen` are the views that were asked for by name, `parked` how many streams wait in read models
    that it rests on. `increment_of` is the position of the run before, where this one wrote what had changed since.
    """

    format: int = FORMAT
    log: str
    epoch: str
    role: str
    worker: str
    chosen: tuple[str, ...] | None
    number: int = 0
    position: str | None = None
    recorded_at: datetime | None = None
    taken_at: datetime | None = None
    increment_of: str | None = None
    parked: dict[str, int] = {}
    views: tuple[Shape, ...] = ()
    files: tuple[Written, ...] = ()

    def of(self, view: str) -> tuple[Written, ...]:
        """Its files in the order in which they are to be applied."""
        return tuple(each for each in self.files if each.view == view)

    def shape(self, view: str) -> Shape | None:
        return next((each for each in self.views if each.name == view), None)


def read(folder: Path) -> Manifest | None:
    """None where nothing was taken out to yet. Raises NotAnExport."""
    path = folder / NAME
    if not path.exists():
        if folder.exists() and not all(DRAFT.fullmatch(each.name) for each in folder.iterdir()):
            raise NotAnExport(f"{folder} is not empty, and no export lies there")
        return None
    try:
        text = path.read_bytes()
        found = orjson.loads(text)
        if isinstance(found, dict) and found.get("format", FORMAT) != FORMAT:
            raise NotAnExport(f"{path} has format {found['format']}, which this version does not know")
        return Manifest.model_validate_json(text)
    except (orjson.JSONDecodeError, ValidationError):
        raise NotAnExport(f"{path} is no manifest of an export") from None


def write(folder: Path, manifest: Manifest) -> None:
    """Whole or not at all, and for good."""
    text = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    durable_file.replace(folder / NAME, text.decode())


def intact(folder: Path, files: Iterable[Written]) -> bool:
    """Whether they are there as they were written."""
    return all(_same(folder / each.path, each) for each in files)


def sweep(folder: Path, manifest: Manifest, views: Iterable[str]) -> None:
    """Take away our files that are no part of the export: of runs that did not come to their end, or superseded."""
    named = {folder / each.path for each in manifest.files}
    drafts = [path for path in folder.iterdir() if DRAFT.fullmatch(path.name)]
    for path in [*drafts, *_files(folder, {*views, *(each.name for each in manifest.views)})]:
        if path not in named:
            path.unlink()


def digest(path: Path) -> str:
    """SHA-256 in hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _same(path: Path, written: Written) -> bool:
    return path.is_file() and path.stat().st_size == written.bytes and digest(path) == written.sha256


def _files(folder: Path, views: Iterable[str]) -> Iterator[Path]:
    for view in views:
        if (folder / view).is_dir():
            yield from [path for path in (folder / view).iterdir() if FILE.fullmatch(path.name)]
