"""A clock accounts for one promise: what ran, when it is due, and how it was judged (D4-D7, D10)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.service.calendar import BusinessTime
from domain.values import ContractId


class Outcome(StrEnum):
    """`none`: nothing was promised; `cancelled`: closed without resolution before the target was missed.

    `merged`: another ticket took its place before that (R-TCK-16).
    """

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    NONE = "none"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Judgement(NamedTuple):
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


@dataclass(slots=True)
class Clock:
    """The running account of one promise: what ran, under which offer, and how it was last judged."""

    offer: Offer | None = None
    since: datetime | None = None
    """When its round began; the first response and the resolution have none."""
    ran: list[tuple[datetime, datetime]] = field(default_factory=list)
    running_since: datetime | None = None
    stopped: bool = False
    cancelled: bool = False
    judged: Judgement | None = None
    ruling: Offer | None = None
    """The offer it was judged under."""
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

    def reaches(self, percent: int) -> datetime | None:
        """The instant at which so much of the target has been used up, as far as that can be told now (D8)."""
        if self.offer is None or self.offer.target is None:
            return None
        return replace(self, offer=self.offer._replace(target=self.offer.target * percent / 100)).due()

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

    def cancel(self, at: datetime, outcome: Outcome) -> None:
        """Given up before it was kept; a miss stays one."""
        if self.stopped:
            return
        self.miss(at)
        self._stand(at)
        self.cancelled = True
        if self.open:
            promised = self.offer is not None and self.offer.target is not None
            self.judge(outcome if promised else Outcome.NONE, None, at)

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
            self.judged = self.ruling = None

    def _stand(self, at: datetime) -> None:
        if self.running_since is None:
            # A stretch without length: what is left of the target is counted from here.
            self.ran.append((at, at))
        self.pause(at)
        self.stopped = True

    def total(self) -> timedelta | None:
        if self.offer is None:
            return None
        time = self.offer.time
        return sum((time.elapsed(start, end) for start, end in self.ran), timedelta())

    def judge(self, outcome: Outcome, due: datetime | None, at: datetime) -> None:
        contract, version = (self.offer.contract, self.offer.version) if self.offer else (None, 0)
        self.judged, self.ruling = Judgement(outcome, due, None, contract, version, at), self.offer

    def result(self, until: datetime) -> Judgement:
        """How the target stands; an open one without its due, which only those who show it have to know."""
        self.miss(until)
        if self.judged is not None:
            return self.judged._replace(consumed=self.consumed)
        if self.offer is None or self.offer.target is None:
            return Judgement(Outcome.NONE, consumed=self.consumed)
        return Judgement(Outcome.OPEN, None, self.consumed, self.offer.contract, self.offer.version)
