"""A notice is listed to its recipient from when it was recorded, and is seen once."""

from __future__ import annotations

from datetime import timedelta

from rows import shown
from specification import of, on_monday

from domain.work.notice import NOTICE
from examples import ANNA, BELL, EVENT, PUMP

TEN = on_monday(10)
WRITTEN, SEEN = EVENT["notice.written"], EVENT["notice.seen"]


def test_a_notice_tells_whom_of_what_by_which_way_and_when() -> None:
    rows = shown(of(NOTICE, BELL, WRITTEN, at=TEN, recorded=on_monday(10, 1)))
    assert rows["notices"][BELL,] == {
        "recipient": ANNA,
        "ticket": PUMP,
        "occasion": "assigned",
        "channel": "system",
        "written_at": on_monday(10, 1) + timedelta(microseconds=1),
    }
    assert rows["notices_seen"] == {}


def test_it_is_seen_when_its_recipient_says_so() -> None:
    seen_at = TEN + timedelta(hours=1)
    rows = shown(of(NOTICE, BELL, WRITTEN, at=TEN), of(NOTICE, BELL, SEEN, at=seen_at))
    assert rows["notices_seen"] == {(BELL,): {"seen_at": seen_at}}
