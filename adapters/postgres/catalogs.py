"""What every role of a database may find out or do by itself, and an analyst's should not: closed to all but owners.

Postgres lets whoever is connected read how many rows each table has, how often it was written to and how large it is;
hold any advisory lock, ours among them; and write large objects and temporary tables. That is so for everybody in the
database, so it is closed for everybody but superusers and the owner of the schema.

Two things no privilege closes. LISTEN and NOTIFY: we send no notice and wait for none, so there is nothing to hear and
nobody to wake. And how many transactions have written anything, whoever's: a role may write settings of its own, and
read in `pg_db_role_setting` which transaction it was that did.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from adapters.postgres.schema import connect

FUNCTIONS = (
    *("pg_advisory", "pg_try_advisory", "pg_notify", "pg_logical_emit_message", "lo_", "lowrite", "loread"),
    *("pg_stat_get_", "pg_relation_size", "pg_table_size", "pg_total_relation_size", "pg_indexes_size"),
    *("pg_database_size", "pg_tablespace_size", "pg_relation_file", "pg_filenode_relation", "pg_lock_status"),
    *("pg_blocking_pids", "pg_safe_snapshot_blocking_pids", "pg_prepared_xact", "pg_control_", "pg_xact_", "txid_"),
    *(
        "pg_current_xact_id",
        "pg_current_snapshot",
        "pg_current_wal",
        "pg_last_wal",
        "pg_last_xact",
        "pg_last_committed",
    ),
    *("pg_get_multixact_members", "pg_notification_queue_usage", "pg_sequence_last_value"),
)
"""How the names of functions begin that tell of what lies in tables and who works on them, or that change something."""

COUNTING = ("age(xid)", "mxid_age(xid)")
"""How many transactions have written since another."""

VIEWS = ("pg_stat_", "pg_statio_", "pg_locks", "pg_prepared_xacts", "pg_replication_")
"""The same of views; `pg_stats` is none of them, and shows of each table only what one may read anyway."""

COUNTS = ("reltuples", "relpages", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid", "relfilenode")
"""Columns of `pg_class`; all others are what programs look up tables by."""

ONE_CLOSES = "SELECT pg_advisory_xact_lock(hashtextextended('kartoteka.catalogs', 0))"
SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
OWNER = "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = %s"
OPEN = """
SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure::text, 'EXECUTE'
FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace
AND (p.proname ~ %(functions)s OR p.oid = ANY (%(counting)s::regprocedure[]))
AND has_function_privilege('public', p.oid, 'EXECUTE')
UNION ALL
SELECT 'TABLE ' || c.oid::regclass::text, 'SELECT' FROM pg_class c
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'v' AND c.relname ~ %(views)s
AND has_table_privilege('public', c.oid, 'SELECT')
"""
COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = 'pg_class'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (%s)
"""
COUNTED = "SELECT has_column_privilege('public', 'pg_class', 'reltuples', 'SELECT')"

Line = Connection[tuple[Any, ...]]


class NotSuperuser(Exception):
    """Only a superuser of the database may close its catalogs."""


def are_open(url: str, schema: str) -> bool:
    """Whether any role of the database can find out how many rows tables have."""
    with connect(url, schema) as connection:
        return connection.execute(COUNTED).fetchone() == (True,)


def close(url: str, schema: str) -> None:
    """Close them to all but superusers and the owner of the schema. Done again it changes nothing. Raises NotSuperuser.

    What owners use stays theirs: advisory locks are how our own processes agree.
    """
    with connect(url, schema) as connection, connection.transaction():
        if connection.execute(SUPERUSER).fetchone() != (True,):
            raise NotSuperuser("only a superuser may close the catalogs of a database; ask one to")
        connection.execute(ONE_CLOSES)
        (owner,) = connection.execute(OWNER, (schema,)).fetchone() or ("",)
        _close(connection, str(owner))


def _close(connection: Line, owner: str) -> None:
    begins = {"functions": f"^({'|'.join(FUNCTIONS)})", "views": f"^({'|'.join(VIEWS)})", "counting": list(COUNTING)}
    statements = []
    for what, privilege in connection.execute(OPEN, begins).fetchall():
        statements += _ours_alone(what, privilege, owner)
    (columns,) = connection.execute(COLUMNS, (list(COUNTS),)).fetchone() or ("",)
    statements += _ours_alone("TABLE pg_class", "SELECT", owner)
    statements.append(sql.SQL("GRANT SELECT ({}) ON pg_class TO PUBLIC").format(sql.SQL(columns)))
    statements.append(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    database = sql.Identifier(connection.info.dbname)
    statements.append(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("; ").join(statements))


def _ours_alone(what: str, privilege: str, owner: str) -> list[sql.Composable]:
    taken = f"REVOKE {privilege} ON {what} FROM PUBLIC"
    given = sql.SQL(f"GRANT {privilege} ON {what} TO {{}}").format(sql.Identifier(owner))
    return [sql.SQL(taken), given]
