"""Dead letters: kept before the broker is told to forget the message, settled by people, never lost in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from adapters.postgres.outbox import Outgoing, outbox
from adapters.postgres.reading import LogAbsent
from adapters.postgres.schema import connect_async

PAGE = 500

KEEP = """
INSERT INTO dead_letters AS known (handler, position, event_id, topic, stream, code, sentence, deliveries)
SELECT %(handler)s, %(position)s, coalesce(nullif(%(event_id)s, ''), f.event_id::text, 'position ' || %(position)s),
       coalesce(nullif(%(topic)s, ''), f.topic, ''), coalesce(nullif(%(stream)s, ''), f.originator_id, ''),
       %(code)s, %(sentence)s, %(deliveries)s
FROM (SELECT) AS one LEFT JOIN facts f ON f.notification_id = %(position)s
ON CONFLICT (handler, event_id) DO UPDATE SET
    code = excluded.code, sentence = excluded.sentence, last_at = log_time(),
    deliveries = greatest(known.deliveries, excluded.deliveries)
WHERE known.state = 'waiting'
"""
ABSENT = "SELECT to_regclass('dead_letters') IS NULL"
FIND = """
SELECT id, handler, position, event_id, topic, stream, code, sentence, failure_group, deliveries, replays, state,
       settled_by, first_at, last_at
FROM dead_letters
WHERE id > %(after)s
  AND (%(ids)s::int8[] IS NULL OR id = ANY (%(ids)s))
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(handler)s::text IS NULL OR handler = %(handler)s)
  AND (%(group)s::text IS NULL OR failure_group = %(group)s)
ORDER BY id LIMIT %(limit)s
"""
SETTLE = """
UPDATE dead_letters SET state = %s, settled_by = %s, last_at = log_time(), replays = replays + %s
WHERE id = %s AND state = 'waiting'
"""
TRIED = """
UPDATE dead_letters SET code = %s, sentence = %s, last_at = log_time(), replays = replays + 1
WHERE id = %s AND state = 'waiting'
"""


class State(StrEnum):
    """What became of a dead letter."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class Cause(NamedTuple):
    """Why: a code and its sentence, which say nothing of any person."""

    code: str
    sentence: str


class Failed(NamedTuple):
    """A fact that a handler could not deal with; what its message did not tell of it, the log does."""

    handler: str
    position: int
    cause: Cause
    deliveries: int
    event_id: str = ""
    topic: str = ""
    stream: str = ""


class DeadLetter(NamedTuple):
    """A row as it is kept; those of one `failure_group` failed for the same reason."""

    id: int
    handler: str
    position: int
    event_id: str
    topic: str
    stream: str
    code: str
    sentence: str
    failure_group: str
    deliveries: int
    replays: int
    state: State
    settled_by: str | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Which:
    """Those that are meant; what is None does not matter."""

    ids: Sequence[int] | None = None
    handler: str | None = None
    group: str | None = None
    state: State | None = State.WAITING


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """They are few: a connection for each visit. All methods raise what `reading.Unreachable` names."""

    url: str
    schema: str

    async def keep(self, failed: Failed) -> None:
        """Keep it, once for each handler and fact; what people have settled stays settled."""
        known = failed._asdict() | failed.cause._asdict()
        async with await connect_async(self.url, self.schema) as connection:
            await connection.execute(KEEP, {name: value for name, value in known.items() if name != "cause"})

    async def find(self, which: Which, *, after: int = 0, limit: int = PAGE) -> list[DeadLetter]:
        """The oldest first, from behind an id. Raises LogAbsent."""
        known: dict[str, Any] = {"ids": None if which.ids is None else list(which.ids), "state": which.state}
        known |= {"handler": which.handler, "group": which.group, "after": after, "limit": limit}
        async with await connect_async(self.url, self.schema) as connection:
            if await (await connection.execute(ABSENT)).fetchone() == (True,):
                raise LogAbsent(
                    f"the schema {self.schema} keeps no dead letters yet; `kartoteka serve` makes the place"
                )
            cursor = await connection.execute(FIND, known)
            rows = [DeadLetter._make(row) for row in await cursor.fetchall()]
            return [row._replace(state=State(row.state)) for row in rows]

    async def settle(self, id: int, state: State, by: str) -> bool:
        """Whether it was still waiting."""
        async with await connect_async(self.url, self.schema) as connection:
            cursor = await connection.execute(SETTLE, (state, by, int(state is State.REPLAYED), id))
            return cursor.rowcount == 1

    async def tried(self, id: int, cause: Cause) -> None:
        """Replayed, and it failed again: for this reason now."""
        async with await connect_async(self.url, self.schema) as connection:
            await connection.execute(TRIED, (*cause, id))

    async def fact(self, position: int) -> Outgoing | None:
        """The fact at the position, as the relay publishes it."""
        if position < 1:
            return None
        async with outbox(self.url, self.schema) as log:
            found = await log.page(position - 1, 1)
            return found[0] if found else None
