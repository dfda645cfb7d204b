"""The same questions for two workers of different rights: each is shown what is theirs to know, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from adapters.nats.client import Client, Declined
from commands.clients.directory import SetDirectoryRight
from commands.command import Command
from commands.service.ticket import OpenTicket
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.directory import Level
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import AreaId, ContactId, DirectoryId, TeamId, TicketId, WorkerId, team_holder, worker_holder
from projections.clients.contact import ClientFile, Contacts
from projections.question import Question
from projections.service.desk import Desk, Sort
from projections.service.ticket import OneTicket
from projections.staff.sight import MySight

ADA, BO = "for Ada", "for Bo"
NOWHERE = "00000000-0000-5000-8000-000000000000"


class Line(NamedTuple):
    """One question, and the answer that each of the two gets."""

    question: str
    ada: str
    bo: str


@dataclass(slots=True)
class TwoWorkers:
    """Ada's team may use the directory; Bo may not. Both are members of one area, and of another neither is."""

    desk: Client
    position: str = ""

    async def lines(self) -> list[Line]:
        """Everything set up by commands, and then asked."""
        ada, bo = [await self._hired(name) for name in ("Ada", "Bo")]
        customer = (await self._ask(Contacts(), SYSTEM, limit=1))["rows"][0]
        place = (await self._ask(Desk(sort=Sort.NEWEST), SYSTEM, limit=1))["rows"][0]
        area, contact = AreaId(place["area"]), ContactId(customer["contact"])
        await self._placed(ada, bo, area, DirectoryId(customer["directory"]))
        await self._did(OpenTicket(area=area, title="Reported by nobody we know"))
        hidden = await self._did(OpenArea(name="Complaints"))
        elsewhere = await self._did(OpenTicket(area=AreaId(hidden), customer=contact, title="Where neither is"))
        asked: list[tuple[str, Callable[[WorkerId], Awaitable[str]]]] = [
            ("my right to the customers", lambda who: self._sight(who, "directories", "level")),
            (f"my role in {place['area_name']}", lambda who: self._sight(who, "areas", "role")),
            ("contacts", lambda who: self._count(Contacts(), who)),
            (f"desk of {place['area_name']}", lambda who: self._count(Desk(area=area), who)),
            (f"file of {customer['name']}", lambda who: self._file(who, contact)),
            ("file of nobody", lambda who: self._file(who, ContactId(NOWHERE))),
            ("ticket of another area", lambda who: self._ticket(who, TicketId(elsewhere))),
            ("ticket that is not there", lambda who: self._ticket(who, TicketId(NOWHERE))),
        ]
        return [Line(question, await ask(ada), await ask(bo)) for question, ask in asked]

    async def _hired(self, name: str) -> WorkerId:
        worker = WorkerId(await self._did(HireWorker(name=name)))
        for right in (Right.BASIC, Right.HELPDESK):
            await self._did(GrantRight(worker=worker, right=right))
        return worker

    async def _placed(self, ada: WorkerId, bo: WorkerId, area: AreaId, directory: DirectoryId) -> None:
        team = TeamId(await self._did(FormTeam(name="Front desk")))
        await self._did(AddTeamMember(team=team, worker=ada))
        await self._did(SetDirectoryRight(directory=directory, holder=team_holder(team), level=Level.USE))
        for holder in (team_holder(team), worker_holder(bo)):
            await self._did(GiveAreaRole(area=area, holder=holder, role=Role.MEMBER))

    async def _did(self, command: Command) -> str:
        done = await self.desk.send(command, actor=SYSTEM)
        self.position = done.position
        return done.id

    async def _ask(self, question: Question, who: str, **page: Any) -> dict[str, Any]:
        """By what is known of everything done so far."""
        return await self.desk.query(question, actor=who, min_position=self.position, **page)

    async def _count(self, question: Question, who: str) -> str:
        rows, cursor = 0, None
        while True:
            page = await self._ask(question, who, limit=1000, cursor=cursor)
            rows += len(page["rows"])
            cursor = page["next"]
            if cursor is None:
                return f"{rows} rows"

    async def _sight(self, who: str, what: str, right: str) -> str:
        found = (await self._ask(MySight(), who))["row"][what]
        told = [f"{each[right]}, {each['team_name'] or 'in person'}" for each in found]
        return "; ".join(told) or "none"

    async def _file(self, who: str, contact: ContactId) -> str:
        try:
            file = (await self._ask(ClientFile(contact=contact), who))["row"]
        except Declined as no:
            return f"{no.status} {no.code}"
        more = " or more" if file["more_tickets"] else ""
        return f"{len(file['tickets'])}{more} tickets"

    async def _ticket(self, who: str, ticket: TicketId) -> str:
        try:
            return str((await self._ask(OneTicket(ticket=ticket), who))["row"]["title"])
        except Declined as no:
            return f"{no.status} {no.code}"
