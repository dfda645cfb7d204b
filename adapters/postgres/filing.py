"""Which files were put for whom, and who may put and have them: by the access model, as of this very moment.

What a worker may is found out by one statement, the same for a contact that is hidden and for one there never was, and
nothing else is looked at before it has been judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from psycopg import AsyncConnection

from adapters.part_store import Mark
from adapters.postgres.answers import twice
from adapters.postgres.keys import Keyring
from adapters.postgres.log import Line
from adapters.sealed_part import PartPlace
from adapters.sealing import DataKey, KeyName
from commands.handler import SubjectFenced
from commands.permission import LevelMissing, RightMissing
from domain.clients.contact import CONTACT, ContactIsRestricted, ContactOpened, ContactUnknown
from domain.clients.directory import LADDER, Level
from domain.clients.paper import ContactFileAttached, ContactFileRemoved, FileUnknown
from domain.personal import Masked, Purpose, Withheld
from domain.refusal import require
from domain.staff.worker import SYSTEM, Right
from projections.sight import clause, holds, home, lasts

T = TypeVar("T")
Connection = AsyncConnection[Any]

SETTINGS = "-c statement_timeout=5000 -c jit=off"
MARK = "SELECT mark, secret FROM part_store, broker"
STREAM = f"'{CONTACT.kind}-'"
STANDING = clause(f"""
answer AS (
    SELECT %(everything)s OR EXISTS (SELECT FROM access_workers WHERE worker = %(actor)s AND active),
           {holds(Right.BASIC)},
           EXISTS (SELECT FROM access_contacts c WHERE c.contact = %(contact)s),
           CASE WHEN %(everything)s THEN {LADDER[Level.ADMINISTER]} ELSE coalesce((
               SELECT max(d.level) FROM access_directories d JOIN my_holders h ON h.holder = d.holder
               WHERE d.directory = {home("%(contact)s::text")} AND {lasts("d")}), 0) END,
           s.subject, EXISTS (SELECT FROM subject_fences f WHERE f.subject = s.subject),
           {holds(Right.PRIVACY_OFFICER)}
    FROM (SELECT (
        SELECT convert_from(f.state, 'UTF8')::json ->> 'subject' FROM facts f
        WHERE f.originator_id = {STREAM} || %(contact)s::text AND f.originator_version = 1
          AND f.topic = '{ContactOpened.topic}'
    )) s(subject)
)
SELECT * FROM answer""")

LIES = f"""
    SELECT f.topic, convert_from(f.state, 'UTF8')::json AS said FROM facts f
    WHERE f.originator_id = {STREAM} || s.contact
      AND f.topic IN ('{ContactFileAttached.topic}', '{ContactFileRemoved.topic}')
      AND convert_from(f.state, 'UTF8')::json ->> 'file' = s.file
    ORDER BY f.originator_version DESC LIMIT 1"""
"""What the log says last of a file that was put: that it lies with its contact, that it no longer does, or nothing."""

HELD = clause(f"""
answer AS (
    SELECT l.said ->> 'digest', l.said ->> 'media_type', (l.said ->> 'size_bytes')::bigint,
           EXISTS (SELECT FROM subject_fences f WHERE f.subject = s.subject),
           ARRAY(SELECT p.digest FROM stored_parts p WHERE p.file = s.file ORDER BY p.part)
    FROM stored_files s CROSS JOIN LATERAL ({LIES}) l
    WHERE s.file = %(file)s AND s.contact IN (SELECT contact FROM same_contact)
      AND l.topic = '{ContactFileAttached.topic}'
)
SELECT * FROM answer""")

CLAIM = """
WITH claimed AS (
    INSERT INTO stored_files AS known (file, contact, subject, touched_at)
    VALUES (%(file)s, %(contact)s, %(subject)s, %(now)s)
    ON CONFLICT (file) DO UPDATE SET touched_at = greatest(known.touched_at, excluded.touched_at)
    WHERE known.contact = excluded.contact AND known.subject = excluded.subject
    RETURNING file
)
SELECT part_fits(file, %(part)s, %(last)s) FROM claimed"""
NOTE = "SELECT repeated, missing, size_bytes, digest FROM note_part(%s, %s, %s, %s, %s)"


class Standing(NamedTuple):
    """What the worker is to a contact that may not even be there."""

    active: bool
    basic: bool
    known: bool
    level: int
    subject: str | None
    fenced: bool
    officer: bool

    @property
    def sees(self) -> bool:
        """Whether it is open to the worker as to all others."""
        return self.basic and self.known and self.level >= LADDER[Level.USE]


class Held(NamedTuple):
    """A file as the log has it, and the digests of its parts as they were noted."""

    digest: str
    media_type: str
    size_bytes: int
    fenced: bool
    parts: list[bytes]
    officer: bool
    """Whether it goes to a privacy officer, who has what is withheld from others."""
    exception: Right | None
    """The right without which the worker would not have had it."""


class Noted(NamedTuple):
    """What is there of a file with one more part."""

    repeated: bool
    missing: int | None
    size_bytes: int | None
    digest: str | None


class Filing:
    """One connection, on which every statement stands for itself. All raise what `answers.Unready` lists."""

    def __init__(self, url: str, schema: str, keyring: Keyring) -> None:
        self._line = Line(url, schema, SETTINGS)
        self._keyring, self._keys = keyring, asyncio.Lock()

    async def close(self) -> None:
        await self._line.close()

    async def mark(self) -> Mark:
        """By what the files of this log lie in a store."""
        row = await self._row(MARK, ())
        assert row is not None
        return Mark(*row)

    async def may_put(self, actor: str, contact: str, now: datetime) -> str:
        """Whose data it will be. Refuses as `contact.attach-file` does: it takes the right to edit the contact."""
        found = await self._standing(actor, contact, now)
        _needs_sight(found)
        require(found.level >= LADDER[Level.EDIT], otherwise=LevelMissing)
        require(not found.fenced, otherwise=SubjectFenced)
        assert found.subject is not None
        return found.subject

    async def held(self, actor: str, contact: str, file: str, now: datetime) -> Held:
        """The file, for whoever may know of the contact that it lies with, or of one that counts as one with that.

        A privacy officer has those of any contact (R-GDP-5).
        """
        standing = await self._standing(actor, contact, now)
        if not standing.officer:
            _needs_sight(standing)
        require(standing.known, otherwise=ContactUnknown)
        row = await self._row(HELD, {"contact": contact, "file": file})
        require(row is not None, otherwise=FileUnknown)
        assert row is not None
        found = Held._make((*row, standing.officer, None if standing.sees else Right.PRIVACY_OFFICER))
        require(not found.fenced, otherwise=SubjectFenced)
        return found

    async def claim(self, place: PartPlace, contact: str, subject: str, now: datetime) -> bool:
        """Have the file be of this contact and subject; False where it is of others, or its parts say otherwise."""
        given = {**place._asdict(), "contact": contact, "subject": subject, "now": now}
        return await self._row(CLAIM, given) == (True,)

    async def note(self, place: PartPlace, size_bytes: int, digest: bytes) -> Noted | None:
        """Keep that the part lies in the store; None where it does not fit, or where the file was swept away."""
        row = await self._row(NOTE, (*place, size_bytes, digest))
        return None if row is None else Noted(*row)

    async def sealing_key(self, subject: str) -> tuple[KeyName, DataKey]:
        """The key for the contents of a subject's files."""
        name = KeyName(subject, str(Purpose.CONTENT))
        async with self._keys:
            keys = await self._try(lambda connection: self._keyring.for_sealing(connection, {name}))
        require(name in keys, otherwise=SubjectFenced)
        return name, keys[name]

    async def opening_key(self, name: KeyName, epoch: int, *, withheld_too: bool) -> DataKey:
        """The key that a part names. Raises KeyMissing where it is gone without anybody having been forgotten."""

        async def look(connection: Connection) -> DataKey | Masked:
            return await self._keyring.for_opening(connection, name, epoch, withheld_too=withheld_too)

        async with self._keys:
            key = await self._try(look)
        require(not isinstance(key, Withheld), otherwise=ContactIsRestricted)
        require(not isinstance(key, Masked), otherwise=SubjectFenced)
        assert isinstance(key, DataKey)
        return key

    async def _standing(self, actor: str, contact: str, now: datetime) -> Standing:
        given = {"actor": actor, "contact": contact, "received": now, "everything": actor == SYSTEM}
        row = await self._row(STANDING, given)
        assert row is not None
        found = Standing(*row)
        require(found.active, otherwise=RightMissing)
        return found

    async def _row(self, statement: str, given: Any) -> tuple[Any, ...] | None:
        async def asked(connection: Connection) -> tuple[Any, ...] | None:
            cursor = await connection.execute(statement.encode(), given, prepare=True)
            return await cursor.fetchone()

        return await self._try(asked)

    async def _try(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        return await twice(self._line, ask)


def _needs_sight(standing: Standing) -> None:
    """Refuse whoever may not know of the contact."""
    require(standing.basic, otherwise=RightMissing)
    require(standing.sees, otherwise=ContactUnknown)
