"""A company that never closes, whose contract has levels that are passed within the hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from adapters.nats.client import Client
from commands.command import Command
from commands.company.settings import (
    SetClosingRule,
    SetDefaultArea,
    SetDefaultContract,
    SetHelpdeskResponsible,
)
from commands.service.calendar import DefineCalendar
from commands.service.contract import ConcludeContract
from commands.service.opening import OpenTicket
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam, NameTeamLeader
from commands.staff.worker import GrantRight, HireWorker
from domain.service.calendar import OpeningHours
from domain.service.contract import Targets, Terms
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import AreaId, CalendarId, ContractId, TeamId, TicketId, WorkerId, worker_holder

ALWAYS = OpeningHours(zone="UTC", week=(((0, 1_440),),) * 7)
PERCENTS = (50, 80, 100, 150)
RESPONSE, RESOLUTION = timedelta(minutes=20), timedelta(minutes=40)
DAY = timedelta(days=1)
RECIPIENTS = tuple(map(Recipient, ("assignee", "team-leader", "helpdesk")))


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


def terms(calendar: CalendarId) -> Terms:
    """Each target with all these levels."""
    levels = tuple(
        Level(target=target, percent=percent, recipients=RECIPIENTS)
        for target in (Target.FIRST_RESPONSE, Target.RESOLUTION)
        for percent in PERCENTS
    )
    times = Targets(first_response_seconds=_seconds(RESPONSE), resolution_seconds=_seconds(RESOLUTION))
    return Terms(calendar=calendar, general=times, levels=levels)


class Company:
    """Whoever sets it up, and reports problems."""

    other: ContractId
    """With the same text as the one that tickets get."""
    worker: WorkerId
    """Who leads a team, and answers for the helpdesk."""

    def __init__(self, operator: Client) -> None:
        self.operator = operator

    async def did(self, command: Command) -> str:
        """The id of the thing."""
        return (await self.operator.send(command, actor=SYSTEM)).id

    async def opened(self, tickets: int) -> Sequence[TicketId]:
        """A company, and so many tickets that nobody has, under its default contract."""
        self.worker = worker = WorkerId(await self.did(HireWorker(name="Anna Rossi")))
        await self.did(GrantRight(worker=worker, right=Right.HELPDESK))
        team = TeamId(await self.did(FormTeam(name="First line")))
        await self.did(AddTeamMember(team=team, worker=worker))
        await self.did(NameTeamLeader(team=team, worker=worker))
        area = AreaId(await self.did(OpenArea(name="Helpdesk")))
        await self.did(GiveAreaRole(area=area, holder=worker_holder(worker), role=Role.MEMBER))
        await self.did(SetDefaultArea(area=area))
        await self.did(SetHelpdeskResponsible(responsible=worker))
        calendar = CalendarId(await self.did(DefineCalendar(name="Always", hours=ALWAYS)))
        usual, self.other = [
            ContractId(await self.did(ConcludeContract(name=name, terms=terms(calendar)))) for name in ("A", "B")
        ]
        await self.did(SetDefaultContract(contract=usual))
        await self.did(SetClosingRule(after_seconds=_seconds(DAY), calendar=calendar))
        return [TicketId(await self.did(OpenTicket(title=f"It is broken {n}"))) for n in range(tickets)]
