"""Rights that have ended, and absences that have begun or ended: no fact tells of it, only the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.errors import UndefinedTable

from adapters.postgres.schema import connect_async

SKEW = timedelta(seconds=5)
"""By how much the clock of a service may be behind: by its own, too, the right has ended."""

LAST = """
SELECT max(until) FROM (
    SELECT max(until) AS until FROM access_directories WHERE until <= %(by)s
    UNION ALL SELECT max(until) FROM access_roles WHERE until <= %(by)s
    UNION ALL SELECT max(since) FROM absences WHERE since <= %(by)s
    UNION ALL SELECT max(until) FROM absences WHERE until <= %(by)s
) ends
"""


async def last_end(url: str, schema: str, now: datetime) -> datetime | None:
    """When that happened last, if it has by now. Raises what `reading.Unreachable` names."""
    async with await connect_async(url, schema) as connection:
        try:
            row = await (await connection.execute(LAST, {"by": now - SKEW})).fetchone()
        except UndefinedTable:
            return None  # the access model is made by the first service
        return row[0] if row else None
