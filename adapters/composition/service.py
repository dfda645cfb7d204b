"""One service process: commands, questions and files, and what keeps house beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.clock import Clock
from adapters.clock import now as now
from adapters.composition.known import outside
from adapters.composition.place import Place
from adapters.composition.questions import answering
from adapters.credentials.callers import Callers
from adapters.pace import ended
from adapters.scope import Face

if TYPE_CHECKING:
    from adapters.answering.commands import CommandService
    from adapters.answering.elsewhere import Elsewhere
    from adapters.answering.files import FileService
    from adapters.answering.questions import QueryService
    from adapters.answering.reception import Reception
    from adapters.key_encryption import KeyEncryption
    from adapters.nats.face import NatsFace
    from adapters.nats.handover import Hear
    from adapters.postgres.log import PostgresLog


@contextmanager
def begun_with_test_clock(place: Place) -> Iterator[Clock]:
    """The test clock of the log there, for a process that answers. Raises NoTestClock where it can have none."""
    from adapters.postgres.clock import TestClock

    with TestClock(place.postgres_url, place.settings.schema_name).following(answers=True) as clock:
        yield clock


@contextmanager
def clock_of(place: Place) -> Iterator[Clock]:
    """Whatever clock the log there goes by, for a process that only asks."""
    from adapters.postgres.clock import TestClock, ahead

    if ahead(place.postgres_url, place.settings.schema_name) is None:
        yield now
        return
    with TestClock(place.postgres_url, place.settings.schema_name).following(answers=False) as clock:
        yield clock


@dataclass(frozen=True, slots=True)
class Service:
    """One running service process."""

    commands: CommandService
    queries: QueryService
    log: PostgresLog
    files: FileService
    reception: Reception
    keys: KeyEncryption
    clock: Clock
    callers: Callers
    face: NatsFace
    elsewhere: Elsewhere
    """What another process answers in its place."""

    def left_to_another(self) -> AbstractAsyncContextManager[Hear]:
        """Questions over NATS, while there is one that hears them; what it says is to be told."""
        from adapters.nats.handover import handing_over

        return handing_over(self.face, self.elsewhere)


@asynccontextmanager
async def serving(place: Place, *, clock: Clock = now) -> AsyncIterator[Service]:
    """A service process that takes commands until the block ends, then answers what waits and leaves.

    While the log is in quarantine it says so to whoever asks. Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.answering.commands import CommandService
    from adapters.answering.elsewhere import Elsewhere
    from adapters.answering.files import FileService
    from adapters.answering.reception import Reception
    from adapters.key_encryption import Lifetimes
    from adapters.nats.connection import connect
    from adapters.nats.face import NatsFace
    from adapters.nats.part_stream import PartStream
    from adapters.postgres import analysis
    from adapters.postgres import clock as test_clock
    from adapters.postgres.file_sweep import keep_sweeping
    from adapters.postgres.filing import Filing
    from adapters.postgres.key_holders import holding
    from adapters.postgres.keys import Keyring, opened_keys
    from adapters.postgres.log import PostgresLog
    from adapters.postgres.quarantine import watching
    from adapters.postgres.retention import keep_forgetting
    from adapters.postgres.rewrapping import keep_rotating
    from adapters.postgres.schema import migrate
    from adapters.postgres.views import access
    from adapters.telemetry import tracing
    from adapters.telemetry.traced_log import TracedLog
    from commands.handler import Handler

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    test_clock.require(place.postgres_url, settings.schema_name, clock)
    access.ensure(place.postgres_url, settings.schema_name)
    analysis.ensure(place.postgres_url, settings.schema_name)
    keys = opened_keys(place.postgres_url, settings.schema_name, place.keys)
    held = AsyncExitStack()
    gate = await held.enter_async_context(watching(place.postgres_url, settings.schema_name, *outside(place)))
    sealing, filed = Keyring(keys), Keyring(keys)
    log = PostgresLog(place.postgres_url, settings.schema_name, sealing, clock=clock)
    seed = str(place.seed("service"))
    connection = await connect(place.nats_url, seed, name="kartoteka-service", inbox="_INBOX.service")
    seed = str(place.seed("streams"))
    store = await connect(place.nats_url, seed, name="kartoteka-files", inbox="_INBOX.streams")
    held.push_async_callback(store.close)
    reception = Reception(gate)
    callers = Callers(place.callers)
    face = NatsFace(connection, callers, reception)
    questions = answering(place, keys, reception, clock)
    queries, looks, capacity = questions.queries, questions.looks, settings.waiting
    handler = Handler(TracedLog(log) if tracing.on() else log)
    secret = keys.derive("fingerprint")
    commands = CommandService(handler, reception, queries.tokens, secret, capacity=capacity, now=clock)
    filing = Filing(place.postgres_url, settings.schema_name, filed)
    parts = PartStream(store, await filing.mark(), settings.schema_name)
    await parts.shut_out()
    files = FileService(parts, filing, looks, reception, most_bytes=settings.file_bytes, now=clock)
    keyrings = (sealing, filed, *questions.keyrings)
    held.enter_context(holding(place.postgres_url, settings.schema_name, "service", keyrings))
    await face.open({Face.COMMANDS: commands.take, Face.QUESTIONS: queries.take, Face.FILES: files.take})
    lifetimes = Lifetimes(settings.kek_days, settings.backup_days)

    async def keep() -> None:
        await gate.opened.wait()
        await asyncio.gather(
            keep_forgetting(place.postgres_url, settings.schema_name, clock),
            keep_sweeping(place.postgres_url, settings.schema_name, parts, clock),
            keep_rotating(place.postgres_url, settings.schema_name, keys, lifetimes, clock),
            return_exceptions=True,
        )

    keeper = asyncio.create_task(keep())
    try:
        yield Service(commands, queries, log, files, reception, keys, clock, callers, face, Elsewhere())
    finally:
        await ended(keeper)
        await face.end()
        await commands.drain()
        await files.drain()
        await questions.end()
        await face.close()
        await log.close()
        await held.aclose()
