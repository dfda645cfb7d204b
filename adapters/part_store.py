"""Where the contents of files lie: sealed parts under a file's id and a number, each put once, none readable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol


class Mark(NamedTuple):
    """The name under which the files of one log lie in a store, and what only those know who may put there."""

    name: str
    secret: str


class PartStoreAway(Exception):
    """The store does not answer; whether a part was put is not known until it is put again."""


class PartStore(Protocol):
    """All that is asked of a store. Every method raises PartStoreAway."""

    async def put(self, file: str, part: int, sealed: bytes) -> bytes:
        """Have the part lie there, unless one does already; gives the one that lies there, which never changes."""
        ...

    async def get(self, file: str, part: int) -> bytes | None:
        """The part, if there is one."""
        ...

    async def drop(self, file: str) -> None:
        """Take away all parts of a file; of one that is not there, nothing."""
        ...

    async def holds(self, file: str) -> bool:
        """Whether there is any part of a file."""
        ...

    def files(self) -> AsyncIterator[str]:
        """Every file of which there is any part, some of them more than once."""
        ...
