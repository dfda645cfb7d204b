"""The access model is kept by every append; it is made, or made anew, beside that, and the last step holds the lock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from psycopg.errors import LockNotAvailable

from adapters.postgres.schema import connect
from adapters.postgres.views import registry
from adapters.postgres.views.convoy import Convoy, Lines, Member, Outrun, Poisoned
from adapters.postgres.views.proof import prove
from adapters.postgres.views.registry import ACCESS_VERSION, Line, State, Version
from projections.access import ACCESS

PAGE = 5000
BREATHER_SECONDS = 0.5
ALL = 1_000_000
"""A page of all that came while the last one was made."""

ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtextextended(current_schema() || '.access', 0))"
ACTIVATE = "UPDATE head SET access_version = %s"


def known_version(connection: Line) -> tuple[int, bool]:
    """The version that appends keep (0: none), and whether it is the one that this process means."""
    row = connection.execute(ACCESS_VERSION).fetchone()
    assert row is not None
    return row[0], row[1] == ACCESS.fingerprint


def ensure(url: str, schema: str) -> None:
    """Make the access model where there is none, or none that this process means. Raises Poisoned, Unproven."""
    with connect(url, schema) as connection:
        connection.execute(ONE_AT_A_TIME)
        if not known_version(connection)[1]:
            _make(connection, url, schema)


def rebuild(url: str, schema: str) -> tuple[Version, int]:
    """Make the access model anew; its version, and how many rows were proven. Raises Poisoned, Unproven."""
    with connect(url, schema) as connection:
        connection.execute(ONE_AT_A_TIME)
        return _make(connection, url, schema)


def _make(connection: Line, url: str, schema: str) -> tuple[Version, int]:
    for left in registry.versions(connection):
        if left.name == ACCESS.name and left.state is State.BOOTING:
            registry.remove(connection, ACCESS, left.number)
    member = Member(ACCESS, registry.made(connection, ACCESS), strict=True)
    with connect(url, schema) as reading, ThreadPoolExecutor(1) as storing:
        convoy = Convoy(Lines(reading, connection, storing), [member])
        _follow(connection, convoy, member)
        registry.index(connection, ACCESS, member.version.number)
        _follow(connection, convoy, member)
        proven = prove(connection, member)
    while not _served(connection, Lines(connection, connection, storing), member):
        time.sleep(BREATHER_SECONDS)
    registry.sweep(connection, ACCESS)
    return member.version, proven


def _served(connection: Line, lines: Lines, member: Member) -> bool:
    """Take what came last and serve it, at one stroke; not while a question takes long, for all appends wait here."""
    before = member.version
    try:
        with registry.append_locked(connection):
            # On one connection from here on: a second one would not see what this transaction has done.
            Convoy(lines, [member]).step(ALL)
            connection.execute(ACTIVATE, (before.number,))
            registry.switch(connection, ACCESS, before.number)
    except LockNotAvailable:
        member.version = before
        return False
    except Outrun:
        raise Poisoned("access: a fact that came while it was made cannot be taken") from None
    return True


def _follow(connection: Line, convoy: Convoy, member: Member) -> None:
    """Up to where the log ends, or nearly: what comes meanwhile is left to the last step."""
    try:
        while convoy.step(PAGE) == PAGE:
            pass
        convoy.settle()
    except Outrun:
        raise Poisoned(registry.error(connection, member.version)) from None
