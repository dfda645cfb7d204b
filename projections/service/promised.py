"""How a stored deadline reads at an instant: its row says nothing of the present, so this does (R-TCK-17)."""

from __future__ import annotations

LATE = "d.outcome = 'missed' OR d.outcome = 'open' AND d.due < %(now)s"
"""Missed, also where nothing has happened yet that says so."""

AT_RISK = "d.outcome = 'open' AND d.at_risk_from <= %(now)s AND d.due >= %(now)s"
PAUSED = "d.outcome = 'open' AND d.paused"
DUE = "d.outcome = 'open' AND d.due IS NOT NULL"
OUTCOME = "CASE WHEN d.outcome = 'open' AND d.due < %(now)s THEN 'missed' ELSE d.outcome END"

BOTH = """
    LEFT JOIN deadlines d1 ON d1.ticket = t.ticket AND d1.target = 'first-response'
    LEFT JOIN deadlines d2 ON d2.ticket = t.ticket AND d2.target = 'resolution'"""
"""The promises of a ticket beside it."""


def of_either(condition: str) -> str:
    """Whether it holds of one of the two."""
    return " OR ".join(f"coalesce({condition.replace('d.', f'{each}.')}, false)" for each in ("d1", "d2"))


PROMISES = f"""
    least(CASE d1.outcome WHEN 'open' THEN d1.due END, CASE d2.outcome WHEN 'open' THEN d2.due END) AS due,
    {of_either(LATE)} AS missed, {of_either(AT_RISK)} AS at_risk, {of_either(PAUSED)} AS paused"""
