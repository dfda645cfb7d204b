"""Each level of a promise fires once: of several the highest, and never while the clock stands (D5, D6, D8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from life import Life, book
from pydantic import ValidationError
from specification import LONG_AGO, on_monday

from domain.company.settings import ClosingRule
from domain.service import escalation, timer
from domain.service.contract import Targets, Terms
from domain.service.escalation import TicketEscalated, TicketEscalationSkipped, Told
from domain.service.exchange import Direction
from domain.service.level import Level, Recipient
from domain.service.target import Target
from domain.service.ticket import TicketMerged, TicketSeparated
from domain.values import TicketId
from domain.work.channel import Channel
from examples import ANNA, BORIS, GOLD, GRAVE, OFFICE, OFFICE_HOURS, SILVER

NINE, TEN, NOON, ONE = (on_monday(hour) for hour in (9, 10, 12, 13))
HOUR = timedelta(hours=1)
RESOLUTION, RESPONSE, NEXT = Target.RESOLUTION, Target.FIRST_RESPONSE, Target.NEXT_RESPONSE


def level(percent: int, target: Target = RESOLUTION) -> Level:
    return Level(target=target, percent=percent, recipients=(Recipient("assignee"),))


def terms(*percents: int, hours: int = 4, **targets: Any) -> Terms:
    """So many hours for the resolution, unless said otherwise."""
    general = Targets(resolution_seconds=hours * 3_600)
    levels = tuple(level(percent) for percent in percents)
    return Terms(calendar=OFFICE, general=general, levels=levels, **targets)


FOUR_HOURS = terms(50, 80, 100, 150)
"""Received at nine: half is used up at eleven, all at one, half as much again at three."""


def life(texts: Any = FOUR_HOURS, at: datetime = NINE) -> Life:
    return Life.begun(at, book({GOLD: texts, SILVER: terms(25, 50, hours=8)}, {OFFICE: OFFICE_HOURS}))


def looked(life: Life, now: datetime) -> list[tuple[str, int]]:
    """What follows when somebody looks: "told" or "skipped", and the percentage."""
    found: list[tuple[str, int]] = []
    for each in timer.running(life.ticket, life.book, now):
        passed = escalation.passed(each, life.ticket.fired, now)
        events = life.record(list(escalation.escalate(each, life.ticket.fired, passed, ())), now)
        found += [(said(event), event.percent) for event in events]  # type: ignore[attr-defined]
    return found


def said(event: object) -> str:
    return {TicketEscalated: "told", TicketEscalationSkipped: "skipped"}[type(event)]  # type: ignore[index]


def next_due(life: Life, at: datetime, target: Target = RESOLUTION) -> datetime | None:
    """When the next level of the promise will be passed, as far as can be told at the instant."""
    running = next((each for each in timer.running(life.ticket, life.book, at) if each.target is target), None)
    coming = escalation.ahead(running, life.ticket.fired) if running else []
    return coming[0].due if coming else None


def test_a_level_fires_at_its_share_of_the_business_time_and_once() -> None:
    one = life()
    assert looked(one, on_monday(10, 59)) == []
    assert looked(one, on_monday(11)) == [("told", 50)]
    assert looked(one, on_monday(11)) == []
    assert looked(one, on_monday(12, 12)) == [("told", 80)]


def test_time_outside_of_opening_hours_counts_for_no_level() -> None:
    one = life(at=on_monday(16))
    assert next_due(one, on_monday(16)) == on_monday(10, days=1)


def test_after_downtime_only_the_highest_passed_is_told_of_and_the_lower_are_skipped() -> None:
    one = life()
    assert looked(one, ONE) == [("skipped", 50), ("skipped", 80), ("told", 100)]
    assert looked(one, on_monday(16)) == [("told", 150)]
    assert looked(one, on_monday(16)) == []


def test_a_missed_target_escalates_on() -> None:
    one = life()
    looked(one, ONE)
    assert next_due(one, on_monday(14)) == on_monday(15)


def test_while_it_stands_still_nothing_fires_and_nothing_is_due() -> None:
    one = life()
    one.hold(TEN)
    assert next_due(one, TEN) is None
    assert looked(one, on_monday(9, days=2)) == []
    one.resume(on_monday(9, days=2))
    assert next_due(one, on_monday(9, days=2)) == on_monday(10, days=2)


def test_a_level_passed_before_the_pause_and_not_told_of_fires_after_it() -> None:
    one = life()
    one.hold(NOON)
    assert looked(one, ONE) == []
    one.resume(ONE)
    assert looked(one, ONE) == [("told", 50)]


def test_a_first_response_is_owed_while_the_ticket_waits_for_the_customer() -> None:
    text = Terms(
        calendar=OFFICE, general=Targets(first_response_seconds=3_600), levels=(level(50, RESPONSE), level(100))
    )
    one = life(text)
    one.hold(on_monday(9, 10))
    assert looked(one, on_monday(9, 30)) == [("told", 50)]
    one.call(on_monday(9, 40))
    assert looked(one, NOON) == []


@pytest.mark.parametrize("ending", ["resolve", "merge", "drop"])
def test_what_is_over_escalates_no_more(ending: str) -> None:
    one = life()
    match ending:
        case "resolve":
            one.resolve(TEN)
        case "drop":
            one.close(TEN, "duplicate")
        case "merge":
            one.record([TicketMerged(survivor=TicketId("other"))], TEN)
    assert looked(one, on_monday(16)) == []
    assert next_due(one, TEN) is None


def test_a_merge_that_is_undone_was_none() -> None:
    one = life()
    one.record([TicketMerged(survivor=TicketId("other"))], TEN)
    one.record([TicketSeparated(survivor=TicketId("other"))], NOON)
    assert looked(one, NOON) == [("told", 50)]


def test_what_was_passed_and_not_told_of_before_the_resolution_fires_when_it_is_opened_again() -> None:
    """So an answer that nothing was due must not be remembered: the same instant is due again."""
    one = life()
    one.resolve(on_monday(11, 1))
    assert looked(one, NOON) == []
    one.reopen(ONE)
    assert looked(one, ONE) == [("told", 50)]


def test_what_fired_before_the_resolution_does_not_fire_again_after_it() -> None:
    one = life()
    looked(one, on_monday(11))
    one.resolve(on_monday(11, 30))
    one.reopen(ONE)
    assert looked(one, ONE) == []
    assert looked(one, on_monday(14)) == [("told", 80)]


def test_under_another_contract_every_level_counts_anew_and_of_those_passed_the_highest_alone() -> None:
    one = life()
    looked(one, on_monday(11))
    one.change(SILVER, NOON)
    assert looked(one, NOON) == [("told", 25)]
    assert looked(one, ONE) == [("told", 50)]
    one.change(GOLD, on_monday(14))
    assert looked(one, on_monday(14)) == [("skipped", 50), ("skipped", 80), ("told", 100)]


def test_without_a_contract_nothing_is_passed() -> None:
    one = life()
    one.change(None, TEN)
    assert looked(one, on_monday(16)) == []


def test_a_new_text_moves_levels_that_have_not_fired_and_those_that_have_stay_so() -> None:
    one = life([(LONG_AGO, FOUR_HOURS), (NOON, terms(50, 60, 80, 100, hours=8))])
    assert looked(one, on_monday(11)) == [("told", 50)]
    assert next_due(one, NOON) == on_monday(13, 48)
    assert looked(one, on_monday(14)) == [("told", 60)]


def test_of_levels_that_a_new_text_adds_below_one_told_of_nobody_is_told() -> None:
    one = life([(LONG_AGO, FOUR_HOURS), (ONE, terms(60, 90, 150))])
    assert looked(one, ONE - timedelta(minutes=1)) == [("skipped", 50), ("told", 80)]
    assert looked(one, ONE) == [("skipped", 60), ("told", 90)]
    assert looked(one, on_monday(14)) == []


def test_where_all_that_a_new_text_adds_is_below_the_one_told_of_all_of_it_is_skipped() -> None:
    one = life([(LONG_AGO, FOUR_HOURS), (ONE, terms(60, 70, 150))])
    assert looked(one, ONE - timedelta(minutes=1)) == [("skipped", 50), ("told", 80)]
    assert looked(one, ONE) == [("skipped", 60), ("skipped", 70)]


def test_the_least_level_is_told_of_like_any_other() -> None:
    assert looked(life(terms(1)), on_monday(9, 3)) == [("told", 1)]


def test_an_assessment_moves_levels_as_it_moves_the_due() -> None:
    one = life(terms(50, by_severity={GRAVE: Targets(resolution_seconds=3_600)}))
    assert next_due(one, NINE) == on_monday(11)
    one.assess(GRAVE, on_monday(9, 10))
    assert next_due(one, on_monday(9, 10)) == on_monday(9, 30)


def test_each_round_of_a_next_response_has_levels_of_its_own() -> None:
    text = Terms(calendar=OFFICE, general=Targets(next_response_seconds=3_600), levels=(level(50, NEXT),))
    one = life(text)
    one.call(on_monday(9, 10))
    assert looked(one, TEN) == []
    one.write(TEN)
    assert looked(one, on_monday(10, 30)) == [("told", 50)]
    assert looked(one, on_monday(10, 30)) == []
    one.write(on_monday(10, 40), Direction.OUTGOING)
    one.write(on_monday(11))
    assert looked(one, on_monday(11, 10)) == []
    assert looked(one, on_monday(11, 30)) == [("told", 50)]
    assert {each.since for each in one.ticket.fired} == {TEN, on_monday(11)}


def test_a_fact_says_what_was_passed_when_under_which_text_and_by_which_ways() -> None:
    text = terms(50).model_copy(
        update={"levels": (level(50).model_copy(update={"channels": (Channel.EMAIL, Channel.SYSTEM)}),)}
    )
    one = life([(LONG_AGO, terms(50, hours=2)), (TEN, text)])
    looked(one, NOON)
    assert one.facts[-1].event == TicketEscalated(
        target=RESOLUTION,
        since=None,
        contract=GOLD,
        contract_version=2,
        assignment=2,
        percent=50,
        due=on_monday(11),
        told=(),
        channels=(Channel.EMAIL, Channel.SYSTEM),
    )


def test_people_read_who_is_told_as_whom_and_instead_of_whom() -> None:
    hers, role = Told(worker=ANNA, recipient=Recipient("assignee")), Recipient("area-head")
    assert str(hers) == "anna as assignee"
    assert str(Told(worker=ANNA, recipient=role, instead_of=BORIS)) == "anna as area-head instead of boris"
    assert str(Told(worker=None, recipient=role, instead_of=BORIS)) == "nobody as area-head instead of boris"


# Closing by itself


def test_what_is_resolved_closes_so_much_business_time_later() -> None:
    one, rule = life(), ClosingRule(2 * 3_600, OFFICE)
    office = one.book.calendars[OFFICE]
    assert timer.closes_at(one.ticket, rule, office, NOON) is None
    one.resolve(on_monday(16))
    assert timer.closes_at(one.ticket, rule, office, on_monday(15)) is None
    assert timer.closes_at(one.ticket, rule, office, on_monday(16)) == on_monday(10, days=1)
    assert timer.closes_at(one.ticket, None, office, on_monday(16)) is None
    one.resolve(on_monday(14))
    assert timer.closes_at(one.ticket, rule, office, on_monday(16)) == on_monday(16)
    assert timer.closes_at(one.ticket, rule, None, on_monday(16)) is None
    one.reopen(on_monday(16, 30))
    assert timer.closes_at(one.ticket, rule, office, on_monday(17)) is None


def test_it_closes_by_the_calendar_as_it_is_written_by_then() -> None:
    longer = OFFICE_HOURS.model_copy(update={"week": (((0, 1_440),),) * 7})
    texts: Any = [(LONG_AGO, OFFICE_HOURS), (on_monday(17), longer)]
    one, rule = Life.begun(NINE, book({GOLD: FOUR_HOURS}, {OFFICE: texts})), ClosingRule(2 * 3_600, OFFICE)
    one.resolve(on_monday(16))
    office = one.book.calendars[OFFICE]
    assert timer.closes_at(one.ticket, rule, office, on_monday(16)) == on_monday(10, days=1)
    assert timer.closes_at(one.ticket, rule, office, on_monday(17)) == on_monday(18)


# Levels as they are written down


@pytest.mark.parametrize(
    "levels",
    [
        (level(50), level(50)),
        tuple(level(percent) for percent in range(1, 52)),
    ],
    ids=["the same twice", "more than fifty"],
)
def test_levels_of_a_contract_are_few_and_different(levels: Sequence[Level]) -> None:
    with pytest.raises(ValidationError):
        Terms(calendar=OFFICE, levels=levels)


def test_who_writes_the_same_level_twice_is_told_so() -> None:
    with pytest.raises(ValidationError, match="of a target there is one level at each percentage"):
        Terms(calendar=OFFICE, levels=(level(50), level(50)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": 0},
        {"percent": 1_001},
        {"recipients": ()},
        {"recipients": ("everybody",)},
        {"recipients": ("contact:mill",)},
        {"channels": ()},
        {"channels": ("system", "system")},
        {"channels": ("telegraph",)},
    ],
)
def test_a_level_has_a_share_recipients_and_ways(wrong: dict[str, Any]) -> None:
    right = {"target": "resolution", "percent": 80, "recipients": ("area-head", "team:hotline", "worker:anna")}
    Level.model_validate(right)
    with pytest.raises(ValidationError):
        Level.model_validate({**right, **wrong})
