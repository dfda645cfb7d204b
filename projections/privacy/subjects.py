"""Whom each subject stands for, and in which streams data of it lies: where to look for what is held of a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.clients.contact import CONTACT, ContactOpened
from domain.fact import Event, Fact, personal_fields
from domain.service.ticket import TICKET, Ticket, TicketCustomerSet, TicketOpened
from domain.staff.worker import WORKER, WorkerHired
from domain.values import person
from projections.model import Change, Known, Put, ReadModel, Table, Touch, words

SUBJECT_LINKS = Table("subject_links", ("subject", "through"), words("person"), indexes=(("person",),))
"""`through` is the stream by which the subject stands for the person: a merge moves no link, a late customer does."""

SUBJECT_STREAMS = Table("subject_streams", ("subject", "stream"), ())


def whose(event: Event) -> frozenset[str]:
    """The subjects whose data is in the fact."""
    fields = personal_fields(type(event))
    return frozenset(getattr(event, mark.subject) for name, mark in fields.items() if getattr(event, name) is not None)


def sender(id: str, known: Known) -> Iterable[Change]:
    """Who reported a ticket before anybody knew who it was: as long as nobody does, they are that ticket's sender."""
    ticket: Ticket = known.state(TICKET, id)
    if ticket.sender is not None:
        contact = ticket.reporter or ticket.customer
        told = person(TICKET.kind, id) if contact is None else person(CONTACT.kind, contact)
        yield Put(SUBJECT_LINKS, (ticket.sender, TICKET.stream(id)), {"person": told})


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == TICKET.kind:
        yield Touch(TICKET, id, sender)


def project(fact: Fact[Any], _: Known) -> Iterator[Change | Touch]:
    kind, id = fact.stream.split("-", 1)
    for subject in sorted(whose(fact.event)):
        yield Put(SUBJECT_STREAMS, (subject, fact.stream), {})
    match fact.event:
        case ContactOpened(subject=subject) | WorkerHired(subject=subject):
            yield Put(SUBJECT_LINKS, (subject, fact.stream), {"person": person(kind, id)})
        case TicketOpened(reporter=None, customer=None) | TicketCustomerSet():
            yield Touch(TICKET, id, sender)


SUBJECTS = ReadModel(
    name="subjects",
    about="Whom each subject stands for, and in which streams data of it lies.",
    tables=(SUBJECT_LINKS, SUBJECT_STREAMS),
    facts=frozenset(
        {
            *(event for decider in (CONTACT, WORKER, TICKET) for event in decider.facts if personal_fields(event)),
            TicketCustomerSet,
        }
    ),
    project=project,
    reads=(TICKET,),
    remake=remake,
)
