"""A ticket is with one worker, or with a team of whom nobody has claimed it yet, or with nobody (D11, R-TCK-14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from domain.fact import Event
from domain.personal import Masked, Personal, Purpose
from domain.refusal import Refused, require
from domain.service.assignment import Assignment, Step
from domain.values import SubjectId, TeamId, Text, WorkerId


class TicketRouted(Event, topic="ticket.routed"):
    """Whom the chain chose at this instant, and what each step came to; nobody is an alert (D11)."""

    assignee: WorkerId | None
    steps: tuple[Step, ...]
    team: TeamId | None = None


class TicketAssigned(Event, topic="ticket.assigned"):
    """The ticket is this worker's from here on; a team with it narrows who may see it (R-COM-8)."""

    assignee: WorkerId
    team: TeamId | None = None


class TicketTeamAssigned(Event, topic="ticket.team-assigned"):
    """The ticket is the team's from here on, for one of them to claim (R-TCK-14)."""

    team: TeamId


class TicketGivenBack(Event, topic="ticket.given-back"):
    """Whoever had the ticket has it no longer; it stays the team's that it was given to, unless that goes as well."""

    team_too: bool = False


class TicketHandedOver(Event, topic="ticket.handed-over"):
    """Why the ticket goes to somebody else, for whoever has it next."""

    subject: SubjectId
    note: Annotated[Text | Masked, Personal("subject", Purpose.CONTENT)]


HoldingEvent = TicketRouted | TicketAssigned | TicketTeamAssigned | TicketGivenBack | TicketHandedOver


class TicketClaimed(Refused):
    """Somebody else has the ticket already; the answer is about them."""


class NobodyNamed(Refused):
    """A ticket is assigned to a worker, to a team, or to both; to give it back is another request."""


class TicketNotHeld(Refused):
    """The ticket is not yours to give back."""


class Holding(NamedTuple):
    """Who has the ticket, and the team it was given to."""

    assignee: WorkerId | None = None
    team: TeamId | None = None


NOBODY = Holding()


def give(holding: Holding, to: Holding) -> Iterator[HoldingEvent]:
    """Given to whoever has it already, it changes nothing; given to nobody, it is given back."""
    if to == holding:
        return
    if to.assignee is not None:
        yield TicketAssigned(assignee=to.assignee, team=to.team)
    elif to.team is not None:
        yield TicketTeamAssigned(team=to.team)
    else:
        yield TicketGivenBack(team_too=True)


def needs_unclaimed(holding: Holding, worker: WorkerId) -> None:
    """Refuse who would claim what somebody else has, and tell by whom it is claimed (R-TCK-14)."""
    if holding.assignee is not None and holding.assignee != worker:
        raise TicketClaimed(holding.assignee)


def give_back(holding: Holding, worker: WorkerId) -> Iterator[HoldingEvent]:
    """To the team it was given to, or to nobody; what one has given back already is not given back again."""
    require(holding.assignee in (None, worker), otherwise=TicketNotHeld)
    if holding.assignee is not None:
        yield TicketGivenBack()


def route(holding: Holding, chosen: Assignment, before: Assignment | None) -> Iterator[HoldingEvent]:
    """Where somebody has the ticket, and where the chain came to the same before, nothing happens."""
    if holding == NOBODY and chosen != before:
        yield from route_again(holding, chosen, before)


def route_again(holding: Holding, chosen: Assignment, before: Assignment | None) -> Iterator[HoldingEvent]:
    """From whoever has it to whom the chain chooses, also where that is nobody; what is so already is not told anew."""
    to = Holding(chosen.assignee, chosen.team)
    if chosen != before or holding != to:
        yield TicketRouted(assignee=chosen.assignee, steps=chosen.steps, team=chosen.team)
    yield from give(holding, to)


def evolve(holding: Holding, event: TicketAssigned | TicketTeamAssigned | TicketGivenBack) -> Holding:
    match event:
        case TicketAssigned(assignee=assignee, team=team):
            return Holding(assignee, team)
        case TicketTeamAssigned(team=team):
            return Holding(None, team)
        case TicketGivenBack(team_too=team_too):
            return NOBODY if team_too else holding._replace(assignee=None)
