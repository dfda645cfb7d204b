"""What a test runs in a process of its own: a service, a writer, a held writer, a relay, handlers, a reader."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, NamedTuple
from unittest.mock import patch

from fork import FORKS, Fork
from postbox import with_mail

from adapters.cli.console import log_to_stderr
from adapters.composition import (
    Place,
    begun_with_test_clock,
    erasing,
    mailing,
    now,
    reacting,
    relaying,
    serving,
    timing,
    viewing,
)
from adapters.envelope import read
from adapters.nats.channel import beside
from adapters.nats.client import new_command_id
from adapters.nats.patience import Patience
from adapters.nats.timer import Timer
from adapters.postgres.keys import Keyring, opened_keys
from adapters.postgres.log import PostgresLog
from adapters.postgres.looks import Looker, Looks
from adapters.postgres.schema import connect
from adapters.postgres.views import engine, registry
from adapters.postgres.views.replay import replay
from adapters.problem import Problem
from adapters.settings import Settings
from commands.handler import Handler
from commands.request import Answer, Attempt, Request, Settled
from projections.catalogue import READ_MODELS
from projections.looking import Look
from projections.service.timers import TIMING

CALLER = "desk"
PAGE = 7
TAIL = """
SELECT notification_id, event_id::text, recorded_at::text FROM facts
WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""


class Started(NamedTuple):
    """A process of ours: it says lines of JSON, and takes lines."""

    process: Fork
    said: IO[str]
    told: IO[str]

    def heard(self) -> Any:
        """The next thing it says. Raises EOFError when it has ended instead."""
        line = self.said.readline()
        if not line:
            raise EOFError("ended before it had said everything")
        return json.loads(line)

    def tell(self, what: str = "") -> None:
        self.told.write(what + "\n")
        self.told.flush()


@contextmanager
def started(place: Place, role: str, *arguments: str) -> Iterator[Started]:
    """The role in a process of its own, which does not outlive the block."""
    where = (str(place.settings.state), place.settings.schema_name, place.postgres_url, place.nats_url)
    with ExitStack() as stack:
        (takes, told), (said, says) = [map(stack.enter_context, FORKS.Pipe(duplex=False)) for _ in range(2)]
        process = Fork(become, where, takes, says, role, *arguments)
        stack.callback(process.wait)
        stack.callback(process.kill)
        takes.close()
        says.close()
        hears, tells = open(said.fileno(), closefd=False), open(told.fileno(), "w", closefd=False)  # noqa: SIM115 - closed above
        yield Started(process, hears, tells)


@contextmanager
def crew(place: Place, *roles: tuple[str, ...]) -> Iterator[list[Started]]:
    """Each role in a process of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(started(place, *role)) for role in roles]


def become(where: tuple[str, str, str, str], takes: Connection, says: Connection, role: str, *arguments: str) -> None:
    """Play the role there, the pipes in the place of standard input and output."""
    for n, end in enumerate((takes, says)):
        os.dup2(end.fileno(), n)
        end.close()
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115 - they end with the process
    state, schema, postgres_url, nats_url = where
    play(Place(Settings(state=Path(state), KARTOTEKA_SCHEMA=schema), postgres_url, nats_url), role, *arguments)


def request(topic: str, data: dict[str, Any], actor: str, id: str = "") -> Request:
    """A command as the border makes it of a message."""
    envelope = {"id": id or new_command_id(), "actor": actor, "data": data}
    found = read(topic, CALLER, json.dumps(envelope).encode(), now(), b"test")
    assert not isinstance(found, Problem), found
    return found[0]


def log_of(place: Place, kind: type[PostgresLog] = PostgresLog) -> PostgresLog:
    return kind(
        place.postgres_url,
        place.settings.schema_name,
        Keyring(opened_keys(place.postgres_url, place.settings.schema_name, place.keys)),
    )


async def handle(place: Place, *commands: tuple[str, dict[str, Any], str]) -> list[Answer]:
    """One batch through a handler that has seen nothing yet."""
    log = log_of(place)
    try:
        return await Handler(log).handle([request(*command) for command in commands])
    finally:
        await log.close()


class HeldLog(PostgresLog):
    """Says when a batch is decided, and stores it only when told to."""

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        say({"decided": [attempt.code for attempt in attempts], "reads": [len(one.reads) for one in attempts]})
        await asyncio.to_thread(sys.stdin.readline)
        return await super().append(attempts)


class UnguardedLog(HeldLog):
    """The planted bug: what a decision rests on is not asked again."""

    async def append(self, attempts: Sequence[Attempt]) -> Sequence[Settled]:
        for attempt in attempts:
            attempt.reads = {}
        return await super().append(attempts)


def say(what: Any) -> None:
    print(json.dumps(what), flush=True)


async def hold(place: Place, commands: str, *, kind: type[PostgresLog] = HeldLog) -> None:
    """Decide the commands as one batch and store it when told to, as often as it has to be decided."""
    log = log_of(place, kind)
    answers = await Handler(log).handle([request(*one) for one in json.loads(commands)])
    say([answer._asdict() for answer in answers])
    await log.close()


async def write(place: Place, batches: str, size: str) -> None:
    """Batch after batch into new streams, with facts that are sealed and facts that are not."""
    log = log_of(place)
    handler = Handler(log)
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    answers: list[Answer] = []
    for n in range(int(batches)):
        topic = ("area.open", "worker.hire", "team.form")[n % 3]
        answers += await handler.handle([request(topic, {"name": f"A name {n}"}, "system") for _ in range(int(size))])
    say([answer.position for answer in answers])
    await log.close()


async def serve(place: Place) -> None:
    async with serving(place) as service:
        say(service.commands.statistics.instance)
        await asyncio.to_thread(sys.stdin.readline)


class HeldLooks(Looks):
    """Says before and after who looked is stored, and goes on when told to."""

    async def keep(self, looks: Iterable[Look], by: Looker, until: float) -> None:
        await _held("keeping")
        await super().keep(looks, by, until)
        await _held("kept")


class HastyLooks(HeldLooks):
    """The planted bug: the answer does not wait."""

    async def keep(self, looks: Iterable[Look], by: Looker, until: float) -> None:
        self.late = asyncio.create_task(super().keep(looks, by, until))


async def _held(what: str) -> None:
    say(what)
    await asyncio.to_thread(sys.stdin.readline)


async def serve_looked_at(place: Place, *, kind: type[Looks] = HeldLooks) -> None:
    """A service until it is killed."""
    with patch("adapters.postgres.looks.Looks", kind):
        async with serving(place):
            say("ready")
            await asyncio.Event().wait()


async def serve_hastily(place: Place) -> None:
    await serve_looked_at(place, kind=HastyLooks)


async def relay(place: Place, channel: str) -> None:
    """Stand for election when told to, and publish until told that it is over."""
    say(os.getpid())
    await asyncio.to_thread(sys.stdin.readline)
    async with relaying(place, channel=beside(channel)):
        await asyncio.to_thread(sys.stdin.readline)


async def react(place: Place, channel: str, backoff_seconds: str, deliveries: str) -> None:
    """Begin to handle facts when told to, until told that it is over."""
    await asyncio.to_thread(sys.stdin.readline)
    patience = Patience((float(backoff_seconds),), int(deliveries))
    async with reacting(place, channel=beside(channel, "routing", "notifying"), patience=patience):
        say(os.getpid())
        await asyncio.to_thread(sys.stdin.readline)


async def mail(place: Place, port: str) -> None:
    """Send notices by the mail server at that port of this machine, until told that it is over."""
    async with mailing(with_mail(place, int(port))):
        say(os.getpid())
        await asyncio.to_thread(sys.stdin.readline)


async def keep_time(place: Place, every_seconds: str, each_seconds: str = "") -> None:
    """A service with its timer by the log's test clock, until it is killed; it may take its time over each request."""
    stop = threading.Event()
    with begun_with_test_clock(place) as clock, viewing(place, [TIMING]) as engine, ExitStack() as stack:
        threading.Thread(target=engine.run, args=(stop,), daemon=True).start()
        if each_seconds:
            stack.enter_context(patch("adapters.nats.timer.IN_FLIGHT", 1))
            stack.enter_context(patch.object(Timer, "_ask", _slowly(Timer._ask, float(each_seconds))))
        async with serving(place, clock=clock), timing(place, clock=clock, every_seconds=float(every_seconds)):
            say(os.getpid())
            await asyncio.Event().wait()


async def erase(place: Place, every_seconds: str) -> None:
    """Bring erasures on until it is killed; say each boundary, and when there is nothing to do."""
    log_to_stderr("error", as_json=True)
    async with erasing(place, reached=say, every_seconds=float(every_seconds)):
        with connect(place.postgres_url, place.settings.schema_name) as connection:
            while connection.execute("SELECT EXISTS (SELECT FROM erasures WHERE under_way)").fetchone() != (False,):
                await asyncio.sleep(0.05)
            say("at rest")
            await asyncio.Event().wait()


def _slowly(act: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    async def slow(*arguments: Any) -> Any:
        await asyncio.sleep(seconds)
        return await act(*arguments)

    return slow


async def follow(place: Place) -> None:
    """Read what comes after the last one seen, page by page, until told that it is over; say everything seen."""
    seen: list[tuple[int, str, str]] = []
    say("ready")
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        last_look = False
        while not last_look:
            last_look = over.done()
            while rows := connection.execute(TAIL, (seen[-1][0] if seen else 0, PAGE)).fetchall():
                seen += rows
            await asyncio.sleep(0.001)
    say(seen)


def view(place: Place, edition: str, held: str = "") -> None:
    """Keep all read models, in that edition, until told that it is over; held, it waits at every boundary."""
    models = [replace(model, edition=int(edition)) for model in READ_MODELS.values()]
    stop = threading.Event()
    log_to_stderr("error", as_json=True)
    say(os.getpid())
    sys.stdin.readline()
    with viewing(place, models) as running, _held_at_boundaries() if held else nullcontext():
        if not held:
            threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
        running.run(stop)


@contextmanager
def _held_at_boundaries() -> Iterator[None]:
    """Before and after whatever changes what is served, or brings it nearer, it is said, and a line is waited for."""
    with ExitStack() as stack:
        for module, name in BOUNDARIES:
            stack.enter_context(patch.object(module, name, _at_boundary(name, getattr(module, name))))
        yield


BOUNDARIES = (
    (registry, "begun"),
    (registry, "index"),
    (engine, "prove"),
    (registry, "switch"),
    (registry, "sweep"),
)


def _at_boundary(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    def held(*arguments: Any) -> Any:
        say(f"before {name}")
        sys.stdin.readline()
        done = act(*arguments)
        say(f"after {name}")
        sys.stdin.readline()
        return done

    return held


def replay_held(place: Place) -> None:
    """Tell the log again, say how far that has come, and be killed."""
    keys = opened_keys(place.postgres_url, place.settings.schema_name, place.keys)

    def told(position: int, end: int) -> None:
        say(position)
        sys.stdin.readline()

    replay(place.postgres_url, place.settings.schema_name, [*READ_MODELS.values()], keys, told=told)


async def hold_unguarded(place: Place, commands: str) -> None:
    await hold(place, commands, kind=UnguardedLog)


ROLES: dict[str, Callable[..., Any]] = {
    "serve": serve,
    "serve-looked-at": serve_looked_at,
    "serve-hastily": serve_hastily,
    "hold": hold,
    "hold-unguarded": hold_unguarded,
    "write": write,
    "relay": relay,
    "react": react,
    "mail": mail,
    "keep-time": keep_time,
    "erase": erase,
    "follow": follow,
    "view": view,
    "replay": replay_held,
}


def play(place: Place, role: str, *arguments: str) -> None:
    done = ROLES[role](place, *arguments)
    if asyncio.iscoroutine(done):
        asyncio.run(done)
