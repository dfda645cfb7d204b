"""Who has a ticket: given, taken, claimed by exactly one, handed over and given back (R-TCK-14)."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.service.book import read_book
from commands.sight import works_on
from domain.refusal import require
from domain.service import ticket as rule
from domain.service.holding import Holding, NobodyNamed
from domain.service.ticket import TICKET, Ticket
from domain.staff.team import TEAM, TeamUnknown
from domain.staff.worker import WORKER, WorkerNotActive, WorkerUnknown
from domain.values import Holder, TeamId, Text, TicketId, WorkerId, team_of, worker_of


class AssignTicket(Command, topic="ticket.assign", of=TICKET):
    """Give the ticket to a worker, to a team for one of them to claim, or to a worker with a team around (R-COM-8)."""

    ticket: TicketId
    assignee: WorkerId | None = None
    team: TeamId | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        require((self.assignee, self.team) != (None, None), otherwise=NobodyNamed)
        return rule.assign(own, _able(asked, Holding(self.assignee, self.team)), asked.at)


class TakeTicket(Command, topic="ticket.take", of=TICKET):
    """Take the ticket, whoever has it, and begin to work on it (R-TCK-14)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        yield from rule.take(own, asked.actor, asked.at)
        yield from rule.start(own, asked.at, read_book(asked, own.contracts()))


class ClaimTicket(Command, topic="ticket.claim", of=TICKET):
    """Take a ticket that nobody has; of two who claim at once one wins, and the other is told by whom (R-TCK-14)."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.claim(own, asked.actor, asked.at)


class HandOverTicket(Command, topic="ticket.hand-over", of=TICKET):
    """Give the ticket to another worker or a team, with a note to them; a worker keeps the team that it has."""

    ticket: TicketId
    to: Holder
    note: Text | None = None

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        worker, team = worker_of(self.to), team_of(self.to)
        kept = own.held(asked.at).team if team is None else team
        _able(asked, Holding(worker, team))
        return rule.hand_over(own, Holding(worker, kept), self.note, asked.at)


class GiveTicketBack(Command, topic="ticket.give-back", of=TICKET):
    """Have the ticket no longer: it is the team's again, for another to claim, or nobody's."""

    ticket: TicketId

    def decide(self, own: Ticket, asked: Asked) -> Decision:
        works_on(asked, own)
        return rule.give_back(own, asked.actor, asked.at)


def _able(asked: Asked, to: Holding) -> Holding:
    """Refuse who works here no longer, and a team that is none; whether they may have it is the giver's to know."""
    if to.assignee is not None:
        assignee = asked.read(WORKER, to.assignee)
        require(assignee.hired, otherwise=WorkerUnknown)
        require(assignee.active, otherwise=WorkerNotActive)
    if to.team is not None:
        require(asked.read(TEAM, to.team).formed, otherwise=TeamUnknown)
    return to
