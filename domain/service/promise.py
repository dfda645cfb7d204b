"""A promise is judged by walking a ticket's moments in the order they happened (D3-D7, D9, D10, D32)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import merge
from typing import NamedTuple

from domain.service.calendar import BusinessTime, Calendar
from domain.service.contract import Contract
from domain.timeline import Entry, Timeline
from domain.values import CalendarId, ContractId


class Kind(StrEnum):
    """What of a ticket's life a clock can notice."""

    OPENED = "opened"
    PROMISED = "promised"
    ASSESSED = "assessed"
    STARTED = "started"
    HELD = "held"
    RESUMED = "resumed"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    DROPPED = "dropped"
    REVISED = "revised"


class Moment(NamedTuple):
    """`value` is the severity of an assessment, the contract of a promise."""

    kind: Kind
    value: str | None = None


class Target(StrEnum):
    """What is promised: to be heard, and to be helped."""

    FIRST_RESPONSE = "first-response"
    RESOLUTION = "resolution"


class Outcome(StrEnum):
    """`none`: nothing was promised; `cancelled`: closed without resolution before the target was missed."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    NONE = "none"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`due` is the one judged by, or the current one (None while paused); `consumed` is up to the last stop."""

    outcome: Outcome = Outcome.NONE
    due: datetime | None = None
    consumed: timedelta | None = None
    contract: ContractId | None = None
    version: int = 0
    judged_at: datetime | None = None


class Offer(NamedTuple):
    """What counts at some instant: how much time there is, by which clock, under which text."""

    target: timedelta | None
    time: BusinessTime
    contract: ContractId
    version: int


Offers = tuple[Offer | None, Offer | None]
"""For the first response, and for the resolution."""


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Book:
    """The contracts and calendars a ticket's promises may rest on."""

    contracts: Mapping[ContractId, Contract]
    calendars: Mapping[CalendarId, Calendar]

    def offers(self, contract: ContractId | None, severity: str | None, at: datetime) -> Offers:
        """What the contract's text, as recorded up to the instant, promises for the severity."""
        if contract is None:
            return None, None
        version = self.contracts[contract].as_of(at)
        targets = version.terms.targets(severity)
        time = self.calendars[version.terms.calendar].as_of(at)
        return (
            Offer(_duration(targets.first_response_seconds), time, contract, version.number),
            Offer(_duration(targets.resolution_seconds), time, contract, version.number),
        )

    def revisions(self, after: datetime) -> list[Entry[Moment]]:
        """The instants after the given one at which a text or a calendar changed."""
        texts, calendars = self.contracts.values(), self.calendars.values()
        if all(len(text.versions) == 1 for text in texts) and all(len(each.versions) == 1 for each in calendars):
            return []
        instants = {version.recorded_at for contract in self.contracts.values() for version in contract.versions[1:]}
        instants |= {version.recorded_at for calendar in self.calendars.values() for version in calendar.versions[1:]}
        return [Entry(instant, Moment(Kind.REVISED)) for instant in sorted(instants) if instant > after]


@dataclass(slots=True)
class Clock:
    """The running account of one target: what ran, under which offer, and how it was last judged."""

    offer: Offer | None = None
    ran: list[tuple[datetime, datetime]] = field(default_factory=list)
    running_since: datetime | None = None
    stopped: bool = False
    cancelled: bool = False
    judged: Judgement | None = None
    consumed: timedelta | None = None

    @property
    def open(self) -> bool:
        return self.judged is None

    def due(self, resumed_at: datetime | None = None) -> datetime | None:
        """The earliest instant at which the time that ran reaches the target; `resumed_at` ends a pause."""
        if self.offer is None or self.offer.target is None:
            return None
        left = self.offer.target
        for start, end in self.ran:
            counted = self.offer.time.elapsed(start, end)
            if counted >= left:
                return self.offer.time.reach(start, left)
            left -= counted
        since = self.running_since or resumed_at
        return None if since is None else self.offer.time.reach(since, left)

    def change(self, offer: Offer | None, at: datetime) -> None:
        """New terms count from the receipt on; what the old ones saw missed stays missed (D6)."""
        self.miss(at)
        self.offer = offer
        self.miss(at)

    def miss(self, at: datetime) -> None:
        """A due that has passed while the target was open is a miss, at that due."""
        if self.open and self._could_be_due(at) and (due := self.due()) is not None and due < at:
            self.judge(Outcome.MISSED, due, due)

    def _could_be_due(self, at: datetime) -> bool:
        """Business time never runs faster than the clock on the wall: most questions end here."""
        start = self.ran[0][0] if self.ran else self.running_since
        return start is not None and self.offer is not None and at - start > (self.offer.target or timedelta.max)

    def stop(self, at: datetime) -> None:
        if self.stopped:
            return
        due = self.due(resumed_at=at)
        self._stand(at)
        self.consumed = self.total()
        if not self.open:
            return
        if self.offer is None or self.offer.target is None:
            self.judge(Outcome.NONE, None, at)
        elif due is None or at <= due:
            self.judge(Outcome.MET, due, at)
        else:
            self.judge(Outcome.MISSED, due, due)

    def cancel(self, at: datetime) -> None:
        if self.stopped:
            return
        self.miss(at)
        self._stand(at)
        self.cancelled = True
        if self.open:
            promised = self.offer is not None and self.offer.target is not None
            self.judge(Outcome.CANCELLED if promised else Outcome.NONE, None, at)

    def run(self, at: datetime) -> None:
        if self.running_since is None and not self.stopped:
            self.running_since = at

    def pause(self, at: datetime) -> None:
        if self.running_since is not None:
            self.ran.append((self.running_since, at))
            self.running_since = None

    def reopen(self, at: datetime) -> None:
        """A missed target stays missed; any other judgement is open again (D10)."""
        self.stopped = self.cancelled = False
        self.run(at)
        self._judge_again()

    def revive(self) -> None:
        """What was given up unanswered is owed again, and its clock was never paused (D5)."""
        if self.cancelled:
            self.running_since, self.ran = self.ran[0][0], []
            self.stopped = self.cancelled = False
            self._judge_again()

    def _judge_again(self) -> None:
        if self.judged is not None and self.judged.outcome is not Outcome.MISSED:
            self.judged = None

    def _stand(self, at: datetime) -> None:
        self.pause(at)
        self.stopped = True

    def total(self) -> timedelta | None:
        if self.offer is None:
            return None
        time = self.offer.time
        return sum((time.elapsed(start, end) for start, end in self.ran), timedelta())

    def judge(self, outcome: Outcome, due: datetime | None, at: datetime) -> None:
        contract, version = (self.offer.contract, self.offer.version) if self.offer else (None, 0)
        self.judged = Judgement(outcome, due, None, contract, version, at)

    def result(self, until: datetime) -> Judgement:
        """How the target stands; an open one without its due, which only those who show it have to know."""
        self.miss(until)
        if self.judged is not None:
            found = self.judged
            return Judgement(found.outcome, found.due, self.consumed, found.contract, found.version, found.judged_at)
        if self.offer is None or self.offer.target is None:
            return Judgement(Outcome.NONE, consumed=self.consumed)
        return Judgement(Outcome.OPEN, None, self.consumed, self.offer.contract, self.offer.version)


def judge(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Target, Judgement]:
    """How each target of the ticket stands at an instant, by all that is known to have happened up to it."""
    return {target: clock.result(until) for target, clock in walk(moments, book, until).items()}


def forecast(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Target, Judgement]:
    """The same, open targets with the instant at which they will be due."""
    clocks = walk(moments, book, until)
    found = {target: clock.result(until) for target, clock in clocks.items()}
    return {
        target: replace(found[target], due=clock.due()) if found[target].outcome is Outcome.OPEN else found[target]
        for target, clock in clocks.items()
    }


def walk(moments: Timeline[Moment], book: Book, until: datetime) -> dict[Target, Clock]:
    """The clocks of both targets after every moment up to the instant."""
    response, resolution = Clock(), Clock()
    contract: ContractId | None = None
    severity: str | None = None
    for at, moment in _steps(moments, book, until):
        match moment.kind:
            case Kind.PROMISED:
                contract = None if moment.value is None else ContractId(moment.value)
            case Kind.ASSESSED:
                severity = moment.value
        if moment.kind in (Kind.PROMISED, Kind.ASSESSED, Kind.REVISED):
            first, last = book.offers(contract, severity, at)
            response.change(first, at)
            resolution.change(last, at)
        else:
            _tell(moment.kind, response, resolution, at)
    return {Target.FIRST_RESPONSE: response, Target.RESOLUTION: resolution}


def _tell(kind: Kind, response: Clock, resolution: Clock, at: datetime) -> None:
    match kind:
        case Kind.OPENED:
            response.run(at)
            resolution.run(at)
        case Kind.HELD:
            resolution.pause(at)
        case Kind.RESUMED:
            resolution.run(at)
        case Kind.ANSWERED:
            response.stop(at)
        case Kind.RESOLVED:
            response.stop(at)
            resolution.stop(at)
        case Kind.REOPENED:
            resolution.reopen(at)
            response.revive()
        case Kind.DROPPED:
            resolution.cancel(at)
            response.cancel(at)


def _steps(moments: Timeline[Moment], book: Book, until: datetime) -> Iterator[Entry[Moment]]:
    known = [entry for entry in moments.entries if entry.since <= until]
    revisions = [entry for entry in book.revisions(known[0].since) if entry.since <= until] if known else []
    if not revisions:
        return iter(known)
    return merge(revisions, known, key=lambda entry: entry.since)
