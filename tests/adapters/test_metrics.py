"""What Prometheus is told is so, names nobody, and holds all that the dashboard and the alerts ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog
import yaml
from canary import Canary, stands
from door import Door, Stage, new_place, stage
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql

from adapters.composition import viewing
from adapters.composition.watching import watching
from adapters.discovery import BOUNDS, Statistics
from adapters.embedded import Running
from adapters.nats.client import new_command_id
from adapters.postgres.dead_letters import Cause, DeadLetters, Failed
from adapters.postgres.gauges import Gauging
from adapters.telemetry.metrics import Metrics
from adapters.telemetry.requests import HttpRequests
from adapters.telemetry.tally import DENIED, SIGN_INS, denied
from commands.catalogue import COMMANDS
from domain.staff.worker import SYSTEM
from projections.catalogue import READ_MODELS

DASHBOARD = Path(__file__).parents[2] / "docs" / "dashboard"
NAMED = re.compile(r"(kartoteka_\w+)(?:\{([^}]*)\})?")
BY = re.compile(r"\bby \(([^)]*)\)")
OF_SCRAPING = {"instance", "job"}
"""Labels that Prometheus gives by itself."""


class Exchange(NamedTuple):
    """A request over HTTP as the face tells of it."""

    method: str
    route: str
    status: int
    seconds: float
    caller: str = ""
    traceparent: str = ""


@dataclass
class Scraped:
    """A scrape after some things had happened; and one while the database was away."""

    here: Stage
    word: Canary
    text: bytes
    away: bytes
    families: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str, **labels: str) -> float:
        """The one sample with these labels."""
        (found,) = [
            each.value
            for family in self.families.values()
            for each in family.samples
            if each.name == f"kartoteka_{name}" and labels.items() <= each.labels.items()
        ]
        return float(found)


def parsed(text: bytes) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text.decode())}


@pytest.fixture(scope="module")
def scraped(servers: Running, state: Path) -> Iterator[Scraped]:
    word = Canary(labels=False)
    http = HttpRequests()
    http.streams = lambda: 3
    DENIED.clear()
    with stage(new_place(servers, state, waiting=7)) as here:
        with viewing(here.place, [READ_MODELS[name] for name in ("tickets", "erasures", "names")]) as engine:
            while engine.tick():
                pass
        happens(here, word, http)

        async def scrape() -> tuple[bytes, bytes]:
            async with watching(here.place, here.service, http) as metrics:
                text = await metrics.text()
            gone = Gauging("postgresql://127.0.0.1:1/nowhere", "nobody", lambda: 0)
            return text, await Metrics(metrics._process, gone.look, metrics._outside).text()

        text, away = here.run(scrape())
        yield Scraped(here, word, text, away, parsed(text))


def happens(here: Stage, word: Canary, http: HttpRequests) -> None:
    for name in (word.word, word.word):
        assert not here.ask("area.open", {**here.request(name=f"Area {name}"), "actor": SYSTEM}).status
    assert here.ask("ticket.close", here.request(ticket="-")).code == "Malformed"
    assert here.ask(f"{word.word}.open", here.request()).status == 404
    assert here.run(questioned(here.desk, here.world.worker, word)) == 404
    http(Exchange("POST", "/v1/commands/{topic}", 200, 0.003, "portal"))
    http(Exchange(word.word, "(none)", 405, 0.0001))
    SIGN_INS["password", "ok"] += 1
    denied(Exception('nats: permissions violation for subscription to "x"'))
    denied(Exception("nats: something else"))
    letter = Failed(
        "routing", 1, Cause("TicketUnknown", word.word), 4, event_id=new_command_id(), topic="t", stream="s"
    )
    here.run(DeadLetters(here.place.postgres_url, here.place.settings.schema_name).keep(letter))


async def questioned(door: Door, worker: str, word: Canary) -> int:
    """The status of a question that nobody can ask, after one that everybody can."""
    inbox, other = (f"_INBOX.{door.caller}.{word.word}.{n}" for n in range(2))
    asked = json.dumps({"actor": worker}).encode()
    await door.connection.publish(f"kartoteka.v1.qry.{door.caller}.my-sight", asked, reply=inbox)
    assert not (await door.reply(inbox)).status
    await door.connection.publish(f"kartoteka.v1.qry.{door.caller}.{word.word}", asked, reply=other)
    return (await door.reply(other)).status


def test_requests_are_told_by_topic_and_by_what_became_of_them(scraped: Scraped) -> None:
    assert scraped.value("commands_total", topic="area.open", code="ok") >= 2
    assert scraped.value("commands_total", topic="ticket.close", code="Malformed") == 1
    assert scraped.value("questions_total", topic="my-sight", code="ok") == 1
    assert scraped.value("unknown_requests_total", code="CommandUnknown") == 1
    assert scraped.value("unknown_requests_total", code="QuestionUnknown") == 1


def test_a_histogram_holds_all_that_was_begun(scraped: Scraped) -> None:
    asked = scraped.value("commands_total", topic="area.open", code="ok")
    assert scraped.value("command_seconds_count", topic="area.open") == asked
    assert scraped.value("command_seconds_bucket", topic="area.open", le="+Inf") == asked
    assert 0 < scraped.value("command_seconds_sum", topic="area.open") < 60
    assert scraped.value("http_request_seconds_bucket", route="/v1/commands/{topic}", le="0.005") == 1
    assert scraped.value("http_request_seconds_bucket", route="/v1/commands/{topic}", le="0.0025") == 0


def test_each_bucket_holds_what_took_as_long_as_its_bound() -> None:
    statistics = Statistics("one")
    topic = next(iter(COMMANDS))
    for times, seconds in enumerate((*BOUNDS, BOUNDS[-1] + 1), 1):
        for _ in range(times):
            statistics.count(topic, seconds, "")
    statistics.count(topic, 0.0, "Malformed")
    assert statistics.spread[topic] == [*range(1, len(BOUNDS) + 2)]
    assert statistics.requests[topic] == sum(statistics.spread[topic]) + 1


def test_what_works_beside_is_told_through_the_database(scraped: Scraped) -> None:
    here = scraped.here
    head = here.count("facts")
    assert scraped.value("log_position") == head
    assert scraped.value("commands_capacity") == 7
    assert scraped.value("commands_waiting") == 0
    assert scraped.value("database_up") == 1
    assert scraped.value("quarantine") == 0
    assert scraped.value("relay_running") == 0
    assert scraped.value("relay_lag_facts") == scraped.value("unanchored_facts") == head
    assert scraped.value("unanchored_seconds") > 0
    assert scraped.value("dead_letters", handler="routing") == 1
    assert scraped.value("dead_letters", handler="notifying") == 0
    assert scraped.value("key_epoch") == 1
    assert scraped.value("read_model_lag_facts", model="tickets") > 0
    assert scraped.value("read_model_lag_seconds", model="tickets") > 0
    assert scraped.value("read_model_state", model="access", state="active") == 1
    assert scraped.value("erasures_under_way", step="requested") == 0
    assert scraped.value("http_streams") == 3
    assert scraped.value("sign_ins_total", method="password", outcome="ok") >= 1
    assert scraped.value("nats_denied_total", what="subscribe") == 1
    assert scraped.value("nats_denied_total", what="publish") == 0


def test_while_the_database_is_away_the_rest_is_told(scraped: Scraped) -> None:
    found = parsed(scraped.away)
    assert found["kartoteka_database_up"].samples[0].value == 0
    assert "kartoteka_log_position" not in found
    assert found["kartoteka_commands"].samples


def test_nothing_that_anybody_said_is_in_it_nor_anybodys_id(scraped: Scraped) -> None:
    assert not stands(scraped.word.word, scraped.text)
    texts = [value for family in scraped.families.values() for each in family.samples for value in each.labels.values()]
    assert [text for text in texts if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text)] == []
    assert not {scraped.here.world.worker, "desk", "portal"} & {*texts}


def test_metrics_are_named_as_the_field_names_them(scraped: Scraped) -> None:
    for family in scraped.families.values():
        assert family.name.startswith("kartoteka_")
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|milliseconds|minutes|hours|bytes_total_total)$", family.name)


def expressions() -> Iterator[tuple[str, str]]:
    """What dashboard and alerts ask, each with where it stands."""
    board = json.loads((DASHBOARD / "kartoteka.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for group in yaml.safe_load((DASHBOARD / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def test_all_that_dashboard_and_alerts_ask_for_is_there(scraped: Scraped) -> None:
    labels: dict[str, set[str]] = {}
    for family in scraped.families.values():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        for suffix in suffixes:
            labels[family.name + suffix] = set()
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    asked = [*expressions()]
    assert len(asked) > 40
    for where, expression in asked:
        named = NAMED.findall(expression)
        assert named, where
        for name, conditions in named:
            assert name in labels, (where, name)
            wanted = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", conditions)) - OF_SCRAPING
            assert wanted <= labels[name], (where, name, wanted)
        by = {label.strip() for found in BY.findall(expression) for label in found.split(",")} - OF_SCRAPING
        assert by <= set().union(*(labels[name] for name, _ in named)), (where, by)


def test_everything_that_is_told_is_on_the_dashboard_or_in_an_alert(scraped: Scraped) -> None:
    asked = {name for _, expression in expressions() for name, _ in NAMED.findall(expression)}
    told = {name: {f"{name}{suffix}" for suffix in ("", "_total", "_bucket")} for name in scraped.families}
    unseen = {name for name, forms in told.items() if not forms & asked}
    assert unseen == {
        "kartoteka_anchor_position",
        "kartoteka_key_epoch",
        "kartoteka_read_model_idle_seconds",
        "kartoteka_started_timestamp_seconds",
        "kartoteka_unanchored_facts",
        "kartoteka_relay_lag_facts",
    }


def test_many_who_scrape_at_once_cost_one_look(scraped: Scraped) -> None:
    here = scraped.here
    looks: list[int] = []

    async def all_look() -> list[Any]:
        def anchored() -> int:
            looks.append(1)
            return 0

        gauging = Gauging(here.place.postgres_url, here.place.settings.schema_name, anchored)
        found = [await gauging.look() for _ in range(3)]
        await gauging.close()
        return found

    found = here.run(all_look())
    assert found[0] is found[1] is found[2] is not None
    assert len(looks) == 1


def test_a_table_that_somebody_holds_keeps_no_scrape_longer_than_a_scrape_waits(scraped: Scraped) -> None:
    here, of = scraped.here, (scraped.here.place.postgres_url, scraped.here.place.settings.schema_name)
    gauging = Gauging(*of, lambda: 0, patience_seconds=0.2)

    async def look() -> Any:
        try:
            return await gauging.look()
        finally:
            await gauging.close()

    with here.database.transaction():
        here.database.execute(sql.SQL("LOCK TABLE dead_letters IN ACCESS EXCLUSIVE MODE"))
        assert here.run(look()) is None


def test_a_line_of_access_says_what_and_how_long_and_never_where() -> None:
    traced = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with structlog.testing.capture_logs() as logged:
        HttpRequests()(Exchange("GET", "/v1/questions/{name}", 200, 0.01234, "portal", traced))
        HttpRequests()(Exchange("GET", "(none)", 401, 0.001))
    known, unknown = logged
    assert known == {
        "event": "http",
        "log_level": "info",
        "method": "GET",
        "route": "/v1/questions/{name}",
        "status": 200,
        "milliseconds": 12.3,
        "caller": "portal",
        "trace": traced[3:35],
    }
    assert unknown.keys() == known.keys() - {"caller", "trace"}
