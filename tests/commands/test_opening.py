"""A report is on the customer's terms, for a kind of care, and lies where the customer's groups say (D1, D13, D33)."""

from datetime import datetime
from typing import Any

import pytest
from company import BAKERY_SUBJECT, COMPANY_SO_FAR, OLENA, VERA, contact
from specification import Given, Happened, given, of, on_monday

from commands.company.settings import SetDefaultArea, SetHelpdeskProcessArea
from commands.permission import RightMissing
from commands.retrospect import Loaded, Present
from commands.service.opening import OpenTicket, selection
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactContractSet,
    ContactKind,
    ContactMerged,
    ContactUnknown,
)
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupContractSet, GroupRanked, GroupResponsibleSet
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.clients.relation import ContactEmployed
from domain.company.process_area import PROCESS_AREA, ProcessAreaNotOffered, ProcessAreaRetired, ProcessAreaUnknown
from domain.company.settings import COMPANY, SETTINGS, DefaultAreaSet, HelpdeskProcessAreaSet
from domain.refusal import Refused
from domain.service.incident_type import (
    INCIDENT_TYPE,
    IncidentTypeNotOffered,
    IncidentTypeRetired,
    IncidentTypeUnknown,
)
from domain.service.place import DefaultAreaMissing
from domain.service.selection import Scope
from domain.service.ticket import TICKET, TicketContractSelected, TicketOpened
from domain.staff.area import AREA, AreaClosed, AreaNotOpen, AreaOpened, AreaUnknown
from domain.talk.gateway import (
    GATEWAY,
    GatewayClosed,
    GatewayNotOpen,
    GatewayProcessAreaSet,
    GatewayUnknown,
)
from domain.values import AreaId, ContactId, GroupId, ProcessAreaId, SubjectId, worker_holder
from examples import (
    ANNA,
    BAKERY,
    CUSTOMERS,
    DEFECT,
    GOLD,
    INVOICING,
    MILL,
    MILLER,
    OFFICE_FLOOR,
    REGULARS,
    REPAIRS,
    SILVER,
    SUPPLIERS,
    SUPPORT,
    VIP,
    WORKSHOP,
)

NINE, TEN, NOON = on_monday(9), on_monday(10), on_monday(12)
MILLER_SUBJECT = SubjectId("3111e5")
PERSON: list[Happened] = contact(MILLER, MILLER_SUBJECT, CUSTOMERS, ContactKind.PERSON)
JOINED: list[Happened] = of(MEMBERSHIP, MILL, MemberJoined(group=VIP), MemberJoined(group=REGULARS))
HELPDESK: list[Happened] = of(SETTINGS, COMPANY, HelpdeskProcessAreaSet(process_area=REPAIRS))


def report(world: Given, *, at: datetime = TEN, actor: str = ANNA, **said: Any) -> TicketOpened:
    """How the report was taken down."""
    asked = world.when(OpenTicket(title="The pump", **said), actor=actor, at=at)
    assert asked.answer.code == "", asked.answer.code
    opened = asked.facts[0].event
    assert isinstance(opened, TicketOpened)
    return opened


def promised(world: Given, **said: Any) -> TicketContractSelected:
    asked = world.when(OpenTicket(title="The pump", **said), actor=ANNA, at=TEN)
    found = asked.facts[1].event
    assert isinstance(found, TicketContractSelected)
    return found


def row(group: GroupId, area: AreaId | None, process_area: ProcessAreaId = REPAIRS) -> list[Happened]:
    return of(GROUP, group, GroupResponsibleSet(process_area=process_area, person=None, team=None, area=area))


def test_a_customer_alone_reported_it_themselves() -> None:
    opened = report(given(COMPANY_SO_FAR), customer=MILL)
    assert (opened.reporter, opened.customer) == (MILL, MILL)
    opened = report(given(COMPANY_SO_FAR))
    assert (opened.reporter, opened.customer) == (None, None)


def test_the_customer_of_a_reporter_is_the_organisation_that_employs_them_then() -> None:
    employed = [
        *of(CONTACT, MILLER, ContactEmployed(employer=MILL), at=TEN),
        *of(CONTACT, MILLER, ContactEmployed(employer=None), at=NOON),
    ]
    world = given(COMPANY_SO_FAR, PERSON, employed)
    for at, customer in ((NINE, MILLER), (TEN, MILL), (NOON, MILLER)):
        opened = report(world, reporter=MILLER, at=at)
        assert (opened.reporter, opened.customer) == (MILLER, customer)
        assert opened.subject == MILLER_SUBJECT


def test_an_employer_whom_the_worker_may_not_know_of_is_none() -> None:
    employed = of(CONTACT, MILLER, ContactEmployed(employer=BAKERY))
    world = given(COMPANY_SO_FAR, PERSON, employed)
    assert report(world, reporter=MILLER).customer == MILLER
    world.happen(of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.USE)))
    assert report(world, reporter=MILLER).customer == BAKERY


def test_of_several_employers_of_one_who_was_merged_the_smallest_id_is_the_customer() -> None:
    twin = ContactId("twin")
    world = given(
        COMPANY_SO_FAR,
        PERSON,
        contact(twin, MILLER_SUBJECT, CUSTOMERS, ContactKind.PERSON),
        contact(ContactId("acme"), BAKERY_SUBJECT, CUSTOMERS),
        of(CONTACT, MILLER, ContactEmployed(employer=MILL), ContactAbsorbed(contact=twin)),
        of(CONTACT, twin, ContactEmployed(employer="acme"), ContactMerged(survivor=MILLER)),
    )
    assert report(world, reporter=MILLER).customer == "acme"
    assert report(world, reporter=twin).customer == "acme"


@pytest.mark.parametrize("employer", [MILL, BAKERY])
def test_of_an_employer_who_was_merged_the_terms_of_each_count(employer: ContactId) -> None:
    world = given(
        COMPANY_SO_FAR,
        PERSON,
        of(CONTACT, MILLER, ContactEmployed(employer=employer)),
        of(CONTACT, BAKERY, ContactContractSet(contract=SILVER), ContactMerged(survivor=MILL)),
        of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY)),
    )
    assert report(world, reporter=MILLER).customer == employer
    assert promised(world, reporter=MILLER).contract == SILVER


def test_a_contract_that_is_withdrawn_stays_on_the_tickets_that_have_it() -> None:
    own = of(GROUP, VIP, GroupContractSet(contract=SILVER))
    world = given(COMPANY_SO_FAR, of(MEMBERSHIP, MILL, MemberJoined(group=VIP)), own)
    before = world.when(OpenTicket(customer=MILL, title="x"), actor=ANNA, at=TEN).answer.thing
    world.happen(of(GROUP, VIP, GroupContractSet(contract=None), at=NOON))
    after = world.when(OpenTicket(customer=MILL, title="x"), actor=ANNA, at=NOON).answer.thing
    assert [world.state(TICKET, each).contract(NOON) for each in (before, after)] == [SILVER, None]


def test_where_both_are_given_it_is_as_given() -> None:
    employed = of(CONTACT, MILLER, ContactEmployed(employer=BAKERY))
    opened = report(given(COMPANY_SO_FAR, PERSON, employed), reporter=MILLER, customer=MILL)
    assert (opened.reporter, opened.customer, opened.subject) == (MILLER, MILL, MILLER_SUBJECT)


@pytest.mark.parametrize("whom", [{"reporter": BAKERY}, {"customer": BAKERY}, {"reporter": MILL, "customer": BAKERY}])
def test_whom_the_worker_may_not_know_of_is_unknown(whom: dict[str, ContactId]) -> None:
    missing = {name: ContactId("nobody") if id == BAKERY else id for name, id in whom.items()}
    for said in (whom, missing):
        given(COMPANY_SO_FAR).when(OpenTicket(title="x", **said), actor=ANNA, at=TEN).refused(ContactUnknown)


def test_it_is_on_the_terms_of_the_customer_and_not_of_the_reporter() -> None:
    terms = [
        *of(CONTACT, MILLER, ContactEmployed(employer=MILL), ContactContractSet(contract=GOLD)),
        *of(MEMBERSHIP, MILL, MemberJoined(group=VIP)),
        *of(GROUP, VIP, GroupContractSet(contract=SILVER)),
    ]
    found = promised(given(COMPANY_SO_FAR, PERSON, terms), reporter=MILLER)
    assert (found.contract, found.scope, found.losers) == (SILVER, Scope.GROUP, ())
    found = promised(given(COMPANY_SO_FAR, PERSON, terms), reporter=MILLER, customer=MILLER)
    assert (found.contract, found.scope) == (GOLD, Scope.CUSTOMER)


def test_what_a_selection_rests_on_is_in_its_book_and_so_are_the_contracts_asked_for_besides() -> None:
    world = given(COMPANY_SO_FAR, of(CONTACT, MILL, ContactContractSet(contract=SILVER)))
    streams = {stream: world.log.streams[stream] for stream in world.log.streams}
    view = Present(Loaded(str, lambda unread: streams_of(view, unread.streams, streams)), ANNA, TEN)
    chosen, book = selection(view, MILL, None, TEN, besides=[GOLD])
    assert (chosen.contract, chosen.scope) == (SILVER, Scope.CUSTOMER)
    assert book.contracts.keys() == {GOLD, SILVER}


def streams_of(view: Present, wanted: Any, there: dict[str, Any]) -> None:
    view.loaded.streams.update({stream: there.get(stream, ()) for stream in wanted})


@pytest.mark.parametrize(
    ("said", "process_area"),
    [
        ({}, REPAIRS),
        ({"gateway": SUPPORT}, INVOICING),
        ({"process_area": INVOICING}, INVOICING),
        ({"gateway": SUPPORT, "process_area": REPAIRS}, REPAIRS),
    ],
    ids=["the helpdesk's", "the gateway's", "stated", "stated, whatever the gateway's"],
)
def test_the_kind_of_care_is_the_stated_one_else_the_gateways_else_the_helpdesks(
    said: dict[str, Any], process_area: ProcessAreaId
) -> None:
    opened = report(given(COMPANY_SO_FAR, HELPDESK), customer=MILL, **said)
    assert (opened.process_area, opened.gateway) == (process_area, said.get("gateway"))


def test_the_process_area_is_that_of_the_instant() -> None:
    moved = of(GATEWAY, SUPPORT, GatewayProcessAreaSet(process_area=REPAIRS), at=NOON)
    world = given(COMPANY_SO_FAR, moved, of(SETTINGS, COMPANY, HelpdeskProcessAreaSet(process_area=REPAIRS), at=NOON))
    assert [report(world, gateway=SUPPORT, at=at).process_area for at in (TEN, NOON)] == [INVOICING, REPAIRS]
    assert [report(world, at=at).process_area for at in (TEN, NOON)] == [None, REPAIRS]


@pytest.mark.parametrize(
    ("said", "besides", "refusal"),
    [
        ({"process_area": "none"}, [], ProcessAreaUnknown),
        ({"process_area": REPAIRS}, of(PROCESS_AREA, REPAIRS, ProcessAreaRetired()), ProcessAreaNotOffered),
        ({"gateway": "none"}, [], GatewayUnknown),
        ({"gateway": SUPPORT}, of(GATEWAY, SUPPORT, GatewayClosed()), GatewayNotOpen),
        ({"incident_type": "none"}, [], IncidentTypeUnknown),
        ({"incident_type": DEFECT}, of(INCIDENT_TYPE, DEFECT, IncidentTypeRetired()), IncidentTypeNotOffered),
        ({"area": "none"}, [], AreaUnknown),
        ({"area": OFFICE_FLOOR}, [], AreaUnknown),
        ({"area": WORKSHOP}, of(AREA, WORKSHOP, AreaClosed()), AreaNotOpen),
    ],
)
def test_what_is_stated_must_be_there_and_take_what_is_new(
    said: dict[str, Any], besides: list[Happened], refusal: type[Refused]
) -> None:
    given(COMPANY_SO_FAR, besides).when(OpenTicket(title="x", **said), actor=ANNA, at=TEN).refused(refusal)


def test_a_report_lies_where_the_row_of_the_customers_group_for_the_process_area_says() -> None:
    opened = report(given(COMPANY_SO_FAR, HELPDESK, JOINED, row(VIP, OFFICE_FLOOR)), customer=MILL)
    assert (opened.area, opened.area_group) == (OFFICE_FLOOR, VIP)


def test_each_process_area_has_its_own_row() -> None:
    back_office = AreaId("back-office")
    rows = [*row(VIP, OFFICE_FLOOR), *row(VIP, back_office, INVOICING), *of(AREA, back_office, AreaOpened(name="x"))]
    world = given(COMPANY_SO_FAR, HELPDESK, JOINED, rows)
    assert report(world, customer=MILL).area == OFFICE_FLOOR
    assert report(world, customer=MILL, process_area=INVOICING).area == back_office
    assert report(world, customer=MILL, gateway=SUPPORT).area == back_office


def test_without_a_process_area_there_is_no_row_to_look_at() -> None:
    opened = report(given(COMPANY_SO_FAR, JOINED, row(VIP, OFFICE_FLOOR)), customer=MILL)
    assert (opened.area, opened.area_group, opened.process_area) == (WORKSHOP, None, None)


def test_of_several_groups_the_smallest_rank_whose_row_has_an_open_area_decides() -> None:
    annex = AreaId("annex")
    rows = [*row(VIP, OFFICE_FLOOR), *row(REGULARS, annex), *of(AREA, annex, AreaOpened(name="Annex"))]
    world = given(COMPANY_SO_FAR, HELPDESK, JOINED, rows)
    assert report(world, customer=MILL).area_group == VIP
    world.happen(of(GROUP, REGULARS, GroupRanked(rank=1)))
    assert report(world, customer=MILL).area_group == min(VIP, REGULARS)
    world.happen(of(GROUP, REGULARS, GroupRanked(rank=0)))
    assert report(world, customer=MILL).area == annex
    world.happen(of(AREA, annex, AreaClosed(), at=NOON))
    assert [report(world, customer=MILL, at=at).area for at in (TEN, NOON)] == [annex, OFFICE_FLOOR]
    world.happen(row(VIP, None))
    found = report(world, customer=MILL, at=NOON)
    assert (found.area, found.area_group) == (WORKSHOP, None)


def test_a_row_with_an_area_that_there_never_was_is_passed_over() -> None:
    assert report(given(COMPANY_SO_FAR, HELPDESK, JOINED, row(VIP, AreaId("none"))), customer=MILL).area == WORKSHOP


def test_a_stated_area_goes_before_every_row() -> None:
    opened = report(given(COMPANY_SO_FAR, HELPDESK, JOINED, row(VIP, OFFICE_FLOOR)), customer=MILL, area=WORKSHOP)
    assert (opened.area, opened.area_group) == (WORKSHOP, None)


def test_the_groups_count_that_the_customer_was_in_when_the_report_was_received() -> None:
    left = of(MEMBERSHIP, MILL, MemberLeft(group=VIP), at=NOON)
    world = given(COMPANY_SO_FAR, HELPDESK, of(MEMBERSHIP, MILL, MemberJoined(group=VIP), at=TEN), left)
    world.happen(row(VIP, OFFICE_FLOOR))
    areas = [report(world, customer=MILL, at=at).area for at in (NINE, TEN, NOON)]
    assert areas == [WORKSHOP, OFFICE_FLOOR, WORKSHOP]


def test_the_groups_of_those_merged_into_the_customer_count_as_well() -> None:
    merged = [
        *of(CONTACT, BAKERY, ContactMerged(survivor=MILL)),
        *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY)),
        *of(MEMBERSHIP, BAKERY, MemberJoined(group=VIP)),
    ]
    assert report(given(COMPANY_SO_FAR, HELPDESK, merged, row(VIP, OFFICE_FLOOR)), customer=MILL).area == OFFICE_FLOOR


def test_without_a_default_area_there_is_nowhere_to_put_the_first_ticket() -> None:
    nowhere = [each for each in COMPANY_SO_FAR if not isinstance(each.event, DefaultAreaSet)]
    given(nowhere).when(OpenTicket(title="x"), actor=ANNA, at=TEN).refused(DefaultAreaMissing)
    world = given(nowhere, HELPDESK, JOINED, row(VIP, OFFICE_FLOOR))
    assert report(world, customer=MILL).area == OFFICE_FLOOR


def test_what_is_set_otherwise_later_leaves_the_tickets_where_they_are() -> None:
    world = given(COMPANY_SO_FAR, HELPDESK)
    asked = world.when(OpenTicket(title="x"), actor=ANNA, at=TEN)
    world.when(SetDefaultArea(area=OFFICE_FLOOR), actor=OLENA, at=TEN)
    world.when(SetHelpdeskProcessArea(process_area=INVOICING), actor=OLENA, at=TEN)
    found = world.state(TICKET, asked.answer.thing)
    assert (found.area, found.process_area) == (WORKSHOP, REPAIRS)
    assert report(world).area == OFFICE_FLOOR


def test_it_was_received_when_it_happened_as_the_employee_states() -> None:
    world = given(COMPANY_SO_FAR)
    asked = world.when(OpenTicket(title="x"), actor=VERA, at=NOON, happened=NINE)
    assert world.state(TICKET, asked.answer.thing).opened_at == NINE


def test_reporting_is_for_the_helpdesk() -> None:
    given(COMPANY_SO_FAR).when(OpenTicket(title="x"), actor=OLENA, at=TEN).refused(RightMissing)


def test_the_process_area_of_the_helpdesk_is_set_by_the_administrator_and_is_one_that_is_offered() -> None:
    world = given(COMPANY_SO_FAR, of(PROCESS_AREA, REPAIRS, ProcessAreaRetired()))
    world.when(SetHelpdeskProcessArea(process_area=INVOICING), actor=ANNA, at=TEN).refused(RightMissing)
    world.when(SetHelpdeskProcessArea(process_area="none"), actor=OLENA, at=TEN).refused(ProcessAreaUnknown)
    world.when(SetHelpdeskProcessArea(process_area=REPAIRS), actor=OLENA, at=TEN).refused(ProcessAreaNotOffered)
    named = HelpdeskProcessAreaSet(process_area=INVOICING)
    world.when(SetHelpdeskProcessArea(process_area=INVOICING), actor=OLENA, at=TEN).then(named)
    world.when(SetHelpdeskProcessArea(process_area=INVOICING), actor=OLENA, at=TEN).then()
    none = HelpdeskProcessAreaSet(process_area=None)
    world.when(SetHelpdeskProcessArea(process_area=None), actor=OLENA, at=NOON).then(none)
