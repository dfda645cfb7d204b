"""The benchmark runs, and tells its figures in one shape. How good they are is for `make bench` to say."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest
from naive.promises import calendar
from typer.testing import CliRunner

from adapters.bench.due import OFFICE, all_cases, walking
from adapters.bench.ground import Ground, ground
from adapters.bench.measure import Pace, Round, alternate, figure
from adapters.bench.suite import BENCHES
from adapters.cli import app

GLANCE = Pace(
    rounds=1,
    seconds=0.2,
    warm_seconds=0.1,
    facts=(400, 200),
    stream=(100, 10),
    rebuilt=400,
    rounds_long=1,
    seconds_long=0.3,
    contacts=(1_000, 500),
    members=200,
    prices=(1_000, 500),
    tickets=(400, 200),
    exported=200,
    directories=60,
    workers=25,
    teams=40,
    in_flight=32,
    commands_a_second=100,
    customers=5,
    cases=6,
)


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with ground() as place:
        yield place


def test_the_benches_are_those_that_the_documents_name() -> None:
    line = ["throughput", "latency", "growth", "scale", "encryption"]
    views, sight = ["rebuild", "sustained", "freshness"], ["access", "check", "membership", "search", "query"]
    reckoned = ["price", "price_bulk", "due", "timer", "whatif"]
    assert list(BENCHES) == [*line, "relay", *views, *sight, *reckoned, "forget", "export"]


DAILY = {"throughput", "freshness", "rebuild", "export"}
"""One or more of each kind; the others, whose parts run in these as well, by --soak."""


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[pytest.mark.soak] * (each not in DAILY)) for each in BENCHES]
)
def test_each_bench_runs_and_tells_ratio_sides_unit_and_spread(place: Ground, name: str) -> None:
    found = orjson.loads(orjson.dumps(asdict(BENCHES[name](place, GLANCE))))

    assert {"ratio", "ours", "baseline", "unit", "spread"} <= found.keys()
    assert found["spread"].keys() == {"ours", "baseline", "ratio"}
    for side, (low, high) in found["spread"].items():
        assert 0 < low <= found[side] <= high
    assert found["ratio"] == pytest.approx(found["ours"] / found["baseline"], rel=0.01)


def test_the_figure_is_the_median_ratio_of_rounds_not_the_ratio_of_medians() -> None:
    found = figure([Round(10, 1), Round(20, 10), Round(30, 5)], "commands/s")

    assert (found.ratio, found.ours, found.baseline) == (6, 20, 5)
    assert found.spread == {"ours": (10, 30), "baseline": (1, 10), "ratio": (2, 10)}


def test_sides_take_turns_in_going_first() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return 1.0

    alternate(4, lambda: side("A"), lambda: side("B"))

    assert "".join(order) == "ABBAABBA"


@pytest.mark.parametrize(
    "name", ["baseline.py", "due_baseline.py", "price_baseline.py", "publishing.py", "view_baseline.py"]
)
def test_a_baseline_is_a_file_of_at_most_sixty_lines(name: str) -> None:
    baseline = Path(sys.modules[Ground.__module__].__file__ or "").with_name(name)

    assert len(baseline.read_text().splitlines()) <= 60


def test_the_walk_to_a_due_time_is_the_tests_naive_function_in_other_words() -> None:
    naive, walked = calendar(OFFICE.model_dump(mode="json")), walking()

    for start, target in all_cases()[::16]:
        assert walked(start, target) == naive.due(start, int(target.total_seconds()), [])


def test_a_bench_that_does_not_exist_is_wrong_use_and_those_that_do_are_told() -> None:
    done = CliRunner().invoke(app, ["bench", "--json", "speed"])

    assert done.exit_code == os.EX_USAGE
    assert done.stdout == ""
    assert "throughput, latency, growth, scale, encryption, relay" in done.stderr
