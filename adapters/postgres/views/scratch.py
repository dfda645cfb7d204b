"""Read models made a second time, in tables of one session alone: nobody sees them, and none outlives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from adapters.key_encryption import KeyEncryption
from adapters.postgres.key_holders import Holding
from adapters.postgres.schema import KEYED, connect
from adapters.postgres.views.convoy import Convoy, Lines, Member, stored_keys
from adapters.postgres.views.definition import apply_name, creation, encoded
from adapters.postgres.views.log import LogPages, Stored
from adapters.postgres.views.opening import Opening
from adapters.postgres.views.registry import Line, State, Version
from projections.model import Key, ReadModel, Table
from projections.page import Find, Parked, Work

PAGE = 5000
NUMBER = 0
"""Of no version that is registered."""

HEARING_SECONDS = 5.0
OWN = "-c temp_buffers=64MB -c synchronous_commit=off -c jit=off"
"""What lies in temporary tables is in no write-ahead log, and gone when its session ends, however it ends."""


class Prefix(LogPages):
    """The log, as far as it is to be told."""

    until = 0

    def after(self, position: int, limit: int) -> Sequence[Stored]:
        rows = super().after(position, min(limit, max(self.until - position, 0)))
        return [row for row in rows if row[7] <= self.until]


class Scratch(Convoy):
    """Takes the log from its beginning; what a model cannot take is parked here, too.

    What it stores is sealed as the log has it, whatever is fenced: so it shows whether any of that opens.
    """

    def __init__(self, lines: Lines, models: Sequence[ReadModel]) -> None:
        begun = [Version(model.name, NUMBER, model.fingerprint, State.BOOTING, 0) for model in models]
        super().__init__(lines, [Member(*each) for each in zip(models, begun, strict=True)])
        self.lines, self.prefix = lines, Prefix(lines.reading)
        self.log = self.states.streams = self.prefix
        self.parked: list[tuple[str, Parked]] = []
        self._heard = time.monotonic()
        for model in models:
            for statement in creation(model, NUMBER):
                lines.writing.execute(statement.encode())

    @property
    def rows(self) -> Line:
        """The connection that sees the rows."""
        return self.lines.writing

    def follow(self, until: int, told: Callable[[int], None]) -> None:
        """Up to a position of the log."""
        self.prefix.until = until
        while self.step(PAGE) == PAGE:
            told(self.position)
            self.hear()
        self.settle()
        told(self.position)

    def hear(self) -> None:
        """Say every now and then what of the forgotten is held here no more."""
        if time.monotonic() > self._heard + HEARING_SECONDS:
            self.settle()
            self.lines.acknowledge()
            self._heard = time.monotonic()

    def _stored_keys(self, member: Member) -> Find:
        find = stored_keys(self.rows, member)

        def after_settling(table: Table, column: str, value: str) -> list[Key]:
            self.settle()
            return find(table, column, value)

        return after_settling

    def _store(self, works: Sequence[Work], before: int, last: int) -> None:  # noqa: ARG002 - nobody else moves these
        changed = [(each.model, work) for each, work in zip(self.members, works, strict=True) if work.changes]
        if changed:
            calls = ", ".join(f"pg_temp.{apply_name(model, NUMBER)}(%s::json)" for model, _ in changed)
            pages = [encoded(work.changes).decode() for _, work in changed]
            self.rows.execute(f"SELECT {calls}".encode(), pages)  # of our own names
        for member, work in zip(self.members, works, strict=True):
            member.version = member.version._replace(position=last)
            member.waiting |= work.parked.keys()
            self.parked += [(member.model.name, parked) for parked in work.parked.values()]


@contextmanager
def scratch(url: str, schema: str, models: Sequence[ReadModel], keys: KeyEncryption) -> Iterator[Scratch]:
    """Empty tables of these models; until the block ends the process counts as one that has data keys."""
    with (
        connect(url, schema) as hearing,  # the others are in the middle of something when there is something to say
        connect(url, schema, KEYED) as reading,
        connect(url, f"pg_temp,{schema}", KEYED, OWN) as writing,
    ):
        holding = Holding(hearing, "replay")
        lines = Lines(reading, writing, ThreadPoolExecutor(1, "storing"), Opening(reading, keys), holding=holding)
        with closing(lines):
            lines.acknowledge()
            yield Scratch(lines, models)
