"""Open deadlines that a revision of a contract or of a calendar would move (D7); nothing else moves any (D1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from commands.command import Reading
from commands.lookup import OPEN_TICKETS
from commands.reckoning import Row
from commands.reckonings.touched import Changed
from commands.retrospect import Present, Supposed
from commands.service.book import read_book
from domain.service.calendar import CALENDAR
from domain.service.clock import Outcome
from domain.service.contract import CONTRACT
from domain.service.promise import forecast
from domain.service.target import Target
from domain.service.ticket import TICKET, Ticket
from domain.values import TicketId


class DeadlineMoved(Row):
    """A target of an open ticket, when it is due now, and when it would be; never, where it is empty."""

    ticket: TicketId
    target: Target
    before: datetime | None
    after: datetime | None


def moved(asked: Present, after: Supposed, things: Iterable[Changed], most: int) -> list[DeadlineMoved]:
    """Of so many tickets at most; of one more, if there is one, so that it shows."""
    if not any(decider in (CONTRACT, CALENDAR) for decider, _ in things):
        return []
    tickets = [TicketId(each.thing) for each in asked.find(OPEN_TICKETS, str(most + 1))]
    asked.bring(TICKET, tickets)
    return [each for ticket in tickets for each in _moved(asked, after, ticket)]


def _moved(asked: Present, after: Supposed, id: TicketId) -> Iterator[DeadlineMoved]:
    ticket = asked.read(TICKET, id)
    before, then = _due(asked, ticket, asked.now), _due(after, ticket, asked.now)
    for target in Target:
        if before.get(target) != then.get(target):
            yield DeadlineMoved(ticket=id, target=target, before=before.get(target), after=then.get(target))


def _due(view: Reading, ticket: Ticket, now: datetime) -> dict[Target, datetime | None]:
    """When each open target is due."""
    found = forecast(ticket.moments, read_book(view, sorted(ticket.contracts())), now)
    return {target: judged.due for target, judged in found.items() if judged.outcome is Outcome.OPEN}
