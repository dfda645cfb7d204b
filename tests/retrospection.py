"""Reckonings over the log in memory: what is not at hand is read, and what is looked up is found the slow way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from specification import MONDAY, Given

from commands.catalogue import COMMANDS
from commands.lookup import CHARGES, DUTIES, HELD, OPEN_TICKETS, REACHED, Charge, Held, Wanted
from commands.reckoning import Reckoned, Reckoning
from commands.retrospect import Loaded, Present, Unread
from domain.clients.directory import DIRECTORY
from domain.clients.group import GROUP, NOBODY
from domain.company.process_area import PROCESS_AREA
from domain.company.settings import COMPANY, SETTINGS
from domain.decider import Decider
from domain.refusal import Refused
from domain.service.ticket import TICKET
from domain.staff.area import AREA
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM
from domain.values import WorkerId, team_holder, worker_holder

OVER = ("resolved", "closed")


def reckoned(
    world: Given, reckoning: Reckoning, *, actor: str = SYSTEM, at: datetime = MONDAY, rounds: int = 500
) -> Reckoned:
    """The answer to whoever asks at that instant."""
    loaded = Loaded(str)
    present = Present(loaded, WorkerId(actor), at)
    for _ in range(rounds):
        try:
            return reckoning.reckon(present)
        except Unread as why:
            loaded.streams |= {stream: tuple(world.log.streams.get(stream, ())) for stream in why.streams}
            loaded.found |= {wanted: tuple(found(world, wanted, at)) for wanted in why.wanted}
    raise AssertionError("it asks for more and more")


def refusal(world: Given, reckoning: Reckoning, *, actor: str = SYSTEM, at: datetime = MONDAY) -> type[Refused] | None:
    """What it is refused with, if it is."""
    try:
        reckoned(world, reckoning, actor=actor, at=at)
    except Refused as refused:
        return type(refused)
    return None


def every(world: Given, decider: Decider[Any, Any]) -> Iterator[tuple[str, Any]]:
    """All things of a kind, with how they stand."""
    kinds = sorted({command.of.kind for command in COMMANDS.values()}, key=len)
    for stream in sorted(world.log.streams):
        kind = next(kind for kind in reversed(kinds) if stream.startswith(f"{kind}-"))
        if kind == decider.kind:
            id = stream.removeprefix(f"{kind}-")
            yield id, world.state(decider, id)


def found(world: Given, wanted: Wanted, at: datetime) -> Iterator[Any]:
    """What the read models would have."""
    lookup, key = wanted
    holders = {key}
    if lookup is REACHED or lookup is DUTIES:
        holders |= {team_holder(id) for id, team in every(world, TEAM) if key in map(worker_holder, team.members)}
    if lookup is HELD or lookup is REACHED:
        yield from (Held("area", id) for id, area in every(world, AREA) if _of(area.roles) & holders)
        yield from (Held("directory", id) for id, each in every(world, DIRECTORY) if _of(each.rights) & holders)
    elif lookup is DUTIES:
        yield from (Charge(*row) for row, answering in rows(world).items() if answering & holders)
    elif lookup is CHARGES or lookup is OPEN_TICKETS:
        for id, ticket in every(world, TICKET):
            mine = ticket.assignments.last == key if lookup is CHARGES else ticket.contract(at) is not None
            if mine and ticket.status(at) not in OVER:
                yield Charge("ticket", id, None)
        if lookup is CHARGES:
            yield from (Charge(*row) for row, answering in rows(world).items() if worker_holder(key) in answering)
    else:
        yield from world.log.found.get(wanted, ())


def _of(held: Any) -> set[str]:
    return {holder for holder, _ in held}


def rows(world: Given) -> dict[tuple[str, str, str | None], set[str]]:
    """Who answers for what: workers in person, and teams."""
    answering: dict[tuple[str, str, str | None], set[str]] = {}
    for id, group in every(world, GROUP):
        for process_area, line in group.rows.items():
            row = line.last or NOBODY
            teams = {team_holder(row.team)} if row.team else set()
            answering["group", id, process_area] = teams | ({worker_holder(row.person)} if row.person else set())
    for id, each in every(world, PROCESS_AREA):
        answering["process-area", id, None] = {each.responsible.last} - {None}
    last = world.state(SETTINGS, COMPANY).helpdesk_responsible.last
    answering["helpdesk", COMPANY, None] = {worker_holder(last)} if last else set()
    return answering
