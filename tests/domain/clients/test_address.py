"""An address keeps how it was typed and how it is compared; a contact has a bounded number of them."""

from specification import Having, folded

from domain.clients.address import (
    MOST_ADDRESSES,
    Address,
    AddressAdded,
    AddressChanged,
    Addresses,
    AddressKind,
    AddressRemoved,
    AddressUnknown,
    AddressUse,
    TooManyAddresses,
    add,
    change,
    remove,
)
from domain.clients.contact import CONTACT, ContactKind, ContactOpened
from domain.values import AddressId
from examples import CUSTOMERS, DOOR, MILL_SUBJECT

OPENED = ContactOpened(directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Mill")
ADDED = AddressAdded(
    address=DOOR, kind=AddressKind.EMAIL, use=AddressUse.WORK, subject=MILL_SUBJECT, typed="A@b.cz", normal="a@b.cz"
)
EMAIL = (AddressKind.EMAIL, AddressUse.WORK, "A@b.cz", "a@b.cz", MILL_SUBJECT)


def of(addresses: Addresses) -> Having[Addresses]:
    return Having(addresses)


def many(number: int) -> Addresses:
    return {AddressId(f"a{n}"): Address(AddressKind.POSTAL, AddressUse.OTHER) for n in range(number)}


def test_every_address_that_is_added_is_another_one() -> None:
    of({}).deciding(add, DOOR, *EMAIL).then(ADDED)
    of({AddressId("gate"): Address(AddressKind.EMAIL, AddressUse.WORK)}).deciding(add, DOOR, *EMAIL).then(ADDED)


def test_a_contact_has_a_hundred_at_most() -> None:
    of(many(MOST_ADDRESSES - 1)).deciding(add, DOOR, *EMAIL).then(ADDED)
    of(many(MOST_ADDRESSES)).deciding(add, DOOR, *EMAIL).refused(TooManyAddresses)


def test_a_change_is_always_a_fact_and_takes_an_address_that_is_there() -> None:
    there = folded(CONTACT, OPENED, ADDED).addresses
    changed = AddressChanged(address=DOOR, subject=MILL_SUBJECT, typed="B@b.cz", normal="b@b.cz")
    of(there).deciding(change, DOOR, "B@b.cz", "b@b.cz", MILL_SUBJECT).then(changed)
    of({}).deciding(change, DOOR, "B@b.cz", "b@b.cz", MILL_SUBJECT).refused(AddressUnknown)
    assert folded(CONTACT, OPENED, ADDED, changed) == folded(CONTACT, OPENED, ADDED)


def test_what_is_removed_is_gone_and_is_removed_once() -> None:
    there = folded(CONTACT, OPENED, ADDED)
    assert there.addresses == {DOOR: Address(AddressKind.EMAIL, AddressUse.WORK)}
    of(there.addresses).deciding(remove, DOOR).then(AddressRemoved(address=DOOR))
    of({}).deciding(remove, DOOR).then()
    left = folded(CONTACT, OPENED, ADDED, ADDED.model_copy(update={"address": "gate"}), AddressRemoved(address=DOOR))
    assert set(left.addresses) == {"gate"}
