"""On whose terms a ticket is, of which type, and how grave: selected anew as of the receipt (D33, R-SLA-2, R-SLA-5)."""

from __future__ import annotations

from typing import Any

import pytest
from company import COMPANY_SO_FAR, OVEN, contact, ticket
from specification import LONG_AGO, Given, Happened, given, of, on_monday

from commands.command import Command
from commands.permission import RoleMissing
from commands.service.exchange import LogCall
from commands.service.ticket import (
    AssessTicket,
    ChangeTicketContract,
    RetypeTicket,
    SetTicketCustomer,
    WithdrawAssessment,
)
from domain.clients.contact import CONTACT, ContactContractSet, ContactKind, ContactUnknown
from domain.clients.group import GROUP, GroupContractSet
from domain.clients.membership import MEMBERSHIP, MemberJoined, MemberLeft
from domain.clients.relation import ContactEmployed
from domain.service.contract import ContractUnknown
from domain.service.incident_type import (
    INCIDENT_TYPE,
    IncidentTypeContractSet,
    IncidentTypeNotOffered,
    IncidentTypeRetired,
    IncidentTypeUnknown,
)
from domain.service.selection import Scope
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.ticket import (
    TICKET,
    TicketAssessed,
    TicketAssessmentWithdrawn,
    TicketContractSelected,
    TicketCustomerSet,
    TicketNotOpen,
    TicketResolved,
    TicketRetyped,
    TicketUnknown,
)
from domain.values import ContactId, ContractId, IncidentTypeId, SubjectId
from examples import (
    ANNA,
    BAKERY,
    BORIS,
    CUSTOMERS,
    DEFECT,
    GOLD,
    GRAVE,
    HOSE,
    MILL,
    MILL_SUBJECT,
    MILLER,
    PUMP,
    SILVER,
    VIP,
)

TEN, NOON = on_monday(10), on_monday(12)
MILLERS = SubjectId("mi11e4")
INN, INN_SUBJECT = ContactId("inn"), SubjectId("1bb1")
THE_MILLER = [
    *contact(MILLER, MILLERS, CUSTOMERS, ContactKind.PERSON),
    *contact(INN, INN_SUBJECT, CUSTOMERS),
    *of(CONTACT, MILLER, ContactEmployed(employer=MILL)),
    *of(CONTACT, MILLER, ContactEmployed(employer=INN), at=on_monday(9, 30)),
]
"""Worked for the mill when the pump was reported, and for the inn since."""


def facts(world: Given, command: Command, **more: Any) -> list[Any]:
    asked = world.when(command, **{"at": TEN, **more})
    assert asked.answer.code == "", asked.answer
    return [fact.event for fact in asked.facts if not isinstance(fact.event, OutcomeStated | OutcomeCorrected)]


def selected(contract: ContractId | None, scope: Scope | None, *losers: Any) -> TicketContractSelected:
    return TicketContractSelected(contract=contract, version=int(contract is not None), scope=scope, losers=losers)


def under_no_contract(*more: list[Happened]) -> Given:
    """The hose, of nobody known, that was promised nothing."""
    nobody = ticket(HOSE, MILL, MILL_SUBJECT)
    whose = of(TICKET, HOSE, TicketCustomerSet(subject=MILL_SUBJECT, reporter=None, customer=None), at=on_monday(9))
    free = of(TICKET, HOSE, selected(None, None), at=on_monday(9))
    return given(COMPANY_SO_FAR, THE_MILLER, nobody, whose, free, *more)


# Whose it is


def test_of_a_reporter_alone_the_customer_is_whom_they_worked_for_at_the_receipt() -> None:
    found = facts(under_no_contract(), SetTicketCustomer(ticket=HOSE, reporter=MILLER), actor=ANNA)
    assert found == [TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILL)]


def test_of_a_customer_alone_the_customer_reported_it() -> None:
    found = facts(under_no_contract(), SetTicketCustomer(ticket=HOSE, customer=MILL), actor=ANNA)
    assert found == [TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILL, customer=MILL)]
    assert facts(under_no_contract(), SetTicketCustomer(ticket=HOSE), actor=ANNA) == []


def test_a_reporter_may_report_for_whom_they_do_not_work() -> None:
    found = facts(under_no_contract(), SetTicketCustomer(ticket=HOSE, reporter=MILLER, customer=INN), actor=ANNA)
    assert found == [TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=INN)]


def test_a_ticket_may_be_nobodys_again_and_stays_whose_data_it_was() -> None:
    found = facts(given(COMPANY_SO_FAR), SetTicketCustomer(ticket=PUMP))
    assert found[0] == TicketCustomerSet(subject=MILL_SUBJECT, reporter=None, customer=None)


@pytest.mark.parametrize("who", [{"reporter": BAKERY}, {"customer": BAKERY}, {"reporter": MILL, "customer": BAKERY}])
def test_whom_one_may_not_know_of_is_like_one_who_is_not_there(who: dict[str, ContactId]) -> None:
    hidden, absent = who, {role: ContactId("none") if one == BAKERY else one for role, one in who.items()}
    for each in (hidden, absent):
        given(COMPANY_SO_FAR).when(SetTicketCustomer(ticket=PUMP, **each), actor=ANNA, at=TEN).refused(ContactUnknown)


def test_an_employer_one_may_not_know_of_is_none() -> None:
    world = given(
        COMPANY_SO_FAR,
        contact(MILLER, MILLERS, CUSTOMERS, ContactKind.PERSON),
        of(CONTACT, MILLER, ContactEmployed(employer=BAKERY)),
    )
    found = facts(world, SetTicketCustomer(ticket=PUMP, reporter=MILLER), actor=ANNA)
    assert found[0] == TicketCustomerSet(subject=MILLERS, reporter=MILLER, customer=MILLER)


def test_another_customer_brings_what_was_promised_them_when_the_report_came() -> None:
    gone = [
        *of(GROUP, VIP, GroupContractSet(incident_type=None, contract=SILVER)),
        *of(MEMBERSHIP, MILL, MemberJoined(group=VIP)),
        *of(MEMBERSHIP, MILL, MemberLeft(group=VIP), at=on_monday(9, 30)),
    ]
    set_customer = SetTicketCustomer(ticket=HOSE, customer=MILL)
    of_the_mill = TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILL, customer=MILL)
    assert facts(under_no_contract(gone), set_customer) == [of_the_mill, selected(SILVER, Scope.GROUP)]
    assessed = of(TICKET, HOSE, TicketAssessed(severity=GRAVE), at=on_monday(9, 15))
    assert facts(under_no_contract(gone, assessed), set_customer) == [of_the_mill]


def test_what_is_said_from_then_on_is_the_reporters() -> None:
    world = under_no_contract()
    facts(world, SetTicketCustomer(ticket=HOSE, reporter=MILLER))
    (call,) = facts(world, LogCall(ticket=HOSE, answered=True, note="Rang back"), at=NOON)
    assert call.subject == MILLERS


# Of which type it is


def test_another_type_brings_its_own_contract_as_of_the_receipt() -> None:
    typed = of(INCIDENT_TYPE, DEFECT, IncidentTypeContractSet(contract=SILVER))
    late = of(INCIDENT_TYPE, DEFECT, IncidentTypeContractSet(contract=GOLD), at=on_monday(9, 30))
    found = facts(under_no_contract(typed, late), RetypeTicket(ticket=HOSE, incident_type=DEFECT))
    assert found == [TicketRetyped(incident_type=DEFECT), selected(SILVER, Scope.TYPE)]


def test_a_type_goes_with_the_contract_of_the_customer_for_it() -> None:
    own = of(CONTACT, MILL, ContactContractSet(incident_type=DEFECT, contract=SILVER))
    world = given(COMPANY_SO_FAR, own)
    found = facts(world, RetypeTicket(ticket=PUMP, incident_type=DEFECT))
    assert found == [TicketRetyped(incident_type=DEFECT), selected(SILVER, Scope.CUSTOMER_AND_TYPE)]
    back = facts(world, RetypeTicket(ticket=PUMP, incident_type=None), at=NOON)
    assert back == [TicketRetyped(incident_type=None), selected(None, None)]


def test_a_type_must_be_offered() -> None:
    retired = given(COMPANY_SO_FAR, of(INCIDENT_TYPE, DEFECT, IncidentTypeRetired(), at=LONG_AGO))
    retired.when(RetypeTicket(ticket=PUMP, incident_type=DEFECT), at=TEN).refused(IncidentTypeNotOffered)
    unknown = RetypeTicket(ticket=PUMP, incident_type=IncidentTypeId("none"))
    given(COMPANY_SO_FAR).when(unknown, at=TEN).refused(IncidentTypeUnknown)


# How grave it is


def test_an_assessment_is_withdrawn_once_and_the_contract_selected_anew_from_then_on() -> None:
    own = of(CONTACT, MILL, ContactContractSet(incident_type=DEFECT, contract=SILVER))
    world = given(COMPANY_SO_FAR, own)
    assert facts(world, AssessTicket(ticket=PUMP, severity=GRAVE)) == [TicketAssessed(severity=GRAVE)]
    retype = RetypeTicket(ticket=PUMP, incident_type=DEFECT)
    assert facts(world, retype) == [TicketRetyped(incident_type=DEFECT)]
    assert facts(world, WithdrawAssessment(ticket=PUMP)) == [TicketAssessmentWithdrawn()]
    assert facts(world, WithdrawAssessment(ticket=PUMP)) == []
    assert facts(world, RetypeTicket(ticket=PUMP, incident_type=None))[0] == TicketRetyped(incident_type=None)
    assert facts(world, retype)[1] == selected(SILVER, Scope.CUSTOMER_AND_TYPE)


# Who may


EACH: list[Any] = [
    SetTicketCustomer(ticket=PUMP, customer=MILL),
    RetypeTicket(ticket=PUMP, incident_type=DEFECT),
    WithdrawAssessment(ticket=PUMP),
    ChangeTicketContract(ticket=PUMP, contract=SILVER, reason="Agreed"),
]


@pytest.mark.parametrize("command", EACH, ids=lambda command: command.topic)
def test_it_takes_work_on_an_open_ticket(command: Command) -> None:
    given(COMPANY_SO_FAR).when(command, actor=BORIS, at=TEN).refused(RoleMissing)
    hidden = command.model_copy(update={"ticket": OVEN})
    given(COMPANY_SO_FAR).when(hidden, actor=ANNA, at=TEN).refused(TicketUnknown)
    resolved = of(TICKET, PUMP, TicketResolved(), at=on_monday(9, 30))
    given(COMPANY_SO_FAR, resolved).when(command, at=TEN).refused(TicketNotOpen)


def test_a_contract_that_was_never_concluded_is_unknown() -> None:
    change = ChangeTicketContract(ticket=PUMP, contract=ContractId("none"), reason="Agreed")
    given(COMPANY_SO_FAR).when(change, at=TEN).refused(ContractUnknown)
