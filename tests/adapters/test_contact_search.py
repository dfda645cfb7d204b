"""Whoever searches finds what lies open to them now, by whatever they remember of it, and nothing else shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.embedded import Running
from adapters.postgres.schema import connect
from adapters.postgres.views import registry
from commands.clients.address import AddAddress, RemoveAddress
from commands.clients.contact import MoveContact, OpenContact, RenameContact, SetContactNumbers
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.clients.merge import MergeContact, SeparateContact
from domain.clients.address import AddressKind
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.values import worker_holder
from projections import question

NEVER = "zzyzx"


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        yield here


def known(here: Asker, name: str, directory: str = "customers", **about: Any) -> Any:
    """A new contact; it is called by its name here, too."""
    here.company[name] = here.send(OpenContact(directory=here.company[directory], name=name, **about))
    return here.company[name]


def finds(here: Asker, text: str, actor: str = "anna", **narrowed: Any) -> set[str]:
    return here.company.called(*(row["contact"] for row in here.ask("contact-search", actor, text=text, **narrowed)))


def test_what_is_found_is_shown_as_in_every_list_of_contacts(here: Asker) -> None:
    (row,) = here.ask("contact-search", "anna", text="mill")
    assert [row] == [each for each in here.ask("contacts", "anna") if each["name"] == "The mill"]


def test_only_what_lies_in_an_open_directory_is_found(here: Asker) -> None:
    assert finds(here, "the") == finds(here, "the", "boris") == {"mill", "farm", "shop"}
    assert finds(here, "the", "clara") == finds(here, "bakery") == set()
    assert finds(here, "the", "") == {"mill", "farm", "shop", "bakery"}
    assert finds(here, "the", directory=here.company["secret"]) == set()
    assert finds(here, "the", "", directory=here.company["secret"]) == {"bakery"}


def test_a_hidden_contact_and_none_are_answered_byte_for_byte_alike(here: Asker) -> None:
    hidden, none = (here.reply("contact-search", "anna", data={"text": text}) for text in ("bakery", NEVER))
    assert (hidden.body["rows"], hidden.body["next"]) == (none.body["rows"], none.body["next"]) == ([], None)
    assert len(hidden.raw) == len(none.raw)
    alike = [here.reply("duplicates", "anna", data={"contact": id}) for id in (here.company["bakery"], "0-none")]
    assert alike[0].raw == alike[1].raw
    assert (alike[0].status, alike[0].code) == (404, "ContactUnknown")


def test_a_spelling_finds_another_and_a_filter_narrows(here: Asker) -> None:
    for name in ("Дем’яненко і сини", "Müller & Söhne", "Žofie Příhodová"):
        known(here, name, kind=ContactKind.PERSON)
    assert finds(here, "демяненко син") == {"Дем’яненко і сини"}
    assert finds(here, "soehne muel") == finds(here, "Sohne Mull") == {"Müller & Söhne"}
    assert finds(here, "prihod zof") == {"Žofie Příhodová"}
    assert finds(here, "prihod", kind="company") == set()
    assert finds(here, "prihod", kind="person", directory=here.company["customers"]) == {"Žofie Příhodová"}


def test_a_contact_is_found_by_address_and_number_as_long_as_it_has_them(here: Asker) -> None:
    id = known(here, "Windmill")
    address = AddAddress(contact=id, kind=AddressKind.EMAIL, typed="Eva.Windy@Windmill.example")
    phone = AddAddress(contact=id, kind=AddressKind.PHONE, typed="+420 602 123 987")
    here.send(address)
    here.send(phone)
    here.send(SetContactNumbers(contact=id, vat_number="CZ 0012 3400"))
    for text in ("eva.windy@windmill.example", "windy wind", "602 123 987", "3987", "cz00123400", "123400"):
        assert finds(here, text) == {"Windmill"}, text
    addresses = {each["kind"]: each["address"] for each in here.ask("client-file", "", contact=id)["addresses"]}
    here.send(RemoveAddress(contact=id, address=addresses["phone"]))
    assert finds(here, "602 123 987") == set()
    here.send(RenameContact(contact=id, name="Watermill"))
    assert finds(here, "watermill windy") == {"Windmill"}


def test_who_is_moved_is_found_by_those_of_the_other_directory(here: Asker) -> None:
    id = known(here, "Travelling circus")
    assert finds(here, "circus") == {"Travelling circus"}
    here.send(MoveContact(contact=id, directory=here.company["secret"]))
    assert finds(here, "circus") == set()
    assert finds(here, "circus", "") == {"Travelling circus"}
    here.send(SetDirectoryRight(directory=here.company["secret"], holder=holder(here), level=Level.USE))
    assert finds(here, "circus") == {"Travelling circus"}
    here.send(SetDirectoryRight(directory=here.company["secret"], holder=holder(here), level=Level.NONE))
    assert finds(here, "circus") == set()


def holder(here: Asker) -> Any:
    return worker_holder(here.company["anna"])


def test_the_merged_find_their_survivor_alone_and_are_found_again_when_they_are_separated(here: Asker) -> None:
    one, other = known(here, "Bärenhof"), known(here, "Baerenhof Gasthaus", "secret")
    assert finds(here, "gasthaus") == set()
    here.send(MergeContact(contact=other, survivor=one))
    assert finds(here, "gasthaus") == finds(here, "baerenhof", "") == {"Bärenhof"}
    here.send(MoveContact(contact=one, directory=here.company["secret"]))
    assert finds(here, "gasthaus") == finds(here, "barenhof") == set()
    here.send(SeparateContact(contact=other))
    here.send(MoveContact(contact=one, directory=here.company["customers"]))
    assert finds(here, "barenhof") == {"Bärenhof"}
    assert finds(here, "gasthaus", "") == {"Baerenhof Gasthaus"}


def test_possible_duplicates_are_shown_with_what_they_have_in_common_to_who_sees_both(here: Asker) -> None:
    mail = {"kind": AddressKind.EMAIL, "typed": "office@twins.example"}
    ids = {name: known(here, name, where) for name, where in (("Castor", "customers"), ("Pollux", "customers"))}
    ids["hidden"] = here.company["hidden"] = here.send(OpenContact(directory=here.company["secret"], name="Castor"))
    for id in ids.values():
        here.send(AddAddress(contact=id, **mail))
    here.send(SetContactNumbers(contact=ids["Castor"], company_number="4711-22"))
    here.send(SetContactNumbers(contact=ids["Pollux"], vat_number="4711 22"))

    def alike(actor: str) -> dict[str, list[str]]:
        rows = here.ask("duplicates", actor, contact=ids["Castor"])
        return {here.company.names[row["contact"]]: row["alike"] for row in rows}

    assert alike("anna") == {"Pollux": ["email", "number"]}
    assert alike("") == {"Pollux": ["email", "number"], "hidden": ["email", "name"]}
    assert here.refused("duplicates", "clara", contact=ids["Castor"]) == "ContactUnknown"
    here.send(MergeContact(contact=ids["Pollux"], survivor=ids["Castor"]))
    assert alike("anna") == {}


@pytest.mark.parametrize(("text", "code"), [("a", "TooFewLetters"), ("- b.", "TooFewLetters")])
def test_a_text_of_too_few_letters_is_refused(here: Asker, text: str, code: str) -> None:
    found = here.reply("contact-search", "anna", data={"text": text})
    assert (found.status, found.code) == (422, code)
    many = here.reply("contact-search", "anna", data={"text": " ".join(f"{letter}x" for letter in "abcdefghijklm")})
    assert (many.status, many.code) == (422, "TooManyWords")


def test_a_text_of_too_few_letters_tells_nothing_to_who_may_not_ask(here: Asker) -> None:
    assert here.refused("contact-search", "olga", text="a") == "RightMissing"


def pages(here: Asker, text: str, limit: int, actor: str = "") -> list[list[str]]:
    """Every page, to the end."""
    found, cursor = [], None
    while True:
        reply = here.reply("contact-search", actor, data={"text": text}, limit=limit, cursor=cursor)
        found.append([row["contact"] for row in reply.body["rows"]])
        cursor = reply.body["next"]
        if cursor is None:
            return found


@pytest.fixture(scope="module")
def crowd(here: Asker) -> set[str]:
    """Forty of one word in four directories, every eighth of them with another word."""
    shelves = [here.send(OpenDirectory(name=f"Shelf {n}")) for n in range(4)]
    names = [f"Kravchuk {'Petrovych' if n % 8 == 0 else 'Ivanovych'}" for n in range(40)]
    return {
        here.send(OpenContact(directory=shelves[n % 4], name=name))  # type: ignore[arg-type]
        for n, name in enumerate(names)
    }


@pytest.mark.parametrize("limit", [1, 7, 40, 100])
@pytest.mark.parametrize("looked_at", [1, 3, 500])
def test_all_pages_together_show_everyone_once_however_little_is_looked_at_for_one(
    here: Asker, crowd: set[str], limit: int, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "LOOKED_AT", looked_at)
    for text, wanted in (("kravchuk", 40), ("kravchuk petrovych", 5)):
        found = pages(here, text, limit)
        listed = [contact for page in found for contact in page]
        assert len(set(listed)) == len(listed) == wanted
        assert set(listed) <= crowd
        assert all(len(page) <= limit for page in found)


def test_a_page_is_in_the_order_of_directories_and_in_them_of_contacts(here: Asker, crowd: set[str]) -> None:
    rows = here.ask("contact-search", "", text="kravchuk")
    places = [(row["directory"], row["contact"]) for row in rows]
    assert places == sorted(places)


def test_nothing_of_it_stands_anywhere_in_the_clear(here: Asker, crowd: set[str]) -> None:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as line:
        assert registry.parked(here.place.postgres_url, here.place.settings.schema_name) == []
        for name in ("contact_tokens", "contact_likenesses"):
            rows = line.execute(f"SELECT t::text FROM {name} t".encode()).fetchall()  # noqa: S608 - ours
            assert rows
            assert not [row for (row,) in rows if "krav" in row.lower() or "petrov" in row.lower()]
