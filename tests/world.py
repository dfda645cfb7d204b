"""The smallest company in which every command has something to be about."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

from adapters.envelope import thing_id
from adapters.nats.client import Client, new_command_id
from adapters.nats.file_client import Source, put_file
from commands.clients.address import AddAddress, ChangeAddress
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import FormGroup
from commands.clients.membership import JoinGroup
from commands.command import Command
from commands.company.process_area import ListProcessArea
from commands.company.settings import ListSeverities, SetDefaultArea, SetDefaultContract
from commands.service.calendar import DefineCalendar
from commands.service.contract import ConcludeContract
from commands.service.incident_type import ListIncidentType
from commands.service.opening import OpenTicket
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.team import AddTeamMember, FormTeam
from commands.staff.worker import GrantRight, HireWorker
from commands.talk.gateway import OpenGateway
from domain.clients.address import AddressKind
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.service.calendar import OpeningHours
from domain.service.contract import Targets, Terms
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import (
    AddressId,
    AreaId,
    CalendarId,
    ContactId,
    ContractId,
    DirectoryId,
    FileId,
    GatewayId,
    GroupId,
    IncidentTypeId,
    ProcessAreaId,
    TeamId,
    TicketId,
    WorkerId,
    worker_holder,
)

SEVERITIES = ("high", "low")
OFFICE = OpeningHours(zone="Europe/Rome", week=(((540, 1080),),) * 5 + ((), ()))
CONTENT = b"What lies in the cellar."
PROMISE = Targets(first_response_seconds=3600, resolution_seconds=28800)


@dataclass(frozen=True, slots=True)
class World:
    """One thing of each kind; the worker may do everything but record late facts.

    The contract is not the one the ticket has.
    """

    worker: WorkerId
    team: TeamId
    area: AreaId
    directory: DirectoryId
    contact: ContactId
    group: GroupId
    calendar: CalendarId
    contract: ContractId
    incident_type: IncidentTypeId
    ticket: TicketId
    file: FileId
    """Put for the contact, and waiting to be attached."""
    address: AddressId
    """A postal one of the contact, which takes any text."""
    organisation: ContactId
    branch: ContactId
    process_area: ProcessAreaId
    gateway: GatewayId

    def ids(self) -> dict[str, str]:
        """The ids by the name of the field that holds such an id."""
        workers = dict.fromkeys(("actor", "assignee", "responsible", "recipient", "doer"), self.worker)
        others = dict.fromkeys(("employer", "whole", "other", "survivor"), self.organisation)
        people = dict.fromkeys(("customer", "reporter"), self.contact)
        return {**asdict(self), **workers, **others, **people, "origin": self.ticket}


async def set_up(desk: Client) -> World:
    """Over the client, as the installation itself."""

    async def did(command: Command, actor: str = SYSTEM) -> str:
        return (await desk.send(command, actor=actor)).id

    worker = WorkerId(await did(HireWorker(name="Anna Rossi")))
    for right in set(Right) - {Right.LATE_FACTS}:
        await did(GrantRight(worker=worker, right=right))
    team = TeamId(await did(FormTeam(name="First line")))
    await did(AddTeamMember(team=team, worker=worker))
    area = AreaId(await did(OpenArea(name="Helpdesk")))
    await did(GiveAreaRole(area=area, holder=worker_holder(worker), role=Role.MEMBER))
    await did(SetDefaultArea(area=area))
    await did(ListSeverities(severities=SEVERITIES))
    directory = DirectoryId(await did(OpenDirectory(name="Customers")))
    await did(SetDirectoryRight(directory=directory, holder=worker_holder(worker), level=Level.ADMINISTER))
    calendar = CalendarId(await did(DefineCalendar(name="Office", hours=OFFICE)))
    terms = Terms(calendar=calendar, general=PROMISE)
    usual, contract = [ContractId(await did(ConcludeContract(name=name, terms=terms))) for name in ("Usual", "Gold")]
    await did(SetDefaultContract(contract=usual))
    incident_type = IncidentTypeId(await did(ListIncidentType(name="Outage")))
    group = GroupId(await did(FormGroup(directory=directory, name="Key customers")))
    contact = ContactId(await did(OpenContact(directory=directory, name="Carla Bianchi")))
    await did(JoinGroup(contact=contact, group=group))
    ticket = TicketId(await did(OpenTicket(customer=contact, title="It is broken"), actor=worker))
    content = Source(new_command_id(), contact, BytesIO(CONTENT), len(CONTENT))
    file = FileId((await put_file(desk, content, actor=worker)).file)
    email = await _address(desk, contact, AddressKind.EMAIL, "carla@bianchi.example")
    await did(ChangeAddress(contact=contact, address=email, typed="carla.bianchi@bianchi.example"))
    address = await _address(desk, contact, AddressKind.POSTAL, "Via Roma 1")
    organisation, branch = [
        ContactId(await did(OpenContact(directory=directory, kind=kind, name="Mill")))
        for kind in (ContactKind.COMPANY, ContactKind.PART)
    ]
    process_area = ProcessAreaId(await did(ListProcessArea(name="Helpdesk")))
    gateway = GatewayId(await did(OpenGateway(name="Support", process_area=process_area)))
    return World(
        *(worker, team, area, directory, contact, group, calendar, contract, incident_type, ticket, file),
        *(address, organisation, branch, process_area, gateway),
    )


async def _address(desk: Client, contact: ContactId, kind: AddressKind, typed: str) -> AddressId:
    command_id = new_command_id()
    await desk.send(AddAddress(contact=contact, kind=kind, typed=typed), actor=SYSTEM, id=command_id)
    return AddressId(thing_id(desk.caller, command_id))


def examples(world: World) -> dict[str, Any]:
    """Values, by field name, for the fields whose schema alone does not say what is sensible."""
    return {
        "hours": OFFICE.model_dump(mode="json"),
        "severity": SEVERITIES[0],
        "severities": list(SEVERITIES),
        "terms": Terms(calendar=world.calendar, general=PROMISE).model_dump(mode="json"),
        "holder": worker_holder(world.worker),
        "parent": world.area,
        "to": worker_holder(world.worker),
        "email": "anna.rossi@firm.example",
        "zone": "Europe/Rome",
        "happened_at": None,
        "expected_version": None,
    }


def special(world: World, topic: str) -> dict[str, Any]:
    """As `examples`, for one command alone."""
    return {
        "contact.add-address": {"kind": AddressKind.POSTAL},
        "contact.set-part": {"contact": world.branch},
        "contact.merge": {"contact": world.branch},
        "contact.set-responsible": {"responsible": worker_holder(world.worker)},
        "gateway.set-responsible": {"responsible": worker_holder(world.worker)},
        "process-area.set-responsible": {"responsible": worker_holder(world.worker)},
    }.get(topic, {})
