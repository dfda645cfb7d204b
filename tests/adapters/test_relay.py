"""Every fact is published once, in the order of the log, whatever ends or goes away meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import KEPT
from delivery import agreed, complaints, head, listening, published, stored, told, until, writing
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import BadRequestError
from process import crew
from structlog.testing import capture_logs
from typer.testing import CliRunner

from adapters import embedded
from adapters.cli import app
from adapters.composition import Place, relaying
from adapters.embedded import Running, attach
from adapters.embedded.nats_server import NatsServer
from adapters.nats import pipeline
from adapters.nats.channel import FACTS, Channel, beside
from adapters.nats.pipeline import NotStored
from adapters.nats.stream import Standing
from adapters.nats.term import Plan, Term, plan
from adapters.postgres.outbox import LOCK, Head, Outgoing
from adapters.postgres.schema import connect, migrate
from adapters.settings import Settings

CANARY = "Canary Zofie 7f3a"
HOLDER = f"""
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND (classid::int8 << 32 | objid::int8) = {LOCK}"""  # noqa: S608 - the lock's name is ours
SHORT_SECONDS = 0.1
"""The shortest time for which NATS can be made to remember what it has seen."""


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Path, Running]]:
    """A pair of their own: nobody else's test should lose its servers."""
    state = Path(tempfile.mkdtemp(prefix="kartoteka-test-"))
    state.chmod(0o711)
    with embedded.running(state, fsync=False, postgres_settings=KEPT) as running:
        yield state, running
    embedded.erase(state)
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def place(servers: tuple[Path, Running]) -> Place:
    state, running = servers
    settings = Settings(state=state, KARTOTEKA_SCHEMA=f"test_{uuid.uuid4().hex[:12]}")
    migrate(running.postgres_url, settings.schema_name)
    return Place(settings, running.postgres_url, running.nats_url, running)


@pytest.fixture
def channel(place: Place) -> Iterator[Channel]:
    """A channel of the test's own, which leaves no stream behind."""
    channel = beside(place.settings.schema_name, "reading")
    yield channel
    asyncio.run(forget(place, channel))


async def forget(place: Place, channel: Channel) -> None:
    async with listening(place) as nats:
        await nats.jetstream().delete_stream(channel.stream)


def execute(place: Place, *statements: bytes) -> Any:
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_facts_are_published_once_and_in_order_those_from_before_and_those_that_come(
    place: Place, channel: Channel
) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats:
            for _ in range(6):
                await writer.write(200)
            async with relaying(place, channel=channel) as relay:
                await writer.keep_writing(0.3)
                await published(place, nats, channel)
                assert relay.position == head(place)
            return await complaints(place, nats, channel)

    assert asyncio.run(live()) == []
    assert execute(place, b"SELECT position FROM relay") == [(head(place),)]


def test_a_message_is_a_cloud_event_and_holds_nobody_s_name(place: Place, channel: Channel) -> None:
    async def live() -> list[Any]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=channel):
            await writer.write(2, CANARY)
            await published(place, nats, channel)
            return await told(nats, channel)

    hired, formed = asyncio.run(live())
    (epoch,) = execute(place, b"SELECT epoch::text FROM head")[0]
    row = execute(
        place,
        b"SELECT originator_id, event_id::text, actor, command_id::text, correlation,"
        b' to_char(happened_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') FROM facts WHERE notification_id = 1',
    )[0]
    stream, id, actor, command, correlation, happened = row
    worker = stream.removeprefix("worker-")
    assert hired.subject == f"{channel.root}.worker.{worker}.hired"
    assert hired.headers == {"Nats-Msg-Id": id, "Nats-Expected-Last-Sequence": "0"}
    event = hired.event
    assert {name: event.pop(name) for name in ("id", "subject", "actor", "commandid", "correlationid", "time")} == {
        "id": id,
        "subject": stream,
        "actor": actor,
        "commandid": command,
        "correlationid": correlation,
        "time": happened,
    }
    assert event.pop("recordedat").endswith("Z")
    assert event.pop("data").keys() == {"subject"}
    assert event == {
        "specversion": "1.0",
        "source": f"/kartoteka/{place.settings.schema_name}",
        "type": "worker.hired",
        "datacontenttype": "application/json",
        "sequence": "1",
        "sequencetype": "Integer",
        "epoch": epoch,
        "streamversion": 1,
    }
    assert formed.event["data"] == {"name": CANARY}  # what an administrator calls a team is nobody's data
    kept = [path.read_bytes() for path in (place.settings.state / "nats" / "store").rglob("*") if path.is_file()]
    assert sum(each.count(b'"type":"worker.hired"') for each in kept) > 0
    assert sum(each.count(CANARY.encode()) for each in kept) == 1


def killed_while_publishing(place: Place, channel: Channel, seed: int, kills: int) -> list[str]:
    """One relay after the other is killed, at any moment from its start on, while the next already waits."""
    chance = Random(seed)  # noqa: S311 - moments, not secrets
    name = place.settings.schema_name

    async def live() -> list[str]:
        with crew(place, *[("relay", name)] * (kills + 1)) as relays:
            pids = [relay.heard() for relay in relays]
            async with writing(place) as writer, listening(place) as nats:
                for _ in range(5):
                    await writer.write(200)
                facts = asyncio.create_task(writer.keep_writing(0.3 * kills))
                relays[0].tell()
                for pid, successor in zip(pids, relays[1:], strict=False):
                    await asyncio.sleep(chance.uniform(0.05, 0.2))
                    successor.tell()
                    await asyncio.sleep(chance.uniform(0, 0.1))
                    os.kill(pid, signal.SIGKILL)
                await facts
                await published(place, nats, channel)
                return await complaints(place, nats, channel)

    return asyncio.run(live())


def test_relays_are_killed_at_any_moment_and_nothing_shows(place: Place, channel: Channel) -> None:
    assert killed_while_publishing(place, channel, seed=0, kills=5) == []


@pytest.mark.soak
def test_many_relays_are_killed_at_any_moment_and_nothing_shows(place: Place, channel: Channel, soak: int) -> None:
    assert killed_while_publishing(place, channel, seed=soak, kills=10 * soak) == []


def test_a_second_relay_waits_and_takes_over_when_the_first_leaves(place: Place, channel: Channel) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats:
            async with relaying(place, channel=channel) as first:
                await writer.write(10)
                await published(place, nats, channel)
                async with relaying(place, channel=channel) as second:
                    await writer.keep_writing(0.5)
                    await published(place, nats, channel)
                    assert (first.position, second.position) == (head(place), 0)
                    first.leave()
                    await writer.keep_writing(0.5)
                    await published(place, nats, channel)
                    assert second.position == head(place) > first.position
            return await complaints(place, nats, channel)

    assert asyncio.run(live()) == []


def zombie(place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A relay falls asleep with facts in its hands and loses its lock; another publishes them; then it wakes."""
    asleep, wake, heard = asyncio.Event(), asyncio.Event(), list[str]()
    publish = Term.publish

    async def sleepily(self: Term, facts: Sequence[Outgoing]) -> Sequence[Outgoing]:
        if asleep.is_set():
            return await publish(self, facts)
        asleep.set()
        await wake.wait()
        try:
            await self.pipeline.publish(map(self._message, facts))
            await self.pipeline.settled()
        except NotStored as error:
            heard.append(str(error))
            raise
        return ()

    async def live() -> list[str]:
        monkeypatch.setattr(Term, "publish", sleepily)
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=channel) as first:
            await until("it holds the lock", lambda: soon(bool(execute(place, HOLDER.encode()))))
            await writer.write(200)
            await asleep.wait()
            ((pid,),) = execute(place, HOLDER.encode())
            execute(place, f"SELECT pg_terminate_backend({pid})".encode())
            async with relaying(place, channel=channel) as second:
                await published(place, nats, channel)
                await asyncio.sleep(2 * SHORT_SECONDS)
                wake.set()
                await asyncio.sleep(2 * SHORT_SECONDS)
                found = await complaints(place, nats, channel)
                if first.position or heard != ["wrong last sequence: 200"]:
                    found.append(f"what the first sent was not refused: {heard}")
                await writer.write(20)
                await published(place, nats, channel)
                if second.position != head(place):
                    found.append("the second does not go on")
            return found + await complaints(place, nats, channel)

    return asyncio.run(live())


async def soon(value: bool) -> bool:
    return value


def test_a_relay_that_lost_its_lock_unawares_is_refused(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zombie(place, short(channel), monkeypatch) == []


def test_without_the_expected_sequence_the_check_turns_red(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "EXPECTED", "Nats-Unexpected")
    found = zombie(place, short(channel), monkeypatch)
    assert any(complaint.startswith("what the first sent was not refused") for complaint in found)
    assert "a sequence is no position" in found


def short(channel: Channel) -> Channel:
    """So that nothing but the expected sequence keeps a message from being stored twice."""
    return beside(channel.root.rpartition(".")[2], duplicates_seconds=SHORT_SECONDS)


def kill(place: Place, server: str) -> None:
    """SIGKILL; its supervisor starts it again."""
    _, postgres, nats = attach(place.settings.state).pids
    os.kill({"postgres": postgres, "nats": nats}[server], signal.SIGKILL)


@pytest.mark.parametrize("server", ["nats", "postgres"])
def test_a_server_is_killed_and_comes_back_with_its_data_and_facts_go_on(
    place: Place, channel: Channel, server: str, soak: int
) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=short(channel)):
            for _ in range(soak):
                await writer.keep_writing(0.2)
                kill(place, server)
                await writer.keep_writing(0.8)
            await published(place, nats, channel)
            return await complaints(place, nats, channel)

    with capture_logs() as logs:
        assert asyncio.run(live()) == []
    said = [one["event"] for one in logs if one["event"].startswith("relay")]
    assert said == ["relay in trouble", "relay goes on"] * soak


def test_what_is_stored_only_after_nobody_waits_for_it_any_more_is_not_stored_twice(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PATIENCE_SECONDS", 0.2)

    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=short(channel)):
            await writer.write(10)
            await published(place, nats, channel)
            process = attach(place.settings.state).pids[2]
            os.kill(process, signal.SIGSTOP)
            try:
                for _ in range(5):
                    await writer.write(200)
                await asyncio.sleep(0.5)
            finally:
                os.kill(process, signal.SIGCONT)
            await published(place, nats, channel)
            return await complaints(place, nats, channel)

    assert asyncio.run(live()) == []


async def read_some(nats: Any, channel: Channel, count: int) -> None:
    """Be the handler: take and acknowledge so many of the teams that were formed."""
    teams, durable = f"{channel.root}.team.*.formed", channel.durable("reading")
    config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT)
    reader = await nats.jetstream().pull_subscribe(teams, durable=durable, stream=channel.stream, config=config)
    for message in await reader.fetch(count, timeout=5):
        await message.ack_sync()


def test_an_emptied_nats_is_told_again_what_a_handler_had_not_dealt_with(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear = NatsServer.clear

    def forgetfully(self: NatsServer) -> None:
        shutil.rmtree(self.store / "jetstream")
        clear(self)

    async def floor() -> int:
        rows = execute(place, b"SELECT position FROM handler_floors")
        return int(rows[0][0]) if rows else -1

    async def reached(position: int) -> bool:
        return await floor() == position

    async def live() -> tuple[int, list[str]]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=channel):
            await writer.write(100)
            await published(place, nats, channel)
            await read_some(nats, channel, 30)
            await until("the floor is what was acknowledged", lambda: reached(60))
            with monkeypatch.context() as patched:
                patched.setattr(NatsServer, "clear", forgetfully)
                kill(place, "nats")
                await writer.keep_writing(0.8)
                await published(place, nats, channel)
            wrong = await complaints(place, nats, channel, after=60)
            await read_some(nats, channel, sum(topic == "team.formed" for _, _, topic in stored(place, after=60)))
            end = head(place)
            await until("the floor is the end", lambda: reached(end))
            return end, wrong

    end, wrong = asyncio.run(live())
    assert wrong == []
    assert end > 100


def test_a_stream_that_was_deleted_is_made_again_without_waiting_for_a_fact(place: Place, channel: Channel) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=channel):
            await writer.write(10)
            await published(place, nats, channel)
            await nats.jetstream().delete_stream(channel.stream)
            await published(place, nats, channel)
            return await complaints(place, nats, channel)

    assert asyncio.run(live()) == []


def test_a_stream_that_tells_of_another_epoch_is_made_anew(place: Place, channel: Channel) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=channel):
            await writer.write(10)
            await published(place, nats, channel)
            execute(place, b"UPDATE head SET epoch = gen_random_uuid()")
            await writer.write(10)
            return await agreed(place, nats, channel)

    assert asyncio.run(live()) == []


def test_a_stream_that_goes_beyond_the_log_is_made_anew(place: Place, channel: Channel) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats:
            async with relaying(place, channel=channel):
                await writer.write(10)
                await published(place, nats, channel)
            execute(
                place,
                b"DELETE FROM facts WHERE notification_id > 6",
                b"UPDATE head SET (position, recorded_at, link) ="
                b" (SELECT notification_id, recorded_at, link FROM facts WHERE notification_id = 6)",
            )
            async with writing(place) as another, relaying(place, channel=channel):
                await another.write(2)
                return await agreed(place, nats, channel)

    assert asyncio.run(live()) == []
    assert len(stored(place)) == 8


def test_somebody_else_s_message_in_the_stream_does_not_stay(place: Place, channel: Channel) -> None:
    async def live() -> list[str]:
        async with writing(place) as writer, listening(place) as nats, relaying(place, channel=channel):
            await writer.write(10)
            await published(place, nats, channel)
            ((secret,),) = execute(place, b"SELECT secret FROM broker")
            await nats.jetstream().publish(channel.inner(secret).subject("team.formed", "team-x"), b"{}")
            await writer.write(2)
            return await agreed(place, nats, channel)

    assert asyncio.run(live()) == []


async def as_it_was(nats: Any, channel: Channel) -> None:
    """The stream of an earlier version, which takes what is sent to the subjects that everybody knows."""
    config = (await nats.jetstream().stream_info(channel.stream)).config
    await nats.jetstream().update_stream(replace(config, subjects=[channel.subjects], subject_transform=None))


@pytest.mark.parametrize("refused", [False, True], ids=["changed", "made anew where NATS refuses"])
def test_a_stream_of_an_earlier_version_takes_what_is_ours_alone_and_loses_nothing(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    async def no(*_: Any) -> None:
        raise BadRequestError(400)

    async def live() -> tuple[list[str], bool, int]:
        async with writing(place) as writer, listening(place) as nats:
            async with relaying(place, channel=channel):
                await writer.write(10)
                await published(place, nats, channel)
                await read_some(nats, channel, 2)
            await as_it_was(nats, channel)
            before = await nats.jetstream().stream_info(channel.stream)
            if refused:
                monkeypatch.setattr(JetStreamContext, "update_stream", no)
            async with relaying(place, channel=channel):
                await writer.write(10)
                await published(place, nats, channel)
                await nats.publish("$JS.API.STREAM.NAMES", b"", reply=channel.subject("team.formed", "team-x"))
                await nats.flush()
                after = await nats.jetstream().stream_info(channel.stream)
                await read_some(nats, channel, 8)
            first = after.state.first_seq
            return await complaints(place, nats, channel, first - 1), before.created == after.created, first

    found, same, first = asyncio.run(live())
    assert found == []
    assert (same, first) == ((False, 5) if refused else (True, 1))


HERE, THERE = "e1", "e0"


@pytest.mark.parametrize(
    ("stream", "floors", "expected"),
    [
        (None, {}, Plan(0, True, {"a": 0, "b": 0})),
        (None, {"a": 7, "b": 5}, Plan(5, True, {"a": 7, "b": 5})),
        (None, {"a": 7}, Plan(0, True, {"a": 7, "b": 0})),
        (Standing(HERE, 1, 8, 8, 1), {}, Plan(8, False, {"a": 0, "b": 0})),
        (Standing(HERE, 4, 8, 5, 1), {"a": 3}, Plan(8, False, {"a": 3, "b": 3})),
        (Standing(HERE, 9, 8, 0, 0), {"a": 8, "b": 8}, Plan(8, False, {"a": 8, "b": 8})),
        (Standing(HERE, 9, 8, 0, 0), {"a": 8, "b": 2}, Plan(2, True, {"a": 8, "b": 2})),
        (Standing(THERE, 1, 8, 8, 1), {"a": 7, "b": 5}, Plan(5, True, {"a": 7, "b": 5})),
        (Standing(HERE, 1, 11, 11, 1), {"a": 11, "b": 11}, Plan(10, True, {"a": 10, "b": 10})),
    ],
    ids=[
        "no stream, no handler known: from the beginning",
        "no stream: after the lowest floor",
        "no stream, and a handler that never dealt with anything",
        "behind the end",
        "a new handler is owed what the stream still has",
        "everything has aged out and is dealt with",
        "something has aged out that is not dealt with",
        "the stream of another log",
        "a stream beyond the log",
    ],
)
def test_where_a_term_begins(stream: Standing | None, floors: dict[str, int], expected: Plan) -> None:
    assert plan(stream, Head(10, HERE), ("a", "b"), floors) == expected


def test_status_tells_the_lag_and_whether_anybody_publishes(place: Place) -> None:
    settings = {"KARTOTEKA_STATE": str(place.settings.state), "KARTOTEKA_SCHEMA": place.settings.schema_name}

    def ask() -> dict[str, Any]:
        done = CliRunner(env=settings).invoke(app, ["relay", "status", "--json"])
        assert done.exit_code == 0, done.output
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    async def live() -> tuple[dict[str, Any], dict[str, Any]]:
        async with writing(place) as writer, listening(place) as nats:
            await writer.write(10)
            before = await asyncio.to_thread(ask)
            async with relaying(place):
                await published(place, nats, FACTS)
                return before, await asyncio.to_thread(ask)

    before, after = asyncio.run(live())
    asyncio.run(forget(place, FACTS))
    shown = ("running", "head", "published", "lag_facts")
    assert [before[name] for name in shown] == [False, 10, 0, 10]
    assert before["lag_seconds"] > 0
    assert before["stream"] is None
    assert [after[name] for name in shown] == [True, 10, 10, 0]
    assert (after["lag_seconds"], after["stream"]["last"]) == (0, 10)
    assert [(each["handler"], each["waiting"]) for each in after["handlers"]] == [
        ("routing", None),
        ("notifying", None),
        ("checking", None),
    ]
