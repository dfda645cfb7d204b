"""A worker holds what was granted, while active."""

from functools import partial

import pytest
from specification import MONDAY, folded, having, on_monday

from domain.ending import EndPassed
from domain.staff.worker import (
    WORKER,
    Right,
    WorkerAlreadyHired,
    WorkerDeactivated,
    WorkerEmailSet,
    WorkerHired,
    WorkerNotActive,
    WorkerNoticeChannelsSet,
    WorkerReactivated,
    WorkerRenamed,
    WorkerRightGranted,
    WorkerRightWithdrawn,
    WorkerUnknown,
    deactivate,
    grant,
    hire,
    reactivate,
    rename,
    set_email,
    set_notice_channels,
    withdraw,
)
from domain.work.channel import Channel
from examples import ANNA_SUBJECT, BORIS

HIRED = WorkerHired(subject=ANNA_SUBJECT, name="Anna")
HELPS = WorkerRightGranted(right=Right.HELPDESK)


def test_a_worker_is_hired_once() -> None:
    having(WORKER).deciding(hire, ANNA_SUBJECT, "Anna").then(HIRED)
    having(WORKER, HIRED).deciding(hire, ANNA_SUBJECT, "Anna").refused(WorkerAlreadyHired)


def test_a_new_name_is_always_a_fact_of_the_same_subject() -> None:
    renamed = WorkerRenamed(subject=ANNA_SUBJECT, name="Anna")
    having(WORKER, HIRED).deciding(rename, "Anna").then(renamed)
    having(WORKER, HIRED, renamed).deciding(rename, "Anna").then(renamed)
    having(WORKER).deciding(rename, "Anna").refused(WorkerUnknown)
    assert folded(WORKER, HIRED, HELPS, renamed) == folded(WORKER, HIRED, HELPS)


def test_an_email_address_is_always_a_fact_of_the_same_subject() -> None:
    told = WorkerEmailSet(subject=ANNA_SUBJECT, email="anna@example.com")
    having(WORKER, HIRED).deciding(set_email, "anna@example.com").then(told)
    having(WORKER, HIRED, told).deciding(set_email, "anna@example.com").then(told)
    having(WORKER, HIRED, told).deciding(set_email, None).then(WorkerEmailSet(subject=ANNA_SUBJECT, email=None))
    having(WORKER).deciding(set_email, None).refused(WorkerUnknown)
    assert folded(WORKER, HIRED, told) == folded(WORKER, HIRED)


def test_channels_that_a_worker_wants_hold_until_they_want_others() -> None:
    told = WorkerNoticeChannelsSet(channels=(Channel.EMAIL,))
    assert folded(WORKER, HIRED).notice_channels == ()
    having(WORKER, HIRED).deciding(set_notice_channels, (Channel.EMAIL,)).then(told)
    having(WORKER, HIRED, told).deciding(set_notice_channels, (Channel.EMAIL,)).then()
    having(WORKER, HIRED, told).deciding(set_notice_channels, ()).then(WorkerNoticeChannelsSet(channels=()))
    having(WORKER).deciding(set_notice_channels, ()).refused(WorkerUnknown)
    assert folded(WORKER, HIRED, told).notice_channels == (Channel.EMAIL,)


def test_who_leaves_may_have_a_successor_or_be_forced() -> None:
    having(WORKER, HIRED).deciding(deactivate, BORIS).then(WorkerDeactivated(successor=BORIS))
    having(WORKER, HIRED).deciding(partial(deactivate, forced=True)).then(WorkerDeactivated(forced=True))
    having(WORKER, HIRED, WorkerDeactivated()).deciding(deactivate, BORIS).then()


def test_a_right_is_granted_once() -> None:
    having(WORKER, HIRED).deciding(grant, Right.HELPDESK, None, MONDAY).then(HELPS)
    having(WORKER, HIRED, HELPS).deciding(grant, Right.HELPDESK, None, MONDAY).then()
    having(WORKER, HIRED, HELPS).deciding(grant, Right.SALES, None, MONDAY).then(WorkerRightGranted(right=Right.SALES))


def test_who_was_never_hired_gets_and_loses_nothing() -> None:
    for rule, *arguments in ((grant, Right.BASIC, None, MONDAY), (withdraw, Right.BASIC), (deactivate,), (reactivate,)):
        having(WORKER).deciding(rule, *arguments).refused(WorkerUnknown)


def test_a_deactivated_worker_is_granted_nothing() -> None:
    having(WORKER, HIRED, WorkerDeactivated()).deciding(grant, Right.BASIC, None, MONDAY).refused(WorkerNotActive)


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
    assert not folded(WORKER, HIRED).holds(right, MONDAY)


def test_rights_sleep_while_their_worker_is_deactivated() -> None:
    assert folded(WORKER, HIRED, HELPS).holds(Right.HELPDESK, MONDAY)
    assert not folded(WORKER, HIRED, HELPS).holds(Right.SALES, MONDAY)
    assert not folded(WORKER, HIRED, HELPS, WorkerDeactivated()).holds(Right.HELPDESK, MONDAY)
    assert folded(WORKER, HIRED, HELPS, WorkerDeactivated(), WorkerReactivated()).holds(Right.HELPDESK, MONDAY)


def test_withdrawing_one_right_leaves_the_others() -> None:
    more = WorkerRightGranted(right=Right.SALES)
    worker = folded(WORKER, HIRED, HELPS, more, WorkerRightWithdrawn(right=Right.HELPDESK))
    assert worker.rights == {Right.SALES: None}


def test_a_worker_is_active_or_not() -> None:
    assert [folded(WORKER, *life).active for life in ((), (HIRED,), (HIRED, WorkerDeactivated()))] == [
        False,
        True,
        False,
    ]


def test_a_right_with_an_end_holds_until_then_and_then_no_longer() -> None:
    until = WorkerRightGranted(right=Right.HELPDESK, until=on_monday(12))
    having(WORKER, HIRED).deciding(grant, Right.HELPDESK, on_monday(12), MONDAY).then(until)
    having(WORKER, HIRED, until).deciding(grant, Right.HELPDESK, on_monday(12), MONDAY).then()
    worker = folded(WORKER, HIRED, until)
    assert worker.holds(Right.HELPDESK, on_monday(11, 59))
    assert not worker.holds(Right.HELPDESK, on_monday(12))


def test_given_again_with_another_end_the_new_end_holds() -> None:
    until = WorkerRightGranted(right=Right.HELPDESK, until=on_monday(12))
    having(WORKER, HIRED, until).deciding(grant, Right.HELPDESK, None, MONDAY).then(HELPS)
    having(WORKER, HIRED, HELPS).deciding(grant, Right.HELPDESK, on_monday(12), MONDAY).then(until)
    assert folded(WORKER, HIRED, until, HELPS).holds(Right.HELPDESK, on_monday(13))


def test_an_end_must_be_ahead() -> None:
    having(WORKER, HIRED).deciding(grant, Right.HELPDESK, MONDAY, MONDAY).refused(EndPassed)
