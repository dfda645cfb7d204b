"""What is written into a file of contacts is read out of it again, and whatever else is read is told by its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from people import books, meant, names, said, texts

from adapters.contacts.card import Deck, Field
from adapters.contacts.table import disarmed, plain, read_table, write_table
from adapters.contacts.vcard import read_cards
from adapters.contacts.vcard_writer import write_cards
from adapters.helpdesk.log import Unreadable
from domain.clients.address import AddressKind, AddressUse

FORMATS = {"csv": (write_table, read_table), "vcard": (write_cards, read_cards)}
AGAIN = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def through(path: Path, form: str, rows: list[dict[str, Any]]) -> Deck:
    write, read = FORMATS[form]
    with path.open("w", encoding="utf-8", newline="") as file:
        write(file, rows)
    return read(path)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Deck]:
    """What is read of a file with this text."""

    def read(text: str | bytes, name: str = "contacts.csv") -> Deck:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return (read_cards if name.endswith(".vcf") else read_table)(path)

    return read


@pytest.mark.parametrize("form", FORMATS)
@given(rows=books())
@AGAIN
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, form: str, rows: list[Any]) -> None:
    deck = through(tmp_path_factory.getbasetemp() / f"book.{form}", form, rows)
    assert deck.faults == []
    assert list(deck.left_out) == []
    assert [said(card) for card in deck.cards] == [meant(row) for row in rows]


@given(text=st.text() | texts | names | st.text("'=+-@\t\r x"))
@example("'=1")
@example("''+")
def test_a_cell_is_no_formula_and_plain_again_what_it_was(text: str) -> None:
    assert re.match(r"[=+\-@\t\r]", disarmed(text)) is None
    assert plain(disarmed(text)) == text


@given(rows=books(3))
@AGAIN
def test_no_cell_of_a_table_begins_as_a_formula(rows: list[Any]) -> None:
    table = io.StringIO()
    write_table(table, rows)
    cells = [cell for row in csv.reader(io.StringIO(table.getvalue()[1:], newline="")) for cell in row]
    assert [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)] == []


@given(rows=books(3))
@AGAIN
def test_no_line_of_a_card_is_longer_than_75_bytes(rows: list[Any]) -> None:
    cards = io.StringIO()
    write_cards(cards, rows)
    assert max(len(line.encode()) for line in cards.getvalue().split("\r\n")) <= 75


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_of_every_country_are_read(read: Callable[..., Deck], mark: str, between: str, end: str) -> None:
    rows = [("Reference", "Name", "E-mail", "E-mail 2", "Phone private"), ("7", "Žofie", "a@b.example", "", "'+4201")]
    (card,) = read(mark + "".join(between.join(row) + end for row in [*rows, ()])).cards
    assert (card.key, card.text(Field.NAME)) == ("7", "Žofie")
    assert [(way.kind, way.use, way.cell.text, way.cell.column) for way in card.ways] == [
        (AddressKind.EMAIL, AddressUse.WORK, "a@b.example", "E-mail"),
        (AddressKind.PHONE, AddressUse.PRIVATE, "+4201", "Phone private"),
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("name,colour\n", "line 1: there is no column 'colour'"),
        ("name,Name\n", "line 1: the column name stands there twice"),
        ("reference\n", "line 1: no column name"),
        ('name\nx\n"y', "line 3"),
        (b"name\n\xff", "line 2, byte 1: not UTF-8"),
        ("", "line 1: no column name"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole_with_the_place(
    read: Callable[..., Deck], text: str | bytes, where: str
) -> None:
    with pytest.raises(Unreadable, match=re.escape(where)):
        read(text)


def test_a_row_of_too_few_fields_costs_no_other_and_lines_are_those_of_the_file(read: Callable[..., Deck]) -> None:
    deck = read('name,note\nA,"1\n2\n3"\nB\n\nC,x\n')
    assert [(card.line, card.text(Field.NAME)) for card in deck.cards] == [(2, "A"), (7, "C")]
    assert [(fault.line, fault.code) for fault in deck.faults] == [(5, "FieldsMissing")]


PHONE_BOOK = """BEGIN:VCARD
VERSION:3.0
N:Nováková;Jana;;Ing.;
FN:Ing. Jana Nováková
ORG:Mlýn s.r.o.;Sklad
item1.EMA
 IL;type=INTERNET;type=HOME;type=pref:jana@example.org
TEL;TYPE=CELL,voice:+420 603 123 456
ADR;TYPE=WORK:;;Líná 5\\, dvůr;Praha;;110 00;Česko
NOTE:Volat
  ráno\\nnebo večer
PHOTO;ENCODING=b:aGFsbG8=
BDAY:1990-01-01
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
END:VCARD

BEGIN:VCARD
VERSION:4.0
KIND:org
FN:Mlýn s.r.o.
TEL;VALUE=uri;TYPE="voice,work":tel:+49-30-901820;ext=5
END:VCARD
"""


def test_cards_of_others_are_read_as_they_are_meant(read: Callable[..., Deck]) -> None:
    deck = read(PHONE_BOOK, "book.vcf")
    person, firm = deck.cards
    assert deck.faults == []
    assert list(deck.left_out) == ["BDAY", "PHOTO"]
    assert (person.line, person.text(Field.NAME), person.text(Field.KIND)) == (1, "Ing. Jana Nováková", "person")
    assert person.text(Field.REFERENCE) == "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    assert person.organisation is not None
    assert (person.organisation.text, person.organisation.line) == ("Mlýn s.r.o.", 5)
    assert [(way.use, way.cell.text, way.cell.line) for way in person.ways] == [
        (AddressUse.PRIVATE, "jana@example.org", 6),
        (AddressUse.WORK, "+420 603 123 456", 8),
        (AddressUse.WORK, "Líná 5, dvůr\n110 00 Praha\nČesko", 9),
    ]
    assert [cell.text for cell in person.notes] == ["Volat ráno\nnebo večer"]
    assert (firm.line, firm.text(Field.KIND), firm.organisation) == (17, "company", None)
    assert [way.cell.text for way in firm.ways] == ["+49-30-901820;ext=5"]
    assert firm.key != person.key != ""


@pytest.mark.parametrize(
    ("broken", "code", "line"),
    [
        ("BEGIN:VCARD\nVERSION:3.0\nFN;;:\nwhat is this\nEND:VCARD", "CardBroken", 4),
        ("BEGIN:VCARD\nVERSION:2.1\nFN:x\nEND:VCARD", "VersionNotRead", 2),
        ("BEGIN:VCARD\nFN:x\nEND:VCARD", "VersionNotRead", 1),
        ("BEGIN:VCARD\nVERSION:3.0\nFN:x", "CardBroken", 1),
        ("stray", "CardBroken", 1),
    ],
)
def test_a_broken_card_costs_no_other(read: Callable[..., Deck], broken: str, code: str, line: int) -> None:
    deck = read(f"{broken}\n{PHONE_BOOK}", "book.vcf")
    assert [(fault.code, fault.line) for fault in deck.faults] == [(code, line)]
    assert len(deck.cards) == 2


def test_a_file_without_a_card_is_no_file_of_cards(read: Callable[..., Deck]) -> None:
    with pytest.raises(Unreadable):
        read("\n\n", "book.vcf")


WORDS = 'ORG N : ; TYPE= ADR \\ , " ї EMAIL; ENCODING=b BASE64 QUOTED-PRINTABLE VALUE=uri X-A. = KIND UID: PHOTO; TEL'
LINES = "BEGIN:VCARD END:VCARD VERSION:3.0 FN:x BEGIN:VEVENT DTSTART:x RRULE:x REV:x BDAY:1 GEO:1 PROFILE:x"
PIECES = [*WORDS.split(), *(f"{line}\n" for line in LINES.split()), "\n", " ", "\x00", "\x85"]


@given(parts=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25), start=st.booleans())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_lies_in_a_file_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], start: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.vcf"
    text = "".join(parts)
    path.write_text(f"BEGIN:VCARD\nVERSION:3.0\n{text}\nEND:VCARD\n" if start else text, encoding="utf-8", newline="")
    try:
        deck = read_cards(path)
    except Unreadable:
        return
    assert deck.cards or deck.faults
