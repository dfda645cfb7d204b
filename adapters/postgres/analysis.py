"""The SQL of analysts' views: each a function that asks for the worker of whoever is connected, and a view in front.

A view over the tables themselves would let EXPLAIN ANALYZE tell how many rows were left out, and plans how many there
are. A function's rows have no plan for the caller. What it reads it names as it runs: read models may be made anew
under it. It runs as our own role, with none of the caller's settings that have the server tell of its plans.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from psycopg import Connection, sql
from psycopg.errors import LockNotAvailable

from adapters.postgres.schema import connect
from adapters.postgres.views.definition import TYPES
from projections.analysis import ANALYSIS, View
from projections.analysis.view import entitled
from projections.model import Kind

Line = Connection[tuple[Any, ...]]

FORM = 1
"""Goes up when views are written otherwise than before."""

PATIENCE = "SET LOCAL lock_timeout = '1s'"
ONE_MAKES = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.analysis', 0))"
WANTED = "SELECT EXISTS (SELECT FROM analysts)"
MADE_AS = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
ENTITLED = "SELECT role_name FROM analysts WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = role_name)"

TIME = "({clock}() + coalesce((SELECT ahead FROM test_clock), interval '0'))"
"""What time it is for the log."""

ASKING_ROLE = "CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END"
"""Who has connected, or whom they have become since; within the function `current_user` is our own role."""

FUNCTION = """
CREATE FUNCTION {home}.{function}() RETURNS TABLE ({columns})
LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10000
SET search_path = {tables}, pg_temp
SET client_min_messages = error SET debug_print_parse = off SET debug_print_rewritten = off SET debug_print_plan = off
SET plan_cache_mode = force_custom_plan SET jit = off SET work_mem = '64MB' SET TimeZone = 'UTC'
AS {body}
"""
BODY = f"""
#variable_conflict use_column
DECLARE
    asking_worker text := (SELECT worker FROM analysts WHERE role_name = {ASKING_ROLE});
    asked_at timestamptz := {TIME.format(clock="clock_timestamp")};
BEGIN
    IF EXISTS (SELECT FROM quarantine) THEN
        RAISE EXCEPTION 'this log is in quarantine' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN QUERY {{statement}};
END
"""
"""The time is that of the call: a transaction, and even one message, can be kept open beyond the end of a right."""

POSITIONS = "positions"
POSITIONS_ABOUT = "Up to when each read model shows everything that was recorded; one that is not active stands still."
POSITIONS_COLUMNS = (("model", Kind.WORD), ("state", Kind.WORD), ("complete_up_to", Kind.INSTANT))
POSITIONS_SHOWN = f"""
    SELECT m.name::text, m.state::text, coalesce((
        SELECT f.recorded_at FROM facts f WHERE f.notification_id > CASE m.name
            WHEN 'access' THEN (SELECT h.position FROM head h) ELSE m.position END
        ORDER BY f.notification_id LIMIT 1
    ), asked_at)
    FROM read_models m
    WHERE m.state IN ('active', 'paused', 'failed') AND {entitled("asking_worker", "asked_at")}
    ORDER BY m.name"""
"""A position would count what others do; up to which instant all is there tells nothing of them, once all is."""


def schema_of(schema: str) -> str:
    """Where the views of a schema are."""
    return f"{schema}_analysis"


def select(view: View, worker: str) -> str:
    """What the view shows to a worker, for a connection of our own that stands in the schema; in no order.

    Rights are those of the instant at which it runs; in quarantine there is nothing.
    """
    asked = _asked(view, sql.Literal(worker).as_string(), TIME.format(clock="statement_timestamp"))
    return f"SELECT * FROM ({asked}) shown WHERE NOT EXISTS (SELECT FROM quarantine)"


def _asked(view: View, worker: str, at: str) -> str:
    """For the worker and the instant, both expressions; as an export, and never for the installation itself."""
    given = {"actor": worker, "received": at, "now": at, "everything": "false", "exported": "true"}
    statement = view.statement(TYPES)
    for name, expression in given.items():
        statement = statement.replace(f"%({name})s", expression)
    return statement


def ensure(url: str, schema: str) -> bool:
    """Have the views as this process means them, where there are analysts; whether it is so.

    Where somebody's query is in the way they stay as they were, until a process starts again.
    """
    with connect(url, schema) as connection:
        if connection.execute(WANTED).fetchone() != (True,):
            return True
        try:
            make(connection, schema)
        except LockNotAvailable:
            structlog.get_logger().warning("analysts' views are in use, and stay as they were")
            return False
    return True


def make(connection: Line, schema: str) -> None:
    """Make the views, unless they are there as this process means them. Raises LockNotAvailable."""
    home, statements = sql.Identifier(schema_of(schema)), list(_creation(schema))
    mark = hashlib.sha256("\n".join([str(FORM), *statements]).encode()).hexdigest()[:16]
    with connection.transaction():
        connection.execute(ONE_MAKES)
        if connection.execute(MADE_AS, (schema_of(schema),)).fetchone() == (mark,):
            return
        connection.execute(PATIENCE)
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(home))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(home))
        for statement in statements:
            connection.execute(statement.encode())  # written from our own definitions
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(home, sql.Literal(mark)))
        for (role,) in connection.execute(ENTITLED).fetchall():
            let_in(connection, schema, role)


def let_in(connection: Line, schema: str, role: str) -> None:
    """Let the role name the views; what they show it is another matter."""
    home = sql.Identifier(schema_of(schema))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(home, sql.Identifier(role)))


def _creation(schema: str) -> Iterator[str]:
    """The statements that make every view in a schema that is new.

    Rows come in the order of their keys: another might tell of how they were found, and so of those left out.
    """
    home = sql.Identifier(schema_of(schema)).as_string()
    for view in ANALYSIS.values():
        columns = [(each.name, each.kind) for each in view.columns]
        asked = f"{_asked(view, 'asking_worker', 'asked_at')} ORDER BY {', '.join(view.key)}"
        yield from _view(schema, view.name, view.about, columns, asked)
        for each in view.columns:
            yield f"COMMENT ON COLUMN {home}.{view.name}.{each.name} IS {_text(each.about)}"
    yield from _view(schema, POSITIONS, POSITIONS_ABOUT, POSITIONS_COLUMNS, POSITIONS_SHOWN)


def _view(schema: str, name: str, about: str, columns: Iterable[tuple[str, Kind]], statement: str) -> Iterator[str]:
    """Whoever may name the schema may ask the view; of everybody else nobody can."""
    home, function = sql.Identifier(schema_of(schema)).as_string(), f"rows_of_{name}"
    yield FUNCTION.format(
        home=home,
        function=function,
        columns=", ".join(f"{column} {TYPES[kind].partition(' ')[0]}" for column, kind in columns),
        tables=sql.Identifier(schema).as_string(),
        body=_text(BODY.format(statement=statement)),
    )
    yield f"CREATE VIEW {home}.{name} AS SELECT * FROM {home}.{function}()"
    yield f"GRANT SELECT ON {home}.{name} TO PUBLIC"
    yield f"COMMENT ON VIEW {home}.{name} IS {_text(about)}"


def _text(text: str) -> str:
    return sql.Literal(text).as_string()
