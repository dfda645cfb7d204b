"""The first day counts and the last one too, and which day it is depends on where one is (D20)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.pricing.days import ALWAYS, Days, local_day

MAY, JUNE, JULY = date(2024, 5, 31), date(2024, 6, 1), date(2024, 7, 1)
DAY = timedelta(days=1)

near = st.dates(date(2024, 6, 1), date(2024, 6, 12))


@st.composite
def days(draw: Any) -> Days:
    first, last = sorted((draw(near), draw(near)))
    return Days(first=draw(st.sampled_from([first, None])), last=draw(st.sampled_from([last, None])))


def test_both_ends_are_included() -> None:
    june = Days(first=JUNE, last=date(2024, 6, 30))
    assert [june.has(each) for each in (MAY, JUNE, date(2024, 6, 15), date(2024, 6, 30), JULY)] == [
        *(False, True, True, True, False)
    ]


def test_an_end_that_is_not_given_is_open() -> None:
    assert all(ALWAYS.has(day) for day in (date.min, JUNE, date.max))
    assert (Days(first=JUNE).has(date.max), Days(first=JUNE).has(MAY)) == (True, False)
    assert (Days(last=JUNE).has(date.min), Days(last=JUNE).has(JULY)) == (True, False)


def test_one_day_is_enough_and_none_is_not() -> None:
    assert Days(first=JUNE, last=JUNE).has(JUNE)
    with pytest.raises(ValidationError, match="the last day comes before the first"):
        Days(first=JUNE, last=MAY)


@pytest.mark.parametrize("day", ["2024-06-01T12:00:00Z", "2024-06-31", "1.6.2024", 1717200000, True, ""], ids=repr)
def test_a_day_comes_as_a_day(day: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Days).validate_json(orjson.dumps({"first": day}), strict=True)


def test_a_day_comes_as_a_string_and_goes_as_one() -> None:
    written = '{"first":"2024-06-01","last":null}'
    assert TypeAdapter(Days).validate_json(written, strict=True) == Days(first=JUNE)
    assert Days(first=JUNE).model_dump_json() == written
    with pytest.raises(ValidationError):
        TypeAdapter(Days).validate_json('{"until": "2024-06-01"}', strict=True)


@given(days(), days())
def test_days_meet_where_one_day_is_in_both(one: Days, other: Days) -> None:
    around = [date(2024, 5, 30) + n * DAY for n in range(20)]
    assert one.meets(other) == any(one.has(day) and other.has(day) for day in around)
    assert one.meets(other) == other.meets(one)


# Which day it is


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2024-06-03T21:59:59.999999+00:00", "Europe/Prague", date(2024, 6, 3)),
        ("2024-06-03T22:00:00+00:00", "Europe/Prague", date(2024, 6, 4)),
        ("2024-12-31T22:59:59+00:00", "Europe/Prague", date(2024, 12, 31)),
        ("2024-12-31T23:00:00+00:00", "Europe/Prague", date(2025, 1, 1)),
        ("2024-06-03T23:30:00+00:00", "UTC", date(2024, 6, 3)),
        ("2024-06-03T03:59:00+00:00", "America/New_York", date(2024, 6, 2)),
        ("2024-06-04T00:30:00+03:00", "Europe/Kyiv", date(2024, 6, 4)),
        ("2024-06-04T00:30:00+03:00", "Europe/Prague", date(2024, 6, 3)),
    ],
)
def test_the_day_is_that_of_the_zone_s_own_midnight(at: str, zone: str, day: date) -> None:
    assert local_day(datetime.fromisoformat(at), zone) == day


def test_at_the_ends_of_time_there_is_a_day_all_the_same() -> None:
    assert local_day(datetime.max.replace(tzinfo=UTC), "Europe/Prague") == date.max
    assert local_day(datetime.min.replace(tzinfo=UTC), "America/New_York") == date.min


def test_days_are_told_in_words() -> None:
    assert (str(ALWAYS), str(Days(first=JUNE)), str(Days(last=JULY)), str(Days(first=JUNE, last=JULY))) == (
        *("always", "from 2024-06-01", "to 2024-07-01", "from 2024-06-01 to 2024-07-01"),
    )
