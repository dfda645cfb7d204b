"""Cards, vCards of version 3.0 and 4.0, are read one by one: a broken one costs no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import vobjectx  # type: ignore[import-untyped]
from vobjectx.exceptions import VObjectError  # type: ignore[import-untyped]

from adapters.contacts.card import Card, Cell, Deck, Fault, Field, Way, fits
from adapters.helpdesk.log import Unreadable, text_of
from domain.clients.address import AddressKind, AddressUse
from domain.clients.contact import ContactKind
from domain.values import Reference

VERSIONS = {"3.0", "4.0"}
FOLDED = re.compile(r"[^\n]+(?:\n[ \t][^\n]*)*")
PROPERTY = re.compile(r"(?:[A-Za-z0-9_-]+\.)?([A-Za-z0-9_-]+)[;:]")
OURS = "X-KARTOTEKA-"
"""Before what vCards have no word for."""
KINDS = {"individual": ContactKind.PERSON, "org": ContactKind.COMPANY}
WAYS = {"EMAIL": AddressKind.EMAIL, "TEL": AddressKind.PHONE, "ADR": AddressKind.POSTAL}
TYPES = {"home": AddressUse.PRIVATE, **{f"x-{use}": use for use in AddressUse}, "work": AddressUse.WORK}
"""What the parameter TYPE says of an address; where several do, the first of these holds, and none means work."""

FORMAL = {"VERSION", "PRODID", "REV", "N", "FN", "ORG", "KIND", "UID", "NOTE", "X-ABSHOWAS", *WAYS}
OF_OURS: tuple[Field, ...] = tuple(field for field in Field if field not in (Field.ID, Field.NAME))


def named(field: Field) -> str:
    """The name of a property of ours."""
    return OURS + field.replace("_", "-").upper()


def read_cards(path: Path) -> Deck:
    """The contacts in a file. Raises Unreadable."""
    deck, left_out = Deck(), set[str]()
    for found in _pieces(re.sub(r"\r\n?", "\n", text_of(path))):
        read = _read(found) if isinstance(found, Piece) else found
        if isinstance(read, Fault):
            deck.faults.append(read)
        else:
            deck.cards.append(read.card())
            left_out |= read.left_out()
    if not deck.cards and not deck.faults:
        raise Unreadable(f"{path.name}: no vCard")
    deck.left_out = sorted(left_out)
    return deck


class Piece(NamedTuple):
    """The text of one card, and the line at which it begins."""

    line: int
    text: str

    def places(self) -> dict[str, list[int]]:
        """At which lines properties stand, by their names; the library counts otherwise."""
        found: dict[str, list[int]] = {}
        for whole in FOLDED.finditer(self.text):
            begun = self.line + self.text.count("\n", 0, whole.start())
            named = PROPERTY.match(re.sub(r"\n[ \t]", "", whole[0]))
            found.setdefault(named[1].replace("_", "-").lower() if named else "", []).append(begun)
        return found

    def broken(self, why: str) -> Fault:
        """At the first line that is no property, if there is one."""
        return Fault(self.places().get("", [self.line])[0], "", "CardBroken", why)


def _pieces(text: str) -> Iterator[Piece | Fault]:
    """Cut up before it is read, so that a broken card costs no other."""
    lines: list[str] = []
    begun = 0
    for n, line in enumerate(text.split("\n"), 1):
        said = line.rstrip().upper()
        if said == "BEGIN:VCARD":
            if begun:
                yield Fault(begun, "BEGIN", "CardBroken", "the card has no end")
            begun, lines = n, []
        elif not begun and said:
            yield Fault(n, "", "CardBroken", "this belongs to no card")
        lines.append(line)
        if begun and said == "END:VCARD":
            yield Piece(begun, "\n".join(lines))
            begun = 0
    if begun:
        yield Fault(begun, "BEGIN", "CardBroken", "the card has no end")


def _read(piece: Piece) -> Reader | Fault:
    try:
        component = vobjectx.read_one(piece.text)
    except VObjectError:
        return piece.broken("this cannot be read as a vCard")
    except (ValueError, LookupError, AttributeError, TypeError):
        # What the library makes of a property that is not what its name says: all of these.
        return piece.broken("something in this card is not what its name says")
    reader = Reader(piece.line, component.contents, piece.places())
    version = reader.first("VERSION")
    if version.text not in VERSIONS:
        return Fault(version.line, "VERSION", "VersionNotRead", "a card of version 3.0 or 4.0 is read")
    return reader


class Reader(NamedTuple):
    """A card as the library has it: lists of lines under names in small letters."""

    line: int
    contents: Mapping[str, list[Any]]
    places: Mapping[str, list[int]]

    def card(self) -> Card:
        kind = self._kind()
        ours: dict[Field, Cell] = {field: self.first(named(field)) for field in OF_OURS}
        single = {Field.KIND: kind, Field.NAME: self._name()}
        cells: dict[Field, Cell] = {**ours, **single, **self._identity(kind)}
        told = {field: cell for field, cell in cells.items() if cell.text.strip()}
        firm = self.first("ORG") if kind.text == ContactKind.PERSON and Field.EMPLOYER not in told else None
        organisation = firm if firm is not None and firm.text.strip() else None
        notes = tuple(cell for cell in self.all("NOTE") if cell.text.strip())
        return Card(self.line, told, tuple(self._ways()), notes, organisation)

    def left_out(self) -> set[str]:
        """The names of properties that no contact has a place for."""
        names = {name.upper() for name in self.contents}
        return names - FORMAL - {named(field) for field in OF_OURS}

    def all(self, name: str) -> list[Cell]:
        lines, places = self.contents.get(name.lower(), []), self.places.get(name.lower(), [])
        return [Cell(_text(line.value), name.upper(), place) for line, place in zip(lines, places, strict=False)]

    def first(self, name: str) -> Cell:
        return next(iter(self.all(name)), Cell("", name.upper(), self.line))

    def _kind(self) -> Cell:
        """Ours says it outright; a card without a kind is a person's, if it does not show itself as a firm's."""
        ours, said = self.first(f"{OURS}KIND"), self.first("KIND")
        if ours.text:
            return ours
        if said.text:
            return said._replace(text=KINDS.get(said.text.lower(), said.text))
        shows = self.first("X-ABSHOWAS").text.upper() == "COMPANY"
        nameless = not self.first("N").text.strip() and self.first("FN").text == self.first("ORG").text
        return said._replace(text=ContactKind.COMPANY if shows or nameless else ContactKind.PERSON)

    def _name(self) -> Cell:
        names = [self.first(name) for name in ("FN", "N", "ORG")]
        return next((cell for cell in names if cell.text.strip()), names[0])

    def _identity(self, kind: Cell) -> dict[Field, Cell]:
        """The UID is the reference, if it may be one and the card is not ours; without one, by what it is called."""
        uid = self.first("UID")
        uid = uid._replace(text=uid.text.removeprefix("urn:uuid:"))
        reference = self.first(f"{OURS}REFERENCE")
        if not uid.text:
            called = "\n".join((kind.text, self._name().text, self.first("ORG").text))
            return {Field.ID: uid._replace(text=called), Field.REFERENCE: reference}
        foreign = not self.first(f"{OURS}KIND").text
        if foreign and not reference.text and fits(Reference, uid.text):
            return {Field.ID: uid, Field.REFERENCE: uid}
        return {Field.ID: uid, Field.REFERENCE: reference}

    def _ways(self) -> Iterator[Way]:
        for name, kind in WAYS.items():
            for line, cell in zip(self.contents.get(name.lower(), []), self.all(name), strict=False):
                typed = re.sub(r"^tel:", "", cell.text) if kind is AddressKind.PHONE else cell.text
                typed = typed.strip() if kind is AddressKind.EMAIL else typed
                if typed.strip():
                    yield Way(kind, _use(line.params), cell._replace(text=typed))


def _use(parameters: Mapping[str, list[str]]) -> AddressUse:
    said = {word for each in parameters.get("TYPE", ()) for word in each.lower().split(",")}
    return next((use for word, use in TYPES.items() if word in said), AddressUse.WORK)


def _text(value: Any) -> str:
    """A name by its order, an address as one writes it on a letter; what is no text is none."""
    match value:
        case str():
            return value
        case vobjectx.vcard.Name():
            return " ".join(filter(None, map(_listed, (value.prefix, value.given, value.additional, value.family))))
        case vobjectx.vcard.Address():
            town = " ".join(filter(None, map(_listed, (value.code, value.city))))
            parts = (value.street, value.extended, value.box, town, value.region, value.country)
            return "\n".join(filter(None, map(_listed, parts)))
        case [firm, *_]:
            return _listed(firm)
        case _:
            return ""


def _listed(part: str | list[str]) -> str:
    return part if isinstance(part, str) else ", ".join(filter(None, part))
