"""A client's file holds its name, the terms it has of its own, and its tickets, wherever it lies."""

from __future__ import annotations

from company import BAKERY_SUBJECT, COMPANY_SO_FAR, OVEN
from rows import Rows, shown
from specification import LONG_AGO, Happened, of, on_monday

from domain.clients.contact import CONTACT, ContactContractSet, ContactMoved, ContactRenamed
from domain.service.ticket import TICKET, TicketCustomerSet
from examples import BAKERY, CUSTOMERS, DEFECT, EVENT, GOLD, MILL, MILL_SUBJECT, PUMP, SILVER, SUPPLIERS

TEN, NOON = on_monday(10), on_monday(12)


def file(*more: list[Happened]) -> Rows:
    return shown(COMPANY_SO_FAR, *more)


def test_a_contact_has_its_kind_its_name_and_since_when_it_is_known() -> None:
    rows = file()
    assert rows["contacts"][MILL,] == {"kind": "company", "reference": None, "opened_at": LONG_AGO}
    name = rows["contact_names"][MILL,]
    assert name["subject"] == MILL_SUBJECT
    assert name["name"][:4] == ["contact.opened", "contact-mill", 1, "name"]


def test_a_contact_is_called_by_its_last_name() -> None:
    renamed = of(CONTACT, MILL, ContactRenamed(subject=MILL_SUBJECT, name="New Mill"))
    assert file(renamed)["contact_names"][MILL,]["name"][:4] == ["contact.renamed", "contact-mill", 2, "name"]


def test_a_contact_in_another_directory_is_the_same_file() -> None:
    moved = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    before, after = file(), file(moved)
    assert after["access_contacts"][MILL,] == {"directory": SUPPLIERS}
    for table in ("contacts", "contact_terms", "contact_tickets"):
        assert after[table] == before[table]


def test_terms_of_its_own_are_those_that_were_agreed_on_last() -> None:
    def agreed(contract: str | None, incident_type: str | None = None) -> ContactContractSet:
        return ContactContractSet(incident_type=incident_type, contract=contract)

    told = [
        *of(CONTACT, MILL, agreed(GOLD), agreed(SILVER, DEFECT), at=NOON),
        *of(CONTACT, MILL, agreed(SILVER), agreed(GOLD, DEFECT), at=TEN),  # known late
    ]
    assert file(told)["contact_terms"] == {(MILL, ""): {"contract": GOLD}, (MILL, DEFECT): {"contract": SILVER}}
    ended = of(CONTACT, MILL, agreed(None), at=NOON)
    assert file(told, ended)["contact_terms"][MILL, ""] == {"contract": None}


def test_its_tickets_are_those_it_reported_and_those_reported_for_it() -> None:
    reported = EVENT["ticket.opened"].model_copy(update={"reporter": BAKERY})
    rows = file(of(TICKET, "shared", reported, at=NOON))["contact_tickets"]
    assert rows == {
        (MILL, PUMP): {"opened_at": on_monday(9)},
        (BAKERY, OVEN): {"opened_at": on_monday(9)},
        (MILL, "shared"): {"opened_at": NOON},
        (BAKERY, "shared"): {"opened_at": NOON},
    }


def test_a_ticket_moves_to_the_file_of_whoever_it_is_found_to_be_of() -> None:
    found = TicketCustomerSet(subject=BAKERY_SUBJECT, reporter=None, customer=BAKERY)
    rows = file(of(TICKET, PUMP, found, at=NOON))["contact_tickets"]
    assert rows == {(BAKERY, PUMP): {"opened_at": on_monday(9)}, (BAKERY, OVEN): {"opened_at": on_monday(9)}}
    nobodys = TicketCustomerSet(subject=BAKERY_SUBJECT, reporter=None, customer=None)
    assert file(of(TICKET, PUMP, found, nobodys, at=NOON))["contact_tickets"].keys() == {(BAKERY, OVEN)}


def test_a_part_is_as_old_in_the_file_as_the_whole() -> None:
    part = EVENT["ticket.opened"].model_copy(update={"received_at": TEN})
    assert file(of(TICKET, "part", part, at=NOON))["contact_tickets"][MILL, "part"] == {"opened_at": TEN}
