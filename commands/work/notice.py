"""What may be asked about notices: the automaton writes them, and whom they were written to has seen them."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import InPlaceOf, lies_open, needs, needs_automaton
from domain.company.settings import COMPANY, SETTINGS
from domain.refusal import require
from domain.service.ticket import TICKET, Ticket, TicketUnknown
from domain.staff.worker import NOTIFYING, SYSTEM, WORKER, Right
from domain.values import NoticeId, TicketId, WorkerId
from domain.work import notice as rule
from domain.work.notice import NOTICE, Addressed, Notice, NoticeUnknown, Occasion


class WriteNotice(Command, topic="notice.write", of=NOTICE):
    """Tell a worker of a ticket, if it still concerns them: judged by what is so now (D27).

    Without a recipient it goes to whoever answers for tickets that nobody has; `doer` is whose act there is to tell.
    """

    recipient: WorkerId | None
    ticket: TicketId
    occasion: Occasion
    doer: WorkerId

    def decide(self, own: Notice, asked: Asked) -> Decision:
        needs_automaton(asked, NOTIFYING)
        ticket = asked.read(TICKET, self.ticket)
        require(ticket.opened_at is not None, otherwise=TicketUnknown)
        recipient = self.recipient or asked.read(SETTINGS, COMPANY).helpdesk_responsible.last
        if recipient is not None and rule.withheld(self._addressed(asked, ticket, recipient)) is None:
            yield from rule.write(own, recipient, self.ticket, self.occasion)

    def _addressed(self, asked: Asked, ticket: Ticket, recipient: WorkerId) -> Addressed:
        worker, assignee = asked.read(WORKER, recipient), ticket.assignments.last
        return Addressed(
            doer=recipient == self.doer,
            active=worker.active,
            concerned=assignee == (recipient if self.occasion is Occasion.ASSIGNED else None),
            sees=worker.holds(Right.HELPDESK, asked.now) and lies_open(InPlaceOf(asked, recipient), ticket),
        )


class ReadNotice(Command, topic="notice.read", of=NOTICE):
    """Say that one has seen a notice that was written to oneself."""

    notice: NoticeId

    def decide(self, own: Notice, asked: Asked) -> Decision:
        needs(asked, Right.BASIC)
        require(asked.actor in (own.recipient, SYSTEM), otherwise=NoticeUnknown)
        return rule.see(own)
