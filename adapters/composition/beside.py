"""What works beside the service: read models, relay, handlers, timer, mail, anchors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from adapters.clock import Clock
from adapters.clock import now as now
from adapters.composition.known import examine, once, outside
from adapters.composition.place import Place
from adapters.nats.channel import FACTS, Channel
from adapters.nats.patience import ENDLESS, ENDURING, Patience

if TYPE_CHECKING:
    from adapters.nats.relay import Relay
    from adapters.postgres.views.engine import Engine
    from projections.model import ReadModel


@contextmanager
def viewing(
    place: Place, models: Iterable[ReadModel] | None = None, *, in_quarantine: bool = False
) -> Iterator[Engine]:
    """What keeps the read models up to date, all where none are named, for a process of its own.

    It stands still while the log is in quarantine, but for whoever is to go on `in_quarantine`.
    """
    from adapters.postgres.keys import opened_keys
    from adapters.postgres.schema import migrate
    from adapters.postgres.views.engine import Engine
    from projections.catalogue import READ_MODELS

    migrate(place.postgres_url, place.settings.schema_name)
    keys = opened_keys(place.postgres_url, place.settings.schema_name, place.keys)
    examine(place)
    models = READ_MODELS.values() if models is None else models
    engine = Engine(place.postgres_url, place.settings.schema_name, models, keys, in_quarantine=in_quarantine)
    try:
        yield engine
    finally:
        engine.close()


@asynccontextmanager
async def relaying(place: Place, *, channel: Channel = FACTS) -> AsyncIterator[Relay]:
    """What publishes the facts, until the block ends; at any time one process of all publishes, and the others wait."""
    from adapters.nats.relay import Relay
    from adapters.postgres.schema import migrate

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    examine(place)
    seed = place.seed("streams")
    relay = Relay(place.postgres_url, settings.schema_name, place.nats_url, str(seed), channel)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run())
        try:
            yield relay
        finally:
            relay.leave()


@asynccontextmanager
async def reacting(
    place: Place, *, channel: Channel = FACTS, patience: Patience = ENDURING, clock: Clock = now
) -> AsyncIterator[None]:
    """What asks for that which follows from the facts, until the block ends; all processes share the work.

    It begins once the log is in no quarantine, and what is published is its own. Raises ClockNeeded where the log goes
    by another clock.
    """
    from adapters.nats.handlers import handlers
    from adapters.postgres import clock as test_clock
    from adapters.postgres.dead_letters import DeadLetters
    from adapters.postgres.quarantine import published, until_published
    from adapters.postgres.schema import migrate

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    test_clock.require(place.postgres_url, settings.schema_name, clock)
    resting = examine(place) is not None or not published(place.postgres_url, settings.schema_name)
    letters = DeadLetters(place.postgres_url, settings.schema_name)

    def seed(name: str) -> str:
        return str(place.seed(name))

    work = partial(handlers, place.nats_url, seed, letters, channel, patience, clock)
    if resting:
        work = partial(once, partial(until_published, place.postgres_url, settings.schema_name), work)
    async with work(), mailing(place, clock):
        yield


@asynccontextmanager
async def hearing(place: Place, *, channel: Channel = FACTS, patience: Patience = ENDLESS) -> AsyncIterator[None]:
    """What sees to it, until the block ends, that whoever may hear of facts can."""
    from adapters.credentials.callers import Callers
    from adapters.nats.listeners import listened

    seed = str(place.seed("streams"))
    async with listened(place.nats_url, seed, Callers(place.callers), channel, patience):
        yield


@asynccontextmanager
async def timing(place: Place, *, clock: Clock = now, every_seconds: float = 1.0) -> AsyncIterator[None]:
    """What asks for that which has come by itself, until the block ends; of several processes each does.

    It begins once the log is in no quarantine. Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.nats.client import Client
    from adapters.nats.timer import Timer
    from adapters.nats.timer import timing as at_work
    from adapters.postgres import clock as test_clock
    from adapters.postgres.quarantine import until_lifted
    from adapters.postgres.schema import migrate
    from adapters.postgres.timers import Timers
    from domain.staff.worker import TIMER

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    test_clock.require(place.postgres_url, settings.schema_name, clock)
    resting = examine(place) is not None
    timers = Timers(place.postgres_url, settings.schema_name)
    client = Client(place.nats_url, TIMER, str(place.seed(TIMER, None)), patience_seconds=0.0)
    work = partial(at_work, Timer(client, timers.due, clock, every_seconds))
    if resting:
        work = partial(once, partial(until_lifted, place.postgres_url, settings.schema_name), work)
    try:
        async with work():
            yield
    finally:
        await timers.close()


@asynccontextmanager
async def mailing(place: Place, clock: Clock = now) -> AsyncIterator[None]:
    """What sends notices by e-mail, until the block ends; at any time one process of all sends."""
    from adapters.mail.account import account
    from adapters.nats.client import Client
    from adapters.nats.mailing import Mailing
    from adapters.postgres.key_holders import holding
    from adapters.postgres.keys import Keyring, opened_keys
    from adapters.postgres.mail_queue import mail_queue

    settings, leaving = place.settings, asyncio.Event()
    keyrings = list[Keyring]()

    @cache
    def keyring() -> Keyring:
        keyrings.append(Keyring(opened_keys(place.postgres_url, settings.schema_name, place.keys)))
        return keyrings[0]

    queue = partial(mail_queue, place.postgres_url, settings.schema_name, keyring)
    with holding(place.postgres_url, settings.schema_name, "mailing", keyrings):
        async with (
            Client(place.nats_url, "mailing", str(place.seed("mailing", None)), patience_seconds=0.0) as client,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(Mailing(queue, client, account(settings), leaving, clock).run())
            try:
                yield
            finally:
                leaving.set()


@asynccontextmanager
async def anchoring(place: Place, *, clock: Clock = now, every_seconds: float = 10.0) -> AsyncIterator[None]:
    """What anchors the chain's head outside Postgres, until the block ends and once then; one process of all does."""
    from adapters.postgres.anchoring import Anchoring, anchored_log
    from adapters.postgres.schema import migrate

    settings, leaving = place.settings, asyncio.Event()
    migrate(place.postgres_url, settings.schema_name)
    log = partial(anchored_log, place.postgres_url, settings.schema_name)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Anchoring(log, partial(outside, place), place.keys, leaving, clock, every_seconds).run())
        try:
            yield
        finally:
            leaving.set()
