"""What was said between the customer and us: that it came or went is known for good, what was said may be forgotten."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from domain.fact import Event
from domain.personal import Masked, Personal, Purpose
from domain.service.promise import Kind, Moment
from domain.values import SubjectId, Text, TicketId


class Direction(StrEnum):
    """From the customer, or to the customer."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Way(StrEnum):
    """How a message came or went."""

    EMAIL = "email"
    FORM = "form"
    SMS = "sms"
    LETTER = "letter"
    IN_PERSON = "in-person"
    OTHER = "other"


class TicketCallLogged(Event, topic="ticket.call-logged"):
    """A call; an answered one is a response (D9). `through` are the merged tickets by which it came here."""

    subject: SubjectId
    answered: bool
    note: Annotated[Text | Masked | None, Personal("subject", Purpose.CONTENT)] = None
    through: tuple[TicketId, ...] | None = None


class TicketMessageLogged(Event, topic="ticket.message-logged"):
    """A message came or went; automatic ones neither answer nor ask (D9).

    `through` are the merged tickets by which it came here: the one it was meant for, and those that took its place.
    What we sent is in `sent`, and is kept as proof when who it was sent to is forgotten (R-GDP-3).
    """

    subject: SubjectId
    direction: Direction
    way: Way
    automatic: bool = False
    text: Annotated[Text | Masked | None, Personal("subject", Purpose.CONTENT)] = None
    through: tuple[TicketId, ...] | None = None
    sent: Annotated[Text | Masked | None, Personal("subject", Purpose.PROOF)] = None


INHERITED = "origin:"

ExchangeEvent = TicketCallLogged | TicketMessageLogged


def moment(event: ExchangeEvent) -> Moment | None:
    """What of it the clocks notice."""
    kind = _kind(event)
    return None if kind is None else Moment(kind, path(event.through))


def _kind(event: ExchangeEvent) -> Kind | None:
    match event:
        case TicketCallLogged(answered=answered):
            return Kind.ANSWERED if answered else None
        case TicketMessageLogged(automatic=True):
            return None
        case TicketMessageLogged(direction=direction):
            return Kind.WROTE if direction is Direction.INCOMING else Kind.ANSWERED


def path(through: tuple[TicketId, ...] | None) -> str | None:
    """The tickets through which something came as one word; none if it was meant for this one."""
    return ".".join(through) if through else None


def tickets(path: str | None) -> tuple[TicketId, ...]:
    """Those that make up the word."""
    return tuple(map(TicketId, path.split("."))) if path else ()


def asks(event: ExchangeEvent) -> bool:
    """Whether the customer wrote, and no automaton in their name."""
    return _kind(event) is Kind.WROTE


def came_through(moment: Moment, ticket: TicketId) -> bool:
    """Whether what was said, or what opened the ticket again, came by way of that one."""
    said = moment.kind in (Kind.WROTE, Kind.ANSWERED, Kind.REOPENED)
    return said and ticket in tickets(moment.value)


def inherited(origin: TicketId) -> str:
    """How what was said before a part was split off is told from what came through the whole later."""
    return f"{INHERITED}{origin}"


def was_inherited(moment: Moment) -> bool:
    """Whether it was said to the whole that this is a part of."""
    return moment.value is not None and moment.value.startswith(INHERITED)
