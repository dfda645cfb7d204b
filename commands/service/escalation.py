"""What may be asked when time has passed: by the timer alone, which only asks; what is due is found out here (D8)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from commands.command import Asked, Command, Decision
from commands.lookup import NotReady
from commands.permission import needs_automaton
from commands.service.book import read_book
from commands.service.recipient import told
from domain.company.settings import COMPANY, SETTINGS
from domain.service import escalation, timer
from domain.service import ticket as rule
from domain.service.calendar import CALENDAR
from domain.service.clock import Outcome
from domain.service.escalation import Fired, Running
from domain.service.status import Status
from domain.service.target import Target
from domain.service.ticket import TICKET, Ticket
from domain.staff.worker import TIMER
from domain.values import Instant, TicketId


class NotYetDue(NotReady):
    """Nothing of this is due by the clock of the service, or no longer; ask again when it is."""


class EscalateTicket(Command, topic="ticket.escalate", of=TICKET):
    """Tell of the highest level that was passed by now and not told of; those below it are skipped (D8, R-SLA-9).

    `assignment` is the version of the fact by which the ticket came under its contract, `since` when the round of a
    next response began, and `due` when the level is passed as far as whoever asks knows. Of a level that was told of,
    or skipped, nothing more follows. Where nothing is due that is no answer to keep: it may be tomorrow, at the very
    instant that is asked about today.
    """

    ticket: TicketId
    target: Target
    since: Instant | None = None
    assignment: Annotated[int, Field(ge=1)]
    percent: Annotated[int, Field(ge=1, le=1_000)]
    due: Instant

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        needs_automaton(asked, TIMER)
        rule.known_at(own, asked.now)
        if Fired(self.target, self.since, self.assignment, self.percent) in own.fired:
            return
        running = self._meant(own, asked)
        found = [] if running is None else escalation.passed(running, own.fired, asked.now)
        if running is None or not found:
            raise NotYetDue
        yield from escalation.escalate(running, own.fired, found, told(asked, own, found[-1].level.recipients))

    def _meant(self, own: Ticket, asked: Asked) -> Running | None:
        """The promise, if it is still the one that was asked about."""
        book, meant = read_book(asked, own.contracts()), (self.target, self.since, self.assignment)
        promises = timer.running(own, book, asked.now)
        return next((each for each in promises if (each.target, each.clock.since, each.assignment) == meant), None)


class StateMisses(Command, topic="ticket.state-misses", of=TICKET):
    """State that promises of the ticket were missed whose due has passed while nothing happened (D6, D32).

    `due` is that of one of them, as far as whoever asks knows. What was stated is not stated again.
    """

    ticket: TicketId
    due: Instant

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        needs_automaton(asked, TIMER)
        if any(each.judgement[:2] == (Outcome.MISSED, self.due) for each in own.stated.values()):
            return
        found = [*rule.state_misses(own, asked.now, read_book(asked, own.contracts()))]
        if not found:
            raise NotYetDue
        yield from found


class CloseUnanswered(Command, topic="ticket.close-unanswered", of=TICKET):
    """Close what was resolved and found no answer for as long as the company waits; closed, it stays (R-TCK-13).

    `due` is when that is, as far as whoever asks knows.
    """

    ticket: TicketId
    due: Instant

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        needs_automaton(asked, TIMER)
        rule.known_at(own, asked.at)
        if own.status(asked.at) is Status.CLOSED:
            return ()
        waits = asked.read(SETTINGS, COMPANY).closing_rule.at(asked.at)
        calendar = None if waits is None else asked.read(CALENDAR, waits.calendar)
        due = timer.closes_at(own, waits, calendar, asked.at)
        if due is None or asked.at < due:
            raise NotYetDue
        return rule.close(own, None, asked.at, read_book(asked, own.contracts()))
