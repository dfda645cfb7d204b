"""Everything about one client under one cover: what it is called, its own terms, its tickets (R-TCK-10, R-ISP-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.clients.contact import CONTACT, Contact, ContactContractSet, ContactOpened, ContactRenamed
from domain.fact import Fact
from domain.service.ticket import TICKET, Ticket, TicketCustomerSet, TicketOpened
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, instead, words

CONTACTS = Table(
    "contacts",
    ("contact",),
    (*words("kind", "reference"), Column("opened_at", Kind.INSTANT)),
    indexes=(("reference",),),
)
CONTACT_NAMES = Table(
    "contact_names",
    ("contact",),
    (Column("subject"), Column("name", Kind.SEALED, whose="subject")),
    indexes=(("subject",),),
)
CONTACT_TERMS = Table("contact_terms", ("contact", "incident_type"), words("contract"))
"""The terms a customer has of its own; the incident type is empty for those that hold for all."""

CONTACT_TICKETS = Table(
    "contact_tickets",
    ("contact", "ticket"),
    (Column("opened_at", Kind.INSTANT),),
    indexes=(("contact", "opened_at"), ("ticket",)),
)
"""Those that the contact reported, or is the customer of, by what is known of that now."""


def terms(id: str, known: Known) -> Iterable[Change]:
    contact: Contact = known.state(CONTACT, id)
    for incident_type, line in contact.contracts.items():
        yield Put(CONTACT_TERMS, (id, incident_type or ""), {"contract": line.last})


def linked(id: str, known: Known) -> Iterable[Change]:
    ticket: Ticket = known.state(TICKET, id)
    row = {"opened_at": ticket.opened_at}
    rows = {(contact, id): row for contact in (ticket.reporter, ticket.customer) if contact is not None}
    yield from instead(known, CONTACT_TICKETS, "ticket", id, rows)


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == CONTACT.kind:
        yield Touch(CONTACT, id, terms)
    elif kind == TICKET.kind:
        yield Touch(TICKET, id, linked)


def project(fact: Fact[Any], _: Known) -> Iterator[Change | Touch]:
    id = fact.stream.partition("-")[2]
    match fact.event:
        case ContactOpened(subject=subject, kind=kind, name=name, reference=reference):
            yield Put(CONTACTS, (id,), {"kind": kind, "reference": reference, "opened_at": fact.happened_at})
            yield Put(CONTACT_NAMES, (id,), {"subject": subject, "name": name})
        case ContactRenamed(subject=subject, name=name):
            yield Put(CONTACT_NAMES, (id,), {"subject": subject, "name": name})
        case ContactContractSet():
            yield Touch(CONTACT, id, terms)
        case TicketOpened(reporter=reporter, customer=customer, received_at=received_at):
            # What was never there has no rows to be looked for.
            row = {"opened_at": received_at or fact.happened_at}
            for contact in (reporter, customer):
                if contact is not None:
                    yield Put(CONTACT_TICKETS, (contact, id), row)
        case TicketCustomerSet():
            yield Touch(TICKET, id, linked)


CLIENT_FILE = ReadModel(
    name="client_file",
    about="What a client is called, the terms it has of its own, and its tickets.",
    tables=(CONTACTS, CONTACT_NAMES, CONTACT_TERMS, CONTACT_TICKETS),
    facts=frozenset({ContactOpened, ContactRenamed, ContactContractSet, TicketOpened, TicketCustomerSet}),
    project=project,
    reads=(CONTACT, TICKET),
    remake=remake,
)
