"""A privacy officer sets right what is said of any contact, and who may edit it sets it right as ever (R-GDP-5)."""

from __future__ import annotations

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, VERA, worker
from specification import Given, Happened, given, of, on_monday

from commands.clients.address import AddAddress, ChangeAddress, RemoveAddress
from commands.clients.contact import ClassifyContact, MoveContact, RenameContact, SetContactNumbers
from commands.clients.paper import NoteOnContact, RemoveContactNote, RemoveFile
from commands.command import Command
from commands.permission import RightMissing
from domain.clients.address import AddressChanged, AddressKind, AddressRemoved
from domain.clients.contact import (
    CONTACT,
    ContactEndingBegun,
    ContactForgotten,
    ContactIsEnding,
    ContactIsForgotten,
    ContactIsRestricted,
    ContactNumbersSet,
    ContactRenamed,
    ContactRestricted,
    ContactUnknown,
)
from domain.clients.paper import ContactFileRemoved, ContactNoteRemoved
from domain.fact import Event
from domain.refusal import Refused
from domain.staff.worker import ERASING, WORKER, Right, WorkerRightGranted
from domain.values import WorkerId
from examples import ANNA, BAKERY, BORIS, CUSTOMERS, DOOR, EVENT, LAWSUIT, MEMO, PLAN

TEN, NOON = on_monday(10), on_monday(12)
PETRA = WorkerId("petra")


def theirs(topic: str) -> Event:
    """The example, of the bakery."""
    return EVENT[topic].model_copy(update={"subject": BAKERY_SUBJECT})


OFFICE: list[Happened] = [
    *COMPANY_SO_FAR,
    *worker(PETRA, Right.PRIVACY_OFFICER),
    *of(CONTACT, BAKERY, theirs("contact.address-added"), theirs("contact.noted"), theirs("contact.file-attached")),
]
RESTRICTED = of(CONTACT, BAKERY, ContactRestricted(subjects=(BAKERY_SUBJECT,), ground=LAWSUIT))

CORRECTIONS: dict[str, tuple[Command, Event]] = {
    "name": (
        RenameContact(contact=BAKERY, name="New Bakery"),
        ContactRenamed(subject=BAKERY_SUBJECT, name="New Bakery"),
    ),
    "numbers": (
        SetContactNumbers(contact=BAKERY, company_number="27082440"),
        ContactNumbersSet(subject=BAKERY_SUBJECT, company_number="27082440", vat_number=None),
    ),
    "address": (
        ChangeAddress(contact=BAKERY, address=DOOR, typed="Desk@Bakery.example"),
        AddressChanged(address=DOOR, subject=BAKERY_SUBJECT, typed="Desk@Bakery.example", normal="desk@bakery.example"),
    ),
    "address taken away": (RemoveAddress(contact=BAKERY, address=DOOR), AddressRemoved(address=DOOR)),
    "note taken away": (RemoveContactNote(contact=BAKERY, note=MEMO), ContactNoteRemoved(note=MEMO)),
    "file taken away": (RemoveFile(contact=BAKERY, file=PLAN), ContactFileRemoved(file=PLAN)),
}
NOT_CORRECTIONS: dict[str, Command] = {
    "another address": AddAddress(contact=BAKERY, kind=AddressKind.POSTAL, typed="High Street 7"),
    "another note": NoteOnContact(contact=BAKERY, text="Ring twice"),
    "another directory": MoveContact(contact=BAKERY, directory=CUSTOMERS),
    "another class": ClassifyContact(contact=BAKERY),
}


def office(*more: list[Happened]) -> Given:
    return given(OFFICE, *more)


@pytest.mark.parametrize(("command", "event"), CORRECTIONS.values(), ids=CORRECTIONS)
def test_an_officer_corrects_a_contact_that_they_may_not_know_of_and_the_fact_says_who_did(
    command: Command, event: Event
) -> None:
    found = office().when(command, actor=PETRA, at=TEN)
    found.then(event)
    assert found.facts[0].actor == PETRA


@pytest.mark.parametrize(("command", "event"), CORRECTIONS.values(), ids=CORRECTIONS)
def test_an_officer_corrects_what_is_restricted_and_nobody_else_does(command: Command, event: Event) -> None:
    office(RESTRICTED).when(command, actor=PETRA, at=TEN).then(event)
    office(RESTRICTED).when(command, at=TEN).refused(ContactIsRestricted)


@pytest.mark.parametrize("command", [command for command, _ in CORRECTIONS.values()], ids=CORRECTIONS)
def test_to_others_a_hidden_contact_stays_unknown_restricted_or_not(command: Command) -> None:
    for actor in (ANNA, BORIS, VERA):
        for world in (office(), office(RESTRICTED)):
            world.when(command, actor=actor, at=TEN).refused(ContactUnknown)
    office().when(command, actor=ERASING, at=TEN).refused(RightMissing)


@pytest.mark.parametrize("command", NOT_CORRECTIONS.values(), ids=NOT_CORRECTIONS)
def test_what_is_no_correction_takes_what_it_takes_of_others(command: Command) -> None:
    office().when(command, actor=PETRA, at=TEN).refused(RightMissing)
    basic = of(WORKER, PETRA, WorkerRightGranted(right=Right.BASIC))
    office(basic).when(command, actor=PETRA, at=TEN).refused(ContactUnknown)


@pytest.mark.parametrize("command", [command for command, _ in CORRECTIONS.values()], ids=CORRECTIONS)
@pytest.mark.parametrize(
    ("states", "refusal"),
    [
        ((ContactEndingBegun(),), ContactIsEnding),
        ((ContactEndingBegun(), ContactForgotten()), ContactIsForgotten),
    ],
    ids=["ending", "forgotten"],
)
def test_nobody_corrects_whom_is_to_go_or_is_gone(
    states: tuple[Event, ...], refusal: type[Refused], command: Command
) -> None:
    gone = of(CONTACT, BAKERY, *states)
    office(gone).when(command, actor=PETRA, at=TEN).refused(refusal)
    office(gone).when(command, at=TEN).refused(refusal)


def test_a_contact_that_is_not_there_is_unknown_to_an_officer_too() -> None:
    for command, _ in CORRECTIONS.values():
        nobody = command.model_copy(update={"contact": "nobody"})
        office().when(nobody, actor=PETRA, at=TEN).refused(ContactUnknown)
