"""A ticket goes to the first eligible candidate of the chain, and every step says what it came to (D11, D12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from domain.company.settings import Settings
from domain.values import WorkerId


@dataclass(frozen=True, slots=True)
class Situation:
    """What was in force at the instant of the routing."""

    at: datetime
    settings: Settings


class Source(StrEnum):
    """Where a candidate may come from, first eligible one first (D11)."""

    HELPDESK = "helpdesk"


def helpdesk(now: Situation) -> Iterator[WorkerId | None]:
    yield now.settings.helpdesk_responsible.at(now.at)


CHAIN: Mapping[Source, Callable[[Situation], Iterator[WorkerId | None]]] = {
    Source.HELPDESK: helpdesk,
}
"""Each step names nobody, one, or several, of whom the first goes first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a candidate has of what the ticket takes."""

    active: bool
    member: bool
    """Of the ticket's area, in person or through a team."""
    sees_reporter: bool
    """Or there is none; so with the customer."""
    sees_customer: bool


class Ineligible(StrEnum):
    """Why a candidate was passed over (D12)."""

    NOT_ACTIVE = "not-active"
    NOT_MEMBER = "not-member"
    REPORTER_UNSEEN = "reporter-unseen"
    CUSTOMER_UNSEEN = "customer-unseen"


ELIGIBLE: Mapping[Ineligible, Callable[[Standing], bool]] = {
    Ineligible.NOT_ACTIVE: lambda standing: standing.active,
    Ineligible.NOT_MEMBER: lambda standing: standing.member,
    Ineligible.REPORTER_UNSEEN: lambda standing: standing.sees_reporter,
    Ineligible.CUSTOMER_UNSEEN: lambda standing: standing.sees_customer,
}
"""What must hold of a candidate; the first that does not is the reason."""


class Result(StrEnum):
    """What a step came to."""

    CHOSEN = "chosen"
    NOT_ELIGIBLE = "not-eligible"
    NOBODY_NAMED = "nobody-named"
    NOT_REACHED = "not-reached"


class Step(BaseModel, frozen=True):
    """One step of the chain, or one of several candidates of it."""

    source: Source
    candidate: WorkerId | None
    result: Result
    reason: Ineligible | None = None


class Assignment(BaseModel, frozen=True):
    """The answer with its reasons; no assignee is an alert."""

    assignee: WorkerId | None
    steps: tuple[Step, ...]


def candidates(now: Situation) -> dict[Source, tuple[WorkerId, ...]]:
    """Everybody whom each step names, once."""
    return {source: tuple(dict.fromkeys(found for found in rule(now) if found)) for source, rule in CHAIN.items()}


def choose(named: Mapping[Source, tuple[WorkerId, ...]], standings: Mapping[WorkerId, Standing]) -> Assignment:
    """The first eligible candidate, and every step with its result (N-1)."""
    steps: list[Step] = []
    assignee: WorkerId | None = None
    for source in CHAIN:
        for candidate in named.get(source) or (None,):
            steps.append(_step(source, candidate, standings, reached=assignee is None))
            if steps[-1].result is Result.CHOSEN:
                assignee = candidate
    return Assignment(assignee=assignee, steps=tuple(steps))


def _step(source: Source, candidate: WorkerId | None, standings: Mapping[WorkerId, Standing], *, reached: bool) -> Step:
    if not reached:
        return Step(source=source, candidate=candidate, result=Result.NOT_REACHED)
    if candidate is None:
        return Step(source=source, candidate=None, result=Result.NOBODY_NAMED)
    reason = next((reason for reason, holds in ELIGIBLE.items() if not holds(standings[candidate])), None)
    result = Result.CHOSEN if reason is None else Result.NOT_ELIGIBLE
    return Step(source=source, candidate=candidate, result=result, reason=reason)
