"""A notice is listed to its recipient, is seen once, and goes by e-mail until it is known what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from logbook import SECRETS, entered
from naive.views import views
from rows import differences, shown
from specification import Happened, given, of, on_monday

from domain.staff.worker import WORKER, WorkerEmailSet
from domain.work.channel import Channel
from domain.work.delivery import NoticeDelivered
from domain.work.notice import NOTICE
from examples import ANNA, ANNA_SUBJECT, BELL, BORIS, DUE, EVENT, PUMP

TEN = on_monday(10)
WRITTEN, WITHHELD, SEEN = EVENT["notice.written"], EVENT["notice.withheld"], EVENT["notice.seen"]
MAILED = WRITTEN.model_copy(update={"channel": Channel.EMAIL})
TICK = timedelta(microseconds=1)


def test_a_notice_tells_whom_of_what_by_which_way_and_when() -> None:
    rows = shown(of(NOTICE, BELL, WRITTEN, at=TEN, recorded=on_monday(10, 1)))
    assert rows["notices"][BELL,] == {
        "recipient": ANNA,
        "ticket": PUMP,
        "occasion": "assigned",
        "channel": "system",
        "roles": "",
        "instead_of": "",
        "target": None,
        "percent": None,
        "due": None,
        "written_at": on_monday(10, 1) + TICK,
    }
    assert rows["notices_seen"] == rows["notices_to_mail"] == rows["notices_withheld"] == {}


def test_it_is_seen_when_its_recipient_says_so() -> None:
    seen_at = TEN + timedelta(hours=1)
    rows = shown(of(NOTICE, BELL, WRITTEN, at=TEN), of(NOTICE, BELL, SEEN, at=seen_at))
    assert rows["notices_seen"] == {(BELL,): {"seen_at": seen_at}}


def test_what_was_withheld_is_no_notice_and_has_its_reason() -> None:
    rows = shown(of(NOTICE, BELL, WITHHELD, at=TEN))
    assert rows["notices"] == rows["notices_to_mail"] == {}
    assert rows["notices_withheld"][BELL,] == {
        "recipient": BORIS,
        "ticket": PUMP,
        "occasion": "escalated",
        "channel": "email",
        "roles": "area-head",
        "instead_of": "",
        "target": "resolution",
        "percent": 75,
        "due": DUE,
        "reason": "unseen",
        "withheld_at": TEN + TICK,
    }


def test_email_is_to_be_sent_until_it_is_known_what_became_of_it() -> None:
    rows = shown(of(NOTICE, BELL, MAILED, at=TEN))
    assert rows["notices_to_mail"] == {(BELL,): {"written_at": TEN + TICK}}
    assert rows["notices_mailed"] == {}
    late, nothing = TEN + 2 * TICK, {"failure": None, "missing": None, "status": None}
    rows = shown(of(NOTICE, BELL, MAILED, NoticeDelivered(), at=TEN))
    assert rows["notices_to_mail"] == {}
    assert rows["notices_mailed"] == {(BELL,): {**nothing, "settled_at": late}}
    rows = shown(of(NOTICE, BELL, MAILED, EVENT["notice.not-delivered"], at=TEN))
    assert rows["notices_to_mail"] == {}
    failed = {"failure": "not-configured", "missing": "host", "status": None, "settled_at": late}
    assert rows["notices_mailed"] == {(BELL,): failed}


def test_the_address_that_was_told_last_counts_until_there_is_none() -> None:
    address, none = EVENT["worker.email-set"], WorkerEmailSet(subject=ANNA_SUBJECT, email=None)
    assert [*shown(of(WORKER, ANNA, address, address))["worker_emails"]] == [(ANNA,)]
    assert shown(of(WORKER, ANNA, address, none))["worker_emails"] == {}


@pytest.mark.parametrize(
    "happened",
    [
        of(NOTICE, BELL, MAILED, NoticeDelivered(), at=TEN),
        of(NOTICE, BELL, MAILED, EVENT["notice.not-delivered"], at=TEN),
        of(NOTICE, BELL, WITHHELD, at=TEN),
    ],
    ids=["delivered", "not delivered", "withheld"],
)
def test_the_rows_are_what_anybody_would_write_down(happened: list[Happened]) -> None:
    entries = entered(given(happened).log.facts)
    assert differences(shown(happened), views([entry.plain for entry in entries], SECRETS)) == []
