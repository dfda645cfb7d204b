"""The log told a second time, from nothing, and held against what is served, what opens, and what was told before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple

from psycopg import sql
from psycopg.errors import UndefinedTable
from pydantic import TypeAdapter, ValidationError

from adapters.key_encryption import KeyEncryption
from adapters.pace import spare_the_collector
from adapters.postgres.chain import ORIGIN
from adapters.postgres.schema import KEYED, connect
from adapters.postgres.views import registry
from adapters.postgres.views.definition import physical
from adapters.postgres.views.rebuild import Progress, unheard
from adapters.postgres.views.registry import Line, Version
from adapters.postgres.views.scratch import NUMBER, Scratch, scratch
from adapters.postgres.views.trial import Fate, Trial
from adapters.sealed_column import Fenced, behind_fence
from projections.access import ACCESS
from projections.model import Key, Kind, ReadModel, Table

PAGE = 2000
LOG = "log"
TRIES = 5

STEADY = "-c jit=off -c idle_in_transaction_session_timeout=0"
ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
LINK = "SELECT link FROM facts WHERE notification_id = %s"


class NotTold(Exception):
    """It is not what a replay has told."""


class BeyondEnd(Exception):
    """The log does not reach that far."""


class Fault(StrEnum):
    """What a replay shows that should not be so."""

    DIFFERS = "differs"
    RECALLED = "recalled"
    LOST = "lost"
    SPOILED = "spoiled"
    PARKED = "parked"
    REWRITTEN = "rewritten"
    INCOMPARABLE = "incomparable"


BAD = {
    Fate.RECALLED: (Fault.RECALLED, "{} personal values open although their subjects are forgotten"),
    Fate.LOST: (Fault.LOST, "{} personal values have no key, and nobody was forgotten"),
    Fate.SPOILED: (Fault.SPOILED, "{} personal values are not as they were sealed"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    model: str
    fault: Fault
    sentence: str


class Compared(StrEnum):
    """How the rows that are served compare with those told anew."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_SERVED = "not served"
    ANOTHER = "another version"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class TableTold:
    """How many rows, and the digest of all that is in them but personal fields and what may differ by itself."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal values that stand in the rows, how many of them open, and how many are those of the forgotten."""

    values: int
    open: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class ModelTold:
    """One read model as it was told. One that hears personal fields in the clear is personal as a whole: no digest."""

    name: str
    fingerprint: str
    rows: int
    digest: str | None
    tables: dict[str, TableTold]
    personal: Personal | None
    served: Compared | None

    def held_against(self, then: ModelTold) -> Iterator[Finding]:
        if self.fingerprint != then.fingerprint:
            yield Finding(self.name, Fault.INCOMPARABLE, "it was told by another version of the service then")
            return
        for name, table in self.tables.items():
            if table != then.tables.get(name):
                yield Finding(self.name, Fault.DIFFERS, f"the rows of {name} are not those of then")
        if self.personal is not None and then.personal is not None:
            if self.personal.values != then.personal.values:
                sentence = f"{self.personal.values} personal values stand there, and {then.personal.values} did then"
                yield Finding(self.name, Fault.DIFFERS, sentence)
            if self.personal.open > then.personal.open:
                sentence = f"{self.personal.open} personal values open, and {then.personal.open} did then"
                yield Finding(self.name, Fault.RECALLED, sentence)


@dataclass(frozen=True, slots=True)
class Replay:
    """Up to which position, and the chain's link there."""

    until: int
    link: str
    models: list[ModelTold]
    findings: list[Finding]

    def held_against(self, before: Replay) -> Iterator[Finding]:
        """What differs from an earlier one of the same position, other than that fewer values open."""
        if self.link != before.link:
            sentence = f"the link at position {self.until} is not the one of then"
            yield Finding(LOG, Fault.REWRITTEN, sentence)
        then = {each.name: each for each in before.models}
        for model in self.models:
            if model.name in then:
                yield from model.held_against(then[model.name])
            else:
                yield Finding(model.name, Fault.INCOMPARABLE, "it was not told then")


SAID = TypeAdapter(Replay)


def as_objects(told: Replay) -> dict[str, Any]:
    """For programs, and to be read again."""
    objects: dict[str, Any] = SAID.dump_python(told, mode="json")
    return objects


def read(text: bytes) -> Replay:
    """What was told before. Raises NotTold."""
    try:
        return SAID.validate_json(text)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise NotTold(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None


class Row(NamedTuple):
    """A row by its key: the digest of what is plain in it, and its sealed columns."""

    key: Key
    plain: bytes
    sealed: tuple[str | None, ...]


class Served(NamedTuple):
    """What is served at one moment, whatever becomes of it meanwhile: where the log ends, and each model's version."""

    line: Line
    head: int
    versions: Mapping[str, Version]

    def comparable(self, model: ReadModel) -> Version | None:
        """The version that should have the rows of a replay up to its position."""
        version = self.versions.get(model.name)
        return version if version and version.fingerprint == model.fingerprint and not model.opens else None

    def stops(self, models: Iterable[ReadModel]) -> Iterator[tuple[int, list[ReadModel]]]:
        """The positions at which models are served, and which those are."""
        at: dict[int, list[ReadModel]] = {}
        for model in models:
            if (version := self.comparable(model)) is not None:
                at.setdefault(version.position, []).append(model)
        yield from sorted(at.items(), key=lambda stop: stop[0])

    def standing(self, model: ReadModel) -> Compared:
        """How one that differs nowhere stands to what is served."""
        if model.opens:
            return Compared.PERSONAL
        if self.comparable(model) is not None:
            return Compared.SAME
        return Compared.ANOTHER if model.name in self.versions else Compared.NOT_SERVED


def replay(
    url: str,
    schema: str,
    models: Sequence[ReadModel],
    keys: KeyEncryption,
    until: int | None = None,
    told: Progress = unheard,
) -> Replay:
    """Up to a position; without one up to the end, and held against what is served. Raises BeyondEnd.

    Nothing that is served is touched, and nothing is left behind.
    """
    spare_the_collector()
    compared = models if until is None else ()
    with as_served(url, schema, compared) as served, scratch(url, schema, models, keys) as anew:
        end = served.head if until is None else until
        if end > served.head:
            raise BeyondEnd(f"the log ends at {served.head}, before {end}")
        if until is not None:
            served.line.execute("ROLLBACK")  # no more is looked at

        def hear(position: int) -> None:
            told(position, end)

        trial = Trial(anew.lines.reading, keys)
        differ: list[Finding] = []
        if until is None:
            for stop, there in served.stops(models):
                anew.follow(stop, hear)
                differ += [finding for model in there for finding in _differing(anew, served, model)]
        anew.follow(end, hear)
        found = [_told(anew, model, trial) for model in models]
        findings = [*_parked(anew), *differ, *(each for _, tried in found for each in tried)]
        different = {finding.model for finding in differ}
        whole = [each for each, _ in found]
        if until is None:
            whole = [
                replace(each, served=Compared.DIFFERENT if each.name in different else served.standing(model))
                for model, each in zip(models, whole, strict=True)
            ]
        return Replay(end, _link(anew.lines.reading, end), whole, findings)


@contextmanager
def as_served(url: str, schema: str, models: Collection[ReadModel]) -> Iterator[Served]:
    """A look at one moment: the tables stay, whichever version is served meanwhile."""
    with connect(url, schema, KEYED, STEADY) as line:
        for left in reversed(range(TRIES)):
            line.execute(ONE_MOMENT)
            served = _seen(line)
            try:
                _keep(line, [(model, served.comparable(model)) for model in models])
                break
            except UndefinedTable:  # another version has taken over since
                line.execute("ROLLBACK")
                if not left:
                    raise
        yield served


def _seen(line: Line) -> Served:
    (head,) = line.execute("SELECT position FROM head").fetchone() or (0,)
    there = [version for version in registry.versions(line) if version.state in registry.SERVED]
    served = {version.name: version for version in there}
    if ACCESS.name in served:
        served[ACCESS.name] = served[ACCESS.name]._replace(position=head)  # it is kept by every append
    return Served(line, head, served)


def _keep(line: Line, versions: Iterable[tuple[ReadModel, Version | None]]) -> None:
    """Let nobody take the tables away as long as we look. Raises UndefinedTable."""
    tables = [physical(table, version.number) for model, version in versions if version for table in model.tables]
    if tables:
        line.execute(
            sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(map(sql.Identifier, tables)))
        )


def _link(line: Line, position: int) -> str:
    row = line.execute(LINK, (position,)).fetchone()
    return (row[0] if row else ORIGIN).hex()


def _parked(anew: Scratch) -> Iterator[Finding]:
    for name, parked in anew.parked:
        yield Finding(
            name, Fault.PARKED, f"{parked.error} at position {parked.position}, {parked.topic} of {parked.stream}"
        )


# Rows


def rows(line: Line, table: Table, number: int) -> Generator[list[Row], None, None]:
    """The rows of a version in the order of their keys, page by page."""
    plain = [*table.key, *(c.name for c in table.columns if c.kind is not Kind.SEALED and not c.volatile)]
    query = sql.SQL("SELECT {}, sha256(convert_to(json_build_array({})::text, 'UTF8')) {} FROM {} ORDER BY {}").format(
        _names(table.key),
        _names(plain),
        sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier(name)) for name in table.sealed),
        sql.Identifier(physical(table, number)),
        _names(table.key),
    )
    width = len(table.key)
    with line.transaction(), line.cursor("rows", binary=True) as cursor:
        cursor.execute(query)
        while page := cursor.fetchmany(PAGE):
            yield [Row(row[:width], row[width], row[width + 1 :]) for row in page]


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _told(anew: Scratch, model: ReadModel, trial: Trial) -> tuple[ModelTold, list[Finding]]:
    """All rows of a model, and what of them opens."""
    tables, fates = dict[str, TableTold](), Counter[Fate]()
    for table in model.tables:
        count, digest = 0, sha256()
        for page in rows(anew.rows, table, NUMBER):
            count += len(page)
            digest.update(b"".join(row.plain for row in page))
            fates += trial.of(text for row in page for text in row.sealed if text is not None)
            anew.hear()
        tables[table.name] = TableTold(count, digest.hexdigest())
    findings = [
        Finding(model.name, fault, said.format(fates[fate])) for fate, (fault, said) in BAD.items() if fates[fate]
    ]
    total = sum(each.rows for each in tables.values())
    if model.opens:
        return ModelTold(model.name, model.fingerprint, total, None, {}, None, None), findings
    whole = sha256("".join(f"{name}:{each.digest}\n" for name, each in sorted(tables.items())).encode()).hexdigest()
    personal = Personal(fates.total(), fates[Fate.OPEN] + fates[Fate.RECALLED], fates[Fate.FORGOTTEN])
    return ModelTold(model.name, model.fingerprint, total, whole, tables, personal, None), findings


# What is served


def _differing(anew: Scratch, served: Served, model: ReadModel) -> Iterator[Finding]:
    """At most one finding for each table: how many rows differ, and the first."""
    version = served.comparable(model)
    assert version is not None
    cover = anew.lines.fences.cover
    for table in model.tables:
        ours, theirs = rows(anew.rows, table, NUMBER), rows(served.line, table, version.number)
        with closing(ours), closing(theirs):
            count, first = 0, ""
            for key, wrong in _differences(_heard(anew, ours), chain.from_iterable(theirs), cover):
                count, first = count + 1, first or f"{'/'.join(key)} {wrong}"
        if count:
            sentence = f"{count} rows of {table.name} are not what the log tells up to {version.position}: {first}"
            yield Finding(model.name, Fault.DIFFERS, sentence)


def _heard(anew: Scratch, pages: Iterable[list[Row]]) -> Iterator[Row]:
    for page in pages:
        anew.hear()
        yield from page


def _differences(ours: Iterator[Row], theirs: Iterator[Row], cover: Fenced) -> Iterator[tuple[Key, str]]:
    """Where two tellings in the order of their keys do not agree."""
    mine, other = next(ours, None), next(theirs, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and mine.key < other.key):
            assert mine is not None
            yield mine.key, "is missing"
            mine = next(ours, None)
        elif mine is None or other.key < mine.key:
            yield other.key, "should not be there"
            other = next(theirs, None)
        else:
            if mine.plain != other.plain or not all(map(partial(_same, cover), mine.sealed, other.sealed)):
                yield mine.key, "differs"
            mine, other = next(ours, None), next(theirs, None)


def _same(cover: Fenced, ours: str | None, theirs: str | None) -> bool:
    """What is fenced may be there yet or be emptied already."""
    if ours == theirs or ours is None or theirs is None:
        return ours == theirs
    return behind_fence(ours, cover) == behind_fence(theirs, cover)
