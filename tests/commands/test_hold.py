"""A privacy officer holds anybody, and says on which ground; nobody else does (D23)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from company import COMPANY_SO_FAR, OF_PRIVACY, OLENA, ZOE, contact, worker
from life import opened
from specification import Given, Happened, given, of, on_monday

from commands.permission import RightMissing
from commands.privacy.hold import LiftHold, PlaceHold
from commands.privacy.person import SenderLinked
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactGoesUnderAnother,
    ContactMerged,
    ContactUnknown,
)
from domain.ending import EndPassed
from domain.privacy.hold import HOLD, HoldGroundNotListed, HoldLifted, HoldPlaced
from domain.refusal import Refused
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.worker import ERASING, Right, WorkerRightGranted, WorkerUnknown
from domain.staff.worker import WORKER as WORKERS
from domain.values import ContactId, Person, SubjectId, WorkerId, person
from examples import BELT, LAWSUIT, MILL, SUPPLIERS

TEN, NOON = on_monday(10), on_monday(12)
PETRA, HIDDEN = WorkerId("petra"), ContactId("hidden")
THE_HIDDEN = person("contact", HIDDEN)
OFFICE: list[Happened] = [
    *COMPANY_SO_FAR,
    *OF_PRIVACY,
    *worker(PETRA, Right.PRIVACY_OFFICER),
    *contact(HIDDEN, SubjectId("81dde4"), SUPPLIERS),
    *of(TICKET, BELT, opened(subject=SubjectId("50eb0d"), reporter=None, customer=None)),
]
PLACED = HoldPlaced(ground=LAWSUIT)
MERGED = [*of(CONTACT, HIDDEN, ContactMerged(survivor=MILL)), *of(CONTACT, MILL, ContactAbsorbed(contact=HIDDEN))]


def office(*more: list[Happened]) -> Given:
    return given(OFFICE, *more)


@pytest.mark.parametrize("held", ["contact:hidden", "worker:anna", "ticket:belt"])
def test_an_officer_holds_whom_nobody_may_know_of_who_works_here_and_whom_nobody_knows(held: str) -> None:
    world = office().when(PlaceHold(person=Person(held), ground=LAWSUIT), actor=PETRA, at=TEN).then(PLACED)
    assert world.state(HOLD, held).lasting(NOON) == (LAWSUIT,)
    world.when(LiftHold(person=Person(held), ground=LAWSUIT), actor=PETRA, at=TEN).then(HoldLifted(ground=LAWSUIT))
    assert world.state(HOLD, held).lasting(NOON) == ()


@pytest.mark.parametrize("actor", [OLENA, ZOE, ERASING, "nobody"])
def test_nobody_else_does(actor: str) -> None:
    for command in (PlaceHold(person=THE_HIDDEN, ground=LAWSUIT), LiftHold(person=THE_HIDDEN, ground=LAWSUIT)):
        held = of(HOLD, THE_HIDDEN, PLACED) if isinstance(command, LiftHold) else []
        office(held).when(command, actor=actor, at=TEN).refused(RightMissing)


@pytest.mark.parametrize(
    ("held", "refusal"),
    [
        ("contact:nobody", ContactUnknown),
        ("worker:nobody", WorkerUnknown),
        ("ticket:nobody", TicketUnknown),
        ("ticket:pump", SenderLinked),
    ],
)
def test_whoever_is_not_there_cannot_be_held(held: str, refusal: type[Refused]) -> None:
    office().when(PlaceHold(person=Person(held), ground=LAWSUIT), actor=PETRA, at=TEN).refused(refusal)


def test_who_goes_under_another_name_is_held_under_that_one_and_a_hold_from_before_can_still_be_lifted() -> None:
    merged = office(of(HOLD, THE_HIDDEN, PLACED), MERGED)
    merged.when(PlaceHold(person=THE_HIDDEN, ground=LAWSUIT), actor=PETRA, at=TEN).refused(ContactGoesUnderAnother)
    merged.when(PlaceHold(person=person("contact", MILL), ground=LAWSUIT), actor=PETRA, at=TEN).then(PLACED)
    lift = LiftHold(person=THE_HIDDEN, ground=LAWSUIT)
    merged.when(lift, actor=PETRA, at=TEN).then(HoldLifted(ground=LAWSUIT))


def test_the_ground_is_one_of_the_list_and_the_end_is_ahead() -> None:
    world = office()
    world.when(PlaceHold(person=THE_HIDDEN, ground="spite"), actor=PETRA, at=TEN).refused(HoldGroundNotListed)
    world.when(PlaceHold(person=THE_HIDDEN, ground=LAWSUIT, until=TEN), actor=PETRA, at=TEN).refused(EndPassed)
    until = TEN + timedelta(microseconds=1)
    command = PlaceHold(person=THE_HIDDEN, ground=LAWSUIT, until=until)
    world.when(command, actor=PETRA, at=TEN).then(HoldPlaced(ground=LAWSUIT, until=until))
    world.when(command, actor=PETRA, at=TEN).then()


def test_an_end_is_ahead_of_now_whatever_instant_the_request_speaks_of() -> None:
    late = of(WORKERS, PETRA, WorkerRightGranted(right=Right.LATE_FACTS))
    command = PlaceHold(person=THE_HIDDEN, ground=LAWSUIT, until=TEN)
    office(late).when(command, actor=PETRA, at=NOON, happened=on_monday(9)).refused(EndPassed)
