"""A question that is about contacts says so, and its answer is kept as what it shows, each exception by itself."""

from __future__ import annotations

from typing import Any

import pytest

from domain.staff.worker import Right
from domain.values import ContactId, GroupId, Id, WorkerId
from projections.catalogue import QUESTIONS
from projections.clients.client import ClientFile
from projections.clients.contact import Contacts
from projections.clients.group import GroupMembers
from projections.clients.paper import ContactNotes
from projections.looking import EXCEPTION, How, Look
from projections.looks import Looks
from projections.question import Question
from projections.service.desk import Desk
from projections.trail import Thing, Trail

OFFICER, AUDITOR = Right.PRIVACY_OFFICER, Right.AUDITOR

NO_LOOKS = {"access-check"}
"""It tells of rights: of the contact nothing that whoever asks has not said."""


def kept(question: Question, *rows: tuple[str, Right | None]) -> list[Look]:
    shown: list[dict[str, Any]] = [{"contact": contact} for contact, _ in rows]
    return list(question.looked(shown, [exception for _, exception in rows]))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_with_a_contact_in_each_row_says_how_it_shows_it(name: str) -> None:
    question = QUESTIONS[name]
    assert EXCEPTION not in question.row.model_fields or question is Looks
    assert (question.looks is not None) == ("contact" in question.row.model_fields) or name in {
        *NO_LOOKS,
        Looks.name,
        Trail.name,
    }


def test_one_answer_is_one_look_and_what_an_exception_opened_another() -> None:
    assert kept(Contacts(), ("mill", None), ("farm", None)) == [Look(How.FOUND, ("mill", "farm"))]
    assert kept(Contacts(), ("mill", None), ("farm", OFFICER), ("shop", None)) == [
        Look(How.FOUND, ("mill", "shop")),
        Look(How.FOUND, ("farm",), exception=OFFICER),
    ]
    assert kept(GroupMembers(group=GroupId("vip")), ("mill", None), ("mill", None)) == [Look(How.FOUND, ("mill",))]
    assert kept(Contacts()) == []


def test_the_contact_that_was_asked_about_is_looked_at_whatever_is_told_of_it() -> None:
    mill = ContactId("mill")
    assert kept(ClientFile(contact=mill), ("mill", OFFICER)) == [Look(How.OPENED, ("mill",), exception=OFFICER)]
    assert kept(ClientFile(contact=mill), ("survivor", None)) == [Look(How.OPENED, ("mill", "survivor"))]
    assert kept(ContactNotes(contact=mill)) == [Look(How.OPENED, ("mill",))]


def test_what_is_asked_of_tickets_is_no_look_at_their_customers() -> None:
    assert list(Desk(contact=ContactId("mill")).looked([{"ticket": "pump"}], [None])) == []


def test_a_contact_s_own_life_is_a_look_and_of_other_lives_only_an_exception_is_kept() -> None:
    for thing in (Thing.CONTACT, Thing.MEMBERSHIP):
        assert kept(Trail(thing=thing, id=Id("mill")), ("", None)) == [Look(How.OPENED, ("mill",))]
        assert kept(Trail(thing=thing, id=Id("mill"))) == [Look(How.OPENED, ("mill",))]
    ticket = Trail(thing=Thing.TICKET, id=Id("pump"))
    assert kept(ticket, ("", None)) == []
    assert kept(ticket, ("", AUDITOR), ("", None)) == [Look(How.OPENED, about="ticket-pump", exception=AUDITOR)]


def test_who_asks_who_looked_is_kept_by_what_they_asked_for() -> None:
    assert kept(Looks(), ("mill", None)) == [Look(How.OPENED, exception=AUDITOR)]
    asked = Looks(contact=ContactId("mill"), worker=WorkerId("anna"))
    assert kept(asked) == [Look(How.OPENED, ("mill",), "worker-anna", AUDITOR)]
