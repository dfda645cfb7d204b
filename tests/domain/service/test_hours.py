"""Business time: hours on a clock are counted as they really passed, and never twice (D4, R-SLA-8)."""

import time as stopwatch
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from calendars import ALL_DAY, MICROSECOND, NINE_TO_FIVE, PLACES, Day, amounts, calendars, moments
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from walk import Piece, length, walked, walked_reach

from domain.service.hours import REACH_YEARS, Hours, Span, horizon

HOUR = timedelta(hours=1)
OFFICE = Hours("Europe/Kyiv", [NINE_TO_FIVE] * 5 + [[], []], [date(2024, 8, 26)])
ROUND_THE_CLOCK = Hours("Europe/Kyiv", [ALL_DAY] * 7, [])
NEVER_OPEN = Hours("Europe/Kyiv", [[]] * 7, [])


def kyiv(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Kyiv"))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def on_one_day(zone: str, day: date, intervals: Day) -> list[Piece]:
    """Open a calendar on this date alone, and return its spans."""
    week = [intervals if number == day.weekday() else [] for number in range(7)]
    others = [day + timedelta(weeks=number) for number in (-2, -1, 1, 2)]
    middle = datetime.combine(day, time(), UTC)
    spans = Hours(zone, week, others).spans(middle - timedelta(days=9), middle + timedelta(days=9))
    return [(span.opens, span.closes) for span in spans]


# Sentences


def test_a_target_used_up_exactly_at_closing_is_due_at_closing() -> None:
    assert OFFICE.reach(kyiv(2024, 6, 3, 9), 8 * HOUR) == kyiv(2024, 6, 3, 17)


def test_one_microsecond_more_is_due_just_after_the_next_opening() -> None:
    assert OFFICE.reach(kyiv(2024, 6, 3, 9), 8 * HOUR + MICROSECOND) == kyiv(2024, 6, 4, 9) + MICROSECOND


def test_a_report_at_closing_waits_for_the_next_opening() -> None:
    assert OFFICE.elapsed(kyiv(2024, 6, 3, 17), kyiv(2024, 6, 4, 9)) == timedelta()
    assert OFFICE.reach(kyiv(2024, 6, 3, 17), HOUR) == kyiv(2024, 6, 4, 10)


def test_a_weekend_does_not_count() -> None:
    assert OFFICE.reach(kyiv(2024, 6, 7, 16), 2 * HOUR) == kyiv(2024, 6, 10, 10)


def test_a_holiday_does_not_count() -> None:
    assert OFFICE.reach(kyiv(2024, 8, 23, 16), 2 * HOUR) == kyiv(2024, 8, 27, 10)


def test_nothing_wanted_is_reached_at_once_even_while_closed() -> None:
    start = kyiv(2024, 6, 8, 3)
    assert OFFICE.reach(start, timedelta()) == start
    assert OFFICE.reach(start, -HOUR) == start


def test_no_time_elapses_backwards() -> None:
    assert OFFICE.elapsed(kyiv(2024, 6, 4, 12), kyiv(2024, 6, 3, 12)) == timedelta()
    assert not list(OFFICE.spans(kyiv(2024, 6, 4, 12), kyiv(2024, 6, 3, 12)))


def test_several_intervals_a_day_leave_the_break_out() -> None:
    hours = Hours("Europe/Kyiv", [[(540, 720), (780, 1020)]] * 7, [])
    assert hours.elapsed(kyiv(2024, 6, 3), kyiv(2024, 6, 4)) == 7 * HOUR
    assert hours.reach(kyiv(2024, 6, 3, 11, 30), HOUR) == kyiv(2024, 6, 3, 13, 30)


def test_the_far_future_is_counted_to_the_microsecond() -> None:
    start = utc(9000, 1, 6) + MICROSECOND
    for amount in (MICROSECOND, 3 * MICROSECOND):
        assert ROUND_THE_CLOCK.elapsed(start, start + amount) == amount
        assert ROUND_THE_CLOCK.reach(start, amount) == start + amount
        pieces = [(span.opens, span.closes) for span in ROUND_THE_CLOCK.spans(start, start + amount)]
        assert pieces == [(start, start + amount)]


def test_overlapping_intervals_count_once() -> None:
    pieces = on_one_day("UTC", date(2024, 6, 3), [(660, 900), (540, 720), (600, 610)])
    assert pieces == [(utc(2024, 6, 3, 9), utc(2024, 6, 3, 15))]


def test_answers_are_in_utc_and_explained_by_local_dates() -> None:
    due = OFFICE.reach(kyiv(2024, 6, 3, 9), HOUR)
    assert due is not None
    assert due.tzinfo is UTC
    assert list(OFFICE.spans(kyiv(2024, 6, 7, 12), kyiv(2024, 6, 10, 10))) == [
        Span(utc(2024, 6, 7, 9), utc(2024, 6, 7, 14), date(2024, 6, 7)),
        Span(utc(2024, 6, 10, 6), utc(2024, 6, 10, 7), date(2024, 6, 10)),
    ]


def test_round_the_clock_is_explained_day_by_day() -> None:
    spans = list(ROUND_THE_CLOCK.spans(utc(2023, 12, 30), utc(2024, 1, 2)))
    assert [span.day for span in spans] == [date(2023, 12, 30), date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 2)]
    assert all(earlier.closes == later.opens for earlier, later in pairwise(spans))


@pytest.mark.parametrize(
    ("zone", "start"), [("Pacific/Kiritimati", utc(2024, 12, 31, 10)), ("Pacific/Pago_Pago", utc(2025, 1, 1, 10))]
)
def test_a_local_date_counts_on_both_sides_of_the_new_year_of_utc(zone: str, start: datetime) -> None:
    local = start.astimezone(ZoneInfo(zone))
    hours = Hours(zone, [ALL_DAY if number == local.weekday() else [] for number in range(7)], [])
    assert hours.elapsed(start, start + HOUR) == HOUR
    assert hours.reach(start, HOUR) == start + HOUR


# Clock changes: Kyiv skips 03:00-04:00 on 31 March 2024 and has it twice on 27 October.


def test_a_skipped_opening_moves_forward_by_the_gap() -> None:
    pieces = on_one_day("Europe/Kyiv", date(2024, 3, 31), [(210, 300)])
    assert pieces == [(utc(2024, 3, 31, 1, 30), utc(2024, 3, 31, 2))]


def test_a_skipped_closing_moves_forward_by_the_gap() -> None:
    pieces = on_one_day("Europe/Kyiv", date(2024, 3, 31), [(120, 210)])
    assert pieces == [(utc(2024, 3, 31), utc(2024, 3, 31, 1, 30))]


@pytest.mark.parametrize("closes", [250, 270])
def test_an_interval_the_gap_empties_or_inverts_is_dropped(closes: int) -> None:
    assert on_one_day("Europe/Kyiv", date(2024, 3, 31), [(210, closes)]) == []


def test_intervals_the_gap_makes_overlap_count_once() -> None:
    pieces = on_one_day("Europe/Kyiv", date(2024, 3, 31), [(120, 210), (240, 300)])
    assert pieces == [(utc(2024, 3, 31), utc(2024, 3, 31, 2))]


def test_a_time_that_occurs_twice_means_its_first_occurrence() -> None:
    first = [(utc(2024, 10, 27, 0), utc(2024, 10, 27, 0, 30))]
    assert on_one_day("Europe/Kyiv", date(2024, 10, 27), [(180, 210)]) == first


def test_an_interval_over_the_repeated_hour_is_an_hour_longer() -> None:
    pieces = on_one_day("Europe/Kyiv", date(2024, 10, 27), [(120, 300)])
    assert pieces == [(utc(2024, 10, 26, 23), utc(2024, 10, 27, 3))]


def test_midnight_skipped_by_the_clock_is_where_the_days_meet() -> None:
    change = utc(2018, 11, 4, 3)
    assert on_one_day("America/Sao_Paulo", date(2018, 11, 3), [(1380, 1440)]) == [(change - HOUR, change)]
    assert on_one_day("America/Sao_Paulo", date(2018, 11, 4), [(0, 120)]) == [(change, change + HOUR)]


def test_hours_of_a_date_that_never_was_move_on_with_the_clock() -> None:
    moved = [(utc(2011, 12, 30, 19), utc(2011, 12, 31, 3))]
    assert on_one_day("Pacific/Apia", date(2011, 12, 30), NINE_TO_FIVE) == moved
    assert on_one_day("Pacific/Apia", date(2011, 12, 31), NINE_TO_FIVE) == moved


@pytest.mark.parametrize(("zone", "day"), PLACES)
def test_round_the_clock_is_real_time(zone: str, day: date) -> None:
    middle = datetime.combine(day, time(), UTC)
    start, end = middle - timedelta(days=40), middle + timedelta(days=40)
    hours = Hours(zone, [ALL_DAY] * 7, [])
    assert hours.elapsed(start, end) == end - start
    assert hours.reach(start, end - start) == end


# Bounds


def test_what_is_never_open_is_never_reached() -> None:
    assert NEVER_OPEN.reach(utc(2024, 6, 3), MICROSECOND) is None
    assert NEVER_OPEN.elapsed(utc(2024, 6, 3), utc(2034, 6, 3)) == timedelta()


@pytest.mark.parametrize(
    ("start", "last"),
    [
        (utc(2024, 6, 3, 12), utc(2029, 6, 3, 12)),
        (utc(2024, 2, 29), utc(2029, 3, 1)),
        (utc(1897, 1, 1), utc(1902, 1, 1)),
    ],
)
def test_the_reach_ends_five_years_on(start: datetime, last: datetime) -> None:
    assert ROUND_THE_CLOCK.reach(start, last - start) == last
    assert ROUND_THE_CLOCK.reach(start, last - start + MICROSECOND) is None
    assert ROUND_THE_CLOCK.reach(start, timedelta.max) is None
    assert horizon(start) == horizon(start.astimezone(ZoneInfo("Pacific/Kiritimati"))) == last


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_ends_of_time_are_quiet(zone: str) -> None:
    hours = Hours(zone, [ALL_DAY] * 7, [])
    for place in (UTC, ZoneInfo(zone)):
        first, last = datetime.min.replace(tzinfo=place), datetime.max.replace(tzinfo=place)
        assert hours.reach(first, HOUR) is not None
        assert hours.reach(last, timedelta()) is not None
        assert hours.reach(last, 100 * HOUR) is None
        assert list(hours.spans(first, utc(1, 1, 3)))
        assert list(hours.spans(utc(9999, 12, 30), last))
    assert hours.reach(utc(9997, 1, 1), timedelta(days=2000)) is None
    assert hours.elapsed(utc(9999, 6, 1), utc(9999, 6, 2)) == timedelta(days=1)
    assert hours.elapsed(utc(1, 6, 1), utc(1, 6, 2)) == timedelta(days=1)


def test_a_question_about_centuries_has_an_answer() -> None:
    start, end = utc(1900, 1, 1), utc(2050, 1, 1)
    hours = Hours("UTC", [ALL_DAY] + [[]] * 6, [])
    mondays = (end - start).days // 7 + 1
    assert hours.elapsed(start, end) == timedelta(days=mondays)
    assert sum(1 for _ in hours.spans(start, end)) == mondays
    assert next(hours.spans(start, datetime.max.replace(tzinfo=UTC))).day == date(1900, 1, 1)


def test_the_answer_does_not_depend_on_earlier_questions() -> None:
    asked = [utc(2024, 6, 3), utc(1600, 6, 3), utc(2024, 6, 3), utc(2018, 1, 1), utc(2029, 12, 31), utc(2000, 2, 29)]
    used = Hours(OFFICE.zone, OFFICE.week, OFFICE.holidays)
    for start in asked:
        fresh = Hours(OFFICE.zone, OFFICE.week, OFFICE.holidays)
        assert used.reach(start, 900 * HOUR) == fresh.reach(start, 900 * HOUR)
        assert used.elapsed(start, start + 900 * HOUR) == fresh.elapsed(start, start + 900 * HOUR)


# A value


def test_hours_are_equal_by_definition() -> None:
    same = Hours("Europe/Kyiv", ([(540, 1020)],) * 5 + ((), ()), {date(2024, 8, 26)})
    same.elapsed(utc(2024, 1, 1), utc(2025, 1, 1))
    assert same == OFFICE
    assert hash(same) == hash(OFFICE)
    assert same != Hours("Europe/Warsaw", OFFICE.week, OFFICE.holidays)
    assert same != Hours("Europe/Kyiv", [ALL_DAY] * 7, OFFICE.holidays)
    assert same != Hours("Europe/Kyiv", OFFICE.week, [])


def test_hours_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        OFFICE.zone = "UTC"  # type: ignore[misc]


@pytest.mark.parametrize("week", [[[]] * 6, [[(600, 600)]] * 7, [[(600, 1441)]] * 7, [[(-1, 600)]] * 7])
def test_a_week_that_is_none_is_refused(week: list[Day]) -> None:
    with pytest.raises(ValueError, match="a week is seven days"):
        Hours("UTC", week, [])


# Laws, in any zone of the world, some of them against a walk from day to day


moderately = settings(max_examples=60, deadline=None)


@moderately
@given(calendars(), moments, moments)
def test_elapsed_is_what_a_walk_from_day_to_day_finds(
    calendar: tuple[Hours, datetime], first: timedelta, last: timedelta
) -> None:
    hours, noon = calendar
    start, end = noon + min(first, last), noon + max(first, last)
    assert hours.elapsed(start, end) == length(list(walked(hours, start, end)))


@moderately
@given(calendars(), moments, amounts)
def test_reach_is_what_a_walk_from_day_to_day_finds(
    calendar: tuple[Hours, datetime], first: timedelta, amount: timedelta
) -> None:
    hours, noon = calendar
    start, end = noon + first, noon + first + timedelta(days=16)
    due = hours.reach(start, amount)
    assert (due if due is None or due <= end else None) == walked_reach(list(walked(hours, start, end)), amount)


@moderately
@given(calendars(), moments, amounts)
def test_reach_is_the_earliest_instant_by_which_the_amount_has_elapsed(
    calendar: tuple[Hours, datetime], first: timedelta, amount: timedelta
) -> None:
    hours, noon = calendar
    start = noon + first
    due = hours.reach(start, amount)
    assume(due is not None)
    assert due is not None
    assert hours.elapsed(start, due) == amount
    assert hours.elapsed(start, due - MICROSECOND) == amount - MICROSECOND


@moderately
@given(calendars(), st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_elapsed_times_add_up(calendar: tuple[Hours, datetime], offsets: list[timedelta]) -> None:
    hours, noon = calendar
    first, middle, last = (noon + offset for offset in offsets)
    assert hours.elapsed(first, middle) + hours.elapsed(middle, last) == hours.elapsed(first, last)


@moderately
@given(calendars(), moments, moments)
def test_spans_are_in_order_within_bounds_apart_and_add_up(
    calendar: tuple[Hours, datetime], first: timedelta, last: timedelta
) -> None:
    hours, noon = calendar
    start, end = noon + min(first, last), noon + max(first, last)
    spans = list(hours.spans(start, end))
    assert sum((span.closes - span.opens for span in spans), timedelta()) == hours.elapsed(start, end)
    assert all(start <= span.opens < span.closes <= end for span in spans)
    assert all(earlier.closes <= later.opens for earlier, later in pairwise(spans))
    assert not any(span.day in hours.holidays for span in spans)


@moderately
@given(calendars(), moments, amounts, st.sets(st.integers(-7, 20), min_size=1, max_size=5))
def test_more_holidays_never_reach_earlier(
    calendar: tuple[Hours, datetime], first: timedelta, amount: timedelta, more: set[int]
) -> None:
    hours, noon = calendar
    holidays = hours.holidays | {noon.date() + timedelta(days=number) for number in more}
    due, later = (each.reach(noon + first, amount) for each in (hours, Hours(hours.zone, hours.week, holidays)))
    assert later is None or (due is not None and due <= later)


@moderately
@given(calendars(), moments, amounts, amounts)
def test_a_longer_target_is_never_reached_earlier(
    calendar: tuple[Hours, datetime], first: timedelta, amount: timedelta, more: timedelta
) -> None:
    hours, noon = calendar
    due, later = hours.reach(noon + first, amount), hours.reach(noon + first, amount + more)
    assert later is None or (due is not None and due < later)


@moderately
@given(calendars(), moments, st.sampled_from([timedelta(days=5 * 365 + 3), timedelta(days=3_650), timedelta.max]))
def test_a_target_beyond_five_years_is_never_due_and_nothing_later_is_looked_at(
    calendar: tuple[Hours, datetime], first: timedelta, amount: timedelta
) -> None:
    hours, noon = calendar
    looked_at = []

    class Watched(frozenset[date]):
        def __contains__(self, day: object) -> bool:
            looked_at.append(day)
            return super().__contains__(day)

    object.__setattr__(hours, "holidays", Watched(hours.holidays))
    began = stopwatch.process_time()
    assert hours.reach(noon + first, amount) is None
    assert stopwatch.process_time() - began < 1
    assert len(looked_at) < (REACH_YEARS + 2) * 2 * 366
