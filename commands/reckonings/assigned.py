"""Why a ticket was given to whoever has it: the chain as it was recorded, on what it rested, and what came since (N-1).

A group that the asker may not know of is left out: a step through it is told as if the group had no row, or, where it
won, without the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import Any

from commands.reckoning import Mention, Reckoned, Reckoning, Row, Told
from commands.reckonings.promised import ASKED_BY, opened
from commands.reckonings.selling import open_groups
from commands.retrospect import Present, View
from commands.service.routing import chosen, circumstances
from commands.sight import sees
from domain.clients.contact import CONTACT
from domain.clients.group import GROUP
from domain.company.settings import COMPANY, SETTINGS
from domain.decider import Decider
from domain.fact import Fact
from domain.refusal import require
from domain.service.assignment import CHAIN, Assignment, Result, Situation, Source, Step
from domain.service.contract import CONTRACT
from domain.service.holding import (
    NOBODY,
    Holding,
    TicketAssigned,
    TicketGivenBack,
    TicketHandedOver,
    TicketRouted,
    TicketTeamAssigned,
    evolve,
)
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM, WORKER, Right
from domain.talk.gateway import GATEWAY
from domain.values import ContactId, GroupId, Instant, TeamId, TicketId, WorkerId

MOST_ROUTINGS, MOST_HOLDINGS = 100, 1_000
"""The last ones of so many are told."""


class Way(StrEnum):
    """How a ticket came to whoever has it from then on."""

    ROUTED = "routed"
    ASSIGNED = "assigned"
    TAKEN = "taken"
    """By whoever has it then: taken, or claimed from a team."""
    HANDED_OVER = "handed-over"
    GIVEN_BACK = "given-back"


class RestedOn(Row):
    """A thing by which the chain went: the last of its facts that was in force, by its number in its stream."""

    kind: str
    id: str
    version: int
    recorded_at: datetime


class ChainTold(Row):
    """Whom the chain chose, and what each step came to; neither an assignee nor a team: nobody may have it."""

    assignee: WorkerId | None
    team: TeamId | None
    steps: tuple[Step, ...]


class RoutingTold(ChainTold):
    """The chain as it was recorded, as of when, who asked for it, and on what it rested."""

    at: datetime
    recorded_at: datetime
    actor: WorkerId
    version: int
    rested_on: tuple[RestedOn, ...]


class HoldingTold(Row):
    """From when on who had the ticket, how it came to them, and who did it."""

    at: datetime
    recorded_at: datetime
    actor: WorkerId
    version: int
    way: Way
    assignee: WorkerId | None
    team: TeamId | None


class AssignmentTold(Told):
    """Who has the ticket, as it was known; of `earlier` routings and holdings there was no room for, or no wish.

    `today` is what the chain would come to now, and `same` whether that is whom it chose last.
    """

    ticket: TicketId
    known_at: datetime
    assignee: WorkerId | None
    team: TeamId | None
    routings: tuple[RoutingTold, ...]
    earlier_routings: int
    holdings: tuple[HoldingTold, ...]
    earlier_holdings: int
    today: ChainTold
    same: bool


class WhyThisAssignee(Reckoning[AssignmentTold], name="assignment", asked_by=ASKED_BY):
    """Why the ticket was given to whoever has it: every step of the chain, and who has had it since (N-1).

    Of several runs of the chain the last is told, or every one.
    """

    ticket: TicketId
    known_at: Instant | None = None
    every_routing: bool = False

    def reckon(self, asked: Present) -> Reckoned:
        exception = opened(asked, self.ticket)
        view = asked.then(self.known_at)
        ticket = view.read(TICKET, self.ticket)
        require(ticket.opened_at is not None, otherwise=TicketUnknown)
        facts, sight = view.facts(TICKET, self.ticket), Sight(asked, exception)
        routed = [(fact, fact.event) for fact in facts if isinstance(fact.event, TicketRouted)]
        told = routed[-MOST_ROUTINGS if self.every_routing else -1 :]
        holdings = [*_holdings(facts)]
        today = chosen(asked, asked.read(TICKET, self.ticket), asked.now)
        row = AssignmentTold(
            ticket=self.ticket,
            known_at=view.now,
            assignee=ticket.holding.assignee,
            team=ticket.holding.team,
            routings=tuple(_routing(asked, self.ticket, *each, sight) for each in told),
            earlier_routings=len(routed) - len(told),
            holdings=tuple(holdings[-MOST_HOLDINGS:]),
            earlier_holdings=max(0, len(holdings) - MOST_HOLDINGS),
            today=_chain(today, sight),
            same=bool(routed) and _goes_to(routed[-1][1]) == _goes_to(today),
        )
        return Reckoned(row, frozenset(_mentioned(row)), exception)


class Sight:
    """What of a chain the asker may know of."""

    def __init__(self, asked: Present, exception: Right | None) -> None:
        self._asked, self._exception = asked, exception

    def groups(self, groups: Iterable[str]) -> frozenset[GroupId]:
        return open_groups(self._asked, map(GroupId, groups), self._exception)

    def contact(self, contact: str) -> bool:
        everything = self._asked.actor == SYSTEM or self._exception is not None
        return everything or sees(self._asked, ContactId(contact))

    def steps(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """As they are told, each source once at least."""
        found = [told for step in steps for told in self._step(step)]
        return tuple(step for source in CHAIN for step in _of(source, found))

    def _step(self, step: Step) -> Iterator[Step]:
        by = step.named_by
        hidden = by is not None and (
            (step.source is Source.GROUP and not self.groups([by]))
            or (step.source is Source.CUSTOMER and not self.contact(by))
        )
        if not hidden:
            yield step
        elif step.result is Result.CHOSEN:
            yield step.model_copy(update={"named_by": None})


def _of(source: Source, steps: Sequence[Step]) -> Iterator[Step]:
    """The steps of one source; one that names nobody, where there is none."""
    found = [step for step in steps if step.source is source]
    if found:
        yield from found
        return
    before = takewhile(lambda each: each is not source, CHAIN)
    won = any(step.result is Result.CHOSEN for each in before for step in steps if step.source is each)
    yield Step(source=source, candidate=None, result=Result.NOT_REACHED if won else Result.NOBODY_NAMED)


def _chain(found: Assignment, sight: Sight) -> ChainTold:
    return ChainTold(assignee=found.assignee, team=found.team, steps=sight.steps(found.steps))


def _goes_to(found: Assignment | TicketRouted) -> tuple[WorkerId | None, TeamId | None]:
    return found.assignee, found.team


def _routing(asked: Present, id: TicketId, fact: Fact[Any], event: TicketRouted, sight: Sight) -> RoutingTold:
    view = asked.before(fact.position)
    now = circumstances(view, view.read(TICKET, id), fact.happened_at)
    opened_groups = sight.groups(now.groups)
    rested = (
        _version(view, decider, each, fact.happened_at)
        for decider, each in _things(now)
        if decider is not GROUP or each in opened_groups
        if decider is not CONTACT or sight.contact(each)
    )
    return RoutingTold(
        assignee=event.assignee,
        team=event.team,
        steps=sight.steps(event.steps),
        at=fact.happened_at,
        recorded_at=fact.recorded_at,
        actor=WorkerId(fact.actor),
        version=fact.version,
        rested_on=tuple(each for found in rested for each in found),
    )


def _things(now: Situation) -> Iterator[tuple[Decider[Any, Any], str]]:
    yield from ((CONTRACT, each) for each in now.contracts)
    yield from ((CONTACT, each) for each in now.customers)
    yield from ((GROUP, each) for each in now.groups)
    yield from ((GATEWAY, each) for each in now.gateways)
    yield SETTINGS, COMPANY


def _version(view: View, decider: Decider[Any, Any], id: str, at: datetime) -> Iterator[RestedOn]:
    """What had no facts yet had no say; a contract's text counts from when it was recorded, the first for all time."""
    facts = view.facts(decider, id)
    known = [fact for fact in facts if (fact.recorded_at if decider is CONTRACT else fact.happened_at) <= at]
    first = facts[:1] if decider is CONTRACT else []
    for fact in [*(known or first)][-1:]:
        yield RestedOn(kind=decider.kind, id=id, version=fact.version, recorded_at=fact.recorded_at)


def _holdings(facts: Sequence[Fact[Any]]) -> Iterator[HoldingTold]:
    """In the order in which it happened; what chose them, or why it goes to them, was recorded just before."""
    reasons, held = {fact.version + 1: fact.event for fact in facts}, NOBODY
    for fact in sorted(facts, key=lambda each: each.happened_at):
        event = fact.event
        if isinstance(event, TicketAssigned | TicketTeamAssigned | TicketGivenBack):
            way = _way(reasons.get(fact.version), event, WorkerId(fact.actor), held)
            held = evolve(held, event)
            yield HoldingTold(
                at=fact.happened_at,
                recorded_at=fact.recorded_at,
                actor=WorkerId(fact.actor),
                version=fact.version,
                way=way,
                assignee=held.assignee,
                team=held.team,
            )


Given = TicketAssigned | TicketTeamAssigned | TicketGivenBack


def _way(reason: object, event: Given, actor: WorkerId, held: Holding) -> Way:
    """Where nothing was recorded for a reason, it is who did it that says how."""
    if isinstance(reason, TicketRouted) and _goes_to(reason) == evolve(NOBODY, event):
        return Way.ROUTED
    if isinstance(event, TicketGivenBack):
        return Way.GIVEN_BACK
    if isinstance(event, TicketAssigned) and actor == event.assignee:
        return Way.TAKEN
    return Way.HANDED_OVER if isinstance(reason, TicketHandedOver) or actor == held.assignee else Way.ASSIGNED


def _mentioned(row: AssignmentTold) -> Iterator[Mention]:
    """Workers, teams and the company's things; contacts have no names here."""
    chains: list[ChainTold] = [*row.routings, row.today]
    steps = [step for chain in chains for step in chain.steps]
    workers = {row.assignee, *(each.assignee for each in chains), *(each.assignee for each in row.holdings)}
    workers |= {each for step in steps for each in (step.candidate, step.substitute_for)}
    workers |= {*(each.actor for each in row.routings), *(each.actor for each in row.holdings)}
    teams = {row.team, *(each.team for each in chains), *(each.team for each in row.holdings)}
    teams |= {step.team for step in steps}
    yield from ((WORKER.kind, worker) for worker in workers if worker is not None)
    yield from ((TEAM.kind, team) for team in teams if team is not None)
    kinds = {Source.CONTRACT: CONTRACT.kind, Source.GROUP: GROUP.kind, Source.GATEWAY: GATEWAY.kind}
    yield from ((kinds[step.source], step.named_by) for step in steps if step.source in kinds and step.named_by)
    labelled = (CONTRACT.kind, GROUP.kind, GATEWAY.kind)
    yield from ((each.kind, each.id) for chain in row.routings for each in chain.rested_on if each.kind in labelled)
