"""Each stretch of business time counts by the version of the calendar that was in force then (D7)."""

from datetime import datetime, timedelta

from calendars import ALL_DAY, MICROSECOND, amounts, calendars, moments, version, versioned
from hypothesis import assume, given, settings
from specification import LONG_AGO, MONDAY
from walk import length, walked_reach, walked_versions

from domain.service.calendar import BusinessTime
from domain.service.hours import Hours, horizon

ALWAYS, NEVER = Hours("UTC", [ALL_DAY] * 7, []), Hours("UTC", [[]] * 7, [])


def test_five_years_count_from_the_start_however_often_the_calendar_was_written_anew() -> None:
    four_years_on = MONDAY.replace(year=2028)
    time = BusinessTime((version(MONDAY, NEVER), version(four_years_on, ALWAYS)))
    assert time.reach(MONDAY, timedelta(days=365)) == MONDAY.replace(year=2029)
    assert time.reach(MONDAY, timedelta(days=365) + MICROSECOND) is None
    assert time.reach(four_years_on, timedelta(days=366)) == four_years_on + timedelta(days=366)
    too_late = BusinessTime((version(MONDAY, NEVER), version(MONDAY.replace(year=2030), ALWAYS)))
    assert too_late.reach(MONDAY, MICROSECOND) is None


moderately = settings(max_examples=60, deadline=None)
Versioned = tuple[BusinessTime, datetime]


@moderately
@given(versioned(), moments, moments)
def test_what_elapses_is_what_a_walk_by_each_version_in_turn_finds(
    calendar: Versioned, first: timedelta, last: timedelta
) -> None:
    time, noon = calendar
    start, end = noon + min(first, last), noon + max(first, last)
    pieces = list(walked_versions(time, start, end))
    assert time.elapsed(start, end) == length(pieces)
    assert sum((span.closes - span.opens for span in time.spans(start, end)), timedelta()) == length(pieces)


@moderately
@given(versioned(), moments, amounts)
def test_what_is_reached_is_what_a_walk_by_each_version_in_turn_finds(
    calendar: Versioned, first: timedelta, amount: timedelta
) -> None:
    time, noon = calendar
    start, end = noon + first, noon + first + timedelta(days=20)
    due = time.reach(start, amount)
    assert (due if due is None or due <= end else None) == walked_reach(list(walked_versions(time, start, end)), amount)


@moderately
@given(versioned(), moments, amounts)
def test_by_the_due_the_target_has_elapsed_and_not_before(
    calendar: Versioned, first: timedelta, amount: timedelta
) -> None:
    time, noon = calendar
    due = time.reach(noon + first, amount)
    assume(due is not None)
    assert due is not None
    assert due <= horizon(noon + first)
    assert time.elapsed(noon + first, due) == amount
    assert time.elapsed(noon + first, due - MICROSECOND) == amount - MICROSECOND


@moderately
@given(calendars(), moments, moments, amounts)
def test_to_write_the_same_hours_again_changes_nothing(
    calendar: tuple[Hours, datetime], first: timedelta, written: timedelta, amount: timedelta
) -> None:
    hours, noon = calendar
    once, again = version(LONG_AGO, hours), version(noon + written, hours)
    start = noon + first
    assert BusinessTime((once, again)).reach(start, amount) == BusinessTime((once,)).reach(start, amount)
    assert BusinessTime((once, again)).elapsed(start, start + amount) == hours.elapsed(start, start + amount)
