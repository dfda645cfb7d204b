"""Connections to one schema, and the numbered files that build it: each runs once, and never changes after."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

MIGRATIONS = Path(__file__).parent / "migrations"


class MigrationChanged(Exception):
    """A file that has already run differs from what ran."""


class SchemaNewer(Exception):
    """The schema was built by a newer version of the service."""


KEYED = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan"
"""For statements that look everything up by key: young tables have no statistics, and plans are made just once."""


def standing_still(lock: str) -> str:
    """The statement that takes the lock, but none while the log is in quarantine: what is elected by it rests then."""
    return f"SELECT CASE WHEN EXISTS (SELECT FROM quarantine) THEN false ELSE {lock} END"  # noqa: S608 - a constant of ours


def options(schema: str, *more: str) -> dict[str, Any]:
    """The arguments every connection takes beside its URL."""
    return {
        "autocommit": True,
        "application_name": "kartoteka",
        "options": " ".join((f"-c search_path={schema} -c timezone=UTC", *more)),
    }


def connect(url: str, schema: str, *more: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that stands in the schema, with more server settings."""
    return psycopg.connect(url, **options(schema, *more))


async def connect_async(url: str, schema: str, *more: str) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """The same for the event loop."""
    return await psycopg.AsyncConnection.connect(url, **options(schema, *more))


def files() -> list[tuple[int, str, str]]:
    """The migrations: number, name and text."""
    found = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    return [(int(path.name.split("_")[0]), path.stem, path.read_text()) for path in found]


def migrate(url: str, schema: str) -> list[str]:
    """Bring the schema up to date, whoever else tries at the same time. Gives the names of the files that ran."""
    with connect(url, schema) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (schema,))
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL,"
            " checksum text NOT NULL, ran_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        ran = dict(connection.execute("SELECT number, checksum FROM migrations").fetchall())
        known = files()
        if any(number not in {n for n, _, _ in known} for number in ran):
            raise SchemaNewer(f"schema {schema} has migrations this version does not know")
        return [name for number, name, text in known if _run(connection, ran.get(number), number, name, text)]


def _run(connection: psycopg.Connection[Any], before: str | None, number: int, name: str, text: str) -> bool:
    checksum = hashlib.sha256(text.encode()).hexdigest()
    if before is None:
        connection.execute(text.encode())
        connection.execute(
            "INSERT INTO migrations (number, name, checksum) VALUES (%s, %s, %s)", (number, name, checksum)
        )
        return True
    if before != checksum:
        raise MigrationChanged(name)
    return False
