"""What we say of a ticket's promises, and what another opinion says, which shares no code with ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fates import PERCENTS, World
from life import Life
from naive import promises as naive

from domain.service.escalation import Running, TicketEscalated, escalate, passed
from domain.service.promise import account, standing


def plainly(life: Life) -> list[naive.Step]:
    """The ticket's facts as the other opinion has them."""
    return naive.steps(
        {
            "topic": fact.event.topic,
            "version": fact.version,
            "happened_at": fact.happened_at.isoformat(),
            "body": fact.event.model_dump(mode="json"),
        }
        for fact in life.facts
    )


Shown = tuple[Any, ...]


def ours(life: Life, until: datetime) -> list[Shown]:
    """Each promise, how it stands, when it will be due, and when so much of it is used up."""
    found = []
    for (target, since), clock in account(life.ticket.moments, life.book, until).promises():
        stood = standing(clock, until)
        consumed = None if stood.consumed is None else int(stood.consumed.total_seconds())
        running = clock.running_since is not None and not clock.stopped
        levels = [clock.reaches(percent) if running else None for percent in PERCENTS]
        judged = (stood.outcome.value, stood.due, stood.contract, stood.version, stood.judged_at)
        found.append((target.value, since, *judged, consumed, levels))
    return found


def theirs(book: naive.Book, life: Sequence[naive.Step], until: datetime) -> list[Shown]:
    found = []
    for target, clock in naive.standing(book, life, until).clocks():
        verdict, consumed = clock.verdict, clock.seconds
        if verdict is not None:
            judged: Shown = verdict
        elif clock.target is None or clock.offer is None:
            judged = ("none", None, None, 0, None)
        else:
            judged = ("open", clock.due(clock.runs), clock.offer.contract, clock.offer.version, None)
        outcome, due, *rest = judged
        levels = [clock.passes(percent) for percent in PERCENTS]
        at = rest.pop(0) if verdict is not None else rest.pop()
        found.append((target, clock.since, outcome, due, *rest, at, consumed, levels))
    return found


def asked(life: Life, now: datetime) -> Iterator[Shown]:
    """What is told and what is skipped by asking at an instant."""
    ticket, contract = life.ticket, life.ticket.contract(now)
    if contract is None:
        return
    levels, assignment = life.book.contracts[contract].as_of(now).terms.levels, ticket.promised.at(now)
    assert assignment is not None
    for (target, _), clock in account(ticket.moments, life.book, now).promises():
        running = Running(target, clock, assignment, [level for level in levels if level.target is target])
        done = life.ticket.fired
        for event in life.record(list(escalate(running, done, passed(running, done, now), ())), now):
            told = isinstance(event, TicketEscalated)
            yield told, event.target, event.since, event.assignment, event.percent, event.due


def clocks_agree(world: World, life: Life, instants: Sequence[datetime]) -> bool:
    """At all these instants."""
    told, written = plainly(life), world.plain()
    return all(ours(life, until) == theirs(written, told, until) for until in instants if until >= told[0].at)


def levels_agree(world: World, life: Life, instants: Sequence[datetime]) -> bool:
    """Where both are asked at these instants, and ours each time once more."""
    told, timer = plainly(life), naive.Timer(world.plain())
    return all(
        list(asked(life, now)) == [(each.told, *each.mark, each.due) for each in timer.ask(told, now)]
        and not list(asked(life, now))
        for now in sorted(instants)
        if now >= told[0].at
    )
