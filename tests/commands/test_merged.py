"""What is asked of one of several merged contacts is asked of all: sight is the survivor's, terms are shared."""

from __future__ import annotations

import pytest
from clientele import MORE_CLIENTS
from company import COMPANY_SO_FAR, ZOE
from rows import shown
from specification import Given, Happened, given, of, on_monday

from commands.clients.contact import RenameContact, SetContactResponsible
from commands.clients.merge import MergeContact, SeparateContact
from commands.clients.relation import EmployContact, RelateContact, SetContactPart
from commands.command import Command
from commands.permission import LevelMissing
from commands.service.opening import OpenTicket
from domain.clients.contact import (
    CONTACT,
    ContactAbsorbed,
    ContactContractSet,
    ContactMerged,
    ContactMoved,
    ContactUnknown,
)
from domain.clients.directory import DIRECTORY, DirectoryRightSet, Level
from domain.clients.group import GROUP, GroupContractSet
from domain.clients.membership import MEMBERSHIP, MemberJoined
from domain.clients.relation import LinkedWithItself, NotAnOrganisation, OnlyPartsHaveAWhole, OnlyPersonsAreEmployed
from domain.refusal import Refused
from domain.service.selection import Scope
from domain.service.ticket import TicketContractSelected
from domain.staff.team import TeamUnknown
from domain.staff.worker import SYSTEM
from domain.values import TeamId, team_holder, worker_holder
from examples import ANNA, BAKERY, CUSTOMERS, GOLD, MILL, MILL_SHOP, MILLER, REGULARS, SILVER, SUPPLIERS, VIP

NOON = on_monday(12)
MERGED = [*of(CONTACT, BAKERY, ContactMerged(survivor=MILL)), *of(CONTACT, MILL, ContactAbsorbed(contact=BAKERY))]
BOTH = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.EDIT))


def company(*more: list[Happened]) -> Given:
    return given(COMPANY_SO_FAR, *more)


def selected(world: Given, customer: str) -> TicketContractSelected:
    """What a new ticket of the customer is promised."""
    asked = world.when(OpenTicket(customer=customer, title="x"), at=NOON)
    assert not asked.answer.code
    event = asked.facts[1].event
    assert isinstance(event, TicketContractSelected)
    return event


@pytest.mark.parametrize("customer", [MILL, BAKERY])
def test_a_ticket_is_promised_what_either_of_them_has(customer: str) -> None:
    terms = of(CONTACT, BAKERY, ContactContractSet(contract=GOLD))
    assert selected(company(MERGED, terms), customer).contract == GOLD
    strict = of(CONTACT, MILL, ContactContractSet(contract=SILVER))
    found = selected(company(MERGED, terms, strict), customer)
    assert (found.contract, [loser.contract for loser in found.losers]) == (GOLD, [SILVER])


@pytest.mark.parametrize("customer", [MILL, BAKERY])
def test_a_ticket_is_promised_what_the_groups_of_either_bring(customer: str) -> None:
    joined = of(MEMBERSHIP, BAKERY, MemberJoined(group=REGULARS)), of(MEMBERSHIP, MILL, MemberJoined(group=REGULARS))
    brings = of(GROUP, REGULARS, GroupContractSet(contract=SILVER))
    for members in (joined[:1], joined[1:], joined):
        found = selected(company(MERGED, brings, *members), customer)
        assert (found.contract, found.scope, found.losers) == (SILVER, Scope.GROUP, ())


def test_the_group_that_brought_the_contract_is_told_though_the_other_one_is_in_it() -> None:
    world = company(
        MERGED,
        of(MEMBERSHIP, BAKERY, MemberJoined(group=VIP)),
        of(GROUP, VIP, GroupContractSet(contract=SILVER)),
    )
    asked = world.when(OpenTicket(customer=MILL, title="x"), at=NOON)
    told = shown([Happened(fact.stream, fact.event, fact.happened_at, fact.recorded_at) for fact in world.log.facts])
    assert told["sla_groups"][asked.answer.thing,] == {"group_id": VIP}


def test_what_was_separated_has_its_own_terms_again() -> None:
    world = company(MERGED, of(CONTACT, BAKERY, ContactContractSet(contract=GOLD)))
    assert not world.when(SeparateContact(contact=BAKERY), at=NOON).answer.code
    asked = world.when(OpenTicket(customer=MILL, title="x"), at=NOON)
    assert [
        fact.event for fact in asked.facts if isinstance(fact.event, TicketContractSelected) and fact.event.contract
    ] == []
    assert selected(world, BAKERY).contract == GOLD


def test_a_merged_contact_is_seen_and_edited_by_the_survivors_directory() -> None:
    rename = RenameContact(contact=BAKERY, name="x")
    company().when(rename, actor=ANNA, at=NOON).refused(ContactUnknown)
    assert not company(MERGED).when(rename, actor=ANNA, at=NOON).answer.code
    away = of(CONTACT, MILL, ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS))
    company(MERGED, away).when(rename, actor=ANNA, at=NOON).refused(ContactUnknown)


def test_a_merge_takes_the_right_to_edit_both_and_so_does_its_undo() -> None:
    merge, undo = MergeContact(contact=BAKERY, survivor=MILL), SeparateContact(contact=BAKERY)
    company().when(merge, actor=ANNA, at=NOON).refused(ContactUnknown)
    uses = of(DIRECTORY, SUPPLIERS, DirectoryRightSet(holder=worker_holder(ANNA), level=Level.USE))
    company(uses).when(merge, actor=ANNA, at=NOON).refused(LevelMissing)
    company(BOTH).when(merge, actor=ANNA, at=NOON).then(ContactMerged(survivor=MILL), ContactAbsorbed(contact=BAKERY))
    company(MERGED).when(undo, actor=ANNA, at=NOON).refused(LevelMissing)
    company(MERGED, uses).when(undo, actor=ANNA, at=NOON).refused(LevelMissing)
    assert len(company(MERGED, BOTH).when(undo, actor=ANNA, at=NOON).facts) == 2
    company(BOTH).when(undo, actor=ANNA, at=NOON).then()
    company(MERGED, BOTH).when(merge, actor=ANNA, at=NOON).then()
    company(MERGED, BOTH).when(undo, actor=ZOE, at=NOON)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (EmployContact(contact=MILL, employer=BAKERY), OnlyPersonsAreEmployed),
        (EmployContact(contact=MILLER, employer=MILLER), LinkedWithItself),
        (SetContactPart(contact=MILL, whole=BAKERY), OnlyPartsHaveAWhole),
        (SetContactPart(contact=MILL_SHOP, whole=MILLER), NotAnOrganisation),
        (EmployContact(contact=MILLER, employer=None), None),
        (EmployContact(contact=MILLER, employer=MILL_SHOP), None),
        (SetContactResponsible(contact=MILL, responsible=team_holder(TeamId("nobodys"))), TeamUnknown),
    ],
)
def test_only_what_can_be_is_said_of_who_belongs_to_whom(command: Command, refusal: type[Refused] | None) -> None:
    asked = company(MORE_CLIENTS).when(command, actor=SYSTEM, at=NOON)
    assert asked.answer.code == (refusal.__name__ if refusal else "")


def test_a_contact_is_nothing_to_what_counts_as_one_with_it() -> None:
    relate = RelateContact(contact=MILL, relation="rival", other=BAKERY)
    assert not company(MORE_CLIENTS).when(relate, at=NOON).answer.code
    company(MORE_CLIENTS, MERGED).when(relate, at=NOON).refused(LinkedWithItself)
