"""Who hears of a ticket: whom it concerns now, and who may know of it; the rest have it withheld for a reason (D27)."""

import pytest
from company import COMPANY_SO_FAR, MAILED, OLENA, OVEN, VERA, YURIY, ZOE
from specification import Given, Happened, given, of, on_monday

from commands.normal import EmailNotValid
from commands.permission import RightMissing
from commands.staff.worker import SetNoticeChannels, SetWorkerEmail
from commands.work.notice import ConfirmDelivery, ReadNotice, ReportFailure, WriteNotice
from domain.company.settings import COMPANY, SETTINGS, HelpdeskResponsibleSet
from domain.service.holding import TicketAssigned, TicketTeamAssigned
from domain.service.level import Recipient
from domain.service.target import Target
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.area import AREA, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded
from domain.staff.worker import (
    MAILING,
    NOTIFYING,
    ROUTING,
    SYSTEM,
    TIMER,
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerEmailSet,
    WorkerNoticeChannelsSet,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.values import TicketId, WorkerId, team_holder, worker_holder
from domain.work.channel import Channel
from domain.work.delivery import NoticeDelivered, NoticeNotDelivered, Undelivered
from domain.work.notice import (
    NOTICE,
    NoticeNotMailed,
    NoticeSeen,
    NoticeUnknown,
    NoticeWithheld,
    NoticeWritten,
    Occasion,
    Withheld,
)
from examples import ANNA, ANNA_SUBJECT, BELL, BORIS, DUE, HOTLINE, PUMP, WORKSHOP

TEN, NOON = on_monday(10), on_monday(12)
YOURS = WriteNotice(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, doer=BORIS)
NOBODYS = WriteNotice(recipient=None, ticket=PUMP, occasion=Occasion.UNASSIGNED, doer=ROUTING)
PASSED_OVER = WriteNotice(recipient=None, ticket=PUMP, occasion=Occasion.MISCONFIGURED, doer=ROUTING)
TEAMS = WriteNotice(
    recipient=None,
    ticket=PUMP,
    occasion=Occasion.TEAM_ASSIGNED,
    doer=ROUTING,
    team=HOTLINE,
    roles=(Recipient(team_holder(HOTLINE)),),
)
LATE = WriteNotice(
    recipient=ANNA,
    ticket=PUMP,
    occasion=Occasion.ESCALATED,
    doer=TIMER,
    channels=(Channel.EMAIL,),
    roles=(Recipient("assignee"), Recipient("area-head")),
    instead_of=(YURIY,),
    target=Target.RESOLUTION,
    percent=75,
    due=DUE,
)


def assigned(worker: WorkerId, hour: int = 9) -> list[Happened]:
    return of(TICKET, PUMP, TicketAssigned(assignee=worker), at=on_monday(hour, 30))


def responsible(worker: WorkerId | None) -> list[Happened]:
    return of(SETTINGS, COMPANY, HelpdeskResponsibleSet(responsible=worker))


def wants_email(worker: WorkerId) -> list[Happened]:
    return of(WORKER, worker, WorkerNoticeChannelsSet(channels=(Channel.EMAIL,)))


def told(recipient: WorkerId, occasion: Occasion, channel: Channel = Channel.SYSTEM) -> NoticeWritten:
    return NoticeWritten(recipient=recipient, ticket=PUMP, occasion=occasion, channel=channel)


def kept_back(recipient: WorkerId, occasion: Occasion, reason: Withheld, ticket: TicketId = PUMP) -> NoticeWithheld:
    return NoticeWithheld(recipient=recipient, ticket=ticket, occasion=occasion, channel=Channel.SYSTEM, reason=reason)


def test_the_assignee_is_told() -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA))
    world.when(YOURS, actor=NOTIFYING, at=TEN).then(told(ANNA, Occasion.ASSIGNED))


NO_RIGHT = of(WORKER, ANNA, WorkerRightWithdrawn(right=Right.HELPDESK), WorkerRightWithdrawn(right=Right.BASIC))
NO_ROLE = of(AREA, WORKSHOP, AreaRoleTaken(holder=worker_holder(ANNA), role=Role.MEMBER))


@pytest.mark.parametrize(
    ("besides", "reason"),
    [
        (assigned(BORIS, hour=11), Withheld.NO_LONGER_SO),
        (of(WORKER, ANNA, WorkerDeactivated()), Withheld.NOT_ACTIVE),
        (NO_RIGHT, Withheld.UNSEEN),
        (NO_ROLE, Withheld.UNSEEN),
    ],
    ids=["it is another's", "they left", "they lost the right", "they see it no longer"],
)
def test_whom_it_no_longer_concerns_is_not_told_and_can_ask_why(besides: list[Happened], reason: Withheld) -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA), besides)
    world.when(YOURS, actor=NOTIFYING, at=NOON).then(kept_back(ANNA, Occasion.ASSIGNED, reason))


def test_who_may_see_the_ticket_by_one_right_or_the_other_is_told() -> None:
    withdrawn = of(WORKER, ANNA, WorkerRightWithdrawn(right=Right.HELPDESK))
    world = given(COMPANY_SO_FAR, assigned(ANNA), withdrawn)
    world.when(YOURS, actor=NOTIFYING, at=TEN).then(told(ANNA, Occasion.ASSIGNED))


def test_nobody_is_told_of_their_own_act() -> None:
    mine = YOURS.model_copy(update={"doer": ANNA})
    world = given(COMPANY_SO_FAR, assigned(ANNA))
    world.when(mine, actor=NOTIFYING, at=TEN).then(kept_back(ANNA, Occasion.ASSIGNED, Withheld.OWN_ACT))


def test_an_assignment_that_lies_in_the_past_of_another_is_nobody_s_news() -> None:
    world = given(COMPANY_SO_FAR, assigned(BORIS, hour=11), assigned(ANNA, hour=9))
    world.when(YOURS, actor=NOTIFYING, at=NOON).then(kept_back(ANNA, Occasion.ASSIGNED, Withheld.NO_LONGER_SO))


@pytest.mark.parametrize("asked", [NOBODYS, PASSED_OVER], ids=lambda asked: asked.occasion)
def test_what_went_wrong_is_told_to_who_answers_for_the_helpdesk(asked: WriteNotice) -> None:
    for worker in (ANNA, BORIS):
        world = given(COMPANY_SO_FAR, responsible(worker))
        world.when(asked, actor=NOTIFYING, at=TEN).then(told(worker, asked.occasion))


@pytest.mark.parametrize(
    ("worker", "reason"), [(VERA, Withheld.UNSEEN), (ZOE, Withheld.UNSEEN), (YURIY, Withheld.NOT_ACTIVE)]
)
def test_who_answers_and_may_not_know_of_it_is_not_told(worker: WorkerId, reason: Withheld) -> None:
    world = given(COMPANY_SO_FAR, responsible(worker))
    world.when(NOBODYS, actor=NOTIFYING, at=TEN).then(kept_back(worker, Occasion.UNASSIGNED, reason))


def test_where_nobody_answers_there_is_nobody_to_tell() -> None:
    given(COMPANY_SO_FAR, responsible(None)).when(NOBODYS, actor=NOTIFYING, at=TEN).then()


def test_once_somebody_has_the_ticket_nobody_is_told_that_nobody_has() -> None:
    for had in (assigned(BORIS), of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=on_monday(9, 30))):
        world = given(COMPANY_SO_FAR, responsible(ANNA), had)
        asked = world.when(NOBODYS, actor=NOTIFYING, at=TEN)
        assert [fact.event.topic for fact in asked.facts] == ["notice.withheld"]


def test_that_somebody_was_passed_over_stays_so_whoever_has_the_ticket() -> None:
    world = given(COMPANY_SO_FAR, responsible(ANNA), assigned(BORIS))
    world.when(PASSED_OVER, actor=NOTIFYING, at=TEN).then(told(ANNA, Occasion.MISCONFIGURED))


def test_of_a_hidden_ticket_nobody_is_told() -> None:
    hidden = NOBODYS.model_copy(update={"ticket": OVEN})
    kept = kept_back(ANNA, Occasion.UNASSIGNED, Withheld.UNSEEN, OVEN)
    given(COMPANY_SO_FAR, responsible(ANNA)).when(hidden, actor=NOTIFYING, at=TEN).then(kept)


def of_team(*members: WorkerId) -> Given:
    """The pump is the hotline's."""
    joined = [TeamMemberAdded(worker=member) for member in members]
    given_to = of(TICKET, PUMP, TicketTeamAssigned(team=HOTLINE), at=on_monday(9, 30))
    return given(COMPANY_SO_FAR, of(TEAM, HOTLINE, *joined), given_to)


def test_everybody_in_the_team_is_told_of_a_ticket_that_is_for_one_of_them_to_claim() -> None:
    news = {"ticket": PUMP, "occasion": Occasion.TEAM_ASSIGNED, "channel": Channel.SYSTEM, "roles": TEAMS.roles}
    of_team(ANNA, YURIY).when(TEAMS, actor=NOTIFYING, at=TEN).then(
        NoticeWritten(recipient=ANNA, **news),
        NoticeWritten(recipient=BORIS, **news),
        NoticeWithheld(recipient=YURIY, reason=Withheld.NOT_ACTIVE, **news),
    )


def test_of_a_ticket_that_one_of_them_has_claimed_the_team_hears_no_longer() -> None:
    world = of_team()
    world.happen(of(TICKET, PUMP, TicketAssigned(assignee=BORIS, team=HOTLINE), at=on_monday(9, 40)))
    facts = world.when(TEAMS, actor=NOTIFYING, at=TEN).facts
    assert [fact.event.reason for fact in facts] == [Withheld.NO_LONGER_SO]


def test_each_notice_of_one_request_is_a_notice_of_its_own_and_the_same_at_every_repetition() -> None:
    streams = []
    for _ in range(2):
        facts = of_team(ANNA).when(TEAMS, actor=NOTIFYING, at=TEN, id="the same").facts
        streams.append([fact.stream for fact in facts])
    assert streams[0] == streams[1]
    assert len({*streams[0]}) == 2


def test_a_level_is_told_by_its_channels_with_what_was_used_up_and_all_that_they_are_to_the_ticket() -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA))
    (fact,) = world.when(LATE, actor=NOTIFYING, at=TEN).facts
    about = {name: getattr(LATE, name) for name in ("roles", "instead_of", "target", "percent", "due")}
    mailed = {"recipient": ANNA, "ticket": PUMP, "occasion": Occasion.ESCALATED, "channel": Channel.EMAIL}
    assert fact.event == NoticeWritten(**mailed, **about)


def test_whoever_wants_notices_by_email_gets_them_by_both_ways_and_never_twice_by_one() -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA), wants_email(ANNA))
    ways = told(ANNA, Occasion.ASSIGNED), told(ANNA, Occasion.ASSIGNED, Channel.EMAIL)
    world.when(YOURS, actor=NOTIFYING, at=TEN).then(*ways)
    assert [fact.event.channel for fact in world.when(LATE, actor=NOTIFYING, at=TEN).facts] == [Channel.EMAIL]


def test_a_notice_of_a_ticket_that_is_not_there_is_refused() -> None:
    missing = YOURS.model_copy(update={"ticket": "nowhere"})
    given(COMPANY_SO_FAR).when(missing, actor=NOTIFYING, at=TEN).refused(TicketUnknown)


def test_notices_are_written_by_their_automaton_and_the_installation_alone() -> None:
    world = given(COMPANY_SO_FAR, assigned(ANNA))
    for actor in (ANNA, BORIS, VERA, ROUTING, MAILING):
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


def test_what_became_of_an_email_is_told_once_by_who_mails() -> None:
    taken, bounced = ConfirmDelivery(notice=BELL), ReportFailure(notice=BELL, reason=Undelivered.GIVEN_UP)
    world = given(COMPANY_SO_FAR, of(NOTICE, BELL, MAILED))
    for actor in (ANNA, NOTIFYING, TIMER):
        world.when(taken, actor=actor, at=TEN).refused(RightMissing)
        world.when(bounced, actor=actor, at=TEN).refused(RightMissing)
    world.when(bounced, actor=MAILING, at=TEN).then(NoticeNotDelivered(reason=Undelivered.GIVEN_UP))
    world.when(taken, actor=MAILING, at=TEN).then()
    other = given(COMPANY_SO_FAR, of(NOTICE, BELL, MAILED))
    other.when(taken, actor=MAILING, at=TEN).then(NoticeDelivered())
    unmailed = given(COMPANY_SO_FAR, of(NOTICE, BELL, told(ANNA, Occasion.ASSIGNED)))
    unmailed.when(taken, actor=MAILING, at=TEN).refused(NoticeNotMailed)
    unmailed.when(ConfirmDelivery(notice="nowhere"), actor=MAILING, at=TEN).refused(NoticeUnknown)


def test_where_one_gets_email_is_said_by_oneself_or_by_the_crm_administrator() -> None:
    command = SetWorkerEmail(worker=ANNA, email="Anna@Example.COM")
    kept = WorkerEmailSet(subject=ANNA_SUBJECT, email="anna@example.com")
    world = given(COMPANY_SO_FAR)
    for actor in (ANNA, OLENA):
        world.when(command, actor=actor, at=TEN).then(kept)
    for actor in (BORIS, ZOE):
        world.when(command, actor=actor, at=TEN).refused(RightMissing)
    world.when(SetWorkerEmail(worker=ANNA, email=None), actor=ANNA, at=TEN).then(
        WorkerEmailSet(subject=ANNA_SUBJECT, email=None)
    )
    world.when(SetWorkerEmail(worker=ANNA, email="anna at home"), actor=ANNA, at=TEN).refused(EmailNotValid)


def test_by_which_ways_one_is_told_besides_is_said_by_oneself_or_by_the_crm_administrator() -> None:
    command = SetNoticeChannels(worker=ANNA, channels=(Channel.EMAIL,))
    for actor in (ANNA, OLENA):
        given(COMPANY_SO_FAR).when(command, actor=actor, at=TEN).then(
            WorkerNoticeChannelsSet(channels=(Channel.EMAIL,))
        )
    given(COMPANY_SO_FAR).when(command, actor=BORIS, at=TEN).refused(RightMissing)
