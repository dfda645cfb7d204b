"""What decisions look up: one statement each, of the read models as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UndefinedTable

from commands.lookup import (
    CHARGES,
    DUTIES,
    ENDED,
    HELD,
    LACKING,
    NOTICED,
    OPEN_TICKETS,
    ORDERS_UNFINISHED,
    REACHED,
    RECEIVED,
    STORED,
    SUBJECTS_OF,
    SUBJECTS_TICKETS_NOT_CLOSED,
    TEAMS_OF,
    TICKETS_NOT_CLOSED,
    Lookup,
    Wanted,
)
from projections.clients.client_file import CLIENT_FILE
from projections.company import lacking
from projections.model import ReadModel
from projections.pricing.orders import ORDERED
from projections.privacy.subjects import SUBJECTS
from projections.service import lives
from projections.service.tickets import DESK
from projections.staff import charge

ATTACHED_WITHIN = timedelta(days=1)
"""How long contents wait to be attached, counted from the last part that was put."""

MINE = """
    SELECT %(key)s::text AS holder
    UNION ALL SELECT 'team:' || team FROM access_members
    WHERE worker = split_part(%(key)s, ':', 2) AND %(key)s LIKE 'worker:%%'"""
"""The holder, and the teams of one who is a worker."""


def links_of(person: str) -> str:
    """By what each subject of a person stands for them, or for somebody else."""
    mine = f"SELECT mine.subject FROM subject_links mine WHERE mine.person = {person}"
    return f"SELECT subject, through FROM subject_links WHERE subject IN ({mine})"


STATEMENTS: Mapping[Lookup[Any], str] = {
    CHARGES: charge.LOOKED_UP,
    HELD: """
        SELECT 'directory', directory FROM access_directories WHERE holder = %(key)s
        UNION SELECT 'area', area FROM access_roles WHERE holder = %(key)s
        UNION SELECT 'ticket', ticket FROM ticket_standings
        WHERE team = split_part(%(key)s, ':', 2) AND %(key)s LIKE 'team:%%' AND NOT over ORDER BY 1, 2""",
    REACHED: f"""
        WITH mine AS MATERIALIZED ({MINE})
        SELECT 'directory', directory FROM access_directories JOIN mine USING (holder)
        UNION SELECT 'area', area FROM access_roles JOIN mine USING (holder) ORDER BY 1, 2""",
    DUTIES: f"""
        WITH mine AS MATERIALIZED ({MINE})
        SELECT kind, thing, nullif(process_area, '') FROM ({lacking.ROWS}) r
        WHERE 'worker:' || r.person IN (SELECT holder FROM mine) OR 'team:' || r.team IN (SELECT holder FROM mine)
        ORDER BY 1, 2, 3""",
    OPEN_TICKETS: """
        SELECT 'ticket', ticket, NULL FROM ticket_standings WHERE NOT over AND contract IS NOT NULL
        ORDER BY ticket LIMIT %(key)s::int""",
    TEAMS_OF: "SELECT team FROM access_members WHERE worker = %(key)s ORDER BY team",
    ENDED: lives.ENDED,
    RECEIVED: lives.RECEIVED,
    STORED: f"""
        SELECT contact, subject, size_bytes, digest, touched_at + interval '{ATTACHED_WITHIN.total_seconds()} seconds'
        FROM stored_files WHERE file = %(key)s AND digest IS NOT NULL""",
    NOTICED: """
        WITH asked(ticket, recipient) AS (SELECT split_part(%(key)s, '/', 1), split_part(%(key)s, '/', 2))
        SELECT notice FROM asked JOIN notices USING (ticket, recipient)
        UNION ALL SELECT notice FROM asked JOIN notices_withheld USING (ticket, recipient) ORDER BY 1""",
    SUBJECTS_OF: f"SELECT subject, through FROM ({links_of('%(key)s')}) l ORDER BY 1, 2",
    TICKETS_NOT_CLOSED: f"""
        SELECT ticket FROM contact_tickets JOIN ticket_standings USING (ticket)
        WHERE contact = %(key)s AND status <> 'closed'
        UNION SELECT ticket FROM ({links_of("'contact:' || %(key)s")}) l
        JOIN ticket_standings ON ticket = substr(l.through, 8)
        WHERE l.through LIKE 'ticket-%%' AND status <> 'closed' ORDER BY ticket""",
    SUBJECTS_TICKETS_NOT_CLOSED: """
        SELECT ticket FROM tickets JOIN ticket_standings USING (ticket)
        WHERE subject = %(key)s AND status <> 'closed' ORDER BY ticket""",
    ORDERS_UNFINISHED: """
        SELECT order_id FROM orders WHERE customer = %(key)s AND stage NOT IN ('settled', 'cancelled')
        ORDER BY order_id""",
    LACKING: lacking.LOOKED_UP.replace("%(received)s", "%(key)s::timestamptz"),
}


def _names(models: Iterable[ReadModel]) -> frozenset[str]:
    """Of those that follow the log; the one within the append is always there."""
    return frozenset(model.name for model in models if not model.within_append)


FOLLOWED: Mapping[Lookup[Any], frozenset[str]] = {
    LACKING: _names(lacking.RESTS_ON),
    SUBJECTS_OF: _names((SUBJECTS,)),
    TICKETS_NOT_CLOSED: _names((CLIENT_FILE, DESK, SUBJECTS)),
    SUBJECTS_TICKETS_NOT_CLOSED: _names((DESK,)),
    ORDERS_UNFINISHED: _names((ORDERED,)),
    CHARGES: _names(charge.WorkerCharges.rests_on),
}
"""The read models that must have come as far as a fact for what follows from it to be looked up there."""


async def find(connection: AsyncConnection[Any], wanted: Iterable[Wanted]) -> dict[Wanted, tuple[Any, ...]]:
    """The rows under each key, in their shapes; of a read model that is being made for the first time nothing."""
    found: dict[Wanted, tuple[Any, ...]] = {}
    for lookup, key in wanted:
        with suppress(UndefinedTable):
            cursor = await connection.execute(STATEMENTS[lookup].encode(), {"key": key}, prepare=True)
            found[lookup, key] = tuple(lookup.row(*row) for row in await cursor.fetchall())
    return found
