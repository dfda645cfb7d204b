"""Read models at one position go on together: a page is read and folded once, and stored in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from adapters.key_encryption import KeyEncryption
from adapters.postgres.fences import Fences
from adapters.postgres.key_holders import Holding
from adapters.postgres.schema import KEYED, connect
from adapters.postgres.views import registry
from adapters.postgres.views.definition import Unsealed, encoded, physical
from adapters.postgres.views.log import LogPages, heard
from adapters.postgres.views.opening import Opening, Under
from adapters.postgres.views.registry import Line, Told, Version
from adapters.sealed_column import Fenced
from domain.fact import Event, Fact
from projections.model import Key, ReadModel, Table
from projections.page import Find, Heard, Parked, Past, States, Taker, Work, project, replay, topic_of

STORED = "SELECT store_page(%b::text[], %b::int4[], %b::text[], %b::int8, %b::int8)"

UNSYNCED = "SET synchronous_commit = off"
"""What a dying machine takes of a read model is made again from the log: its position goes with its rows."""


class Outrun(Exception):
    """Somebody else moved, paused or retired a version while its page was under way; nothing of the page was kept."""


class Poisoned(Told):
    """A read model that is made anew cannot take a fact."""


@dataclass(slots=True)
class Member:
    """A model's version that is followed here, and the streams that wait in it.

    `strict`: it is made anew while an older one serves, so that a fact it cannot take ends it instead of waiting.
    """

    model: ReadModel
    version: Version
    strict: bool = False
    waiting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lines:
    """One connection to look, one to store; while a page is stored the next is made. `opening` is for who opens.

    `fences` are looked at after each page was read; `holding` says what of it is on its way no more.
    """

    reading: Line
    writing: Line
    storing: ThreadPoolExecutor
    opening: Opening | None = None
    fences: Fences = field(default_factory=Fences)
    holding: Holding | None = None

    @classmethod
    def opened(cls, url: str, schema: str, keys: KeyEncryption | None, name: str = "views") -> Lines:
        reading = connect(url, schema, KEYED)
        try:
            writing = connect(url, schema, KEYED)
        except psycopg.Error:
            reading.close()
            raise
        writing.execute(UNSYNCED)
        opening = None if keys is None else Opening(reading, keys)
        lines = cls(
            reading, writing, ThreadPoolExecutor(1, "storing"), opening, holding=Holding(writing, name, writes=True)
        )
        try:
            lines.acknowledge(joining=True)
        except psycopg.Error:
            lines.close()
            raise
        return lines

    def kek_epoch(self, model: ReadModel) -> int | None:
        """The epoch whose secret a version of the model that is made now has its tokens from."""
        return self.opening.epoch() if self.opening and model.opens else None

    def acknowledge(self, *, joining: bool = False) -> None:
        """What is fenced by now is held no more: to be said only while nothing that was read is still to be stored."""
        self.fences.look(self.reading)
        if self.opening is not None:
            self.opening.forget()
        assert self.holding is not None
        if joining:
            self.holding.join(self.fences.position)
        else:
            self.holding.hear(self.fences.position)

    def close(self) -> None:
        """When what is under way is stored."""
        self.storing.shutdown(wait=True)
        self.reading.close()
        if self.holding is not None:
            with suppress(psycopg.Error):
                self.holding.leave()
        self.writing.close()


class Convoy:
    """Steps along the log with its members."""

    def __init__(self, lines: Lines, members: Sequence[Member]) -> None:
        self.members = list(members)
        self.position = self.members[0].version.position
        self._lines = lines
        self.log = LogPages(lines.reading)
        deciders = {topic: decider for each in members for topic, decider in each.model.deciders.items()}
        self.states = States(self.log, deciders)
        self._topics = frozenset(deciders).union(*(member.model.topics for member in members))
        self._opened = frozenset[str]().union(*(each.model.topics for each in members if each.model.opens))
        assert lines.opening or not self._opened, "a model that opens personal fields takes the keys"
        self._stored: Future[None] | None = None

    def inherit(self, other: Convoy) -> None:
        """Take over the states of one at the same position, where it folded all that is needed here."""
        if self.states.deciders.keys() <= other.states.deciders.keys():
            self.states.kept = other.states.kept

    def step(self, limit: int) -> int:
        """Take the next page; how many facts it had. Raises Outrun, and what Postgres says."""
        rows = self.log.after(self.position, limit)
        if not rows:
            self.settle()
            return 0
        self._lines.fences.look(self._lines.reading)
        works = self._work([heard(row) for row in rows if row[2] in self._topics or row[2] not in Event.by_topic])
        last: int = rows[-1][7]
        self.settle()
        # What waits from this page on must be known before the next one is made.
        if len(rows) == limit and not any(work.parked for work in works):
            self._stored = self._lines.storing.submit(self._store, works, self.position, last)
        else:
            self._store(works, self.position, last)
        self.position = last
        self.states.finish()
        return len(rows)

    def settle(self) -> None:
        """Wait until what was made is stored."""
        stored, self._stored = self._stored, None
        if stored is not None:
            stored.result()

    def _work(self, page: Sequence[Heard]) -> list[Work]:
        opening = self._lines.opening
        takers = [
            Taker(each.model, self.states, self._stored_keys(each), each.waiting, secrets_of(each, opening))
            for each in self.members
        ]
        self.states.begin(self.position)
        if page:
            self._prefetch(page)
            if opening and (opened := [each for each in page if topic_of(each) in self._opened]):
                opening.ahead(each for each in opened if isinstance(each, Fact))
            project(page, self.states, takers)
            _still(self._lines)
        return [taker.work for taker in takers]

    def _prefetch(self, page: Sequence[Heard]) -> None:
        """The streams that the page goes on with, in one look."""
        wanted = self.states.absent(page)
        if len(wanted) > 1:
            for stream, facts in self.log.load_many(wanted, self.position).items():
                with suppress(Exception):  # whoever needs it finds out
                    self.states.kept[stream] = wanted[stream].fold(facts)

    def _stored_keys(self, member: Member) -> Find:
        find = stored_keys(self._lines.reading, member)

        def after_settling(table: Table, column: str, value: str) -> list[Key]:
            self.settle()
            return find(table, column, value)

        return after_settling

    def _store(self, works: Sequence[Work], before: int, last: int) -> None:
        poisoned = [work.parked for member, work in zip(self.members, works, strict=True) if member.strict]
        try:
            if any(poisoned):
                raise Poisoned
            store(self._lines.writing, self.members, works, before, last, self._lines.fences.cover)
        except psycopg.errors.RaiseException as error:
            raise Outrun from error
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except (psycopg.Error, Unsealed, Poisoned):
            self._store_singly(works, before, last)
            raise Outrun from None

    def _store_singly(self, works: Sequence[Work], before: int, last: int) -> None:
        """Whoever cannot store its page stops; the others go on."""
        for member, work in zip(self.members, works, strict=True):
            try:
                if member.strict and work.parked:
                    raise Poisoned(poison(member, next(iter(work.parked.values()))))
                store(self._lines.writing, [member], [work], before, last, self._lines.fences.cover)
            except psycopg.errors.RaiseException as error:
                raise Outrun from error
            except psycopg.OperationalError:
                raise
            except (psycopg.Error, Unsealed, Poisoned) as error:
                registry.fail(self._lines.writing, member.version, error)


def poison(member: Member, parked: Parked) -> str:
    """What a model could not take, in words."""
    return f"{parked.error} at position {parked.position}, {parked.topic} of {parked.stream}, in {member.model.name}"


def secrets_of(member: Member, opening: Opening | None) -> Under | None:
    """What a version takes from outside, if its model opens anything."""
    return opening.under(member.version.kek_epoch) if opening and member.model.opens else None


def stored_keys(connection: Line, member: Member) -> Find:
    """How to look for keys in the rows of a version."""

    def find(table: Table, column: str, value: str) -> list[Key]:
        query = sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(
            sql.SQL(", ").join(map(sql.Identifier, table.key)),
            sql.Identifier(physical(table, member.version.number)),
            sql.Identifier(column),
        )
        return connection.execute(query, (value,)).fetchall()

    return find


def store(
    connection: Line, members: Sequence[Member], works: Sequence[Work], before: int, last: int, fenced: Fenced
) -> None:
    """What a page came to, in one transaction, and in one journey where nothing is parked; nothing that is fenced.

    Raises RaiseException where somebody else moved, paused or retired one of the versions.
    """
    names, numbers = [m.version.name for m in members], [m.version.number for m in members]
    changes = [encoded(work.changes, fenced).decode() if work.changes else "" for work in works]
    with connection.transaction() if any(work.parked for work in works) else nullcontext():
        for member, work in zip(members, works, strict=True):
            for parked in work.parked.values():
                registry.park(connection, member.version, parked)
        connection.execute(STORED, (names, numbers, changes, before, last), prepare=True)
    for member, work in zip(members, works, strict=True):
        member.version = member.version._replace(position=last)
        member.waiting |= work.parked.keys()


def try_again(lines: Lines, member: Member, stream: str) -> None:
    """Take what waits in a parked stream, in order; where it stops again it is parked again. Raises Outrun."""
    log = LogPages(lines.reading)
    parked = registry.parked_at(lines.writing, member.version, stream)
    others, position = member.waiting - {stream}, member.version.position
    past, stored = Past(log, member.model.deciders), stored_keys(lines.reading, member)
    taker = Taker(member.model, past, stored, others, secrets_of(member, lines.opening))
    replay(parked, log.waiting(stream, parked.position, position), position, taker)
    _still(lines)
    lines.fences.look(lines.reading)
    try:
        with lines.writing.transaction():
            registry.unpark(lines.writing, member.version, stream)
            store(lines.writing, [member], [taker.work], position, position, lines.fences.cover)
    except psycopg.errors.RaiseException as error:
        raise Outrun from error
    member.waiting = others | taker.work.parked.keys()


def _still(lines: Lines) -> None:
    """A connection lost while facts were taken is no fault of a fact, though it looked like one."""
    if lines.reading.closed:
        raise psycopg.OperationalError("the connection was lost while facts were taken")
