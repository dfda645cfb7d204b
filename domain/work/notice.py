"""A notice tells one worker of one ticket by one channel, is written only to whom it concerns, and is seen once (D27).

Who is not to be told has it withheld for a reason, which is a fact as well: it can be asked for (N-9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, Unknown, require
from domain.service.level import Recipient
from domain.service.target import Target
from domain.values import Instant, TicketId, WorkerId
from domain.work.channel import Channel
from domain.work.delivery import DeliveryEvent, NoticeDelivered, NoticeNotDelivered


class Occasion(StrEnum):
    """What the notice is about: whose the ticket is now, that so much of a promise is used up, or what went wrong."""

    ASSIGNED = "assigned"
    TEAM_ASSIGNED = "team-assigned"
    """The team's, for one of them to claim (R-TCK-14)."""
    UNASSIGNED = "unassigned"
    """The chain found nobody for it (D11)."""
    MISCONFIGURED = "misconfigured"
    """The chain passed over somebody for another reason than absence (D12)."""
    ESCALATED = "escalated"


class Withheld(StrEnum):
    """Why nothing is written (N-9)."""

    OWN_ACT = "own-act"
    NOT_ACTIVE = "not-active"
    NO_LONGER_SO = "no-longer-so"
    UNSEEN = "unseen"


class NoticeWritten(Event, topic="notice.written"):
    """The recipient is to hear of this, for being all this to the ticket; `instead_of` those who cannot.

    Of an escalation: so much of the target was used up at `due` (D8).
    """

    recipient: WorkerId
    ticket: TicketId
    occasion: Occasion
    channel: Channel
    roles: tuple[Recipient, ...] = ()
    instead_of: tuple[WorkerId, ...] = ()
    target: Target | None = None
    percent: int | None = None
    due: Instant | None = None


class NoticeWithheld(Event, topic="notice.withheld"):
    """Somebody was to hear of this, and is not told."""

    recipient: WorkerId
    ticket: TicketId
    occasion: Occasion
    channel: Channel
    reason: Withheld
    roles: tuple[Recipient, ...] = ()
    instead_of: tuple[WorkerId, ...] = ()
    target: Target | None = None
    percent: int | None = None
    due: Instant | None = None


class NoticeSeen(Event, topic="notice.seen"):
    """The recipient has seen it."""


NoticeEvent = NoticeWritten | NoticeWithheld | NoticeSeen | DeliveryEvent


class NoticeUnknown(Unknown):
    """There is no such notice."""


class NoticeAlreadyWritten(Refused):
    """This notice was written before."""


class NoticeNotMailed(Refused):
    """This notice does not go by e-mail."""


class News(NamedTuple):
    """What there is to tell, the same to everybody who is to hear of it."""

    ticket: TicketId
    occasion: Occasion
    roles: tuple[Recipient, ...] = ()
    instead_of: tuple[WorkerId, ...] = ()
    target: Target | None = None
    percent: int | None = None
    due: Instant | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who is to be told, and how they stand to the ticket at the moment of the writing."""

    worker: WorkerId
    doer: bool
    """Whether what there is to tell was their own act."""
    active: bool
    concerned: bool
    """Whether it is still so: theirs where it was assigned, nobody's where nobody was found."""
    sees: bool


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
    """None where there is none to see: not written yet, or withheld."""
    channel: Channel | None = None
    withheld: Withheld | None = None
    seen: bool = False
    settled: bool = False
    """Whether it is known what became of the e-mail."""


UNWRITTEN = Notice()


def withheld(addressed: Addressed) -> Withheld | None:
    """Why the worker is not to be told, if that is so."""
    return next((reason for reason, holds in DUE.items() if not holds(addressed)), None)


def write(notice: Notice, news: News, addressed: Addressed, channel: Channel) -> Iterator[NoticeEvent]:
    """To whom it concerns; of the others it is told why not."""
    require(notice == UNWRITTEN, otherwise=NoticeAlreadyWritten)
    reason = withheld(addressed)
    if reason is None:
        yield NoticeWritten(recipient=addressed.worker, channel=channel, **news._asdict())
    else:
        yield NoticeWithheld(recipient=addressed.worker, channel=channel, reason=reason, **news._asdict())


def see(notice: Notice) -> Iterator[NoticeEvent]:
    require(notice.recipient is not None, otherwise=NoticeUnknown)
    if not notice.seen:
        yield NoticeSeen()


def settle(notice: Notice, outcome: DeliveryEvent) -> Iterator[NoticeEvent]:
    """What was told first of an e-mail stands."""
    require(notice.recipient is not None, otherwise=NoticeUnknown)
    require(notice.channel is Channel.EMAIL, otherwise=NoticeNotMailed)
    if not notice.settled:
        yield outcome


def evolve(notice: Notice, fact: Fact[NoticeEvent]) -> Notice:
    match fact.event:
        case NoticeWritten(recipient=recipient, channel=channel):
            return Notice(recipient=recipient, channel=channel)
        case NoticeWithheld(channel=channel, reason=reason):
            return Notice(channel=channel, withheld=reason)
        case NoticeSeen():
            return replace(notice, seen=True)
        case NoticeDelivered() | NoticeNotDelivered():
            return replace(notice, settled=True)


NOTICE = Decider(
    "notice", UNWRITTEN, evolve, (NoticeWritten, NoticeWithheld, NoticeSeen, NoticeDelivered, NoticeNotDelivered)
)
