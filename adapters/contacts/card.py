"""A card is what a file says of one contact, each word with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from domain.clients.address import AddressKind, AddressUse


class Field(StrEnum):
    """What a card says at most once; in a table each is a column of this name."""

    ID = "id"
    REFERENCE = "reference"
    KIND = "kind"
    NAME = "name"
    EMPLOYER = "employer"
    PART_OF = "part_of"
    COMPANY_NUMBER = "company_number"
    VAT_NUMBER = "vat_number"
    LIFE_CYCLE = "life_cycle"
    SALUTATION = "salutation"


class Cell(NamedTuple):
    """A word of the file; of a column in the words of the file, and a line of which the first is 1."""

    text: str
    column: str
    line: int


class Way(NamedTuple):
    """Where the contact can be reached, as the file says."""

    kind: AddressKind
    use: AddressUse
    cell: Cell


class Fault(NamedTuple):
    """Why a row is refused; it quotes nothing of what the row says. `row` is the line at which that begins."""

    line: int
    column: str
    code: str
    why: str
    row: int = 0

    def told(self) -> dict[str, Any]:
        """As a reader is told."""
        return {"line": self.line, "column": self.column, "code": self.code, "why": self.why}


@dataclass(frozen=True, slots=True)
class Card:
    """`line` is where it begins; `organisation` the name of a firm, where it gives no reference of one."""

    line: int
    cells: Mapping[Field, Cell]
    ways: tuple[Way, ...] = ()
    notes: tuple[Cell, ...] = ()
    organisation: Cell | None = None

    def cell(self, which: Field) -> Cell:
        """An empty one where nothing is said."""
        return self.cells.get(which) or Cell("", which, self.line)

    def text(self, which: Field) -> str:
        return self.cell(which).text

    @property
    def key(self) -> str:
        """By what the same contact is known when the file comes again."""
        return self.text(Field.REFERENCE) or self.text(Field.ID)

    def fault(self, which: Field, code: str, why: str) -> Fault:
        cell = self.cell(which)
        return Fault(cell.line, cell.column, code, why)


@dataclass(slots=True)
class Deck:
    """What was read of a file: cards in their order, what is no card, and what cards say that is not taken over."""

    cards: list[Card] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    left_out: Sequence[str] = ()


def fits(kind: Any, text: str) -> bool:
    """Whether a type of the domain takes the text."""
    try:
        _adapter(kind).validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=None)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
