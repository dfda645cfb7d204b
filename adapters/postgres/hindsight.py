"""Reckonings answered: streams are read as they are asked for, up to one position, and folded; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any

from adapters.inquiry import Inquiry
from adapters.postgres import finder
from adapters.postgres.answers import READING, Connection, Found, OutOfTime, ViewAbsent, ViewBehind, before, twice
from adapters.postgres.keys import Keyring
from adapters.postgres.log import Line
from adapters.postgres.positions import Positions
from adapters.postgres.recorder import FactMapper
from adapters.sealed_column import SealedColumns
from commands.lookup import Wanted
from commands.reckoning import Mention, Reckoned, Reckoning
from commands.retrospect import Loaded, Present, Unread
from domain.clients.contact import CONTACT
from domain.fact import Fact
from domain.staff.worker import WORKER, Right
from domain.values import WorkerId
from projections.catalogue import READ_MODELS
from projections.looking import How, Look

Row = tuple[Any, ...]

MOST_FACTS = 200_000
ROUNDS = 500
"""So much is read for one answer, and so often is more of it asked for."""

HEAD = "SELECT position FROM head"
STREAMS = """
SELECT f.originator_id, f.originator_version, f.topic, f.state, f.happened_at, f.recorded_at, f.actor, f.notification_id
FROM unnest(%b::text[]) AS wanted(stream)
JOIN facts f ON f.originator_id = wanted.stream AND f.notification_id <= %b
ORDER BY f.originator_id, f.originator_version LIMIT %b
"""
WORKERS = "SELECT worker AS id, name AS sealed_name FROM worker_names WHERE worker = ANY (%b::text[])"
NAMES = """
SELECT n.id, n.name FROM unnest(%b::text[], %b::text[]) AS wanted(kind, id) JOIN names n USING (kind, id)
"""
LOOKED_UP = frozenset(model.name for model in READ_MODELS.values() if not model.within_append)


class Hindsight:
    """One connection, and one answer at a time: however many ask, commands go on beside it."""

    def __init__(self, url: str, schema: str, keyring: Keyring, told: Callable[[int], str]) -> None:
        self._line, self._looking = Line(url, schema, READING), Line(url, schema, READING)
        self._positions = Positions(self._looking)
        self._keyring, self._told = keyring, told
        self._mapper = FactMapper()
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        await self._line.close()
        await self._looking.close()

    async def answer(self, inquiry: Inquiry[Reckoning[Any]], until: float) -> Found:
        """The answer, by an instant of the loop's clock at the latest. Raises Refused, and what is in `Unready`."""
        async with before(until, ViewBehind):
            if inquiry.min_position:
                await self._positions.wait(LOOKED_UP, inquiry.min_position)
        async with before(until, OutOfTime), self._turn:
            position = await twice(self._line, _head)
            reckoned = await self._reckoned(inquiry, position)
            names = await twice(self._line, lambda connection: self._names(connection, reckoned.mentioned))
        row = reckoned.row.model_copy(update={"names": names})
        return Found([row.model_dump()], [], position, exceptions=[reckoned.exception])

    async def _reckoned(self, inquiry: Inquiry[Reckoning[Any]], position: int) -> Reckoned:
        """In a thread, which waits for what it reads: a fold of many facts would keep everybody else waiting."""
        loop, over = asyncio.get_running_loop(), Event()

        def read(unread: Unread) -> None:
            if over.is_set():
                raise OutOfTime
            left = MOST_FACTS - sum(map(len, loaded.streams.values()))
            reading = self._read(unread, position, left)
            found, rows = asyncio.run_coroutine_threadsafe(reading, loop).result()
            loaded.found |= found
            loaded.streams |= self._facts(unread.streams, rows)

        loaded = Loaded(self._told, read)
        present = Present(loaded, WorkerId(inquiry.actor), inquiry.receipt)
        try:
            return await asyncio.to_thread(_answer, inquiry.question, present)
        finally:
            over.set()

    async def _read(self, unread: Unread, position: int, left: int) -> tuple[Mapping[Wanted, Any], list[Row]]:
        """What was looked up, and the facts of the streams; no more of these than are left to be read."""
        found: Mapping[Wanted, Any] = {}
        rows: list[Row] = []
        if unread.wanted:
            found = await twice(self._line, lambda connection: finder.find(connection, unread.wanted))
            if found.keys() != set(unread.wanted):
                raise ViewAbsent
        if unread.streams:
            rows = await twice(self._line, lambda connection: _rows(connection, unread.streams, position, left))
            if len(rows) > left:
                raise OutOfTime
        return found, rows

    def _facts(self, streams: Iterable[str], rows: Iterable[Sequence[Any]]) -> dict[str, Sequence[Fact[Any]]]:
        found: dict[str, list[Fact[Any]]] = {stream: [] for stream in streams}
        for row in rows:
            found[row[0]].append(self._mapper.fact(*row))
        return {**found}

    async def _names(self, connection: Connection, mentioned: Iterable[Mention]) -> dict[str, str]:
        """What they are called, by their ids; a worker who was forgotten, by what stands in the name's place."""
        things = sorted(each for each in mentioned if each[0] != WORKER.kind)
        workers = [id for kind, id in mentioned if kind == WORKER.kind]
        cursor = await connection.execute(WORKERS, (workers,), prepare=True, binary=True)
        sealed = SealedColumns([column.name for column in cursor.description or ()], await cursor.fetchall())
        opened = sealed.opened(await self._keyring.opener(connection, sealed.keys()))
        given = [kind for kind, _ in things], [id for _, id in things]
        cursor = await connection.execute(NAMES, given, prepare=True, binary=True)
        return {**{row["id"]: str(row["name"]) for row in opened}, **dict(await cursor.fetchall())}


def _answer(reckoning: Reckoning[Any], present: Present) -> Reckoned:
    """What a request would need is raised, however it is read: it is decided again with that at hand."""
    for _ in range(ROUNDS):
        try:
            return reckoning.reckon(present)
        except Unread as unread:
            present.loaded.read(unread)
    raise OutOfTime


async def _head(connection: Connection) -> int:
    row = await (await connection.execute(HEAD)).fetchone()
    return int(row[0]) if row else 0


async def _rows(connection: Connection, streams: Iterable[str], position: int, most: int) -> list[Row]:
    """One more than that at most, so that it shows."""
    cursor = await connection.execute(STREAMS, (sorted(streams), position, most + 1), prepare=True, binary=True)
    return await cursor.fetchall()


def looked(reckoning: Reckoning[Any], exception: Right | None) -> Iterator[Look]:
    """What is kept of an answer: the contact that it is about; of anything else, that it was an exception (R-AUD-1)."""
    if (contact := getattr(reckoning, "contact", None)) is not None:
        yield Look(How.OPENED, (contact,), exception=exception)
    elif exception is not None:
        if (customer := getattr(reckoning, "customer", None)) is not None:
            yield Look(How.OPENED, (customer,), exception=exception)
        if (person := getattr(reckoning, "person", None)) is not None:
            kind, id = person.split(":")
            contact = kind == CONTACT.kind
            yield Look(How.OPENED, (id,) if contact else (), None if contact else f"{kind}-{id}", exception)
        for noun in ("ticket", "order"):
            if (id := getattr(reckoning, noun, None)) is not None:
                yield Look(How.OPENED, about=f"{noun}-{id}", exception=exception)
