"""Every fact as a sentence for people; in braces its fields, the personal ones only for those who may read them."""

from __future__ import annotations

from collections.abc import Mapping

from domain.clients.contact import ContactContractSet, ContactMoved, ContactOpened, ContactRenamed
from domain.clients.directory import DirectoryOpened, DirectoryRightSet
from domain.clients.group import GroupContractSet, GroupFormed, GroupRanked, GroupRenamed
from domain.clients.membership import MemberJoined, MemberLeft
from domain.company.settings import DefaultAreaSet, DefaultContractSet, HelpdeskResponsibleSet, SeveritiesListed
from domain.fact import Event
from domain.service.calendar import CalendarDefined, CalendarRevised
from domain.service.contract import ContractConcluded, ContractRevised
from domain.service.incident_type import IncidentTypeContractSet, IncidentTypeListed, IncidentTypeRetired
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
from domain.staff.area import AreaOpened, AreaRoleGiven, AreaRoleTaken
from domain.staff.team import TeamFormed, TeamLeaderNamed, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import (
    WorkerDeactivated,
    WorkerHired,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.work.notice import NoticeSeen, NoticeWritten

WORDS: Mapping[type[Event], str] = {
    WorkerHired: "{name} works here now",
    WorkerRightGranted: "Given the right {right}",
    WorkerRightWithdrawn: "The right {right} was withdrawn",
    WorkerDeactivated: "Deactivated: no right counts any more",
    WorkerReactivated: "Active again, with the rights held before",
    TeamFormed: "Team {name} formed",
    TeamMemberAdded: "Worker {worker} joined the team",
    TeamMemberRemoved: "Worker {worker} left the team",
    TeamLeaderNamed: "Leader of the team: {worker}",
    AreaOpened: "Area {name} opened, inside {parent}",
    AreaRoleGiven: "{holder} became {role} of the area",
    AreaRoleTaken: "{holder} is {role} of the area no longer",
    DirectoryOpened: "Directory {name} opened",
    DirectoryRightSet: "Right of {holder} to the directory: {level}",
    ContactOpened: "{name} became known, as {kind}, in directory {directory}",
    ContactRenamed: "Renamed to {name}",
    ContactMoved: "Moved from directory {origin} to {directory}",
    ContactContractSet: "Own contract for incident type {incident_type}: {contract}",
    GroupFormed: "Group {name} of {kind} formed in directory {directory}, rank {rank}",
    GroupRenamed: "Group renamed to {name}",
    GroupRanked: "Rank of the group: {rank}",
    GroupContractSet: "Contract of the group for incident type {incident_type}: {contract}",
    MemberJoined: "Joined group {group}",
    MemberLeft: "Left group {group}",
    DefaultAreaSet: "Default area for tickets: {area}",
    DefaultContractSet: "Default contract: {contract}",
    HelpdeskResponsibleSet: "Answers for tickets that nobody else answers for: {responsible}",
    SeveritiesListed: "Severities, gravest first: {severities}",
    CalendarDefined: "Calendar {name} defined",
    CalendarRevised: "New opening hours from here on",
    ContractConcluded: "Contract {name} concluded",
    ContractRevised: "New terms from here on",
    IncidentTypeListed: "Incident type {name} listed",
    IncidentTypeRetired: "Incident type no longer offered",
    IncidentTypeContractSet: "Contract for the incident type: {contract}",
    TicketOpened: "Reported: {title}",
    TicketContractSelected: "Promised contract {contract}, version {version}, found by {scope}",
    TicketContractChanged: "Put under contract {contract}: {reason}",
    TicketAssessed: "Severity: {severity}",
    TicketRouted: "Looked for who answers: {assignee}",
    TicketAssigned: "Given to worker {assignee}",
    TicketStarted: "Work began",
    TicketHeld: "Waiting for the customer",
    TicketResumed: "The waiting is over",
    TicketCallLogged: "Call, answered: {answered}; {note}",
    TicketNoted: "Note: {text}",
    TicketResolved: "Resolved",
    TicketClosed: "Closed; without resolution because of: {reason}",
    TicketReopened: "Opened again",
    OutcomeStated: "{target}: {outcome}, due {due}",
    NoticeWritten: "Worker {recipient} was told by {channel}: ticket {ticket} is {occasion}",
    NoticeSeen: "Seen by the one who was told",
    OutcomeCorrected: "{target}, corrected by a late fact: {outcome}, due {due}",
}
