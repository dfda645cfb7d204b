"""Questions answered: rights first, then what the read models show, then personal fields opened; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, NamedTuple, TypeVar

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.errors import FeatureNotSupported, QueryCanceled, UndefinedColumn, UndefinedFunction, UndefinedTable

from adapters.inquiry import Inquiry, Place
from adapters.postgres.keys import Keyring
from adapters.postgres.log import Line
from adapters.postgres.positions import POSITIONS, Positions, reached
from adapters.sealed_column import SealedColumns
from adapters.sealing import Opener, leave_sealed
from commands.permission import RightMissing
from domain.refusal import require
from domain.staff.worker import SYSTEM
from projections.question import Listing, Question, Single

T = TypeVar("T")

CONNECTIONS = 4
READING = "-c default_transaction_read_only=on -c statement_timeout=5000 -c jit=off"
STANDING = f"""
SELECT EXISTS (SELECT FROM access_workers WHERE worker = %(actor)s AND active),
       ARRAY(SELECT right_name FROM access_rights WHERE worker = %(actor)s),
       (SELECT json_object_agg(name, position) FROM ({POSITIONS}) p)
"""

Connection = AsyncConnection[Any]


class ViewAbsent(Exception):
    """A read model that the answer rests on is being made for the first time."""


class ViewBehind(Exception):
    """A read model has not come as far as the position asked for."""


class OutOfTime(Exception):
    """The answer takes longer than a question may."""


class StoreAway(Exception):
    """Postgres does not answer."""


Unready = (ViewAbsent, ViewBehind, OutOfTime, StoreAway)


class Found(NamedTuple):
    """An answer: its rows with where each stands, one more than asked for if there is one; what it shows at least."""

    rows: list[dict[str, Any]]
    places: list[Place]
    position: int
    counted: int | None = None


class Answers:
    """A few connections and those who wait for them; a question that waits for a position holds none."""

    def __init__(self, url: str, schema: str, keyring: Keyring, *, connections: int = CONNECTIONS) -> None:
        self._lines = [Line(url, schema, READING) for _ in range(connections)]
        self._free: asyncio.Queue[Line] = asyncio.LifoQueue()
        for line in self._lines:
            self._free.put_nowait(line)
        self._looking = Line(url, schema, READING)
        self._positions = Positions(self._looking)
        self.keyring, self._opening = keyring, asyncio.Lock()

    async def close(self) -> None:
        for line in (*self._lines, self._looking):
            await line.close()

    async def answer(self, inquiry: Inquiry, until: float) -> Found:
        """The answer, by an instant of the loop's clock at the latest. Raises Refused, and what is in `Unready`."""
        models = frozenset(model.name for model in inquiry.question.rests_on if not model.within_append)
        async with _before(until, OutOfTime):
            position = await self._try(lambda connection: _standing(connection, inquiry, models))
        if position < inquiry.min_position:
            async with _before(until, ViewBehind):
                position = await self._positions.wait(models, inquiry.min_position)
        async with _before(until, OutOfTime):
            found = await self._try(lambda connection: self._found(connection, inquiry))
        return found._replace(position=position)

    async def _try(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """Once more on a new connection, where the old one broke or a view changed under a plan."""
        async with self._line() as line:
            for left in (1, 0):
                try:
                    return await ask(await line.connected())
                except (UndefinedTable, UndefinedColumn, UndefinedFunction) as error:
                    raise ViewAbsent from error
                except QueryCanceled as error:
                    raise OutOfTime from error
                except (psycopg.OperationalError, psycopg.InterfaceError, FeatureNotSupported) as error:
                    await line.close()
                    if not left:
                        raise StoreAway from error
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[Line]:
        line = await self._free.get()
        try:
            yield line
        finally:
            self._free.put_nowait(line)

    async def _found(self, connection: Connection, inquiry: Inquiry) -> Found:
        question, given = inquiry.question, _parameters(inquiry)
        if isinstance(question, Single):
            found = await _table(connection, question.statement(), given)
            require(bool(found.rows), otherwise=question.unknown())
            return Found(await self._shown(connection, question, found), [], 0)
        assert isinstance(question, Listing)
        if question.known():
            require(await _value(connection, question.known_statement(), given), otherwise=question.unknown())
        leg, behind = (0, False) if inquiry.place is None else (inquiry.place.leg, True)
        found = await _table(connection, question.statement(leg, behind=behind), given)
        places = [Place(leg, key) for *_, leg, key in found.rows]
        count = await _value(connection, question.count_statement(), given) if question.counted else None
        return Found(await self._shown(connection, question, found.without_place()), places, 0, count)

    async def _shown(self, connection: Connection, question: Question, found: Table) -> list[dict[str, Any]]:
        """With personal fields in the clear. One at a time: a key must not be dropped between its look and its use."""
        sealed = SealedColumns(found.names, found.rows)
        opener: Opener = leave_sealed
        async with self._opening:
            if keys := sealed.keys():
                opener = await self.keyring.opener(connection, keys)
            rows = sealed.opened(opener)
        return [question.shown(row) for row in rows]


class Table(NamedTuple):
    """Rows as they came, with the names of their columns."""

    names: list[str]
    rows: list[tuple[Any, ...]]

    def without_place(self) -> Table:
        """The last two columns of a listing tell where a row stands."""
        return Table(self.names[:-2], [row[:-2] for row in self.rows])


@asynccontextmanager
async def _before(until: float, otherwise: type[Exception]) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise otherwise from None


async def _standing(connection: Connection, inquiry: Inquiry, models: frozenset[str]) -> int:
    """How far everything has come that the answer rests on. Raises RightMissing, ViewAbsent."""
    active, rights, positions = (await _table(connection, STANDING, {"actor": inquiry.actor})).rows[0]
    if inquiry.actor != SYSTEM:
        needed = inquiry.question.rights
        require(active and (not needed or not needed.isdisjoint(rights)), otherwise=RightMissing)
    if not models <= positions.keys():
        raise ViewAbsent
    return reached(positions, models)


def _parameters(inquiry: Inquiry) -> dict[str, Any]:
    filters = {name: getattr(inquiry.question, name) for name in type(inquiry.question).model_fields}
    key = orjson.loads(inquiry.place.key) if inquiry.place else []
    return {
        **{name: value.value if isinstance(value, Enum) else value for name, value in filters.items()},
        **{f"behind_{n}": value for n, value in enumerate(key)},
        "actor": inquiry.actor,
        "everything": inquiry.actor == SYSTEM,
        "now": inquiry.as_of,
        "limit": inquiry.limit + 1,
    }


async def _table(connection: Connection, statement: str, given: Mapping[str, Any]) -> Table:
    cursor = await connection.execute(statement.encode(), given, prepare=True, binary=True)
    return Table([column.name for column in cursor.description or ()], await cursor.fetchall())


async def _value(connection: Connection, statement: str, given: Mapping[str, Any]) -> Any:
    return (await _table(connection, statement, given)).rows[0][0]
