"""How far a worker may go with a contact, and by which right: asked of the access model by its keys alone (R-DIR-2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.clients.contact import ContactUnknown
from domain.clients.directory import LADDER, Level
from domain.refusal import NotAllowed, Unknown, require
from domain.staff.worker import SYSTEM, Right
from domain.values import ContactId, WorkerId, worker_holder
from projections.access import ACCESS
from projections.clients.directory import in_words
from projections.looking import EXCEPTION
from projections.question import Answer, Single
from projections.sight import clause, furthest_first, holds, home, lasts


class AskedOfOthers(NotAllowed):
    """How far another worker may go is told to whoever administers the directory, and to auditors who see it."""


class AccessCheckRow(Answer):
    """A level, and the right that gives it, in person before through a team; to another worker it may be none."""

    contact: str
    worker: str
    directory: str
    level: Level
    holder: str | None
    until: datetime | None


CONTACT, ASKER, OTHER = "%(contact)s::text", "%(actor)s::text", "%(worker)s::text"
ADMINISTER = LADDER[Level.ADMINISTER]


def deciding(worker: str) -> str:
    """The worker's right to the directory `l` that reaches furthest."""
    own = f"'worker:' || {worker}"
    teams = f"SELECT 'team:' || am.team FROM access_members am WHERE am.worker = {worker}"
    return f"""(
        SELECT a.level, a.holder, a.until FROM (SELECT {own} UNION ALL {teams}) h(holder)
        JOIN access_directories a ON a.directory = l.directory AND a.holder = h.holder
        WHERE a.level >= 1 AND {lasts("a")}
        ORDER BY {furthest_first("a", own)} LIMIT 1)"""


BUILT_IN = f"""
    SELECT {ADMINISTER}::bigint, '{worker_holder(SYSTEM)}', NULL::timestamptz
    WHERE %(everything)s AND l.directory <> ''"""
SEEN = f"""
    FROM (SELECT coalesce({home(CONTACT)}, '') OFFSET 0) l(directory)
    CROSS JOIN LATERAL ({BUILT_IN} UNION ALL {deciding(ASKER)} LIMIT 1) mine(level, holder, until)"""
"""Whether there is no such contact or one that is hidden: as much is looked up."""

WORKS = f"""
    EXISTS (SELECT FROM access_workers w WHERE w.worker = {OTHER} AND w.active) AND EXISTS (
        SELECT FROM access_rights r WHERE r.worker = {OTHER} AND r.right_name = '{Right.BASIC}' AND {lasts("r")})"""
MINE = f"""
    SELECT {CONTACT} AS contact, {ASKER} AS worker, l.directory,
           {in_words("mine.level")} AS level, mine.holder, mine.until {SEEN}"""
ENTITLED = f"{OTHER} = {ASKER} OR mine.level >= {ADMINISTER}"
"""Who is told without an exception."""

THEIRS = f"""
    SELECT {CONTACT} AS contact, {OTHER} AS worker, l.directory,
           {in_words("coalesce(theirs.level, 0)")} AS level, theirs.holder, theirs.until,
           {ENTITLED} OR {holds(Right.AUDITOR)} AS told,
           CASE WHEN NOT ({ENTITLED}) THEN '{Right.AUDITOR}' END AS {EXCEPTION}
    FROM (SELECT l.directory, mine.level {SEEN}) mine
    CROSS JOIN LATERAL (SELECT mine.directory) l
    LEFT JOIN LATERAL {deciding(OTHER)} theirs ON {WORKS}"""

OF_ONESELF, OF_ANOTHER = (clause(f"answer AS ({each}) SELECT * FROM answer") for each in (MINE, THEIRS))


class AccessCheck(Single[AccessCheckRow], name="access-check", rests_on=(ACCESS,), rights=[Right.BASIC]):
    """How far I may go with a contact, and by which right of mine; or how far another worker may."""

    contact: ContactId
    worker: WorkerId | None = None

    def statement(self) -> str:
        return OF_ONESELF if self.worker is None else OF_ANOTHER

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        require(row.pop("told", True), otherwise=AskedOfOthers)
        return row

    def unknown(self) -> type[Unknown]:
        return ContactUnknown
