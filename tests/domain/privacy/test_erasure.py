"""An erasure goes from step to step, each stated once and none before the one before it (R-GDP-1, R-GDP-2, N-8)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from specification import LONG_AGO, MONDAY, folded, having

from domain.fact import Event, Fact
from domain.personal import Purpose
from domain.privacy.erasure import (
    AT_ONCE,
    ERASURE,
    Erasure,
    ErasureCompleted,
    ErasureEvent,
    ErasureFenced,
    ErasurePurged,
    ErasureReasonNotListed,
    ErasureRefused,
    ErasureRequested,
    ErasureStepSkipped,
    Kept,
    PersonTooManifold,
    ProofNotLapsed,
    Step,
    SubjectForgotten,
    Wanted,
    complete,
    fence,
    lapse,
    lapse_again,
    record_acknowledgements,
    record_keys,
    record_purge,
    refuse,
    repeat,
    request,
    tell,
)
from domain.privacy.obstacle import Obstacle, ObstacleKind
from domain.values import SubjectId
from examples import (
    DESTROYED,
    DESTROYED_KEYS,
    EVENT,
    INERT_AT,
    KEPT,
    MILL,
    MILL_SUBJECT,
    PROCESSES,
    PROJECTIONS,
    PROVEN_UNTIL,
    PURGED,
    THEIR_WISH,
)

SENDER = SubjectId("5e4de4")
WANTED = Wanted(THEIR_WISH, (MILL,), (MILL_SUBJECT,))
REQUESTED = EVENT["erasure.requested"]
IN_THE_WAY = (Obstacle(kind=ObstacleKind.PROOF_RETENTION_UNSET),)
REFUSED = ErasureRefused(subjects=(MILL_SUBJECT,), obstacles=IN_THE_WAY)
FIRST_ROUND = [
    *(REQUESTED, EVENT["erasure.fenced"], EVENT["erasure.keys-destroyed"], EVENT["erasure.purged"]),
    *(EVENT["erasure.acknowledged"], EVENT["subject.forgotten"], EVENT["erasure.completed"]),
]
LAPSED = EVENT["erasure.proof-lapsed"]
OF_PROOF = SubjectForgotten(contacts=(MILL,), subjects=(MILL_SUBJECT,), purposes=(Purpose.PROOF,))
NO_PROOF = ErasurePurged(destroyed=DESTROYED, kept=(), purged=PURGED)
SECOND_ROUND = [
    LAPSED,
    FIRST_ROUND[2],
    NO_PROOF,
    FIRST_ROUND[4],
    OF_PROOF,
    ErasureCompleted(number=2, digest="0d" * 32),
]
BOTH = [*FIRST_ROUND, *SECOND_ROUND]
DURING = {
    Step.NONE: [],
    **{step: FIRST_ROUND[:n] for n, step in enumerate([*Step][1:-1], 1)},
    Step.REFUSED: [FIRST_ROUND[0], REFUSED],
}

Decision = Callable[[Erasure], Iterator[ErasureEvent]]
STEPS: dict[str, tuple[Decision, Step, Event]] = {
    "refuse": (lambda state: refuse(state, IN_THE_WAY), Step.REQUESTED, REFUSED),
    "fence": (lambda state: fence(state, (MILL_SUBJECT,)), Step.REQUESTED, FIRST_ROUND[1]),
    "keys": (lambda state: record_keys(state, DESTROYED_KEYS, INERT_AT), Step.FENCED, FIRST_ROUND[2]),
    "purge": (lambda state: record_purge(state, DESTROYED, KEPT, PURGED), Step.DESTROYED, FIRST_ROUND[3]),
    "acknowledged": (
        lambda state: record_acknowledgements(state, PROCESSES, PROJECTIONS),
        Step.PURGED,
        FIRST_ROUND[4],
    ),
    "tell": (tell, Step.ACKNOWLEDGED, FIRST_ROUND[5]),
    "complete": (lambda state: complete(state, 1, FIRST_ROUND[6].digest), Step.TOLD, FIRST_ROUND[6]),  # type: ignore[attr-defined]
}
"""What is decided, where it begins, and what it states there."""


@pytest.mark.parametrize("decision", STEPS)
@pytest.mark.parametrize("step", Step)
def test_a_step_is_stated_where_it_begins_and_refused_everywhere_else(decision: str, step: Step) -> None:
    decide, begins, event = STEPS[decision]
    asked = having(ERASURE, *DURING[step]).deciding(decide)
    if step is begins:
        asked.then(event)
    else:
        asked.refused(ErasureStepSkipped)


@pytest.mark.parametrize("decision", [name for name in STEPS if name not in ("refuse", "fence")])
@pytest.mark.parametrize("steps", range(len(SECOND_ROUND) + 1))
def test_the_second_round_goes_through_the_same_steps_without_a_new_fence(decision: str, steps: int) -> None:
    decide, begins, _ = STEPS[decision]
    so_far = [*FIRST_ROUND, *SECOND_ROUND[:steps]]
    asked = having(ERASURE, *so_far).deciding(decide)
    if folded(ERASURE, *so_far).step is begins:
        assert asked.refusal is None
    else:
        asked.refused(ErasureStepSkipped)


@pytest.mark.parametrize("step", Step)
def test_asked_for_again_nothing_happens_whatever_it_has_come_to(step: Step) -> None:
    asked = having(ERASURE, *DURING[step]).deciding(request, WANTED, (THEIR_WISH,), 90, MONDAY)
    until = MONDAY + timedelta(days=90)
    wanted = ErasureRequested(reason=THEIR_WISH, contacts=(MILL,), subjects=(MILL_SUBJECT,), proof_until=until)
    asked.then(*([wanted] if step in (Step.NONE, Step.REFUSED) else []))


def test_the_reason_is_from_the_list() -> None:
    other = WANTED._replace(reason="spite")
    having(ERASURE).deciding(request, other, (THEIR_WISH,), 90, MONDAY).refused(ErasureReasonNotListed)
    having(ERASURE).deciding(request, WANTED, (), 90, MONDAY).refused(ErasureReasonNotListed)


def test_without_any_days_of_retention_proof_may_go_at_once() -> None:
    (requested,) = having(ERASURE).deciding(request, WANTED, (THEIR_WISH,), 0, MONDAY).events
    assert isinstance(requested, ErasureRequested)
    assert requested.proof_until == MONDAY


def test_of_more_than_a_thousand_subjects_no_receipt_could_tell() -> None:
    many = tuple(SubjectId(f"{n:x}a") for n in range(1_001))
    asked = having(ERASURE).deciding(request, WANTED._replace(subjects=many[:1_000]), (THEIR_WISH,), 90, MONDAY)
    assert len(asked.events) == 1
    too_many = WANTED._replace(subjects=many)
    having(ERASURE).deciding(request, too_many, (THEIR_WISH,), 90, MONDAY).refused(PersonTooManifold)


def test_refused_it_is_as_if_it_had_never_been_asked_for_but_on_record_and_may_be_asked_for_again() -> None:
    refused = folded(ERASURE, REQUESTED, REFUSED)
    assert (refused.step, refused.begun, refused.under_way, refused.subjects) == (Step.REFUSED, False, False, ())
    assert (refused.obstacles, refused.reason) == (IN_THE_WAY, REQUESTED.reason)
    assert folded(ERASURE, REQUESTED, REFUSED, REQUESTED) == folded(ERASURE, REQUESTED)
    assert len(having(ERASURE, REQUESTED, REFUSED).deciding(request, WANTED, (THEIR_WISH,), 90, MONDAY).events) == 1


def test_the_fence_is_put_up_for_all_who_the_person_stands_for_by_then() -> None:
    both = ErasureFenced(subjects=(MILL_SUBJECT, SENDER), purposes=AT_ONCE)
    having(ERASURE, REQUESTED).deciding(fence, (SENDER, MILL_SUBJECT)).then(both)
    having(ERASURE, REQUESTED).deciding(fence, (SENDER,)).then(both)
    having(ERASURE, REQUESTED).deciding(fence, ()).then(FIRST_ROUND[1])
    assert folded(ERASURE, REQUESTED, both).subjects == (MILL_SUBJECT, SENDER)


def test_what_goes_at_once_is_all_but_the_proof() -> None:
    assert set(AT_ONCE) == {*Purpose} - {Purpose.PROOF}


def test_everybody_is_told_of_those_purposes_whose_data_went() -> None:
    having(ERASURE, *FIRST_ROUND[:5]).deciding(tell).then(FIRST_ROUND[5])
    having(ERASURE, *FIRST_ROUND, *SECOND_ROUND[:4]).deciding(tell).then(OF_PROOF)


def test_an_erasure_remembers_what_was_stated_of_it() -> None:
    done = folded(ERASURE, *FIRST_ROUND)
    assert (done.reason, done.officer, done.requested_at) == (THEIR_WISH, "system", LONG_AGO)
    assert (done.contacts, done.subjects, done.purposes) == ((MILL,), (MILL_SUBJECT,), AT_ONCE)
    assert (done.keys, done.inert_at, done.fenced_at) == (DESTROYED_KEYS, INERT_AT, LONG_AGO)
    assert (done.destroyed, done.kept, done.purged) == (DESTROYED, KEPT, PURGED)
    assert (done.processes, done.projections) == (PROCESSES, PROJECTIONS)
    assert (done.proof_until, done.former) == (PROVEN_UNTIL, None)
    assert done.receipts == (FIRST_ROUND[6].digest,)  # type: ignore[attr-defined]
    assert folded(ERASURE, *BOTH).receipts == (*done.receipts, "0d" * 32)


@pytest.mark.parametrize("steps", range(len(BOTH) + 1))
def test_an_erasure_is_under_way_from_the_asking_to_the_receipt_and_again_to_the_second(steps: int) -> None:
    assert folded(ERASURE, *BOTH[:steps]).under_way == (steps not in (0, len(FIRST_ROUND), len(BOTH)))


# Proof


@pytest.mark.parametrize("steps", range(len(BOTH) + 1))
def test_proof_is_kept_between_the_first_receipt_and_its_end(steps: int) -> None:
    assert folded(ERASURE, *BOTH[:steps]).keeps_proof == (steps == len(FIRST_ROUND))


@pytest.mark.parametrize(
    "kept",
    [
        (),
        (Kept(kind="ticket.opened", count=2, ground="sla-outcomes"),),
        (Kept(kind="ticket.message-logged sent", count=0, ground="proof"),),
    ],
    ids=["nothing", "nothing of theirs", "none"],
)
def test_where_nothing_of_theirs_is_kept_there_is_no_proof_to_end(kept: tuple[Kept, ...]) -> None:
    purged = ErasurePurged(destroyed=DESTROYED, kept=kept, purged=PURGED)
    done = [*FIRST_ROUND[:3], purged, *FIRST_ROUND[4:]]
    assert not folded(ERASURE, *done).keeps_proof
    having(ERASURE, *done).deciding(_lapse(PROVEN_UNTIL)).refused(ErasureStepSkipped)


def _lapse(now: Any, *, held: bool = False) -> Decision:
    return lambda state: lapse(state, now, held=held)


def test_proof_lapses_at_its_instant_and_not_before() -> None:
    done = having(ERASURE, *FIRST_ROUND)
    done.deciding(_lapse(PROVEN_UNTIL)).then(LAPSED)
    done.deciding(_lapse(MONDAY)).then(LAPSED)
    done.deciding(_lapse(PROVEN_UNTIL - timedelta(microseconds=1))).refused(ProofNotLapsed)


def test_a_hold_puts_the_end_of_the_proof_off() -> None:
    done = having(ERASURE, *FIRST_ROUND)
    done.deciding(_lapse(MONDAY, held=True)).refused(ProofNotLapsed)
    done.deciding(_lapse(MONDAY, held=False)).then(LAPSED)


@pytest.mark.parametrize("steps", range(len(BOTH) + 1))
def test_proof_lapses_once_and_only_once_the_rest_is_done(steps: int) -> None:
    asked = having(ERASURE, *BOTH[:steps]).deciding(_lapse(MONDAY))
    if steps < len(FIRST_ROUND):
        asked.refused(ErasureStepSkipped)
    else:
        asked.then(*([LAPSED] if steps == len(FIRST_ROUND) else []))


def test_the_second_round_is_about_the_proof_alone() -> None:
    lapsed = folded(ERASURE, (REQUESTED, LONG_AGO), *FIRST_ROUND[1:], (LAPSED, MONDAY))
    assert (lapsed.step, lapsed.purposes, lapsed.fenced_at) == (Step.FENCED, (Purpose.PROOF,), MONDAY)
    assert (lapsed.requested_at, lapsed.subjects) == (LONG_AGO, (MILL_SUBJECT,))


# Done again in a log that was restored


@pytest.mark.parametrize("step", Step)
def test_what_was_done_in_a_lost_log_is_done_again_unless_it_is_done(step: Step) -> None:
    again = ErasureRequested(
        reason=THEIR_WISH, contacts=(MILL,), subjects=(MILL_SUBJECT,), proof_until=MONDAY, former="0c" * 32
    )
    asked = having(ERASURE, *DURING[step]).deciding(repeat, WANTED, MONDAY, "0c" * 32)
    asked.then(*([again] if step in (Step.NONE, Step.REFUSED, Step.REQUESTED) else []))
    if step is Step.REQUESTED:
        having(ERASURE, REQUESTED, again).deciding(repeat, WANTED, MONDAY, "0c" * 32).then()
        assert folded(ERASURE, REQUESTED, again).former == "0c" * 32


@pytest.mark.parametrize("steps", range(len(BOTH) + 1))
def test_proof_that_had_lapsed_there_goes_again_once_the_rest_is_done(steps: int) -> None:
    asked = having(ERASURE, *BOTH[:steps]).deciding(lapse_again)
    if steps < len(FIRST_ROUND):
        asked.refused(ErasureStepSkipped)
    else:
        asked.then(*([LAPSED] if steps == len(FIRST_ROUND) else []))


def test_who_asked_is_who_the_fact_names() -> None:
    fact: Fact[Any] = Fact("erasure-contact:mill", 1, REQUESTED, MONDAY, MONDAY, "vera")
    assert ERASURE.fold([fact]).officer == "vera"
