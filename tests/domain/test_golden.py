"""A published fact is readable for ever: its golden file, once written, is never changed (the wire is a promise)."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.fact import Event
from examples import EVENT

GOLDEN = Path(__file__).parents[1] / "golden"


def written(event: Event) -> str:
    return event.model_dump_json(indent=2) + "\n"


def files(topic: str) -> list[Path]:
    """How the fact was published, oldest first: `<topic>.json`, and a `<topic>.2.json` since it has one more field."""
    return sorted(GOLDEN.glob(f"{topic}.json")) + sorted(GOLDEN.glob(f"{topic}.[2-9].json"))


def gained(before: Any, after: Any) -> bool:
    """Whether nothing is new but fields that say nothing, however deep."""
    match before, after:
        case dict(), dict():
            new = [after[name] for name in after.keys() - before.keys()]
            return before.keys() <= after.keys() and not any(new) and all(gained(before[n], after[n]) for n in before)
        case list(), list():
            return len(before) == len(after) and all(map(gained, before, after))
    return bool(before == after)


@pytest.fixture(scope="module", autouse=True)
def missing(request: pytest.FixtureRequest) -> None:
    """Write what is new when asked to, and nothing else: an old file is never written again."""
    if not request.config.getoption("--write-golden", default=False):
        return
    for topic, event in EVENT.items():
        there = files(topic)
        if not there or there[-1].read_text(encoding="utf-8") != written(event):
            suffix = f".{len(there) + 1}" if there else ""
            (GOLDEN / f"{topic}{suffix}.json").write_text(written(event), encoding="utf-8")


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_a_fact_as_once_published_is_still_read_as_the_same_fact(topic: str) -> None:
    for path in files(topic):
        assert Event.by_topic[topic].model_validate_json(path.read_text(encoding="utf-8")) == EVENT[topic], path.name


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_a_fact_is_written_today_as_it_was_published_last(topic: str) -> None:
    assert written(EVENT[topic]) == files(topic)[-1].read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_a_published_fact_gains_fields_and_never_changes_one(topic: str) -> None:
    shapes = [orjson.loads(path.read_bytes()) for path in files(topic)]
    for before, after in pairwise(shapes):
        assert gained(before, after)


def test_every_golden_file_is_that_of_a_fact_there_is() -> None:
    assert {path.name for path in GOLDEN.glob("*.json")} == {
        path.name for topic in Event.by_topic for path in files(topic)
    }
