"""Whoever is restricted is there and tells nothing, whatever is asked; officers alone see as before (R-GDP-1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from door import new_place
from dossier import EVAS, Dossier, dossier, questions_about_eva

from adapters.embedded import Running
from adapters.nats.client import Declined
from adapters.nats.file_client import get_file
from commands.clients.contact import OpenContact
from commands.privacy.restriction import LiftRestriction, RestrictContact
from domain.clients.contact import ContactKind
from domain.staff.worker import Right
from projections.catalogue import QUESTIONS
from projections.question import Listing

RESTRICTED = "(restricted)"
ALIKE = "eva.canary@example.org"
"""Otto has this address as well."""

OF_NO_CONTACT = {
    *("area-roles", "areas", "calendars", "code-lists", "contracts", "directories", "directory-rights", "gateways"),
    *("groups", "incident-types", "late-facts", "my-sight", "price-lists", "prices", "process-areas", "products"),
    *("readiness", "responsibility-check", "team-members", "teams", "worker", "workers"),
}
OF_OFFICERS_AND_AUDITORS = {Right.PRIVACY_OFFICER, Right.AUDITOR}

Told = dict[str, set[str]]
"""For each question, what of Eva's it told."""


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Dossier]:
    with dossier(new_place(servers, state)) as here:
        yield here


@contextmanager
def restricted(here: Dossier, name: str = "eva") -> Iterator[None]:
    here.send(RestrictContact(contact=here.company[name], ground="objection"), "vera")
    try:
        yield
    finally:
        here.send(LiftRestriction(contact=here.company[name]), "vera")


def answers(here: Dossier, actor: str, **more: Any) -> dict[str, list[Any]]:
    """The rows of everything that could tell of her, by the question."""
    found: dict[str, list[Any]] = {}
    for name, data in questions_about_eva(here):
        limit: dict[str, Any] = {"limit": 1000} if issubclass(QUESTIONS[name], Listing) else {}
        reply = here.reply(name, actor, data=data, **limit, **more)
        assert not reply.status, (name, reply.body)
        found.setdefault(name, []).append(reply.body.get("rows", reply.body.get("row")))
    return found


def told(found: dict[str, list[Any]]) -> Told:
    """Where what she is called elsewhere as well is no sign of her."""
    words = [word for word in EVAS if word != ALIKE]
    return {name: {word for word in words if word in str(rows)} for name, rows in found.items()}


def found(here: Dossier, actor: str, text: str) -> set[str]:
    return {row["contact"] for row in here.ask("contact-search", actor, text=text)}


def alike(here: Dossier, actor: str, name: str) -> set[str]:
    return {row["contact"] for row in here.ask("duplicates", actor, contact=here.company[name])}


def test_no_answer_tells_anything_of_whom_is_restricted_and_all_do_again_afterwards(here: Dossier) -> None:
    before = {actor: told(answers(here, actor)) for actor in ("keen", "paul")}
    seen = set().union(*before["keen"].values())
    assert seen == {word for word in EVAS if word != ALIKE}, "nothing would be missed"
    with restricted(here):
        for more in ({}, {"purpose": "export"}):
            rows = answers(here, "keen", **more)
            assert not {name: words for name, words in told(rows).items() if words}
        assert told(answers(here, "paul")) == before["paul"]
        assert told(answers(here, "")) == told(answers(here, "paul"))
    assert told(answers(here, "keen")) == before["keen"]


def test_every_question_that_tells_of_contacts_is_asked_here(here: Dossier) -> None:
    asked = {name for name, _ in questions_about_eva(here)}
    told = {name for name, kind in QUESTIONS.items() if not kind.rights or kind.rights - OF_OFFICERS_AND_AUDITORS}
    assert told - OF_NO_CONTACT == asked


def test_who_asks_by_name_address_or_number_is_not_told_that_it_is_right(here: Dossier) -> None:
    texts = [data["text"] for name, data in questions_about_eva(here) if name == "contact-search"]
    eva, otto = here.company["eva"], here.company["otto"]
    assert not [text for text in texts if eva not in found(here, "keen", text)]
    assert (alike(here, "keen", "otto"), alike(here, "keen", "eva")) == ({eva}, {otto})
    with restricted(here):
        assert not [text for text in texts if eva in found(here, "keen", text)]
        assert found(here, "keen", "Otto") == {otto}
        assert (alike(here, "keen", "otto"), alike(here, "keen", "eva")) == (set(), set())
        for actor in ("paul", "vera"):
            assert not [text for text in texts if eva not in found(here, actor, text)]
        assert (alike(here, "paul", "otto"), alike(here, "paul", "eva")) == ({eva}, {otto})
    assert (alike(here, "keen", "otto"), alike(here, "keen", "eva")) == ({eva}, {otto})


def test_a_search_that_would_find_the_restricted_is_answered_like_one_that_finds_nobody(here: Dossier) -> None:
    with restricted(here):
        whom, none = (here.reply("contact-search", "keen", data={"text": text}).body for text in ("Renamed", "Zzyzxqq"))
        assert (whom["rows"], whom["next"]) == (none["rows"], none["next"]) == ([], None)


def test_that_there_is_somebody_is_told_all_the_same(here: Dossier) -> None:
    with restricted(here):
        (row,) = here.ask("contacts", "keen", reference="R-1")
        assert (row["contact"], row["name"]) == (here.company["eva"], RESTRICTED)
        file = here.ask("client-file", "keen", contact=here.company["eva"])
        assert (file["name"], file["vat_number"]) == (RESTRICTED, RESTRICTED)
        assert {note["text"] for note in file["notes"]} == {RESTRICTED}
        assert here.company["eva"] in {
            row["contact"] for row in here.ask("group-members", "keen", group=here.company["vip"])
        }


@pytest.mark.parametrize("name", ["contacts", "contact-cards", "bookmarks", "group-members"])
def test_a_list_of_contacts_is_taken_out_without_the_restricted(here: Dossier, name: str) -> None:
    data = {"group": here.company["vip"]} if name == "group-members" else {}

    def listed(actor: str, **more: Any) -> set[str]:
        return {row["contact"] for row in here.reply(name, actor, data=data, limit=100, **more).body["rows"]}

    whole = listed("keen")
    assert here.company["eva"] in whole
    with restricted(here):
        assert listed("keen") == whole
        assert listed("keen", purpose="export") == whole - {here.company["eva"]}
        if name not in ("bookmarks",):
            assert here.company["eva"] in listed("paul", purpose="export")
    assert listed("keen", purpose="export") == whole


def test_of_a_group_it_is_taken_out_as_many_as_are_shown(here: Dossier) -> None:
    with restricted(here):
        found = here.reply("group-members", "keen", data={"group": here.company["vip"]}, purpose="export").body
        assert found["count"] == len(found["rows"])


def test_by_its_reference_or_as_an_employer_it_is_not_taken_out_either(here: Dossier) -> None:
    person = OpenContact(directory=here.company["customers"], kind=ContactKind.PERSON, name="Clerk", reference="R-2")
    if "clerk" not in here.company.ids:
        here.company["clerk"] = here.send(person)
    asked = [
        ("contacts", {"reference": "R-1"}),
        ("contacts", {"employer": here.company["works"]}),
        ("contact-cards", {"references": ["R-1"]}),
        ("contact-cards", {"contacts": [here.company["eva"], here.company["efa"]]}),
    ]
    with restricted(here):
        for name, data in asked:
            assert here.reply(name, "keen", data=data, purpose="export").body["rows"] == [], (name, data)
            assert here.reply(name, "paul", data=data, purpose="export").body["rows"], (name, data)
    with restricted(here, "works"):
        (card,) = here.reply("contact-cards", "keen", data={"references": ["R-1"]}, purpose="export").body["rows"]
        assert card["employer"] is None
        (card,) = here.ask("contact-cards", "keen", references=["R-1"])
        assert card["employer"]["name"] == RESTRICTED


def test_files_of_the_restricted_are_given_to_officers_alone(here: Dossier) -> None:
    async def got(actor: str) -> int:
        parts = get_file(here.desk, here.company["eva"], here.file, actor=here.company[actor])
        return sum([len(part.content) async for part in parts])

    size = here.runner.run(got("keen"))
    with restricted(here):
        with pytest.raises(Declined) as declined:
            here.runner.run(got("keen"))
        assert declined.value.code == "ContactIsRestricted"
        assert here.runner.run(got("vera")) == here.runner.run(got("paul")) == size
    assert here.runner.run(got("keen")) == size


def test_an_officer_is_given_all_that_is_held_of_the_restricted(here: Dossier) -> None:
    def held() -> str:
        return str([row["fields"] for row in here.everything("personal-data", "vera", person=here.person("eva"))])

    with restricted(here):
        assert not [word for word in EVAS if word not in held()]
        assert RESTRICTED not in held()
