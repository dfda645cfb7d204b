"""What forgets people: in a running service, after a restore, and whoever verifies it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from adapters.clock import Clock
from adapters.clock import now as now
from adapters.composition.beside import viewing
from adapters.composition.known import examine, outside
from adapters.composition.place import Place, keys_of

if TYPE_CHECKING:
    from adapters.erasing.reapply import Reapply
    from adapters.erasing.saga import Saga
    from adapters.erasing.verification import Verification
    from adapters.part_store import PartStore
    from adapters.postgres.erasures import ErasingDesk


@asynccontextmanager
async def erasing(
    place: Place, *, clock: Clock = now, reached: Callable[[str], None] | None = None, every_seconds: float = 1.0
) -> AsyncIterator[None]:
    """What brings erasures on, until the block ends; at any time one process of all does.

    `reached` hears of each boundary. Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.erasing.saga import unheard
    from adapters.nats.client import Client
    from adapters.nats.connection import connect
    from adapters.nats.erasing import Erasing, asking
    from adapters.nats.part_stream import PartStream
    from adapters.postgres import clock as test_clock
    from adapters.postgres.erasures import erasing_desk, mark
    from adapters.postgres.schema import migrate
    from domain.staff.worker import ERASING

    settings, leaving = place.settings, asyncio.Event()
    where = place.postgres_url, settings.schema_name
    migrate(*where)
    test_clock.require(*where, clock)
    examine(place)
    saga_at = _saga_at(place, clock, reached or unheard)
    seed = str(place.seed("streams"))
    connection = await connect(place.nats_url, seed, name="kartoteka-erasing", inbox="_INBOX.streams")
    store = PartStream(connection, mark(*where), settings.schema_name)
    client = Client(place.nats_url, ERASING, str(place.seed(ERASING, None)), patience_seconds=0.0)

    def saga(desk: ErasingDesk) -> Saga:
        return saga_at(desk, asking(client), desk.published, store)

    try:
        async with client, asyncio.TaskGroup() as tasks:
            runner = Erasing(partial(erasing_desk, *where), saga, leaving, clock, every_seconds)
            tasks.create_task(runner.run())
            try:
                yield
            finally:
                leaving.set()
    finally:
        await connection.close()


def _saga_at(place: Place, clock: Clock, reached: Callable[[str], None]) -> Callable[..., Saga]:
    """Makes one for a desk, who is asked, what is published, and the store of files."""
    from adapters.erasing.saga import Ask, Saga
    from adapters.key_encryption import Lifetimes
    from adapters.signature import Signer

    settings = place.settings
    keys, lifetimes = cache(lambda: keys_of(place)), Lifetimes(settings.kek_days, settings.backup_days)
    _, journal = outside(place)

    def inert_at(epoch: int) -> datetime:
        keys().look()
        return lifetimes.promised(keys(), epoch, clock())

    def made(desk: ErasingDesk, ask: Ask, published: Callable[[int], Awaitable[bool]], store: PartStore) -> Saga:
        return Saga(desk, ask, published, store, journal, Signer.opened(place.keys), inert_at, clock, reached)

    return made


@asynccontextmanager
async def reapplying(
    place: Place,
    told: Callable[[str], None],
    *,
    clock: Clock = now,
    reached: Callable[[str], None] | None = None,
) -> AsyncIterator[Reapply]:
    """What does erasures again in a log in quarantine: it decides, stores and keeps the read models all by itself.

    `told` hears in words how far it is, `reached` of each boundary.
    """
    from adapters.erasing.reapply import Reapply, automaton, here
    from adapters.erasing.saga import unheard
    from adapters.nats.connection import connect
    from adapters.nats.part_stream import PartStream
    from adapters.postgres.erasures import erasing_desk, mark
    from adapters.postgres.key_holders import holding
    from adapters.postgres.keys import Keyring, opened_keys
    from adapters.postgres.log import PostgresLog
    from adapters.postgres.quarantine import REAPPLYING
    from adapters.postgres.schema import migrate
    from adapters.postgres.views import access
    from commands.handler import Handler

    settings = place.settings
    where = place.postgres_url, settings.schema_name
    migrate(*where)
    access.ensure(*where)
    keys = opened_keys(*where, place.keys)
    keyring = Keyring(keys)
    log = PostgresLog(*where, keyring, REAPPLYING, clock=clock)
    ask = here(Handler(log), keys.derive("fingerprint"), clock)
    saga_at, stop = _saga_at(place, clock, reached or unheard), threading.Event()
    seed = str(place.seed("streams"))
    connection = await connect(place.nats_url, seed, name="kartoteka-reapply", inbox="_INBOX.streams")
    store = PartStream(connection, mark(*where), settings.schema_name)

    async def published_later(_: int) -> bool:
        return True

    try:
        with holding(*where, "reapply", [keyring]), viewing(place, in_quarantine=True) as engine:
            views = asyncio.create_task(asyncio.to_thread(engine.run, stop))
            try:
                async with erasing_desk(*where) as desk:
                    yield Reapply(desk, saga_at(desk, automaton(ask), published_later, store), ask, told)
            finally:
                stop.set()
                await views
    finally:
        await log.close()
        await connection.close()


@asynccontextmanager
async def verifying(place: Place) -> AsyncIterator[Verification]:
    """What holds receipts against the log, the journal, the database and the store of files."""
    from adapters.erasing.verification import Verification
    from adapters.nats.connection import connect
    from adapters.nats.part_stream import PartStream
    from adapters.postgres.clock import log_time
    from adapters.postgres.erasures import mark
    from adapters.postgres.schema import connect as connect_line
    from adapters.signature import Verifier

    settings = place.settings
    where = place.postgres_url, settings.schema_name
    seed = str(place.seed("streams"))
    connection = await connect(place.nats_url, seed, name="kartoteka-verify", inbox="_INBOX.streams")
    try:
        store = PartStream(connection, mark(*where), settings.schema_name)
        with connect_line(*where) as line:
            _, journal = outside(place)
            yield Verification(
                line, journal, Verifier.opened(place.keys), store, keys_of(place), partial(log_time, *where)
            )
    finally:
        await connection.close()
