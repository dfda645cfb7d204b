"""How a stored deadline reads at an instant: its row says nothing of the present, so this does (R-TCK-17)."""

from __future__ import annotations

from collections.abc import Mapping

from domain.service.target import Target

LATE = "d.outcome = 'missed' OR d.outcome = 'open' AND d.due < %(now)s"
"""Missed, also where nothing has happened yet that says so."""

AT_RISK = "d.outcome = 'open' AND d.at_risk_from <= %(now)s AND d.due >= %(now)s"
PAUSED = "d.outcome = 'open' AND d.paused"
DUE = "d.outcome = 'open' AND d.due IS NOT NULL"
OUTCOME = "CASE WHEN d.outcome = 'open' AND d.due < %(now)s THEN 'missed' ELSE d.outcome END"

BESIDE: Mapping[str, Target] = {"d1": Target.FIRST_RESPONSE, "d2": Target.NEXT_RESPONSE, "d3": Target.RESOLUTION}
ALL = "".join(
    f" LEFT JOIN deadlines {d} ON {d}.ticket = t.ticket AND {d}.target = '{target}'" for d, target in BESIDE.items()
)
"""The promises of a ticket beside it; a next response is among them once a customer has asked for one (D36)."""


def of_any(condition: str) -> str:
    """Whether it holds of one of them."""
    return " OR ".join(f"coalesce({condition.replace('d.', f'{each}.')}, false)" for each in BESIDE)


PROMISES = f"""
    least({", ".join(f"CASE {d}.outcome WHEN 'open' THEN {d}.due END" for d in BESIDE)}) AS due,
    {of_any(LATE)} AS missed, {of_any(AT_RISK)} AS at_risk, {of_any(PAUSED)} AS paused"""
