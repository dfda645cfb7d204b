"""Reckonings over the log in memory: what is not at hand is read, and what is looked up is found the slow way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from specification import MONDAY, Given

from commands.catalogue import COMMANDS
from commands.lookup import (
    CHARGES,
    DUTIES,
    ENDED,
    HELD,
    NOTICED,
    OPEN_TICKETS,
    REACHED,
    RECEIVED,
    Charge,
    Ended,
    Held,
    Noticed,
    Received,
    Wanted,
)
from commands.reckoning import Reckoned, Reckoning
from commands.retrospect import Loaded, Present, Unread
from commands.service.book import read_book
from commands.sight import lies_open
from domain.clients.contact import CONTACT
from domain.clients.directory import DIRECTORY
from domain.clients.group import GROUP, NOBODY
from domain.company.process_area import PROCESS_AREA
from domain.company.settings import COMPANY, SETTINGS
from domain.decider import Decider
from domain.refusal import Refused
from domain.service.contract import CONTRACT
from domain.service.life import Verdict, written
from domain.service.promise import judgements
from domain.service.status import Status
from domain.service.ticket import TICKET, Ticket
from domain.staff.area import AREA
from domain.staff.team import TEAM
from domain.staff.worker import SYSTEM
from domain.talk.gateway import GATEWAY
from domain.values import NoticeId, TicketId, WorkerId, team_holder, worker_holder
from domain.work.notice import NoticeWithheld, NoticeWritten

OVER = ("resolved", "closed", "merged")


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
        if lookup is HELD:
            yield from (Held("ticket", id) for id in _of_team(world, key, at))
    elif lookup is NOTICED:
        yield from (Noticed(NoticeId(id)) for id in noticed(world, *key.split("/")))
    elif lookup is DUTIES:
        yield from (Charge(*row) for row, answering in rows(world).items() if answering & holders)
    elif lookup is CHARGES or lookup is OPEN_TICKETS:
        for id, ticket in every(world, TICKET):
            mine = ticket.holding.assignee == key if lookup is CHARGES else ticket.contract(at) is not None
            if mine and ticket.status(at) not in OVER:
                yield Charge("ticket", id, None)
        if lookup is CHARGES:
            yield from (Charge(*row) for row, answering in rows(world).items() if worker_holder(key) in answering)
    elif lookup is ENDED or lookup is RECEIVED:
        yield from received(world, json.loads(key), at, over=lookup is ENDED)
    else:
        yield from world.log.found.get(wanted, ())


def _of_team(world: Given, holder: str, at: datetime) -> Iterator[str]:
    """The open tickets that were given to a team."""
    for id, ticket in every(world, TICKET):
        team = ticket.holding.team
        if team is not None and team_holder(team) == holder and ticket.status(at) not in OVER:
            yield id


def noticed(world: Given, ticket: str, worker: str) -> Iterator[str]:
    """Notices that were written or withheld."""
    for fact in world.log.facts:
        told = isinstance(fact.event, NoticeWritten | NoticeWithheld)
        if told and (fact.event.ticket, fact.event.recipient) == (ticket, worker):
            yield fact.stream.removeprefix("notice-")


def received(world: Given, key: dict[str, Any], at: datetime, *, over: bool) -> list[Ended] | list[Received]:
    """Of all tickets, or of those that are over, those that are meant, and that the one who asks may know of."""
    asked, found = present(world, key["actor"], at), list[Any]()
    since, until = (datetime.fromisoformat(key[name]) for name in ("since", "until"))
    for id, ticket in every(world, TICKET):
        meant = ticket.opened_at is not None and since <= ticket.opened_at < until
        if meant and ticket.area == (key["area"] or ticket.area) and lies_open(asked, ticket):
            lives = [Ended(TicketId(id), ticket.opened_at, line) for line in _life(world, ticket)]
            found += lives if over else [Received(TicketId(id), ticket.opened_at)]
    found.sort(key=lambda each: (each.received_at, each.ticket))
    return [each for each in found if each.received_at <= found[: key["most"]][-1].received_at]


def _life(world: Given, ticket: Ticket) -> Iterator[str]:
    last = ticket.moments.entries[-1].since
    if ticket.status(last) in (*OVER, Status.MERGED):
        book = read_book(present(world, SYSTEM, last), sorted(ticket.contracts()))
        judged = judgements(ticket.moments, book, last)
        yield written(ticket.moments, {mark: Verdict(each.outcome, each.due) for mark, each in judged.items()})


def present(world: Given, actor: str, at: datetime) -> Present:
    """Whoever asks then, with everything at hand."""
    loaded = Loaded(str)

    def read(unread: Unread) -> None:
        loaded.streams |= {stream: tuple(world.log.streams.get(stream, ())) for stream in unread.streams}

    loaded.read = read
    return Present(loaded, WorkerId(actor), at)


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
    for kind, decider in (("contact", CONTACT), ("gateway", GATEWAY)):
        for id, each in every(world, decider):
            answering[kind, id, None] = {each.responsible.last} - {None}
    for id, each in every(world, CONTRACT):
        answering["contract", id, None] = {each.versions[-1].terms.responsible} - {None}
    last = world.state(SETTINGS, COMPANY).helpdesk_responsible.last
    answering["helpdesk", COMPANY, None] = {worker_holder(last)} if last else set()
    return answering
