"""What may happen to a ticket, under contracts and calendars of any zone, in whatever order it becomes known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from calendars import moments, versioned
from hypothesis import strategies as st
from life import Life, book
from naive import promises as naive
from specification import LONG_AGO

from domain.refusal import Refused
from domain.service import merging
from domain.service import ticket as rule
from domain.service.calendar import BusinessTime
from domain.service.contract import Targets, Terms
from domain.service.exchange import Direction, TicketMessageLogged, Way
from domain.service.joining import Exchanged, Said
from domain.service.level import Level, Recipient
from domain.service.promise import Book, judgements
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.target import Target
from domain.values import CalendarId, ContractId, SubjectId, TicketId
from examples import GOLD, GRAVE, MILL, MILL_SUBJECT, OFFICE, SILVER, SLIGHT

ALWAYS = CalendarId("always")
CALENDARS = (OFFICE, ALWAYS)
PERCENTS = (1, 33, 50, 75, 100, 150, 1_000)
FOR_LONG = timedelta(days=60)
OTHER, TWIN = TicketId("other"), TicketId("twin")


@dataclass
class World:
    """Contracts and calendars, and the noon around which everything happens."""

    book: Book
    noon: datetime

    def plain(self) -> naive.Book:
        """The same for the other opinion."""
        contracts = {
            id: [naive.Written(each.recorded_at, each.terms.model_dump(mode="json")) for each in contract.versions]
            for id, contract in self.book.contracts.items()
        }
        calendars = {
            id: [
                naive.Written(each.recorded_at, naive.calendar(each.written.model_dump(mode="json")))
                for each in calendar.versions
            ]
            for id, calendar in self.book.calendars.items()
        }
        return naive.Book({**contracts}, {**calendars})


seconds = st.one_of(st.integers(1, 40 * 6).map(lambda n: n * 600), st.integers(1, 40 * 3_600), st.none())
targets = st.builds(Targets, first_response_seconds=seconds, next_response_seconds=seconds, resolution_seconds=seconds)
marks = st.sets(st.tuples(st.sampled_from(Target), st.sampled_from(PERCENTS)), max_size=6)
levels = marks.map(
    lambda found: tuple(
        Level(target=target, percent=percent, recipients=(Recipient("assignee"),)) for target, percent in found
    )
)
terms = st.builds(
    Terms,
    calendar=st.sampled_from(CALENDARS),
    general=targets,
    not_assessed=st.one_of(st.none(), targets),
    by_severity=st.dictionaries(st.just(GRAVE), targets),
    levels=levels,
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two contracts and two calendars of any zones, all of them written anew now and then."""
    time, noon = draw(versioned())
    always = draw(versioned())[0]
    contracts = {id: draw(written(terms, noon)) for id in (GOLD, SILVER)}
    return World(book(contracts, {OFFICE: _versions(time, noon), ALWAYS: _versions(always, noon)}), noon)


@st.composite
def written(draw: st.DrawFn, what: st.SearchStrategy[Terms], noon: datetime) -> list[tuple[datetime, Terms]]:
    later = sorted(noon + offset for offset in draw(st.sets(moments, max_size=2)))
    return [(since, draw(what)) for since in (min(LONG_AGO, noon - timedelta(days=9)), *later)]


def _versions(time: BusinessTime, noon: datetime) -> list[tuple[datetime, Any]]:
    first, *later = time.versions
    since = min(first.recorded_at, noon - timedelta(days=9))
    return [(since, first.written), *((each.recorded_at, each.written) for each in later)]


Doing = Callable[[Life, datetime], Any]


def said(direction: Direction, *, automatic: bool = False, through: tuple[TicketId, ...] | None = None) -> Doing:
    message = TicketMessageLogged(
        subject=SubjectId(MILL_SUBJECT), direction=direction, way=Way.EMAIL, automatic=automatic, through=through
    )
    return lambda life, at: life.said(message, at)


def merge(life: Life, at: datetime) -> None:
    received = life.ticket.opened_at
    assert received is not None
    into, customers = Life.begun(received, life.book).ticket, (MILL,)
    life.record(list(merging.merge(life.ticket, TicketId("x"), into, OTHER, customers, at, life.book)), at)


def absorb(life: Life, at: datetime) -> None:
    """A part comes back on which two things were said meanwhile."""
    known = (Exchanged(said=Said.WROTE, at=at - timedelta(hours=5)), Exchanged(said=Said.ANSWERED, at=at))
    life._does(merging.absorb, at, TWIN, known)


DOINGS: dict[str, Doing] = {
    "start": Life.start,
    "hold": Life.hold,
    "resume": Life.resume,
    "call": Life.call,
    "ring": lambda life, at: life.call(at, answered=False),
    "wrote": said(Direction.INCOMING),
    "wrote again": said(Direction.INCOMING),
    "bounced": said(Direction.INCOMING, automatic=True),
    "wrote to the twin": said(Direction.INCOMING, through=(TWIN,)),
    "answered": said(Direction.OUTGOING),
    "answered the twin": said(Direction.OUTGOING, through=(TWIN, OTHER)),
    "confirmed": said(Direction.OUTGOING, automatic=True),
    "resolve": Life.resolve,
    "close": Life.close,
    "drop": lambda life, at: life.close(at, "duplicate"),
    "reopen": Life.reopen,
    "grave": lambda life, at: life.assess(GRAVE, at),
    "slight": lambda life, at: life.assess(SLIGHT, at),
    "withdraw": lambda life, at: life._does(rule.withdraw_assessment, at),
    "gold": lambda life, at: life.change(GOLD, at),
    "silver": lambda life, at: life.change(SILVER, at),
    "none": lambda life, at: life.change(None, at),
    "merge": merge,
    "separate": lambda life, at: life._does(merging.separate, at),
    "absorb": absorb,
    "release": lambda life, at: life._does(merging.release, at, TWIN),
}
OFTEN = ("call", "call", "wrote", "wrote", "answered", "hold", "resolve")
"""Without these there is little to tell of the next response."""

Happening = tuple[str, timedelta]
"""One of these, and how far from noon."""

steps = st.lists(st.tuples(st.sampled_from([*DOINGS, *OFTEN]), moments), max_size=14)
contracts = st.sampled_from([GOLD, GOLD, SILVER, None])


def lived(world: World, steps: Sequence[Happening], contract: ContractId | None, *, times: int = 1) -> Life:
    """From the earliest on, in the order in which it became known; what is refused did not happen."""
    received = world.noon + min((at for _, at in steps), default=timedelta())
    life = Life.begun(received, world.book, contract)
    for name, at in steps:
        for _ in range(times):
            with suppress(Refused):
                DOINGS[name](life, world.noon + at)
    return life


def everything(life: Life) -> tuple[Any, ...]:
    """How every promise stands in the end, and what was stated of it on the way."""
    stated = [fact.event for fact in life.facts if isinstance(fact.event, OutcomeStated | OutcomeCorrected)]
    told = [each.model_dump(exclude={"replaces"}) for each in stated]
    return judgements(life.ticket.moments, life.book, life.ticket.moments.entries[-1].since + FOR_LONG), told
