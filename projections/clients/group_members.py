"""Who is in which group, and from when until when (R-GRP-5, D21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest
from typing import Any

from domain.clients.group import (
    GROUP,
    Group,
    GroupClosed,
    GroupContractSet,
    GroupFormed,
    GroupMoved,
    GroupRanked,
    GroupRenamed,
    GroupReopened,
)
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft, Membership
from domain.fact import Fact
from domain.timeline import Timeline
from projections.model import Change, Column, Kind, Known, Put, ReadModel, Table, Touch, instead, words

GROUPS = Table(
    "groups",
    ("group_id",),
    (*words("directory", "name", "kind", "contract"), Column("rank", Kind.NUMBER), Column("closed", Kind.FLAG)),
    indexes=(("directory",),),
)
GROUP_MEMBERS = Table(
    "group_members",
    ("contact", "group_id", "since"),
    (Column("joined_at", Kind.INSTANT), Column("left_at", Kind.INSTANT)),
    indexes=(("group_id", "contact"), ("contact",)),
)
"""One row for each time that a contact was in a group; `left_at` is empty while it is."""


def spells(line: Timeline[bool]) -> Iterator[tuple[datetime, datetime | None]]:
    """From when until when the answer was yes: [from, until)."""
    turns: list[tuple[datetime, bool]] = []
    for since, inside in line:
        if turns and turns[-1][0] == since:
            turns.pop()  # said later of the same instant
        if inside != (turns[-1][1] if turns else False):
            turns.append((since, inside))
    for (since, inside), after in zip_longest(turns, turns[1:]):
        if inside:
            yield since, after[0] if after else None


def members(contact: str, known: Known) -> Iterable[Change]:
    """All times of one contact, in place of those told before."""
    membership: Membership = known.state(MEMBERSHIP, contact)
    rows = {
        (contact, group, since.isoformat()): {"joined_at": since, "left_at": until}
        for group, line in membership.spells.items()
        for since, until in spells(line)
    }
    return instead(known, GROUP_MEMBERS, "contact", contact, rows)


def group(id: str, known: Known) -> Iterable[Change]:
    state: Group = known.state(GROUP, id)
    row = {"directory": state.directory, "name": state.name, "kind": state.kind, "rank": state.rank}
    by_default = state.contracts.get(None, Timeline()).last
    yield Put(GROUPS, (id,), row | {"contract": by_default, "closed": bool(state.closed.last)})


def remake(stream: str) -> Iterator[Touch]:
    kind, _, id = stream.partition("-")
    if kind == MEMBERSHIP.kind:
        yield Touch(MEMBERSHIP, id, members)
    elif kind == GROUP.kind:
        yield Touch(GROUP, id, group)


def project(fact: Fact[Any], _: Known) -> Iterator[Touch]:
    return remake(fact.stream)


MEMBERSHIPS = ReadModel(
    name="group_members",
    about="Groups, and who was in them from when until when.",
    tables=(GROUPS, GROUP_MEMBERS),
    facts=frozenset(
        {
            *(GroupFormed, GroupRanked, GroupRenamed, GroupContractSet, GroupMoved, GroupClosed, GroupReopened),
            *(MemberJoined, MemberLeft),
        }
    ),
    project=project,
    reads=(MEMBERSHIP, GROUP),
    remake=remake,
)
