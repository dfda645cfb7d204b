"""The life of a ticket: what it is after each moment, and from where each moment leads there (R-TCK-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from domain.service.promise import Kind, Moment
from domain.timeline import Entry, Timeline


class Status(StrEnum):
    ABSENT = "absent"
    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_WORK = "in-work"
    WAITING = "waiting-for-customer"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"


OPEN = frozenset({Status.RECEIVED, Status.IN_WORK, Status.WAITING})
ANY = frozenset(Status)
NOWHERE: tuple[frozenset[Status], Status] = (frozenset(), Status.ABSENT)
STEPS: Mapping[Kind, tuple[frozenset[Status], Status]] = {
    Kind.OPENED: (ANY, Status.RECEIVED),
    Kind.STARTED: (OPEN, Status.IN_WORK),
    Kind.HELD: (OPEN, Status.WAITING),
    Kind.RESUMED: (OPEN, Status.IN_WORK),
    Kind.WROTE: (frozenset({Status.WAITING, Status.RESOLVED}), Status.IN_WORK),
    Kind.RESOLVED: (OPEN, Status.RESOLVED),
    Kind.CLOSED: (frozenset({Status.RESOLVED}), Status.CLOSED),
    Kind.DROPPED: (ANY, Status.CLOSED),
    Kind.REOPENED: (ANY, Status.IN_WORK),
}
"""From which statuses each step leads to which (R-TCK-12, R-TCK-13).

A step that a late fact shows to have come from another one leads nowhere: what was not resolved was not closed.
"""


def status(moments: Timeline[Moment], at: datetime) -> Status:
    """The status in force at the instant."""
    merged = any(moment.kind is Kind.MERGED and since <= at for since, moment in moments)
    return Status.MERGED if merged else beneath(moments, at)


def beneath(moments: Timeline[Moment], at: datetime) -> Status:
    """The same, as if no other ticket stood for this one."""
    found = [status for since, status in course(moments) if since <= at]
    return found[-1] if found else Status.ABSENT


def course(moments: Timeline[Moment]) -> Iterator[Entry[Status]]:
    """Each step that led somewhere: where, and since when."""
    found = Status.ABSENT
    for since, moment in moments:
        sources, target = STEPS.get(moment.kind, NOWHERE)
        if found in sources:
            found = target
            yield Entry(since, target)
