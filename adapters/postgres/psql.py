"""The embedded wheel's psql on a place's Postgres: in our schema, and unable to write by mistake."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.embedded import postgres_binary


def become_psql(url: str, schema: str, arguments: Sequence[str], *, session: str) -> NoReturn:
    """Turn this process into psql; `session` is "read only" or "read write"."""
    program = str(postgres_binary("psql"))
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    if password is not None:
        # Command lines are everybody's to read on this machine; an environment is not.
        os.putenv("PGPASSWORD", str(password))
    only = "on" if session == "read only" else "off"
    given = f"{parts.pop('options', None) or ''} -c search_path={schema} -c default_transaction_read_only={only}"
    conninfo = make_conninfo("", **{**parts, "options": given.strip()})
    os.execv(program, [program, "-d", conninfo, *arguments])  # noqa: S606 - no shell is the point
