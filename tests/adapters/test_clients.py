"""A client's file shows all that is open to the asker, of merged contacts the union, and of the hidden no trace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from door import new_place
from inquirers import Asker, company_asked

from adapters.composition import now
from adapters.embedded import Running
from commands.clients.address import AddAddress, ChangeAddress, RemoveAddress
from commands.clients.bookmark import ClearBookmark, PutBookmark
from commands.clients.contact import (
    ClassifyContact,
    MoveContact,
    OpenContact,
    RenameContact,
    SetContactContract,
    SetContactNumbers,
    SetContactResponsible,
)
from commands.clients.directory import SetDirectoryRight
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.clients.paper import NoteOnContact, RemoveContactNote
from commands.clients.relation import EmployContact, RelateContact, SetContactPart, UnrelateContact
from commands.command import Command
from commands.company.settings import ListLifeCycles, ListRelations, ListSalutations, SetPlace
from commands.service.opening import OpenTicket
from domain.clients.address import AddressKind, AddressUse
from domain.clients.contact import ContactKind
from domain.clients.directory import Level
from domain.values import ContactId, team_holder, worker_holder


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    with company_asked(new_place(servers, state)) as here:
        here.send(SetPlace(zone="Europe/Prague", country="CZ"))
        here.send(ListLifeCycles(entries=("lead", "customer")))
        here.send(ListSalutations(entries=("Dear Sir",)))
        here.send(ListRelations(entries=("supplier", "rival")))
        anna = worker_holder(here.company["anna"])
        here.send(SetDirectoryRight(directory=here.company["customers"], holder=anna, level=Level.EDIT))
        yield here


def new(here: Asker, name: str, kind: ContactKind = ContactKind.COMPANY, directory: str = "customers") -> ContactId:
    return ContactId(here.send(OpenContact(directory=here.company[directory], kind=kind, name=name)))


def file(here: Asker, contact: str, actor: str = "anna") -> Any:
    return here.ask("client-file", actor, contact=contact)


def refused(here: Asker, command: Command, actor: str) -> str:
    """The code with which it is refused."""
    with pytest.raises(Exception, match=r"\w+") as raised:
        here.send(command, actor)
    return str(getattr(raised.value, "code", raised.value))


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_everything_that_is_told_of_a_client_stands_in_its_file(here: Asker) -> None:
    mill, miller = new(here, "Mill"), new(here, "Miller", ContactKind.PERSON)
    shop, rival = new(here, "Shop", ContactKind.PART), new(here, "Rival")
    here.send(AddAddress(contact=mill, kind=AddressKind.EMAIL, typed="Desk@Mill.example"), "anna")
    here.send(AddAddress(contact=mill, kind=AddressKind.PHONE, use=AddressUse.BILLING, typed="777 123 456"), "anna")
    here.send(AddAddress(contact=mill, kind=AddressKind.POSTAL, typed="High Street 7\nOldtown"), "anna")
    here.send(SetContactNumbers(contact=mill, company_number="27082440", vat_number="CZ27082440"), "anna")
    here.send(ClassifyContact(contact=mill, life_cycle="customer", salutation="Dear Sir"), "anna")
    here.send(SetContactResponsible(contact=mill, responsible=team_holder(here.company["hotline"])), "anna")
    here.send(NoteOnContact(contact=mill, text="Ring twice"), "anna")
    here.send(EmployContact(contact=miller, employer=mill), "anna")
    here.send(SetContactPart(contact=shop, whole=mill), "anna")
    here.send(RelateContact(contact=mill, relation="supplier", other=rival), "anna")
    here.send(RelateContact(contact=rival, relation="rival", other=mill), "anna")
    here.send(PutBookmark(worker=here.company["anna"], contact=mill), "anna")
    found = file(here, mill)
    reached = {each["kind"]: (each["typed"], each["normal"], each["use"]) for each in found["addresses"]}
    assert reached == {
        "email": ("Desk@Mill.example", "desk@mill.example", "work"),
        "phone": ("777 123 456", "+420777123456", "billing"),
        "postal": ("High Street 7\nOldtown", None, "work"),
    }
    assert (found["company_number"], found["vat_number"]) == ("27082440", "CZ27082440")
    assert (found["life_cycle"], found["salutation"]) == ("customer", "Dear Sir")
    assert (found["responsible"], found["responsible_name"]) == (team_holder(here.company["hotline"]), "Hotline")
    assert [(each["text"], each["author_name"]) for each in found["notes"]] == [("Ring twice", "Anna")]
    assert (names(found["employees"]), names(found["parts"])) == (["Miller"], ["Shop"])
    related = [(each["name"], each["relation"], each["inward"]) for each in found["relations"]]
    assert related == [("Rival", "supplier", False), ("Rival", "rival", True)]
    assert found["bookmarked"] and not file(here, mill, "boris")["bookmarked"]
    assert file(here, miller)["employer"]["name"] == "Mill"
    assert file(here, shop)["whole"]["name"] == "Mill"
    assert names(here.ask("contacts", "anna", employer=mill)) == ["Miller"]
    assert names(here.ask("contacts", "anna", whole=mill)) == ["Shop"]


def test_what_is_changed_or_taken_away_is_shown_no_longer(here: Asker) -> None:
    mill, rival = new(here, "Mill"), new(here, "Rival")
    before = file(here, mill)
    address = here.send(AddAddress(contact=mill, kind=AddressKind.EMAIL, typed="old@mill.example"))
    (shown,) = file(here, mill)["addresses"]
    here.send(ChangeAddress(contact=mill, address=shown["address"], typed="New@mill.example"))
    (changed,) = file(here, mill)["addresses"]
    assert changed == shown | {"typed": "New@mill.example", "normal": "new@mill.example"}
    here.send(RemoveAddress(contact=mill, address=shown["address"]))
    here.send(NoteOnContact(contact=mill, text="Ring twice"))
    here.send(RemoveContactNote(contact=mill, note=file(here, mill)["notes"][0]["note"]))
    here.send(RelateContact(contact=mill, relation="supplier", other=rival))
    here.send(UnrelateContact(contact=mill, relation="supplier", other=rival))
    assert file(here, mill) == before
    assert address == mill


def test_the_right_that_opened_a_file_is_told(here: Asker) -> None:
    mill, directory = new(here, "Mill"), here.company["customers"]
    anna, hotline = worker_holder(here.company["anna"]), team_holder(here.company["hotline"])
    own = {"directory": directory, "holder": anna, "team_name": None, "level": "edit", "until": None}
    through = {"directory": directory, "holder": hotline, "team_name": "Hotline", "level": "use", "until": None}
    assert file(here, mill)["decided_by"] == own
    assert file(here, mill, "boris")["decided_by"] == through
    assert here.ask("client-file", contact=mill)["decided_by"] is None
    until = now() + timedelta(hours=1)
    boris = worker_holder(here.company["boris"])
    here.send(SetDirectoryRight(directory=directory, holder=boris, level=Level.EDIT, until=until))
    decided = file(here, mill, "boris")["decided_by"]
    assert (decided["holder"], decided["level"]) == (boris, "edit")
    assert decided["until"] is not None


def test_a_hidden_contact_leaves_no_trace_in_another_ones_file_or_timeline(here: Asker) -> None:
    mill, shop = new(here, "Mill", ContactKind.PERSON), new(here, "Shop", ContactKind.PART)
    hidden, worker = new(here, "Hidden", directory="secret"), new(here, "Man", ContactKind.PERSON, "secret")

    def told(contact: str, actor: str = "anna") -> Any:
        lines = here.ask("timeline", actor, thing="contact", id=contact)
        return file(here, contact, actor), [(line["topic"], line["words"]) for line in lines]

    before = told(mill), told(shop)
    here.send(EmployContact(contact=mill, employer=hidden))
    here.send(SetContactPart(contact=shop, whole=hidden))
    here.send(EmployContact(contact=worker, employer=shop))
    here.send(RelateContact(contact=mill, relation="supplier", other=hidden))
    here.send(RelateContact(contact=hidden, relation="rival", other=mill))
    assert (told(mill), told(shop)) == before
    for narrowed in ({"employer": hidden}, {"employer": str(uuid4())}, {"employer": shop}, {"whole": hidden}):
        assert here.ask("contacts", "anna", **narrowed) == []
    assert here.ask("client-file", contact=mill)["employer"]["name"] == "Hidden"
    assert ("contact.employed", "Works for Hidden") in told(mill, "")[1]
    here.send(EmployContact(contact=mill, employer=None))
    here.send(UnrelateContact(contact=mill, relation="supplier", other=hidden))
    assert (told(mill), told(shop)) == before
    assert len(told(mill, "")[1]) == 5


def test_merged_contacts_are_one_and_come_apart_as_they_were(here: Asker) -> None:
    company = here.company
    mill, twin, away = new(here, "Mill"), new(here, "Twin", directory="secret"), new(here, "Away")
    here.send(JoinGroup(contact=mill, group=company["vip"]), minutes_ago=400)
    here.send(LeaveGroup(contact=mill, group=company["vip"]), minutes_ago=200)
    here.send(JoinGroup(contact=twin, group=company["vip"]), minutes_ago=300)
    here.send(SetContactContract(contact=twin, contract=company["gold"]))
    for each in (mill, twin):
        here.send(AddAddress(contact=each, kind=AddressKind.EMAIL, typed="desk@mill.example"))
        here.send(NoteOnContact(contact=each, text=f"Note {each}"))
    here.send(PutBookmark(worker=company["anna"], contact=mill))
    ticket = here.send(OpenTicket(customer=twin, area=company["north"], title="Before"))

    def told() -> list[Any]:
        found = [
            here.reply("client-file", who, data={"contact": each}) for each in (mill, twin) for who in ("anna", "")
        ]
        rows = [each.body.get("row", each.code) for each in found]
        listed = here.ask("contacts", "anna"), here.ask("contacts"), here.ask("bookmarks", "anna")
        members = here.reply("group-members", "anna", data={"group": company["vip"]}).body
        return [*rows, *listed, members["rows"], members["count"], here.ask("desk", "anna", contact=mill)]

    before = told()
    assert before[2] == "ContactUnknown"
    here.send(MergeContact(contact=twin, survivor=mill))
    merged = file(here, twin)
    assert merged == file(here, mill)
    assert (merged["contact"], names(merged["absorbed"])) == (mill, ["Twin"])
    assert [each["ticket"] for each in merged["tickets"]] == [ticket]
    assert [each["contract"] for each in merged["terms"]] == [company["gold"]]
    assert [each["normal"] for each in merged["addresses"]] == ["desk@mill.example"]
    assert len(merged["notes"]) == 2
    (spell,) = merged["groups"]
    assert (spell["joined_at"], spell["left_at"]) == (before[0]["groups"][0]["joined_at"], None)
    assert twin not in [row["contact"] for row in here.ask("contacts")]
    assert [row["ticket"] for row in here.ask("desk", "anna", contact=twin)] == [ticket]
    assert [row["contact"] for row in here.ask("group-members", "anna", group=company["vip"])].count(mill) == 1
    late = here.send(OpenTicket(customer=twin, area=company["north"], title="After"))
    assert here.ask("ticket", "anna", ticket=late)["contract"] == company["gold"]
    own = here.send(OpenTicket(customer=mill, area=company["north"], title="After"))
    assert here.ask("ticket", "anna", ticket=own)["contract"] == company["gold"]
    here.send(RenameContact(contact=twin, name="Twin again"), "anna")
    here.send(EmployContact(contact=new(here, "Man", ContactKind.PERSON), employer=twin), "anna")
    assert names(file(here, mill)["employees"]) == ["Man"]
    assert refused(here, MoveContact(contact=twin, directory=company["customers"]), "anna") == "ContactGoesUnderAnother"
    assert refused(here, MergeContact(contact=away, survivor=twin), "anna") == "ContactGoesUnderAnother"
    assert refused(here, SeparateContact(contact=twin), "anna") == "LevelMissing"
    here.send(SeparateContact(contact=twin))
    after = told()
    assert after[2] == "ContactUnknown"
    assert after[0] == before[0] | {"tickets": after[0]["tickets"], "more_tickets": False}
    assert [each["ticket"] for each in after[0]["tickets"]] == [own]
    assert after[3] == before[3] | {
        "name": "Twin again",
        "tickets": after[3]["tickets"],
        "employees": after[3]["employees"],
    }
    assert {each["ticket"] for each in after[3]["tickets"]} == {ticket, late}
    assert names(after[3]["employees"]) == ["Man"]
    assert after[7:9] == before[7:9]


def test_who_sees_a_contact_and_may_not_edit_it_is_told_so_and_all_others_that_there_is_none(here: Asker) -> None:
    mill, away, hidden = new(here, "Mill"), new(here, "Away"), new(here, "Hidden", directory="secret")
    missing = ContactId(str(uuid4()))
    for contact in (hidden, missing):
        commands: list[Command] = [
            AddAddress(contact=contact, kind=AddressKind.EMAIL, typed="a@b.cz"),
            NoteOnContact(contact=contact, text="x"),
            MergeContact(contact=contact, survivor=mill),
            MergeContact(contact=mill, survivor=contact),
            SeparateContact(contact=contact),
            RelateContact(contact=mill, relation="supplier", other=contact),
            UnrelateContact(contact=mill, relation="supplier", other=contact),
            RelateContact(contact=mill, relation="friend", other=contact),
            SetContactPart(contact=mill, whole=contact),
            EmployContact(contact=mill, employer=contact),
            PutBookmark(worker=here.company["anna"], contact=contact),
        ]
        assert {refused(here, each, "anna") for each in commands} == {"ContactUnknown"}
        here.send(ClearBookmark(worker=here.company["anna"], contact=contact), "anna")
        for name in ("client-file", "contact-notes", "contact-files"):
            assert here.refused(name, "anna", contact=contact) == "ContactUnknown"
    through_team = (MergeContact(contact=mill, survivor=away), NoteOnContact(contact=mill, text="x"))
    here.send(
        SetDirectoryRight(directory=here.company["customers"], holder=worker_holder(here.company["rita"]), level="use")
    )
    dora = worker_holder(here.company["dora"])
    here.send(SetDirectoryRight(directory=here.company["customers"], holder=dora, level=Level.USE))
    assert {refused(here, each, "dora") for each in through_team} == {"LevelMissing"}
    assert {refused(here, each, "clara") for each in through_team} == {"ContactUnknown"}
    assert refused(here, PutBookmark(worker=here.company["boris"], contact=mill), "anna") == "BookmarkNotYours"


def test_an_address_that_is_none_is_refused_by_what_is_wrong_with_it(here: Asker) -> None:
    mill = new(here, "Mill")
    for kind, typed, code in (
        (AddressKind.EMAIL, "nobody", "EmailNotValid"),
        (AddressKind.PHONE, "hello", "PhoneNotValid"),
        (AddressKind.PHONE, "12", "PhoneNotValid"),
    ):
        assert refused(here, AddAddress(contact=mill, kind=kind, typed=typed), "anna") == code
    assert refused(here, ClassifyContact(contact=mill, life_cycle="friend"), "anna") == "LifeCycleNotListed"
    assert refused(here, EmployContact(contact=mill, employer=new(here, "Big")), "anna") == "OnlyPersonsAreEmployed"
    assert refused(here, RelateContact(contact=mill, relation="rival", other=mill), "anna") == "LinkedWithItself"


def test_many_notes_and_files_come_in_pages_the_newest_first(here: Asker) -> None:
    mill = new(here, "Mill")
    for n in range(23):
        here.send(NoteOnContact(contact=mill, text=f"Note {n}"))
    found = file(here, mill)
    assert ([each["text"] for each in found["notes"][:2]], len(found["notes"])) == (["Note 22", "Note 21"], 20)
    assert (found["more_notes"], found["more_files"]) == (True, False)
    first = here.reply("contact-notes", "anna", data={"contact": mill}, limit=20)
    rest = here.reply("contact-notes", "anna", data={"contact": mill}, limit=20, cursor=first.body["next"])
    assert [each["text"] for each in first.body["rows"] + rest.body["rows"]] == [f"Note {n}" for n in range(22, -1, -1)]
    assert here.ask("contact-files", "anna", contact=mill) == []


def test_marks_are_ones_own_and_of_what_one_sees(here: Asker) -> None:
    anna, mill, twin = here.company["anna"], new(here, "Mark"), new(here, "Twin")
    for each in (mill, twin):
        here.send(PutBookmark(worker=anna, contact=each), "anna")
    marked = {each["contact"] for each in here.ask("bookmarks", "anna")}
    assert {mill, twin} <= marked and here.ask("bookmarks", "boris") == []
    here.send(MergeContact(contact=twin, survivor=mill))
    assert {each["contact"] for each in here.ask("bookmarks", "anna")} == marked - {twin}
    here.send(ClearBookmark(worker=anna, contact=mill), "anna")
    assert {each["contact"] for each in here.ask("bookmarks", "anna")} == marked - {twin, mill}
    here.send(PutBookmark(worker=anna, contact=mill), "anna")
    here.send(MoveContact(contact=mill, directory=here.company["secret"]))
    assert {each["contact"] for each in here.ask("bookmarks", "anna")} == marked - {twin, mill}
