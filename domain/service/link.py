"""A ticket is linked to what it has to do with: an order, a contact, a product, a file, another ticket (R-TCK-7)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from domain.fact import Event
from domain.refusal import Refused, require
from domain.values import Id

MOST_LINKS = 200
"""Of one ticket."""


class LinkKind(StrEnum):
    """What a ticket can be linked to."""

    ORDER = "order"
    CONTACT = "contact"
    PRODUCT = "product"
    FILE = "file"
    TICKET = "ticket"


class TicketLinked(Event, topic="ticket.linked"):
    """The ticket has to do with this thing."""

    kind: LinkKind
    thing: Id


class TicketUnlinked(Event, topic="ticket.unlinked"):
    """The ticket has nothing to do with this thing."""

    kind: LinkKind
    thing: Id


LinkEvent = TicketLinked | TicketUnlinked


class TooManyLinks(Refused):
    """A ticket has two hundred links at most."""


class TicketLinkedToItself(Refused):
    """A ticket is not linked to itself."""


class Link(NamedTuple):
    """What kind of thing, and which."""

    kind: LinkKind
    thing: Id


Links = tuple[Link, ...]
"""In the order in which they were made."""


def link(links: Links, wanted: Link) -> Iterator[LinkEvent]:
    if wanted not in links:
        require(len(links) < MOST_LINKS, otherwise=TooManyLinks)
        yield TicketLinked(kind=wanted.kind, thing=wanted.thing)


def tie(links: Links, wanted: Link) -> Iterator[LinkEvent]:
    """Where nobody is there to be refused: one too many is left out."""
    if len(links) < MOST_LINKS:
        yield from link(links, wanted)


def unlink(links: Links, unwanted: Link) -> Iterator[LinkEvent]:
    if unwanted in links:
        yield TicketUnlinked(kind=unwanted.kind, thing=unwanted.thing)


def evolve(links: Links, event: LinkEvent) -> Links:
    told = Link(event.kind, event.thing)
    others = tuple(each for each in links if each != told)
    match event:
        case TicketLinked():
            return (*others, told)
        case TicketUnlinked():
            return others
