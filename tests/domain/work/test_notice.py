"""A notice is written once, to whom it concerns and nobody else (D27), and seen once."""

from dataclasses import replace

import pytest
from specification import folded, having

from domain.work.notice import (
    DUE,
    NOTICE,
    Addressed,
    Channel,
    Notice,
    NoticeAlreadyWritten,
    NoticeSeen,
    NoticeUnknown,
    NoticeWritten,
    Occasion,
    Withheld,
    see,
    withheld,
    write,
)
from examples import ANNA, PUMP

WRITTEN = NoticeWritten(recipient=ANNA, ticket=PUMP, occasion=Occasion.UNASSIGNED, channel=Channel.SYSTEM)
DUE_TO = Addressed(doer=False, active=True, concerned=True, sees=True)
LACKING = {
    Withheld.OWN_ACT: replace(DUE_TO, doer=True),
    Withheld.NOT_ACTIVE: replace(DUE_TO, active=False),
    Withheld.NO_LONGER_SO: replace(DUE_TO, concerned=False),
    Withheld.UNSEEN: replace(DUE_TO, sees=False),
}


def test_a_notice_is_written_once() -> None:
    having(NOTICE).deciding(write, ANNA, PUMP, Occasion.UNASSIGNED).then(WRITTEN)
    having(NOTICE, WRITTEN).deciding(write, ANNA, PUMP, Occasion.UNASSIGNED).refused(NoticeAlreadyWritten)


def test_a_notice_is_seen_once() -> None:
    having(NOTICE, WRITTEN).deciding(see).then(NoticeSeen())
    having(NOTICE, WRITTEN, NoticeSeen()).deciding(see).then()
    having(NOTICE).deciding(see).refused(NoticeUnknown)


def test_a_notice_knows_whose_it_is_and_whether_it_was_seen() -> None:
    assert folded(NOTICE) == Notice(recipient=None, seen=False)
    assert folded(NOTICE, WRITTEN) == Notice(recipient=ANNA, seen=False)
    assert folded(NOTICE, WRITTEN, NoticeSeen()) == Notice(recipient=ANNA, seen=True)


def test_nothing_is_withheld_from_whom_it_concerns() -> None:
    assert withheld(DUE_TO) is None


@pytest.mark.parametrize("reason", Withheld)
def test_what_is_withheld_is_withheld_for_a_reason(reason: Withheld) -> None:
    assert withheld(LACKING[reason]) is reason


def test_of_several_reasons_the_first_is_given() -> None:
    assert withheld(Addressed(doer=True, active=False, concerned=False, sees=False)) is Withheld.OWN_ACT
    assert [*DUE] == [*Withheld]
