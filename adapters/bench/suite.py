"""The benches, by their names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from adapters.bench.baseline import Desk
from adapters.bench.due import due
from adapters.bench.export import export
from adapters.bench.forget import forget
from adapters.bench.ground import CouldNotRun, Ground, Side
from adapters.bench.library import THREADS, environment
from adapters.bench.measure import Figure, Pace, Round, alternate, figure
from adapters.bench.pricing import price, price_bulk
from adapters.bench.querying import query
from adapters.bench.relay import IN_FLIGHT
from adapters.bench.seed import seed
from adapters.bench.server import plain
from adapters.bench.sight import access, check, membership, search
from adapters.bench.supposing import whatif
from adapters.bench.timing import timer
from adapters.bench.views import freshness, rebuild, sustained
from adapters.postgres.schema import connect

Bench = Callable[[Ground, Pace], Figure]

MOST_PUBLISHED = 100_000
NOTES_ON_ONE = 5
"""Between two measurements of one ticket the next ones are visited, so that the whole log is touched."""


def throughput(ground: Ground, pace: Pace) -> Figure:
    """Commands over NATS, many in flight, against one aggregate loaded and saved at a time."""
    with ground.side(pace.customers) as ours, Desk(env=environment(ours.place.postgres_url)) as desk:
        desk.rate(pace.warm_seconds, THREADS)
        rounds = alternate(pace.rounds, lambda: _rate(ground, pace, ours), lambda: desk.rate(pace.seconds, THREADS))
    return figure(rounds, "commands/s", seconds=pace.seconds, in_flight=pace.in_flight, threads=THREADS)


def latency(ground: Ground, pace: Pace) -> Figure:
    """One command alone, against a bare echo and a bare durable INSERT."""
    with ground.side(pace.customers) as ours, ground.echo():
        rounds = [_alone(ground, pace, _life(ours), {"kind": "bare"}) for _ in range(pace.rounds)]
    return figure(rounds, "ms", seconds=2 * pace.seconds)


def growth(ground: Ground, pace: Pace) -> Figure:
    """One command alone in a large log against a small one, and on a long stream against a short one; the worse."""
    with ground.side(pace.customers) as side:
        tickets = _seeded(side, pace.facts[0], pace.stream[:1])
        stored = [_stored(ground, pace, side, tickets[1:]) for _ in range(pace.rounds)]
        stream = [_stream(ground, pace, side, tickets, n) for n in range(pace.rounds)]
    found = {"stored": figure(stored, "ms"), "stream": figure(stream, "ms")}
    worse = max(found, key=lambda name: found[name].ratio)
    return figure(
        stored if worse == "stored" else stream,
        "ms",
        seconds=2 * pace.seconds,
        facts=pace.facts,
        stream_facts=pace.stream,
        worse=worse,
        **{f"{name}_ratio": each.ratio for name, each in found.items()},
    )


def scale(ground: Ground, pace: Pace) -> Figure:
    """Two service processes against one."""
    with ground.side(pace.customers, processes=2) as two, ground.side(pace.customers) as one:
        rounds = alternate(pace.rounds, lambda: _rate(ground, pace, two), lambda: _rate(ground, pace, one))
    return figure(rounds, "commands/s", seconds=pace.seconds, in_flight=pace.in_flight)


def encryption(ground: Ground, pace: Pace) -> Figure:
    """Personal fields sealed against the same facts without the mark."""
    with ground.side(pace.customers) as sealed, ground.side(pace.customers, main=plain) as bare:
        rounds = alternate(pace.rounds, lambda: _rate(ground, pace, sealed), lambda: _rate(ground, pace, bare))
        if not _keys(sealed) or _keys(bare):
            raise CouldNotRun("the sides do not differ in what they seal")
    return figure(rounds, "commands/s", seconds=pace.seconds, in_flight=pace.in_flight)


def relay(ground: Ground, pace: Pace) -> Figure:
    """Facts from the log to acknowledged messages, against bare publishing of the same bodies."""
    facts = min(pace.facts[0], MOST_PUBLISHED)
    with ground.side(pace.customers) as side:
        _seeded(side, facts)
        with ground.relay(side) as rate:
            rounds = alternate(pace.rounds, lambda: rate("ours"), lambda: rate("bare"))
    return figure(rounds, "facts/s", facts=facts, in_flight=IN_FLIGHT)


BENCHES: Mapping[str, Bench] = {
    bench.__name__: bench
    for bench in (
        *(throughput, latency, growth, scale, encryption, relay, rebuild, sustained, freshness),
        *(access, check, membership, search, query),
        *(price, price_bulk, due, timer, whatif, forget, export),
    )
}


def _rate(ground: Ground, pace: Pace, side: Side) -> float:
    return float(
        ground.ask(
            "rate",
            side=side.name,
            company=side.company,
            in_flight=pace.in_flight,
            warm=pace.warm_seconds,
            seconds=pace.seconds,
        )
    )


def _alone(ground: Ground, pace: Pace, ours: dict[str, Any], baseline: dict[str, Any]) -> Round:
    """Medians in ms of two kinds of question that take turns in one round, each for its share of the time."""
    seconds = ground.ask("alone", turns=[ours, baseline], warm=pace.warm_seconds, seconds=2 * pace.seconds)
    return Round(*(1000 * each for each in seconds))


def _life(side: Side) -> dict[str, Any]:
    return {"kind": "life", "side": side.name, "company": side.company}


def _notes(side: Side, tickets: list[str], each: int) -> dict[str, Any]:
    return {"kind": "notes", "side": side.name, "actor": side.company.worker, "tickets": tickets, "each": each}


def _stored(ground: Ground, pace: Pace, large: Side, tickets: list[str]) -> Round:
    """The small log is made anew for each round, because asking makes it grow."""
    with ground.side(pace.customers) as small:
        few = _seeded(small, pace.facts[1])
        step = len(tickets) // len(few)
        return _alone(ground, pace, _notes(large, tickets[::step], NOTES_ON_ONE), _notes(small, few, NOTES_ON_ONE))


def _stream(ground: Ground, pace: Pace, side: Side, tickets: list[str], number: int) -> Round:
    """The short streams change often, because asking makes them grow too."""
    long, short = tickets[:1], tickets[1 + number :: pace.rounds]
    return _alone(ground, pace, _notes(side, long, 1), _notes(side, short, NOTES_ON_ONE))


def _seeded(side: Side, facts: int, streams: tuple[int, ...] = ()) -> list[str]:
    return asyncio.run(seed(side.place, side.company, facts, streams))


def _keys(side: Side) -> int:
    """How many subjects have a key."""
    with connect(side.place.postgres_url, side.place.settings.schema_name) as connection:
        return len(connection.execute("SELECT subject FROM subject_keys").fetchall())
