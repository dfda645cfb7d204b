"""A caller at the service's door who sees every reply, wanted or not, and every error of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import nats
import orjson
from from_schema import example
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from psycopg import Connection as Database
from world import World, examples, set_up, special

from adapters.clock import Clock
from adapters.composition import Place, Service, client, now, serving
from adapters.credentials.seed import seed_path
from adapters.embedded import Running
from adapters.nats.client import new_command_id
from adapters.nats.prefix import COMMANDS as PREFIX
from adapters.postgres.schema import connect
from adapters.settings import Settings
from domain.staff.worker import SYSTEM

T = TypeVar("T")
PATIENCE_SECONDS = 15.0
PROBLEM = {"type", "title", "status", "code"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: consent has status 0."""

    body: dict[str, Any]
    headers: dict[str, str]
    raw: bytes

    @property
    def status(self) -> int:
        return int(self.headers.get("Nats-Service-Error-Code", 0))

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))

    def well_formed(self) -> bool:
        """RFC 9457 and the services protocol on a refusal; id, version and position on consent."""
        if not self.status:
            return not self.headers and set(self.body) == {"id", "version", "position", "repeated"}
        return (
            PROBLEM <= self.body.keys() <= PROBLEM | {"errors", "about"}
            and self.body["status"] == self.status
            and self.body["type"] == f"urn:kartoteka:problem:{self.code}"
            and self.headers["Nats-Service-Error"] == self.body["title"] != ""
            and all(set(error) == {"field", "wrong"} for error in self.body.get("errors", []))
        )


@dataclass(slots=True)
class Door:
    """`replies` holds what came to each inbox this caller gave out."""

    caller: str
    connection: Connection = field(default_factory=Connection)
    replies: dict[str, list[Msg]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def opened(cls, place: Place, caller: str) -> Door:
        door = cls(caller)
        seed = str(seed_path(place.settings.state, caller))
        door.connection = await nats.connect(place.nats_url, nkeys_seed=seed, error_cb=door._failed)
        await door.connection.subscribe(f"_INBOX.{caller}.>", cb=door._received)
        await door.connection.flush()
        return door

    async def _received(self, message: Msg) -> None:
        self.replies.setdefault(message.subject, []).append(message)
        self.came.set()

    async def _failed(self, error: Exception) -> None:
        self.errors.append(str(error).lower())
        self.came.set()

    async def put(self, topic: str, payload: bytes, *, caller: str | None = None, reply: str | None = None) -> str:
        """Send without waiting; gives the inbox."""
        inbox = reply or f"_INBOX.{self.caller}.{uuid4().hex}"
        await self.connection.publish(f"{PREFIX}{caller or self.caller}.{topic}", payload, reply=inbox)
        return inbox

    async def reply(self, inbox: str) -> Reply:
        await self.until(lambda: inbox in self.replies)
        message = self.replies[inbox][0]
        # nats-py has the status line of "no responders" among the headers.
        body = orjson.loads(message.data) if message.data else {}
        return Reply(body, dict(message.headers or {}), message.data)

    async def ask(self, topic: str, payload: bytes | dict[str, Any]) -> Reply:
        sent = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        return await self.reply(await self.put(topic, sent))

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not true():
                self.came.clear()
                await self.came.wait()

    async def discovered(self, verb: str) -> dict[str, Any]:
        """The answer to one verb of the services protocol."""
        inbox = f"_INBOX.{self.caller}.discovery.{uuid4().hex}"
        await self.connection.publish(f"$SRV.{verb}.kartoteka", reply=inbox)
        return (await self.reply(inbox)).body

    def answered_once(self) -> bool:
        return all(len(messages) == 1 for messages in self.replies.values())


@dataclass(slots=True)
class Stage:
    """One service process with three callers before it and a look behind it; time passes only inside `run`."""

    place: Place
    runner: asyncio.Runner
    database: Database[Any]
    service: Service
    world: World
    schemas: dict[str, dict[str, Any]]
    desk: Door
    shop: Door
    operator: Door

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(steps)

    def ask(self, topic: str, payload: bytes | dict[str, Any], door: Door | None = None) -> Reply:
        return self.run((door or self.desk).ask(topic, payload))

    def request(self, **data: Any) -> dict[str, Any]:
        """A command in its envelope, asked for the worker of the world."""
        return {"id": new_command_id(), "actor": self.world.worker, "data": data}

    def example(self, topic: str, *, whole: bool = False) -> dict[str, Any]:
        """A request as its published schema wants it, about the things of this world."""
        known = {**examples(self.world), **self.world.ids(), **special(self.world, topic)}
        known |= {"id": new_command_id(), "deadline_ms": 60_000}
        request: dict[str, Any] = example(self.schemas[topic], known, whole=whole)
        return request

    def facts(self) -> int:
        return self.count("facts")

    def count(self, table: str) -> int:
        row = self.database.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - ours
        return int(row[0]) if row else 0

    def good(self) -> bool:
        """Whether the service still does what it should."""
        answer = self.ask("area.open", {**self.request(name="Another area"), "actor": SYSTEM})
        return answer.well_formed() and not answer.status


@contextmanager
def stage(place: Place, clock: Clock = now) -> Iterator[Stage]:
    """A service with its world set up."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def open_up() -> tuple[Service, World, list[Door]]:
            service = await stack.enter_async_context(serving(place, clock=clock))
            async with client(place) as operator:
                world = await set_up(operator)
            doors = [await Door.opened(place, caller) for caller in ("desk", "shop", "operator")]
            for door in doors:
                stack.push_async_callback(door.connection.close)
            return service, world, doors

        service, world, doors = runner.run(open_up())
        try:
            with connect(place.postgres_url, place.settings.schema_name) as database:
                schemas = requests_of(runner.run(doors[0].discovered("INFO")))
                yield Stage(place, runner, database, service, world, schemas, *doors)
        finally:
            runner.run(stack.aclose())


def new_place(servers: Running, state: Path, **settings: Any) -> Place:
    """The servers with a schema in which nothing is stored yet."""
    schema = f"test_{uuid4().hex[:12]}"
    return Place(
        Settings(state=state, KARTOTEKA_SCHEMA=schema, **settings), servers.postgres_url, servers.nats_url, servers
    )


def requests_of(info: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each request by its wire name, as discovery tells them."""
    return {
        endpoint["subject"].removeprefix(f"{PREFIX}*."): orjson.loads(endpoint["metadata"]["request_schema"])
        for endpoint in info["endpoints"]
        if endpoint["subject"].startswith(PREFIX)
    }
