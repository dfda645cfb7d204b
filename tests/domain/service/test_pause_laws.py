"""A pause is cut out exactly where it happened, whatever zone the calendar is of (D5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from calendars import calendars, moments, version
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from life import book
from lives import Asked, lives
from specification import LONG_AGO

from domain.service.clock import Judgement
from domain.service.contract import Targets, Terms
from domain.service.hours import Hours
from domain.service.promise import Book, Kind, Moment, account, forecast
from domain.service.status import Status
from domain.service.target import Target
from domain.timeline import Timeline
from examples import GOLD, OFFICE

Calendar = tuple[Hours, datetime]
Pause = tuple[datetime, datetime]
seconds = st.one_of(st.integers(1, 100).map(lambda hours: hours * 3_600), st.integers(1, 6 * 86_400))
LONG_AFTER = timedelta(days=60)
later = moments.map(abs)
quarters = st.lists(st.integers(0, 4), min_size=2, max_size=2).map(sorted)


def stands(hours: Hours, start: datetime, seconds: int, *pauses: Pause) -> dict[Target, Judgement]:
    """How everything stands that is promised from the start on, a next response too, long after these pauses."""
    targets = Targets(first_response_seconds=seconds, next_response_seconds=seconds, resolution_seconds=seconds)
    terms = Terms(calendar=OFFICE, general=targets)
    written = book({GOLD: [(LONG_AGO, terms)]}, {OFFICE: [(LONG_AGO, version(LONG_AGO, hours).written)]})
    unanswered = _after(written, start, (), pauses)
    return {**_after(written, start, (Kind.ANSWERED, Kind.WROTE), pauses), **unanswered}


def _after(written: Book, start: datetime, kinds: Sequence[Kind], pauses: Sequence[Pause]) -> dict[Target, Judgement]:
    told: Timeline[Moment] = Timeline()
    for moment in (Moment(Kind.OPENED), Moment(Kind.PROMISED, GOLD), *map(Moment, kinds)):
        told = told.put(start, moment)
    for since, until in pauses:
        told = told.put(since, Moment(Kind.HELD)).put(until, Moment(Kind.RESUMED))
    return forecast(told, written, start + LONG_AFTER)


@st.composite
def closed_times(draw: Any, hours: Hours, start: datetime) -> Pause:
    """Without business time, among them those without any time."""
    spans = list(hours.spans(start, start + timedelta(days=9)))
    ends = [start, *(span.closes for span in spans)]
    begins = [*(span.opens for span in spans), start + timedelta(days=9)]
    since, until = draw(st.sampled_from([*zip(ends, begins, strict=True), (start, start)]))
    first, last = draw(quarters)
    return since + (until - since) * first / 4, since + (until - since) * last / 4


moderately = settings(max_examples=60, deadline=None)


@moderately
@given(calendars(), moments, seconds, st.data())
def test_a_pause_without_business_time_changes_nothing(
    calendar: Calendar, first: timedelta, seconds: int, data: st.DataObject
) -> None:
    hours, noon = calendar
    start = noon + first
    pause = data.draw(closed_times(hours, start))
    assert stands(hours, start, seconds, pause) == stands(hours, start, seconds)


@moderately
@given(calendars(), moments, seconds, st.lists(later, min_size=3, max_size=3).map(sorted))
def test_a_pause_in_two_parts_is_a_pause(
    calendar: Calendar, first: timedelta, seconds: int, offsets: list[timedelta]
) -> None:
    hours, noon = calendar
    start = noon + first
    since, between, until = (start + offset for offset in offsets)
    parts = [(since, between), (between, until)]
    assert stands(hours, start, seconds, *parts) == stands(hours, start, seconds, (since, until))


Offsets = list[timedelta]
offsets = st.lists(later, min_size=4, max_size=4).map(sorted)


def pauses_at(start: datetime, offsets: Offsets) -> list[Pause]:
    first, second, third, fourth = (start + offset for offset in offsets)
    return [(first, second), (third, fourth)]


@moderately
@given(calendars(), moments, seconds, offsets)
def test_a_pause_is_cut_out_where_it_happened_and_nothing_else_is(
    calendar: Calendar, first: timedelta, seconds: int, offsets: Offsets
) -> None:
    hours, noon = calendar
    start = noon + first
    pauses = pauses_at(start, offsets)
    due = stands(hours, start, seconds, *pauses)[Target.RESOLUTION].due
    assume(due is not None)
    assert due is not None
    cut = [hours.elapsed(since, min(until, due)) for since, until in pauses]
    assert hours.elapsed(start, due) - sum(cut, timedelta()) == timedelta(seconds=seconds)


@moderately
@given(calendars(), moments, seconds, offsets)
def test_no_pause_touches_the_first_response_and_all_touch_the_next_as_the_resolution(
    calendar: Calendar, first: timedelta, seconds: int, offsets: Offsets
) -> None:
    hours, noon = calendar
    start = noon + first
    found, unpaused = stands(hours, start, seconds, *pauses_at(start, offsets)), stands(hours, start, seconds)
    assert found[Target.FIRST_RESPONSE] == unpaused[Target.FIRST_RESPONSE]
    assert found[Target.NEXT_RESPONSE] == found[Target.RESOLUTION]


@moderately
@given(calendars(), moments, seconds, st.integers(0, 86_400), st.sets(st.integers(-7, 20), max_size=5), offsets)
def test_a_longer_target_or_more_holidays_never_make_anything_due_earlier(
    calendar: Calendar, first: timedelta, seconds: int, more: int, holidays: set[int], offsets: Offsets
) -> None:
    hours, noon = calendar
    start = noon + first
    pauses = pauses_at(start, offsets)
    shut = hours.holidays | {noon.date() + timedelta(days=number) for number in holidays}
    before = stands(hours, start, seconds, *pauses)
    for after in (
        stands(hours, start, seconds + more, *pauses),
        stands(Hours(hours.zone, hours.week, shut), start, seconds, *pauses),
    ):
        for target, judged in after.items():
            due = before[target].due
            assert judged.due is None or (due is not None and due <= judged.due)


@settings(max_examples=100, deadline=None)
@given(lives())
def test_the_resolution_stands_still_while_the_ticket_waits_and_at_no_other_time(asked: Asked) -> None:
    """In whatever order it becomes known that it waited, and that work began."""
    ticket = asked.life.ticket
    for at, _ in ticket.moments:
        clock = account(ticket.moments, asked.life.book, at).resolution
        paused = clock.running_since is None and not clock.stopped
        assert paused == (ticket.status(at) is Status.WAITING)
