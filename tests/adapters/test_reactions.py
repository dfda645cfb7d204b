"""What follows from a fact is done once, whatever ends or goes away meanwhile; what cannot be is kept for people."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
import structlog
from delivery import listening, published, until
from door import new_place
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from process import Started, crew
from typer.testing import CliRunner
from world import World, set_up

from adapters.cli import app
from adapters.cloud_event import cloud_event
from adapters.composition import Place, client, reacting, relaying, serving
from adapters.credentials.caller import SERVICE
from adapters.embedded import Running
from adapters.nats import patience
from adapters.nats.burial import UNDELIVERED
from adapters.nats.channel import Channel, beside
from adapters.nats.client import Client
from adapters.nats.durable import Durable
from adapters.nats.patience import Patience
from adapters.nats.stream import make_anew
from adapters.postgres.dead_letters import DeadLetters, Which
from adapters.postgres.reading import LogAbsent
from adapters.postgres.schema import connect, migrate
from adapters.problem import BORDER, problem, refusal
from commands.company.settings import SetHelpdeskResponsible
from commands.reactions.reaction import Reaction
from commands.service.opening import OpenTicket
from domain.staff.worker import SYSTEM

LONG_AGO = datetime(2020, 1, 6, tzinfo=timezone.utc)
BACKOFF_SECONDS = 0.5
IMPATIENT = Patience((BACKOFF_SECONDS,), 2)
ROUTING, NOTIFYING = "kartoteka-routing-v1", "kartoteka-notifying-v1"


@pytest.fixture
def place(servers: Running, state: Path) -> Place:
    return new_place(servers, state)


@pytest.fixture
def channel(place: Place) -> Iterator[Channel]:
    """A channel of the test's own, which leaves no stream behind."""
    channel = beside(place.settings.schema_name, "routing", "notifying")
    yield channel
    asyncio.run(forget(place, channel))


async def forget(place: Place, channel: Channel) -> None:
    async with listening(place) as service:
        with suppress(NotFoundError):
            await service.jetstream().delete_stream(channel.stream)


def rows(place: Place, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        return database.execute(query.encode(), parameters).fetchall()


def counted(place: Place) -> Counter[str]:
    """How many facts there are of each wire name."""
    return Counter(dict(rows(place, "SELECT topic, count(*) FROM facts GROUP BY topic")))


def letters(place: Place, state: str = "waiting") -> list[tuple[Any, ...]]:
    query = "SELECT handler, topic, code, deliveries FROM dead_letters WHERE state = %s ORDER BY id"
    return rows(place, query, state)


@asynccontextmanager
async def company(place: Place) -> AsyncIterator[tuple[Client, World]]:
    """A company whose worker answers for the helpdesk."""
    async with client(place) as operator:
        world = await set_up(operator)
        responsible = SetHelpdeskResponsible(responsible=world.worker)
        await operator.send(responsible, actor=SYSTEM, happened_at=LONG_AGO)
        yield operator, world


@asynccontextmanager
async def at_work(place: Place, channel: Channel) -> AsyncIterator[tuple[Client, World]]:
    """The same with everything that runs."""
    facts = relaying(place, channel=channel), reacting(place, channel=channel)
    async with serving(place), company(place) as known, facts[0], facts[1]:
        yield known


async def opened(operator: Client, world: World, count: int, at: datetime | None = None) -> list[str]:
    """So many tickets more."""
    asked = OpenTicket(customer=world.contact, title="It stands still")
    answers = [operator.send(asked, actor=SYSTEM, happened_at=at) for _ in range(count)]
    return [answer.id for answer in await asyncio.gather(*answers)]


async def told(place: Place, notices: int) -> None:
    """Wait until there are so many notices."""

    async def enough() -> bool:
        return counted(place)["notice.written"] >= notices

    await until(f"{notices} notices", enough)


REDELIVERED_SECONDS = 60.0
"""A message whose acknowledgement was lost comes again, but not at once."""


async def at_rest(place: Place, channel: Channel) -> None:
    """Wait until the handlers have dealt with everything that is in the log."""
    async with listening(place) as service:
        streams = service.jetstream()

        async def dealt_with() -> bool:
            end = rows(place, "SELECT position FROM head")[0][0]
            try:
                infos = [await streams.consumer_info(channel.stream, name) for name in (ROUTING, NOTIFYING)]
                last = (await streams.stream_info(channel.stream)).state.last_seq
            except NotFoundError:
                return False
            return last == end and not any(info.num_pending or info.num_ack_pending for info in infos)

        await until("everything is dealt with", dealt_with, REDELIVERED_SECONDS)


def each_once(place: Place) -> bool:
    """Every ticket was routed once, given to somebody once, and told of once."""
    facts = counted(place)
    return facts["ticket.opened"] == facts["ticket.routed"] == facts["ticket.assigned"] == facts["notice.written"] > 0


class Heard(NamedTuple):
    """What was there after everything was heard, and after everything was heard again."""

    place: Place
    before: Counter[str]
    after: Counter[str]


@pytest.fixture(scope="module")
def heard(servers: Running, state: Path) -> Heard:
    place = new_place(servers, state)
    channel = beside(place.settings.schema_name, "routing", "notifying")
    counts = asyncio.run(heard_twice(place, channel))
    asyncio.run(forget(place, channel))
    return Heard(place, *counts)


def test_an_opened_ticket_is_routed_as_of_its_receipt_and_its_assignee_is_told(heard: Heard) -> None:
    about = "SELECT topic, actor, caller, event_id::text, causation, correlation, happened_at, recorded_at FROM facts"
    of_one = "WHERE correlation = (SELECT correlation FROM facts WHERE topic = 'ticket.opened' LIMIT 1)"
    facts = {row[0]: row[1:] for row in rows(heard.place, f"{about} {of_one} ORDER BY notification_id")}
    opening, routed, assigned, notice = (
        facts[topic] for topic in ("ticket.opened", "ticket.routed", "ticket.assigned", "notice.written")
    )
    assert [routed[:2], notice[:2]] == [("routing", "routing"), ("notifying", "notifying")]
    assert [routed[3], notice[3]] == [opening[2], assigned[2]]
    assert routed[5] == opening[5]
    assert assigned[6] < notice[5] <= notice[6]


def test_facts_heard_a_second_time_have_no_second_effect(heard: Heard) -> None:
    assert heard.before["ticket.opened"] == 31
    assert each_once(heard.place)
    assert heard.after == heard.before


async def heard_twice(place: Place, channel: Channel) -> tuple[Counter[str], Counter[str]]:
    """What is there after the facts were heard, and after they were heard again by consumers made anew."""
    async with at_work(place, channel) as (operator, world), listening(place) as service:
        await opened(operator, world, 30)
        await told(place, 31)
        await at_rest(place, channel)
        before = counted(place)
        for name in (ROUTING, NOTIFYING):
            await service.jetstream().delete_consumer(channel.stream, name)
        await at_rest(place, channel)
        return before, counted(place)


def test_with_ids_of_their_own_each_time_requests_would_have_a_second_effect(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reaction, "_id", lambda *_: str(uuid.uuid4()))
    before, after = asyncio.run(heard_twice(place, channel))
    assert after["notice.written"] > before["notice.written"]


def test_a_broker_that_lost_everything_is_told_again_and_nothing_is_done_twice(place: Place, channel: Channel) -> None:
    async def run() -> None:
        async with at_work(place, channel) as (operator, world), listening(place) as service:
            await told(place, 1)
            await service.jetstream().delete_stream(channel.stream)
            await opened(operator, world, 10)
            await told(place, 11)
            await at_rest(place, channel)

    asyncio.run(run())
    assert each_once(place)
    assert letters(place) == []


def test_of_history_nothing_follows(place: Place, channel: Channel) -> None:
    async def run() -> tuple[list[str], list[str]]:
        async with at_work(place, channel) as (operator, world):
            now = datetime.now(timezone.utc)
            imported = await opened(operator, world, 20, at=now - timedelta(days=8))
            late = await opened(operator, world, 5, at=now - timedelta(days=6))
            await told(place, 6)
            await at_rest(place, channel)
            return imported, late

    imported, late = asyncio.run(run())
    routed = {stream.removeprefix("ticket-") for (stream,) in rows(place, ROUTED)}
    assert not routed & set(imported)
    assert routed > set(late)
    assert counted(place)["notice.written"] == 6


ROUTED = "SELECT originator_id FROM facts WHERE topic = 'ticket.routed'"


async def away(place: Place, channel: Channel, notices: int) -> None:
    """The service leaves with tickets opened and not routed, and comes back later than deliveries would last."""
    async with relaying(place, channel=channel):
        async with serving(place), company(place) as (operator, world):
            await opened(operator, world, 39)
        async with reacting(place, channel=channel, patience=IMPATIENT):
            await delivered(place, channel, 40)
            await asyncio.sleep(1.5 * IMPATIENT.deliveries * BACKOFF_SECONDS)
            async with serving(place):
                await told(place, notices)
                await at_rest(place, channel)


def test_while_the_service_is_away_nothing_is_lost_and_nothing_dies(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", (0.1, 0.2))
    asyncio.run(away(place, channel, 40))
    assert each_once(place)
    assert letters(place) == []


def test_without_a_word_that_they_are_worked_on_messages_would_die_meanwhile(
    place: Place, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: Durable) -> None: ...

    monkeypatch.setattr(Durable, "_hold", silent)
    asyncio.run(away(place, channel, 0))
    assert {code for _, _, code, _ in letters(place)} == {"DeliveriesExhausted"}


def test_processes_share_the_work_and_what_a_killed_one_held_is_done_by_another(place: Place, channel: Channel) -> None:
    asyncio.run(killed(place, channel))
    assert each_once(place)
    assert counted(place)["ticket.opened"] == 301
    assert letters(place) == []


def react(channel: Channel, deliveries: int) -> tuple[str, ...]:
    return "react", channel.stream.removeprefix("KARTOTEKA_EVENTS_"), str(BACKOFF_SECONDS), str(deliveries)


async def begun(process: Started) -> int:
    """Told to begin; its process id."""
    process.tell()
    return int(await asyncio.to_thread(process.heard))


async def delivered(place: Place, channel: Channel, times: int) -> None:
    """Wait until messages were given to routing so many times."""
    async with listening(place) as service:

        async def out() -> bool:
            try:
                info = await service.jetstream().consumer_info(channel.stream, ROUTING)
            except NotFoundError:
                return False
            return info.delivered is not None and info.delivered.consumer_seq >= times

        await until(f"{times} deliveries", out)


async def killed(place: Place, channel: Channel) -> None:
    """Two processes hold messages while the service is away; one is killed, and the service comes back."""
    migrate(place.postgres_url, place.settings.schema_name)
    with crew(place, react(channel, 5), react(channel, 5)) as processes:
        async with relaying(place, channel=channel):
            async with serving(place), company(place) as (operator, world):
                await opened(operator, world, 300)
            pids = [await begun(process) for process in processes]
            await delivered(place, channel, 2 * IMPATIENT.in_flight)
            os.kill(pids[0], signal.SIGKILL)
            async with serving(place):
                await told(place, 301)
                await at_rest(place, channel)


def cli(place: Place, *words: str, told: str = "") -> tuple[int, Any]:
    """The exit code, and the JSON that it printed."""
    where = {"KARTOTEKA_STATE": str(place.settings.state), "KARTOTEKA_SCHEMA": place.settings.schema_name}
    done = CliRunner().invoke(app, ["dead-letters", *words, "--json"], env=where, input=told)
    structlog.reset_defaults()  # what the command line logs to ended with it
    return done.exit_code, orjson.loads(done.stdout) if done.stdout else None


def test_a_message_over_which_processes_end_becomes_a_dead_letter_and_can_be_replayed(
    place: Place, channel: Channel
) -> None:
    async def run() -> None:
        migrate(place.postgres_url, place.settings.schema_name)
        with crew(place, react(channel, 2), react(channel, 2)) as processes:
            async with relaying(place, channel=channel):
                async with serving(place), company(place):
                    pass
                for times, process in enumerate(processes, 1):
                    pid = await begun(process)
                    await delivered(place, channel, times)
                    os.kill(pid, signal.SIGKILL)
                async with reacting(place, channel=channel, patience=Patience((BACKOFF_SECONDS,), 2)):

                    async def kept() -> bool:
                        return letters(place) != []

                    await until("it is kept", kept)
                    async with serving(place):
                        assert (await asyncio.to_thread(cli, place, "replay", "--all"))[0] == 0
                        await told(place, 1)

    asyncio.run(run())
    assert letters(place) == []
    assert letters(place, "replayed") == [("routing", "ticket.opened", "DeliveriesExhausted", 2)]
    assert each_once(place)


def test_what_nats_told_an_earlier_version_of_becomes_dead_letters_and_what_anybody_else_did_does_not(
    place: Place, channel: Channel
) -> None:
    """Its stream took whatever came; it is read to the end, and taken away."""
    old = f"KARTOTEKA_ADVISORIES_{place.settings.schema_name}"

    async def run() -> None:
        async with listening(place) as service, relaying(place, channel=channel):
            streams = service.jetstream()
            async with serving(place), company(place):
                await published(place, service, channel)
            (position,) = rows(place, "SELECT notification_id FROM facts WHERE topic = 'ticket.opened'")[0]
            await streams.add_stream(name=old, subjects=["kartoteka.v1.int.old"])
            read = ConsumerConfig(durable_name=UNDELIVERED, name=UNDELIVERED, ack_policy=AckPolicy.EXPLICIT)
            await streams.add_consumer(old, read)
            told = {"consumer": ROUTING, "stream_seq": position, "deliveries": 8}
            said = [told | {"stream_seq": 1}, {"name": ROUTING}, [], told | {"consumer": "kartoteka-ear-v1"}, told]
            for each in said:
                await streams.publish("kartoteka.v1.int.old", orjson.dumps(each))
            reader = await streams.pull_subscribe_bind(UNDELIVERED, old)
            await (await reader.fetch(1))[0].ack_sync()
            while not await gone(streams, old):  # where there were no consumers yet, at the next start
                async with reacting(place, channel=channel):
                    await asyncio.sleep(BACKOFF_SECONDS)

    asyncio.run(run())
    assert letters(place) == [("routing", "ticket.opened", "DeliveriesExhausted", 8)]


async def gone(streams: JetStreamContext, stream: str) -> bool:
    try:
        await streams.stream_info(stream)
    except NotFoundError:
        return True
    return False


@pytest.fixture
def closed_to_routing(servers: Running, state: Path) -> Place:
    """A place whose service does not know that routing may ask for its automaton."""
    table = json.loads((state / "callers.json").read_text())
    for one in table["callers"]:
        one["actors"] = [] if one["name"] == "routing" else one["actors"]
    (state / "callers-without-routing.json").write_text(json.dumps(table))
    return new_place(servers, state, callers=state / "callers-without-routing.json")


def test_what_is_refused_becomes_dead_letters_that_are_listed_shown_and_replayed_after_the_fix(
    closed_to_routing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", (0.001, 0.01))
    place = closed_to_routing
    mended = Place(place.settings.model_copy(update={"callers": None}), place.postgres_url, place.nats_url)
    channel = beside(place.settings.schema_name, "routing", "notifying")

    async def run() -> None:
        async with relaying(place, channel=channel), reacting(place, channel=channel):
            async with serving(place), company(place) as (operator, world):
                await opened(operator, world, 2)

                async def kept() -> bool:
                    return len(letters(place)) == 3

                await until("they are kept", kept)
                await at_rest(place, channel)
                refused = await asyncio.to_thread(cli, place, "replay", "--handler", "routing")
                assert refused[0] == 1
                assert {one["code"] for one in refused[1]} == {"ActorNotAllowed"}
            async with serving(mended):
                assert await asyncio.to_thread(of_dead_letters, mended) == []
                await told(place, 3)
        await forget(place, channel)

    asyncio.run(run())
    assert letters(place) == []
    assert letters(place, "replayed") == [("routing", "ticket.opened", "ActorNotAllowed", 1)] * 3
    assert each_once(place)


def of_dead_letters(place: Place) -> list[str]:
    """What is not as it should be when three are listed, one is shown, and they are replayed."""
    code, listed = cli(place, "list", "--handler", "routing")
    group = listed[0]["failure_group"]
    assert (code, len(listed), group) == (0, 3, "routing:ticket.opened:ActorNotAllowed")
    assert cli(place, "list", "--handler", "notifying") == (0, [])
    _, shown = cli(place, "show", str(listed[0]["id"]))
    assert (shown["fact"]["topic"], shown["fact"]["event_id"]) == ("ticket.opened", shown["event_id"])
    assert "title" not in shown["fact"]["data"]
    assert [call["command"] for call in shown["calls"]] == ["ticket.route"]
    assert shown["sentence"] == problem("ActorNotAllowed").title
    one, rest = cli(place, "replay", str(listed[0]["id"])), cli(place, "replay", "--group", group)
    assert [len(one[1]), len(rest[1])] == [1, 2]
    assert (one[0], rest[0]) == (0, 0)
    listed = cli(place, "list", "--state", "replayed")[1]
    assert {each["settled_by"] for each in listed} == {"operator"}
    return cli(place, "replay", "--all")[1]


class Script:
    """A service that answers as it is told: the code of a refusal, or nothing for consent; the last one for ever."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)
        self.asked: list[str] = []

    async def answer(self, message: Msg) -> None:
        self.asked.append(orjson.loads(message.data)["id"])
        code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
        body, headers = b'{"id": "x", "version": 1, "position": "y", "repeated": false}', {}
        if code:
            found = problem(code) if code in BORDER else refusal(code)
            body, headers = found.body(), {"Nats-Service-Error-Code": str(found.status)}
        await message._client.publish(message.reply, body, headers=headers)


@asynccontextmanager
async def scripted(place: Place, script: Script) -> AsyncIterator[Connection]:
    async with listening(place, SERVICE) as service, listening(place) as streams:
        await service.subscribe("kartoteka.v1.cmd.routing.>", cb=script.answer)
        await service.flush()
        yield streams


@pytest.fixture(scope="module")
def with_a_ticket(servers: Running, state: Path) -> Place:
    """A log with one ticket in it."""
    place = new_place(servers, state)

    async def run() -> None:
        async with serving(place), company(place):
            pass

    asyncio.run(run())
    return place


async def publish(place: Place, channel: Channel, service: Connection, body: bytes | None) -> int:
    """Into a stream of its own what tells of the one ticket, or something else in its place; at which position."""
    store = DeadLetters(place.postgres_url, place.settings.schema_name)
    ((position,),) = rows(place, "SELECT notification_id FROM facts WHERE topic = 'ticket.opened'")
    fact = await store.fact(position)
    assert fact is not None
    ((secret,),) = rows(place, "SELECT secret FROM broker")
    await make_anew(service.jetstream(), channel, secret, fact.epoch, "", position - 1)
    said = cloud_event(fact, "/kartoteka/test") if body is None else body
    await service.jetstream().publish(channel.inner(secret).subject(fact.topic, fact.stream), said)
    return position


async def dealt_with(service: Connection, channel: Channel, position: int) -> None:
    async def done() -> bool:
        try:
            info = await service.jetstream().consumer_info(channel.stream, ROUTING)
        except NotFoundError:
            return False
        return info.ack_floor is not None and info.ack_floor.stream_seq >= position

    await until("the one message is dealt with", done)


@pytest.fixture
def only(with_a_ticket: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    """A channel of routing alone, which tries again at once; what was kept of earlier ones is gone."""
    monkeypatch.setattr(patience, "PAUSE_SECONDS", (0.001, 0.01))
    channel = beside(f"only_{uuid.uuid4().hex[:8]}", "routing")
    with connect(with_a_ticket.postgres_url, with_a_ticket.settings.schema_name) as database:
        database.execute("DELETE FROM dead_letters")
    yield channel
    asyncio.run(forget(with_a_ticket, channel))


def deal(place: Place, channel: Channel, script: Script, body: bytes | None = None) -> list[tuple[Any, ...]]:
    """The one message, through a handler before a service with a script; what was kept of it."""

    async def run() -> None:
        async with scripted(place, script) as service:
            position = await publish(place, channel, service, body)
            async with reacting(place, channel=channel):
                await dealt_with(service, channel, position)

    asyncio.run(run())
    return letters(place)


@pytest.mark.parametrize(
    ("codes", "asked"),
    [
        ([""], 1),
        (["TicketNotOpen"], 1),
        (["SubjectFenced"], 1),
        (["Overloaded"] * 5 + [""], 6),
        (["Contended"] * 5 + [""], 6),
        (["Broken", "Broken", "Broken", ""], 4),
    ],
    ids=["consent", "a rule's refusal", "a forgotten person", "overload", "contention", "a failure that passes"],
)
def test_what_has_its_answer_is_done_with(with_a_ticket: Place, only: Channel, codes: list[str], asked: int) -> None:
    script = Script(*codes)
    assert deal(with_a_ticket, only, script) == []
    assert len(script.asked) == asked
    assert len(set(script.asked)) == 1


@pytest.mark.parametrize("code", ["Broken", "Malformed", "RightMissing", "TicketUnknown", "CommandIdClash"])
def test_what_fails_time_and_again_is_kept_with_its_cause(with_a_ticket: Place, only: Channel, code: str) -> None:
    script = Script(code)
    assert deal(with_a_ticket, only, script) == [("routing", "ticket.opened", code, 1)]
    assert len(script.asked) == 4


def test_a_refusal_that_lasts_is_put_aside_when_the_dead_letter_is_replayed(
    with_a_ticket: Place, only: Channel
) -> None:
    deal(with_a_ticket, only, Script("TicketUnknown"))

    async def replay(*codes: str) -> tuple[list[str], int]:
        script = Script(*codes)
        async with scripted(with_a_ticket, script):
            code, _ = await asyncio.to_thread(cli, with_a_ticket, "replay", "--all")
            return script.asked, code

    (first, second), failed = asyncio.run(replay("TicketUnknown"))
    (again, third), done = asyncio.run(replay("TicketUnknown", ""))
    assert (failed, done) == (1, 0)
    assert first == again
    assert len({first, second, third}) == 3
    assert letters(with_a_ticket, "replayed") == [("routing", "ticket.opened", "TicketUnknown", 1)]


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"id": "x"}', b"\xff"], ids=repr)
def test_what_cannot_be_read_is_kept_under_what_the_log_knows_of_it(
    with_a_ticket: Place, only: Channel, body: bytes
) -> None:
    assert deal(with_a_ticket, only, Script(""), body) == [("routing", "ticket.opened", "Unreadable", 1)]


def test_what_could_not_be_read_is_replayed_from_the_log_or_given_up(with_a_ticket: Place, only: Channel) -> None:
    place, script = with_a_ticket, Script("")
    deal(place, only, script, b"{")
    (letter,) = cli(place, "list")[1]
    assert cli(place, "discard", str(letter["id"]), told="2\n") == (1, None)
    assert cli(place, "discard", told="1\n")[0] == os.EX_USAGE
    assert letters(place, "discarded") == []

    async def replay() -> int:
        async with scripted(place, script):
            code, _ = await asyncio.to_thread(cli, place, "replay", str(letter["id"]))
            return int(code)

    assert asyncio.run(replay()) == 0
    assert len(script.asked) == 1
    assert cli(place, "discard", str(letter["id"]), "--yes") == (0, [])


def test_what_was_given_up_is_not_asked_again_and_stays_so(with_a_ticket: Place, only: Channel) -> None:
    place = with_a_ticket
    deal(place, only, Script("RightMissing"))
    code, given_up = cli(place, "discard", "--all", told="1\n")
    assert (code, len(given_up)) == (0, 1)
    assert cli(place, "replay", "--all") == (0, [])
    assert deal(place, only, Script("RightMissing")) == []
    assert letters(place, "discarded") == [("routing", "ticket.opened", "RightMissing", 1)]


def test_what_a_reaction_breaks_at_is_kept_too(
    with_a_ticket: Place, only: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Reaction, *_: Any) -> Sequence[Any]:
        raise KeyError("assignee")

    monkeypatch.setattr(Reaction, "calls", broken)
    assert deal(with_a_ticket, only, Script("")) == [("routing", "ticket.opened", "ReactionBroken", 1)]
    assert cli(with_a_ticket, "replay", "--all")[0] == 1


def test_a_fact_that_the_log_does_not_hold_cannot_be_replayed(with_a_ticket: Place, only: Channel) -> None:
    deal(with_a_ticket, only, Script("RightMissing"))
    with connect(with_a_ticket.postgres_url, with_a_ticket.settings.schema_name) as database:
        database.execute("UPDATE dead_letters SET event_id = 'of another log'")
    code, (tried,) = cli(with_a_ticket, "replay", "--all")
    assert (code, tried["code"]) == (1, "FactGone")


def test_where_no_service_ever_was_there_are_no_dead_letters(place: Place) -> None:
    asked = DeadLetters(place.postgres_url, place.settings.schema_name).find(Which())
    with pytest.raises(LogAbsent):
        asyncio.run(asked)
