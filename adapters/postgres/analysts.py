"""Analysts' roles: each logs in, may name the views and nothing else, and asks for one worker (R-RPT-1)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection, sql
from psycopg.errors import DuplicateObject, InsufficientPrivilege, LockNotAvailable, UndefinedObject

from adapters.postgres.analysis import let_in, make, schema_of
from adapters.postgres.schema import connect
from projections.analysis.view import entitled

Line = Connection[tuple[Any, ...]]

MOST_CONNECTIONS = 4
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "1min",
}
"""What a session begins with. Whoever is connected may set it otherwise: what nobody may is a matter of privileges."""

KEPT = {"temp_file_limit": "2GB"}
"""What whoever is connected may not set otherwise, and so may we only where we may: what they sort fills no disk."""

MAY_SET = "SELECT has_parameter_privilege(%s, 'SET')"

KNOWN = "SELECT EXISTS (SELECT FROM access_workers WHERE worker = %s AND active)"
NOTE = "INSERT INTO analysts (role_name, worker) VALUES (%s, %s)"
DROP_NOTE = "DELETE FROM analysts WHERE role_name = %s RETURNING worker"
LIST = f"""
SELECT a.role_name, a.worker, a.granted_at,
       EXISTS (SELECT FROM pg_roles WHERE rolname = a.role_name) AND {entitled("a.worker", "(SELECT log_time())")}
FROM analysts a WHERE %(of)s::text IS NULL OR %(of)s IN (a.role_name, a.worker) ORDER BY a.role_name
"""
FOR_WHOM = f"""
SELECT coalesce(a.role_name, w.worker), w.worker FROM access_workers w
LEFT JOIN analysts a ON a.worker = w.worker
WHERE %(name)s IN (a.role_name, w.worker) AND {entitled("w.worker", "(SELECT log_time())")}
ORDER BY a.role_name LIMIT 1
"""


class NoAnalyst(Exception):
    """There is no analyst of that name, nor a role of that worker; `kartoteka analyst list` tells which there are."""


class NotEntitled(Exception):
    """This is neither an analyst's role nor a worker with the right of an analyst."""


class NoWorker(Exception):
    """There is no active worker of that id."""


class RoleTaken(Exception):
    """There is a role of that name already."""


class RolesNotOurs(Exception):
    """Our role in the database may not make roles, or not drop this one."""


class ViewsInUse(Exception):
    """The views are to be made anew, and somebody is asking them."""


class Analyst(NamedTuple):
    """A role, the worker it asks for, since when, and whether anything is shown to it now."""

    role: str
    worker: str
    granted_at: datetime
    entitled: bool


def grant(url: str, schema: str, worker: str, role: str | None = None) -> tuple[Analyst, str]:
    """A new role for the worker, and its password, which is kept nowhere.

    What it is shown follows the worker's rights, which are not changed here.
    Raises NoWorker, RoleTaken, RolesNotOurs, ViewsInUse.
    """
    name, password = role or f"{schema}_analyst_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    with connect(url, schema) as connection, _roles_ours(), connection.transaction():
        if connection.execute(KNOWN, (worker,)).fetchone() != (True,):
            raise NoWorker(f"there is no active worker {worker}")
        _create(connection, schema, name, password)
        connection.execute(NOTE, (name, worker))
        try:
            make(connection, schema)
        except LockNotAvailable:
            raise ViewsInUse("somebody is asking the views, which are to be made anew; try again") from None
        let_in(connection, schema, name)
        (made,) = analysts(connection, name)
        return made, password


def _create(connection: Line, schema: str, name: str, password: str) -> None:
    """The server is told a verifier, from which nobody has the password."""
    role = sql.Identifier(name)
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    made = sql.SQL("CREATE ROLE {} LOGIN NOINHERIT CONNECTION LIMIT {} PASSWORD {}")
    try:
        connection.execute(made.format(role, sql.Literal(MOST_CONNECTIONS), sql.Literal(verifier)))
    except DuplicateObject:
        raise RoleTaken(f"there is a role {name} already; choose another with --role") from None
    kept = {key: value for key, value in KEPT.items() if connection.execute(MAY_SET, (key,)).fetchone() == (True,)}
    settings: dict[str, sql.Composable] = {key: sql.Literal(value) for key, value in (SETTINGS | kept).items()}
    settings["search_path"] = sql.Identifier(schema_of(schema))
    for key, value in settings.items():
        connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(key), value))


def revoke(url: str, schema: str, role: str) -> None:
    """Take the role away; whoever is connected with it is shown nothing from here on. Raises NoAnalyst, RolesNotOurs.

    That it asks for nobody is done first, and stays done where the role itself is not ours to drop.
    """
    with connect(url, schema) as connection:
        if connection.execute(DROP_NOTE, (role,)).fetchone() is None:
            raise NoAnalyst(f"{role} is no analyst's role; `kartoteka analyst list` tells which there are")
        home, name = sql.Identifier(schema_of(schema)), sql.Identifier(role)
        with _roles_ours(), connection.transaction():
            try:
                connection.execute(sql.SQL("REVOKE USAGE ON SCHEMA {} FROM {}").format(home, name))
                connection.execute(sql.SQL("DROP ROLE {}").format(name))
            except UndefinedObject:
                return  # somebody else has dropped it


@contextmanager
def _roles_ours() -> Iterator[None]:
    try:
        yield
    except InsufficientPrivilege:
        raise RolesNotOurs(
            "our role in the database may not make roles, or not drop this one: give it CREATEROLE, or ask a superuser"
        ) from None


def analysts(connection: Line, of: str | None = None) -> list[Analyst]:
    """All, or those of a role or a worker."""
    return [Analyst(*row) for row in connection.execute(LIST, {"of": of}).fetchall()]


def for_whom(url: str, schema: str, name: str) -> tuple[str, str]:
    """The role and the worker, by either; a worker without a role stands for it. Raises NotEntitled."""
    with connect(url, schema) as connection:
        row = connection.execute(FOR_WHOM, {"name": name}).fetchone()
    if row is None:
        raise NotEntitled(f"{name} is neither an analyst's role nor a worker who is an analyst now")
    role, worker = row
    return role, worker


def listed(url: str, schema: str) -> list[Analyst]:
    """All there are."""
    with connect(url, schema) as connection:
        return analysts(connection)
