"""Who is away is away from one instant to another, and somebody stands in, or somebody for them (R-STF-1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from specification import folded, having, on_monday

from domain.staff.absence import (
    MOST_ABSENCES,
    Absence,
    AbsenceOver,
    AbsenceWithoutTime,
    OwnSubstitute,
    TooManyAbsences,
    WorkerAbsenceEnded,
    WorkerAbsencePlanned,
    substitutes,
)
from domain.staff.worker import (
    WORKER,
    Worker,
    WorkerDeactivated,
    WorkerEvent,
    WorkerHired,
    WorkerNotActive,
    WorkerUnknown,
    end_absence,
    plan_absence,
)
from domain.values import AbsenceId, WorkerId
from examples import ANNA, ANNA_SUBJECT, BORIS

HIRED = WorkerHired(subject=ANNA_SUBJECT, name="Anna")
LEAVE, CURE = AbsenceId("leave"), AbsenceId("cure")
EIGHT, NINE, TEN, NOON, THREE = (on_monday(hour) for hour in (8, 9, 10, 12, 15))
TICK = timedelta(microseconds=1)


def planned(
    since: datetime = TEN, until: datetime | None = NOON, by: WorkerId | None = BORIS, id: AbsenceId = LEAVE
) -> WorkerAbsencePlanned:
    return WorkerAbsencePlanned(absence=id, since=since, until=until, substitute=by)


ENDED = WorkerAbsenceEnded(absence=LEAVE)


def plan(worker: Worker, wanted: Absence, at: datetime = NINE) -> Iterator[WorkerEvent]:
    return plan_absence(worker, LEAVE, wanted, ANNA, at)


def test_an_absence_is_planned_once() -> None:
    having(WORKER, HIRED).deciding(plan, Absence(TEN, NOON, BORIS)).then(planned())
    having(WORKER, HIRED, planned()).deciding(plan, Absence(TEN, NOON, BORIS)).then()
    having(WORKER, HIRED, planned()).deciding(plan, Absence(TEN, NOON)).then(planned(by=None))
    having(WORKER, HIRED).deciding(plan, Absence(TEN)).then(planned(until=None, by=None))


def test_it_may_have_begun_but_not_be_over() -> None:
    having(WORKER, HIRED).deciding(plan, Absence(TEN, NOON), NOON - TICK).then(planned(by=None))
    having(WORKER, HIRED).deciding(plan, Absence(TEN, NOON), NOON).refused(AbsenceOver)


def test_it_ends_after_it_begins() -> None:
    having(WORKER, HIRED).deciding(plan, Absence(NOON, NOON)).refused(AbsenceWithoutTime)
    having(WORKER, HIRED).deciding(plan, Absence(NOON, TEN)).refused(AbsenceWithoutTime)


def test_nobody_stands_in_for_themselves() -> None:
    having(WORKER, HIRED).deciding(plan, Absence(TEN, NOON, ANNA)).refused(OwnSubstitute)


def test_only_who_works_here_can_be_away() -> None:
    having(WORKER).deciding(plan, Absence(TEN)).refused(WorkerUnknown)
    having(WORKER, HIRED, WorkerDeactivated()).deciding(plan, Absence(TEN)).refused(WorkerNotActive)
    having(WORKER).deciding(end_absence, LEAVE, NINE).refused(WorkerUnknown)


def test_absences_ahead_have_a_bound_and_those_over_do_not_count() -> None:
    ahead = [planned(TEN, NOON + n * TICK, id=AbsenceId(f"a{n}")) for n in range(MOST_ABSENCES)]
    having(WORKER, HIRED, *ahead[1:]).deciding(plan, Absence(TEN, THREE)).then(planned(until=THREE, by=None))
    having(WORKER, HIRED, *ahead).deciding(plan, Absence(TEN, THREE)).refused(TooManyAbsences)
    having(WORKER, HIRED, *ahead).deciding(plan, Absence(TEN, THREE), NOON).then(planned(until=THREE, by=None))


def test_a_worker_is_away_from_the_beginning_until_just_before_the_end() -> None:
    worker = folded(WORKER, HIRED, planned())
    assert [worker.absent(at) is not None for at in (TEN - TICK, TEN, NOON - TICK, NOON)] == [False, True, True, False]
    assert worker.absent(TEN) == Absence(TEN, NOON, BORIS)
    assert folded(WORKER, HIRED, planned(until=None)).absent(on_monday(9, days=1000)) is not None


def test_of_several_at_once_the_one_planned_last_counts() -> None:
    later = planned(NINE, THREE, None, CURE)
    for life, substitute in (((planned(), later), None), ((later, planned()), BORIS)):
        away = folded(WORKER, HIRED, *life).absent(TEN)
        assert away is not None
        assert away.substitute == substitute
    assert folded(WORKER, HIRED, later, planned()).absent(NOON) == Absence(NINE, THREE)


@pytest.mark.parametrize(
    ("until", "at", "away"),
    [
        (NOON, EIGHT, [False, False, False]),
        (NOON, TEN, [False, False, False]),
        (NOON, TEN + TICK, [True, False, False]),
        (None, NOON, [True, True, False]),
        (NOON, THREE, [True, True, False]),
    ],
    ids=["taken back", "taken back as it begins", "ended at once", "ended", "it was over anyway"],
)
def test_ended_it_is_over_from_then_on_and_taken_back_it_never_was(
    until: datetime | None, at: datetime, away: list[bool]
) -> None:
    worker = folded(WORKER, HIRED, planned(until=until), (ENDED, at))
    assert [worker.absent(each) is not None for each in (TEN, TEN + 2 * TICK, NOON)] == away


def test_an_absence_is_ended_once() -> None:
    having(WORKER, HIRED, planned()).deciding(end_absence, LEAVE, NINE).then(ENDED)
    having(WORKER, HIRED, planned()).deciding(end_absence, LEAVE, NOON - TICK).then(ENDED)
    having(WORKER, HIRED, planned()).deciding(end_absence, LEAVE, NOON).then()
    having(WORKER, HIRED, planned(), (ENDED, NINE)).deciding(end_absence, LEAVE, NINE).then()
    having(WORKER, HIRED, planned(), (ENDED, TEN + TICK)).deciding(end_absence, LEAVE, NOON).then()
    having(WORKER, HIRED).deciding(end_absence, LEAVE, NINE).then()


def test_ending_one_leaves_the_others() -> None:
    worker = folded(WORKER, HIRED, planned(), planned(NOON, THREE, None, CURE), (ENDED, NINE))
    assert worker.absences == {CURE: Absence(NOON, THREE)}


def stand_ins(**chain: str | None) -> list[str]:
    """Of a, where each of those named is away and has this substitute."""
    away = {name: Absence(TEN, NOON, by and WorkerId(by)) for name, by in chain.items()}
    return [*substitutes(WorkerId("a"), away.get)]


def test_substitutes_are_tried_along_the_chain() -> None:
    assert stand_ins() == []
    assert stand_ins(a=None) == []
    assert stand_ins(a="b") == ["b"]
    assert stand_ins(a="b", b="c") == ["b", "c"]
    assert stand_ins(a="b", b=None) == ["b"]
    assert stand_ins(b="c") == []


def test_a_circle_of_substitutes_comes_to_an_end() -> None:
    assert stand_ins(a="b", b="a") == ["b"]
    assert stand_ins(a="b", b="c", c="b") == ["b", "c"]
    assert stand_ins(a="b", b="c", c="a") == ["b", "c"]


def test_the_chain_is_that_of_the_workers_as_they_are_at_the_instant() -> None:
    workers = {ANNA: folded(WORKER, HIRED, planned()), BORIS: folded(WORKER, HIRED)}
    found = partial(substitutes, ANNA)
    assert [*found(lambda who: workers[who].absent(TEN))] == [BORIS]
    assert [*found(lambda who: workers[who].absent(NOON))] == []
