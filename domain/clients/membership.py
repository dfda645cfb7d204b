"""A contact is in a group from the instant it joins until the instant it leaves, which no longer counts (D21)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.timeline import Timeline
from domain.values import GroupId


class MemberJoined(Event, topic="membership.joined"):
    """The contact is in the group from here on."""

    group: GroupId


class MemberLeft(Event, topic="membership.left"):
    """The contact is in the group no longer."""

    group: GroupId


MembershipEvent = MemberJoined | MemberLeft


@dataclass(frozen=True, slots=True)
class Membership:
    """All groups one contact was ever in; the stream is named after the contact."""

    spells: Mapping[GroupId, Timeline[bool]] = field(default_factory=dict)

    def holds(self, group: GroupId, at: datetime) -> bool:
        return bool(self.spells.get(group, Timeline()).at(at))

    def groups(self, at: datetime) -> tuple[GroupId, ...]:
        """The groups the contact is in at the instant, smallest id first."""
        return tuple(sorted(group for group in self.spells if self.holds(group, at)))


def join(membership: Membership, group: GroupId, at: datetime) -> Iterator[MembershipEvent]:
    if not membership.holds(group, at):
        yield MemberJoined(group=group)


def leave(membership: Membership, group: GroupId, at: datetime) -> Iterator[MembershipEvent]:
    if membership.holds(group, at):
        yield MemberLeft(group=group)


def evolve(membership: Membership, fact: Fact[MembershipEvent]) -> Membership:
    match fact.event:
        case MemberJoined(group=group):
            inside = True
        case MemberLeft(group=group):
            inside = False
    line = membership.spells.get(group, Timeline()).put(fact.happened_at, inside)
    return Membership({**membership.spells, group: line})


MEMBERSHIP = Decider("membership", Membership(), evolve, (MemberJoined, MemberLeft))
