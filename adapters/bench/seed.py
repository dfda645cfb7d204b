"""Facts in bulk: sealed, guarded, chained and logged by the same append as all others; only nobody asked for them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
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
from domain.fact import Event, Fact
from domain.service.clock import Outcome
from domain.service.exchange import TicketCallLogged
from domain.service.holding import TicketAssigned
from domain.service.selection import Scope
from domain.service.statement import OutcomeStated
from domain.service.target import Target
from domain.service.ticket import (
    TicketAssessed,
    TicketContractSelected,
    TicketEvent,
    TicketNoted,
    TicketOpened,
    TicketResolved,
)
from domain.staff.worker import SYSTEM
from domain.values import AreaId, ContactId, ContractId, SubjectId, TicketId, WorkerId

FACTS_OF_ONE = 10
"""A ticket as it is usually seeded: opened, promised, and eight notes."""

LIFE_FACTS = 8
"""A ticket whose life was told to its end."""

Story = Callable[[Company, SubjectId, ContactId, datetime], Iterator[TicketEvent]]
"""What happened to a ticket, fact by fact."""

AS_SEEDED = NoteOnTicket(ticket=TicketId("seeded"), text="as seeded")
SUBJECTS = 500
AT_ONCE = 100
"""Attempts in one transaction."""


async def seed(
    place: Place, company: Company, facts: int, streams: Sequence[int] = (), story: Story | None = None
) -> list[str]:
    """About so many facts in tickets of ten, and one ticket of each length in `streams`; the ids of all, in order.

    With a `story` every ticket is told by it to its end instead.
    """
    log = PostgresLog(
        place.postgres_url,
        place.settings.schema_name,
        Keyring(opened_keys(place.postgres_url, place.settings.schema_name, place.keys)),
    )
    subjects = [SubjectId(os.urandom(16).hex()) for _ in range(SUBJECTS)]
    told = story or noted
    sizes = [*streams, *[FACTS_OF_ONE] * (facts // (LIFE_FACTS if story else FACTS_OF_ONE))]
    waiting = (ticket(company, subjects[n % SUBJECTS], n, size, told) for n, size in enumerate(sizes))
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


def ticket(company: Company, subject: SubjectId, number: int, size: int, story: Story) -> Attempt:
    """One ticket with a life of so many facts, as one attempt."""
    now = datetime.now(timezone.utc)
    customer = ContactId(company.customers[number % len(company.customers)])
    events = list(islice(story(company, subject, customer, now), size))
    return attempt(f"ticket-{uuid4()}", events, now, by=WorkerId(company.worker))


def attempt(stream: str, events: Sequence[Event], now: datetime, *, by: WorkerId = SYSTEM) -> Attempt:
    """All that ever happened to one thing, as one attempt; its command id is all that is asked of the request."""
    id = stream.partition("-")[2]
    return Attempt(
        request=Request(
            caller="seed",
            id=command_id().decode(),
            fingerprint=bytes(16),
            actor=by,
            command=AS_SEEDED,
            received_at=now,
            new_id=id,
            new_subject=SubjectId(""),
        ),
        at=now,
        reads={stream: 0},
        facts=[Fact(stream, version, event, now, now, by) for version, event in enumerate(events, 1)],
        thing=id,
        version=len(events),
    )


def noted(company: Company, subject: SubjectId, customer: ContactId, _: datetime) -> Iterator[TicketEvent]:
    """A ticket that is noted on for ever."""
    yield _opened(company, subject, customer)
    yield TicketContractSelected(contract=None, version=0, scope=None)
    while True:
        yield TicketNoted(subject=subject, text="They rang again and asked how long it takes.")


def lived(company: Company, subject: SubjectId, customer: ContactId, at: datetime) -> Iterator[TicketEvent]:
    """What the five commands of a ticket's life make: promised, assessed, assigned, answered, resolved, judged."""
    contract = ContractId(company.contract)
    yield _opened(company, subject, customer)
    yield TicketContractSelected(contract=contract, version=1, scope=Scope.MODULE)
    yield TicketAssessed(severity="high")
    yield TicketAssigned(assignee=WorkerId(company.worker))
    yield TicketCallLogged(subject=subject, answered=True, note="Spoke with them")
    yield stated(Target.FIRST_RESPONSE, contract, at)
    yield TicketResolved()
    yield stated(Target.RESOLUTION, contract, at)


def stated(target: Target, contract: ContractId, at: datetime) -> OutcomeStated:
    """A target that was met in time."""
    return OutcomeStated(
        target=target,
        outcome=Outcome.MET,
        due=at + timedelta(hours=8),
        contract=contract,
        contract_version=1,
        judged_at=at,
        consumed_seconds=0,
    )


def _opened(company: Company, subject: SubjectId, customer: ContactId) -> TicketOpened:
    return TicketOpened(
        subject=subject,
        reporter=customer,
        customer=customer,
        area=AreaId(company.area),
        incident_type=None,
        title="Something is broken",
    )
