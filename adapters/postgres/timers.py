"""What is to come by itself and is due by now: a look at the front of two indexes, however much is to come later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from psycopg.errors import UndefinedColumn, UndefinedTable

from adapters.postgres.log import Line
from commands.reactions.timing import Coming
from domain.service.clock import Outcome
from domain.service.timer import MISSED

PAGE = 200
BEHIND = f"(due, ticket, what) > (%(due)s, %(ticket)s, %(what)s) ORDER BY due, ticket, what LIMIT {PAGE}"
DUE = f"SELECT {', '.join(Coming._fields)} FROM timers WHERE due <= %(now)s AND {BEHIND}"  # noqa: S608 - ours
MISSED_BY_NOW = f"""
SELECT * FROM (
    SELECT ticket, '{MISSED}' || target AS what, due, NULL::timestamptz AS since, NULL::int8, NULL::int8
    FROM deadlines WHERE outcome = '{Outcome.OPEN}' AND due < %(now)s AND due >= %(due)s
) missed WHERE {BEHIND}
"""  # noqa: S608 - ours
EARLIEST = datetime.min.replace(tzinfo=timezone.utc)


class Timers:
    """One connection, opened when it is needed."""

    def __init__(self, url: str, schema: str) -> None:
        self._line = Line(url, schema)

    async def due(self, now: datetime, after: Coming | None = None) -> Sequence[Coming]:
        """A page of what is due, the earliest first, behind the last one of the page before.

        Raises what `reading.Unreachable` names.
        """
        due, ticket, what = (EARLIEST, "", "") if after is None else (after.due, after.ticket, after.what)
        place = {"now": now, "due": due, "ticket": ticket, "what": what}
        found = [Coming(*row) for statement in (DUE, MISSED_BY_NOW) for row in await self._rows(statement, place)]
        return sorted(found, key=lambda each: (each.due, each.ticket, each.what))[:PAGE]

    async def _rows(self, statement: str, place: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Nothing of a read model that is not there: the first service makes it, and anew one that means another."""
        connection = await self._line.connected()
        try:
            cursor = await connection.execute(statement.encode(), place, prepare=True)
        except (UndefinedTable, UndefinedColumn):
            return ()
        return await cursor.fetchall()

    async def close(self) -> None:
        await self._line.close()
