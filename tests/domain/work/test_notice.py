"""A notice is written once, to whom it concerns and nobody else (D27), is seen once, and its e-mail has one end."""

from dataclasses import replace

import pytest
from specification import folded, having

from domain.service.level import Recipient
from domain.work.channel import Channel
from domain.work.delivery import NoticeDelivered, NoticeNotDelivered, Undelivered
from domain.work.notice import (
    DUE,
    NOTICE,
    Addressed,
    News,
    Notice,
    NoticeAlreadyWritten,
    NoticeNotMailed,
    NoticeSeen,
    NoticeUnknown,
    NoticeWithheld,
    NoticeWritten,
    Occasion,
    Withheld,
    see,
    settle,
    withheld,
    write,
)
from examples import ANNA, PUMP

NEWS = News(ticket=PUMP, occasion=Occasion.UNASSIGNED, roles=(Recipient("helpdesk"),))
WRITTEN = NoticeWritten(recipient=ANNA, channel=Channel.SYSTEM, **NEWS._asdict())
MAILED = NoticeWritten(recipient=ANNA, channel=Channel.EMAIL, **NEWS._asdict())
KEPT_BACK = NoticeWithheld(recipient=ANNA, channel=Channel.SYSTEM, reason=Withheld.UNSEEN, **NEWS._asdict())
FAILED = NoticeNotDelivered(reason=Undelivered.RECIPIENT_REFUSED, status=550)
DUE_TO = Addressed(ANNA, doer=False, active=True, concerned=True, sees=True)
LACKING = {
    Withheld.OWN_ACT: replace(DUE_TO, doer=True),
    Withheld.NOT_ACTIVE: replace(DUE_TO, active=False),
    Withheld.NO_LONGER_SO: replace(DUE_TO, concerned=False),
    Withheld.UNSEEN: replace(DUE_TO, sees=False),
}


def test_a_notice_is_written_once() -> None:
    having(NOTICE).deciding(write, NEWS, DUE_TO, Channel.SYSTEM).then(WRITTEN)
    for before in (WRITTEN, KEPT_BACK):
        having(NOTICE, before).deciding(write, NEWS, DUE_TO, Channel.SYSTEM).refused(NoticeAlreadyWritten)


@pytest.mark.parametrize("reason", Withheld)
def test_what_is_withheld_is_told_with_its_reason(reason: Withheld) -> None:
    told = KEPT_BACK.model_copy(update={"reason": reason})
    having(NOTICE).deciding(write, NEWS, LACKING[reason], Channel.SYSTEM).then(told)


def test_a_notice_is_seen_once() -> None:
    having(NOTICE, WRITTEN).deciding(see).then(NoticeSeen())
    having(NOTICE, WRITTEN, NoticeSeen()).deciding(see).then()
    having(NOTICE).deciding(see).refused(NoticeUnknown)


def test_what_was_withheld_is_nobodys_to_see() -> None:
    having(NOTICE, KEPT_BACK).deciding(see).refused(NoticeUnknown)
    having(NOTICE, KEPT_BACK).deciding(settle, NoticeDelivered()).refused(NoticeUnknown)


def test_of_what_became_of_an_email_the_first_word_stands() -> None:
    for first, second in ((NoticeDelivered(), FAILED), (FAILED, NoticeDelivered())):
        having(NOTICE, MAILED).deciding(settle, first).then(first)
        having(NOTICE, MAILED, first).deciding(settle, second).then()
    having(NOTICE).deciding(settle, FAILED).refused(NoticeUnknown)
    having(NOTICE, WRITTEN).deciding(settle, FAILED).refused(NoticeNotMailed)


def test_a_notice_knows_whose_it_is_whether_it_was_seen_and_whether_it_went_out() -> None:
    assert folded(NOTICE) == Notice()
    assert folded(NOTICE, WRITTEN) == Notice(recipient=ANNA, channel=Channel.SYSTEM)
    assert folded(NOTICE, WRITTEN, NoticeSeen()) == Notice(recipient=ANNA, channel=Channel.SYSTEM, seen=True)
    for outcome in (NoticeDelivered(), FAILED):
        assert folded(NOTICE, MAILED, outcome) == Notice(recipient=ANNA, channel=Channel.EMAIL, settled=True)
    assert folded(NOTICE, KEPT_BACK) == Notice(channel=Channel.SYSTEM, withheld=Withheld.UNSEEN)


def test_nothing_is_withheld_from_whom_it_concerns() -> None:
    assert withheld(DUE_TO) is None


@pytest.mark.parametrize("reason", Withheld)
def test_what_is_withheld_is_withheld_for_a_reason(reason: Withheld) -> None:
    assert withheld(LACKING[reason]) is reason


def test_of_several_reasons_the_first_is_given() -> None:
    assert withheld(Addressed(ANNA, doer=True, active=False, concerned=False, sees=False)) is Withheld.OWN_ACT
    assert [*DUE] == [*Withheld]
