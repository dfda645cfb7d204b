"""Who is forgotten, what is in the way, and what is begun with them no more (D23, D24, R-GDP-1, R-GDP-2, R-GRP-5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from company import COMPANY_SO_FAR, OF_PRIVACY, OLENA, ZOE, come_to, contact, worker
from life import opened
from oblivion import Followed, followed, next_step
from specification import Asked, Happened, given, of, on_monday

from commands.clients.address import AddAddress
from commands.clients.contact import ClassifyContact, MoveContact, RenameContact, SetContactNumbers
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.clients.paper import NoteOnContact
from commands.clients.relation import EmployContact, RelateContact, SetContactPart
from commands.command import Command
from commands.lookup import CHARGES, Charge
from commands.permission import RightMissing
from commands.pricing.order import DraftOrder, EnterOrder, Given
from commands.privacy.erasure import EndProof, FenceErasure, RepeatErasure, RequestErasure
from commands.privacy.hold import LiftHold, PlaceHold
from commands.privacy.person import SenderLinked
from commands.privacy.receipt import IssueReceipt
from commands.service.about import SenderIsForgotten
from commands.service.exchange import LogCall, LogMessage
from commands.service.joining import SeparateTicket, SplitTicket
from commands.service.opening import OpenTicket
from commands.service.ticket import ReopenTicket, SetTicketCustomer
from commands.staff.worker import DeactivateWorker, ReactivateWorker
from domain.clients.address import AddressAdded, AddressKind, AddressUse
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactEndingBegun,
    ContactForgotten,
    ContactGoesUnderAnother,
    ContactIsEnding,
    ContactIsForgotten,
    ContactIsRestricted,
    ContactKept,
    ContactKind,
    ContactMerged,
    ContactRestricted,
    ContactUnknown,
)
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.clients.relation import ContactEmployed
from domain.company.settings import COMPANY, SETTINGS, AfterClosing, FormRuleSet, RelationsListed
from domain.fact import Event
from domain.personal import Purpose
from domain.pricing.order import (
    ORDER,
    OrderCancelled,
    OrderConfirmed,
    OrderDrafted,
    OrderOffered,
    OrderPlaced,
    OrderSettled,
)
from domain.privacy.erasure import (
    AT_ONCE,
    ERASURE,
    ErasureFenced,
    ErasureProofLapsed,
    ErasureReasonNotListed,
    ErasureRefused,
    ErasureRequested,
    ErasureStepSkipped,
    ErasureUnknown,
    ProofNotLapsed,
    Step,
)
from domain.privacy.hold import HOLD, HoldLifted, HoldPlaced
from domain.privacy.obstacle import ErasureObstructed, Obstacle, ObstacleKind
from domain.privacy.receipt import BOOK, RECEIPT, ReceiptOther, ReceiptOutOfTurn, composed, digest
from domain.refusal import Refused
from domain.service.exchange import Direction, Way
from domain.service.joining import TicketAbsorbed, TicketMerged, TicketSplitOff
from domain.service.status import Status
from domain.service.ticket import (
    TICKET,
    TicketClosed,
    TicketCustomerSet,
    TicketHeld,
    TicketResolved,
    TicketStarted,
    TicketUnknown,
)
from domain.staff.worker import (
    ERASING,
    SYSTEM,
    WORKER,
    Right,
    WorkerDeactivated,
    WorkerForgotten,
    WorkerHired,
    WorkerIsForgotten,
    WorkerRightGranted,
    WorkerUnknown,
)
from domain.values import ContactId, OrderId, Person, SubjectId, TicketId, WorkerId, person
from examples import (
    BELT,
    CUSTOMERS,
    FLOUR,
    HOSE,
    LAWSUIT,
    MILL,
    MILL_SHOP,
    MILL_SUBJECT,
    MILLER,
    PROVEN_UNTIL,
    PUMP,
    REGULARS,
    REQUEST,
    SUPPLIERS,
    THE_MILL,
    THEIR_WISH,
    VIP,
)

NINE, TEN, ELEVEN, NOON = (on_monday(hour) for hour in (9, 10, 11, 12))
PETRA, IGOR = WorkerId("petra"), WorkerId("igor")
MILLERS, SHOPS, IGORS, SOMEBODYS = (SubjectId(each) for each in ("3111e4", "54095a", "160465", "50eb0d"))
THE_MILLER, THE_PUMP, THE_IGOR = person("contact", MILLER), person("ticket", PUMP), person("worker", IGOR)
LOAF, HANDS = OrderId("loaf"), ContactId("hands")

OFFICE: list[Happened] = [
    *COMPANY_SO_FAR,
    *OF_PRIVACY,
    *worker(PETRA, Right.PRIVACY_OFFICER),
    *contact(MILLER, MILLERS, CUSTOMERS, ContactKind.PERSON),
    *contact(MILL_SHOP, SHOPS, CUSTOMERS, ContactKind.PART),
    *of(WORKER, IGOR, WorkerHired(subject=IGORS, name="Igor"), WorkerDeactivated()),
]
"""Petra is privacy officer and nothing else; of the miller there is neither ticket nor order; Igor has left."""

WISH = RequestErasure(person=THE_MILLER, reason=THEIR_WISH)
FENCE = FenceErasure(person=THE_MILLER)
REQUESTED = ErasureRequested(
    reason=THEIR_WISH, contacts=(MILLER,), subjects=(MILLERS,), proof_until=TEN + timedelta(days=90)
)
FENCED = ErasureFenced(subjects=(MILLERS,), purposes=AT_ONCE)
MERGED = [
    *of(CONTACT, MILL_SHOP, ContactMerged(survivor=MILLER)),
    *of(CONTACT, MILLER, ContactAbsorbed(contact=MILL_SHOP)),
]


def office(*more: list[Happened]) -> Followed:
    return followed(OFFICE, *more)


def asked(world: Followed, command: Command = WISH, at: datetime = TEN, **more: Any) -> Asked:
    """By the officer."""
    return world.when(command, **{"actor": PETRA, "at": at, **more})


def fenced(world: Followed, of: Person = THE_MILLER, at: datetime = TEN) -> Followed:
    """The world in which the person was asked to be forgotten, and is."""
    for command in (RequestErasure(person=of, reason=THEIR_WISH), FenceErasure(person=of)):
        assert not world.when(command, at=at).answer.code
    assert world.state(ERASURE, of).step is Step.FENCED
    return world


def done(world: Followed, of: Person = THE_MILLER, at: datetime = TEN) -> Followed:
    """The world in which that has come to its receipt."""
    while world.state(ERASURE, of).step is not Step.COMPLETED:
        assert not world.when(next_step(world, of, at), at=at).answer.code
    return world


def ticket(id: TicketId, *then: Event, at: datetime = NINE, **said: Any) -> list[Happened]:
    about = opened(**{"subject": MILLERS, "reporter": MILLER, "customer": MILLER, **said})
    return of(TICKET, id, about, *then, at=at)


def sent(id: TicketId, *then: Event, subject: SubjectId = SOMEBODYS) -> list[Happened]:
    """A ticket of somebody whom nobody knows."""
    return ticket(id, *then, subject=subject, reporter=None, customer=None)


def order(*then: Event) -> list[Happened]:
    return of(ORDER, LOAF, OrderDrafted(customer=MILLER, currency="EUR"), *then, at=NINE)


CLOSED = (TicketResolved(), TicketClosed())
CONFIRMED = (OrderPlaced(), OrderConfirmed(total=Decimal("9.23")))


# What is in the way

IN_THE_WAY: dict[str, tuple[list[Happened], str]] = {
    "a ticket received": (ticket(BELT), "open-ticket belt"),
    "a ticket in work": (ticket(BELT, TicketStarted()), "open-ticket belt"),
    "a ticket that waits": (ticket(BELT, TicketHeld()), "open-ticket belt"),
    "a ticket resolved": (ticket(BELT, TicketResolved()), "open-ticket belt"),
    "a ticket as reporter alone": (ticket(BELT, customer=MILL), "open-ticket belt"),
    "a ticket as customer alone": (ticket(BELT, reporter=MILL), "open-ticket belt"),
    "a ticket that turned out to be theirs": (
        sent(BELT, TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILL)),
        "open-ticket belt",
    ),
    "a ticket under one that is open": (
        [
            *ticket(BELT, TicketMerged(survivor=HOSE)),
            *ticket(HOSE, TicketAbsorbed(ticket=BELT), reporter=MILL, customer=MILL),
        ],
        "open-ticket belt",
    ),
    "an order drafted": (order(), "open-order loaf"),
    "an offer": (order(OrderOffered()), "open-order loaf"),
    "an order placed": (order(OrderPlaced()), "open-order loaf"),
    "an order confirmed": (order(*CONFIRMED), "open-order loaf"),
    "a hold": (of(HOLD, THE_MILLER, HoldPlaced(ground=LAWSUIT)), "legal-hold lawsuit"),
    "a hold with an end ahead": (
        of(HOLD, THE_MILLER, HoldPlaced(ground=LAWSUIT, until=TEN + timedelta(microseconds=1))),
        "legal-hold lawsuit",
    ),
    "a hold on one merged into them": (
        [*MERGED, *of(HOLD, person("contact", MILL_SHOP), HoldPlaced(ground=LAWSUIT))],
        "legal-hold lawsuit",
    ),
    "a hold on a sender who turned out to be them": (
        [
            *sent(BELT, *CLOSED, TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)),
            *of(HOLD, person("ticket", BELT), HoldPlaced(ground=LAWSUIT)),
        ],
        "legal-hold lawsuit",
    ),
    "a ticket of one merged into them": (
        [*MERGED, *ticket(BELT, subject=SHOPS, reporter=MILL_SHOP, customer=MILL_SHOP)],
        "open-ticket belt",
    ),
}
NOT_IN_THE_WAY: dict[str, list[Happened]] = {
    "a ticket closed": ticket(BELT, *CLOSED),
    "a ticket closed for a reason": ticket(BELT, TicketClosed(reason="duplicate")),
    "a ticket that turned out to be another's": ticket(
        BELT, TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILL, customer=MILL)
    ),
    "a ticket under one that is closed": [
        *ticket(BELT, TicketMerged(survivor=HOSE)),
        *ticket(HOSE, TicketAbsorbed(ticket=BELT), *CLOSED),
    ],
    "an order settled": order(*CONFIRMED, OrderSettled()),
    "an order cancelled": order(OrderCancelled()),
    "a hold that ends now": of(HOLD, THE_MILLER, HoldPlaced(ground=LAWSUIT, until=TEN)),
    "a hold lifted": of(HOLD, THE_MILLER, HoldPlaced(ground=LAWSUIT), HoldLifted(ground=LAWSUIT)),
    "what others have open": ticket(BELT, reporter=MILL, customer=MILL, subject=MILL_SUBJECT),
    "that they work for somebody": of(CONTACT, MILLER, ContactEmployed(employer=MILL)),
    "a restriction": of(CONTACT, MILLER, ContactRestricted(subjects=(MILLERS,), ground=LAWSUIT)),
}


@pytest.mark.parametrize(("happened", "told"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_what_is_in_the_way_is_told(happened: list[Happened], told: str) -> None:
    found = asked(office(happened))
    found.refused(ErasureObstructed)
    assert found.answer.thing == told


@pytest.mark.parametrize("happened", NOT_IN_THE_WAY.values(), ids=NOT_IN_THE_WAY)
def test_what_is_over_is_not_in_the_way(happened: list[Happened]) -> None:
    asked(office(happened)).then(REQUESTED, ContactEndingBegun())


def test_all_that_is_in_the_way_is_told_at_once() -> None:
    world = office(
        *(MERGED, ticket(BELT), ticket(HOSE, TicketResolved(), reporter=MILL_SHOP), order(OrderOffered())),
        of(HOLD, THE_MILLER, HoldPlaced(ground="tax"), HoldPlaced(ground=LAWSUIT)),
        of(HOLD, person("contact", MILL_SHOP), HoldPlaced(ground="tax")),
    )
    found = asked(world)
    found.refused(ErasureObstructed)
    assert found.answer.thing.split("\n") == [
        *("open-ticket belt", "open-ticket hose", "open-order loaf", "legal-hold lawsuit", "legal-hold tax"),
    ]


def test_how_long_proof_is_kept_must_have_been_said() -> None:
    found = followed([each for each in OFFICE if each.event != OF_PRIVACY[2].event])
    refused = asked(found)
    refused.refused(ErasureObstructed)
    assert refused.answer.thing == "proof-retention-unset"


def test_a_worker_is_not_forgotten_while_they_work_here_or_answer_for_something() -> None:
    wish = RequestErasure(person=THE_IGOR, reason=THEIR_WISH)
    back = asked(office(), ReactivateWorker(worker=IGOR), actor=SYSTEM).given
    assert isinstance(back, Followed)
    back.log.found[CHARGES, IGOR] = (Charge("ticket", PUMP, None),)
    found = asked(back, wish)
    found.refused(ErasureObstructed)
    assert found.answer.thing == "works-here\nstill-answers"
    gone = asked(back, DeactivateWorker(worker=IGOR, forced=True), actor=SYSTEM).given
    assert isinstance(gone, Followed)
    assert asked(gone, wish).answer.thing == "still-answers"
    del gone.log.found[CHARGES, IGOR]
    assert not asked(gone, wish).answer.code


def test_what_is_no_longer_in_the_way_does_nothing_by_itself() -> None:
    world = office(ticket(BELT))
    asked(world).refused(ErasureObstructed)
    world.happen(of(TICKET, BELT, *CLOSED, at=TEN))
    assert world.state(ERASURE, THE_MILLER).step is Step.NONE
    assert not asked(world, at=ELEVEN).answer.code


# Who, and for what reason


def test_only_an_officer_asks_and_only_who_forgets_goes_on() -> None:
    for actor in (OLENA, ZOE, ERASING, "nobody"):
        asked(office(), actor=actor).refused(RightMissing)
    asked(office()).then(REQUESTED, ContactEndingBegun())
    for actor in (PETRA, OLENA, ZOE):
        world = asked(office()).given
        world.when(FENCE, actor=actor, at=TEN).refused(RightMissing)
    world.when(FENCE, actor=ERASING, at=TEN).then(FENCED, ContactForgotten())


def test_an_officer_needs_no_right_to_where_the_contact_lies() -> None:
    hidden = RequestErasure(person=person("contact", "hidden"), reason=THEIR_WISH)
    assert not asked(office(contact("hidden", SHOPS, SUPPLIERS)), hidden).answer.code  # type: ignore[arg-type]


def test_the_reason_is_one_of_the_list() -> None:
    asked(office(), RequestErasure(person=THE_MILLER, reason="spite")).refused(ErasureReasonNotListed)


@pytest.mark.parametrize(
    ("of", "refusal"),
    [
        ("contact:nobody", ContactUnknown),
        ("worker:nobody", WorkerUnknown),
        ("worker:system", WorkerUnknown),
        ("ticket:nobody", TicketUnknown),
        ("ticket:pump", SenderLinked),
    ],
)
def test_who_is_not_there_cannot_be_forgotten(of: str, refusal: type[Refused]) -> None:
    asked(office(), RequestErasure(person=Person(of), reason=THEIR_WISH)).refused(refusal)


def test_asked_again_nothing_happens_for_whatever_reason_and_however_far_it_has_come() -> None:
    world = office()
    steps = set()
    for at in (NOON + timedelta(days=days) for days in range(0, 260, 20)):
        if world.state(ERASURE, THE_MILLER).step is not Step.NONE:
            steps.add(world.state(ERASURE, THE_MILLER).step)
            asked(world, at=at).then()
            asked(world, RequestErasure(person=THE_MILLER, reason="spite"), at=at).then()
        assert not world.when(next_step(world, THE_MILLER, at), at=at).answer.code
    assert steps == {*Step} - {Step.NONE, Step.REFUSED}


def test_proof_is_kept_from_when_it_was_asked_whatever_instant_the_request_speaks_of() -> None:
    world = office(of(WORKER, PETRA, WorkerRightGranted(right=Right.LATE_FACTS)))
    asked(world, happened=NINE, at=TEN).then(REQUESTED, ContactEndingBegun())


# The fence


@pytest.mark.parametrize("event", sorted(topic for topic in REQUEST if topic.startswith(("erasure.", "receipt."))))
@pytest.mark.parametrize("step", Step)
def test_a_step_is_taken_only_after_the_one_before_it(event: str, step: Step) -> None:
    command, begins = REQUEST[event], BEGINS[event]
    world = given(COMPANY_SO_FAR, OF_PRIVACY if step is Step.NONE else come_to(step))
    found = world.when(command, at=TEN)
    if step in begins:
        assert found.facts
    elif event in ("erasure.request", "erasure.repeat"):
        found.then()
    elif step in (Step.NONE, Step.REFUSED) and event in ("erasure.fence", "erasure.end-proof"):
        found.refused(ErasureUnknown)
    else:
        found.refused(ErasureStepSkipped)


BEGINS: dict[str, set[Step]] = {
    "erasure.request": {Step.NONE, Step.REFUSED},
    "erasure.repeat": {Step.NONE, Step.REFUSED, Step.REQUESTED},
    "erasure.fence": {Step.REQUESTED},
    "erasure.record-keys": {Step.FENCED},
    "erasure.record-purge": {Step.DESTROYED},
    "erasure.record-acknowledgements": {Step.PURGED},
    "erasure.tell": {Step.ACKNOWLEDGED},
    "erasure.end-proof": {Step.COMPLETED},
    "receipt.issue": {Step.TOLD},
}


BETWEEN = {name: found for name, found in IN_THE_WAY.items() if not any(each in MERGED for each in found[0])}
"""What may come between the asking and the fence, or be seen only then; nobody is merged meanwhile."""


@pytest.mark.parametrize(("happened", "told"), BETWEEN.values(), ids=BETWEEN)
def test_what_came_in_between_is_found_at_the_fence_and_the_contact_is_kept(
    happened: list[Happened], told: str
) -> None:
    world = asked(office()).given
    world.happen(happened)
    refused = world.when(FENCE, actor=ERASING, at=TEN)
    refused.then(ErasureRefused(subjects=(MILLERS,), obstacles=(obstacle(told),)), ContactKept())
    assert world.state(ERASURE, THE_MILLER).step is Step.REFUSED
    assert world.state(CONTACT, MILLER).used


def obstacle(told: str) -> Obstacle:
    """As it is stated."""
    kind, _, which = told.partition(" ")
    held = kind == ObstacleKind.LEGAL_HOLD
    return Obstacle(kind=ObstacleKind(kind), thing=None if held else which, ground=which if held else None)


def test_refused_at_the_fence_it_may_be_asked_for_again() -> None:
    world = asked(office()).given
    world.happen(ticket(BELT, at=TEN))
    world.when(FENCE, actor=ERASING, at=TEN)
    world.when(WISH, actor=PETRA, at=ELEVEN).refused(ErasureObstructed)
    world.happen(of(TICKET, BELT, *CLOSED, at=ELEVEN))
    asked(world, at=NOON).then(  # type: ignore[arg-type]
        REQUESTED.model_copy(update={"proof_until": NOON + timedelta(days=90)}), ContactEndingBegun()
    )
    world.when(FENCE, actor=ERASING, at=NOON).then(FENCED, ContactForgotten())


def test_memberships_end_at_the_fence_and_only_those_that_last() -> None:
    joined = of(MEMBERSHIP, MILLER, MemberJoined(group=VIP), MemberJoined(group=REGULARS), MemberLeft(group=REGULARS))
    world = asked(office(joined)).given
    assert world.state(MEMBERSHIP, MILLER).groups(TEN) == (VIP,)
    world.when(FENCE, actor=ERASING, at=NOON).then(FENCED, MemberLeft(group=VIP), ContactForgotten())
    groups = world.state(MEMBERSHIP, MILLER)
    assert [groups.groups(at) for at in (NOON - timedelta(microseconds=1), NOON)] == [(VIP,), ()]


# Whom a person stands for


def test_those_merged_into_a_contact_are_forgotten_with_it() -> None:
    joined = of(MEMBERSHIP, MILL_SHOP, MemberJoined(group=VIP))
    world = office(MERGED, joined)
    both = {"contacts": (MILLER, MILL_SHOP), "subjects": (MILLERS, SHOPS)}
    asked(world).then(REQUESTED.model_copy(update=both), ContactEndingBegun(), ContactEndingBegun())
    found = world.when(FENCE, actor=ERASING, at=TEN)
    found.then(
        ErasureFenced(subjects=(MILLERS, SHOPS), purposes=AT_ONCE),
        *(MemberLeft(group=VIP), ContactForgotten(), ContactForgotten()),
    )
    assert [fact.stream for fact in found.facts][1:] == ["membership-mill-shop", "contact-miller", "contact-mill-shop"]


def test_who_goes_under_another_name_is_forgotten_under_that_one_alone() -> None:
    shop = RequestErasure(person=person("contact", MILL_SHOP), reason=THEIR_WISH)
    asked(office(MERGED), shop).refused(ContactGoesUnderAnother)
    apart = office(MERGED).when(SeparateContact(contact=MILL_SHOP)).given
    assert not apart.when(shop, actor=PETRA, at=TEN).answer.code
    assert not apart.state(CONTACT, MILLER).ending


def test_of_two_contacts_with_one_address_the_one_that_is_meant_goes() -> None:
    def reached(subject: SubjectId) -> AddressAdded:
        same = "desk@mill.example"
        return AddressAdded(
            address="desk", kind=AddressKind.EMAIL, use=AddressUse.WORK, subject=subject, typed=same, normal=same
        )

    world = fenced(office(of(CONTACT, MILLER, reached(MILLERS)), of(CONTACT, MILL_SHOP, reached(SHOPS))))
    assert world.state(ERASURE, THE_MILLER).subjects == (MILLERS,)
    assert (world.state(CONTACT, MILLER).forgotten, world.state(CONTACT, MILL_SHOP).used) == (True, True)
    assert not world.when(NoteOnContact(contact=MILL_SHOP, text="Ring twice")).answer.code


def test_of_a_worker_who_is_a_contact_too_the_contact_goes_and_the_worker_stays() -> None:
    world = fenced(office(of(WORKER, MILLER, WorkerHired(subject=IGORS, name="The miller"))))
    assert world.state(CONTACT, MILLER).forgotten
    assert (world.state(WORKER, MILLER).active, world.state(WORKER, MILLER).forgotten) == (True, False)
    assert IGORS not in world.state(ERASURE, THE_MILLER).subjects


def test_a_worker_who_left_is_forgotten_and_never_comes_back() -> None:
    world = office()
    wish = RequestErasure(person=THE_IGOR, reason=THEIR_WISH)
    told = REQUESTED.model_copy(update={"contacts": (), "subjects": (IGORS,)})
    asked(world, wish).then(told)
    fence = world.when(FenceErasure(person=THE_IGOR), actor=ERASING, at=TEN)
    fence.then(ErasureFenced(subjects=(IGORS,), purposes=AT_ONCE), WorkerForgotten())
    world.when(ReactivateWorker(worker=IGOR), at=NOON).refused(WorkerIsForgotten)


def test_a_worker_who_came_back_in_between_is_not_forgotten() -> None:
    world = asked(office(), RequestErasure(person=THE_IGOR, reason=THEIR_WISH)).given
    assert not world.when(ReactivateWorker(worker=IGOR), at=TEN).answer.code
    works = Obstacle(kind=ObstacleKind.WORKS_HERE)
    fence = world.when(FenceErasure(person=THE_IGOR), actor=ERASING, at=TEN)
    fence.then(ErasureRefused(subjects=(IGORS,), obstacles=(works,)))


# Senders


def test_a_sender_whom_nobody_knows_is_forgotten_by_the_ticket() -> None:
    the_belt = person("ticket", BELT)
    world = office(sent(BELT, *CLOSED))
    told = REQUESTED.model_copy(update={"contacts": (), "subjects": (SOMEBODYS,)})
    asked(world, RequestErasure(person=the_belt, reason=THEIR_WISH)).then(told)
    world.when(FenceErasure(person=the_belt), actor=ERASING, at=TEN).then(
        ErasureFenced(subjects=(SOMEBODYS,), purposes=AT_ONCE)
    )


def test_an_open_ticket_of_the_sender_is_in_the_way_be_it_the_same_or_a_part_of_it() -> None:
    wish = RequestErasure(person=person("ticket", BELT), reason=THEIR_WISH)
    for world in (office(sent(BELT)), office(sent(BELT, *CLOSED), sent(HOSE, TicketSplitOff(origin=BELT)))):
        found = asked(world, wish)
        found.refused(ErasureObstructed)
        assert found.answer.thing in ("open-ticket belt", "open-ticket hose")
    assert not asked(office(sent(BELT, *CLOSED), sent(HOSE, *CLOSED)), wish).answer.code


def test_a_sender_who_turned_out_to_be_a_contact_is_forgotten_with_the_contact() -> None:
    linked = TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)
    world = office(sent(BELT, linked, *CLOSED))
    asked(world, RequestErasure(person=person("ticket", BELT), reason=THEIR_WISH)).refused(SenderLinked)
    asked(world).then(REQUESTED.model_copy(update={"subjects": (MILLERS, SOMEBODYS)}), ContactEndingBegun())


def test_one_subject_of_several_tickets_is_told_once() -> None:
    linked = TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)
    world = office(sent(BELT, linked, *CLOSED), sent(HOSE, TicketSplitOff(origin=BELT), linked, *CLOSED))
    asked(world).then(REQUESTED.model_copy(update={"subjects": (MILLERS, SOMEBODYS)}), ContactEndingBegun())


def test_who_is_known_by_a_part_of_their_report_is_forgotten_with_all_of_it() -> None:
    linked = TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)
    part = sent(HOSE, TicketSplitOff(origin=BELT), linked, *CLOSED)
    asked(office(sent(BELT, *CLOSED), part), RequestErasure(person=person("ticket", BELT), reason=THEIR_WISH)).refused(
        SenderLinked
    )
    assert asked(office(sent(BELT), part)).answer.thing == "open-ticket belt"
    asked(office(sent(BELT, *CLOSED), part)).then(
        REQUESTED.model_copy(update={"subjects": (MILLERS, SOMEBODYS)}), ContactEndingBegun()
    )


@pytest.mark.parametrize("of_whom", [THE_MILLER, person("ticket", HOSE)])
@pytest.mark.parametrize("held", [person("ticket", BELT), person("ticket", HOSE)])
def test_a_hold_on_one_part_of_a_report_keeps_its_sender(held: Person, of_whom: Person) -> None:
    linked = [TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)] if of_whom == THE_MILLER else []
    world = office(sent(BELT, *CLOSED), sent(HOSE, TicketSplitOff(origin=BELT), *linked, *CLOSED))
    world.happen(of(HOLD, held, HoldPlaced(ground=LAWSUIT)))
    found = asked(world, RequestErasure(person=of_whom, reason=THEIR_WISH))
    found.refused(ErasureObstructed)
    assert found.answer.thing == "legal-hold lawsuit"


def test_a_sender_who_is_known_since_it_was_asked_for_is_not_forgotten_alone() -> None:
    the_belt = person("ticket", BELT)
    world = office(sent(BELT, *CLOSED))
    asked(world, RequestErasure(person=the_belt, reason=THEIR_WISH))
    world.happen(of(TICKET, BELT, TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER), at=TEN))
    linked = Obstacle(kind=ObstacleKind.SENDER_LINKED)
    world.when(FenceErasure(person=the_belt), actor=ERASING, at=TEN).then(
        ErasureRefused(subjects=(SOMEBODYS,), obstacles=(linked,))
    )


def test_what_became_known_between_the_asking_and_the_fence_is_fenced_too() -> None:
    world = office(sent(BELT, *CLOSED))
    asked(world)
    world.happen(of(TICKET, BELT, TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER), at=TEN))
    world.when(FENCE, actor=ERASING, at=TEN).then(
        ErasureFenced(subjects=(MILLERS, SOMEBODYS), purposes=AT_ONCE), ContactForgotten()
    )


# Nothing new is begun

WITH_THEM: dict[str, Command] = {
    "a report of theirs": OpenTicket(reporter=MILLER, title="x"),
    "a report on their terms": OpenTicket(customer=MILLER, title="x"),
    "a report by another on their terms": OpenTicket(reporter=MILL, customer=MILLER, title="x"),
    "a report that turns out to be theirs": SetTicketCustomer(ticket=PUMP, reporter=MILLER),
    "an order": DraftOrder(customer=MILLER, currency="EUR"),
    "an order entered": EnterOrder(customer=MILLER, currency="EUR", lines=(Given(product=FLOUR, quantity=Decimal(2)),)),
    "a membership": JoinGroup(contact=MILLER, group=VIP),
    "a merge": MergeContact(contact=MILLER, survivor=MILL),
    "a merge into them": MergeContact(contact=MILL, survivor=MILLER),
    "an employment": EmployContact(contact=MILLER, employer=MILL),
    "a relation": RelateContact(contact=MILLER, relation="supplier", other=MILL),
    "a relation to them": RelateContact(contact=MILL, relation="supplier", other=MILLER),
    "an address": AddAddress(contact=MILLER, kind=AddressKind.POSTAL, typed="High Street 7"),
    "a note": NoteOnContact(contact=MILLER, text="Ring twice"),
    "a class": ClassifyContact(contact=MILLER),
    "another directory": MoveContact(contact=MILLER, directory=SUPPLIERS),
    "another name": RenameContact(contact=MILLER, name="Somebody"),
    "other numbers": SetContactNumbers(contact=MILLER, company_number="27082440"),
}
STATES: dict[str, tuple[tuple[Event, ...], type[Refused]]] = {
    "ending": ((ContactEndingBegun(),), ContactIsEnding),
    "forgotten": ((ContactEndingBegun(), ContactForgotten()), ContactIsForgotten),
    "restricted": ((ContactRestricted(subjects=(MILLERS,), ground=LAWSUIT),), ContactIsRestricted),
    "restricted and ending": (
        (ContactRestricted(subjects=(MILLERS,), ground=LAWSUIT), ContactEndingBegun()),
        ContactIsEnding,
    ),
}


@pytest.mark.parametrize(("states", "refusal"), STATES.values(), ids=STATES)
@pytest.mark.parametrize("command", WITH_THEM.values(), ids=WITH_THEM)
def test_nothing_new_is_begun_with_whom_is_to_go_or_is_not_to_be_used(
    command: Command, states: tuple[Event, ...], refusal: type[Refused]
) -> None:
    listed = of(SETTINGS, COMPANY, RelationsListed(entries=("supplier",)))
    office(listed, of(CONTACT, MILLER, *states)).when(command, at=TEN).refused(refusal)
    kept = asked(office(listed, of(CONTACT, MILLER, ContactEndingBegun(), ContactKept())), command, actor=SYSTEM)
    assert kept.answer.code not in {each.__name__ for _, each in STATES.values()}


@pytest.mark.parametrize("states", [states for states, _ in STATES.values()], ids=STATES)
def test_whole_and_employer_are_nobody_with_whom_nothing_is_begun(states: tuple[Event, ...]) -> None:
    world = office(of(CONTACT, MILL, *states), contact(HANDS, SHOPS, CUSTOMERS, ContactKind.PERSON))
    refusal = next(each for those, each in STATES.values() if those == states)
    world.when(SetContactPart(contact=MILL_SHOP, whole=MILL), at=TEN).refused(refusal)
    world.when(EmployContact(contact=HANDS, employer=MILL), at=TEN).refused(refusal)


@pytest.mark.parametrize("states", [states for states, _ in STATES.values()], ids=STATES)
def test_a_report_is_on_its_reporters_own_terms_where_nothing_is_begun_with_the_employer(
    states: tuple[Event, ...],
) -> None:
    employed = of(CONTACT, MILLER, ContactEmployed(employer=MILL))
    for happened, customer in (((), MILL), (states, MILLER)):
        world = office(employed, of(CONTACT, MILL, *happened))
        first = world.when(OpenTicket(reporter=MILLER, title="x"), at=TEN).facts[0].event
        assert (first.reporter, first.customer) == (MILLER, customer)


def test_leaving_a_group_is_nothing_new() -> None:
    joined = of(MEMBERSHIP, MILLER, MemberJoined(group=VIP))
    leave = LeaveGroup(contact=MILLER, group=VIP)
    office(joined, of(CONTACT, MILLER, ContactEndingBegun())).when(leave, at=TEN).then(MemberLeft(group=VIP))


GONE: dict[str, tuple[tuple[Event, ...], type[Refused]]] = {
    name: found for name, found in STATES.items() if name != "restricted"
}


@pytest.mark.parametrize(("states", "refusal"), GONE.values(), ids=GONE)
@pytest.mark.parametrize("role", ["reporter", "customer"])
def test_what_is_closed_is_not_opened_again(role: str, states: tuple[Event, ...], refusal: type[Refused]) -> None:
    other = {"reporter": "customer", "customer": "reporter"}[role]
    world = office(ticket(BELT, *CLOSED, **{other: MILL}), of(CONTACT, MILLER, *states))
    world.when(ReopenTicket(ticket=BELT), at=TEN).refused(refusal)


def test_what_is_kept_and_not_used_may_be_gone_on_with() -> None:
    restricted, _ = STATES["restricted"]
    world = office(ticket(BELT, *CLOSED), of(CONTACT, MILLER, *restricted))
    assert not world.when(ReopenTicket(ticket=BELT), at=TEN).answer.code
    assert not world.when(LogCall(ticket=BELT, answered=True), at=TEN).answer.code


def test_a_report_of_theirs_does_not_turn_out_late_to_be_anothers() -> None:
    """Else what is destroyed with them would be another's by then, whom something may keep."""
    linked = TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)
    about = opened(subject=SOMEBODYS, reporter=None, customer=None)
    world = office(of(TICKET, BELT, about, linked, at=NINE), of(TICKET, BELT, *CLOSED, at=TEN))
    asked(world, at=ELEVEN)
    anothers, then = SetTicketCustomer(ticket=BELT, reporter=MILL), on_monday(9, 30)
    world.when(anothers, at=ELEVEN, happened=then).refused(ContactIsEnding)
    world.when(FENCE, at=ELEVEN)
    world.when(anothers, at=ELEVEN, happened=then).refused(ContactIsForgotten)


@pytest.mark.parametrize(("states", "refusal"), STATES.values(), ids=STATES)
def test_no_part_is_made_of_what_is_theirs(states: tuple[Event, ...], refusal: type[Refused]) -> None:
    world = office(ticket(BELT), of(CONTACT, MILLER, *states))
    world.when(SplitTicket(origin=BELT, title="The hose"), at=TEN).refused(refusal)


@pytest.mark.parametrize(("states", "refusal"), GONE.values(), ids=GONE)
def test_no_merge_is_undone_that_would_leave_them_with_an_open_ticket(
    states: tuple[Event, ...], refusal: type[Refused]
) -> None:
    world = office(
        ticket(BELT, TicketMerged(survivor=HOSE)),
        ticket(HOSE, TicketAbsorbed(ticket=BELT), *CLOSED),
        of(CONTACT, MILLER, *states),
    )
    world.when(SeparateTicket(ticket=BELT), at=TEN).refused(refusal)


def letter(ticket: TicketId = BELT) -> LogMessage:
    return LogMessage(ticket=ticket, direction=Direction.INCOMING, way=Way.EMAIL)


def ruled(rule: AfterClosing) -> list[Happened]:
    return of(SETTINGS, COMPANY, FormRuleSet(reopens=rule))


@pytest.mark.parametrize("states", [states for states, _ in GONE.values()], ids=GONE)
@pytest.mark.parametrize("rule", AfterClosing)
@pytest.mark.parametrize("role", ["reporter", "customer"])
def test_a_message_after_closing_is_recorded_and_nothing_else(
    role: str, rule: AfterClosing, states: tuple[Event, ...]
) -> None:
    other = {"reporter": "customer", "customer": "reporter"}[role]
    world = office(ruled(rule), ticket(BELT, *CLOSED, **{other: MILL}), of(CONTACT, MILLER, *states))
    (said,) = world.when(letter(), at=TEN).facts
    assert said.event.topic == "ticket.message-logged"
    assert world.state(TICKET, BELT).status(NOON) is Status.CLOSED


@pytest.mark.parametrize(("states", "refusal"), GONE.values(), ids=GONE)
def test_a_message_that_becomes_known_late_does_not_undo_the_closing(
    states: tuple[Event, ...], refusal: type[Refused]
) -> None:
    resolved = of(TICKET, BELT, TicketResolved(), at=on_monday(9, 10))
    closed = of(TICKET, BELT, TicketClosed(), at=on_monday(9, 20))
    world = office(ticket(BELT), resolved, closed, of(CONTACT, MILLER, *states, at=on_monday(9, 30)))
    late = {"at": TEN, "happened": on_monday(9, 15)}
    world.when(letter(), **late).refused(refusal)
    opened = office(ticket(BELT), resolved, closed).when(letter(), **late)
    assert opened.given.state(TICKET, BELT).status(NOON) is Status.IN_WORK


def test_a_message_opens_no_new_ticket_with_whose_data_is_not_used_and_goes_on_with_an_old_one() -> None:
    states, _ = STATES["restricted"]
    world = office(ruled(AfterClosing.NEW_TICKET), ticket(BELT, *CLOSED), of(CONTACT, MILLER, *states))
    assert len(world.when(letter(), at=TEN).facts) == 1
    again = office(ruled(AfterClosing.REOPEN), ticket(BELT, *CLOSED), of(CONTACT, MILLER, *states))
    assert again.when(letter(), at=TEN).given.state(TICKET, BELT).status(NOON) is Status.IN_WORK


def test_a_message_does_not_open_what_stands_for_the_ticket_where_that_is_of_whom_is_forgotten() -> None:
    survivor = ticket(HOSE, TicketAbsorbed(ticket=BELT), *CLOSED)
    for states, status in (((), Status.IN_WORK), (GONE["forgotten"][0], Status.CLOSED)):
        merged = sent(BELT, TicketMerged(survivor=HOSE))
        world = office(ruled(AfterClosing.REOPEN), merged, survivor, of(CONTACT, MILLER, *states))
        assert world.when(letter(), at=TEN).given.state(TICKET, HOSE).status(NOON) is status


OF_SENDERS: dict[str, Command] = {
    "opened again": ReopenTicket(ticket=BELT),
    "split": SplitTicket(origin=BELT, title="x"),
    "separated": SeparateTicket(ticket=BELT),
}


@pytest.mark.parametrize("command", OF_SENDERS.values(), ids=OF_SENDERS)
def test_nothing_is_begun_again_with_a_sender_who_is_to_go_or_is_gone(command: Command) -> None:
    the_belt = person("ticket", BELT)
    happened = sent(BELT, *CLOSED)
    if isinstance(command, SeparateTicket):
        happened = [*sent(BELT, TicketMerged(survivor=HOSE)), *sent(HOSE, TicketAbsorbed(ticket=BELT), *CLOSED)]
    asked_for = office(happened)
    assert not asked(asked_for, RequestErasure(person=the_belt, reason=THEIR_WISH)).answer.code
    for world in (asked_for, fenced(office(happened), the_belt)):
        world.when(command, at=NOON).refused(SenderIsForgotten)
    assert office(happened).when(command, at=NOON).answer.code != SenderIsForgotten.__name__


@pytest.mark.parametrize("rule", AfterClosing)
def test_a_message_on_the_closed_ticket_of_a_forgotten_sender_is_recorded_and_nothing_else(rule: AfterClosing) -> None:
    world = fenced(office(ruled(rule), sent(BELT, *CLOSED)), person("ticket", BELT))
    assert len(world.when(letter(), at=NOON).facts) == 1
    assert world.state(TICKET, BELT).status(NOON) is Status.CLOSED


def test_a_sender_who_was_asked_for_and_kept_goes_on_as_ever() -> None:
    the_belt = person("ticket", BELT)
    world = office(sent(BELT, *CLOSED))
    asked(world, RequestErasure(person=the_belt, reason=THEIR_WISH))
    world.happen(of(HOLD, the_belt, HoldPlaced(ground=LAWSUIT), at=TEN))
    assert world.when(FenceErasure(person=the_belt), actor=ERASING, at=TEN).facts[0].event.topic == "erasure.refused"
    assert not world.when(ReopenTicket(ticket=BELT), at=NOON).answer.code


def test_what_we_sent_is_kept_apart_from_what_came() -> None:
    world = office(ticket(BELT))
    for direction, field in ((Direction.INCOMING, "text"), (Direction.OUTGOING, "sent")):
        said = LogMessage(ticket=BELT, direction=direction, way=Way.EMAIL, text="It hums")
        told = world.when(said, at=TEN).facts[0].event
        assert {name: getattr(told, name) for name in ("text", "sent")} == {
            "text": None,
            "sent": None,
            field: "It hums",
        }


# Proof


def test_proof_goes_by_itself_when_its_time_is_over_and_not_before() -> None:
    world = done(office())
    until, end = TEN + timedelta(days=90), EndProof(person=THE_MILLER)
    world.when(end, actor=ERASING, at=until - timedelta(microseconds=1)).refused(ProofNotLapsed)
    world.when(end, actor=PETRA, at=until).refused(RightMissing)
    world.when(end, actor=ERASING, at=until).then(ErasureProofLapsed(subjects=(MILLERS,)))
    assert world.state(ERASURE, THE_MILLER).purposes == (Purpose.PROOF,)


@pytest.mark.parametrize(
    "held", [THE_MILLER, person("contact", MILL_SHOP), person("ticket", BELT)], ids=["them", "merged", "as sender"]
)
def test_a_hold_keeps_the_proof_until_it_is_lifted(held: Person) -> None:
    linked = TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)
    world = done(office(MERGED, sent(BELT, linked, *CLOSED)))
    after, end = TEN + timedelta(days=91), EndProof(person=THE_MILLER)
    world.happen(of(HOLD, held, HoldPlaced(ground=LAWSUIT), at=NOON))
    world.when(end, actor=ERASING, at=after).refused(ProofNotLapsed)
    assert not world.when(LiftHold(person=held, ground=LAWSUIT), actor=PETRA, at=after).answer.code
    world.when(end, actor=ERASING, at=after).then(
        ErasureProofLapsed(subjects=world.state(ERASURE, THE_MILLER).subjects)
    )


def test_of_whom_is_forgotten_proof_can_be_held() -> None:
    world = done(office())
    hold = PlaceHold(person=THE_MILLER, ground=LAWSUIT)
    world.when(hold, actor=PETRA, at=NOON).then(HoldPlaced(ground=LAWSUIT))


# Receipts


def test_a_receipt_completes_the_erasure_and_the_next_one_follows_it() -> None:
    world = office()
    for number, who in ((1, THE_MILLER), (2, person("contact", MILL_SHOP))):
        done(world, who)
        receipts = world.state(RECEIPT, BOOK)
        assert (receipts.count, receipts.last) == (number, world.state(ERASURE, who).receipts[-1])
    second = world.log.streams["receipt-book"][-1].event.receipt
    assert second.previous == digest(world.log.streams["receipt-book"][0].event.receipt)
    assert second.person == person("contact", MILL_SHOP)


def test_the_second_round_has_a_receipt_of_its_own() -> None:
    world = done(office())
    after = TEN + timedelta(days=90)
    assert not world.when(EndProof(person=THE_MILLER), actor=ERASING, at=after).answer.code
    done(world, at=after)
    first, second = (fact.event.receipt for fact in world.log.streams["receipt-book"])
    assert (first.purposes, second.purposes) == (AT_ONCE, (Purpose.PROOF,))
    assert second.previous == digest(first)
    assert len(world.state(ERASURE, THE_MILLER).receipts) == 2


def receipt_to_be(world: Followed) -> IssueReceipt:
    while world.state(ERASURE, THE_MILLER).step is not Step.TOLD:
        assert not world.when(next_step(world, THE_MILLER, TEN), at=TEN).answer.code
    issue = next_step(world, THE_MILLER, TEN)
    assert isinstance(issue, IssueReceipt)
    return issue


def test_a_receipt_that_comes_too_late_is_composed_anew() -> None:
    world = office()
    issue = receipt_to_be(world)
    done(world, person("contact", MILL_SHOP))
    world.when(issue, actor=ERASING, at=TEN).refused(ReceiptOutOfTurn)
    anew = composed(THE_MILLER, world.state(ERASURE, THE_MILLER), world.state(RECEIPT, BOOK), TEN)
    again = issue.model_copy(update={"receipt": anew})
    assert not world.when(again, actor=ERASING, at=TEN).answer.code


def test_a_receipt_says_what_was_stated_and_who_forgets_alone_issues_it() -> None:
    world = office()
    issue = receipt_to_be(world)
    for actor in (PETRA, OLENA):
        world.when(issue, actor=actor, at=TEN).refused(RightMissing)
    less = issue.model_copy(update={"receipt": issue.receipt.model_copy(update={"kept": ()})})
    world.when(less, actor=ERASING, at=TEN).refused(ReceiptOther)
    others = issue.model_copy(update={"receipt": issue.receipt.model_copy(update={"person": THE_MILL})})
    world.when(others, actor=ERASING, at=TEN).refused(ErasureStepSkipped)
    assert world.when(issue, actor=ERASING, at=TEN).given.state(ERASURE, THE_MILLER).step is Step.COMPLETED


# Done again in a log that was restored


def again(**more: Any) -> RepeatErasure:
    said = {
        "person": THE_MILLER,
        "reason": THEIR_WISH,
        "contacts": (MILLER, "lost"),
        "subjects": (MILLERS,),
        "proof_until": PROVEN_UNTIL,
        "former": "0c" * 32,
    }
    return RepeatErasure.model_validate({**said, **more})


def test_in_a_restored_log_it_is_done_again_whatever_stands_in_the_way() -> None:
    world = office(ticket(BELT), order(), of(HOLD, THE_MILLER, HoldPlaced(ground=LAWSUIT)))
    told = REQUESTED.model_copy(update={"proof_until": PROVEN_UNTIL, "former": "0c" * 32})
    world.when(again(), at=TEN).then(told, ContactEndingBegun())
    world.when(FENCE, actor=ERASING, at=TEN).then(FENCED, ContactForgotten())
    world.when(again(), at=NOON).then()


def test_it_is_the_installation_that_does_it_again_and_nobody_else() -> None:
    for actor in (PETRA, OLENA, ERASING):
        office().when(again(), actor=actor, at=TEN).refused(RightMissing)


def test_contacts_that_the_restored_log_does_not_know_yet_are_passed_over() -> None:
    world = followed(COMPANY_SO_FAR)
    world.when(again(), at=TEN).then(
        REQUESTED.model_copy(update={"contacts": (), "proof_until": PROVEN_UNTIL, "former": "0c" * 32})
    )
    world.when(FENCE, actor=ERASING, at=TEN).then(FENCED)


def test_what_was_only_asked_for_when_the_backup_was_taken_is_done_again_too() -> None:
    world = office(ticket(BELT))
    world.happen(of(ERASURE, THE_MILLER, REQUESTED))
    assert world.when(again(), at=TEN).given.state(ERASURE, THE_MILLER).former == "0c" * 32
    world.when(FENCE, actor=ERASING, at=TEN).then(FENCED, ContactForgotten())


def test_the_end_of_the_proof_is_done_again_before_its_time_and_under_a_hold() -> None:
    world = done(office())
    world.happen(of(HOLD, THE_MILLER, HoldPlaced(ground=LAWSUIT), at=TEN))
    world.when(again(proof_lapsed=True), at=NOON).then(ErasureProofLapsed(subjects=(MILLERS,)))
    world.when(again(proof_lapsed=True), at=NOON).then()
