"""A contact is found by what it is called, reached at and numbered with now, where it lies now, under one name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from company import COMPANY_SO_FAR, contact
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from logbook import SECRETS, Entry, entered
from naive.views import views
from rows import MemoryViews, Rows, differences
from specification import Given, Happened, given, of, on_monday, request

from commands.clients.address import AddAddress, ChangeAddress, RemoveAddress
from commands.clients.contact import MoveContact, RenameContact, SetContactNumbers
from commands.clients.merge import MergeContact, SeparateContact
from commands.command import Command
from domain.clients import spelling
from domain.clients.address import AddressAdded, AddressChanged, AddressKind, AddressRemoved, AddressUse
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactMerged,
    ContactMoved,
    ContactNumbersSet,
    ContactReleased,
    ContactRenamed,
    ContactSeparated,
)
from domain.fact import Fact
from domain.personal import Forgotten
from domain.values import AddressId, ContactId, SubjectId
from examples import BAKERY, CUSTOMERS, MILL, MILL_SUBJECT, SUPPLIERS
from projections.clients import contact_search
from projections.clients.contact_search import CONTACT_SEARCH
from projections.model import Change, Known, Touch

TABLES = [table.name for table in CONTACT_SEARCH.tables]
TEN = on_monday(10)
FARM, INN = ContactId("farm"), ContactId("inn")
DESK = AddressId("desk")
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def search(*more: list[Happened]) -> Rows:
    facts = [entry.fact for entry in entered(given(COMPANY_SO_FAR, *more).log.facts)]
    return MemoryViews([CONTACT_SEARCH]).take(facts, 1000).rows


def found(rows: Rows, text: str) -> set[tuple[str, str]]:
    """Where and whom a text finds, whoever asks."""
    tokens = [SECRETS.keyed(piece) for piece in spelling.sought(text)]
    listed = rows["contact_tokens"].items()
    having = [{(row["directory"], row["found"]) for key, row in listed if key[2] == token} for token in tokens]
    return set.intersection(*having)


def alike(rows: Rows, by: str, what: str) -> set[str]:
    likeness = SECRETS.keyed(f"{by} {what}")
    return {row["found"] for key, row in rows["contact_likenesses"].items() if key[2:] == (by, likeness)}


def added(kind: AddressKind, normal: str, typed: str = "as typed", id: AddressId = DESK) -> AddressAdded:
    return AddressAdded(
        address=id, kind=kind, use=AddressUse.WORK, subject=SubjectId(MILL_SUBJECT), typed=typed, normal=normal
    )


def changed(normal: str) -> AddressChanged:
    return AddressChanged(address=DESK, subject=SubjectId(MILL_SUBJECT), typed="as typed", normal=normal)


def renamed(name: Any) -> ContactRenamed:
    return ContactRenamed(subject=SubjectId(MILL_SUBJECT), name=name)


MERGED = [
    *of(CONTACT, BAKERY, ContactMerged(survivor=MILL)),
    *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY)),
]
APART = [
    *of(CONTACT, MILL, ContactReleased(contact=BAKERY)),
    *of(CONTACT, BAKERY, ContactSeparated(survivor=MILL)),
]


def test_a_contact_is_found_by_the_beginning_of_every_word_of_its_name() -> None:
    rows = search()
    for text in ("mill", "the mi", "MIL"):
        assert found(rows, text) == {(CUSTOMERS, MILL)}
    assert found(rows, "the") == {(CUSTOMERS, MILL), (SUPPLIERS, BAKERY)}
    assert found(rows, "the ovens") == set()
    assert alike(rows, "name", "mill the") == {MILL}


def test_it_is_found_by_its_new_name_and_no_longer_by_the_old_one() -> None:
    rows = search(of(CONTACT, MILL, renamed("Vodní mlýn")))
    assert found(rows, "vodni mly") == {(CUSTOMERS, MILL)}
    assert found(rows, "mill") == set()
    assert alike(rows, "name", "mill the") == set()


def test_it_is_found_by_an_address_until_that_is_changed_or_removed() -> None:
    email = of(CONTACT, MILL, added(AddressKind.EMAIL, "anna@mill.example"))
    for text in ("anna@mill.example", "anna", "mill exam"):
        assert found(search(email), text) == {(CUSTOMERS, MILL)}
    assert alike(search(email), "email", "anna@mill.example") == {MILL}
    other = of(CONTACT, MILL, changed("eva@mill.example"))
    assert found(search(email, other), "anna") == set()
    assert found(search(email, other), "eva@mill.example") == {(CUSTOMERS, MILL)}
    gone = of(CONTACT, MILL, AddressRemoved(address=DESK))
    assert found(search(email, gone), "exam") == set()
    assert found(search(email, gone), "mill") == {(CUSTOMERS, MILL)}
    assert alike(search(email, gone), "email", "anna@mill.example") == set()


def test_it_is_found_by_the_last_digits_of_its_telephone() -> None:
    phone = of(CONTACT, MILL, added(AddressKind.PHONE, "+380441234567"))
    for text in ("4567", "044 123 45 67", "+380 44 1234567"):
        assert found(search(phone), text) == {(CUSTOMERS, MILL)}
    assert alike(search(phone), "phone", "+380441234567") == {MILL}


def test_nobody_is_found_by_what_a_letter_is_addressed_to() -> None:
    postal = added(AddressKind.POSTAL, "x", typed="Long Street").model_copy(update={"normal": None})
    assert search(of(CONTACT, MILL, postal)) == search()


def test_it_is_found_by_its_numbers_until_it_has_others() -> None:
    numbers = ContactNumbersSet(subject=SubjectId(MILL_SUBJECT), company_number="00006947", vat_number="CZ 0000 6947")
    for text in ("6947", "CZ00006947", "0000 6947"):
        assert found(search(of(CONTACT, MILL, numbers)), text) == {(CUSTOMERS, MILL)}
    assert alike(search(of(CONTACT, MILL, numbers)), "number", "cz00006947") == {MILL}
    none = ContactNumbersSet(subject=SubjectId(MILL_SUBJECT))
    assert search(of(CONTACT, MILL, numbers, none)) == search()


def test_it_is_found_where_it_lies() -> None:
    moved = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    assert found(search(moved), "mill") == {(SUPPLIERS, MILL)}
    assert {row["directory"] for row in search(moved)["contact_likenesses"].values()} == {SUPPLIERS}


def test_what_a_merged_contact_has_finds_its_survivor_where_that_lies_and_goes_with_it() -> None:
    merged = search(MERGED)
    assert found(merged, "bakery") == found(merged, "mill") == {(CUSTOMERS, MILL)}
    later = of(CONTACT, BAKERY, added(AddressKind.EMAIL, "anna@bakery.example"))
    assert found(search(MERGED, later), "anna bakery mill") == {(CUSTOMERS, MILL)}
    moved = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    assert found(search(MERGED, later, moved), "anna mill") == {(SUPPLIERS, MILL)}


def test_who_is_separated_is_found_under_its_own_name_with_all_that_came_meanwhile() -> None:
    later = of(CONTACT, BAKERY, added(AddressKind.EMAIL, "anna@bakery.example"))
    rows = search(MERGED, later, APART)
    assert found(rows, "anna bakery") == {(SUPPLIERS, BAKERY)}
    assert found(rows, "mill") == {(CUSTOMERS, MILL)}
    assert search(MERGED, APART) == search()


def test_nobody_is_found_by_what_is_forgotten() -> None:
    def forget(entry: Entry) -> Fact[Any]:
        """As who opens it has it when the keys are gone."""
        return entry.fact._replace(event=entry.fact.event.model_copy(update={"name": Forgotten(MILL_SUBJECT)}))

    entries = entered(given(contact(MILL, SubjectId(MILL_SUBJECT), CUSTOMERS)).log.facts)
    rows = MemoryViews([CONTACT_SEARCH]).take([forget(entry) for entry in entries]).rows
    assert rows == {table: {} for table in TABLES}


# Whatever happens, in any order.

contacts = st.sampled_from([MILL, BAKERY, FARM, INN])
NAMES = ["Дем’яненко Олена", "Ґудзь і сини", "Müller & Söhne", "Mueller 2000 3000", "Žofie Příhodová", "Łódź 007"]
ADDRESSES = [
    (AddressKind.EMAIL, "Anna.Nová@example.com"),
    (AddressKind.EMAIL, "info@mueller.example"),
    (AddressKind.PHONE, "+380 44 123 45 67"),
    (AddressKind.PHONE, "+420 602 000 123 ext. 7"),
    (AddressKind.POSTAL, "Long Street 1"),
]
NUMBERS = st.none() | st.sampled_from(["00006947", "CZ 0000 6947", "ÄÖ-12"])


@st.composite
def lives(draw: Callable[..., Any]) -> list[Entry]:
    """Facts of four contacts in two directories."""
    more = [contact(FARM, SubjectId("fa12"), CUSTOMERS), contact(INN, SubjectId("1231"), SUPPLIERS)]
    world = given(COMPANY_SO_FAR, *more)
    for n in range(draw(st.integers(1, 15))):
        at = TEN + n * timedelta(minutes=1)
        world.ask(request(draw(commands(world)), at=at, id=f"command-{n}"))
    return entered(world.log.facts)


def commands(world: Given) -> st.SearchStrategy[Command]:
    named = {id: list(world.state(CONTACT, id).addresses) for id in (MILL, BAKERY, FARM, INN)}
    told = [(id, address) for id, addresses in named.items() for address in addresses]
    asked: list[st.SearchStrategy[Command]] = [
        st.builds(RenameContact, contact=contacts, name=st.sampled_from(NAMES)),
        st.builds(MoveContact, contact=contacts, directory=st.sampled_from([CUSTOMERS, SUPPLIERS])),
        st.builds(SetContactNumbers, contact=contacts, company_number=NUMBERS, vat_number=NUMBERS),
        st.builds(
            lambda one, address: AddAddress(contact=one, kind=address[0], typed=address[1]),
            contacts,
            st.sampled_from(ADDRESSES),
        ),
        st.builds(MergeContact, contact=contacts, survivor=contacts),
        st.builds(MergeContact, contact=contacts, survivor=contacts),
        st.builds(SeparateContact, contact=contacts),
    ]
    if told:
        own = st.sampled_from(told)
        typed = st.sampled_from([typed for _, typed in ADDRESSES])
        asked += [
            st.builds(lambda one, typed: ChangeAddress(contact=one[0], address=one[1], typed=typed), own, typed),
            st.builds(lambda one: RemoveAddress(contact=one[0], address=one[1]), own),
        ]
    return st.one_of(*asked)


def rows(entries: list[Entry], size: int) -> Rows:
    return MemoryViews([CONTACT_SEARCH]).take([entry.fact for entry in entries], size).rows


def anybody(entries: list[Entry]) -> Rows:
    told = views([entry.plain for entry in entries], SECRETS)
    return {table: told.get(table, {}) for table in TABLES}


@FEW
@drawn(lives(), st.sampled_from([1, 2, 7, 1000]))
def test_rows_are_what_anybody_would_write_down(entries: list[Entry], size: int) -> None:
    assert differences(rows(entries, size), anybody(entries)) == []


@FEW
@drawn(lives(), st.sampled_from([1, 7]))
def test_twice_is_once(entries: list[Entry], size: int) -> None:
    twice = MemoryViews([CONTACT_SEARCH]).take_twice([entry.fact for entry in entries], size)
    assert differences(twice.rows, anybody(entries)) == []


class Poison(Exception):
    """For this law alone."""


@FEW
@drawn(lives(), st.sampled_from([1, 2, 7]), st.data())
def test_what_waited_and_followed_was_as_if_it_had_never_waited(
    entries: list[Entry], size: int, data: st.DataObject
) -> None:
    poison = set(data.draw(st.lists(st.integers(len(COMPANY_SO_FAR), len(entries)), min_size=1, max_size=3)))

    def project(fact: Fact[Any], known: Known) -> Iterator[Change | Touch]:
        yield from CONTACT_SEARCH.project(fact, known)
        if fact.position in poison:
            raise Poison

    heard, cut = [entry.fact for entry in entries], len(entries) - data.draw(st.integers(0, 8))
    views = MemoryViews([replace(CONTACT_SEARCH, project=project)]).take(heard[:cut], size)
    poison.clear()
    views.try_all_again()
    assert differences(views.take(heard[cut:], size).rows, anybody(entries)) == []


def test_a_projection_that_leaves_the_merged_behind_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    entries = entered(given(COMPANY_SO_FAR, MERGED, moved).log.facts)
    assert differences(rows(entries, 1), anybody(entries)) == []
    monkeypatch.setattr(contact_search, "placed", lambda one, known: () if one == BAKERY else PLACED(one, known))
    assert differences(rows(entries, 1), anybody(entries)) != []


PLACED = contact_search.placed
