"""A contact lies in one directory; its contracts hold from their instants on."""

import pytest
from specification import folded, having, on_monday

from domain.clients.contact import (
    CONTACT,
    ContactAlreadyOpened,
    ContactContractSet,
    ContactKind,
    ContactMoved,
    ContactOpened,
    ContactRenamed,
    ContactUnknown,
    move,
    open,
    rename,
    set_contract,
)
from examples import CUSTOMERS, DEFECT, GOLD, MILL_SUBJECT, SILVER, SUPPLIERS

OPENED = ContactOpened(directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Mill", reference="17")
GOLDEN = ContactContractSet(contract=GOLD)
FOR_DEFECTS = ContactContractSet(incident_type=DEFECT, contract=SILVER)


def test_a_contact_is_opened_once() -> None:
    arguments = (CUSTOMERS, MILL_SUBJECT, ContactKind.COMPANY, "Mill", "17")
    having(CONTACT).deciding(open, *arguments).then(OPENED)
    having(CONTACT, OPENED).deciding(open, *arguments).refused(ContactAlreadyOpened)


def test_a_new_name_is_always_a_fact_about_the_same_subject() -> None:
    having(CONTACT, OPENED).deciding(rename, "Mill").then(ContactRenamed(subject=MILL_SUBJECT, name="Mill"))
    assert folded(CONTACT, OPENED, ContactRenamed(subject=MILL_SUBJECT, name="Mill")) == folded(CONTACT, OPENED)


def test_moving_to_the_same_directory_is_no_fact() -> None:
    moved = ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS)
    having(CONTACT, OPENED).deciding(move, CUSTOMERS).then()
    having(CONTACT, OPENED).deciding(move, SUPPLIERS).then(moved)
    having(CONTACT, OPENED, moved).deciding(move, SUPPLIERS).then()
    assert folded(CONTACT, OPENED, moved).subject == MILL_SUBJECT


@pytest.mark.parametrize(
    ("rule", "arguments"), [(rename, ("x",)), (move, (CUSTOMERS,)), (set_contract, (None, GOLD, on_monday(9)))]
)
def test_what_was_never_opened_is_unknown(rule: object, arguments: tuple[object, ...]) -> None:
    assert callable(rule)
    having(CONTACT).deciding(rule, *arguments).refused(ContactUnknown)


def test_a_contract_is_set_where_it_differs_at_that_instant() -> None:
    having(CONTACT, OPENED).deciding(set_contract, None, GOLD, on_monday(9)).then(GOLDEN)
    having(CONTACT, OPENED, (GOLDEN, on_monday(9))).deciding(set_contract, None, GOLD, on_monday(9)).then()
    having(CONTACT, OPENED, (GOLDEN, on_monday(9))).deciding(set_contract, None, GOLD, on_monday(8)).then(GOLDEN)
    withdrawn = ContactContractSet(contract=None)
    having(CONTACT, OPENED, (GOLDEN, on_monday(9))).deciding(set_contract, None, None, on_monday(10)).then(withdrawn)
    having(CONTACT, OPENED).deciding(set_contract, None, None, on_monday(9)).then()


def test_a_contract_for_one_type_is_not_the_one_for_all() -> None:
    having(CONTACT, OPENED, GOLDEN).deciding(set_contract, DEFECT, SILVER, on_monday(9)).then(FOR_DEFECTS)
    contact = folded(CONTACT, OPENED, (GOLDEN, on_monday(9)), (FOR_DEFECTS, on_monday(10)))
    assert contact.contract(None, on_monday(12)) == GOLD
    assert contact.contract(DEFECT, on_monday(12)) == SILVER
    assert contact.contract(DEFECT, on_monday(9, 59)) is None
    assert contact.contract(None, on_monday(8, 59)) is None


def test_a_contract_set_again_ends_the_former_from_its_instant_on() -> None:
    contact = folded(CONTACT, OPENED, (GOLDEN, on_monday(9)), (ContactContractSet(contract=SILVER), on_monday(11)))
    assert [contact.contract(None, on_monday(hour)) for hour in (9, 10, 11)] == [GOLD, GOLD, SILVER]


def test_what_holds_for_all_may_be_said_for_one_type_too() -> None:
    for_defects = ContactContractSet(incident_type=DEFECT, contract=GOLD)
    having(CONTACT, OPENED, GOLDEN).deciding(set_contract, DEFECT, GOLD, on_monday(9)).then(for_defects)
    having(CONTACT, OPENED, for_defects).deciding(set_contract, DEFECT, GOLD, on_monday(9)).then()
