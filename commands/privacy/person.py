"""Whom a person stands for, and what stands in the way of forgetting them, as it is now (D23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, TypeVar

from commands.command import Reading
from commands.lookup import (
    CHARGES,
    ORDERS_UNFINISHED,
    SUBJECTS_OF,
    SUBJECTS_TICKETS_NOT_CLOSED,
    TICKETS_NOT_CLOSED,
    Lookup,
)
from commands.same import same
from domain.clients.contact import CONTACT, ContactGoesUnderAnother, ContactUnknown
from domain.company.settings import COMPANY, SETTINGS
from domain.pricing.order import ORDER, Stage
from domain.privacy.hold import HOLD
from domain.privacy.obstacle import Obstacle, ObstacleKind
from domain.refusal import Refused, require
from domain.service.status import Status
from domain.service.ticket import TICKET, Ticket, TicketUnknown
from domain.staff.worker import WORKER, WorkerUnknown
from domain.values import ContactId, Person, SubjectId, TicketId, WorkerId, person

F = TypeVar("F")


class SenderLinked(Refused):
    """Who reported the ticket, or a part of it, is known by now: it is that contact who can be forgotten."""


class Seeking(Reading, Protocol):
    """Reads, and looks up what no stream tells."""

    def find(self, lookup: Lookup[F], key: str) -> tuple[F, ...]:
        """What the read models have under the key."""
        ...


class Party(NamedTuple):
    """Whom a person stands for at this moment: the contacts that count as one, and whose data is theirs."""

    person: Person
    contacts: tuple[ContactId, ...]
    subjects: tuple[SubjectId, ...]


def party(asked: Seeking, of: Person) -> Party:
    """Refused as unknown where there is no such person, and where another one stands for them."""
    kind, _, id = of.partition(":")
    if kind == CONTACT.kind:
        return _contact(asked, ContactId(id))
    if kind == WORKER.kind:
        found = asked.read(WORKER, id)
        require(found.hired, otherwise=WorkerUnknown)
        assert found.subject is not None
        return Party(of, (), (found.subject,))
    ticket = asked.read(TICKET, id)
    require(ticket.opened_at is not None, otherwise=TicketUnknown)
    require(ticket.sender is not None and not _linked(ticket), otherwise=SenderLinked)
    assert ticket.sender is not None
    parts = sorted({found.through.split("-", 1)[1] for found in asked.find(SUBJECTS_OF, of)})
    asked.bring(TICKET, parts)
    require(not any(_linked(asked.read(TICKET, each)) for each in parts), otherwise=SenderLinked)
    return Party(of, (), (ticket.sender,))


def _linked(ticket: Ticket) -> bool:
    """Whether it is known whose ticket it is."""
    return (ticket.reporter or ticket.customer) is not None


def _contact(asked: Seeking, id: ContactId) -> Party:
    """With those merged into it, and whoever wrote to us before we knew that it was them."""
    contact = asked.read(CONTACT, id)
    require(contact.directory is not None, otherwise=ContactUnknown)
    require(contact.survivor is None, otherwise=ContactGoesUnderAnother)
    contacts = same(asked, id)
    own = [subject for each in contacts if (subject := asked.read(CONTACT, each).subject) is not None]
    senders = [found.subject for each in contacts for found in asked.find(SUBJECTS_OF, person(CONTACT.kind, each))]
    return Party(person(CONTACT.kind, id), contacts, tuple(dict.fromkeys((*own, *senders))))


def obstacles(asked: Seeking, them: Party) -> tuple[Obstacle, ...]:
    """All of them, each by its own rule."""
    return tuple(found for rule in RULES for found in rule(asked, them))


def _open_tickets(asked: Seeking, them: Party) -> Iterator[Obstacle]:
    """A ticket is open until it is closed, also one that is resolved; one that goes under another as long as that."""
    found = {each.id for contact in them.contacts for each in asked.find(TICKETS_NOT_CLOSED, contact)}
    if not them.contacts:
        found |= {each.id for one in them.subjects for each in asked.find(SUBJECTS_TICKETS_NOT_CLOSED, one)}
    asked.bring(TICKET, sorted(found))
    for id in sorted(found):
        if _not_closed(asked, asked.read(TICKET, id)):
            yield Obstacle(kind=ObstacleKind.OPEN_TICKET, thing=TicketId(id))


def _not_closed(asked: Seeking, ticket: Ticket) -> bool:
    while ticket.status(asked.now) is Status.MERGED and ticket.survivor is not None:
        ticket = asked.read(TICKET, ticket.survivor)
    return ticket.opened_at is not None and ticket.status(asked.now) is not Status.CLOSED


def _open_orders(asked: Seeking, them: Party) -> Iterator[Obstacle]:
    """An order, and an offer, until it is settled or cancelled."""
    found = sorted({each.id for contact in them.contacts for each in asked.find(ORDERS_UNFINISHED, contact)})
    asked.bring(ORDER, found)
    for id in found:
        if asked.read(ORDER, id).stage not in (Stage.SETTLED, Stage.CANCELLED):
            yield Obstacle(kind=ObstacleKind.OPEN_ORDER, thing=id)


def _holds(asked: Seeking, them: Party) -> Iterator[Obstacle]:
    """Those on the person, on each contact under their name, and on whoever else one of their subjects stands for."""
    own = dict.fromkeys((them.person, *(person(CONTACT.kind, each) for each in them.contacts)))
    senders = [_named(found.through) for each in own for found in asked.find(SUBJECTS_OF, each)]
    held = dict.fromkeys((*own, *senders))
    grounds = {ground for each in held for ground in asked.read(HOLD, each).lasting(asked.now)}
    return (Obstacle(kind=ObstacleKind.LEGAL_HOLD, ground=ground) for ground in sorted(grounds))


def _named(stream: str) -> Person:
    """The contact or the ticket whose stream it is."""
    kind, id = stream.split("-", 1)
    return person(kind, id)


def _works_here(asked: Seeking, them: Party) -> Iterator[Obstacle]:
    kind, _, id = them.person.partition(":")
    if kind == WORKER.kind:
        if asked.read(WORKER, id).active:
            yield Obstacle(kind=ObstacleKind.WORKS_HERE)
        if asked.find(CHARGES, WorkerId(id)):
            yield Obstacle(kind=ObstacleKind.STILL_ANSWERS)


def _proof_retention(asked: Seeking, _: Party) -> Iterator[Obstacle]:
    """For how long proof is kept must have been said: it is not guessed."""
    if asked.read(SETTINGS, COMPANY).proof_days is None:
        yield Obstacle(kind=ObstacleKind.PROOF_RETENTION_UNSET)


RULES = (_open_tickets, _open_orders, _holds, _works_here, _proof_retention)


def held(asked: Seeking, of: Person, contacts: tuple[ContactId, ...]) -> bool:
    """Whether a hold keeps what is left of the person."""
    return any(True for _ in _holds(asked, Party(of, contacts, ())))
