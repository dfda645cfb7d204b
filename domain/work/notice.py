"""A notice tells one worker of one ticket, is written only to whom it concerns (D27), and is seen once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.values import TicketId, WorkerId


class Occasion(StrEnum):
    """What the notice is about: the ticket is the recipient's now, or the chain found nobody for it."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"


class Channel(StrEnum):
    """Which way it goes."""

    SYSTEM = "system"


class NoticeWritten(Event, topic="notice.written"):
    """The recipient is to hear of this."""

    recipient: WorkerId
    ticket: TicketId
    occasion: Occasion
    channel: Channel


class NoticeSeen(Event, topic="notice.seen"):
    """The recipient has seen it."""


NoticeEvent = NoticeWritten | NoticeSeen


class NoticeUnknown(Unknown):
    """There is no such notice."""


class NoticeAlreadyWritten(Refused):
    """This notice was written before."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """How the one to be told stands to the ticket, at the moment of the writing."""

    doer: bool
    """Whether what there is to tell was their own act."""
    active: bool
    concerned: bool
    """Whether it is still so: theirs where it was assigned, nobody's where nobody was found."""
    sees: bool


class Withheld(StrEnum):
    """Why nothing is written (N-9)."""

    OWN_ACT = "own-act"
    NOT_ACTIVE = "not-active"
    NO_LONGER_SO = "no-longer-so"
    UNSEEN = "unseen"


DUE: Mapping[Withheld, Callable[[Addressed], bool]] = {
    Withheld.OWN_ACT: lambda addressed: not addressed.doer,
    Withheld.NOT_ACTIVE: lambda addressed: addressed.active,
    Withheld.NO_LONGER_SO: lambda addressed: addressed.concerned,
    Withheld.UNSEEN: lambda addressed: addressed.sees,
}
"""What must hold for a notice to be written; the first that does not is the reason."""


@dataclass(frozen=True, slots=True)
class Notice:
    recipient: WorkerId | None = None
    seen: bool = False


def withheld(addressed: Addressed) -> Withheld | None:
    """Why the worker is not to be told, if that is so."""
    return next((reason for reason, holds in DUE.items() if not holds(addressed)), None)


def write(notice: Notice, recipient: WorkerId, ticket: TicketId, occasion: Occasion) -> Iterator[NoticeEvent]:
    require(notice.recipient is None, otherwise=NoticeAlreadyWritten)
    yield NoticeWritten(recipient=recipient, ticket=ticket, occasion=occasion, channel=Channel.SYSTEM)


def see(notice: Notice) -> Iterator[NoticeEvent]:
    require(notice.recipient is not None, otherwise=NoticeUnknown)
    if not notice.seen:
        yield NoticeSeen()


def evolve(notice: Notice, fact: Fact[NoticeEvent]) -> Notice:
    match fact.event:
        case NoticeWritten(recipient=recipient):
            return Notice(recipient=recipient)
        case NoticeSeen():
            return replace(notice, seen=True)


NOTICE = Decider("notice", Notice(), evolve, (NoticeWritten, NoticeSeen))
