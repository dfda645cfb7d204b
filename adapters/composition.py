"""The composition root: which parts a process is made of, and how they are put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from adapters import embedded
from adapters.embedded import Running, load_callers, seed_path
from adapters.nats.client import Client
from adapters.nats.service import CommandService
from adapters.position import PositionTokens
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import PostgresLog
from adapters.postgres.retention import keep_forgetting
from adapters.postgres.schema import migrate
from adapters.settings import EMBEDDED, Settings
from commands.handler import Handler


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
    log: PostgresLog


def now() -> datetime:
    """The clock of the service; the only place that reads one for decisions."""
    return datetime.now(timezone.utc)


@asynccontextmanager
async def serving(place: Place, *, clock: Callable[[], datetime] = now) -> AsyncIterator[Service]:
    """A service process that takes commands until the block ends, then answers what waits and leaves."""
    settings = place.settings
    migrate(place.postgres_url, settings.schema_name)
    keys = opened_keys(place.postgres_url, settings.schema_name, place.keys)
    log = PostgresLog(place.postgres_url, settings.schema_name, Keyring(keys))
    commands = CommandService(
        Handler(log),
        load_callers(place.callers),
        PositionTokens(keys.derive("position")),
        keys.derive("fingerprint"),
        capacity=settings.waiting,
        now=clock,
    )
    await commands.start(place.nats_url, str(place.seed("service", settings.service_seed)))
    retention = asyncio.create_task(keep_forgetting(place.postgres_url, settings.schema_name))
    try:
        yield Service(commands, log)
    finally:
        retention.cancel()
        await commands.drain()
        await log.close()


def client(place: Place, *, patience_seconds: float = 60.0) -> Client:
    """The command line's own caller."""
    settings = place.settings
    seed = place.seed(settings.caller, settings.seed)
    return Client(place.nats_url, settings.caller, str(seed), patience_seconds=patience_seconds)
