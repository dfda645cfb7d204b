"""A question is data: what may narrow it, the shape of its answer, what it rests on, and SQL that sees as the asker.

SQL is of Postgres 15, its parameters are the question's fields, and `actor`, `everything`, `now`, `limit`. A column
`sealed_x` holds personal fields in their envelopes; the border opens them, and shows them as `x`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from domain.refusal import Unknown
from domain.staff.worker import Right
from projections.model import ReadModel
from projections.sight import clause


class Answer(BaseModel):
    """One row of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(BaseModel):
    """Its name and its shape are published; its fields narrow what is answered, and never widen what is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    row: ClassVar[type[Answer]]
    rests_on: ClassVar[tuple[ReadModel, ...]]
    rights: ClassVar[frozenset[Right]]
    """One of these is needed; where there are none, to be an active worker is enough."""
    by_name: ClassVar[dict[str, type[Question]]] = {}

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        row: type[Answer] = Answer,
        rests_on: tuple[ReadModel, ...] = (),
        rights: Iterable[Right] = (),
        **config: Any,
    ) -> None:
        super().__init_subclass__(**config)
        if name is None:
            return
        if cls.by_name.setdefault(name, cls) is not cls:
            raise TypeError(f"two questions are called {name}")
        cls.name, cls.row, cls.rests_on, cls.rights = name, row, rests_on, frozenset(rights)

    def unknown(self) -> type[Unknown]:
        """What a thing that is not there, or not for the asker to know of, is refused with."""
        return Unknown

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The row as it is told, its personal fields opened."""
        return row


class Single(Question):
    """A question about one thing: one row, or none."""

    sql: ClassVar[str]

    def statement(self) -> str:
        """What Postgres is asked."""
        return clause(self.sql)


@dataclass(frozen=True, slots=True)
class Leg:
    """Some of the rows, in an order that an index keeps: `rows` is FROM and WHERE, `key` the columns, the last unique.

    Where `each` names a set, the first rows are taken of each of its members, and then the first of these.
    """

    rows: str
    key: Mapping[str, str]
    """Columns with their types, in the order in which they sort."""
    descending: bool = False
    each: str = ""

    def text(self, limit: str, *, behind: bool) -> str:
        """The first rows, or the first behind the values `behind_0`, `behind_1` and so on."""
        names = [column.rpartition(".")[2] for column in self.key]
        way = " DESC" if self.descending else ""
        by = ", ".join(name + way for name in names)
        after = f" AND {self._behind()}" if behind else ""
        found = f"SELECT {', '.join(self.key)} {self.rows}{after} ORDER BY {by} LIMIT {limit}"
        if self.each:
            found = f"SELECT k.* FROM {self.each} CROSS JOIN LATERAL ({found}) k ORDER BY {by} LIMIT {limit}"
        told = f"json_build_array({', '.join(names)})::text AS key, row_number() OVER (ORDER BY {by}) AS place"
        return f"SELECT *, {told} FROM ({found}) k"

    def _behind(self) -> str:
        values = [f"%(behind_{n})s::{kind}" for n, kind in enumerate(self.key.values())]
        return f"({', '.join(self.key)}) {'<' if self.descending else '>'} ({', '.join(values)})"


class Listing(Question):
    """A question with many rows, in pages: one leg after the other, each row in one of them."""

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
        held = f"{', '.join(self.of)}, key, place"
        page = " UNION ALL ".join(f"SELECT {n} AS leg, {held} FROM leg_{n}" for n in range(leg, leg + len(parts)))
        body = f"{', '.join(parts)}, page AS MATERIALIZED ({page}) SELECT {self.columns()}, page.leg, page.key"
        return clause(f"{body} FROM page {self.joins} ORDER BY page.leg, page.place")

    def known_statement(self) -> str:
        """Whether there is anything to list."""
        return clause(f"answer AS (SELECT {self.known()}) SELECT * FROM answer")

    def count_statement(self) -> str:
        """How many rows there are in all."""
        counts = " + ".join(f"(SELECT count(*) {leg.rows})" for leg in self.legs())
        return clause(f"answer AS (SELECT {counts}) SELECT * FROM answer")
