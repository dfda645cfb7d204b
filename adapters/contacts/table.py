"""A table of contacts, CSV in UTF-8: one row for each; a cell that a spreadsheet would take for a formula is disarmed.

Columns are those of `Field`, and any number of `email`, `phone`, `address` and `note`, told apart by a number behind
them, and an address by its use before that: `email`, `email_2`, `phone_private`, `address_billing_2`.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, TextIO, TypeVar

from adapters.contacts.card import Card, Cell, Deck, Fault, Field, Way
from adapters.helpdesk.log import Unreadable, text_of
from domain.clients.address import AddressKind, AddressUse

T = TypeVar("T")

DELIMITERS = ",;\t"
LARGEST_CELL = 16 * 1024 * 1024
"""In characters; what is too long for a contact is refused by its row, not with the whole file."""

CALLED = {AddressKind.EMAIL: "email", AddressKind.PHONE: "phone", AddressKind.POSTAL: "address"}
USES = "|".join(AddressUse)
WAY = re.compile(rf"({'|'.join(CALLED.values())})(?:_({USES}))?(?:_[1-9][0-9]*)?")
NOTE = re.compile(r"note(?:_[1-9][0-9]*)?")
FORMULA, DISARMED = re.compile(r"'*[=+\-@\t\r]"), re.compile(r"'+[=+\-@\t\r]")


def disarmed(text: str) -> str:
    """Behind an apostrophe, where a spreadsheet would take it for a formula; `plain` takes that off again."""
    return f"'{text}" if FORMULA.match(text) else text


def plain(text: str) -> str:
    """As it was before it was disarmed."""
    return text[1:] if DISARMED.match(text) else text


def read_table(path: Path) -> Deck:
    """The contacts in a file. Raises Unreadable."""
    csv.field_size_limit(LARGEST_CELL)
    deck = Deck()
    for line, titles, fields in rows_of(path, _titles, deck.faults):
        deck.cards.append(_card(line, titles, fields))
    return deck


def rows_of(
    path: Path, titled: Callable[[Path, Sequence[str]], Sequence[T]], faults: list[Fault]
) -> Iterator[tuple[int, Sequence[T], Sequence[str]]]:
    """Every row with its line and the titles, as these are understood; what has not a field for each is a fault.

    Raises Unreadable, also while rows are taken.
    """
    text = text_of(path)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        titles = titled(path, next(reader, []))
        line = reader.line_num + 1
        for fields in reader:
            if len(fields) == len(titles):
                yield line, titles, fields
            elif fields:
                faults.append(Fault(line, "", "FieldsMissing", f"{len(fields)} fields under {len(titles)} columns"))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"{path.name}, line {reader.line_num}: {error}") from None


def _delimiter(text: str) -> str:
    """Spreadsheets part columns as their country does; titles of ours have none of these."""
    heading = text.partition("\n")[0]
    return max(DELIMITERS, key=heading.count)


def _titles(path: Path, heading: Sequence[str]) -> list[tuple[str, str]]:
    """What each column is called here, and there."""
    found = [(_canonical(title), title.strip()) for title in heading]
    names = [name for name, _ in found]
    if unknown := [title for name, title in found if not _known(name)]:
        raise Unreadable(f"{path.name}, line 1: there is no column {unknown[0]!r} for contacts")
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise Unreadable(f"{path.name}, line 1: the column {twice[0]} stands there twice")
    if Field.NAME not in names:
        raise Unreadable(f"{path.name}, line 1: no column {Field.NAME}")
    return found


def _canonical(title: str) -> str:
    name = re.sub(r"[\s_-]+", "_", title.strip().casefold())
    return re.sub(r"^e_mail", "email", name)


def _known(name: str) -> bool:
    return name in set(Field) or WAY.fullmatch(name) is not None or NOTE.fullmatch(name) is not None


def _card(line: int, titles: Sequence[tuple[str, str]], fields: Sequence[str]) -> Card:
    cells: dict[Field, Cell] = {}
    ways: list[Way] = []
    notes: list[Cell] = []
    for (name, title), field in zip(titles, fields, strict=True):
        cell = Cell(plain(re.sub(r"\r\n?", "\n", field)), title, line)
        if not cell.text.strip():
            continue
        if (way := WAY.fullmatch(name)) is not None:
            ways.append(_way(way, cell))
        elif NOTE.fullmatch(name):
            notes.append(cell)
        else:
            cells[Field(name)] = cell
    return Card(line, cells, tuple(ways), tuple(notes))


def _way(named: re.Match[str], cell: Cell) -> Way:
    kind = next(kind for kind, name in CALLED.items() if name == named[1])
    # No e-mail address has blanks around it, and many a cell has.
    typed = cell.text.strip() if kind is AddressKind.EMAIL else cell.text
    return Way(kind, AddressUse(named[2] or AddressUse.WORK), cell._replace(text=typed))


def write_table(target: TextIO, rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows of "contact-cards" as a table; the mark at its beginning tells a spreadsheet that it is UTF-8."""
    told = [dict(_cells(row)) for row in rows]
    titles = sorted({title for cells in told for title in cells} | set(Field), key=_place)
    target.write("\ufeff")
    writer = csv.DictWriter(target, titles, restval="")
    writer.writeheader()
    writer.writerows({title: disarmed(text) for title, text in cells.items()} for cells in told)


def _place(title: str) -> tuple[Any, ...]:
    """Where a column stands: single ones first, then addresses by kind and use, and notes at the end."""
    if title in set(Field):
        return (0, list(Field).index(Field(title)))
    name, _, number = title.rpartition("_")
    name, number = (name, number) if number.isdigit() else (title, "1")
    order = [*(f"{CALLED[kind]}_{use}" for kind in CALLED for use in AddressUse), "note"]
    used = name if name in order else f"{name}_{AddressUse.WORK}"
    return (1, order.index(used), int(number))


def _cells(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told = {**row, Field.ID: row["contact"]}
    told |= {field: _called(row[name]) for field, name in ((Field.EMPLOYER, "employer"), (Field.PART_OF, "whole"))}
    yield from ((field, told[field]) for field in Field if told[field] is not None)
    counted: Counter[str] = Counter()
    for title, text in _repeated(row):
        counted[title] += 1
        yield title if counted[title] == 1 else f"{title}_{counted[title]}", text


def _called(other: Mapping[str, Any] | None) -> str | None:
    """By what another row of the table, or another contact, is meant."""
    return None if other is None else other["reference"] or other["contact"]


def _repeated(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for way in row["addresses"]:
        name, use = CALLED[AddressKind(way["kind"])], AddressUse(way["use"])
        yield name if use is AddressUse.WORK else f"{name}_{use}", way["typed"]
    yield from (("note", text) for text in row["notes"])
