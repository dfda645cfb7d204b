"""What contacts are found by: keyed tokens of their words and numbers, each where its contact lies (R-CON-1).

A token is a row for itself under the directory whose rights decide, in the order in which a page of an answer shows
what it finds: so an answer costs what its page costs. A merged contact's tokens find its survivor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.clients import spelling
from domain.clients.address import AddressAdded, AddressChanged, AddressKind, AddressRemoved
from domain.clients.contact import (
    CONTACT,
    Contact,
    ContactForgotten,
    ContactMerged,
    ContactMoved,
    ContactNumbersSet,
    ContactOpened,
    ContactRenamed,
    ContactSeparated,
)
from domain.fact import Fact
from domain.personal import Masked
from projections.model import Change, Drop, Key, Known, Put, ReadModel, Row, Table, Touch, words

TOKENS = Table(
    "contact_tokens",
    ("contact", "field", "token"),
    words("directory", "found"),
    indexes=(("token", "directory", "found"),),
)
"""`found` is whom the token finds; `field` is "(name)", "(numbers)" or the id of an address."""

LIKENESSES = Table(
    "contact_likenesses",
    ("contact", "field", "by", "likeness"),
    words("directory", "found"),
    indexes=(("likeness", "directory", "found"), ("found",)),
)
"""What two contacts have in common that may be the same; `by` is "name", "email", "phone" or "number"."""

NAME, NUMBERS = "(name)", "(numbers)"

Said = Iterable[tuple[Table, str, str]]
"""What a field says: for tokens a piece of it, for likenesses by what, and the words."""


def named(name: str | Masked) -> Said:
    if isinstance(name, Masked):
        return
    yield from ((TOKENS, "", piece) for piece in spelling.pieces_of_text(name))
    yield from ((LIKENESSES, "name", alike) for alike in spelling.alike_names(name))


def numbered(*numbers: str | Masked | None) -> Said:
    for number in numbers:
        if isinstance(number, str):
            yield from ((TOKENS, "", piece) for piece in spelling.pieces_of_register_number(number))
            yield LIKENESSES, "number", spelling.register_number(number)


def addressed(kind: AddressKind, normal: str | Masked | None) -> Said:
    """Where it has no normal form, or is forgotten, nobody is found by it."""
    if not isinstance(normal, str):
        return
    if kind is AddressKind.EMAIL:
        pieces, alike = spelling.pieces_of_email(normal), spelling.email(normal)
    else:
        pieces, alike = spelling.pieces_of_phone(normal), normal
    yield from ((TOKENS, "", piece) for piece in pieces)
    yield LIKENESSES, str(kind), alike


def place(contact: Contact, id: str, known: Known) -> Row:
    """Where the tokens of a contact lie, and whom they find."""
    if contact.survivor is None:
        return {"directory": contact.directory or "", "found": id}
    return {"directory": known.state(CONTACT, contact.survivor).directory or "", "found": contact.survivor}


def put(id: str, field: str, said: Said, known: Known) -> Iterator[Change]:
    """What a field says that said nothing before."""
    where = place(known.state(CONTACT, id), id, known)
    for table, by, what in said:
        key = (id, field, known.keyed(what)) if table is TOKENS else (id, field, by, known.keyed(f"{by} {what}"))
        yield Put(table, key, where)


def dropped(id: str, field: str, known: Known) -> Iterator[Change]:
    """What a field said."""
    for table in (TOKENS, LIKENESSES):
        yield from (Drop(table, key) for key in _keys(table, id, known) if key[1] == field)


def _keys(table: Table, id: str, known: Known) -> list[Key]:
    return known.keys(table, "contact", id)


def placed(id: str, known: Known) -> Iterable[Change]:
    """All that a contact is found by, where it lies now."""
    where = place(known.state(CONTACT, id), id, known)
    return [Put(table, key, where) for table in (TOKENS, LIKENESSES) for key in _keys(table, id, known)]


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == CONTACT.kind:
        yield Touch(CONTACT, id, placed)


def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case ContactOpened(name=name):
            yield from put(id, NAME, named(name), known)
        case ContactRenamed(name=name):
            yield from [*dropped(id, NAME, known), *put(id, NAME, named(name), known)]
        case ContactNumbersSet(company_number=company_number, vat_number=vat_number):
            said = numbered(company_number, vat_number)
            yield from [*dropped(id, NUMBERS, known), *put(id, NUMBERS, said, known)]
        case AddressAdded(address=address, kind=kind, normal=normal):
            yield from put(id, address, addressed(kind, normal), known)
        case AddressChanged(address=address, normal=normal):
            kind = known.state(CONTACT, id).addresses[address].kind
            yield from [*dropped(id, address, known), *put(id, address, addressed(kind, normal), known)]
        case AddressRemoved(address=address):
            yield from dropped(id, address, known)
        case ContactForgotten():
            yield from (Drop(table, key) for table in (TOKENS, LIKENESSES) for key in _keys(table, id, known))
        case ContactMoved():
            for each in (id, *known.state(CONTACT, id).absorbed):
                yield Touch(CONTACT, each, placed)
        case ContactMerged() | ContactSeparated():
            yield Touch(CONTACT, id, placed)


CONTACT_SEARCH = ReadModel(
    name="contact_search",
    about="What contacts are found by, as tokens that tell nothing without the key, and what makes two look the same.",
    tables=(TOKENS, LIKENESSES),
    facts=frozenset(
        {
            *(ContactOpened, ContactRenamed, ContactMoved, ContactNumbersSet, ContactMerged, ContactSeparated),
            *(ContactForgotten, AddressAdded, AddressChanged, AddressRemoved),
        }
    ),
    project=project,
    reads=(CONTACT,),
    remake=remake,
    opens=True,
)
