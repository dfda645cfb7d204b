"""Contacts are written as vCards of version 4.0; what these have no word for is a property of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO
from uuid import UUID

import vobjectx  # type: ignore[import-untyped]

from adapters.contacts.card import Field
from adapters.contacts.vcard import OF_OURS, WAYS, named
from domain.clients.address import AddressUse
from domain.clients.contact import ContactKind


def write_cards(target: TextIO, rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows of "contact-cards" as vCards."""
    for row in rows:
        target.write(_written(row))


def _written(row: Mapping[str, Any]) -> str:
    card = vobjectx.vCard()
    for name, value, type_ in _lines(row):
        line = card.add(name)
        line.value = value
        if type_:
            line.params["TYPE"] = [type_]
    text: str = card.serialize()
    return text


def _lines(row: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Each property with its value and its type, if it has one."""
    person = row["kind"] == ContactKind.PERSON
    yield "VERSION", "4.0", ""
    yield "UID", _urn(row["contact"]), ""
    yield "KIND", "individual" if person else "org", ""
    yield "FN", row["name"], ""
    if firm := row["employer"] if person else row:
        yield "ORG", [firm["name"]], ""
    for way in row["addresses"]:
        name = next(name for name, kind in WAYS.items() if kind == way["kind"])
        yield name, _value(name, way["typed"]), _type(AddressUse(way["use"]))
    yield from (("NOTE", text, "") for text in row["notes"])
    for field, other in ((Field.EMPLOYER, row["employer"]), (Field.PART_OF, row["whole"])):
        if other is not None:
            yield named(field), other["reference"] or other["contact"], ""
    for field in OF_OURS:
        if row.get(field) is not None and field is not Field.EMPLOYER:
            yield named(field), row[field], ""


def _urn(id: str) -> str:
    """An id of ours is a UUID, but for those of other makers."""
    try:
        return UUID(id).urn
    except ValueError:
        return id


def _value(name: str, typed: str) -> Any:
    return vobjectx.vcard.Address(street=typed) if name == "ADR" else typed


def _type(use: AddressUse) -> str:
    return {AddressUse.WORK: "work", AddressUse.PRIVATE: "home"}.get(use, f"x-{use}")
