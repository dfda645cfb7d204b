"""A case's rows, in their order, as the commands of a ticket's life."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from adapters.helpdesk.log import Activity, Row
from adapters.helpdesk.step import Names, Step
from commands.command import Command
from commands.service.exchange import LogCall
from commands.service.holding import TakeTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import (
    AssessTicket,
    CloseTicket,
    HoldTicket,
    NoteOnTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
)
from domain.values import AreaId, ContactId, IncidentTypeId, TicketId

RESOLVES = frozenset({Activity.RESOLVE, Activity.RESOLVED})
GIVES_UP = frozenset({Activity.INVALID, Activity.DUPLICATE})
ENDS = RESOLVES | GIVES_UP | {Activity.CLOSE}
NOTES_OF_WORK = frozenset({Activity.UPGRADE, Activity.ANOMALY, Activity.FIXED, Activity.VISIT})


class Stage(Enum):
    """How far the ticket is; `GIVEN_UP` is closed without ever being resolved."""

    RECEIVED = auto()
    IN_WORK = auto()
    WAITING = auto()
    RESOLVED = auto()
    CLOSED = auto()
    GIVEN_UP = auto()


OVER = frozenset({Stage.RESOLVED, Stage.CLOSED, Stage.GIVEN_UP})


def steps(rows: Sequence[Row], names: Names) -> list[Step]:
    """The commands of one case; each row's worker acts, at the row's instant."""
    case = Case(TicketId(names.thing("ticket", rows[0].case, 0, 0)))
    found = []
    for number, row in enumerate(rows):
        opening = [_opening(row, names)] if number == 0 else []
        for ordinal, command in enumerate([*opening, *case.tell(row.activity, row.seriousness)]):
            id = names.command("ticket", row.case, number, ordinal)
            worker = names.thing("worker", row.resource)
            found.append(Step(id, command, worker, row.completed_at, f"{row.case}, line {row.line}"))
    return found


def _opening(row: Row, names: Names) -> OpenTicket:
    return OpenTicket(
        customer=ContactId(names.thing("customer", row.customer)),
        incident_type=IncidentTypeId(names.thing("service type", row.service_type)),
        area=AreaId(names.thing("section", row.responsible_section)),
        title=row.case,
        product=row.product,
        reference=row.case,
    )


@dataclass(slots=True)
class Case:
    """One ticket as far as it was told."""

    ticket: TicketId
    stage: Stage = Stage.RECEIVED
    answered: bool = False

    def tell(self, activity: Activity, seriousness: str) -> Iterator[Command]:
        """The commands that say what the row says."""
        yield from self._awakened(activity)
        if activity is Activity.ASSESS:
            yield AssessTicket(ticket=self.ticket, severity=seriousness)
        elif activity is Activity.TAKE:
            yield from self._taken()
        elif activity is Activity.WAIT:
            self.stage = Stage.WAITING
            yield HoldTicket(ticket=self.ticket)
        elif activity in NOTES_OF_WORK:
            yield from self._worked_on(activity)
        elif activity is Activity.VERIFIED:
            yield NoteOnTicket(ticket=self.ticket, text=activity)
        elif activity in ENDS:
            yield from self._ended(activity)

    def _awakened(self, activity: Activity) -> Iterator[Command]:
        """Any other row ends the waiting; any but a note and an end opens again what was over."""
        given_up_then_resolved = self.stage is Stage.GIVEN_UP and activity in RESOLVES
        if self.stage in OVER and (activity not in ENDS | {Activity.VERIFIED} or given_up_then_resolved):
            self.stage = Stage.IN_WORK
            yield ReopenTicket(ticket=self.ticket)
        if self.stage is Stage.WAITING and activity not in ENDS | {Activity.WAIT}:
            self.stage = Stage.IN_WORK
            yield ResumeTicket(ticket=self.ticket)

    def _taken(self) -> Iterator[Command]:
        """The case's first taking is its first response too."""
        self.stage = Stage.IN_WORK
        yield TakeTicket(ticket=self.ticket)
        if not self.answered:
            self.answered = True
            yield LogCall(ticket=self.ticket, answered=True)

    def _worked_on(self, activity: Activity) -> Iterator[Command]:
        """Whoever reports work on a ticket that nobody has taken has taken it."""
        if self.stage is Stage.RECEIVED:
            self.stage = Stage.IN_WORK
            yield TakeTicket(ticket=self.ticket)
        yield NoteOnTicket(ticket=self.ticket, text=activity)

    def _ended(self, activity: Activity) -> Iterator[Command]:
        """An end of what has ended changes nothing; a resolution of what is closed is not even asked for."""
        closed = self.stage in (Stage.CLOSED, Stage.GIVEN_UP)
        if activity in RESOLVES and not closed:
            self.stage = Stage.RESOLVED
            yield ResolveTicket(ticket=self.ticket)
        elif activity is Activity.CLOSE:
            if self.stage not in OVER:
                yield ResolveTicket(ticket=self.ticket)
            self.stage = self.stage if closed else Stage.CLOSED
            yield CloseTicket(ticket=self.ticket)
        elif activity in GIVES_UP:
            resolved = self.stage in (Stage.RESOLVED, Stage.CLOSED)
            self.stage = Stage.CLOSED if resolved else Stage.GIVEN_UP
            yield CloseTicket(ticket=self.ticket, reason=activity.lower())
