"""What Prometheus is told: what a process counts as it goes along, and what the database knows of all others.

Labels are topics, codes, routes and names of our own: nothing of a worker, a contact or a caller, and never many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol, TypeVar

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from adapters.answering.elsewhere import Elsewhere
from adapters.discovery import BOUNDS, Statistics, release
from adapters.file_request import REQUESTS
from adapters.inquiry import ASKED
from adapters.key_encryption import Epoch
from adapters.postgres.gauges import Gauges
from adapters.telemetry.requests import HttpRequests
from adapters.telemetry.tally import DENIED, SIGN_INS
from commands.catalogue import COMMANDS
from commands.reactions.catalogue import REACTIONS
from domain.privacy.erasure import Step

ACCEPTED = "ok"
"""The code of what was not refused."""

L = TypeVar("L", bound=tuple[str, ...])
Values = Mapping[L, float]
"""What is told, by the values of its labels."""

LE = (*(str(bound) for bound in BOUNDS), "+Inf")


class Working(Protocol):
    """Who answers something, and how much of it at this moment."""

    @property
    def under_way(self) -> int: ...


class Queueing(Working, Protocol):
    """Who answers commands."""

    capacity: int
    batches: int
    batched: int

    @property
    def waiting(self) -> int: ...


class Outside(NamedTuple):
    """What is known outside the database: the last anchored position, and the key in use, if it can be seen."""

    anchored: int
    key: Epoch | None


class Process(NamedTuple):
    """What one process counts."""

    statistics: Statistics
    commands: Queueing
    questions: Working
    files: Working
    http: HttpRequests
    elsewhere: Elsewhere


class Metrics:
    """`look` is what the database tells, `outside` what lies beside it."""

    CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(
        self, process: Process, look: Callable[[], Awaitable[Gauges | None]], outside: Callable[[], Outside]
    ) -> None:
        self._process, self._look, self._outside = process, look, outside

    async def text(self) -> bytes:
        """Everything, as it is now; what the database knows may be some seconds old."""
        gauges, outside = await self._look(), await asyncio.to_thread(self._outside)
        return await asyncio.to_thread(generate_latest, Page([*of_process(self._process), *of_log(gauges, outside)]))


class Page(Collector):
    """What is told at one moment: made where nothing moves, and written elsewhere."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def of_process(process: Process) -> Iterator[Metric]:
    """What this process counts, and the one that questions are left to."""
    statistics = process.elsewhere.with_those(process.statistics)
    yield gauge("build_info", "The version that runs here.", {(release(),): 1}, "version")
    started = process.statistics.started.timestamp()
    yield gauge("started_timestamp_seconds", "When this process began to answer.", {(): started})
    yield from requests("command", COMMANDS, statistics)
    yield from requests("question", ASKED, statistics)
    yield from requests("file_request", REQUESTS, statistics)
    yield counter(
        "unknown_requests_total",
        "Requests of a name that nothing here has.",
        {(code,): count for code, count in statistics.codes.get("unknown", {}).items()},
        "code",
    )
    commands = process.commands
    yield gauge("commands_waiting", "Commands in the queue.", {(): commands.waiting})
    yield gauge("commands_capacity", "How many may wait there before 503 is answered.", {(): commands.capacity})
    yield gauge("command_batches_under_way", "Batches that are decided or stored now.", {(): commands.under_way})
    yield counter("command_batches_total", "Batches that were begun.", {(): commands.batches})
    yield counter("command_batched_total", "Commands in those batches.", {(): commands.batched})
    asked = process.questions.under_way + process.elsewhere.under_way
    yield gauge("questions_under_way", "Questions that are answered now.", {(): asked})
    yield gauge("file_requests_under_way", "Parts of files that are put or got now.", {(): process.files.under_way})
    about = "Requests whose answer was wanted in another's inbox."
    yield counter("messages_dropped_total", about, {(): statistics.dropped})
    denied = {(what,): DENIED[what] for what in ("publish", "subscribe")}
    yield counter("nats_denied_total", "What NATS did not permit this process.", denied, "what")
    yield counter("sign_ins_total", "How workers signed in here, or did not.", {**SIGN_INS}, "method", "outcome")
    http = process.http
    yield counter("http_requests_total", "Requests over HTTP.", {**http.counts}, "method", "route", "status")
    yield histogram("http_request_seconds", "How long those took.", http.spread, http.seconds, "route")
    yield gauge("http_streams", "Live lists that are open.", {(): http.streams()})


def requests(what: str, names: Iterable[str], statistics: Statistics) -> Iterator[Metric]:
    """Of one face, by topic: how many, with which code, and how long those took that were begun."""
    counts, spread = dict[tuple[str, ...], float](), dict[str, Sequence[int]]()
    for name in names:
        if not (asked := statistics.requests.get(name)):
            continue
        codes: Mapping[str, int] = statistics.codes.get(name, {})
        counts[name, ACCEPTED] = asked - sum(codes.values())
        counts |= {(name, code): count for code, count in codes.items()}
        if name in statistics.spread:
            spread[name] = statistics.spread[name]
    yield counter(f"{what}s_total", f"Every {what.replace('_', ' ')}, by what became of it.", counts, "topic", "code")
    yield histogram(f"{what}_seconds", "How long it took from receipt to answer.", spread, statistics.seconds, "topic")


def of_log(gauges: Gauges | None, outside: Outside) -> Iterator[Metric]:
    """What is known of the log, and by that of every process that works on it."""
    yield gauge("database_up", "Whether the database told the rest in time.", {(): gauges is not None})
    yield gauge("anchor_position", "Up to where the log is anchored outside the database.", {(): outside.anchored})
    if outside.key is not None:
        yield gauge("key_epoch", "The key-encryption key in use.", {(): outside.key.number})
        made_at = outside.key.made_at.timestamp()
        yield gauge("key_epoch_made_timestamp_seconds", "When that key was made.", {(): made_at})
    if gauges is not None:
        yield from _of_log(gauges, outside)
        yield from _of_models(gauges)


def _of_log(gauges: Gauges, outside: Outside) -> Iterator[Metric]:
    head = gauges.progress.head
    yield gauge("log_position", "Where the log ends.", {(): head})
    yield gauge("quarantine", "Whether the log is in quarantine.", {(): gauges.quarantine})
    yield gauge("unanchored_facts", "Facts that no anchor vouches for yet.", {(): max(0, head - outside.anchored)})
    yield gauge("unanchored_seconds", "Since when the first of them has been there.", {(): gauges.unanchored_seconds})
    yield gauge("relay_running", "Whether any process publishes the facts.", {(): gauges.progress.held})
    yield gauge("relay_lag_facts", "Facts that are not published yet.", {(): max(0, head - gauges.published)})
    yield gauge("relay_lag_seconds", "Since when the first of them waits.", {(): gauges.unpublished_seconds})
    floors = dict.fromkeys(REACTIONS, 0) | {**gauges.floors}
    lags = {(name,): max(0, head - position) for name, position in floors.items()}
    yield gauge("handler_lag_facts", "Facts that the handler has not surely dealt with.", lags, "handler")
    letters = {(name,): 0 for name in REACTIONS} | {(name,): count for name, count in gauges.letters.items()}
    yield gauge("dead_letters", "Facts that a handler could not deal with, and nobody has since.", letters, "handler")
    steps = {(str(step),): 0 for step in Step if step not in (Step.NONE, Step.COMPLETED, Step.REFUSED)}
    steps |= {(each.step,): each.people for each in gauges.erasures}
    yield gauge("erasures_under_way", "People who are being forgotten, by what was stated last.", steps, "step")
    oldest = max((each.oldest_seconds for each in gauges.erasures), default=0.0)
    yield gauge("erasure_oldest_seconds", "Since when the longest of that has been wanted.", {(): oldest})
    yield gauge("sessions", "Workers' sessions that have not ended.", {(): gauges.sessions})


def _of_models(gauges: Gauges) -> Iterator[Metric]:
    of = {(each.name, str(each.version)): each for each in gauges.models}
    names = "model", "version"
    states = {(*key, each.state): 1 for key, each in of.items()}
    yield gauge("read_model_state", "1 for the state that a read model is in.", states, *names, "state")
    for name, about, values in (
        ("lag_facts", "Facts that it has not taken yet.", {key: each.lag_facts for key, each in of.items()}),
        ("lag_seconds", "Since when the first of them waits.", {key: each.lag_seconds for key, each in of.items()}),
        ("idle_seconds", "For how long it has not moved.", {key: each.idle_seconds for key, each in of.items()}),
        ("parked_streams", "Streams that wait in it for a fix.", {key: each.parked for key, each in of.items()}),
    ):
        yield gauge(f"read_model_{name}", about, values, *names)


def gauge(name: str, about: str, values: Values[L], *labels: str) -> Metric:
    found = GaugeMetricFamily(f"kartoteka_{name}", about, labels=labels)
    for label_values, value in values.items():
        found.add_metric(label_values, float(value))
    return found


def counter(name: str, about: str, values: Values[L], *labels: str) -> Metric:
    found = CounterMetricFamily(f"kartoteka_{name}", about, labels=labels)
    for label_values, value in values.items():
        found.add_metric(label_values, float(value))
    return found


def histogram(
    name: str, about: str, spread: Mapping[str, Sequence[int]], sums: Mapping[str, float], label: str
) -> Metric:
    found = HistogramMetricFamily(f"kartoteka_{name}", about, labels=(label,))
    for value, counts in spread.items():
        found.add_metric([value], [*zip(LE, map(float, accumulate(counts)), strict=True)], sums[value])
    return found
