"""The log of facts for command handling: load streams, append batches, hear of what others stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import AsyncConnection

from adapters.clock import Clock, MovedClock, ahead_of, now
from adapters.postgres import finder
from adapters.postgres.keys import Keyring
from adapters.postgres.recorder import FactMapper
from adapters.postgres.schema import KEYED, connect_async
from adapters.postgres.statement import Parameter, Words, blobs, call, numbers, prepare, words
from adapters.postgres.views.definition import within
from adapters.postgres.views.registry import ACCESS_VERSION
from adapters.sealing import DataKey, KeyName, keys_needed
from commands.lookup import Wanted
from commands.request import Attempt, Fate, News, Settled
from domain.fact import Fact
from domain.privacy.erasure import ErasureFenced, ErasureProofLapsed
from projections import access
from projections.access import ACCESS

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
REAL_TIME = "SELECT keep_real_time()"
APPEND = """
SELECT first_position, fates, other_access FROM append(
    $1::text[], $2::uuid[], $3::bytea[], $4::text[], $5::bool[], $6::text[], $7::int8[], $8::int4[],
    $9::text[], $10::int8[], $11::text,
    $12::int4[], $13::text[], $14::int8[], $15::text[], $16::bytea[],
    $17::timestamptz[], $18::text[], $19::text[], $20::uuid[], $21::text[], $22::text[],
    $23::int4[], $24::text[], $25::interval, $26::int4, $27::json)
"""
FENCING = (ErasureFenced, ErasureProofLapsed)
LISTENED_SECONDS = 1.0
RETRY_SECONDS = 0.1


class LogUnavailable(Exception):
    """Postgres did not answer in time. Whether the batch was stored is not known until it is asked again."""


class AccessModelOther(LogUnavailable):
    """The access model was made anew by another version of the service: this process must not append to it."""


class PostgresLog:
    """One connection to write and one to read, used by one handler; opened again when they break.

    `patience_seconds` is how long a call waits for Postgres to come back. A batch is simply sent again then:
    the command log tells what the broken connection left unsaid. By real time nothing is stored where the log has a
    test clock; `options` are more server settings of the connection that writes.
    """

    def __init__(
        self,
        url: str,
        schema: str,
        keyring: Keyring,
        *options: str,
        patience_seconds: float = 15.0,
        clock: Clock = now,
    ) -> None:
        self._keyring, self._clock = keyring, clock
        self._patience_seconds = patience_seconds
        first = None if isinstance(clock, MovedClock) else REAL_TIME
        self._writing = Line(url, schema, *options, first=first, append_batch=APPEND)
        self._reading = Line(url, schema)
        self._sealing = asyncio.Lock()
        self._mapper = FactMapper()
        self._seen: int | None = None
        self._others_until = 0.0
        self._access: int | None = None

    async def close(self) -> None:
        await self._writing.close()
        await self._reading.close()

    async def load(self, after: Mapping[str, int]) -> Mapping[str, Sequence[Fact[Any]]]:
        """The facts of each stream after the given version, personal fields sealed."""
        return await self._patiently(self._reading, lambda connection: self._load(connection, after))

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        """Store the batch in one transaction; the fate of each attempt, in order."""
        return await self._patiently(self._writing, lambda connection: self._append(connection, attempts))

    async def news(self) -> Sequence[News]:
        """What others stored since the last look; asked for only while others have been heard of lately."""
        if self._seen is not None and time.monotonic() > self._others_until:
            return ()
        return await self._patiently(self._reading, self._news)

    async def find(self, wanted: Iterable[Wanted]) -> Mapping[Wanted, tuple[Any, ...]]:
        """What the read models have under each key."""
        return await self._patiently(self._reading, lambda connection: finder.find(connection, wanted))

    async def _load(self, connection: AsyncConnection[Any], after: Mapping[str, int]) -> dict[str, list[Fact[Any]]]:
        cursor = await connection.execute(LOAD, (list(after), list(after.values())), prepare=True, binary=True)
        loaded: dict[str, list[Fact[Any]]] = {}
        for row in await cursor.fetchall():
            loaded.setdefault(row[0], []).append(self._mapper.fact(*row))
        return loaded

    async def _news(self, connection: AsyncConnection[Any]) -> list[News]:
        if self._seen is None:
            cursor = await connection.execute(HEAD)
            (self._seen,) = await cursor.fetchone() or (0,)
            return []
        cursor = await connection.execute(NEWS, (self._seen,), prepare=True, binary=True)
        rows = await cursor.fetchall()
        if rows:
            self._seen, self._others_until = rows[-1][7], time.monotonic() + LISTENED_SECONDS
        return [News(row[0], row[1], row[2], partial(self._mapper.fact, *row[:7])) for row in rows]

    async def _append(self, connection: AsyncConnection[Any], attempts: Sequence[Attempt]) -> list[Settled]:
        async with self._sealing:
            names = _names(attempts)
            needed = {name for _, name in names}
            keys = await self._keyring.for_sealing(await self._reading.connected(), needed) if needed else {}
            unsent = _unsent(attempts, needed - keys.keys()) if needed else {}
            sent = attempts
            if unsent:
                sent = [attempt for n, attempt in enumerate(attempts) if n not in unsent]
                names = _names(sent)
            batch = Batch.of(sent, names, keys, self._mapper, ahead_of(self._clock))
        settled = iter(await self._guarded(connection, batch))
        return [Settled(unsent[n]) if n in unsent else next(settled) for n in range(len(attempts))]

    async def _guarded(self, connection: AsyncConnection[Any], batch: Batch) -> list[Settled]:
        """Stored under the version of the access model that appends keep now. Raises AccessModelOther."""
        while batch.attempts:
            if self._access is None:
                self._access = await self._access_version()
            try:
                return await self._send(connection, batch, self._access)
            except AccessMoved:
                self._access = None
        return []

    async def _access_version(self) -> int:
        cursor = await (await self._reading.connected()).execute(ACCESS_VERSION)
        version, fingerprint = await cursor.fetchone() or (0, None)
        if version and fingerprint != ACCESS.fingerprint:
            raise AccessModelOther(f"version {version}")
        return int(version)

    async def _send(self, connection: AsyncConnection[Any], batch: Batch, version: int) -> list[Settled]:
        first, fates = await _row(connection, batch.parameters(version, reads=None))
        if first is None:
            first, fates = await _row(connection, batch.parameters(version, reads=batch.reads()))
            assert first is not None
        settled = _settled(batch.attempts, first, fates)
        self._hear(first, settled)
        return settled

    def _hear(self, first: int, settled: Sequence[Settled]) -> None:
        """Positions that are not ours, and guards that moved, tell that another process is at work."""
        if self._seen is None or first - 1 > self._seen or any(one.fate is Fate.MOVED for one in settled):
            self._others_until = time.monotonic() + LISTENED_SECONDS
        else:
            self._seen = max(self._seen, *(one.position for one in settled if one.fate is Fate.STORED), first - 1)

    async def _patiently(self, line: Line, ask: Callable[[AsyncConnection[Any]], Awaitable[T]]) -> T:
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                return await ask(await line.connected())
            except psycopg.OperationalError as error:
                await self.close()
                if time.monotonic() > until:
                    raise LogUnavailable(str(error)) from error
                await asyncio.sleep(RETRY_SECONDS)


class Line:
    """A connection that is opened when it is needed, and again when it broke."""

    def __init__(self, url: str, schema: str, *options: str, first: str | None = None, **statements: str) -> None:
        self._url, self._schema, self._options = url, schema, options
        self._first, self._statements = first, statements
        self._connection: AsyncConnection[Any] | None = None
        self._opening = asyncio.Lock()

    async def connected(self) -> AsyncConnection[Any]:
        async with self._opening:
            if self._connection is None or self._connection.closed:
                self._connection = await self._opened()
            return self._connection

    async def _opened(self) -> AsyncConnection[Any]:
        connection = await connect_async(self._url, self._schema, KEYED, *self._options)
        try:
            if self._first is not None:
                await connection.execute(self._first.encode())
            for name, statement in self._statements.items():
                await prepare(connection, name, statement)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


@dataclass(frozen=True, slots=True)
class Batch:
    """Attempts ready to be sent: their facts sealed, everything as arrays."""

    attempts: Sequence[Attempt]
    versions: dict[str, int]
    arrays: tuple[Parameter, ...]
    facts: tuple[Parameter, ...]
    access: Parameter

    @classmethod
    def of(
        cls,
        attempts: Sequence[Attempt],
        names: Sequence[tuple[int, KeyName]],
        keys: Mapping[KeyName, DataKey],
        mapper: FactMapper,
        offset: timedelta,
    ) -> Batch:
        """Columns are made of whole rows at once: a generator for each of them would cost more than the sending."""
        versions: dict[str, int] = {}
        for attempt in attempts:
            versions |= attempt.reads
        callers, ids, fingerprints, codes, kept, things, own, counts = _columns(
            [
                (r.caller, r.id, r.fingerprint, a.code, "t" if a.kept else "f", a.thing, a.version, len(a.facts))
                for a in attempts
                for r in (a.request,)
            ],
            8,
        )
        facts = [(n, attempt, fact) for n, attempt in enumerate(attempts, 1) for fact in attempt.facts]
        of, streams, numbered, topics, at, actors, by, commands, correlations, causations = _columns(
            [
                (
                    n,
                    f.stream,
                    f.version,
                    f.event.topic,
                    a.at.isoformat(),
                    r.actor,
                    r.caller,
                    r.id,
                    r.correlation,
                    r.causation,
                )
                for n, a, f in facts
                for r in (a.request,)
            ],
            10,
        )
        return cls(
            attempts,
            versions,
            (
                *(words(callers), words(ids), blobs(fingerprints), words(codes), words(kept), words(things)),
                *(numbers(own), numbers(accumulate(counts)), words(versions), numbers(versions.values())),
            ),
            (
                *(numbers(of), words(streams), numbers(numbered), words(topics)),
                blobs([mapper.state(fact, keys) for _, _, fact in facts]),
                *(words(at), words(actors), words(by), words(commands), words(correlations), words(causations)),
                *(numbers(n for n, _ in names), words([name.subject for _, name in names])),
                Words(f"{offset.total_seconds()} seconds".encode()),
            ),
            _access(facts),
        )

    def parameters(self, version: int, *, reads: Words | None) -> tuple[Parameter, ...]:
        return (*self.arrays, reads, *self.facts, Words(b"%d" % version), self.access)

    def reads(self) -> Words:
        """What each request rests on and writes, as places in the list of streams; for an obstructed batch alone."""
        place = {stream: n for n, stream in enumerate(self.versions)}
        rests = [
            {
                "reads": [place[stream] for stream in attempt.reads],
                "writes": [place[fact.stream] for fact in attempt.facts],
            }
            for attempt in self.attempts
        ]
        return Words(orjson.dumps(rests))


def _access(facts: Sequence[tuple[int, Attempt, Fact[Any]]]) -> Words | None:
    """What the facts change of the access model; most change nothing."""
    changes = [
        (n, change) for n, _, fact in facts if fact.event.topic in ACCESS.topics for change in access.project(fact)
    ]
    found = within(changes)
    return None if found is None else Words(found)


class AccessMoved(Exception):
    """Appends keep another version of the access model than was thought; nothing was stored."""


async def _row(connection: AsyncConnection[Any], parameters: Sequence[Parameter]) -> tuple[int | None, Any]:
    first, fates, other_access = await call(connection, "append_batch", parameters)
    if other_access is not None:
        raise AccessMoved
    return None if first is None else int(first), None if fates is None else orjson.loads(fates)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _names(attempts: Sequence[Attempt]) -> list[tuple[int, KeyName]]:
    """The keys that each attempt's facts are sealed with, by the attempt's place from 1."""
    return [
        (n, name) for n, attempt in enumerate(attempts, 1) for fact in attempt.facts for name in keys_needed(fact.event)
    ]


def _unsent(attempts: Sequence[Attempt], fenced: set[KeyName]) -> dict[int, Fate]:
    """Which attempts are not sent, by their places: for the fenced there is no key, and whoever rests on one of these
    is decided again; so is who would seal for somebody whom this very batch fences.
    """
    if not fenced and not any(isinstance(fact.event, FENCING) for attempt in attempts for fact in attempt.facts):
        return {}
    unsent, lacking, ending = dict[int, Fate](), set[str](), set[str]()
    for n, attempt in enumerate(attempts):
        needed = {name for fact in attempt.facts for name in keys_needed(fact.event)}
        if not lacking.isdisjoint(attempt.reads) or any(name.subject in ending for name in needed):
            unsent[n] = Fate.MOVED
        elif not fenced.isdisjoint(needed):
            unsent[n] = Fate.FENCED
        else:
            ending.update(*(fact.event.subjects for fact in attempt.facts if isinstance(fact.event, FENCING)))
            continue
        lacking.update(fact.stream for fact in attempt.facts)
    return unsent


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
