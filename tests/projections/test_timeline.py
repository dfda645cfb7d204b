"""The trail tells every fact in words, once, and what is somebody's only in its envelope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rows import shown
from specification import Happened, on_monday

from domain.fact import Event, personal_fields
from examples import EVENT, EVENTS, MILL_SUBJECT

TEN, RECORDED = on_monday(10), on_monday(11) + timedelta(microseconds=1)
PERSONAL = [event for event in EVENTS if personal_fields(type(event))]


def told(event: Event) -> dict[str, Any]:
    """The row of a fact that was recorded an hour after it happened; the log counts from a microsecond on."""
    rows = shown([Happened("thing-x", event, TEN, on_monday(11))])["timeline"]
    ((key, row),) = rows.items()
    assert key == ("thing-x", "1")
    return row


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.topic)
def test_every_fact_is_told_with_its_two_instants_its_actor_and_its_position(event: Event) -> None:
    row = told(event)
    assert (row["happened_at"], row["recorded_at"]) == (TEN, RECORDED)
    assert (row["position"], row["actor"], row["topic"]) == (1, "system", event.topic)


@pytest.mark.parametrize("event", PERSONAL, ids=lambda event: event.topic)
def test_what_is_somebodys_stands_in_the_details_alone(event: Event) -> None:
    row = told(event)
    personal = {name for name in personal_fields(type(event)) if getattr(event, name) is not None}
    assert set(row["details"]) == personal
    assert row["subject"] == getattr(event, "subject")  # noqa: B009 - not of every fact
    for name in personal:
        assert row["details"][name][:4] == [event.topic, "thing-x", 1, name]
        assert getattr(event, name) not in row["words"]


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("ticket.opened", "Reported: {title}"),
        ("ticket.assigned", "Given to worker anna, team none"),
        ("ticket.call-logged", "Call, answered: True; {note}"),
        ("ticket.routed", "Looked for who answers: none, team none"),
        ("settings.severities-listed", "Severities, gravest first: grave, slight"),
        ("outcome.stated", "resolution: met, due 2024-06-04 13:30:00+00:00"),
        ("ticket.started", "Work began"),
    ],
)
def test_words_name_what_is_nobodys_and_leave_a_place_for_what_is(topic: str, words: str) -> None:
    assert told(EVENT[topic])["words"] == words


def test_what_was_not_said_is_none_and_nobodys() -> None:
    silent = EVENT["ticket.call-logged"].model_copy(update={"note": None})
    row = told(silent)
    assert row["words"] == "Call, answered: True; none"
    assert (row["subject"], row["details"]) == (None, None)
    listed = EVENT["settings.severities-listed"].model_copy(update={"severities": ()})
    assert told(listed)["words"] == "Severities, gravest first: none"


def test_of_a_report_without_a_description_the_title_is_kept() -> None:
    row = told(EVENT["ticket.opened"].model_copy(update={"description": None}))
    assert set(row["details"]) == {"title"}
    assert row["subject"] == MILL_SUBJECT
