"""A read model is tables, and a pure function from a fact to changes of their rows; it is data, and no SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from domain.decider import Decider
from domain.fact import Event, Fact

S = TypeVar("S")
E = TypeVar("E", bound=Event)

FORM = 3
"""Goes up when rows are stored otherwise than before: then every model is made anew."""

Key = tuple[str, ...]
Row = Mapping[str, Any]
K = TypeVar("K", bound=Key)


class Kind(StrEnum):
    """What a column holds; `sealed` is a personal field in its envelope, opened only where a question is answered.

    A decimal is exact, and keeps as many decimals as it came with.
    """

    WORD = "word"
    NUMBER = "number"
    INSTANT = "instant"
    FLAG = "flag"
    DECIMAL = "decimal"
    DAY = "day"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Column:
    """`whose` names the column that tells whose data this is. A volatile one may differ after a rebuild."""

    name: str
    kind: Kind = Kind.WORD
    whose: str | None = None
    volatile: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows under a key of words; the first columns are the key. `indexes` are what questions look up by.

    `once`: no key is ever put twice nor dropped, so that a table which is made anew can be filled without looking.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    once: bool = False
    sealed: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sealed", tuple(each.name for each in self.columns if each.kind is Kind.SEALED))

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, those of the key first."""
        return (*self.key, *(column.name for column in self.columns))


def words(*names: str) -> tuple[Column, ...]:
    """Columns that hold words."""
    return tuple(Column(name) for name in names)


class Put(NamedTuple):
    """The row of this key is now this: whole, whatever it was before."""

    table: Table
    key: Key
    row: Row


class Drop(NamedTuple):
    """There is no row of this key any more."""

    table: Table
    key: Key


Change = Put | Drop


class Known(Protocol):
    """What a projection may look at beside the fact, all of it as of that fact."""

    def state(self, decider: Decider[S, E], id: str) -> S:
        """The folded state of a stream, the fact itself included."""
        ...

    def keys(self, table: Table, column: str, value: str) -> list[Key]:
        """The keys of the model's own rows that hold the value in an indexed column."""
        ...

    def keyed(self, word: str) -> str:
        """A short token that is the same for the same word everywhere, and tells it to nobody without the key."""
        ...


def instead(known: Known, table: Table, column: str, value: str, rows: Mapping[K, Row]) -> Iterator[Change]:
    """These rows in place of all that hold the value in the indexed column."""
    for key in known.keys(table, column, value):
        if key not in rows:
            yield Drop(table, key)
    for key, row in rows.items():
        yield Put(table, key, row)


class Touch(NamedTuple):
    """The rows of this thing are to be made from its states: once, however many facts of a page touched it."""

    of: Decider[Any, Any]
    id: str
    rows: Callable[[str, Known], Iterable[Change]]

    @property
    def stream(self) -> str:
        """Whose rows they are; where they cannot be made, this stream waits."""
        return self.of.stream(self.id)


Projection = Callable[[Fact[Any], Known], Iterator[Change | Touch]]


@dataclass(frozen=True, slots=True)
class ReadModel:
    """`edition` goes up when the projection comes to mean something else; the rows are then made anew.

    `reads` are the deciders whose states it looks at. `remake` names what rests on a stream's state and not on its
    facts one by one. `within_append`: kept in the transaction that stores the fact. `opens`: it hears personal fields
    in the clear, forgotten ones as such; what it makes of them must tell nothing without the key.
    """

    name: str
    about: str
    tables: tuple[Table, ...]
    facts: frozenset[type[Event]]
    project: Projection
    reads: tuple[Decider[Any, Any], ...] = ()
    remake: Callable[[str], Iterable[Touch]] = lambda stream: ()
    edition: int = 1
    within_append: bool = False
    opens: bool = False
    topics: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", frozenset(fact.topic for fact in self.facts))

    @property
    def deciders(self) -> dict[str, Decider[Any, Any]]:
        """Whose life each fact belongs to, by topic, of the streams it looks at."""
        return {event.topic: decider for decider in self.reads for event in decider.facts}

    @property
    def fingerprint(self) -> str:
        """Two processes with the same one make the same rows of the same facts."""
        shape = repr([(t.name, t.key, t.columns, t.indexes) for t in self.tables])
        heard = ",".join(sorted(self.topics))
        what = f"{FORM}\n{self.name}\n{self.edition}\n{shape}\n{heard}"
        return hashlib.sha256(what.encode()).hexdigest()[:16]


def coalesced(changes: Iterable[Change]) -> dict[tuple[Table, Key], Row | None]:
    """What is left to do of changes in their order: for each key the last; None where the row goes."""
    found: dict[tuple[Table, Key], Row | None] = {}
    for change in changes:
        found[change.table, change.key] = change.row if isinstance(change, Put) else None
    return found
