"""Tickets of a big company's customers, and an analyst to whom all of them are open, each by their customer.

Everything follows from how many there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid5

from adapters.bench.crowd import NAMES, Crowd, Sees, contact_id, subject_id, worker_id
from adapters.bench.crowd_seed import Stream, make, record, told
from adapters.composition import Place, now
from adapters.postgres.schema import migrate
from adapters.postgres.views import access
from domain.service.ticket import TICKET, TicketOpened
from domain.staff.area import AREA, AreaOpened, AreaRoleGiven, Role
from domain.staff.worker import WORKER, Right, WorkerRightGranted
from domain.values import AreaId, TicketId, WorkerId, worker_holder
from projections.analysis import ANALYSIS
from projections.clients.client_file import CLIENT_FILE

DESK = AreaId("desk")
VIEW = "tickets"
OF_ONE = 20
DIRECTORIES, WORKERS, TEAMS = 60, 25, 40


@dataclass(frozen=True, slots=True)
class Archive:
    """How many tickets there are: twenty of each customer."""

    tickets: int

    @property
    def crowd(self) -> Crowd:
        return Crowd(self.tickets // OF_ONE, DIRECTORIES, WORKERS, TEAMS)

    @property
    def analyst(self) -> WorkerId:
        return worker_id(self.crowd.workers_who_see(Sees.ALL)[0])

    def streams(self) -> Iterator[Stream]:
        """All that happened to each thing."""
        analyst = WORKER.stream(self.analyst)
        for stream, events in told(self.crowd, now()):
            if stream == analyst:
                events = [*events, WorkerRightGranted(right=Right.ANALYST)]
            yield stream, events
        given = AreaRoleGiven(holder=worker_holder(self.analyst), role=Role.READER)
        yield AREA.stream(DESK), [AreaOpened(name="Desk"), given]
        yield from map(self._ticket, range(self.tickets))

    def _ticket(self, number: int) -> Stream:
        customer = number // OF_ONE
        opened = TicketOpened(
            subject=subject_id("contact", customer),
            reporter=contact_id(customer),
            customer=contact_id(customer),
            area=DESK,
            incident_type=None,
            title="Something is broken",
        )
        return TICKET.stream(TicketId(str(uuid5(NAMES, f"ticket {number}")))), [opened]


def found(place: Place, archive: Archive) -> None:
    """All of it, in a schema where there is nothing yet."""
    url, schema = place.postgres_url, place.settings.schema_name
    migrate(url, schema)
    access.ensure(url, schema)
    asyncio.run(record(place, archive.streams()))
    models = {*ANALYSIS[VIEW].rests_on, CLIENT_FILE}
    make(place, [model for model in models if not model.within_append])
