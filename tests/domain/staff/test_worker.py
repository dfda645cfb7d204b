"""A worker holds what was granted, while active."""

import pytest
from specification import folded, having

from domain.staff.worker import (
    WORKER,
    Right,
    WorkerAlreadyHired,
    WorkerDeactivated,
    WorkerHired,
    WorkerNotActive,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
    WorkerUnknown,
    deactivate,
    grant,
    hire,
    reactivate,
    withdraw,
)
from examples import ANNA_SUBJECT

HIRED = WorkerHired(subject=ANNA_SUBJECT, name="Anna")
HELPS = WorkerRightGranted(right=Right.HELPDESK)


def test_a_worker_is_hired_once() -> None:
    having(WORKER).deciding(hire, ANNA_SUBJECT, "Anna").then(HIRED)
    having(WORKER, HIRED).deciding(hire, ANNA_SUBJECT, "Anna").refused(WorkerAlreadyHired)


def test_a_right_is_granted_once() -> None:
    having(WORKER, HIRED).deciding(grant, Right.HELPDESK).then(HELPS)
    having(WORKER, HIRED, HELPS).deciding(grant, Right.HELPDESK).then()
    having(WORKER, HIRED, HELPS).deciding(grant, Right.SALES).then(WorkerRightGranted(right=Right.SALES))


def test_who_was_never_hired_gets_and_loses_nothing() -> None:
    for rule, *arguments in ((grant, Right.BASIC), (withdraw, Right.BASIC), (deactivate,), (reactivate,)):
        having(WORKER).deciding(rule, *arguments).refused(WorkerUnknown)


def test_a_deactivated_worker_is_granted_nothing() -> None:
    having(WORKER, HIRED, WorkerDeactivated()).deciding(grant, Right.BASIC).refused(WorkerNotActive)


def test_a_right_is_withdrawn_where_it_was_held_also_from_the_deactivated() -> None:
    gone = WorkerRightWithdrawn(right=Right.HELPDESK)
    having(WORKER, HIRED, HELPS).deciding(withdraw, Right.HELPDESK).then(gone)
    having(WORKER, HIRED, HELPS).deciding(withdraw, Right.SALES).then()
    having(WORKER, HIRED, HELPS, WorkerDeactivated()).deciding(withdraw, Right.HELPDESK).then(gone)


def test_deactivating_and_reactivating_change_what_is_not_so_yet() -> None:
    having(WORKER, HIRED).deciding(deactivate).then(WorkerDeactivated())
    having(WORKER, HIRED, WorkerDeactivated()).deciding(deactivate).then()
    having(WORKER, HIRED, WorkerDeactivated()).deciding(reactivate).then(WorkerReactivated())
    having(WORKER, HIRED).deciding(reactivate).then()


@pytest.mark.parametrize("right", Right)
def test_a_new_worker_holds_no_right(right: Right) -> None:
    assert not folded(WORKER, HIRED).holds(right)


def test_rights_sleep_while_their_worker_is_deactivated() -> None:
    assert folded(WORKER, HIRED, HELPS).holds(Right.HELPDESK)
    assert not folded(WORKER, HIRED, HELPS).holds(Right.SALES)
    assert not folded(WORKER, HIRED, HELPS, WorkerDeactivated()).holds(Right.HELPDESK)
    assert folded(WORKER, HIRED, HELPS, WorkerDeactivated(), WorkerReactivated()).holds(Right.HELPDESK)


def test_withdrawing_one_right_leaves_the_others() -> None:
    more = WorkerRightGranted(right=Right.SALES)
    worker = folded(WORKER, HIRED, HELPS, more, WorkerRightWithdrawn(right=Right.HELPDESK))
    assert worker.rights == {Right.SALES}


def test_a_worker_is_active_or_not() -> None:
    assert [folded(WORKER, *life).active for life in ((), (HIRED,), (HIRED, WorkerDeactivated()))] == [
        False,
        True,
        False,
    ]
