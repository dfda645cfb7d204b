"""How a promise was judged is stated once; a late fact corrects the statement and says which one (D10, D32)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.fact import Event
from domain.service.clock import Judgement, Outcome
from domain.service.hours import MICROSECOND
from domain.service.promise import Mark
from domain.service.target import Target
from domain.values import ContractId, Instant


class OutcomeStated(Event, topic="outcome.stated"):
    """How a target was judged; stated once, and again only after a re-opening (D10).

    `since` is when the round of a next response began: each is judged alone (D36).
    """

    target: Target
    outcome: Outcome
    due: Instant | None
    contract: ContractId | None
    contract_version: int
    judged_at: Instant | None
    consumed_seconds: int | None
    since: Instant | None = None


class OutcomeCorrected(Event, topic="outcome.corrected"):
    """A late fact, or the undoing of a merge, turned what was stated at the version that it `replaces` (D32, N-7)."""

    target: Target
    outcome: Outcome
    due: Instant | None
    contract: ContractId | None
    contract_version: int
    judged_at: Instant | None
    consumed_seconds: int | None
    replaces: int
    since: Instant | None = None


StatementEvent = OutcomeStated | OutcomeCorrected


@dataclass(frozen=True, slots=True)
class Statement:
    """A judgement as it was stated, at which version of the stream, and whether a late fact ever turned it."""

    judgement: Judgement
    version: int
    corrected: bool = False


Stated = Mapping[Mark, Statement]
"""What was stated last of each promise."""

NO_PROMISE = Judgement()


def state(
    stated: Stated, found: Mapping[Mark, Judgement], believed: Mapping[Mark, Judgement] | None
) -> Iterator[StatementEvent]:
    """`believed` is how everything stood without the event, if that came late: only what it turned is corrected."""
    for mark in (*found, *(mark for mark in stated if mark not in found)):
        before = None if believed is None else believed.get(mark, NO_PROMISE)
        yield from _state(mark, found.get(mark, NO_PROMISE), stated.get(mark), before)


def state_misses(stated: Stated, found: Mapping[Mark, Judgement]) -> Iterator[StatementEvent]:
    """Only what was missed, and was not stated so far."""
    missed = {mark: judged for mark, judged in found.items() if judged.outcome is Outcome.MISSED}
    yield from state({mark: before for mark, before in stated.items() if mark in missed}, missed, None)


def noticed(stated: Stated) -> Iterator[datetime]:
    """Just after each miss that was stated: from then on it is known to be one, whatever else happened."""
    for each in stated.values():
        if each.judgement.outcome is Outcome.MISSED and each.judgement.due is not None:
            yield each.judgement.due + MICROSECOND


def _state(
    mark: Mark, found: Judgement, before: Statement | None, believed: Judgement | None
) -> Iterator[StatementEvent]:
    decided = found.outcome not in (Outcome.OPEN, Outcome.NONE)
    late = believed is not None and before is not None
    same = before is not None and _essence(before.judgement) == _essence(found)
    turned = believed is None or _essence(believed) != _essence(found)
    if same or not (turned if late else decided):
        return
    target, since = mark
    stated = OutcomeStated(
        target=target,
        outcome=found.outcome,
        due=found.due,
        contract=found.contract,
        contract_version=found.version,
        judged_at=found.judged_at,
        consumed_seconds=None if found.consumed is None else int(found.consumed.total_seconds()),
        since=since,
    )
    if believed is not None and before is not None:
        yield OutcomeCorrected(**dict(stated), replaces=before.version)
    else:
        yield stated


def _essence(found: Judgement) -> tuple[object, ...]:
    return found.outcome, found.due, found.contract, found.version, found.judged_at


def evolve(stated: Stated, event: StatementEvent, version: int) -> Stated:
    """What was stated last takes the place of what was stated before."""
    mark: Mark = (event.target, event.since)
    before = stated.get(mark)
    return {**stated, mark: Statement(_judgement(event), version, _turned(event, before))}


def _turned(event: StatementEvent, before: Statement | None) -> bool:
    """Whether a late fact ever did; a merging that was undone was no outcome (N-7)."""
    if before is None:
        return isinstance(event, OutcomeCorrected)
    undone = before.judgement.outcome is Outcome.MERGED
    return before.corrected or (isinstance(event, OutcomeCorrected) and not undone)


def _judgement(event: StatementEvent) -> Judgement:
    consumed = None if event.consumed_seconds is None else timedelta(seconds=event.consumed_seconds)
    return Judgement(event.outcome, event.due, consumed, event.contract, event.contract_version, event.judged_at)
