"""Who a level's recipients are at the moment it fires; instead of those who cannot hear of it somebody else does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from commands.command import Asked
from commands.lookup import TEAMS_OF
from commands.permission import InPlaceOf
from commands.sight import knows_of
from domain.company.settings import COMPANY, SETTINGS
from domain.service.escalation import Told
from domain.service.level import Recipient, Role
from domain.service.ticket import Ticket
from domain.staff.area import AREA
from domain.staff.team import TEAM
from domain.staff.worker import WORKER
from domain.values import TeamId, WorkerId, team_of, worker_of

Workers = Iterable[WorkerId | None]


def told(asked: Asked, ticket: Ticket, recipients: Iterable[Recipient]) -> tuple[Told, ...]:
    """Everybody, for each of those they are (N-9).

    Instead of who left or may not know of the ticket, and where a role is nobody's, whoever answers for the helpdesk
    is told (R-SLA-7), if that is somebody who may know of it.
    """
    helpdesk = _helpdesk(asked)
    stand_in = helpdesk if helpdesk is not None and _may_hear(asked, ticket, helpdesk) else None
    found: list[Told] = []
    for recipient in recipients:
        for worker in [*_workers(asked, ticket, recipient)] or [None]:
            if worker is not None and _may_hear(asked, ticket, worker):
                found.append(Told(worker=worker, recipient=recipient))
            elif (stand_in or worker) is not None:
                found.append(Told(worker=stand_in, recipient=recipient, instead_of=worker))
    return tuple(found)


def _workers(asked: Asked, ticket: Ticket, recipient: Recipient) -> Workers:
    team = team_of(recipient)
    if team is not None:
        return sorted(asked.read(TEAM, team).members)
    worker = worker_of(recipient)
    return ROLES[Role(recipient)](asked, ticket) if worker is None else [worker]


def _leaders(asked: Asked, ticket: Ticket) -> Iterator[WorkerId | None]:
    """Of the team that the ticket was given to; without one, of those that its assignee is in."""
    held = ticket.holding
    if held.team is not None:
        yield asked.read(TEAM, held.team).leader
    elif held.assignee is not None:
        for team in _teams(asked, held.assignee):
            yield asked.read(TEAM, team).leader


def _teams(asked: Asked, worker: WorkerId) -> list[TeamId]:
    """What was looked up is read again, so that a guard stands for it."""
    found = [each.team for each in asked.find(TEAMS_OF, worker)]
    asked.bring(TEAM, found)
    return [team for team in found if worker in asked.read(TEAM, team).members]


def _area_head(asked: Asked, ticket: Ticket) -> Workers:
    return [] if ticket.area is None else [asked.read(AREA, ticket.area).head]


def _helpdesk(asked: Asked) -> WorkerId | None:
    return asked.read(SETTINGS, COMPANY).helpdesk_responsible.at(asked.now)


ROLES: Mapping[Role, Callable[[Asked, Ticket], Workers]] = {
    Role.ASSIGNEE: lambda _, ticket: [ticket.holding.assignee],
    Role.TEAM_LEADER: _leaders,
    Role.AREA_HEAD: _area_head,
    Role.HELPDESK: lambda asked, _: [_helpdesk(asked)],
}
"""Who is meant by a role, as the ticket stands now."""


def _may_hear(asked: Asked, ticket: Ticket, worker: WorkerId) -> bool:
    """Still here, and may know of the ticket (D27)."""
    return asked.read(WORKER, worker).active and knows_of(InPlaceOf(asked, worker), ticket)
