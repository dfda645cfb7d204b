"""A law that no bug can break is no law: each bug planted here must turn its law red."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import laws
import pytest
from company import price
from memory import MemoryLog
from specification import Given, Happened, of, on_monday, request

import domain.fact
from commands import handler
from commands.handler import Handler, World
from commands.request import Attempt, Settled
from commands.service.exchange import LogCall
from commands.service.holding import TakeTicket
from commands.service.ticket import HoldTicket
from commands.staff.team import AddTeamMember
from commands.staff.worker import WithdrawRight
from domain import spell
from domain.clients.group import GROUP, GroupPriceListAttached
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.company.settings import COMPANY, SETTINGS, BaseListSet, PlaceSet
from domain.decider import Decider
from domain.fact import Fact
from domain.pricing import winner
from domain.pricing.days import Days
from domain.pricing.price import PRICES, Band, Price, PriceSet, table_id
from domain.pricing.price_list import PRICE_LIST, PriceList, PriceListOpened, PriceListRanked
from domain.pricing.terms import Applied
from domain.service import promise
from domain.service.clock import Clock
from domain.service.ticket import TICKET, TicketHeld
from domain.staff.team import TEAM, Team, TeamMemberAdded
from domain.staff.worker import Right
from domain.timeline import Entry, Timeline
from examples import ANNA, BORIS, EVENT, GOLD, HOTLINE, PUMP, SILVER

TEN = on_monday(10)
TICK = timedelta(microseconds=1)


def load(name: str) -> ModuleType:
    """Another file of tests, for the laws in it."""
    path = Path(__file__).parents[1] / "domain" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"planted_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def test_without_guards_a_withdrawn_right_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    withdraw = request(WithdrawRight(worker=ANNA, right=Right.HELPDESK), at=TEN)
    use = request(LogCall(ticket=PUMP, answered=False), actor=ANNA, at=TEN)
    assert laws.a_stale_process_honours_no_withdrawn_right(withdraw, use)

    apply = handler.attempted

    def unguarded(*arguments: Any) -> Attempt:
        attempt = apply(*arguments)
        attempt.reads = {}
        return attempt

    monkeypatch.setattr(handler, "attempted", unguarded)
    assert not laws.a_stale_process_honours_no_withdrawn_right(replace(withdraw, id="w"), replace(use, id="u"))


def test_without_the_note_of_what_a_decision_read_a_withdrawn_right_is_honoured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgetful(self: World, decider: Decider[Any, Any], id: str) -> Any:
        return self.round.look(decider, decider.stream(id)).state

    monkeypatch.setattr(World, "read", forgetful)
    withdraw = request(WithdrawRight(worker=ANNA, right=Right.HELPDESK), at=TEN)
    use = request(LogCall(ticket=PUMP, answered=False), actor=ANNA, at=TEN)
    assert not laws.a_stale_process_honours_no_withdrawn_right(withdraw, use)


def test_without_a_command_log_one_id_has_two_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    call = request(LogCall(ticket=PUMP, answered=False), at=TEN)
    assert laws.one_command_id_has_one_effect(laws.world(), call)

    append = MemoryLog.append

    async def forgetful(self: MemoryLog, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        self.known.clear()
        return await append(self, attempts)

    monkeypatch.setattr(MemoryLog, "append", forgetful)
    assert not laws.one_command_id_has_one_effect(laws.world(), call)


def test_a_fold_that_ignores_a_fact_breaks_asking_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    once, again = (request(AddTeamMember(team=HOTLINE, worker=ANNA), at=TEN) for _ in range(2))
    assert laws.asking_twice_leaves_what_asking_once_left(laws.world(), once, again)

    def deaf(team: Team, fact: Fact[Any]) -> Team:
        return team if isinstance(fact.event, TeamMemberAdded) else TEAM.fold([fact], team)

    planted = Decider("team", Team(), deaf, TEAM.facts)
    monkeypatch.setattr(AddTeamMember, "of", planted)
    assert not laws.asking_twice_leaves_what_asking_once_left(laws.world(), once, again)


def test_a_decision_without_its_if_breaks_asking_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    once, again = (request(HoldTicket(ticket=PUMP), at=TEN) for _ in range(2))
    monkeypatch.setattr(HoldTicket, "decide", lambda self, own, asked: [TicketHeld()])
    assert not laws.asking_twice_leaves_what_asking_once_left(laws.world(), once, again)


def test_a_fold_that_counts_its_calls_is_not_a_fold() -> None:
    facts = [fact for fact in laws.world().log.facts if fact.stream == "ticket-pump"]
    assert laws.a_prefix_and_the_rest_are_all(TICKET, facts)
    calls = count(1)
    planted: Decider[int, Any] = Decider("ticket", 0, lambda state, fact: next(calls), ())
    assert not laws.a_prefix_and_the_rest_are_all(planted, facts)


def test_a_batch_decided_on_what_was_before_it_is_not_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    takes = [request(TakeTicket(ticket=PUMP), actor=actor, at=TEN, id=actor) for actor in (ANNA, ANNA)]
    both = [replace(takes[0], id="one"), replace(takes[1], id="two")]
    assert laws.together_is_one_by_one(both)

    async def trusting(self: MemoryLog, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        self.taken += [attempt.request for attempt in attempts]
        return [self._settle(attempt, set()) for attempt in attempts]

    def stale(attempt: Attempt, world: World, decided: list[Any], own_id: str) -> None:
        before = dict(world.round.now)
        apply(attempt, world, decided, own_id)
        world.round.now.clear()
        world.round.now.update(before)

    apply = handler._apply
    monkeypatch.setattr(MemoryLog, "append", trusting)
    monkeypatch.setattr(handler, "_apply", stale)
    monkeypatch.setattr(
        Handler,
        "_suppose",
        lambda self, _, attempts: [self.states.drop(stream) for stream in list(self.states.kept)],
    )
    assert not laws.together_is_one_by_one(both)


def test_a_refusal_that_comes_too_late_leaves_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    unseen = request(HoldTicket(ticket=PUMP), actor=BORIS, at=TEN)
    assert laws.a_refused_request_writes_no_fact(laws.world(), unseen)

    attempt_ = handler.attempted

    def hasty(*arguments: Any) -> Attempt:
        attempt = attempt_(*arguments)
        if attempt.code:
            attempt.facts = [Fact("ticket-pump", 3, TicketHeld(), TEN, TEN, BORIS)]
            arguments[1].now["ticket-pump"] = arguments[1].look(TICKET, "ticket-pump")
        return attempt

    monkeypatch.setattr(handler, "attempted", hasty)
    assert not laws.a_refused_request_writes_no_fact(laws.world(), unseen)


def test_a_personal_mark_removed_is_found_and_shows() -> None:
    facts, survival = load("test_fact"), load("test_survival")
    event = EVENT["contact.renamed"]
    assert survival.survives(event)
    assert facts.bare_text(type(event)) == set()
    hints = type(event).__annotations__
    marked = hints["name"]
    domain.fact.personal_fields.cache_clear()
    survival.marked.cache_clear()
    hints["name"] = "Line | Masked"
    try:
        assert facts.bare_text(type(event)) == {"name"}
        assert b"New Mill" in survival.seal(event, "contact-mill", 2, {})
    finally:
        hints["name"] = marked
        domain.fact.personal_fields.cache_clear()
        survival.marked.cache_clear()
    assert b"New Mill" not in survival.seal(event, "contact-mill", 2, survival.keys_for(event))


LAWS = load("service/test_promise_laws")
NINE_TO_FIVE = ((540, 1020),)
OFFICE_WEEK = (NINE_TO_FIVE,) * 5 + ((), ())
SMALL = LAWS.World(
    {
        GOLD: [(-1, {"general": (6, 24)}), (70, {"general": (12, 12)}), (92, {"general": (12, 48)})],
        SILVER: [(-1, {"general": (12, 48)})],
    },
    [(-1, OFFICE_WEEK)],
)
LIVES: list[list[tuple[str, int]]] = [
    [("hold", 58), ("resume", 68), ("resolve", 74)],
    [("call", 62), ("call", 57), ("resolve", 65)],
    [("resolve", 90), ("reopen", 96), ("resolve", 98)],
    [("drop", 57), ("reopen", 59), ("call", 60)],
    [("resolve", 69), ("hold", 56), ("resume", 60)],
]
"""In ticks of ten minutes from Monday on; all were received at nine, which is tick 54."""


def promises_hold() -> bool:
    """The laws of promises, on five small lives."""
    lives = [LAWS.lived(SMALL, 54, steps) for steps in LIVES]
    return all(LAWS.agrees(SMALL, life, 144) and all(LAWS.stated_rightly(life)) for life in lives)


TELL = promise.Account.tell


def unordered(self: Timeline[Any], since: Any, value: Any) -> Timeline[Any]:
    return Timeline((*self.entries, Entry(since, value)))


def restless(self: promise.Account, kind: promise.Kind, at: Any) -> None:
    if kind is not promise.Kind.HELD:
        TELL(self, kind, at)


def forgiving(self: Clock, at: Any) -> None:
    self.stopped = self.cancelled = False
    self.run(at)
    self.judged = None


def final(self: Clock) -> None:
    """What was given up is never owed again."""


@pytest.mark.parametrize(
    ("kind", "name", "bug"),
    [
        (Timeline, "put", unordered),
        (promise.Account, "tell", restless),
        (Clock, "reopen", forgiving),
        (Clock, "revive", final),
        (promise.Book, "revisions", lambda self, after: []),
    ],
    ids=["late facts appended", "pauses ignored", "misses forgiven", "unanswered forgotten", "revisions ignored"],
)
def test_a_bug_in_the_clocks_is_found_by_the_slow_judge(
    kind: Any, name: str, bug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert promises_hold()
    monkeypatch.setattr(kind, name, bug)
    assert not promises_hold()


SELLING = load("../commands/test_price_laws")
A, B, C, D = SELLING.LISTS
INN, BAKERS, FRIENDS = SELLING.INN, SELLING.BAKERS, SELLING.FRIENDS
NINE, NOON = on_monday(9), on_monday(12)


def listing(id: Any, priority: int, *prices: Price, **days: Any) -> list[Happened]:
    opened = PriceListOpened(name=id, priority=priority, currency="EUR", **days)
    return [
        *of(PRICE_LIST, id, opened),
        *of(PRICES, table_id(id, SELLING.FLOUR), *(PriceSet(price=each) for each in prices)),
    ]


MARKET = [
    *of(SETTINGS, COMPANY, PlaceSet(zone="Europe/Prague", country="CZ"), BaseListSet(price_list=D)),
    *listing(A, 1, price("3.00", band=Band(up_to=Decimal(10))), price("0.02", "sack", per=3)),
    *listing(B, 1, price("2.00", band=Band(above=Decimal(10))), price("0.01", "sack", per=2)),
    *listing(C, 2, price("4.00"), days=Days(last=SELLING.TODAY)),
    *listing(D, 0, price("5.00"), price("5.00", "sack")),
    *of(PRICE_LIST, C, PriceListRanked(priority=0), at=on_monday(20)),
    *of(GROUP, BAKERS, GroupPriceListAttached(price_list=A), GroupPriceListAttached(price_list=B)),
    *of(GROUP, FRIENDS, GroupPriceListAttached(price_list=C)),
    *of(MEMBERSHIP, INN, MemberJoined(group=BAKERS), MemberJoined(group=FRIENDS)),
    *of(MEMBERSHIP, INN, MemberLeft(group=BAKERS), at=NOON),
]
"""Two groups until noon, and one from then on."""


def prices_hold() -> bool:
    """Every line at three instants, as it is found by whoever looks at every fact."""
    found = Given()
    found.happen(MARKET)
    facts = SELLING.plainly(found.log.facts)
    return all(
        SELLING.as_others_tell_it(told) == SELLING.naively(facts, customer=INN, **line._asdict(), currency="EUR", at=at)
        for at in (NINE, NOON, on_monday(21))
        for line, told in zip(SELLING.LINES, SELLING.prices_of(found, at), strict=True)
    )


def half_even(amount: Fraction, currency: str) -> Decimal:
    return Decimal(round(amount * 100)).scaleb(-2)


@pytest.mark.parametrize(
    ("kind", "name", "bug"),
    [
        (Band, "has", lambda self, n: (self.above or 0) <= n < (self.up_to or n + 1)),
        (Days, "has", lambda self, day: (self.first or day) <= day < (self.last or date.max)),
        (spell, "inside", lambda spells, thing, at: bool(spells[thing].at(at) or spells[thing].at(at - TICK))),
        (winner.Offer, "rank", property(lambda self: (winner.rounded(self.net, "EUR"), self.of.id))),
        (winner, "rounded", half_even),
        (Applied, "rank", property(lambda self: (False, self.priority))),
        (PriceList, "priority", lambda self, at: self.ranks.last or self.opening),
    ],
    ids=[
        *("limits in the upper band", "last day left out", "leaving after the instant", "ties by the rounded price"),
        *("half to even", "base list by its priority", "priorities of now"),
    ],
)
def test_a_bug_in_the_prices_is_found_by_whoever_looks_at_every_fact(
    kind: Any, name: str, bug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prices_hold()
    monkeypatch.setattr(kind, name, bug)
    assert not prices_hold()


def test_the_laws_of_the_log_are_those_of_the_port() -> None:
    found = Given(MemoryLog())
    assert laws.versions_are_contiguous_and_positions_too(found)
    found.log.streams["x"] = [Fact("x", 2, TicketHeld(), TEN, TEN, ANNA)]
    assert not laws.versions_are_contiguous_and_positions_too(found)
