"""A legal hold keeps a person from being forgotten, on a ground from the company's list, for a time or until lifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.decider import Decider
from domain.ending import lasts, needs_end_ahead
from domain.fact import Event, Fact
from domain.refusal import Refused, require
from domain.values import Instant, Label


class HoldPlaced(Event, topic="hold.placed"):
    """The person must not be forgotten, on this ground; until an instant, or until it is lifted."""

    ground: Label
    until: Instant | None = None


class HoldLifted(Event, topic="hold.lifted"):
    """This ground is none any more."""

    ground: Label


HoldEvent = HoldPlaced | HoldLifted


class HoldGroundNotListed(Refused):
    """The company has no such ground in its list."""


@dataclass(frozen=True, slots=True)
class Hold:
    """All holds on one person; the stream is named after them."""

    grounds: Mapping[str, datetime | None] = field(default_factory=dict)
    """Each with its end, if it has one."""

    def lasting(self, now: datetime) -> tuple[str, ...]:
        """The grounds that hold at the instant."""
        return tuple(sorted(ground for ground, until in self.grounds.items() if lasts(until, now)))


def place(
    hold: Hold, ground: str, until: datetime | None, listed: tuple[str, ...], now: datetime
) -> Iterator[HoldEvent]:
    """Placed again with another end, the new end holds."""
    require(ground in listed, otherwise=HoldGroundNotListed)
    needs_end_ahead(until, now)
    if ground not in hold.grounds or hold.grounds[ground] != until:
        yield HoldPlaced(ground=ground, until=until)


def lift(hold: Hold, ground: str) -> Iterator[HoldEvent]:
    if ground in hold.grounds:
        yield HoldLifted(ground=ground)


def evolve(hold: Hold, fact: Fact[HoldEvent]) -> Hold:
    match fact.event:
        case HoldPlaced(ground=ground, until=until):
            return Hold({**hold.grounds, ground: until})
        case HoldLifted(ground=ground):
            return Hold({each: until for each, until in hold.grounds.items() if each != ground})


HOLD = Decider("hold", Hold(), evolve, (HoldPlaced, HoldLifted))
