"""A row says what will come of a ticket by itself, and when: asked for at its instant, it comes; before it, nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR
from history import ABOUT_PROMISES, ABOUT_TICKETS, HOUR, LATE, LEVELLED, OF_TIME, STEPS, TEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import SECRETS, Entry, entered
from naive.views import views
from rows import MemoryViews, Rows, differences
from specification import Given, of, on_monday, request
from specification import given as having

from commands.command import Command
from commands.company.settings import SetClosingRule
from commands.service.calendar import ReviseCalendar
from commands.service.contract import ReviseContract
from commands.service.escalation import CloseUnanswered, EscalateTicket
from commands.service.ticket import CloseTicket, HoldTicket, ReopenTicket, ResolveTicket, ResumeTicket
from domain.service.contract import CONTRACT, ContractRevised, Targets, Terms
from domain.service.target import Target
from domain.service.timer import CLOSING
from domain.staff.worker import TIMER
from domain.values import TicketId
from examples import GOLD, OFFICE, OFFICE_HOURS, PUMP
from projections.service import timers
from projections.service.timers import TIMING

TABLES = tuple(table.name for table in TIMING.tables)
LONGER = LEVELLED.model_copy(update={"general": Targets(resolution_seconds=6 * 3_600)})
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def world() -> Given:
    """The pump and the oven were received at nine; half of the time to respond is used up at ten."""
    return having(COMPANY_SO_FAR, of(CONTRACT, GOLD, ContractRevised(terms=LEVELLED)))


def rows(entries: Sequence[Entry], size: int = 1_000) -> Rows:
    found = MemoryViews([TIMING]).take([entry.fact for entry in entries], size).rows
    return {name: found[name] for name in TABLES}


def pump(after: Given) -> dict[str, tuple[int | None, datetime]]:
    """What is to come of the pump: the percentage, and when."""
    found = rows(entered(after.log.facts))["timers"]
    return {what: (row["percent"], row["due"]) for (ticket, what), row in found.items() if ticket == PUMP}


def done(after: Given, command: Command, at: datetime) -> Given:
    assert not after.when(command, at=at).answer.code
    return after


def test_of_each_promise_the_next_level_is_to_come() -> None:
    assert pump(world()) == {"first-response": (50, TEN), "resolution": (50, on_monday(11))}


def test_what_fired_makes_room_for_the_next_and_the_last_for_none() -> None:
    after = done(world(), asking(50, TEN), TEN)
    assert pump(after)["first-response"] == (100, on_monday(11))
    done(after, asking(100, on_monday(11)), on_monday(16))
    assert "first-response" not in pump(after)


def asking(percent: int, due: datetime) -> EscalateTicket:
    return EscalateTicket(ticket=PUMP, target=Target.FIRST_RESPONSE, assignment=2, percent=percent, due=due)


def test_what_stands_still_has_no_row_and_what_goes_on_a_later_one() -> None:
    after = done(world(), HoldTicket(ticket=PUMP), TEN)
    assert pump(after) == {"first-response": (50, TEN)}
    assert pump(done(after, ResumeTicket(ticket=PUMP), TEN + HOUR))["resolution"] == (50, on_monday(12))


def test_what_is_over_has_none_and_what_is_opened_again_has() -> None:
    after = done(world(), ResolveTicket(ticket=PUMP), TEN)
    assert pump(after) == {}
    assert pump(done(after, ReopenTicket(ticket=PUMP), TEN + HOUR)) == {"resolution": (50, on_monday(12))}


def test_a_new_text_and_a_new_calendar_move_what_is_to_come() -> None:
    after = done(world(), ReviseContract(contract=GOLD, terms=LONGER), TEN)
    assert pump(after) == {"resolution": (50, on_monday(12))}
    late = OFFICE_HOURS.model_copy(update={"week": (((720, 1_020),),) * 5 + ((), ())})
    done(after, ReviseCalendar(calendar=OFFICE, hours=late), on_monday(11))
    assert pump(after) == {"resolution": (50, on_monday(13))}
    assert pump(done(after, ReviseContract(contract=GOLD, terms=Terms(calendar=OFFICE)), on_monday(11))) == {}


def test_what_is_resolved_is_to_be_closed_by_the_rule_as_it_is_now() -> None:
    after = done(world(), ResolveTicket(ticket=PUMP), TEN)
    assert pump(after) == {}
    done(after, SetClosingRule(after_seconds=7_200, calendar=OFFICE), TEN)
    assert pump(after) == {CLOSING: (None, on_monday(12))}
    done(after, SetClosingRule(after_seconds=3_600, calendar=OFFICE), TEN)
    assert pump(after) == {CLOSING: (None, on_monday(11))}
    late = OFFICE_HOURS.model_copy(update={"week": (((720, 1_020),),) * 5 + ((), ())})
    assert pump(done(after, ReviseCalendar(calendar=OFFICE, hours=late), on_monday(10, 30))) == {
        CLOSING: (None, on_monday(12, 30))
    }
    assert pump(done(after, SetClosingRule(after_seconds=None, calendar=None), on_monday(10, 30))) == {}
    done(after, SetClosingRule(after_seconds=3_600, calendar=OFFICE), on_monday(10, 30))
    assert pump(done(after, CloseTicket(ticket=PUMP), on_monday(10, 30))) == {}


# Whatever happens

WHATEVER: st.SearchStrategy[Command] = st.one_of(ABOUT_TICKETS, OF_TIME, OF_TIME, ABOUT_PROMISES)


@st.composite
def histories(draw: Callable[..., Any], most: int = 14) -> Given:
    found, at = world(), TEN
    for n in range(draw(st.integers(0, most))):
        at += draw(STEPS)
        found.ask(request(draw(WHATEVER), at=at, happened=at - draw(LATE), id=f"command-{n}"))
    return found


@FEW
@given(histories(), st.sampled_from([1, 2, 7]))
def test_the_rows_are_what_anybody_would_write_down_however_they_were_read(found: Given, size: int) -> None:
    entries = entered(found.log.facts)
    plain = views([entry.plain for entry in entries], SECRETS)
    assert differences(rows(entries, size), {name: plain.get(name, {}) for name in TABLES}) == []


@FEW
@given(histories())
def test_what_is_asked_for_at_its_instant_comes_and_before_it_nothing_does(found: Given) -> None:
    """All rows in the order of their instants, until there are none; none is asked for a second time."""
    now, asked = max(fact.recorded_at for fact in found.log.facts), set[Command]()
    while coming := sorted(rows(entered(found.log.facts))["timers"].items(), key=lambda item: item[1]["due"]):
        (ticket, what), row = coming[0]
        command = request_of(ticket, what, row)
        assert command not in asked
        asked.add(command)
        if row["due"] > now:
            early = found.when(command, actor=TIMER, at=row["due"] - timedelta(microseconds=1))
            assert (early.answer.code, list(early.facts)) == ("NotYetDue", [])
        now = max(now, row["due"])
        answer = found.when(command, actor=TIMER, at=now)
        assert answer.answer.code == ""
        assert answer.facts


def request_of(ticket: str, what: str, row: dict[str, Any]) -> Command:
    if what == CLOSING:
        return CloseUnanswered(ticket=TicketId(ticket), due=row["due"])
    return EscalateTicket(ticket=TicketId(ticket), target=Target(what), **row)


@pytest.mark.parametrize(
    ("name", "change"),
    [("_resting_on", lambda *_: ()), ("ahead", lambda *_: ()), ("_closing", lambda *_: ())],
    ids=["a revision that touches nobody", "levels that never come", "tickets that never close"],
)
def test_the_law_of_the_rows_finds_bugs(name: str, change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    after = done(world(), ResolveTicket(ticket=PUMP), TEN)
    done(after, SetClosingRule(after_seconds=7_200, calendar=OFFICE), TEN)
    done(after, ReviseContract(contract=GOLD, terms=LONGER), TEN)
    entries = entered(after.log.facts)
    plain = views([entry.plain for entry in entries], SECRETS)
    expected = {name: plain.get(name, {}) for name in TABLES}
    assert differences(rows(entries, 1), expected) == []
    monkeypatch.setattr(timers, name, change)
    assert differences(rows(entries, 1), expected) != []
