"""A deadline's parts add up to its target, to the microsecond, wherever and however often the hours changed (N-4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from calendars import moments
from hypothesis import given, settings
from hypothesis import strategies as st
from life import Life, book
from lives import STEPS, Asked, lives, took
from specification import LONG_AGO, MONDAY, on_monday

from domain.service.calendar import OpeningHours
from domain.service.clock import Clock, Outcome
from domain.service.contract import Targets, Terms
from domain.service.deadline import Closed, Deadline, NoDue, Part, Share, Shift, Text, explain
from domain.service.promise import Book, standing
from domain.service.status import Status
from domain.service.target import Target
from domain.values import ContractId
from examples import GOLD, GOLD_TERMS, GRAVE, OFFICE, OFFICE_HOURS, SILVER

USED, OVER, LEFT = Share.USED, Share.OVER, Share.LEFT
NOTHING = timedelta()
HOUR = timedelta(hours=1)


def promised(asked: Asked) -> Iterator[tuple[Deadline, Clock]]:
    """Of the promises those that say how much time there is."""
    return ((found, clock) for found, clock in asked.explained() if found.length is not None)


def ran(clock: Clock, until: datetime) -> list[tuple[datetime, datetime]]:
    since = clock.running_since
    return clock.ran if since is None else [*clock.ran, (since, until)]


def elapsed(clock: Clock, start: datetime, end: datetime) -> timedelta:
    """By the hours of the terms that it is explained by."""
    offer = clock.offer if clock.open else clock.ruling
    assert offer is not None
    return offer.time.elapsed(start, end)


laws = settings(max_examples=80, deadline=None)


@laws
@given(lives())
def test_a_deadline_is_the_promise_s_and_used_and_left_make_its_target(asked: Asked) -> None:
    for found, clock in promised(asked):
        assert found.due == standing(clock, asked.until).due
        assert found.judged == standing(clock, asked.until)
        if found.due is not None:
            assert found.total(USED, LEFT) == found.length
            assert found.no_due is None


@laws
@given(lives())
def test_used_and_over_make_all_that_ran(asked: Asked) -> None:
    for found, clock in promised(asked):
        assert found.total(USED, OVER) == sum((elapsed(clock, *each) for each in ran(clock, asked.until)), NOTHING)
        if clock.stopped and not clock.cancelled and clock.ruling == clock.offer:
            assert found.total(USED, OVER) == found.judged.consumed


@laws
@given(lives())
def test_every_part_lies_in_open_hours_and_parts_and_pauses_and_closed_hours_tile_the_time(asked: Asked) -> None:
    for found, clock in promised(asked):
        assert all(elapsed(clock, part.opens, part.closes) == part.length > NOTHING for part in found.parts)
        told = sorted((each.opens, each.closes) for each in found.parts)
        told = sorted([*told, *((each.since, each.until) for each in found.pauses)])
        assert all(before[1] <= after[0] for before, after in pairwise([(found.received, found.received), *told]))
        assert all(elapsed(clock, pause.since, pause.until) == pause.business for pause in found.pauses)
        end = max((end for _, end in told), default=found.received)
        cut_out = sum((pause.business for pause in found.pauses), NOTHING)
        assert elapsed(clock, found.received, end) == found.total(USED, OVER, LEFT) + cut_out


@laws
@given(lives())
def test_what_is_not_due_says_why_and_what_is_paused_has_a_rest(asked: Asked) -> None:
    for found, clock in promised(asked):
        assert (found.due is None) is (found.no_due is not None)
        if found.due is None:
            assert {part.share for part in found.parts} <= {USED}
            assert found.length is not None
            assert found.remaining == found.length - found.total(USED) >= NOTHING
        if found.no_due is NoDue.PAUSED:
            assert found.judged.outcome is Outcome.OPEN
            assert clock.running_since is None
        if found.no_due is NoDue.GIVEN_UP:
            assert found.judged.outcome in (Outcome.CANCELLED, Outcome.MERGED)


@laws
@given(lives())
def test_it_is_explained_by_the_terms_it_was_judged_by(asked: Asked) -> None:
    for found, clock in promised(asked):
        terms = (found.judged.contract, found.judged.version, found.length)
        assert terms in {(text.contract, text.version, text.target) for text in found.texts}
        if not clock.open:
            assert clock.ruling is not None
            assert found.length == clock.ruling.target


@laws
@given(lives(), st.lists(st.tuples(st.sampled_from(sorted(STEPS)), moments), max_size=3))
def test_what_happens_later_changes_no_deadline_as_it_was_explained_before(
    asked: Asked, more: Sequence[tuple[str, timedelta]]
) -> None:
    before = dict(zip(asked.clocks(), asked.explained(), strict=True))
    for step, after in more:
        took(asked.life, step, asked.until + abs(after) + timedelta(microseconds=1))
    after_ = dict(zip(asked.clocks(), asked.explained(), strict=True))
    assert {mark: found for mark, (found, _) in before.items()} == {mark: found for mark, (found, _) in after_.items()}


# Examples, of a week in June 2024 and of the nights on which Kyiv changes its clocks


ALWAYS = OpeningHours(zone="Europe/Kyiv", week=(((0, 1440),),) * 7)
DAY_SHIFT = OpeningHours(zone="Europe/Kyiv", week=(((540, 1020),),) * 7, holidays=(date(2024, 3, 30),))


def texts(hours: Any = OFFICE_HOURS, **promise: int | None) -> Book:
    """The gold contract promises this and silver three days of eight hours, by these hours."""
    promise = promise or {"resolution_seconds": 8 * 3_600}
    silver = Terms(calendar=OFFICE, general=Targets(resolution_seconds=24 * 3_600))
    return book({GOLD: Terms(calendar=OFFICE, general=Targets(**promise)), SILVER: silver}, {OFFICE: hours})


def begun(contract: ContractId | None = GOLD, **promise: int | None) -> Life:
    """A ticket of Monday, three in the afternoon: two hours before closing time."""
    return Life.begun(on_monday(15), texts(**promise), contract)


def told(life: Life, until: datetime, target: Target = Target.RESOLUTION, since: datetime | None = None) -> Deadline:
    found = explain(life.ticket, life.book, until, target, since)
    assert found is not None
    return found


def shown(parts: Sequence[Part]) -> list[tuple[datetime, datetime, Share]]:
    return [(part.opens, part.closes, part.share) for part in parts]


def test_a_day_of_work_from_monday_afternoon_is_due_on_tuesday_afternoon() -> None:
    found = told(begun(), on_monday(16))
    tuesday = on_monday(9, days=1)
    assert found.due == on_monday(15, days=1)
    assert shown(found.parts) == [
        (on_monday(15), on_monday(16), USED),
        (on_monday(16), on_monday(17), LEFT),
        (tuesday, on_monday(15, days=1), LEFT),
    ]
    assert [part.day for part in found.parts] == [date(2024, 6, 3), date(2024, 6, 3), date(2024, 6, 4)]


def test_beyond_the_due_is_told_apart() -> None:
    life = begun(resolution_seconds=3_600)
    life.resolve(on_monday(16, 30))
    found = told(life, on_monday(20))
    assert found.judged.outcome is Outcome.MISSED
    assert shown(found.parts) == [(on_monday(15), on_monday(16), USED), (on_monday(16), on_monday(16, 30), OVER)]


def test_what_was_kept_tells_what_was_left() -> None:
    life = begun()
    life.resolve(on_monday(16))
    found = told(life, on_monday(12, days=3))
    assert found.judged.outcome is Outcome.MET
    assert (found.total(USED), found.total(LEFT)) == (HOUR, 7 * HOUR)


def test_a_pause_tells_the_business_time_that_it_cut_out_and_why() -> None:
    life = begun()
    life.hold(on_monday(16))
    life.resume(on_monday(10, days=1))
    (pause,) = told(life, on_monday(12, days=1)).pauses
    assert (pause.since, pause.until, pause.business) == (on_monday(16), on_monday(10, days=1), 2 * HOUR)
    assert pause.status is Status.WAITING


def test_the_time_between_resolved_and_reopened_is_a_pause_as_well() -> None:
    life = begun()
    life.resolve(on_monday(16))
    life.reopen(on_monday(10, days=1))
    (pause,) = told(life, on_monday(12, days=1)).pauses
    assert (pause.business, pause.status) == (2 * HOUR, Status.RESOLVED)


def test_what_is_resolved_just_when_it_is_due_has_no_part_beyond() -> None:
    life = begun(resolution_seconds=3_600)
    due = told(life, on_monday(15)).due
    assert due is not None
    life.resolve(due)
    assert [(part.share, part.length) for part in told(life, due).parts] == [(USED, HOUR)]


def test_while_paused_there_is_no_due_but_a_rest() -> None:
    life = begun()
    life.hold(on_monday(16))
    found = told(life, on_monday(12, days=1))
    assert (found.due, found.no_due, found.remaining) == (None, NoDue.PAUSED, 7 * HOUR)
    (pause,) = found.pauses
    assert (pause.until, pause.business) == (on_monday(12, days=1), 4 * HOUR)


def test_a_pause_that_ended_as_it_began_is_not_told() -> None:
    life = begun()
    life.hold(on_monday(16))
    life.resume(on_monday(16))
    assert told(life, on_monday(17)).pauses == ()


def test_a_holiday_tells_what_would_have_been_open() -> None:
    received = datetime.fromisoformat("2024-03-29T16:00+02:00")
    found = told(Life.begun(received, texts(DAY_SHIFT)), received)
    (holiday,) = found.holidays
    assert (holiday.day, holiday.business, holiday.calendar_version) == (date(2024, 3, 30), 8 * HOUR, 1)
    assert found.due == datetime.fromisoformat("2024-03-31T16:00+03:00")


def test_a_holiday_on_the_day_of_the_receipt_tells_what_would_have_been_open_from_then_on() -> None:
    hours = OFFICE_HOURS.model_copy(update={"holidays": (date(2024, 6, 6),)})
    received = on_monday(10, days=3)
    assert told(Life.begun(received, texts(hours)), received).holidays == (Closed(date(2024, 6, 6), 7 * HOUR, 1),)


def test_a_holiday_on_a_day_that_is_closed_anyway_is_none() -> None:
    hours = OFFICE_HOURS.model_copy(update={"holidays": (date(2024, 6, 8), date(2024, 6, 6))})
    found = told(Life.begun(on_monday(10), texts(hours, resolution_seconds=40 * 3_600)), on_monday(10))
    assert [closed.day for closed in found.holidays] == [date(2024, 6, 6)]


def test_a_change_of_the_clocks_is_told_and_no_second_is_lost() -> None:
    received = datetime.fromisoformat("2024-03-31T02:00+02:00")
    found = told(Life.begun(received, texts(ALWAYS)), received)
    at = datetime.fromisoformat("2024-03-31T03:00+02:00")
    assert found.shifts == (Shift(at, 2 * HOUR, 3 * HOUR),)
    assert found.due == datetime.fromisoformat("2024-03-31T11:00+03:00")
    assert sum((part.length for part in found.parts), NOTHING) == 8 * HOUR


def test_a_change_of_the_clocks_at_midnight_is_told_at_midnight() -> None:
    received = datetime.fromisoformat("2024-03-09T22:00-05:00")
    found = told(Life.begun(received, texts(ALWAYS.model_copy(update={"zone": "America/Havana"}))), received)
    assert found.shifts == (Shift(datetime.fromisoformat("2024-03-10T00:00-05:00"), -5 * HOUR, -4 * HOUR),)


def test_days_are_those_of_the_calendar_s_zone_also_where_it_is_the_next_day_elsewhere() -> None:
    received = datetime.fromisoformat("2024-03-30T22:30-02:00")
    nuuk = ALWAYS.model_copy(update={"zone": "America/Nuuk", "holidays": (date(2024, 3, 30),)})
    found = told(Life.begun(received, texts(nuuk)), received)
    assert found.shifts == (Shift(datetime.fromisoformat("2024-03-30T23:00-02:00"), -2 * HOUR, -HOUR),)
    assert [holiday.day for holiday in found.holidays] == [date(2024, 3, 30)]


def test_a_change_of_the_clocks_before_or_after_is_not_told() -> None:
    for at in ("2024-03-31T03:00+02:00", "2024-03-31T03:30+02:00", "2024-03-30T02:00+02:00"):
        received = datetime.fromisoformat(at)
        assert told(Life.begun(received, texts(ALWAYS)), received).shifts == ()


def test_two_versions_of_a_calendar_count_each_in_its_time() -> None:
    later = on_monday(12, days=1)
    longer = OFFICE_HOURS.model_copy(update={"week": (((480, 1200),),) * 7})
    life = Life.begun(on_monday(15), texts([(LONG_AGO, OFFICE_HOURS), (later, longer)], resolution_seconds=14 * 3_600))
    assert {part.calendar_version for part in told(life, on_monday(10, days=1)).parts} == {1}
    found = told(life, on_monday(13, days=1))
    assert [(part.calendar_version, part.length) for part in found.parts if part.share is USED] == [
        (1, 2 * HOUR),
        (1, 3 * HOUR),
        (2, HOUR),
    ]
    assert found.due == on_monday(9, days=2)


def test_what_was_missed_under_a_former_contract_is_explained_by_that_one() -> None:
    life = begun(resolution_seconds=3_600)
    life.change(SILVER, on_monday(16, 30))
    found = told(life, on_monday(16, 40))
    assert (found.judged.outcome, found.judged.contract) == (Outcome.MISSED, GOLD)
    assert (found.length, found.total(USED), found.total(OVER)) == (HOUR, HOUR, timedelta(minutes=40))
    assert [(text.contract, text.target) for text in found.texts] == [(GOLD, HOUR), (SILVER, 24 * HOUR)]


def test_what_was_answered_while_nothing_was_promised_is_not_explained_by_what_was_promised_later() -> None:
    life = begun(contract=None)
    life.call(on_monday(16))
    life.change(GOLD, on_monday(16, 30))
    found = told(life, on_monday(16, 40), Target.FIRST_RESPONSE)
    assert (found.judged.outcome, found.no_due, found.length) == (Outcome.NONE, NoDue.NOTHING_PROMISED, None)


def test_where_there_is_no_contract_no_version_of_a_text_is_told() -> None:
    life = begun(contract=None)
    start = life.ticket.opened_at
    assert start is not None
    assert told(life, on_monday(17)).texts == (Text(start, None, 0, None, None),)


def test_every_severity_and_every_version_of_the_text_is_told() -> None:
    later = on_monday(16, 30)
    terms = [(LONG_AGO, GOLD_TERMS), (later, GOLD_TERMS.model_copy(update={"by_severity": {}}))]
    life = Life.begun(on_monday(15), book({GOLD: terms}, {OFFICE: OFFICE_HOURS}))
    life.assess(GRAVE, on_monday(16))
    found = told(life, on_monday(16, 40))
    assert [(text.since, text.version, text.severity, text.target) for text in found.texts] == [
        (on_monday(15), 1, None, 16 * HOUR),
        (on_monday(16), 1, GRAVE, 4 * HOUR),
        (later, 2, GRAVE, 8 * HOUR),
    ]


def test_given_up_and_beyond_reach_are_not_due() -> None:
    dropped = begun()
    dropped.close(on_monday(16), "duplicate")
    assert told(dropped, on_monday(17)).no_due is NoDue.GIVEN_UP
    assert told(begun(resolution_seconds=315_360_000), on_monday(17)).no_due is NoDue.BEYOND_REACH


def test_of_the_next_responses_the_last_is_explained_or_the_one_that_is_asked_for() -> None:
    life = begun(next_response_seconds=3_600)
    assert explain(life.ticket, life.book, on_monday(16), Target.NEXT_RESPONSE) is None
    life.call(on_monday(15, 10))
    for hour in (10, 14):
        life.write(on_monday(hour, days=1))
        life.call(on_monday(hour, 30, days=1))
    now, first = on_monday(16, days=1), on_monday(10, days=1)
    assert told(life, now, Target.NEXT_RESPONSE).received == on_monday(14, days=1)
    found = told(life, now, Target.NEXT_RESPONSE, first)
    assert (found.received, found.due, found.total(USED)) == (first, on_monday(11, days=1), HOUR / 2)
    assert explain(life.ticket, life.book, now, Target.NEXT_RESPONSE, on_monday(11, days=1)) is None


def test_before_the_receipt_there_is_nothing_to_explain() -> None:
    life = begun()
    assert explain(life.ticket, life.book, MONDAY) is None
