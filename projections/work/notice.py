"""What I was told (D27): of what I may no longer see there is nothing to tell (R-DIR-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.staff.worker import Right
from projections.question import Answer, Leg, Listing
from projections.service.tickets import DESK
from projections.sight import open_ticket
from projections.work.notices import TOLD


class NoticeRow(Answer):
    """One notice, and when it was seen."""

    notice: str
    ticket: str
    reference: str | None
    title: str
    occasion: str
    channel: str
    written_at: datetime
    seen_at: datetime | None


class Notices(Listing, name="notices", row=NoticeRow, rests_on=(TOLD, DESK), rights=[Right.BASIC]):
    """My notices, the newest first."""

    seen: bool | None = None

    narrowing: ClassVar = {"seen": "EXISTS (SELECT FROM notices_seen z WHERE z.notice = n.notice)"}
    of = ("notice",)
    shows = """
        n.notice, n.ticket, t.reference, t.title AS sealed_title, n.occasion, n.channel, n.written_at, z.seen_at"""
    joins = """
        JOIN notices n ON n.notice = page.notice JOIN tickets t ON t.ticket = n.ticket
        LEFT JOIN notices_seen z ON z.notice = n.notice"""

    def legs(self) -> Sequence[Leg]:
        rows = f"""
            FROM notices n JOIN tickets t ON t.ticket = n.ticket
            WHERE n.recipient = %(actor)s AND {open_ticket("t")}{self.given()}"""
        return [Leg(rows, {"n.written_at": "timestamptz", "n.notice": "text"}, descending=True)]
