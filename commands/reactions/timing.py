"""What has come by itself is asked for, under an id that says what and for which instant: the same whoever asks."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import NamedTuple

from commands.command import Command
from commands.reactions.reaction import NAMES, Call
from commands.service.escalation import CloseUnanswered, EscalateTicket, StateMisses
from domain.service.target import Target
from domain.service.timer import CLOSING, MISSED
from domain.values import TicketId


class Coming(NamedTuple):
    """What is to come of a ticket: the next level of a promise; or its closing, or a miss, of which the due is all."""

    ticket: TicketId
    what: str
    due: datetime
    since: datetime | None
    assignment: int | None
    percent: int | None


def asked(coming: Coming) -> Call:
    """The request, which happens when it is received: by the clock of the service, and not of who asks."""
    since = None if coming.since is None else coming.since.astimezone(timezone.utc)
    coming = coming._replace(due=coming.due.astimezone(timezone.utc), since=since)
    id = uuid.uuid5(NAMES, "timer/" + "/".join(map(str, coming)))
    return Call(str(id), _command(coming), None)


def _command(coming: Coming) -> Command:
    ticket, what, due, since, assignment, percent = coming
    if what == CLOSING:
        return CloseUnanswered(ticket=ticket, due=due)
    if what.startswith(MISSED):
        return StateMisses(ticket=ticket, due=due)
    assert assignment is not None
    assert percent is not None
    return EscalateTicket(
        ticket=ticket, target=Target(what), since=since, assignment=assignment, percent=percent, due=due
    )
