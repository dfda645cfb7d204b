"""Tickets that are one are merged, one that is two is split, and both can be undone exactly (R-TCK-16, N-7)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel

from domain.fact import Event
from domain.refusal import Refused
from domain.values import Instant, TicketId


class TicketMerged(Event, topic="ticket.merged"):
    """Another ticket stands for this one: its clocks stop, its levels lapse, and what is said goes to that one."""

    survivor: TicketId


class TicketSeparated(Event, topic="ticket.separated"):
    """The merging was a mistake: everything is as if it had never been."""

    survivor: TicketId


class Said(StrEnum):
    """What was said, as far as clocks notice: the customer wrote, or we answered."""

    WROTE = "wrote"
    ANSWERED = "answered"


class Exchanged(BaseModel, frozen=True):
    """Something that was said on another ticket, when, and through which tickets it had come to that one."""

    said: Said
    at: Instant
    through: tuple[TicketId, ...] = ()


class TicketAbsorbed(Event, topic="ticket.absorbed"):
    """This ticket stands for the other one, too: what was said there since then, or since the split, counts here."""

    ticket: TicketId
    exchanged: tuple[Exchanged, ...] = ()


class TicketReleased(Event, topic="ticket.released"):
    """This ticket does not stand for the other one; what was said to that one no longer counts here."""

    ticket: TicketId


class TicketDivided(Event, topic="ticket.divided"):
    """A part of the matter became a ticket of its own."""

    part: TicketId


class TicketSplitOff(Event, topic="ticket.split-off"):
    """This ticket was a part of that one; `answered_at` is when the customer was first answered there, if so."""

    origin: TicketId
    answered_at: Instant | None = None


JoiningEvent = TicketMerged | TicketSeparated | TicketAbsorbed | TicketReleased | TicketDivided | TicketSplitOff


class TicketIsMerged(Refused):
    """Another ticket stands for this one."""


class TicketNotMerged(Refused):
    """No other ticket stands for this one."""


class TicketMergedIntoItself(Refused):
    """A ticket cannot stand for itself, nor for one that stands for it."""


class TicketsOfOthers(Refused):
    """Tickets of two customers are not one: link them."""


class TicketNotSplitOff(Refused):
    """The ticket is not a part of another one."""
