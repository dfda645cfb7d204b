"""A new ticket gets the first contract its scopes offer; of several, the strictest (D1, D2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import StrEnum

from pydantic import BaseModel

from domain.clients.contact import Contact
from domain.clients.group import Group
from domain.company.settings import Settings
from domain.service.clock import Offer
from domain.service.incident_type import IncidentType
from domain.service.promise import Book
from domain.service.target import Target
from domain.values import ContractId, GroupId, IncidentTypeId

LAST = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Situation:
    """What was in force at the instant of receipt."""

    at: datetime
    customers: tuple[Contact, ...]
    """All that were merged into one with the customer; of nobody, none."""
    groups: Mapping[GroupId, Group]
    type_id: IncidentTypeId | None
    type: IncidentType
    settings: Settings


class Scope(StrEnum):
    """Where a contract may come from, first hit first (D1)."""

    CUSTOMER_AND_TYPE = "customer-and-type"
    CUSTOMER = "customer"
    GROUP_AND_TYPE = "group-and-type"
    GROUP = "group"
    TYPE = "type"
    MODULE = "module"


def customer_and_type(now: Situation) -> Iterator[ContractId | None]:
    if now.type_id is not None:
        for each in now.customers:
            yield each.contract(now.type_id, now.at)


def customer(now: Situation) -> Iterator[ContractId | None]:
    for each in now.customers:
        yield each.contract(None, now.at)


def group_and_type(now: Situation) -> Iterator[ContractId | None]:
    if now.type_id is not None:
        for group in now.groups.values():
            yield group.contract(now.type_id, now.at)


def group(now: Situation) -> Iterator[ContractId | None]:
    for each in now.groups.values():
        yield each.contract(None, now.at)


def incident_type(now: Situation) -> Iterator[ContractId | None]:
    yield now.type.contract.at(now.at)


def module(now: Situation) -> Iterator[ContractId | None]:
    yield now.settings.default_contract.at(now.at)


RULES = {
    Scope.CUSTOMER_AND_TYPE: customer_and_type,
    Scope.CUSTOMER: customer,
    Scope.GROUP_AND_TYPE: group_and_type,
    Scope.GROUP: group,
    Scope.TYPE: incident_type,
    Scope.MODULE: module,
}


class Reason(StrEnum):
    """Why a candidate did not win."""

    LATER_SCOPE = "later-scope"
    LESS_STRICT = "less-strict"


class Loser(BaseModel, frozen=True):
    """A contract that was offered and did not win."""

    contract: ContractId
    scope: Scope
    reason: Reason


class Selection(BaseModel, frozen=True):
    """The answer with its reasons; no contract is an explicit "no SLA"."""

    contract: ContractId | None = None
    version: int = 0
    scope: Scope | None = None
    losers: tuple[Loser, ...] = ()


def candidates(now: Situation) -> dict[Scope, tuple[ContractId, ...]]:
    """Every contract each scope offers, once."""
    return {scope: tuple(dict.fromkeys(found for found in rule(now) if found)) for scope, rule in RULES.items()}


def select(offered: Mapping[Scope, tuple[ContractId, ...]], book: Book, at: datetime) -> Selection:
    """The winner, the scope that matched and every loser with its reason (R-SLA-2)."""
    hit = next((scope for scope in Scope if offered.get(scope)), None)
    if hit is None:
        return Selection()
    winner = offered[hit][0]
    if len(offered[hit]) > 1:
        winner = min(offered[hit], key=lambda contract: _strictness(contract, book, at))
    losers = tuple(
        Loser(contract=contract, scope=scope, reason=Reason.LESS_STRICT if scope is hit else Reason.LATER_SCOPE)
        for scope, found in offered.items()
        for contract in found
        if (scope, contract) != (hit, winner)
    )
    return Selection(contract=winner, version=book.contracts[winner].as_of(at).number, scope=hit, losers=losers)


def _strictness(contract: ContractId, book: Book, at: datetime) -> tuple[datetime, datetime, str]:
    """Earliest resolution due, then earliest first response due, then smallest id; a missing target is latest."""
    offers = book.offers(contract, None, at)
    return _due(offers.get(Target.RESOLUTION), at), _due(offers.get(Target.FIRST_RESPONSE), at), contract


def _due(offer: Offer | None, at: datetime) -> datetime:
    if offer is None or offer.target is None:
        return LAST
    return offer.time.reach(at, offer.target) or LAST
