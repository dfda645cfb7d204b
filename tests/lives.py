"""Lives of tickets by chance: any steps in any order, near a change of the clocks, of the hours, of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendars import moments, versioned
from hypothesis import strategies as st
from life import Life, book

from domain.refusal import Refused
from domain.service.clock import Clock
from domain.service.contract import Targets, Terms
from domain.service.deadline import Deadline, explain
from domain.service.exchange import Direction
from domain.service.promise import Mark, account
from examples import GOLD, GRAVE, OFFICE, SILVER, SLIGHT

STEPS: dict[str, Callable[[Life, datetime], Any]] = {
    "start": lambda life, at: life.start(at),
    "hold": lambda life, at: life.hold(at),
    "resume": lambda life, at: life.resume(at),
    "write": lambda life, at: life.write(at),
    "answer": lambda life, at: life.write(at, Direction.OUTGOING),
    "call": lambda life, at: life.call(at),
    "resolve": lambda life, at: life.resolve(at),
    "close": lambda life, at: life.close(at),
    "drop": lambda life, at: life.close(at, "duplicate"),
    "reopen": lambda life, at: life.reopen(at),
    "grave": lambda life, at: life.assess(GRAVE, at),
    "slight": lambda life, at: life.assess(SLIGHT, at),
    "gold": lambda life, at: life.change(GOLD, at),
    "silver": lambda life, at: life.change(SILVER, at),
    "none": lambda life, at: life.change(None, at),
}

seconds = st.one_of(
    st.integers(1, 60).map(lambda quarter: quarter * 900),
    st.integers(1, 400_000),
    st.just(315_360_000),
    st.none(),
)
targets = st.builds(Targets, first_response_seconds=seconds, next_response_seconds=seconds, resolution_seconds=seconds)
terms = st.builds(
    lambda general, grave: Terms(calendar=OFFICE, general=general, by_severity={GRAVE: grave}), targets, targets
)


def took(life: Life, step: str, at: datetime) -> None:
    """What is refused did not happen."""
    with suppress(Refused):
        STEPS[step](life, at)


@dataclass
class Asked:
    """A life, and the instant by which its promises are explained."""

    life: Life
    until: datetime

    def clocks(self) -> dict[Mark, Clock]:
        return dict(account(self.life.ticket.moments, self.life.book, self.until).promises())

    def explained(self) -> Iterator[tuple[Deadline, Clock]]:
        for (target, since), clock in self.clocks().items():
            found = explain(self.life.ticket, self.life.book, self.until, target, since)
            assert found is not None
            yield found, clock


@st.composite
def lives(draw: st.DrawFn) -> Asked:
    """Up to a dozen steps within days of a change of the clocks, the hours, or the contract, told in any order."""
    time, noon = draw(versioned())
    first = time.versions[0].recorded_at
    later = sorted(noon + each for each in draw(st.sets(moments, max_size=2)))
    texts = {
        GOLD: [(at, draw(terms)) for at in (first, *later)],
        SILVER: [(first, draw(terms))],
    }
    hours = [(version.recorded_at, version.written) for version in time.versions]
    received = noon + draw(moments)
    life = Life.begun(received, book(texts, {OFFICE: hours}), draw(st.sampled_from([GOLD, GOLD, SILVER, None])))
    for step, after in draw(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), moments), max_size=12)):
        took(life, step, received + abs(after))
    return Asked(life, received + 2 * abs(draw(moments)))
