"""Open tickets that their assignees would see no longer, and where the chain would skip them (D11, D12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.permission import InPlaceOf
from commands.reckoning import Row
from commands.retrospect import Present, Supposed
from commands.service.routing import chosen
from commands.sight import TICKET_TESTS, Condition, standing
from domain.service.assignment import Ineligible, Step, lacking
from domain.service.ticket import TICKET, Ticket
from domain.values import TicketId, WorkerId


class TicketUnseen(Row):
    """An open ticket that its assignee would no longer see, by which tests, and where the chain would skip them."""

    ticket: TicketId
    worker: WorkerId
    tests: tuple[Condition, ...]
    reason: Ineligible | None
    steps: tuple[Step, ...]


def unseen(asked: Present, after: Supposed, charges: Iterable[tuple[WorkerId, TicketId]]) -> Iterator[TicketUnseen]:
    """Of these, each with who has it now; what would be handed over is lost to nobody."""
    for worker, id in charges:
        before, then = asked.read(TICKET, id), after.read(TICKET, id)
        if then.holding.assignee != worker or _failed(InPlaceOf(asked, worker), before):
            continue
        if failed := _failed(InPlaceOf(after, worker), then):
            reason = lacking(standing(after, then, worker, after.now))
            steps = tuple(each for each in chosen(after, then, after.now).steps if each.candidate == worker)
            yield TicketUnseen(ticket=id, worker=worker, tests=failed, reason=reason, steps=steps)


def _failed(them: InPlaceOf, ticket: Ticket) -> tuple[Condition, ...]:
    """The tests that are not passed."""
    return tuple(name for name, test in TICKET_TESTS.items() if not test(them, ticket).passed)
