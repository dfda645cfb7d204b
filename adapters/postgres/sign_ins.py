"""Who may sign in, who has, and who keeps trying: rows that are no facts, and go when they are over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from adapters.credentials.throttle import Counted
from adapters.postgres.answers import Lines, twice
from adapters.postgres.log import Line

T = TypeVar("T")
Connection = AsyncConnection[Any]

CONNECTIONS = 2
WRITING = "-c statement_timeout=5000 -c jit=off"
MOST_SESSIONS = 20
"""Of one worker: the oldest is ended for one more."""

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.sessions.' || %s, 0))"
"""Whoever makes sessions of a worker and whoever ends them all wait for each other; deactivating takes it too."""

LIVING = "EXISTS (SELECT FROM access_workers w WHERE w.worker = %(worker)s AND w.active)"
COUNT = "SELECT count_attempt(%s::bytea[], %s::int4[], %s::interval[], %s::interval[], %s)"
TRIM_EVERY = 10_000
"""Attempts of one process: so many keep the table about as large as it may be."""

TRIM = "SELECT trim_sign_in_failures()"
CLEAR = "DELETE FROM sign_in_failures WHERE key = ANY (%s::bytea[])"
FORGIVE = """
UPDATE sign_in_failures SET count = greatest(count - 1, 0), free_at = %s WHERE key = ANY (
    SELECT key FROM sign_in_failures WHERE key = ANY (%s::bytea[]) ORDER BY key FOR UPDATE)
"""
KNOWN = """
SELECT i.worker, i.login, i.password, i.must_change, coalesce(w.active, false) FROM sign_ins i
LEFT JOIN access_workers w ON w.worker = i.worker WHERE {} = %s
"""
LINKED = """
SELECT o.worker FROM oidc_subjects o JOIN access_workers w ON w.worker = o.worker AND w.active WHERE o.subject = %s
"""
SEEN = """
WITH found AS (
    SELECT s.id, s.worker, s.method, s.ends_at, s.method = 'password' AND coalesce(i.must_change, false) AS must_change
    FROM sessions s JOIN head h ON h.epoch = s.epoch
    JOIN access_workers w ON w.worker = s.worker AND w.active
    LEFT JOIN sign_ins i ON i.worker = s.worker
    WHERE s.id = %(id)s AND s.ends_at > %(now)s
), seen AS (
    UPDATE sessions s SET seen_at = %(now)s FROM found f
    WHERE s.id = f.id AND s.seen_at < %(now)s - interval '1 minute'
)
SELECT worker, method, ends_at, must_change FROM found
"""
OPEN = f"""
INSERT INTO sessions (id, worker, method, signed_in_at, seen_at, ends_at, epoch)
SELECT %(id)s, %(worker)s, %(method)s, %(now)s, %(now)s, %(ends_at)s, h.epoch FROM head h
WHERE {LIVING} AND CASE %(method)s
    WHEN 'password' THEN EXISTS (SELECT FROM sign_ins WHERE worker = %(worker)s AND password = %(by)s)
    ELSE EXISTS (SELECT FROM oidc_subjects WHERE worker = %(worker)s) END
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - constants of ours
"""By a password, only while it still is theirs."""

CROWDED = """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE worker = %s ORDER BY signed_in_at DESC, id OFFSET %s)
"""
END = "DELETE FROM sessions WHERE id = %s RETURNING worker"
END_ALL = "DELETE FROM sessions WHERE worker = %s"
RENEW = "UPDATE sign_ins SET password = %s WHERE worker = %s AND password = %s"
CHANGE = """
UPDATE sign_ins SET password = %(new)s, changed_at = %(now)s, must_change = false
WHERE worker = %(worker)s AND password = %(old)s RETURNING worker
"""
SET = f"""
INSERT INTO sign_ins (login, worker, password, changed_at, must_change)
SELECT %(login)s, %(worker)s, %(password)s, %(now)s, %(must_change)s WHERE {LIVING}
ON CONFLICT (worker) DO UPDATE SET login = excluded.login, password = excluded.password,
    changed_at = excluded.changed_at, must_change = excluded.must_change
RETURNING worker
"""
REMOVE = """
WITH sign_in AS (DELETE FROM sign_ins WHERE worker = %(worker)s RETURNING 1),
     subject AS (DELETE FROM oidc_subjects WHERE worker = %(worker)s RETURNING 1)
SELECT (SELECT count(*) FROM sign_in) + (SELECT count(*) FROM subject)
"""
LINK = f"""
INSERT INTO oidc_subjects (subject, worker, linked_at) SELECT %(subject)s, %(worker)s, %(now)s WHERE {LIVING}
ON CONFLICT (subject) DO NOTHING RETURNING worker
"""
LINKED_TO = "SELECT worker FROM oidc_subjects WHERE subject = %s"
RETURNED = "INSERT INTO oidc_returns (id, ends_at) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id"
NOTE = "INSERT INTO sign_in_log (at, worker, method, outcome) VALUES (%s, %s, %s, %s)"
LIST = """
SELECT worker, i.changed_at, coalesce(i.must_change, false), coalesce(o.subjects, 0), coalesce(s.sessions, 0),
    s.seen_at, coalesce(w.active, false)
FROM sign_ins i
FULL JOIN (SELECT worker, count(*) AS subjects FROM oidc_subjects GROUP BY worker) o USING (worker)
LEFT JOIN (
    SELECT worker, count(*) AS sessions, max(seen_at) AS seen_at FROM sessions WHERE ends_at > %s GROUP BY worker
) s USING (worker)
LEFT JOIN access_workers w USING (worker)
ORDER BY worker
"""
LOG = """
SELECT number, at, worker, method, outcome FROM sign_in_log
WHERE (%(worker)s::text IS NULL OR worker = %(worker)s) ORDER BY number DESC LIMIT %(most)s
"""
SWEEP = "SELECT sweep_sign_ins(%s)"


class WorkerAway(Exception):
    """Nobody of this id works here now."""


class LoginTaken(Exception):
    """Somebody else signs in with this."""


class Known(NamedTuple):
    """Whom a login belongs to; `active` is whether they work here now."""

    worker: str
    login: bytes
    password: str
    must_change: bool
    active: bool


class Session(NamedTuple):
    """Who is signed in, how, and until when; with `must_change` for nothing but changing the password."""

    worker: str
    method: str
    ends_at: datetime
    must_change: bool


class Opening(NamedTuple):
    """A session that is to begin: `id` is the digest of its secret, `by` the hash that the password fitted."""

    id: bytes
    worker: str
    method: str
    ends_at: datetime
    by: str = ""


class Listed(NamedTuple):
    """How somebody signs in; without `changed_at` they have no password."""

    worker: str
    changed_at: datetime | None
    must_change: bool
    subjects: int
    sessions: int
    seen_at: datetime | None
    active: bool


class Event(NamedTuple):
    """One row of the log of sign-ins; without a worker somebody tried a login that nobody has."""

    number: int
    at: datetime
    worker: str
    method: str
    outcome: str


class SignIns:
    """One connection to look at sessions, and a few for what takes several statements.

    Every call raises StoreAway where Postgres does not answer, and ViewAbsent while nobody knows who works here.
    """

    def __init__(self, url: str, schema: str, *, connections: int = CONNECTIONS) -> None:
        self._looking = Line(url, schema, WRITING)
        self._lines = Lines(url, schema, WRITING, connections)
        self._attempts = 0

    async def close(self) -> None:
        for lines in (self._looking, self._lines):
            await lines.close()

    async def session(self, id: bytes, now: datetime) -> Session | None:
        """The session, while it lasts and its worker works here: one look, at every request."""

        async def look(connection: Connection) -> Session | None:
            row = await (await connection.execute(SEEN, {"id": id, "now": now}, prepare=True)).fetchone()
            return Session(*row) if row else None

        return await twice(self._looking, look)

    async def attempted(self, counted: Sequence[Counted], now: datetime) -> timedelta:
        """Count an attempt; or for how long none is taken, and it is not counted."""
        limits = [each.limit for each in counted]
        given = [[each.key for each in counted], *map(list, zip(*limits, strict=True)), now]
        ((seconds,),) = await self._rows(COUNT, given)
        if not seconds:
            self._attempts += 1
            if self._attempts % TRIM_EVERY == 0:
                await self._rows(TRIM, ())
        return timedelta(seconds=seconds)

    async def succeeded(self, counted: Sequence[Counted], now: datetime) -> None:
        """Count the attempt as none; what only its maker has in common with it is forgotten altogether."""

        async def clear(connection: Connection) -> None:
            await connection.execute(CLEAR, ([each.key for each in counted if each.own],))
            await connection.execute(FORGIVE, (now, [each.key for each in counted if not each.own]))

        await self._together(clear)

    async def known(self, login: bytes) -> Known | None:
        """Whose login it is."""
        return next((Known(*row) for row in await self._rows(KNOWN.format("i.login"), (login,))), None)

    async def of_worker(self, worker: str) -> Known | None:
        """By what they sign in."""
        return next((Known(*row) for row in await self._rows(KNOWN.format("i.worker"), (worker,))), None)

    async def linked(self, subject: bytes) -> str | None:
        """Whose account elsewhere it is, if they work here."""
        return next((str(worker) for (worker,) in await self._rows(LINKED, (subject,))), None)

    async def open(self, opening: Opening, now: datetime, *, instead: bytes | None, renewed: str | None = None) -> bool:
        """Begin a session instead of the browser's last one. False where what it rests on is not so any more.

        `renewed` takes the place of the hash that the password was compared with.
        """

        async def begin(connection: Connection) -> bool:
            await connection.execute(LOCK, (opening.worker,))
            if instead is not None:
                await connection.execute(END, (instead,))
            begun = (await connection.execute(OPEN, {**opening._asdict(), "now": now})).rowcount == 1
            if begun:
                await connection.execute(CROWDED, (opening.worker, MOST_SESSIONS))
                if renewed is not None:
                    await connection.execute(RENEW, (renewed, opening.worker, opening.by))
                await connection.execute(NOTE, (now, opening.worker, opening.method, "signed-in"))
            return begun

        return await self._together(begin)

    async def change(self, opening: Opening, new: str, now: datetime) -> bool:
        """Have another password, end all sessions, and begin this one. False where `opening.by` is theirs no more."""

        async def change(connection: Connection) -> bool:
            await connection.execute(LOCK, (opening.worker,))
            given = {"new": new, "now": now, "worker": opening.worker, "old": opening.by}
            if (await connection.execute(CHANGE, given)).rowcount == 0:
                return False
            await connection.execute(END_ALL, (opening.worker,))
            await connection.execute(OPEN, {**opening._replace(by=new)._asdict(), "now": now})
            await connection.execute(NOTE, (now, opening.worker, "password", "changed"))
            return True

        return await self._together(change)

    async def end(self, id: bytes, now: datetime) -> None:
        """Sign out."""

        async def end(connection: Connection) -> None:
            for (worker,) in await (await connection.execute(END, (id,))).fetchall():
                await connection.execute(NOTE, (now, worker, "session", "signed-out"))

        await self._together(end)

    async def end_all(self, worker: str, now: datetime, *, method: str = "session") -> int:
        """Sign out everywhere; gives how many sessions there were."""

        async def end(connection: Connection) -> int:
            await connection.execute(LOCK, (worker,))
            ended = (await connection.execute(END_ALL, (worker,))).rowcount
            await connection.execute(NOTE, (now, worker, method, "signed-out-everywhere"))
            return ended

        return await self._together(end)

    async def set(self, login: bytes, worker: str, password: str, now: datetime, *, must_change: bool) -> None:
        """Let a worker sign in, by this and nothing else, and end what sessions they have.

        Raises WorkerAway, LoginTaken.
        """

        async def put(connection: Connection) -> None:
            await connection.execute(LOCK, (worker,))
            given = {"login": login, "worker": worker, "password": password, "now": now, "must_change": must_change}
            try:
                found = (await connection.execute(SET, given)).rowcount
            except UniqueViolation:
                raise LoginTaken("somebody else signs in with this login") from None
            if not found:
                raise WorkerAway(f"nobody of the id {worker} works here now")
            await connection.execute(END_ALL, (worker,))
            await connection.execute(NOTE, (now, worker, "operator", "password-set"))

        await self._together(put)

    async def remove(self, worker: str, now: datetime) -> bool:
        """Let a worker sign in no more, and sign them out; whether they could."""

        async def remove(connection: Connection) -> bool:
            await connection.execute(LOCK, (worker,))
            (removed,) = await (await connection.execute(REMOVE, {"worker": worker})).fetchone() or (0,)
            removed += (await connection.execute(END_ALL, (worker,))).rowcount
            if removed:
                await connection.execute(NOTE, (now, worker, "operator", "removed"))
            return bool(removed)

        return await self._together(remove)

    async def link(self, subject: bytes, worker: str, now: datetime) -> None:
        """Let a worker sign in by an account elsewhere. Raises WorkerAway, LoginTaken."""

        async def link(connection: Connection) -> None:
            given = {"subject": subject, "worker": worker, "now": now}
            if (await connection.execute(LINK, given)).rowcount:
                await connection.execute(NOTE, (now, worker, "operator", "account-linked"))
                return
            linked = await (await connection.execute(LINKED_TO, (subject,))).fetchone()
            if linked is None:
                raise WorkerAway(f"nobody of the id {worker} works here now")
            if linked != (worker,):
                raise LoginTaken("the account is linked to somebody else")

        await self._together(link)

    async def returned(self, id: bytes, ends_at: datetime) -> bool:
        """Whether it comes back for the first time; it is remembered until then."""
        return bool(await self._rows(RETURNED, (id, ends_at)))

    async def note(self, worker: str, method: str, outcome: str, now: datetime) -> None:
        """Keep that it happened. Of nobody too: how long it takes must not tell whether a login is one."""

        async def note(connection: Connection) -> None:
            await connection.execute(NOTE, (now, worker, method, outcome))

        await self._together(note)

    async def listed(self, now: datetime) -> list[Listed]:
        """Everybody who may sign in."""
        return [Listed(*row) for row in await self._rows(LIST, (now,))]

    async def log(self, worker: str | None, most: int) -> list[Event]:
        """What happened last, the latest first."""
        return [Event(*row) for row in await self._rows(LOG, {"worker": worker, "most": most})]

    async def _rows(self, statement: str, given: Any) -> list[tuple[Any, ...]]:
        async def ask(connection: Connection) -> list[tuple[Any, ...]]:
            return await (await connection.execute(statement.encode(), given)).fetchall()

        return await self._lines.ask(ask)

    async def _together(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        async def done(connection: Connection) -> T:
            async with connection.transaction():
                return await act(connection)

        return await self._lines.ask(done)


async def sweep_sign_ins(connection: Connection, now: datetime) -> None:
    """Take away sessions that are over, attempts of long ago, and what was kept long enough."""
    await connection.execute(SWEEP, (now,))
