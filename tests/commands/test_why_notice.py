"""Why a worker got a notice, or did not, is told of what was told, and by the rules that told it (N-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OLENA, OVEN, VERA, YURIY, ZOE
from retrospection import reckoned, refusal
from specification import Given, Happened, given, of, on_monday

from commands.permission import RightMissing
from commands.reckonings.notice import Because, Reasons, WhyNotice
from commands.service.holding import TakeTicket
from commands.work.notice import WriteNotice
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.assignment import Ineligible, Result, Source, Step
from domain.service.escalation import Told
from domain.service.holding import TicketAssigned, TicketRouted, TicketTeamAssigned
from domain.service.level import Recipient
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.area import AREA, AreaRoleTaken, Role
from domain.staff.worker import NOTIFYING, SYSTEM, WORKER, Right, WorkerRightGranted, WorkerUnknown
from domain.values import WorkerId, worker_holder
from domain.work.channel import Channel
from domain.work.delivery import MailSetting, NoticeDelivered, NoticeNotDelivered, Undelivered
from domain.work.notice import NOTICE, NoticeSeen, NoticeWritten, Occasion, Withheld
from examples import ANNA, BELL, BORIS, EVENT, HOTLINE, PUMP, WORKSHOP

TEN, NOON = on_monday(10), on_monday(12)
AUDITS = of(WORKER, VERA, WorkerRightGranted(right=Right.AUDITOR))
UNSEEN_BY_ANNA = of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER))


def happened(*events: Any, by: WorkerId = SYSTEM) -> list[Happened]:
    return of(TICKET, PUMP, *events, at=on_monday(9, 30))


def reasons(world: Given, worker: str = ANNA, actor: str | None = None, occasion: Occasion | None = None) -> Reasons:
    named = None if actor is None else WorkerId(worker)
    asked = WhyNotice(ticket=PUMP, worker=named, occasion=occasion)
    row = reckoned(world, asked, actor=actor or worker, at=on_monday(20)).row
    assert isinstance(row, Reasons)
    return row


def because(world: Given, occasion: Occasion, worker: str = ANNA, actor: str | None = None) -> Because:
    (one,) = reasons(world, worker, actor, occasion).without
    return one.because


def test_where_nothing_happened_there_is_nothing_to_tell() -> None:
    row = reasons(given(COMPANY_SO_FAR))
    assert row.notices == ()
    assert {each.occasion: each.because for each in row.without} == dict.fromkeys(Occasion, Because.NOTHING_HAPPENED)


def test_a_notice_that_was_written_is_told_with_what_became_of_it() -> None:
    mailed = NoticeWritten(
        recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, channel=Channel.EMAIL, roles=(Recipient("assignee"),)
    )
    failed = NoticeNotDelivered(reason=Undelivered.NOT_CONFIGURED, missing=MailSetting.HOST)
    world = given(COMPANY_SO_FAR, of(NOTICE, BELL, mailed, failed, NoticeSeen(), at=TEN))
    (one,) = reasons(world).notices
    assert (one.notice, one.channel, one.roles, one.withheld) == (BELL, Channel.EMAIL, ("assignee",), None)
    assert (one.told_at, one.seen_at, one.delivered_at) == (TEN, TEN, None)
    assert (one.failure, one.missing) == (Undelivered.NOT_CONFIGURED, MailSetting.HOST)
    world = given(COMPANY_SO_FAR, of(NOTICE, BELL, mailed, NoticeDelivered(), at=TEN))
    assert reasons(world).notices[0].delivered_at == TEN + timedelta(microseconds=1)


def test_a_notice_that_was_withheld_is_told_with_its_reason_to_others_than_its_recipient() -> None:
    world = given(COMPANY_SO_FAR, AUDITS, happened(TicketAssigned(assignee=ANNA)), UNSEEN_BY_ANNA)
    told = WriteNotice(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, doer=BORIS)
    world.when(told, actor=NOTIFYING, at=NOON)
    (one,) = reasons(world, ANNA, VERA).notices
    assert one.withheld is Withheld.UNSEEN
    assert refusal(world, WhyNotice(ticket=PUMP), actor=ANNA, at=NOON) is TicketUnknown


def test_of_one_s_own_act_one_was_not_told() -> None:
    world = given(COMPANY_SO_FAR)
    world.when(TakeTicket(ticket=PUMP), actor=ANNA, at=TEN)
    assert because(world, Occasion.ASSIGNED) is Because.OWN_ACT


@pytest.mark.parametrize(
    ("worker", "reason"),
    [(ANNA, Because.ON_ITS_WAY), (BORIS, Because.NO_ROLE)],
)
def test_before_it_is_written_it_is_on_its_way_to_whom_it_is_for(worker: WorkerId, reason: Because) -> None:
    world = given(COMPANY_SO_FAR, happened(TicketAssigned(assignee=ANNA)))
    assert because(world, Occasion.ASSIGNED, worker) is reason


def test_what_is_no_longer_so_is_told_of_no_longer() -> None:
    world = given(COMPANY_SO_FAR, happened(TicketAssigned(assignee=ANNA), TicketAssigned(assignee=BORIS)))
    assert because(world, Occasion.ASSIGNED, ANNA) is Because.NO_LONGER_SO
    assert because(world, Occasion.ASSIGNED, BORIS) is Because.ON_ITS_WAY


def test_of_what_came_again_after_a_notice_it_is_told_why_there_was_no_other() -> None:
    level, assigned = EVENT["ticket.escalated"], TicketAssigned(assignee=ANNA)
    to_both = [Told(worker=each, recipient=Recipient("assignee")) for each in (ANNA, BORIS)]
    first, second = (level.model_copy(update={"told": tuple(told)}) for told in (to_both, to_both[1:]))
    noticed = NoticeWritten(recipient=ANNA, ticket=PUMP, occasion=Occasion.ESCALATED, channel=Channel.SYSTEM)
    written = of(NOTICE, BELL, noticed, at=on_monday(11))
    world = given(COMPANY_SO_FAR, happened(assigned, first), written)
    assert reasons(world, occasion=Occasion.ESCALATED).without == ()
    again = given(COMPANY_SO_FAR, happened(assigned, first), written, of(TICKET, PUMP, second, at=NOON))
    assert len(reasons(again, occasion=Occasion.ESCALATED).notices) == 1
    assert because(again, Occasion.ESCALATED) is Because.NO_ROLE
    assert because(again, Occasion.ESCALATED, BORIS) is Because.ON_ITS_WAY


def test_of_history_nothing_is_told() -> None:
    late = of(TICKET, PUMP, TicketAssigned(assignee=ANNA), at=TEN, recorded=on_monday(11, days=7))
    assert because(given(COMPANY_SO_FAR, late), Occasion.ASSIGNED) is Because.HISTORY


def test_each_occasion_has_those_who_are_to_hear_of_it() -> None:
    step = Step(source=Source.HELPDESK, candidate=ZOE, result=Result.NOT_ELIGIBLE, reason=Ineligible.NOT_MEMBER)
    routed = happened(TicketRouted(assignee=None, steps=(step,)))
    helpdesk = of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=ANNA))
    world = given(COMPANY_SO_FAR, helpdesk, routed)
    for occasion in (Occasion.UNASSIGNED, Occasion.MISCONFIGURED):
        assert because(world, occasion, ANNA) is Because.ON_ITS_WAY
        assert because(world, occasion, BORIS) is Because.NO_ROLE
    world = given(COMPANY_SO_FAR, happened(TicketTeamAssigned(team=HOTLINE)))
    assert because(world, Occasion.TEAM_ASSIGNED, BORIS) is Because.ON_ITS_WAY
    told = (Told(worker=ANNA, recipient=Recipient("area-head"), instead_of=YURIY),)
    world = given(COMPANY_SO_FAR, AUDITS, happened(EVENT["ticket.escalated"].model_copy(update={"told": told})))
    assert because(world, Occasion.ESCALATED, ANNA) is Because.ON_ITS_WAY
    assert because(world, Occasion.ESCALATED, YURIY, VERA) is Because.NOT_ACTIVE
    assert because(world, Occasion.ESCALATED, BORIS) is Because.NO_ROLE


def test_of_others_ask_a_crm_administrator_who_sees_the_ticket_and_an_auditor_as_an_exception() -> None:
    world = given(COMPANY_SO_FAR, AUDITS)
    about_anna = WhyNotice(ticket=PUMP, worker=ANNA)
    assert refusal(world, about_anna, actor=BORIS, at=NOON) is RightMissing
    assert refusal(world, about_anna, actor=OLENA, at=NOON) is TicketUnknown
    assert reckoned(world, about_anna, actor=VERA, at=NOON).exception is Right.AUDITOR
    assert reckoned(world, about_anna, at=NOON).exception is None
    administers = of(WORKER, BORIS, WorkerRightGranted(right=Right.CRM_ADMINISTRATOR))
    assert reckoned(given(COMPANY_SO_FAR, administers), about_anna, actor=BORIS, at=NOON).exception is None


def test_of_what_one_may_not_know_of_it_is_answered_as_of_what_is_not_there() -> None:
    world = given(COMPANY_SO_FAR, AUDITS)
    for ticket in (OVEN, "nowhere"):
        assert refusal(world, WhyNotice(ticket=ticket), actor=ANNA, at=NOON) is TicketUnknown
    for actor in (VERA, SYSTEM):
        assert refusal(world, WhyNotice(ticket="nowhere", worker=ANNA), actor=actor, at=NOON) is TicketUnknown
        assert refusal(world, WhyNotice(ticket=PUMP, worker="nobody"), actor=actor, at=NOON) is WorkerUnknown
    assert refusal(world, WhyNotice(ticket=PUMP), actor=ZOE, at=NOON) is RightMissing
