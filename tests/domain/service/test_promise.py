"""Both clocks of a ticket, moment by moment (D3, D5-D7, D9, D10, D32)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from life import Life, book
from specification import LONG_AGO, MONDAY, on_monday

from domain.service.calendar import OpeningHours
from domain.service.clock import Clock, Judgement, Outcome
from domain.service.contract import Targets, Terms
from domain.service.promise import Book, Kind, Moment, judge
from domain.service.statement import OutcomeCorrected, OutcomeStated, Stated, Statement, evolve, state
from domain.service.target import Target
from domain.service.ticket import TicketMerged
from domain.timeline import Timeline
from domain.values import CalendarId, TicketId
from examples import GOLD, GOLD_TERMS, GRAVE, OFFICE, OFFICE_HOURS, SILVER, SILVER_TERMS, SLIGHT

HOUR = timedelta(hours=1)
NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
ALWAYS = OpeningHours(zone="UTC", week=(((0, 1440),),) * 7)
BOOK = book({GOLD: GOLD_TERMS, SILVER: SILVER_TERMS}, {OFFICE: OFFICE_HOURS})
"""Gold: 2 h and 16 h while not assessed, 30 min and 4 h when grave, else 1 h and 8 h. Silver: 24 h alone."""


def hours(first_response: float | None, resolution: float | None, calendar: CalendarId = OFFICE) -> Terms:
    first, last = (None if each is None else int(each * 3600) for each in (first_response, resolution))
    return Terms(calendar=calendar, general=Targets(first_response_seconds=first, resolution_seconds=last))


def plain(first_response: float | None, resolution: float | None) -> Book:
    return book({GOLD: hours(first_response, resolution)}, {OFFICE: OFFICE_HOURS})


def outcomes(life: Life, at: object = on_monday(0, days=30)) -> tuple[Outcome, Outcome]:
    response, resolution = life.judged(at)  # type: ignore[arg-type]
    return response.outcome, resolution.outcome


# The start, and the end in time


def test_the_clocks_start_at_receipt_whatever_comes_later() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.start(on_monday(16))
    assert life.due(on_monday(9, 30)) == (TEN, on_monday(17))


def test_before_the_receipt_nothing_is_promised() -> None:
    life = Life.begun(NINE, BOOK)
    assert life.judged(on_monday(8)) == (Judgement(), Judgement())


def test_an_open_target_is_neither_met_nor_missed_up_to_its_due() -> None:
    life = Life.begun(NINE, plain(1, 8))
    open = Judgement(Outcome.OPEN, None, None, GOLD, 1)
    assert life.judged(TEN)[0] == open
    assert life.judged(TEN + timedelta(microseconds=1))[0] == Judgement(Outcome.MISSED, TEN, None, GOLD, 1, TEN)
    assert life.due(on_monday(11)) == (TEN, on_monday(17))


def test_a_resolution_at_the_due_is_met_and_one_just_after_it_is_missed() -> None:
    in_time, late = Life.begun(NINE, plain(1, 8)), Life.begun(NINE, plain(1, 8))
    in_time.resolve(on_monday(17))
    late.resolve(on_monday(17) + timedelta(microseconds=1))
    assert in_time.judged(MONDAY + 90 * HOUR)[1] == Judgement(
        Outcome.MET, on_monday(17), 8 * HOUR, GOLD, 1, on_monday(17)
    )
    missed = Judgement(Outcome.MISSED, on_monday(17), 8 * HOUR, GOLD, 1, on_monday(17))
    assert late.judged(MONDAY + 90 * HOUR)[1] == missed


def test_a_target_met_says_how_much_time_it_took() -> None:
    life = Life.begun(NINE, plain(4, 8))
    life.call(TEN)
    life.resolve(NOON)
    assert [each.consumed for each in life.judged(NOON)] == [HOUR, 3 * HOUR]
    assert [each.judged_at for each in life.judged(NOON)] == [TEN, NOON]


def test_at_its_due_a_target_is_still_open_also_where_nights_were_in_between() -> None:
    life = Life.begun(on_monday(8), plain(1, 8))
    assert life.judged(TEN)[0].outcome is Outcome.OPEN
    assert life.judged(TEN + timedelta(microseconds=1))[0].outcome is Outcome.MISSED


def test_what_is_judged_is_shown_with_the_due_it_was_judged_by() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.resolve(on_monday(9, 30))
    assert life.due(NOON) == (TEN, on_monday(17))


def test_a_report_alone_promises_nothing_yet() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(1, 8)), (TEN, hours(1, 1))]}, {OFFICE: OFFICE_HOURS})
    nothing: Timeline[Moment] = Timeline()
    moments = nothing.put(NINE, Moment(Kind.OPENED))
    assert judge(moments, texts, NOON) == {
        Target.FIRST_RESPONSE: Judgement(),
        Target.RESOLUTION: Judgement(),
    }


# The first response


def test_an_answered_call_is_the_first_response() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.call(on_monday(9, 59))
    assert outcomes(life, on_monday(16)) == (Outcome.MET, Outcome.OPEN)


def test_an_unanswered_call_is_no_response() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.call(on_monday(9, 59), answered=False)
    assert outcomes(life, on_monday(16)) == (Outcome.MISSED, Outcome.OPEN)


def test_a_change_of_status_is_no_response() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.start(on_monday(9, 10))
    life.hold(on_monday(9, 20))
    assert outcomes(life, on_monday(16)) == (Outcome.MISSED, Outcome.OPEN)


def test_without_a_response_the_resolution_is_judged_as_the_response() -> None:
    soon, late = Life.begun(NINE, plain(1, 8)), Life.begun(NINE, plain(1, 8))
    soon.resolve(TEN)
    late.resolve(on_monday(11))
    assert outcomes(soon) == (Outcome.MET, Outcome.MET)
    assert outcomes(late) == (Outcome.MISSED, Outcome.MET)


def test_the_first_response_is_the_first_one() -> None:
    life = Life.begun(NINE, plain(4, 8))
    life.call(TEN)
    life.call(NOON)
    life.resolve(on_monday(15))
    assert life.judged(on_monday(16))[0] == Judgement(Outcome.MET, on_monday(13), HOUR, GOLD, 1, TEN)


def test_waiting_for_the_customer_never_pauses_the_first_response() -> None:
    life = Life.begun(NINE, plain(4, 8))
    life.hold(TEN)
    assert life.due(on_monday(11)) == (on_monday(13), None)
    life.call(on_monday(14))
    assert outcomes(life) == (Outcome.MISSED, Outcome.OPEN)


# Pauses


def test_a_pause_is_cut_out_exactly_where_it_was() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.hold(on_monday(11))
    life.resume(on_monday(14))
    assert life.due(on_monday(15))[1] == on_monday(12, days=1)
    life.resolve(on_monday(12, days=1))
    assert life.judged(MONDAY + 90 * HOUR)[1].outcome is Outcome.MET
    assert life.judged(MONDAY + 90 * HOUR)[1].consumed == 8 * HOUR


def test_a_pause_without_business_time_changes_nothing() -> None:
    life = Life.begun(NINE, plain(1, 12))
    life.hold(on_monday(17))
    life.resume(on_monday(9, days=1))
    assert life.due(on_monday(10, days=1))[1] == on_monday(13, days=1)


def test_while_paused_nothing_is_due_and_nothing_is_missed() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.hold(on_monday(16))
    assert life.due(on_monday(9, days=9))[1] is None
    assert life.judged(on_monday(9, days=9))[1] == Judgement(Outcome.OPEN, None, None, GOLD, 1)


def test_a_second_pause_inside_the_first_is_no_pause() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.hold(on_monday(11))
    assert life.hold(NOON) == []
    life.resume(on_monday(14))
    assert life.resume(on_monday(15)) == []
    assert life.due(on_monday(15))[1] == on_monday(12, days=1)


def test_resolving_what_waits_counts_the_time_up_to_the_pause() -> None:
    life = Life.begun(NINE, plain(1, 2))
    life.hold(TEN)
    life.resolve(on_monday(16))
    found = life.judged(on_monday(16))[1]
    assert (found.outcome, found.consumed, found.due) == (Outcome.MET, HOUR, on_monday(17))


def test_a_due_that_passed_before_the_pause_stays_missed() -> None:
    life = Life.begun(NINE, plain(1, 2))
    life.hold(NOON)
    life.resume(on_monday(13))
    life.resolve(on_monday(14))
    found = life.judged(on_monday(15))[1]
    assert (found.outcome, found.due, found.consumed) == (Outcome.MISSED, on_monday(11), 4 * HOUR)


def test_a_due_that_passed_before_the_pause_is_missed_while_it_lasts() -> None:
    life = Life.begun(NINE, plain(1, 2))
    life.hold(NOON)
    assert life.judged(on_monday(12, 30))[1] == Judgement(Outcome.MISSED, on_monday(11), None, GOLD, 1, on_monday(11))


def test_a_target_used_up_exactly_when_the_pause_begins_was_due_then() -> None:
    life = Life.begun(NINE, plain(None, 1))
    life.hold(TEN)
    life.resolve(NOON)
    found = life.judged(NOON)[1]
    assert (found.outcome, found.due, found.consumed) == (Outcome.MISSED, TEN, HOUR)


def test_a_pause_that_ended_earlier_than_was_known_ends_then() -> None:
    life = Life.begun(NINE, plain(None, 8))
    life.hold(TEN)
    life.resume(NOON)
    life.resume(on_monday(11))
    assert life.due(on_monday(13))[1] == on_monday(10, days=1)


def test_work_that_was_begun_ends_a_pause_that_becomes_known_late() -> None:
    life = Life.begun(NINE, plain(None, 8))
    life.start(on_monday(11))
    life.hold(TEN)
    assert life.due(NOON)[1] == on_monday(10, days=1)


# Another severity, another contract


def test_a_severity_counts_from_the_receipt_on() -> None:
    life = Life.begun(NINE, BOOK)
    assert life.due(NINE) == (on_monday(11), on_monday(17, days=1))
    life.assess(GRAVE, on_monday(9, 15))
    assert life.due(on_monday(9, 20)) == (on_monday(9, 30), on_monday(13))
    life.assess(SLIGHT, on_monday(9, 20))
    assert life.due(on_monday(9, 25)) == (TEN, on_monday(17))


def test_a_severity_keeps_the_pauses_there_were() -> None:
    life = Life.begun(NINE, BOOK)
    life.hold(TEN)
    life.assess(GRAVE, on_monday(11))
    life.resume(NOON)
    assert life.due(NOON)[1] == on_monday(15)


def test_a_recomputed_due_already_past_is_missed_at_its_true_instant() -> None:
    life = Life.begun(NINE, BOOK)
    said = life.assess(GRAVE, on_monday(14))
    assert [each for each in said if isinstance(each, OutcomeStated)] == [
        OutcomeStated(
            target=target,
            outcome=Outcome.MISSED,
            due=due,
            contract=GOLD,
            contract_version=1,
            judged_at=due,
            consumed_seconds=None,
        )
        for target, due in ((Target.FIRST_RESPONSE, on_monday(11)), (Target.RESOLUTION, on_monday(13)))
    ]


def test_what_the_former_terms_saw_missed_stays_missed_under_them() -> None:
    life = Life.begun(NINE, BOOK)
    life.assess(GRAVE, on_monday(9, 15))
    life.assess(SLIGHT, on_monday(9, 45))
    life.change(SILVER, on_monday(16))
    life.resolve(on_monday(16, 30))
    response, resolution = life.judged(on_monday(17))
    assert response == Judgement(Outcome.MISSED, on_monday(9, 30), 7.5 * HOUR, GOLD, 1, on_monday(9, 30))
    assert (resolution.outcome, resolution.contract, resolution.due) == (Outcome.MET, SILVER, on_monday(17, days=2))


def test_a_target_met_keeps_the_contract_it_was_judged_under() -> None:
    life = Life.begun(NINE, BOOK)
    life.call(TEN)
    life.change(SILVER, on_monday(11))
    response, resolution = life.judged(NOON)
    assert response == Judgement(Outcome.MET, on_monday(11), HOUR, GOLD, 1, TEN)
    assert (resolution.outcome, resolution.contract) == (Outcome.OPEN, SILVER)


def test_a_change_at_the_due_finds_the_target_open() -> None:
    life = Life.begun(NINE, BOOK)
    life.change(SILVER, on_monday(11))
    assert life.judged(on_monday(11))[0] == Judgement(Outcome.NONE)


def test_no_contract_promises_nothing() -> None:
    life = Life.begun(NINE, BOOK, contract=None)
    life.call(TEN)
    life.resolve(on_monday(11))
    assert life.judged(NOON) == (Judgement(judged_at=TEN), Judgement(judged_at=on_monday(11)))
    assert not life.statements(Target.RESOLUTION)
    assert life.due(NOON) == (None, None)


def test_a_contract_taken_away_leaves_nothing_owed() -> None:
    life = Life.begun(NINE, BOOK)
    life.change(None, TEN)
    assert life.judged(on_monday(9, days=9)) == (Judgement(), Judgement())


def test_a_contract_given_later_counts_from_the_receipt_on() -> None:
    life = Life.begun(NINE, BOOK, contract=None)
    life.change(GOLD, TEN)
    assert life.due(TEN) == (on_monday(11), on_monday(17, days=1))


def test_a_target_the_contract_does_not_name_is_none() -> None:
    life = Life.begun(NINE, BOOK, contract=SILVER)
    life.resolve(TEN)
    response, resolution = life.judged(TEN)
    assert response == Judgement(Outcome.NONE, None, HOUR, SILVER, 1, TEN)
    assert resolution.outcome is Outcome.MET


# New versions of texts and calendars


def test_a_new_text_moves_open_targets_from_the_receipt_on() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(2, 8)), (TEN, hours(4, 6))]}, {OFFICE: OFFICE_HOURS})
    life = Life.begun(NINE, texts)
    assert life.due(on_monday(9, 30)) == (on_monday(11), on_monday(17))
    assert life.due(on_monday(10)) == (on_monday(13), on_monday(15))
    life.resolve(on_monday(14))
    assert [(each.outcome, each.version) for each in life.judged(on_monday(15))] == [
        (Outcome.MISSED, 2),
        (Outcome.MET, 2),
    ]


def test_a_text_recorded_at_the_instant_of_a_resolution_counts_for_it() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(1, 8)), (TEN, hours(2, 6))]}, {OFFICE: OFFICE_HOURS})
    life = Life.begun(NINE, texts)
    life.resolve(TEN)
    assert [(each.version, each.due) for each in life.judged(TEN)] == [(2, on_monday(11)), (2, on_monday(15))]


def test_a_new_text_leaves_what_is_judged() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(1, 8)), (NOON, hours(4, 1))]}, {OFFICE: OFFICE_HOURS})
    life = Life.begun(NINE, texts)
    life.resolve(on_monday(11))
    assert life.judged(on_monday(16)) == (
        Judgement(Outcome.MISSED, TEN, 2 * HOUR, GOLD, 1, TEN),
        Judgement(Outcome.MET, on_monday(17), 2 * HOUR, GOLD, 1, on_monday(11)),
    )


def test_a_new_text_that_is_breached_at_once_is_missed_at_the_true_due() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(None, 8)), (NOON, hours(None, 1))]}, {OFFICE: OFFICE_HOURS})
    life = Life.begun(NINE, texts)
    assert life.judged(on_monday(13))[1] == Judgement(Outcome.MISSED, TEN, None, GOLD, 2, TEN)


def test_a_text_recorded_before_the_receipt_is_simply_the_text() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(1, 1)), (on_monday(8), hours(2, 8))]}, {OFFICE: OFFICE_HOURS})
    assert Life.begun(NINE, texts).due(NINE) == (on_monday(11), on_monday(17))


def test_a_text_recorded_after_the_instant_asked_about_is_not_known_there() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(2, 8)), (NOON, hours(1, 1))]}, {OFFICE: OFFICE_HOURS})
    assert Life.begun(NINE, texts).judged(TEN)[1].outcome is Outcome.OPEN


def test_a_new_calendar_counts_from_its_recorded_instant() -> None:
    texts = book({GOLD: hours(None, 8)}, {OFFICE: [(LONG_AGO, OFFICE_HOURS), (on_monday(16), ALWAYS)]})
    life = Life.begun(on_monday(8), texts)
    assert life.due(on_monday(15))[1] == on_monday(17)
    assert life.due(on_monday(16))[1] == on_monday(17)
    longer = Life.begun(
        NINE, book({GOLD: hours(None, 10)}, {OFFICE: [(LONG_AGO, OFFICE_HOURS), (on_monday(16), ALWAYS)]})
    )
    assert longer.due(on_monday(15))[1] == on_monday(11, days=1)
    assert longer.due(on_monday(16))[1] == on_monday(19)


def test_a_calendar_recorded_while_the_ticket_waits_counts_for_what_is_left() -> None:
    texts = book({GOLD: hours(None, 10)}, {OFFICE: [(LONG_AGO, OFFICE_HOURS), (on_monday(16), ALWAYS)]})
    life = Life.begun(NINE, texts)
    life.hold(on_monday(15))
    life.resume(on_monday(20))
    assert life.due(on_monday(20))[1] == on_monday(0, days=1)


def test_a_calendar_of_no_contract_of_the_ticket_changes_nothing() -> None:
    other = CalendarId("other")
    texts = book({GOLD: hours(1, 8)}, {OFFICE: OFFICE_HOURS, other: [(LONG_AGO, ALWAYS), (TEN, OFFICE_HOURS)]})
    life = Life.begun(NINE, texts)
    assert life.due(on_monday(16)) == (TEN, on_monday(17))


def test_a_due_beyond_five_years_is_never_missed_and_always_met() -> None:
    life = Life.begun(NINE, plain(1, 80_000))
    assert life.due(TEN)[1] is None
    assert life.judged(on_monday(9, days=3_000))[1].outcome is Outcome.OPEN
    life.resolve(on_monday(9, days=3_000))
    found = life.judged(on_monday(9, days=3_000))[1]
    assert (found.outcome, found.due) == (Outcome.MET, None)


# Re-opening


def test_the_time_between_resolved_and_re_opened_does_not_count() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.resolve(on_monday(11))
    life.reopen(on_monday(15))
    assert life.judged(on_monday(15))[1] == Judgement(Outcome.OPEN, None, 2 * HOUR, GOLD, 1)
    assert life.due(on_monday(15))[1] == on_monday(13, days=1)


def test_a_second_resolution_is_judged_against_what_is_left() -> None:
    met, missed = Life.begun(NINE, plain(1, 4)), Life.begun(NINE, plain(1, 4))
    for life, at in ((met, on_monday(16)), (missed, on_monday(16, 1))):
        life.resolve(NOON)
        life.reopen(on_monday(15))
        life.resolve(at)
    assert met.judged(on_monday(17))[1] == Judgement(Outcome.MET, on_monday(16), 4 * HOUR, GOLD, 1, on_monday(16))
    assert missed.judged(on_monday(17))[1].outcome is Outcome.MISSED
    assert [each.outcome for each in met.statements(Target.RESOLUTION)] == [Outcome.MET, Outcome.MET]
    assert [each.outcome for each in missed.statements(Target.RESOLUTION)] == [Outcome.MET, Outcome.MISSED]


def test_a_target_once_missed_stays_missed_and_is_stated_once() -> None:
    life = Life.begun(NINE, plain(1, 2))
    life.resolve(NOON)
    life.reopen(on_monday(13))
    life.resolve(on_monday(13, 1))
    found = life.judged(on_monday(14))[1]
    assert (found.outcome, found.due, found.consumed) == (Outcome.MISSED, on_monday(11), 181 * timedelta(minutes=1))
    assert len(life.statements(Target.RESOLUTION)) == 1


def test_a_re_opened_ticket_follows_new_terms() -> None:
    life = Life.begun(NINE, BOOK)
    life.resolve(on_monday(11))
    life.reopen(NOON)
    life.assess(GRAVE, NOON)
    assert life.due(NOON)[1] == on_monday(14)


def test_the_response_to_a_resolved_ticket_is_not_asked_for_again() -> None:
    life = Life.begun(NINE, plain(2, 8))
    life.resolve(TEN)
    life.reopen(NOON)
    assert life.judged(on_monday(16))[0] == Judgement(Outcome.MET, on_monday(11), HOUR, GOLD, 1, TEN)


def test_a_response_given_while_nothing_was_promised_is_not_asked_for_again() -> None:
    life = Life.begun(NINE, BOOK, contract=None)
    life.call(on_monday(9, 10))
    life.resolve(on_monday(9, 20))
    life.reopen(on_monday(9, 30))
    life.change(GOLD, on_monday(9, 40))
    assert life.judged(on_monday(16))[0].outcome is Outcome.NONE


def test_what_was_never_promised_still_says_how_long_it_took_after_a_re_opening() -> None:
    life = Life.begun(NINE, plain(1, None))
    life.resolve(TEN)
    life.reopen(on_monday(11))
    assert life.judged(NOON)[1] == Judgement(Outcome.NONE, consumed=HOUR)


# Closing without resolution


def test_closing_without_resolution_cancels_what_is_not_missed() -> None:
    life = Life.begun(NINE, plain(1, 8))
    said = life.close(on_monday(11), "duplicate")
    assert life.judged(NOON) == (
        Judgement(Outcome.MISSED, TEN, None, GOLD, 1, TEN),
        Judgement(Outcome.CANCELLED, None, None, GOLD, 1, on_monday(11)),
    )
    assert [each.outcome for each in said if isinstance(each, OutcomeStated)] == [Outcome.MISSED, Outcome.CANCELLED]


def test_closing_without_resolution_where_nothing_was_promised_leaves_none() -> None:
    life = Life.begun(NINE, BOOK, contract=SILVER)
    life.close(on_monday(11), "duplicate")
    assert outcomes(life) == (Outcome.NONE, Outcome.CANCELLED)
    without = Life.begun(NINE, BOOK, contract=None)
    without.close(on_monday(11), "duplicate")
    assert outcomes(without) == (Outcome.NONE, Outcome.NONE)


def test_closing_what_is_resolved_changes_no_outcome() -> None:
    for reason in (None, "duplicate"):
        life = Life.begun(NINE, plain(1, 8))
        life.resolve(TEN)
        before = life.judged(on_monday(11))
        life.close(on_monday(11), reason)
        assert life.judged(on_monday(12)) == before


def test_what_was_closed_without_resolution_is_owed_again_when_re_opened() -> None:
    life = Life.begun(NINE, plain(4, 8))
    life.close(on_monday(11), "duplicate")
    life.reopen(NOON)
    assert life.due(NOON) == (on_monday(13), on_monday(10, days=1))
    life.call(on_monday(12, 30))
    assert life.judged(on_monday(12, 30))[0] == Judgement(
        Outcome.MET, on_monday(13), 3.5 * HOUR, GOLD, 1, on_monday(12, 30)
    )


def test_a_response_missed_before_the_closing_stays_missed_under_its_own_terms() -> None:
    texts = book({GOLD: [(LONG_AGO, hours(1, 8)), (NOON, hours(7, 8))]}, {OFFICE: OFFICE_HOURS})
    life = Life.begun(NINE, texts)
    life.close(on_monday(11), "duplicate")
    life.reopen(on_monday(13))
    life.call(on_monday(14))
    found = life.judged(on_monday(15))[0]
    assert (found.outcome, found.due, found.version) == (Outcome.MISSED, TEN, 1)


def test_a_call_after_the_closing_is_no_response() -> None:
    life = Life.begun(NINE, plain(4, 8))
    life.close(on_monday(11), "duplicate")
    before = life.judged(on_monday(13))
    assert len(life.call(NOON)) == 1
    assert life.judged(on_monday(13)) == before


def test_a_resolution_missed_before_the_closing_stays_missed() -> None:
    life = Life.begun(NINE, plain(1, 2))
    life.close(on_monday(14), "duplicate")
    life.reopen(on_monday(15))
    assert life.judged(on_monday(16))[1] == Judgement(Outcome.MISSED, on_monday(11), None, GOLD, 1, on_monday(11))


# Late facts


def test_a_call_recorded_late_turns_the_outcome_and_names_the_statement_it_replaces() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.call(NOON)
    stated = next(fact.version for fact in life.facts if isinstance(fact.event, OutcomeStated))
    said = life.call(on_monday(9, 30))
    assert said[1:] == [
        OutcomeCorrected(
            target=Target.FIRST_RESPONSE,
            outcome=Outcome.MET,
            due=TEN,
            contract=GOLD,
            contract_version=1,
            judged_at=on_monday(9, 30),
            consumed_seconds=1_800,
            replaces=stated,
        )
    ]


def test_a_second_correction_replaces_the_first() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.call(NOON)
    life.call(on_monday(9, 30))
    first = life.facts[-1].version
    (_, correction) = life.call(on_monday(9, 20))
    assert isinstance(correction, OutcomeCorrected)
    assert correction.replaces == first


def test_a_late_fact_that_turns_nothing_corrects_nothing() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.call(on_monday(9, 30))
    assert len(life.call(on_monday(9, 40))) == 1
    assert len(life.call(on_monday(9, 10), answered=False)) == 1


def test_a_late_fact_may_be_the_first_to_state_an_outcome() -> None:
    life = Life.begun(NINE, plain(4, None))
    life.hold(NOON)
    (_, stated) = life.call(TEN)
    assert isinstance(stated, OutcomeStated)
    assert (stated.outcome, stated.judged_at) == (Outcome.MET, TEN)


def test_a_late_resumption_can_take_an_outcome_back_to_open() -> None:
    life = Life.begun(NINE, plain(None, 2))
    life.start(NOON)
    assert life.judged(NOON)[1].outcome is Outcome.MISSED
    life.hold(TEN)
    (_, corrected) = life.statements(Target.RESOLUTION)
    assert (corrected.outcome, corrected.due) == (Outcome.OPEN, None)


def test_a_pause_recorded_late_is_cut_out_of_what_was_judged() -> None:
    life = Life.begun(NINE, plain(None, 2))
    life.start(on_monday(9, 1))
    life.resolve(NOON)
    assert life.judged(NOON)[1].outcome is Outcome.MISSED
    life.hold(on_monday(9, 30))
    life.resume(on_monday(11, 30))
    said = life.statements(Target.RESOLUTION)
    assert [(each.outcome, each.due) for each in said] == [
        (Outcome.MISSED, on_monday(11)),
        (Outcome.MET, on_monday(13, 30)),
        (Outcome.MET, on_monday(13)),
    ]
    assert life.judged(NOON)[1].consumed == HOUR


def test_a_late_fact_does_not_correct_what_a_re_opening_opened() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.resolve(TEN)
    life.reopen(on_monday(11))
    assert life.call(on_monday(9, 50), answered=False) == life.call(on_monday(9, 50), answered=False)
    life.call(on_monday(9, 30))
    assert [type(each) for each in life.statements(Target.RESOLUTION)] == [OutcomeStated]


def test_a_late_severity_corrects_what_was_met() -> None:
    life = Life.begun(NINE, BOOK)
    life.resolve(on_monday(16))
    life.assess(GRAVE, on_monday(9, 30))
    stated, corrected = life.statements(Target.RESOLUTION)
    assert (stated.outcome, corrected.outcome, corrected.due) == (Outcome.MET, Outcome.MISSED, on_monday(13))


def test_a_late_change_to_no_contract_takes_a_statement_back() -> None:
    life = Life.begun(NINE, BOOK)
    life.resolve(on_monday(16))
    life.change(None, TEN)
    (_, corrected) = life.statements(Target.RESOLUTION)
    assert (type(corrected), corrected.outcome, corrected.contract) == (OutcomeCorrected, Outcome.NONE, None)


# The clock itself


def test_a_clock_without_an_offer_counts_nothing() -> None:
    clock = Clock()
    clock.run(NINE)
    clock.stop(TEN)
    assert (clock.total(), clock.due(), clock.result(TEN)) == (None, None, Judgement(judged_at=TEN))


@pytest.mark.parametrize("twice", [Clock.stop, partial(Clock.cancel, outcome=Outcome.CANCELLED)])
def test_a_clock_that_stands_is_judged_no_second_time(twice: Callable[[Clock, datetime], None]) -> None:
    clock = Clock()
    clock.run(NINE)
    clock.stop(TEN)
    before = clock.result(NOON)
    twice(clock, on_monday(11))
    assert clock.result(NOON) == before


def test_what_was_resolved_and_is_opened_again_by_a_letter_counts_on_from_the_letter() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.resolve(TEN)
    life.write(NOON)
    assert life.due(NOON)[1] == on_monday(11, days=1)


def test_a_promise_that_was_taken_back_and_is_there_again_is_corrected() -> None:
    mark, met = (Target.NEXT_RESPONSE, TEN), Judgement(Outcome.MET, NOON, HOUR, GOLD, 1, on_monday(11))
    taken_back = Statement(Judgement(), 7, corrected=True)
    (event,) = state({mark: taken_back}, {mark: met}, {})
    assert isinstance(event, OutcomeCorrected)
    assert (event.outcome, event.replaces) == (Outcome.MET, 7)


def test_what_happens_while_another_ticket_stands_for_it_does_not_open_its_promises_again() -> None:
    life = Life.begun(NINE, plain(1, 8))
    life.record([TicketMerged(survivor=TicketId("other"))], on_monday(9, 30))
    life.write(NOON)
    assert outcomes(life) == (Outcome.MERGED, Outcome.MERGED)


def test_of_what_was_never_reported_nothing_is_promised() -> None:
    nothing = Judgement()
    assert judge(Timeline(), BOOK, NOON) == {Target.FIRST_RESPONSE: nothing, Target.RESOLUTION: nothing}


def test_what_was_corrected_once_is_known_as_corrected_whatever_is_stated_later() -> None:
    said = OutcomeStated(
        target=Target.RESOLUTION,
        outcome=Outcome.MET,
        due=NOON,
        contract=GOLD,
        contract_version=1,
        judged_at=TEN,
        consumed_seconds=3_600,
    )
    stated: Stated = {}
    corrected = list[bool]()
    for version, event in enumerate((said, OutcomeCorrected(**dict(said), replaces=1), said), 1):
        stated = evolve(stated, event, version)
        corrected.append(stated[Target.RESOLUTION, None].corrected)
    assert corrected == [False, True, True]
