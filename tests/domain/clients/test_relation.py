"""Whom a contact works for holds from an instant on; what it is to others stands in the company's list."""

from specification import Having, folded, on_monday

from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.clients.relation import (
    MOST_RELATIONS,
    ContactEmployed,
    ContactPartSet,
    ContactRelated,
    ContactUnrelated,
    Relation,
    RelationNotListed,
    Relations,
    TooManyRelations,
    employ,
    put_into,
    relate,
    unrelate,
)
from domain.timeline import Timeline
from domain.values import ContactId
from examples import BAKERY, CUSTOMERS, MILL, MILL_SUBJECT

OPENED = ContactOpened(directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.PERSON, name="Miller")
AT_MILL, AT_BAKERY, NOWHERE = (ContactEmployed(employer=each) for each in (MILL, BAKERY, None))
SUPPLIES = ContactRelated(relation="supplier", other=BAKERY)
NONE: Relations = frozenset()


def many(number: int) -> Having[Relations]:
    return Having(frozenset(Relation(ContactId(f"c{n}"), "supplier") for n in range(number)))


def test_who_works_for_whom_is_told_where_it_differs_at_that_instant() -> None:
    nobody: Timeline[ContactId | None] = Timeline()
    at_mill = nobody.put(on_monday(9), MILL)
    Having(nobody).deciding(employ, None, on_monday(9)).then()
    Having(nobody).deciding(employ, MILL, on_monday(9)).then(AT_MILL)
    Having(at_mill).deciding(employ, MILL, on_monday(9)).then()
    Having(at_mill).deciding(employ, MILL, on_monday(8)).then(AT_MILL)
    Having(at_mill).deciding(employ, None, on_monday(10)).then(NOWHERE)


def test_an_employer_is_that_of_the_instant() -> None:
    miller = folded(CONTACT, OPENED, (AT_MILL, on_monday(9)), (NOWHERE, on_monday(12)), (AT_BAKERY, on_monday(11)))
    held = [miller.employers.at(on_monday(hour)) for hour in (8, 9, 11, 12)]
    assert held == [None, MILL, BAKERY, None]


def test_a_part_is_of_one_whole() -> None:
    Having(None).deciding(put_into, MILL).then(ContactPartSet(whole=MILL))
    Having(MILL).deciding(put_into, MILL).then()
    Having(MILL).deciding(put_into, None).then(ContactPartSet(whole=None))
    assert folded(CONTACT, OPENED, ContactPartSet(whole=MILL)).whole == MILL


def test_a_relation_is_told_once_and_only_if_the_company_has_it() -> None:
    Having(NONE).deciding(relate, BAKERY, "supplier", ("supplier",)).then(SUPPLIES)
    Having(NONE).deciding(relate, BAKERY, "supplier", ("rival",)).refused(RelationNotListed)
    told = folded(CONTACT, OPENED, SUPPLIES).relations
    assert told == {(BAKERY, "supplier")}
    Having(told).deciding(relate, BAKERY, "supplier", ()).then()
    rival = ContactRelated(relation="rival", other=BAKERY)
    Having(told).deciding(relate, BAKERY, "rival", ("rival",)).then(rival)


def test_a_contact_has_two_hundred_at_most() -> None:
    many(MOST_RELATIONS - 1).deciding(relate, BAKERY, "supplier", ("supplier",)).then(SUPPLIES)
    many(MOST_RELATIONS).deciding(relate, BAKERY, "supplier", ("supplier",)).refused(TooManyRelations)


def test_a_relation_ends_once() -> None:
    over = ContactUnrelated(relation="supplier", other=BAKERY)
    told = folded(CONTACT, OPENED, SUPPLIES).relations
    Having(told).deciding(unrelate, BAKERY, "supplier").then(over)
    Having(told).deciding(unrelate, MILL, "supplier").then()
    Having(NONE).deciding(unrelate, BAKERY, "supplier").then()
    assert folded(CONTACT, OPENED, SUPPLIES, over).relations == NONE
