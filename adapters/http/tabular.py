"""All rows of a listing in one answer, taken page by page from the service of questions, which judges each anew.

Where rights end on the way, so does the answer, and nobody can take it for whole.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

import orjson

from adapters.http.accept import CSV, LINES
from adapters.inquiry import HIGHEST_LIMIT
from adapters.problem import Problem
from adapters.shape import malformed
from projections.question import Listing

Ask = Callable[[bytes], Awaitable[bytes | Problem]]
Row = dict[str, Any]

TRIES = 5
"""How often a page is asked for that cannot be had at the moment, once something went out."""

PARQUET_ROWS = 10_000
SIGN, SKIPPED = r"[=+\-@\uff1d\uff0b\uff0d\uff20]", r"""(?:(?![\t\r\n])[\s'"])*"""
FORMULA = re.compile(rf"(^|[;\t\r\n])(?={SKIPPED}{SIGN})|^(?=[\t\r])")
"""Where a cell that is no text may begin, also for a spreadsheet that takes semicolons for ends of cells."""

WITHIN_JSON = re.compile(rf"(;{SKIPPED})({SIGN})")
AMOUNT = re.compile(r"-\d+(\.\d+)?")


class Cut(Exception):
    """The answer ends before its end."""


class Begun(NamedTuple):
    """The envelope with which to begin, and how many rows are wanted, if that is said."""

    asked: dict[str, Any]
    most: int | None

    def payload(self, **more: Any) -> bytes:
        return orjson.dumps({**self.asked, **more})


def taken_out(payload: bytes) -> Begun | Problem | None:
    """None where it is no envelope: whoever answers questions says what is wrong with it."""
    try:
        asked = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(asked, dict):
        return None
    if asked.get("purpose") is None:
        return malformed("purpose", "it is needed where rows are taken out")
    most = asked.get("limit")
    return Begun(asked, most) if most is not None else Begun({**asked, "limit": HIGHEST_LIMIT}, None)


class Pages:
    """The pages of one answer, the first of which is there."""

    def __init__(self, ask: Ask, begun: Begun, first: bytes) -> None:
        self._ask, self._begun, self._first = ask, begun, first

    async def walk(self) -> AsyncGenerator[list[Row] | Problem]:
        """Rows, page by page; a problem, and nothing behind it, where the next one may not be had."""
        left, found = self._begun.most, orjson.loads(self._first)
        while True:
            yield found["rows"]
            left = None if left is None else left - len(found["rows"])
            if found["next"] is None or left == 0:
                return
            more = {} if left is None else {"limit": left}
            answer = await self._asked_again(self._begun.payload(**more, cursor=found["next"]))
            if isinstance(answer, Problem):
                yield answer
                return
            found = orjson.loads(answer)

    async def _asked_again(self, payload: bytes) -> bytes | Problem:
        for _ in range(TRIES):
            answer = await self._ask(payload)
            if not isinstance(answer, Problem) or answer.retry_after_ms is None:
                break
            await asyncio.sleep(answer.retry_after_ms / 1000)
        return answer


async def lines(pages: Pages) -> AsyncIterator[bytes]:
    """A row a line, as JSON; where it was cut the last line is the problem."""
    async with aclosing(pages.walk()) as each:
        async for rows in each:
            if isinstance(rows, Problem):
                yield b'{"problem":' + rows.body() + b"}\n"
                raise Cut
            yield b"".join(orjson.dumps(row) + b"\n" for row in rows)


async def commas(kind: type[Listing[Any]], pages: Pages) -> AsyncIterator[bytes]:
    """CSV (RFC 4180) in UTF-8 under the names of the columns. Raises Cut."""
    names = list(kind.row.model_fields)
    yield _table([names])
    async with aclosing(pages.walk()) as each:
        async for rows in each:
            if isinstance(rows, Problem):
                raise Cut
            yield _table([_cell(row.get(name)) for name in names] for row in rows)


def _table(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return guarded(value)
        case dict() | list():
            return WITHIN_JSON.sub(_escaped, orjson.dumps(value).decode())
    return str(value)


def guarded(text: str) -> str:
    """Behind an apostrophe, wherever a spreadsheet would take it for a formula; an amount is none."""
    return text if AMOUNT.fullmatch(text) else FORMULA.sub(r"\1'", text)


def _escaped(found: re.Match[str]) -> str:
    """The same to whoever reads JSON."""
    return f"{found[1]}\\u{ord(found[2]):04x}"


async def columns(kind: type[Listing[Any]], pages: Pages) -> AsyncIterator[bytes]:
    """Parquet, a group of rows at a time. Raises Cut."""
    from adapters.columnar.answer_rows import AnswerRows

    table = AnswerRows(kind.row)
    held: list[Row] = []
    async with aclosing(pages.walk()) as each:
        async for rows in each:
            if isinstance(rows, Problem):
                raise Cut
            held += rows
            if len(held) >= PARQUET_ROWS:
                yield await asyncio.to_thread(table.put, held)
                held = []
    yield await asyncio.to_thread(table.end, held)


def named(name: str, form: str) -> Mapping[str, str]:
    """What a browser should call the file."""
    ending = {CSV: "csv", LINES: "ndjson"}.get(form, "parquet")
    return {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}


def stream(form: str, kind: type[Listing[Any]], pages: Pages) -> AsyncIterator[bytes]:
    """The answer in that form."""
    if form == CSV:
        return commas(kind, pages)
    return lines(pages) if form == LINES else columns(kind, pages)
