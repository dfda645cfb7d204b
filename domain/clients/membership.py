"""A contact is in a group from the instant it joins until the instant it leaves, which no longer counts (D21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from domain.decider import Decider
from domain.fact import Event, Fact
from domain.spell import Spells, inside, present, turned
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

    spells: Spells[GroupId] = field(default_factory=dict)

    def holds(self, group: GroupId, at: datetime) -> bool:
        return inside(self.spells, group, at)

    def groups(self, at: datetime) -> tuple[GroupId, ...]:
        """The groups the contact is in at the instant, smallest id first."""
        return present(self.spells, at)


def join(membership: Membership, group: GroupId, at: datetime) -> Iterator[MembershipEvent]:
    if not membership.holds(group, at):
        yield MemberJoined(group=group)


def leave(membership: Membership, group: GroupId, at: datetime) -> Iterator[MembershipEvent]:
    if membership.holds(group, at):
        yield MemberLeft(group=group)


def evolve(membership: Membership, fact: Fact[MembershipEvent]) -> Membership:
    match fact.event:
        case MemberJoined(group=group):
            return Membership(turned(membership.spells, group, fact.happened_at, inside=True))
        case MemberLeft(group=group):
            return Membership(turned(membership.spells, group, fact.happened_at, inside=False))


MEMBERSHIP = Decider("membership", Membership(), evolve, (MemberJoined, MemberLeft))
