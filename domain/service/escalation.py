"""Each level of a promise fires once; of several passed meanwhile the highest does, and the others are skipped (D8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel

from domain.fact import Event
from domain.service.clock import Clock
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.values import ContractId, Instant, WorkerId
from domain.work.channel import Channel


class Told(BaseModel, frozen=True):
    """Who is to hear of it, as whom; `instead_of` cannot, for having left or not being allowed to see the ticket.

    Whoever is several of those that are to be told stands here for each, and is told once (D27). Nobody stands here
    where somebody cannot hear of it, and nobody else can instead.
    """

    worker: WorkerId | None
    recipient: Recipient
    instead_of: WorkerId | None = None

    def __str__(self) -> str:
        """As people read it."""
        instead = "" if self.instead_of is None else f" instead of {self.instead_of}"
        return f"{self.worker or 'nobody'} as {self.recipient}{instead}"


class TicketEscalated(Event, topic="ticket.escalated"):
    """So much of the target was used up at `due`: these are to hear of it.

    `assignment` is the version of the fact by which the ticket came under the contract: under another one, or under
    the same again, every level counts anew (D8). `since` is when the round of a next response began.
    """

    target: Target
    since: Instant | None
    contract: ContractId
    contract_version: int
    assignment: int
    percent: int
    due: Instant
    told: tuple[Told, ...]
    channels: tuple[Channel, ...]


class TicketEscalationSkipped(Event, topic="ticket.escalation-skipped"):
    """A higher level was passed before anybody could be told of this one."""

    target: Target
    since: Instant | None
    contract: ContractId
    contract_version: int
    assignment: int
    percent: int
    due: Instant


EscalationEvent = TicketEscalated | TicketEscalationSkipped


class Running(NamedTuple):
    """A promise with levels: by which clock, under which assignment of a contract, and the levels of this target."""

    target: Target
    clock: Clock
    assignment: int
    levels: Sequence[Level]


class Fired(NamedTuple):
    """A level that is done with: told of, or skipped."""

    target: Target
    since: datetime | None
    assignment: int
    percent: int


class Passing(NamedTuple):
    """A level, and the instant at which it is passed."""

    level: Level
    due: datetime


def ahead(running: Running, fired: frozenset[Fired]) -> list[Passing]:
    """The levels not done with, lowest first, with the instants at which they are passed; none while the clock stands.

    A missed target has levels, too, as long as it is not kept: 150 % (D5, D8).
    """
    clock = running.clock
    if clock.stopped or clock.running_since is None:
        return []
    return [
        Passing(level, due)
        for level in sorted(running.levels, key=lambda level: level.percent)
        if _key(running, level.percent) not in fired
        if (due := clock.reaches(level.percent)) is not None
    ]


def passed(running: Running, fired: frozenset[Fired], now: datetime) -> list[Passing]:
    """Those of them that have been passed, lowest first."""
    return [each for each in ahead(running, fired) if each.due <= now]


def escalate(
    running: Running, fired: frozenset[Fired], found: Sequence[Passing], told: Sequence[Told]
) -> Iterator[EscalationEvent]:
    """Of those passed tell of the highest, unless a higher one was told of before; note the others (D6, D8)."""
    before = _highest(running, fired)
    for each in found:
        if each is found[-1] and each.level.percent > before:
            yield TicketEscalated(**_what(running, each), told=tuple(told), channels=each.level.channels)
        else:
            yield TicketEscalationSkipped(**_what(running, each))


def _what(running: Running, passing: Passing) -> dict[str, object]:
    offer = running.clock.offer
    assert offer is not None
    return {
        "target": running.target,
        "since": running.clock.since,
        "contract": offer.contract,
        "contract_version": offer.version,
        "assignment": running.assignment,
        "percent": passing.level.percent,
        "due": passing.due,
    }


def _highest(running: Running, fired: frozenset[Fired]) -> int:
    """Of those done with under the same assignment."""
    return max((each.percent for each in fired if each == _key(running, each.percent)), default=0)


def _key(running: Running, percent: int) -> Fired:
    return Fired(running.target, running.clock.since, running.assignment, percent)


def evolve(fired: frozenset[Fired], event: EscalationEvent) -> frozenset[Fired]:
    return fired | {Fired(event.target, event.since, event.assignment, event.percent)}
