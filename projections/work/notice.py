"""What I was told (D27): of what I may no longer see there is nothing to tell (R-DIR-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from domain.staff.worker import Right
from projections.question import Answer, Leg, Listing
from projections.service.tickets import DESK
from projections.sight import STANDING, open_ticket
from projections.work.notices import TOLD


class NoticeRow(Answer):
    """One notice: why it came to me, when it was seen, and what became of it by e-mail.

    `roles` is what I was to the ticket, `instead_of` those in whose place I was told. Of e-mail either `delivered_at`
    is there or `failure`, once it is known; `missing` is the setting for want of which it did not go out.
    """

    notice: str
    ticket: str
    reference: str | None
    title: str
    occasion: str
    channel: str
    roles: tuple[str, ...]
    instead_of: tuple[str, ...]
    target: str | None
    percent: int | None
    due: datetime | None
    written_at: datetime
    seen_at: datetime | None
    delivered_at: datetime | None
    failure: str | None
    missing: str | None


class Notices(Listing[NoticeRow], name="notices", rests_on=(TOLD, DESK), rights=[Right.BASIC]):
    """My notices, the newest first."""

    seen: bool | None = None

    narrowing: ClassVar = {"seen": "EXISTS (SELECT FROM notices_seen z WHERE z.notice = n.notice)"}
    of = ("notice",)
    shows = """
        n.notice, n.ticket, t.reference, t.title AS sealed_title, n.occasion, n.channel,
        string_to_array(n.roles, ',') AS roles, string_to_array(n.instead_of, ',') AS instead_of,
        n.target, n.percent::int AS percent, n.due, n.written_at, z.seen_at,
        CASE WHEN m.failure IS NULL THEN m.settled_at END AS delivered_at, m.failure, m.missing"""
    joins = """
        JOIN notices n ON n.notice = page.notice JOIN tickets t ON t.ticket = n.ticket
        LEFT JOIN notices_seen z ON z.notice = n.notice LEFT JOIN notices_mailed m ON m.notice = n.notice"""

    def legs(self) -> Sequence[Leg]:
        rows = f"""
            FROM notices n JOIN tickets t ON t.ticket = n.ticket {STANDING}
            WHERE n.recipient = %(actor)s AND {open_ticket()}{self.given()}"""
        return [Leg(rows, {"n.written_at": "timestamptz", "n.notice": "text"}, descending=True)]
