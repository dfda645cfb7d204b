"""One good example of every fact and of every request, all of one small company."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from commands.clients.contact import MoveContact, OpenContact, RenameContact, SetContactContract
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.group import FormGroup, RankGroup, RenameGroup, SetGroupContract
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.command import Command
from commands.company.settings import ListSeverities, SetDefaultArea, SetDefaultContract, SetHelpdeskResponsible
from commands.service.calendar import DefineCalendar, ReviseCalendar
from commands.service.contract import ConcludeContract, ReviseContract
from commands.service.incident_type import ListIncidentType, RetireIncidentType, SetIncidentTypeContract
from commands.service.ticket import (
    AssessTicket,
    AssignTicket,
    ChangeTicketContract,
    CloseTicket,
    HoldTicket,
    LogCall,
    NoteOnTicket,
    OpenTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
    RouteTicket,
    TakeTicket,
)
from commands.staff.area import GiveAreaRole, OpenArea, TakeAreaRole
from commands.staff.team import AddTeamMember, FormTeam, NameTeamLeader, RemoveTeamMember
from commands.staff.worker import DeactivateWorker, GrantRight, HireWorker, ReactivateWorker, WithdrawRight
from commands.work.notice import ReadNotice, WriteNotice
from domain.clients.contact import ContactContractSet, ContactKind, ContactMoved, ContactOpened, ContactRenamed
from domain.clients.directory import DirectoryOpened, DirectoryRightSet, Level
from domain.clients.group import GroupContractSet, GroupFormed, GroupKind, GroupRanked, GroupRenamed
from domain.clients.membership import MemberJoined, MemberLeft
from domain.company.settings import DefaultAreaSet, DefaultContractSet, HelpdeskResponsibleSet, SeveritiesListed
from domain.fact import Event
from domain.service.assignment import Ineligible, Result, Source, Step
from domain.service.calendar import CalendarDefined, CalendarRevised, OpeningHours
from domain.service.contract import ContractConcluded, ContractRevised, Targets, Terms
from domain.service.incident_type import IncidentTypeContractSet, IncidentTypeListed, IncidentTypeRetired
from domain.service.promise import Outcome, Target
from domain.service.selection import Loser, Reason, Scope
from domain.service.ticket import (
    OutcomeCorrected,
    OutcomeStated,
    TicketAssessed,
    TicketAssigned,
    TicketCallLogged,
    TicketClosed,
    TicketContractChanged,
    TicketContractSelected,
    TicketHeld,
    TicketNoted,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRouted,
    TicketStarted,
)
from domain.staff.area import AreaOpened, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TeamFormed, TeamLeaderNamed, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import (
    Right,
    WorkerDeactivated,
    WorkerHired,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.values import (
    AreaId,
    CalendarId,
    ContactId,
    ContractId,
    DirectoryId,
    GroupId,
    IncidentTypeId,
    NoticeId,
    SubjectId,
    TeamId,
    TicketId,
    WorkerId,
    team_holder,
    worker_holder,
)
from domain.work.notice import Channel, NoticeSeen, NoticeWritten, Occasion

ANNA, BORIS = WorkerId("anna"), WorkerId("boris")
HOTLINE = TeamId("hotline")
WORKSHOP, OFFICE_FLOOR = AreaId("workshop"), AreaId("office-floor")
CUSTOMERS, SUPPLIERS = DirectoryId("customers"), DirectoryId("suppliers")
MILL, BAKERY = ContactId("mill"), ContactId("bakery")
MILL_SUBJECT, ANNA_SUBJECT = SubjectId("5b1f0c"), SubjectId("77aa01")
VIP, REGULARS = GroupId("vip"), GroupId("regulars")
OFFICE = CalendarId("office")
GOLD, SILVER = ContractId("gold"), ContractId("silver")
DEFECT = IncidentTypeId("defect")
PUMP = TicketId("pump")
BELL = NoticeId("bell")
GRAVE, SLIGHT = "grave", "slight"

NINE_TO_FIVE = ((540, 1020),)
OFFICE_HOURS = OpeningHours(zone="UTC", week=(NINE_TO_FIVE,) * 5 + ((), ()))
SUMMER_HOURS = OpeningHours(
    zone="Europe/Kyiv", week=(((480, 720), (780, 960)),) * 5 + ((), ()), holidays=(date(2024, 8, 26),)
)
GOLD_TERMS = Terms(
    calendar=OFFICE,
    general=Targets(first_response_seconds=3_600, resolution_seconds=8 * 3_600),
    not_assessed=Targets(first_response_seconds=7_200, resolution_seconds=16 * 3_600),
    by_severity={GRAVE: Targets(first_response_seconds=1_800, resolution_seconds=4 * 3_600)},
)
SILVER_TERMS = Terms(calendar=OFFICE, general=Targets(resolution_seconds=24 * 3_600))
DUE = datetime(2024, 6, 4, 13, 30, tzinfo=UTC)

EVENTS: tuple[Event, ...] = (
    WorkerHired(subject=ANNA_SUBJECT, name="Anna Kovalenko"),
    WorkerRightGranted(right=Right.HELPDESK),
    WorkerRightWithdrawn(right=Right.SALES),
    WorkerDeactivated(),
    WorkerReactivated(),
    TeamFormed(name="Hotline"),
    TeamMemberAdded(worker=ANNA),
    TeamMemberRemoved(worker=BORIS),
    TeamLeaderNamed(worker=ANNA),
    AreaOpened(name="Workshop", parent=OFFICE_FLOOR),
    AreaRoleGiven(holder=worker_holder(ANNA), role=Role.MEMBER),
    AreaRoleTaken(holder=team_holder(HOTLINE), role=Role.READER),
    DirectoryOpened(name="Customers"),
    DirectoryRightSet(holder=team_holder(HOTLINE), level=Level.EDIT),
    ContactOpened(
        directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Old Mill", reference="C 17/4"
    ),
    ContactRenamed(subject=MILL_SUBJECT, name="New Mill"),
    ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS),
    ContactContractSet(incident_type=DEFECT, contract=GOLD),
    MemberJoined(group=VIP),
    MemberLeft(group=VIP),
    GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="VIP", rank=1),
    GroupRenamed(name="Very important"),
    GroupRanked(rank=2),
    GroupContractSet(incident_type=None, contract=SILVER),
    DefaultAreaSet(area=WORKSHOP),
    DefaultContractSet(contract=SILVER),
    SeveritiesListed(severities=(GRAVE, SLIGHT)),
    HelpdeskResponsibleSet(responsible=ANNA),
    CalendarDefined(name="Office", hours=OFFICE_HOURS),
    CalendarRevised(hours=SUMMER_HOURS),
    ContractConcluded(name="Gold", terms=GOLD_TERMS),
    ContractRevised(terms=SILVER_TERMS),
    IncidentTypeListed(name="Defect"),
    IncidentTypeRetired(),
    IncidentTypeContractSet(contract=GOLD),
    TicketOpened(
        subject=MILL_SUBJECT,
        reporter=MILL,
        customer=MILL,
        area=WORKSHOP,
        incident_type=DEFECT,
        title="The pump stands still",
        description="Since this morning.\nIt hums, but nothing moves.",
        reference="4711",
        product="P-3 / 200",
    ),
    TicketContractSelected(
        contract=GOLD,
        version=1,
        scope=Scope.GROUP,
        losers=(Loser(contract=SILVER, scope=Scope.MODULE, reason=Reason.LATER_SCOPE),),
    ),
    TicketContractChanged(contract=SILVER, subject=MILL_SUBJECT, reason="Agreed by telephone"),
    TicketAssessed(severity=GRAVE),
    TicketRouted(
        assignee=None,
        steps=(
            Step(source=Source.HELPDESK, candidate=BORIS, result=Result.NOT_ELIGIBLE, reason=Ineligible.NOT_MEMBER),
        ),
    ),
    TicketAssigned(assignee=ANNA),
    TicketStarted(),
    TicketHeld(),
    TicketResumed(),
    TicketCallLogged(subject=MILL_SUBJECT, answered=True, note="Will send a picture"),
    TicketNoted(subject=MILL_SUBJECT, text="Probably the seal"),
    TicketResolved(),
    TicketClosed(reason="duplicate"),
    TicketReopened(),
    OutcomeStated(
        target=Target.RESOLUTION,
        outcome=Outcome.MET,
        due=DUE,
        contract=GOLD,
        contract_version=1,
        judged_at=datetime(2024, 6, 3, 15, tzinfo=UTC),
        consumed_seconds=5_400,
    ),
    OutcomeCorrected(
        target=Target.RESOLUTION,
        outcome=Outcome.MISSED,
        due=DUE,
        contract=GOLD,
        contract_version=1,
        judged_at=DUE,
        consumed_seconds=30_000,
        replaces=7,
    ),
    NoticeWritten(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, channel=Channel.SYSTEM),
    NoticeSeen(),
)

REQUESTS: tuple[Command, ...] = (
    HireWorker(name="Anna Kovalenko"),
    GrantRight(worker=ANNA, right=Right.HELPDESK),
    WithdrawRight(worker=ANNA, right=Right.HELPDESK),
    DeactivateWorker(worker=ANNA),
    ReactivateWorker(worker=ANNA),
    FormTeam(name="Hotline"),
    AddTeamMember(team=HOTLINE, worker=ANNA),
    RemoveTeamMember(team=HOTLINE, worker=ANNA),
    NameTeamLeader(team=HOTLINE, worker=ANNA),
    OpenArea(name="Workshop"),
    GiveAreaRole(area=WORKSHOP, holder=worker_holder(ANNA), role=Role.MEMBER),
    TakeAreaRole(area=WORKSHOP, holder=worker_holder(ANNA), role=Role.MEMBER),
    OpenDirectory(name="Customers"),
    SetDirectoryRight(directory=CUSTOMERS, holder=team_holder(HOTLINE), level=Level.EDIT),
    OpenContact(directory=CUSTOMERS, kind=ContactKind.COMPANY, name="Old Mill", reference="C 17/4"),
    RenameContact(contact=MILL, name="New Mill"),
    MoveContact(contact=MILL, directory=SUPPLIERS),
    SetContactContract(contact=MILL, incident_type=DEFECT, contract=GOLD),
    JoinGroup(contact=MILL, group=VIP),
    LeaveGroup(contact=MILL, group=VIP),
    FormGroup(directory=CUSTOMERS, name="VIP", rank=1),
    RenameGroup(group=VIP, name="Very important"),
    RankGroup(group=VIP, rank=2),
    SetGroupContract(group=VIP, contract=SILVER),
    SetDefaultArea(area=WORKSHOP),
    SetDefaultContract(contract=SILVER),
    ListSeverities(severities=(GRAVE, SLIGHT)),
    SetHelpdeskResponsible(responsible=ANNA),
    DefineCalendar(name="Office", hours=OFFICE_HOURS),
    ReviseCalendar(calendar=OFFICE, hours=SUMMER_HOURS),
    ConcludeContract(name="Gold", terms=GOLD_TERMS),
    ReviseContract(contract=GOLD, terms=SILVER_TERMS),
    ListIncidentType(name="Defect"),
    RetireIncidentType(incident_type=DEFECT),
    SetIncidentTypeContract(incident_type=DEFECT, contract=GOLD),
    OpenTicket(
        customer=MILL,
        incident_type=DEFECT,
        area=WORKSHOP,
        title="The pump stands still",
        description="Since this morning.\nIt hums, but nothing moves.",
        product="P-3 / 200",
        reference="4711",
    ),
    ChangeTicketContract(ticket=PUMP, contract=SILVER, reason="Agreed by telephone"),
    AssessTicket(ticket=PUMP, severity=GRAVE),
    AssignTicket(ticket=PUMP, assignee=BORIS),
    RouteTicket(ticket=PUMP),
    TakeTicket(ticket=PUMP),
    HoldTicket(ticket=PUMP),
    ResumeTicket(ticket=PUMP),
    LogCall(ticket=PUMP, answered=True, note="Will send a picture"),
    NoteOnTicket(ticket=PUMP, text="Probably the seal"),
    ResolveTicket(ticket=PUMP),
    CloseTicket(ticket=PUMP, reason="duplicate"),
    ReopenTicket(ticket=PUMP),
    WriteNotice(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, doer=BORIS),
    ReadNotice(notice=BELL),
)

EVENT: Mapping[str, Event] = {event.topic: event for event in EVENTS}
"""The example of each fact, by its wire name."""

REQUEST: Mapping[str, Command] = {command.topic: command for command in REQUESTS}
"""The example of each request, by its wire name."""
