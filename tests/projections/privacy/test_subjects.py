"""Wherever somebody's data lies, it is known whose it is and where to look (R-GDP-5, N-8)."""

from __future__ import annotations

from typing import Any

import pytest
from company import contact
from life import opened
from rows import shown
from specification import Happened, of, on_monday

from domain.clients.contact import CONTACT, ContactRenamed
from domain.fact import Event, personal_fields
from domain.service.ticket import TICKET, TicketCustomerSet
from domain.staff.worker import WORKER
from domain.values import SubjectId
from examples import ANNA, ANNA_SUBJECT, BELT, CUSTOMERS, EVENT, EVENTS, MILL, MILL_SUBJECT, MILLER
from projections.privacy.subjects import SUBJECTS

SOMEBODYS = SubjectId("50eb0d")
SENT = opened(subject=SOMEBODYS, reporter=None, customer=None)
PERSONAL = [event for event in EVENTS if personal_fields(type(event))]


def links(*happenings: list[Happened]) -> dict[tuple[str, ...], Any]:
    return {key: row["person"] for key, row in shown(*happenings)["subject_links"].items()}


def streams(*happenings: list[Happened]) -> set[tuple[str, ...]]:
    return {*shown(*happenings)["subject_streams"]}


@pytest.mark.parametrize("event", PERSONAL, ids=lambda event: event.topic)
def test_no_fact_with_anybodys_data_in_it_goes_unheard(event: Event) -> None:
    assert event.topic in SUBJECTS.topics
    assert streams([Happened("thing-x", event, on_monday(9), on_monday(9))]) == {(event.subject, "thing-x")}  # type: ignore[attr-defined]


def test_a_field_in_which_nothing_was_said_is_nobodys_data() -> None:
    silent = EVENT["ticket.call-logged"].model_copy(update={"note": None})
    assert streams([Happened("thing-x", silent, on_monday(9), on_monday(9))]) == set()


def test_a_contact_and_a_worker_are_whom_their_subject_stands_for() -> None:
    found = links(contact(MILL, MILL_SUBJECT, CUSTOMERS), of(WORKER, ANNA, EVENT["worker.hired"]))
    assert found == {(MILL_SUBJECT, "contact-mill"): "contact:mill", (ANNA_SUBJECT, "worker-anna"): "worker:anna"}


def test_a_sender_is_the_tickets_until_it_is_known_who_it_was() -> None:
    through = (SOMEBODYS, "ticket-belt")
    linked = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILL, customer=MILL)
    corrected = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILLER, customer=MILL)
    customers = TicketCustomerSet(subject=SOMEBODYS, reporter=None, customer=MILL)
    taken_back = TicketCustomerSet(subject=SOMEBODYS, reporter=None, customer=None)
    assert links(of(TICKET, BELT, SENT)) == {through: "ticket:belt"}
    assert links(of(TICKET, BELT, SENT, linked)) == {through: "contact:mill"}
    assert links(of(TICKET, BELT, SENT, linked, corrected)) == {through: "contact:miller"}
    assert links(of(TICKET, BELT, SENT, customers)) == {through: "contact:mill"}
    assert links(of(TICKET, BELT, SENT, linked, taken_back)) == {through: "ticket:belt"}


def test_a_ticket_of_whom_we_knew_stands_for_nobody() -> None:
    known = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILLER, customer=MILL)
    assert links(of(TICKET, BELT, opened())) == {}
    assert links(of(TICKET, BELT, opened(), known)) == {}


def test_data_lies_in_every_stream_in_which_it_was_written_once_for_each() -> None:
    renamed = ContactRenamed(subject=MILL_SUBJECT, name="New Mill")
    found = streams(
        contact(MILL, MILL_SUBJECT, CUSTOMERS), of(CONTACT, MILL, renamed, renamed), of(TICKET, BELT, opened())
    )
    assert found == {(MILL_SUBJECT, "contact-mill"), (MILL_SUBJECT, "ticket-belt")}
