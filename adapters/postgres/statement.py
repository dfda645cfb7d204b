"""One statement, prepared once on its connection and called with as little as possible between us and the socket.

A command alone waits for nothing else, and what stands between its decision and the disk is felt by whoever asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from struct import pack
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

BYTEA_OID = 17


class Words(bytes):
    """A parameter as text."""


class Binary(bytes):
    """A parameter in Postgres' binary format."""


Parameter = Words | Binary | None


def words(values: Collection[str]) -> Words:
    """An array of words that need no escaping; ids, codes and instants never do."""
    if not values:
        return Words(b"{}")
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        raise ValueError("a word with a quote or a backslash cannot be sent like this")
    return Words(f'{{"{joined}"}}'.encode())


def numbers(values: Iterable[int]) -> Words:
    """An array of whole numbers."""
    return Words(f"{{{','.join(map(str, values))}}}".encode())


def blobs(values: Sequence[bytes]) -> Binary:
    """An array of byte strings."""
    dimension = pack("!2i", len(values), 1) if values else b""
    head = pack("!3i", 1 if values else 0, 0, BYTEA_OID)
    return Binary(head + dimension + b"".join(pack("!i", len(value)) + value for value in values))


async def prepare(connection: AsyncConnection[Any], name: str, statement: str) -> None:
    """Make the statement known to the connection, its parameters written $1, $2 and so on."""
    await connection.execute(f"PREPARE {name} AS {statement}".encode())


async def call(connection: AsyncConnection[Any], name: str, parameters: Sequence[Parameter]) -> list[bytes | None]:
    """The one row that the statement gives, as text. Raises psycopg's errors, as its own cursors do."""
    line = connection.pgconn
    async with connection.lock:
        try:
            formats = [Format.BINARY if isinstance(each, Binary) else Format.TEXT for each in parameters]
            line.send_query_prepared(name.encode(), parameters, param_formats=formats)
            while line.flush():
                await _until(line.socket, writable=True)
            result = await _result(line)
        except asyncio.CancelledError:
            line.finish()  # an answer is under way that nobody will read
            raise
    if result.status != ExecStatus.TUPLES_OK:
        raise error_from_result(result)
    return [result.get_value(0, column) for column in range(result.nfields)]


async def _result(line: PGconn) -> PGresult:
    """The first result; all must be read before the next call."""
    results: list[PGresult] = []
    while True:
        while line.is_busy():
            await _until(line.socket, writable=False)
            line.consume_input()
        result = line.get_result()
        if result is None:
            return results[0]
        results.append(result)


async def _until(socket: int, *, writable: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    watch, forget = (loop.add_writer, loop.remove_writer) if writable else (loop.add_reader, loop.remove_reader)
    watch(socket, _set, ready)
    try:
        await ready
    finally:
        forget(socket)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
