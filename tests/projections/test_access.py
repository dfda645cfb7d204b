"""Who may know of what follows every grant and every withdrawal, one row for one fact."""

from __future__ import annotations

from typing import Any

import pytest
from rows import shown
from specification import LONG_AGO, of, on_monday

from domain.clients.contact import CONTACT, ContactMerged, ContactMoved, ContactSeparated
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.fact import Event, Fact
from domain.staff.area import AREA, AreaRoleGiven, AreaRoleTaken, Role
from domain.staff.team import TEAM, TeamMemberAdded, TeamMemberRemoved
from domain.staff.worker import (
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerReactivated,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.values import worker_holder
from examples import ANNA, CUSTOMERS, EVENT, EVENTS, HOTLINE, MILL, SUPPLIERS, WORKSHOP
from projections.access import ACCESS, project

HIRED, HOLDER = EVENT["worker.hired"], worker_holder(ANNA)


def rows(table: str, decider: Any, id: str, *events: Event) -> dict[tuple[str, ...], dict[str, Any]]:
    return shown(of(decider, id, *events))[f"access_{table}"]


def test_a_worker_is_active_until_deactivated_and_may_come_back_with_every_right() -> None:
    granted = WorkerRightGranted(right=Right.SALES)
    assert rows("workers", WORKER, ANNA, HIRED) == {(ANNA,): {"active": True}}
    assert rows("workers", WORKER, ANNA, HIRED, WorkerDeactivated()) == {(ANNA,): {"active": False}}
    assert rows("workers", WORKER, ANNA, HIRED, WorkerDeactivated(), WorkerReactivated()) == {(ANNA,): {"active": True}}
    assert rows("rights", WORKER, ANNA, HIRED, granted, WorkerDeactivated()) == {(ANNA, "sales"): {"until": None}}


@pytest.mark.parametrize(
    ("table", "decider", "id", "given", "taken", "key"),
    [
        (
            "rights",
            WORKER,
            ANNA,
            WorkerRightGranted(right=Right.SALES),
            WorkerRightWithdrawn(right=Right.SALES),
            (ANNA, "sales"),
        ),
        ("members", TEAM, HOTLINE, TeamMemberAdded(worker=ANNA), TeamMemberRemoved(worker=ANNA), (HOTLINE, ANNA)),
        (
            "roles",
            AREA,
            WORKSHOP,
            AreaRoleGiven(holder=HOLDER, role=Role.READER),
            AreaRoleTaken(holder=HOLDER, role=Role.READER),
            (WORKSHOP, HOLDER, "reader"),
        ),
        (
            "directories",
            DIRECTORY,
            CUSTOMERS,
            DirectoryRightSet(holder=HOLDER, level=Level.EDIT),
            DirectoryRightSet(holder=HOLDER, level=Level.NONE),
            (CUSTOMERS, HOLDER, "standing"),
        ),
    ],
    ids=["right", "team", "role", "directory"],
)
def test_what_is_given_is_there_until_it_is_taken(
    table: str, decider: Any, id: str, given: Event, taken: Event, key: tuple[str, ...]
) -> None:
    assert set(rows(table, decider, id, given)) == {key}
    assert rows(table, decider, id, given, taken) == {}
    assert set(rows(table, decider, id, given, taken, given)) == {key}


def test_a_right_to_a_directory_is_a_rung_of_the_ladder() -> None:
    for level, rung in ((Level.USE, 1), (Level.EDIT, 2), (Level.ADMINISTER, 3)):
        found = rows("directories", DIRECTORY, CUSTOMERS, DirectoryRightSet(holder=HOLDER, level=level))
        assert found == {(CUSTOMERS, HOLDER, "standing"): {"level": rung, "until": None}}


def test_a_right_with_an_end_lies_on_top_of_one_without() -> None:
    standing = DirectoryRightSet(holder=HOLDER, level=Level.USE)
    on_top = DirectoryRightSet(holder=HOLDER, level=Level.EDIT, until=on_monday(12))
    both = rows("directories", DIRECTORY, CUSTOMERS, standing, on_top)
    assert both == {
        (CUSTOMERS, HOLDER, "standing"): {"level": 1, "until": None},
        (CUSTOMERS, HOLDER, "temporary"): {"level": 2, "until": on_monday(12)},
    }


def test_a_merged_contact_goes_under_its_survivor_until_separated() -> None:
    merged, separated = ContactMerged(survivor=ANNA), ContactSeparated(survivor=ANNA)
    assert rows("merged", CONTACT, MILL, merged) == {(MILL,): {"survivor": ANNA}}
    assert rows("merged", CONTACT, MILL, merged, separated) == {}


def test_a_contact_lies_where_it_was_moved_to() -> None:
    moved = ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS)
    assert rows("contacts", CONTACT, MILL, EVENT["contact.opened"], moved) == {(MILL,): {"directory": SUPPLIERS}}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.topic)
def test_a_fact_about_one_subject_changes_one_row_at_most(event: Event) -> None:
    fact: Fact[Any] = Fact("thing-x", 1, event, LONG_AGO, LONG_AGO, "system", 1)
    assert len(list(project(fact))) == (1 if type(event) in ACCESS.facts else 0)


@pytest.mark.parametrize(
    "topic", ["contact.restricted", "contact.restriction-lifted", "erasure.requested", "erasure.fenced"]
)
def test_of_somebody_who_stands_for_several_subjects_a_row_for_each_changes(topic: str) -> None:
    several = EVENT[topic].model_copy(update={"subjects": ("5b1f0c", "77aa01", "ba6e21")})
    fact: Fact[Any] = Fact("thing-x", 1, several, LONG_AGO, LONG_AGO, "system", 1)
    assert len(list(project(fact))) == 3
