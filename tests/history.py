"""Whatever may happen in a small company, in any order and known at any time, decided by the real handler."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from clientele import ABOUT_CLIENTS, MORE_CLIENTS
from company import COMPANY_SO_FAR, OLENA, OVEN, ZOE
from handling import ABOUT_HANDLING, MORE_TICKETS
from hypothesis import strategies as st
from oblivion import ABOUT_OBLIVION, MORE_PRIVACY, ONWARD, Onward, next_step
from personnel import ABOUT_STAFF, MORE_STAFF
from selling import ABOUT_SALES, MORE_GOODS
from specification import Given, given, on_monday, request

from commands.clients.contact import MoveContact, RenameContact, SetContactContract
from commands.clients.directory import CloseDirectory, RenameDirectory, ReopenDirectory, SetDirectoryRight
from commands.clients.group import (
    CloseGroup,
    MoveGroup,
    RankGroup,
    RenameGroup,
    ReopenGroup,
    SetGroupContract,
    SetGroupResponsible,
)
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.command import Command
from commands.company.process_area import RenameProcessArea, RetireProcessArea, SetProcessAreaResponsible
from commands.company.settings import (
    ListRelations,
    ListSeverities,
    SetClosingRule,
    SetDefaultArea,
    SetDefaultContract,
    SetFormRule,
    SetHelpdeskProcessArea,
    SetHelpdeskResponsible,
    SetPlace,
)
from commands.service.calendar import AddHolidays, RemoveHolidays, RenameCalendar, ReviseCalendar
from commands.service.contract import ReviseContract
from commands.service.escalation import CloseUnanswered, EscalateTicket, StateMisses
from commands.service.exchange import LogCall
from commands.service.holding import AssignTicket, TakeTicket
from commands.service.incident_type import SetIncidentTypeContract
from commands.service.opening import OpenTicket
from commands.service.routing import RouteTicket
from commands.service.ticket import (
    AssessTicket,
    ChangeTicketContract,
    CloseTicket,
    HoldTicket,
    NoteOnTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
)
from commands.staff.area import GiveAreaRole, TakeAreaRole
from commands.staff.team import AddTeamMember, RemoveTeamMember
from commands.staff.worker import (
    DeactivateWorker,
    GrantRight,
    ReactivateWorker,
    SetNoticeChannels,
    SetWorkerEmail,
    WithdrawRight,
)
from commands.talk.gateway import (
    CloseGateway,
    RenameGateway,
    ReopenGateway,
    SetGatewayProcessArea,
    SetGatewayResponsible,
)
from commands.work.notice import WriteNotice
from domain.clients.directory import Level
from domain.company.settings import AfterClosing
from domain.fact import Fact
from domain.service.calendar import OpeningHours
from domain.service.contract import Targets, Terms
from domain.service.level import Level as EscalationLevel
from domain.service.level import Recipient
from domain.service.target import Target
from domain.staff.area import Role
from domain.staff.worker import Right
from domain.values import team_holder, worker_holder
from domain.work.channel import Channel
from domain.work.notice import Occasion
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    DEFECT,
    GOLD,
    GOLD_TERMS,
    GRAVE,
    HOTLINE,
    INVOICING,
    MILL,
    OFFICE,
    OFFICE_HOURS,
    PUMP,
    REGULARS,
    REPAIRS,
    SILVER,
    SILVER_TERMS,
    SLIGHT,
    SUMMER_HOURS,
    SUPPLIERS,
    SUPPORT,
    VIP,
    WORKSHOP,
)

TEN = on_monday(10)
HOUR = timedelta(hours=1)
NO_PROMISE = Terms(calendar=OFFICE)
SHORT = Terms(calendar=OFFICE, general=Targets(first_response_seconds=600, resolution_seconds=3_600))
LEVELLED = Terms(
    calendar=OFFICE,
    general=Targets(first_response_seconds=7_200, next_response_seconds=3_600, resolution_seconds=4 * 3_600),
    levels=tuple(
        EscalationLevel(target=target, percent=percent, recipients=(Recipient("assignee"), Recipient("helpdesk")))
        for target in Target
        for percent in (50, 100, 150)
    ),
)
TEXTS = [GOLD_TERMS, SILVER_TERMS, NO_PROMISE, SHORT, LEVELLED, LEVELLED]
NEVER_OPEN = OpeningHours(zone="UTC", week=((),) * 7)
ALWAYS_OPEN = OpeningHours(zone="UTC", week=(((0, 1440),),) * 7)

tickets = st.sampled_from([PUMP, PUMP, OVEN])
workers = st.sampled_from([ANNA, BORIS, ZOE, OLENA])
contracts = st.sampled_from([GOLD, SILVER])
contacts, groups = st.sampled_from([MILL, BAKERY]), st.sampled_from([VIP, REGULARS])
directories = st.sampled_from([CUSTOMERS, SUPPLIERS])
holders = st.sampled_from([worker_holder(ANNA), worker_holder(ZOE), team_holder(HOTLINE)])

ABOUT_TICKETS = st.one_of(
    st.builds(AssessTicket, ticket=tickets, severity=st.sampled_from([GRAVE, SLIGHT])),
    st.builds(ChangeTicketContract, ticket=tickets, contract=st.none() | contracts, reason=st.just("Agreed")),
    st.builds(AssignTicket, ticket=tickets, assignee=workers),
    st.builds(LogCall, ticket=tickets, answered=st.booleans(), note=st.none() | st.just("They rang")),
    st.builds(CloseTicket, ticket=tickets, reason=st.none() | st.just("duplicate")),
    *(
        st.builds(kind, ticket=tickets)
        for kind in (HoldTicket, ResumeTicket, ResolveTicket, ResolveTicket, ReopenTicket, TakeTicket, RouteTicket)
    ),
    st.builds(NoteOnTicket, ticket=tickets, text=st.just("Probably the seal")),
    st.builds(
        OpenTicket,
        customer=st.none() | contacts,
        incident_type=st.none() | st.just(DEFECT),
        title=st.just("It is broken"),
        reference=st.none() | st.just("4711"),
    ),
)
OF_TIME = st.one_of(
    st.builds(
        EscalateTicket,
        ticket=tickets,
        target=st.sampled_from(Target),
        assignment=st.just(2),
        percent=st.sampled_from([50, 100, 150]),
        due=st.just(TEN),
    ),
    st.builds(StateMisses, ticket=tickets, due=st.just(TEN)),
    st.builds(CloseUnanswered, ticket=tickets, due=st.just(TEN)),
    st.sampled_from([None, 600, 40 * 3_600]).map(
        lambda after: SetClosingRule(after_seconds=after, calendar=None if after is None else OFFICE)
    ),
)
"""What the timer asks for, and what that rests on."""

DAYS = st.sampled_from([TEN.date() + timedelta(days=n) for n in range(5)])

ABOUT_PROMISES = st.one_of(
    st.builds(
        ReviseContract,
        contract=contracts,
        terms=st.sampled_from([GOLD_TERMS, SILVER_TERMS, NO_PROMISE, SHORT, LEVELLED, LEVELLED]),
    ),
    st.builds(
        ReviseCalendar,
        calendar=st.just(OFFICE),
        hours=st.sampled_from([OFFICE_HOURS, SUMMER_HOURS, NEVER_OPEN, ALWAYS_OPEN]),
    ),
    *(
        st.builds(kind, calendar=st.just(OFFICE), holidays=st.lists(DAYS, max_size=3).map(tuple))  # type: ignore[arg-type]
        for kind in (AddHolidays, RemoveHolidays)
    ),
    st.builds(
        SetGroupContract, group=groups, incident_type=st.none() | st.just(DEFECT), contract=st.none() | contracts
    ),
    st.builds(
        SetContactContract, contact=contacts, incident_type=st.none() | st.just(DEFECT), contract=st.none() | contracts
    ),
    st.builds(SetIncidentTypeContract, incident_type=st.just(DEFECT), contract=st.none() | contracts),
    st.builds(SetDefaultContract, contract=st.none() | contracts),
)
ABOUT_PEOPLE = st.one_of(
    st.builds(JoinGroup, contact=contacts, group=groups),
    st.builds(JoinGroup, contact=contacts, group=groups),
    st.builds(LeaveGroup, contact=contacts, group=groups),
    st.builds(RankGroup, group=groups, rank=st.integers(0, 3)),
    st.builds(RenameGroup, group=groups, name=st.sampled_from(["Very important", "Others"])),
    st.builds(RenameContact, contact=contacts, name=st.just("New Mill")),
    st.builds(MoveContact, contact=contacts, directory=st.sampled_from([CUSTOMERS, SUPPLIERS])),
    st.builds(
        SetDirectoryRight,
        directory=st.sampled_from([CUSTOMERS, SUPPLIERS]),
        holder=holders,
        level=st.sampled_from(Level),
    ),
    st.builds(GiveAreaRole, area=st.just(WORKSHOP), holder=holders, role=st.sampled_from(Role)),
    st.builds(TakeAreaRole, area=st.just(WORKSHOP), holder=holders, role=st.sampled_from(Role)),
    *(
        st.builds(kind, team=st.just(HOTLINE), worker=workers)  # type: ignore[arg-type]
        for kind in (AddTeamMember, RemoveTeamMember)
    ),
    *(st.builds(kind, worker=workers) for kind in (DeactivateWorker, ReactivateWorker)),  # type: ignore[arg-type]
    *(
        st.builds(kind, worker=workers, right=st.sampled_from(Right))  # type: ignore[arg-type]
        for kind in (GrantRight, WithdrawRight)
    ),
    st.builds(SetHelpdeskResponsible, responsible=st.none() | workers),
    st.builds(
        WriteNotice,
        recipient=workers | st.none(),
        ticket=tickets,
        occasion=st.sampled_from(Occasion),
        doer=workers,
        team=st.just(HOTLINE),
        channels=st.sampled_from([(Channel.SYSTEM,), (Channel.EMAIL,), (Channel.SYSTEM, Channel.EMAIL)]),
    ),
    st.builds(SetWorkerEmail, worker=workers, email=st.sampled_from([None, "anna@example.com"])),
    st.builds(SetNoticeChannels, worker=workers, channels=st.sampled_from([(), (Channel.EMAIL,)])),
)
ABOUT_THE_COMPANY = st.one_of(
    st.builds(
        SetGroupResponsible,
        group=groups,
        process_area=st.just(INVOICING),
        person=st.none() | workers,
        team=st.none() | st.just(HOTLINE),
        area=st.none() | st.just(WORKSHOP),
    ),
    *(st.builds(kind, group=groups) for kind in (CloseGroup, ReopenGroup)),  # type: ignore[arg-type]
    st.builds(MoveGroup, group=groups, directory=directories),
    *(st.builds(kind, directory=directories) for kind in (CloseDirectory, ReopenDirectory)),  # type: ignore[arg-type]
    st.builds(RenameDirectory, directory=directories, name=st.sampled_from(["Clients", "Others"])),
    st.builds(RenameProcessArea, process_area=st.just(INVOICING), name=st.sampled_from(["Invoices", "Bills"])),
    st.builds(RetireProcessArea, process_area=st.just(INVOICING)),
    st.builds(SetProcessAreaResponsible, process_area=st.just(INVOICING), responsible=st.none() | holders),
    st.builds(RenameCalendar, calendar=st.just(OFFICE), name=st.sampled_from(["Summer", "Office"])),
    st.builds(RenameGateway, gateway=st.just(SUPPORT), name=st.sampled_from(["Form", "Line"])),
    st.builds(SetGatewayProcessArea, gateway=st.just(SUPPORT), process_area=st.sampled_from([INVOICING, REPAIRS])),
    st.builds(SetGatewayResponsible, gateway=st.just(SUPPORT), responsible=st.none() | holders),
    *(st.builds(kind, gateway=st.just(SUPPORT)) for kind in (CloseGateway, ReopenGateway)),  # type: ignore[arg-type]
    st.builds(SetPlace, zone=st.sampled_from(["Europe/Kyiv", "UTC"]), country=st.sampled_from(["UA", "CZ"])),
    st.builds(ListSeverities, severities=st.sampled_from([(GRAVE, SLIGHT), (SLIGHT,)])),
    st.builds(ListRelations, entries=st.sampled_from([("supplier", "neighbour"), ("neighbour",), ()])),
    st.builds(SetFormRule, reopens=st.sampled_from(AfterClosing)),
    st.builds(SetDefaultArea, area=st.just(WORKSHOP)),
    st.builds(SetHelpdeskProcessArea, process_area=st.none() | st.sampled_from([INVOICING, REPAIRS])),
)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    *(
        ABOUT_TICKETS,
        ABOUT_TICKETS,
        OF_TIME,
        ABOUT_PROMISES,
        ABOUT_PEOPLE,
        ABOUT_THE_COMPANY,
        ABOUT_STAFF,
        ABOUT_CLIENTS,
    ),
    *(ABOUT_SALES, ABOUT_HANDLING, ABOUT_HANDLING, ABOUT_OBLIVION),
)
STEPS = st.sampled_from([timedelta(), timedelta(seconds=1), 10 * timedelta(minutes=1), HOUR, 3 * HOUR, 20 * HOUR])
LATE = st.sampled_from([timedelta()] * 4 + [timedelta(minutes=10), HOUR, 5 * HOUR, 30 * HOUR, 100 * 24 * HOUR])


@st.composite
def histories(draw: Callable[..., Any], most: int = 25) -> list[Fact[Any]]:
    """Facts by position: the company as it was founded, and then up to so many requests."""
    world, at = given(COMPANY_SO_FAR, MORE_CLIENTS, MORE_STAFF, MORE_GOODS, MORE_TICKETS, MORE_PRIVACY), TEN
    for n in range(draw(st.sampled_from([most // 8, most // 3, most]))):
        at += draw(STEPS)
        asked = draw(ONWARD) if draw(st.integers(0, 12)) == 7 else draw(COMMANDS)
        _ask(world, asked, at, at - draw(LATE), n)
    return list(world.log.facts)


def _ask(world: Given, asked: Command | Onward, at: datetime, happened: datetime, n: int) -> None:
    if isinstance(asked, Onward):
        for step in range(asked.steps):
            world.ask(request(next_step(world, asked.person, at), at=at, id=f"command-{n}-{step}"))
        return
    world.ask(request(asked, at=at, happened=happened, id=f"command-{n}"))


def story() -> list[Fact[Any]]:
    """A ticket answered late, held and resolved, while contract and calendar were revised; and one still open."""
    world = given(COMPANY_SO_FAR)
    asked: list[tuple[Command, timedelta, timedelta]] = [
        (HoldTicket(ticket=PUMP), HOUR, timedelta()),
        (ReviseContract(contract=GOLD, terms=SHORT), HOUR, timedelta()),
        (LogCall(ticket=PUMP, answered=True), HOUR, 3 * HOUR),
        (ReviseCalendar(calendar=OFFICE, hours=SUMMER_HOURS), HOUR, timedelta()),
        (ResolveTicket(ticket=PUMP), HOUR, timedelta()),
        (ReviseContract(contract=GOLD, terms=SILVER_TERMS), HOUR, timedelta()),
    ]
    at = TEN
    for n, (command, after, late) in enumerate(asked):
        at += after
        (answer,) = world.ask(request(command, at=at, happened=at - late, id=f"command-{n}"))
        assert not answer.code, answer
    return list(world.log.facts)
