"""Who may know of what, as rows: a fact changes one at most, and sight is a join where it is asked for (R-DIR-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.clients.contact import ContactMoved, ContactOpened
from domain.clients.directory import LADDER, DirectoryRightSet, Level
from domain.fact import Fact
from domain.staff.area import AreaRoleGiven, AreaRoleTaken
from domain.staff.team import TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import (
    WorkerDeactivated,
    WorkerHired,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, words
from projections.model import Drop as Gone

WORKERS = Table("access_workers", ("worker",), (Column("active", Kind.FLAG),))
RIGHTS = Table("access_rights", ("worker", "right_name"), ())
MEMBERS = Table("access_members", ("team", "worker"), (), indexes=(("worker",),))
DIRECTORIES = Table(
    "access_directories",
    ("directory", "holder"),
    (Column("level", Kind.NUMBER),),
    indexes=(("holder",),),
)
ROLES = Table("access_roles", ("area", "holder", "role"), (), indexes=(("holder",),))
CONTACTS = Table("access_contacts", ("contact",), words("directory"), indexes=(("directory", "contact"),))


def project(fact: Fact[Any], _: Known | None = None) -> Iterator[Change]:
    """At most one row changes, so that this can be done under the lock of the append."""
    id = fact.stream.partition("-")[2]
    match fact.event:
        case WorkerHired() | WorkerReactivated():
            yield Put(WORKERS, (id,), {"active": True})
        case WorkerDeactivated():
            yield Put(WORKERS, (id,), {"active": False})
        case WorkerRightGranted(right=right):
            yield Put(RIGHTS, (id, right), {})
        case WorkerRightWithdrawn(right=right):
            yield Gone(RIGHTS, (id, right))
        case TeamMemberAdded(worker=worker):
            yield Put(MEMBERS, (id, worker), {})
        case TeamMemberRemoved(worker=worker):
            yield Gone(MEMBERS, (id, worker))
        case DirectoryRightSet(holder=holder, level=Level.NONE):
            yield Gone(DIRECTORIES, (id, holder))
        case DirectoryRightSet(holder=holder, level=level):
            yield Put(DIRECTORIES, (id, holder), {"level": LADDER[level]})
        case AreaRoleGiven(holder=holder, role=role):
            yield Put(ROLES, (id, holder, role), {})
        case AreaRoleTaken(holder=holder, role=role):
            yield Gone(ROLES, (id, holder, role))
        case ContactOpened(directory=directory) | ContactMoved(directory=directory):
            yield Put(CONTACTS, (id,), {"directory": directory})


ACCESS = ReadModel(
    name="access",
    about="Who may know of what: workers and their rights, teams, directories, areas, and where each contact lies.",
    tables=(WORKERS, RIGHTS, MEMBERS, DIRECTORIES, ROLES, CONTACTS),
    facts=frozenset(
        {
            *(WorkerHired, WorkerReactivated, WorkerDeactivated, WorkerRightGranted, WorkerRightWithdrawn),
            *(TeamMemberAdded, TeamMemberRemoved, DirectoryRightSet, AreaRoleGiven, AreaRoleTaken),
            *(ContactOpened, ContactMoved),
        }
    ),
    project=project,
    within_append=True,
)
