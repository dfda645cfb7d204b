"""What is to come by itself and is due by now: a look at the front of one index, however much is to come later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from psycopg.errors import UndefinedColumn, UndefinedTable

from adapters.postgres.log import Line
from commands.reactions.timing import Coming

PAGE = 200
DUE = f"""
SELECT {", ".join(Coming._fields)} FROM timers
WHERE due <= %s AND (due, ticket, what) > (%s, %s, %s) ORDER BY due, ticket, what LIMIT {PAGE}
"""  # noqa: S608 - constants of ours
EARLIEST = datetime.min.replace(tzinfo=timezone.utc)


class Timers:
    """One connection, opened when it is needed."""

    def __init__(self, url: str, schema: str) -> None:
        self._line = Line(url, schema)

    async def due(self, now: datetime, after: Coming | None = None) -> Sequence[Coming]:
        """A page of what is due, the earliest first, behind the last one of the page before.

        Raises what `reading.Unreachable` names.
        """
        place = (EARLIEST, "", "") if after is None else (after.due, after.ticket, after.what)
        connection = await self._line.connected()
        try:
            cursor = await connection.execute(DUE.encode(), (now, *place), prepare=True)
        except (UndefinedTable, UndefinedColumn):
            return ()  # the read model is made by the first service, and anew by one that means another
        return [Coming(*row) for row in await cursor.fetchall()]

    async def close(self) -> None:
        await self._line.close()
