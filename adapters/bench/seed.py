"""Facts in bulk: sealed, guarded, chained and logged by the same append as all others; only nobody asked for them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import islice
from uuid import uuid4

from adapters.bench.life import command_id
from adapters.bench.side import Company
from adapters.composition import Place
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import PostgresLog
from adapters.postgres.schema import connect_async
from commands.request import Attempt, Request
from commands.service.ticket import NoteOnTicket
from domain.fact import Fact
from domain.service.ticket import TicketContractSelected, TicketEvent, TicketNoted, TicketOpened
from domain.values import AreaId, ContactId, SubjectId, TicketId, WorkerId

FACTS_OF_ONE = 10
"""A ticket as it is usually seeded: opened, promised, and eight notes."""

SUBJECTS = 500
AT_ONCE = 100
"""Attempts in one transaction."""


async def seed(place: Place, company: Company, facts: int, streams: Sequence[int] = ()) -> list[str]:
    """About so many facts in tickets of ten, and one ticket of each length in `streams`; the ids of all, in order."""
    log = PostgresLog(
        place.postgres_url,
        place.settings.schema_name,
        Keyring(opened_keys(place.postgres_url, place.settings.schema_name, place.keys)),
    )
    subjects = [SubjectId(os.urandom(16).hex()) for _ in range(SUBJECTS)]
    sizes = [*streams, *[FACTS_OF_ONE] * (facts // FACTS_OF_ONE)]
    waiting = (ticket(company, subjects[n % SUBJECTS], n, size) for n, size in enumerate(sizes))
    try:
        tickets = await store(log, [*islice(waiting, AT_ONCE)])
        while some := [*islice(waiting, 2 * AT_ONCE)]:
            # Two at a time: one is sealed while the other is stored.
            halves = await asyncio.gather(store(log, some[:AT_ONCE]), store(log, some[AT_ONCE:]))
            tickets += [id for half in halves for id in half]
    finally:
        await log.close()
    await settle(place)
    return tickets


async def store(log: PostgresLog, some: Sequence[Attempt]) -> list[str]:
    """The ids of the tickets, when they are stored."""
    settled = await log.append(some)
    if not all(one.position for one in settled):
        raise AssertionError("a seed is in nobody's way")
    return [attempt.thing for attempt in some]


async def settle(place: Place) -> None:
    """Have done what the database would otherwise do some time later, in the middle of a measurement."""
    connection = await connect_async(place.postgres_url, place.settings.schema_name)
    for statement in ("VACUUM (ANALYZE) facts", "VACUUM (ANALYZE) command_log", "CHECKPOINT"):
        await connection.execute(statement)
    await connection.close()


def ticket(company: Company, subject: SubjectId, number: int, size: int) -> Attempt:
    """One ticket with a life of so many facts, as one attempt."""
    id, now = TicketId(str(uuid4())), datetime.now(timezone.utc)
    stream, worker = f"ticket-{id}", WorkerId(company.worker)
    customer = ContactId(company.customers[number % len(company.customers)])
    events = islice(history(company, subject, customer), size)
    return Attempt(
        request=Request(
            caller="seed",
            id=command_id().decode(),
            fingerprint=bytes(16),
            actor=worker,
            command=NoteOnTicket(ticket=id, text="as seeded"),
            received_at=now,
            new_id=id,
            new_subject=subject,
        ),
        at=now,
        reads={stream: 0},
        facts=[Fact(stream, version, event, now, now, worker) for version, event in enumerate(events, 1)],
        thing=id,
        version=size,
    )


def history(company: Company, subject: SubjectId, customer: ContactId) -> Iterator[TicketEvent]:
    """A ticket that is noted on for ever."""
    yield TicketOpened(
        subject=subject,
        reporter=customer,
        customer=customer,
        area=AreaId(company.area),
        incident_type=None,
        title="Something is broken",
    )
    yield TicketContractSelected(contract=None, version=0, scope=None)
    while True:
        yield TicketNoted(subject=subject, text="They rang again and asked how long it takes.")
