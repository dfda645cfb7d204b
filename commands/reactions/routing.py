"""A ticket that was opened is routed, as of the instant it was received (D11)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.reactions.reaction import Heard, Reaction, Wanted
from commands.service.routing import RouteTicket
from domain.service.ticket import TicketOpened
from domain.staff import worker
from domain.values import TicketId

TOPICS = (TicketOpened.topic,)


def react(heard: Heard) -> Iterator[Wanted]:
    yield Wanted(RouteTicket(ticket=TicketId(heard.id)), heard.happened_at)


ROUTING = Reaction(worker.ROUTING, TOPICS, react)
