"""A version of a calendar counts from the instant it was recorded, the first for all time before (D7)."""

from datetime import date, datetime, timedelta

import pytest
from pydantic import ValidationError
from specification import LONG_AGO, MONDAY, folded, having, on_monday

from domain.service.calendar import (
    CALENDAR,
    MOST_HOLIDAYS,
    Calendar,
    CalendarAlreadyDefined,
    CalendarDefined,
    CalendarRenamed,
    CalendarRevised,
    CalendarUnknown,
    OpeningHours,
    TooManyHolidays,
    add_holidays,
    define,
    remove_holidays,
    rename,
    revise,
)
from examples import OFFICE_HOURS, SUMMER_HOURS

HOUR = timedelta(hours=1)
LONG_DAYS = OpeningHours(zone="UTC", week=(((480, 1200),),) * 7)
CLOSED = OpeningHours(zone="UTC", week=((),) * 7)
DEFINED = CalendarDefined(name="Office", hours=OFFICE_HOURS)
NOON = on_monday(12)


def versions(*later: tuple[OpeningHours, datetime]) -> Calendar:
    return folded(CALENDAR, DEFINED, *((CalendarRevised(hours=hours), at) for hours, at in later))


def test_a_calendar_is_defined_once_and_revised_where_it_differs() -> None:
    having(CALENDAR).deciding(define, "Office", OFFICE_HOURS).then(DEFINED)
    having(CALENDAR, DEFINED).deciding(define, "Office", OFFICE_HOURS).refused(CalendarAlreadyDefined)
    having(CALENDAR, DEFINED).deciding(revise, SUMMER_HOURS).then(CalendarRevised(hours=SUMMER_HOURS))
    having(CALENDAR, DEFINED).deciding(revise, OFFICE_HOURS).then()
    having(CALENDAR, DEFINED, CalendarRevised(hours=SUMMER_HOURS)).deciding(revise, SUMMER_HOURS).then()
    back = CalendarRevised(hours=OFFICE_HOURS)
    having(CALENDAR, DEFINED, CalendarRevised(hours=SUMMER_HOURS)).deciding(revise, OFFICE_HOURS).then(back)
    having(CALENDAR).deciding(revise, OFFICE_HOURS).refused(CalendarUnknown)


def test_a_calendar_is_renamed_where_that_changes_something_and_keeps_its_versions() -> None:
    summer = CalendarRenamed(name="Summer")
    having(CALENDAR, DEFINED).deciding(rename, "Office").then()
    having(CALENDAR, DEFINED).deciding(rename, "Summer").then(summer)
    having(CALENDAR, DEFINED, summer).deciding(rename, "Summer").then()
    having(CALENDAR).deciding(rename, "Summer").refused(CalendarUnknown)
    renamed = folded(CALENDAR, DEFINED, CalendarRevised(hours=CLOSED), summer)
    assert (renamed.name, len(renamed.versions), len(renamed.known)) == ("Summer", 2, 2)
    assert folded(CALENDAR, DEFINED, summer, CalendarRevised(hours=CLOSED)).name == "Summer"


FIRST, SECOND, THIRD = (date(2024, 12, day) for day in (24, 25, 26))


def closed_on(*holidays: date) -> CalendarRevised:
    return CalendarRevised(hours=OFFICE_HOURS.model_copy(update={"holidays": holidays}))


def test_holidays_are_added_to_those_there_are_each_once_and_in_order() -> None:
    having(CALENDAR, DEFINED).deciding(add_holidays, (SECOND, FIRST, SECOND)).then(closed_on(FIRST, SECOND))
    there = having(CALENDAR, DEFINED, closed_on(THIRD, FIRST))
    there.deciding(add_holidays, (SECOND, FIRST)).then(closed_on(FIRST, SECOND, THIRD))
    there.deciding(add_holidays, (FIRST, THIRD)).then()
    there.deciding(add_holidays, ()).then()
    having(CALENDAR).deciding(add_holidays, (FIRST,)).refused(CalendarUnknown)


def test_holidays_are_taken_out_as_far_as_they_are_there() -> None:
    there = having(CALENDAR, DEFINED, closed_on(THIRD, FIRST))
    there.deciding(remove_holidays, (FIRST, SECOND)).then(closed_on(THIRD))
    there.deciding(remove_holidays, (FIRST, THIRD)).then(closed_on())
    there.deciding(remove_holidays, (SECOND,)).then()
    there.deciding(remove_holidays, ()).then()
    having(CALENDAR).deciding(remove_holidays, (FIRST,)).refused(CalendarUnknown)


def test_a_calendar_has_so_many_holidays_and_no_more() -> None:
    days = tuple(FIRST + timedelta(days=n) for n in range(MOST_HOLIDAYS))
    full = having(CALENDAR, DEFINED, closed_on(*days))
    full.deciding(add_holidays, (date(2024, 1, 1),)).refused(TooManyHolidays)
    full.deciding(add_holidays, days).then()
    full.deciding(remove_holidays, days[1:]).then(closed_on(FIRST))
    having(CALENDAR, DEFINED, closed_on(*days[1:])).deciding(add_holidays, (FIRST,)).then(closed_on(*days))


def test_a_holiday_counts_from_the_instant_it_was_recorded_and_not_before() -> None:
    shut = CalendarRevised(hours=OFFICE_HOURS.model_copy(update={"holidays": (MONDAY.date(),)}))
    calendar = folded(CALENDAR, DEFINED, (shut, NOON))
    assert calendar.as_of(on_monday(13)).elapsed(on_monday(0), on_monday(24)) == 3 * HOUR
    assert calendar.as_of(on_monday(11)).elapsed(on_monday(0), on_monday(24)) == 8 * HOUR


def test_time_before_a_version_counts_by_the_old_one_and_after_it_by_the_new() -> None:
    time = versions((LONG_DAYS, NOON)).as_of(on_monday(13))
    assert time.elapsed(on_monday(8), NOON) == 3 * HOUR
    assert time.elapsed(NOON, on_monday(20)) == 8 * HOUR
    assert time.elapsed(on_monday(8), on_monday(20)) == 11 * HOUR
    assert time.elapsed(on_monday(20), on_monday(20)) == timedelta()


def test_a_due_is_looked_for_in_each_version_for_as_long_as_it_counts() -> None:
    time = versions((LONG_DAYS, NOON)).as_of(on_monday(13))
    assert time.reach(on_monday(9), 3 * HOUR) == NOON
    assert time.reach(on_monday(9), 4 * HOUR) == on_monday(13)
    assert time.reach(on_monday(9), 10 * HOUR) == on_monday(19)
    assert time.reach(on_monday(9), 11 * HOUR) == on_monday(20)
    assert time.reach(on_monday(9), 12 * HOUR) == on_monday(9, days=1)
    assert time.reach(on_monday(18), HOUR) == on_monday(19)
    assert time.reach(NOON, HOUR) == on_monday(13)
    evening = versions((LONG_DAYS, on_monday(20))).as_of(on_monday(21))
    assert evening.reach(on_monday(9), 8 * HOUR) == on_monday(17)


def test_a_version_under_which_nothing_is_open_is_passed_over() -> None:
    time = versions((CLOSED, NOON), (OFFICE_HOURS, on_monday(12, days=7))).as_of(on_monday(13, days=7))
    assert time.reach(on_monday(9), 4 * HOUR) == on_monday(13, days=7)
    assert time.elapsed(on_monday(9), on_monday(13, days=7)) == 4 * HOUR


def test_what_is_never_open_again_reaches_nothing() -> None:
    assert versions((CLOSED, NOON)).as_of(NOON).reach(on_monday(9), 4 * HOUR) is None


def test_what_is_not_yet_recorded_is_not_yet_known() -> None:
    calendar = versions((LONG_DAYS, NOON), (CLOSED, on_monday(15)))
    assert [len(calendar.as_of(at).versions) for at in (on_monday(11), NOON, on_monday(14), on_monday(15))] == [
        1,
        2,
        2,
        3,
    ]
    assert calendar.as_of(LONG_AGO - HOUR).elapsed(on_monday(0), on_monday(24)) == 8 * HOUR


def test_the_only_version_counts_for_all_time() -> None:
    calendar = folded(CALENDAR, (DEFINED, NOON))
    assert calendar.as_of(LONG_AGO).elapsed(on_monday(9), on_monday(10)) == HOUR


def test_the_first_version_counts_for_all_time_before_it() -> None:
    calendar = folded(CALENDAR, (DEFINED, NOON), (CalendarRevised(hours=CLOSED), on_monday(15)))
    assert calendar.as_of(LONG_AGO).reach(on_monday(9), 7 * HOUR) == on_monday(16)


def test_the_open_intervals_between_two_instants_add_up_to_what_elapsed() -> None:
    time = versions((LONG_DAYS, NOON)).as_of(on_monday(13))
    spans = [(span.opens, span.closes) for span in time.spans(on_monday(8), on_monday(10, days=1))]
    assert spans == [
        (on_monday(9), NOON),
        (NOON, on_monday(20)),
        (on_monday(8, days=1), on_monday(10, days=1)),
    ]
    assert list(time.spans(NOON, on_monday(9))) == []


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "x" * 65])
def test_a_zone_is_one_that_is_known(zone: str) -> None:
    with pytest.raises(ValidationError, match=r"not the name of an IANA time zone|at most 64 characters"):
        OpeningHours(zone=zone, week=((),) * 7)


@pytest.mark.parametrize("opening", [(540, 540), (600, 540), (-1, 60), (0, 1441)])
def test_an_interval_closes_after_it_opens_within_the_day(opening: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match=r"an interval closes after it opens|(greater|less) than or equal to"):
        OpeningHours(zone="UTC", week=((opening,),) + ((),) * 6)


def test_a_day_may_be_open_from_its_first_minute_to_its_last() -> None:
    assert OpeningHours(zone="UTC", week=(((0, 1440),),) * 7).week[0] == ((0, 1440),)


def test_holidays_are_part_of_the_version() -> None:
    shut = OFFICE_HOURS.model_copy(update={"holidays": (date(2024, 6, 4),)})
    calendar = folded(CALENDAR, CalendarDefined(name="Office", hours=shut))
    assert calendar.as_of(MONDAY).elapsed(on_monday(0), on_monday(0, days=3)) == 16 * HOUR


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd"])
def test_a_zone_that_is_not_known_is_called_so(zone: str) -> None:
    with pytest.raises(ValidationError, match=", not the name of an IANA time zone "):
        OpeningHours(zone=zone, week=((),) * 7)


def test_an_interval_that_closes_first_is_called_so() -> None:
    with pytest.raises(ValidationError, match=", an interval closes after it opens "):
        OpeningHours(zone="UTC", week=(((600, 540),),) * 7)
