"""Whatever a ticket's life and whenever it becomes known: what is stated is what a second, slow judge finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from life import Life, book
from specification import LONG_AGO, MONDAY

from domain.refusal import Refused
from domain.service.calendar import OpeningHours
from domain.service.clock import Judgement, Outcome
from domain.service.contract import Targets, Terms
from domain.service.promise import Book, Kind, Moment, judge, judgements
from domain.service.statement import Statement
from domain.service.ticket import TICKET
from domain.timeline import Timeline
from domain.values import ContractId
from examples import GOLD, GRAVE, OFFICE, SILVER, SLIGHT

TICK = timedelta(minutes=10)
DAY = 144
END = 3 * DAY
"""The ticks of three days: every life, and every new text, lies within them."""

HORIZON = END + 14 * DAY
Week = tuple[tuple[tuple[int, int], ...], ...]
Texts = dict[ContractId, list[tuple[int, dict[str | None, tuple[int | None, int | None]]]]]
Hours = list[tuple[int, Week]]


def instant(tick: int) -> datetime:
    return MONDAY + tick * TICK


# A second opinion: tick by tick, with nothing but counting.


@dataclass
class SlowClock:
    """Every tick that ran, and of them the open ones; those are counted again whenever a calendar changes."""

    target: int | None = None
    ran: list[int] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    running: bool = False
    outcome: str = ""
    due: int | None = None
    standing: str = ""
    stopped: str = ""


@dataclass
class SlowJudge:
    """Walks a life tick by tick; all it knows of business is whether a tick is open."""

    texts: Texts
    hours: Hours
    contract: ContractId | None = None
    severity: str | None = None
    version: int = 0
    first: int = 0
    response: SlowClock = field(default_factory=SlowClock)
    resolution: SlowClock = field(default_factory=SlowClock)

    def open(self, tick: int, now: int) -> bool:
        """By the last version, of those known now, that was recorded before the tick ended."""
        week = [each for since, each in self.hours if since <= min(tick, now)][-1]
        day, rest = divmod(tick, DAY)
        return any(opens <= 10 * rest < closes for opens, closes in week[day % 7])

    def due(self, clock: SlowClock, now: int) -> int | None:
        """The end of the tick at which enough open ones have run, supposing that it runs on from now."""
        if clock.target is None:
            return None
        if len(clock.counted) >= clock.target:
            return clock.counted[clock.target - 1] + 1
        ahead = [tick for tick in range(now, HORIZON) if self.open(tick, now)]
        left = clock.target - len(clock.counted)
        return ahead[left - 1] + 1 if left <= len(ahead) else None

    def look(self, clock: SlowClock, now: int) -> None:
        """Missed, if enough open ticks had run before this one."""
        if clock.outcome or clock.target is None or len(clock.counted) < clock.target:
            return
        if (due := clock.counted[clock.target - 1] + 1) < now:
            clock.outcome, clock.due, clock.standing = "missed", due, self.terms()

    def terms(self) -> str:
        return f"{self.contract} {self.version}"

    def renew(self, now: int) -> None:
        targets: tuple[int | None, int | None] = (None, None)
        self.version = 0
        if self.contract is not None:
            versions = self.texts[self.contract]
            self.version = max([1, *(n for n, (since, _) in enumerate(versions, 1) if since <= now)])
            text = versions[self.version - 1][1]
            targets = text.get(self.severity, text["general"])
        self.response.target, self.resolution.target = targets

    def stop(self, clock: SlowClock, now: int) -> None:
        if clock.stopped:
            return
        if not clock.outcome:
            due = self.due(clock, now)
            met = due is None or now <= due
            clock.outcome = "none" if clock.target is None else "met" if met else "missed"
            clock.due, clock.standing = due, self.terms()
        clock.running, clock.stopped = False, "done"

    def step(self, kind: Kind, value: str | None, now: int) -> None:
        response, resolution = self.response, self.resolution
        if kind is Kind.OPENED:
            response.running = resolution.running = True
        elif kind is Kind.PROMISED:
            self.contract = None if value is None else ContractId(value)
        elif kind is Kind.ASSESSED:
            self.severity = value
        elif kind is Kind.HELD:
            resolution.running = False
        elif kind in (Kind.STARTED, Kind.RESUMED):
            resolution.running = not resolution.stopped
        elif kind is Kind.ANSWERED:
            self.stop(response, now)
        elif kind is Kind.RESOLVED:
            self.stop(response, now)
            self.stop(resolution, now)
        elif kind is Kind.DROPPED:
            self.drop(response)
            self.drop(resolution)
        elif kind is Kind.REOPENED:
            self.reopen(now)

    def drop(self, clock: SlowClock) -> None:
        if clock.stopped:
            return
        if not clock.outcome:
            clock.outcome = "none" if clock.target is None else "cancelled"
            clock.due, clock.standing = None, self.terms()
        clock.running, clock.stopped = False, "given up"

    def reopen(self, now: int) -> None:
        if self.response.stopped == "given up":
            self.response.ran = list(range(self.first, now))
            self.go_on(self.response)
        self.go_on(self.resolution)
        self.recount(now)

    def go_on(self, clock: SlowClock) -> None:
        clock.stopped, clock.running = "", True
        if clock.outcome != "missed":
            clock.outcome = ""

    def recount(self, now: int) -> None:
        for clock in (self.response, self.resolution):
            clock.counted = [tick for tick in clock.ran if self.open(tick, now)]

    def judge(self, moments: Sequence[tuple[int, Moment]], until: int) -> list[tuple[str, int | None, str]]:
        self.first = moments[0][0]
        revised = {since for found in self.texts.values() for since, _ in found[1:]} | {
            since for since, _ in self.hours[1:]
        }
        for now in range(self.first, until + 1):
            for clock in (self.response, self.resolution):
                self.look(clock, now)
            if now in revised and now > self.first:
                self.changed(now)
            for _, (kind, value) in (each for each in moments if each[0] == now):
                self.step(kind, value, now)
                if kind in (Kind.PROMISED, Kind.ASSESSED):
                    self.changed(now)
            for clock in (self.response, self.resolution):
                if clock.running:
                    clock.ran.append(now)
                    clock.counted += [now] * self.open(now, now)
        return [self.told(clock) for clock in (self.response, self.resolution)]

    def changed(self, now: int) -> None:
        self.renew(now)
        self.recount(now)
        for clock in (self.response, self.resolution):
            self.look(clock, now)

    def told(self, clock: SlowClock) -> tuple[str, int | None, str]:
        if clock.outcome:
            return clock.outcome, clock.due, clock.standing
        return ("none", None, "") if clock.target is None else ("open", None, self.terms())


# Lives


def _opening(opens: int, length: int) -> tuple[int, int]:
    return opens * 60, (opens + 1 + length % (24 - opens)) * 60


opening = st.builds(_opening, st.integers(0, 23), st.integers(0, 23))
day = st.lists(opening, max_size=2).map(tuple)
weeks = st.tuples(st.lists(opening, min_size=1, max_size=2).map(tuple), *[day] * 6)
ticks = st.integers(0, END)
length = st.one_of(st.none(), st.integers(1, 24).map(lambda n: n * 3), st.integers(1, 9))
promise = st.tuples(length, length)
text = st.fixed_dictionaries({"general": promise}, optional={None: promise, GRAVE: promise})


@st.composite
def versions(draw: Any, what: st.SearchStrategy[Any]) -> list[tuple[int, Any]]:
    """A first version from long ago and up to two new ones."""
    later = sorted(draw(st.sets(st.integers(1, END), max_size=2)))
    return [(since, draw(what)) for since in [-1_000_000, *later]]


@dataclass
class World:
    texts: Texts
    hours: Hours

    def book(self) -> Book:
        def terms(text: dict[str | None, tuple[int | None, int | None]]) -> Terms:
            targets = {
                name: Targets(
                    first_response_seconds=None if first is None else first * 600,
                    resolution_seconds=None if last is None else last * 600,
                )
                for name, (first, last) in text.items()
            }
            by_severity = {GRAVE: targets[GRAVE]} if GRAVE in targets else {}
            return Terms(
                calendar=OFFICE, general=targets["general"], not_assessed=targets.get(None), by_severity=by_severity
            )

        def at(since: int) -> datetime:
            return LONG_AGO if since < 0 else instant(since)

        return book(
            {id: [(at(since), terms(each)) for since, each in found] for id, found in self.texts.items()},
            {OFFICE: [(at(since), OpeningHours(zone="UTC", week=week)) for since, week in self.hours]},
        )

    def slowly(self, moments: Timeline[Moment], until: int) -> list[tuple[str, int | None, str]]:
        known = [((since - MONDAY) // TICK, moment) for since, moment in moments]
        return SlowJudge(self.texts, self.hours).judge([each for each in known if each[0] <= until], until)


worlds = st.builds(
    World,
    st.fixed_dictionaries({GOLD: versions(text), SILVER: versions(text)}),
    versions(weeks),
)
STEPS = (
    "start",
    "hold",
    "resume",
    "call",
    "ring",
    "resolve",
    "close",
    "drop",
    "reopen",
    "grave",
    "slight",
    "gold",
    "silver",
    "none",
)
steps = st.lists(st.tuples(st.sampled_from(STEPS), ticks), max_size=12)


def does(life: Life, step: str, at: datetime) -> None:
    match step:
        case "ring":
            life.call(at, answered=False)
        case "drop":
            life.close(at, "duplicate")
        case "grave" | "slight":
            life.assess(GRAVE if step == "grave" else SLIGHT, at)
        case "gold" | "silver" | "none":
            life.change({"gold": GOLD, "silver": SILVER}.get(step), at)
        case _:
            getattr(life, step)(at)


def lived(
    world: World,
    received: int,
    steps: Sequence[tuple[str, int]],
    contract: ContractId | None = GOLD,
    apart: timedelta = timedelta(),
) -> Life:
    """The steps in the order they became known, whenever they happened; those refused did not happen."""
    life = Life.begun(instant(received), world.book(), contract)
    for n, (step, tick) in enumerate(steps):
        try:
            does(life, step, instant(tick) + n * apart)
        except Refused:
            continue
    return life


def shown(judged: Judgement) -> tuple[str, int | None, str]:
    due = None if judged.due is None else (judged.due - MONDAY) // TICK
    nothing = judged.outcome is Outcome.NONE and judged.judged_at is None
    return judged.outcome.value, due, "" if nothing else f"{judged.contract} {judged.version}"


def within(found: tuple[str, int | None, str]) -> tuple[str, int | None, str]:
    """A due beyond what the slow judge walks is no due to it."""
    outcome, due, terms = found
    return outcome, None if due is not None and due > HORIZON else due, terms


def agrees(world: World, life: Life, until: int) -> bool:
    found = judge(life.ticket.moments, life.book, instant(until))
    return [within(shown(each)) for each in found.values()] == world.slowly(life.ticket.moments, until)


def essence(judged: Judgement) -> tuple[object, ...]:
    return judged.outcome, judged.due, judged.contract, judged.version, judged.judged_at


def stated_rightly(life: Life) -> Iterator[bool]:
    """For each promise: what was stated last is how it stands, or it was re-opened since and stands open again."""
    until = life.ticket.moments.entries[-1].since
    for mark, found in judgements(life.ticket.moments, life.book, until).items():
        stated: Statement | None = life.ticket.stated.get(mark)
        if found.outcome in (Outcome.OPEN, Outcome.NONE):
            again = any(moment.kind is Kind.REOPENED for _, moment in life.ticket.moments)
            yield stated is None or stated.judgement.outcome is found.outcome or again
        else:
            yield stated is not None and essence(stated.judgement) == essence(found)


@settings(max_examples=150, deadline=None)
@given(worlds, ticks, steps, ticks, st.sampled_from([GOLD, SILVER, None]))
def test_a_slow_judge_finds_the_same(
    world: World, received: int, steps: list[tuple[str, int]], until: int, contract: ContractId
) -> None:
    life = lived(world, received, steps, contract)
    assert agrees(world, life, max(until, received))


@settings(max_examples=150, deadline=None)
@given(worlds, ticks, steps)
def test_what_is_stated_is_how_it_stands(world: World, received: int, steps: list[tuple[str, int]]) -> None:
    assert all(stated_rightly(lived(world, received, steps)))


@settings(max_examples=100, deadline=None)
@given(worlds, steps, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_become_known_changes_no_judgement(
    world: World, steps: list[tuple[str, int]], chance: Any
) -> None:
    life = lived(world, 0, steps, apart=timedelta(seconds=1))
    told = life.facts[2:]
    chance.shuffle(told)
    turned = TICKET.fold([*life.facts[:2], *told])
    assert judge(turned.moments, life.book, instant(END + 60)) == judge(
        life.ticket.moments, life.book, instant(END + 60)
    )


@settings(max_examples=50, deadline=None)
@given(worlds, ticks, steps)
def test_folding_a_prefix_and_then_the_rest_is_folding_all(
    world: World, received: int, steps: list[tuple[str, int]]
) -> None:
    life = lived(world, received, steps)
    for cut in range(len(life.facts) + 1):
        assert TICKET.fold(life.facts[cut:], TICKET.fold(life.facts[:cut])) == life.ticket


@settings(max_examples=50, deadline=None)
@given(worlds, ticks, steps)
def test_what_was_believed_earlier_stays_answerable(world: World, received: int, steps: list[tuple[str, int]]) -> None:
    """A later moment changes nothing about how the ticket stood before it happened."""
    life = lived(world, received, steps)
    for since, _ in life.ticket.moments:
        before = Timeline(tuple(entry for entry in life.ticket.moments if entry.since <= since))
        assert judge(before, life.book, since) == judge(life.ticket.moments, life.book, since)
