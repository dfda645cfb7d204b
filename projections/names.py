"""What things and workers are called now, for those who read rows of ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.clients.directory import DirectoryOpened, DirectoryRenamed
from domain.clients.group import GroupFormed, GroupRenamed
from domain.company.process_area import ProcessAreaListed, ProcessAreaRenamed
from domain.fact import Event, Fact
from domain.pricing.price_list import PriceListOpened, PriceListRenamed
from domain.pricing.product import ProductListed, ProductRenamed
from domain.service.calendar import CalendarDefined, CalendarRenamed
from domain.service.contract import ContractConcluded
from domain.service.incident_type import IncidentTypeListed
from domain.staff.area import AreaOpened, AreaRenamed
from domain.staff.team import TeamFormed, TeamRenamed
from domain.staff.worker import WorkerHired, WorkerRenamed
from domain.talk.gateway import GatewayOpened, GatewayRenamed
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, words

NAMES = Table("names", ("kind", "id"), words("name"))
"""Labels of the company's own things; never a person's data."""

WORKER_NAMES = Table(
    "worker_names",
    ("worker",),
    (Column("subject"), Column("name", Kind.SEALED, whose="subject")),
    indexes=(("subject",),),
)

ANSWERING = "r.responsible, wn.name AS sealed_worker_name, tn.name AS team_name"
ANSWERING_NAMED = """
    LEFT JOIN worker_names wn ON 'worker:' || wn.worker = r.responsible
    LEFT JOIN names tn ON tn.kind = 'team' AND 'team:' || tn.id = r.responsible"""
"""Who answers in a row `r`: a worker or a team, and what it is called."""

LABELLED: frozenset[type[Event]] = frozenset(
    {
        *(DirectoryOpened, DirectoryRenamed, GroupFormed, GroupRenamed, ProcessAreaListed, ProcessAreaRenamed),
        *(CalendarDefined, CalendarRenamed, ContractConcluded, IncidentTypeListed, GatewayOpened, GatewayRenamed),
        *(AreaOpened, AreaRenamed, TeamFormed, TeamRenamed),
        *(ProductListed, ProductRenamed, PriceListOpened, PriceListRenamed),
    }
)


def project(fact: Fact[Any], _: Known) -> Iterator[Change]:
    event = fact.event
    if isinstance(event, WorkerHired | WorkerRenamed):
        yield Put(WORKER_NAMES, (fact.stream.removeprefix("worker-"),), {"subject": event.subject, "name": event.name})
        return
    noun = event.topic.partition(".")[0]
    yield Put(NAMES, (noun, fact.stream.removeprefix(f"{noun}-")), {"name": event.name})


CALLED = ReadModel(
    name="names",
    about="What things and workers are called.",
    tables=(NAMES, WORKER_NAMES),
    facts=LABELLED | {WorkerHired, WorkerRenamed},
    project=project,
)
