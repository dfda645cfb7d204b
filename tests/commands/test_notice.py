"""Who hears of a ticket: whom it concerns now, and who may know of it; the rest is consent without a fact (D27)."""

import pytest
from company import COMPANY_SO_FAR, OVEN, VERA, YURIY, ZOE
from specification import Happened, given, of, on_monday

from commands.permission import RightMissing
from commands.work.notice import ReadNotice, WriteNotice
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.ticket import TICKET, TicketAssigned, TicketUnknown
from domain.staff.area import AREA, AreaRoleTaken, Role
from domain.staff.worker import (
    NOTIFYING,
    ROUTING,
    SYSTEM,
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.values import WorkerId, worker_holder
from domain.work.notice import NOTICE, Channel, NoticeSeen, NoticeUnknown, NoticeWritten, Occasion
from examples import ANNA, BELL, BORIS, PUMP, WORKSHOP

TEN, NOON = on_monday(10), on_monday(12)
YOURS = WriteNotice(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, doer=BORIS)
NOBODYS = WriteNotice(recipient=None, ticket=PUMP, occasion=Occasion.UNASSIGNED, doer=ROUTING)


def assigned(worker: WorkerId, hour: int = 9) -> list[Happened]:
    return of(TICKET, PUMP, TicketAssigned(assignee=worker), at=on_monday(hour, 30))


def responsible(worker: WorkerId | None) -> list[Happened]:
    return of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=worker))


def told(recipient: WorkerId, occasion: Occasion) -> NoticeWritten:
    return NoticeWritten(recipient=recipient, ticket=PUMP, occasion=occasion, channel=Channel.SYSTEM)


def test_the_assignee_is_told() -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA))
    world.when(YOURS, actor=NOTIFYING, at=TEN).then(told(ANNA, Occasion.ASSIGNED))


@pytest.mark.parametrize(
    "besides",
    [
        assigned(BORIS, hour=11),
        of(WORKER, ANNA, WorkerDeactivated()),
        of(WORKER, ANNA, WorkerRightWithdrawn(right=Right.HELPDESK)),
        of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER)),
    ],
    ids=["it is another's", "they left", "they lost the right", "they see it no longer"],
)
def test_whom_it_no_longer_concerns_is_not_told(besides: list[Happened]) -> None:
    given(COMPANY_SO_FAR, assigned(ANNA), besides).when(YOURS, actor=NOTIFYING, at=NOON).then()


def test_nobody_is_told_of_their_own_act() -> None:
    mine = YOURS.model_copy(update={"doer": ANNA})
    given(COMPANY_SO_FAR, assigned(ANNA)).when(mine, actor=NOTIFYING, at=TEN).then()


def test_an_assignment_that_lies_in_the_past_of_another_is_nobody_s_news() -> None:
    world = given(COMPANY_SO_FAR, assigned(BORIS, hour=11), assigned(ANNA, hour=9))
    world.when(YOURS, actor=NOTIFYING, at=NOON).then()


def test_a_ticket_that_nobody_has_is_told_to_who_answers_for_those() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA))
    world.when(NOBODYS, actor=NOTIFYING, at=TEN).then(told(ANNA, Occasion.UNASSIGNED))


def test_a_reader_who_answers_for_those_is_told_too() -> None:
    world = given(COMPANY_SO_FAR, responsible(BORIS))
    world.when(NOBODYS, actor=NOTIFYING, at=TEN).then(told(BORIS, Occasion.UNASSIGNED))


@pytest.mark.parametrize("worker", [None, VERA, ZOE, YURIY])
def test_where_nobody_answers_or_they_may_not_know_of_it_nobody_is_told(worker: WorkerId | None) -> None:
    given(COMPANY_SO_FAR, responsible(worker)).when(NOBODYS, actor=NOTIFYING, at=TEN).then()


def test_once_somebody_has_the_ticket_nobody_is_told_that_nobody_has() -> None:
    given(COMPANY_SO_FAR, responsible(ANNA), assigned(BORIS)).when(NOBODYS, actor=NOTIFYING, at=TEN).then()


def test_of_a_hidden_ticket_nobody_is_told() -> None:
    hidden = NOBODYS.model_copy(update={"ticket": OVEN})
    given(COMPANY_SO_FAR, responsible(ANNA)).when(hidden, actor=NOTIFYING, at=TEN).then()


def test_a_notice_of_a_ticket_that_is_not_there_is_refused() -> None:
    missing = YOURS.model_copy(update={"ticket": "nowhere"})
    given(COMPANY_SO_FAR).when(missing, actor=NOTIFYING, at=TEN).refused(TicketUnknown)


def test_notices_are_written_by_their_automaton_and_the_installation_alone() -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA))
    for actor in (ANNA, BORIS, VERA, ROUTING):
        world.when(YOURS, actor=actor, at=TEN).refused(RightMissing)
    world.when(YOURS, actor=SYSTEM, at=TEN).then(told(ANNA, Occasion.ASSIGNED))


def test_a_notice_is_seen_by_its_recipient_alone() -> None:
    basic = of(WORKER, ZOE, WorkerRightGranted(right=Right.BASIC))
    world = given(COMPANY_SO_FAR, basic, of(NOTICE, BELL, told(ANNA, Occasion.ASSIGNED)))
    for actor in (BORIS, VERA, ZOE):
        world.when(ReadNotice(notice=BELL), actor=actor, at=TEN).refused(NoticeUnknown)
    world.when(ReadNotice(notice="nowhere"), actor=ANNA, at=TEN).refused(NoticeUnknown)
    world.when(ReadNotice(notice="nowhere"), actor=SYSTEM, at=TEN).refused(NoticeUnknown)
    world.when(ReadNotice(notice=BELL), actor=ANNA, at=TEN).then(NoticeSeen())
    world.when(ReadNotice(notice=BELL), actor=ANNA, at=NOON).then()
