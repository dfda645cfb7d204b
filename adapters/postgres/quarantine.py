"""Quarantine is kept in the log's own database, so that every process sees it; it is found out by whoever starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import Connection

from adapters.anchor import Anchored, Anchors
from adapters.clock import elapsed, now
from adapters.erasure_journal import Journal, Told
from adapters.pace import ended
from adapters.postgres.schema import connect, connect_async
from adapters.quarantine import (
    SENTENCES,
    Head,
    Lacking,
    Links,
    Loss,
    Quarantine,
    Why,
    judged,
    loss,
    missing,
    positions,
    stands,
)

LOOK_SECONDS = 1.0

REAPPLYING = "-c kartoteka.reapplying=on"
"""The setting of the one session that may store something meanwhile."""

APPENDING = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.append', 0))"
STANDING = "SELECT why, since, accepted FROM quarantine"
HEAD = "SELECT position, link, epoch::text FROM head"
LINKS = "SELECT notification_id, link FROM facts WHERE notification_id = ANY (%s)"
ENTER = "INSERT INTO quarantine (why) VALUES (%s) ON CONFLICT DO NOTHING"
NOBODY = "DELETE FROM key_holders"
"""Those of the time of the backup; whoever is at work now is back within a second."""

ACCEPT = "UPDATE quarantine SET accepted = %s WHERE accepted IS NULL"
LIFT = "DELETE FROM quarantine"
RENEW = "UPDATE head SET epoch = gen_random_uuid()"
AT_WORK = "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '.reapply', 0))"
KEYS = """
SELECT k.kek_epoch, count(*), count(w.subject) FROM subject_keys k
LEFT JOIN (SELECT DISTINCT subject, purpose FROM unnest(%s::text[], %s::text[]) AS w(subject, purpose)) w
USING (subject, purpose) GROUP BY k.kek_epoch ORDER BY 1
"""
BARE = """
SELECT count(DISTINCT w.subject) FROM unnest(%s::text[], %s::text[]) AS w(subject, purpose)
WHERE NOT EXISTS (SELECT FROM subject_fences f WHERE f.subject = w.subject AND w.purpose = ANY (f.purposes))
   OR EXISTS (SELECT FROM subject_keys k WHERE (k.subject, k.purpose) = (w.subject, w.purpose))
"""
RESTS = "SELECT EXISTS (SELECT FROM quarantine)"
PUBLISHED = "SELECT NOT EXISTS (SELECT FROM quarantine) AND head.epoch = relay.epoch FROM head, relay"
LIFTED = "SELECT NOT EXISTS (SELECT FROM quarantine)"

logger = structlog.get_logger()

Line = Connection[tuple[Any, ...]]


class AtWork(Exception):
    """Somebody else does again what the log lacks, at this moment."""


def standing(line: Line) -> Quarantine | None:
    """None where the log is in no quarantine."""
    row = line.execute(STANDING).fetchone()
    return None if row is None else Quarantine(Why(row[0]), *row[1:])


def head(line: Line) -> Head:
    row = line.execute(HEAD).fetchone()
    assert row is not None
    return Head(*row)


def links(line: Line, wanted: Collection[int]) -> Links:
    """What the log has at these positions."""
    return dict(line.execute(LINKS, (list(wanted),)).fetchall())


def rests(line: Line) -> bool:
    """Whether everything stands still here."""
    return line.execute(LIFTED).fetchone() != (True,)


def examine(url: str, schema: str, anchors: Anchors, journal: Journal) -> Quarantine | None:
    """Hold the log against what is known of it outside, and put it in quarantine where it is another.

    Whatever it looks like now: who is in stays in.
    """
    last, told = anchors.last(), journal.read()
    for spoiled in told.spoiled:
        logger.error("erasures changed", file=spoiled.file, line=spoiled.line, about=spoiled.sentence)
    if lacks := told.lacks(last and last.erasures):
        logger.error("erasures lost", about=lacks)
    with connect(url, schema) as line:
        if (found := standing(line)) is None and _wrong(line, anchors, journal):
            with line.transaction():
                line.execute(APPENDING)  # whoever is storing finishes, and nobody does after this
                if (why := _wrong(line, anchors, journal)) is not None:
                    line.execute(ENTER, (why,))
                    line.execute(NOBODY)
            found = standing(line)
    if found is not None:
        say(found)
    return found


def _wrong(line: Line, anchors: Anchors, journal: Journal) -> Why | None:
    """What is known outside first: the log may only have come further than that."""
    last, told = anchors.last(), journal.read()
    there = links(line, positions([last] if last else [], told))
    return judged(head(line), last, told, there, lambda: _epochs(anchors))


def _epochs(anchors: Anchors) -> Collection[str]:
    found = anchors.read()
    return {each.epoch for each in (*found.known.values(), *found.restored)}


def say(quarantine: Quarantine) -> None:
    """Loudly, for somebody has to do something."""
    logger.error(
        "IN QUARANTINE: nothing is stored or shown",
        why=SENTENCES[quarantine.why],
        since=quarantine.since.isoformat(),
        now="kartoteka restore status",
    )


@contextmanager
def reapplying(url: str, schema: str) -> Iterator[Line]:
    """One at a time. Raises AtWork."""
    with connect(url, schema) as line:
        if line.execute(AT_WORK).fetchone() != (True,):
            raise AtWork("somebody else is at it: wait until they are done, then see `kartoteka restore status`")
        yield line


def accept(line: Line, by: str) -> None:
    """Keep who has accepted that something is lost: that is asked once."""
    line.execute(ACCEPT, (by,))


def lift(line: Line) -> None:
    """From here on it is the log, under an epoch of its own: what was published of the old one is published anew."""
    with line.transaction():
        line.execute(APPENDING)
        line.execute(RENEW)
        line.execute(LIFT)


class Wrapped(NamedTuple):
    """How many data keys rest on one key-encryption key, and how many of them should have been destroyed."""

    kek_epoch: int
    keys: int
    forgotten: int


def wrapped(line: Line, names: Collection[tuple[str, str]]) -> list[Wrapped]:
    """By the epochs of their key-encryption keys; `names` are the subjects and purposes that were forgotten."""
    return [Wrapped(*row) for row in line.execute(KEYS, _columns(names)).fetchall()]


class Known(NamedTuple):
    """Everything that is known of a log, in it and outside."""

    quarantine: Quarantine | None
    head: Head
    anchored: Anchored
    told: Told
    lacking: Sequence[Lacking]
    loss: Loss | None
    keys: Sequence[Wrapped]

    @property
    def unknown(self) -> str | None:
        """In words, where the journal is not the one that was anchored: whom it told of nobody knows."""
        return self.told.lacks(self.anchored.last and self.anchored.last.erasures)


def known(line: Line, anchors: Anchors, journal: Journal) -> Known:
    """As it is now."""
    with line.transaction():
        line.execute(APPENDING)
        anchored, told, end = anchors.read(), journal.read(), head(line)
        there = links(line, positions(anchored.known.values(), told))
        lacking, lost = missing(told, there), loss(end, anchored, told, there)
        return Known(standing(line), end, anchored, told, lacking, lost, wrapped(line, forgotten(told)))


def forgotten(told: Told) -> set[tuple[str, str]]:
    """The subjects and purposes whose keys the journal says are no more: what is kept as proof is not among them."""
    return {
        (subject, purpose) for each in told.fenced.values() for subject in each.subjects for purpose in each.purposes
    }


def bare(line: Line, names: Collection[tuple[str, str]]) -> int:
    """Of how many subjects a key is there, or a fence is not."""
    row = line.execute(BARE, _columns(names)).fetchone()
    assert row is not None
    return int(row[0])


def _columns(names: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [subject for subject, _ in names], [purpose for _, purpose in names]


@dataclass(slots=True)
class Watch:
    """The gate of a process. It looks every second, and holds the log anew where it lacks what was told last of it.

    A process that has answered before what it knows may be of the log that is gone: it stays closed for good, and is
    to be started again.
    """

    url: str
    schema: str
    anchors: Anchors
    journal: Journal
    closed: bool
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    _stale: bool = False
    _read: int = 0
    _fence: Links = field(default_factory=dict)

    async def run(self) -> None:
        """Whatever happens to Postgres; while it is away nothing is stored or shown anyway."""
        if not self.closed:
            self.opened.set()
        while True:
            with suppress(psycopg.OperationalError):
                async with await connect_async(self.url, self.schema) as line:
                    while True:
                        await self._look(line)
                        await elapsed(now, LOOK_SECONDS)
            await elapsed(now, LOOK_SECONDS)

    async def _look(self, line: psycopg.AsyncConnection[Any]) -> None:
        resting = await self._rests(line)
        if resting and not self.closed:
            self.closed = self._stale = True
            self.opened.clear()
            logger.error("IN QUARANTINE: this process has answered from another log, and is to be started again")
        elif not resting and self.closed and not self._stale:
            self.closed = False
            self.opened.set()
            logger.warning("quarantine is lifted")

    async def _rests(self, line: psycopg.AsyncConnection[Any]) -> bool:
        last = await asyncio.to_thread(self._told_last)
        try:
            (resting,) = await (await line.execute(RESTS)).fetchone() or (True,)
            there = dict(await (await line.execute(LINKS, (list(last),))).fetchall())
        except psycopg.ProgrammingError:
            return True  # the log was taken away
        if resting or all(stands(position, link, there) for position, link in last.items()):
            return bool(resting)
        return await asyncio.to_thread(examine, self.url, self.schema, self.anchors, self.journal) is not None

    def _told_last(self) -> Links:
        """Before the log is looked at: it may only have come further than this."""
        anchor, size = self.anchors.last(), self.journal.path.stat().st_size if self.journal.path.exists() else 0
        if size != self._read:
            rounds = [*self.journal.read().fenced.values()]
            self._fence = {each.position: bytes.fromhex(each.link) for each in rounds[-1:]}
            self._read = size
        return {**self._fence, **({anchor.position: anchor.link} if anchor else {})}


@asynccontextmanager
async def watching(url: str, schema: str, anchors: Anchors, journal: Journal) -> AsyncIterator[Watch]:
    """The gate of this process, which is right when the block begins. Raises what `reading.Unreachable` names."""
    found = await asyncio.to_thread(examine, url, schema, anchors, journal)
    watch = Watch(url, schema, anchors, journal, closed=found is not None)
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        await ended(task)


def published(url: str, schema: str) -> bool:
    """Whether the log is in no quarantine, and what is published is its own."""
    with connect(url, schema) as line:
        return line.execute(PUBLISHED).fetchone() == (True,)


async def until_published(url: str, schema: str, leaving: asyncio.Event) -> None:
    """Come back when that is so; or when it is time to leave."""
    await _until(url, schema, PUBLISHED, leaving)


async def until_lifted(url: str, schema: str, leaving: asyncio.Event) -> None:
    """Come back when the log is in no quarantine, or when it is time to leave."""
    await _until(url, schema, LIFTED, leaving)


async def _until(url: str, schema: str, true: str, leaving: asyncio.Event) -> None:
    while not leaving.is_set():
        with suppress(psycopg.OperationalError):
            async with await connect_async(url, schema) as line:
                while not leaving.is_set():
                    if await (await line.execute(true.encode())).fetchone() == (True,):
                        return
                    await elapsed(now, LOOK_SECONDS, leaving)
        await elapsed(now, LOOK_SECONDS, leaving)
