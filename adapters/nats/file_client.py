"""A file from a caller's side: put from where it was left off, and got, part by part, never whole at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, NamedTuple

from adapters.file_request import PART_BYTES, PartGot, PartPut, opened, written
from adapters.nats.client import Client


class Source(NamedTuple):
    """A file to put: a UUID by which it is the same file at every try, for whom, and bytes that can be gone back in."""

    id: str
    contact: str
    content: BinaryIO
    size_bytes: int

    @property
    def parts(self) -> int:
        """How many there are; of an empty file one, which is empty."""
        return max(1, -(-self.size_bytes // PART_BYTES))

    def part(self, number: int) -> bytes:
        """The bytes of a part, counted from 1."""
        self.content.seek((number - 1) * PART_BYTES)
        return self.content.read(PART_BYTES)

    def stored_bytes(self, told: PartPut) -> int:
        """How many are stored from the beginning on, by an answer of the service."""
        return self.size_bytes if told.missing is None else (told.missing - 1) * PART_BYTES


class Got(NamedTuple):
    """A part with its bytes, and what it is a part of."""

    about: PartGot
    content: bytes


async def put_file(
    client: Client, source: Source, *, actor: str, heard: Callable[[PartPut], None] = lambda told: None
) -> PartPut:
    """The answer to the part with which it was whole; each goes on with what the service misses.

    Raises Declined, NoAnswer; with the same id it may be tried again.
    """
    number = 1
    while True:
        line = {"id": source.id, "actor": actor, "contact": source.contact, "part": number}
        sent = written({**line, "last": number == source.parts}, source.part(number))
        told = PartPut.model_validate(opened(await client.convey("put", sent))[0])
        heard(told)
        if told.missing is None:
            return told
        number = told.missing


async def get_file(
    client: Client, contact: str, file: str, *, actor: str, purpose: str | None = None
) -> AsyncIterator[Got]:
    """Its parts in order. Raises Declined, NoAnswer."""
    line = {"actor": actor, "contact": contact, "file": file, **({} if purpose is None else {"purpose": purpose})}
    number = parts = 1
    while number <= parts:
        told, content = opened(await client.convey("get", written({**line, "part": number})))
        about = PartGot.model_validate(told)
        yield Got(about, content)
        number, parts = number + 1, about.parts
