"""What is fenced, as a process knows it: it looks for what has come since, and no fence is ever taken back."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from adapters.sealing import KeyName

Line = Connection[tuple[Any, ...]]

SINCE = """
SELECT head.position, f.subject, f.purposes FROM head
LEFT JOIN subject_fences f ON f.position > %s OR f.position = 0
"""
"""Of one moment: every fence up to that position is known by then. Those put up by hand have none of their own."""


class Fences:
    """`position` is that of the last look."""

    def __init__(self) -> None:
        self.position = 0
        self._purposes: dict[str, frozenset[str]] = {}

    def look(self, connection: Line) -> list[KeyName]:
        """The keys that are behind a fence since the last look."""
        found = []
        for position, subject, purposes in connection.execute(SINCE, (self.position,), prepare=True).fetchall():
            if subject is not None:
                known = self._purposes.get(subject, frozenset())
                found += [KeyName(subject, purpose) for purpose in purposes if purpose not in known]
                self._purposes[subject] = known.union(purposes)
            self.position = position
        return found

    def cover(self, name: KeyName) -> bool:
        """Whether what is sealed under this key opens no more."""
        return name.purpose in self._purposes.get(name.subject, ())
