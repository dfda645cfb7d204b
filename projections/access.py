"""Who may know of what, as rows: a fact changes one at most, and sight is a join where it is asked for (R-DIR-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.clients.contact import (
    ContactMerged,
    ContactMoved,
    ContactOpened,
    ContactRestricted,
    ContactRestrictionLifted,
    ContactSeparated,
)
from domain.clients.directory import LADDER, DirectoryRightSet, Level, lasting
from domain.fact import Fact
from domain.privacy.erasure import ErasureFenced, ErasureRefused, ErasureRequested
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
UNTIL = Column("until", Kind.INSTANT)
"""Where it is empty the right has no end."""

RIGHTS = Table("access_rights", ("worker", "right_name"), (UNTIL,))
MEMBERS = Table("access_members", ("team", "worker"), (), indexes=(("worker",),))
DIRECTORIES = Table(
    "access_directories",
    ("directory", "holder", "lasting"),
    (Column("level", Kind.NUMBER), UNTIL),
    indexes=(("holder",),),
)
ROLES = Table("access_roles", ("area", "holder", "role"), (UNTIL,), indexes=(("holder",),))
CONTACTS = Table("access_contacts", ("contact",), words("directory"), indexes=(("directory", "contact"),))
MERGED = Table("access_merged", ("contact",), words("survivor"), indexes=(("survivor",),))
"""Contacts that go under another one, in whose directory they lie meanwhile."""


WITHHELD = Table("access_withheld", ("subject", "stream"), ())
"""Whose data is shown to privacy officers alone, restricted, or forgotten but for proof; and whose facts say so."""


def project(fact: Fact[Any], _: Known | None = None) -> Iterator[Change]:
    """Few rows change, but where a person's data is withheld one: so this can be done under the lock of the append."""
    id = fact.stream.partition("-")[2]
    match fact.event:
        case WorkerHired() | WorkerReactivated():
            yield Put(WORKERS, (id,), {"active": True})
        case WorkerDeactivated():
            yield Put(WORKERS, (id,), {"active": False})
        case WorkerRightGranted(right=right, until=until):
            yield Put(RIGHTS, (id, right), {"until": until})
        case WorkerRightWithdrawn(right=right):
            yield Gone(RIGHTS, (id, right))
        case TeamMemberAdded(worker=worker):
            yield Put(MEMBERS, (id, worker), {})
        case TeamMemberRemoved(worker=worker):
            yield Gone(MEMBERS, (id, worker))
        case DirectoryRightSet(holder=holder, level=Level.NONE, until=until):
            yield Gone(DIRECTORIES, (id, holder, lasting(until)))
        case DirectoryRightSet(holder=holder, level=level, until=until):
            yield Put(DIRECTORIES, (id, holder, lasting(until)), {"level": LADDER[level], "until": until})
        case AreaRoleGiven(holder=holder, role=role, until=until):
            yield Put(ROLES, (id, holder, role), {"until": until})
        case AreaRoleTaken(holder=holder, role=role):
            yield Gone(ROLES, (id, holder, role))
        case ContactOpened(directory=directory) | ContactMoved(directory=directory):
            yield Put(CONTACTS, (id,), {"directory": directory})
        case ContactMerged(survivor=survivor):
            yield Put(MERGED, (id,), {"survivor": survivor})
        case ContactSeparated():
            yield Gone(MERGED, (id,))
        case (
            ContactRestricted(subjects=subjects)
            | ErasureRequested(subjects=subjects)
            | ErasureFenced(subjects=subjects)
        ):
            yield from (Put(WITHHELD, (subject, fact.stream), {}) for subject in subjects)
        case ContactRestrictionLifted(subjects=subjects) | ErasureRefused(subjects=subjects):
            yield from (Gone(WITHHELD, (subject, fact.stream)) for subject in subjects)


ACCESS = ReadModel(
    name="access",
    about="Who may know of what: workers and their rights, teams, directories, areas, where each contact lies, whose"
    " data is withheld.",
    tables=(WORKERS, RIGHTS, MEMBERS, DIRECTORIES, ROLES, CONTACTS, MERGED, WITHHELD),
    facts=frozenset(
        {
            *(WorkerHired, WorkerReactivated, WorkerDeactivated, WorkerRightGranted, WorkerRightWithdrawn),
            *(TeamMemberAdded, TeamMemberRemoved, DirectoryRightSet, AreaRoleGiven, AreaRoleTaken),
            *(ContactOpened, ContactMoved, ContactMerged, ContactSeparated),
            *(ContactRestricted, ContactRestrictionLifted, ErasureRequested, ErasureRefused, ErasureFenced),
        }
    ),
    project=project,
    within_append=True,
)
