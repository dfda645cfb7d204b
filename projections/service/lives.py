"""The tickets received in a time, of those the asker may know of, as SQL for a reckoning to replay (N-5)."""

from __future__ import annotations

from domain.staff.worker import SYSTEM, Right
from projections.sight import STANDING, clause, holds, open_ticket


def _looked_up(rows: str, received: str, shown: str) -> str:
    """In the order of receipt; those of the last instant all together, so that the next part begins behind it."""
    meant = f"""
        {received} >= (%(key)s::json->>'since')::timestamptz AND {received} < (%(key)s::json->>'until')::timestamptz
        AND (%(key)s::json->>'area' IS NULL OR t.area = %(key)s::json->>'area')"""
    body = f"""
        answer AS (
            SELECT {shown} FROM {rows} {STANDING}
            WHERE {holds(Right.ANALYST, Right.HELPDESK)} AND {open_ticket()} AND {meant}
            ORDER BY {received} FETCH FIRST ((%(key)s::json->>'most')::int) ROWS WITH TIES
        )
        SELECT * FROM answer ORDER BY 2, 1"""
    return (
        clause(body)
        .replace("%(actor)s", "(%(key)s::json->>'actor')")
        .replace("%(received)s", "(%(key)s::json->>'received')::timestamptz")
        .replace("%(everything)s", f"(%(key)s::json->>'actor' = '{SYSTEM}')")
    )


ENDED = _looked_up("lives l JOIN tickets t ON t.ticket = l.ticket", "l.received_at", "l.ticket, l.received_at, l.life")
"""With their lives: those that are over."""

RECEIVED = _looked_up("tickets t", "t.opened_at", "t.ticket, t.opened_at")
