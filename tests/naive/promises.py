"""What was promised for a ticket and whether it was kept, walked moment by moment with calendars spread out open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from naive.helpdesk_sla import WEEK, Calendar, Span, five_years_after

Body = dict[str, Any]


class Written(NamedTuple):
    """A text or a calendar, and when this version of it was recorded."""

    recorded_at: datetime
    text: Any


class Step(NamedTuple):
    """Something that happened to a ticket, and the version of the fact; a revision has no facts of the ticket's."""

    at: datetime
    topic: str
    body: Body
    version: int = 0


REVISED = "revised"
PROMISES = ("ticket.contract-selected", "ticket.contract-changed")
ASSESSES = ("ticket.assessed", "ticket.assessment-withdrawn")
LIFE = ("opened", "started", "held", "resumed", "resolved", "closed", "reopened", "merged")
WROTE, ANSWERED = "wrote", "answered"
TARGETS = ("first-response", "next-response", "resolution")


def steps(facts: Iterable[Body]) -> list[Step]:
    """What of a ticket's facts, given as they were recorded, matters to a clock: in the order in which it happened."""
    found: list[Step] = []
    for fact in facts:
        body = fact["body"]
        happened = datetime.fromisoformat(body.get("received_at") or fact["happened_at"])
        match fact["topic"].removeprefix("ticket."):
            case "separated":
                found = [step for step in found if step.topic != "ticket.merged"]
            case "released":
                found = [step for step in found if body["ticket"] not in (step.body.get("through") or ())]
            case "absorbed":
                for said in body.get("exchanged") or ():
                    through = {"through": [*(said.get("through") or ()), body["ticket"]]}
                    found.append(Step(datetime.fromisoformat(said["at"]), said["said"], through, fact["version"]))
            case "split-off" if body.get("answered_at"):
                answered = datetime.fromisoformat(body["answered_at"])
                found.append(Step(answered, ANSWERED, {"origin": body["origin"]}, fact["version"]))
            case "contract-selected" if len(found) == 1:  # what was promised counts from the receipt on
                found.append(Step(found[0].at, fact["topic"], body, fact["version"]))
            case "call-logged" if body["answered"]:
                found.append(Step(happened, ANSWERED, body, fact["version"]))
            case "message-logged" if not body.get("automatic"):
                topic = WROTE if body["direction"] == "incoming" else ANSWERED
                found.append(Step(happened, topic, body, fact["version"]))
            case name if name in LIFE or fact["topic"] in (*PROMISES, *ASSESSES):
                found.append(Step(happened, fact["topic"], body, fact["version"]))
    return sorted(found, key=lambda step: step.at)


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
    since: datetime | None = None
    """When the round of a next response began."""
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
            for opens, closes in self._open(start, end or five_years_after(start)):
                if closes - opens >= missing:
                    return opens + missing
                missing -= closes - opens
        return None

    def used(self) -> int:
        spans = (span for start, end in self.runs if end for span in self._open(start, end))
        return int(sum((b - a for a, b in spans), timedelta()).total_seconds())

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

    def give_up(self, now: datetime, outcome: str) -> None:
        if self.stopped:
            return
        self.look(now)
        self.pause(now)
        self.stopped = self.given_up = True
        self.judge("none" if self.target is None else outcome, None, now)

    def go_on(self) -> None:
        self.stopped = self.given_up = False
        if self.verdict and self.verdict.outcome != "missed":
            self.verdict = None

    def passes(self, percent: int) -> datetime | None:
        """When so much of the target is or was used up; None while the clock stands, and where it never will be."""
        return self.due(self.runs, percent / 100) if self.running else None


@dataclass
class Promises:
    """The clocks of one ticket after everything that still mattered to them."""

    response: Clock
    resolution: Clock
    rounds: list[Clock] = field(default_factory=list)
    """Of the next response: one for each customer's message that was the first to be unanswered (D36)."""
    contract: str | None = None
    assignment: int = 0
    """The version of the fact by which the ticket came under the contract."""

    @property
    def settled(self) -> bool:
        return all(clock.verdict for _, clock in self.clocks())

    @property
    def next_response(self) -> Clock | None:
        return self.rounds[-1] if self.rounds else None

    def clocks(self) -> list[tuple[str, Clock]]:
        rounds = [("next-response", clock) for clock in self.rounds]
        return [("first-response", self.response), *rounds, ("resolution", self.resolution)]

    @property
    def owed(self) -> list[Clock]:
        """What waits for the customer while the ticket does; the first response never does (D5)."""
        return [self.resolution, *self.rounds[-1:]]


def promised(book: Book, steps: Sequence[Step], noticed: Sequence[datetime] = ()) -> Promises:
    """Walk the steps, which are in the order in which they happened; then new texts, until all is settled.

    `noticed` are instants by which somebody looked, and said what was missed.
    """
    last = max(steps[-1].at, *noticed, steps[0].at)
    walk = _walked(book, steps, last)
    for step in book.revisions(_contracts(steps), steps[0].at):
        if step.at > last and not walk.found.settled:
            walk.take(step)
            walk.look(step.at)
    return walk.found


def standing(book: Book, steps: Sequence[Step], until: datetime) -> Promises:
    """The clocks at an instant, by all that happened up to it."""
    return _walked(book, steps, until).found


def _walked(book: Book, steps: Sequence[Step], until: datetime) -> Walk:
    revisions = book.revisions(_contracts(steps), steps[0].at)
    known = [step for step in (*revisions, *steps) if step.at <= until]
    walk = Walk(book, Promises(Clock(book), Clock(book)))
    for step in sorted(known, key=lambda each: each.at):  # stable: a new text counts before what else is then
        walk.take(step)
    walk.look(until)
    return walk


def _contracts(steps: Sequence[Step]) -> set[str]:
    return {step.body["contract"] for step in steps if step.body.get("contract")}


@dataclass
class Walk:
    book: Book
    found: Promises
    severity: str | None = None
    waiting: bool = False
    over: str | None = None
    """Resolved; or closed, which only a re-opening ends; or merged, which nothing ends."""

    def look(self, now: datetime) -> None:
        for _, clock in self.found.clocks():
            clock.look(now)

    def take(self, step: Step) -> None:
        at, topic, body, version = step
        if topic in PROMISES:
            self.found.contract, self.found.assignment = body["contract"], version
        if topic in ASSESSES:
            self.severity = body.get("severity")
        if topic in (REVISED, *PROMISES, *ASSESSES):
            self._renew(at)
        elif self.over != "merged":
            self._live(at, topic.removeprefix("ticket."), body)

    def _live(self, at: datetime, topic: str, body: Body) -> None:
        match topic:
            case "opened":
                self.found.response.run(at)
                self.found.resolution.run(at)
            case "held":
                self._wait(at)
            case "started" | "resumed":
                self._go_on(at)
            case "wrote":
                self._hear(at)
            case "answered":
                self._stop(at, self.found.response, *self.found.rounds[-1:])
            case "resolved":
                self._stop(at, self.found.response, *self.found.owed)
                self.over = self.over or "resolved"
            case "closed" if body.get("reason") is not None:
                self._give_up(at, "cancelled")
            case "closed" if self.over is not None:
                self.over = "closed"
            case "merged":
                self._give_up(at, "merged")
                self.over = "merged"
            case "reopened":
                self._reopen(at)

    def _renew(self, at: datetime) -> None:
        for target, clock in self.found.clocks():
            clock.renew(self._offer(target, at), at)

    def _offer(self, name: str, at: datetime) -> Offer | None:
        if self.found.contract is None:
            return None
        version, text = self.book.terms(self.found.contract, at)
        special = text["not_assessed"] if self.severity is None else text["by_severity"].get(self.severity)
        target = (text["general"] if special is None else special).get(f"{name.replace('-', '_')}_seconds")
        return Offer(target, text["calendar"], at, self.found.contract, version)

    def _wait(self, at: datetime) -> None:
        self.waiting = True
        for clock in self.found.owed:
            clock.pause(at)

    def _go_on(self, at: datetime) -> None:
        self.waiting = False
        for clock in self.found.owed:
            clock.run(at)

    def _hear(self, at: datetime) -> None:
        """The customer wrote: the waiting is over, what was resolved is not, and an answer is owed from here on."""
        if self.over == "closed":
            return
        if self.over == "resolved":
            self._reopen(at)
        elif self.waiting:
            self._go_on(at)
        answered = self.found.response.stopped
        if answered and (self.found.next_response is None or self.found.next_response.stopped):
            clock = Clock(self.book, since=at, offer=self._offer("next-response", at))
            clock.run(at)
            self.found.rounds.append(clock)

    def _stop(self, at: datetime, *clocks: Clock) -> None:
        for clock in clocks:
            clock.stop(at)

    def _give_up(self, at: datetime, outcome: str) -> None:
        self.over = "closed"
        for _, clock in self.found.clocks():
            clock.give_up(at, outcome)

    def _reopen(self, at: datetime) -> None:
        self.over, self.waiting = None, False
        response, resolution = self.found.response, self.found.resolution
        resolution.go_on()
        resolution.run(at)
        if response.given_up:
            response.runs = [(response.runs[0][0], None)]  # never paused
            response.go_on()
        for clock in self.found.rounds[-1:]:
            if clock.given_up:
                clock.go_on()
                clock.run(at)


class Mark(NamedTuple):
    """A level of a promise under one assignment of a contract; `since` is when the round of a next response began."""

    target: str
    since: datetime | None
    assignment: int
    percent: int


class Passed(NamedTuple):
    """A level that somebody is told of, or that is only noted because a higher one was passed as well."""

    told: bool
    mark: Mark
    due: datetime


@dataclass
class Timer:
    """Whoever asks now and then finds what was passed since; nothing is found twice (D8)."""

    book: Book
    done: set[Mark] = field(default_factory=set)

    def ask(self, steps: Sequence[Step], now: datetime) -> list[Passed]:
        """What is found by asking at an instant, after the steps that are known by then."""
        found = []
        known = standing(self.book, steps, now)
        for target, clock in known.clocks():
            passed = sorted(self._passed(target, clock, known, now))
            told = passed[-1:] if passed and passed[-1][0].percent > self._highest(passed[-1][0]) else []
            found += [Passed((mark, due) in told, mark, due) for mark, due in passed]
        self.done |= {each.mark for each in found}
        return found

    def _passed(self, target: str, clock: Clock, known: Promises, now: datetime) -> Iterator[tuple[Mark, datetime]]:
        for mark, due in levels(self.book, target, clock, known, now):
            if mark not in self.done and due is not None and due <= now:
                yield mark, due

    def _highest(self, mark: Mark) -> int:
        """Of those that were found before, of the same promise under the same assignment."""
        return max(
            (each.percent for each in self.done if each._replace(percent=0) == mark._replace(percent=0)), default=0
        )


def levels(
    book: Book, target: str, clock: Clock, known: Promises, now: datetime
) -> Iterator[tuple[Mark, datetime | None]]:
    """Of the contract's text as it is then: when each level of the promise is passed, None while paused or never."""
    if known.contract is not None:
        _, text = book.terms(known.contract, now)
        for level in text.get("levels") or ():
            if level["target"] == target:
                mark = Mark(target, clock.since, known.assignment, level["percent"])
                yield mark, clock.passes(level["percent"])
