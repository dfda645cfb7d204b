"""The embedded wheel's psql on a place's Postgres: in our schema, and unable to write by mistake."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from adapters.embedded import postgres_binary

PASSWORDS = frozenset(each.keyword.decode() for each in Conninfo.get_defaults() if each.dispchar == b"*")
"""What libpq shows nobody."""


def become_psql(url: str, schema: str, arguments: Sequence[str], *, session: str, role: str | None = None) -> NoReturn:
    """Turn this process into psql; `session` is "read only" or "read write". With a role, as that one, whose password
    psql asks for where the server wants it, as it does for that of a key on file.
    """
    program = str(postgres_binary("psql"))
    parts = conninfo_to_dict(url)
    if role is not None:
        parts = {**parts, "user": role, "password": None}
    password = parts.pop("password", None)
    if password is not None:
        # Command lines are everybody's to read on this machine; an environment is not.
        os.putenv("PGPASSWORD", str(password))
    parts = {name: value for name, value in parts.items() if name not in PASSWORDS}
    only = "on" if session == "read only" else "off"
    given = f"{parts.pop('options', None) or ''} -c search_path={schema} -c default_transaction_read_only={only}"
    conninfo = make_conninfo("", **{**parts, "options": given.strip()})
    os.execv(program, [program, "-d", conninfo, *arguments])  # noqa: S606 - no shell is the point
