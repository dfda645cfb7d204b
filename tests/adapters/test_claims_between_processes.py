"""Of two who claim a ticket in two processes at once one has it, and the other is told by whom (R-TCK-14)."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

from process import handle, started

from adapters.composition import Place
from adapters.nats.client import new_command_id
from adapters.postgres.schema import connect, migrate
from commands.request import Answer
from domain.staff.area import Role
from domain.staff.worker import SYSTEM, Right
from domain.values import WorkerId, worker_holder

ASSIGNED = "SELECT actor FROM facts WHERE topic = 'ticket.assigned' ORDER BY notification_id"


class Race(NamedTuple):
    """Who had decided to take the ticket first, who was stored first, and what the one behind was told."""

    held: WorkerId
    quick: WorkerId
    decided: list[list[str]]
    answer: dict[str, Any]
    assigned: list[str]


def done(place: Place, *commands: tuple[str, dict[str, Any], str]) -> list[Answer]:
    answers = asyncio.run(handle(place, *commands))
    assert [answer.code for answer in answers] == [""] * len(commands)
    return answers


def race(place: Place) -> Race:
    """Two members of an area; the claim of one is decided, the other's decided and stored, then the first is stored."""
    migrate(place.postgres_url, place.settings.schema_name)
    area, *workers = [
        answer.thing
        for answer in done(
            place, ("area.open", {"name": "Workshop"}, SYSTEM), *[("worker.hire", {"name": n}, SYSTEM) for n in "ab"]
        )
    ]
    held, quick = map(WorkerId, workers)
    done(place, *[("worker.grant-right", {"worker": each, "right": Right.HELPDESK}, SYSTEM) for each in workers])
    member = {"area": area, "role": Role.MEMBER}
    done(place, *[("area.give-role", {**member, "holder": worker_holder(each)}, SYSTEM) for each in (held, quick)])
    (opened,) = done(place, ("ticket.open", {"area": area, "title": "The pump"}, SYSTEM))
    claim = {"ticket": opened.thing}
    with started(place, "hold", json.dumps([("ticket.claim", claim, held, new_command_id())])) as other:
        decided = [other.heard()["decided"]]
        done(place, ("ticket.claim", claim, quick))
        other.tell()
        while isinstance(heard := other.heard(), dict):
            decided.append(heard["decided"])
            other.tell()
    with connect(place.postgres_url, place.settings.schema_name) as connection:
        assigned = [actor for (actor,) in connection.execute(ASSIGNED)]
    return Race(held, quick, decided, heard[0], assigned)


def test_the_claim_that_is_stored_first_wins_and_the_other_is_told_by_whom(place: Place) -> None:
    found = race(place)
    assert found.decided == [[""], ["TicketClaimed"]]
    assert found.assigned == [found.quick]
    assert (found.answer["code"], found.answer["thing"]) == ("TicketClaimed", found.quick)
