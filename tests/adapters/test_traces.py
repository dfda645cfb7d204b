"""From whoever asks to everything that follows it is one trace, and nobody's data is in it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from canary import stands
from collector import Came, Collector, collecting
from delivery import listening, until
from door import Door, new_place
from inquirers import followed
from nats.js.errors import NotFoundError
from postbox import Postbox, open_for_mail, with_mail
from world import World, set_up

from adapters.cli import console
from adapters.cloud_event import cloud_event
from adapters.composition import Place, client, now, reacting, relaying, serving
from adapters.embedded import Running
from adapters.envelope import read
from adapters.heard import heard
from adapters.nats import mailing as loop
from adapters.nats.channel import Channel, beside
from adapters.nats.client import Declined, new_command_id
from adapters.postgres.outbox import Outgoing
from adapters.postgres.schema import connect
from adapters.problem import Problem
from adapters.telemetry import tracing
from adapters.traceparent import UNSAMPLED, kept, of_fact, sampled, trace_id
from commands.company.settings import SetHelpdeskResponsible
from commands.service.opening import OpenTicket
from commands.staff.worker import SetWorkerEmail
from commands.work.notice import WriteNotice
from domain.service.level import Recipient
from domain.service.target import Target
from domain.staff.worker import SYSTEM, TIMER
from domain.work.channel import Channel as By
from domain.work.notice import Occasion
from projections.service.desk import Desk

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

WORD = f"canary{uuid4().hex[:12]}"
ADDRESS = f"{WORD}@firm.example"
TRACED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
DROPPED = TRACED[:-1] + "0"
TOLD = {"kartoteka.caller", "kartoteka.code", "kartoteka.requests", "kartoteka.facts", "kartoteka.streams"} | {
    "kartoteka.read_models",
    "error.type",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket was opened and a letter sent, each asked for within a trace; and others asked, too."""

    collector: Collector
    spans: list[Came]
    facts: dict[str, tuple[str, str]]
    """Correlation and causation by topic, of the last of each."""
    logged: list[Any]

    def one(self, name: str, below: Came | None = None) -> Came:
        (found,) = [s for s in self.spans if s.name == name and (below is None or s.parent == below.id)]
        return found


@pytest.fixture(scope="module")
def story(servers: Running, state: Path) -> Iterator[Story]:
    place = new_place(servers, state)
    channel = beside(place.settings.schema_name, "routing", "notifying")
    with (
        pytest.MonkeyPatch.context() as patch,
        open_for_mail(Postbox()) as postbox,
        collecting() as collector,
        structlog.testing.capture_logs(processors=[tracing.named]) as logged,
    ):
        patch.setattr(loop, "LOOK_SECONDS", 0.02)
        with tracing.sending(collector.url, 1.0, "everything"):
            facts = asyncio.run(told(place, with_mail(place, postbox.port), channel))
        yield Story(collector, collector.came(), facts, logged)


async def told(place: Place, mailed: Place, channel: Channel) -> dict[str, tuple[str, str]]:
    try:
        async with serving(place), client(place) as operator:
            with tracing.span("untraced", parent=UNSAMPLED):
                world = await set_up(operator)
                await operator.send(SetWorkerEmail(worker=world.worker, email=ADDRESS), actor=SYSTEM)
                await operator.send(SetHelpdeskResponsible(responsible=world.worker), actor=SYSTEM)
            with followed(place):
                async with relaying(place, channel=channel), reacting(mailed, channel=channel):
                    await asked(place, operator, world)
        return facts_of(place)
    finally:
        async with listening(place) as service:
            with suppress(NotFoundError):
                await service.jetstream().delete_stream(channel.stream)


async def asked(place: Place, operator: Any, world: World) -> None:
    with tracing.span("the portal"):
        opening = OpenTicket(customer=world.contact, title=f"It is {WORD}", description=WORD)
        ticket = (await operator.send(opening, actor=world.worker)).id
    await comes(place, "notice.written", f"%{ticket}%")
    with tracing.span("the alarm"):
        late = WriteNotice(
            recipient=world.worker,
            ticket=world.ticket,
            occasion=Occasion.ESCALATED,
            doer=TIMER,
            channels=(By.EMAIL,),
            roles=(Recipient("assignee"),),
            target=Target.FIRST_RESPONSE,
            percent=75,
            due=now(),
        )
        await operator.send(late, actor=SYSTEM)
    await comes(place, "notice.delivered", "%")
    with tracing.span("the desk"):
        await operator.query(Desk(), actor=world.worker)
        with pytest.raises(Declined):
            await operator.send(SetHelpdeskResponsible(responsible="nobody"), actor=SYSTEM)
    door = await Door.opened(place, "desk")
    try:
        inbox = f"_INBOX.desk.{uuid4().hex}"
        subject = f"kartoteka.v1.cmd.desk.{WORD}.{WORD}"
        headers = {"traceparent": TRACED, "tracestate": WORD, "baggage": WORD}
        await door.connection.publish(subject, WORD.encode(), reply=inbox, headers=headers)
        assert (await door.reply(inbox)).status == 404
    finally:
        await door.connection.close()


async def comes(place: Place, topic: str, about: str) -> None:
    async def there() -> bool:
        query = "SELECT count(*) FROM facts WHERE topic = %s AND convert_from(state, 'UTF8') LIKE %s"
        with connect(place.postgres_url, place.settings.schema_name) as database:
            return database.execute(query, (topic, about)).fetchone() != (0,)

    await until(topic, there)


def facts_of(place: Place) -> dict[str, tuple[str, str]]:
    with connect(place.postgres_url, place.settings.schema_name) as database:
        rows = database.execute("SELECT topic, correlation, causation FROM facts ORDER BY notification_id").fetchall()
    return {topic: (correlation, causation) for topic, correlation, causation in rows}


def test_from_the_portal_to_what_the_handlers_asked_it_is_one_trace(story: Story) -> None:
    portal = story.one("the portal")
    ask = story.one("ask ticket.open", portal)
    opening = story.one("command ticket.open", ask)
    batch = story.one("batch", opening)
    assert [story.one(step, batch).name for step in ("decide", "store")] == ["decide", "store"]
    for follows in ("publish ticket.opened", "project ticket.opened"):
        assert story.one(follows, opening)
    routing = story.one("handle routing ticket.opened", opening)
    routed = story.one("command ticket.route", story.one("ask ticket.route", routing))
    assert story.one("store", story.one("batch", routed))
    notifying = story.one("handle notifying ticket.assigned", opening)
    assert story.one("command notice.write", story.one("ask notice.write", notifying))
    assert {s.trace for s in story.spans if s.name.startswith(("handle", "publish ticket"))} == {portal.trace}


def test_a_letter_goes_out_in_the_trace_of_its_notice(story: Story) -> None:
    alarm = story.one("the alarm")
    written = story.one("command notice.write", story.one("ask notice.write", alarm))
    told = story.one("ask notice.confirm-delivery", story.one("mail notice", written))
    assert story.one("command notice.confirm-delivery", told).trace == alarm.trace


def test_a_question_is_a_span_and_a_refusal_no_fault(story: Story) -> None:
    desk = story.one("the desk")
    assert story.one("question desk", story.one("ask desk", desk))
    refused = [s for s in story.spans if s.told.get("kartoteka.code") == "WorkerUnknown"]
    assert len(refused) == 2
    assert not any(s.broken for s in story.spans)


def test_spans_last_as_long_as_what_they_tell_of(story: Story) -> None:
    known = {s.id: s for s in story.spans}
    assert all(s.began_ns <= s.ended_ns for s in story.spans)
    nested = ("command", "batch", "decide", "store", "ask")
    within = [(s, known[s.parent]) for s in story.spans if s.name.startswith(nested) and s.parent in known]
    assert len(within) > 10
    slack_ns = 20_000_000  # the answer may be there before the span that sent it has ended
    assert all(above.began_ns <= s.began_ns and s.ended_ns <= above.ended_ns + slack_ns for s, above in within)


def test_what_nobody_traces_begins_no_trace_and_what_callers_say_is_in_none(story: Story) -> None:
    assert {s.name for s in story.spans if not s.parent} == {"the portal", "the alarm", "the desk"}
    stranger = story.one("command unknown")
    assert (stranger.trace, stranger.parent) == (trace_id(TRACED), TRACED[36:52])
    assert {name for s in story.spans for name in s.told} <= TOLD


def test_nothing_that_was_said_is_in_a_span_or_in_a_log_line(story: Story) -> None:
    assert len(story.spans) > 30
    assert not stands(WORD, *story.collector.raw)
    assert not stands(WORD, repr(story.logged).encode())


def test_no_id_of_anybody_is_in_a_span(story: Story) -> None:
    telling = repr([(s.name, s.told) for s in story.spans])
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}", telling) == []


def test_facts_keep_the_trace_for_those_who_come_later(story: Story) -> None:
    portal = story.one("the portal")
    opened, routed = story.facts["ticket.opened"], story.facts["ticket.routed"]
    assert sampled(opened[0])
    assert trace_id(opened[0]) == portal.trace
    assert routed[0] == opened[0]
    assert not sampled(story.facts["worker.hired"][0])


def request(**given: Any) -> dict[str, Any]:
    return {"id": new_command_id(), "actor": "system", "data": {"name": "Some area"}, **given}


def correlated(traceparent: str, **given: Any) -> tuple[str, str, str]:
    asked = request(**given)
    found = read("area.open", "desk", json.dumps(asked).encode(), now(), b"secret", None, traceparent)
    assert not isinstance(found, Problem)
    return found[0].correlation, found[0].causation, asked["id"]


def test_what_a_request_left_open_tells_of_its_trace() -> None:
    assert correlated(TRACED)[:2] == (TRACED, "")
    assert correlated(TRACED, causation="why")[:2] == (TRACED, "why")
    assert correlated(TRACED, correlation="talk")[:2] == ("talk", TRACED)
    assert correlated(TRACED, correlation="talk", causation="why")[:2] == ("talk", "why")


@pytest.mark.parametrize(
    "nothing", ["", DROPPED, TRACED.upper(), TRACED + "-x", "ff" + TRACED[2:], f"00-{'0' * 32}-00f067aa0ba902b7-01"]
)
def test_what_is_no_trace_that_is_kept_changes_nothing(nothing: str) -> None:
    correlation, causation, id = correlated(nothing)
    assert (correlation, causation) == (id, "")
    assert kept(nothing, None, None) == (None, None)


def test_an_event_tells_of_its_trace_by_the_extension_of_cloud_events() -> None:
    def event(correlation: str, causation: str) -> dict[str, Any]:
        fact = Outgoing(
            1, "area-a", 1, "area.opened", b"{}", str(uuid4()), now(), now(), "system", "", correlation, causation, "e"
        )
        body = cloud_event(fact, "/kartoteka/test")
        assert heard(body).traceparent == of_fact(correlation, causation)
        found: dict[str, Any] = json.loads(body)
        return found

    assert event(TRACED, "why")["traceparent"] == TRACED
    assert event("talk", TRACED)["traceparent"] == TRACED
    assert "traceparent" not in event("talk", "why")
    assert "traceparent" not in event(DROPPED, "")


def test_of_a_share_that_is_not_kept_nothing_is_sent_and_what_is_asked_learns_so() -> None:
    with collecting() as collector, tracing.sending(collector.url, 0.0, "none"):
        with tracing.span("mine") as span:
            assert tracing.carried() == span.traceparent
            assert span.traceparent.endswith("-00")
        with tracing.span("theirs", parent=TRACED):
            pass
    assert [s.name for s in collector.came()] == ["theirs"]


def test_a_fault_is_told_by_its_kind_and_never_in_its_words() -> None:
    with collecting() as collector:
        with tracing.sending(collector.url, 1.0, "none"), pytest.raises(ValueError, match=WORD), tracing.span("mine"):
            raise ValueError(WORD)
        (span,) = collector.came()
        assert (span.broken, span.told) == (True, {"error.type": "ValueError"})
        assert not stands(WORD, *collector.raw)


def test_a_collector_that_refuses_or_is_away_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with collecting() as collector:
        collector.status = 400
        with tracing.sending(collector.url, 1.0, "none"), tracing.span("mine"):
            pass
        assert collector.asked[400] == 1
        assert collector.came() == []


def test_without_anywhere_to_send_it_is_off_and_nothing_of_it_is_loaded() -> None:
    with tracing.sending(None, 1.0, "none"):
        assert not tracing.on()
        assert tracing.span("mine") is tracing.span("yours") is tracing.batch([])
    asked = "import sys, adapters.answering.commands, adapters.nats.client, adapters.cli, adapters.cli.serve; "
    asked += "print([name for name in sys.modules if name.startswith(('opentelemetry', 'prometheus'))])"
    found = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert found.stdout.strip() == "[]"


def test_log_lines_name_the_trace_that_is_under_way(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        console.log_to_stderr("info", as_json=True)
        with (
            collecting() as collector,
            tracing.sending(collector.url, 1.0, "none"),
            tracing.span("mine", parent=TRACED),
        ):
            structlog.get_logger().info("something happened")
        structlog.get_logger().info("something else")
    finally:
        structlog.configure(**before)
    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert first["trace"] == trace_id(TRACED)
    assert "trace" not in second
