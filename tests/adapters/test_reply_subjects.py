"""NATS asks no leave for where an answer goes: so nothing of ours takes what is sent to where anybody can name.

And whoever hears of facts does so in another account than that of JetStream, whose API an answer never reaches.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import nats
import orjson
import pytest
from cabinet import Cabinet, cabinet, some_bytes
from delivery import listening, published, writing
from door import new_place
from nats.aio.client import Client as Connection
from nats.js.api import DiscardPolicy, StreamConfig
from nats.js.errors import NotFoundError

from adapters import embedded
from adapters.composition import Place, relaying
from adapters.credentials import permission
from adapters.credentials.caller import STREAMS, Caller
from adapters.credentials.callers_file import Register
from adapters.credentials.permission import accounts
from adapters.credentials.role import Role
from adapters.credentials.seed import public_key_of, seed_path
from adapters.embedded import Running, attach
from adapters.nats.channel import Channel, beside
from adapters.nats.durable import Source, configured
from adapters.nats.inspection import visiting
from adapters.nats.inward import unsaid
from adapters.nats.part_stream import ROOM, PartStream
from adapters.nats.patience import ENDURING
from adapters.postgres.erasures import mark

LISTENER, HANDLER, CALLER, BYSTANDER = "ear", "routing", "desk", "notifying"
ASKING = (CALLER, "operator", "timer")
"""They hear of no fact. The roles that are not here may less than the operator."""
HELD = 100
SETTLED_SECONDS = 0.15
"""By when JetStream and the service have answered."""

Answering = Callable[["Attacker", str], Iterable[tuple[str, bytes]]]
"""Of the attacker and of where the answer is to go, what to send."""


@dataclass
class Attacker:
    """A caller with its own key, and with messages that it was given and has not acknowledged."""

    name: str
    stream: str
    connection: Connection
    held: list[str]

    @property
    def durable(self) -> str:
        return f"kartoteka-{self.name}-v1"

    async def take(self, count: int) -> None:
        """As a listener does that means well."""
        inbox = self.connection.new_inbox()
        subscription = await self.connection.subscribe(inbox)
        wanted = orjson.dumps({"batch": count, "expires": 5_000_000_000})
        await self.connection.publish(f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.durable}", wanted, reply=inbox)
        self.held += [(await subscription.next_msg(timeout=5)).reply for _ in range(count)]


def asking(verb: str, body: bytes = b"") -> Answering:
    return lambda who, _: [(f"$JS.API.CONSUMER.{verb}.{who.stream}.{who.durable}", body)]


def acknowledging(word: bytes) -> Answering:
    return lambda who, _: [(who.held.pop(), word)]


def saying(*subjects: str) -> Answering:
    return lambda who, _: [(subject.replace("<own>", who.name), b"{}") for subject in subjects]


BY_JETSTREAM: dict[str, Answering] = {
    "CONSUMER.INFO": asking("INFO"),
    "MSG.NEXT": asking("MSG.NEXT", b'{"batch":1,"expires":1000000000}'),
    "MSG.NEXT, in vain": asking("MSG.NEXT", b'{"batch":1,"expires":1000000,"idle_heartbeat":1000000000}'),
    "ACK": acknowledging(b"+ACK"),
    "NAK": acknowledging(b"-NAK"),
    "WPI": acknowledging(b"+WPI"),
    "NXT": acknowledging(b'+NXT {"batch":1,"no_wait":true}'),
    "TERM": acknowledging(b"+TERM"),
}
BY_US: dict[str, Answering] = {
    "command": saying("kartoteka.v1.cmd.<own>.ticket.route", "kartoteka.v1.cmd.<own>.ticket.open"),
    "question": saying("kartoteka.v1.qry.<own>.desk", "kartoteka.v1.qry.<own>.no-such"),
    "file": saying("kartoteka.v1.fil.<own>.get"),
    "$SRV": saying("$SRV.PING", "$SRV.INFO", "$SRV.INFO.kartoteka", "$SRV.STATS"),
}
WRITES = set(BY_JETSTREAM) - {"MSG.NEXT", "NXT"}
"""By these something is put into a stream that takes what is sent to subjects that everybody knows.

By the others a fact is sent, which names the sequence that it expects, and so is refused.
"""


@dataclass
class Ground:
    """A log whose facts are published and which has a file, and those who would write to its streams."""

    place: Place
    channel: Channel
    cabinet: Cabinet
    content: bytes
    file: str
    ours: Connection
    attackers: list[Attacker]

    @property
    def parts(self) -> str:
        return mark(self.place.postgres_url, self.place.settings.schema_name).name

    def targets(self) -> list[str]:
        """Every subject that a stream of ours keeps anything under, or that one could take for where it takes it."""
        root, stream = self.channel.root, self.channel.stream
        return [
            f"{root}.ticket.forged.opened",
            f"{ROOM}.{self.parts}.{self.file}.1",
            f"{ROOM}.{self.parts}.{self.file}.2",
            f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.kartoteka-{HANDLER}-v1",
            f"kartoteka.v1.int.*.{stream}.ticket.forged.opened",
            "kartoteka.v1.int.>",
            f"kartoteka.v1.int..{stream}.ticket.forged.opened",
            *self.requests(),
        ]

    def requests(self) -> list[str]:
        """What JetStream would take for a request of ours, or of another who hears of facts."""
        stream, files, other = self.channel.stream, store(self), f"kartoteka-{BYSTANDER}-v1"
        return [
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{other}",
            f"$JS.ACK.{stream}.{other}.1.1.1.1.0",
            f"$JS.API.CONSUMER.DELETE.{stream}.{other}",
            *(f"$JS.API.STREAM.{verb}.{name}" for verb in ("PURGE", "DELETE") for name in (stream, files)),
        ]

    async def streams(self) -> dict[str, tuple[Any, ...]]:
        """How every stream of the server stands, and the consumer of one who takes nothing."""
        streams = self.ours.jetstream()
        found: dict[str, tuple[Any, ...]] = {
            str(one.config.name): (one.created, one.state.messages, one.state.first_seq, one.state.last_seq)
            for one in await streams.streams_info()
        }
        with suppress(NotFoundError):
            other = await streams.consumer_info(self.channel.stream, f"kartoteka-{BYSTANDER}-v1")
            found[BYSTANDER] = (other.created, other.delivered, other.ack_floor)
        return found

    async def written(self, targets: list[str]) -> dict[str, set[str]]:
        """By what, and to which streams, anybody could write."""
        found: dict[str, set[str]] = {}
        before = await self.streams()
        for who in self.attackers:
            for way, answering in ((BY_US | BY_JETSTREAM) if who.held else BY_US).items():
                for target in targets:
                    for subject, body in answering(who, target):
                        await who.connection.publish(subject, body, reply=target)
                await who.connection.flush()
                await asyncio.sleep(SETTLED_SECONDS)
                after = await self.streams()
                changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
                found[f"{who.name}: {way}"] = changed
                before = after
        return found


@asynccontextmanager
async def attacker(place: Place, name: str, stream: str) -> AsyncIterator[Attacker]:
    async def refused(_: Exception) -> None:
        """What its role does not permit does no harm."""

    seed = str(seed_path(place.settings.state, name))
    inbox = f"_INBOX.{name}".encode()
    connection = await nats.connect(place.nats_url, nkeys_seed=seed, inbox_prefix=inbox, error_cb=refused)
    yield Attacker(name, stream, connection, [])
    await connection.close()


@asynccontextmanager
async def ground(place: Place, here: Cabinet) -> AsyncIterator[Ground]:
    channel = beside(place.settings.schema_name)
    content = some_bytes(1000)
    file = await asyncio.to_thread(here.attached, "mill", content)
    async with listening(place) as ours, AsyncExitStack() as stack:
        async with relaying(place, channel=channel), writing(place) as writer:
            await writer.write(150)
            await published(place, ours, channel)
        streams = ours.jetstream()
        names = (LISTENER, HANDLER, *ASKING)
        attackers = [await stack.enter_async_context(attacker(place, name, channel.stream)) for name in names]
        for name in (LISTENER, HANDLER, BYSTANDER):
            source = Source(channel.stream, channel.durable(name), (channel.subjects,))
            await streams.add_consumer(channel.stream, configured(source, ENDURING))
        for who in attackers[:2]:
            await who.take(HELD)
        yield Ground(place, channel, here, content, file, ours, attackers)
        with suppress(NotFoundError):
            await streams.delete_stream(channel.stream)


@pytest.fixture
def here(servers: Running, state: Path) -> Iterator[Cabinet]:
    with cabinet(new_place(servers, state)) as found:
        yield found


def test_nobody_can_have_an_answer_written_to_a_stream(here: Cabinet) -> None:
    async def tried() -> dict[str, set[str]]:
        async with ground(here.stage.place, here) as those:
            found = await those.written(those.targets())
            assert await asyncio.to_thread(here.content, "mill", those.file) == those.content
            return found

    found = asyncio.run(tried())
    assert len(found) == 2 * len(BY_US | BY_JETSTREAM) + len(ASKING) * len(BY_US)
    assert {how: streams for how, streams in found.items() if streams} == {}


async def opened(those: Ground) -> None:
    """Streams as they were before: they take what is sent to the subjects under which they keep it."""
    streams = those.ours.jetstream()
    for name, subjects in ((those.channel.stream, those.channel.subjects), (store(those), f"{ROOM}.{those.parts}.>")):
        config = (await streams.stream_info(name)).config
        old = replace(config, subjects=[subjects], subject_transform=None, discard_new_per_subject=False)
        await streams.update_stream(replace(old, discard=DiscardPolicy.OLD))


def store(those: Ground) -> str:
    return f"KARTOTEKA_FILES_{those.parts}"


def in_one_account(told: dict[str, Any]) -> dict[str, Any]:
    """Everybody where JetStream is, as in earlier versions."""
    streams, callers = json.loads(json.dumps(told).replace(permission.ABOUT, permission.TOLD)).values()
    return {permission.STREAMING: {"jetstream": "enabled", "users": [*streams["users"], *callers["users"]]}}


@pytest.fixture
def without_accounts(servers: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cabinet]:
    """On a NATS of its own, the only one that is told so."""
    state = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    state.chmod(0o711)
    here = public_key_of(state, STREAMS)

    def accounts_here(ours: Mapping[str, Sequence[str]], register: Register, at: datetime) -> dict[str, Any]:
        told = accounts(ours, register, at)
        return in_one_account(told) if here in ours[STREAMS] else told

    monkeypatch.setattr("adapters.embedded.nats_server.accounts", accounts_here)
    callers = {name: Caller(name, ("*",)) for name in (CALLER, "shop")}
    callers[LISTENER] = Caller(LISTENER, (), role=Role.LISTENER)
    with ExitStack() as stack:
        nats = stack.enter_context(embedded.running(state, fsync=False, postgres=False, callers=callers))
        both = replace(nats, postgres_url=servers.postgres_url)
        yield stack.enter_context(cabinet(new_place(both, state)))
    embedded.erase(state)
    shutil.rmtree(state, ignore_errors=True)


@pytest.mark.soak
def test_without_accounts_and_with_streams_that_take_what_everybody_can_name_the_check_turns_red(
    without_accounts: Cabinet,
) -> None:
    async def tried() -> tuple[dict[str, set[str]], dict[str, set[str]], Ground]:
        place = without_accounts.stage.place
        async with ground(place, without_accounts) as those:
            parts = PartStream(those.ours, mark(place.postgres_url, place.settings.schema_name), "")
            sealed = await parts.get(those.file, 1)
            await opened(those)
            found = await those.written([each for each in those.targets() if each not in those.requests()])
            assert await parts.get(those.file, 1) != sealed
            return found, await those.written(those.requests()[-1:]), those

    found, asked, those = asyncio.run(tried())
    both = {those.channel.stream, store(those)}
    assert {how for how, streams in found.items() if streams == both} == {
        f"{who}: {way}" for who in (LISTENER, HANDLER) for way in WRITES
    }
    assert not any(found[f"{who}: {way}"] for who in (LISTENER, HANDLER, *ASKING) for way in BY_US)
    assert set().union(*asked.values()) == {store(those)}


def test_whoever_hears_of_facts_does_so_from_another_account(here: Cabinet) -> None:
    """And asks after their consumer, acknowledges, and is told that it was noted, as any client of JetStream does."""

    async def heard() -> None:
        async with ground(here.stage.place, here) as those:
            ear, *_ = those.attackers
            streams = ear.connection.jetstream()
            before = await streams.consumer_info(those.channel.stream, ear.durable)
            assert (before.num_ack_pending, before.ack_floor and before.ack_floor.stream_seq) == (HELD, 0)
            await ear.connection.publish(ear.held[1], b"+ACK")
            await ear.connection.request(ear.held[0], b"+ACK", timeout=5)
            reader = await streams.pull_subscribe_bind(ear.durable, those.channel.stream)
            (message,) = await reader.fetch(1, timeout=5)
            await message.ack_sync(timeout=5)
            after = await streams.consumer_info(those.channel.stream, ear.durable)
            assert (after.num_ack_pending, after.ack_floor and after.ack_floor.stream_seq) == (HELD - 2, 2)

    asyncio.run(heard())


def test_a_store_of_an_earlier_version_keeps_its_parts_and_takes_nothing_in_their_place(here: Cabinet) -> None:
    async def tried() -> StreamConfig:
        place = here.stage.place
        async with ground(place, here) as those:
            where = mark(place.postgres_url, place.settings.schema_name)
            parts, streams = PartStream(those.ours, where, ""), those.ours.jetstream()
            sealed = await parts.get(those.file, 1)
            for how in ("at the start", "with the first part that is put"):
                await opened(those)
                if how == "at the start":
                    await parts.shut_out()
                assert await parts.put(those.file, 2, b"other") in (b"other", how.encode())
                assert await parts.get(those.file, 1) == sealed
                assert await parts.put(those.file, 1, b"other") == sealed
            with pytest.raises(nats.js.errors.APIError, match="maximum messages per subject exceeded"):
                await streams.publish(f"kartoteka.v1.int.{where.secret}.{parts.stream}.{those.file}.1", b"")
            return (await streams.stream_info(parts.stream)).config

    config = asyncio.run(tried())
    assert (config.discard, config.discard_new_per_subject, config.max_msgs_per_subject) == ("new", True, 1)


def test_no_tool_and_no_log_tells_where_streams_take_messages(here: Cabinet) -> None:
    place = here.stage.place
    where = mark(place.postgres_url, place.settings.schema_name)

    async def shown() -> list[dict[str, Any]]:
        async with ground(place, here), visiting(place.nats_url, STREAMS, str(place.seed(STREAMS, None))) as visit:
            return await visit.streams()

    told = asyncio.run(shown())
    assert {f"{beside(place.settings.schema_name).root}.>"} in [set(one["subjects"]) for one in told]
    assert where.secret not in json.dumps(told)
    complaint = f'permissions violation for publish to "kartoteka.v1.int.{where.secret}.S.x"'
    assert unsaid(complaint) == 'permissions violation for publish to "kartoteka.v1.int.….S.x"'


def test_what_nats_shows_of_itself_is_shown_to_us_alone(servers: Running, state: Path) -> None:
    """On this machine anybody could ask, and be told every subject."""
    folder = state.resolve() / "nats"
    (ports,) = (folder / "ports").iterdir()
    address = urlsplit(json.loads(ports.read_text())["monitoring"][0])
    for path in ("", "/", "/varz", "/jsz?streams=1&config=1", "/subsz?subs=1", "/connz?subs=1", f"/{uuid4().hex}/varz"):
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)
        connection.request("GET", path or "/")
        answer = connection.getresponse()
        assert (answer.status, b"kartoteka" in answer.read()) == (404, False), path
        connection.close()
    configuration = folder / "server.conf"
    assert stat.S_IMODE(configuration.stat().st_mode) & (stat.S_IRWXO | stat.S_IWGRP) == 0
    assert configuration.stat().st_uid == os.geteuid()
    assert attach(state).nats_url == servers.nats_url
