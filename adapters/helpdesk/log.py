"""A help-desk log is read whole, or refused with the line and the column that is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ValidationError

from domain.values import Label, Line, Reference

LOG_ZONE = ZoneInfo("Europe/Rome")
"""The log's times are local, without a zone."""


class Unreadable(Exception):
    """A file cannot be read as what it should be; the message says where."""


class Activity(StrEnum):
    """What a row can say."""

    INSERT = "Insert ticket"
    ASSESS = "Assign seriousness"
    TAKE = "Take in charge ticket"
    WAIT = "Wait"
    RESOLVE = "Resolve ticket"
    RESOLVED = "RESOLVED"
    CLOSE = "Closed"
    INVALID = "INVALID"
    DUPLICATE = "DUPLICATE"
    VERIFIED = "VERIFIED"
    UPGRADE = "Require upgrade"
    ANOMALY = "Create SW anomaly"
    FIXED = "Resolve SW anomaly"
    VISIT = "Schedule intervention"


def _instant(text: Any) -> datetime:
    """A local time as an instant: one skipped moves on by the gap, a doubled one is its first occurrence (D4)."""
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:
        raise ValueError("the time should be local, without an offset")
    return local.replace(tzinfo=LOG_ZONE, fold=0).astimezone(timezone.utc)


class Row(BaseModel, frozen=True):
    """One step of a case; `line` is where it stands in the file, the heading being line 1."""

    line: int
    case: Reference
    activity: Activity
    resource: Line
    completed_at: Annotated[datetime, BeforeValidator(_instant)]
    seriousness: Label
    customer: Reference
    product: Reference
    responsible_section: Label
    service_level: Label
    service_type: Label
    workgroup: Label


COLUMNS = tuple(name for name in Row.model_fields if name != "line")


@dataclass(frozen=True, slots=True)
class Log:
    """Every case's rows in the order of the file; the cases in the order of their first rows."""

    cases: dict[str, list[Row]]

    def rows(self) -> Iterator[Row]:
        for rows in self.cases.values():
            yield from rows

    def firsts(self) -> list[Row]:
        """The first row of every case, in the order of time."""
        return sorted((rows[0] for rows in self.cases.values()), key=lambda row: (row.completed_at, row.line))


def read_log(path: Path) -> Log:
    """The log in a file. Raises Unreadable."""
    cases: dict[str, list[Row]] = {}
    for row in _rows(path):
        earlier = cases.setdefault(row.case, [])
        if earlier and row.completed_at < earlier[-1].completed_at:
            raise Unreadable(
                f"{path.name}, line {row.line}, column completed_at: before line {earlier[-1].line} of the same case"
            )
        earlier.append(row)
    if not cases:
        raise Unreadable(f"{path.name}: no rows under the heading")
    return Log(cases)


def _rows(path: Path) -> Iterator[Row]:
    reader = csv.reader(StringIO(text_of(path), newline=""), strict=True)
    try:
        heading = next(reader, [])
        if missing := [column for column in COLUMNS if column not in heading]:
            raise Unreadable(f"{path.name}, line 1: no column {', '.join(missing)}")
        places = {column: heading.index(column) for column in COLUMNS}
        for fields in reader:
            if len(fields) != len(heading):
                raise Unreadable(
                    f"{path.name}, line {reader.line_num}: {len(fields)} fields under {len(heading)} columns"
                )
            yield _row(path, reader.line_num, {column: fields[place] for column, place in places.items()})
    except csv.Error as error:
        raise Unreadable(f"{path.name}, line {reader.line_num}: {error}") from None


def _row(path: Path, line: int, fields: dict[str, str]) -> Row:
    try:
        return Row.model_validate({"line": line, **fields})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        column = str(first["loc"][0])
        raise Unreadable(f"{path.name}, line {line}, column {column}: {fields[column]!r}: {first['msg']}") from None


def text_of(path: Path) -> str:
    """A file's text in UTF-8, with or without a byte order mark. Raises Unreadable."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = error.start - content.rfind(b"\n", 0, error.start)
        raise Unreadable(f"{path.name}, line {line}, byte {byte}: not UTF-8") from None
