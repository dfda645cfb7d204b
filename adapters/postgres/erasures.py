"""Erasures as the database has them: whoever holds the one lock sees how far each is, and takes away what is next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from psycopg import AsyncConnection
from psycopg.errors import UndefinedColumn, UndefinedTable

from adapters.part_store import Mark
from adapters.postgres.erasure_counts import counted
from adapters.postgres.finder import FOLLOWED
from adapters.postgres.forgotten import remains
from adapters.postgres.key_holders import Hearing, Line, acknowledged
from adapters.postgres.outbox import WATCHED
from adapters.postgres.positions import POSITIONS, reached
from adapters.postgres.purge import purge
from adapters.postgres.rounds import DESTROYED, FENCING, MAPPER, STREAM, Linked, linked
from adapters.postgres.schema import KEYED, connect, connect_async, standing_still
from adapters.sealing import KeyName, restore
from commands.lookup import CHARGES, ORDERS_UNFINISHED, SUBJECTS_OF, SUBJECTS_TICKETS_NOT_CLOSED, TICKETS_NOT_CLOSED
from domain.clients.contact import CONTACT
from domain.fact import Fact
from domain.privacy.erasure import (
    ERASURE,
    Acknowledged,
    Counted,
    DestroyedKey,
    Erasure,
    ErasureProofLapsed,
    ErasureRequested,
    Kept,
)
from domain.privacy.receipt import BOOK, RECEIPT, Receipt, ReceiptIssued, Receipts
from domain.staff.worker import WORKER
from projections.clients.contact_search import CONTACT_SEARCH

T = TypeVar("T")

OBSTACLES = (SUBJECTS_OF, TICKETS_NOT_CLOSED, SUBJECTS_TICKETS_NOT_CLOSED, ORDERS_UNFINISHED, CHARGES)
"""What is looked up when it is decided whether anything stands in the way."""

BEFORE_A_FENCE = frozenset[str]({CONTACT_SEARCH.name}).union(*(FOLLOWED[each] for each in OBSTACLES))
"""The read models that must know of everything before a fence; what people are found by is counted then."""

FILES, PARTS, LETTERS, FINGERPRINTS = "stored-files", "stored-parts", "dead-letters", "request-fingerprints"
SIGN_INS = "sign-ins"

ELECT = standing_still("pg_try_advisory_lock(hashtextextended(current_schema() || '.erasing', 0))")
UNDER_WAY = """
SELECT person FROM erasures WHERE under_way
UNION SELECT e.person FROM erasures e WHERE e.keeps_proof AND e.proof_until <= %(now)s
    AND NOT EXISTS (SELECT FROM holds h WHERE h.person = e.person AND (h.until IS NULL OR h.until > %(now)s))
ORDER BY person
"""
EPOCH = "SELECT epoch::text FROM head"
LAST_RECEIPT = """
SELECT topic, originator_id, originator_version, state FROM facts
WHERE originator_id = %s ORDER BY originator_version DESC LIMIT 1
"""
RECEIPTS = """
SELECT originator_id, originator_version, topic, state, happened_at, recorded_at, actor, notification_id FROM facts
WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version LIMIT 100
"""
PUBLISHED = "SELECT r.position >= %s AND r.epoch = h.epoch FROM relay r, head h"

FENCES = """
SELECT DISTINCT f.originator_id FROM subject_fences s JOIN facts fence ON fence.notification_id = s.position
JOIN facts f ON f.originator_id = fence.originator_id AND f.topic IN ('erasure.fenced', 'erasure.proof-lapsed')
WHERE (f.notification_id, encode(f.link, 'hex')) NOT IN (SELECT * FROM unnest(%s::bigint[], %s::text[])) ORDER BY 1
"""
FENCED = """
SELECT count(*) FROM unnest(%s::text[]) AS wanted(subject) JOIN subject_fences f USING (subject)
WHERE %s::text[] <@ f.purposes
"""
DESTROY = "SELECT FROM destroy_keys(%s::text[], %s::text[])"

STREAMS = "SELECT DISTINCT stream FROM subject_streams WHERE subject = ANY (%s::text[])"
NOTE_ONCE = """
INSERT INTO erased (stream, begun, kind, count) SELECT %s, %s, %s, count(*) FROM {} WHERE contact = ANY (%s::text[])
ON CONFLICT DO NOTHING
"""
"""A count of what goes with the fence stands as it was found first: found again it may be gone."""

MARK = "SELECT mark, secret FROM part_store, broker"
OWN_FILES = "SELECT file FROM stored_files WHERE subject = ANY (%s::text[]) ORDER BY file"
TAKE_FILE = """
WITH parts AS (SELECT count(*) AS n FROM stored_parts WHERE file = %(file)s),
     gone AS (DELETE FROM stored_files WHERE file = %(file)s RETURNING file)
SELECT note_erased(%(stream)s, %(begun)s, taken.kind, taken.count) FROM gone, parts,
    LATERAL (VALUES (%(files)s, 1::bigint), (%(parts)s, parts.n)) AS taken(kind, count)
"""
TAKE_LETTERS = """
WITH gone AS (DELETE FROM dead_letters WHERE stream = ANY (%(streams)s::text[]) RETURNING id)
SELECT note_erased(%(stream)s, %(begun)s, %(letters)s, n) FROM (SELECT count(*) FROM gone) AS l(n) WHERE n > 0
"""
TAKE_FINGERPRINTS = """
WITH said AS (
    SELECT DISTINCT f.caller, f.command_id FROM facts f
    WHERE f.originator_id = ANY (%(streams)s::text[]) AND f.command_id IS NOT NULL AND EXISTS (
        SELECT FROM unnest(%(subjects)s::text[]) AS s(subject)
        WHERE position(convert_to('"subject":"' || s.subject || '"', 'UTF8') IN f.state) > 0)
), gone AS (
    UPDATE command_log l SET fingerprint = '' FROM said
    WHERE l.caller = said.caller AND l.command_id = said.command_id AND l.fingerprint <> '' RETURNING 1
)
SELECT note_erased(%(stream)s, %(begun)s, %(fingerprints)s, n) FROM (SELECT count(*) FROM gone) AS l(n) WHERE n > 0
"""
"""Whoever has their secret, which stays, could try out what was said until it fits: a name, or any telephone number."""

TAKE_SIGN_INS = """
WITH login AS (DELETE FROM sign_ins WHERE worker = %(worker)s RETURNING 1),
     subject AS (DELETE FROM oidc_subjects WHERE worker = %(worker)s RETURNING 1),
     session AS (DELETE FROM sessions WHERE worker = %(worker)s RETURNING 1),
     analyst AS (DELETE FROM analysts WHERE worker = %(worker)s RETURNING 1)
SELECT note_erased(%(stream)s, %(begun)s, %(sign_ins)s, n) FROM (
    SELECT (SELECT count(*) FROM login) + (SELECT count(*) FROM subject) + (SELECT count(*) FROM session)
        + (SELECT count(*) FROM analyst)
) AS l(n) WHERE n > 0
"""

ERASED = "SELECT kind, count FROM erased WHERE stream = %s AND begun = %s"

VERSIONS = """
SELECT name, version, position FROM read_models WHERE state <> 'retired' AND name <> 'access' ORDER BY name, version
"""
PARKED = "SELECT name, version, stream FROM parked_streams WHERE stream = ANY (%s::text[]) ORDER BY 1, 2, 3"
PARKED_ANYWHERE = """
SELECT p.name, p.version, p.stream FROM parked_streams p JOIN read_models m USING (name, version)
WHERE p.name = ANY (%s::text[]) AND m.state IN ('active', 'paused', 'failed') ORDER BY 1, 2, 3 LIMIT 10
"""


class FenceMissing(Exception):
    """Keys were to be destroyed of somebody who is not fenced: nothing was."""


class Fence(NamedTuple):
    """The fact that put up the fence of a round."""

    position: int
    link: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one person's erasure has come: `begun` and `fence` are of the round that is under way, or came last."""

    person: str
    epoch: str
    erasure: Erasure
    version: int
    position: int
    begun: int
    fence: Fence | None

    @property
    def stream(self) -> str:
        return ERASURE.stream(self.person)

    @property
    def names(self) -> list[KeyName]:
        """The keys that the round is about."""
        return [KeyName(each, purpose) for each in self.erasure.subjects for purpose in self.erasure.purposes]


class Come(NamedTuple):
    """Who has nothing of the person any more, and whom is still waited for."""

    processes: tuple[Acknowledged, ...]
    projections: tuple[Acknowledged, ...]
    missing: list[str]


class ErasingDesk:
    """One connection, so that whoever loses the lock with it can do nothing more."""

    def __init__(self, connection: AsyncConnection[Any], url: str, schema: str) -> None:
        self._connection, self._url, self._schema = connection, url, schema

    async def elected(self) -> bool:
        """Whether the lock is ours now; it is until the connection ends."""
        return await (await self._connection.execute(ELECT.encode())).fetchone() == (True,)

    async def under_way(self, now: datetime) -> list[str]:
        """Whose erasure is not over, and of whom proof was kept long enough."""
        return [person for (person,) in await self._rows(UNDER_WAY, {"now": now})]

    async def standing(self, person: str) -> Standing:
        """By the log itself, whatever read models know."""
        return _standing(person, await self._word(EPOCH), await self._linked(ERASURE.stream(person)))

    async def fences_besides(self, noted: Iterable[tuple[int, str]]) -> list[Standing]:
        """How every round stood at its fence, of whom the log has forgotten and one of these does not tell so."""
        known, found = {*noted}, list[Standing]()
        epoch, positions, links = await self._word(EPOCH), [p for p, _ in known], [link for _, link in known]
        for (stream,) in await self._rows(FENCES, (positions, links)):
            facts = await self._linked(stream)
            for n, (fact, link) in enumerate(facts, 1):
                if isinstance(fact.event, FENCING) and (fact.position, link) not in known:
                    found.append(_standing(stream.removeprefix(ERASURE.stream("")), epoch, facts[:n]))
        return found

    async def _linked(self, stream: str) -> list[Linked]:
        return linked(await self._rows(STREAM, (stream,)))

    async def unknown(self, position: int) -> list[str]:
        """What is looked up before a fence and is not known up to there: a parked stream may be anybody's."""
        found = dict(await self._rows(POSITIONS))
        parked = await self._rows(PARKED_ANYWHERE, (list(BEFORE_A_FENCE),))
        return [
            *(name for name in sorted(BEFORE_A_FENCE) if reached(found, {name}) < position),
            *(f"{name} {version}: {stream}" for name, version, stream in parked),
        ]

    async def note_tokens(self, standing: Standing) -> None:
        """Count by how much the contacts are found, while they are."""
        for table in CONTACT_SEARCH.tables:
            with suppress(UndefinedTable):
                given = (standing.stream, standing.begun, table.name, list(standing.erasure.contacts))
                await self._connection.execute(NOTE_ONCE.format(table.name).encode(), given)

    async def destroy_keys(self, standing: Standing) -> tuple[DestroyedKey, ...]:
        """All of the round, in one transaction, and what there was of them. Raises FenceMissing."""
        subjects, purposes = list(standing.erasure.subjects), list(map(str, standing.erasure.purposes))
        async with self._connection.transaction():
            if await self._rows(FENCED, (subjects, purposes)) != [(len(set(subjects)),)]:
                raise FenceMissing(standing.person)
            await self._connection.execute(DESTROY, (subjects, purposes))
        return await self.destroyed_keys(standing)

    async def destroyed_keys(self, standing: Standing) -> tuple[DestroyedKey, ...]:
        """Those of the round that are no more."""
        given = (list(standing.erasure.subjects), list(map(str, standing.erasure.purposes)))
        names = ("subject", "purpose", "epoch", "kek_epoch", "fingerprint")
        return tuple(DestroyedKey(**dict(zip(names, row, strict=True))) for row in await self._rows(DESTROYED, given))

    async def come(self, standing: Standing) -> Come:
        """Who has come as far as the fence, and has nothing of the person any more."""
        assert standing.fence is not None
        position = standing.fence.position
        hearing = await self._waiting(lambda line: acknowledged(line, position))
        versions = [(f"{name} {version}", come) for name, version, come in await self._rows(VERSIONS)]
        parked = await self._rows(PARKED, (await self.streams(standing),))
        return Come(
            _processes(hearing),
            tuple(Acknowledged(name=name, position=come) for name, come in versions if come >= position),
            [
                *(f"{each.name} {str(each.holder)[:8]}" for each in hearing.missing),
                *(name for name, come in versions if come < position),
                *(f"{name} {version}: {stream}" for name, version, stream in parked),
            ],
        )

    async def purged(self, standing: Standing) -> tuple[Counted, ...]:
        """Empty what read models keep; how much there was of everything that was taken away in the round."""
        rows = await self._waiting(lambda line: purge(line, standing.names))
        noted = dict(await self._rows(ERASED, (standing.stream, standing.begun)))
        return tuple(Counted(kind=kind, count=n) for kind, n in sorted({**noted, **rows}.items()))

    async def files(self, standing: Standing) -> list[str]:
        """What was put for the subjects, and lies there yet."""
        return [file for (file,) in await self._rows(OWN_FILES, (list(standing.erasure.subjects),))]

    async def take_file(self, standing: Standing, file: str, drop: Callable[[str], Awaitable[None]]) -> None:
        """Its rows go with its parts, so that whoever puts one meanwhile waits, and finds the fence."""
        about = {"stream": standing.stream, "begun": standing.begun, "file": file, "files": FILES, "parts": PARTS}
        async with self._connection.transaction():
            await self._connection.execute(TAKE_FILE, about)
            await drop(file)

    async def take_letters(self, standing: Standing) -> None:
        """What handlers could not deal with of the person's streams is not dealt with any more."""
        about = {"stream": standing.stream, "begun": standing.begun, "letters": LETTERS}
        await self._connection.execute(TAKE_LETTERS, {**about, "streams": await self.streams(standing)})

    async def take_fingerprints(self, standing: Standing) -> None:
        """Of requests that said something of the person it can be told no more what they said."""
        about = {"stream": standing.stream, "begun": standing.begun, "fingerprints": FINGERPRINTS}
        given = {"streams": await self.streams(standing), "subjects": list(standing.erasure.subjects)}
        await self._connection.execute(TAKE_FINGERPRINTS, {**about, **given})

    async def take_sign_ins(self, standing: Standing) -> None:
        """By what a worker signed in; that they did stays, under their id."""
        kind, _, id = standing.person.partition(":")
        if kind == WORKER.kind:
            about = {"stream": standing.stream, "begun": standing.begun, "sign_ins": SIGN_INS, "worker": id}
            await self._connection.execute(TAKE_SIGN_INS, about)

    async def streams(self, standing: Standing) -> list[str]:
        """Every stream in which there is data of the person, or that is theirs."""
        kind, _, id = standing.person.partition(":")
        own = [f"{kind}-{id}"] if kind in (CONTACT.kind, WORKER.kind) else []
        own += [CONTACT.stream(each) for each in standing.erasure.contacts]
        found = await self._rows(STREAMS, (list(standing.erasure.subjects),))
        return sorted({*own, *(stream for (stream,) in found)})

    async def counted(self, standing: Standing) -> tuple[tuple[Counted, ...], tuple[Kept, ...]]:
        """What opens no more, and what stays."""
        return await counted(self._connection, standing.erasure, await self.streams(standing))

    async def published(self, position: int) -> bool:
        """Whether everybody who hears of facts has heard of that one."""
        return await self._rows(PUBLISHED, (position,)) == [(True,)]

    async def receipts(self) -> Receipts:
        """How many there are, and the digest of the last."""
        for topic, stream, version, state in await self._rows(LAST_RECEIPT, (RECEIPT.stream(BOOK),)):
            event = restore(topic, stream, version, state)
            assert isinstance(event, ReceiptIssued)
            return Receipts(version, event.digest)
        return Receipts()

    async def remains(self, receipt: Receipt) -> list[str]:
        """What is there of the person that the receipt says is not: nothing is signed that is not so."""
        return await self._waiting(lambda line: [sentence for _, sentence in remains(line, receipt)])

    async def issued(self, after: int) -> Sequence[Fact[ReceiptIssued]]:
        """A page of the receipts behind a number."""
        return [MAPPER.fact(*row) for row in await self._rows(RECEIPTS, (RECEIPT.stream(BOOK), after))]

    async def _waiting(self, act: Callable[[Line], T]) -> T:
        """Done in a thread, over a connection that waits."""
        return await asyncio.to_thread(partial(_over_another, self._url, self._schema, act))

    async def _rows(self, statement: str, given: Any = None) -> list[tuple[Any, ...]]:
        """Nothing of a read model that is being made for the first time."""
        try:
            return await (await self._connection.execute(statement.encode(), given)).fetchall()
        except (UndefinedTable, UndefinedColumn):
            return []

    async def _word(self, statement: str) -> str:
        rows = await self._rows(statement)
        return str(rows[0][0]) if rows else ""


def _standing(person: str, epoch: str, facts: Sequence[Linked]) -> Standing:
    begun = [fact for fact, _ in facts if isinstance(fact.event, (ErasureRequested, ErasureProofLapsed))]
    fences = [each for each in facts if isinstance(each[0].event, FENCING)]
    fence = None
    if fences and begun and fences[-1][0].position >= begun[-1].position:
        fact, link = fences[-1]
        fence = Fence(fact.position, link, fact.happened_at)
    return Standing(
        person=person,
        epoch=epoch,
        erasure=ERASURE.fold(fact for fact, _ in facts),
        version=len(facts),
        position=facts[-1][0].position if facts else 0,
        begun=begun[-1].position if begun else 0,
        fence=fence,
    )


def mark(url: str, schema: str) -> Mark:
    """By what the files of this log lie in a store."""
    with connect(url, schema) as line:
        row = line.execute(MARK).fetchone()
    assert row is not None
    return Mark(*row)


def _over_another(url: str, schema: str, act: Callable[[Line], T]) -> T:
    with connect(url, schema, KEYED, WATCHED) as line:
        return act(line)


def _processes(hearing: Hearing) -> tuple[Acknowledged, ...]:
    heard = sorted((f"{each.name} {str(each.holder)[:8]}", each.heard) for each in hearing.acknowledged)
    return tuple(Acknowledged(name=name, position=position) for name, position in heard)


@asynccontextmanager
async def erasing_desk(url: str, schema: str) -> AsyncIterator[ErasingDesk]:
    """The desk of a schema; nobody is elected yet. Raises what `reading.Unreachable` names."""
    async with await connect_async(url, schema, KEYED, WATCHED) as connection:
        connection.prepare_threshold = None  # read models change under a plan
        yield ErasingDesk(connection, url, schema)
