"""The composition root: which parts a process is made of, and how they are put together.

Each imports its parts when it is made: none waits for those of another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING

from adapters import embedded, nats, postgres
from adapters.clock import Clock
from adapters.clock import now as now
from adapters.embedded import Running, load_callers, seed_path
from adapters.nats.channel import FACTS, Channel
from adapters.nats.patience import ENDURING, Patience
from adapters.settings import EMBEDDED, Settings

if TYPE_CHECKING:
    from adapters.nats.client import Client
    from adapters.nats.file_service import FileService
    from adapters.nats.query_service import QueryService
    from adapters.nats.relay import Relay
    from adapters.nats.service import CommandService
    from adapters.postgres.log import PostgresLog
    from adapters.postgres.views.engine import Engine
    from projections.model import ReadModel


@dataclass(frozen=True, slots=True)
class Place:
    """Where the outside world of a process is."""

    settings: Settings
    postgres_url: str
    nats_url: str
    embedded: Running | None = None

    @property
    def keys(self) -> Path:
        return self.settings.keys or self.settings.state / "keys"

    @property
    def callers(self) -> Path:
        return self.settings.callers or self.settings.state / "callers.json"

    def seed(self, caller: str, given: Path | None) -> Path:
        return given or seed_path(self.settings.state, caller)


def wants_embedded(settings: Settings) -> tuple[bool, bool]:
    """Whether Postgres, and whether NATS, are to be started by us."""
    return settings.postgres_url.get_secret_value() == EMBEDDED, settings.nats_url == EMBEDDED


@contextmanager
def founded(settings: Settings) -> Iterator[Place]:
    """A place with its own embedded servers, as far as the settings ask for them. Raises StateInUse."""
    postgres, nats = wants_embedded(settings)
    if not (postgres or nats):
        yield _external(settings)
        return
    with embedded.running(settings.state, postgres=postgres, nats=nats) as running:
        yield _with(settings, running)


def found(settings: Settings) -> Place:
    """The place another process has founded, read from its state file. Raises NotRunning."""
    if not any(wants_embedded(settings)):
        return _external(settings)
    return _with(settings, embedded.attach(settings.state))


def _external(settings: Settings) -> Place:
    return Place(settings, settings.postgres_url.get_secret_value(), settings.nats_url)


def _with(settings: Settings, running: Running) -> Place:
    postgres, nats = wants_embedded(settings)
    return Place(
        settings,
        running.postgres_url if postgres else settings.postgres_url.get_secret_value(),
        running.nats_url if nats else settings.nats_url,
        running,
    )


@dataclass(frozen=True, slots=True)
class Service:
    """One running service process."""

    commands: CommandService
    queries: QueryService
    log: PostgresLog
    files: FileService


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


@asynccontextmanager
async def serving(place: Place, *, clock: Clock = now) -> AsyncIterator[Service]:
    """A service process that takes commands until the block ends, then answers what waits and leaves.

    Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.cursor import Cursors
    from adapters.nats.connection import connect
    from adapters.nats.file_service import FileService
    from adapters.nats.part_stream import PartStream
    from adapters.nats.query_service import QueryService
    from adapters.nats.reception import Reception
    from adapters.nats.service import CommandService
    from adapters.position import PositionTokens
    from adapters.postgres import clock as test_clock
    from adapters.postgres.answers import Answers
    from adapters.postgres.file_sweep import keep_sweeping
    from adapters.postgres.filing import Filing
    from adapters.postgres.hindsight import Hindsight
    from adapters.postgres.keys import Keyring, opened_keys
    from adapters.postgres.log import PostgresLog
    from adapters.postgres.looks import Looks
    from adapters.postgres.retention import keep_forgetting
    from adapters.postgres.schema import migrate
    from adapters.postgres.views import access
    from commands.handler import Handler

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    test_clock.require(place.postgres_url, settings.schema_name, clock)
    access.ensure(place.postgres_url, settings.schema_name)
    keys = opened_keys(place.postgres_url, settings.schema_name, place.keys)
    log = PostgresLog(place.postgres_url, settings.schema_name, Keyring(keys), clock=clock)
    answers = Answers(place.postgres_url, settings.schema_name, Keyring(keys))
    seed = str(place.seed("service", settings.service_seed))
    connection = await connect(place.nats_url, seed, name="kartoteka-service", inbox="_INBOX.service")
    reception = Reception(connection, load_callers(place.callers))
    tokens, capacity = PositionTokens(keys.derive("position")), settings.waiting
    commands = CommandService(Handler(log), reception, tokens, keys.derive("fingerprint"), capacity=capacity, now=clock)
    looks = Looks(place.postgres_url, settings.schema_name, capacity=capacity)
    cursors = Cursors(keys.derive("cursor"))
    hindsight = Hindsight(place.postgres_url, settings.schema_name, Keyring(keys), tokens.token)
    queries = QueryService(answers, hindsight, looks, reception, tokens, cursors, capacity=capacity, now=clock)
    filing = Filing(place.postgres_url, settings.schema_name, Keyring(keys))
    parts = PartStream(connection, await filing.mark(), settings.schema_name)
    files = FileService(parts, filing, looks, reception, most_bytes=settings.file_bytes, now=clock)
    await reception.open()
    await commands.start()
    await queries.start()
    await files.start()
    retention = asyncio.create_task(keep_forgetting(place.postgres_url, settings.schema_name, clock))
    sweeping = asyncio.create_task(keep_sweeping(place.postgres_url, settings.schema_name, parts, clock))
    try:
        yield Service(commands, queries, log, files)
    finally:
        retention.cancel()
        sweeping.cancel()
        await commands.drain()
        await files.drain()
        await queries.drain()
        await looks.close()
        await reception.close()
        await log.close()


@contextmanager
def viewing(place: Place, models: Iterable[ReadModel] | None = None) -> Iterator[Engine]:
    """What keeps the read models up to date, all where none are named, for a process of its own."""
    from adapters.postgres.keys import opened_keys
    from adapters.postgres.schema import migrate
    from adapters.postgres.views.engine import Engine
    from projections.catalogue import READ_MODELS

    migrate(place.postgres_url, place.settings.schema_name)
    keys = opened_keys(place.postgres_url, place.settings.schema_name, place.keys)
    models = READ_MODELS.values() if models is None else models
    engine = Engine(place.postgres_url, place.settings.schema_name, models, keys)
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
    seed = place.seed("service", settings.service_seed)
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

    Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.nats.handlers import handlers
    from adapters.postgres import clock as test_clock
    from adapters.postgres.dead_letters import DeadLetters
    from adapters.postgres.schema import migrate

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    test_clock.require(place.postgres_url, settings.schema_name, clock)
    letters = DeadLetters(place.postgres_url, settings.schema_name)

    def seed(name: str) -> str:
        return str(place.seed(name, settings.service_seed if name == "service" else None))

    async with handlers(place.nats_url, seed, letters, channel, patience, clock), mailing(place, clock):
        yield


@asynccontextmanager
async def timing(place: Place, *, clock: Clock = now, every_seconds: float = 1.0) -> AsyncIterator[None]:
    """What asks for that which has come by itself, until the block ends; of several processes each does.

    Raises ClockNeeded where the log goes by another clock.
    """
    from adapters.nats.client import Client
    from adapters.nats.timer import Timer
    from adapters.nats.timer import timing as at_work
    from adapters.postgres import clock as test_clock
    from adapters.postgres.schema import migrate
    from adapters.postgres.timers import Timers
    from domain.staff.worker import TIMER

    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    test_clock.require(place.postgres_url, settings.schema_name, clock)
    timers = Timers(place.postgres_url, settings.schema_name)
    client = Client(place.nats_url, TIMER, str(place.seed(TIMER, None)), patience_seconds=0.0)
    try:
        async with at_work(Timer(client, timers.due, clock, every_seconds)):
            yield
    finally:
        await timers.close()


@asynccontextmanager
async def mailing(place: Place, clock: Clock = now) -> AsyncIterator[None]:
    """What sends notices by e-mail, until the block ends; at any time one process of all sends."""
    from adapters.mail.account import account
    from adapters.nats.client import Client
    from adapters.nats.mailing import Mailing
    from adapters.postgres.keys import Keyring, opened_keys
    from adapters.postgres.mail_queue import mail_queue

    settings, leaving = place.settings, asyncio.Event()
    keyring = cache(lambda: Keyring(opened_keys(place.postgres_url, settings.schema_name, place.keys)))
    queue = partial(mail_queue, place.postgres_url, settings.schema_name, keyring)
    async with (
        Client(place.nats_url, "mailing", str(place.seed("mailing", None)), patience_seconds=0.0) as client,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(Mailing(queue, client, account(settings), leaving, clock).run())
        try:
            yield
        finally:
            leaving.set()


def parts() -> list[str]:
    """The names of all files of which processes are made: who forks many imports them once."""
    return [each.name for room in (nats, postgres) for each in walk_packages(room.__path__, f"{room.__name__}.")]


def client(place: Place, *, patience_seconds: float = 60.0) -> Client:
    """The command line's own caller."""
    from adapters.nats.client import Client

    settings = place.settings
    seed = place.seed(settings.caller, settings.seed)
    return Client(place.nats_url, settings.caller, str(seed), patience_seconds=patience_seconds)


def handler_client(place: Place, handler: str, *, patience_seconds: float) -> Client:
    """A handler's own caller, for what is asked again in its name."""
    from adapters.nats.client import Client

    return Client(place.nats_url, handler, str(place.seed(handler, None)), patience_seconds=patience_seconds)
