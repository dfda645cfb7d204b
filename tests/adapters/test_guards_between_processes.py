"""A right that was withdrawn and acknowledged is honoured by no process, whatever it had decided before."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from door import new_place
from process import handle, started

from adapters.composition import Place
from adapters.embedded import Running
from adapters.nats.client import new_command_id
from adapters.postgres.schema import connect, migrate
from commands.request import Answer
from domain.staff.worker import SYSTEM, Right

WHOSE = "SELECT command_id::text, notification_id FROM facts WHERE caller = 'desk' AND command_id = ANY (%s::uuid[])"


class Story(NamedTuple):
    """What the held process was told of each of its commands, and where their facts stand."""

    withdrawn_at: int
    answers: list[dict[str, Any]]
    decided: list[list[str]]
    positions: list[list[int]]


def tell(place: Place, role: str) -> Story:
    """A worker's two commands and one of the installation are decided; the right is withdrawn; they are stored."""
    migrate(place.postgres_url, place.settings.schema_name)
    worker = first_process(place, ("worker.hire", {"name": "Anna Rossi"}, SYSTEM))[0].thing
    right = {"worker": worker, "right": Right.AREA_ADMINISTRATOR}
    first_process(place, ("worker.grant-right", right, SYSTEM))
    ids = [new_command_id() for _ in range(3)]
    held = [
        ("area.open", {"name": "Mine"}, worker, ids[0]),
        ("team.form", {"name": "The installation's"}, SYSTEM, ids[1]),
        ("team.form", {"name": "Mine as well"}, worker, ids[2]),
    ]
    with started(place, role, json.dumps(held)) as other:
        decided = [other.heard()["decided"]]
        (withdrawn,) = first_process(place, ("worker.withdraw-right", right, SYSTEM))
        assert withdrawn.code == ""
        other.tell()
        while isinstance(heard := other.heard(), dict):
            decided.append(heard["decided"])
            other.tell()
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        rows = connection.execute(WHOSE, (ids,)).fetchall()
    positions = [[position for id, position in rows if id == wanted] for wanted in ids]
    return Story(withdrawn.position, heard, decided, positions)


def first_process(place: Place, *commands: tuple[str, dict[str, Any], str]) -> list[Answer]:
    return asyncio.run(handle(place, *commands))


def honoured(story: Story) -> bool:
    """No fact of the worker's commands stands after the withdrawal, and the worker was told so."""
    mine = story.positions[0] + story.positions[2]
    told = {story.answers[n]["code"] for n in (0, 2)}
    return not any(position > story.withdrawn_at for position in mine) and told == {"RightMissing"}


@pytest.fixture(scope="module")
def story(servers: Running, state: Path) -> Story:
    return tell(new_place(servers, state), "hold")


def test_a_decided_batch_is_refused_after_the_withdrawal_of_its_right(story: Story) -> None:
    assert story.decided[0] == ["", "", ""]
    assert honoured(story)


def test_the_rest_of_the_batch_is_stored_all_the_same(story: Story) -> None:
    assert story.answers[1]["code"] == ""
    assert [position > story.withdrawn_at for position in story.positions[1]] == [True]
    assert story.decided[1:] == [["RightMissing", "RightMissing"]]


def test_without_guards_the_check_turns_red(place: Place) -> None:
    story = tell(place, "hold-unguarded")
    assert story.decided[0] == ["", "", ""]
    assert not honoured(story)
    assert all(position > story.withdrawn_at for position in story.positions[0] + story.positions[2])
