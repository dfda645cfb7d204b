"""How the command line speaks: data to stdout, everything else to stderr, sysexits codes on the way out."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import orjson
import structlog
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.telemetry import tracing

DATA_WRONG = os.EX_DATAERR
UNAVAILABLE = os.EX_UNAVAILABLE
TRY_LATER = os.EX_TEMPFAIL
MISCONFIGURED = os.EX_CONFIG
WRONG_USE = os.EX_USAGE

MASKS = orjson.OPT_PASSTHROUGH_DATACLASS
"""A masked field is a dataclass, and what it shows is its text."""

stderr = Console(stderr=True, soft_wrap=True, highlight=False)


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str = "") -> None:
    """Rows as a table for people, as one JSON array for programs, as tab-separated lines in a pipe."""
    if as_json:
        give(list(rows))
    elif not rows:
        return
    elif sys.stdout.isatty():
        table = Table(title=title or None)
        for name in rows[0]:
            table.add_column(name.replace("_", " "))
        for row in rows:
            # Text and not str: brackets in a value are no markup.
            table.add_row(*(Text(_text(value)) for value in row.values()))
        Console().print(table)
    else:
        lines = [list(rows[0])] + [[_text(value) for value in row.values()] for row in rows]
        print(*("\t".join(line) for line in lines), sep="\n", flush=True)


def give(value: Any) -> None:
    """One JSON document on stdout."""
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2 | MASKS, default=str).decode(), flush=True)


def line(value: Mapping[str, Any], *, as_json: bool) -> None:
    """One value of many that come in their own time, on one line."""
    print(
        orjson.dumps(value, option=MASKS, default=str).decode() if as_json else "\t".join(map(_text, value.values())),
        flush=True,
    )


def note(text: str) -> None:
    """A line for the person at the terminal."""
    stderr.print(text, markup=False)


def fail(text: str, code: int = 1) -> NoReturn:
    """Say why, and leave with the code."""
    note(f"kartoteka: {text}")
    raise typer.Exit(code)


def instant(text: str) -> datetime:
    """An ISO 8601 instant. Raises ValueError where the offset is missing, since nobody can guess it."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset; write {text}Z for UTC" if "T" in text else f"{text} is no instant")
    return found


def log_to_stderr(level: str, *, as_json: bool) -> None:
    """Send what is logged, by us and by libraries, to stderr."""
    render: Any = structlog.processors.JSONRenderer()
    if not as_json:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            tracing.named,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at every line: where this is run inside another program, that may have put another in its place.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )
    logging.basicConfig(level=level.upper(), handlers=[Libraries()], force=True)


class Libraries(logging.Handler):
    """Where a library complained and of what kind of error, never its words: they may quote somebody's data."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        where = f"{record.filename}:{record.lineno}"
        error = {"error": kind.__name__} if kind else {}
        structlog.get_logger().log(record.levelno, "library", logger=record.name, where=where, **error)


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return orjson.dumps(value, option=MASKS, default=str).decode()
    return "" if value is None else str(value)
