"""How a promise was judged is stated once; a late fact corrects the statement and says which one (D10, D32)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from domain.fact import Event
from domain.service.clock import Judgement, Outcome
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
    """A late fact turned an outcome already stated; `replaces` is the statement's version in the stream (D32)."""

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
    corrected = isinstance(event, OutcomeCorrected) or (mark in stated and stated[mark].corrected)
    return {**stated, mark: Statement(_judgement(event), version, corrected)}


def _judgement(event: StatementEvent) -> Judgement:
    consumed = None if event.consumed_seconds is None else timedelta(seconds=event.consumed_seconds)
    return Judgement(event.outcome, event.due, consumed, event.contract, event.contract_version, event.judged_at)
