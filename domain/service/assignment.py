"""A ticket goes to the first eligible candidate of the chain, and every step says what it came to (D11, D12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from pydantic import BaseModel

from domain.clients.contact import Contact
from domain.clients.group import Group
from domain.company.settings import Settings
from domain.service.contract import Contract
from domain.service.place import rows
from domain.service.selection import Scope
from domain.staff.absence import Absence, substitutes
from domain.talk.gateway import Gateway
from domain.values import (
    ContactId,
    ContractId,
    GatewayId,
    GroupId,
    Holder,
    Id,
    ProcessAreaId,
    TeamId,
    WorkerId,
    team_of,
    worker_of,
)

TIED = frozenset({Scope.CUSTOMER_AND_TYPE, Scope.GROUP_AND_TYPE, Scope.TYPE})
"""Where the contracts come from that are tied to an incident type."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What was in force at the instant of the routing."""

    at: datetime
    settings: Settings
    contracts: Mapping[ContractId, Contract] = field(default_factory=dict)
    """That of the ticket, then the best of those that are tied to its incident type."""
    customers: Mapping[ContactId, Contact] = field(default_factory=dict)
    """All that were merged into one with the customer, the survivor first; of nobody, none."""
    groups: Mapping[GroupId, Group] = field(default_factory=dict)
    process_area: ProcessAreaId | None = None
    gateways: Mapping[GatewayId, Gateway] = field(default_factory=dict)
    """That through which the report came; of what an employee entered, none."""


class Named(NamedTuple):
    """A worker, a team, or a worker with the team that takes it where the worker cannot; and the thing that says so."""

    worker: WorkerId | None = None
    team: TeamId | None = None
    by: Id | None = None


NOBODY = Named()


class Source(StrEnum):
    """Where a candidate may come from, first eligible one first (D11)."""

    CONTRACT = "contract"
    CUSTOMER = "customer"
    GROUP = "group"
    GATEWAY = "gateway"
    HELPDESK = "helpdesk"


def _held(holder: Holder | None, by: Id) -> Iterator[Named]:
    if holder is not None:
        yield Named(worker_of(holder), team_of(holder), by)


def contract(now: Situation) -> Iterator[Named]:
    """Only the first contract that names somebody: another is asked where one names nobody."""
    for id, text in now.contracts.items():
        if (responsible := text.as_of(now.at).terms.responsible) is not None:
            yield from _held(responsible, id)
            return


def customer(now: Situation) -> Iterator[Named]:
    for id, each in now.customers.items():
        yield from _held(each.responsible.at(now.at), id)


def group(now: Situation) -> Iterator[Named]:
    for id, row in rows(now.groups, now.process_area, now.at):
        yield Named(row.person, row.team, id)


def gateway(now: Situation) -> Iterator[Named]:
    for id, each in now.gateways.items():
        yield from _held(each.responsible.at(now.at), id)


def helpdesk(now: Situation) -> Iterator[Named]:
    yield Named(now.settings.helpdesk_responsible.at(now.at))


CHAIN: Mapping[Source, Callable[[Situation], Iterator[Named]]] = {
    Source.CONTRACT: contract,
    Source.CUSTOMER: customer,
    Source.GROUP: group,
    Source.GATEWAY: gateway,
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
    absence: Absence | None = None
    """That the candidate is on at the instant of the routing."""


class Ineligible(StrEnum):
    """Why a candidate was passed over (D12)."""

    NOT_ACTIVE = "not-active"
    NOT_MEMBER = "not-member"
    REPORTER_UNSEEN = "reporter-unseen"
    CUSTOMER_UNSEEN = "customer-unseen"
    ABSENT = "absent"
    NO_ELIGIBLE_MEMBER = "no-eligible-member"


ELIGIBLE: Mapping[Ineligible, Callable[[Standing], bool]] = {
    Ineligible.NOT_ACTIVE: lambda standing: standing.active,
    Ineligible.NOT_MEMBER: lambda standing: standing.member,
    Ineligible.REPORTER_UNSEEN: lambda standing: standing.sees_reporter,
    Ineligible.CUSTOMER_UNSEEN: lambda standing: standing.sees_customer,
    Ineligible.ABSENT: lambda standing: standing.absence is None,
}
"""What must hold of a worker; the first that does not is the reason, so that who is absent lacks nothing else."""


def lacking(standing: Standing) -> Ineligible | None:
    """Why a worker with this standing is passed over, or nothing."""
    return next((reason for reason, holds in ELIGIBLE.items() if not holds(standing)), None)


class Result(StrEnum):
    """What a step came to."""

    CHOSEN = "chosen"
    NOT_ELIGIBLE = "not-eligible"
    NOBODY_NAMED = "nobody-named"
    NOT_REACHED = "not-reached"


class Step(BaseModel, frozen=True):
    """One step of the chain, or one of several candidates of it.

    `team` is the team that was tried, or that goes with the candidate; `named_by` is the thing that named them, and
    `substitute_for` the absent worker in whose place the candidate was tried.
    """

    source: Source
    candidate: WorkerId | None
    result: Result
    reason: Ineligible | None = None
    team: TeamId | None = None
    named_by: Id | None = None
    substitute_for: WorkerId | None = None


class Assignment(BaseModel, frozen=True):
    """The answer with its reasons; neither an assignee nor a team is an alert."""

    assignee: WorkerId | None
    steps: tuple[Step, ...]
    team: TeamId | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Who may have the ticket: asked only of those whom the chain comes to."""

    standing: Callable[[WorkerId], Standing]
    members: Callable[[TeamId], Iterable[WorkerId]]

    def lacks(self, worker: WorkerId) -> Ineligible | None:
        return lacking(self.standing(worker))

    def team_lacks(self, team: TeamId) -> Ineligible | None:
        """One member who may have it is enough; where one is only away, absence alone is the reason."""
        passed = set[Ineligible]()
        for member in self.members(team):
            if (reason := self.lacks(member)) is None:
                return None
            passed.add(reason)
        return Ineligible.ABSENT if Ineligible.ABSENT in passed else Ineligible.NO_ELIGIBLE_MEMBER

    def absent(self, worker: WorkerId) -> Absence | None:
        return self.standing(worker).absence


def candidates(now: Situation) -> dict[Source, tuple[Named, ...]]:
    """Everybody whom each step names, in the order in which they are tried, each once."""
    return {source: tuple(_once(rule(now))) for source, rule in CHAIN.items()}


def _once(found: Iterable[Named]) -> Iterator[Named]:
    """Who is named by several things is named by the first; and by nothing, where that names nobody (R-RESP-2)."""
    passed = {(NOBODY.worker, NOBODY.team)}
    for each in found:
        if (each.worker, each.team) not in passed:
            yield each
            passed.add((each.worker, each.team))


def choose(named: Mapping[Source, tuple[Named, ...]], staff: Staff) -> Assignment:
    """The first eligible candidate, and every step with its result (N-1)."""
    steps: list[Step] = []
    for source in CHAIN:
        for each in named.get(source) or (NOBODY,):
            reached = not any(step.result is Result.CHOSEN for step in steps)
            steps.extend(_tried(source, each, staff) if reached else [_step(source, each, Result.NOT_REACHED)])
    won = next((step for step in steps if step.result is Result.CHOSEN), None)
    if won is None:
        return Assignment(assignee=None, steps=tuple(steps))
    return Assignment(assignee=won.candidate, steps=tuple(steps), team=won.team)


def _tried(source: Source, named: Named, staff: Staff) -> Iterator[Step]:
    """The worker, whoever stands in for them, the team: until one may have it."""
    if (named.worker, named.team) == (None, None):
        yield _step(source, named, Result.NOBODY_NAMED)
        return
    for worker, instead_of in _people(named.worker, staff):
        reason = staff.lacks(worker)
        yield _step(source, named._replace(worker=worker), _result(reason), reason, instead_of)
        if reason is None:
            return
    if named.team is not None:
        reason = staff.team_lacks(named.team)
        yield _step(source, named._replace(worker=None), _result(reason), reason)


def _people(worker: WorkerId | None, staff: Staff) -> Iterator[tuple[WorkerId, WorkerId | None]]:
    """The worker, and who stands in for them while they are absent, each with whom they stand in for (R-STF-1)."""
    if worker is not None:
        yield worker, None
        for absent, substitute in pairwise((worker, *substitutes(worker, staff.absent))):
            yield substitute, absent


def _result(reason: Ineligible | None) -> Result:
    return Result.CHOSEN if reason is None else Result.NOT_ELIGIBLE


def _step(
    source: Source,
    named: Named,
    result: Result,
    reason: Ineligible | None = None,
    substitute_for: WorkerId | None = None,
) -> Step:
    return Step(
        source=source,
        candidate=named.worker,
        result=result,
        reason=reason,
        team=named.team,
        named_by=named.by,
        substitute_for=substitute_for,
    )
