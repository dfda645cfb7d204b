"""Questions answered: rights first, then what the read models show, then personal fields opened; nothing is written."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
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

CONNECTIONS = 8
PARAMETER = re.compile(r"%\((\w+)\)s")
READING = "-c default_transaction_read_only=on -c statement_timeout=5000 -c jit=off"
STANDING = f"""
SELECT EXISTS (SELECT FROM access_workers WHERE worker = %(actor)s AND active) AS active,
       ARRAY(SELECT right_name FROM access_rights r WHERE worker = %(actor)s AND {lasts("r")}) AS rights,
       (SELECT json_object_agg(name, position) FROM ({POSITIONS}) p) AS positions
"""
AT_ONCE = f"""
SELECT * FROM ({STANDING}) s LEFT JOIN (SELECT true AS found, a.* FROM ({{answer}}) a) a ON true
"""
"""The same and the answer to it in one look: to go to Postgres and back takes as long as many an answer does."""

TOKENS_OF = "SELECT max(kek_epoch) FROM read_models WHERE name = %(name)s AND state IN ('active', 'paused', 'failed')"
"""The epoch of what the served version's tokens were made with; only one version is served."""

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
        self._lines = Lines(url, schema, READING, connections)
        self._looking = Line(url, schema, READING)
        self._positions = Positions(self._looking)
        self.keyring = keyring

    async def close(self) -> None:
        for lines in (self._lines, self._looking):
            await lines.close()

    async def answer(self, inquiry: Inquiry[Question], until: float) -> Found:
        """The answer, by an instant of the loop's clock at the latest. Raises Refused, and what is in `Unready`."""
        models = frozenset(model.name for model in inquiry.question.rests_on if not model.within_append)
        by_words = any(model.opens for model in inquiry.question.rests_on)
        look = self._at_once if isinstance(inquiry.question, Single) and not by_words else self._after_standing
        while True:
            async with before(until, OutOfTime):
                found = await self._lines.ask(lambda connection: look(connection, inquiry, models))
            if found is not None:
                return found
            if not models:
                raise ViewBehind
            async with before(until, ViewBehind):
                await self._positions.wait(models, inquiry.min_position)

    async def positions(self) -> Mapping[str, int]:
        """How far each read model that is served has come, and the log under ""; looked at once. Raises `Unready`."""

        async def look(connection: Connection) -> Mapping[str, int]:
            return dict((await _table(connection, POSITIONS, {})).rows)

        return await self._lines.ask(look)

    async def _at_once(
        self, connection: Connection, inquiry: Inquiry[Question], models: frozenset[str]
    ) -> Found | None:
        """Standing and answer in one look; None where that is not yet far enough."""
        question = inquiry.question
        assert isinstance(question, Single)
        statement = AT_ONCE.format(answer=question.statement())
        found = await _table(connection, statement, _parameters(inquiry, self.keyring.keyed))
        active, rights, positions, there, *row = found.rows[0]
        position, officer = _standing(inquiry, models, active, rights, positions)
        if position < inquiry.min_position:
            return None
        require(bool(there), otherwise=question.unknown())
        shown = Table(found.names[4:], [tuple(row)])
        rows, exceptions = await self._shown(connection, question, shown, officer=officer)
        return Found(rows, [], position, exceptions=exceptions)

    async def _after_standing(
        self, connection: Connection, inquiry: Inquiry[Question], models: frozenset[str]
    ) -> Found | None:
        """The same in several looks, of which the first tells how far the others are at least."""
        standing = await _table(connection, STANDING, {"actor": inquiry.actor, "received": inquiry.receipt})
        position, officer = _standing(inquiry, models, *standing.rows[0])
        if position < inquiry.min_position:
            return None
        return (await self._found(connection, inquiry, officer=officer))._replace(position=position)

    async def _found(self, connection: Connection, inquiry: Inquiry[Question], *, officer: bool) -> Found:
        """Asked again where words are looked for by a secret that is served no longer when the answer is there."""
        keyed, name = self.keyring.keyed, next((each.name for each in inquiry.question.rests_on if each.opens), None)
        if name is None:
            return await self._found_by(connection, inquiry, keyed, officer=officer)
        epoch = await _value(connection, TOKENS_OF, {"name": name})
        while True:
            found = await self._found_by(connection, inquiry, keyed.of(epoch), officer=officer)
            before, epoch = epoch, await _value(connection, TOKENS_OF, {"name": name})
            if epoch == before:
                return found

    async def _found_by(
        self, connection: Connection, inquiry: Inquiry[Question], keyed: Keyed, *, officer: bool
    ) -> Found:
        question, given = inquiry.question, _parameters(inquiry, keyed)
        if isinstance(question, Single):
            found = await _table(connection, question.statement(), given)
            require(bool(found.rows), otherwise=question.unknown())
            rows, exceptions = await self._shown(connection, question, found, officer=officer)
            return Found(rows, [], 0, exceptions=exceptions)
        assert isinstance(question, Listing)
        if question.known():
            require(await _value(connection, question.known_statement(), given), otherwise=question.unknown())
        leg, behind = (0, False) if inquiry.place is None else (inquiry.place.leg, True)
        found = await _table(connection, question.statement(leg, behind=behind), given)
        places, left_off = found.places()
        count = await _value(connection, question.count_statement(), given) if question.counted else None
        rows, exceptions = await self._shown(connection, question, found.without_places(), officer=officer)
        return Found(rows, places, 0, count, left_off, exceptions)

    async def _shown(
        self, connection: Connection, question: Question, found: Table, *, officer: bool
    ) -> tuple[list[dict[str, Any]], list[Right | None]]:
        """With personal fields in the clear; what is withheld, for a privacy officer alone."""
        sealed = SealedColumns(found.names, found.rows)
        opener: Opener = leave_sealed
        if keys := sealed.keys():
            opener = await self.keyring.opener(connection, keys, withheld_too=officer)
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


class Lines:
    """A few connections and those who wait for one of them, each in turn; the one used last is used next."""

    def __init__(self, url: str, schema: str, options: str, connections: int) -> None:
        self._lines = [Line(url, schema, options) for _ in range(connections)]
        self._free, self._turns = deque(self._lines), asyncio.Semaphore(connections)

    async def close(self) -> None:
        for line in self._lines:
            await line.close()

    async def ask(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """On one that is free. Raises what `twice` does."""
        async with self._turns:
            line = self._free.pop()
            try:
                return await twice(line, ask)
            finally:
                self._free.append(line)


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


def _standing(
    inquiry: Inquiry[Question], models: frozenset[str], active: bool, rights: Collection[str], positions: dict[str, int]
) -> tuple[int, bool]:
    """How far everything has come that the answer rests on; whether it goes to a privacy officer.

    Raises RightMissing, ViewAbsent.
    """
    if inquiry.actor != SYSTEM:
        needed = inquiry.question.rights
        require(active and (not needed or not needed.isdisjoint(rights)), otherwise=RightMissing)
    if not models <= positions.keys():
        raise ViewAbsent
    return reached(positions, models), inquiry.actor == SYSTEM or Right.PRIVACY_OFFICER in rights


def _parameters(inquiry: Inquiry[Question], keyed: Keyed) -> dict[str, Any]:
    filters = {name: getattr(inquiry.question, name) for name in type(inquiry.question).model_fields}
    key = orjson.loads(inquiry.place.key) if inquiry.place else []
    return {
        **{name: value.value if isinstance(value, Enum) else value for name, value in filters.items()},
        **inquiry.question.parameters(keyed),
        **{f"behind_{n}": value for n, value in enumerate(key)},
        "actor": inquiry.actor,
        "everything": inquiry.actor == SYSTEM,
        "exported": inquiry.purpose is not None,
        "now": inquiry.as_of,
        "received": inquiry.receipt,
        "limit": inquiry.limit + 1,
    }


async def _table(connection: Connection, statement: str, given: Mapping[str, Any]) -> Table:
    """Written for the server once: questions are long, and psycopg would look each time for where parameters stand."""
    written, wanted = _positional(statement)
    cursor = AsyncRawCursor(connection)
    await cursor.execute(written, [given[name] for name in wanted], prepare=True, binary=True)
    result = cursor.pgresult
    assert result is not None
    names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
    return Table(names, await cursor.fetchall())


@lru_cache(maxsize=1024)
def _positional(statement: str) -> tuple[bytes, Sequence[str]]:
    """With $1, $2 and so on for %(names)s, and which names those are."""
    names = list(dict.fromkeys(PARAMETER.findall(statement)))
    numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
    return PARAMETER.sub(lambda found: numbers[found[1]], statement).replace("%%", "%").encode(), names


async def _value(connection: Connection, statement: str, given: Mapping[str, Any]) -> Any:
    return (await _table(connection, statement, given)).rows[0][0]
