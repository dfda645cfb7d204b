"""Who may have a ticket explained: whoever may know of it; an auditor, as an exception (D34)."""

from __future__ import annotations

from commands.permission import holds
from commands.retrospect import Present
from commands.sight import knows_of
from domain.refusal import require
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.worker import SYSTEM, Right
from domain.values import TicketId

ASKED_BY = "who may know of the ticket; an auditor, as an exception"


def opened(asked: Present, id: TicketId) -> Right | None:
    """Refuse a ticket that is not for the asker to know of, as if there were none (D16, D34).

    The right by which alone it was opened, if that is an exception.
    """
    ticket = asked.read(TICKET, id)
    require(ticket.opened_at is not None, otherwise=TicketUnknown)
    if asked.actor == SYSTEM or knows_of(asked, ticket):
        return None
    require(holds(asked, Right.AUDITOR), otherwise=TicketUnknown)
    return Right.AUDITOR
