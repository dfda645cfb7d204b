"""Whom tickets would have gone to, had the company been staffed otherwise: the chain run again, nothing written (N-5).

Each ticket is routed as it was routed first, on what stood in the log just before, with what is supposed in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from commands.lookup import RECEIVED
from commands.reckoning import Mention, Reckoned, Reckoning, Row, Told
from commands.reckonings.received import ASKED_BY, meant, needs_analyst, read_until
from commands.reckonings.rerouted import Past, bring, first_routed
from commands.reckonings.restaffed import SupposedStaff
from commands.retrospect import Present
from domain.fact import Fact
from domain.service.assignment import Assignment, Ineligible, Result, Source
from domain.service.holding import TicketRouted
from domain.staff.team import TEAM
from domain.staff.worker import WORKER
from domain.values import AreaId, Instant, TeamId, TicketId, WorkerId

MOST_TICKETS, MOST_MOVES = 2_000, 1_000
"""Routed again for one answer, and told of one by one."""


class Chosen(Row):
    """Whom the chain chose, and by which of its steps; none of all: nobody may have it."""

    assignee: WorkerId | None
    team: TeamId | None
    source: Source | None


class Moved(Row):
    """A ticket that would have gone to somebody else.

    `reason` is why who was chosen would have been passed over; without one an earlier step would have won, or they
    would not have been named.
    """

    ticket: TicketId
    at: datetime
    before: Chosen
    after: Chosen
    reason: Ineligible | None


class Load(Row):
    """How many tickets the chain gave to a worker, to a team, or to nobody, and how many it would have given them."""

    assignee: WorkerId | None
    team: TeamId | None
    before: int
    after: int


class StaffingTold(Told):
    """`tickets` were routed again, and `moved` of them would have gone to somebody else; the first are told.

    `read_until` is where to go on, as `since`, where there were more tickets than one answer looks at.
    """

    tickets: int
    moved: int
    loads: tuple[Load, ...]
    moves: tuple[Moved, ...]
    read_until: datetime | None


class WhatIfStaffing(Reckoning[StaffingTold], name="what-if-staffing", asked_by=ASKED_BY):
    """The tickets received in a time, given by the chain to whom it would have chosen, had this been the staff (N-5).

    What is supposed is taken to have been so all the time; from `since` on, up to but not at `until`.
    """

    since: Instant
    until: Instant
    area: AreaId | None = None
    staff: SupposedStaff
    most_moves: Annotated[int, Field(ge=0, le=MOST_MOVES)] = 100

    def reckon(self, asked: Present) -> Reckoned:
        needs_analyst(asked)
        staff = self.staff.changes(asked)
        received = asked.find(RECEIVED, meant(asked, self.since, self.until, self.area, MOST_TICKETS))
        found = Found(self.most_moves)
        bring(asked, [each.ticket for each in received])
        past = Past(asked, staff)
        for each in received:
            for fact, event in first_routed(asked, each.ticket):
                found.take(each.ticket, fact, event, past.chosen(each.ticket, fact))
        row = StaffingTold(
            tickets=found.tickets,
            moved=found.moved,
            loads=tuple(found.loads()),
            moves=tuple(found.moves),
            read_until=read_until(received, MOST_TICKETS),
        )
        return Reckoned(row, frozenset(_mentioned(row)))


class Goes(NamedTuple):
    """To whom: a worker, a team, a worker with a team around, or nobody."""

    assignee: WorkerId | None
    team: TeamId | None


@dataclass(slots=True)
class Found:
    """What became of the tickets so far; of those that moved only the first are kept."""

    most: int
    tickets: int = 0
    moved: int = 0
    moves: list[Moved] = field(default_factory=list)
    before: Counter[Goes] = field(default_factory=Counter)
    after: Counter[Goes] = field(default_factory=Counter)

    def take(self, ticket: TicketId, fact: Fact[Any], recorded: TicketRouted, would: Assignment) -> None:
        was = Assignment(assignee=recorded.assignee, team=recorded.team, steps=recorded.steps)
        goes, would_go = Goes(was.assignee, was.team), Goes(would.assignee, would.team)
        self.tickets += 1
        self.before[goes] += 1
        self.after[would_go] += 1
        if goes == would_go:
            return
        self.moved += 1
        if len(self.moves) < self.most:
            self.moves.append(
                Moved(
                    ticket=ticket,
                    at=fact.happened_at,
                    before=_chosen(was),
                    after=_chosen(would),
                    reason=_reason(was, would),
                )
            )

    def loads(self) -> Iterator[Load]:
        everybody = {*self.before, *self.after}
        for goes in sorted(everybody, key=lambda each: (each.assignee or "", each.team or "")):
            yield Load(assignee=goes.assignee, team=goes.team, before=self.before[goes], after=self.after[goes])


def _chosen(found: Assignment) -> Chosen:
    won = next((step.source for step in found.steps if step.result is Result.CHOSEN), None)
    return Chosen(assignee=found.assignee, team=found.team, source=won)


def _reason(was: Assignment, would: Assignment) -> Ineligible | None:
    """What the step that won came to."""
    won = next((step for step in was.steps if step.result is Result.CHOSEN), None)
    if won is None:
        return None
    same = (step.reason for step in would.steps if (step.source, step.candidate) == (won.source, won.candidate))
    return next(same, None)


def _mentioned(row: StaffingTold) -> Iterator[Mention]:
    """Whoever had a ticket, or would have had one."""
    yield from ((WORKER.kind, each.assignee) for each in row.loads if each.assignee is not None)
    yield from ((TEAM.kind, each.team) for each in row.loads if each.team is not None)
