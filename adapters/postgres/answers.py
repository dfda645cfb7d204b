"""Questions answered: rights first, then what the read models show, then personal fields opened; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
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
from domain.staff.worker import SYSTEM, Right
from projections.looking import EXCEPTION
from projections.question import Keyed, Listing, Question, Single
from projections.sight import lasts

T = TypeVar("T")

CONNECTIONS = 4
READING = "-c default_transaction_read_only=on -c statement_timeout=5000 -c jit=off"
STANDING = f"""
SELECT EXISTS (SELECT FROM access_workers WHERE worker = %(actor)s AND active),
       ARRAY(SELECT right_name FROM access_rights r WHERE worker = %(actor)s AND {lasts("r")}),
       (SELECT json_object_agg(name, position) FROM ({POSITIONS}) p)
"""
AT_ONCE = f"""
SELECT * FROM (
    SELECT EXISTS (SELECT FROM access_workers WHERE worker = %(actor)s AND active) AS active,
           ARRAY(SELECT right_name FROM access_rights r WHERE worker = %(actor)s AND {lasts("r")}) AS rights,
           (SELECT position FROM head) AS position
) s LEFT JOIN (SELECT true AS found, a.* FROM ({{answer}}) a) a ON true
"""
"""The same and the answer to it, of a question that rests on nothing that comes after the facts."""


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
    """An answer: its rows with where each stands, one more than asked for if there is one; what it shows at least.

    `left_off` is where it looked no further though it had no more rows than asked for. `exceptions` has for each row
    the right that opened it against all others, if one did.
    """

    rows: list[dict[str, Any]]
    places: list[Place]
    position: int
    counted: int | None = None
    left_off: Place | None = None
    exceptions: Sequence[Right | None] = ()


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

    async def answer(self, inquiry: Inquiry[Question], until: float) -> Found:
        """The answer, by an instant of the loop's clock at the latest. Raises Refused, and what is in `Unready`."""
        models = frozenset(model.name for model in inquiry.question.rests_on if not model.within_append)
        if not models and isinstance(inquiry.question, Single):
            async with before(until, OutOfTime):
                return await self._try(lambda connection: self._at_once(connection, inquiry))
        async with before(until, OutOfTime):
            position = await self._try(lambda connection: _standing(connection, inquiry, models))
        if position < inquiry.min_position:
            async with before(until, ViewBehind):
                position = await self._positions.wait(models, inquiry.min_position)
        async with before(until, OutOfTime):
            found = await self._try(lambda connection: self._found(connection, inquiry))
        return found._replace(position=position)

    async def _at_once(self, connection: Connection, inquiry: Inquiry[Question]) -> Found:
        """Standing and answer in one look, which shows what the log holds. Raises what those two raise."""
        question = inquiry.question
        assert isinstance(question, Single)
        statement = AT_ONCE.format(answer=question.statement())
        found = await _table(connection, statement, _parameters(inquiry, self.keyring.keyed))
        active, rights, position, there, *row = found.rows[0]
        _needs_standing(inquiry, active=active, rights=rights)
        if position < inquiry.min_position:
            raise ViewBehind
        require(bool(there), otherwise=question.unknown())
        rows, exceptions = await self._shown(connection, question, Table(found.names[4:], [tuple(row)]))
        return Found(rows, [], position, exceptions=exceptions)

    async def _try(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._line() as line:
            return await twice(line, ask)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[Line]:
        line = await self._free.get()
        try:
            yield line
        finally:
            self._free.put_nowait(line)

    async def _found(self, connection: Connection, inquiry: Inquiry[Question]) -> Found:
        question, given = inquiry.question, _parameters(inquiry, self.keyring.keyed)
        if isinstance(question, Single):
            found = await _table(connection, question.statement(), given)
            require(bool(found.rows), otherwise=question.unknown())
            rows, exceptions = await self._shown(connection, question, found)
            return Found(rows, [], 0, exceptions=exceptions)
        assert isinstance(question, Listing)
        if question.known():
            require(await _value(connection, question.known_statement(), given), otherwise=question.unknown())
        leg, behind = (0, False) if inquiry.place is None else (inquiry.place.leg, True)
        found = await _table(connection, question.statement(leg, behind=behind), given)
        places, left_off = found.places()
        count = await _value(connection, question.count_statement(), given) if question.counted else None
        rows, exceptions = await self._shown(connection, question, found.without_places())
        return Found(rows, places, 0, count, left_off, exceptions)

    async def _shown(
        self, connection: Connection, question: Question, found: Table
    ) -> tuple[list[dict[str, Any]], list[Right | None]]:
        """With personal fields in the clear. One at a time: a key must not be dropped between its look and its use."""
        sealed = SealedColumns(found.names, found.rows)
        opener: Opener = leave_sealed
        async with self._opening:
            if keys := sealed.keys():
                opener = await self.keyring.opener(connection, keys)
            rows = sealed.opened(opener)
        exceptions = [row.pop(EXCEPTION, None) for row in rows]
        return [question.shown(row) for row in rows], exceptions


class Table(NamedTuple):
    """Rows as they came, with the names of their columns."""

    names: list[str]
    rows: list[tuple[Any, ...]]

    def places(self) -> tuple[list[Place], Place | None]:
        """Where each row of a listing stands, and where it was left off, if it was; the last four columns tell."""
        left_off = next((Place(leg, key) for *_, leg, key, _, last in self.rows if last), None)
        return [Place(leg, key) for *_, leg, key, passed, _ in self.rows if passed], left_off

    def without_places(self) -> Table:
        """What is shown of the rows; one that did not pass is there for its place alone."""
        return Table(self.names[:-4], [row[:-4] for row in self.rows if row[-2]])


async def twice(line: Line, ask: Callable[[Connection], Awaitable[T]]) -> T:
    """Once more on a new connection, where the old one broke or a view changed under a plan."""
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
async def before(until: float, otherwise: type[Exception]) -> AsyncIterator[None]:
    """Raise otherwise, if the block is not over by that instant of the loop's clock."""
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise otherwise from None


async def _standing(connection: Connection, inquiry: Inquiry[Question], models: frozenset[str]) -> int:
    """How far everything has come that the answer rests on. Raises RightMissing, ViewAbsent."""
    active, rights, positions = (
        await _table(connection, STANDING, {"actor": inquiry.actor, "received": inquiry.receipt})
    ).rows[0]
    _needs_standing(inquiry, active=active, rights=rights)
    if not models <= positions.keys():
        raise ViewAbsent
    return reached(positions, models)


def _needs_standing(inquiry: Inquiry[Question], *, active: bool, rights: Collection[str]) -> None:
    """Refuse whoever is not active or holds none of the rights that the question takes."""
    if inquiry.actor != SYSTEM:
        needed = inquiry.question.rights
        require(active and (not needed or not needed.isdisjoint(rights)), otherwise=RightMissing)


def _parameters(inquiry: Inquiry[Question], keyed: Keyed) -> dict[str, Any]:
    filters = {name: getattr(inquiry.question, name) for name in type(inquiry.question).model_fields}
    key = orjson.loads(inquiry.place.key) if inquiry.place else []
    return {
        **{name: value.value if isinstance(value, Enum) else value for name, value in filters.items()},
        **inquiry.question.parameters(keyed),
        **{f"behind_{n}": value for n, value in enumerate(key)},
        "actor": inquiry.actor,
        "everything": inquiry.actor == SYSTEM,
        "now": inquiry.as_of,
        "received": inquiry.receipt,
        "limit": inquiry.limit + 1,
    }


async def _table(connection: Connection, statement: str, given: Mapping[str, Any]) -> Table:
    cursor = await connection.execute(statement.encode(), given, prepare=True, binary=True)
    return Table([column.name for column in cursor.description or ()], await cursor.fetchall())


async def _value(connection: Connection, statement: str, given: Mapping[str, Any]) -> Any:
    return (await _table(connection, statement, given)).rows[0][0]
