"""Contacts as they are called and reached in Ukraine, Czechia and Germany: rows of an answer, and what cards say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from adapters.contacts.card import Card, Field
from domain.clients.address import AddressKind, AddressUse
from domain.clients.contact import ContactKind

LETTERS = "abcxyzäöüßÄÖÜáčďéěíňóřšťúůýžŽŠŘґєіїҐЄІЇйщьюяЩ"
SIGNS = " ,;:'\"’ʼ\\|=+-@/().&<>%#*?!\u00a0\u200d`~^[]{}"
SPECIAL = ["=1+1", "+420", "-", "@all", "'=x", "''", "\\n", "\\", ",", ";", '"', '=HYPERLINK("x")', "END:VCARD", "'"]
line = st.one_of(
    st.sampled_from(SPECIAL),
    st.text(LETTERS + SIGNS, min_size=1, max_size=200),
    st.text(min_size=1, max_size=20),
    st.text("їЩ", min_size=150, max_size=200),
)
LINE_WITH_BREAKS = st.text(LETTERS + SIGNS + "\n\t", min_size=1, max_size=300) | st.sampled_from(
    ["=1\n+2", "\n", "a\n\nb", "\tx", "x\nEND:VCARD\nBEGIN:VCARD", "ї" * 400, "'\t"]
)


def shown(text: str) -> bool:
    """Whether a contact may be called so."""
    from adapters.contacts.card import fits
    from domain.values import Line

    return fits(Line, text)


names = line.filter(shown)
texts = LINE_WITH_BREAKS.filter(lambda text: bool(text.strip()))
emails = st.sampled_from(
    ["anna@example.org", "B.Č@příklad.example", "Iryna.Shevchenko+x@example.com", "info@müller.example"]
)
phones = st.sampled_from(["+420 603 123 456", "777 123 456", "+380 (44) 123-45-67", "+49 30 901820 ext. 5"])
uses = st.sampled_from(AddressUse)


def _ways(kind: AddressKind, typed: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[dict[str, str]]]:
    way = st.builds(lambda use, text: {"kind": kind.value, "use": use.value, "typed": text}, uses, typed)
    return st.lists(way, max_size=most, unique_by=lambda each: (each["use"], each["typed"]))


ways = st.tuples(
    _ways(AddressKind.EMAIL, emails, 3), _ways(AddressKind.PHONE, phones, 3), _ways(AddressKind.POSTAL, texts, 2)
).map(lambda found: [each for some in found for each in some])
references = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._/#-]{0,63}", fullmatch=True)


@st.composite
def rows(draw: st.DrawFn, number: int = 0) -> dict[str, Any]:
    """A row of "contact-cards"; whom it works for and whose part it is are left open."""
    return {
        "contact": str(UUID(int=number)),
        "kind": draw(st.sampled_from(ContactKind)).value,
        "name": draw(names),
        "reference": draw(st.none() | references),
        "life_cycle": draw(st.none() | st.sampled_from(LIFE_CYCLES)),
        "salutation": draw(st.none() | st.sampled_from(SALUTATIONS)),
        "company_number": draw(st.none() | names),
        "vat_number": draw(st.none() | names),
        "employer": None,
        "whole": None,
        "absorbed": [],
        "addresses": draw(ways),
        "notes": draw(st.lists(texts, max_size=3, unique=True)),
        "more_notes": False,
    }


LIFE_CYCLES = ("клієнт", "zákazník; starý", "=neu", "lead")
SALUTATIONS = ("Шановна пані", "Vážený pane,", "Sehr geehrte Frau")


@st.composite
def books(draw: st.DrawFn, most: int = 6) -> list[dict[str, Any]]:
    """Rows of one company, with references that are their own, and some of them bound to each other."""
    found = [draw(rows(n)) for n in range(1, draw(st.integers(1, most)) + 1)]
    taken = set[str]()
    for row in found:
        row["reference"] = None if row["reference"] in taken else row["reference"]
        taken.add(row["reference"])
    firms = [row for row in found if row["kind"] != ContactKind.PERSON]
    for row in found:
        others = [firm for firm in firms if firm is not row]
        if others and row["kind"] != ContactKind.COMPANY and draw(st.booleans()):
            other = draw(st.sampled_from(others))
            bound = {name: other[name] for name in ("contact", "kind", "name", "reference")}
            row["employer" if row["kind"] == ContactKind.PERSON else "whole"] = bound
    return found


def said(card: Card) -> dict[str, Any]:
    """What a card says, without where."""
    told: dict[str, Any] = {field.value: card.text(field) or None for field in Field}
    told["addresses"] = sorted((way.kind.value, way.use.value, way.cell.text) for way in card.ways)
    return told | {"notes": [cell.text for cell in card.notes]}


def meant(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a card of this row has to say."""
    told = {field.value: row.get(field) for field in Field if field not in (Field.EMPLOYER, Field.PART_OF)}
    for field, other in ((Field.EMPLOYER, row["employer"]), (Field.PART_OF, row["whole"])):
        told[field.value] = None if other is None else other["reference"] or other["contact"]
    told["id"] = row["contact"]
    told["addresses"] = sorted((each["kind"], each["use"], each["typed"]) for each in row["addresses"])
    return told | {"notes": row["notes"]}
