"""What read models cost: made anew from the log, against the library's own runner with one view."""

from __future__ import annotations

import asyncio
import time
from itertools import count

from adapters.bench.baseline import CHANGES, Desk, Ticket
from adapters.bench.ground import Ground, Side
from adapters.bench.library import THREADS, environment
from adapters.bench.measure import Figure, Pace, Round, alternate, figure
from adapters.bench.seed import lived, seed
from adapters.bench.view_baseline import rate
from adapters.bench.whole import serve_first
from adapters.composition import viewing
from adapters.postgres.keys import opened_keys
from adapters.postgres.schema import connect
from adapters.postgres.views.rebuild import rebuild as make_anew
from projections.catalogue import READ_MODELS

MOST_BEHIND_SECONDS = 2.0
COMMANDS_A_SECOND = 500
GIVEN_UP_SECONDS = 60.0
SLOWEST = """
SELECT least(
    (SELECT min(position) FROM read_models WHERE state = 'active' AND name <> 'access'),
    (SELECT position FROM relay),
    (SELECT min(position) FROM handler_floors)
)
"""
"""How far handlers have come is noted four times a second: so much of what is found may be that."""

AT_ONCE = 50
"""Aggregates in one save of the library's."""


def rebuild(ground: Ground, pace: Pace) -> Figure:
    """All read models from the whole log, switch included, against `ProjectionRunner` with one comparable view."""
    with ground.side(pace.customers) as side:
        asyncio.run(seed(side.place, side.company, pace.rebuilt, story=lived))
        with viewing(side.place) as engine:
            serve_first(engine, side.place)
        url, schemas = side.place.postgres_url, count(1)
        env = environment(url)
        with Desk(env=env) as desk:
            last = _fill(desk, int(pace.seconds * 2000))
            rounds = alternate(
                pace.rounds,
                lambda: _made_anew(side),
                lambda: rate({**env, "SHOWN_POSTGRES_SCHEMA": _fresh(url, next(schemas))}, last, pace.seconds),
            )
    return figure(rounds, "events/s", facts=pace.rebuilt, models=len(READ_MODELS), seconds=pace.seconds)


def sustained(ground: Ground, pace: Pace) -> Figure:
    """Commands with everything running that runs in production, for long; a round that ends behind counts nothing."""
    behind: list[float] = []
    with ground.whole(pace.customers) as ours, Desk(env=environment(ours.place.postgres_url)) as desk:
        desk.rate(pace.warm_seconds, THREADS)
        rounds = alternate(
            pace.rounds_long,
            lambda: _while_all_runs(ground, pace, ours, behind),
            lambda: desk.rate(pace.seconds, THREADS),
        )
    lag = [round(each, 3) for each in behind]
    return figure(rounds, "commands/s", seconds=pace.seconds_long, in_flight=pace.in_flight, lag_seconds=lag)


def freshness(ground: Ground, pace: Pace) -> Figure:
    """From an acknowledged command to an answer that shows it, against the command; 99th percentiles."""
    about = {"rate": COMMANDS_A_SECOND, "warm": pace.warm_seconds, "seconds": 2 * pace.seconds}
    with ground.whole(pace.customers) as side:
        found = [ground.ask("fresh", side=side.name, company=side.company, **about) for _ in range(pace.rounds)]
    rounds = [Round(ours=1000 * seen, baseline=1000 * asked) for asked, seen in found]
    return figure(rounds, "ms", commands_a_second=COMMANDS_A_SECOND, seconds=2 * pace.seconds)


def _while_all_runs(ground: Ground, pace: Pace, side: Side, behind: list[float]) -> float:
    about = {"side": side.name, "company": side.company, "in_flight": pace.in_flight, "warm": pace.warm_seconds}
    found = float(ground.ask("rate", seconds=pace.seconds_long, **about))
    behind.append(_behind(side))
    return found if behind[-1] <= MOST_BEHIND_SECONDS else 0.0


def _behind(side: Side) -> float:
    """How many seconds after the last command the slowest of all has dealt with its facts."""
    began = time.perf_counter()
    with connect(side.place.postgres_url, side.place.settings.schema_name) as connection:
        (head,) = connection.execute("SELECT position FROM head").fetchone() or (0,)
        while time.perf_counter() - began < GIVEN_UP_SECONDS:
            (slowest,) = connection.execute(SLOWEST).fetchone() or (0,)
            if slowest >= head:
                break
            time.sleep(0.01)
    return time.perf_counter() - began


def _made_anew(side: Side) -> float:
    url, schema = side.place.postgres_url, side.place.settings.schema_name
    keys = opened_keys(url, schema, side.place.keys)
    with connect(url, schema) as connection:
        (facts,) = connection.execute("SELECT position FROM head").fetchone() or (0,)
    began = time.perf_counter()
    make_anew(url, schema, list(READ_MODELS.values()), keys)
    return float(facts) / (time.perf_counter() - began)


def _fresh(url: str, number: int) -> str:
    """A schema in which the library has tracked nothing yet."""
    name = f"library_view_{number}"
    with connect(url, "public") as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return name


def _fill(desk: Desk, lives: int) -> int:
    """So many tickets with five events each; the last notification's id."""
    for _ in range(lives // 5 // AT_ONCE + 1):
        tickets = [Ticket("customer-1", "Something is broken", "It does not work any more") for _ in range(AT_ONCE)]
        for ticket in tickets:
            for verb, *arguments in CHANGES:
                getattr(ticket, verb)(*arguments)
        desk.save(*tickets)
    return int(desk.recorder.max_notification_id() or 0)
