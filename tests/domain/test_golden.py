"""A published fact is readable for ever: its golden file, once written, is never changed (the wire is a promise)."""

from pathlib import Path

import pytest

from domain.fact import Event
from examples import EVENT

GOLDEN = Path(__file__).parents[1] / "golden"


def written(event: Event) -> str:
    return event.model_dump_json(indent=2) + "\n"


@pytest.fixture(scope="module", autouse=True)
def missing(request: pytest.FixtureRequest) -> None:
    """Write what is new when asked to, and nothing else: an old file is never written again."""
    if not request.config.getoption("--write-golden", default=False):
        return
    for topic, event in EVENT.items():
        path = GOLDEN / f"{topic}.json"
        if not path.exists():
            path.write_text(written(event), encoding="utf-8")


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_a_fact_as_once_published_is_still_read_as_the_same_fact(topic: str) -> None:
    stored = (GOLDEN / f"{topic}.json").read_text(encoding="utf-8")
    assert Event.by_topic[topic].model_validate_json(stored) == EVENT[topic]


@pytest.mark.parametrize("topic", sorted(EVENT))
def test_a_fact_is_written_today_as_it_was_published(topic: str) -> None:
    assert written(EVENT[topic]) == (GOLDEN / f"{topic}.json").read_text(encoding="utf-8")


def test_every_golden_file_is_that_of_a_fact_there_is() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(Event.by_topic)
