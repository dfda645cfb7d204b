"""The log of facts for command handling: load streams, append batches, hear of what others stored."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import AsyncConnection

from adapters.postgres.keys import Keyring
from adapters.postgres.recorder import FactMapper
from adapters.postgres.schema import connect_async
from adapters.sealing import KeyName, keys_needed
from commands.request import Attempt, Fate, Settled
from domain.fact import Fact

T = TypeVar("T")

LOAD = """
SELECT f.originator_id, f.originator_version, f.topic, f.state, f.happened_at, f.recorded_at, f.actor
FROM unnest(%b::text[], %b::int8[]) AS wanted(stream, version)
JOIN facts f ON f.originator_id = wanted.stream AND f.originator_version > wanted.version
ORDER BY f.originator_id, f.originator_version
"""
NEWS = """
SELECT originator_id, originator_version, topic, state, happened_at, recorded_at, actor, notification_id
FROM facts WHERE notification_id > %b ORDER BY notification_id LIMIT 2000
"""
HEAD = "SELECT position FROM head"
APPEND = """
SELECT first_position, first_recorded_at, fates FROM append(
    %b::text[], %b::uuid[], %b::bytea[], %b::text[], %b::bool[], %b::text[], %b::int8[], %b::text[], %b::timestamptz[],
    %b::text[], %b::text[],
    %b::text[], %b::int8[], %b::text,
    %b::int4[], %b::text[], %b::int8[], %b::text[], %b::bytea[], %b::uuid[],
    %b::int4[], %b::text[], %b::interval)
"""
LISTENED_SECONDS = 1.0
RETRY_SECONDS = 0.1


class LogUnavailable(Exception):
    """Postgres did not answer in time. Whether the batch was stored is not known until it is asked again."""


class PostgresLog:
    """One connection, used by one handler; it is opened again when it breaks.

    `patience_seconds` is how long a call waits for Postgres to come back. A batch is simply sent again then:
    the command log tells what the broken connection left unsaid.
    """

    def __init__(self, url: str, schema: str, keyring: Keyring, *, patience_seconds: float = 15.0) -> None:
        self._url, self._schema, self._keyring = url, schema, keyring
        self._patience_seconds = patience_seconds
        self._connection: AsyncConnection[Any] | None = None
        self._mapper = FactMapper()
        self._seen: int | None = None
        self._others_until = 0.0
        self.clock_offset = timedelta()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def load(self, after: Mapping[str, int]) -> Mapping[str, Sequence[Fact[Any]]]:
        """The facts of each stream after the given version, personal fields sealed."""
        return await self._patiently(lambda connection: self._load(connection, after))

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        """Store the batch in one transaction; the fate of each attempt, in order."""
        return await self._patiently(lambda connection: self._append(connection, attempts))

    async def news(self) -> Sequence[tuple[str, int, Fact[Any] | None]]:
        """What others stored since the last look; asked for only while others have been heard of lately."""
        if self._seen is not None and time.monotonic() > self._others_until:
            return ()
        return await self._patiently(self._news)

    async def _load(self, connection: AsyncConnection[Any], after: Mapping[str, int]) -> dict[str, list[Fact[Any]]]:
        cursor = await connection.execute(LOAD, (list(after), list(after.values())), prepare=True, binary=True)
        loaded: dict[str, list[Fact[Any]]] = {}
        for row in await cursor.fetchall():
            loaded.setdefault(row[0], []).append(self._mapper.fact(*row))
        return loaded

    async def _news(self, connection: AsyncConnection[Any]) -> list[tuple[str, int, Fact[Any] | None]]:
        if self._seen is None:
            cursor = await connection.execute(HEAD)
            (self._seen,) = await cursor.fetchone() or (0,)
            return []
        cursor = await connection.execute(NEWS, (self._seen,), prepare=True, binary=True)
        rows = await cursor.fetchall()
        if rows:
            self._seen, self._others_until = rows[-1][7], time.monotonic() + LISTENED_SECONDS
        return [(row[0], row[1], self._mapper.fact(*row[:7])) for row in rows]

    async def _append(self, connection: AsyncConnection[Any], attempts: Sequence[Attempt]) -> list[Settled]:
        needed = {name for attempt in attempts for fact in attempt.facts for name in keys_needed(fact.event)}
        keys = await self._keyring.for_sealing(connection, needed) if needed else {}
        fenced = needed - keys.keys()
        sent = [attempt for attempt in attempts if not _rests_on(fenced, attempt)] if fenced else attempts
        settled = iter(await self._send(connection, sent, keys))
        return [Settled(Fate.FENCED) if fenced and _rests_on(fenced, each) else next(settled) for each in attempts]

    async def _send(self, connection: AsyncConnection[Any], attempts: Sequence[Attempt], keys: Any) -> list[Settled]:
        if not attempts:
            return []
        parameters = self._parameters(attempts, keys)
        cursor = await connection.execute(APPEND, parameters, prepare=True, binary=True)
        first, _, fates = await cursor.fetchone() or (0, None, None)
        settled = _settled(attempts, first, fates)
        if self._seen is None or first - 1 > self._seen or any(one.fate is Fate.MOVED for one in settled):
            self._others_until = time.monotonic() + LISTENED_SECONDS
        else:
            self._seen = max(one.position for one in settled) if fates is None else self._seen
        return settled

    def _parameters(self, attempts: Sequence[Attempt], keys: Any) -> tuple[Any, ...]:
        requests = [attempt.request for attempt in attempts]
        facts = [(n, fact) for n, attempt in enumerate(attempts, 1) for fact in attempt.facts]
        versions: dict[str, int] = {}
        for attempt in attempts:
            versions |= attempt.reads
        streams = {stream: n for n, stream in enumerate(versions)}
        reads = orjson.dumps(
            [
                {
                    "reads": [streams[stream] for stream in attempt.reads],
                    "writes": [streams[fact.stream] for fact in attempt.facts],
                }
                for attempt in attempts
            ]
        ).decode()
        sealed = [(n, name.subject) for n, fact in facts for name in keys_needed(fact.event)]
        return (
            [request.caller for request in requests],
            [uuid.UUID(request.id) for request in requests],
            [request.fingerprint for request in requests],
            [attempt.code for attempt in attempts],
            [attempt.kept for attempt in attempts],
            [attempt.thing for attempt in attempts],
            [attempt.version for attempt in attempts],
            [request.actor for request in requests],
            [attempt.at for attempt in attempts],
            [request.correlation for request in requests],
            [request.causation for request in requests],
            list(versions),
            list(versions.values()),
            reads,
            [n for n, _ in facts],
            [fact.stream for _, fact in facts],
            [fact.version for _, fact in facts],
            [fact.event.topic for _, fact in facts],
            [self._mapper.state(fact, keys) for _, fact in facts],
            [uuid.uuid4() for _ in facts],
            [n for n, _ in sealed],
            [subject for _, subject in sealed],
            self.clock_offset,
        )

    async def _patiently(self, ask: Callable[[AsyncConnection[Any]], Awaitable[T]]) -> T:
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                return await ask(await self._connected())
            except psycopg.OperationalError as error:
                await self.close()
                if time.monotonic() > until:
                    raise LogUnavailable(str(error)) from error
                await asyncio.sleep(RETRY_SECONDS)

    async def _connected(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._url, self._schema)
        return self._connection


def _rests_on(fenced: Iterable[KeyName], attempt: Attempt) -> bool:
    return any(name in fenced for fact in attempt.facts for name in keys_needed(fact.event))


def _settled(attempts: Sequence[Attempt], first: int, fates: list[dict[str, Any]] | None) -> list[Settled]:
    """Positions have no gaps: those of the stored attempts follow from the first."""
    settled, position = [], first - 1
    for n, attempt in enumerate(attempts):
        fate = {"fate": "stored"} if fates is None else fates[n]
        if fate["fate"] == Fate.STORED:
            position += len(attempt.facts)
            settled.append(Settled(Fate.STORED, position=position))
        else:
            settled.append(Settled(**{**fate, "fate": Fate(fate["fate"])}))
    return settled


