"""What an answer shows of whom: told by the question, kept before the answer leaves (R-AUD-1).

A look is at a contact that the question is about or finds. A ticket that names its customer shows a ticket.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from domain.staff.worker import Right

EXCEPTION = "exception"
"""The column that names the right without which, against all others, the row would not be shown; it is not told."""


class How(StrEnum):
    """In which way contacts are shown."""

    OPENED = "opened"
    FOUND = "found"
    EXPORTED = "exported"


class Aim(StrEnum):
    """For what an answer is taken out: into a file of ours, or for the person whose data it is (R-GDP-5)."""

    EXPORT = "export"
    ACCESS = "access"
    PORTABILITY = "portability"


class Look(NamedTuple):
    """What is kept of an answer, and for what it was taken out, if it was.

    `about` is the stream of what is no contact, `exception` the right that opened it.
    """

    how: How
    contacts: tuple[str, ...] = ()
    about: str | None = None
    exception: Right | None = None
    purpose: Aim | None = None

    def taken_out(self, purpose: Aim | None) -> Look:
        """The same, where the answer is taken out for something."""
        return self if purpose is None else self._replace(how=How.EXPORTED, purpose=purpose)
