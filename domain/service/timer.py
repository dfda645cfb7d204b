"""What comes of a ticket by itself: levels of its promises are passed, and it closes where nobody answers.

Whoever asks and whenever: this alone says what is due, and when (D8, R-TCK-13).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.company.settings import ClosingRule
from domain.service.calendar import Calendar
from domain.service.escalation import Running
from domain.service.promise import Book, walk
from domain.service.ticket import Ticket

CLOSING, MISSED = "closing", "missed:"
"""What comes of a ticket beside its levels: that it closes, and that a promise was missed, which stands behind that."""


def running(ticket: Ticket, book: Book, at: datetime) -> Iterator[Running]:
    """The promises that have levels, by the contract and the text in force at the instant (D7)."""
    contract, assignment = ticket.contract(at), ticket.promised.at(at)
    if contract is None or assignment is None:
        return
    levels = book.contracts[contract].as_of(at).terms.levels
    if not levels:
        return
    for target, clock in walk(ticket.moments, book, at).items():
        yield Running(target, clock, assignment, [level for level in levels if level.target is target])


def closes_at(ticket: Ticket, rule: ClosingRule | None, calendar: Calendar | None, at: datetime) -> datetime | None:
    """When the ticket closes by itself, as it stands at the instant; None where it does not (R-TCK-13)."""
    if rule is None or calendar is None or (resolved_at := ticket.resolved_at(at)) is None:
        return None
    return calendar.as_of(at).reach(resolved_at, timedelta(seconds=rule.after_seconds))
