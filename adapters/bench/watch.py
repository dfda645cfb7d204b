"""Open tickets under watch, of which one passes a level every second: all in turn, and then all of them the next.

Everything follows from how many there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice
from uuid import uuid5

from adapters.bench.crowd import NAMES, subject_id, worker_id
from adapters.bench.crowd_seed import Stream, make
from adapters.bench.seed import AT_ONCE, attempt, store
from adapters.composition import Place
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import PostgresLog
from adapters.postgres.schema import migrate
from adapters.postgres.views import access
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.calendar import CALENDAR, CalendarDefined, OpeningHours
from domain.service.contract import CONTRACT, ContractConcluded, Targets, Terms
from domain.service.holding import TicketAssigned
from domain.service.level import Level, Recipient
from domain.service.selection import Scope
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketContractSelected, TicketOpened
from domain.staff.area import AREA, AreaOpened, AreaRoleGiven, Role
from domain.staff.worker import WORKER, Right, WorkerHired, WorkerRightGranted
from domain.values import AreaId, CalendarId, ContractId, TicketId, worker_holder
from projections.service.timers import TIMING

BEGINS = datetime(2026, 1, 1, tzinfo=timezone.utc)
ALWAYS = OpeningHours(zone="UTC", week=(((0, 1_440),),) * 7)
LEVELS, SUBJECTS = 50, 500
WATCHER, DESK = worker_id(0), AreaId("desk")
CALENDAR_ID, CONTRACT_ID = CalendarId("always"), ContractId("usual")


@dataclass(frozen=True, slots=True)
class Watch:
    """How many tickets are open."""

    tickets: int

    def streams(self) -> Iterator[tuple[Stream, datetime]]:
        """All that happened to each thing, and when."""
        yield from ((stream, BEGINS) for stream in self._company())
        for number in range(self.tickets):
            yield self._ticket(number), BEGINS + timedelta(seconds=number)

    def _company(self) -> Iterator[Stream]:
        hired = WorkerHired(subject=subject_id("worker", 0), name="Watcher")
        yield WORKER.stream(WATCHER), [hired, WorkerRightGranted(right=Right.HELPDESK)]
        given = AreaRoleGiven(holder=worker_holder(WATCHER), role=Role.MEMBER)
        yield AREA.stream(DESK), [AreaOpened(name="Desk"), given]
        yield SETTINGS.stream(COMPANY), [HelpdeskResponsibleSet(responsible=WATCHER)]
        yield CALENDAR.stream(CALENDAR_ID), [CalendarDefined(name="Always", hours=ALWAYS)]
        yield CONTRACT.stream(CONTRACT_ID), [ContractConcluded(name="Usual", terms=self._terms())]

    def _terms(self) -> Terms:
        """One percent of the time is a second for each ticket."""
        told = (Recipient("assignee"), Recipient("helpdesk"))
        levels = tuple(
            Level(target=Target.RESOLUTION, percent=percent, recipients=told) for percent in range(1, LEVELS + 1)
        )
        return Terms(calendar=CALENDAR_ID, general=Targets(resolution_seconds=100 * self.tickets), levels=levels)

    def _ticket(self, number: int) -> Stream:
        subject = subject_id("ticket", number % SUBJECTS)
        opened = TicketOpened(
            subject=subject, reporter=None, customer=None, area=DESK, incident_type=None, title="Something is broken"
        )
        selected = TicketContractSelected(contract=CONTRACT_ID, version=1, scope=Scope.MODULE)
        return TICKET.stream(_ticket_id(number)), [opened, selected, TicketAssigned(assignee=WATCHER)]


def _ticket_id(number: int) -> TicketId:
    return TicketId(str(uuid5(NAMES, f"ticket {number}")))


def found(place: Place, watch: Watch) -> None:
    """All of it, in a schema where there is nothing yet."""
    url, schema = place.postgres_url, place.settings.schema_name
    migrate(url, schema)
    access.ensure(url, schema)
    asyncio.run(_record(place, watch))
    make(place, [TIMING])


async def _record(place: Place, watch: Watch) -> None:
    url, schema = place.postgres_url, place.settings.schema_name
    log = PostgresLog(url, schema, Keyring(opened_keys(url, schema, place.keys)))
    waiting = (attempt(stream, events, at) for (stream, events), at in watch.streams())
    try:
        while some := [*islice(waiting, 2 * AT_ONCE)]:
            # Two at a time: one is sealed while the other is stored.
            await asyncio.gather(store(log, some[:AT_ONCE]), store(log, some[AT_ONCE:]))
    finally:
        await log.close()
