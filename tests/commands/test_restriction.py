"""Instead of being forgotten a contact's data is kept and not used: an officer says so, and lifts it (R-GDP-1)."""

from __future__ import annotations

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, OF_PRIVACY, OLENA, ZOE, contact, worker
from life import opened
from oblivion import Followed, followed
from rows import shown
from specification import Happened, of, on_monday

from commands.clients.contact import RenameContact
from commands.clients.merge import MergeContact, SeparateContact
from commands.permission import RightMissing
from commands.privacy.erasure import FenceErasure, RequestErasure
from commands.privacy.restriction import LiftRestriction, RestrictContact
from commands.service.ticket import SetTicketCustomer
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactEndingBegun,
    ContactForgotten,
    ContactGoesUnderAnother,
    ContactIsEnding,
    ContactIsForgotten,
    ContactIsRestricted,
    ContactMerged,
    ContactRestricted,
    ContactRestrictionLifted,
    ContactUnknown,
)
from domain.privacy.hold import HoldGroundNotListed
from domain.service.ticket import TICKET, TicketCustomerSet
from domain.staff.worker import ERASING, SYSTEM, Right
from domain.values import ContactId, SubjectId, WorkerId, person
from examples import ANNA, BAKERY, BELT, CUSTOMERS, LAWSUIT, MILL, MILL_SUBJECT, THEIR_WISH

TEN, NOON = on_monday(10), on_monday(12)
PETRA, SOMEBODYS = WorkerId("petra"), SubjectId("50eb0d")
OFFICE: list[Happened] = [*COMPANY_SO_FAR, *OF_PRIVACY, *worker(PETRA, Right.PRIVACY_OFFICER)]
MERGED = [*of(CONTACT, BAKERY, ContactMerged(survivor=MILL)), *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY))]

RESTRICT, LIFT = RestrictContact(contact=MILL, ground=LAWSUIT), LiftRestriction(contact=MILL)
RESTRICTED = ContactRestricted(subjects=(MILL_SUBJECT,), ground=LAWSUIT)
LIFTED = ContactRestrictionLifted(subjects=(MILL_SUBJECT,))
GUEST = ContactId("guest")
THE_GUEST = person("contact", GUEST)
WITH_GUEST = contact(GUEST, SOMEBODYS, CUSTOMERS)
GUESTS_TICKET = of(TICKET, BELT, opened(subject=SOMEBODYS, reporter=GUEST, customer=GUEST), at=TEN)


def office(*more: list[Happened]) -> Followed:
    return followed(OFFICE, *more)


def withheld(world: Followed) -> set[str]:
    """Whose data nobody is shown but officers."""
    tables = shown([Happened(fact.stream, fact.event, fact.happened_at, fact.recorded_at) for fact in world.log.facts])
    return {subject for subject, _ in tables["access_withheld"]}


def test_an_officer_restricts_and_lifts() -> None:
    world = office()
    world.when(RESTRICT, actor=PETRA, at=TEN).then(RESTRICTED)
    assert world.state(CONTACT, MILL).restricted == LAWSUIT
    assert withheld(world) == {MILL_SUBJECT}
    world.when(LIFT, actor=PETRA, at=NOON).then(LIFTED)
    assert world.state(CONTACT, MILL).used
    assert withheld(world) == set()


@pytest.mark.parametrize("actor", [OLENA, ZOE, ANNA, ERASING])
def test_nobody_else_does(actor: str) -> None:
    office().when(RESTRICT, actor=actor, at=TEN).refused(RightMissing)
    office(of(CONTACT, MILL, RESTRICTED)).when(LIFT, actor=actor, at=TEN).refused(RightMissing)


def test_an_officer_restricts_whom_they_may_not_know_of() -> None:
    hidden = RestrictContact(contact=BAKERY, ground=LAWSUIT)
    office().when(hidden, actor=PETRA, at=TEN).then(ContactRestricted(subjects=(BAKERY_SUBJECT,), ground=LAWSUIT))
    for command in (RestrictContact(contact="nobody", ground=LAWSUIT), LiftRestriction(contact="nobody")):
        office().when(command, actor=PETRA, at=TEN).refused(ContactUnknown)


def test_said_again_nothing_happens_and_on_another_ground_it_is_restricted_on_that() -> None:
    world = office(of(CONTACT, MILL, RESTRICTED))
    world.when(RESTRICT, actor=PETRA, at=TEN).then()
    world.happen([OF_PRIVACY[1]._replace(event=OF_PRIVACY[1].event.model_copy(update={"entries": (LAWSUIT, "tax")}))])
    tax = RestrictContact(contact=MILL, ground="tax")
    world.when(tax, actor=PETRA, at=TEN).then(ContactRestricted(subjects=(MILL_SUBJECT,), ground="tax"))
    world.when(LIFT, actor=PETRA, at=TEN).then(LIFTED)
    world.when(LIFT, actor=PETRA, at=TEN).then()


def test_the_ground_is_one_of_the_list() -> None:
    office().when(RestrictContact(contact=MILL, ground="spite"), actor=PETRA, at=TEN).refused(HoldGroundNotListed)


def test_those_merged_into_a_contact_are_restricted_with_it_and_named_by_it() -> None:
    both = (MILL_SUBJECT, BAKERY_SUBJECT)
    world = office(MERGED)
    restricted = ContactRestricted(subjects=both, ground=LAWSUIT)
    found = world.when(RESTRICT, actor=PETRA, at=TEN)
    found.then(restricted, restricted)
    assert [fact.stream for fact in found.facts] == ["contact-mill", "contact-bakery"]
    world.when(SeparateContact(contact=BAKERY), at=TEN).refused(ContactIsRestricted)
    lifted = ContactRestrictionLifted(subjects=both)
    world.when(LIFT, actor=PETRA, at=TEN).then(lifted, lifted)
    assert withheld(world) == set()
    for command in (RestrictContact(contact=BAKERY, ground=LAWSUIT), LiftRestriction(contact=BAKERY)):
        office(MERGED).when(command, actor=PETRA, at=TEN).refused(ContactGoesUnderAnother)


def test_what_they_wrote_before_anybody_knew_them_is_restricted_too() -> None:
    report = {"subject": SOMEBODYS, "reporter": None, "customer": None}
    linked = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILL, customer=MILL)
    world = office(of(TICKET, BELT, opened(**report), linked))
    world.when(RESTRICT, actor=PETRA, at=TEN).then(
        ContactRestricted(subjects=(MILL_SUBJECT, SOMEBODYS), ground=LAWSUIT)
    )
    assert withheld(world) == {MILL_SUBJECT, SOMEBODYS}


def test_nobody_turns_out_to_be_one_who_is_restricted_nor_is_merged_with_one() -> None:
    world = office(of(CONTACT, MILL, RESTRICTED))
    world.when(MergeContact(contact=BAKERY, survivor=MILL), at=TEN).refused(ContactIsRestricted)
    unknown = of(TICKET, BELT, opened(subject=SOMEBODYS, reporter=None, customer=None))
    other = office(unknown, of(CONTACT, MILL, RESTRICTED))
    other.when(SetTicketCustomer(ticket=BELT, reporter=MILL), at=TEN).refused(ContactIsRestricted)


@pytest.mark.parametrize(
    ("states", "refusal"),
    [
        ((ContactEndingBegun(),), ContactIsEnding),
        ((ContactEndingBegun(), ContactForgotten()), ContactIsForgotten),
    ],
)
def test_whom_is_to_go_or_is_gone_is_neither_restricted_nor_freed(
    states: tuple[ContactEndingBegun | ContactForgotten, ...], refusal: type[ContactIsEnding | ContactIsForgotten]
) -> None:
    office(of(CONTACT, MILL, *states)).when(RESTRICT, actor=PETRA, at=TEN).refused(refusal)
    office(of(CONTACT, MILL, RESTRICTED, *states)).when(LIFT, actor=PETRA, at=TEN).refused(refusal)


def test_who_is_restricted_may_be_forgotten_and_is_shown_to_officers_alone_on_the_way() -> None:
    world = office(WITH_GUEST)
    world.when(RestrictContact(contact=GUEST, ground=LAWSUIT), actor=PETRA, at=TEN)
    assert not world.when(RequestErasure(person=THE_GUEST, reason=THEIR_WISH), actor=PETRA, at=TEN).answer.code
    assert withheld(world) == {SOMEBODYS}
    assert not world.when(FenceErasure(person=THE_GUEST), actor=ERASING, at=TEN).answer.code
    assert world.state(CONTACT, GUEST).forgotten


@pytest.mark.parametrize(("in_between", "gone"), [([], True), (GUESTS_TICKET, False)], ids=["forgotten", "kept"])
def test_who_is_to_be_forgotten_is_shown_to_officers_alone_unless_that_is_refused(
    in_between: list[Happened], gone: bool
) -> None:
    world = office(WITH_GUEST)
    assert not world.when(RequestErasure(person=THE_GUEST, reason=THEIR_WISH), actor=PETRA, at=TEN).answer.code
    assert withheld(world) == {SOMEBODYS}
    world.happen(in_between)
    assert not world.when(FenceErasure(person=THE_GUEST), actor=ERASING, at=TEN).answer.code
    assert world.state(CONTACT, GUEST).forgotten is gone
    assert withheld(world) == ({SOMEBODYS} if gone else set())


def test_the_installation_itself_uses_no_restricted_contact() -> None:
    world = office(of(CONTACT, MILL, RESTRICTED))
    world.when(RenameContact(contact=MILL, name="x"), actor=SYSTEM, at=TEN).refused(ContactIsRestricted)
