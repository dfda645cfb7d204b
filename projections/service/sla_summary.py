"""How well promises were kept, per group and severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from domain.service.clock import Outcome
from projections.service.sla_report import TicketRow


class Kept(NamedTuple):
    """One target of some tickets: how it was judged, and the business seconds it took."""

    met: int
    missed: int
    open: int
    none: int
    cancelled: int
    merged: int
    median_seconds: int | None
    ninetieth_percentile_seconds: int | None


class SummaryRow(NamedTuple):
    """The tickets of a group with a severity."""

    group: str
    severity: str
    tickets: int
    first_response: Kept
    resolution: Kept


def summary(rows: Iterable[TicketRow]) -> list[SummaryRow]:
    """A row for each group and severity there is, in their order."""
    found: dict[tuple[str, str], list[TicketRow]] = {}
    for row in rows:
        found.setdefault((row.group, row.severity), []).append(row)
    return [_summed(group, severity, tickets) for (group, severity), tickets in sorted(found.items())]


def total(rows: Sequence[TicketRow]) -> SummaryRow:
    """All tickets as one row."""
    return _summed("", "", rows)


def _summed(group: str, severity: str, rows: Sequence[TicketRow]) -> SummaryRow:
    response = _kept(Counter(row.first_response_outcome for row in rows), [row.first_response_seconds for row in rows])
    resolution = _kept(Counter(row.resolution_outcome for row in rows), [row.resolution_seconds for row in rows])
    return SummaryRow(group, severity, len(rows), response, resolution)


def _kept(outcomes: Mapping[str, int], seconds: Iterable[int | None]) -> Kept:
    taken = sorted(each for each in seconds if each is not None)
    counts = {outcome.value: outcomes.get(outcome, 0) for outcome in Outcome}
    return Kept(**counts, median_seconds=percentile(taken, 50), ninetieth_percentile_seconds=percentile(taken, 90))


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The smallest of the values that at least so many percent of them do not exceed (nearest rank)."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
