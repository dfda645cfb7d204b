"""A question is data: what may narrow it, the shape of its answer, what it rests on, and SQL that sees as the asker.

SQL is of Postgres 15, its parameters are the question's fields, what it makes of them with the key, and `actor`,
`everything`, `exported` (whether it is taken out), `received` (by which rights are judged), `now`, `limit`. A column
`sealed_x` holds personal fields in their envelopes; the border opens them, and shows them as `x`. A column `exception`
names the right that opened the row against all others; it is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from domain.refusal import Unknown
from domain.staff.worker import Right
from projections.looking import How, Look
from projections.model import ReadModel
from projections.sight import clause

Keyed = Callable[[str], str]
"""A word as read models hold it, which tell nothing without the key."""

LOOKED_AT = 200
"""How many rows one answer tries that may fail a test; where that was not enough, the next page goes on there."""


class Answer(BaseModel):
    """One row of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


R = TypeVar("R", bound=Answer, covariant=True)


class Question(BaseModel):
    """Its name and its shape are published; its fields narrow what is answered, and never widen what is open."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: ClassVar[str]
    row: ClassVar[type[Answer]] = Answer
    """What stands between the brackets, as in `Listing[DeskRow]`."""
    rests_on: ClassVar[tuple[ReadModel, ...]]
    rights: ClassVar[frozenset[Right]]
    """One of these is needed; where there are none, to be an active worker is enough."""
    looks: ClassVar[How | None] = None
    """How an answer shows contacts, where it is about them or finds them (R-AUD-1)."""
    by_name: ClassVar[dict[str, type[Question]]] = {}

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        rests_on: tuple[ReadModel, ...] = (),
        rights: Iterable[Right] = (),
        **config: Any,
    ) -> None:
        super().__init_subclass__(**config)
        if name is None:
            return
        if cls.by_name.setdefault(name, cls) is not cls:
            raise TypeError(f"two questions are called {name}")
        cls.name, cls.rests_on, cls.rights = name, rests_on, frozenset(rights)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if args := cls.__pydantic_generic_metadata__["args"]:
            (cls.row,) = args

    def unknown(self) -> type[Unknown]:
        """What a thing that is not there, or not for the asker to know of, is refused with."""
        return Unknown

    def parameters(self, _: Keyed) -> Mapping[str, Any]:
        """What the SQL takes beside the fields. Raises Refused where nothing can be asked with them."""
        return {}

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The row as it is told, its personal fields opened."""
        return row

    def looked(self, rows: Iterable[Mapping[str, Any]], exceptions: Iterable[Right | None]) -> Iterator[Look]:
        """What is kept of an answer with these rows, each opened by an exception or by none.

        That is the contact it asks about by the field `contact`, if it does, and those that its rows are about.
        """
        asked = [contact] if (contact := getattr(self, "contact", None)) else []
        seen: dict[Right | None, list[str]] = {}
        for row, exception in zip(rows, exceptions, strict=True):
            if self.looks or exception:
                seen.setdefault(exception, [*asked]).append(row["contact"])
        if self.looks and asked:
            seen = seen or {None: asked}
        for exception, contacts in seen.items():
            yield Look(self.looks or How.OPENED, tuple(dict.fromkeys(contacts)), exception=exception)


class Single(Question, Generic[R]):
    """A question about one thing: one row, or none."""

    sql: ClassVar[str]

    def statement(self) -> str:
        """What Postgres is asked."""
        return clause(self.sql)


@dataclass(frozen=True, slots=True)
class Leg:
    """Some of the rows, in an order that an index keeps: `rows` is FROM and WHERE, `key` the columns, the last unique.

    Where `each` names a set, the first rows are taken of each of its members, and then the first of these. `by_member`:
    the key is a column of the members and an id, and members are taken in their order, as many as a page needs. `test`
    is what no index tells of a row, called `t` there.
    """

    rows: str
    key: Mapping[str, str]
    """Columns with their types, in the order in which they sort."""
    descending: bool = False
    each: str = ""
    by_member: bool = False
    test: str = ""

    @property
    def names(self) -> list[str]:
        """The columns of the key as the rows have them."""
        return [column.rpartition(".")[2] for column in self.key]

    @property
    def order(self) -> str:
        """How the rows are sorted."""
        return ", ".join(name + (" DESC" if self.descending else "") for name in self.names)

    def text(self, limit: str, *, behind: bool) -> str:
        """The first rows, or the first behind the values `behind_0`, `behind_1` and so on.

        Of rows that are tested the `last` one that was looked at is there, whether it `passed` or not.
        """
        most = str(LOOKED_AT) if self.test else limit
        found = self._by_member(most, behind=behind) if self.by_member else self._found(most, behind=behind)
        tried = "true AS passed, false AS last"
        if self.test:
            found, tried = self._tested(found, limit), "passed, last"
        names = ", ".join(self.names)
        told = f"json_build_array({names})::text AS key, row_number() OVER (ORDER BY {self.order}) AS place"
        return f"SELECT {names}, {tried}, {told} FROM ({found}) k"

    def _found(self, most: str, *, behind: bool) -> str:
        after = f" AND {self._behind()}" if behind else ""
        found = f"SELECT {', '.join(self.key)} {self.rows}{after} ORDER BY {self.order} LIMIT {most}"
        if not self.each:
            return found
        return f"SELECT k.* FROM {self.each} CROSS JOIN LATERAL ({found}) k ORDER BY {self.order} LIMIT {most}"

    def _by_member(self, most: str, *, behind: bool) -> str:
        """Postgres knows this to be sorted, and stops at the member with which the page is full."""
        (member, id), name = self.key, self.names[1]
        since = f" WHERE {member} >= %(behind_0)s" if behind else ""
        after = f" AND {id} > CASE {member} WHEN %(behind_0)s THEN %(behind_1)s::text ELSE '' END" if behind else ""
        found = f"SELECT {id} {self.rows}{after} ORDER BY {name} LIMIT {most}"
        members = f"(SELECT * FROM {self.each}{since} ORDER BY {member}) {member.partition('.')[0]}"
        taken = f"FROM {members} CROSS JOIN LATERAL ({found}) k"
        return f"SELECT {member}, k.{name} {taken} ORDER BY {member}, k.{name} LIMIT {most}"

    def _tested(self, found: str, limit: str) -> str:
        names = ", ".join(self.names)
        numbered = f"SELECT {names}, row_number() OVER (ORDER BY {self.order}) AS nth FROM ({found}) f"
        tested = f"FROM ({numbered}) t CROSS JOIN LATERAL (SELECT {self.test} AS passed OFFSET 0) p"
        kept = f"WHERE passed OR nth = {LOOKED_AT}"
        return f"SELECT {names}, passed, nth = {LOOKED_AT} AS last {tested} {kept} ORDER BY {self.order} LIMIT {limit}"

    def _behind(self) -> str:
        values = [f"%(behind_{n})s::{kind}" for n, kind in enumerate(self.key.values())]
        return f"({', '.join(self.key)}) {'<' if self.descending else '>'} ({', '.join(values)})"


class Listing(Question, Generic[R]):
    """A question with many rows, in pages: one leg after the other, each row in one of them.

    One whose rows are tested has one leg; its page may be short, and go on all the same.
    """

    narrowing: ClassVar[Mapping[str, str]] = {}
    """For each field what must hold of a row; of a flag, what holds where it is true."""
    shows: ClassVar[str]
    """The columns of a row, of the page's key and what is joined to it."""
    joins: ClassVar[str] = ""
    of: ClassVar[tuple[str, ...]]
    """The columns of every leg's key that tell which row it is."""
    counted: ClassVar[bool] = False
    """Whether the answer tells how many rows there are on all pages together."""

    def known(self) -> str:
        """What must hold for there to be anything to list, and else the thing is unknown."""
        return ""

    def columns(self) -> str:
        """What is shown of a row."""
        return self.shows

    def legs(self) -> Sequence[Leg]:
        """Whose rows come first, second and so on."""
        raise NotImplementedError

    def given(self) -> str:
        """What the fields that were given ask of a row."""
        found = [""]
        for field, condition in self.narrowing.items():
            value = getattr(self, field)
            if value is not None:
                found.append(f"NOT ({condition})" if value is False else f"({condition})")
        return " AND ".join(found)

    def statement(self, leg: int = 0, *, behind: bool = False) -> str:
        """A page from the beginning of a leg on, or from behind a row of it."""
        parts, limit = [], "%(limit)s"
        for n, each in enumerate(self.legs()):
            if n >= leg:
                parts.append(f"leg_{n} AS MATERIALIZED ({each.text(limit, behind=behind and n == leg)})")
                limit += f" - (SELECT count(*) FROM leg_{n})"
        held = f"{', '.join(self.of)}, key, place, passed, last"
        page = " UNION ALL ".join(f"SELECT {n} AS leg, {held} FROM leg_{n}" for n in range(leg, leg + len(parts)))
        shown = f"{self.columns()}, page.leg, page.key, page.passed, page.last"
        body = f"{', '.join(parts)}, page AS MATERIALIZED ({page}) SELECT {shown}"
        return clause(f"{body} FROM page {self.joins} ORDER BY page.leg, page.place")

    def known_statement(self) -> str:
        """Whether there is anything to list."""
        return clause(f"answer AS (SELECT {self.known()}) SELECT * FROM answer")

    def count_statement(self) -> str:
        """How many rows there are in all."""
        counts = " + ".join(f"(SELECT count(*) {leg.rows})" for leg in self.legs())
        return clause(f"answer AS (SELECT {counts}) SELECT * FROM answer")
