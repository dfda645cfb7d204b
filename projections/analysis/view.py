"""What a view for analysts is, and who may ask one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.staff.worker import Right
from projections.model import Kind, ReadModel
from projections.sight import clause, holds, lasts

WORD, NUMBER, INSTANT = Kind.WORD, Kind.NUMBER, Kind.INSTANT
FLAG, DECIMAL, DAY = Kind.FLAG, Kind.DECIMAL, Kind.DAY


def entitled(worker: str, at: str) -> str:
    """Whether the worker is an analyst at the instant, both expressions."""
    right = f"ar.worker = asker.worker AND ar.right_name = '{Right.ANALYST}' AND {lasts('ar')}"
    rights = f"FROM access_workers asker JOIN access_rights ar ON {right}"
    return f"EXISTS (SELECT {rights} WHERE asker.worker = {worker} AND asker.active)".replace("%(received)s", at)


@dataclass(frozen=True, slots=True)
class Shown:
    """A column, and the expression that makes it; where there is none, it is called as in `rows`."""

    name: str
    kind: Kind
    about: str
    expression: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """`rows` is FROM and WHERE with the parameters of questions; `key` names columns that are unique together.

    `rights`: one of these is needed beside that of an analyst, if there are any. `contact` names the column with the
    contact that each row is about, where rows are about contacts. No key is ever null.
    """

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Shown, ...]
    rows: str
    rests_on: tuple[ReadModel, ...]
    rights: tuple[Right, ...] = ()
    contact: str | None = None

    def statement(self, types: Mapping[Kind, str]) -> str:
        """The columns of all rows that the asker may know of, each of its type in SQL."""
        shown = ", ".join(
            f"({each.expression or each.name})::{types[each.kind]} AS {each.name}" for each in self.columns
        )
        needed = [entitled("%(actor)s", "%(received)s"), *([holds(*self.rights)] if self.rights else [])]
        return clause(f"answer AS (SELECT {shown} {self.rows} AND {' AND '.join(needed)}) SELECT * FROM answer")
