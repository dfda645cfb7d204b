"""Everything that happened in a big company, recorded as all facts are, and what is asked of it made from that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from adapters.bench.crowd import (
    GIVING,
    Crowd,
    Sees,
    contact_id,
    directory_id,
    group_id,
    subject_id,
    team_id,
    worker_id,
)
from adapters.bench.seed import AT_ONCE, attempt, store
from adapters.composition import Place, now
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import PostgresLog
from adapters.postgres.schema import connect, migrate
from adapters.postgres.views import access
from adapters.postgres.views.rebuild import rebuild
from domain.clients.address import AddressAdded, AddressKind, AddressUse
from domain.clients.contact import CONTACT, ContactOpened
from domain.clients.directory import DIRECTORY, DirectoryOpened, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupFormed, GroupKind
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.fact import Event
from domain.staff.team import TEAM, TeamFormed, TeamMemberAdded
from domain.staff.worker import WORKER, Right, WorkerHired, WorkerRightGranted
from domain.values import AddressId, team_holder, worker_holder
from projections.model import ReadModel

Stream = tuple[str, list[Event]]
"""All that happened to a thing."""


def found(place: Place, crowd: Crowd) -> None:
    """The whole company, in a schema where there is nothing yet."""
    url, schema = place.postgres_url, place.settings.schema_name
    migrate(url, schema)
    access.ensure(url, schema)
    asyncio.run(record(place, told(crowd, now())))
    settle(place)


def make(place: Place, models: Sequence[ReadModel]) -> None:
    """What is asked about, of all that happened."""
    url, schema = place.postgres_url, place.settings.schema_name
    rebuild(url, schema, models, opened_keys(url, schema, place.keys))
    settle(place)


async def record(place: Place, streams: Iterator[Stream]) -> None:
    """Store them in that order."""
    url, schema = place.postgres_url, place.settings.schema_name
    log = PostgresLog(url, schema, Keyring(opened_keys(url, schema, place.keys)))
    waiting = (attempt(stream, events, now()) for stream, events in streams)
    try:
        while some := [*islice(waiting, 2 * AT_ONCE)]:
            # Two at a time: one is sealed while the other is stored.
            await asyncio.gather(store(log, some[:AT_ONCE]), store(log, some[AT_ONCE:]))
    finally:
        await log.close()


def settle(place: Place) -> None:
    """As it is when nothing has changed for a while."""
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
            connection.execute(statement)


def told(crowd: Crowd, at: datetime) -> Iterator[Stream]:
    """Stream by stream; whoever is named in one was told of before."""
    yield from map(_worker, range(crowd.workers))
    yield from (_team(crowd, team) for team in range(crowd.teams))
    rights = _rights(crowd, at)
    for directory in range(crowd.directories):
        opened = DirectoryOpened(name=f"Directory {directory}")
        yield DIRECTORY.stream(directory_id(directory)), [opened, *rights[directory]]
    yield from map(_group, range(crowd.groups))
    yield from (_contact(crowd, contact) for contact in range(crowd.contacts))
    yield from map(_membership, range(crowd.members))


def _worker(number: int) -> Stream:
    hired = WorkerHired(subject=subject_id("worker", number), name=f"Worker {number}")
    return WORKER.stream(worker_id(number)), [hired, WorkerRightGranted(right=Right.BASIC)]


def _team(crowd: Crowd, number: int) -> Stream:
    members = [worker for worker in range(crowd.workers) if number in crowd.teams_of(worker)]
    added = [TeamMemberAdded(worker=worker_id(worker)) for worker in members]
    return TEAM.stream(team_id(number)), [TeamFormed(name=f"Team {number}"), *added]


def _rights(crowd: Crowd, at: datetime) -> list[list[DirectoryRightSet]]:
    """Of every directory, who may do what with it; teams that give nothing had a right until yesterday."""
    rights: list[list[DirectoryRightSet]] = [[] for _ in range(crowd.directories)]
    for worker in range(crowd.workers):
        holder, level = worker_holder(worker_id(worker)), Level.EDIT if crowd.sees(worker) is Sees.ALL else Level.USE
        for directory in crowd.in_person(worker):
            rights[directory].append(DirectoryRightSet(holder=holder, level=level))
    for team in range(crowd.teams):
        holder, until = team_holder(team_id(team)), None if team < GIVING else at - timedelta(days=1)
        for directory in [team] if until else crowd.through(team):
            rights[directory].append(DirectoryRightSet(holder=holder, level=Level.USE, until=until))
    return rights


def _group(number: int) -> Stream:
    formed = GroupFormed(directory=directory_id(0), kind=GroupKind.CUSTOMERS, name=f"Group {number}", rank=number)
    return GROUP.stream(group_id(number)), [formed]


def _contact(crowd: Crowd, number: int) -> Stream:
    them, subject = crowd.who(number), subject_id("contact", number)
    directory = directory_id(crowd.directory_of(number))
    events: list[Event] = [ContactOpened(directory=directory, subject=subject, kind=them.kind, name=them.name)]
    for kind, typed in ((AddressKind.EMAIL, them.email), (AddressKind.PHONE, them.phone)):
        if typed is not None:
            told = {"kind": kind, "use": AddressUse.WORK, "subject": subject, "typed": typed, "normal": typed}
            events.append(AddressAdded(address=AddressId(f"a{number}"), **told))
    return CONTACT.stream(contact_id(number)), events


def _membership(number: int) -> Stream:
    return MEMBERSHIP.stream(contact_id(number)), [MemberJoined(group=group_id(0))]
