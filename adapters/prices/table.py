"""A table of prices or products, CSV in UTF-8, one row for each; a cell is read as it stands, and nothing guessed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from adapters.contacts.card import Fault
from adapters.contacts.table import disarmed, plain, rows_of
from adapters.helpdesk.log import Unreadable

PRICES = ("number", "unit", "above", "up_to", "first", "last", "amount", "per")
PRODUCTS = ("number", "name", "unit")
NEEDED: Mapping[Sequence[str], Sequence[str]] = {PRICES: ("number", "amount"), PRODUCTS: PRODUCTS}
"""The columns without which there is no such table."""


class Row(NamedTuple):
    """What stands in a line of the file, of which the first is 1; an empty cell says nothing."""

    line: int
    cells: Mapping[str, str]

    def fault(self, column: str, code: str, why: str) -> Fault:
        """Why the row is refused."""
        return Fault(self.line, column, code, why, self.line)


@dataclass(slots=True)
class Sheet:
    """The rows in their order, and what is none."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_sheet(path: Path, columns: Sequence[str]) -> Sheet:
    """The rows of a file. Raises Unreadable where the file is no such table."""
    sheet = Sheet()
    for line, titles, fields in rows_of(path, partial(_titles, columns), sheet.faults):
        told = zip(titles, map(plain, map(str.strip, fields)), strict=True)
        sheet.rows.append(Row(line, {title: cell for title, cell in told if cell}))
    return sheet


def _titles(columns: Sequence[str], path: Path, heading: Sequence[str]) -> list[str]:
    titles = [title.strip().casefold().replace(" ", "_") for title in heading]
    for wrong, why in (
        ([title for title in titles if title not in columns], "there is no column {!r} here"),
        ([title for title in columns if titles.count(title) > 1], "the column {} stands there twice"),
        ([title for title in NEEDED[columns] if title not in titles], "no column {}"),
    ):
        if wrong:
            raise Unreadable(f"{path.name}, line 1: {why.format(wrong[0])}")
    return titles


def write_sheet(target: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows as a table; the mark at its beginning tells a spreadsheet that it is UTF-8."""
    target.write("\ufeff")
    writer = csv.DictWriter(target, columns, extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        told = {name: "" if row[name] is None else str(row[name]) for name in columns}
        writer.writerow({name: disarmed(text) for name, text in told.items()})
