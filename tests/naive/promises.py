"""What was promised for a ticket and whether it was kept, walked moment by moment with calendars spread out open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from naive.helpdesk_sla import HORIZON, WEEK, Calendar, Span

Body = dict[str, Any]


class Written(NamedTuple):
    """A text or a calendar, and when this version of it was recorded."""

    recorded_at: datetime
    text: Any


class Step(NamedTuple):
    """Something that happened to a ticket; a revision has no facts of the ticket's."""

    at: datetime
    topic: str
    body: Body


REVISED = "revised"


def calendar(hours: Body) -> Calendar:
    """Opening hours as the other opinion wants them."""
    week = {name: [f"{_clock(a)}-{_clock(b)}" for a, b in day] for name, day in zip(WEEK, hours["week"], strict=True)}
    return Calendar(
        {"zone": hours["zone"], "week": week, "holidays": [date.fromisoformat(d) for d in hours["holidays"]]}
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass
class Book:
    """Every version of every contract and calendar."""

    contracts: dict[str, list[Written]] = field(default_factory=dict)
    calendars: dict[str, list[Written]] = field(default_factory=dict)

    def terms(self, contract: str, at: datetime) -> tuple[int, Body]:
        versions = self.contracts[contract]
        known = [n for n, version in enumerate(versions, 1) if version.recorded_at <= at] or [1]
        return known[-1], versions[known[-1] - 1].text

    def revisions(self, contracts: set[str], after: datetime) -> list[Step]:
        """The instants at which anything that these contracts ever rested on was written anew."""
        named = {version.text["calendar"] for contract in contracts for version in self.contracts[contract]}
        texts = [*(self.contracts[each] for each in contracts), *(self.calendars[each] for each in named)]
        instants = {version.recorded_at for text in texts for version in text[1:]}
        return [Step(at, REVISED, {}) for at in sorted(instants) if at > after]

    def open(self, name: str, known_at: datetime, since: datetime, until: datetime) -> Iterator[Span]:
        """Each stretch by the version that was in force then, of those known at an instant."""
        versions = self.calendars[name]
        known = [version for version in versions if version.recorded_at <= known_at] or versions[:1]
        ends = [version.recorded_at for version in known[1:]] + [until]
        for version, end in zip(known, ends, strict=True):
            stop = min(end, until)
            if since < stop:
                yield from version.text.open_between(since, stop)
                since = stop


class Verdict(NamedTuple):
    outcome: str
    due: datetime | None
    at: datetime | None
    contract: str | None
    version: int


class Offer(NamedTuple):
    target: int | None
    calendar: str
    known_at: datetime
    contract: str
    version: int


@dataclass
class Clock:
    """`runs` are the stretches that count; the last has no end while the clock runs."""

    book: Book
    offer: Offer | None = None
    runs: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    stopped: bool = False
    given_up: bool = False
    verdict: Verdict | None = None
    seconds: int | None = None

    @property
    def running(self) -> bool:
        return bool(self.runs) and self.runs[-1][1] is None

    @property
    def target(self) -> int | None:
        return self.offer.target if self.offer else None

    def due(self, runs: Sequence[tuple[datetime, datetime | None]], share: float = 1) -> datetime | None:
        """When the target, or a share of it, is used up; None where it never is."""
        if self.offer is None or self.target is None:
            return None
        missing = timedelta(seconds=self.target * share)
        for start, end in runs:
            for opens, closes in self._open(start, end or start + HORIZON):
                if closes - opens >= missing:
                    return opens + missing
                missing -= closes - opens
        return None

    def used(self) -> int:
        return int(sum((b - a).total_seconds() for start, end in self.runs if end for a, b in self._open(start, end)))

    def _open(self, start: datetime, end: datetime) -> Iterator[Span]:
        assert self.offer is not None
        return self.book.open(self.offer.calendar, self.offer.known_at, start, end)

    def judge(self, outcome: str, due: datetime | None, at: datetime) -> None:
        contract, version = (self.offer.contract, self.offer.version) if self.offer else (None, 0)
        self.verdict = self.verdict or Verdict(outcome, due, at, contract, version)

    def look(self, now: datetime) -> None:
        """A due that has passed is a miss."""
        due = None if self.verdict else self.due(self.runs)
        if due is not None and due < now:
            self.judge("missed", due, due)

    def renew(self, offer: Offer | None, now: datetime) -> None:
        self.look(now)
        self.offer = offer
        self.look(now)

    def run(self, now: datetime) -> None:
        if not self.running and not self.stopped:
            self.runs.append((now, None))

    def pause(self, now: datetime) -> None:
        if self.running:
            self.runs[-1] = (self.runs[-1][0], now)

    def stop(self, now: datetime) -> None:
        if self.stopped:
            return
        due = self.due(self.runs if self.running else [*self.runs, (now, None)])
        self.pause(now)
        self.stopped = True
        self.seconds = self.used() if self.offer else None
        if self.target is None:
            self.judge("none", None, now)
        elif due is None or now <= due:
            self.judge("met", due, now)
        else:
            self.judge("missed", due, due)

    def give_up(self, now: datetime) -> None:
        if self.stopped:
            return
        self.look(now)
        self.pause(now)
        self.stopped = self.given_up = True
        self.judge("none" if self.target is None else "cancelled", None, now)

    def go_on(self) -> None:
        self.stopped = self.given_up = False
        if self.verdict and self.verdict.outcome != "missed":
            self.verdict = None


@dataclass
class Promises:
    """The clocks of one ticket after everything that still mattered to them."""

    response: Clock
    resolution: Clock

    @property
    def settled(self) -> bool:
        return bool(self.response.verdict and self.resolution.verdict)


def promised(book: Book, steps: Sequence[Step]) -> Promises:
    """Walk the steps, which are in the order in which they happened; then new texts, until all is settled."""
    contracts = {step.body["contract"] for step in steps if step.body.get("contract")}
    revisions = book.revisions(contracts, steps[0].at)
    last = steps[-1].at
    within = [step for step in revisions if step.at <= last]
    walk = Walk(book, Promises(Clock(book), Clock(book)))
    for step in sorted(
        [*within, *steps], key=lambda each: each.at
    ):  # stable: a new text counts before what else is then
        walk.take(step)
    walk.look(last)
    for step in revisions[len(within) :]:
        if walk.found.settled:
            break
        walk.take(step)
        walk.look(step.at)
    return walk.found


@dataclass
class Walk:
    book: Book
    found: Promises
    contract: str | None = None
    severity: str | None = None

    def look(self, now: datetime) -> None:
        self.found.response.look(now)
        self.found.resolution.look(now)

    def take(self, step: Step) -> None:
        at, topic, body = step
        response, resolution = self.found.response, self.found.resolution
        if topic in ("ticket.contract-selected", "ticket.contract-changed"):
            self.contract = body["contract"]
        if topic == "ticket.assessed":
            self.severity = body["severity"]
        if topic in (REVISED, "ticket.contract-selected", "ticket.contract-changed", "ticket.assessed"):
            self._renew(at)
        elif topic == "ticket.opened":
            response.run(at)
            resolution.run(at)
        elif topic == "ticket.held":
            resolution.pause(at)
        elif topic == "ticket.resumed":
            resolution.run(at)
        elif topic == "ticket.call-logged" and body["answered"]:
            response.stop(at)
        elif topic == "ticket.resolved":
            response.stop(at)
            resolution.stop(at)
        elif topic == "ticket.closed" and body["reason"] is not None:
            resolution.give_up(at)
            response.give_up(at)
        elif topic == "ticket.reopened":
            self._reopen(at)

    def _renew(self, at: datetime) -> None:
        for name, clock in (("first_response", self.found.response), ("resolution", self.found.resolution)):
            offer = None
            if self.contract is not None:
                version, text = self.book.terms(self.contract, at)
                special = text["not_assessed"] if self.severity is None else text["by_severity"].get(self.severity)
                target = (text["general"] if special is None else special)[f"{name}_seconds"]
                offer = Offer(target, text["calendar"], at, self.contract, version)
            clock.renew(offer, at)

    def _reopen(self, at: datetime) -> None:
        response, resolution = self.found.response, self.found.resolution
        resolution.go_on()
        resolution.run(at)
        if response.given_up:
            response.runs = [(response.runs[0][0], None)]  # never paused
            response.go_on()
