"""A contact lies in one directory; its contracts hold from their instants on."""

import pytest
from specification import folded, having, on_monday

from domain.clients.contact import (
    CONTACT,
    ContactAlreadyOpened,
    ContactClassified,
    ContactContractSet,
    ContactKind,
    ContactMoved,
    ContactNumbersSet,
    ContactOpened,
    ContactPriceListAttached,
    ContactPriceListDetached,
    ContactRenamed,
    ContactResponsibleSet,
    ContactUnknown,
    LifeCycleNotListed,
    SalutationNotListed,
    attach_price_list,
    classify,
    detach_price_list,
    move,
    number,
    open,
    rename,
    set_contract,
    set_responsible,
)
from domain.spell import present
from domain.values import worker_holder
from examples import ANNA, CUSTOMERS, DEFECT, GOLD, MILL_SUBJECT, RETAIL, SILVER, SUPPLIERS, TRADE

ANNAS = worker_holder(ANNA)

OPENED = ContactOpened(directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Mill", reference="17")
GOLDEN = ContactContractSet(contract=GOLD)
ATTACHED, DETACHED = ContactPriceListAttached(price_list=TRADE), ContactPriceListDetached(price_list=TRADE)
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
    ("rule", "arguments"),
    [
        (rename, ("x",)),
        (move, (CUSTOMERS,)),
        (set_contract, (None, GOLD, on_monday(9))),
        (number, ("1", None)),
        (classify, (None, None, (), ())),
        (set_responsible, (ANNAS, on_monday(9))),
        (attach_price_list, (TRADE, on_monday(9))),
        (detach_price_list, (TRADE, on_monday(9))),
    ],
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


def test_numbers_are_always_a_fact_about_the_same_subject() -> None:
    numbered = ContactNumbersSet(subject=MILL_SUBJECT, company_number="1", vat_number=None)
    having(CONTACT, OPENED).deciding(number, "1", None).then(numbered)
    having(CONTACT, OPENED, numbered).deciding(number, "1", None).then(numbered)
    assert folded(CONTACT, OPENED, numbered) == folded(CONTACT, OPENED)


def test_a_contact_is_classified_in_the_words_of_the_lists() -> None:
    lists = (("lead", "customer"), ("Dear Sir",))
    classified = ContactClassified(life_cycle="lead", salutation="Dear Sir")
    having(CONTACT, OPENED).deciding(classify, "lead", "Dear Sir", *lists).then(classified)
    having(CONTACT, OPENED).deciding(classify, "friend", "Dear Sir", *lists).refused(LifeCycleNotListed)
    having(CONTACT, OPENED).deciding(classify, "lead", "Hi", *lists).refused(SalutationNotListed)
    having(CONTACT, OPENED).deciding(classify, None, None, *lists).then()
    cleared = ContactClassified(life_cycle=None, salutation=None)
    having(CONTACT, OPENED, classified).deciding(classify, None, None, *lists).then(cleared)


def test_what_a_contact_is_already_it_may_stay_though_the_list_has_it_no_longer() -> None:
    classified = ContactClassified(life_cycle="lead", salutation="Dear Sir")
    having(CONTACT, OPENED, classified).deciding(classify, "lead", "Dear Sir", (), ()).then()
    kept = ContactClassified(life_cycle="lead", salutation=None)
    having(CONTACT, OPENED, classified).deciding(classify, "lead", None, (), ()).then(kept)
    other = ContactClassified(life_cycle=None, salutation="Dear Sir")
    having(CONTACT, OPENED, classified).deciding(classify, None, "Dear Sir", (), ()).then(other)
    assert folded(CONTACT, OPENED, classified, other).life_cycle is None
    assert folded(CONTACT, OPENED, classified, other).salutation == "Dear Sir"


def test_who_answers_for_a_contact_is_told_where_it_differs_at_that_instant() -> None:
    anna, nobody = ContactResponsibleSet(responsible=ANNAS), ContactResponsibleSet(responsible=None)
    having(CONTACT, OPENED).deciding(set_responsible, None, on_monday(9)).then()
    having(CONTACT, OPENED).deciding(set_responsible, ANNAS, on_monday(9)).then(anna)
    having(CONTACT, OPENED, (anna, on_monday(9))).deciding(set_responsible, ANNAS, on_monday(9)).then()
    having(CONTACT, OPENED, (anna, on_monday(9))).deciding(set_responsible, None, on_monday(10)).then(nobody)
    named = folded(CONTACT, OPENED, (nobody, on_monday(12)), (anna, on_monday(9))).responsible
    assert [named.at(on_monday(hour)) for hour in (8, 9, 12)] == [None, ANNAS, None]


def test_a_price_list_is_attached_and_detached_where_that_changes_something_at_that_instant() -> None:
    having(CONTACT, OPENED).deciding(attach_price_list, TRADE, on_monday(9)).then(ATTACHED)
    having(CONTACT, OPENED).deciding(detach_price_list, TRADE, on_monday(9)).then()
    known = having(CONTACT, OPENED, (ATTACHED, on_monday(9)), (DETACHED, on_monday(15)))
    known.deciding(attach_price_list, TRADE, on_monday(12)).then()
    known.deciding(attach_price_list, TRADE, on_monday(8)).then(ATTACHED)
    known.deciding(attach_price_list, TRADE, on_monday(15)).then(ATTACHED)
    known.deciding(detach_price_list, TRADE, on_monday(12)).then(DETACHED)
    known.deciding(detach_price_list, TRADE, on_monday(15)).then()
    known.deciding(detach_price_list, RETAIL, on_monday(12)).then()


def test_a_customer_has_a_price_list_from_the_instant_on_until_the_other() -> None:
    other = ContactPriceListAttached(price_list=RETAIL)
    lists = folded(
        CONTACT, OPENED, (ATTACHED, on_monday(9)), (other, on_monday(12)), (DETACHED, on_monday(15))
    ).price_lists
    assert [present(lists, on_monday(hour)) for hour in (8, 9, 12, 15)] == [(), (TRADE,), (RETAIL, TRADE), (RETAIL,)]
