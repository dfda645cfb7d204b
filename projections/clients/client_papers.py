"""What lies with a contact: addresses, numbers, notes and files, sealed as they are in the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.clients.address import AddressAdded, AddressChanged, AddressRemoved
from domain.clients.contact import CONTACT, Contact, ContactNumbersSet
from domain.clients.paper import ContactFileAttached, ContactFileRemoved, ContactNoted, ContactNoteRemoved
from domain.fact import Fact
from projections.model import Change, Column, Drop, Kind, Known, Put, ReadModel, Table, words

SUBJECT = Column("subject")


def sealed(name: str) -> Column:
    """A column that holds the data of the row's subject."""
    return Column(name, Kind.SEALED, whose=SUBJECT.name)


CONTACT_ADDRESSES = Table(
    "contact_addresses",
    ("contact", "address"),
    (*words("kind", "used_for"), SUBJECT, sealed("typed"), sealed("normal")),
    indexes=(("subject",),),
)
CONTACT_NUMBERS = Table(
    "contact_numbers",
    ("contact",),
    (SUBJECT, sealed("company_number"), sealed("vat_number")),
    indexes=(("subject",),),
)
CONTACT_NOTES = Table(
    "contact_notes",
    ("contact", "note"),
    (Column("written_at", Kind.INSTANT), *words("author"), SUBJECT, sealed("text")),
    indexes=(("contact", "written_at"), ("subject",)),
)
CONTACT_FILES = Table(
    "contact_files",
    ("contact", "file"),
    (
        *(Column("attached_at", Kind.INSTANT), *words("author", "media_type", "digest")),
        *(Column("size_bytes", Kind.NUMBER), SUBJECT, sealed("name")),
    ),
    indexes=(("contact", "attached_at"), ("subject",), ("file",)),
)


def project(fact: Fact[Any], known: Known) -> Iterator[Change]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case AddressAdded(address=address) | AddressChanged(address=address):
            yield _address(id, fact, known)
        case AddressRemoved(address=address):
            yield Drop(CONTACT_ADDRESSES, (id, address))
        case ContactNumbersSet(subject=subject, company_number=company_number, vat_number=vat_number):
            numbers = {"company_number": company_number, "vat_number": vat_number}
            yield Put(CONTACT_NUMBERS, (id,), {"subject": subject, **numbers})
        case ContactNoted(note=note, subject=subject, text=text):
            written = {"written_at": fact.happened_at, "author": fact.actor}
            yield Put(CONTACT_NOTES, (id, note), {**written, "subject": subject, "text": text})
        case ContactNoteRemoved(note=note):
            yield Drop(CONTACT_NOTES, (id, note))
        case ContactFileAttached(file=file):
            yield Put(CONTACT_FILES, (id, file), _file(fact))
        case ContactFileRemoved(file=file):
            yield Drop(CONTACT_FILES, (id, file))


def _address(id: str, fact: Fact[AddressAdded | AddressChanged], known: Known) -> Put:
    """Of what kind it is was said when it was added."""
    contact: Contact = known.state(CONTACT, id)
    event, added = fact.event, contact.addresses[fact.event.address]
    row = {
        "kind": added.kind,
        "used_for": added.use,
        "subject": event.subject,
        "typed": event.typed,
        "normal": event.normal,
    }
    return Put(CONTACT_ADDRESSES, (id, event.address), row)


def _file(fact: Fact[ContactFileAttached]) -> dict[str, Any]:
    event = fact.event
    return {
        "attached_at": fact.happened_at,
        "author": fact.actor,
        "media_type": event.media_type,
        "digest": event.digest,
        "size_bytes": event.size_bytes,
        "subject": event.subject,
        "name": event.name,
    }


CLIENT_PAPERS = ReadModel(
    name="client_papers",
    about="Where clients can be reached, their numbers, and the notes and files that lie with them.",
    tables=(CONTACT_ADDRESSES, CONTACT_NUMBERS, CONTACT_NOTES, CONTACT_FILES),
    facts=frozenset(
        {
            *(AddressAdded, AddressChanged, AddressRemoved, ContactNumbersSet),
            *(ContactNoted, ContactNoteRemoved, ContactFileAttached, ContactFileRemoved),
        }
    ),
    project=project,
    reads=(CONTACT,),
)
