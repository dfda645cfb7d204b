"""A ticket lies in the area that the customer's first group with an open one names; else in the company's (D13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from domain.clients.group import Group, Responsible
from domain.refusal import Refused
from domain.values import AreaId, GroupId, ProcessAreaId


class DefaultAreaMissing(Refused):
    """The company has named no default area for tickets (R-RESP-6)."""


class Row(NamedTuple):
    """What a group's row for a process area says."""

    group: GroupId
    row: Responsible


class Place(NamedTuple):
    """Where a ticket lies, and the group whose row says so, if one does."""

    area: AreaId
    group: GroupId | None = None


def rows(groups: Mapping[GroupId, Group], process_area: ProcessAreaId | None, at: datetime) -> Iterator[Row]:
    """The groups' rows at the instant, the smallest rank first, then the smallest id; each part is used on its own."""
    if process_area is not None:
        for _, id in sorted((group.rank, id) for id, group in groups.items()):
            yield Row(id, groups[id].responsible(process_area, at))


def place(found: Iterable[Row], is_open: Callable[[AreaId], bool], default: AreaId | None) -> Place:
    """A row without an area, or with one that takes no ticket, is passed over."""
    for group, row in found:
        if row.area is not None and is_open(row.area):
            return Place(row.area, group)
    if default is None:
        raise DefaultAreaMissing
    return Place(default)
