"""The same questions for two workers of different rights: each is shown what is theirs to know, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from adapters.composition import now
from adapters.nats.client import Client, Declined
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import FormGroup
from commands.clients.membership import JoinGroup
from commands.command import Command
from commands.service.opening import OpenTicket
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.directory import Level
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import (
    AreaId,
    ContactId,
    DirectoryId,
    GroupId,
    TeamId,
    TicketId,
    WorkerId,
    team_holder,
    worker_holder,
)
from projections.clients.client import ClientFile
from projections.clients.contact import Contacts
from projections.clients.group import GroupMembers
from projections.clients.search import ContactSearch
from projections.question import Question
from projections.service.desk import Desk, Sort
from projections.service.ticket import OneTicket
from projections.staff.sight import MySight

ADA, BO = "for Ada", "for Bo"
KEY_ACCOUNTS = "Key accounts"
NOWHERE = "00000000-0000-5000-8000-000000000000"


class Line(NamedTuple):
    """One question, and the answer that each of the two gets."""

    question: str
    ada: str
    bo: str


@dataclass(slots=True)
class TwoWorkers:
    """Ada's team may use the customers; Bo may use the key accounts, for an hour. Both are members of one area, and of
    another neither is; one group has a member from each directory.
    """

    desk: Client
    position: str = ""

    async def lines(self) -> list[Line]:
        """Everything set up by commands, and then asked."""
        ada, bo = [await self._hired(name) for name in ("Ada", "Bo")]
        customer = (await self._ask(Contacts(), SYSTEM, limit=1))["rows"][0]
        place = (await self._ask(Desk(sort=Sort.NEWEST), SYSTEM, limit=1))["rows"][0]
        area, contact, book = AreaId(place["area"]), ContactId(customer["contact"]), customer["directory_name"]
        await self._placed(ada, bo, area, DirectoryId(customer["directory"]))
        viola, partners = await self._key_accounts(bo, DirectoryId(customer["directory"]), contact)
        await self._did(OpenTicket(area=area, title="Reported by nobody we know"))
        hidden = await self._did(OpenArea(name="Complaints"))
        elsewhere = await self._did(OpenTicket(area=AreaId(hidden), customer=contact, title="Where neither is"))
        asked: list[tuple[str, Callable[[WorkerId], Awaitable[str]]]] = [
            ("my right to the customers", lambda who: self._sight(who, "directories", "level", book)),
            (f"my role in {place['area_name']}", lambda who: self._sight(who, "areas", "role")),
            ("my right to the key accounts", lambda who: self._sight(who, "directories", "level", KEY_ACCOUNTS)),
            ("contacts", lambda who: self._count(Contacts(), who)),
            ('search for "viol"', lambda who: self._count(ContactSearch(text="viol"), who)),
            ("members of the partners", lambda who: self._members(who, partners)),
            (f"desk of {place['area_name']}", lambda who: self._count(Desk(area=area), who)),
            (f"file of {customer['name']}", lambda who: self._file(who, contact)),
            ("file of Viola Rossi", lambda who: self._file(who, viola)),
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

    async def _key_accounts(
        self, bo: WorkerId, customers: DirectoryId, customer: ContactId
    ) -> tuple[ContactId, GroupId]:
        """A directory of its own with somebody in it, and a group that she and a customer are in."""
        accounts = DirectoryId(await self._did(OpenDirectory(name=KEY_ACCOUNTS)))
        for_an_hour = now() + timedelta(hours=1)
        right = SetDirectoryRight(directory=accounts, holder=worker_holder(bo), level=Level.USE, until=for_an_hour)
        await self._did(right)
        viola = ContactId(await self._did(OpenContact(directory=accounts, name="Viola Rossi")))
        partners = GroupId(await self._did(FormGroup(directory=customers, name="Partners")))
        for member in (viola, customer):
            await self._did(JoinGroup(contact=member, group=partners))
        return viola, partners

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

    async def _members(self, who: str, group: GroupId) -> str:
        try:
            return f"{(await self._ask(GroupMembers(group=group), who))['count']} counted"
        except Declined as no:
            return f"{no.status} {no.code}"

    async def _sight(self, who: str, what: str, right: str, directory: str = "") -> str:
        found = (await self._ask(MySight(), who))["row"][what]
        found = [each for each in found if directory in ("", each.get("directory_name"))]
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
