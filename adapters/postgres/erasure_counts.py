"""What an erasure destroyed and what it keeps is counted by the facts: however often, it is the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.errors import UndefinedColumn, UndefinedTable

from adapters.sealing import leave_sealed, walk
from domain.personal import Purpose
from domain.pricing.order import ORDER, OrderPlaced
from domain.privacy.erasure import Counted, Erasure, Kept
from domain.service.exchange import TicketMessageLogged
from domain.service.ticket import TICKET, TicketOpened

Connection = AsyncConnection[Any]

SLA_OUTCOMES, AMOUNTS, BARE_FACT = "sla-outcomes", "amounts", "bare-fact"
"""Grounds on which something stays that tells nothing of a person (D23)."""

SEAL = b'"sealed"'
TICKETS = """
SELECT ticket FROM contact_tickets WHERE contact = ANY (%s::text[])
UNION SELECT ticket FROM tickets WHERE subject = ANY (%s::text[])
"""
ORDERS = "SELECT order_id FROM orders WHERE customer = ANY (%s::text[])"
BODIES = "SELECT originator_id, originator_version, topic, state FROM facts WHERE originator_id = ANY (%s::text[])"
HOW_MANY = "SELECT count(*) FROM facts WHERE originator_id = ANY (%s::text[]) AND topic = %s"


async def counted(
    connection: Connection, erasure: Erasure, streams: Collection[str]
) -> tuple[tuple[Counted, ...], tuple[Kept, ...]]:
    """What of the round opens no more, and what stays; `streams` are all in which there is data of the person."""
    subjects, purposes = set(erasure.subjects), set(map(str, erasure.purposes))
    destroyed, proof, messages = dict[str, int](), dict[str, int](), 0
    async for stream, version, topic, state in connection.cursor().stream(BODIES, (list(streams),)):
        if SEAL not in state:
            continue
        found = list(_envelopes(topic, stream, version, state, subjects))
        messages += bool(found) and topic == TicketMessageLogged.topic
        for path, purpose in found:
            kind = f"{topic} {path}"
            if purpose in purposes:
                destroyed[kind] = destroyed.get(kind, 0) + 1
            elif purpose == Purpose.PROOF:
                proof[kind] = proof.get(kind, 0) + 1
    bare = {TicketMessageLogged.topic: (messages, BARE_FACT), **await _bare(connection, erasure)}
    kept = [
        *((kind, n, str(Purpose.PROOF)) for kind, n in sorted(proof.items())),
        *((kind, n, ground) for kind, (n, ground) in sorted(bare.items()) if n),
    ]
    return (
        tuple(Counted(kind=kind, count=n) for kind, n in sorted(destroyed.items())),
        tuple(Kept(kind=kind, count=n, ground=ground) for kind, n, ground in kept),
    )


async def _bare(connection: Connection, erasure: Erasure) -> Mapping[str, tuple[int, str]]:
    """What tells nothing of anybody: numbers, dates and outcomes of tickets, amounts of orders."""
    contacts, subjects = list(erasure.contacts), list(erasure.subjects)
    tickets = [TICKET.stream(id) for (id,) in await _rows(connection, TICKETS, contacts, subjects)]
    orders = [ORDER.stream(id) for (id,) in await _rows(connection, ORDERS, contacts)]
    opened, placed = TicketOpened.topic, OrderPlaced.topic
    ((of_tickets,),) = await _rows(connection, HOW_MANY, tickets, opened)
    ((of_orders,),) = await _rows(connection, HOW_MANY, orders, placed)
    return {opened: (int(of_tickets), SLA_OUTCOMES), placed: (int(of_orders), AMOUNTS)}


def _envelopes(
    topic: str, stream: str, version: int, state: bytes, subjects: Collection[str]
) -> Iterable[tuple[str, str]]:
    """Where each envelope of the subjects stands in a fact, and for what purpose."""
    found: list[tuple[str, str]] = []

    def heard(envelope: dict[str, Any], place: tuple[str, str, int], path: str) -> Any:
        if envelope["subject"] in subjects:
            found.append((path, envelope["purpose"]))
        return leave_sealed(envelope, place, path)

    walk(orjson.loads(state), (topic, stream, version), heard)
    return found


async def _rows(connection: Connection, statement: str, *given: Any) -> list[tuple[Any, ...]]:
    """Nothing of a read model that is being made for the first time."""
    with suppress(UndefinedTable, UndefinedColumn):
        return await (await connection.execute(statement.encode(), given)).fetchall()
    return []
