"""Whoever is given a ticket hears of it; of one that nobody was found for hears who answers for those (D27)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.reactions.reaction import Heard, Reaction, Wanted
from commands.work.notice import WriteNotice
from domain.service.ticket import TicketAssigned, TicketRouted
from domain.staff import worker
from domain.values import TicketId, WorkerId
from domain.work.notice import Occasion

TOPICS = (TicketAssigned.topic, TicketRouted.topic)


def react(heard: Heard) -> Iterator[Wanted]:
    """A notice happens when it is written, whenever the fact did: so it bears no instant of its own.

    Who did it themselves is not even asked about: that never changes, and most tickets are taken (D27).
    """
    ticket, doer, assignee = TicketId(heard.id), WorkerId(heard.actor), heard.data["assignee"]
    match heard.topic:
        case TicketAssigned.topic if assignee != doer:
            yield Wanted(WriteNotice(recipient=assignee, ticket=ticket, occasion=Occasion.ASSIGNED, doer=doer))
        case TicketRouted.topic if assignee is None:
            yield Wanted(WriteNotice(recipient=None, ticket=ticket, occasion=Occasion.UNASSIGNED, doer=doer))


NOTIFYING = Reaction(worker.NOTIFYING, TOPICS, react)
