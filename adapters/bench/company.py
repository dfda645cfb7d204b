"""The company that the benchmark works in: one worker with rights, one contract by default, some customers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapters.bench.side import Company
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.command import Command
from commands.company.settings import ListSeverities, SetDefaultArea, SetDefaultContract
from commands.service.calendar import DefineCalendar
from commands.service.contract import ConcludeContract
from commands.staff.area import GiveAreaRole, OpenArea
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.directory import Level
from domain.service.calendar import OpeningHours
from domain.service.contract import Targets, Terms
from domain.staff.area import Role
from domain.staff.worker import Right
from domain.values import AreaId, CalendarId, ContractId, DirectoryId, WorkerId, worker_holder

Ask = Callable[[Command], Awaitable[str]]
"""Send a command; the id of the thing it was about."""

DAY = ((9 * 60, 18 * 60),)
HOURS = OpeningHours(zone="Europe/Rome", week=(*[DAY] * 5, (), ()))


async def set_up(ask: Ask, customers: int) -> Company:
    """Hire, grant, promise; then so many customers."""
    worker = WorkerId(await ask(HireWorker(name="Anna")))
    await ask(GrantRight(worker=worker, right=Right.HELPDESK))
    area = AreaId(await ask(OpenArea(name="Helpdesk")))
    await ask(GiveAreaRole(area=area, holder=worker_holder(worker), role=Role.MEMBER))
    await ask(SetDefaultArea(area=area))
    directory = DirectoryId(await ask(OpenDirectory(name="Main")))
    await ask(SetDirectoryRight(directory=directory, holder=worker_holder(worker), level=Level.USE))
    await ask(ListSeverities(severities=("high", "low")))
    calendar = CalendarId(await ask(DefineCalendar(name="Office", hours=HOURS)))
    targets = Targets(first_response_seconds=3600, resolution_seconds=8 * 3600)
    contract = ContractId(await ask(ConcludeContract(name="Gold", terms=Terms(calendar=calendar, general=targets))))
    await ask(SetDefaultContract(contract=contract))
    contacts = (OpenContact(directory=directory, name=f"Client {n}") for n in range(customers))
    return Company(worker, area, directory, contract, await asyncio.gather(*map(ask, contacts)))
