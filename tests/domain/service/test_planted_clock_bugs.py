"""No bug in business time, clocks, rounds or levels gets past both the walk from day to day and the other opinion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from calendars import PLACES, version
from fates import ALWAYS, World, lived
from life import book
from opinion import clocks_agree, levels_agree
from specification import LONG_AGO, MONDAY, on_monday
from walk import length, walked, walked_versions

from domain.service import escalation, exchange, hours
from domain.service.calendar import BusinessTime, Calendar, OpeningHours
from domain.service.clock import Clock
from domain.service.contract import Targets, Terms
from domain.service.hours import Hours
from domain.service.level import Level, Recipient
from domain.service.promise import Account, Book, Kind
from domain.service.target import Target
from examples import GOLD, GRAVE, OFFICE, OFFICE_HOURS, SILVER

HOUR = 3_600
LEVELS = tuple(
    Level(target=target, percent=percent, recipients=(Recipient("assignee"),))
    for target in Target
    for percent in (50, 75, 100, 150)
)
LONG_DAYS = OpeningHours(zone="Europe/Kyiv", week=(((480, 720), (690, 1200)),) * 7, holidays=(date(2024, 6, 5),))


def promising(first: int, next_: int, last: int, calendar: Any = OFFICE) -> Terms:
    general = Targets(first_response_seconds=first, next_response_seconds=next_, resolution_seconds=last)
    grave = Targets(first_response_seconds=first, next_response_seconds=next_ // 2, resolution_seconds=last // 2)
    return Terms(calendar=calendar, general=general, by_severity={GRAVE: grave}, levels=LEVELS)


SMALL = World(
    book(
        {
            GOLD: [
                (LONG_AGO, promising(HOUR, HOUR, 8 * HOUR)),
                (on_monday(14, 30), promising(HOUR, 2 * HOUR, 12 * HOUR)),
            ],
            SILVER: promising(2 * HOUR, 3 * HOUR, 4 * HOUR, ALWAYS),
        },
        {OFFICE: [(LONG_AGO, OFFICE_HOURS), (on_monday(15), LONG_DAYS)], ALWAYS: LONG_DAYS},
    ),
    on_monday(12),
)
LIVES: list[list[tuple[str, float]]] = [
    [("start", -3), ("hold", -2), ("call", 1), ("resume", 2), ("resolve", 30)],
    [("start", -3), ("call", -2.5), ("wrote", -2), ("wrote again", -1), ("answered", 0.5), ("wrote", 1), ("hold", 1.5)],
    [("call", -3), ("wrote", -2), ("bounced", -2.5), ("hold", -1.5), ("wrote", 2), ("resolve", 3), ("wrote", 4)],
    [("call", -3), ("wrote", -2), ("gold", -1), ("silver", 0), ("gold", 4), ("grave", 5), ("answered", 26)],
    [("call", -3), ("wrote", -2), ("merge", 1), ("wrote", 2)],
    [("call", -3), ("wrote", -2), ("drop", 1), ("reopen", 3), ("answered", 6)],
    [("start", -3), ("silver", 30), ("gold", 50)],
]
"""Hours from Monday noon."""

LOOKS = [MONDAY + timedelta(hours=hours) for hours in range(9, 100, 7)]


def opinions_agree() -> bool:
    """On seven small lives, looked at and asked about every seven hours, and only at the end."""
    for steps in LIVES:
        told = [(name, timedelta(hours=hours)) for name, hours in steps]
        if not clocks_agree(SMALL, lived(SMALL, told, GOLD), LOOKS):
            return False
        if not all(levels_agree(SMALL, lived(SMALL, told, GOLD), looks) for looks in (LOOKS, LOOKS[-1:])):
            return False
    return True


TELL = Account.tell
KIND = exchange._kind
CHANGE = Clock.change
KEY = escalation._key


def doubling(self: Account, at: datetime) -> None:
    """Every message is owed an answer of its own."""
    if self.response.stopped:
        self.rounds.append(Clock(self.offers.get(Target.NEXT_RESPONSE), since=at, running_since=at))


def deaf(self: Account, at: datetime) -> None:
    """A message ends no waiting."""
    if self.response.stopped and all(clock.stopped for clock in self.rounds[-1:]):
        self.rounds.append(Clock(self.offers.get(Target.NEXT_RESPONSE), since=at, running_since=at))


def pausing_all(self: Account, at: datetime) -> None:
    self.held = True
    for clock in (self.response, *self.rounds[-1:], self.resolution):
        clock.pause(at)


def pausing_one(self: Account, at: datetime) -> None:
    self.held = True
    self.resolution.pause(at)


def answering_once(self: Account, kind: Kind, at: datetime) -> None:
    """Whoever was answered first is owed nothing more."""
    if kind is not Kind.ANSWERED or not self.response.stopped:
        TELL(self, kind, at)


def from_now_on(self: Clock, offer: Any, at: datetime) -> None:
    """New terms count from the change instead of the receipt."""
    CHANGE(self, offer, at)
    if self.running_since is not None and not self.stopped and offer is not None:
        self.ran, self.running_since = [], at


def believing_all(event: Any) -> Any:
    return KIND(event.model_copy(update={"automatic": False}) if hasattr(event, "automatic") else event)


def test_without_a_bug_all_agree() -> None:
    assert opinions_agree()
    assert walks_agree()


@pytest.mark.parametrize(
    ("where", "name", "bug"),
    [
        (Account, "_hear", doubling),
        (Account, "_hear", deaf),
        (Account, "_hold", pausing_all),
        (Account, "_hold", pausing_one),
        (Account, "tell", answering_once),
        (Account, "_cancel", lambda self, at, outcome: None),
        (exchange, "_kind", believing_all),
        (Clock, "change", from_now_on),
        (Clock, "reaches", lambda self, percent: replace(self).due()),
        (Book, "revisions", lambda self, after: []),
        (Calendar, "as_of", lambda self, instant: self.known[-1]),
        (escalation, "_key", lambda running, percent: KEY(running, percent)._replace(assignment=0)),
        (escalation, "_key", lambda running, percent: KEY(running, percent)._replace(since=None)),
        (escalation, "_highest", lambda running, fired: 1_000),
    ],
    ids=[
        *("a round for every message", "no waiting ended", "first response paused", "next response not paused"),
        *("first answer alone", "nothing given up", "automatic answers", "new terms from now on"),
        *("all levels at the due", "revisions ignored", "tomorrow's calendar", "levels once per ticket"),
        *("levels once for all rounds", "nobody told"),
    ],
)
def test_a_bug_in_clocks_rounds_or_levels_is_found_by_the_other_opinion(
    where: Any, name: str, bug: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, bug)
    assert not opinions_agree()


EVERY_DAY = [[(0, 150), (120, 210), (240, 300), (1_380, 1_440)]] * 7
WORKDAYS = [[(540, 720), (780, 1_020)]] * 5 + [[], []]


def walks_agree() -> bool:
    """Around what clocks are known for, every nine hours; and by two versions, one after the other."""
    for zone, day in PLACES:
        noon = datetime.combine(day, time(12), UTC)
        looks = [noon + timedelta(hours=hours) for hours in range(-80, 80, 9)]
        nights, days = Hours(zone, EVERY_DAY, [day + timedelta(days=1)]), Hours(zone, WORKDAYS, [day])
        versions = BusinessTime((version(LONG_AGO, days), version(noon, nights)))
        for since, until in pairwise(looks):
            if nights.elapsed(since, until) != length(list(walked(nights, since, until))):
                return False
            if versions.elapsed(since, until) != length(list(walked_versions(versions, since, until))):
                return False
            counted = versions.elapsed(looks[0], until)
            due = versions.reach(looks[0], counted)
            if due is None or due > until or versions.elapsed(looks[0], due) != counted:
                return False
    return True


def restarting(self: BusinessTime, start: datetime, end: datetime) -> timedelta:
    return self.versions[-1].hours.elapsed(start, end)


@pytest.mark.parametrize(
    ("where", "name", "bug"),
    [
        (hours, "_wall", lambda midnight, minute: _microseconds(midnight + timedelta(minutes=minute), fold=1)),
        (hours, "_wall", lambda midnight, minute: _microseconds(midnight, fold=0) + minute * hours.MINUTE),
        (hours._Table, "_add", lambda self, opens, closes, day: _add_all(self, opens, closes, day)),
        (hours._Table, "reach", lambda self, start, amount: start + amount),
        (BusinessTime, "elapsed", restarting),
    ],
    ids=["the second of two", "every day of 24 hours", "overlaps twice", "wall time", "last version for all time"],
)
def test_a_bug_in_business_time_is_found_by_the_walk(
    where: Any, name: str, bug: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, bug)
    assert not walks_agree()


def _microseconds(wall: datetime, *, fold: int) -> int:
    return (wall.replace(fold=fold) - hours.EPOCH) // hours.MICROSECOND


def _add_all(table: Any, opens: int, closes: int, day: date) -> None:
    table.opens.append(opens)
    table.closes.append(closes)
    table.totals.append(table.totals[-1] + max(closes - opens, 0))
    table.days.append(day)
