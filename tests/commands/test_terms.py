"""Every version of a calendar or a contract is told whole, with the instant from which it counts (D7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from company import COMPANY_SO_FAR, OLENA, VERA, YURIY, ZOE
from retrospection import reckoned, refusal
from specification import Given, given, of, on_monday

from commands.permission import RightMissing
from commands.reckoning import Reckoning
from commands.reckonings import terms
from commands.reckonings.terms import CalendarAsked, CalendarTold, ContractAsked, ContractTold
from commands.retrospect import InstantAhead
from domain.service.calendar import CALENDAR, CalendarRenamed, CalendarRevised, CalendarUnknown
from domain.service.contract import CONTRACT, ContractRevised, ContractUnknown
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.values import team_holder, worker_holder
from examples import ANNA, BORIS, GOLD, GOLD_TERMS, HOTLINE, OFFICE, OFFICE_HOURS, SILVER_TERMS, SUMMER_HOURS

NINE, TEN, NOON, LATER = on_monday(9), on_monday(10), on_monday(12), on_monday(15)
SECOND = timedelta(seconds=1)
LEVEL = Level(target=Target.RESOLUTION, percent=80, recipients=(Recipient("assignee"), Recipient("worker:boris")))
WITH_LEVELS = SILVER_TERMS.model_copy(update={"responsible": team_holder(HOTLINE), "levels": (LEVEL,)})
REVISED = [
    *of(CALENDAR, OFFICE, CalendarRevised(hours=SUMMER_HOURS), at=TEN),
    *of(CONTRACT, GOLD, ContractRevised(terms=WITH_LEVELS), at=TEN),
    *of(CALENDAR, OFFICE, CalendarRenamed(name="Summer"), at=NOON),
]
ASKED: tuple[Reckoning, ...] = (CalendarAsked(calendar=OFFICE), ContractAsked(contract=GOLD))


def world() -> Given:
    return given(COMPANY_SO_FAR, REVISED)


def calendar(world: Given, **more: object) -> CalendarTold:
    row = reckoned(world, CalendarAsked(calendar=OFFICE, **more), at=LATER).row
    assert isinstance(row, CalendarTold)
    return row


def contract(world: Given, **more: object) -> ContractTold:
    row = reckoned(world, ContractAsked(contract=GOLD, **more), at=LATER).row
    assert isinstance(row, ContractTold)
    return row


def test_every_version_of_a_calendar_is_told_whole_and_the_first_counts_for_all_time_before() -> None:
    row = calendar(world())
    assert [each.hours for each in row.versions] == [OFFICE_HOURS, SUMMER_HOURS]
    assert [(each.number, each.counts_from is None) for each in row.versions] == [(1, True), (2, False)]
    assert row.versions[1].counts_from == row.versions[1].recorded_at
    assert TEN <= row.versions[1].recorded_at < TEN + SECOND
    assert (row.name, row.known_at, row.earlier) == ("Summer", LATER, 0)


def test_every_version_of_a_contract_is_told_whole_and_the_first_counts_for_all_time_before() -> None:
    row = contract(world())
    assert [each.terms for each in row.versions] == [GOLD_TERMS, WITH_LEVELS]
    assert [(each.number, each.counts_from is None) for each in row.versions] == [(1, True), (2, False)]
    assert row.versions[1].counts_from == row.versions[1].recorded_at
    assert (row.name, row.known_at, row.earlier) == ("Gold", LATER, 0)


def test_what_was_known_at_an_instant_is_what_was_recorded_by_then() -> None:
    before, between = calendar(world(), known_at=NINE), calendar(world(), known_at=TEN + SECOND)
    assert ([each.hours for each in before.versions], before.known_at) == ([OFFICE_HOURS], NINE)
    assert ([each.number for each in between.versions], between.name) == ([1, 2], "Office")
    assert [each.terms for each in contract(world(), known_at=NINE).versions] == [GOLD_TERMS]


def test_whoever_answers_or_is_told_has_a_name_and_so_has_the_calendar() -> None:
    mentioned = reckoned(world(), ContractAsked(contract=GOLD), at=LATER).mentioned
    assert mentioned == {("calendar", OFFICE), ("team", HOTLINE), ("worker", BORIS)}
    hers = of(CONTRACT, GOLD, ContractRevised(terms=GOLD_TERMS.model_copy(update={"responsible": worker_holder(ANNA)})))
    mentioned = reckoned(given(COMPANY_SO_FAR, hers), ContractAsked(contract=GOLD), at=LATER).mentioned
    assert mentioned == {("calendar", OFFICE), ("worker", ANNA)}


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.name)
def test_they_are_for_everybody_who_works_with_them_and_for_nobody_else(question: Reckoning) -> None:
    for actor in (ANNA, OLENA, VERA):
        assert refusal(world(), question, actor=actor, at=LATER) is None
    for actor in (ZOE, YURIY, "nobody"):
        assert refusal(world(), question, actor=actor, at=LATER) is RightMissing


def test_what_there_is_not_or_was_not_yet_is_unknown() -> None:
    assert refusal(world(), CalendarAsked(calendar="nowhere"), at=LATER) is CalendarUnknown
    assert refusal(world(), ContractAsked(contract="nowhere"), at=LATER) is ContractUnknown
    long_before = on_monday(0, days=-10_000)
    assert refusal(world(), CalendarAsked(calendar=OFFICE, known_at=long_before), at=LATER) is CalendarUnknown
    assert refusal(world(), ContractAsked(contract=GOLD, known_at=long_before), at=LATER) is ContractUnknown
    assert refusal(world(), CalendarAsked(calendar=OFFICE, known_at=LATER), at=TEN) is InstantAhead


def test_of_more_versions_than_one_answer_carries_the_last_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    both = calendar(world()).versions
    for room, told in ((0, [2]), (1, [1, 2])):
        size = sum(len(each.model_dump_json()) for each in both) - 1 + room
        monkeypatch.setattr(terms, "MOST_BYTES", size)
        row = calendar(world())
        assert ([each.number for each in row.versions], row.earlier) == (told, 2 - len(told))
    monkeypatch.setattr(terms, "MOST_BYTES", len(both[1].model_dump_json()))
    first = calendar(world(), known_at=both[1].recorded_at - timedelta(microseconds=1))
    assert ([each.number for each in first.versions], first.earlier) == ([1], 0)
